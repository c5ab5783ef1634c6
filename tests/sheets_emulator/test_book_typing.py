"""What becomes of a text that is typed, and how values look, by language."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_emulator import formats, parsing
from sheets_emulator.book import Book
from sheets_emulator.cells import Formula
from sheets_emulator.direct import Direct, area
from sheets_emulator.errors import Refused


@pytest.mark.parametrize(
    ("locale", "text", "value", "look"),
    [
        ("en_US", "0042", 42, "42"),
        ("en_US", "1,234.50", 1234.5, "1,234.50"),
        ("en_US", "1,5", "1,5", "1,5"),
        ("en_US", "12%", 0.12, "12%"),
        ("en_US", "$5.00", 5, "$5.00"),
        ("en_US", "(7)", -7, "-7"),
        ("en_US", "1e5", 100_000, "1.00E+05"),
        ("en_US", "TRUE", True, "TRUE"),
        ("en_US", "2020-01-01", 43831, "2020-01-01"),
        ("en_US", "1/2/2020", 43832, "1/2/2020"),
        ("en_US", "1:45 PM", 0.5729166666666666, "1:45 PM"),
        ("en_US", "+441248", 441248, "441248"),
        ("en_US", "07911 123456", "07911 123456", "07911 123456"),
        ("en_US", "'0042", "0042", "0042"),
        ("en_US", "2020-01-01T10:00", "2020-01-01T10:00", "2020-01-01T10:00"),
        ("en_GB", "1/2/2020", 43862, "01/02/2020"),
        ("en_GB", "£5.50", 5.5, "£5.50"),
        ("en_GB", "1 Feb 2020 13:45", 43862.572916666664, "1 Feb 2020 13:45"),
        ("cy", "12 Ionawr 2020", 43842, "12 Ionawr 2020"),
        ("fr_FR", "1,5", 1.5, "1,5"),
        ("fr_FR", "1 234,5", 1234.5, "1\u202f234,50"),
        ("fr_FR", "vrai", True, "VRAI"),
        ("fr_FR", "5 janvier 2020", 43835, "5 janvier 2020"),
        ("de_DE", "1.234,5", 1234.5, "1.234,50"),
        ("de_DE", "falsch", False, "FALSCH"),
        ("de_DE", "1.2.2020", 43862, "01.02.2020"),
        ("ru_RU", "истина", True, "ИСТИНА"),
        ("ru_RU", "01.02.2020", 43862, "01.02.2020"),
    ],
)
def test_typed_and_shown(locale: str, text: str, value: Any, look: str) -> None:
    entered, made = parsing.typed(text, None, locale)
    assert (type(entered) is bool, entered) == (type(value) is bool, value)
    assert formats.shown(entered, {"numberFormat": made} if made else None, locale) == look  # type: ignore[arg-type]


def test_a_number_with_a_plus_and_gaps_becomes_a_broken_formula() -> None:
    direct = Direct()
    direct.type("A1", ["+44 1248 370000"])
    assert direct.one("A1") == "#ERROR!"


def test_plain_text_takes_everything_as_text() -> None:
    direct = Direct()
    cell = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
    fields = "userEnteredFormat.numberFormat"
    direct.batch({"repeatCell": {"range": area(0, 0, 10, 1), "cell": cell, "fields": fields}})
    direct.type("A1", ["0042"], ["=1+1"], ["2020-01-01"], ["+44 1248"])
    assert direct.get("A1:A4", "FORMULA") == [["0042"], ["=1+1"], ["2020-01-01"], ["+44 1248"]]


def test_a_format_that_is_there_stays() -> None:
    direct = Direct()
    cell = {"userEnteredFormat": {"numberFormat": {"type": "DATE", "pattern": "d/m/yy"}}}
    direct.batch({"repeatCell": {"range": area(0, 0, 1, 1), "cell": cell, "fields": "userEnteredFormat"}})
    direct.type("A1", ["2020-01-02"])
    assert direct.one("A1") == "2/1/20"
    direct.type("A1", ["43833"])
    assert direct.one("A1") == "3/1/20"


@pytest.mark.parametrize(
    ("value", "pattern", "kind", "look"),
    [
        (1234.5, "", "NUMBER", "1,234.50"),
        (0.125, "", "PERCENT", "12.50%"),
        (12345, "", "SCIENTIFIC", "1.23E+04"),
        (-5, "", "CURRENCY", "-$5.00"),
        (-5, "0;(0)", "NUMBER", "(5)"),
        (0, "0;(0);none", "NUMBER", "none"),
        (3, '0 "years"', "NUMBER", "3 years"),
        (7, "000", "NUMBER", "007"),
        (0.5, "0.##", "NUMBER", "0.5"),
        (1234567, "#,##0,", "NUMBER", "1,235"),
        (5, "[$€]#,##0", "CURRENCY", "€5"),
        (43831.75, "", "DATE_TIME", "1/1/2020 18:00:00"),
        (43831, "dddd d mmmm yyyy", "DATE", "Wednesday 1 January 2020"),
        (0.5, "h:mm am/pm", "TIME", "12:00 PM"),
        (1.5, "[h]:mm:ss", "TIME", "36:00:00"),
        (43831, "yyyy-mm-dd hh:mm", "DATE_TIME", "2020-01-01 00:00"),
        (5, "", "TEXT", "5"),
    ],
)
def test_number_formats(value: float, pattern: str, kind: str, look: str) -> None:
    number_format = {"type": kind, **({"pattern": pattern} if pattern else {})}
    assert formats.shown(value, {"numberFormat": number_format}, "en_US") == look


@pytest.mark.parametrize(
    ("value", "look"),
    [(0.1 + 0.2, "0.3"), (1 / 3, "0.3333333333"), (1 / 1024, "0.0009765625"), (1e15, "1E+15"), (-0.0, "0"),
     (123456789012345, "123456789012345"), (2_000_000.01, "2000000.01"), (1e-12, "1E-12")],
)  # fmt: skip
def test_numbers_without_a_format(value: float, look: str) -> None:
    assert formats.shown(value, None, "en_US") == look
    assert formats.shown(value, None, "de_DE") == look.replace(".", ",")


def test_the_books_locale_counts() -> None:
    direct = Direct(Book("book", "Bref", locale="fr_FR"))
    direct.type("A1", ["1,5", "01/02/2020", "=A1*2", "vrai"])
    assert direct.get("A1:D1") == [["1,5", "01/02/2020", "3", "VRAI"]]
    assert direct.get("A1:D1", "UNFORMATTED_VALUE") == [[1.5, 43862, 3, True]]
    assert isinstance(direct.book.sheets[0].at(0, 2).entered, Formula)


def test_a_day_and_a_month_are_not_swapped_to_make_a_date() -> None:
    for locale, date, text in (("en_US", "12/31/2020", "31/12/2020"), ("en_GB", "31/12/2020", "12/31/2020")):
        direct = Direct(Book("book", "Friends", locale=locale))
        direct.type("A1", [date, text, "٣"])
        assert direct.get("A1:C1", "UNFORMATTED_VALUE") == [[44196, text, "٣"]]


def test_a_number_has_no_more_than_53_bits() -> None:
    direct = Direct()
    direct.put("A1", [2**53 + 1, 1e15])
    direct.type("A2", [2**53 + 1, str(2**53 + 1)])
    direct.batch(
        {
            "updateCells": {
                "rows": [{"values": [{"userEnteredValue": {"numberValue": 2**53 + 1}}]}],
                "fields": "userEnteredValue",
                "start": {"rowIndex": 2},
            }
        }
    )
    assert direct.get("A1:B3", "UNFORMATTED_VALUE") == [[2**53, 10**15], [2**53, 2**53], [2**53]]
    for large in (10**400, float("inf")):
        with pytest.raises(Refused, match="too large"):
            direct.put("A1", [large])

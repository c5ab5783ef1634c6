"""Cells to values: every reader, on what people really type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.importing.values import (
    IdReader,
    Reader,
    TextReader,
    as_text,
    mend_mojibake,
    quantity_reader,
    split_tags,
    tags_reader,
)
from perthyn.importing.values_money import currency_named, decimal_sign, money_reader
from perthyn.importing.values_people import (
    email_reader,
    language_reader,
    phone_reader,
    postcode_reader,
    yes_no_reader,
)


def one(reader: Reader, cell: object) -> tuple[object, str]:
    """(value, code of what is wrong or noted or "") of a single cell."""
    parsed = reader.read([cell])
    reason = parsed.wrong.get(0) or parsed.noted.get(0)
    return parsed.values[0], reason[0] if reason else ""


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("£45.00", 4500), ("(£3.50)", -350), ("-3.50", -350), ("3.50-", -350), ("£-2", -200), ("-£2", -200),
        ("1,234.50", 123450), ("£1,234", 123400), ("1 234.5", 123450), ("GBP 5", 500), ("50p", 50), ("£0", 0),
        ("−4", -400), (8.1, 810), (8.100000000000001, 810), (3, 300), ("", None), (None, None), ("-", None),
    ],
)  # fmt: skip
def test_money(written: object, minor: int | None) -> None:
    assert one(money_reader(currency="GBP"), written) == (minor, "")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("free", "import.amount.unreadable"),
        ("12,50", "import.amount.unreadable"),
        ("1,23,4", "import.amount.unreadable"),
        ("3.505", "import.amount.fraction"),
        ("€5", "import.amount.currency"),
        ("9" * 30, "import.amount.too_big"),
    ],
)
def test_money_that_is_none(written: str, code: str) -> None:
    assert one(money_reader(currency="GBP"), written) == (None, code)


def test_a_column_with_decimal_commas() -> None:
    cells = ["1.234,50", "12,5", "7"]
    assert decimal_sign(cells) == ","
    assert money_reader(",").read(cells).values == [123450, 1250, 700]
    assert decimal_sign(["1,234.50", "12"]) == "."
    assert currency_named(["€5", "€7"]) == "EUR"
    assert currency_named(["€5", "£7"]) == ""


@given(st.integers(-(10**12), 10**12))
def test_money_as_it_is_shown_reads_back(minor: int) -> None:
    shown = f"£{abs(minor) // 100:,}.{abs(minor) % 100:02d}"
    assert one(money_reader(currency="GBP"), f"({shown})" if minor < 0 else shown) == (minor, "")


@pytest.mark.parametrize(
    ("written", "address", "code"),
    [
        ("A.B@Example.ORG", "A.B@example.org", ""),
        ("Siân <s@example.org>", "s@example.org", ""),
        ("o'neil@example.org", "o'neil@example.org", ""),
        ("dŵr+a@example.org", "dŵr+a@example.org", ""),
        ("a@b.com; c@d.com", "a@b.com", "import.email.several"),
        ("a@b.com (gwaith)", "a@b.com", "import.email.with_words"),
        ("dim diolch", None, "import.email.answered"),
        ("n/a", None, ""),
        ("sian@gmail,com", None, "import.email.unreadable"),
        ("a..b@c.com", None, "import.email.unreadable"),
        ("Zoë@x", None, "import.email.unreadable"),
    ],
)
def test_email(written: str, address: str | None, code: str) -> None:
    assert one(email_reader(), written) == (address, code)


@pytest.mark.parametrize(
    ("written", "number", "code"),
    [
        ("07700 900123", "+447700900123", ""),
        ("'+447400123422", "+447400123422", ""),
        ("+353 1 234 5678", "+35312345678", ""),
        (7700900123, "+447700900123", "import.phone.zero_mended"),
        ("1654703456", "+441654703456", "import.phone.zero_mended"),
        ("01654 703456 / 07700 900123", "+441654703456", "import.phone.several"),
        ("gofynnwch i Mair", "?gofynnwch i Mair", "import.phone.unreadable"),
        ("7.7E+09", "?7.7E+09", "import.phone.unreadable"),
    ],
)
def test_phone(written: object, number: str | None, code: str) -> None:
    assert one(phone_reader(), written) == (number, code)


@pytest.mark.parametrize(
    ("written", "shown", "code"),
    [
        ("sy20 8xx", "SY20 8XX", ""),
        ("m11ae", "M1 1AE", ""),
        ("SW1A 1AA", "SW1A 1AA", ""),
        ("SY2O 8XX", "SY20 8XX", "import.postcode.mended"),
        ("CF10 OAA", "CF10 0AA", "import.postcode.mended"),
        ("4011", "4011", "import.postcode.shape"),
    ],
)
def test_postcode(written: str, shown: str, code: str) -> None:
    assert one(postcode_reader(), written) == (shown, code)
    assert one(postcode_reader(british=False), "4011") == ("4011", "")


def test_yes_and_no() -> None:
    reader = yes_no_reader()
    assert {one(reader, word) for word in ("Y", "Yes", "Ie", "Ydw", "x", "✓", "TRUE", "1")} == {("yes", "")}
    assert {one(reader, word) for word in ("N", "No", "Na", "Nac ydw", "0", "FALSE", "dim diolch")} == {("no", "")}
    assert one(reader, "?") == ("unknown", "")
    assert one(reader, "") == (None, "")
    assert one(reader, "post only") == ("unknown", "import.word.not_yes_no")
    assert one(yes_no_reader(inverted=True), "Y") == ("no", "")


def test_words_and_counts() -> None:
    assert [one(language_reader(), word)[0] for word in ("Cymraeg", "EN", "dwyieithog")] == ["cy", "en", "both"]
    assert one(language_reader(), "Klingon") == (None, "import.language.unknown")
    assert [one(quantity_reader(), word)[0] for word in ("2", 3.0, "dau", "-1")] == [2, 3, 2, -1]
    assert one(quantity_reader(), "2+dog") == (2, "import.quantity.guessed")
    assert one(quantity_reader(), "1.5") == (None, "import.quantity.unreadable")


def test_tags_of_a_mailer() -> None:
    assert split_tags('"VIP","Cymraeg"') == ("VIP", "Cymraeg")
    assert split_tags('"""VIP"",""Cymraeg"""') == ("VIP", "Cymraeg")
    assert tags_reader().read(["a; b, a", ""]).values == [("a", "b"), None]


def test_an_id_that_a_spreadsheet_shortened_names_nothing() -> None:
    assert one(IdReader(), "1.07E+11") == (None, "import.id.rounded")
    assert IdReader().read(["'0012", "PB1", "", 107000000000.0]).values == ["0012", "PB1", None, "107000000000"]


@pytest.mark.parametrize(
    ("garbled", "meant"), [("LlÅ·n", "Llŷn"), ("SiÃ´n", "Siôn"), ("dÅµr", "dŵr"), ("donâ€™t ŵ", "don’t ŵ")]
)
def test_mojibake_is_mended_and_noted(garbled: str, meant: str) -> None:
    assert one(TextReader(), garbled) == (meant, "import.text.mended")


@given(st.text(alphabet="aâÂéÉôÖŵŷŴŶ’ ß", max_size=20))
def test_sound_text_is_left_alone_and_garbled_text_comes_back(text: str) -> None:
    assert mend_mojibake(text) == text
    raw = text.encode()
    if not set(raw) & {0x81, 0x8D, 0x8F, 0x90, 0x9D}:
        assert mend_mojibake(raw.decode("cp1252")) == text


def test_text_refuses_and_flags() -> None:
    assert one(TextReader(), "a\x00b") == (None, "import.text.control")
    assert one(TextReader(), "a" * 50_001) == (None, "import.text.too_long")
    assert one(TextReader(), "Pen Ll?n") == ("Pen Ll?n", "import.text.letter_lost")
    assert one(TextReader(), "http://x.test/?q=a?b") == ("http://x.test/?q=a?b", "")
    assert one(TextReader(), "one\r\ntwo") == ("one\ntwo", "")


@given(st.lists(st.one_of(st.text(max_size=12), st.integers(-5, 5), st.none()), max_size=30))
def test_a_column_reads_like_its_cells_one_by_one(cells: list[object]) -> None:
    for make in (TextReader, IdReader, money_reader, quantity_reader, phone_reader, yes_no_reader, email_reader):
        whole = make().read(cells)
        assert len(whole.values) == len(cells)
        for index, cell in enumerate(cells):
            alone = make().read([cell])
            assert (whole.values[index], whole.wrong.get(index)) == (alone.values[0], alone.wrong.get(0))


def test_cells_as_a_person_would_have_typed_them() -> None:
    assert [as_text(cell) for cell in (45.0, 8.1, True, None, " a\xa0", 7)] == ["45", "8.1", "TRUE", "", "a", "7"]

"""Whatever is read is read, or refused in words of ours: good texts and files bent in every way, and hostile ones.

Seeds stand here or are made here; hypothesis bends them. Nothing but a `PerthynError` (of a cell, `Unreadable`, which
its reader turns into a refused row) may come out.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from perthyn.contacting.fields import parsed
from perthyn.errors import PerthynError
from perthyn.importing.maps import map_from
from perthyn.importing.tables import open_tables
from perthyn.importing.values_dates import DateReader, DateStyle, instant_reader, time_reader
from perthyn.importing.values_money import money_reader
from perthyn.importing.values_people import email_reader, phone_reader, postcode_reader, yes_no_reader
from perthyn.rules.data import read_rule, rule_json
from perthyn.rules.parse import parse
from perthyn.testing.rules_open import a_schema
from perthyn_email.bounces import judged
from perthyn_email.reading import parsed as mail

SCHEMA, TODAY = a_schema(), date(2026, 11, 23)
MANY = 20_000
RULE = "donations with amount at least £50 at least 2 in 2025"
CELLS = ("£1,234.50", "(£3.50)", "50p", "1.234,50 EUR", "−7", "31/12/2020", "2020-01-01T00:00:00+01:00", "3 March 2026",
         "3ydd o Fawrth 2026", "14:22:05Z", "2.22 pm", "44197.5", "sian@example.org", '"S. J." <s@ysgol.cymru>',
         "+44 1248 382000", "(01248) 382-000 est 4", "LL57 2DG", "ie", "not sure")  # fmt: skip
RULES = (RULE, "visits at least 3 in the last 12 months and not (donations in 2026 or tag is \"friend\")",
        "name is Mair",
         rule_json(parse(RULE, SCHEMA)))  # fmt: skip
LETTERS = ('Annwyl {{ first_name or "gyfaill" }},\n\n*Diolch* am {{ amount }}', "{# x #}{{ a }}{% if b %}c{% endif %}")
MAPS = (
    'source = "till"\n[columns]\n"Enw" = "name"\nSum = {meaning = "amount", order = "dmy"}\n'
    '[defaults]\nkind = "visit"\n',
)
HOSTILE = (
    *(one * MANY for one in ("(", "[", "{", "not ", "-", '{"all":', "{{ ", "{% if a %}", "a and ", "b.", "🙂", "<",
    "\u0300")),
    "{{ " + "(" * MANY, "{{ a" + "|b" * MANY, "x = " + "[" * MANY, "x = " + "{a = " * MANY, "x = " + "9" * 5_000,
    "1" * 5_000, "£" + "1," * MANY, "1e" + "9" * 200, "1/" * MANY, "a@" + "b." * MANY, "+44" + "0" * MANY, "\x00",
    "²/³/2020",
    "2020-01-01T00:00:00+25:00", "2020-01-01T00:00-23:60", "2020-13-45T99:99:99+99:99", "12:00+99:99",
    "99999999999/1/1",
    "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "visits in the last " + "9" * 400 + " days",
    "333333333333333 Mar 2020", "²²²²²", "²²²²²²²²", "March 30004", "2020-01-01T\x0b00:00",
    "1/2/2020\t14:22",
    "donations with amount at least £" + "9" * 400, "visits since 0001-01-01", "visits in 99999",
)  # fmt: skip
"""What is deep, long, or says what no clock and no calendar has."""

TABLE = 'Enw,E-bost,Dyddiad,Swm\n"Siân, Mair",s@example.org,31/12/2020,"£1,234.50"\n\nHuw,,1/2/21,(3.50)\n'
TABLES = (
    *(TABLE.encode(one) for one in ("utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32")),
    TABLE.replace(",", ";").encode(), TABLE.replace("\n", "\r").encode(), TABLE.replace(",", "\t").encode(),
)  # fmt: skip
BOUNCE = b"""From: MAILER-DAEMON@example.org\r\nTo: news@example.org\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: base64\r\n\r\nTm8gc3VjaCB1c2Vy\r\n--b\r\nContent-Type: message/delivery-status\r\n\r
Reporting-MTA: dns; mx.example.org\r\n\r\nFinal-Recipient: rfc822; s@example.org\r\nAction: failed\r\nStatus: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: news@example.org\r
Subject: =?utf-8?b?Q3lsY2hseXRoeXI=?=\r\nList-Unsubscribe: <https://example.org/u/x>\r\n\r\nHi\r\n--b--\r\n"""
COMPLAINT = BOUNCE.replace(b"delivery-status", b"feedback-report").replace(b"Action: failed", b"Feedback-Type: abuse")

READERS: dict[str, Callable[[], Any]] = {
    "money": money_reader, "money with commas": lambda: money_reader(","), "yen": lambda: money_reader(".", "JPY"),
    "times": lambda: time_reader(DateStyle("dmy", TODAY)), "emails": email_reader, "phones": phone_reader,
    "postcodes": postcode_reader, "yes and no": yes_no_reader,
    **{f"days, {one}": lambda one=one: DateReader(DateStyle(one, TODAY)) for one in ("dmy", "mdy", "ymd", "serial")},
    **{f"instants, {one}": lambda one=one: instant_reader(DateStyle(one, TODAY)) for one in ("dmy", "serial")},
}  # fmt: skip
TEXTS: dict[str, Callable[[str], Any]] = {
    "rules": lambda text: parse(text, SCHEMA),
    "rules in Welsh": lambda text: parse(text, SCHEMA, "cy"),
    "rules as data": read_rule,
    "maps": lambda text: map_from(text, "x.toml"),
    "letters": lambda text: parsed(text, "body"),
    **{name: lambda text, make=make: make().read([text, "1/2/2020", text]) for name, make in READERS.items()},
}
BITS = ("", " ", "'", '"', "\\", ",", ";", "\n", "\r", "\x00", "(", ")", "[", "{", "}}", "%", "=", "-", "+", "/",
        ":", ".", "0",
        "9" * 30, "£", "ŵ", "٣", "²", "\u202e", "\ufeff", "🙂", "and", "not", "T", "Z", "@", "=?", "?=", "--b",
        "\udc80")  # fmt: skip


def bent(seeds: tuple[str, ...]) -> st.SearchStrategy[str]:
    """One of these, with pieces taken out, put in, doubled or of another."""
    places = st.floats(0, 1)
    changes = st.lists(st.tuples(places, places, st.one_of(st.sampled_from(BITS), st.text(max_size=4),
    st.sampled_from(seeds))),
                       max_size=6)  # fmt: skip

    def made(told: tuple[str, list[tuple[float, float, str]]]) -> str:
        text, all_of_them = told
        for one, other, piece in all_of_them:
            start, length = int(one * len(text)), int(other * other * 12)
            text = (text[:start] + piece + text[start + length :])[:20_000]
        return text

    return st.tuples(st.sampled_from(seeds), changes).map(made)


def bent_bytes(seeds: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    """The same of bytes."""
    return bent(tuple(one.decode("latin-1") for one in seeds)).map(lambda text: text.encode("utf-8", "surrogateescape")
        if any(letter > "\xff" for letter in text) else text.encode("latin-1"))  # fmt: skip


@cache
def workbook() -> bytes:
    """A small workbook with a day, a sum and a formula in it."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Pobl")
        for row, cells in enumerate((("Enw", "Dyddiad", "Swm"), ("Siân", 44197.5, 12.5), ("Huw", "1/2/2020", "=1+1"))):
            sheet.write_row(row, 0, cells)
        sheet.set_column(1, 1, 12, book.add_format({"num_format": "dd/mm/yyyy"}))
    return made.getvalue()


def opened(path: Path, content: bytes) -> None:
    """All the rows of a file, or its refusal."""
    path.write_bytes(content)
    with suppress(PerthynError):
        for table in open_tables(path):
            for _ in table.rows():
                pass


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_is_read_or_refused(name: str) -> None:
    for text in HOSTILE:
        with suppress(PerthynError):
            TEXTS[name](text)


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_a_bent_text_is_read_or_refused(name: str) -> None:
    seeds = CELLS if name in READERS else MAPS if name == "maps" else LETTERS if name == "letters" else RULES

    @seed(20261123)
    @settings(max_examples=150, deadline=None, database=None)
    @given(bent(seeds))
    def read(text: str) -> None:
        with suppress(PerthynError):
            TEXTS[name](text)

    read()


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_bent_file_is_read_or_refused(ending: str, tmp_path: Path) -> None:
    @seed(20261123)
    @settings(max_examples=150, deadline=None, database=None)
    @given(bent_bytes(TABLES if ending == "csv" else (workbook(),)))
    def read(content: bytes) -> None:
        opened(tmp_path / f"x.{ending}", content)

    read()


@pytest.mark.slow
def test_a_bent_mail_is_judged() -> None:
    @seed(20261123)
    @settings(max_examples=300, deadline=None, database=None)
    @given(bent_bytes((BOUNCE, COMPLAINT)))
    def read(content: bytes) -> None:
        judged(mail(content))

    read()
    judged(mail(b"Subject: =?utf-\xf38?b?Q3k=?=\r\n\r\nx"))
    for text in HOSTILE:
        for where in (b"Status: 5.1.1", b"utf-8", b"=?utf-8", b"multipart/report", b"base64"):
            judged(mail(BOUNCE.replace(where, text.encode("utf-8", "surrogatepass"))))

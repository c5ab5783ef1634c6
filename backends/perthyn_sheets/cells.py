"""Cells: what the values API gives and takes, and how days, instants, amounts and lists stand in one.

A number that a spreadsheet can't keep to the last digit, and a day that spreadsheets disagree about, stand as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from perthyn.errors import PerthynError
from perthyn.importing.values import as_text
from perthyn.text import CURRENCY_DECIMALS

Raw = str | int | float | bool
"""A cell as the values API has it (UNFORMATTED_VALUE, SERIAL_NUMBER): "" is empty, days are counted from 1899-12-30."""

MOST_UNITS = 50_000
"""UTF-16 units that one cell holds."""
CUT = "…"
MOST_DIGITS = 10**15
"""Whole numbers from here on are not exact in a spreadsheet."""

_EPOCH = datetime(1899, 12, 30)
_FIRST_DAY = date(1900, 3, 1)
"""Before it Excel and Google Sheets count days differently."""
_MILLISECONDS = 86_400_000
_BROKEN = frozenset(
    ("#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#ERROR!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "Loading...")
)


class Mistyped(PerthynError):
    """What stands in a cell can't be taken."""


def is_broken(raw: Raw) -> bool:
    """Whether a cell shows that a formula failed, or has not been worked out yet."""
    return raw in _BROKEN


def units(text: str) -> int:
    """The length of a text as Google counts it: in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def pieces_of(text: str, most: int) -> list[str]:
    """The text cut in pieces of at most `most` UTF-16 units; at least one piece, no character is torn."""
    if units(text) <= most:
        return [text]
    if text.isascii():
        return [text[start : start + most] for start in range(0, len(text), most)]
    found, start, held = [], 0, 0
    for place, letter in enumerate(text):
        size = 2 if ord(letter) > 0xFFFF else 1
        if held + size > most:
            found.append(text[start:place])
            start, held = place, 0
        held += size
    return [*found, text[start:]]


def fitting(text: str) -> str:
    """The text as one cell can show it: a longer one is cut, and ends in `CUT`."""
    if len(text) * 2 <= MOST_UNITS or units(text) <= MOST_UNITS:
        return text
    return pieces_of(text, MOST_UNITS - 1)[0] + CUT


def is_cut(cell: Raw) -> bool:
    """Whether a cell shows the beginning of a text only."""
    return isinstance(cell, str) and cell.endswith(CUT) and units(cell) >= MOST_UNITS - 1


# -- numbers ------------------------------------------------------------------------------------------------------


def number_cell(value: int) -> Raw:
    """A whole number; as text where a spreadsheet would round it."""
    return value if abs(value) < MOST_DIGITS else str(value)


def decimals(currency: str | None) -> int:
    """How many digits of a currency stand after the point."""
    return CURRENCY_DECIMALS.get(currency or "", 2)


def money_cell(minor: int, currency: str | None) -> Raw:
    """Minor units as a number of major ones; as text where a spreadsheet would round it."""
    places = decimals(currency)
    if abs(minor) >= MOST_DIGITS:
        return str(Decimal(minor).scaleb(-places))
    return minor / 10**places if places else minor


# -- days and instants --------------------------------------------------------------------------------------------


def day_cell(day: date) -> Raw:
    """A day's number; as text where spreadsheets count differently."""
    return (day - _EPOCH.date()).days if day >= _FIRST_DAY else day.isoformat()


def instant_cell(instant: datetime, zone: ZoneInfo) -> Raw:
    """An instant by the clock of `zone`, as the number of its day with a fraction.

    As text with its offset where that clock shows it for the second time, or spreadsheets count differently.
    """
    try:
        local = instant.astimezone(zone)
    except OverflowError:  # within a day of the calendar's ends
        return instant.isoformat(" ", "milliseconds")
    plain = local.replace(tzinfo=None, fold=0)
    if local.date() < _FIRST_DAY or local.fold or plain.replace(tzinfo=zone).astimezone(UTC) != instant:
        return local.isoformat(" ", "milliseconds" if local.microsecond else "seconds")
    days, rest = divmod((plain - _EPOCH) // timedelta(milliseconds=1), _MILLISECONDS)
    return days + rest / _MILLISECONDS if rest else days


def moment_of(serial: float) -> datetime | None:
    """The day and time of a cell's number, to the millisecond; None where it is none."""
    try:
        return _EPOCH + timedelta(milliseconds=round(serial * _MILLISECONDS))
    except (OverflowError, ValueError):
        return None


# -- texts and lists ----------------------------------------------------------------------------------------------


def text_of(raw: Raw) -> str:
    """A cell as the text that a person typed: 45.0 is "45", true is "TRUE"; a text as it stands."""
    if isinstance(raw, str):
        return raw.replace("\r\n", "\n").replace("\r", "\n") if "\r" in raw else raw
    return as_text(raw)


_SIGNS = re.compile(r'[,;"\n]')
_PIECE = re.compile(r'\s*(?:"((?:[^"]|"")*)"[^\S\n]*(?=[,;\n]|\Z)|([^,;\n]*))(?:[,;\n]|\Z)')


def joined(pieces: Iterable[str]) -> str:
    """Texts as one cell: ``a; b``. One that could be taken for two, or begins or ends in a space, is quoted."""
    return "; ".join(_quoted(one) for one in pieces)


def _quoted(text: str) -> str:
    if text == text.strip() and not _SIGNS.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def split(text: str) -> list[str]:
    """The inverse of `joined`; a comma or a new line is as good as a semicolon, and blanks between them are nothing."""
    found, at = [], 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        assert piece is not None
        found.append(piece[2].strip() if piece[1] is None else piece[1].replace('""', '"'))
        at = piece.end()
    return [one for one in found if one]

"""A1 notation, as Google reads and writes it: cells, ranges, whole rows and columns, quoted tab names, R1C1.

Indices are counted from 0 and ends stand outside (half-open), as everywhere in Google's API; None is an open end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

COLUMNS = 18_278  # A .. ZZZ

_END = re.compile(r"\$?([A-Za-z]{1,3})?\$?([1-9][0-9]*)?")
_R1C1 = re.compile(r"[Rr]([1-9][0-9]*)[Cc]([1-9][0-9]*)")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a tab as it was asked for: rows `top` to `bottom`, columns `left` to `right`; None is open."""

    top: int | None = None
    left: int | None = None
    bottom: int | None = None
    right: int | None = None

    @property
    def one_cell(self) -> bool:
        return None not in (self.top, self.left) and self.bottom == self.top + 1 and self.right == self.left + 1  # type: ignore[operator]


def letters(column: int) -> str:
    """The letters of a column counted from 0: 0 is A, 26 is AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def column_of(text: str) -> int:
    """The column, counted from 0, of its letters in either case."""
    number = 0
    for letter in text.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def area(text: str) -> Area | None:
    """What the part behind the last `!` names; None if it is no A1 (or R1C1) notation."""
    ends = text.split(":")
    if len(ends) > 2 or not all(ends):
        return None
    found = [_point(end) for end in ends]
    if None in found:
        return None
    rows = [one[0] for one in found if one]
    columns = [one[1] for one in found if one]
    if len(found) == 1:
        if None in (rows[0], columns[0]):
            return None
        return Area(rows[0], columns[0], rows[0] + 1, columns[0] + 1)  # type: ignore[operator]
    if (rows == [None, None] and columns.count(None) == 1) or (columns == [None, None] and rows.count(None) == 1):
        return None
    top, bottom = _ends(rows)
    left, right = _ends(columns)
    return Area(top, left, bottom, right)


def _point(text: str) -> tuple[int | None, int | None] | None:
    if match := _R1C1.fullmatch(text):
        return int(match[1]) - 1, int(match[2]) - 1
    match = _END.fullmatch(text)
    if not match or not (match[1] or match[2]):
        return None
    return int(match[2]) - 1 if match[2] else None, column_of(match[1]) if match[1] else None


def _ends(pair: list[int | None]) -> tuple[int | None, int | None]:
    """Start and end of one dimension; with one end given, it is the start and the range is open behind it."""
    given = sorted(one for one in pair if one is not None)
    if not given:
        return None, None
    return given[0], given[1] + 1 if len(given) == 2 else None


def split(text: str) -> tuple[str | None, str | None]:
    """(tab, the rest) of a range: the last `!` outside quotes separates. A tab alone has no rest; A1 alone no tab."""
    if text.startswith("'"):
        end = _closing(text)
        if end == len(text) - 1:
            return unquoted(text), None
        if end > 0 and text[end + 1] == "!":
            return unquoted(text[: end + 1]), text[end + 2 :]
    tab, mark, rest = text.rpartition("!")
    if mark:
        return (unquoted(tab) if tab[:1] == "'" == tab[-1:] and len(tab) > 1 else tab), rest
    return None, text


def _closing(text: str) -> int:
    """Where the quote that opens `text` closes; -1 if nowhere."""
    at = 1
    while (at := text.find("'", at)) != -1:
        if text[at + 1 : at + 2] != "'":
            return at
        at += 2
    return -1


def unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")


def quoted(title: str) -> str:
    """A tab's name as answers write it: in quotes if it looks like a cell or holds more than letters and digits."""
    if _PLAIN.fullmatch(title) and area(title) is None and not re.fullmatch(r"[Rr]\d+[Cc]\d+|true|false", title, re.I):
        return title
    return "'" + title.replace("'", "''") + "'"


def cell(row: int, column: int) -> str:
    return f"{letters(column)}{row + 1}"


def named(title: str, top: int, left: int, bottom: int, right: int) -> str:
    """`Sheet1!A1:B2`, or `Sheet1!A1` for one cell."""
    start = cell(top, left)
    if bottom - top <= 1 and right - left <= 1:
        return f"{quoted(title)}!{start}"
    return f"{quoted(title)}!{start}:{cell(bottom - 1, right - 1)}"

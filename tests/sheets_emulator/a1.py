"""A1 notation, as Google reads and writes it: cells, ranges, whole rows and columns, quoted tab names, R1C1.

Indices are counted from 0 and ends stand outside (half-open), as everywhere in Google's API; None is an open end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

COLUMNS = 18_278  # A .. ZZZ

_END = re.compile(r"\$?([A-Za-z]{1,3})?\$?(0*[1-9][0-9]*)?")
_ROW_COLUMN = re.compile(r"(R(?:([0-9]+)|\[([0-9]+)\])?)?(C(?:([0-9]+)|\[([0-9]+)\])?)?", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Point = tuple[int | None, int | None]  # row, column; None is open


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
    """What the part behind the last `!` names; None if it is no notation. A1 is tried first, R1C1 then, never mixed."""
    ends = text.split(":")
    if len(ends) > 2 or not all(ends):
        return None
    points = [_point(end) for end in ends]
    if None not in points and (len(points) == 2 or None not in (points[0] or ())):
        return _between(points[0], points[-1])  # type: ignore[arg-type]
    numbered = [_numbered(end) for end in ends]
    if None in numbered or (len(numbered) == 2 and _hollow(*ends)):
        return None
    return _between(numbered[0], numbered[-1])  # type: ignore[arg-type]


def _point(text: str) -> Point | None:
    """One end in A1 notation: a cell, a column or a row."""
    match = _END.fullmatch(text)
    if not match or not (match[1] or match[2]):
        return None
    return int(match[2]) - 1 if match[2] else None, column_of(match[1]) if match[1] else None


def _numbered(text: str) -> Point | None:
    """One end in R1C1 notation: `R2C3`, `R[1]C[2]` (counted from A1), a letter alone (A1's), or only one of the two."""
    match = _ROW_COLUMN.fullmatch(text)
    if not match or not (match[1] or match[4]) or "0" in (match[2], match[5]):
        return None
    row = _place(match[2], match[3])
    column = _place(match[5], match[6])
    if row is None and (match[1] or column is None):
        row = 0
    if column is None and (match[4] or _place(match[2], match[3]) is None):
        column = 0
    return row, column


def _place(absolute: str | None, offset: str | None) -> int | None:
    if absolute is not None:
        return int(absolute) - 1
    return int(offset) if offset is not None else None


def _hollow(start: str, end: str) -> bool:
    """Does a reversed R1C1 range come out empty as written? Google refuses `R2C2:R1C1` but takes `R3C3:R1C1`."""
    one, other = _ROW_COLUMN.fullmatch(start), _ROW_COLUMN.fullmatch(end)
    assert one and other
    return any(one[at] and other[at] and int(one[at]) == int(other[at]) + 1 for at in (2, 3, 5, 6))


def _between(start: Point, end: Point) -> Area:
    top, bottom = _side(start[0], end[0])
    left, right = _side(start[1], end[1])
    return Area(top, left, bottom, right)


def _side(start: int | None, end: int | None) -> tuple[int | None, int | None]:
    if start is not None and end is not None and end < start:
        start, end = end, start
    return start, None if end is None else end + 1


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
    if _PLAIN.fullmatch(title) and area(title) is None:
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

"""Ranges within a book: from A1, GridRange or DataFilter to rows and columns of a tab, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sheets_emulator import a1
from sheets_emulator.book import Book
from sheets_emulator.errors import Refused, invalid
from sheets_emulator.sheet import Sheet

PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if "
    "you need to edit."
)
SIDES = (
    *("sheetId", "dimension", "startIndex", "endIndex"),
    *("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """Rows `top` to `bottom` and columns `left` to `right` of a tab, ends outside, within its grid."""

    sheet: Sheet
    top: int
    left: int
    bottom: int
    right: int
    single: bool = False  # was asked for as one cell

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def name(self) -> str:
        return a1.named(self.sheet.title, self.top, self.left, self.bottom, self.right)

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row < self.bottom and self.left <= column < self.right

    def places(self) -> Iterator[tuple[int, int]]:
        for row in range(self.top, self.bottom):
            for column in range(self.left, self.right):
                yield row, column

    def meets(self, other: Span) -> bool:
        return (
            self.sheet is other.sheet
            and self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )

    def grid_range(self) -> dict[str, int]:
        """As the GridRange that is kept: with the tab's id, even 0."""
        return {
            "sheetId": self.sheet.id,
            "startRowIndex": self.top,
            "endRowIndex": self.bottom,
            "startColumnIndex": self.left,
            "endColumnIndex": self.right,
        }


def named(book: Book, text: str) -> Span:
    """The span that an A1 range or a named range means; its end is cut at the grid.

    Raises:
        Refused: no such notation or tab, or it starts outside the grid.
    """
    title, rest = a1.split(text)
    found = a1.area(rest) if rest else None
    if not title and found is not None:  # on its own, or behind an empty title
        return _within(book.sheets[0], found)
    if title is None:
        return _by_name(book, rest or "", text)
    sheet = book.titled(title)
    if sheet is None:
        return _by_name(book, text, text)  # a title with a `!` in it
    if rest is None:
        return _whole(sheet)
    return _by_name(book, rest, text, tab=False) if found is None else _within(sheet, found)


def _whole(sheet: Sheet) -> Span:
    return Span(sheet, 0, 0, sheet.row_count, sheet.column_count)


def _by_name(book: Book, name: str, text: str, *, tab: bool = True) -> Span:
    """The span of a tab or of a named range (written behind a tab's name, it may lie on any tab)."""
    sheet = book.titled(name) if tab else None
    if sheet is not None:
        return _whole(sheet)
    for one in book.names.values():
        if one["name"].casefold() == name.casefold():
            return of(book, one["range"])
    raise invalid(f"Unable to parse range: {text}")


def _within(sheet: Sheet, area: a1.Area) -> Span:
    top, left = area.top or 0, area.left or 0
    if top >= sheet.row_count or left >= sheet.column_count:
        raise invalid(
            f"Range ({a1.quoted(sheet.title)}!{_asked(area)}) exceeds grid limits. "
            f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
        )
    bottom = sheet.row_count if area.bottom is None else min(area.bottom, sheet.row_count)
    right = sheet.column_count if area.right is None else min(area.right, sheet.column_count)
    return Span(sheet, top, left, bottom, right, single=area.one_cell)


def _asked(area: a1.Area) -> str:
    """The area as it was asked for, beyond the grid or not."""
    start = ("" if area.left is None else a1.letters(area.left)) + ("" if area.top is None else str(area.top + 1))
    if area.one_cell:
        return start
    end = ("" if area.right is None else a1.letters(area.right - 1)) + ("" if area.bottom is None else str(area.bottom))
    return f"{start}:{end}" if end != start else start


def of(book: Book, grid: Mapping[str, Any], word: str = "grid") -> Span:
    """The span of a GridRange: what is left out is open, a missing tab is tab 0, an end is cut at the grid.

    Raises:
        Refused: no such tab (`word` is what Google calls it), or the range starts outside the grid or ends before it
            starts. An empty one is none of these.
    """
    sheet = book.sheet(int(grid.get("sheetId", 0)), word=word)
    sides = [(grid.get(f"start{name}Index"), grid.get(f"end{name}Index"), name) for name in ("Row", "Column")]
    if any(index is not None and index < 0 for start, end, _ in sides for index in (start, end)):
        raise invalid("GridRange indexes must be >= 0")
    for start, end, name in sides:
        if start is not None and end is not None and end < start:
            raise invalid(f"end{name}Index[{end}] cannot be before start{name}Index[{start}]")
    top, left = sides[0][0] or 0, sides[1][0] or 0
    if top >= sheet.row_count or left >= sheet.column_count:
        raise invalid(
            f"Range ({_told(sheet, sides)}) exceeds grid limits. "
            f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
        )
    bottom = sheet.row_count if sides[0][1] is None else min(sides[0][1], sheet.row_count)
    right = sheet.column_count if sides[1][1] is None else min(sides[1][1], sheet.column_count)
    return Span(sheet, top, left, bottom, right)


def _told(sheet: Sheet, sides: list[tuple[int | None, int | None, str]]) -> str:
    """How a refusal names a GridRange: only the edges that were given."""
    (top, bottom, _), (left, right, _) = sides
    start = ("" if left is None else a1.letters(left)) + ("" if top is None else str(top + 1))
    end = ("" if right is None else a1.letters(right - 1)) + ("" if bottom is None else str(bottom))
    empty = "(empty) " if any(given is not None and given == last for given, last, _ in sides) else ""
    return f"{empty}{a1.quoted(sheet.title)}!{start if start == end else f'{start}:{end}'}"


def place(book: Book, start: Mapping[str, Any]) -> tuple[Sheet, int, int]:
    """The cell of a GridCoordinate.

    Raises:
        Refused: it lies outside the grid.
    """
    sheet = book.sheet(int(start.get("sheetId", 0)))
    row, column = int(start.get("rowIndex", 0)), int(start.get("columnIndex", 0))
    if row >= sheet.row_count:
        raise invalid(f"GridCoordinate.rowIndex[{row}] is after last row in grid[{sheet.row_count - 1}]")
    if column >= sheet.column_count:
        raise invalid(f"GridCoordinate.columnIndex[{column}] is after last column in grid[{sheet.column_count - 1}]")
    return sheet, row, column


def answered(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A kept range as answers show it: always in one order, the tab's id left out when it is 0."""
    return {key: kept[key] for key in SIDES if key in kept and (key != "sheetId" or kept[key])}


def span(sheet: Sheet, kept: Mapping[str, int]) -> Span:
    """The part of the grid that a kept range covers now."""
    return Span(
        sheet,
        kept.get("startRowIndex", 0),
        kept.get("startColumnIndex", 0),
        min(kept.get("endRowIndex", sheet.row_count), sheet.row_count),
        min(kept.get("endColumnIndex", sheet.column_count), sheet.column_count),
    )


def may_edit(span_: Span, caller: str) -> None:
    """Refuse to edit what is protected from the caller; the book's owner may edit everything."""
    sheet = span_.sheet
    for one in sheet.protected:
        if one.get("warningOnly") or caller == sheet.book.owner:
            continue
        if caller in one.get("editors", {}).get("users", []):
            continue
        guarded = span(sheet, protected_range(sheet.book, one))
        if guarded.meets(span_) and not any(
            _inside(span_, span(sheet, free)) for free in one.get("unprotectedRanges", [])
        ):
            raise Refused(400, "INVALID_ARGUMENT", PROTECTED)


def protected_range(book: Book, one: Mapping[str, Any]) -> Mapping[str, int]:
    """The range that a protection guards: its own, or that of its named range."""
    name = book.names.get(one.get("namedRangeId", ""))
    place: Mapping[str, int] = name["range"] if name else one["range"]
    return place


def _inside(inner: Span, outer: Span) -> bool:
    return (
        outer.top <= inner.top
        and inner.bottom <= outer.bottom
        and outer.left <= inner.left
        and inner.right <= outer.right
    )

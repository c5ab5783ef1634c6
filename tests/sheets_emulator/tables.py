"""Where `append` finds the table that it appends to."""

from __future__ import annotations

from sheets_emulator import shifting
from sheets_emulator.ranges import Span
from sheets_emulator.sheet import Sheet


def last(span: Span) -> Span | None:
    """The last table that the range touches: cells with contents that hang together, corners included, as a rectangle.

    After a row `a, (empty), c` the last table is the single cell of `c`: so Google's own answers show it.
    """
    sheet = span.sheet
    for row in range(min(span.bottom, len(sheet.rows)) - 1, span.top - 1, -1):
        cells = sheet.rows[row]
        if not cells:
            continue
        filled = [one for one in cells if span.left <= one < span.right and cells[one].entered is not None]
        if filled:
            return _grown(sheet, row, max(filled))
    return None


def _grown(sheet: Sheet, row: int, column: int) -> Span:
    top, left, bottom, right = row, column, row + 1, column + 1
    while True:
        while top and _any(sheet, top - 1, left - 1, top, right + 1):
            top -= 1
        while _any(sheet, bottom, left - 1, bottom + 1, right + 1):
            bottom += 1
        if left and _any(sheet, top - 1, left - 1, bottom + 1, left):
            left -= 1
        elif _any(sheet, top - 1, right, bottom + 1, right + 1):
            right += 1
        else:
            return Span(sheet, top, left, bottom, right)


def _any(sheet: Sheet, top: int, left: int, bottom: int, right: int) -> bool:
    """Does any cell there hold something?"""
    for row in range(max(top, 0), min(bottom, len(sheet.rows))):
        cells = sheet.rows[row]
        if cells and any(cells[column].entered is not None for column in range(max(left, 0), right) if column in cells):
            return True
    return False


def make_room(sheet: Sheet, row: int, count: int) -> None:
    """Insert rows before `row`, or after the last when it is the grid's end."""
    if row >= sheet.row_count:
        sheet.grow(row + count, sheet.column_count)
    else:
        shifting.insert(sheet, "ROWS", row, count)

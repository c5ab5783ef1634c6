"""Requests that rearrange cells: sortRange, insertRange, deleteRange, deleteDuplicates, mergeCells, unmergeCells."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from sheets_emulator import formulas, ranges, references, shifting
from sheets_emulator.book import Book
from sheets_emulator.cells import EMPTY, Cell, Fault, Formula, Value
from sheets_emulator.errors import invalid
from sheets_emulator.ranges import Span

PARTLY_MERGED = "You must select all cells in a merged range to merge or unmerge them."


def sort(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    """Sort the rows of a range by the values in its columns; what hangs on whole rows stays."""
    span = ranges.of(book, given.get("range", {}))
    ranges.may_edit(span, caller)
    specs = given.get("sortSpecs", [])
    if any(ranges.span(span.sheet, one).meets(span) for one in span.sheet.merges):
        raise invalid("You can't sort a range with merged cells in it.")
    if not specs:
        raise invalid("Must specify at least one sort spec.")
    for spec in specs:
        if not span.left <= spec.get("dimensionIndex", 0) < span.right:
            raise invalid(f"Sort column {spec.get('dimensionIndex', 0)} is outside of the range.")
    sheet = span.sheet
    rows = list(range(span.top, span.bottom))
    keys = {row: [_key(formulas.value(sheet, row, spec.get("dimensionIndex", 0))) for spec in specs] for row in rows}
    falling = [spec.get("sortOrder") == "DESCENDING" for spec in specs]

    def order(one: int, other: int) -> int:
        return _compared(keys[one], keys[other], falling)

    ordered = sorted(rows, key=cmp_to_key(order))
    taken = {row: {at: sheet.at(row, at) for at in range(span.left, span.right)} for row in rows}
    for new, old in zip(rows, ordered, strict=True):
        if new == old:
            continue
        for column, cell in taken[old].items():
            stays = sheet.at(new, column).rule
            entered = cell.entered
            if isinstance(entered, Formula):
                entered = Formula(references.carried(entered.text, new - old, 0))
            sheet.put(new, column, Cell(entered, cell.format, cell.note, stays, cell.runs))
    if book.switches.sort_moves_row_metadata:
        _move_metadata(book, sheet.id, dict(zip(ordered, rows, strict=True)))
    book.touched()
    return {}


def _key(value: Value) -> tuple[int, Any]:
    """Texts before numbers before booleans before errors; empty cells last in either direction."""
    if value is None or value == "":
        return 9, 0
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, Fault):
        return 3, str(value)
    return (0, (value.casefold(), value)) if isinstance(value, str) else (1, value)


def _compared(one: list[tuple[int, Any]], other: list[tuple[int, Any]], falling: list[bool]) -> int:
    for left, right, down in zip(one, other, falling, strict=True):
        if left == right:
            continue
        if 9 in (left[0], right[0]):
            return -1 if right[0] == 9 else 1
        return (1 if left < right else -1) if down else (-1 if left < right else 1)
    return 0


def _move_metadata(book: Book, sheet_id: int, where: dict[int, int]) -> None:
    for number, one in list(book.metadata.items()):
        place = one["location"].get("dimensionRange")
        if place and place["sheetId"] == sheet_id and place["dimension"] == "ROWS" and place["startIndex"] in where:
            at = where[place["startIndex"]]
            moved = {**place, "startIndex": at, "endIndex": at + 1}
            book.metadata[number] = {**one, "location": {**one["location"], "dimensionRange": moved}}


def _block(book: Book, given: dict[str, Any], caller: str) -> tuple[Span, str, tuple[int, int, int, int]]:
    span = ranges.of(book, given.get("range", {}))
    dimension = given.get("shiftDimension", "")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("shiftDimension must be set to either ROWS or COLUMNS")
    sheet = span.sheet
    touched = (
        Span(sheet, span.top, span.left, sheet.row_count, span.right)
        if dimension == "ROWS"
        else Span(sheet, span.top, span.left, span.bottom, sheet.column_count)
    )
    ranges.may_edit(touched, caller)
    whole_merges(touched)
    return span, dimension, (span.top, span.left, span.bottom, span.right)


def insert_range(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    span, dimension, area = _block(book, given, caller)
    sheet = span.sheet
    rows, columns = sheet.extent()
    if dimension == "ROWS" and rows > span.top:
        sheet.grow(rows + span.height, sheet.column_count)
    elif dimension == "COLUMNS" and columns > span.left:
        sheet.grow(sheet.row_count, columns + span.width)
    shifting.shift_cells(sheet, area, dimension, insert=True)
    return {}


def delete_range(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    span, dimension, area = _block(book, given, caller)
    shifting.shift_cells(span.sheet, area, dimension, insert=False)
    return {}


def delete_duplicates(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    """Of rows with the same values (in the columns to compare) the first stays, those below move up."""
    span = ranges.of(book, given.get("range", {}))
    ranges.may_edit(span, caller)
    sheet = span.sheet
    columns = [
        at
        for one in given.get("comparisonColumns", [])
        for at in range(one.get("startIndex", span.left), one.get("endIndex", span.right))
    ] or list(range(span.left, span.right))
    seen: set[tuple[Any, ...]] = set()
    doubled = []
    for row in range(span.top, min(span.bottom, len(sheet.rows))):
        key = tuple(_folded(formulas.value(sheet, row, column)) for column in columns)
        if key in seen and any(one is not None for one in key):
            doubled.append(row)
        seen.add(key)
    for row in reversed(doubled):
        kept = [[sheet.at(below, at) for at in range(span.left, span.right)] for below in range(row + 1, span.bottom)]
        for down, cells in enumerate([*kept, [EMPTY] * span.width], row):
            for column, cell in enumerate(cells, span.left):
                sheet.put(down, column, cell)
    book.touched()
    return {"duplicatesRemovedCount": len(doubled)} if doubled else {}


def _folded(value: Value) -> Any:
    return (type(value).__name__, value.casefold() if isinstance(value, str) else value) if value is not None else None


def whole_merges(span: Span) -> list[dict[str, int]]:
    """The merges within a span.

    Raises:
        Refused: one of them reaches out of it.
    """
    found = []
    for merge in span.sheet.merges:
        whole = ranges.span(span.sheet, merge)
        if whole.meets(span):
            if not (span.holds(whole.top, whole.left) and span.holds(whole.bottom - 1, whole.right - 1)):
                raise invalid(PARTLY_MERGED)
            found.append(merge)
    return found


def merge(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    span = ranges.of(book, given.get("range", {}))
    ranges.may_edit(span, caller)
    sheet = span.sheet
    inside = whole_merges(span)
    sheet.merges = [one for one in sheet.merges if one not in inside]
    kind = given.get("mergeType", "MERGE_ALL")
    if kind == "MERGE_COLUMNS":
        parts = [Span(sheet, span.top, at, span.bottom, at + 1) for at in range(span.left, span.right)]
    elif kind == "MERGE_ROWS":
        parts = [Span(sheet, at, span.left, at + 1, span.right) for at in range(span.top, span.bottom)]
    else:
        parts = [span]
    for part in parts:
        if part.height * part.width <= 1:
            continue
        sheet.merges.append(part.grid_range())
        for place in part.places():
            cell = sheet.at(*place)
            if place != (part.top, part.left) and cell.entered is not None:
                sheet.put(*place, cell.having(None))
    book.touched()
    return {}


def unmerge(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    span = ranges.of(book, given.get("range", {}))
    ranges.may_edit(span, caller)
    inside = whole_merges(span)
    span.sheet.merges = [one for one in span.sheet.merges if one not in inside]
    return {}


KINDS = {
    "sortRange": sort,
    "insertRange": insert_range,
    "deleteRange": delete_range,
    "deleteDuplicates": delete_duplicates,
    "mergeCells": merge,
    "unmergeCells": unmerge,
}

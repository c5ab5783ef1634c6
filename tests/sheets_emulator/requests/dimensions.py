"""Requests on rows and columns: insert, append, delete, move, hide, size, group."""

from __future__ import annotations

from typing import Any

from sheets_emulator import formats, formulas, masks, ranges, shifting
from sheets_emulator.book import Book
from sheets_emulator.errors import invalid
from sheets_emulator.ranges import Span
from sheets_emulator.sheet import HEIGHT, Sheet


def run(book: Book, given: dict[str, Any], *, whole: bool = False) -> tuple[Sheet, str, int, int]:
    """Tab, dimension, start and end of a DimensionRange; `whole`: what is left out is open.

    Raises:
        Refused: no such tab, no dimension, no start, or the end not behind the start.
    """
    sheet = book.sheet(int(given.get("sheetId", 0)))
    dimension = given.get("dimension", "")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("range.dimension must be set to either ROWS or COLUMNS")
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    if not whole:
        for name in ("startIndex", "endIndex"):
            if name not in given:
                raise invalid(f"range.{name} must be set")
    start, end = int(given.get("startIndex", 0)), int(given.get("endIndex", size))
    if start < 0 or end < 0:
        raise invalid("DimensionRange indexes must be >= 0")
    if end <= start:
        raise invalid(f"endIndex[{end}] must be greater than startIndex[{start}]")
    return sheet, dimension, start, end


def _span(sheet: Sheet, dimension: str, start: int, end: int) -> Span:
    if dimension == "ROWS":
        return Span(sheet, start, 0, end, sheet.column_count)
    return Span(sheet, 0, start, sheet.row_count, end)


def insert(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet, dimension, start, end = run(book, given.get("range", {}))
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    before = bool(given.get("inheritFromBefore"))
    if before and start == 0:
        raise invalid("inheritFromBefore cannot be true if range.startIndex is 0.")
    if not before and start >= size:
        raise invalid(f"range.startIndex must be less than the grid size ({size}) if inheritFromBefore is false.")
    if start > size:
        raise invalid(f"range.startIndex must be less than or equal to the grid size ({size}).")
    shifting.insert(sheet, dimension, start, end - start, inherit=start - 1 if before else start)
    return {}


def append(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet = book.sheet(int(given.get("sheetId", 0)))
    count = int(given.get("length", 0))
    if count < 1:
        raise invalid("length must be greater than 0")
    if given.get("dimension") == "ROWS":
        sheet.grow(sheet.row_count + count, 0)
    elif given.get("dimension") == "COLUMNS":
        sheet.grow(0, sheet.column_count + count)
    else:
        raise invalid("dimension must be set to either ROWS or COLUMNS")
    return {}


def delete(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet, dimension, start, end = run(book, given.get("range", {}), whole=True)
    shifting.check_room(sheet, dimension, start, end)
    ranges.may_edit(_span(sheet, dimension, start, end), caller)
    shifting.delete(sheet, dimension, start, end)
    return {}


def move(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet, dimension, start, end = run(book, given.get("source", {}))
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    to = int(given.get("destinationIndex", 0))
    if end > size:
        raise invalid(f"source.endIndex[{end}] is beyond the grid size ({size}).")
    if to > size or to < 0:
        raise invalid(f"destinationIndex[{to}] is beyond the grid size ({size}).")
    ranges.may_edit(_span(sheet, dimension, start, end), caller)
    shifting.move(sheet, dimension, start, end, to)
    return {}


def update(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet, dimension, start, end = run(book, given.get("range", {}), whole=True)
    all_paths = masks.paths(given.get("fields"), {"hiddenByUser", "pixelSize"})
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    looks = sheet.row_looks if dimension == "ROWS" else sheet.column_looks
    new = given.get("properties", {})
    if new.get("pixelSize", 0) < 0:
        raise invalid("pixelSize must be positive")
    for index in range(start, min(end, size)):
        look = masks.merged(looks.get(index), new, all_paths)
        look = {key: value for key, value in look.items() if value is not False}
        if look:
            looks[index] = look
        else:
            looks.pop(index, None)
    return {}


def auto_resize(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet, dimension, start, end = run(book, given.get("dimensions", {}), whole=True)
    if dimension == "ROWS":
        for index in range(start, min(end, sheet.row_count)):
            _sized(sheet.row_looks, index, HEIGHT)
        return {}
    widest: dict[int, float] = {}
    for row, column, cell in sheet.cells():
        if start <= column < end and cell.entered is not None:
            text = formats.shown(formulas.value(sheet, row, column, cell), cell.format, book.locale)
            widest[column] = max(widest.get(column, 0), max(map(_width, text.split("\n"))))
    for column, width in widest.items():
        _sized(sheet.column_looks, column, int(width) + 6)
    return {}


def _width(line: str) -> float:
    """Pixels; Google makes a column 9483 wide for 1024 capital As."""
    capitals = sum(map(str.isupper, line))
    return capitals * 9.255 + (len(line) - capitals) * 7


def _sized(looks: dict[int, dict[str, Any]], index: int, size: int) -> None:
    looks[index] = {**looks.get(index, {}), "pixelSize": size}


def add_group(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet, dimension, start, end = run(book, given.get("range", {}), whole=True)
    place = {"sheetId": sheet.id, "dimension": dimension, "startIndex": start, "endIndex": end}
    around = [one["depth"] for one in _groups(sheet, dimension) if _holds(one["range"], start, end)]
    inside = [
        one
        for one in _groups(sheet, dimension)
        if start <= one["range"]["startIndex"] and one["range"]["endIndex"] <= end
    ]
    for one in inside:
        if one["range"] != place:
            sheet.groups[sheet.groups.index(one)] = {**one, "depth": one["depth"] + 1}
    sheet.grid["rowGroupControlAfter" if dimension == "ROWS" else "columnGroupControlAfter"] = True
    sheet.groups.append({"range": place, "depth": max(around, default=0) + 1})
    return {"dimensionGroups": shown_groups(sheet, dimension)}


def delete_group(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    sheet, dimension, start, end = run(book, given.get("range", {}), whole=True)
    hit = [one for one in _groups(sheet, dimension) if _holds(one["range"], start, end)]
    if not hit:
        raise invalid(f"Cannot delete a group that does not exist at the given range: {start}-{end}")
    sheet.groups.remove(max(hit, key=lambda one: one["depth"]))
    left = shown_groups(sheet, dimension)
    return {"dimensionGroups": left} if left else {}


def _groups(sheet: Sheet, dimension: str) -> list[dict[str, Any]]:
    return [one for one in sheet.groups if one["range"]["dimension"] == dimension]


def _holds(outer: dict[str, Any], start: int, end: int) -> bool:
    return bool(outer["startIndex"] <= start and end <= outer["endIndex"])


def shown_groups(sheet: Sheet, dimension: str) -> list[dict[str, Any]]:
    """The groups of one dimension as answers show them."""
    return [{**one, "range": ranges.answered(one["range"])} for one in _groups(sheet, dimension)]


KINDS = {
    "insertDimension": insert,
    "appendDimension": append,
    "deleteDimension": delete,
    "moveDimension": move,
    "updateDimensionProperties": update,
    "autoResizeDimensions": auto_resize,
    "addDimensionGroup": add_group,
    "deleteDimensionGroup": delete_group,
}

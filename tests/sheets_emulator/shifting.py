"""Inserting, deleting and moving rows and columns, with everything that hangs on them: cells, formats, ranges,
developer metadata and the references in formulas of all tabs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from sheets_emulator import references
from sheets_emulator.cells import Cell
from sheets_emulator.errors import invalid
from sheets_emulator.sheet import Row, Sheet


class Shift(Protocol):
    """Where rows (or columns) go to."""

    def index(self, at: int) -> int | None:
        """The new place of one; None if it was deleted."""

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """The new ends of a half-open run; None if all of it was deleted."""


class Inserted:
    def __init__(self, at: int, count: int) -> None:
        self.at, self.count = at, count

    def index(self, at: int) -> int:
        return at + self.count if at >= self.at else at

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.index(start), end + self.count if end > self.at else end


class Deleted:
    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end

    def index(self, at: int) -> int | None:
        if at < self.start:
            return at
        return None if at < self.end else at - (self.end - self.start)

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        gone = self.end - self.start
        first = start if start < self.start else max(self.start, start - gone)
        last = end if end <= self.start else max(self.start, end - gone)
        return (first, last) if last > first else None


class Moved:
    """The run from `start` to `end` is put before what stood at `to` (counted before the move)."""

    def __init__(self, start: int, end: int, to: int) -> None:
        self.start, self.end, self.to = start, end, to

    def index(self, at: int) -> int:
        count = self.end - self.start
        if self.start <= at < self.end:
            return at - self.start + (self.to if self.to < self.start else self.to - count)
        if self.to <= at < self.start:
            return at + count
        if self.end <= at < self.to:
            return at - count
        return at

    def span(self, start: int, end: int) -> tuple[int, int]:
        """What moves whole goes along; of a run that loses or gains a part, the rest tells the ends."""
        if self.start <= start and end <= self.end:
            return self.index(start), self.index(end - 1) + 1
        edges = [at for at in (start, end - 1, self.start - 1, self.end) if start <= at < end]
        stay = [self.index(at) for at in edges if not self.start <= at < self.end]
        return min(stay), max(stay) + 1


def insert(sheet: Sheet, dimension: str, at: int, count: int, inherit: int | None = None) -> None:
    """Insert empty rows or columns before `at`; `inherit`: whose formats and dropdowns they take (an old index)."""
    if dimension == "ROWS":
        sheet.row_count += count
        sheet.book.check_size()
        model = sheet.row(inherit) if inherit is not None else None
        fresh = _inherited(model)
        if at < len(sheet.rows) or fresh:
            sheet.rows.extend([None] * (at - len(sheet.rows)))
            turn = sheet.book.turn
            sheet.rows[at:at] = [Row(turn, fresh) if fresh else None for _ in range(count)]
    else:
        sheet.column_count += count
        sheet.book.check_size()
        _columns(sheet, Inserted(at, count).index)
        if inherit is not None:
            _inherit_column(sheet, Inserted(at, count).index(inherit), at, count)
    looks = sheet.row_looks if dimension == "ROWS" else sheet.column_looks
    size = looks.get(inherit, {}).get("pixelSize") if inherit is not None else None
    _everything(sheet, dimension, Inserted(at, count))
    if size:
        looks = sheet.row_looks if dimension == "ROWS" else sheet.column_looks
        looks.update({index: {"pixelSize": size} for index in range(at, at + count)})


def _inherited(model: Row | None) -> dict[int, Cell]:
    if not model:
        return {}
    return {
        column: Cell(None, cell.format, None, cell.rule) for column, cell in model.items() if cell.format or cell.rule
    }


def _inherit_column(sheet: Sheet, source: int, at: int, count: int) -> None:
    for index, row in enumerate(sheet.rows):
        model = row.get(source) if row else None
        if model and (model.format or model.rule):
            own = sheet.writable(index)
            for column in range(at, at + count):
                own[column] = Cell(None, model.format, None, model.rule)


def delete(sheet: Sheet, dimension: str, start: int, end: int) -> None:
    """Delete rows or columns `start` to `end`."""
    if dimension == "ROWS":
        del sheet.rows[start:end]
        sheet.row_count -= end - start
    else:
        _columns(sheet, Deleted(start, end).index)
        sheet.column_count -= end - start
    _everything(sheet, dimension, Deleted(start, end))


def move(sheet: Sheet, dimension: str, start: int, end: int, to: int) -> None:
    """Put rows or columns `start` to `end` before what stands at `to`."""
    if start <= to <= end:
        return
    shift = Moved(start, end, to)
    if dimension == "ROWS":
        sheet.rows.extend([None] * (max(end, to) - len(sheet.rows)))
        block = sheet.rows[start:end]
        del sheet.rows[start:end]
        at = to if to < start else to - (end - start)
        sheet.rows[at:at] = block
    else:
        _columns(sheet, shift.index)
    _everything(sheet, dimension, shift)


def _columns(sheet: Sheet, where: Callable[[int], int | None]) -> None:
    """Give each cell its new column."""
    turn = sheet.book.turn
    for index, row in enumerate(sheet.rows):
        if row:
            moved = {new: cell for column, cell in row.items() if (new := where(column)) is not None}
            sheet.rows[index] = Row(turn, moved, row.formulas)


def _everything(sheet: Sheet, dimension: str, shift: Shift) -> None:
    name = "Row" if dimension == "ROWS" else "Column"

    def moved(kept: dict[str, Any]) -> dict[str, Any] | None:
        return moved_range(kept, name, shift)

    sheet.merges = [one for kept in sheet.merges if (one := moved(kept)) and not _single(one)]
    sheet.protected = _with_range(sheet.protected, moved)
    sheet.banding = _with_range(sheet.banding, moved)
    sheet.rules = [
        {**rule, "ranges": ranges}
        for rule in sheet.rules
        if (ranges := [r for one in rule["ranges"] if (r := moved(one))])
    ]
    if sheet.filter:
        whole = moved(sheet.filter["range"])
        sheet.filter = {**sheet.filter, "range": whole} if whole else None
    _refreeze(sheet, f"frozen{name}Count", shift)
    sheet.groups = [one for kept in sheet.groups if (one := _group(kept, dimension, shift))]
    looks = sheet.row_looks if dimension == "ROWS" else sheet.column_looks
    shifted = {new: look for at, look in looks.items() if (new := shift.index(at)) is not None}
    if dimension == "ROWS":
        sheet.row_looks = shifted
    else:
        sheet.column_looks = shifted
    _book(sheet, dimension, moved, shift)
    references.follow(sheet, dimension, shift)
    sheet.book.touched()


def _refreeze(sheet: Sheet, name: str, shift: Shift) -> None:
    """As many rows (columns) stay frozen as are left of the frozen ones, and what was inserted among them."""
    if sheet.grid.get(name) and not isinstance(shift, Moved):
        ends = shift.span(0, sheet.grid[name])
        sheet.grid[name] = ends[1] if ends else 0


def _book(sheet: Sheet, dimension: str, moved: Callable[[dict[str, Any]], dict[str, Any] | None], shift: Shift) -> None:
    book = sheet.book
    for id, name in list(book.names.items()):
        if name["range"].get("sheetId", 0) == sheet.id:
            whole = moved(name["range"])
            if whole:
                book.names[id] = {**name, "range": whole}
            else:
                del book.names[id]
    for number, one in list(book.metadata.items()):
        place = one["location"].get("dimensionRange")
        if place and place.get("sheetId", 0) == sheet.id and place["dimension"] == dimension:
            index = shift.index(place["startIndex"])
            if index is None:
                del book.metadata[number]
            else:
                where = {**place, "startIndex": index, "endIndex": index + 1}
                book.metadata[number] = {**one, "location": {**one["location"], "dimensionRange": where}}


def moved_range(kept: dict[str, Any], name: str, shift: Shift) -> dict[str, Any] | None:
    """A kept GridRange after the shift of its rows or columns; open ends stay open."""
    start, end = kept.get(f"start{name}Index"), kept.get(f"end{name}Index")
    if start is None and end is None:
        return kept
    ends = shift.span(start or 0, end if end is not None else 1 << 40)
    if ends is None:
        return None
    new = dict(kept)
    if start is not None:
        new[f"start{name}Index"] = ends[0]
    if end is not None:
        new[f"end{name}Index"] = ends[1]
    return new


def _with_range(
    kept: list[dict[str, Any]], moved: Callable[[dict[str, Any]], dict[str, Any] | None]
) -> list[dict[str, Any]]:
    found = []
    for one in kept:
        if "range" not in one:
            found.append(one)
        elif whole := moved(one["range"]):
            found.append({**one, "range": whole})
    return found


def _single(one: dict[str, Any]) -> bool:
    rows = one["endRowIndex"] - one["startRowIndex"]
    return bool(rows * (one["endColumnIndex"] - one["startColumnIndex"]) <= 1)


def _group(kept: dict[str, Any], dimension: str, shift: Shift) -> dict[str, Any] | None:
    span = kept["range"]
    if span["dimension"] != dimension:
        return kept
    ends = shift.span(span["startIndex"], span["endIndex"])
    return {**kept, "range": {**span, "startIndex": ends[0], "endIndex": ends[1]}} if ends else None


def shift_cells(sheet: Sheet, area: tuple[int, int, int, int], dimension: str, *, insert: bool) -> None:
    """Insert (or delete) a block of cells, pushing (or pulling) what stands behind it in the same rows or columns.

    `area` is top, left, bottom, right. The caller grows the grid first, that nothing falls off it.
    """
    top, left, bottom, right = area
    by_rows = dimension == "ROWS"
    start, end = (top, bottom) if by_rows else (left, right)
    shift: Shift = Inserted(start, end - start) if insert else Deleted(start, end)
    taken = [
        (row, column, cell)
        for row, column, cell in sheet.cells()
        if (left <= column < right and row >= top if by_rows else top <= row < bottom and column >= left)
    ]
    for row, column, _ in taken:
        sheet.writable(row).pop(column, None)
    for row, column, cell in taken:
        new = shift.index(row if by_rows else column)
        if new is not None:
            sheet.put(*((new, column) if by_rows else (row, new)), cell)
    references.follow_cells(sheet, area, dimension, shift)
    sheet.book.touched()


def check_room(sheet: Sheet, dimension: str, start: int, end: int) -> None:
    """Refuse to delete what is not there, or all that is there."""
    size = sheet.row_count if dimension == "ROWS" else sheet.column_count
    word = "row" if dimension == "ROWS" else "column"
    if start >= size or end > size:
        missing = start if start >= size else size
        raise invalid(
            f"Cannot delete a {word} that doesn't exist. Tried to delete {word} index {missing} but there are only "
            f"{size} {word}s."
        )
    if end - start >= size:
        raise invalid(f"You can't delete all the {word}s on the sheet.")
    frozen = sheet.grid.get("frozenRowCount" if dimension == "ROWS" else "frozenColumnCount", 0)
    if frozen and size - (end - start) <= frozen - max(0, min(end, frozen) - start):
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {word}s.")

"""Requests that write cells: updateCells, repeatCell, appendCells, setDataValidation, updateBorders."""

from __future__ import annotations

from typing import Any

from sheets_emulator import masks, ranges, references, styles
from sheets_emulator.book import Book
from sheets_emulator.cells import EMPTY, LONGEST, Cell, Entered, Formula, entered_of
from sheets_emulator.errors import Refused, invalid
from sheets_emulator.ranges import Span
from sheets_emulator.rules import refuse_unless_valid
from sheets_emulator.sheet import Sheet

WRITTEN = {"userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns"}
READ_ONLY = {"effectiveValue", "formattedValue", "effectiveFormat", "hyperlink", "dataSourceFormula"}
MISSING = {"pivotTable", "dataSourceTable", "chipRuns"}


class CellMask:
    """Which parts of CellData a request writes."""

    def __init__(self, fields: str | None) -> None:
        all_paths = masks.paths(fields, WRITTEN | READ_ONLY | MISSING)
        for path in all_paths:
            if path[0] in READ_ONLY:
                raise invalid(f"Field {path[0]} is read-only")
            if path[0] in MISSING:
                raise Refused(501, "UNIMPLEMENTED", f"The emulator does not know the cell field {path[0]}")
        self.value = masks.below(all_paths, "userEnteredValue") is not None
        self.format = masks.below(all_paths, "userEnteredFormat")
        self.note = masks.below(all_paths, "note") is not None
        self.rule = masks.below(all_paths, "dataValidation") is not None
        self.runs = masks.below(all_paths, "textFormatRuns") is not None
        self._formats: dict[str, dict[str, Any] | None] = {}  # what formats come to in cells that had none

    def cell(self, old: Cell, data: dict[str, Any]) -> Cell:
        """The old cell with the masked parts of the data."""
        return Cell(
            self.entered(data) if self.value else old.entered,
            self._format(old.format, data.get("userEnteredFormat") or {}) if self.format else old.format,
            (data.get("note") or None) if self.note else old.note,
            (data.get("dataValidation") or None) if self.rule else old.rule,
            data.get("textFormatRuns") if self.runs else None if self.value else old.runs,
        )

    @staticmethod
    def entered(data: dict[str, Any]) -> Entered:
        given = data.get("userEnteredValue")
        if not given:
            return None
        text = given.get("stringValue")
        if text and len(text) <= LONGEST:  # by far the most frequent: spare the call
            return text  # type: ignore[no-any-return]
        return entered_of(given)

    def _format(self, old: dict[str, Any] | None, given: dict[str, Any]) -> dict[str, Any] | None:
        if old is not None:
            return styles.changed(old, given, self.format or [])
        if not given:
            return None
        key = repr(given)
        if key not in self._formats:
            self._formats[key] = styles.changed(None, given, self.format or [])
        return self._formats[key]


def write(sheet: Sheet, top: int, left: int, lines: list[list[dict[str, Any]]], mask: CellMask) -> None:
    """Write lines of CellData from a cell on; the grid was checked before."""
    strict = sheet.book.switches.strict_refuses_writes
    covered = _covered(sheet, top, left, lines) if sheet.merges else None
    only_values = mask.value and not (mask.format or mask.note or mask.rule or mask.runs or covered or strict)
    for index, line in enumerate(lines, top):
        if not line:
            continue
        row = sheet.writable(index)
        for column, data in enumerate(line, left):
            old = row.get(column, EMPTY)
            if only_values and old is EMPTY:
                new = Cell(mask.entered(data))
            else:
                new = mask.cell(old, data)
                if covered and (index, column) in covered:
                    new = new.having(None)
                if strict and old.rule and mask.value:
                    refuse_unless_valid(sheet, old.rule, new, index, column)
            entered = new.entered
            if entered is not None or not new.blank:
                row[column] = new
                if type(entered) is Formula:
                    row.formulas = True
            elif old is not EMPTY:
                del row[column]
    sheet.book.touched()


def _covered(sheet: Sheet, top: int, left: int, lines: list[list[dict[str, Any]]]) -> set[tuple[int, int]]:
    width = max((len(line) for line in lines), default=0)
    area = Span(sheet, top, left, top + len(lines), left + width)
    wholes = [whole for merge in sheet.merges if (whole := ranges.span(sheet, merge)).meets(area)]
    return {place for whole in wholes for place in whole.places() if place != (whole.top, whole.left)}


def _lines(given: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [row.get("values", []) for row in given.get("rows", [])]


def update_cells(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    mask = CellMask(given.get("fields"))
    lines = _lines(given)
    width = max((len(line) for line in lines), default=0)
    if "start" in given:
        sheet, top, left = ranges.place(book, given["start"])
        _within(width, len(lines), top, left, sheet.row_count, sheet.column_count)
        span = Span(sheet, top, left, top + len(lines), left + width)
    elif "range" in given:
        span = ranges.of(book, given["range"])
        _within(width, len(lines), span.top, span.left, span.bottom, span.right)
        # what the rows do not reach is cleared
        lines = [line + [{}] * (span.width - len(line)) for line in lines]
        lines += [[{}] * span.width for _ in range(span.height - len(lines))]
    else:
        raise invalid("Must specify a start or a range")
    ranges.may_edit(span, caller)
    write(span.sheet, span.top, span.left, lines, mask)
    return {}


def _within(width: int, height: int, top: int, left: int, bottom: int, right: int) -> None:
    if left + width > right:
        raise invalid(f"Attempting to write column: {right}, beyond the last requested column of: {right - 1}")
    if top + height > bottom:
        raise invalid(f"Attempting to write row: {bottom}, beyond the last requested row of: {bottom - 1}")


def repeat_cell(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    mask = CellMask(given.get("fields"))
    span = ranges.of(book, given.get("range", {}))
    ranges.may_edit(span, caller)
    data = given.get("cell", {})
    text = data.get("userEnteredValue", {}).get("formulaValue")
    if text and mask.value:
        for row, column in span.places():
            moved = references.carried(text, row - span.top, column - span.left)
            write(span.sheet, row, column, [[{**data, "userEnteredValue": {"formulaValue": moved}}]], mask)
    else:
        line = [data] * span.width
        write(span.sheet, span.top, span.left, [line] * span.height, mask)
    return {}


def append_cells(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    """After the last row with data; the grid grows downwards, never to the right."""
    mask = CellMask(given.get("fields"))
    sheet = book.sheet(int(given.get("sheetId", 0)))
    lines = _lines(given)
    width = max((len(line) for line in lines), default=0)
    if width > sheet.column_count:
        last = sheet.column_count
        raise invalid(f"Attempting to write column: {last}, beyond the last requested column of: {last - 1}")
    top = _append_at(sheet)
    sheet.grow(top + len(lines), sheet.column_count)
    ranges.may_edit(Span(sheet, top, 0, top + len(lines), width), caller)
    write(sheet, top, 0, lines, mask)
    return {}


def _append_at(sheet: Sheet) -> int:
    """The row behind the data. With the racing switch every second append starts where the one before it did."""
    rows = sheet.extent()[0]
    if not sheet.book.switches.racing_append_overwrites:
        return rows
    before, sheet.appended_at = sheet.appended_at, None
    if before is None:
        sheet.appended_at = rows
        return rows
    return min(before, rows)


def set_data_validation(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    span = ranges.of(book, given.get("range", {}))
    ranges.may_edit(span, caller)
    rule = given.get("rule")
    if rule and not rule.get("condition", {}).get("type"):
        raise invalid("Data validation must have a condition")
    line = [{"dataValidation": rule} if rule else {}] * span.width
    write(span.sheet, span.top, span.left, [line] * span.height, CellMask("dataValidation"))
    return {}


def update_borders(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    span = ranges.of(book, given.get("range", {}))
    ranges.may_edit(span, caller)
    sheet = span.sheet
    for row, column in span.places():
        sides = {
            "top": given.get("top") if row == span.top else given.get("innerHorizontal"),
            "bottom": given.get("bottom") if row == span.bottom - 1 else given.get("innerHorizontal"),
            "left": given.get("left") if column == span.left else given.get("innerVertical"),
            "right": given.get("right") if column == span.right - 1 else given.get("innerVertical"),
        }
        old = sheet.at(row, column)
        borders = dict((old.format or {}).get("borders", {}))
        for side, border in sides.items():
            if border and border.get("style") != "NONE":
                borders[side] = border
            elif border:
                borders.pop(side, None)
        format = styles.changed(old.format, {"borders": borders} if borders else {}, [("borders",)])
        sheet.put(row, column, Cell(old.entered, format, old.note, old.rule, old.runs))
    return {}


KINDS = {
    "updateCells": update_cells,
    "repeatCell": repeat_cell,
    "appendCells": append_cells,
    "setDataValidation": set_data_validation,
    "updateBorders": update_borders,
}

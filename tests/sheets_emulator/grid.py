"""GridData: what `spreadsheets.get` shows of the cells of a range."""

from __future__ import annotations

from typing import Any

from sheets_emulator import formats, formulas, metadata, styles
from sheets_emulator.cells import Cell, Formula, extended
from sheets_emulator.ranges import Span
from sheets_emulator.sheet import HEIGHT, WIDTH, Sheet


def data(span: Span) -> dict[str, Any]:
    """The GridData of a span: rows up to the last cell that is not blank, sizes of all rows and columns."""
    answer: dict[str, Any] = {}
    if span.top:
        answer["startRow"] = span.top
    if span.left:
        answer["startColumn"] = span.left
    rows = _rows(span)
    if rows:
        answer["rowData"] = rows
    if span.height:
        answer["rowMetadata"] = _looks(span.sheet, "ROWS", span.top, span.bottom)
    if span.width:
        answer["columnMetadata"] = _looks(span.sheet, "COLUMNS", span.left, span.right)
    return answer


def _rows(span: Span) -> list[dict[str, Any]]:
    sheet = span.sheet
    effective = styles.Effective(sheet.book.properties)
    rows: list[dict[str, Any]] = []
    for index in range(span.top, min(span.bottom, len(sheet.rows))):
        row = sheet.rows[index]
        columns = [one for one in row if span.left <= one < span.right] if row else []
        if not row or not columns:
            rows.append({})
            continue
        last = max(columns) + 1
        values = [_cell(sheet, index, at, row[at], effective) if at in row else {} for at in range(span.left, last)]
        rows.append({"values": values})
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _cell(sheet: Sheet, row: int, column: int, cell: Cell, effective: styles.Effective) -> dict[str, Any]:
    """The CellData of one cell."""
    answer: dict[str, Any] = {}
    value = formulas.value(sheet, row, column, cell)
    if cell.entered is not None:
        answer["userEnteredValue"] = extended(cell.entered)
        answer["effectiveValue"] = extended(value) if value is not cell.entered else answer["userEnteredValue"]
        answer["formattedValue"] = formats.shown(value, cell.format, sheet.book.locale)
    if cell.format:
        answer["userEnteredFormat"] = cell.format
    if cell.entered is not None or cell.format:
        answer["effectiveFormat"] = effective.of(cell.format, value)
    if (cell.format or isinstance(cell.entered, Formula)) and (link := _link(cell, sheet, row, column)):
        answer["hyperlink"] = link
    if cell.note:
        answer["note"] = cell.note
    if cell.runs:
        answer["textFormatRuns"] = cell.runs
    if cell.rule:
        answer["dataValidation"] = cell.rule
    return answer


def _link(cell: Cell, sheet: Sheet, row: int, column: int) -> str:
    if isinstance(cell.entered, Formula):
        return formulas.link(sheet, row, column, cell)
    uri: str = ((cell.format or {}).get("textFormat") or {}).get("link", {}).get("uri", "")
    return uri


def _looks(sheet: Sheet, dimension: str, start: int, end: int) -> list[dict[str, Any]]:
    looks, size = (sheet.row_looks, HEIGHT) if dimension == "ROWS" else (sheet.column_looks, WIDTH)
    tagged: dict[int, list[dict[str, Any]]] = {}
    for one in sheet.book.metadata.values():
        place = one["location"].get("dimensionRange")
        if place and place["sheetId"] == sheet.id and place["dimension"] == dimension:
            tagged.setdefault(place["startIndex"], []).append(metadata.shown(one))
    hidden = _filtered(sheet) if dimension == "ROWS" else set()
    answer = []
    for index in range(start, end):
        look: dict[str, Any] = {}
        if index in hidden:
            look["hiddenByFilter"] = True
        if index in looks and looks[index].get("hiddenByUser"):
            look["hiddenByUser"] = True
        look["pixelSize"] = looks[index].get("pixelSize", size) if index in looks else size
        if index in tagged:
            look["developerMetadata"] = tagged[index]
        answer.append(look)
    return answer


def _filtered(sheet: Sheet) -> set[int]:
    """Rows that the basic filter hides: those with a hidden value."""
    if not sheet.filter:
        return set()
    place = sheet.filter["range"]
    criteria = {int(column): one.get("hiddenValues", []) for column, one in sheet.filter.get("criteria", {}).items()}
    for spec in sheet.filter.get("filterSpecs", []):
        criteria[spec.get("columnIndex", 0)] = spec.get("filterCriteria", {}).get("hiddenValues", [])
    rows = range(place.get("startRowIndex", 0) + 1, min(place.get("endRowIndex", sheet.row_count), len(sheet.rows)))
    locale = sheet.book.locale
    return {
        row
        for row in rows
        for column, values in criteria.items()
        if values and formats.shown(formulas.value(sheet, row, column), sheet.at(row, column).format, locale) in values
    }

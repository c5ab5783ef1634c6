"""Spreadsheets as files, and files as spreadsheets."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from . import spreadsheets
from .book import Book
from .errors import DriveRefused

CSV = "text/csv"
TSV = "text/tab-separated-values"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXTENSIONS = {
    "application/x-vnd.oasis.opendocument.spreadsheet": "ods",
    TSV: "tsv",
    "application/pdf": "pdf",
    XLSX: "xlsx",
    CSV: "csv",
    "application/zip": "zip",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}
"""What Google exports, by MIME type."""
ZONE = "America/Los_Angeles"
"""The time zone that Drive gives to what it converts."""
EPOCH = datetime(1899, 12, 30)
MIDNIGHT = time()


def _separated(separator: str) -> Callable[[Book], bytes]:
    def export(book: Book) -> bytes:
        return book.csv(book.sheets[0].id, separator).encode("utf-8")

    return export


def _workbook(book: Book) -> bytes:
    """All tabs with their values, formulas, dates and what is hidden; developer metadata has no place in the file."""
    import xlsxwriter

    whole = spreadsheets.answer(book, "GET", "", {"includeGridData": ["true"]}, None, "", books={})
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as made:
        for sheet in whole["sheets"]:
            page = made.add_worksheet(sheet["properties"]["title"])
            if sheet["properties"].get("hidden"):
                page.hide()
            data = sheet["data"][0]
            for column, looks in enumerate(data.get("columnMetadata", ())):
                if looks.get("hiddenByUser"):
                    page.set_column(column, column, None, None, {"hidden": True})
            for row, cells in enumerate(data.get("rowData", ())):
                for column, cell in enumerate(cells.get("values", ())):
                    _write(made, page, row, column, cell)
    return file.getvalue()


def _write(made: Any, page: Any, row: int, column: int, cell: dict[str, Any]) -> None:
    pattern = cell.get("effectiveFormat", {}).get("numberFormat", {}).get("pattern")
    look = made.add_format({"num_format": pattern}) if pattern else None
    found = cell.get("effectiveValue", {})
    value = next(iter(found.values())) if found and "errorValue" not in found else None
    if formula := cell.get("userEnteredValue", {}).get("formulaValue"):
        page.write_formula(row, column, formula, look, "" if value is None else value)
    elif isinstance(value, bool):
        page.write_boolean(row, column, value, look)
    elif isinstance(value, int | float):
        page.write_number(row, column, value, look)
    elif value is not None:
        page.write_string(row, column, value, look)


FORMATS: dict[str, Callable[[Book], bytes]] = {CSV: _separated(","), TSV: _separated("\t"), XLSX: _workbook}
"""What we export. CSV and TSV hold the first tab only."""


def imported(id: str, title: str, mime: str, content: bytes) -> Book:
    """The spreadsheet that an upload becomes. Raises Drive's 400 for what is no table."""
    kind = mime.partition(";")[0].strip()
    if kind == XLSX:
        return _from_workbook(id, title, content)
    if kind not in (CSV, "text/plain"):
        raise DriveRefused(400, "badRequest", "Bad Request. The requested conversion is not supported.")
    return Book.from_csv(id, title, content.decode("utf-8-sig"), zone=ZONE)


def _from_workbook(id: str, title: str, content: bytes) -> Book:
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    file = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets, cells = [], []
    for number, found in enumerate(file.sheets_metadata, 1):
        rows = file.get_sheet_by_name(found.name).to_python(skip_empty_area=False)
        size = {"rowCount": max(len(rows), 1), "columnCount": max(map(len, rows), default=1) or 1}
        hidden = found.visible != SheetVisibleEnum.Visible
        properties = {"sheetId": number * 1_000_003, "title": found.name, "gridProperties": size}
        sheets.append({"properties": properties | ({"hidden": True} if hidden else {})})
        data = [{"values": [_typed(value) for value in row]} for row in rows]
        start = {"sheetId": number * 1_000_003, "rowIndex": 0, "columnIndex": 0}
        fields = "userEnteredValue,userEnteredFormat.numberFormat"
        cells.append({"updateCells": {"rows": data, "fields": fields, "start": start}})
    book = spreadsheets.create(id, {"properties": {"title": title, "timeZone": ZONE}, "sheets": sheets}, "")
    spreadsheets.answer(book, "POST", ":batchUpdate", {}, {"requests": cells}, "", books={})
    return book


def _typed(value: Any) -> dict[str, Any]:
    """A cell of a workbook file as a cell of ours."""
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, int | float):
        return {"userEnteredValue": {"numberValue": value}}
    if isinstance(value, date | time | timedelta):
        if isinstance(value, datetime):
            kind, since = "DATE_TIME", value - EPOCH
        elif isinstance(value, date):
            kind, since = "DATE", datetime.combine(value, MIDNIGHT) - EPOCH
        else:
            kind, since = "TIME", value if isinstance(value, timedelta) else datetime.combine(EPOCH, value) - EPOCH
        number = {"numberValue": since / timedelta(days=1)}
        return {"userEnteredValue": number, "userEnteredFormat": {"numberFormat": {"type": kind}}}
    return {"userEnteredValue": {"stringValue": value}} if value else {}

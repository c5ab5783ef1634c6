"""Comma-separated values: a tab exported, a file imported."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from sheets_emulator import formats, formulas, parsing
from sheets_emulator.cells import Cell
from sheets_emulator.sheet import Sheet

if TYPE_CHECKING:
    from sheets_emulator.book import Book

ROWS, COLUMNS = 1000, 26
"""No file makes a smaller tab than a person does."""


def written(sheet: Sheet, delimiter: str) -> str:
    """The shown values up to the last one, each line as long as the longest."""
    rows, columns = sheet.extent()
    locale = sheet.book.locale
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    for row in range(rows):
        cells = [sheet.at(row, column) for column in range(columns)]
        shown = [
            formats.shown(formulas.value(sheet, row, at, cell), cell.format, locale) for at, cell in enumerate(cells)
        ]
        writer.writerow(shown)
    return out.getvalue().removesuffix("\r\n")


def read(book: Book, title: str, text: str) -> Book:
    """The book with its only tab named after the file and filled, the values parsed as if typed."""
    lines = list(csv.reader(io.StringIO(text, newline="")))
    columns = max((len(line) for line in lines), default=0)
    sheet = Sheet(book, book.fresh_id(), title[:100], max(len(lines), ROWS), max(columns, COLUMNS))
    book.sheets = [sheet]
    for row, line in enumerate(lines):
        for column, value in enumerate(line):
            entered, format = parsing.typed(value, None, book.locale)
            if entered is not None:
                sheet.put(row, column, Cell(entered, {"numberFormat": format} if format else None))
    return book

"""Requests that work on texts: findReplace, pasteData, textToColumns, trimWhitespace."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

from sheets_emulator import formats, formulas, parsing, ranges
from sheets_emulator.book import Book
from sheets_emulator.cells import Cell, Formula
from sheets_emulator.errors import Refused, invalid
from sheets_emulator.ranges import Span
from sheets_emulator.sheet import Sheet

_DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "PERIOD": ".", "SPACE": " "}


def type_in(sheet: Sheet, row: int, column: int, text: str) -> None:
    """What happens when somebody types a text into a cell."""
    old = sheet.at(row, column)
    entered, made = parsing.typed(text, old.format, sheet.book.locale, sheet.book.clock().year)
    format = {**(old.format or {}), "numberFormat": made} if made else old.format
    sheet.put(row, column, Cell(entered, format, old.note, old.rule))


def _where(book: Book, given: dict[str, Any]) -> list[Span]:
    if "range" in given:
        return [ranges.of(book, given["range"])]
    if given.get("allSheets"):
        return [Span(one, 0, 0, one.row_count, one.column_count) for one in book.sheets]
    if "sheetId" in given:
        sheet = book.sheet(given["sheetId"])
        return [Span(sheet, 0, 0, sheet.row_count, sheet.column_count)]
    raise invalid("Must specify a range, a sheet or all sheets")


def _replacer(given: dict[str, Any]) -> Callable[[str], tuple[str, int]]:
    find, replacement = given.get("find", ""), given.get("replacement", "")
    if not find:
        raise invalid("Must specify what to find")
    flags = 0 if given.get("matchCase") else re.IGNORECASE
    by_regex = bool(given.get("searchByRegex"))
    try:
        pattern = re.compile(find if by_regex else re.escape(find), flags)
    except re.error:
        raise invalid(f"Invalid regular expression: {find}") from None
    template = re.sub(r"\$(\d)", r"\\\1", replacement) if by_regex else replacement.replace("\\", r"\\")

    def replaced(text: str) -> tuple[str, int]:
        if given.get("matchEntireCell"):
            match = pattern.fullmatch(text)
            return (match.expand(template), 1) if match else (text, 0)
        return pattern.subn(template, text)

    return replaced


def find_replace(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    replaced = _replacer(given)
    counts = dict.fromkeys(
        ("valuesChanged", "formulasChanged", "rowsChanged", "sheetsChanged", "occurrencesChanged"), 0
    )
    for span in _where(book, given):
        sheet, rows = span.sheet, set()
        for row, column, cell in list(sheet.cells()):
            if not span.holds(row, column) or cell.entered is None:
                continue
            is_formula = isinstance(cell.entered, Formula)
            if is_formula and not given.get("includeFormulas"):
                continue
            text = cell.entered.text if isinstance(cell.entered, Formula) else _shown(sheet, row, column, cell)
            new, hits = replaced(text)
            if not hits:
                continue
            ranges.may_edit(Span(sheet, row, column, row + 1, column + 1), caller)
            type_in(sheet, row, column, new)
            counts["formulasChanged" if is_formula else "valuesChanged"] += 1
            counts["occurrencesChanged"] += hits
            rows.add(row)
        counts["rowsChanged"] += len(rows)
        counts["sheetsChanged"] += bool(rows)
    return {name: count for name, count in counts.items() if count}


def _shown(sheet: Sheet, row: int, column: int, cell: Cell) -> str:
    return formats.shown(formulas.value(sheet, row, column, cell), cell.format, sheet.book.locale)


def paste_data(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    """A block of text, as if pasted by hand: parsed as typed, the grid grows."""
    if given.get("html"):
        raise Refused(501, "UNIMPLEMENTED", "The emulator does not paste HTML")
    sheet, top, left = ranges.place(book, given.get("coordinate", {}))
    delimiter = given.get("delimiter") or "\t"
    lines = list(csv.reader(io.StringIO(given.get("data", ""), newline=""), delimiter=delimiter))
    width = max((len(line) for line in lines), default=0)
    sheet.grow(top + len(lines), left + width)
    ranges.may_edit(Span(sheet, top, left, top + len(lines), left + width), caller)
    for row, line in enumerate(lines, top):
        for column, text in enumerate(line, left):
            type_in(sheet, row, column, text)
    return {}


def text_to_columns(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    span = ranges.of(book, given.get("source", {}))
    if span.width != 1:
        raise invalid("The source of text to columns must be exactly one column wide.")
    kind, sheet = given.get("delimiterType", "AUTODETECT"), span.sheet
    delimiter = given.get("delimiter", "") if kind == "CUSTOM" else _DELIMITERS.get(kind, "")
    texts = {row: _shown(sheet, row, span.left, sheet.at(row, span.left)) for row in range(span.top, span.bottom)}
    if not delimiter:
        delimiter = max(_DELIMITERS.values(), key=lambda one: sum(text.count(one) for text in texts.values()))
    for row, text in texts.items():
        parts = text.split(delimiter)
        if len(parts) > 1:
            sheet.grow(sheet.row_count, span.left + len(parts))
            ranges.may_edit(Span(sheet, row, span.left, row + 1, span.left + len(parts)), caller)
            for column, part in enumerate(parts, span.left):
                type_in(sheet, row, column, part)
    return {}


def trim_whitespace(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    span = ranges.of(book, given.get("range", {}))
    ranges.may_edit(span, caller)
    changed = 0
    for row, column, cell in list(span.sheet.cells()):
        if span.holds(row, column) and isinstance(cell.entered, str):
            trimmed = " ".join(cell.entered.split())
            if trimmed != cell.entered:
                changed += 1
                span.sheet.put(row, column, cell.having(trimmed or None))
    return {"cellsChangedCount": changed} if changed else {}


KINDS = {
    "findReplace": find_replace,
    "pasteData": paste_data,
    "textToColumns": text_to_columns,
    "trimWhitespace": trim_whitespace,
}

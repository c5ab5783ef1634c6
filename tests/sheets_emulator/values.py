"""The `values` collection: read, update, append, clear, each alone and in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sheets_emulator import a1, filters, formats, formulas, parsing, ranges, tables
from sheets_emulator.book import Book
from sheets_emulator.cells import EMPTY, Cell, Fault, Formula, number, raw, spelled
from sheets_emulator.errors import Refused, invalid
from sheets_emulator.ranges import Span
from sheets_emulator.rules import refuse_unless_valid

Params = Mapping[str, list[str]]


def one(params: Params, name: str, otherwise: str = "") -> str:
    given = params.get(name)
    return given[-1] if given else otherwise


# Reading


def get(book: Book, text: str, params: Params) -> dict[str, Any]:
    return value_range(ranges.named(book, text), _reading(params))


def batch_get(book: Book, params: Params) -> dict[str, Any]:
    reading = _reading(params)
    found = [value_range(ranges.named(book, text), reading) for text in params.get("ranges", [])]
    return {"spreadsheetId": book.id, **({"valueRanges": found} if found else {})}


def batch_get_by_filter(book: Book, body: Mapping[str, Any]) -> dict[str, Any]:
    reading = {key: body[key] for key in ("majorDimension", "valueRenderOption", "dateTimeRenderOption") if key in body}
    if not body.get("dataFilters"):
        raise invalid("Must specify at least one dataFilter.")
    pairs = [(span, wanted) for wanted in body["dataFilters"] for span in filters.spans(book, wanted)]
    found: dict[str, dict[str, Any]] = {}
    for span, wanted in sorted(pairs, key=lambda pair: _order(book, pair[0])):
        values = value_range(span, reading)
        entry = found.setdefault(values["range"], {"valueRange": values, "dataFilters": []})
        entry["dataFilters"].append(wanted)
    return {"spreadsheetId": book.id, **({"valueRanges": list(found.values())} if found else {})}


def _order(book: Book, span: Span) -> tuple[int, ...]:
    """Not as asked for: by tab, column, row."""
    return book.sheets.index(span.sheet), span.left, span.top, span.right, span.bottom


def _reading(params: Params, prefix: str = "") -> dict[str, str]:
    names = {
        "valueRenderOption": "responseValueRenderOption" if prefix else "valueRenderOption",
        "dateTimeRenderOption": "responseDateTimeRenderOption" if prefix else "dateTimeRenderOption",
        "majorDimension": "majorDimension",
    }
    return {key: one(params, name) for key, name in names.items() if one(params, name)}


def value_range(span: Span, reading: Mapping[str, str]) -> dict[str, Any]:
    """The ValueRange of a span: no `values` when all is empty, trailing empty cells and rows cut."""
    major = reading.get("majorDimension", "ROWS")
    if major == "DIMENSION_UNSPECIFIED":
        major = "ROWS"
    if not span.height or not span.width:
        return {"range": "#REF!", "majorDimension": major}
    lines = _lines(span, reading.get("valueRenderOption", ""), reading.get("dateTimeRenderOption", ""))
    if major == "COLUMNS":
        lines = _turned(lines)
    answer: dict[str, Any] = {"range": span.name(), "majorDimension": major}
    if lines:
        answer["values"] = lines
    return answer


def _lines(span: Span, render: str, dates: str) -> list[list[Any]]:
    sheet, left, right = span.sheet, span.left, span.right
    show = _renderer(span, render, dates)
    plain = render in ("UNFORMATTED_VALUE", "FORMULA")
    lines: list[list[Any]] = []
    for index in range(span.top, min(span.bottom, len(sheet.rows))):
        row = sheet.rows[index]
        line: list[Any] = []
        if row:
            for column in range(left, right):
                cell = row.get(column)
                if cell is None:
                    line.append("")
                    continue
                entered = cell.entered
                kind = type(entered)
                if kind is str and cell.format is None:
                    line.append(entered)
                elif entered is None:
                    line.append("")
                elif plain and kind is int and (cell.format is None or not dates):
                    line.append(entered)
                else:
                    line.append(show(cell, index, column))
            while line and line[-1] == "":
                line.pop()
        lines.append(line)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _renderer(span: Span, render: str, dates: str) -> Any:
    sheet, locale = span.sheet, span.sheet.book.locale

    def formatted(cell: Cell, row: int, column: int) -> Any:
        return formats.shown(formulas.value(sheet, row, column, cell), cell.format, locale)

    def unformatted(cell: Cell, row: int, column: int) -> Any:
        value = formulas.value(sheet, row, column, cell)
        if isinstance(value, Fault):
            return str(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "" if value is None else value
        if dates == "FORMATTED_STRING" and formats.is_time(cell.format):
            return formats.shown(value, cell.format, locale)
        return number(value)

    def formula(cell: Cell, row: int, column: int) -> Any:
        return cell.entered.text if isinstance(cell.entered, Formula) else unformatted(cell, row, column)

    return {"UNFORMATTED_VALUE": unformatted, "FORMULA": formula}.get(render, formatted)


def _turned(lines: list[list[Any]]) -> list[list[Any]]:
    width = max((len(line) for line in lines), default=0)
    turned = []
    for column in range(width):
        line = [row[column] if column < len(row) else "" for row in lines]
        while line and line[-1] == "":
            line.pop()
        turned.append(line)
    return turned


# Writing


def update(book: Book, text: str, params: Params, body: Mapping[str, Any], caller: str) -> dict[str, Any]:
    option = _option(one(params, "valueInputOption"))
    given = body.get("range")
    if given and _same(book, given) != _same(book, text):
        raise invalid(f"Requested writing within range [{text}], but the body's range is [{given}]")
    reading = _reading(params, "response") if one(params, "includeValuesInResponse") == "true" else None
    with book.atomically():
        answer = write(book, text, body, option, caller)
        if reading is not None:
            answer["updatedData"] = value_range(_after(ranges.named(book, text), body), reading)
    return {"spreadsheetId": book.id, **answer}


def _after(span: Span, data: Mapping[str, Any]) -> Span:
    """What the answer shows: the range that was asked for, or all that was written from a single cell on."""
    lines = rows_of(data)
    height, width = len(lines), max((len(line) for line in lines), default=0)
    bottom, right = max(span.bottom, span.top + height), max(span.right, span.left + width)
    return Span(span.sheet, span.top, span.left, bottom, right)


def _same(book: Book, text: str) -> str:
    return ranges.named(book, text).name()


def batch_update(book: Book, body: Mapping[str, Any], caller: str) -> dict[str, Any]:
    option = _option(body.get("valueInputOption", ""))
    answers = []
    with book.atomically():
        for index, data in enumerate(body.get("data", [])):
            try:
                answers.append({"spreadsheetId": book.id, **write(book, data.get("range", ""), data, option, caller)})
            except Refused as refused:
                raise _at(f"data[{index}]", refused) from None
        if body.get("includeValuesInResponse"):
            reading = _answering(body)
            for data, answer in zip(body["data"], answers, strict=True):
                answer["updatedData"] = value_range(_after(ranges.named(book, data["range"]), data), reading)
    return {"spreadsheetId": book.id, **_totals(book, answers), **({"responses": answers} if answers else {})}


def _answering(body: Mapping[str, Any]) -> dict[str, str]:
    names = {"valueRenderOption": "responseValueRenderOption", "dateTimeRenderOption": "responseDateTimeRenderOption"}
    return {key: body[name] for key, name in names.items() if name in body}


def _at(where: str, refused: Refused) -> Refused:
    return Refused(refused.code, refused.status, f"Invalid {where}: {refused.message}", refused.details)


def _totals(book: Book, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """A row or column that was written to twice counts once."""
    spans = [ranges.named(book, answer["updatedRange"]) for answer in answers if "updatedRows" in answer]
    totals = {
        "totalUpdatedRows": len({(span.sheet.id, row) for span in spans for row in range(span.top, span.bottom)}),
        "totalUpdatedColumns": len({(span.sheet.id, at) for span in spans for at in range(span.left, span.right)}),
        "totalUpdatedCells": sum(answer.get("updatedCells", 0) for answer in answers),
        "totalUpdatedSheets": len({a1.split(answer["updatedRange"])[0] for answer in answers}),
    }
    return {name: count for name, count in totals.items() if count}


def batch_update_by_filter(book: Book, body: Mapping[str, Any], caller: str) -> dict[str, Any]:
    option = _option(body.get("valueInputOption", ""))
    answers = []
    with book.atomically():
        for data in body.get("data", []):
            for span in filters.spans(book, data.get("dataFilter", {})):
                answer = write_span(span, data, option, caller)
                if body.get("includeValuesInResponse"):
                    answer["updatedData"] = value_range(_after(span, data), _answering(body))
                answers.append({**answer, "dataFilter": data.get("dataFilter", {})})
    return {"spreadsheetId": book.id, **_totals(book, answers), **({"responses": answers} if answers else {})}


def _option(given: str) -> str:
    if given not in ("RAW", "USER_ENTERED"):
        raise invalid("'valueInputOption' is required but not specified")
    return given


def write(book: Book, text: str, data: Mapping[str, Any], option: str, caller: str) -> dict[str, Any]:
    """Write a ValueRange's values to an A1 range; the answer's counts, without the book's id."""
    return write_span(ranges.named(book, text), data, option, caller)


def rows_of(data: Mapping[str, Any]) -> list[list[Any]]:
    """The values of a ValueRange by rows; None where nothing is to be written."""
    lines: list[list[Any]] = data.get("values", [])
    if data.get("majorDimension") == "COLUMNS":
        height = max((len(line) for line in lines), default=0)
        return [[line[row] if row < len(line) else None for line in lines] for row in range(height)]
    return lines


def write_span(span: Span, data: Mapping[str, Any], option: str, caller: str) -> dict[str, Any]:
    lines = rows_of(data)
    height, width = len(lines), max((len(line) for line in lines), default=0)
    _fits(span, height, width)
    written = Span(span.sheet, span.top, span.left, span.top + max(height, 1), span.left + max(width, 1))
    cells = put(written, lines, option, caller)
    counts = {"updatedRows": height if width else 0, "updatedColumns": width, "updatedCells": cells}
    return {"updatedRange": written.name(), **{name: count for name, count in counts.items() if count}}


def _fits(span: Span, height: int, width: int) -> None:
    """Refuse values that reach out of the range, or, written from one cell, out of the grid."""
    sheet = span.sheet
    bottom = sheet.row_count if span.single else span.bottom
    right = sheet.column_count if span.single else span.right
    name = f"Requested writing within range [{span.name()}], but tried writing to"
    if span.left + width > right:
        raise invalid(f"{name} column [{a1.letters(right)}]")
    if span.top + height > bottom:
        raise invalid(f"{name} row [{bottom + 1}]")


def put(span: Span, lines: list[list[Any]], option: str, caller: str) -> int:
    """Write lines of JSON values at a span's start; returns how many cells were written."""
    sheet = span.sheet
    if sheet.protected:
        ranges.may_edit(span, caller)
    book = sheet.book
    new_content = _typing(book) if option == "USER_ENTERED" else _raw
    strict = book.switches.strict_refuses_writes
    covered = _covered(span)
    count = 0
    for down, line in enumerate(lines):
        if not line:
            continue
        row = sheet.writable(span.top + down)
        for across, value in enumerate(line):
            if value is None:
                continue
            count += 1
            column = span.left + across
            if isinstance(value, dict | list):
                raise invalid(f"Invalid values[{down}][{across}]: {spelled(value)}")
            if covered and (span.top + down, column) in covered:
                continue
            old = row.get(column, EMPTY)
            new = new_content(old, value)
            if strict and old.rule:
                refuse_unless_valid(sheet, old.rule, new, span.top + down, column)
            if new.entered is not None or not new.blank:
                row[column] = new
                if type(new.entered) is Formula:
                    row.formulas = True
            else:
                row.pop(column, None)
    book.touched()
    return count


def _raw(old: Cell, value: Any) -> Cell:
    return Cell(raw(value)) if old is EMPTY else old.having(raw(value))


def _typing(book: Book) -> Callable[[Cell, Any], Cell]:
    locale, year = book.locale, book.clock().year

    def typed(old: Cell, value: Any) -> Cell:
        entered, made = parsing.typed(value, old.format, locale, year)
        format = {**(old.format or {}), "numberFormat": made} if made is not None else old.format
        return Cell(entered, format, old.note, old.rule)

    return typed


def _covered(span: Span) -> set[tuple[int, int]]:
    """The places under merged cells, where nothing can be written."""
    hidden: set[tuple[int, int]] = set()
    for merge in span.sheet.merges:
        whole = ranges.span(span.sheet, merge)
        if whole.meets(span):
            hidden.update(place for place in whole.places() if place != (whole.top, whole.left))
    return hidden


def append(book: Book, text: str, params: Params, body: Mapping[str, Any], caller: str) -> dict[str, Any]:
    option = _option(one(params, "valueInputOption"))
    span = ranges.named(book, text)
    sheet, lines = span.sheet, rows_of(body)
    height, width = len(lines), max((len(line) for line in lines), default=0)
    table = tables.last(span)
    top, left = (table.bottom, table.left) if table else (span.top, span.left)
    answer: dict[str, Any] = {"spreadsheetId": book.id}
    if table:
        answer["tableRange"] = table.name()
    with book.atomically():
        if one(params, "insertDataOption") == "INSERT_ROWS" and height:
            tables.make_room(sheet, top, height)
        sheet.grow(top + height, left + width)
        written = Span(sheet, top, left, top + max(height, 1), left + max(width, 1))
        cells = put(written, lines, option, caller)
        counts = {"updatedRows": height if width else 0, "updatedColumns": width, "updatedCells": cells}
        updates: dict[str, Any] = {"spreadsheetId": book.id, "updatedRange": written.name()}
        updates |= {name: count for name, count in counts.items() if count}
        if one(params, "includeValuesInResponse") == "true":
            updates["updatedData"] = value_range(written, _reading(params, "response"))
    return {**answer, "updates": updates}


# Clearing


def clear(book: Book, text: str, caller: str) -> dict[str, Any]:
    with book.atomically():
        return {"spreadsheetId": book.id, "clearedRange": _clear(ranges.named(book, text), caller)}


def batch_clear(book: Book, body: Mapping[str, Any], caller: str) -> dict[str, Any]:
    with book.atomically():
        cleared = [_clear(ranges.named(book, text), caller) for text in body.get("ranges", [])]
    return {"spreadsheetId": book.id, **({"clearedRanges": cleared} if cleared else {})}


def batch_clear_by_filter(book: Book, body: Mapping[str, Any], caller: str) -> dict[str, Any]:
    with book.atomically():
        spans = [span for wanted in body.get("dataFilters", []) for span in filters.spans(book, wanted)]
        cleared = [_clear(span, caller) for span in spans]
    return {"spreadsheetId": book.id, **({"clearedRanges": cleared} if cleared else {})}


def _clear(span: Span, caller: str) -> str:
    """Take the contents out; formats, notes and dropdowns stay."""
    sheet = span.sheet
    ranges.may_edit(span, caller)
    for index in range(span.top, min(span.bottom, len(sheet.rows))):
        row = sheet.rows[index]
        if not row:
            continue
        for column in [one for one in row if span.left <= one < span.right]:
            cell = row[column]
            if cell.entered is not None:
                sheet.put(index, column, cell.having(None))
    sheet.book.touched()
    return span.name()

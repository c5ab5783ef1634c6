"""Everything below `/v4/spreadsheets/{id}`: which call it is, and the whole spreadsheet as an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sheets_emulator import filters, grid, metadata, ranges, requests, values
from sheets_emulator.book import Book
from sheets_emulator.errors import Refused, not_found
from sheets_emulator.ranges import Span, answered
from sheets_emulator.requests import cells, copying, dimensions, guards, tabs, tags
from sheets_emulator.sheet import Sheet
from sheets_emulator.values import Params, one

_VALUES = re.compile(r"/values/(?P<range>.+?)(?P<verb>:append|:clear)?", re.DOTALL)


def answer(
    book: Book,
    verb: str,
    rest: str,
    params: Params,
    body: Any,
    caller: str,
    books: Mapping[str, Book] | None = None,
) -> dict[str, Any]:
    """The answer to one call, unmasked.

    `verb` is the HTTP method, `rest` the decoded path behind the id; `caller` the e-mail address of who asks.

    Raises:
        Refused: as Google refuses; 404 for what it does not serve.
    """
    body = body or {}
    if rest == "" and verb == "GET":
        wanted = [ranges.named(book, text) for text in params.get("ranges", [])]
        return shown(book, wanted, one(params, "includeGridData") == "true" or "grid" in params, caller)
    if verb == "POST" and rest in _POSTS:
        found: dict[str, Any] = _POSTS[rest](book, body, caller, params)
        return found
    if rest == "/values:batchGet" and verb == "GET":
        return values.batch_get(book, params)
    if match := re.fullmatch(r"/developerMetadata/(\d+)", rest):
        if verb == "GET":
            return metadata.get(book, int(match[1]))
    elif match := re.fullmatch(r"/sheets/(\d+):copyTo", rest):
        if verb == "POST":
            other = (books or {}).get(body.get("destinationSpreadsheetId", ""))
            if other is None:
                raise not_found()
            return copying.copy_to(book, int(match[1]), other)
    elif match := _VALUES.fullmatch(rest):
        return _values(book, verb, match["range"], match["verb"] or "", params, body, caller)
    raise Refused(404, "NOT_FOUND", "Requested entity was not found.")


def _values(
    book: Book, verb: str, text: str, action: str, params: Params, body: dict[str, Any], caller: str
) -> dict[str, Any]:
    if verb == "GET" and not action:
        return values.get(book, text, params)
    if verb == "PUT" and not action:
        return values.update(book, text, params, body, caller)
    if verb == "POST" and action == ":append":
        return values.append(book, text, params, body, caller)
    if verb == "POST" and action == ":clear":
        return values.clear(book, text, caller)
    raise not_found()


def batch_update(book: Book, body: dict[str, Any], caller: str, params: Params) -> dict[str, Any]:
    """`:batchUpdate`, with the spreadsheet after it if that is asked for."""
    replies = requests.applied(book, body.get("requests", []), caller)
    result: dict[str, Any] = {"spreadsheetId": book.id, "replies": replies}
    if body.get("includeSpreadsheetInResponse"):
        wanted = [ranges.named(book, text) for text in body.get("responseRanges", [])]
        with_grid = bool(body.get("responseIncludeGridData")) or "grid" in params
        result["updatedSpreadsheet"] = shown(book, wanted, with_grid, caller)
    return result


def get_by_filter(book: Book, body: dict[str, Any], caller: str, params: Params) -> dict[str, Any]:
    found = [span for each in body.get("dataFilters", []) for span in filters.spans(book, each, "sheet")]
    wanted = list(dict.fromkeys(found))
    return shown(book, wanted, bool(body.get("includeGridData")) or "grid" in params, caller)


_POSTS: Mapping[str, Any] = {
    ":batchUpdate": batch_update,
    ":getByDataFilter": get_by_filter,
    "/values:batchUpdate": lambda book, body, caller, params: values.batch_update(book, body, caller),
    "/values:batchClear": lambda book, body, caller, params: values.batch_clear(book, body, caller),
    "/values:batchGetByDataFilter": lambda book, body, caller, params: values.batch_get_by_filter(book, body),
    "/values:batchUpdateByDataFilter": lambda book, body, caller, params: values.batch_update_by_filter(
        book, body, caller
    ),
    "/values:batchClearByDataFilter": lambda book, body, caller, params: values.batch_clear_by_filter(
        book, body, caller
    ),
    "/developerMetadata:search": lambda book, body, caller, params: filters.search(book, body),
}


def shown(book: Book, wanted: list[Span], with_grid: bool, caller: str = "") -> dict[str, Any]:
    """The Spreadsheet: all tabs, or those that the ranges touch, with the cells of these if asked for."""
    found: dict[str, Any] = {"spreadsheetId": book.id, "properties": book.properties}
    sheets = [one for one in book.sheets if not wanted or any(span.sheet is one for span in wanted)]
    found["sheets"] = [_sheet(one, [span for span in wanted if span.sheet is one], with_grid, caller) for one in sheets]
    if book.names:
        found["namedRanges"] = [tags.shown_name(one) for one in book.names.values()]
    found["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{book.id}/edit"
    tagged = [metadata.shown(one) for one in book.metadata.values() if one["location"]["locationType"] == "SPREADSHEET"]
    if tagged:
        found["developerMetadata"] = tagged
    return found


def _sheet(sheet: Sheet, wanted: list[Span], with_grid: bool, caller: str) -> dict[str, Any]:
    found: dict[str, Any] = {"properties": tabs.properties(sheet)}
    if with_grid:
        whole = [Span(sheet, 0, 0, sheet.row_count, sheet.column_count)]
        found["data"] = [grid.data(span) for span in wanted or whole]
    lists: dict[str, list[Any]] = {
        "merges": [answered(one) for one in sheet.merges],
        "conditionalFormats": [{**one, "ranges": [answered(part) for part in one["ranges"]]} for one in sheet.rules],
        "protectedRanges": [guards.shown(sheet.book, one, caller) for one in sheet.protected],
        "bandedRanges": [{**one, "range": answered(one["range"])} for one in sheet.banding],
        "developerMetadata": metadata.of_sheet(sheet.book, sheet.id),
        "rowGroups": dimensions.shown_groups(sheet, "ROWS"),
        "columnGroups": dimensions.shown_groups(sheet, "COLUMNS"),
    }
    found |= {name: entries for name, entries in lists.items() if entries}
    if sheet.filter:
        found["basicFilter"] = {**sheet.filter, "range": answered(sheet.filter["range"])}
    return found


def create(id: str, body: dict[str, Any], caller: str, **given: Any) -> Book:
    """The book that POST /v4/spreadsheets makes: title, locale, zone and tabs as asked for; `given` goes to Book."""
    body = body or {}
    wanted = body.get("properties", {})
    title = wanted.get("title") or "Untitled spreadsheet"
    book = Book(id, title, wanted.get("locale", "en_US"), wanted.get("timeZone", "Etc/GMT"), owner=caller, **given)
    if body.get("sheets"):
        book.sheets = []
        for sheet in body["sheets"]:
            _create_tab(book, sheet, caller)
    for name in body.get("namedRanges", []):
        tags.add_name(book, {"namedRange": name}, caller)
    for tag in body.get("developerMetadata", []):
        metadata.created(book, tag)
    _only(body, {"properties", "sheets", "namedRanges", "developerMetadata", "spreadsheetId"}, "a spreadsheet")
    return book


def _create_tab(book: Book, given: dict[str, Any], caller: str) -> None:
    _only(given, {"properties", "data"}, "a tab")
    first = {} if book.sheets else {"sheetId": 0}
    made = tabs.add(book, {"properties": first | given.get("properties", {})}, caller)["properties"]
    for data in given.get("data", []):
        _only(data, {"startRow", "startColumn", "rowData"}, "cells")
        place = {"rowIndex": data.get("startRow", 0), "columnIndex": data.get("startColumn", 0)}
        start = {"sheetId": made["sheetId"], **place}
        cells.update_cells(book, {"rows": data.get("rowData", []), "fields": "*", "start": start}, caller)


def _only(given: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise Refused(501, "UNIMPLEMENTED", f"The emulator does not create {what} with {', '.join(unknown)}")

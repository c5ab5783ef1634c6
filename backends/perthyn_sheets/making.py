"""Making: the requests of a `batchUpdate` that make a tab, a column or a row, in Google's shapes. Nothing is sent here.

Every value goes out typed (`stringValue`, `numberValue`, `boolValue`), so that a text that looks like a formula, a day
or a number stays the text that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perthyn_sheets.cells import Raw, decimals
from perthyn_sheets.columns import Column, Tab
from perthyn_sheets.sheet import COLUMN_KEY, TAB_KEY

Request = dict[str, Any]

FIRST_ROWS, HIDDEN_ROWS = 100, 2
"""A tab begins with its head and some rows to type in; not many, since empty cells count against the sheet's limit."""
_HEAD_COLOUR = {"red": 0.93, "green": 0.93, "blue": 0.93}
_PATTERNS = {"date": ("DATE", "dd/mm/yyyy"), "instant": ("DATE_TIME", "dd/mm/yyyy hh:mm"), "number": ("NUMBER", "0")}


# -- cells -----------------------------------------------------------------------------------------------


def cell_of(column: Column | None, raw: Raw, zone: str = "") -> Request:
    """A cell's data; empty for "", which empties the cell. `column` and `zone` change nothing: a cell is what it is."""
    if isinstance(raw, bool):
        return {"userEnteredValue": {"boolValue": raw}}
    if isinstance(raw, str):
        return {"userEnteredValue": {"stringValue": raw}} if raw else {}
    return {"userEnteredValue": {"numberValue": raw}}


def head_of(column: Column, languages: tuple[str, ...]) -> Request:
    """The cell at the head of a column: its name, bold, with its note."""
    note = column.note(languages)
    return {
        "userEnteredValue": {"stringValue": column.header(languages)},
        "userEnteredFormat": {"textFormat": {"bold": True}, "backgroundColor": _HEAD_COLOUR},
        **({"note": note} if note else {}),
    }


def head_written(column: Column, sheet_id: int, place: int, languages: tuple[str, ...]) -> Request:
    """The head of one column, written anew."""
    start = {"sheetId": sheet_id, "rowIndex": 0, "columnIndex": place}
    rows = [{"values": [head_of(column, languages)]}]
    fields = "userEnteredValue,userEnteredFormat(textFormat,backgroundColor),note"
    return {"updateCells": {"start": start, "rows": rows, "fields": fields}}


def marked_tab(key: str, sheet_id: int) -> Request:
    """The mark of a tab of ours."""
    return _marker(TAB_KEY, key, {"sheetId": sheet_id})


def marked_column(tab: str, key: str, sheet_id: int, place: int) -> Request:
    """The mark of a column of ours."""
    return _marker(COLUMN_KEY, f"{tab}.{key}", {"dimensionRange": _span(sheet_id, place, place + 1)})


# -- tabs ---------------------------------------------------------------------------------------------------------


def make_tab(
    tab: Tab,
    languages: tuple[str, ...],
    sheet_id: int,
    index: int,
    title: str = "",
    currency: str = "GBP",
) -> list[Request]:
    """Everything that makes a tab. `title`: where another tab has the one that it should have."""
    frozen = {"frozenRowCount": 1, "frozenColumnCount": 1 if tab.key == "contact" else 0}
    rows = HIDDEN_ROWS if tab.hidden else FIRST_ROWS
    properties: Request = {
        "sheetId": sheet_id,
        "title": title or tab.title(languages),
        "index": index,
        "gridProperties": {"rowCount": rows, "columnCount": len(tab.columns), **frozen},
        **({"hidden": True} if tab.hidden else {}),
    }
    return [
        {"addSheet": {"properties": properties}},
        _marker(TAB_KEY, tab.key, {"sheetId": sheet_id}),
        *_columns(tab, tab.columns, languages, sheet_id, 0, currency),
        *_guards(tab, sheet_id),
    ]


def add_columns(
    tab: Tab,
    missing: Sequence[Column],
    sheet_id: int,
    at: int,
    languages: tuple[str, ...],
    currency: str = "GBP",
) -> list[Request]:
    """Columns that are not there (somebody deleted one; a new field was declared), put in at place `at`."""
    if not missing:
        return []
    room = {"range": _span(sheet_id, at, at + len(missing)), "inheritFromBefore": at > 0}
    made = _columns(tab, missing, languages, sheet_id, at, currency)
    return [{"insertDimension": room}, *made]


def _columns(
    tab: Tab,
    columns: Sequence[Column],
    languages: tuple[str, ...],
    sheet_id: int,
    at: int,
    currency: str,
) -> list[Request]:
    """Heads, marks, formats, lists and widths of columns that stand side by side from place `at`."""
    heads = {
        "rows": [{"values": [head_of(one, languages) for one in columns]}],
        "fields": "userEnteredValue,userEnteredFormat(textFormat,backgroundColor),note",
        "start": {"sheetId": sheet_id, "rowIndex": 0, "columnIndex": at},
    }
    made: list[Request] = [{"updateCells": heads}]
    for place, column in enumerate(columns, at):
        location = {"dimensionRange": _span(sheet_id, place, place + 1)}
        made.append(_marker(COLUMN_KEY, f"{tab.key}.{column.key}", location))
        made.append(_format(column, _below(sheet_id, place), currency))
        if column.choices and not column.hidden and not column.computed:
            made.append(_list(column, _below(sheet_id, place), languages))
    return [*made, *_sizes(columns, sheet_id, at)]


def _sizes(columns: Sequence[Column], sheet_id: int, at: int) -> list[Request]:
    """Widths, and technical columns out of sight; one request for each run of columns that are alike."""
    made: list[Request] = []
    start = 0
    for end in range(1, len(columns) + 1):
        this = columns[start]
        if end < len(columns) and (columns[end].width, columns[end].hidden) == (this.width, this.hidden):
            continue
        properties = {"pixelSize": this.width, **({"hiddenByUser": True} if this.hidden else {})}
        asked: Request = {
            "range": _span(sheet_id, at + start, at + end),
            "properties": properties,
            "fields": ",".join(properties),
        }
        made.append({"updateDimensionProperties": asked})
        start = end
    return made


def _format(column: Column, where: Request, currency: str) -> Request:
    """How a column's cells are shown and typed into: texts stay texts, so that ``07700`` keeps its zero."""
    if column.kind == "money":
        places = decimals(currency)
        kind, pattern = "NUMBER", "#,##0" + ("." + "0" * places if places else "")
    else:
        kind, pattern = _PATTERNS.get(column.kind, ("TEXT", ""))
    format: Request = {"numberFormat": {"type": kind, **({"pattern": pattern} if pattern else {})}}
    if column.wrapped:
        format["wrapStrategy"] = "WRAP"
    return {
        "repeatCell": {
            "range": where,
            "cell": {"userEnteredFormat": format},
            "fields": f"userEnteredFormat({','.join(format)})",
        }
    }


def _list(column: Column, where: Request, languages: tuple[str, ...]) -> Request:
    """A dropdown that offers words and refuses none."""
    words = dict.fromkeys(one.words[language][0] for language in languages for one in column.choices)
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": word} for word in words]}
    return {"setDataValidation": {"range": where, "rule": {"condition": condition, "strict": False,
                                                           "showCustomUi": True}}}  # fmt: skip


def _guards(tab: Tab, sheet_id: int) -> list[Request]:
    """A warning, and no more, for whoever types in the head or in a technical column."""
    hidden = [place for place, one in enumerate(tab.columns) if one.hidden]
    if tab.hidden or tab.type is None:
        return [_guard({"sheetId": sheet_id})]
    head = {"sheetId": sheet_id, "startRowIndex": 0, "endRowIndex": 1}
    technical = {"sheetId": sheet_id, "startColumnIndex": hidden[0], "endColumnIndex": hidden[-1] + 1}
    return [_guard(head), _guard(technical)]


def _guard(where: Request) -> Request:
    return {"addProtectedRange": {"protectedRange": {"range": where, "description": "perthyn", "warningOnly": True}}}


def _marker(key: str, value: str, location: Request) -> Request:
    marker = {"metadataKey": key, "metadataValue": value, "location": location, "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": marker}}


def _span(sheet_id: int, start: int, end: int) -> Request:
    return {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": start, "endIndex": end}


def _below(sheet_id: int, column: int) -> Request:
    """All of a column below its head."""
    return {"sheetId": sheet_id, "startRowIndex": 1, "startColumnIndex": column, "endColumnIndex": column + 1}

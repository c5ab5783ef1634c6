"""Tabs that perthyn fills for people to look at, and never reads: what is typed there is gone when they are renewed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perthyn.house import House
from perthyn_sheets.api import Api
from perthyn_sheets.book import free_number, free_title
from perthyn_sheets.cells import Raw
from perthyn_sheets.columns import Tab
from perthyn_sheets.making import cell_of, head_of, make_tab
from perthyn_sheets.sheet import TAB_KEY

Rows = Sequence[Sequence[Raw]]


def tab_marked(book: dict[str, Any], key: str) -> dict[str, Any] | None:
    """The properties of the tab with this mark, None where it is not there. `book`: as `Api.tabs` answers."""
    for one in book.get("sheets", ()):
        marks = one.get("developerMetadata", ())
        if any(mark.get("metadataKey") == TAB_KEY and mark.get("metadataValue") == key for mark in marks):
            found: dict[str, Any] = one["properties"]
            return found
    return None


def filled(
    api: Api, house: House, tab: Tab, rows: Rows, languages: tuple[str, ...]
) -> tuple[int, list[dict[str, Any]]]:
    """The number of the tab, and the requests that make it, where it is missing, and have it hold these rows only.

    One call. Where people have put the tab, and what they call it, stays.
    """
    book = api.tabs()
    found = tab_marked(book, tab.key)
    requests: list[dict[str, Any]] = []
    if found is None:
        tabs = [one["properties"] for one in book.get("sheets", ())]
        number = free_number({one.get("sheetId", 0) for one in tabs}, house.random)
        title = free_title(tab.title(languages)[:100], [one["title"] for one in tabs])
        requests += make_tab(tab, languages, number, len(tabs), title)
    else:
        number = found.get("sheetId", 0)
    grid = {"rowCount": max(2, len(rows) + 1), "columnCount": len(tab.columns)}
    fields = ",".join(f"gridProperties.{name}" for name in grid)
    requests += [
        {"updateSheetProperties": {"properties": {"sheetId": number, "gridProperties": grid}, "fields": fields}},
        {"updateCells": {"range": {"sheetId": number, "startRowIndex": 1}, "fields": "userEnteredValue"}},
        _written(number, 0, [[head_of(one, languages) for one in tab.columns]], "userEnteredValue,note"),
    ]
    if rows:
        cells = [[cell_of(None, raw) for raw in row] for row in rows]
        requests.append(_written(number, 1, cells, "userEnteredValue"))
    return number, requests


def _written(number: int, row: int, cells: Sequence[Sequence[dict[str, Any]]], fields: str) -> dict[str, Any]:
    start = {"sheetId": number, "rowIndex": row, "columnIndex": 0}
    return {"updateCells": {"start": start, "fields": fields, "rows": [{"values": list(one)} for one in cells]}}

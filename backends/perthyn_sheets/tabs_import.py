"""People's own tabs of a Google Sheet, as tables to be imported; perthyn's own tabs are none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from perthyn.errors import PerthynError, Unknown
from perthyn.importing.serials import Cell, moment, told
from perthyn.importing.tables import Rows, Table
from perthyn.text import nearest
from perthyn_sheets.addresses import address_of
from perthyn_sheets.api import Api
from perthyn_sheets.layout import TECHNICAL
from perthyn_sheets.sheet import TAB_KEY, quoted

FORMAT = "Google Sheets"
EPOCH = datetime(1899, 12, 30)
"""Day 0 of Google's days, which have no 29 February 1900 (unlike Excel's)."""
SHOWN = {"DATE": "d", "TIME": "h", "DATE_TIME": "dh"}
ERRORS = {"DIVIDE_BY_ZERO": "#DIV/0!", "NAME": "#NAME?", "N_A": "#N/A", "LOADING": ""}
PLAIN = re.compile(r"[\w .,'()&+-]*")
NUMBERED = re.compile(r"gid=(\d+)\b")


def tables_at(api: Api, address: str) -> list[Table]:
    """The tabs of a spreadsheet that people made, or the one named behind ``#`` (its title, or ``gid=`` its number).

    Hidden tabs are left out unless named. Two calls; the cells are in memory. Raises `PerthynError`: what `Api`
    raises, ``sheets.import.own`` for a tab of perthyn's, `Unknown` ``import.file.sheet_unknown``.
    """
    book = api.tabs()
    title = book["properties"]["title"]
    tabs = [one for one in book.get("sheets", ()) if one["properties"].get("sheetType", "GRID") == "GRID"]
    wanted = _named(address)
    chosen = _chosen(tabs, wanted, title) if wanted else [one for one in tabs if _theirs(one) and not _hidden(one)]
    names = [one["properties"]["title"] for one in chosen]
    if not names:
        return []
    given = {one["properties"]["title"]: one for one in api.typed([quoted(name) for name in names]).get("sheets", ())}
    tables = []
    for one in chosen:
        properties = one["properties"]
        data: dict[str, Any] = next(iter(given.get(properties["title"], {}).get("data", ())), {})
        rows = list(cells_of(data))
        if rows and not (set(TECHNICAL) <= set(rows[0][1])):  # a copy of perthyn's has lost its mark only
            tables.append(_table(api.sheet, properties, data, rows))
    return tables


def _table(
    sheet: str, properties: Mapping[str, Any], data: Mapping[str, Any], rows: list[tuple[int, list[Cell]]]
) -> Table:
    def source() -> Rows:
        return iter(rows)

    name = properties["title"]
    place = name if PLAIN.fullmatch(name) and not NUMBERED.match(name) else f"gid={properties.get('sheetId', 0)}"
    hidden = frozenset(at for at, one in enumerate(data.get("columnMetadata", ())) if one.get("hiddenByUser"))
    return Table(Path(_as_file(name)), "", FORMAT, source, hidden=hidden, address=f"{address_of(sheet)}#{place}")


def _as_file(title: str) -> str:
    """A title as it may stand in the name of a file on any system."""
    return re.sub(r'[\\/:*?"<>|.,\s]+', " ", title).strip() or "-"


# -- which tabs -------------------------------------------------------------------------------------------------


def _named(address: str) -> str:
    """What stands behind ``#``, or the number of a tab behind ``?``."""
    parts = urlsplit(address.strip())
    asked = NUMBERED.search(parts.query)
    return unquote(parts.fragment) or (asked[0] if asked else "")


def _chosen(tabs: Sequence[Mapping[str, Any]], wanted: str, title: str) -> list[Mapping[str, Any]]:
    titles = [one["properties"]["title"] for one in tabs]
    found = [one for one in tabs if one["properties"]["title"].casefold() == wanted.strip("'").casefold()]
    number = NUMBERED.match(wanted)
    if not found and number:
        found = [one for one in tabs if one["properties"].get("sheetId", 0) == int(number[1])]
    if not found:
        raise Unknown(
            "import.file.sheet_unknown", name=wanted, suggestion=nearest(wanted, titles), sheets=titles, file=title
        )
    if not _theirs(found[0]):
        raise PerthynError("sheets.import.own", tab=found[0]["properties"]["title"], title=title)
    return found


def _theirs(tab: Mapping[str, Any]) -> bool:
    """Whether people made a tab."""
    return all(one.get("metadataKey") != TAB_KEY for one in tab.get("developerMetadata", ()))


def _hidden(tab: Mapping[str, Any]) -> bool:
    return bool(tab["properties"].get("hidden"))


# -- cells ------------------------------------------------------------------------------------------------------


def cells_of(data: Mapping[str, Any]) -> Iterator[tuple[int, list[Cell]]]:
    """Rows in which something stands, numbered as the browser shows them."""
    for number, row in enumerate(data.get("rowData", ()), data.get("startRow", 0) + 1):
        cells = [_cell(one) for one in row.get("values", ())]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield number, cells


def _cell(data: Mapping[str, Any]) -> Cell:
    value = data.get("effectiveValue")
    if not value:
        return None
    if "numberValue" in value:
        return _number(value["numberValue"], data.get("effectiveFormat", {}).get("numberFormat", {}))
    if "boolValue" in value:
        return bool(value["boolValue"])
    if "errorValue" in value:
        kind = value["errorValue"].get("type", "ERROR")
        return ERRORS.get(kind, f"#{kind}!") or None
    return str(value.get("stringValue", "")) or None


def _number(number: float, shape: Mapping[str, str]) -> Cell:
    """A number, or the day or time as which it is shown."""
    shown = SHOWN.get(shape.get("type", ""), "")
    if shown:
        return moment(number, told(shape["pattern"]) if shape.get("pattern") else shown, EPOCH)
    return int(number) if isinstance(number, float) and number.is_integer() else number

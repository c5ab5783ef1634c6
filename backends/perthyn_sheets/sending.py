"""Requests of one write: changed cells, rows that go, new rows under the header; and the proof that it hit its rows."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from perthyn_sheets.cells import Raw
from perthyn_sheets.layout import Column, Tab, record_cells
from perthyn_sheets.making import cell_of
from perthyn_sheets.sheet import TECHNICAL, Standing, quoted

SIZE = 8_000_000
"""Bytes of a request's body at the most; Google refuses more than 10 MiB."""
ANSWER = "sheets(properties.sheetId,data(startRow,startColumn,rowData.values.userEnteredValue))"

Cells = dict[str, Raw]


@dataclass(frozen=True, slots=True)
class Change:
    """New cells of a row that stands there. `row`: counted from 0. `id`: what must stand in its id cell afterwards."""

    row: int
    id: str
    cells: Cells


@dataclass
class Outgoing:
    """What is to be written, by tab."""

    new: dict[str, list[Cells]] = field(default_factory=lambda: defaultdict(list))
    changed: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __bool__(self) -> bool:
        return any(any(one.values()) for one in (self.new, self.changed, self.gone))


@dataclass
class Parcel:
    """The requests of one write.

    `ids`: where which id must be found in the answer, by tab. `rows`: how many more rows each tab has afterwards.
    """

    requests: list[dict[str, Any]] = field(default_factory=list)
    ids: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def technical(id: str, made: str, last: str, form: bytes) -> Cells:
    """The cells of our own columns."""
    pieces = record_cells(form)
    names = ["record", *(f"record.{number}" for number in range(2, len(pieces) + 1))]
    return {"id": id, "made": made, "last": last, **dict(zip(names, pieces, strict=True))}


def longest(rows: Iterable[Cells]) -> int:
    """How many columns the longest record among some rows takes."""
    return max((sum(key.partition(".")[0] == "record" for key in cells) for cells in rows), default=1)


def parcels(
    outgoing: Outgoing, tabs: Mapping[str, Tab], standing: Mapping[str, Standing], zone: str, last: Outgoing
) -> Iterator[Parcel]:
    """Writes that bring it all there, in order; `last` (the history) goes with the last one: so the rest counts."""
    parcel = Parcel()
    for key in {**outgoing.changed, **outgoing.gone}:
        _in_place(parcel, outgoing, key, tabs[key], standing[key], zone)
    size = _size(parcel.requests)
    for key, rows in outgoing.new.items():
        for some in _pieces(rows, tabs[key], standing[key], zone, max(SIZE - size, SIZE // 8)):
            if size + some.size > SIZE and parcel.requests:
                yield parcel
                parcel, size = Parcel(), 0
            _insert(parcel, key, standing[key], some)
            size += some.size
    trail = Parcel()
    for key in {**last.changed, **last.gone}:
        _in_place(trail, last, key, tabs[key], standing[key], zone)
    for key, rows in last.new.items():
        for some in _pieces(rows, tabs[key], standing[key], zone, SIZE):
            _insert(trail, key, standing[key], some)
    if parcel.requests and size + _size(trail.requests) > SIZE:
        yield parcel
        parcel = Parcel()
    parcel.requests += trail.requests
    for key, count in trail.rows.items():
        parcel.rows[key] += count
    if parcel.requests:
        yield parcel


@dataclass(frozen=True, slots=True)
class _Piece:
    requests: list[dict[str, Any]]
    rows: int
    size: int
    ids: list[str]


def _in_place(parcel: Parcel, outgoing: Outgoing, key: str, tab: Tab, standing: Standing, zone: str) -> None:
    columns = {one.key: one for one in tab.columns}
    gone = sorted(set(outgoing.gone.get(key, ())))
    for change in outgoing.changed.get(key, ()):
        for run in _runs(standing, change.cells):
            values = [_cell(columns, name, change.cells[name], zone) for _, name in run]
            parcel.requests.append(_update(standing.sheet, change.row, run[0][0], [{"values": values}]))
        if standing.at("id") is not None:
            parcel.ids[key][change.row - sum(row < change.row for row in gone)] = change.id
    for first, after in reversed(list(_stretches(gone))):
        parcel.requests.append({"deleteDimension": {"range": _rows(standing.sheet, first, after)}})
    parcel.rows[key] -= len(gone)


def _insert(parcel: Parcel, key: str, standing: Standing, piece: _Piece) -> None:
    parcel.requests += piece.requests
    parcel.rows[key] += piece.rows
    moved = {row + piece.rows: id for row, id in parcel.ids[key].items()}
    parcel.ids[key] = {**moved, **{row: id for row, id in enumerate(piece.ids, 1) if id}}


def _pieces(rows: Sequence[Cells], tab: Tab, standing: Standing, zone: str, room: int) -> Iterator[_Piece]:
    """New rows, as many at a time as there is room for; the last given comes to stand on top."""
    columns = {one.key: one for one in tab.columns}
    ours = [(place, key) for place, key in enumerate(standing.columns) if key]
    runs = [[key for _, key in run] for run in _neighbours(ours)]
    starts = [run[0][0] for run in _neighbours(ours)]
    waiting: list[list[dict[str, Any]]] = [[] for _ in runs]
    ids: list[str] = []
    size = 0

    def piece() -> _Piece:
        count = len(ids)
        made: list[dict[str, Any]] = [
            {"insertDimension": {"range": _rows(standing.sheet, 1, 1 + count), "inheritFromBefore": False}}
        ]
        made += [_update(standing.sheet, 1, start, some[::-1]) for start, some in zip(starts, waiting, strict=True)]
        return _Piece(made, count, size, ids[::-1])

    for cells in rows:
        added = 0
        for number, run in enumerate(runs):
            row = {"values": [_cell(columns, key, cells.get(key, ""), zone) for key in run]}
            waiting[number].append(row)
            added += len(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode())
        ids.append(str(cells["id"]) if tab.type is not None else "")
        size += added
        if size + added > room:
            yield piece()
            waiting, ids, size = [[] for _ in runs], [], 0
            room = SIZE
    if ids:
        yield piece()


def _cell(columns: Mapping[str, Column], key: str, raw: Raw, zone: str) -> dict[str, Any]:
    if key in TECHNICAL or key.startswith("record.") or key not in columns:
        return {"userEnteredValue": {"stringValue": str(raw)}} if raw != "" else {}
    return cell_of(columns[key], raw, zone)


def _runs(standing: Standing, cells: Mapping[str, Raw]) -> list[list[tuple[int, str]]]:
    """Those of our columns that stand side by side."""
    return _neighbours([(place, key) for place, key in enumerate(standing.columns) if key in cells])


def _neighbours(places: Sequence[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    grouped = groupby(enumerate(places), lambda one: one[1][0] - one[0])
    return [[place for _, place in run] for _, run in grouped]


def _stretches(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring rows together: (first, after the last)."""
    for _, run in groupby(enumerate(rows), lambda one: one[1] - one[0]):
        found = [row for _, row in run]
        yield found[0], found[-1] + 1


def _rows(sheet: int, first: int, after: int) -> dict[str, Any]:
    return {"sheetId": sheet, "dimension": "ROWS", "startIndex": first, "endIndex": after}


def _update(sheet: int, row: int, column: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}}


def _size(requests: Sequence[dict[str, Any]]) -> int:
    return len(json.dumps(requests, ensure_ascii=False, separators=(",", ":")).encode()) if requests else 0


# --- the proof ---------------------------------------------------------------------------------------------------


def looked_at(parcel: Parcel, standing: Mapping[str, Standing]) -> list[str]:
    """The ranges whose cells show whether the right rows and columns were hit: headers, and the ids of those rows."""
    found = []
    for key, ids in parcel.ids.items():
        title, column = quoted(standing[key].title), standing[key].at("id")
        found.append(f"{title}!1:1")
        if ids and column is not None:
            letters = _letters(column)
            found.append(f"{title}!{letters}{min(ids) + 1}:{letters}{max(ids) + 1}")
    return found


def missed(parcel: Parcel, standing: Mapping[str, Standing], book: Mapping[str, Any]) -> bool:
    """Whether some row or column was another than meant, since somebody moved it between reading and writing."""
    cells: dict[int, dict[tuple[int, int], Any]] = {}
    for sheet in book.get("sheets", ()):
        held = cells.setdefault(sheet["properties"].get("sheetId", 0), {})
        for grid in sheet.get("data", ()):
            top, left = grid.get("startRow", 0), grid.get("startColumn", 0)
            for down, row in enumerate(grid.get("rowData", ())):
                for across, cell in enumerate(row.get("values", ())):
                    held[top + down, left + across] = next(iter(cell.get("userEnteredValue", {}).values()), "")
    for key, ids in parcel.ids.items():
        held, one = cells.get(standing[key].sheet, {}), standing[key]
        if any(held.get((0, place)) != name for place, name in enumerate(one.columns) if name in TECHNICAL):
            return True
        if any(held.get((row, one.columns.index("id"))) != id for row, id in ids.items()):
            return True
    return False


def _letters(column: int) -> str:
    found, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found

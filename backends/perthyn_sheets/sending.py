"""Requests of one write: changed cells, rows that go, new rows under the header; and the proof that it hit its rows."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from perthyn_sheets.cells import Raw
from perthyn_sheets.columns import Column, Tab, is_own, piece_key, piece_of
from perthyn_sheets.layout import HISTORY, record_cells
from perthyn_sheets.making import cell_of
from perthyn_sheets.sheet import Standing, quoted

SIZE = 8_000_000
"""Bytes of a request's body at the most; Google refuses more than 10 MiB."""
ANSWER = "sheets(properties.sheetId,data(startRow,startColumn,rowData.values.userEnteredValue))"

Cells = dict[str, Raw]


@dataclass(frozen=True, slots=True)
class Change:
    """New cells of a row that stands there. `row`: counted from 0. `id`: what must stand in its id cell afterwards.

    `own`: whether perthyn's own columns need it; else only what people see does.
    """

    row: int
    id: str
    cells: Cells
    own: bool = True


@dataclass
class Outgoing:
    """What is to be written, by tab. `gone`: rows that are to go, with the id that stands there."""

    new: dict[str, list[Cells]] = field(default_factory=lambda: defaultdict(list))
    changed: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))

    def __bool__(self) -> bool:
        return any(any(one.values()) for one in (self.new, self.changed, self.gone))


@dataclass
class Parcel:
    """The requests of one write.

    `ids`: where which id must be found in the answer, by tab. `rows`: how many more rows each tab has afterwards.
    `written`: cells of rows that stood there, by tab: (row, column) as they were before the write. `gone`: rows that
    go, with their ids. `added`: how many rows are put in under the header, `fresh` their ids.
    """

    requests: list[dict[str, Any]] = field(default_factory=list)
    ids: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    written: dict[str, dict[tuple[int, int], Raw]] = field(default_factory=lambda: defaultdict(dict))
    owners: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    gone: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    added: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    fresh: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def tabs(self) -> set[str]:
        """The tabs that it touches."""
        return {*self.written, *self.gone, *self.added}


def technical(id: str, made: str, last: str, form: bytes) -> Cells:
    """The cells of our own columns."""
    pieces = record_cells(form)
    forms = {piece_key(number): piece for number, piece in enumerate(pieces, 1)}
    return {"id": id, "_made": made, "_last": last, **forms}


def longest(rows: Iterable[Cells]) -> int:
    """How many columns the longest record among some rows takes."""
    return max((sum(piece_of(key) > 0 for key in cells) for cells in rows), default=1)


def parcels(
    outgoing: Outgoing, tabs: Mapping[str, Tab], standing: Mapping[str, Standing], zone: str, last: Outgoing
) -> Iterator[Parcel]:
    """Writes that bring it all there, in order; of `last` the history goes with the last one: so the rest counts.

    Of each tab cells are changed first, then rows go, then new ones come: until then all stand where they were read.
    """
    parcel, size = Parcel(), 0
    for part in (outgoing, last):
        for key, piece in _all_of(part, tabs, standing, zone):
            if size + piece.size > SIZE and parcel.requests:
                yield parcel
                parcel, size = Parcel(), 0
            piece.put(parcel, key)
            size += piece.size
    if parcel.requests:
        yield parcel


def _all_of(
    part: Outgoing, tabs: Mapping[str, Tab], standing: Mapping[str, Standing], zone: str
) -> Iterator[tuple[str, _Changed | _Gone | _New]]:
    for key in {**part.changed, **part.gone}:
        columns = {one.key: one for one in tabs[key].columns}
        for change in part.changed.get(key, ()):
            yield key, _changed(change, columns, standing[key], zone)
        if part.gone.get(key):
            yield key, _gone(part.gone[key], standing[key].sheet)
    for key in sorted(part.new, key=lambda one: one == HISTORY.key):
        for new in _pieces(part.new[key], tabs[key], standing[key], zone):
            yield key, new


@dataclass(frozen=True, slots=True)
class _Changed:
    """Cells of a row that stands there: (row, column) as they were before the write."""

    requests: list[dict[str, Any]]
    size: int
    change: Change
    written: dict[tuple[int, int], Raw]
    proved: bool

    def put(self, parcel: Parcel, key: str) -> None:
        """Take it along."""
        parcel.requests += self.requests
        parcel.written[key] |= self.written
        parcel.owners[key][self.change.row] = self.change.id
        if self.proved:
            parcel.ids[key][self.change.row] = self.change.id


def _changed(change: Change, columns: Mapping[str, Column], standing: Standing, zone: str) -> _Changed:
    requests: list[dict[str, Any]] = []
    written: dict[tuple[int, int], Raw] = {}
    for run in _runs(standing, change.cells):
        values = [_cell(columns, name, change.cells[name], zone) for _, name in run]
        requests.append(_update(standing.sheet, change.row, run[0][0], [{"values": values}]))
        written |= {(change.row, place): change.cells[name] for place, name in run}
    return _Changed(requests, _size(requests), change, written, standing.at("id") is not None)


@dataclass(frozen=True, slots=True)
class _Gone:
    """Rows that go."""

    requests: list[dict[str, Any]]
    size: int
    ids: dict[int, str]

    def put(self, parcel: Parcel, key: str) -> None:
        """Take it along; what is changed in the same write is found further up then."""
        rows = sorted(self.ids)
        parcel.requests += self.requests
        parcel.ids[key] = {row - bisect_left(rows, row): id for row, id in parcel.ids[key].items()}
        parcel.rows[key] -= len(rows)
        parcel.gone[key] = dict(self.ids)


def _gone(ids: Mapping[int, str], sheet: int) -> _Gone:
    requests: list[dict[str, Any]] = [
        {"deleteDimension": {"range": _rows(sheet, first, after)}} for first, after in [*_stretches(sorted(ids))][::-1]
    ]
    return _Gone(requests, _size(requests), dict(ids))


@dataclass(frozen=True, slots=True)
class _New:
    """New rows under the header."""

    requests: list[dict[str, Any]]
    rows: int
    size: int
    ids: list[str]
    said: list[str]

    def put(self, parcel: Parcel, key: str) -> None:
        """Take it along; what is changed in the same write is found further down then."""
        parcel.requests += self.requests
        parcel.rows[key] += self.rows
        parcel.added[key] += self.rows
        parcel.fresh[key] |= set(self.said)
        moved = {row + self.rows: id for row, id in parcel.ids[key].items()}
        parcel.ids[key] = {**moved, **{row: id for row, id in enumerate(self.ids, 1) if id}}


def _pieces(rows: Sequence[Cells], tab: Tab, standing: Standing, zone: str) -> Iterator[_New]:
    """New rows, some at a time; the last given comes to stand on top."""
    columns = {one.key: one for one in tab.columns}
    ours = [(place, key) for place, key in enumerate(standing.columns) if key]
    runs = [[key for _, key in run] for run in _neighbours(ours)]
    starts = [run[0][0] for run in _neighbours(ours)]
    waiting: list[list[dict[str, Any]]] = [[] for _ in runs]
    ids: list[str] = []
    said: list[str] = []
    size = 0

    def piece() -> _New:
        count = len(ids)
        made: list[dict[str, Any]] = [
            {"insertDimension": {"range": _rows(standing.sheet, 1, 1 + count), "inheritFromBefore": False}}
        ]
        made += [_update(standing.sheet, 1, start, some[::-1]) for start, some in zip(starts, waiting, strict=True)]
        return _New(made, count, size, ids[::-1], said)

    for cells in rows:
        added = 0
        for number, run in enumerate(runs):
            row = {"values": [_cell(columns, key, cells.get(key, ""), zone) for key in run]}
            waiting[number].append(row)
            added += len(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode())
        ids.append(str(cells["id"]) if tab.type is not None else "")
        said.append(str(cells["id"]))
        size += added
        if size + added > SIZE // 8:
            yield piece()
            waiting, ids, said, size = [[] for _ in runs], [], [], 0
    if ids:
        yield piece()


def _cell(columns: Mapping[str, Column], key: str, raw: Raw, zone: str) -> dict[str, Any]:
    if is_own(key) or key not in columns:
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


def looked_at(parcel: Parcel, tabs: Mapping[str, Tab], standing: Mapping[str, Standing]) -> list[str]:
    """The ranges whose cells show whether the right rows and columns were hit: headers, and the ids of those rows."""
    found = []
    for key in sorted(parcel.tabs):
        title, column, ids = quoted(standing[key].title), standing[key].at("id"), parcel.ids.get(key)
        found.append(f"{title}!1:1")
        if tabs[key].type is None or column is None:
            continue
        letters = letters_of(column)
        if key in parcel.gone:
            found.append(f"{title}!{letters}:{letters}")
        elif ids:
            found.append(f"{title}!{letters}{min(ids) + 1}:{letters}{max(ids) + 1}")
    return found


def missed(
    parcel: Parcel, tabs: Mapping[str, Tab], standing: Mapping[str, Standing], book: Mapping[str, Any]
) -> set[str]:
    """The tabs in which some row or column was another than meant: somebody moved it between reading and writing."""
    cells: dict[int, dict[tuple[int, int], Any]] = {}
    for sheet in book.get("sheets", ()):
        held = cells.setdefault(sheet["properties"].get("sheetId", 0), {})
        for grid in sheet.get("data", ()):
            top, left = grid.get("startRow", 0), grid.get("startColumn", 0)
            for down, row in enumerate(grid.get("rowData", ())):
                for across, cell in enumerate(row.get("values", ())):
                    held[top + down, left + across] = next(iter(cell.get("userEnteredValue", {}).values()), "")
    found = set()
    for key in parcel.tabs:
        held, one = cells.get(standing[key].sheet, {}), standing[key]
        heads = ((place, name) for place, name in enumerate(one.columns) if name)
        column = one.at("id")
        ids = {row: held.get((row, column)) for row in parcel.ids.get(key, ())} if column is not None else {}
        there = {cell for (_, place), cell in held.items() if place == column}
        if (
            any(not _same_head(held.get((0, place), ""), one, place) for place, _ in heads)
            or any(ids[row] != id for row, id in parcel.ids.get(key, {}).items() if row in ids)
            or (tabs[key].type is not None and (there - {""}) & set(parcel.gone.get(key, {}).values()))
        ):
            found.add(key)
    return found


def _same_head(cell: Any, standing: Standing, place: int) -> bool:
    said = standing.headers[place] if place < len(standing.headers) else ""
    return str(cell) == said or str(cell).startswith("=")


def letters_of(column: int) -> str:
    found, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found

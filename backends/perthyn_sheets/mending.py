"""Mending: what is put right when rows or columns had been moved between reading and writing.

What was meant for a row that stood elsewhere by then is taken out of the cells that it fell into, and these get back
what had been read there; rows that were put in go again, and rows that went come back. Then all is read anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perthyn_sheets.cells import Raw
from perthyn_sheets.making import cell_of
from perthyn_sheets.sending import Parcel
from perthyn_sheets.sheet import Standing, id_of

Grid = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Then:
    """A tab as it was read, or as it is now. `grid`: all its cells, the header being the first row."""

    standing: Standing
    grid: Grid

    def cell(self, row: int, column: int) -> Raw:
        """What stands there; "" beyond the end."""
        if row >= len(self.grid) or column >= len(self.grid[row]):
            return ""
        found: Raw = self.grid[row][column]
        return found

    def identity(self, row: int, without: set[int]) -> str:
        """Which record's row it is, by the cells of ours that are not in `without`."""
        id = self.standing.at("id")
        if id is not None and id not in without and (said := str(self.cell(row, id))):
            return said
        forms = self.standing.forms
        if without.intersection(forms):
            return ""
        return id_of("".join(str(self.cell(row, place)) for place in forms))

    def names(self) -> list[tuple[str, int]]:
        """What tells each column from the others: our key, or a person's header and its how-manieth it is."""
        seen: Counter[str] = Counter()
        found = []
        for place in range(max(len(self.standing.columns), len(self.grid[0]) if self.grid else 0)):
            key = self.standing.columns[place] if place < len(self.standing.columns) else ""
            name = key or f"= {self.cell(0, place)}"
            seen[name] += 1
            found.append((name, seen[name]))
        return found


def mended(parcel: Parcel, key: str, wrong: bool, before: Then | None, now: Then) -> list[dict[str, Any]]:
    """The requests that put one tab right. `wrong`: whether its cells were missed, or only its new rows must go."""
    sheet = now.standing.sheet
    added = parcel.added.get(key, 0)
    ids = parcel.fresh.get(key, set())
    inserted = [row for row in range(1, len(now.grid)) if _holds(now.grid[row], ids)][: added or None] if added else []
    requests: list[dict[str, Any]] = []
    if wrong and before is not None:
        columns = {name: place for place, name in enumerate(before.names())}
        there = {before.identity(row, set()): row for row in range(1, len(before.grid))}
        requests += _cells(parcel, key, before, now, columns, there)
        back = _lost(parcel, key, before, now)
    else:
        back = []
    for row in sorted(inserted, reverse=True):
        span = {"sheetId": sheet, "dimension": "ROWS", "startIndex": row, "endIndex": row + 1}
        requests.append({"deleteDimension": {"range": span}})
    if back and before is not None:
        span = {"sheetId": sheet, "dimension": "ROWS", "startIndex": 1, "endIndex": 1 + len(back)}
        requests.append({"insertDimension": {"range": span, "inheritFromBefore": False}})
        columns = {name: place for place, name in enumerate(before.names())}
        for at, row in enumerate(back, 1):
            for place, name in enumerate(now.names()):
                if name in columns and (cell := before.cell(row, columns[name])) != "":
                    requests.append(_put(sheet, at, place, cell))
    return requests


def _holds(row: Sequence[Any], ids: set[str]) -> bool:
    return any(isinstance(cell, str) and cell in ids for cell in row)


def _cells(
    parcel: Parcel,
    key: str,
    before: Then,
    now: Then,
    columns: Mapping[tuple[str, int], int],
    there: Mapping[str, int],
) -> list[dict[str, Any]]:
    """What fell into a cell that it was not meant for is taken out of it."""
    gone = sorted(parcel.gone.get(key, ()))
    by_row: dict[int, dict[int, Raw]] = {}
    for (row, place), value in parcel.written.get(key, {}).items():
        by_row.setdefault(row, {})[place] = value
    requests = []
    names = now.names()
    for row, cells in by_row.items():
        at = row - sum(one < row for one in gone) + parcel.added.get(key, 0)
        hit = {place for place, value in cells.items() if now.cell(at, place) == value}
        meant = parcel.owners[key].get(row, "")
        same = [place for place in hit if place < len(names) and before.names()[place : place + 1] == [names[place]]]
        whose = now.identity(at, hit)
        if whose == meant and len(same) == len(hit):
            continue
        row_then = there.get(whose) if whose else _alike(before, now, at, hit, columns)
        for place in sorted(hit):
            name = names[place] if place < len(names) else ("", 0)
            then = before.cell(row_then, columns[name]) if row_then is not None and name in columns else ""
            if then != cells[place]:
                requests.append(_put(now.standing.sheet, at, place, then))
    return requests


def _alike(before: Then, now: Then, row: int, without: set[int], columns: Mapping[tuple[str, int], int]) -> int | None:
    """The one row that was read with the same cells, those in `without` aside."""
    pairs = [(place, columns[name]) for place, name in enumerate(now.names()) if name in columns]
    pairs = [(place, then) for place, then in pairs if place not in without]
    found = [
        old
        for old in range(1, len(before.grid))
        if all(now.cell(row, place) == before.cell(old, then) for place, then in pairs)
        and any(before.cell(old, then) != "" for _, then in pairs)
    ]
    return found[0] if len(found) == 1 else None


def _lost(parcel: Parcel, key: str, before: Then, now: Then) -> list[int]:
    """The rows, as they were read, that went in place of others."""
    if not parcel.gone.get(key):
        return []
    meant = set(parcel.gone[key].values())
    left = {now.identity(row, set()) for row in range(1, len(now.grid))}
    return [
        row
        for row in range(1, len(before.grid))
        if (id := before.identity(row, set())) and id not in left and id not in meant
    ]


def _put(sheet: int, row: int, column: int, cell: Raw) -> dict[str, Any]:
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": [{"values": [cell_of(None, cell)]}], "fields": "userEnteredValue"}}

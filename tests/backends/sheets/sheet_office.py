"""An office with a sheet: what its people do by hand, what its machines do, and how it is told that all is well."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

from sheets_emulator.a1 import column_of, letters
from sheets_emulator.people import People

from perthyn.changes import Batch, Change, Create, Edit, inverse
from perthyn.model import Contact, Interaction, Problem, Record, read_plain
from perthyn.model.ids import named_id
from perthyn.testing.suite.base import happened, paid, person
from perthyn_sheets.refilling import BEGINNING
from perthyn_sheets.store import SheetsStore
from perthyn_sheets.sync import Outcome


@dataclass
class Office:
    """A machine with the sheet open, and the people who have it open in their browsers."""

    world: Any
    machine: str = "one"
    store: SheetsStore = None  # type: ignore[assignment]
    ann: Contact = field(default_factory=lambda: person(1, "Ann Jones", emails=[{"address": "ann@example.org"}]))
    bob: Contact = field(default_factory=lambda: person(2, "Bob Evans"))
    cat: Contact = field(default_factory=lambda: person(3, "Cat Price"))
    dai: Contact = field(default_factory=lambda: person(4, "Dai Morgan", language="cy"))
    eve: Contact = field(default_factory=lambda: person(5, "Eve Lewis"))
    prefix: str = ""
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @classmethod
    def of(cls, world: Any, types: Any = None) -> Office:
        """The first machine; everybody is brought to the sheet."""
        made = cls(world)
        made.store = world.open() if types is None else world.open(types)
        people = (made.ann, made.bob, made.cat, made.dai, made.eve)
        made.write(*map(Create, (*people, made.visit, made.gift)))
        made.step()
        return made

    @property
    def gift(self) -> Interaction:
        """Five pounds of Ann's."""
        return paid(200, self.ann, 500)

    @property
    def visit(self) -> Interaction:
        """A visit of Bob's."""
        return happened(201, self.bob)

    @property
    def people(self) -> People:
        """Whoever has the sheet open."""
        return self.world.emulator.people

    def laptop(self, machine: str = "") -> Office:
        """Another machine, with nothing but the credentials unless it was there before."""
        name = machine or f"laptop {next(self._numbers)}"
        return Office(self.world, name, self.world.open(tuple(self.store.types.values()), machine=name),
                      self.ann, self.bob, self.cat, self.dai, self.eve, f"{self.prefix} {name}")  # fmt: skip

    # -- perthyn --------------------------------------------------------------------------------------------------

    def step(self, **how: Any) -> Outcome:
        """Time goes by, and both are brought in step."""
        self.world.emulator.clock.advance(60)
        return self.store.step(**how)

    def id(self) -> UUID:
        """Some new id."""
        return named_id(f"{self.prefix} {next(self._numbers)}")

    def write(self, *changes: Change, **about: Any) -> UUID:
        """One batch; its id."""
        self.world.emulator.clock.advance(1)
        batch = Batch(self.id(), about.pop("actor", "ann"), self.world.now(), changes=changes, **about)
        self.store.apply(batch)
        return batch.id

    def edit(self, record: Record, **values: Any) -> Edit:
        """An edit of some fields from what they are now."""
        now = self.get(record)
        then = type(now).model_validate({**dict(now), **values})
        return Edit(record.type_name, record.id, {name: (getattr(now, name), getattr(then, name)) for name in values})

    def undo(self, batch: UUID) -> None:
        """Write back what a batch changed, as `perthyn undo` does."""
        changes: list[Change] = []
        for line in self.store.journal(batch=batch):
            kind = self.store.types[line.type]
            if line.action == "delete":
                changes.append(Create(kind.model_validate(line.before)))
                continue
            record = self.store.get(kind, [line.id])[line.id]
            values = {
                path: (record.value_at(path), read_plain(kind, path, value)) for path, value in line.before.items()
            }
            changes.append(Edit(line.type, line.id, values))
        for kind, id in self.store.created(batch):
            if kind is not Problem:
                changes.append(inverse(Create(self.store.get(kind, [id])[id])))
        self.write(*changes, kind="undo", undoes=batch)

    def get(self, record: Any) -> Any:
        """The record as the store has it."""
        return self.store.get(type(record), [record.id])[record.id]

    def named(self, name: str) -> Contact:
        """The contact of that name."""
        (found,) = [one for one in self.store.scan(Contact) if one.name == name]
        return found

    def problems(self) -> set[str]:
        """The codes of what people must look at."""
        return {one.code for one in self.store.scan(Problem) if one.state == "open"}

    def add_people(self, number: int) -> list[Contact]:
        """More people."""
        made = [person(600 + place, f"{chr(97 + place * 7 % 26)} person") for place in range(number)]
        self.write(*map(Create, made))
        self.step()
        return made

    # -- the sheet ------------------------------------------------------------------------------------------------

    def grid(self, tab: str) -> list[list[Any]]:
        """All cells of a tab, as the values API gives them."""
        params = {"valueRenderOption": ["UNFORMATTED_VALUE"], "dateTimeRenderOption": ["SERIAL_NUMBER"]}
        found = self.people._answer("", "GET", f"/values/'{tab}'", None, **params)
        return list(found.get("values", []))

    def at(self, tab: str, header: str) -> str:
        """The letters of a column."""
        return letters(self.people.values(tab, "1:1")[0].index(header))

    def row(self, tab: str, record: Record) -> int:
        """The row of a record, as people number it."""
        grid = self.grid(tab)
        place = grid[0].index("id")
        (found,) = [row for row, cells in enumerate(grid, 1) if cells[place : place + 1] == [str(record.id)]]
        return found

    def cell(self, tab: str, header: str, record: Record) -> Any:
        """What stands in a cell."""
        grid = self.grid(tab)
        cells, place = grid[self.row(tab, record) - 1], grid[0].index(header)
        return cells[place] if place < len(cells) else ""

    def formula(self, tab: str, header: str, record: Record) -> Any:
        """What somebody typed into a cell."""
        where = f"/values/'{tab}'!{self.at(tab, header)}{self.row(tab, record)}"
        return self.people._answer("", "GET", where, None, valueRenderOption=["FORMULA"])["values"][0][0]

    def set(self, tab: str, header: str, record: Record, value: Any) -> None:
        """Put a number into a cell whose column is meant for texts."""
        self._cell(tab, header, record, {"numberValue": value})

    def type(self, tab: str, header: str, who: str, text: str, by: str = "Name") -> None:
        """Type into the cell of the one row that says `who` in the column `by`."""
        grid = self.people.values(tab)
        place = grid[0].index(by) if by in grid[0] else grid[0].index("Kind")
        (row,) = [number for number, cells in enumerate(grid, 1) if cells[place : place + 1] == [who]]
        self.people.type(tab, f"{self.at(tab, header)}{row}", text)

    def put(self, tab: str, header: str, record: Record, text: str) -> None:
        """Type into a cell of a record's row."""
        self.people.type(tab, f"{self.at(tab, header)}{self.row(tab, record)}", text)

    def works_out(self, tab: str, header: str, record: Record, formula: str) -> None:
        """Paste a formula into a cell, whatever the column is meant for."""
        self._cell(tab, header, record, {"formulaValue": formula})

    def _cell(self, tab: str, header: str, record: Record, value: dict[str, Any]) -> None:
        start = {
            "sheetId": self.people.tab(tab).id,
            "rowIndex": self.row(tab, record) - 1,
            "columnIndex": self.grid(tab)[0].index(header),
        }
        rows = [{"values": [{"userEnteredValue": value}]}]
        self.people._batch("", {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}})

    def add_row(self, tab: str, **cells: str) -> int:
        """Type a new row at the bottom; its number."""
        row = len(self.grid(tab)) + 1
        sheet = self.people.tab(tab)
        if row > sheet.row_count:
            self._longer(tab)
        for header, text in cells.items():
            self.people.type(tab, f"{self.at(tab, header)}{row}", text)
        return row

    def _longer(self, tab: str) -> None:
        sheet = self.people.tab(tab).id
        self.people._batch("", {"appendDimension": {"sheetId": sheet, "dimension": "ROWS", "length": 1}})

    def sort_alone(self, tab: str, column: str, *, descending: bool = False) -> None:
        """Sort one column without the others."""
        sheet = self.people.tab(tab)
        number = column_of(column)
        area = {"sheetId": sheet.id, "startRowIndex": 1, "endRowIndex": sheet.row_count,
                "startColumnIndex": number, "endColumnIndex": number + 1}  # fmt: skip
        specs = [{"dimensionIndex": number, "sortOrder": "DESCENDING" if descending else "ASCENDING"}]
        self.people._batch("", {"sortRange": {"range": area, "sortSpecs": specs}})

    # -- all is well ----------------------------------------------------------------------------------------------

    def quiet(self) -> bool:
        """Looking once more takes nothing in and writes nothing."""
        first = self.step(whole=True)
        self.world.emulator.log.mark()
        again = self.step(whole=True)
        assert again.why is None, again.why
        assert again.taken_in == 0 and not again.waiting and self.world.emulator.log.counted().writes == 0
        return first.why is None

    def in_step(self) -> bool:
        """Each record stands in the sheet once, as the mirror has it, in our columns and in people's."""
        tabs = {one.type_name: one for one in self.store.types.values() if one.scope == "shared"}
        standing = self.store.kept.read().standing
        book = self.store._book
        assert book is not None
        for name, kind in tabs.items():
            grid = self.grid(standing[name].title)
            place = {key: at for at, key in enumerate(standing[name].columns) if key}
            rows = {cells[place["id"]]: cells for cells in grid[1:] if len(cells) > place["id"] and cells[place["id"]]}
            records = {str(one.id): one for one in self.store.scan(kind)}
            assert set(rows) == set(records), (name, set(rows) ^ set(records))
            assert len(rows) == sum(1 for cells in grid[1:] if len(cells) > place["id"] and cells[place["id"]])
            for id, record in records.items():
                cells = [*rows[id], *[""] * 99]
                form = "".join(str(cells[at]) for at in standing[name].forms)
                assert form == record.canonical().decode(), (name, id)
                shown = book.shows.shown(record)
                for column in book.tabs[name].visible:
                    if column.key not in ("members", "counted_on", "error"):
                        cell = cells[place[column.key]]
                        same = cell == shown.get(column.key, "") or book.shows.same(column, shown[column.key], cell)
                        assert same or str(cell).startswith("#"), (name, column.key, cell, shown[column.key])
        return True

    def same(self, other: Office) -> bool:
        """Both machines have the same records, and the same batches with the same lines of the last 30 days."""
        shared = [kind for kind in self.store.types.values() if kind.scope == "shared"]
        for kind in shared:
            mine = {one.id: one.canonical() for one in self.store.scan(kind)}
            theirs = {one.id: one.canonical() for one in other.store.scan(kind)}
            assert mine == theirs, kind.type_name
        here, there = (
            [(one.id, one.actor, one.reason, one.kind) for one in store.headers() if one.id != BEGINNING]
            for store in (self.store, other.store)
        )
        assert set(here) == set(there), set(here) ^ set(there)
        here, there = (
            {
                (line.batch, line.type, line.id, line.action, str(line.before))
                for line in store.journal()
                if self.store.types[line.type] in shared
            }
            for store in (self.store, other.store)
        )
        assert here == there, here ^ there
        return True

"""Machines and people at random: after all are in step, model, database, mirrors and a new laptop say the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sheet_office import Office
from sheets_emulator.server import Emulator

from perthyn.changes import Change, Create, Delete, Edit
from perthyn.model import CORE_TYPES, Contact, Interaction, read_plain
from perthyn.moving import prove, transfer
from perthyn.testing.memory import MemoryStore
from perthyn.testing.suite.base import happened, person
from perthyn.testing.suite.transfer import FILLING
from perthyn_sql import open_store

NAMES = st.sampled_from(["Ann", "Bob", "Siân", "=1+1", "07700", "Ŵ", "O'Neill; Jr", "TRUE"])
NOTES = st.sampled_from([None, "a note", "1/2/2026", "'quoted", "x" * 300])
MACHINES = st.sampled_from([0, 1])


class Sheet(RuleBasedStateMachine):
    """Two machines, a model and a database that are told what the first machine has taken in."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.emulator = Emulator()
        self.emulator.__enter__()
        self.number = 0
        self.offices: list[Office] = []
        self.born: set[UUID] = set()
        self.visits: set[UUID] = set()
        self.gone: set[UUID] = set()

    @initialize()
    def opened(self) -> None:
        """The first machine makes the tabs, the second opens them."""
        account = self.emulator.accounts.service_account()
        book = self.emulator.put("Stateful", share={account["client_email"]: "writer"}, id="1Stateful" * 4)
        self.world = WORLD[0](self.emulator, Path(self.folder.name), book, account, prepared=WORLD[1])
        first = Office(self.world, "one", self.world.open(machine="one"))
        self.offices = [first, first.laptop("two")]
        self.model = MemoryStore(CORE_TYPES)
        self.sql = open_store(f"sqlite:///{Path(self.folder.name).as_posix()}/own.sqlite", CORE_TYPES)

    # -- machines -------------------------------------------------------------------------------------------------

    @rule(machine=MACHINES, name=NAMES, note=NOTES)
    def somebody_new(self, machine: int, name: str, note: str | None) -> None:
        self.number += 1
        one = person(self.number, f"{name} {self.number}", note=note)
        self.born.add(one.id)
        self.offices[machine].write(Create(one))

    @rule(machine=MACHINES, place=st.integers(0, 9))
    def a_visit(self, machine: int, place: int) -> None:
        office = self.offices[machine]
        people = list(office.store.scan(Contact))
        if people:
            self.number += 1
            visit = happened(self.number, people[place % len(people)], text=f"visit {self.number}")
            self.visits.add(visit.id)
            office.write(Create(visit))

    @rule(machine=MACHINES, place=st.integers(0, 9), name=NAMES, note=NOTES)
    def an_edit(self, machine: int, place: int, name: str, note: str | None) -> None:
        office = self.offices[machine]
        people = list(office.store.scan(Contact))
        if people:
            self.number += 1
            one = people[place % len(people)]
            office.write(office.edit(one, name=f"{name} {self.number}", note=note))

    @rule(machine=MACHINES, place=st.integers(0, 9))
    def a_visit_deleted(self, machine: int, place: int) -> None:
        office = self.offices[machine]
        visits = list(office.store.scan(Interaction))
        if visits:
            self.gone.add(visits[place % len(visits)].id)
            office.write(Delete(visits[place % len(visits)]))

    @rule(machine=MACHINES, back=st.integers(0, 3))
    def an_undo(self, machine: int, back: int) -> None:
        """What still is as the batch left it goes back."""
        office = self.offices[machine]
        headers = [one for one in office.store.headers() if one.kind == "edit"]
        if len(headers) <= back:
            return
        changes: list[Change] = []
        for line in office.store.journal(batch=headers[back].id):
            kind = office.store.types[line.type]
            now = office.store.get(kind, [line.id]).get(line.id)
            if line.action == "edit" and now is not None:
                before = {path: read_plain(kind, path, value) for path, value in line.before.items()}
                changes.append(
                    Edit(line.type, line.id, {path: (now.value_at(path), one) for path, one in before.items()})
                )
        if changes:
            office.write(*changes, kind="undo")

    @rule(machine=MACHINES)
    def a_look(self, machine: int) -> None:
        self.offices[machine].step()

    @rule(machine=MACHINES, calls=st.integers(1, 6))
    def the_network_fails(self, machine: int, calls: int) -> None:
        self.emulator.faults.next("503", times=calls, applied=bool(calls % 2))

    # -- people ---------------------------------------------------------------------------------------------------

    @rule(place=st.integers(1, 9), name=NAMES, late=st.integers(0, 5))
    def somebody_types_a_name(self, place: int, name: str, late: int) -> None:
        self.number += 1
        self._people(late, lambda: self._typed(place, f"{name} by hand"))

    def _typed(self, place: int, text: str) -> None:
        grid = self.offices[0].grid(self._contacts())
        rows = [number for number, row in enumerate(grid[1:], 2) if any(cell != "" for cell in row)]
        if rows and "Name" in grid[0]:
            row = rows[place % len(rows)]
            self.emulator.people.type(self._contacts(), f"{self.offices[0].at(self._contacts(), 'Name')}{row}", text)

    def _contacts(self) -> str:
        return "Contacts"

    def _people(self, late: int, action: Any) -> None:
        if late:
            self.emulator.people.before(late, action)
        else:
            action()

    @rule(descending=st.booleans(), late=st.integers(0, 5))
    def somebody_sorts(self, descending: bool, late: int) -> None:
        self._people(late, lambda: self.emulator.people.sort(self._contacts(), "A", descending=descending))

    @rule(place=st.integers(0, 6), late=st.integers(0, 5))
    def somebody_inserts_a_column(self, place: int, late: int) -> None:
        self._people(late, lambda: self.emulator.people.insert_columns(self._contacts(), "ABCDEFG"[place]))

    @rule(late=st.integers(0, 5))
    def somebody_moves_a_column(self, late: int) -> None:
        self._people(late, lambda: self.emulator.people.move_columns("Interactions", "C", "A"))

    @rule(name=NAMES)
    def somebody_types_a_row(self, name: str) -> None:
        self.number += 1
        if "Name" in self.offices[0].grid(self._contacts())[0]:
            self.offices[0].add_row(self._contacts(), Name=f"{name} typed {self.number}")

    @rule(place=st.integers(1, 9))
    def somebody_deletes_a_visit(self, place: int) -> None:
        grid = self.offices[0].grid("Interactions")
        if len(grid) > 1:
            row = place % (len(grid) - 1) + 1
            self.gone |= {UUID(cell) for cell in grid[row] if str(cell) in map(str, self.visits)}
            self.emulator.people.delete_rows("Interactions", row + 1)

    @rule()
    def somebody_copies_a_row(self) -> None:
        if len(self.offices[0].grid(self._contacts())) > 1:
            self.offices[0]._longer(self._contacts())
            self.emulator.people.copy_row(self._contacts(), 2)

    # -- all is well ----------------------------------------------------------------------------------------------

    @invariant()
    def the_emulator_is_well(self) -> None:
        assert self.emulator.failures == []

    def teardown(self) -> None:
        try:
            if self.offices:
                self._all_in_step()
        finally:
            for one in getattr(getattr(self, "world", None), "opened", ()):
                one.close()
            if hasattr(self, "sql"):
                self.sql.close()
            self.emulator.__exit__(None, None, None)
            self.folder.cleanup()

    def _all_in_step(self) -> None:
        self.emulator.faults.clear()
        first, second = self.offices
        for _ in range(4):
            for one in self.offices:
                one.step(whole=True)
                if one.store.outcome.why is not None:
                    one.store.step(agreed="sheet")
        for one in self.offices:
            assert one.store.outcome.why is None and not one.store.outcome.waiting
        assert first.in_step() and first.quiet() and second.quiet()
        laptop = first.laptop("fresh")
        assert first.same(second) and first.same(laptop)
        people = {one.id for one in first.store.scan(Contact)}
        visits = {one.id: one.contact for one in first.store.scan(Interaction)}
        assert self.born <= people and self.visits - self.gone <= set(visits) <= self.visits
        assert set(visits.values()) <= people
        with first.store.contents() as contents:
            for other in (self.model, self.sql):
                sums = transfer(contents, other.filling(FILLING, contents.types))
                with other.contents() as found:
                    prove(sums, contents, found)


WORLD: list[Any] = []
"""The class of worlds and the prepared spreadsheets, handed in by the test below."""


def test_machines_and_people_at_random(prepared: Any, quick: Any) -> None:
    WORLD[:] = [type(quick), prepared]
    quick.open()  # so that there is a prepared one
    run_state_machine_as_test(
        Sheet,
        settings=settings(max_examples=max(2, settings().max_examples // 10), stateful_step_count=8, deadline=None,
                          suppress_health_check=list(HealthCheck)),
    )  # fmt: skip

"""What is put right after a write is what it would be, worked out anew: sizes of segments and lists of people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.changes import Change, Create, Delete, Edit, Erase
from perthyn.errors import PerthynError
from perthyn.history import plan_undo
from perthyn.merging import merge_changes
from perthyn.model import CORE_TYPES, Contact, Interaction, Membership, Record, Role, declared, parts
from perthyn.rules import parse
from perthyn.rules.closed import Closed, Compare, Measure, Member
from perthyn.rules.data import Group
from perthyn.store import Store
from perthyn.testing import MemoryStore
from perthyn.testing.rules_strategies import closed_rules, contacts_and_history
from perthyn_sql import open_store

Office = Any  # the class stands in conftest.py
EVERYBODY = Group()
ORDERS = ("added", "-added", "name", "-name")
STEPS = ("bring", "bring two", "edit", "resemble", "move", "move", "delete", "delete", "merge", "erase", "undo", "undo",
         "undo older", "note", "look", "look", "look")  # fmt: skip
USUAL: Sequence[Closed] = (
    Compare(Measure("interaction", "count"), low=1),
    Compare(Measure("interaction", "count", kinds=frozenset({"visit"}), until=date(2026, 3, 30)), high=0),
    Compare(Measure("consent", "count", day_field=""), low=1),
)
WRITES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 20), st.integers(0, 20)), min_size=4, max_size=14)


class Hand:
    """Whoever writes: a step is one batch, or none where it makes no sense just then."""

    def __init__(self, office: Office, records: Sequence[Record]) -> None:
        self.office, self.store = office, office.store
        self.waiting = list(records)

    def does(self, step: str, one: int, other: int) -> None:
        with suppress(PerthynError):  # a contact that still owns something; an undo that would do nothing
            if step.startswith("undo"):
                headers = list(islice(self.store.headers(), 1 + (other % 4 if step == "undo older" else 0)))
                plan = plan_undo(self.store, headers[-1].id, self.office.crm.ids, self.office.now)
                self.office.crm.apply(plan.batch(self.office.crm.batch_id(), "gwen"))
            elif changes := self._changes(step, one, other):
                self.office.crm.commit(changes, kind="erase" if step == "erase" else "edit")

    def _changes(self, step: str, one: int, other: int) -> Sequence[Change]:
        people, owned = list(self.store.scan(Contact)), [*self.store.scan(Interaction), *self.store.scan(Membership)]
        if step.startswith("bring"):
            return [Create(each) for each in self._next(2 if step == "bring two" else 1)]
        if not people:
            return []
        she, he = people[one % len(people)], people[other % len(people)]
        match step:
            case "erase":
                return [Erase(she.id)]
            case "merge":
                return merge_changes(self.store, she, he, {}) if she != he else []
            case "edit":
                role = Role(role="volunteer", level=str(one % 3))
                now = she.value_at(f"roles[{role.key}]")
                return [Edit("contact", she.id, {f"roles[{role.key}]": (now, None if now else role)})]
            case "resemble":
                names = [*(name for name in declared(Contact) if name != "id"), *parts(Contact)]
                values = {name: (getattr(she, name), getattr(he, name)) for name in names if name != "relationships"}
                return [Edit("contact", she.id, values)]
            case "note":
                return [
                    Create(Interaction(id=self.office.crm.ids(), contact=she.id, kind="visit", day=date(2026, 3, 31)))
                ]
        if step == "delete":
            gone = [*owned, *people][one % len([*owned, *people])]
            return [Delete(gone)]
        if step == "move" and owned:
            moved = owned[other % len(owned)]
            return [Edit(moved.type_name, moved.id, {"contact": (moved.contact, she.id)})]
        return []

    def _next(self, count: int) -> list[Record]:
        """The next that can be created: whoever they belong to is there, or comes with them."""
        there = {one.id for one in self.store.scan(Contact)}
        found: list[Record] = []
        for one in list(self.waiting):
            if len(found) < count and (isinstance(one, Contact) or one.owner_id is None or one.owner_id in there):
                there.add(one.id)
                found.append(one)
                self.waiting.remove(one)
        return found


def looks_the_same(office: Office, rules: Sequence[Closed]) -> None:
    """What is held, put right, is what somebody answers who holds nothing."""
    fresh = office.desk()
    for rule in rules:
        assert office.crm._size_of(rule) == office.store.count(rule)
        for order in ORDERS:
            assert office.crm._ordered(rule, order) == fresh._ordered(rule, order)


@pytest.fixture
def an_office(build: Callable[[str], Office], tmp_path: Path) -> Callable[[Store], Office]:
    """Makes an office over a store, like that of `build`."""
    kind = type(build("memory"))
    return lambda store: kind(store, tmp_path)


def a_law(opens: Callable[[], Store], an_office: Callable[[Store], Office]) -> Callable[[], None]:
    @given(data=st.data(), writes=WRITES)
    def law(data: st.DataObject, writes: Sequence[tuple[str, int, int]]) -> None:
        records = data.draw(contacts_and_history(contacts=4, each=3))
        rules = [*USUAL, Member(records[0].id), *data.draw(st.lists(closed_rules(records), max_size=2))]
        office = an_office(opens())
        hand = Hand(office, records)
        hand.office.crm.commit([Create(one) for one in hand._next(data.draw(st.integers(2, len(records))))])
        for step, one, other in (*writes, ("look", 0, 0)):
            if step == "look":
                looks_the_same(office, rules)
            else:
                hand.does(step, one, other)
        office.store.close()

    return law


def test_what_is_put_right_is_what_is_worked_out_anew(an_office: Callable[[Store], Office]) -> None:
    a_law(MemoryStore, an_office)()


def test_on_sqlite_too(an_office: Callable[[Store], Office], tmp_path: Path) -> None:
    names = iter(range(10_000))
    law = a_law(lambda: open_store(f"sqlite:///{(tmp_path / f'{next(names)}.db').as_posix()}", CORE_TYPES), an_office)
    settings(max_examples=20)(law)()


# -- what is not asked again --------------------------------------------------------------------------------------


class Watched:
    """What the store is asked of everybody."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        for name in ("count", "select"):
            monkeypatch.setattr(office.store, name, self._noting(name, getattr(office.store, name)))

    def _noting(self, name: str, ask: Callable[[Closed], Any]) -> Callable[[Closed], Any]:
        def noting(rule: Closed) -> Any:
            self.asked.append(name)
            return ask(rule)

        return noting

    def since(self) -> list[str]:
        asked, self.asked = self.asked, []
        return asked


def shown(office: Office) -> tuple[list[int | None], list[UUID]]:
    sizes = [value for line in office.crm.trend("segments").lines for value in line.values]
    return sizes, [one.id for one in office.crm.listed(EVERYBODY, "name").contacts]


def a_day_at_the_desk(office: Office) -> list[Callable[[], object]]:
    """What is written one after the other on a usual day."""
    ann, ben = office.person("Ann Bell", family="Bell"), office.person("Ben Abel", family="Abel")
    hand, _ = office.crm.add_segment("Friends", None, "", mode="hand", contacts=[ben.id])
    for rule in ("visits at least 1 in last 3 months", "no visits ever", "role is volunteer", "tag is friend"):
        office.crm.add_segment(rule, None, rule)
    today = office.crm.today()
    made: list[Contact] = []
    return [
        lambda: made.append(office.person("Cai Aaron", family="Aaron")),
        lambda: office.did(made[0]),
        lambda: office.did(ann, day=today - timedelta(days=150)),
        lambda: office.crm.edit_contact(ben.id, {"roles": (Role(role="volunteer"),), "family": "Zephaniah"}),
        lambda: office.crm.bulk([ann.id, ben.id], "tag", "friend"),
        lambda: office.crm.undo(office.crm.batch()),
        lambda: office.crm.bulk([ann.id], "segment", str(hand.id)),
        lambda: (office.did(ann), office.crm.undo(office.crm.batch())),
    ]


def test_nobody_else_is_looked_at_after_a_write(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    day = a_day_at_the_desk(office)
    shown(office)
    watched = Watched(office, monkeypatch)
    for write in day:
        write()
        watched.since()
        found = shown(office)
        assert watched.since() == []
        assert found == shown(Restarted(office)), "as somebody shows it who holds nothing"


class Restarted:
    """An office whose desk has just been opened."""

    def __init__(self, office: Office) -> None:
        self.crm = office.desk()


def test_who_was_erased_is_told_by_no_journal(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, ben = office.person("Ann"), office.person("Ben")
    office.crm.add_segment("All", None, "no visits ever")
    assert shown(office) == ([2] * 12, [ann.id, ben.id])
    watched = Watched(office, monkeypatch)
    office.crm.erase(ann.id)
    watched.since()
    assert shown(office) == ([1] * 12, [ben.id])
    assert set(watched.since()) == {"count", "select"}


def test_after_a_great_deal_all_is_worked_out_anew(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = office.person("Ann")
    office.crm.add_segment("Came", None, "visits at least 1 ever")
    assert shown(office)[0][-1] == 0
    watched = Watched(office, monkeypatch)
    monkeypatch.setattr("perthyn.crm.written.MOST_RECORDS", 3)
    office.did(ann)
    shown(office)
    assert watched.since() == []
    for _ in range(4):
        office.did(ann)
    assert shown(office)[0][-1] == 1
    assert "count" in watched.since()


def test_a_store_made_anew_from_elsewhere_is_not_put_right(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet's mirror is: the numbers of its batches may be the same, and who is in it others."""
    office.person("Ann")
    assert office.crm.listed(EVERYBODY).count == 1
    monkeypatch.setattr(type(office.store), "edition", "mirror-2")
    monkeypatch.setattr(office.store, "select", lambda rule: iter(()))
    assert office.crm.listed(EVERYBODY).count == 0


def test_somebody_who_writes_meanwhile_is_not_counted_twice(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = office.person("Ann")
    rule = office.crm.close(parse("visits at least 1 ever", office.crm.schema(), "en"))
    assert office.crm._size_of(rule) == 0
    came = office.did(ann)
    created = office.store.created

    def slowly(batch: UUID) -> Any:
        monkeypatch.undo()
        office.desk(seed=7).commit([Delete(came)])
        yield from created(batch)

    monkeypatch.setattr(office.store, "created", slowly)
    office.crm._size_of(rule)
    assert office.crm._size_of(rule) == 0 == office.store.count(rule)

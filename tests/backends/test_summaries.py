"""Summaries are right after every way of writing: what is kept equals what is worked out anew from the rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perthyn.changes import Batch, Block, Create, Delete, Edit, Erase
from perthyn.crm import Actor, Crm
from perthyn.errors import PerthynError
from perthyn.merging import merge_changes
from perthyn.model import CORE_TYPES, Contact, Interaction
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn_sql import SqlStore, open_store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEPT = "SELECT contact, kind, count, amount, first, last, days FROM summary_ ORDER BY contact, kind"
SUMS = """
SELECT contact, {kind} AS kind, count(*), coalesce(sum(CASE WHEN currency = {currency} THEN amount END), 0),
       min(day), max(day), count(DISTINCT day)
FROM interaction GROUP BY contact{each}
"""
WAYS = ("create", "block", "edit", "move", "delete", "merge", "undo", "erase", "again")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store on each database."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{(tmp_path / 'one.db').as_posix()}" if sqlite else request.getfixturevalue("postgres_store_url")
    opened = open_store(url, CORE_TYPES)
    yield opened
    opened.close()


def rows(store: SqlStore, query: str) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with store.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def worked_out(store: SqlStore) -> list[tuple[Any, ...]]:
    """The summaries as the rows say them."""
    pounds = rows(store, "SELECT id FROM word_ WHERE text = 'GBP'") or [(-1,)]
    currency = pounds[0][0]
    each = rows(store, SUMS.format(kind="kind", each=", kind", currency=currency))
    return sorted([*each, *rows(store, SUMS.format(kind="0", each="", currency=currency))])


class Office:
    """Writes on a store in every way there is, each drawn."""

    def __init__(self, store: SqlStore, seed: int) -> None:
        # The store has been written on before: the same ids must not be drawn again.
        self.draw = Random(f"{seed} {store.position()}")
        self.store = store
        self.crm = Crm(store, Plugins(), Settings(), lambda: NOW, self.draw.randbytes, Actor("gwen", frozenset({"*"})))

    def people(self) -> list[Contact]:
        return list(self.store.scan(Contact))

    def drawn(self, contact: Contact) -> Interaction:
        """A new interaction of a contact."""
        draw = self.draw
        return Interaction(
            id=self.crm.ids(), contact=contact.id, kind=draw.choice(("visit", "donation", "call")),
            day=date(2026, 1, 1) + timedelta(days=draw.randrange(4)), amount=draw.choice((None, -50, 100, 250)),
            currency=draw.choice(("GBP", "GBP", "EUR")),
        )  # fmt: skip

    def one(self) -> Interaction | None:
        """Some interaction that is there."""
        there = list(self.store.scan(Interaction))
        return self.draw.choice(there) if there else None

    def do(self, way: str) -> None:
        """Write in this way, if there is anything to write on."""
        getattr(self, way)()

    def create(self) -> None:
        who = Contact(id=self.crm.ids(), name="Ann")
        self.crm.commit([Create(who), *(Create(self.drawn(who)) for _ in range(3))])

    def block(self) -> None:
        if people := self.people():
            these = [self.drawn(self.draw.choice(people)) for _ in range(4)]
            columns: dict[str, list[Any]] = {
                "id": [one.id.bytes for one in these], "contact": [one.contact.bytes for one in these],
                "kind": [one.kind for one in these], "day": [one.day.toordinal() for one in these],
                "amount": [one.amount for one in these], "currency": [one.currency for one in these],
            }  # fmt: skip
            self.crm.commit(blocks=[Block(Interaction, columns, 4)])

    def edit(self) -> None:
        if one := self.one():
            other = self.drawn(self.people()[0])
            names = ("kind", "day", "amount", "currency")
            values = {name: (getattr(one, name), getattr(other, name)) for name in names}
            self.crm.commit([Edit("interaction", one.id, values)])

    def move(self) -> None:
        if one := self.one():
            self.crm.commit(
                [Edit("interaction", one.id, {"contact": (one.contact, self.draw.choice(self.people()).id)})]
            )

    def delete(self) -> None:
        if one := self.one():
            self.crm.commit([Delete(one)])

    def merge(self) -> None:
        people = self.people()
        if len(people) > 1:
            stays, goes = self.draw.sample(people, 2)
            self.crm.commit(merge_changes(self.store, stays, goes, {}), kind="merge")

    def undo(self) -> None:
        heads = [one for one in self.store.headers() if one.kind != "erase"]
        if heads:
            with suppress(PerthynError):  # all of it must stay
                self.crm.undo(self.draw.choice(heads[:4]))

    def erase(self) -> None:
        if people := self.people():
            self.crm.commit([Erase(self.draw.choice(people).id)], kind="erase")

    def again(self) -> None:
        """The same batch twice: the second time nothing is written."""
        if people := self.people():
            batch = Batch(self.crm.batch_id(), "gwen", NOW, changes=[Create(self.drawn(people[0]))])
            assert not self.store.apply(batch).again and self.store.apply(batch).again


@settings(max_examples=settings().max_examples // 5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ways=st.lists(st.sampled_from(WAYS), min_size=3, max_size=9), seed=st.integers(0, 999))
def test_summaries_equal_the_rows(store: SqlStore, ways: list[str], seed: int) -> None:
    """After each of several writes, drawn in any order."""
    office = Office(store, seed)
    for way in ("create", "create", *ways):
        office.do(way)
        assert rows(store, KEPT) == worked_out(store), way


@pytest.mark.parametrize("way", WAYS)
def test_each_way_of_writing(store: SqlStore, way: str) -> None:
    """Each way once at least, on people who have something."""
    office = Office(store, 5)
    for one in ("create", "block", "create", way, way):
        office.do(one)
        assert rows(store, KEPT) == worked_out(store), one


def test_a_summary_that_is_wrong_is_seen(store: SqlStore) -> None:
    """The comparison can fail."""
    Office(store, 5).create()
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE summary_ SET days = days + 1 WHERE kind = 0")
    assert rows(store, KEPT) != worked_out(store)

"""Past one machine: a statement on a table kept by contact says which contact, joins by it, or takes a whole set.

Then an engine that spreads these tables over machines by contact can carry them as they are. `ALLOWED` names what is
not so, each with its reason. No call repeats one statement for every record that it is about.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from perthyn.changes import Batch, Block, Create, Delete, Edit, Erase
from perthyn.crm import Actor, Crm
from perthyn.model import (
    CORE_TYPES,
    Consent,
    Contact,
    Interaction,
    Membership,
    Problem,
    Record,
    Segment,
    Takings,
)
from perthyn.plugins import Plugins
from perthyn.rules.closed import Measure
from perthyn.settings import Settings
from perthyn.testing.rules_strategies import closed_rules, contacts_and_history, measures
from perthyn.testing.suite.plugin_types import Pledge
from perthyn_sql import open_store
from perthyn_sql.dialect import translated
from perthyn_sql.store import SqlStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TYPES = (*CORE_TYPES, Pledge)
MANY = 40
"""So many contacts are in one call: a statement for each would be seen."""
REPEATED = 12
"""So often may one call repeat a statement: once for each type or list, never for each record."""

ALLOWED = {
    r"^SELECT id, batch_ FROM \w+ WHERE id (IN|= ANY)": "by public ids: each machine looks into its own index",
    r"WHERE batch_ = \(SELECT number FROM batch_": "all that a batch made: a set, found by the index on the batch",
    r"^DELETE FROM search_word_ WHERE NOT EXISTS": "words that nobody has any more; they are not by contact",
}
"""A pattern of statements that do not name the contact -> why."""

REPEATING = {
    r"^count: SELECT id FROM contact WHERE key_": "a tally by contact looks up each id; nobody asks for one yet",
}
"""A pattern of what a call repeats for each record all the same -> why. To be mended, not added to."""

_NO_NAME = "ON|WHERE|SET|JOIN|LEFT|CROSS|INNER|ORDER|GROUP|USING|LIMIT|VALUES|SELECT|DEFAULT"
_TABLE = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE|COPY)\s+"?(\w+)"?' + rf"(?:\s+(?:AS\s+)?(?!(?:{_NO_NAME})\b)(\w+))?")


def kept_by_contact(store: SqlStore) -> dict[str, str]:
    """Each table kept by contact, with the column that says which."""
    found = dict.fromkeys(("summary_", "search_post_", "match_key_"), "contact")
    for about in store.schema.records.values():
        if about.record.owner:
            found[about.table.name] = about.record.owner
        if about.record is Contact:
            found |= {part.table.name: "record_" for part in about.parts.values()}
    return found


def wanting(statement: str, kept: dict[str, str]) -> list[str]:
    """The tables kept by contact that a statement writes to, joins, or picks single rows of, and does not say whose."""
    tables = [(table, alias) for table, alias in _TABLE.findall(statement) if table in kept or table == "contact"]
    writes = not statement.startswith(("SELECT", "WITH"))
    return [
        table
        for table, alias in tables
        if table != "contact"
        and not _said(statement, alias, kept[table])
        and (len(tables) > 1 or writes or _picks(statement, alias))
        and re.search(r"\b(WHERE|ON|INTO|COPY)\b", statement)
    ]


def _picks(statement: str, alias: str) -> bool:
    """Whether rows are asked for by what names a single one."""
    before = rf'(?<![\w."])(?:{re.escape(alias)}\.)?' if alias else r'(?<![\w."])'
    return bool(re.search(rf'{before}"?(id|key|key_|source_id)"? (=|IN\b)', statement))


def _said(statement: str, alias: str, column: str) -> bool:
    """Whether a statement names the column, of this alias or of no other, elsewhere than among what it shows."""
    asked = re.sub(r"\bSELECT\b.*?\bFROM\b", "FROM", statement, flags=re.DOTALL)
    if not alias:
        return bool(re.search(rf'(?<![\w."])"?{column}\b', re.sub(r'\b(FROM|JOIN|INTO|UPDATE) +"?\w+"?', "", asked)))
    own = rf'(?<![\w."]){alias}\."?{column}\b'
    # A set of contacts is joined by what stands around it.
    return bool(re.search(own, asked) or re.search(rf'{own}"? AS contact\b', statement))


# -- what is recorded -------------------------------------------------------------------------------------------


@contextmanager
def heard(store: SqlStore) -> Iterator[Counter[str]]:
    """How often each statement is executed."""
    said: Counter[str] = Counter()

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        # Long lists of marks are one statement, whatever their length.
        said[re.sub(r"(\?|%s|:?\w*\d)(, ?(\?|%s|:?\w*\d))+", "*", statement)] += 1

    def translated_by_driver(statement: str) -> str:
        hear(None, None, statement)
        return translated(statement)

    engine = store.database._engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        # What goes to the driver of PostgreSQL past SQLAlchemy.
        with patch("perthyn_sql.dialect.translated", translated_by_driver):
            yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    url = f"sqlite:///{(tmp_path / 'a.db').as_posix()}"
    opened = open_store(url if request.param == "sqlite" else request.getfixturevalue("postgres_url"), TYPES)
    yield opened
    opened.close()


_numbers = iter(range(1, 10**9))


def new_id() -> UUID:
    return UUID(int=next(_numbers))


def apply(store: SqlStore, *changes: Any, blocks: Any = (), **about: Any) -> Batch:
    batch = Batch(new_id(), "ann", NOON, changes=changes, blocks=blocks, **about)
    store.apply(batch)
    return batch


def somebody(number: int) -> Contact:
    return Contact.model_validate(
        {"id": new_id(), "name": f"Siân Jones {number}", "emails": [{"address": f"s{number}@x.org"}],
         "phones": [{"number": f"07700 9001{number:02}"}], "tags": [{"tag": "friend"}],
         "addresses": [{"town": "Bala", "postcode": "SY20 8XX"}], "roles": [{"role": "member"}],
         "external_ids": [{"source": "till", "external": str(number)}]}
    )  # fmt: skip


def came(contact: Contact, day: int = 1, **fields: Any) -> Interaction:
    id = new_id()
    values = {"amount": 500, "currency": "GBP", "source": "till", "source_id": str(id), **fields}
    return Interaction(id=id, contact=contact.id, kind="visit", day=date(2026, 3, day), **values)


class Life:
    """Everything that is done with a store, by name; each is done to many contacts at once where that can be."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.people = [somebody(number) for number in range(MANY)]
        self.visits = [came(one, day) for one in self.people for day in (1, 2)]
        self.group = Segment(id=new_id(), name_en="Hand", mode="hand")
        self.consents = [
            Consent(id=new_id(), contact=one.id, channel="email", decision="given", recorded=NOON)
            for one in self.people
        ]
        self.pledges = [
            Pledge.model_validate({"id": new_id(), "who": one.id, "day": NOON.date(),
                                   "instalments": [{"due": NOON.date(), "amount": 5}]})
            for one in self.people
        ]  # fmt: skip
        ticks = iter(range(10**6))
        self.crm = Crm(
            store, Plugins(), Settings(), lambda: NOON + timedelta(seconds=next(ticks)), Random(1).randbytes,
            Actor("gwen"),
        )  # fmt: skip
        self.made = Batch(new_id(), "ann", NOON)

    def create(self) -> None:
        self.made = apply(self.store, *map(Create, [self.group, *self.people, *self.consents, *self.pledges]))

    def create_in_blocks(self) -> None:
        takings = [Takings(id=new_id(), kind="purchase", day=NOON.date()) for _ in range(MANY)]
        apply(self.store, blocks=[Block.of(self.visits), Block.of(takings)])

    def join_a_group(self) -> None:
        apply(self.store, *(Create(Membership(id=new_id(), contact=one.id, segment=self.group.id, since=NOON))
                            for one in self.people))  # fmt: skip

    def edit(self) -> None:
        changes = [Edit("contact", one.id, {"note": (None, "x"), "tags": (one.tags, ())}) for one in self.people]
        apply(self.store, *changes, *(Edit("interaction", one.id, {"quantity": (None, 2)}) for one in self.visits))
        self.people = [one.with_values({"note": "x", "tags": ()}) for one in self.people]
        self.visits = [one.with_values({"quantity": 2}) for one in self.visits]

    def move_to_another(self) -> None:
        to = self.people[1].id
        mine = [one for one in self.visits if one.contact == self.people[0].id]
        apply(self.store, *(Edit("interaction", one.id, {"contact": (one.contact, to)}) for one in mine))
        apply(self.store, *(Edit("interaction", one.id, {"contact": (to, one.contact)}) for one in mine))

    def delete(self) -> None:
        gone = [came(one) for one in self.people]
        apply(self.store, *map(Create, gone))
        apply(self.store, *map(Delete, gone), *map(Delete, self.pledges[:20]))

    def read(self) -> None:
        store, ids = self.store, [one.id for one in self.people]
        for type in (Contact, Interaction, Consent, Pledge, Takings):
            found = list(store.scan(type))
            store.get(type, [one.id for one in found])
            store.count_of(type)
            store.ending(type, found[0].id.hex[-6:])
            store.origin(type, [one.id for one in found])
            if type.owner:
                list(store.owned(type, ids))
        store.recent(Interaction, ids[0], 5)
        store.recent(Interaction, ids[0], 5, (self.visits[0].day, self.visits[0].id))

    def look_up(self) -> None:
        self.store.sourced("till", [one.source_id for one in self.visits if one.source_id])
        self.store.keyed([f"email:s{number}@x.org" for number in range(MANY)])
        self.store.search("sian jones")
        self.store.search("jonse")

    def count(self) -> None:
        self.store.totals(self.people[0].id)
        self.store.tally(Interaction, ["kind", "month"], since=date(2026, 1, 1), currency="GBP")
        self.store.tally(Interaction, ["contact"])
        self.store.spread(Measure("interaction", "count"))

    def look_back(self) -> None:
        for header in self.store.headers():
            list(self.store.journal(batch=header.id))
        list(self.store.journal(records=[one.id for one in self.people]))
        list(self.store.journal(contact=self.people[0].id))
        list(self.store.created(self.made.id))

    def show(self) -> None:
        self.crm.show(self.people[0].id)

    def undo(self) -> None:
        header = next(self.store.headers())
        self.crm.undo(header)

    def merge(self) -> None:
        two = {"contact": self.people[2].id, "other": self.people[3].id}
        apply(self.store, Create(Problem(id=new_id(), code="duplicate.possible", at=NOON, **two)))
        self.crm.join(self.crm.pairs()[0])

    def erase(self) -> None:
        apply(self.store, Erase(self.people[5].id))


DONE = tuple(name for name, one in vars(Life).items() if callable(one) and not name.startswith("_"))


def test_each_statement_says_whose_rows_it_is_about(store: SqlStore) -> None:
    life, kept = Life(store), kept_by_contact(store)
    found = {}
    for name in DONE:
        with heard(store) as said:
            getattr(life, name)()
        found |= {one: (name, tables) for one in said if (tables := wanting(one, kept)) and not allowed(one)}
    assert not found, "\n".join(f"{name}, {tables}: {one}" for one, (name, tables) in found.items())


def allowed(statement: str) -> bool:
    return any(re.search(pattern, statement) for pattern in ALLOWED)


def test_no_call_says_the_same_for_each_record(store: SqlStore) -> None:
    life = Life(store)
    found: list[str] = []
    for name in DONE:
        with heard(store) as said:
            getattr(life, name)()
        often = (f"{name}: {one}" for one, many in said.items() if many > REPEATED and " " in one)
        found += [one for one in often if not any(re.search(pattern, one) for pattern in REPEATING)]
    assert not found, "\n".join(found)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_rules_of_every_kind(store: SqlStore, data: st.DataObject) -> None:
    records: list[Record] = data.draw(contacts_and_history())
    rules = [data.draw(closed_rules(records)) for _ in range(6)]
    wanted = [data.draw(measures()) for _ in range(3)]
    person = next(one.id for one in records if isinstance(one, Contact))
    apply(store, *map(Create, records))
    with heard(store) as said:
        for rule in rules:
            list(store.select(rule))
            store.count(rule)
            store.among(rule, [person])
        store.leaves(rules, person)
        store.measures(wanted, person)
        for one in wanted:
            store.spread(one)
    apply(store, *map(Delete, reversed(records)))
    kept = kept_by_contact(store)
    found = [one for one in said if wanting(one, kept) and not allowed(one)]
    assert not found, "\n".join(found)


def test_tables_kept_by_contact_begin_with_the_contact(store: SqlStore) -> None:
    for about in store.schema.records.values():
        if about.record.owner:
            assert next(one.name for one in about.table.primary_key) == about.record.owner, about.table.name
    contact = store.schema.records["contact"]
    assert [one.name for one in contact.table.primary_key] == ["key_"]
    assert {next(one.name for one in part.table.primary_key) for part in contact.parts.values()} == {"record_"}


def test_the_check_sees_what_it_should() -> None:
    kept = {"interaction": "contact", "contact_emails": "record_"}
    for wrong in (
        "DELETE FROM interaction WHERE key_ = ?",
        'SELECT t.contact FROM "interaction" t WHERE t.id = ?',
        "SELECT count(*) FROM contact c JOIN interaction i ON i.day = c.day",
        "UPDATE contact_emails SET address = ? WHERE key_ = ?",
        "SELECT 1 FROM contact c WHERE EXISTS (SELECT 1 FROM interaction i WHERE i.kind = ?)",
    ):
        assert wanting(wrong, kept), wrong
    for right in (
        'DELETE FROM interaction WHERE "key_" = ? AND "contact" = ?',
        "SELECT count(*) FROM interaction",
        "SELECT c.id FROM contact c JOIN interaction i ON i.contact = c.key_ WHERE i.kind = ?",
        "SELECT contact FROM interaction WHERE kind = ? GROUP BY contact",
        "INSERT INTO contact_emails (record_, place_) VALUES (?, ?)",
    ):
        assert not wanting(right, kept), right

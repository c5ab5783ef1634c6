"""What a SQLite store keeps beside the records: summaries, keys, words; what it reads back; what erasure leaves."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perthyn.changes import Batch, Block, Change, Create, Delete, Edit, Erase, inverse
from perthyn.model import (
    CORE_TYPES,
    Address,
    Consent,
    Contact,
    Email,
    ExternalId,
    Interaction,
    Phone,
    Problem,
    Record,
    Role,
    Tag,
)
from perthyn.model.identity import match_keys, search_words
from perthyn.store import Store, Total
from perthyn_sql import open_store
from perthyn_sql.finding import key_number
from perthyn_sql.store import SqlStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS = ("visit", "donation", "shift")
SLOW = settings(max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(f"sqlite:///{(tmp_path / 'a.db').as_posix()}", CORE_TYPES)
    yield store
    store.close()


_numbers = iter(range(1, 10**9))


def batch(*changes: Change, blocks: Sequence[Block] = ()) -> Batch:
    return Batch(UUID(int=10**12 + next(_numbers)), "ann", NOON, changes=changes, blocks=blocks)


# -- summaries, keys and words, whatever was written --------------------------------------------------------------


def once(parts: Iterable[Any]) -> tuple[Any, ...]:
    """Each key once: no contact holds two parts of one key."""
    return tuple({part.key: part for part in parts}.values())


class Life:
    """Random batches of contacts and interactions, and what should be there after each."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.there: dict[UUID, Record] = {}
        self.done: list[list[Change]] = []
        # Ids are never used twice in one life, and lives share one file.
        self.next_id = seed * 10**6

    def new_id(self) -> UUID:
        self.next_id += 1
        return UUID(int=self.next_id)

    def of(self, type: type[Record]) -> list[Any]:
        return [one for one in self.there.values() if isinstance(one, type)]

    def contact(self, id: UUID) -> Contact:
        pick = self.draw.choice
        given, family = pick(["Siân", "Huw", "Zoë"]), pick(["Jones", "Llŷr", "O'Brien"])
        return Contact(
            id=id,
            name=f"{given} {family}",
            emails=once(Email(address=pick(["a@x.org", "b@x.org"])) for _ in range(self.draw.randrange(3))),
            phones=tuple(Phone.of("07700 900123") for _ in range(self.draw.randrange(2))),
            addresses=once(Address(postcode="SY20 8XX", town=pick(["Tywyn", "Bala"])) for _ in range(2)),
            tags=once(Tag(tag=pick(["tŷ", "news"])) for _ in range(self.draw.randrange(3))),
        )

    def interaction(self, id: UUID) -> Interaction:
        pick = self.draw.choice
        return Interaction(
            id=id,
            contact=pick(self.of(Contact)).id,
            kind=pick(KINDS),
            day=date(2026, 1, 1) + timedelta(self.draw.randrange(4)),
            amount=pick([None, 5, -3, 0]),
            currency=pick([None, "GBP", "EUR"]),
            source=pick([None, "till"]),
            source_id=pick([None, str(id)]),
        )

    def change(self) -> Change:
        pick = self.draw.choice
        contacts, interactions = self.of(Contact), self.of(Interaction)
        what = pick(["person", "thing", "thing", "edit", "move", "delete", "rename"])
        if not contacts or what == "person":
            return Create(self.contact(self.new_id()))
        if what == "rename":
            return self.edit(pick(contacts), self.contact, ("name", "tags"))
        if not interactions or what == "thing":
            return Create(self.interaction(self.new_id()))
        before = pick(interactions)
        if what == "delete":
            return Delete(before)
        names = ("contact",) if what == "move" else ("kind", "day", "amount", "currency", "source_id")
        return self.edit(before, self.interaction, names)

    def edit(self, before: Record, drawn: Callable[[UUID], Record], names: Sequence[str]) -> Edit:
        after = drawn(before.id)
        values = {name: (getattr(before, name), getattr(after, name)) for name in names}
        return Edit(before.type_name, before.id, values)

    def changes(self) -> list[Change]:
        if self.done and self.draw.random() < 0.25:
            changes: list[Change] = [inverse(one) for one in reversed(self.done.pop()) if not isinstance(one, Erase)]
            for one in changes:
                self.live(one)
            return changes
        changes = []
        for _ in range(self.draw.randrange(1, 8)):
            changes.append(self.change())
            self.live(changes[-1])
        self.done.append(changes)
        return changes

    def live(self, change: Change) -> None:
        match change:
            case Create(record):
                self.there[record.id] = record
            case Delete(record):
                del self.there[record.id]
            case Edit(_, id, values):
                self.there[id] = self.there[id].with_values({path: after for path, (_, after) in values.items()})

    def erase(self) -> Erase:
        gone = self.draw.choice(self.of(Contact)).id
        self.there = {id: one for id, one in self.there.items() if one.owner_id != gone and id != gone}
        self.done.clear()
        return Erase(gone)


@SLOW
@given(seed=st.integers(1, 10**6))
def test_what_is_kept_beside_the_records_is_what_a_recount_says(opened: SqlStore, seed: int) -> None:
    for old in list(opened.scan(Contact)):
        opened.apply(batch(Erase(old.id)))
    life = Life(seed)
    for _ in range(6):
        opened.apply(batch(*life.changes()))
        check(opened, life)
    if life.of(Contact):
        opened.apply(batch(life.erase()))
        check(opened, life)


def check(opened: SqlStore, life: Life) -> None:
    contacts = life.of(Contact)
    assert list(opened.scan(Contact)) == sorted(contacts, key=lambda one: one.id)
    assert list(opened.scan(Interaction)) == sorted(life.of(Interaction), key=lambda one: one.id)
    with opened.reading() as connection:
        run = connection.exec_driver_sql
        ids = {key: UUID(bytes=id) for key, id in run("SELECT key_, id FROM contact")}
        totals = {
            (ids[contact], Total(kind, count, amount, date.fromordinal(first), date.fromordinal(last), days))
            for contact, kind, count, amount, first, last, days in run(
                "SELECT s.contact, w.text, s.count, s.amount, s.first, s.last, s.days"
                " FROM summary_ s JOIN word_ w ON w.id = s.kind"
            )
        }
        keys = {(key, ids[contact]) for key, contact in run("SELECT key, contact FROM match_key_")}
        posts = {
            (word, ids[contact])
            for word, contact in run(
                "SELECT w.word, p.contact FROM search_post_ p JOIN search_word_ w ON w.id = p.word"
            )
        }
        vocabulary = set(run("SELECT word FROM search_word_").scalars())
        sources = run("SELECT count(*) FROM source_key_").scalar_one()
    assert totals == {(one.id, total) for one in contacts for total in Store.totals(opened, one.id)}
    assert keys == {(key_number(key), one.id) for one in contacts for key in match_keys(one)}
    assert posts == {(word, one.id) for one in contacts for word in search_words(one)}
    assert vocabulary == {word for word, _ in posts}
    assert sources == sum(1 for one in life.of(Interaction) if one.source and one.source_id)


# -- reading back ---------------------------------------------------------------------------------------------------


def test_a_record_read_is_the_record_validated(opened: SqlStore) -> None:
    life = Life(7)
    changes = [change for _ in range(12) for change in life.changes()]
    consent = Consent(
        id=UUID(int=5), contact=life.of(Contact)[0].id, channel="email", decision="given", at=NOON, recorded=NOON
    )
    opened.apply(batch(*changes, Create(consent)))
    for type in (Contact, Interaction, Consent):
        for record in opened.scan(type):
            validated = type.model_validate(record.model_dump())
            assert record == validated
            assert hash(record) == hash(validated)
            assert repr(record) == repr(validated)
            assert record.model_copy() == validated
            assert record.canonical() == validated.canonical()
            assert all(isinstance(value, tuple) for value in record.__dict__.values() if isinstance(value, list))


def test_words_are_told_apart_by_their_letters_and_folded_once(opened: SqlStore) -> None:
    tags = ("Tŷ", "tŷ", "ty", "TŶ", "Straße", "STRASSE")
    people = [Contact(id=UUID(int=n), tags=(Tag(tag=tag),)) for n, tag in enumerate(tags, 1)]
    opened.apply(batch(*map(Create, people)))
    assert [one.tags[0].tag for one in opened.scan(Contact)] == list(tags)
    with opened.reading() as connection:
        folds: dict[str, str] = dict(
            connection.exec_driver_sql("SELECT text, fold FROM word_ WHERE text <> 'person'").fetchall()
        )
    assert folds == dict.fromkeys(tags[:4], "ty") | dict.fromkeys(tags[4:], "strasse")


def test_the_collector_of_cycles_is_on_again_after_a_batch(opened: SqlStore) -> None:
    assert gc.isenabled()
    opened.apply(batch(Create(Contact(id=UUID(int=1)))))
    assert gc.isenabled()


def test_more_changes_than_stand_in_one_statement(opened: SqlStore) -> None:
    people = [Contact(id=UUID(int=n), name=f"Somebody {n}", tags=(Tag(tag=f"t{n}"),)) for n in range(1, 4502)]
    visits = [
        Interaction(id=UUID(int=10**6 + n), contact=one.id, kind="visit", day=date(2026, 1, 1), source="s",
                    source_id=str(n))
        for n, one in enumerate(people)
    ]  # fmt: skip
    opened.apply(batch(*map(Create, people), blocks=[Block.of(visits)]))
    assert (opened.count_of(Contact), opened.count_of(Interaction)) == (4501, 4501)
    edits = [Edit("contact", one.id, {"name": (one.name, f"Nobody {n}")}) for n, one in enumerate(people)]
    assert opened.apply(batch(*edits)).edited == 4501
    assert [one.name for one in opened.scan(Contact)] == [f"Nobody {n}" for n in range(4501)]
    assert len(opened.sourced("s", map(str, range(4501)))) == 4501
    there = list(opened.scan(Contact))
    receipt = opened.apply(batch(*map(Delete, visits), *map(Delete, there)))
    assert receipt.deleted == 9002
    assert (opened.count_of(Contact), opened.count_of(Interaction)) == (0, 0)


# -- erasure ----------------------------------------------------------------------------------------------------------


def test_nothing_of_an_erased_contact_is_left_in_the_files(opened: SqlStore, tmp_path: Path) -> None:
    """Among many others, so that pages were split and joined; with history, in every kind of place."""
    draw = random.Random(3)
    others = [
        Contact(id=UUID(int=n + 100), name=f"Somebody {draw.random()}", note="o" * draw.randrange(400))
        for n in range(2000)
    ]
    mark = "Zyxwvuts"
    them = Contact(
        id=UUID(int=0xFEDCBA9876543210FEDCBA9876543210),
        name=f"{mark} Name",
        given=f"{mark}given",
        emails=(Email(address=f"{mark}@example.org"),),
        phones=(Phone(number=f"0{mark}"),),
        addresses=(Address(lines=f"{mark} Lane", town=f"{mark}ton", postcode=f"{mark} 1"),),
        roles=(Role(role=f"{mark}role"),),
        tags=(Tag(tag=f"{mark}tag"),),
        external_ids=(ExternalId(source="till", external=f"{mark}id"),),
        note=f"{mark} " * 2000,
    )
    visits = [
        Interaction(
            id=UUID(int=10**9 + n), contact=draw.choice([them, *others[:50]]).id, kind="visit", day=date(2026, 1, 1),
            source="till", source_id=f"line-{n}",
        )
        for n in range(1000)
    ]  # fmt: skip
    theirs = [
        Interaction(
            id=UUID(int=2 * 10**9 + n), contact=them.id, kind="visit", day=date(2026, 1, 1), subject=f"{mark} subject",
            text=f"{mark} text", raw=f'"{mark}"', source="till", source_id=f"{mark}-{n}",
        )
        for n in range(300)
    ]  # fmt: skip
    problem = Problem(id=UUID(int=5), code="pair", contact=them.id, raw=f"{mark} raw", at=NOON)
    opened.apply(batch(*map(Create, [*others[:1000], them, *others[1000:]]), blocks=[Block.of(visits)]))
    opened.apply(batch(blocks=[Block.of(theirs)]))
    opened.apply(batch(Create(problem)))
    tag = them.tags[0]
    opened.apply(
        batch(
            Edit("contact", them.id, {"note": (them.note, f"{mark} new"), f"tags[{tag.key}]": (tag, None)}),
            Delete(theirs[0]),
            Edit("problem", problem.id, {"state": ("open", f"{mark}ed")}),
        )
    )
    opened.apply(batch(*(Delete(one) for one in others[::3] if not any(v.contact == one.id for v in visits))))
    opened.apply(batch(Erase(them.id)))
    for path in tmp_path.iterdir():
        held = path.read_bytes().lower()
        assert mark.lower().encode() not in held, path.name
        assert them.id.bytes.lower() not in held, path.name
        assert str(them.id).encode() not in held, path.name
    assert list(opened.journal(contact=them.id)) == []
    assert opened.search("somebody") != []

"""The SQL store's answers to rules are those of the law, for whatever rule and history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from perthyn.changes import Batch, Create
from perthyn.model import CORE_TYPES, Contact, Ids, Interaction, Membership, Record, Segment
from perthyn.rules.closed import (
    All,
    Any,
    AnyPart,
    Between,
    Closed,
    Compare,
    Field,
    Has,
    Known,
    Measure,
    Member,
    Not,
    OneOf,
)
from perthyn.rules.law import matches, measure
from perthyn.testing.memory import MemoryStore
from perthyn.testing.rules_strategies import Shares, closed_rules, contacts_and_history, measures
from perthyn_sql import open_store
from perthyn_sql.store import SqlStore

NOW = datetime(2026, 4, 1, tzinfo=UTC)
RULES_AT_ONCE = 12
ENOUGH = 20 * RULES_AT_ONCE
"""Of fewer answers, as people's runs ask for, any may say little by chance."""

Fresh = Callable[[], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Fresh:
    """The address of an empty store, another or one emptied with every call."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_kept").empty  # type: ignore[no-any-return]

    def of_files() -> str:
        for old in tmp_path.glob("law.db*"):
            old.unlink()
        return f"sqlite:///{(tmp_path / 'law.db').as_posix()}"

    return of_files


@pytest.fixture
def opened(fresh: Fresh) -> Iterator[SqlStore]:
    store = open_store(fresh(), CORE_TYPES)
    yield store
    store.close()


def batch(records: Sequence[Record], number: int) -> Batch:
    return Batch(UUID(int=number), "test", NOW, changes=[Create(one) for one in records])


@contextmanager
def filled(fresh: Fresh, records: Sequence[Record]) -> Iterator[SqlStore]:
    """A new store with these records."""
    store = open_store(fresh(), CORE_TYPES)
    try:
        store.apply(batch(records, 1))
        yield store
    finally:
        store.close()


@pytest.fixture(scope="module")
def shares() -> Iterator[Shares]:
    """Counts, over the whole property, the answers that say something."""
    counted = Shares()
    yield counted
    print(counted)
    assert counted.asked < ENOUGH or counted.share > 0.1, counted


ROUNDS = settings(
    max_examples=settings().max_examples // 4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@ROUNDS
@given(data=st.data())
def test_answers_are_those_of_the_law(data: st.DataObject, fresh: Fresh, shares: Shares) -> None:
    records = data.draw(contacts_and_history(contacts=8, each=6))
    memory = MemoryStore()
    memory.apply(batch(records, 1))
    facts = list(memory.facts())
    everybody = [one.contact.id for one in facts]
    with filled(fresh, records) as store:
        for rule in data.draw(st.lists(closed_rules(records), min_size=RULES_AT_ONCE, max_size=RULES_AT_ONCE)):
            note(rule)
            expected = [one.contact.id for one in facts if matches(rule, one)]
            shares.note(len(expected), len(facts))
            assert list(store.select(rule)) == expected
            assert store.count(rule) == len(expected)
            assert store.among(rule, everybody) == set(expected)
            assert [store.leaves([rule, Not(rule)], id) for id in everybody] == [
                [id in expected, id not in expected] for id in everybody
            ]
            assert list(store.select(Not(rule))) == [id for id in everybody if id not in expected]


@ROUNDS
@given(data=st.data())
def test_measures_and_spreads_are_those_of_the_law(data: st.DataObject, fresh: Fresh) -> None:
    records = data.draw(contacts_and_history(each=6))
    memory = MemoryStore()
    memory.apply(batch(records, 1))
    facts = list(memory.facts())
    with filled(fresh, records) as store:
        wanted = data.draw(st.lists(measures(), min_size=RULES_AT_ONCE, max_size=RULES_AT_ONCE))
        for one in facts:
            assert store.measures(wanted, one.contact.id) == [measure(each, one) for each in wanted]
            assert store.totals(one.contact.id) == memory.totals(one.contact.id)
        for each in wanted:
            assert store.spread(each) == memory.spread(each), each


@ROUNDS
@given(data=st.data())
def test_tallies_are_those_of_memory(data: st.DataObject, fresh: Fresh) -> None:
    records = data.draw(contacts_and_history(each=6))
    memory = MemoryStore()
    memory.apply(batch(records, 1))
    names = st.sampled_from(("kind", "month", "channel", "day", "contact", "at", "event_type", "amount"))
    with filled(fresh, records) as store:
        for _ in range(RULES_AT_ONCE):
            by = data.draw(st.lists(names, max_size=2, unique=True))
            asked = {
                "kinds": data.draw(st.none() | st.lists(st.sampled_from(("visit", "donation", "never seen")))),
                "since": data.draw(st.none() | st.just(date(2025, 3, 31))),
                "until": data.draw(st.none() | st.just(date(2026, 3, 31))),
                "currency": data.draw(st.sampled_from(("", "GBP", "EUR", "XXX"))),
            }
            expected = memory.tally(Interaction, by, **asked)
            assert sorted(store.tally(Interaction, by, **asked), key=repr) == sorted(expected, key=repr)


def test_a_rule_learns_of_words_that_come_after_it(opened: SqlStore) -> None:
    ids = Ids(lambda: NOW, lambda count: bytes(count))
    person = Contact(id=ids(), name="Siân", language="cy")
    asked: list[Closed] = [
        Field("language", OneOf(frozenset({"cy"}))),
        Compare(Measure("interaction", "count", kinds=frozenset({"visit"})), 1),
        Compare(Measure("interaction", "count", where=Field("channel", OneOf(frozenset({"till"})))), 1),
    ]
    assert [opened.count(rule) for rule in asked] == [0, 0, 0]
    opened.apply(batch([person], 1))
    assert [opened.count(rule) for rule in asked] == [1, 0, 0]
    visit = Interaction(id=ids(), contact=person.id, kind="visit", channel="TÌLL", day=date(2026, 3, 1))
    opened.apply(batch([visit], 2))
    assert [opened.count(rule) for rule in asked] == [1, 1, 1]
    assert opened.leaves(asked, person.id) == [True, True, True]


def test_nobody_and_strangers(opened: SqlStore) -> None:
    everybody, stranger = All(()), UUID(int=5)
    assert list(opened.select(everybody)) == []
    assert opened.leaves([everybody, Not(everybody)], stranger) == [False, False]
    assert opened.measures([Measure("interaction", "count")], stranger) == [None]
    assert opened.among(everybody, [stranger]) == set()
    assert opened.leaves([], stranger) == []
    assert opened.totals(stranger) == []
    assert opened.tally(Interaction) == []


HISTORY = date(2024, 1, 15)


def small_town(ids: Ids) -> list[Record]:
    """Some hundred contacts, enough for plans to differ: visits, gifts and refunds now, before and yet to come."""
    segment = Segment(id=ids(), name_en="By hand", mode="hand")
    records: list[Record] = [segment]
    for number in range(300):
        person = Contact(id=ids(), name=f"É{number}", language=("cy", "en", None)[number % 3], deceased=number % 7 == 0)
        records.append(person)
        if number % 11 == 0:
            records.append(Membership(id=ids(), contact=person.id, segment=segment.id, since=NOW))
        for step in range(number % 5):
            gift = step % 2 == 1
            records.append(
                Interaction(
                    id=ids(),
                    contact=person.id,
                    kind="donation" if gift else "visit",
                    day=HISTORY + timedelta(days=(number * 37 + step * 111) % 900),
                    amount=(-500 if number % 4 == 0 else 700) if gift else None,
                    currency=("EUR" if number % 9 == 0 else "GBP") if gift else None,
                )
            )
    return records


def test_every_plan_gives_the_same(opened: SqlStore) -> None:
    """The plan is chosen by costs; whatever it is, the members are those of the law."""
    records = small_town(Ids(lambda: NOW, lambda count: bytes(count)))
    opened.apply(batch(records, 1))
    memory = MemoryStore()
    memory.apply(batch(records, 1))
    facts = list(memory.facts())
    segment = next(one.id for one in records if isinstance(one, Segment))
    since, until = date(2025, 3, 31), date(2026, 3, 31)

    def count(kind: str, low: int | None, high: int | None = None, start: date | None = since) -> Closed:
        return Compare(Measure("interaction", "count", kinds=frozenset({kind}), since=start, until=until), low, high)

    given = Measure("interaction", "sum", "amount", "GBP", frozenset({"donation"}), since=since, until=until)
    welsh = Field("language", OneOf(frozenset({"cy"})))
    leaves: list[Closed] = [
        welsh,
        Member(segment),
        count("visit", 1),
        count("visit", 1, start=None),
        count("visit", 2, start=None),
        count("visit", None, 0),
        Compare(given, 1),
        Compare(given, None, 0),
        Compare(Measure("interaction", "first", until=until), since),
        Compare(Measure("interaction", "last", kinds=frozenset({"visit"}), until=until), None, since),
        AnyPart("tags", Field("tag", Known())),
        Field("name", Has("e1", "start")),
        Compare(Measure("interaction", "days", since=since, until=until), 2),
        Compare(Measure("interaction", "count", where=Field("amount", Between(None, 0))), 1),
    ]
    rules = [
        make(one, other)
        for one in leaves
        for other in leaves
        if one != other
        for make in (
            lambda a, b: All((a, Not(b))),
            lambda a, b: Not(All((welsh, All((a, b))))),
            lambda a, b: All((a, Any((Not(b), welsh)))),
        )
    ]
    telling = 0
    for rule in rules:
        expected = [one.contact.id for one in facts if matches(rule, one)]
        assert list(opened.select(rule)) == expected, rule
        assert opened.count(rule) == len(expected), rule
        telling += 0 < len(expected) < len(facts)
    assert telling > len(rules) / 2

"""Moving: forms in columns are those of each record, sums and comparison miss nothing, a proof can be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import groupby
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given

from perthyn.changes import Batch, Change, Create, Delete, Edit
from perthyn.contents import BATCHES, JOURNAL, Fence, Item, Kept, canonical, canonicals
from perthyn.model import Email, Interaction, Record, Tag
from perthyn.moving import Proof, compare, prove, sums_of, transfer
from perthyn.testing import MemoryStore
from perthyn.testing.rules_strategies import contacts_and_history
from perthyn.testing.suite.base import DAY, NOON, happened, numbered, person
from perthyn.testing.suite.plugin_types import PLUGIN_TYPES, Instalment, pledged
from perthyn.testing.suite.writing import WHOLE


def checked(records: Sequence[Record]) -> None:
    kept = [Kept(one, 3) for one in records]
    assert canonicals(kept) == [canonical(one) for one in kept]
    for _, some in groupby(sorted(records, key=lambda one: one.type_name), type):
        same = [Kept(one, 3) for one in some]
        assert canonicals(same) == [canonical(one) for one in same]


@given(contacts_and_history())
def test_forms_in_columns_are_those_of_each_record(records: list[Record]) -> None:
    checked(records)


def test_forms_of_every_kind_of_value() -> None:
    late = datetime(2026, 7, 1, 0, 30, 15, 123_000, tzinfo=timezone(timedelta(hours=1)))
    parts = tuple(Instalment(due=date(2026, n, 1), amount=-n, select='"\\\nŵ' if n % 2 else None) for n in (3, 1, 2))
    checked([*WHOLE, pledged(1, instalments=parts, at=late, kept=True), pledged(2, kept=False, amount=0), pledged(3)])
    checked([person(1, tags=(Tag(tag="ŵ"), Tag(tag="a"))), person(2, given='"\\\t\n😀', deceased=True)])


def filled() -> MemoryStore:
    """A store with a bit of everything: two batches of people and visits, an edit, a deletion."""
    store = MemoryStore(PLUGIN_TYPES)
    people = [person(n, emails=(Email(address=f"{n}@example.org"),)) for n in range(1, 8)]
    visits = [happened(20 + n, people[n % 7], quantity=n) for n in range(10)]
    sent: tuple[list[Change], ...] = (
        [*map(Create, people), *map(Create, visits)],
        [Edit("contact", numbered(n), {"name": ("Ann Jones", f"Bea {n}")}) for n in (1, 2, 3)],
        [Delete(visits[0]), Create(pledged(50))],
    )
    for changes in sent:
        store.apply(Batch(uuid4(), "ann", NOON, changes=changes))
    return store


def copied(source: MemoryStore) -> MemoryStore:
    target = MemoryStore(PLUGIN_TYPES)
    fence = Fence("filling", "memory:", "ann", NOON, "m")
    with source.contents() as contents:
        sums = transfer(contents, target.filling(fence, contents.types))
        assert sums == sums_of(contents)
        with target.contents() as moved:
            assert prove(sums, contents, moved) == compare(contents, moved)
            assert compare(contents, moved).same
    return target


def differences(source: MemoryStore, target: MemoryStore, named: int = 100) -> Proof:
    with source.contents() as mine, target.contents() as theirs:
        found = compare(mine, theirs, named=named)
        back = compare(theirs, mine, named=named)
        assert back.differing == found.differing
        assert prove(sums_of(mine), mine, theirs).differing == found.differing
    assert Proof.model_validate_json(found.model_dump_json()) == found
    return found


def test_a_field_that_differs_is_named_with_both_values() -> None:
    source = filled()
    target = copied(source)
    one = target.state.records["interaction"][numbered(25)]
    target.state.records["interaction"][one.id] = one.model_copy(update={"quantity": 6, "event": "Gŵyl"})
    (found,) = differences(source, target).differences
    assert (found.section, found.id, found.what) == ("interaction", str(one.id), "changed")
    assert found.fields == {"quantity": ("5", "6"), "event": (None, '"Gŵyl"')}


def test_a_part_that_differs_is_named() -> None:
    source = filled()
    target = copied(source)
    one = target.state.records["contact"][numbered(3)]
    target.state.records["contact"][one.id] = one.model_copy(update={"emails": (Email(address="x@example.org"),)})
    (found,) = differences(source, target).differences
    assert list(found.fields) == ["emails"]


def test_what_is_missing_and_what_is_too_much_is_named() -> None:
    source = filled()
    target = copied(source)
    gone = target.state.records["interaction"].pop(numbered(22))
    more = Interaction(id=numbered(99), contact=numbered(1), kind="visit", day=DAY)
    target.state.records["interaction"][more.id] = more
    target.state.origins["interaction", more.id] = 1
    found = differences(source, target).differences
    assert [(one.what, one.id) for one in found] == [("missing", str(gone.id)), ("extra", str(more.id))]


def test_batches_origins_and_the_journal_are_compared() -> None:
    source = filled()
    target = copied(source)
    target.state.headers = (replace(target.state.headers[0], reason="other"), *target.state.headers[1:])
    target.state.origins["contact", numbered(4)] = 2
    target.state.journal[1] = replace(target.state.journal[1], before={"name": "Somebody"})
    del target.state.journal[-1]
    found = differences(source, target)
    assert [(one.section, one.id, one.what, list(one.fields)) for one in found.differences] == [
        (BATCHES, "1", "changed", ["reason"]),
        ("contact", str(numbered(4)), "changed", ["batch"]),
        (JOURNAL, "2:2", "changed", ["before"]),
        (JOURNAL, "3:1", "missing", []),
    ]


def test_all_are_counted_though_few_are_named() -> None:
    found = differences(filled(), MemoryStore(PLUGIN_TYPES), named=5)
    assert (len(found.differences), found.differing) == (5, 3 + 7 + 9 + 1 + 4)
    assert found.count == found.differing


def test_a_type_that_one_side_does_not_know_differs() -> None:
    source, target = filled(), MemoryStore()
    found = differences(source, target)
    assert "test_pledge" in {one.section for one in found.differences}


def test_a_source_is_read_once_in_its_own_order() -> None:
    """As a backup is, which can't go back."""
    source = filled()
    target = copied(source)
    with source.contents() as mine, target.contents() as theirs:
        once = mine.chunks()
        mine.chunks = lambda after=None: once  # type: ignore[method-assign]
        assert compare(mine, theirs).same
        assert next(once, None) is None


@pytest.mark.parametrize("named", ["contact", BATCHES, JOURNAL, "takings", "nobody knows it"])
def test_a_section_by_its_name(named: str) -> None:
    with filled().contents() as contents:
        items: list[Any] = [item for name, item in contents.items() if name == named]
        found: list[Item] = [item for chunk in contents.section(named) for item in chunk.items]
    assert found == items
    assert bool(items) is (named in ("contact", BATCHES, JOURNAL))

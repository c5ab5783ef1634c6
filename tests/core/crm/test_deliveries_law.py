"""Exactly once: whatever order facts come in, however often and in what pieces, the records are the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.channel import Delivery, Fact, Somebody
from perthyn.crm import Actor, Crm
from perthyn.model import CORE_TYPES, Consent, Contact, Interaction, Problem, Takings
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn.testing import MemoryStore
from perthyn_sql import open_store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHOP = "shop:main"
WHO = (
    Somebody({"name": "Siân Llŷr", "email": "sian@x.cymru"}, "c1"),
    Somebody({"name": "Huw Llŷr", "email": "sian@x.cymru"}, "c2"),
    Somebody({"name": "Mair Puw", "email": "mair@x.cymru", "phone": "01970 623222"}),
    None,
)
tellings = st.builds(
    lambda number, version, bad: Fact(
        f"o{number}",
        {"kind": "juggling" if bad else "purchase", "at": NOON + timedelta(hours=version), "amount": version * 100},
        WHO[number % len(WHO)],
        version=version,
    ),
    st.integers(0, 7),
    st.integers(1, 3),
    st.integers(0, 9).map(lambda number: number == 0),
)
answers = st.builds(
    lambda n: Fact(f"c{n}", {"decision": "withdrawn", "channel": "email"}, WHO[n], type=Consent), st.integers(0, 2)
)


def summary(store: Store) -> object:
    """What is stored, apart from the ids that were made for it."""
    whose = {
        one.id: (one.name, sorted(mail.key for mail in one.emails), one.external_ids) for one in store.scan(Contact)
    }
    kept: list[Any] = sorted(map(repr, whose.values()))
    for type in (Interaction, Takings, Consent):
        for one in store.scan(type):
            held = {**one.plain(), "contact": whose.get(one.owner_id) if one.owner_id else None}
            kept.append((type.type_name, repr(sorted((name, held[name]) for name in held.keys() - {"id"}))))
    kept += [(one.code, json.loads(one.facts or "{}").get("id")) for one in store.scan(Problem) if one.state == "open"]
    return sorted(map(repr, kept))


def arrives(store: Store, deliveries: Sequence[Sequence[Fact]]) -> object:
    crm = Crm(store, Plugins(), Settings(), lambda: NOON, Random(7).randbytes, Actor("gwen"))
    for facts in deliveries:
        counts = crm.take_in(Delivery(SHOP, facts))
        assert counts.created + counts.revised + counts.unchanged + counts.older + counts.unread == len(facts)
    return summary(store)


def one_version_each(facts: Sequence[Fact]) -> list[Fact]:
    """A sender says one thing under one id and version."""
    return list({(fact.source_id, fact.version): fact for fact in facts}.values())


def any_way(data: st.DataObject, facts: Sequence[Fact]) -> list[list[Fact]]:
    """The facts shuffled, some of them again, split into deliveries."""
    some = data.draw(st.permutations([*facts, *data.draw(st.lists(st.sampled_from(facts), max_size=4))]))
    ends = sorted(data.draw(st.sets(st.integers(1, max(1, len(some) - 1)), max_size=4)))
    return [list(some[start:end]) for start, end in zip([0, *ends], [*ends, len(some)], strict=True)]


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(st.one_of(tellings, answers), min_size=1, max_size=14).map(one_version_each))
def test_any_order_any_repeats_any_pieces_are_the_same(data: st.DataObject, facts: list[Fact]) -> None:
    assert arrives(MemoryStore(), [facts]) == arrives(MemoryStore(), any_way(data, facts))


@settings(max_examples=15, deadline=None)
@given(st.data(), st.lists(st.one_of(tellings, answers), min_size=1, max_size=14).map(one_version_each))
def test_the_same_on_sqlite(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, facts: list[Fact]) -> None:
    url = f"sqlite:///{(tmp_path_factory.mktemp('law') / 'p.sqlite').as_posix()}"
    store = open_store(url, CORE_TYPES)
    try:
        assert arrives(MemoryStore(), [facts]) == arrives(store, any_way(data, facts))
    finally:
        store.close()

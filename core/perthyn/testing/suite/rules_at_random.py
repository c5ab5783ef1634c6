"""Rules at random: whatever the rule, the store answers as the law does. Needs hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perthyn.changes import Create, Delete
from perthyn.model import Consent, Contact, Interaction, Record
from perthyn.rules.closed import Closed, Measure
from perthyn.store import Store
from perthyn.testing.rules_strategies import Shares, closed_rules, contacts_and_history, days, measures
from perthyn.testing.suite.base import StoreCases, batch

at_random = settings(
    max_examples=30, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
)

TALLIED = (
    "kind",
    "channel",
    "day",
    "month",
    "event_type",
    "currency",
    "quantity",
    "source",
    "direction",
    "at",
    "contact",
)
RULES = 6
"""How many rules are asked of each organisation drawn."""


class RandomRuleCases(StoreCases):
    """Each answer held to the base class's, which is the law over all facts."""

    @contextmanager
    def holding(self, store: Store, records: Sequence[Record]) -> Iterator[None]:
        """The store with these records in it, and without them afterwards."""
        number = store.position()
        self.send(store, batch(f"in {number}", *map(Create, records)))
        try:
            yield
        finally:
            self.send(store, batch(f"out {number}", *map(Delete, reversed(records))))

    def test_select_is_the_law(self, store: Store) -> None:
        """Random rules over random organisations select whom the law selects, in id order."""
        shares = Shares()

        @at_random
        @given(st.data())
        def hold(data: st.DataObject) -> None:
            for rule, records in self.drawn(store, data, closed_rules):
                found = list(store.select(rule))
                assert found == list(Store.select(store, rule)), rule
                shares.note(len(found), sum(isinstance(record, Contact) for record in records))

        hold()
        assert shares.share > 0.1, str(shares)

    def test_count_is_the_laws(self, store: Store) -> None:
        """So is the number of those selected."""
        self.hold(store, closed_rules, lambda rule, _: (store.count(rule), Store.count(store, rule)))

    def test_among_is_the_law(self, store: Store) -> None:
        """Asked about some contacts, unknown ones among them."""

        def both(rule: Closed, ids: list[UUID]) -> tuple[Any, Any]:
            asked = [*ids[::2], UUID(int=1)]
            return store.among(rule, asked), Store.among(store, rule, asked)

        self.hold(store, closed_rules, both)

    def test_leaves_are_the_law(self, store: Store) -> None:
        """Asked about one contact."""

        def both(rule: Closed, ids: list[UUID]) -> tuple[Any, Any]:
            return ([store.leaves([rule], id) for id in ids], [Store.leaves(store, [rule], id) for id in ids])

        self.hold(store, closed_rules, both)

    def test_measures_are_the_laws(self, store: Store) -> None:
        """Values of measures for each contact."""

        def both(wanted: Measure, ids: list[UUID]) -> tuple[Any, Any]:
            return ([store.measures([wanted], id) for id in ids], [Store.measures(store, [wanted], id) for id in ids])

        self.hold(store, _measures, both)

    def test_spread_is_the_laws(self, store: Store) -> None:
        """How measures are spread."""
        self.hold(store, _measures, lambda wanted, _: (store.spread(wanted), Store.spread(store, wanted)))

    def test_totals_are_the_slow_ones(self, store: Store) -> None:
        """Totals of each contact."""
        self.hold(
            store,
            lambda _: st.none(),
            lambda _, ids: ([store.totals(id) for id in ids], [Store.totals(store, id) for id in ids]),
        )

    def test_tally_is_the_slow_one(self, store: Store) -> None:
        """Tallies by any fields, kinds and windows, and in any currency."""

        def both(asked: tuple[list[str], dict[str, Any]], _: list[UUID]) -> tuple[Any, Any]:
            by, more = asked
            return store.tally(Interaction, by, **more), Store.tally(store, Interaction, by, **more)

        self.hold(store, lambda _: _tallies, both)

    def test_facts_are_the_slow_ones(self, store: Store) -> None:
        """What the law sees is what get, scan and owned answer."""
        self.hold(
            store, lambda _: st.none(), lambda _, ids: (_plain(store.facts(ids)), _plain(Store.facts(store, ids)))
        )

    def test_search_is_the_slow_one(self, store: Store) -> None:
        """Whatever is typed, the same people in the same order."""
        typed = st.sampled_from(
            [
                "sisyfos",
                "Σίσυφος",
                "angstrom",
                "100%",
                "llan fair",
                "o'neill",
                "neill oneil",
                "ty'n",
                "dwr",
                "e",
                "a@example",
                "example.og",
                "sy208xx",
                "sy20",
                "01654700000",
                "01654",
                "strasse",
                "acb",
                "llanfair",
                "llnaf",
                "oneil syi",
                "i",
                "名",
            ]
        )
        self.hold(store, lambda _: typed, lambda text, _: (store.search(text), Store.search(store, text)))

    def hold(
        self,
        store: Store,
        asked: Callable[[Sequence[Record]], st.SearchStrategy[Any]],
        both: Callable[[Any, list[UUID]], tuple[Any, Any]],
    ) -> None:
        """Whatever is drawn to be asked, the store's answer and the slow one are equal."""

        @at_random
        @given(st.data())
        def hold(data: st.DataObject) -> None:
            for drawn, records in self.drawn(store, data, asked):
                fast, slow = both(drawn, [record.id for record in records if isinstance(record, Contact)])
                assert fast == slow, drawn

        hold()

    def drawn(
        self, store: Store, data: st.DataObject, asked: Callable[[Sequence[Record]], st.SearchStrategy[Any]]
    ) -> Iterator[tuple[Any, Sequence[Record]]]:
        """Things drawn to be asked of an organisation drawn, while the store holds it."""
        records = data.draw(contacts_and_history())
        things = data.draw(st.lists(asked(records), min_size=RULES, max_size=RULES))
        with self.holding(store, records):
            for thing in things:
                yield thing, records


def _measures(records: Sequence[Record]) -> st.SearchStrategy[Measure]:
    return st.one_of(measures(Interaction), measures(Interaction), measures(Consent))


def _plain(facts: Any) -> Any:
    return [
        (one.contact, {name: list(found) for name, found in one.owned.items() if found}, one.segments) for one in facts
    ]


_tallies = st.tuples(
    st.lists(st.sampled_from(TALLIED), max_size=3, unique=True),
    st.fixed_dictionaries(
        {
            "kinds": st.none() | st.lists(st.sampled_from(("visit", "donation", "nothing")), max_size=2),
            "since": st.none() | days(),
            "until": st.none() | days() | st.just(date.min),
            "currency": st.sampled_from(("GBP", "EUR", "")),
        }
    ),
)

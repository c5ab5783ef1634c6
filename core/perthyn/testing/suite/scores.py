"""Columns: everybody's measures at once, equal to what each measure says of each contact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from perthyn.rules.closed import Between, Compare, Field, Measure
from perthyn.store import Store
from perthyn.testing.suite.base import DAY, StoreCases, happened, paid, person

ANN, BEA, CAI = person(1, "Ann"), person(2, "Bea"), person(3, "Cai")
NEXT, LATER = DAY + timedelta(days=1), DAY + timedelta(days=9)


class ColumnCases(StoreCases):
    """What scores are worked out from."""

    def test_columns_are_the_measures(self, store: Store) -> None:
        """Of all kinds, of several, of one and by rows: who is there, and with which values."""
        self.add(
            store, ANN, BEA, CAI, happened(11, ANN), happened(12, ANN, "call", NEXT), paid(13, ANN, 500),
            paid(14, BEA, 70, NEXT), paid(15, BEA, -20), paid(16, BEA, 9, LATER, "EUR"), happened(17, BEA, day=LATER),
        )  # fmt: skip
        for kinds in (None, frozenset({"visit", "donation"}), frozenset({"donation"}), frozenset({"shift"})):
            for until in (None, DAY, NEXT, LATER):
                self.holds(store, _three(store, kinds, until=until))
                self.holds(store, _three(store, kinds, since=NEXT, until=until))
                self.holds(store, [Measure("interaction", "days", kinds=kinds, until=until)])

    def test_columns_of_rows_with_a_condition(self, store: Store) -> None:
        """The first measure says who is there; others may see other rows, or none."""
        self.add(store, ANN, BEA, paid(11, ANN, 500), paid(12, BEA, 70), happened(13, BEA))
        large = Measure("interaction", "count", where=Field("amount", Between(100, None)))
        largest = Measure("interaction", "largest", "amount", store.currency)
        self.holds(store, [large, largest, Measure("interaction", "first", kinds=frozenset({"visit"}))])

    def test_columns_of_nobody(self, store: Store) -> None:
        """Without any record there is nobody."""
        self.add(store, ANN)
        assert list(store.columns(_three(store, None))) == []
        assert list(store.columns(_three(store, None), ids=False)) == []

    def holds(self, store: Store, wanted: Sequence[Measure]) -> None:
        """The columns are what `select` and `measures` say."""
        found = [row for columns in store.columns(wanted) for row in zip(*columns, strict=True)]
        first = wanted[0]
        seen = Measure(
            first.record, "count", "", first.currency, first.kinds, first.where, first.since, first.until
        )  # fmt: skip
        there = list(store.select(Compare(seen, low=1)))
        assert sorted(row[0] for row in found) == [id.bytes for id in there]
        for id, *values in found:
            said = store.measures(wanted, UUID(bytes=id))
            assert values == [one.toordinal() if isinstance(one, date) else one for one in said], wanted
        bare = [row for columns in store.columns(wanted, ids=False) for row in zip(*columns, strict=True)]
        assert Counter(bare) == Counter(row[1:] for row in found)


def _three(store: Store, kinds: frozenset[str] | None, **window: Any) -> list[Measure]:
    return [
        Measure("interaction", "last", kinds=kinds, **window),
        Measure("interaction", "count", kinds=kinds, **window),
        Measure("interaction", "sum", "amount", store.currency, kinds, **window),
    ]

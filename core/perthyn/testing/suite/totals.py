"""Totals and tallies: all-time facts of one contact, and happenings counted in groups."""

from __future__ import annotations

from datetime import date, timedelta

from perthyn.changes import Create, Delete, Edit
from perthyn.model import Interaction, Takings
from perthyn.store import Store, Tally, Total
from perthyn.testing.suite.base import DAY, StoreCases, happened, numbered, paid, person, taken

ANN, BEA = person(1, "Ann"), person(2, "Bea")
NEXT = DAY + timedelta(days=1)


class TotalCases(StoreCases):
    """Sums that hold after every way of writing."""

    def test_totals_by_kind(self, store: Store) -> None:
        """Count, sum, first, last and days of each kind, in the kinds' order; other contacts aside."""
        rows = [
            paid(11, ANN, 500), paid(12, ANN, 250, NEXT), paid(13, ANN, 50, NEXT), happened(14, ANN), paid(15, BEA, 9),
        ]  # fmt: skip
        self.add(store, ANN, BEA, *rows)
        donations, visits = Total("donation", 3, 800, DAY, NEXT, 2), Total("visit", 1, 0, DAY, DAY, 1)
        assert store.totals(ANN.id) == [donations, visits]
        assert store.totals(numbered(9)) == []

    def test_refunds_lower_a_sum(self, store: Store) -> None:
        """A refund is a negative line: it counts, and takes from the sum."""
        self.add(store, ANN, paid(11, ANN, 500), paid(12, ANN, -500, NEXT), paid(13, ANN, -20, NEXT))
        assert store.totals(ANN.id) == [Total("donation", 3, -20, DAY, NEXT, 2)]

    def test_one_currency_is_summed(self, store: Store) -> None:
        """Lines in other currencies count and have days, and are not added up."""
        other = "EUR" if store.currency != "EUR" else "USD"
        self.add(store, ANN, paid(11, ANN, 500, currency=store.currency), paid(12, ANN, 7, NEXT, other))
        assert store.totals(ANN.id) == [Total("donation", 2, 500, DAY, NEXT, 2)]

    def test_large_sums_are_exact(self, store: Store) -> None:
        """Sums beyond 2**53 are exact."""
        self.add(store, ANN, *(paid(11 + n, ANN, 2**53 - n) for n in range(4)))
        assert store.totals(ANN.id)[0].amount == 4 * 2**53 - 6

    def test_totals_follow_an_edit(self, store: Store) -> None:
        """A corrected amount, day or kind is in the totals at once."""
        self.add(store, ANN, paid(11, ANN, 500), paid(12, ANN, 100, NEXT))
        self.write(store, Edit("interaction", numbered(11), {"amount": (500, 50), "day": (DAY, NEXT)}))
        assert store.totals(ANN.id) == [Total("donation", 2, 150, NEXT, NEXT, 1)]
        self.write(store, Edit("interaction", numbered(12), {"kind": ("donation", "membership")}))
        assert store.totals(ANN.id) == [
            Total("donation", 1, 50, NEXT, NEXT, 1),
            Total("membership", 1, 100, NEXT, NEXT, 1),
        ]

    def test_totals_follow_a_delete(self, store: Store) -> None:
        """What is deleted is taken off; a kind of which nothing is left is not listed."""
        first, last = paid(11, ANN, 500), paid(12, ANN, 100, NEXT)
        self.add(store, ANN, first, last)
        self.write(store, Delete(last))
        assert store.totals(ANN.id) == [Total("donation", 1, 500, DAY, DAY, 1)]
        self.write(store, Delete(first))
        assert store.totals(ANN.id) == []

    def test_totals_follow_a_move(self, store: Store) -> None:
        """A row that moves takes its share along."""
        self.add(store, ANN, BEA, paid(11, ANN, 500), paid(12, ANN, 70, NEXT), paid(13, BEA, 1))
        self.write(store, Edit("interaction", numbered(11), {"contact": (ANN.id, BEA.id)}))
        assert store.totals(ANN.id) == [Total("donation", 1, 70, NEXT, NEXT, 1)]
        assert store.totals(BEA.id) == [Total("donation", 2, 501, DAY, DAY, 1)]

    def test_totals_in_a_mixed_batch(self, store: Store) -> None:
        """Creating, editing and deleting rows of one contact in one batch comes out right."""
        rows = [paid(11 + n, ANN, 100 * (n + 1), DAY + timedelta(days=n)) for n in range(3)]
        self.add(store, ANN, *rows)
        self.write(
            store, Delete(rows[2]), Create(paid(20, ANN, 7, DAY - timedelta(days=9))),
            Edit("interaction", rows[0].id, {"currency": ("GBP", None), "amount": (100, None)}),
        )  # fmt: skip
        assert store.totals(ANN.id) == [Total("donation", 3, 207, DAY - timedelta(days=9), NEXT, 3)]

    def test_tally_of_everything(self, store: Store) -> None:
        """Without groups one line tells all: records, sum and distinct contacts."""
        self.add(store, ANN, BEA, paid(11, ANN, 500), paid(12, ANN, -200), paid(13, BEA, 50), happened(14, BEA))
        assert store.tally(Interaction, currency="GBP") == [Tally((), 4, 350, 2)]

    def test_tally_of_nothing(self, store: Store) -> None:
        """Nothing to count gives no line."""
        self.add(store, ANN, happened(11, ANN))
        assert (
            store.tally(Takings) == store.tally(Interaction, kinds=[]) == store.tally(Interaction, until=date.min) == []
        )

    def test_tally_in_groups(self, store: Store) -> None:
        """By one field or several, sorted by group, the unknown first."""
        self.add(
            store, ANN, BEA, happened(11, ANN, site="Tŷ"), happened(12, BEA, site="Tŷ", channel="web"),
            happened(13, BEA), happened(14, ANN, "call", site="Bae"), happened(15, ANN, site="Tŷ"),
        )  # fmt: skip
        assert store.tally(Interaction, ["site"]) == [
            Tally((None,), 1, 0, 1), Tally(("Bae",), 1, 0, 1), Tally(("Tŷ",), 3, 0, 2),
        ]  # fmt: skip
        assert store.tally(Interaction, ["kind", "channel"]) == [
            Tally(("call", None), 1, 0, 1), Tally(("visit", None), 3, 0, 2), Tally(("visit", "web"), 1, 0, 1),
        ]  # fmt: skip

    def test_groups_are_as_written(self, store: Store) -> None:
        """Values that fold alike are groups of their own, in the order of their code points."""
        self.add(store, *(taken(11 + n, site=site) for n, site in enumerate(("é", "E", "e", "e", "Z", "ŵ"))))
        assert [(line.by, line.count) for line in store.tally(Takings, ["site"])] == [
            (("E",), 1), (("Z",), 1), (("e",), 2), (("é",), 1), (("ŵ",), 1),
        ]  # fmt: skip

    def test_tally_by_month_and_day(self, store: Store) -> None:
        """Months are "YYYY-MM" of the day, days are days."""
        days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 1))
        self.add(store, *(taken(11 + n, day, amount=1, currency="GBP") for n, day in enumerate(days)))
        assert [(line.by, line.count) for line in store.tally(Takings, ["month"])] == [
            (("2025-12",), 1), (("2026-01",), 2), (("2026-02",), 2),
        ]  # fmt: skip
        assert [line.by for line in store.tally(Takings, ["day"])] == [(day,) for day in sorted(set(days))]

    def test_tally_in_a_window(self, store: Store) -> None:
        """Both ends of the window belong to it; an open end leaves nothing out."""
        self.add(store, *(taken(11 + n, DAY + timedelta(days=n)) for n in range(5)))
        inner = (DAY + timedelta(days=1), DAY + timedelta(days=3))
        assert [line.by[0] for line in store.tally(Takings, ["day"], since=inner[0], until=inner[1])] == [
            DAY + timedelta(days=n) for n in (1, 2, 3)
        ]
        assert store.tally(Takings, since=inner[0])[0].count == store.tally(Takings, until=inner[1])[0].count == 4

    def test_tally_of_kinds(self, store: Store) -> None:
        """Only the kinds asked for, exactly as written."""
        self.add(store, *(taken(11 + n, kind=kind) for n, kind in enumerate(("visit", "Visit", "purchase"))))
        assert store.tally(Takings, ["kind"], kinds=["visit", "other"]) == [Tally(("visit",), 1, 0, 0)]

    def test_tally_sums_one_currency(self, store: Store) -> None:
        """Of the currency asked for; of none, nothing is summed."""
        self.add(
            store, taken(11, amount=500, currency="GBP"), taken(12, amount=7, currency="EUR"), taken(13, amount=3),
            taken(14, amount=-100, currency="GBP"), taken(15),
        )  # fmt: skip
        assert store.tally(Takings, currency="GBP") == [Tally((), 5, 400, 0)]
        assert store.tally(Takings, currency="EUR") == [Tally((), 5, 7, 0)]
        assert store.tally(Takings) == [Tally((), 5, 0, 0)]

    def test_takings_have_no_contacts(self, store: Store) -> None:
        """Till lines are counted and are nobody's: they are in no contact's totals."""
        self.add(store, ANN, taken(11, amount=500, currency="GBP"), paid(12, ANN, 1))
        assert store.tally(Takings, ["kind"], currency="GBP") == [Tally(("purchase",), 1, 500, 0)]
        assert store.tally(Interaction, ["kind"], currency="GBP") == [Tally(("donation",), 1, 1, 1)]

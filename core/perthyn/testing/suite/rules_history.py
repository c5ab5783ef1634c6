"""Rules about what happened: windows, sums and days, each with the answer written out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from perthyn.changes import Create, Delete, Edit
from perthyn.model import Consent, Interaction, Membership, to_wire
from perthyn.rules.closed import All, Any, AnyPart, Between, Closed, Compare, Field, Known, Measure, Member, Not
from perthyn.store import Store
from perthyn.testing.suite.base import NOON, happened, numbered, paid, person, taken
from perthyn.testing.suite.rules import AFTER, BEFORE, SINCE, UNTIL, RuleCases, is_

VISITS = frozenset(["visit"])


def some(
    what: str = "count", field: str = "", low: int | date | None = 1, high: int | date | None = None, **more: object
) -> Compare:
    """A measure of interactions within bounds; at least one of them, unless said otherwise."""
    return Compare(Measure("interaction", what, field, **more), low, high)  # type: ignore[arg-type]


def pounds(what: str, low: int | None = 1, high: int | None = None, **more: object) -> Compare:
    """A measure of amounts in pounds, in pence, within bounds."""
    return some(what, "amount", low, high, currency="GBP", **more)


class HistoryRuleCases(RuleCases):
    """Who is in, by what they did and did not do."""

    @pytest.fixture
    def history(self, store: Store) -> Iterator[Store]:
        """Five people: nothing; at a window's edges; a refund; another currency; the future."""
        people = [person(number) for number in range(1, 6)]
        _, two, three, four, five = people
        assert store.currency == "GBP"
        self.add(
            store, *people,
            happened(11, two, day=SINCE, party_size=2, channel="Web", lead_days=0),
            happened(12, two, day=UNTIL, party_size=5),
            happened(13, two, day=UNTIL, channel="till"),
            happened(14, three, day=BEFORE), paid(15, three, 500, SINCE), paid(16, three, -500, UNTIL, event="Ŵyl"),
            paid(17, four, 101, UNTIL, "EUR"), paid(18, four, -3, UNTIL), paid(19, four, -4, BEFORE),
            happened(20, five, day=AFTER), paid(21, five, 2**53, AFTER), paid(22, five, 2**53, UNTIL),
            taken(23, UNTIL),
        )  # fmt: skip
        yield store

    def test_a_window_holds_its_first_day(self, history: Store) -> None:
        """What happened on the first day of a window is in it, what happened the day before is not."""
        assert self.members(history, some(kinds=VISITS, since=SINCE)) == {2, 5}
        assert self.members(history, some(kinds=VISITS, since=BEFORE)) == {2, 3, 5}

    def test_a_window_holds_its_last_day(self, history: Store) -> None:
        """What happened on the last day of a window is in it, what happened the day after is not."""
        assert self.members(history, some(low=3, kinds=VISITS, until=UNTIL)) == {2}
        assert self.members(history, some(kinds=VISITS, since=UNTIL, until=AFTER)) == {2, 5}

    def test_none_is_an_answer(self, history: Store) -> None:
        """Those to whom nothing happened are found by having none, in a window and at all."""
        assert self.members(history, some(low=None, high=0)) == {1}
        assert self.members(history, some(low=None, high=0, since=AFTER)) == {1, 2, 3, 4}
        assert self.members(history, pounds("sum", low=0, high=0)) == {1, 2, 3}

    @pytest.mark.parametrize(
        ("rule", "found"),
        [
            (some(), {2, 3, 4, 5}),
            (some(low=0), {1, 2, 3, 4, 5}),
            (some(low=None, high=0), {1}),
            (Not(some()), {1}),
            (some(low=None), {1, 2, 3, 4, 5}),
            (some(low=3, high=3), {2, 3, 4, 5}),
            (some(kinds=VISITS), {2, 3, 5}),
            (some(kinds=frozenset(["Visit"])), set()),
            (some(kinds=frozenset()), set()),
            (some(low=None, high=0, kinds=VISITS), {1, 4}),
            (some(kinds=VISITS, since=SINCE, until=UNTIL), {2}),
            (some(low=3, kinds=VISITS, since=SINCE, until=UNTIL), {2}),
            (some(low=2, kinds=VISITS, since=SINCE + timedelta(days=1), until=UNTIL), {2}),
            (some(low=None, high=1, kinds=VISITS, since=SINCE, until=BEFORE), {1, 2, 3, 4, 5}),
            (some(since=BEFORE, until=BEFORE), {3, 4}),
            (some(since=SINCE, until=SINCE), {2, 3}),
            (some(until=BEFORE), {3, 4}),
            (some(since=AFTER), {5}),
            (some(since=UNTIL, until=SINCE), set()),
            (some("days", low=2), {2, 3, 4, 5}),
            (some("days", low=3), {3}),
            (some("days", low=None, high=0), {1}),
            (some("first", low=None, high=BEFORE), {3, 4}),
            (some("first", low=SINCE), {2, 5}),
            (some("last", low=AFTER), {5}),
            (some("last", low=None, high=UNTIL), {2, 3, 4}),
            (Not(some("last", low=SINCE)), {1}),
            (some("last", low=None, until=UNTIL), {2, 3, 4, 5}),
            (some("first", low=None, kinds=VISITS), {2, 3, 5}),
            (pounds("sum", low=1), {5}),
            (pounds("sum", low=0, high=0), {1, 2, 3}),
            (pounds("sum", low=None, high=-1), {4}),
            (some("sum", "amount", currency="EUR", low=1), {4}),
            (pounds("sum", low=500, until=SINCE), {3}),
            (pounds("sum", low=2**54), {5}),
            (pounds("sum", low=2**54 + 1), set()),
            (some(currency="EUR"), {4}),
            (some(currency="GBP", low=2), {3, 4, 5}),
            (pounds("largest", low=500), {3, 5}),
            (pounds("smallest", low=None, high=-500), {3}),
            (pounds("largest", low=None), {3, 4, 5}),
            (Not(pounds("largest", low=None)), {1, 2}),
            (pounds("average", low=-4, high=-4), {4}),
            (pounds("average", low=0, high=0), {3}),
            (some("sum", "party_size", low=7, high=7), {2}),
            (some("average", "party_size", low=3, high=3), {2}),
            (some("largest", "party_size", low=None), {2}),
            (some("sum", "lead_days", low=0, high=0), {1, 2, 3, 4, 5}),
            (some("smallest", "lead_days", low=0, high=0), {2}),
            (some(where=is_("channel", "web")), {2}),
            (some(where=Not(is_("channel", "web"))), {2, 3, 4, 5}),
            (some(low=None, high=0, where=is_("channel", "web")), {1, 3, 4, 5}),
            (some(where=Not(Field("channel", Known())), kinds=VISITS), {2, 3, 5}),
            (some(where=is_("event", "wyl")), {3}),
            (some(where=Field("amount", Between(None, -1))), {3, 4}),
            (some(where=is_("month", 2)), {2, 3, 4}),
            (some(where=is_("weekday", SINCE.isoweekday())), {2, 3}),
            (some(where=Any((is_("channel", "web"), Field("party_size", Between(5, None)))), low=2), {2}),
            (Not(Any((some(kinds=VISITS), some("sum", "amount", currency="EUR", low=1)))), {1}),
        ],
    )
    def test_rules_about_what_happened(self, history: Store, rule: Closed, found: set[int]) -> None:
        """Edges of windows, refunds, currencies, nothing at all, floors of averages, conditions under NOT."""
        assert self.members(history, rule) == found

    def test_rules_about_consents(self, store: Store) -> None:
        """Records without a day are measured without a window; instants compare to the millisecond."""
        said = [("email", "given", 0), ("post", "refused", 1), ("email", "withdrawn", 2)]
        self.add(store, person(1), person(2), person(3))
        self.add(store, *(
            Consent(id=numbered(11 + n), contact=numbered(1 + n % 2), channel=channel, decision=decision,
                    recorded=NOON + timedelta(milliseconds=step))
            for n, (channel, decision, step) in enumerate(said)
        ))  # fmt: skip

        def recorded(low: int | None, high: int | None) -> Compare:
            noon = to_wire("instant", NOON)
            ends = Between(None if low is None else noon + low, None if high is None else noon + high)
            return Compare(Measure("consent", "count", where=Field("recorded", ends), day_field=""), low=1)

        refused = Measure("consent", "count", where=is_("decision", "refused", "withdrawn"), day_field="")
        assert self.members(store, Compare(refused, low=1)) == {1, 2}
        assert self.members(store, Compare(refused, low=None, high=0)) == {3}
        assert self.members(store, recorded(2, None)) == {1}
        assert self.members(store, recorded(1, 1)) == {2}
        assert self.members(store, recorded(None, 0)) == {1}
        assert self.members(store, recorded(3, None)) == set()

    def test_members_of_a_segment(self, store: Store) -> None:
        """Who stands in a hand-picked segment, and who no longer does."""
        joined = [Membership(id=numbered(20 + n), contact=numbered(n), segment=numbered(9), since=NOON) for n in (1, 3)]
        self.add(store, *(person(n) for n in (1, 2, 3)), *joined)
        assert self.members(store, Member(numbered(9))) == {1, 3}
        assert self.members(store, Member(numbered(8))) == set()
        assert self.members(store, All((Member(numbered(9)), Not(Member(numbered(8)))))) == {1, 3}
        self.write(store, Delete(joined[0]))
        assert self.members(store, Member(numbered(9))) == {3}

    def test_days_decide_and_not_instants(self, store: Store) -> None:
        """Half past eleven at night in summer-time London is the next UTC day's no more: `day` counts."""
        late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
        self.add(store, person(1), happened(11, person(1), day=date(2026, 7, 1), at=late))
        assert self.members(store, some(since=date(2026, 7, 1), until=date(2026, 7, 1))) == {1}
        assert self.members(store, some(until=date(2026, 6, 30))) == set()

    def test_rules_follow_every_change(self, store: Store) -> None:
        """Membership is right after an edit, a move, a delete and a return, of rows and of contacts."""
        row = paid(11, person(1), 500)
        self.add(store, person(1, "Ann"), person(2, "Bea"), row)
        gave = pounds("sum", low=400, kinds=frozenset(["donation"]))
        named = is_("name", "ann")
        seen = []
        for changes in (
            [],
            [
                Edit("interaction", row.id, {"amount": (500, 300)}),
                Edit("contact", numbered(2), {"name": ("Bea", "ÁNN")}),
            ],
            [Edit("interaction", row.id, {"amount": (300, 900), "contact": (numbered(1), numbered(2))})],
            [Delete(row.with_values({"amount": 900, "contact": numbered(2)})), Delete(person(1, "Ann"))],
            [Create(person(1, "Ann")), Create(row)],
        ):
            self.write(store, *changes)
            seen.append((self.members(store, gave), self.members(store, named)))
        assert seen == [({1}, {1}), (set(), {1, 2}), ({2}, {1, 2}), (set(), {2}), ({1}, {1, 2})]

    def test_among_some(self, history: Store) -> None:
        """Of those asked about only; unknown contacts are in nothing; nobody asked, nobody answered."""
        asked = [numbered(1), numbered(2), numbered(2), numbered(77)]
        assert history.among(some(), asked) == {numbered(2)}
        assert history.among(Not(some()), asked) == {numbered(1)}
        assert history.among(some(), []) == set()

    def test_leaves_of_somebody_unknown(self, history: Store) -> None:
        """Nothing is true of a contact that is not there, NOT neither."""
        assert history.leaves([All(()), Not(some())], numbered(77)) == [False, False]
        assert history.leaves([], numbered(1)) == []

    def test_measures_of_one(self, history: Store) -> None:
        """The values themselves, in the order asked; None where unknown."""
        wanted = [
            Measure("interaction", "count"), Measure("interaction", "sum", "amount", "GBP"),
            Measure("interaction", "last", until=UNTIL), Measure("interaction", "first", kinds=frozenset(["call"])),
            Measure("interaction", "average", "amount", "GBP"), Measure("interaction", "days"),
        ]  # fmt: skip
        assert history.measures(wanted, numbered(4)) == [3, -7, UNTIL, None, -4, 2]
        assert history.measures(wanted, numbered(1)) == [0, 0, None, None, None, 0]
        assert history.measures(wanted, numbered(77)) == [None] * 6

    def test_spread_of_a_measure(self, history: Store) -> None:
        """How many contacts have each value, ascending; those without any record are left out."""
        assert history.spread(Measure("interaction", "count")) == [(3, 4)]
        assert history.spread(Measure("interaction", "sum", "amount", "GBP")) == [(-7, 1), (0, 1), (2**54, 1)]
        visits = Measure("interaction", "count", kinds=frozenset(["visit"]), since=SINCE, until=UNTIL)
        assert history.spread(visits) == [(3, 1)]
        assert history.spread(Measure("interaction", "count", kinds=frozenset(["call"]))) == []

    def test_deep_and_wide_rules(self, history: Store) -> None:
        """Rules nested and joined far beyond what a person writes."""
        deep: Closed = some()
        for _ in range(40):
            deep = Not(deep)
        wide = Any(tuple(some(since=SINCE + timedelta(days=n), until=SINCE + timedelta(days=n)) for n in range(60)))
        many = AnyPart("tags", is_("tag", *(f"tag {n}" for n in range(1500))))
        assert self.members(history, deep) == {2, 3, 4, 5}
        assert self.members(history, wide) == {2, 3}
        assert self.members(history, many) == set()

    def test_takings_are_nobodys(self, store: Store) -> None:
        """Till lines make nobody a visitor."""
        self.add(store, person(1), taken(11, kind="visit"))
        assert self.members(store, some()) == set()
        assert store.count_of(Interaction) == 0

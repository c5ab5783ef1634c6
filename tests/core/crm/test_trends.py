"""Trends: equal to counting one by one, on each store, in every step; what nobody may see is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perthyn.crm.trends import MOST, Period, Trend, months_on, periods_of
from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.model import Contact, Interaction, Takings

Office = Any  # the class stands in conftest.py
NAMES = ("visits", "income", "people", "segments")
DAYS = st.dates(date(2024, 11, 1), date(2026, 12, 31))
KINDS = st.sampled_from(["visit", "visit", "donation", "purchase", "email"])
AMOUNTS = st.sampled_from([None, 0, 500, -500, 12_345, 10**12])
THINGS = st.lists(
    st.tuples(st.integers(0, 3), KINDS, DAYS, AMOUNTS, st.sampled_from(["GBP", "GBP", "EUR"])), max_size=25
)


def numbers(trend: Trend) -> dict[str, list[int | None]]:
    return {line.name: list(line.values) for line in trend.lines}


def told(office: Office, name: str, **asked: Any) -> dict[str, list[int | None]]:
    return numbers(office.crm.trend(name, **asked))


# -- the days -------------------------------------------------------------------------------------------------


@given(since=DAYS, until=DAYS, step=st.sampled_from(["month", "quarter", "year"]), starts=st.integers(1, 12))
def test_periods_share_out_the_days(since: date, until: date, step: str, starts: int) -> None:
    since, until = sorted([since, until])
    found = periods_of(since, until, step, starts)
    days = [one.since + timedelta(n) for one in found for n in range((one.until - one.since).days + 1)]
    assert days == [since + timedelta(n) for n in range((until - since).days + 1)]
    months = {"month": 1, "quarter": 3, "year": 12}[step]
    for one in found[1:]:
        assert one.since.day == 1 and (one.since.month - starts) % months == 0
    for one in found:
        whole = one.since.day == 1 and (one.since.month - starts) % months == 0
        assert one.partly is not (whole and one.until + timedelta(1) == months_on(one.since, months))


def test_days_that_make_no_chart_are_refused() -> None:
    for since, until, code in (
        (date(2026, 2, 1), date(2026, 1, 1), "trend.days"),
        (date(1, 1, 1), date(2026, 1, 1), "trend.days"),
        (date(2026, 1, 1), date.max, "trend.days"),
        (date(2021, 1, 1), date(2026, 1, 1), "trend.long"),
    ):
        with pytest.raises(PerthynError) as told:
            periods_of(since, until)
        assert told.value.code == code
    assert len(periods_of(date(2021, 1, 1), date(2025, 12, 31))) == MOST
    assert len(periods_of(date(1990, 1, 1), date(2026, 1, 1), "year")) == 37


# -- against counting one by one --------------------------------------------------------------------------------


class Slow:
    """The same numbers, counted one by one."""

    def __init__(self, things: Sequence[Interaction], takings: Sequence[Takings], periods: Sequence[Period]) -> None:
        self.things, self.takings, self.periods = things, takings, periods

    def visits(self) -> dict[str, list[int]]:
        return {"known": self._in(self.things), "unknown": self._in(self.takings)}

    def _in(self, some: Sequence[Interaction | Takings]) -> list[int]:
        return [sum(x.kind == "visit" and p.since <= x.day <= p.until for x in some) for p in self.periods]

    def income(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for x in (*self.things, *self.takings):
            for place, p in enumerate(self.periods):
                if p.since <= x.day <= p.until and x.currency == "GBP":
                    found.setdefault(x.kind, [0] * len(self.periods))[place] += x.amount or 0
        return {kind: values for kind, values in found.items() if any(values)}

    def people(self) -> dict[str, list[int]]:
        engaged = [x for x in self.things if x.kind != "email"]
        firsts = {c: min(x.day for x in engaged if x.contact == c) for c in {x.contact for x in engaged}}
        new, old = [], []
        for p in self.periods:
            here = {x.contact for x in engaged if p.since <= x.day <= p.until}
            new.append(sum(p.since <= firsts[c] for c in here))
            old.append(sum(firsts[c] < p.since for c in here))
        return {"new": new, "returning": old}

    def came_lately(self) -> list[int]:
        """Who visited in the last 3 months, when each period ended."""
        return [
            len({x.contact for x in self.things if x.kind == "visit" and three_back(p.until) < x.day <= p.until})
            for p in self.periods
        ]


def three_back(day: date) -> date:
    start = months_on(day, -3)
    return min(start + timedelta(day.day - 1), months_on(start, 1) - timedelta(1))


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_equal_to_counting_one_by_one(build: Callable[[str], Office], kind: str) -> None:
    """A law of each store: one store is filled for each example, and emptied by taking all back."""
    office = build(kind)
    people = [office.person(name) for name in ("Ann", "Ben", "Cai", "Dai")]
    lately, _ = office.crm.add_segment("Lately", None, "visits at least 1 in last 3 months")
    by_hand, _ = office.crm.add_segment("Friends", None, "", mode="hand", contacts=[one.id for one in people[:3]])

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(things=THINGS, tills=THINGS, ends=st.tuples(DAYS, DAYS), step=st.sampled_from(["month", "quarter", "year"]))
    def law(things: Any, tills: Any, ends: tuple[date, date], step: str) -> None:
        since, until = sorted(ends)
        done, taken = records(office, people, things, tills)
        header = office.crm.batch()
        trends = {name: office.crm.trend(name, since, until, step) for name in NAMES}
        slow = Slow(done, taken, trends["visits"].periods)
        assert numbers(trends["visits"]) == slow.visits()
        income = numbers(trends["income"])
        assert {kind: values for kind, values in income.items() if any(values)} == slow.income()
        assert numbers(trends["people"]) == slow.people()
        assert numbers(trends["segments"]) == {
            str(lately.id): slow.came_lately(), str(by_hand.id): [3] * len(slow.periods)
        }  # fmt: skip
        if done or taken:
            office.crm.undo(header)

    law()


def records(
    office: Office, people: Sequence[Contact], things: Any, tills: Any
) -> tuple[list[Interaction], list[Takings]]:
    def values(kind: str, day: date, amount: int | None, currency: str) -> dict[str, Any]:
        money = {} if amount is None else {"amount": amount, "currency": currency}
        return {"id": office.crm.ids(), "kind": kind, "day": day, **money}

    done = [Interaction(contact=people[who].id, **values(*rest)) for who, *rest in things]
    taken = [Takings(**values(*rest)) for _, *rest in tills]
    if done or taken:
        office.keep(*done, *taken)
    return done, taken


# -- by hand ----------------------------------------------------------------------------------------------------


def test_twelve_months_up_to_today_unless_told(office: Office) -> None:
    ann = office.person("Ann")
    office.did(ann, day=date(2025, 11, 30))
    office.did(ann, day=date(2025, 12, 1))
    office.did(ann, day=date(2026, 11, 22))
    office.did(ann, day=date(2026, 11, 23))
    trend = office.crm.trend("visits")
    assert len(trend.periods) == 12 and trend.unit == "visits" and not trend.empty
    assert trend.periods[0] == Period(date(2025, 12, 1), date(2025, 12, 31))
    assert trend.periods[-1] == Period(date(2026, 11, 1), date(2026, 11, 22), partly=True)
    assert trend.lines[0].values == (1, *[0] * 10, 1)
    office.did(ann)
    assert office.crm.trend("visits").lines[0].values[-1] == 2  # what is kept goes when something happens


def test_income_is_that_of_the_report(office: Office) -> None:
    ann = office.person("Ann")
    office.did(ann, "donation", date(2026, 3, 1), amount=5000)
    office.did(ann, "donation", date(2026, 4, 1), amount=-5000)
    office.till("purchase", date(2026, 3, 31), amount=350)
    office.till("purchase", date(2026, 3, 31), amount=999, currency="EUR")
    found = told(office, "income", since=date(2026, 3, 1), until=date(2026, 4, 30))
    assert found == {"donation": [5000, -5000], "purchase": [350, 0]}
    whole = sum(sum(filter(None, values)) for values in told(office, "income").values())
    assert whole == office.crm.number("income").value == 350
    assert office.desk(language="cy").trend("income").lines[0].label == "rhoddion"


def test_an_empty_store_has_empty_trends(office: Office) -> None:
    for name in NAMES:
        trend = office.crm.trend(name)
        assert trend.empty and trend.name == name and len(trend.periods) == 12


def test_a_segment_that_is_not_understood_has_no_size(office: Office) -> None:
    office.did(office.person("Ann"))
    fine, _ = office.crm.add_segment("Came", None, "visits at least 1")
    inside, _ = office.crm.add_segment("Gone", None, "has email")
    office.crm.remove_segment(inside)
    broken = inside.model_copy(update={"id": office.crm.ids(), "rule": '{"field":"nowhere","operator":"known"}'})
    office.keep(broken)
    found = told(office, "segments", until=office.now.date())
    assert found[str(broken.id)] == [None] * 12
    assert found[str(fine.id)] == [0] * 11 + [1]


def test_names_and_steps_nobody_knows_are_refused(office: Office) -> None:
    for asked, code in ((("visit",), "trend.unknown"), (("visits", None, None, "week"), "trend.step.unknown")):
        with pytest.raises(Unknown) as told:
            office.crm.trend(*asked)
        assert told.value.code == code


@pytest.mark.parametrize(
    ("name", "rights", "missing"),
    [
        ("visits", ["contact.read"], "report.read"),
        ("income", ["report.read"], "money.read"),
        ("people", ["report.read"], "contact.read"),
        ("segments", ["report.read", "segment.read"], "contact.read"),
        ("segments", ["report.read", "contact.read"], "segment.read"),
    ],
)
def test_each_asks_for_its_rights(office: Office, name: str, rights: list[str], missing: str) -> None:
    with pytest.raises(Forbidden) as told:
        office.desk(*rights).trend(name)
    assert told.value.facts["right"] == missing


def test_a_segment_by_money_is_not_sized_for_who_may_not_see_money(office: Office) -> None:
    rich, _ = office.crm.add_segment("Rich", None, "interactions with amount more than 100 at least 1")
    office.crm.add_segment("Came", None, "visits at least 1")
    reader = office.desk("report.read", "contact.read", "segment.read")
    assert [line.label for line in reader.trend("segments").lines] == ["Came"]
    with pytest.raises(Forbidden) as told:
        reader.trend("segments", segments=[rich])
    assert told.value.code == "right.field"


def test_whoever_may_not_see_who_gave_is_not_told_in_sum(office: Office) -> None:
    office.did(office.person("Ann"), "donation", amount=500)
    marketing = office.desk("report.read", "contact.read", "segment.read", "money.read")
    assert marketing.trends() == ["visits", "segments"]
    for name in ("income", "people"):
        with pytest.raises(Forbidden) as told:
            marketing.trend(name)
        assert told.value.code == "right.field" and told.value.facts["right"] == "donation.read"
    assert office.crm.trends() == list(NAMES)
    assert office.desk("report.read").trends() == ["visits"]

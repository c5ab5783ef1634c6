"""Trends: how the organisation's numbers go month by month: visits, income, new people, the sizes of segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from perthyn.crm.lasting import Lasting
from perthyn.crm.reports import Reports
from perthyn.crm.written import Written
from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.model import Happening, Interaction, Segment, Takings
from perthyn.rules.closed import Closed, Measure
from perthyn.store import Tally
from perthyn.text import nearest, phrase

STEPS = {"month": 1, "quarter": 3, "year": 12}
"""How many months there are in each step."""
MOST = 60
"""How many periods a trend may have."""
SIZES = 2_000
"""The sizes of so many rules are held: those of thirty segments in as many periods as a trend may have."""


@dataclass(frozen=True, slots=True)
class Period:
    """`since`..`until`, both included. `partly`: it is a part only of its month, quarter or year."""

    since: date
    until: date
    partly: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What is counted of one thing in each period; None where nobody knows. `name` stays, `label` is for people.

    `label` is a sentence marked by `phrase`, or, where it is `named`, a name in the reader's language.
    """

    name: str
    label: str
    values: tuple[int | None, ...]
    named: bool = False


@dataclass(frozen=True, slots=True)
class Trend:
    """Numbers by period. `unit`: "visits", "people" or "money" (minor units of `currency`).

    `stands`: each number is how things stood when its period ended, so that they can't be added up.
    """

    name: str
    label: str
    unit: str
    step: str
    periods: tuple[Period, ...]
    lines: tuple[Line, ...]
    currency: str = ""
    stands: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return not any(value for line in self.lines for value in line.values)


TRENDS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "visits": (), "income": ("money.read",), "people": ("contact.read",), "segments": ("contact.read", "segment.read"),
})  # fmt: skip
"""Every trend there is, with the rights that it needs besides ``report.read``."""


class Trends(Lasting, Reports):
    """What a person can ask of how numbers went."""

    def trends(self) -> list[str]:
        """The names of those that the actor may ask for."""
        self.check("report.read")
        return [
            name for name, rights in TRENDS.items()
            if all(map(self.actor.may, rights)) and self.sees_kinds(self._kinds_counted(name))
        ]  # fmt: skip

    def trend(
        self,
        name: str,
        since: date | None = None,
        until: date | None = None,
        step: str = "month",
        segments: Sequence[Segment] | None = None,
    ) -> Trend:
        """One of `TRENDS` from `since` to `until` (the twelve months up to today), by month, quarter or year.

        *visits*: by people we know, and by others. *income*: in the store's currency, by kind, of contacts and takings.
        *people*: whose first happening ever is in the period, and who had come before; what was sent to them is none.
        *segments*: how many people each of `segments` (all whose rules the actor may see) has when the period ends: by
        what had happened until then, and what is known of the people now; fixed and hand-picked ones as they are now.

        Raises `Unknown` (``trend.unknown``, ``trend.step.unknown``), `PerthynError` (``trend.days``, ``trend.long``),
        and `Forbidden` (``right.field``) where it counts what the actor may not see.
        """
        self.check("report.read")
        makers: Mapping[str, Callable[[tuple[Period, ...], str], Trend]] = {
            "visits": self._visits_trend,
            "income": self._income_trend,
            "people": self._people_trend,
            "segments": lambda periods, step: self._segments_trend(periods, step, segments),
        }
        for word, known, code in ((name, TRENDS, "trend.unknown"), (step, STEPS, "trend.step.unknown")):
            if word not in known:
                raise Unknown(code, name=word, suggestion=nearest(word, known), known=", ".join(known))
        for right in TRENDS[name]:
            self.check(right)
        self.check_kinds(self._kinds_counted(name))
        until = until or self.today()
        since = since or (months_on(until, -11) if until.year > 1 else until)
        return makers[name](periods_of(since, until, step, self.settings.year_starts), step)

    def _visits_trend(self, periods: tuple[Period, ...], step: str) -> Trend:
        lines = tuple(
            Line(name, label, self._visits_of(type, periods))
            for name, label, type in (
                ("known", phrase("by people we know"), Interaction),
                ("unknown", phrase("by people we do not know"), Takings),
            )
        )
        return Trend("visits", phrase("Visits"), "visits", step, periods, lines)

    def _visits_of(self, type: type[Happening], periods: tuple[Period, ...]) -> tuple[int, ...]:
        def counted() -> tuple[int, ...]:
            found: Counter[Period] = Counter()
            for period, line in self._tallied(type, periods, kinds=["visit"]):
                found[period] += line.count
            return tuple(found[one] for one in periods)

        return self.kept(f"visits {type.type_name} {_days(periods)}", counted)

    def _income_trend(self, periods: tuple[Period, ...], step: str) -> Trend:
        by_kind = self.kept(f"income {_days(periods)}", lambda: self._income_by_kind(periods))
        labels = {one.name: one.cy[1] if self.language == "cy" else one.en[1] for one in self.kinds()}
        lines = tuple(Line(kind, labels.get(kind, kind), values, True) for kind, values in by_kind.items())
        return Trend("income", phrase("Income"), "money", step, periods, lines, self.settings.currency)

    def _income_by_kind(self, periods: Sequence[Period]) -> dict[str, tuple[int, ...]]:
        """Of each kind that brought anything; the greatest first, by what came and went, so that refunds count."""
        found: Counter[tuple[str, Period]] = Counter()
        for type in (Interaction, Takings):
            for period, line in self._tallied(type, periods, ["kind"], currency=self.settings.currency):
                found[line.by[-1], period] += line.amount
        sizes: Counter[str] = Counter()
        for (kind, _), amount in found.items():
            sizes[kind] += abs(amount)
        ordered = sorted((kind for kind, size in sizes.items() if size), key=lambda kind: (-sizes[kind], kind))
        return {kind: tuple(found[kind, one] for one in periods) for kind in ordered}

    def _people_trend(self, periods: tuple[Period, ...], step: str) -> Trend:
        kinds = frozenset(self._kinds_counted("people"))
        new, all = self.kept(f"people {_days(periods)}", lambda: self._new_and_all(periods, kinds, step))
        lines = (
            Line("new", phrase("for the first time"), new),
            Line("returning", phrase("had come before"), tuple(a - n for a, n in zip(all, new, strict=True))),
        )
        return Trend("people", phrase("New and returning people"), "people", step, periods, lines)

    def _new_and_all(
        self, periods: Sequence[Period], kinds: frozenset[str], step: str
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """In each period: who did something for the first time in it, and who did something at all."""
        first = Measure(Interaction.type_name, "first", kinds=kinds, until=periods[-1].until)
        days: Counter[int] = Counter()
        for (some,) in self.store.columns([first], ids=False):
            days.update(some)
        new = tuple(sum(days[day] for day in range(a.since.toordinal(), a.until.toordinal() + 1)) for a in periods)
        every: Counter[Period] = Counter()
        if step == "month":
            for period, line in self._tallied(Interaction, periods, kinds=kinds):
                every[period] = line.contacts
        else:  # nobody counts twice in a period, so months can't be added up
            for one in periods:
                for line in self.store.tally(Interaction, kinds=kinds, since=one.since, until=one.until):
                    every[one] = line.contacts
        return new, tuple(every[one] for one in periods)

    def _segments_trend(self, periods: tuple[Period, ...], step: str, asked: Sequence[Segment] | None) -> Trend:
        lines = []
        for one in self.segments() if asked is None else asked:
            try:
                self.closed(one)
                values: tuple[int | None, ...] = tuple(self._size(one, period.until) for period in periods)
            except Forbidden:
                if asked is not None:
                    raise
                continue
            except PerthynError:  # a rule that is not understood: nobody knows
                values = (None,) * len(periods)
            lines.append(Line(str(one.id), one.name(self.language), values, True))
        return Trend("segments", phrase("Sizes of segments"), "people", step, periods, tuple(lines), stands=True)

    def _size(self, segment: Segment, as_of: date) -> int:
        day = as_of if segment.mode == "dynamic" else self.today()
        return self._size_of(self.closed(segment, day))

    def _size_of(self, rule: Closed) -> int:
        """For how many people a rule is true."""

        def put_right(size: int, written: Written) -> int | None:
            grown = written.grown(rule)
            return None if grown is None else size + grown

        return self._lasts("size", rule, lambda: self.store.count(rule), put_right, SIZES)

    def _tallied(
        self, type: type[Happening], periods: Sequence[Period], by: Sequence[str] = (), **wanted: Any
    ) -> Iterator[tuple[Period, Tally]]:
        """A tally by month, and by what else, each line with the period that its month is in."""
        since, until = periods[0].since, periods[-1].until
        period_of = {f"{day:%Y-%m}": one for one in periods for day in _months(one)}
        for line in self.store.tally(type, ["month", *by], since=since, until=until, **wanted):
            yield period_of[line.by[0]], line

    def _kinds_counted(self, name: str) -> list[str]:
        """The kinds of happening that a trend counts; of segments their rules say it."""
        kinds = {"visits": ["visit"], "income": [one.name for one in self.kinds()], "segments": []}
        return kinds.get(name, [one.name for one in self.kinds() if one.engaged])


def periods_of(since: date, until: date, step: str = "month", year_starts: int = 1) -> tuple[Period, ...]:
    """The months, quarters or years that lie in these days; the first and the last are cut off where the days end.

    Quarters and years go by a year that starts with the month `year_starts`. Raises `PerthynError` (``trend.days``
    where `since` is later than `until`, or they are not of our time; ``trend.long`` for more than `MOST`).
    """
    if not date(1000, 1, 1) <= since <= until < date(3000, 1, 1):
        raise PerthynError("trend.days", since=since, until=until)
    months = STEPS[step]
    start = months_on(since.replace(day=1), -((since.month - year_starts) % months))
    if (until.year - start.year) * 12 + until.month - start.month >= months * MOST:
        raise PerthynError("trend.long", since=since, until=until, most=MOST)
    found = []
    while start <= until:
        end = months_on(start, months) - timedelta(days=1)
        cut = max(start, since), min(end, until)
        found.append(Period(*cut, partly=cut != (start, end)))
        start = end + timedelta(days=1)
    return tuple(found)


def months_on(day: date, months: int) -> date:
    """The first of the month so many months on from (or back before) that of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _months(period: Period) -> Iterator[date]:
    day = period.since.replace(day=1)
    while day <= period.until:
        yield day
        day = months_on(day, 1)


def _days(periods: Sequence[Period]) -> str:
    return " ".join(f"{one.since}" for one in periods) + f" {periods[-1].until}"

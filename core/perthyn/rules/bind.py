"""bind: from a rule as stored to the closed rule that law and compilers see (DECISIONS 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any as Anything
from uuid import UUID

from perthyn.errors import PerthynError
from perthyn.model import Segment
from perthyn.rules.bind_values import test_of
from perthyn.rules.closed import All, Any, AnyPart, Between, Closed, Compare, Field, Measure, Member, Not, OneOf
from perthyn.rules.data import Clause, Figure, Group, Leaf, Matching, Measured, Rule, Window, read_rule
from perthyn.rules.schema import RuleSchema, segment_id
from perthyn.rules.terms import FieldTerm, HistoryTerm, Scope
from perthyn.rules.windows import Days, days_of

Spread = Callable[[Measure], Iterable[tuple[int, int]]]
"""(value, how many contacts have it), ascending, of the contacts that have a record: `Store.spread`."""

NEGATIVE = {
    "!=": "=", "notIn": "in", "null": "notNull", "doesNotContain": "contains", "doesNotBeginWith": "beginsWith",
    "doesNotEndWith": "endsWith", "notBetween": "between", "notDuring": "during", "wasNot": "was",
    "notInTop": "inTop", "notInBottom": "inBottom", "notInFifth": "inFifth",
}  # fmt: skip
"""Each negative operator is the exact complement of its positive: it includes the unknown."""


def bind(
    rule: Rule,
    schema: RuleSchema,
    *,
    as_of: date,
    segments: Callable[[UUID], Segment | None],
    spread: Spread,
    currency: str,
    zone: tzinfo = UTC,
    year_start_month: int = 1,
) -> Closed:
    """The closed rule. `zone` makes days of instants (when a consent was given); `currency` is the organisation's.

    Raises `PerthynError`: ``rules.name.unknown``, ``rules.operator.unfit``, ``rules.value.unfit``,
    ``rules.value.unknown``, ``rules.match.list``, ``rules.window.none``, ``rules.window.backwards``,
    ``rules.currency.mixed``, ``rules.segment.unknown``, ``rules.segment.empty``, ``rules.segment.cycle``: the
    segment is broken, never false.
    """
    return _Binding(schema, as_of, segments, spread, currency, zone, year_start_month).clause(rule, "")


@dataclass(frozen=True, slots=True)
class _Binding:
    schema: RuleSchema
    as_of: date
    segments: Callable[[UUID], Segment | None]
    spread: Spread
    currency: str
    zone: tzinfo
    year_start_month: int
    path: tuple[Segment, ...] = ()

    # -- groups and leaves ------------------------------------------------------------------------------------

    def clause(self, clause: Clause, place: str, scope: Scope | None = None) -> Closed:
        """A clause about the contact, or, in a scope, about a part of a list or a record of a history."""
        if isinstance(clause, Group):
            return self._group(clause, place, scope)
        if not isinstance(clause, Leaf):
            if scope is not None:
                raise PerthynError("rules.clause.nested", place=place)
            return self._matching(clause, place) if isinstance(clause, Matching) else self._measured(clause, place)
        if clause.operator in NEGATIVE:
            positive = clause.model_copy(update={"operator": NEGATIVE[clause.operator]})
            return Not(self.clause(positive, place, scope))
        if clause.field == "segment" and scope is None:
            return self._segment(clause, place)
        return self._leaf(clause, place, scope)

    def _group(self, group: Group, place: str, scope: Scope | None) -> Closed:
        inner = tuple(self.clause(one, f"{place}.rules.{n}".lstrip("."), scope) for n, one in enumerate(group.rules))
        both: Closed = inner[0] if len(inner) == 1 else All(inner) if group.combinator == "and" else Any(inner)
        return Not(both) if group.not_ else both

    def _leaf(self, leaf: Leaf, place: str, scope: Scope | None) -> Closed:
        term = self.schema.field(leaf.field, scope or self.schema.contact, place)
        if term.name == "active":
            return self.running("end" if scope is not self.schema.scopes["roles"] else "lapses", leaf, place)
        if not term.list:
            return self._test(term, term.name, leaf, place)
        tested = self._test(term, term.field, leaf, place)
        if term.custom:
            return AnyPart("custom", All((Field("name", OneOf(frozenset({term.name}))), tested)))
        if term.dated:
            ends = "lapses" if term.list == "roles" else "end"
            times = self.started() if leaf.operator == "was" else self.running(ends)
            tested = All((tested, times))
        return AnyPart(term.list, tested)

    def _test(self, term: FieldTerm, name: str, leaf: Leaf, place: str) -> Closed:
        if leaf.operator == "during":
            return Field(name, self.within(term, leaf, place))
        name, test, currency = test_of(term, name, leaf, place)
        return Field(name, test) if not currency else All((Field(name, test), Field("currency", OneOf(currency))))

    # -- time -------------------------------------------------------------------------------------------------

    def started(self) -> Closed:
        """The part has begun, or nobody knows when."""
        return Not(Field("start", Between(low=self.as_of + timedelta(days=1))))

    def running(self, ends: str, leaf: Leaf | None = None, place: str = "") -> Closed:
        """The part has begun and has not ended: it counts on `as_of`."""
        runs = All((self.started(), Not(Field(ends, Between(high=self.as_of - timedelta(days=1))))))
        if leaf is None:
            return runs
        if leaf.operator != "=" or not isinstance(leaf.value, bool):
            raise PerthynError("rules.value.unfit", place=place, name=leaf.field, value=leaf.value)
        return runs if leaf.value else Not(runs)

    def within(self, term: FieldTerm, leaf: Leaf, place: str) -> Between:
        """The test that a day, or the day of an instant, lies within a window."""
        if term.kind not in ("date", "instant") or not isinstance(leaf.value, Window):
            raise PerthynError("rules.operator.unfit", place=place, name=term.name, operator=leaf.operator)
        found = days_of(leaf.value, self.as_of, self.year_start_month)
        if term.kind == "date":
            return Between(found.low, found.high)
        low = None if found.low is None else self._midnight(found.low)
        last = found.high if found.high != date.max else None
        high = None if last is None else self._midnight(last + timedelta(days=1)) - 1
        return Between(low, high)

    def _midnight(self, day: date) -> int:
        return round(datetime.combine(day, time(), self.zone).timestamp() * 1000)

    # -- lists and histories ------------------------------------------------------------------------------------

    def _matching(self, clause: Matching, place: str) -> Closed:
        if clause.field in self.schema.lists:
            return self._list(clause, place)
        history = self.schema.history(clause.field, place)
        counted = self._measure(history, "count", clause.value, clause.window, place)
        wanted = clause.match.threshold
        match clause.match.mode:
            case "some":
                return Compare(counted, low=1)
            case "none":
                return Compare(counted, high=0)
            case "atLeast":
                return Compare(counted, low=wanted)
            case "atMost":
                return Compare(counted, high=wanted)
            case "exactly":
                return Compare(counted, wanted, wanted)

    def _list(self, clause: Matching, place: str) -> Closed:
        if clause.match.mode not in ("some", "none"):
            raise PerthynError("rules.match.list", place=place, name=clause.field, mode=clause.match.mode)
        if clause.window is not None:
            raise PerthynError("rules.window.none", place=place, name=clause.field)
        where = Group() if clause.value is None else clause.value
        some = AnyPart(clause.field, self.clause(where, f"{place}.value", self.schema.scopes[clause.field]))
        return some if clause.match.mode == "some" else Not(some)

    def _measure(
        self, history: HistoryTerm, what: Anything, where: Group | None, window: Window | None, place: str
    ) -> Measure:
        if window is not None and not history.day_field:
            raise PerthynError("rules.window.none", place=place, name=history.name)
        found = Days(None, None) if window is None else days_of(window, self.as_of, self.year_start_month)
        found = found.seen(self.as_of) if history.day_field else found
        scope = self.schema.scopes[history.record]
        return Measure(
            record=history.record,
            what=what,
            kinds=history.kinds,
            where=None if where is None else self.clause(where, f"{place}.value", scope),
            since=found.low,
            until=found.high,
            day_field=history.day_field,
        )

    # -- figures ------------------------------------------------------------------------------------------------

    def figure(self, figure: Figure, place: str, currency: str) -> Measure:
        """The measure of a figure; one of money sees the currency named, or the organisation's."""
        if figure.what == "named":
            named = self.schema.measure(figure.of, place).figure
            return self.figure(named.model_copy(update={"window": figure.window or named.window}), place, currency)
        history = self.schema.history(figure.of, place)
        if figure.what in ("days", "first", "last") and not history.day_field:
            raise PerthynError("rules.window.none", place=place, name=history.name)
        found = self._measure(history, figure.what, figure.where, figure.window, place)
        if not figure.field:
            return found
        term = self.schema.field(figure.field, self.schema.scopes[history.record], place)
        if term.kind not in ("integer", "money") or term.name in ("month", "weekday"):
            raise PerthynError("rules.operator.unfit", place=place, name=term.name, operator=figure.what)
        money = currency or self.currency if term.kind == "money" else ""
        return replace(found, field=figure.field, currency=money)

    def _measured(self, clause: Measured, place: str) -> Closed:
        if clause.operator in NEGATIVE:
            positive = clause.model_copy(update={"operator": NEGATIVE[clause.operator]})
            return Not(self._measured(positive, place))
        if clause.operator in ("inTop", "inBottom", "inFifth"):
            return self._ranked(clause, place)
        term = self.schema.figure_term(clause.measure, place)
        leaf = Leaf(field=term.name, operator=clause.operator, value=clause.value)
        if term.kind == "date":
            wanted = self.figure(clause.measure, place, "")
            if clause.operator == "notNull":
                return Compare(wanted)
            days = self.within(term, leaf, place)
            if isinstance(days.high, date) and days.high > self.as_of:
                wanted = replace(wanted, until=days.high)
            return Compare(wanted, days.low, days.high)
        _, test, currency = test_of(term, term.name, leaf, place)
        wanted = self.figure(clause.measure, place, next(iter(currency), ""))
        if isinstance(test, Between):
            return Compare(wanted, test.low, test.high)
        if isinstance(test, OneOf):
            numbers = sorted(one for one in test.values if isinstance(one, int))
            return Any(tuple(Compare(wanted, one, one) for one in numbers))
        return Compare(wanted)

    def _ranked(self, clause: Measured, place: str) -> Closed:
        value = clause.value
        most = 5 if clause.operator == "inFifth" else 100
        if not isinstance(value, int) or not 1 <= value <= most:
            raise PerthynError("rules.value.unfit", place=place, name=clause.operator, value=value)
        if self.schema.figure_term(clause.measure, place).kind == "date":
            raise PerthynError("rules.operator.unfit", place=place, name=clause.measure.what, operator=clause.operator)
        wanted = self.figure(clause.measure, place, "")
        spread = list(self.spread(wanted))
        low, high = fifth(spread, value) if most == 5 else share(spread, value, top=clause.operator == "inTop")
        if low is None and high is None:
            return Any(())
        has_any = replace(wanted, what="count", field="")
        return All((Compare(has_any, low=1), Compare(wanted, low, high)))

    # -- segments -------------------------------------------------------------------------------------------------

    def _segment(self, leaf: Leaf, place: str) -> Closed:
        id = segment_id(leaf.value)
        if id is None or leaf.operator != "=":
            raise PerthynError("rules.value.unfit", place=place, name="segment", value=leaf.value)
        segment = self.segments(id)
        if segment is None:
            raise PerthynError("rules.segment.unknown", place=place, name=str(id), suggestion="")
        if segment.mode != "dynamic":
            return Member(segment.id)
        path = (*self.path, segment)
        if any(one.id == segment.id for one in self.path):
            raise PerthynError("rules.segment.cycle", path=tuple(one.name("en") for one in path))
        if segment.rule is None:
            raise PerthynError("rules.segment.empty", name=segment.name("en"))
        return replace(self, path=path).clause(read_rule(segment.rule), "")


def share(spread: list[tuple[int, int]], percent: int, *, top: bool) -> tuple[int | None, int | None]:
    """(low, high) of the highest or lowest per cent of all who have any, rounded up to whole people, ties sharing."""
    wanted = -(-sum(count for _, count in spread) * percent // 100)
    for value, count in reversed(spread) if top else spread:
        wanted -= count
        if wanted <= 0:
            return (value, None) if top else (None, value)
    return None, None


def fifth(spread: list[tuple[int, int]], number: int) -> tuple[int | None, int | None]:
    """(low, high) of a fifth, 5 the highest: the lowest and highest value that stand in it."""
    inside = [value for (value, _), one in zip(spread, fifths(spread), strict=True) if one == number]
    return (inside[0], inside[-1]) if inside else (None, None)


def fifths(spread: Sequence[tuple[int, int]]) -> list[int]:
    """The fifth of each value, ascending: it stands in fifth 1 + floor(5 * share of people below it)."""
    everybody, below, found = sum(count for _, count in spread), 0, []
    for _, count in spread:
        found.append(1 + 5 * below // everybody)
        below += count
    return found

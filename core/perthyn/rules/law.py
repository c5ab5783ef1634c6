"""The law: what a closed rule means. Everything that is faster is held equal to this by a property test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any as Anything
from typing import assert_never

from perthyn.model import Address, Part, Record, Role, declared, to_wire
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
    Test,
)
from perthyn.rules.facts import Facts
from perthyn.text import fold


def matches(rule: Closed, facts: Facts) -> bool:
    """Whether the rule is true for the contact of these facts; never null, never an error."""
    match rule:
        case Compare(wanted, low, high):
            return _within(measure(wanted, facts), low, high)
        case Member(segment):
            return segment in facts.segments
        case All(parts):
            return all(matches(part, facts) for part in parts)
        case Any(parts):
            return any(matches(part, facts) for part in parts)
        case Not(part):
            return not matches(part, facts)
        case Field() | AnyPart():
            return fits(rule, facts.contact)
    assert_never(rule)


def fits(rule: Closed, about: Record | Part) -> bool:
    """Whether a rule about one record or part (`AnyPart.where`, `Measure.where`) is true for it."""
    match rule:
        case Field(name, test):
            return passes(test, compared(about, name))
        case AnyPart(name, where):
            return any(fits(where, part) for part in getattr(about, name))
        case All(parts):
            return all(fits(part, about) for part in parts)
        case Any(parts):
            return any(fits(part, about) for part in parts)
        case Not(part):
            return not fits(part, about)
        case Compare() | Member():
            raise TypeError(f"{type(rule).__name__} speaks of a contact, not of a {type(about).__name__}")
    assert_never(rule)


def passes(test: Test, value: Anything) -> bool:
    """Whether a value, in the form it is compared in, passes; None passes nothing."""
    if value is None:
        return False
    match test:
        case Known():
            return True
        case OneOf(values):
            return value in values
        case Between(low, high):
            return _within(value, low, high)
        case Has(text, where):
            at = {"in": str.__contains__, "start": str.startswith, "end": str.endswith}[where]
            return at(value, text)
    assert_never(test)


def compared(about: Record | Part, name: str) -> Anything:
    """A field's value in the form it is compared in: folded text, an instant in milliseconds, a computed name."""
    known = declared(type(about))
    if name not in known:
        return _computed(about, name)
    value = getattr(about, name)
    if isinstance(value, datetime):
        return to_wire("instant", value)
    return fold(value) if isinstance(value, str) and known[name].folded else value


def _computed(about: Record | Part, name: str) -> Anything:
    if name == "key" and isinstance(about, Part):
        return about.key
    if name == "postcode_key" and isinstance(about, Address):
        return about.postcode_key or None
    if name == "lapses" and isinstance(about, Role):
        return None if about.end is None else lapses(about.end, about.grace_days)
    day = getattr(about, "day", None)
    if name in ("month", "weekday"):
        return None if day is None else day.month if name == "month" else day.isoweekday()
    raise TypeError(f"{type(about).__name__} has no {name}")


def lapses(end: date, grace_days: int) -> date:
    """The last day of grace, no later than the last day there is."""
    return date.fromordinal(max(1, min(end.toordinal() + grace_days, date.max.toordinal())))


def measure(wanted: Measure, facts: Facts) -> int | date | None:
    """A measure's value for the contact; None where it is unknown (largest, first ... of nothing)."""
    seen = list(measured(wanted, facts))
    if wanted.what == "count":
        return len(seen)
    if wanted.what in ("days", "first", "last"):
        return _of_days(wanted.what, {day for one in seen if (day := _day(wanted, one)) is not None})
    return _of_values(wanted.what, [value for one in seen if (value := getattr(one, wanted.field)) is not None])


def measured(wanted: Measure, facts: Facts) -> Iterator[Record]:
    """The records that a measure looks at, as the facts hold them."""
    return (one for one in facts.owned.get(wanted.record, ()) if sees(wanted, one))


def sees(wanted: Measure, one: Anything) -> bool:
    """Whether a measure looks at a record, which is of the type that it measures."""
    if wanted.kinds is not None and one.kind not in wanted.kinds:
        return False
    if wanted.currency and one.currency != wanted.currency:
        return False
    windowed = wanted.since is not None or wanted.until is not None
    if windowed and not _within(_day(wanted, one), wanted.since, wanted.until):
        return False
    return wanted.where is None or fits(wanted.where, one)


def _day(wanted: Measure, one: Record) -> date | None:
    return getattr(one, wanted.day_field) if wanted.day_field else None


def _of_days(what: str, days: set[date]) -> int | date | None:
    if what == "days":
        return len(days)
    return (min if what == "first" else max)(days, default=None)


def _of_values(what: str, values: Iterable[int]) -> int | None:
    values = list(values)
    if what == "sum":
        return sum(values)
    if not values:
        return None
    if what == "average":
        return sum(values) // len(values)
    return max(values) if what == "largest" else min(values)


def _within(value: Anything, low: Anything, high: Anything) -> bool:
    return value is not None and (low is None or low <= value) and (high is None or value <= high)

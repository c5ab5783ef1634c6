"""Days of a window: what "last 24 months" means on the day asked (DECISIONS 14)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from perthyn.errors import PerthynError
from perthyn.rules.data import Window


@dataclass(frozen=True, slots=True)
class Days:
    """From `low` to `high`, both included; None is open. `ahead`: the window itself names an end that may lie ahead."""

    low: date | None
    high: date | None
    ahead: bool = False

    def seen(self, as_of: date) -> Days:
        """The same, without what lies after `as_of` unless the window itself looks ahead."""
        if self.ahead or (self.high is not None and self.high <= as_of):
            return self
        return Days(self.low, as_of)


def shift(day: date, months: int) -> date:
    """The same day of another month, clamped to its end: a month after 31 January is 28 or 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        return date.min if months < 0 else date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def moved(day: date, duration: str, sign: int) -> date:
    """A day that lies a duration (``P24M``, ``P60D``) after it, or before it where `sign` is -1."""
    amount, unit = sign * int(duration[1:-1]), duration[-1]
    if unit in "MY":
        return shift(day, amount * (12 if unit == "Y" else 1))
    ordinal = day.toordinal() + amount * (7 if unit == "W" else 1)
    return date.fromordinal(max(1, min(ordinal, date.max.toordinal())))


def days_of(window: Window, as_of: date, year_start_month: int = 1) -> Days:
    """The days of a window. Raises `PerthynError` (``rules.window.backwards``) where it ends before it starts."""
    one = timedelta(days=1)
    match window:
        case Window(last=str() as last):
            return Days(moved(as_of, last, -1) + one, as_of)
        case Window(next=str() as ahead):
            return Days(as_of + one, moved(as_of, ahead, 1), ahead=True)
        case Window(ago=str() as ago):
            return Days(None, moved(as_of, ago, -1))
        case Window(since=date() as day):
            return Days(day, None)
        case Window(after=date() as day):
            return Days(moved(day, "P1D", 1), None)
        case Window(until=date() as day):
            return Days(None, day, ahead=True)
        case Window(before=date() as day):
            return Days(None, moved(day, "P1D", -1), ahead=True)
        case Window(on=date() as day):
            return Days(day, day, ahead=True)
        case Window(from_=date() as low, to=date() as high):
            if high < low:
                raise PerthynError("rules.window.backwards", low=low, high=high)
            return Days(low, high, ahead=True)
    return _year(window.year, as_of, year_start_month)


def _year(year: int | str | None, as_of: date, first_month: int) -> Days:
    if not isinstance(year, int):
        running = as_of.year if as_of.month >= first_month else as_of.year - 1
        year = running - 1 if year == "last" else running
    start = date(year, first_month, 1)
    return Days(start, shift(start, 12) - timedelta(days=1))

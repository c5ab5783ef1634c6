"""Periods: whole weeks, from Monday, and whole months: the last that is over, the one before, when the next goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from perthyn.crm.trends import months_on
from perthyn_web.by_email.records import Every

MORNING = time(6)
"""When numbers go, by the organisation's clock: what came in during the night is there."""
DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Span:
    """`since`..`until`, both included."""

    since: date
    until: date


def over(every: Every, today: date) -> Span:
    """The last week or month that is over."""
    begun = _begun(every, today)
    return Span(_earlier(every, begun), begun - DAY)


def before(every: Every, span: Span) -> Span:
    """The week or month before one."""
    return Span(_earlier(every, span.since), span.since - DAY)


def next_due(every: Every, now: datetime, zone: ZoneInfo) -> datetime:
    """When the numbers of the week or month that is under way are to go: on the morning after its last day."""
    begun = _begun(every, now.astimezone(zone).date())
    following = begun + WEEK if every == "week" else months_on(begun, 1)
    return datetime.combine(following, MORNING, zone)


def _begun(every: Every, today: date) -> date:
    return today - timedelta(days=today.weekday()) if every == "week" else today.replace(day=1)


def _earlier(every: Every, begun: date) -> date:
    return begun - WEEK if every == "week" else months_on(begun, -1)

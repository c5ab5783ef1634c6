"""Attribution: which campaign some income followed from, so that the parts sum to the whole, to the penny.

The rule (`RULE` in words): income that names a campaign is that campaign's; of the rest, what somebody gives or buys
within a campaign's days of income after its message is the last such campaign's. A refund, and every further line of
an order, goes where the order's first line went. Each line is some one campaign's or nobody's, and is never split.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from perthyn.model import Interaction
from perthyn.text import fold

KINDS = ("donation", "purchase", "booking", "membership")
"""Kinds of interaction whose money is income; a pledge is none yet."""


@dataclass(frozen=True, slots=True)
class Touch:
    """That somebody was sent a message of a campaign, whose income counts for `days` from then on."""

    campaign: str
    at: datetime
    days: int


@dataclass(frozen=True, slots=True)
class Credited:
    """A line of income and whose it is, "" for nobody's. `named`: it says so itself."""

    line: Interaction
    campaign: str
    named: bool


def credited(
    lines: Iterable[Interaction], touches: Sequence[Touch], codes: Mapping[str, str], zone: ZoneInfo
) -> Iterator[Credited]:
    """Whose each line of one person's income is. `codes`: folded code -> code of every campaign there is."""
    first: dict[tuple[str | None, str], str] = {}
    latest_first = sorted(touches, key=lambda one: one.at, reverse=True)
    for line in sorted(lines, key=lambda one: (one.day, one.at or _end(one.day, zone), (one.amount or 0) < 0, one.id)):
        order = (line.source, line.order) if line.order else None
        named = codes.get(fold(line.campaign)) if line.campaign else None
        if named is None:
            found = first.get(order) if order else None
            mine = found if found is not None else _last(line, latest_first, zone)
        else:
            mine = named
        if order:
            first.setdefault(order, mine)
        yield Credited(line, mine, named is not None)


def _last(line: Interaction, latest_first: Sequence[Touch], zone: ZoneInfo) -> str:
    """The campaign whose message came last before, and whose days have not passed. Days are the organisation's."""
    for one in latest_first:
        day = one.at.astimezone(zone).date()
        before = one.at <= line.at if line.at is not None else day <= line.day
        if before and line.day <= day + timedelta(days=one.days):
            return one.campaign
    return ""


def _end(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.max, zone)

"""Lately: who came today, and how many people there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from uuid import UUID

from perthyn.crm.people import People
from perthyn.model import Contact, Interaction
from perthyn.rules.closed import Compare, Measure

LOOKED_AT = 60
"""Of how many people who came the visits are read, to show the latest: a day's whole crowd is only counted."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """How many people came on a day, and the latest of them with their visits, the latest first."""

    day: date
    count: int
    latest: Sequence[tuple[Contact, Interaction]]


class Lately(People):
    """What the first page asks."""

    def who_came(self, day: date | None = None, limit: int = 8) -> Attendance:
        """Who visited on a day (today). Raises `Forbidden` where the actor may not see visits."""
        self.check("contact.read")
        self.check_kinds(["visit"])
        day = day or self.today()
        visited = Compare(Measure("interaction", "count", kinds=frozenset({"visit"}), since=day, until=day), low=1)
        with self.one_picture():
            count = self.store.count(visited)
            ids = list(islice(self.store.select(visited), LOOKED_AT))
            visits = [visit for one in ids for visit in self._newest(one, None, 1, ["visit"]) if visit.day == day]
            latest = sorted(visits, key=_order, reverse=True)[:limit]
            people = self.store.get(Contact, {one.contact for one in latest})
        return Attendance(day, count, [(self.seen(people[one.contact]), one) for one in latest])

    def people_count(self) -> int:
        """How many people there are."""
        self.check("contact.read")
        return self.store.count_of(Contact)


def _order(visit: Interaction) -> tuple[datetime, UUID]:
    """By the clock where it is known, then as they were noted."""
    return visit.at or datetime.min.replace(tzinfo=UTC), visit.id

"""Arrivals: somebody stands at the desk and has come today."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from perthyn.changes import Create, Receipt
from perthyn.crm.people import People, about, checked
from perthyn.errors import Conflict, PerthynError
from perthyn.model import Interaction

DESK = "web:desk"
"""The source of what is tapped at the desk."""
GREETED = "visit"
"""The reason of what is written by a tap."""
TWICE = timedelta(minutes=1)
"""Two taps so close together are one visit."""
LATE = timedelta(days=31)
"""A tap that was kept while the network was gone is taken in so much later at most."""
AHEAD = timedelta(minutes=10)


class Arrivals(People):
    """What a person can note at the desk."""

    def came(
        self, id: UUID, key: str, *, at: datetime | None = None, party: int | None = None
    ) -> tuple[Interaction, Receipt | None]:
        """Note a visit, once for each `key`: a tap sent again, or twice within a minute, answers the first, no receipt.

        `at`: when it was tapped (now); `party`: how many came. Raises `PerthynError` (``desk.key``, ``desk.time``,
        ``record.value``), `Unknown` (``store.contact.unknown``).
        """
        self.check("interaction.write")
        if not 8 <= len(key) <= 100:
            raise PerthynError("desk.key")
        now = self.clock()
        at = min(at or now, now) if at is None or at <= now + AHEAD else at
        if not now - LATE <= at <= now:
            raise PerthynError("desk.time", at=at)
        contact = self._contact(id)
        before = self._before(contact.id, key, at)
        if before is not None:
            return self.seen(before), None
        visit: Interaction = checked(
            Interaction,
            {"id": self.ids(), "contact": contact.id, "kind": "visit", "direction": "in", "channel": "desk", "at": at,
             "day": at.astimezone(self.zone).date(), "party_size": party, "source": DESK, "source_id": key},
        )  # fmt: skip
        shown = self.seen(visit)
        try:
            return shown, self.commit([Create(visit)], reason=GREETED, facts=about(contact))
        except Conflict:
            before = self._before(contact.id, key, at)
            if before is None:
                raise
            return self.seen(before), None  # the same tap was sent twice at once

    def _before(self, contact: UUID, key: str, at: datetime) -> Interaction | None:
        """The visit that this tap has made already."""
        held = self.store.sourced(DESK, [key]).get(key)
        if held is not None:
            return self.store.get(Interaction, [held.id]).get(held.id)
        recent = self.store.recent(Interaction, contact, 20)
        mine = (one for one in recent if one.source == DESK and one.kind == "visit" and one.at)
        return next((one for one in mine if one.at and abs(one.at - at) < TWICE), None)

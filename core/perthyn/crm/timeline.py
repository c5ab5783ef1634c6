"""Timeline: what happened between the organisation and one contact, as far as the actor may see it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from perthyn.crm.door import Door
from perthyn.model import Interaction
from perthyn.store import Total

AT_ONCE = 500
Place = tuple[date, UUID]
"""Where something stands in a timeline: its day, and its id among those of that day."""


class Timeline(Door):
    """What a person can ask of what happened."""

    def happened(
        self, id: UUID, before: Place | None = None, limit: int = 50, kinds: Collection[str] | None = None
    ) -> list[Interaction]:
        """The newest happenings of a contact, at most `limit`, older than `before`: the day and id of the last one had.

        `kinds`: only these. Of a kind that the actor may not see there is nothing, asked for or not. The old id of a
        merged contact leads to the one it became. Raises `Unknown` (``store.contact.unknown``).
        """
        self.check("contact.read")
        with self.one_picture():
            return self._newest(self.store.resolve(id), before, limit, kinds)

    def _newest(
        self, id: UUID, before: Place | None, limit: int, kinds: Collection[str] | None = None
    ) -> list[Interaction]:
        found: list[Interaction] = []
        size = limit
        while size > 0 and len(found) < limit:
            some = self.store.recent(Interaction, id, size, before)
            wanted = (one for one in some if (kinds is None or one.kind in kinds) and self.sees(one))
            found += map(self.seen, wanted)
            if len(some) < size:
                break
            before = (some[-1].day, some[-1].id)
            size = min(max(size, limit) * 2, AT_ONCE)
        return found[:limit]

    def _totals(self, id: UUID) -> Sequence[Total]:
        """Of kinds that the actor may see; without their money where that is not to be seen."""
        seen = [one for one in self.store.totals(id) if self.sees_kinds([one.kind])]
        if self.actor.may("money.read"):
            return seen
        return [Total(one.kind, one.count, 0, one.first, one.last, one.days) for one in seen]

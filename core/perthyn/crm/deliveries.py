"""Deliveries: what a channel has read, taken in whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perthyn.changes import Batch, Change, Create, Delete, Edit, Receipt
from perthyn.channel import Delivery
from perthyn.crm.desk import Desk
from perthyn.errors import Conflict, Stale, Unknown
from perthyn.importing.delivered import Delivered, Surroundings
from perthyn.importing.spool import Spool

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of the facts of a delivery, each counted once. `receipt`: None where nothing was to be stored.

    `older`: tellings of what is stored in a newer version. `unread`: those kept as problems.
    """

    receipt: Receipt | None
    created: int = 0
    revised: int = 0
    unchanged: int = 0
    older: int = 0
    unread: int = 0


class Deliveries(Desk):
    """What comes in through channels."""

    def take_in(self, delivery: Delivery, ends: Sequence[Change] = ()) -> TakenIn:
        """Store a delivery as one batch, together with the changes that end the job which brought it.

        Its cursor belongs to whoever fetches, and is among `ends` then (`Inbox.fetch`).
        The same facts again change nothing. Where people or sources were written by somebody else meanwhile, it is
        prepared again, a few times. Raises `Stale`, `Conflict` or `Unknown` after that, and at once where one of `ends`
        does not hold: then somebody else has done the job, and nothing is stored.
        """
        self.check("delivery.write")
        for attempt in range(1, ATTEMPTS + 1):
            with Spool() as spool:
                counts = self._prepared(delivery, spool)
                changes = [*spool.changes, *ends]
            if not changes:
                return TakenIn(None, **counts)
            try:
                return TakenIn(self._applied(delivery, changes, counts), **counts)
            except (Stale, Conflict, Unknown) as error:
                if attempt == ATTEMPTS or _of_ends(error, ends):
                    raise
        raise AssertionError("unreachable")

    def _prepared(self, delivery: Delivery, spool: Spool) -> dict[str, int]:
        around = Surroundings(
            zone=self.zone,
            region=self.settings.region,
            currency=self.store.currency,
            kinds=[one.name for one in self.kinds()],
            actor=self.actor.name,
            at=self.clock(),
        )
        delivered = Delivered(self.store, spool, delivery, self.ids, around)
        delivered.run()
        return dict(delivered.counts)

    def _applied(self, delivery: Delivery, changes: Sequence[Change], counts: dict[str, int]) -> Receipt:
        return self.apply(
            Batch(
                id=self.batch_id(),
                actor=self.actor.name,
                at=self.clock(),
                reason=delivery.source,
                kind="channel",
                changes=changes,
                facts={"source": delivery.source, **counts},
                distinct=True,
            )
        )


def _of_ends(error: Stale | Conflict | Unknown, ends: Sequence[Change]) -> bool:
    """Whether it is one of `ends` that does not hold."""
    named = {str(error.facts.get("record", "")), str(error.facts.get("name", ""))}
    return not named.isdisjoint(map(_id, ends))


def _id(change: Change) -> str:
    if isinstance(change, Edit):
        return str(change.id)
    return str(change.record.id if isinstance(change, Create | Delete) else change.contact)

"""The past: what was changed, by whom, and taking it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from perthyn.changes import Header, JournalLine, Receipt
from perthyn.crm.desk import Desk
from perthyn.errors import PerthynError, Unknown
from perthyn.history import UndoPlan, newest_batch, plan_undo
from perthyn.model import Contact

OWN = ("setting", "job", "ledger")
"""Kinds of batch in which perthyn notes something for itself."""
NOT_MEANT = (*OWN, "erase", "restore")
"""Kinds of batch that whoever says just "undo" does not mean: nobody's work, or never taken back."""


@dataclass(frozen=True, slots=True)
class Undone:
    """An undo done: its receipt and its plan, whose `kept` says what stayed and why."""

    receipt: Receipt
    plan: UndoPlan


class Past(Desk):
    """What a person can do with batches."""

    def changes(self, limit: int = 20) -> Sequence[Header]:
        """The newest batches first; what perthyn notes for itself is nobody's work and left out."""
        self.check("history.read")
        worked = (one for one in self.store.headers() if one.kind not in OWN)
        return self._named(list(islice(worked, limit)))

    def batch(self, text: str = "") -> Header:
        """The batch meant by the ending of its id or its number; "" is the newest that an undo can take back.

        Raises `Unknown` (``undo.batch.unknown``); `PerthynError` (``undo.nothing_yet``) for an empty store.
        """
        self.check("history.read")
        if not text:
            newest = next((one for one in self.store.headers() if one.kind not in NOT_MEANT), None)
            if newest is None:
                raise PerthynError("undo.nothing_yet")
            return self._named([newest])[0]
        sought = text.lower().replace("-", "")
        found = [
            one
            for one in self.store.headers()
            if str(one.number) == sought or (len(sought) >= 6 and one.id.hex.endswith(sought))
        ]
        if not found:
            raise Unknown("undo.batch.unknown", name=text, suggestion="")
        return self._named(found[:1])[0]

    def _named(self, headers: list[Header]) -> list[Header]:
        """The batches with the names of those they are about for a reason: a batch keeps ids only."""
        if not self.actor.may("contact.read"):
            return headers
        now = self.redirects()
        about = {one.id: [UUID(text) for text in one.facts.get("contacts", ())] for one in headers}
        found = self.store.get(Contact, {now.get(id, id) for ids in about.values() for id in ids})

        def named(one: Header) -> Header:
            names = [found[now.get(id, id)].shown_name for id in about[one.id] if now.get(id, id) in found]
            return one if one.reason or not names else replace(one, reason=", ".join(names))

        return [named(one) for one in headers]

    def detail(self, header: Header, limit: int = 200) -> tuple[dict[str, int], list[JournalLine]]:
        """What a batch made, by type, as far as it is still there; and the lines of what it changed and removed."""
        self.check("history.read")
        made = Counter(type.type_name for type, _ in self.store.created(header.id))
        return dict(made), [self.seen_line(one) for one in islice(self.store.journal(batch=header.id), limit)]

    def undo_plan(self, header: Header) -> UndoPlan:
        """What undoing a batch would put back, and what it would leave and why; nothing is written."""
        self.check("history.undo")
        self.check_all_fields()
        return plan_undo(self.store, header.id, self.ids, self.clock())

    def undo(self, header: Header, plan: UndoPlan | None = None) -> Undone:
        """Take a batch back. Raises `PerthynError` (``undo.nothing``) where all of it must stay.

        `plan`: what `undo_plan` has answered; it is worked out again where something was written since.
        """
        self.check("history.undo")
        if plan is None or plan.newest != newest_batch(self.store):
            plan = self.undo_plan(header)
        receipt = self.apply(plan.batch(self.batch_id(), self.actor.name))
        return Undone(receipt, plan)

"""Pairs: contacts that may be the same person, joined field by field or kept apart for good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from perthyn.changes import Edit, Receipt
from perthyn.contacting import may_contact
from perthyn.contacting.door import CHANNELS, MAILING
from perthyn.crm.people import People
from perthyn.errors import PerthynError, Unknown
from perthyn.merging import Choice, clashes, merge_changes
from perthyn.model import Consent, Contact, Problem

PAIR = "duplicate.possible"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts, why they may be one (`reason`: email, phone, name and postcode, id), and the fields in which they differ."""

    problem: Problem
    left: Contact
    right: Contact
    reason: str
    differ: Mapping[str, tuple[Any, Any]]


class Pairs(People):
    """What a person can do with pairs."""

    def pairs(self) -> list[Pair]:
        """The open pairs, oldest first; those whose contacts are gone or one already are left out."""
        self.check("contact.read")
        asked = [one for one in self.open_problems() if one.code == PAIR and one.contact and one.other]
        ids = {id for one in asked for id in (one.contact, one.other) if id is not None}
        found = self.store.get(Contact, ids)
        made = []
        for one in asked:
            left, right = found.get(one.contact or one.id), found.get(one.other or one.id)
            if left is not None and right is not None:
                made.append(Pair(one, left, right, _reason(one), clashes(left, right)))
        return made

    def pair(self, ending: str) -> Pair:
        """The open pair whose id ends so. Raises `Unknown` (``duplicates.pair.unknown``)."""
        found = [one for one in self.pairs() if one.problem.id.hex.endswith(ending.lower().replace("-", ""))]
        if len(found) != 1:
            raise Unknown("duplicates.pair.unknown", name=ending, suggestion="")
        return found[0]

    def join(self, pair: Pair, choices: Mapping[str, Choice] | None = None, *, into: UUID | None = None) -> Receipt:
        """Make one contact of a pair; the older one stays, unless `into` names the other. Undoable."""
        self.check("contact.merge")
        stays, goes = (pair.right, pair.left) if into == pair.right.id else (pair.left, pair.right)
        unknown = set(choices or {}) - set(clashes(stays, goes))
        if unknown:
            raise PerthynError("duplicates.choice.unknown", fields=", ".join(sorted(unknown)))
        changes = merge_changes(self.store, stays, goes, choices or {}, self._strictest(stays, goes))
        changes.append(Edit("problem", pair.problem.id, {"state": ("open", "joined")}))
        return self.commit(changes, kind="merge", reason=f"{goes.shown_name} → {stays.shown_name}")

    def keep_apart(self, pair: Pair) -> Receipt:
        """They are two; remembered, and never asked again."""
        self.check("contact.merge")
        edit = Edit("problem", pair.problem.id, {"state": ("open", "apart")})
        return self.commit([edit], kind="apart", reason=f"{pair.left.shown_name} ≠ {pair.right.shown_name}")

    def _strictest(self, stays: Contact, goes: Contact) -> list[Consent]:
        """Where one said no and the other's yes would overrule it by its date, the no holds for the one they become."""
        said = {one.id: list(self.store.owned(Consent, [one.id])) for one in (stays, goes)}
        made = []
        for channel in CHANNELS:
            for purpose in MAILING:
                rules = {
                    may_contact(one, channel, purpose, self.clock(), consents=said[one.id]).rule for one in (stays, goes)
                }
                if rules == {"contact.said_no", "contact.consent"}:
                    made.append(
                        Consent.model_validate(
                            {"id": self.ids(), "contact": stays.id, "channel": channel, "purpose": purpose,
                             "decision": "refused", "at": self.clock(), "recorded": self.clock(), "how": "merge",
                             "by": self.actor.name}
                        )
                    )  # fmt: skip
        return made


def _reason(problem: Problem) -> str:
    facts = json.loads(problem.facts or "{}")
    return str(facts.get("by", ""))

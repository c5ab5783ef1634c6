"""Pairs: contacts that may be the same person, joined field by field or kept apart for good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from perthyn.changes import Edit, Receipt
from perthyn.contacting import Case, refusal
from perthyn.contacting.door import CHANNELS, MAILING
from perthyn.crm.people import People, about
from perthyn.errors import PerthynError, Unknown
from perthyn.merging import Choice, clashes, merge_changes
from perthyn.model import Consent, Contact, Problem

PAIR = "duplicate.possible"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts, why they may be one (`reason`: email, phone, name and postcode, id), and where they differ."""

    problem: Problem
    left: Contact
    right: Contact
    reason: str
    differ: Mapping[str, tuple[Any, Any]]


class Pairs(People):
    """What a person can do with pairs."""

    def pairs(self) -> list[Pair]:
        """The open pairs, oldest first; those whose contacts are gone or one already are left out.

        Whoever shows some of them says so (`Desk.shows`).
        """
        self.check("contact.read")
        asked = self._asked()
        found = self.store.get(Contact, {id for _, ids in asked for id in ids})
        made = []
        for problem, ids in asked:
            if all(id in found for id in ids):
                left, right = (self.allowed(found[id]) for id in ids)
                made.append(Pair(self.seen(problem), left, right, _reason(problem), clashes(left, right)))
        return made

    def _asked(self) -> list[tuple[Problem, tuple[UUID, UUID]]]:
        """The pairs to ask about, each once, by the ids that the two go by now; none that is kept apart."""
        now = self.redirects()
        named = [
            (one, (now.get(one.contact, one.contact), now.get(one.other, one.other)))
            for one in self.store.scan(Problem)
            if one.code == PAIR and one.contact and one.other
        ]
        settled = {frozenset(ids) for one, ids in named if one.state == "apart"}
        asked: dict[frozenset[UUID], tuple[Problem, tuple[UUID, UUID]]] = {}
        for one, ids in named:
            if one.state == "open" and ids[0] != ids[1] and frozenset(ids) not in settled:
                asked.setdefault(frozenset(ids), (one, ids))
        return list(asked.values())

    def pair(self, ending: str) -> Pair:
        """The open pair whose id ends so. Raises `Unknown` (``duplicates.pair.unknown``)."""
        found = [one for one in self.pairs() if one.problem.id.hex.endswith(ending.lower().replace("-", ""))]
        if len(found) != 1:
            raise Unknown("duplicates.pair.unknown", name=ending, suggestion="")
        return found[0]

    def join(self, pair: Pair, choices: Mapping[str, Choice] | None = None, *, into: UUID | None = None) -> Receipt:
        """Make one contact of a pair; the older one stays, unless `into` names the other. Undoable."""
        self.check("contact.merge")
        ids = (pair.right.id, pair.left.id) if into == pair.right.id else (pair.left.id, pair.right.id)
        found = self.store.get(Contact, ids)
        if len(found) != 2:
            raise Unknown("duplicates.pair.unknown", name=pair.problem.id.hex[-6:], suggestion="")
        stays, goes = (found[id] for id in ids)
        unknown = set(choices or {}) - set(clashes(stays, goes))
        if unknown:
            raise PerthynError("duplicates.choice.unknown", fields=", ".join(sorted(unknown)))
        changes = merge_changes(self.store, stays, goes, choices or {}, self._strictest(stays, goes))
        changes.append(Edit("problem", pair.problem.id, {"state": ("open", "joined")}))
        return self.commit(changes, kind="merge", facts=about(stays))

    def keep_apart(self, pair: Pair) -> Receipt:
        """They are two; remembered, and never asked again."""
        self.check("contact.merge")
        edit = Edit("problem", pair.problem.id, {"state": ("open", "apart")})
        return self.commit([edit], kind="apart", facts=about(pair.left, pair.right))

    def _strictest(self, stays: Contact, goes: Contact) -> list[Consent]:
        """Where one's no stands, and a yes of either could overrule it in the one they become, it is said anew.

        So is what the suppression list says of one of them: by post it knows them by their name, which may not stay.
        """
        now = self.clock()
        shut = self.suppressed(stays) | self.suppressed(goes)
        said = {one.id: list(self.store.owned(Consent, [one.id])) for one in (stays, goes)}
        made = []
        for channel in CHANNELS:
            for purpose in MAILING:
                cases = [Case(one, channel, purpose, now, said[one.id]) for one in (stays, goes)]
                overruled = any(map(refusal, cases)) and any(case.said("given") for case in cases)
                if overruled or channel in shut:
                    made.append(
                        Consent.model_validate(
                            {"id": self.ids(), "contact": stays.id, "channel": channel, "purpose": purpose,
                             "decision": "refused", "at": now, "recorded": now, "how": "merge", "by": self.actor.name}
                        )
                    )  # fmt: skip
        return made


def _reason(problem: Problem) -> str:
    facts = json.loads(problem.facts or "{}")
    return str(facts.get("by", ""))

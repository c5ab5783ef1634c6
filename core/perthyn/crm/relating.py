"""Relating: who belongs to whom, noted on both sides; and two entries that may be one person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from perthyn.changes import Change, Create, Edit, Receipt
from perthyn.crm.pairs import PAIR, Pairs
from perthyn.crm.people import about, checked
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Contact, Problem, Relationship

OTHER_SIDE: Mapping[str, str] = MappingProxyType({
    "household_member": "household_member",
    "partner": "partner",
    "works_for": "employs",
    "employs": "works_for",
    "parent": "child",
    "child": "parent",
})  # fmt: skip
"""What a relationship is from the other's side; one that is not here is the same from both."""


@dataclass(frozen=True, slots=True)
class Related:
    """What became of a relationship: the two it is between, and the receipt."""

    one: Contact
    other: Contact
    receipt: Receipt


class Relating(Pairs):
    """What a person can do with two contacts at once."""

    def relate(self, id: UUID, other: UUID, kind: str) -> Related:
        """Note that `other` is something to a contact (`kind`), from today, on both sides as one change.

        Raises `PerthynError` (``relationship.self``, ``relationship.there``, ``record.value``).
        """
        self.check("contact.write")
        one, two = self._contact(id), self._contact(other)
        if one.id == two.id:
            raise PerthynError("relationship.self")
        mine = checked(Relationship, {"kind": kind, "other": two.id, "start": self.today()})
        theirs = checked(Relationship, {"kind": OTHER_SIDE.get(kind, kind), "other": one.id, "start": self.today()})
        changes: list[Change] = []
        for contact, link in ((one, mine), (two, theirs)):
            path = f"relationships[{link.key}]"
            held = contact.value_at(path)
            if held is None or held.end is not None:
                changes.append(Edit("contact", contact.id, {path: (held, link)}))
        if not changes:
            raise PerthynError("relationship.there", name=two.shown_name)
        return Related(self.seen(one), self.seen(two), self.commit(changes, facts=about(one, two)))

    def part(self, id: UUID, key: str) -> Related:
        """End a relationship of a contact today, on both sides; it stays in the history. `key`: as it stands there.

        Raises `Unknown` (``relationship.unknown``).
        """
        self.check("contact.write")
        one = self._contact(id)
        mine = next((link for link in one.relationships if link.key == key and link.end is None), None)
        if mine is None:
            raise Unknown("relationship.unknown", name=key, suggestion="")
        two = self._contact(mine.other)
        changes: list[Change] = []
        for contact, other, kind in ((one, {mine.other}, mine.kind), (two, self.selves(one.id), None)):
            wanted = kind or OTHER_SIDE.get(mine.kind, mine.kind)
            for link in contact.relationships:
                if link.kind == wanted and link.other in other and link.end is None:
                    ended = link.model_copy(update={"end": self.today()})
                    changes.append(Edit("contact", contact.id, {f"relationships[{link.key}]": (link, ended)}))
        return Related(self.seen(one), self.seen(two), self.commit(changes, facts=about(one, two)))

    def suspect(self, id: UUID, other: UUID) -> Problem:
        """Note that two entries may be one person, to be joined or kept apart; the open one if it is there.

        Raises `PerthynError` (``relationship.self``).
        """
        self.check("contact.merge")
        one, two = self._contact(id), self._contact(other)
        if one.id == two.id:
            raise PerthynError("relationship.self")
        known = [problem for problem, ids in self._asked() if set(ids) == {one.id, two.id}]
        if known:
            return self.seen(known[0])
        problem = Problem(id=self.ids(), code=PAIR, contact=one.id, other=two.id, at=self.clock(),
                          facts=json.dumps({"by": "hand"}))  # fmt: skip
        self.commit([Create(problem)], kind="problem", facts=about(one, two))
        return self.seen(problem)

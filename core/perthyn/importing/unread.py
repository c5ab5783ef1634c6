"""What a channel could not read, and facts that can't be used: kept as problems, settled when they come right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from perthyn.changes import Create, Edit
from perthyn.channel import Fact, Unread
from perthyn.errors import PerthynError
from perthyn.importing.problems import Problems, printable
from perthyn.importing.settling import CORRECTED
from perthyn.importing.spool import Spool, differences
from perthyn.importing.tellings import as_json, is_older, told, version_of
from perthyn.model import Problem, Record
from perthyn.model.ids import named_id
from perthyn.model.values import MAX_TEXT
from perthyn.store import Store

GONE = "delivery.contact.gone"
_VERSION = "version"


class UnreadFacts:
    """The unusable facts of one delivery. A fact has one problem, whatever is wrong with it."""

    def __init__(self, store: Store, spool: Spool, problems: Problems, source: str, at: datetime) -> None:
        self._store, self._spool, self._problems, self._source, self._at = store, spool, problems, source, at
        self._facts: dict[str, tuple[Fact, Problem]] = {}
        self._count = 0

    def refuse(self, fact: Fact, error: PerthynError) -> None:
        """This fact can't be used. What it says of a person who was erased is not kept."""
        self._count += 1
        facts = {**error.facts, "id": fact.source_id}
        problem = Problem(
            id=self._id(fact.source_id),
            code=error.code,
            where=self._source[-500:],
            raw=None if error.code == GONE else printable(as_json(told(fact)))[:MAX_TEXT],
            facts=printable(as_json(facts if fact.version is None else {**facts, _VERSION: fact.version}))[:MAX_TEXT],
            at=self._at,
        )
        self._facts[fact.source_id] = fact, problem

    def keep(self, now: Mapping[str, Record]) -> tuple[int, int]:
        """Spool the problems, and the settling of earlier ones. `now`: the facts that were taken, as they are now.

        Answers how many facts are unread; how many were only older tellings of what could be used.
        """
        read = [name for name, (fact, _) in self._facts.items() if name in now and is_older(fact, now[name])]
        problems = {problem.id: problem for name, (_, problem) in self._facts.items() if name not in read}
        taken = {self._id(name): record for name, record in now.items()}
        before = self._store.get(Problem, taken.keys() | problems.keys()) if taken or problems else {}
        for id, problem in problems.items():
            if id not in before:
                self._spool.add(Create(problem))
            elif before[id].raw != problem.raw:
                self._spool.add(Edit("problem", id, differences(before[id], problem)))
        for id in sorted(before.keys() - problems.keys()):
            version = json.loads(before[id].facts or "{}").get(_VERSION)
            if before[id].state == "open" and (version is None or version <= (version_of(taken[id]) or version)):
                self._spool.add(Edit("problem", id, {"state": ("open", CORRECTED)}))
        return self._count - len(read), len(read)

    def note(self, one: Unread, contact: UUID | None) -> None:
        """A problem for what the channel itself could not read."""
        facts = dict(one.facts)
        about = sha256(as_json({"facts": facts, "raw": one.raw}).encode("utf-8", "surrogatepass")).hexdigest()
        self._problems.note(one.code, about, raw=one.raw, facts=facts, contact=contact, most=MAX_TEXT)

    def _id(self, source_id: str) -> UUID:
        return named_id(f"unread\x1f{self._source}\x1f{source_id}")

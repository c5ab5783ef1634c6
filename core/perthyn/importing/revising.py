"""Rows delivered again with changes: what differs is edited, field by field; what a person edited since is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from perthyn.changes import Create, Delete, Edit
from perthyn.importing.matching import Changed, People
from perthyn.importing.problems import Problems
from perthyn.importing.spool import Spool
from perthyn.model import Happening, Interaction, Takings
from perthyn.store import Sourced, Store

_TYPES: Mapping[str, type[Happening]] = {one.type_name: one for one in (Interaction, Takings)}
_NOT_SAID = frozenset(("id", "source", "source_id", "contact", "came_as"))
_BOOKKEEPING = frozenset(("delivered", "source_version", "raw"))


@dataclass(frozen=True, slots=True)
class Revision:
    """A row that the store has under its id: whose it is now (b"" for nobody), and what it says now."""

    row: int
    contact: bytes
    said: Any


class Revising:
    """Revises what the store has, for one import."""

    def __init__(self, store: Store, spool: Spool, problems: Problems, people: People) -> None:
        self._store, self._spool, self._problems, self._people = store, spool, problems, people

    def known(self, before: Iterable[Sourced]) -> dict[UUID, Happening]:
        """What the store has of these."""
        ids: dict[str, list[UUID]] = {}
        for one in before:
            ids.setdefault(one.type, []).append(one.id)
        return {
            id: one for type in _TYPES if type in ids for id, one in self._store.get(_TYPES[type], ids[type]).items()
        }

    def revise(self, revision: Revision, known: Happening) -> bool:
        """Spool the edit; answers whether anything that was said has changed."""
        said: Happening = revision.said
        if said.source_version is None and known.source_version is not None:
            return False  # a file that does not say when it was so is no news to who was told by when it changed
        if (said.source_version or 0) < (known.source_version or 0):
            facts: dict[str, object] = {"id": known.source_id or ""}
            about = f"{known.source_id}\x1f{said.source_version}"
            self._problems.note("import.row.older", about, row=revision.row, facts=facts, contact=known.owner_id)
            return False
        values = {
            name: (getattr(known, name), getattr(said, name))
            for name in said.model_fields_set - _NOT_SAID
            if getattr(known, name) != getattr(said, name)
        }
        if revision.contact and isinstance(known, Takings):
            self._recognised(revision, known, {name: after for name, (_, after) in values.items()})
            return True
        self._keep_by_hand(revision, known, values)
        if values:
            self._spool.add(Edit(known.type_name, known.id, values))
        shown = {name: pair for name, pair in values.items() if name not in _BOOKKEEPING}
        if isinstance(known, Interaction) and revision.contact not in (b"", known.contact.bytes):
            self._other_person(revision, known)
        for path, (before, after) in shown.items():
            line = Changed(revision.row, known.owner_id, known.source_id or "", path, before, after)
            self._people.show(line)
        return bool(shown) or "raw" in values

    def _recognised(self, revision: Revision, known: Takings, values: Mapping[str, Any]) -> None:
        """Takings whose person is now named become an interaction of hers."""
        told = {name: getattr(known, name) for name in Takings.model_fields} | dict(values)
        self._spool.add(Delete(known))
        self._spool.add(Create(Interaction(**told, contact=UUID(bytes=revision.contact))))

    def _keep_by_hand(self, revision: Revision, known: Happening, values: dict[str, tuple[Any, Any]]) -> None:
        asked = values.keys() - _BOOKKEEPING
        by_hand: Collection[str] = self._people.by_hand(known.id) if asked else ()
        for path in sorted(asked & set(by_hand)):
            before, after = values.pop(path)
            facts: dict[str, object] = {"path": path, "kept": str(before or ""), "said": str(after or ""), "who": ""}
            about = f"{known.id}\x1f{path}\x1f{after}"
            contact = known.owner_id
            self._problems.note("import.kept.hand", about, row=revision.row, facts=facts, contact=contact)

    def _other_person(self, revision: Revision, known: Interaction) -> None:
        """The row now names somebody else: what somebody may have moved by hand stays, and is shown."""
        other = UUID(bytes=revision.contact)
        about = f"{known.id}\x1f{other}"
        facts: dict[str, object] = {"id": known.source_id or ""}
        self._problems.note(
            "import.row.other_person", about, row=revision.row, facts=facts, contact=known.contact, other=other
        )

"""Relationships in a file that perthyn wrote: the ids of others there, and who they are here."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from perthyn.errors import Unknown
from perthyn.importing.keytable import KeyTable
from perthyn.importing.people import OWN_SOURCE, Said
from perthyn.importing.problems import Problems
from perthyn.importing.spool import Spool, Staged
from perthyn.model import Contact, Relationship
from perthyn.model.identity import id_key
from perthyn.store import Store

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OTHER = 1
"""The place of the other's id among the pieces of a relationship."""


class Relating:
    """The relationships of one import: those with people of the store at once, the others at the end of the file."""

    def __init__(self, store: Store, spool: Spool, problems: Problems, numbers: KeyTable) -> None:
        self._store, self._spool, self._problems, self._numbers = store, spool, problems, numbers
        self._met = array("Q")

    def look_up(self, askings: Iterable[Said]) -> None:
        """Put the ids that others have in the store for those of the file."""
        telling = [said for said in askings if "relationship" in said]
        keys = {id_key(OWN_SOURCE, one[_OTHER]) for said in telling for one in said["relationship"] if len(one) > 1}
        if not keys:
            return
        here = {key: ids[0] for key, ids in {**self._store.keyed(keys), **named_here(self._store, keys)}.items() if ids}
        for said in telling:
            said["relationship"] = [
                (kind, str(here.get(id_key(OWN_SOURCE, other[0]), other[0])), *other[1:]) if other else (kind,)
                for kind, *other in said["relationship"]
            ]

    def meet(self, contact: Contact, number: int, row: int | None) -> None:
        """A contact as it is staged, with where it stands in the file."""
        if contact.relationships:
            self._met.extend((number, row or 0))

    def settle(self) -> None:
        """Put the ids that others get by this import for those of the file; a relationship with nobody is noted."""
        for number, row in zip(self._met[::2], self._met[1::2], strict=True):
            staged = self._spool.staged(number)
            held = set(staged.before.relationships) if staged.before else set()
            links: dict[str, Relationship] = {one.key: one for one in held}
            for one in staged.after.relationships:
                now = one if one in held else self._now(one, staged.after, row)
                if now is not None:
                    links.setdefault(now.key, now)
            after = staged.after.model_copy(update={"relationships": tuple(links.values())})
            if after != staged.after:
                self._spool.restage(number, Staged(staged.before, after))

    def _now(self, link: Relationship, contact: Contact, row: int) -> Relationship | None:
        number = self._numbers.get(id_key(OWN_SOURCE, str(link.other)))
        if number is not None:
            return link.model_copy(update={"other": self._spool.staged(number).after.id})
        if self._store.get(Contact, [link.other]):
            return link
        about = f"{contact.id}\x1f{link.key}"
        facts: dict[str, object] = {"kind": link.kind, "id": str(link.other), "who": contact.shown_name}
        self._problems.note("import.relationship.unknown", about, row=row or None, facts=facts, contact=contact.id)
        return None


def named_here(store: Store, keys: Iterable[str]) -> dict[str, tuple[UUID, ...]]:
    """Contacts of this very store that a file of its own names by their ids; of merged ones what they became."""
    prefix = id_key(OWN_SOURCE, "")
    own = [key for key in keys if key.startswith(prefix) and _ID.fullmatch(key, len(prefix))]
    asked = {key: UUID(key[len(prefix) :]) for key in own}
    there = store.get(Contact, asked.values()) if asked else {}
    found: dict[str, tuple[UUID, ...]] = {key: (id,) for key, id in asked.items() if id in there}
    for key, id in asked.items():
        if key not in found:
            with suppress(Unknown):
                found[key] = (store.resolve(id),)
    return found

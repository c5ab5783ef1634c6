"""Who a row is about: the policy by which people are recognised, a chunk at a time.

Recognised: by the account's own id for the person; else by e-mail and name together; else by phone and name together.
The same e-mail or phone alone, or the same surname, initial and postcode, makes a new contact and, where the names
could be one person's (`alike`), a suggestion; never a join. The rules hold alike against the store and within the file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from perthyn.importing.alike import Sharing, alike
from perthyn.importing.filling import Filling, filling
from perthyn.importing.keytable import KeyTable
from perthyn.importing.people import Keys, Said, contact_of, external_id
from perthyn.importing.problems import Problems
from perthyn.importing.relating import Relating, named_here
from perthyn.importing.spool import Spool, Staged
from perthyn.model import Contact, ExternalId, Ids
from perthyn.model.identity import decisive_keys, suggesting_keys
from perthyn.store import Store

CHANGED_SHOWN = 500
UNATTENDED = ("import", "channel")
"""Kinds of batches in which no person sets a value: what they wrote, the same sender may say anew."""
_NEAR = 3
"""Pairs suggested at most for one new contact."""
_BY = {"e": "email", "p": "phone", "sp": "name and postcode"}


@dataclass(frozen=True, slots=True)
class Asking:
    """One person's cells. `row`: where they stand (None: in no file), and `told` that row's id; `delivered`: its
    fingerprint, where one row is one person. `proven`: the keys are all that is said, so that a contact with these
    keys has it all."""

    said: Said
    keys: Keys
    row: int | None
    told: str
    delivered: int | None = None
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The contact, and what the row did: *new*, *changed*, or *same*."""

    id: UUID
    became: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One field of a known record that an import changes; `who`: the contact's name, or a happening's id."""

    row: int | None
    contact: UUID | None
    who: str
    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody's cells can't be a contact: the field, and what is wrong with it."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Made:
    """A contact of what is said, and the keys by which it is near others."""

    contact: Contact
    near: set[str]


class People:
    """The people of one import: those the store knew, those it makes, those it changes."""

    def __init__(
        self,
        store: Store,
        spool: Spool,
        problems: Problems,
        ids: Ids,
        source: str,
        defaults: Mapping[str, str],
        today: date,
    ) -> None:
        self._store, self._spool, self._problems, self._ids = store, spool, problems, ids
        self._source, self._defaults, self._today = source, defaults, today
        self._numbers = KeyTable()
        self._near = Sharing()
        self._shared: set[str] = set()
        self._looks: list[tuple[Asking, Contact, set[str]]] = []
        self._met = KeyTable()
        self._batches: dict[UUID, str] = {}
        self._relating = Relating(store, spool, problems, self._numbers)
        self.new = 0
        self.changed_fields = 0
        self.changed: list[Changed] = []

    @property
    def known(self) -> int:
        """How many contacts of the store were met."""
        return len(self._met)

    def answer(self, askings: Sequence[Asking]) -> list[Answer | Refusal]:
        """The contact of each asking, in order; contacts made or changed are spooled."""
        self._relating.look_up(asking.said for asking in askings)
        chunk = _Chunk(self._store, askings)
        ids = self._ids.take(len(chunk.unknown))
        made = {place: self._made(askings[place], id) for place, id in zip(chunk.unknown, ids, strict=True)}
        answers: list[Answer | Refusal] = []
        for place, asking in enumerate(askings):
            answers.append(self._one(asking, chunk.found.get(place), chunk, made.get(place)))
        self._suggest()
        return answers

    def _one(
        self, asking: Asking, stored: UUID | None, chunk: _Chunk, made: _Made | Refusal | None
    ) -> Answer | Refusal:
        if stored is not None:
            self._met.setdefault(stored.hex, 0)
        number = self._number_of(asking, stored)
        if number is not None:
            staged = self._spool.staged(number)
            return self._fill(asking, staged.before, staged.after, made, number)
        if stored is not None:
            contact = chunk.contacts.get(stored)
            if contact is None:
                return Answer(stored, "same")
            self._clash(asking, stored, chunk)
            return self._fill(asking, contact, contact, None, None)
        made = made or self._made(asking)
        if isinstance(made, Refusal):
            return made
        number = self._spool.stage(Staged(None, made.contact))
        self._relating.meet(made.contact, number, asking.row)
        self.new += 1
        self._looks.append((asking, made.contact, made.near))
        self._index(made.contact, made.near, number)
        return Answer(made.contact.id, "new")

    def _number_of(self, asking: Asking, stored: UUID | None) -> int | None:
        """The number of a contact that this import has made or changed already."""
        if not len(self._numbers):
            return None
        if stored is not None:
            return self._numbers.get(stored.hex)
        for key in asking.keys.within:
            number = self._numbers.get(key)
            if number is not None:
                return number
        return None

    def _made(self, asking: Asking, id: bytes | None = None) -> _Made | Refusal:
        """What is said, as a contact of its own."""
        named: tuple[ExternalId, ...] = ()
        if asking.keys.external:
            named = (external_id(self._source, asking.keys.external, asking.delivered),)
        try:
            id = id or self._ids.take(1)[0]
            said = contact_of(asking.said, asking.keys.names, UUID(bytes=id), self._defaults, self._today, named)
        except ValidationError as error:
            first = error.errors()[0]
            return Refusal(str(first["loc"][0]) if first["loc"] else first["type"], first["msg"])
        return _Made(said, suggesting_keys(said))

    # -- those already known --------------------------------------------------------------------------------

    def _fill(
        self, asking: Asking, before: Contact | None, now: Contact, made: _Made | Refusal | None, number: int | None
    ) -> Answer | Refusal:
        mine = [one for one in now.external_ids if one.source == self._source]
        if asking.delivered is not None and any(one.delivered == asking.delivered for one in mine):
            return Answer(now.id, "same")
        said = made or self._made(asking)
        if isinstance(said, Refusal):
            return said
        own = next((one for one in mine if one.external == asking.keys.external), None)
        newer = before is not None and asking.delivered is not None and own is not None and own.delivered is not None
        found = filling(now, said.contact, newer)
        if before is not None and found.values:
            found.keep_by_hand(now, self.by_hand(now.id))
        self._tell(asking, now, found)
        if not found.values:
            return Answer(now.id, "same")
        after = now.with_values(found.values)
        if number is None:
            number = self._spool.stage(Staged(before, after))
        else:
            self._spool.restage(number, Staged(before, after))
        self._relating.meet(after, number, asking.row)
        self._numbers.setdefault(after.id.hex, number)
        near = suggesting_keys(after)
        gained = near - suggesting_keys(now)
        if gained:
            self._looks.append((asking, after, gained))
        self._index(after, near, number)
        if before is None:
            return Answer(now.id, "changed")
        for path, value in found.values.items():
            if not path.startswith("external_ids["):
                self.show(Changed(asking.row, now.id, now.shown_name, path, now.value_at(path), value))
        return Answer(now.id, "changed")

    def relate(self) -> None:
        """At the end of the file: relationships lead to whom their ids have become."""
        self._relating.settle()

    def show(self, line: Changed) -> None:
        """Remember a changed field, for the screen at the end."""
        self.changed_fields += 1
        if len(self.changed) < CHANGED_SHOWN:
            self.changed.append(line)

    def by_hand(self, record: UUID) -> Collection[str]:
        """The paths of a record that somebody has edited by hand, not by an import or through a channel."""
        return self.by_hands([record]).get(record, ())

    def by_hands(self, records: Collection[UUID]) -> Mapping[UUID, Collection[str]]:
        """The same of many records; those of which nothing was edited are left out."""
        paths: dict[UUID, set[str]] = {}
        for line in self._store.journal(records=records):
            if line.batch not in self._batches:
                header = self._store.header(line.batch)
                self._batches[line.batch] = header.kind if header else ""
            if self._batches[line.batch] not in UNATTENDED and line.action == "edit":
                paths.setdefault(line.id, set()).update(line.before)
        return paths

    def _tell(self, asking: Asking, contact: Contact, found: Filling) -> None:
        """A value that the file contradicts is kept and shown; so is one that a person had edited."""
        for code, clashes in (("import.value.differs", found.differs), ("import.kept.hand", found.kept)):
            for path, (old, new) in clashes.items():
                facts: dict[str, object] = {"path": path, "kept": _shown(old), "said": _shown(new)}
                facts["who"] = contact.shown_name
                about = f"{contact.id}\x1f{path}\x1f{facts['said']}"
                self._problems.note(code, about, row=asking.row, facts=facts, contact=contact.id)

    def _clash(self, asking: Asking, chosen: UUID, chunk: _Chunk) -> None:
        """Another contact that has one of the keys as well is a pair to look at."""
        for key in asking.keys.decisive:
            for other in chunk.stored.get(key, ()):
                if other != chosen:
                    self._pair(asking, min(chosen, other), max(chosen, other), key)

    # -- those who may be somebody else as well -----------------------------------------------------------------

    def _suggest(self) -> None:
        """Pairs of those who were made, or gained something to be known by, with others who have it too."""
        looks, self._looks = self._looks, []
        shared, self._shared = self._shared, set()
        stored = self._store.keyed({key for _, _, keys in looks for key in keys})
        ids = {id for found in stored.values() for id in found[:_NEAR]}
        known = self._store.get(Contact, ids) if ids else {}
        for asking, contact, keys in looks:
            others: dict[UUID, str] = {}
            for key in sorted(keys & (shared | stored.keys())):
                near = [known[id] for id in stored.get(key, ())[:_NEAR]]
                if key in shared:
                    near += [self._spool.staged(number).after for number in self._near.get(key)]
                kind = key.partition("\x1f")[0]
                for other in near:
                    if other.id != contact.id and alike(contact, other, kind):
                        others.setdefault(other.id, key)
            for id, key in list(others.items())[:_NEAR]:
                self._pair(asking, min(contact.id, id), max(contact.id, id), key)

    def _pair(self, asking: Asking, one: UUID, other: UUID, key: str) -> None:
        kind = key.partition("\x1f")[0]
        facts: dict[str, object] = {"by": _BY.get(kind, "email" if kind == "en" else "id")}
        about = f"{one}\x1f{other}"
        self._problems.note(
            "duplicate.possible", about, row=asking.row, facts=facts, contact=one, other=other, everywhere=True
        )

    def _index(self, contact: Contact, near: Collection[str], number: int) -> None:
        for key in decisive_keys(contact):
            self._numbers.setdefault(key, number)
        for key in near:
            if self._near.add(key, number):
                self._shared.add(key)


class _Chunk:
    """What the store knows of some askings: the contact of each, and those that must be looked at whole."""

    def __init__(self, store: Store, askings: Sequence[Asking]) -> None:
        keys = dict.fromkeys(key for asking in askings for key in asking.keys.decisive)
        self.stored = {**store.keyed(keys), **named_here(store, keys)}
        self.found: dict[int, UUID] = {}
        self.unknown: list[int] = []
        wanted: dict[UUID, None] = {}
        for place, asking in enumerate(askings):
            have = [self.stored.get(key, ()) for key in asking.keys.decisive]
            chosen = next((ids[0] for ids in have if ids), None)
            if chosen is None:
                self.unknown.append(place)
                continue
            self.found[place] = chosen
            if not asking.proven or not all(ids == (chosen,) for ids in have):
                wanted[chosen] = None
        self.contacts = store.get(Contact, wanted) if wanted else {}


def _shown(value: Any) -> str:
    if hasattr(value, "key"):
        return ", ".join(str(one) for one in dict(value).values() if one not in (None, False, ""))
    return "" if value is None else str(value)

"""What a channel read, prepared as one batch: people recognised, facts known again or new, the unusable kept.

The people of a delivery are an import's people (`matching.People`), with the same rules and the same suggestions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from perthyn.changes import Create, Delete, Edit
from perthyn.channel import Delivery, Fact, Of, Somebody
from perthyn.errors import PerthynError, Unknown, why_not
from perthyn.importing.described import Described, Doubt, is_known_by
from perthyn.importing.matching import Asking, People, Refusal
from perthyn.importing.people import OWN, keys_of
from perthyn.importing.problems import Problems, printable
from perthyn.importing.spool import Spool, differences
from perthyn.importing.tellings import as_json, fingerprint, is_older, is_word, key_of, meant, version_of
from perthyn.importing.unread import GONE, UnreadFacts
from perthyn.model import (
    Consent,
    Contact,
    CustomField,
    Happening,
    Ids,
    Interaction,
    Obtained,
    Record,
    Screening,
    Takings,
)
from perthyn.model.ids import named_id
from perthyn.model.values import MAX_TEXT
from perthyn.store import Store
from perthyn.text import nearest

SAID_ONCE = (Consent, Obtained, Screening)
"""Immutable: what was said is said; another saying has another id."""
NAMED_BY_US = (Screening,)
"""Records without a source: their own id is made of it, so that the same fact again is the same record."""
_OURS = frozenset(("id", "source", "source_id", "source_version", "delivered", "came_as"))
_BOOKKEEPING = frozenset(("delivered", "source_version"))
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the facts of any delivery are read with. `kinds`: of interactions. `region`: of phone numbers."""

    zone: ZoneInfo
    region: str
    currency: str
    kinds: Sequence[str]
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Told:
    """A fact that can be used: its record (without its contact as yet), and the fields that were said."""

    fact: Fact
    record: Record
    said: frozenset[str]


class Delivered:
    """Prepares one delivery into a spool. `counts`: created, revised, unchanged, older, unread; each fact is one."""

    def __init__(self, store: Store, spool: Spool, delivery: Delivery, ids: Ids, around: Surroundings) -> None:
        self._store, self._spool, self._delivery, self._ids, self._around = store, spool, delivery, ids, around
        source, today = delivery.source, around.at.astimezone(around.zone).date()
        self._problems = Problems(store, spool, source, source, around.at)
        self._people = People(store, spool, self._problems, ids, source, {}, today)
        self._custom = {one.name: one.type for one in store.scan(CustomField)}
        self._described = Described(around.region, self._custom)
        self._before: dict[str, Record] = {}
        self._now: dict[str, Record] = {}
        self._unread = UnreadFacts(store, spool, self._problems, source, around.at)
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        """Prepare all of it."""
        facts = self._news()
        told = self._usable(facts)
        whose = self._whose(told)
        self._look_at_hands(told)
        for one, contact in zip(told, whose, strict=True):
            self._take(one, contact)
        self._write()
        self._end()

    def _end(self) -> None:
        """Keep what could not be used, and add it up."""
        unread, older = self._unread.keep(self._now)
        for one in self._delivery.unread:
            contact = None if one.contact is None else self._followed(one.contact)
            self._unread.note(one, contact if isinstance(contact, UUID) else None)
        self._problems.flush()
        self.counts["unread"] += unread + len(self._delivery.unread)
        self.counts["older"] += older

    # -- what is new -------------------------------------------------------------------------------------------

    def _news(self) -> list[Fact]:
        """The facts that the store has not been told in just these words."""
        facts = self._not_standing(self._delivery.facts)
        names = {fact.source_id for fact in facts} | set(meant(facts))
        self._known = self._store.sourced(self._delivery.source, {name for name in names if is_word(name)})
        news = []
        for fact in facts:
            before = self._known.get(fact.source_id)
            if before and before.delivered is not None and before.delivered == fingerprint(fact):
                self.counts["unchanged"] += 1
            else:
                news.append(fact)
        wanted: dict[str, list[UUID]] = {}
        for name in {fact.source_id for fact in news} & self._known.keys():
            wanted.setdefault(self._known[name].type, []).append(self._known[name].id)
        for type, ids in wanted.items():
            for record in self._store.get(self._store.types[type], ids).values():
                self._before[record.source_id] = record  # type: ignore[attr-defined]
        self._now = dict(self._before)
        return news

    def _not_standing(self, facts: Sequence[Fact]) -> list[Fact]:
        """The facts but those of `NAMED_BY_US` that are stored."""
        ours = {self._name(fact): fact.type for fact in facts if fact.type in NAMED_BY_US}
        stand = {
            id for type in set(ours.values()) for id in self._store.get(type, [i for i in ours if ours[i] is type])
        }
        self.counts["unchanged"] += len(stand)
        return [fact for fact in facts if fact.type not in NAMED_BY_US or self._name(fact) not in stand]

    def _name(self, fact: Fact) -> UUID:
        return named_id(f"{fact.type.type_name}\x1f{self._delivery.source}\x1f{fact.source_id}")

    # -- what can be used --------------------------------------------------------------------------------------

    def _usable(self, facts: Sequence[Fact]) -> list[_Told]:
        """The facts as records; a problem is kept of each other one, and of those that name one of these."""
        fresh = iter(self._ids.take(len(facts)))
        ids = {name: one.id for name, one in self._known.items()}
        for fact in facts:
            fresh_id = UUID(bytes=next(fresh))
            ids.setdefault(fact.source_id, self._name(fact) if fact.type in NAMED_BY_US else fresh_id)
        told: list[_Told] = []
        waiting = list(facts)
        while waiting:
            good = []
            for fact in waiting:
                try:
                    good.append(self._read(fact, ids))
                except PerthynError as error:
                    self._unread.refuse(fact, error)
            usable = {one.fact.source_id for one in good} | self._known.keys()
            gone = ids.keys() - usable
            ids = {name: id for name, id in ids.items() if name in usable}
            if not any(set(meant([one.fact])) & gone for one in good):
                told = good
                break
            waiting = [one.fact for one in good]
        return told

    def _read(self, fact: Fact, ids: Mapping[str, UUID]) -> _Told:
        """A fact as a record. Raises `PerthynError` where it can't be one."""
        type = _plain_type(fact.type)
        named = fact.type.source_named or fact.type in NAMED_BY_US
        if not (named and fact.type.type_name in self._store.types):
            raise PerthynError("delivery.fact.type", id=fact.source_id, type=fact.type.type_name)
        if not is_word(fact.source_id):
            raise PerthynError("delivery.fact.nameless", type=fact.type.type_name)
        before = self._known.get(fact.source_id)
        if before and _plain_type(self._store.types[before.type]) is not type:
            raise PerthynError("delivery.fact.other", id=fact.source_id, type=fact.type.type_name, other=before.type)
        for name in fact.values.keys() & (_OURS | {fact.type.owner}):
            raise PerthynError("record.path.fixed", type=fact.type.type_name, path=name)
        values = {name: _value(value, fact.source_id, ids) for name, value in fact.values.items()}
        said = self._completed(type, values)
        made: dict[str, Any] = {"id": ids[fact.source_id]}
        if fact.type not in NAMED_BY_US:
            made |= {"source": self._delivery.source, "source_id": fact.source_id}
        if type.owner:
            made[type.owner] = _NOBODY
        if "delivered" in type.model_fields:
            made["delivered"] = fingerprint(fact)
        if "source_version" in type.model_fields:
            made["source_version"] = fact.version
        try:
            return _Told(fact, type.model_validate({**said, **made}), frozenset(values))
        except ValidationError as error:
            first = error.errors()[0]
            field = str(first["loc"][0]) if first["loc"] else ""
            told = str(first.get("input", ""))[:80]
            raise PerthynError("record.value", field=field, value=told, why=why_not(first)) from error

    def _completed(self, type: type[Record], values: dict[str, Any]) -> dict[str, Any]:
        """The values with what follows from them; `values` gains what is as good as said."""
        around = self._around
        if issubclass(type, Happening):
            kind = str(values.get("kind", ""))
            if kind not in around.kinds:
                near, known = nearest(kind, around.kinds), ", ".join(around.kinds)
                raise Unknown("interaction.kind.unknown", name=kind, suggestion=near, known=known)
            at = values.get("at")
            if isinstance(at, datetime) and at.tzinfo is not None and values.get("day") is None:
                values["day"] = at.astimezone(around.zone).date()
            if values.get("amount") is not None and not values.get("currency"):
                values["currency"] = around.currency
        if issubclass(type, SAID_ONCE):
            given = values.get("decision") == "given"
            if given and not (values.get("wording") and values.get("how")):
                values["decision"] = "unconfirmed"
            at = values.get("at")
            if not given and isinstance(at, datetime) and at.tzinfo is not None and at > around.at:
                values["at"] = around.at  # by a clock that is fast: a no counts at once
            return {"recorded": around.at, "by": around.actor, **values}
        return values

    # -- whose it is -------------------------------------------------------------------------------------------

    def _whose(self, told: Sequence[_Told]) -> list[UUID | PerthynError | None]:
        """The contact of each fact; None where nobody is known, an error where somebody can't be kept."""
        named = {one.fact.who for one in told if isinstance(one.fact.who, UUID)}
        here = self._store.get(Contact, named) if named else {}
        askings: dict[str, Asking] = {}
        for one in told:
            who = one.fact.who
            if isinstance(who, Somebody) and key_of(who) not in askings:
                said, doubts = self._described.read(who)
                self._doubt(one.fact, doubts)
                if is_known_by(said):
                    keys = keys_of(said, self._delivery.source, "")
                    askings[key_of(who)] = Asking(said, keys, None, one.fact.source_id)
        answers = dict(zip(askings, self._people.answer(list(askings.values())), strict=True))
        self._declare(askings.values())
        whose: list[UUID | PerthynError | None] = []
        for one in told:
            who = one.fact.who
            if isinstance(who, UUID):
                whose.append(who if who in here else self._followed(who))
                continue
            found = answers.get(key_of(who)) if who is not None else None
            if isinstance(found, Refusal):
                whose.append(PerthynError("import.cell.refused", field=found.field, reason=found.reason))
            else:
                whose.append(found.id if found else None)
        return whose

    def _followed(self, id: UUID) -> UUID | PerthynError:
        try:
            return self._store.resolve(id)
        except Unknown:
            return PerthynError(GONE)

    def _doubt(self, fact: Fact, doubts: Sequence[Doubt]) -> None:
        for one in doubts:
            code, facts = one.reason
            self._problems.note(code, fact.source_id, column=one.field, raw=one.value, facts=dict(facts))

    def _declare(self, askings: Iterable[Asking]) -> None:
        """The custom fields of our own that this delivery is the first to fill."""
        met = {name for asking in askings for name in asking.said if name.startswith(OWN)} - self._custom.keys()
        for name in sorted(met):
            self._spool.add(Create(CustomField(id=self._ids(), name=name, label_en=name.removeprefix(OWN))))

    # -- new, newer, older ------------------------------------------------------------------------------------

    def _look_at_hands(self, told: Sequence[_Told]) -> None:
        again = [self._before[one.fact.source_id].id for one in told if one.fact.source_id in self._before]
        self._hands = self._people.by_hands(again) if again else {}

    def _take(self, told: _Told, contact: UUID | PerthynError | None) -> None:
        """Put a fact over what is known under its id, and count what it was."""
        fact, record = told.fact, told.record
        known = self._now.get(fact.source_id)
        if isinstance(contact, PerthynError):
            self._unread.refuse(fact, contact)
        elif known is None:
            made = self._new(told, contact)
            if made is None:
                self._unread.refuse(
                    fact, PerthynError("delivery.contact.missing", id=fact.source_id, type=record.type_name)
                )
            else:
                self._now[fact.source_id] = made
                self.counts["created"] += 1
        elif getattr(known, "delivered", None) == getattr(record, "delivered", fact):
            self.counts["unchanged"] += 1
        elif isinstance(known, SAID_ONCE):
            self._unread.refuse(fact, PerthynError("delivery.fact.fixed", id=fact.source_id, type=record.type_name))
        else:
            self._revise(told, known, contact)

    def _new(self, told: _Told, contact: UUID | None) -> Record | None:
        """The record; None where it must belong to somebody."""
        if contact is not None and told.record.owner:
            return told.record.model_copy(update={told.record.owner: contact})
        if isinstance(told.record, Interaction):
            return _of_nobody(told.record, told.fact)
        return None if told.record.owner else told.record

    def _revise(self, told: _Told, known: Record, contact: UUID | None) -> None:
        now, outcome = known, "unchanged"
        if is_older(told.fact, known):
            outcome = "older"
        elif told.fact.version is None or told.fact.version != version_of(known):
            values = {name: getattr(told.record, name) for name in told.said}
            values = {name: value for name, value in values.items() if value != getattr(known, name)}
            self._keep_by_hand(known, values)
            outcome = "revised" if values else "unchanged"
            kept = {name: getattr(told.record, name, None) for name in _BOOKKEEPING & type(known).model_fields.keys()}
            now = known.model_copy(update=values | {name: value for name, value in kept.items() if value is not None})
            if contact not in (None, known.owner_id) and known.owner:
                self._other_person(known, contact)
        if isinstance(now, Takings) and contact is not None:
            outcome = "revised"
            now = Interaction(**{name: getattr(now, name) for name in Takings.model_fields}, contact=contact)
        self._now[told.fact.source_id] = now
        self.counts[outcome] += 1

    def _keep_by_hand(self, known: Record, values: dict[str, Any]) -> None:
        """What a person has edited since stays; the other value is offered."""
        for path in sorted(values.keys() & set(self._hands.get(known.id, ()))):
            kept, said = getattr(known, path), values.pop(path)
            facts: dict[str, object] = {"path": path, "kept": str(kept or ""), "said": str(said or ""), "who": ""}
            about = f"{known.id}\x1f{path}\x1f{said}"
            self._problems.note("import.kept.hand", about, facts=facts, contact=known.owner_id)

    def _other_person(self, known: Record, other: UUID | None) -> None:
        """The sender now names somebody else: what somebody may have moved by hand stays, and is shown."""
        facts: dict[str, object] = {"id": getattr(known, "source_id", "")}
        about = f"{known.id}\x1f{other}"
        self._problems.note("import.row.other_person", about, facts=facts, contact=known.owner_id, other=other)

    def _write(self) -> None:
        """What became of each record, as changes."""
        for name, now in self._now.items():
            before = self._before.get(name)
            if before is None:
                self._spool.add(Create(now))
            elif type(before) is not type(now):
                self._spool.add(Delete(before))
                self._spool.add(Create(now))
            elif values := differences(before, now):
                self._spool.add(Edit(now.type_name, now.id, values))


def _value(value: Any, id: str, ids: Mapping[str, UUID]) -> Any:
    if isinstance(value, Of):
        if value.source_id not in ids:
            raise PerthynError("delivery.fact.of", id=id, other=value.source_id)
        return ids[value.source_id]
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _plain_type(type: type[Record]) -> type[Record]:
    """Takings are interactions of nobody."""
    return Interaction if type is Takings else type


def _of_nobody(record: Interaction, fact: Fact) -> Takings:
    """Takings, which keep what was said of whoever it was."""
    values = {name: getattr(record, name) for name in Takings.model_fields}
    if isinstance(fact.who, Somebody) and fact.who.values and not values["raw"]:
        values["raw"] = printable(as_json(fact.who.values))[:MAX_TEXT]
    return Takings(**values)

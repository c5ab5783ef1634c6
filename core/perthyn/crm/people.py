"""People: find, show, add, edit, note what happened, all that is held, erase."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from perthyn.changes import Change, Create, Edit, Erase, Header, JournalLine, Receipt
from perthyn.contacting import Decision, may_contact
from perthyn.contacting.door import CHANNELS
from perthyn.contacting.suppression import address_hash, addresses
from perthyn.crm.segments import Segments, Standing
from perthyn.errors import PerthynError, Unknown
from perthyn.model import (
    Address,
    Consent,
    Contact,
    Email,
    Interaction,
    Phone,
    Problem,
    Record,
    Suppression,
    Tag,
    Takings,
)
from perthyn.store import Total
from perthyn.text import nearest

TIMELINE = 50
_ENDING = re.compile(r"[0-9a-f]{6,32}")


@dataclass(frozen=True, slots=True)
class View:
    """The 360-degree view: one person across all sources.

    `timeline`: the newest happenings; `more`: how many older ones there are. `others`: names of related contacts.
    `permission`: per channel, whether she may be sent marketing and by which rule. `standings`: in which segments, and
    why.
    """

    contact: Contact
    totals: Sequence[Total]
    timeline: Sequence[Interaction]
    more: int
    consents: Sequence[Consent]
    permission: Mapping[str, Decision]
    others: Mapping[UUID, str]
    problems: Sequence[Problem]
    sources: Sequence[str]
    standings: Sequence[Standing]

    @property
    def first(self) -> date | None:
        """The first day anything happened."""
        return min((one.first for one in self.totals), default=None)

    @property
    def last(self) -> date | None:
        """The last day anything happened."""
        return max((one.last for one in self.totals), default=None)


class People(Segments):
    """What a person can do with contacts."""

    def find(self, text: str, limit: int = 20) -> list[Contact]:
        """Contacts that answer to `text`, the best first; slips of the finger and accents are forgiven."""
        self.check("contact.read")
        order = self.store.search(text, limit)
        found = self.store.get(Contact, order)
        return [found[id] for id in order if id in found]

    def who(self, text: str) -> Contact:
        """The one contact meant by a name, an e-mail address or the ending of an id (six letters or more).

        Raises `Unknown` (``contact.unknown``) or `PerthynError` (``contact.several``, naming them).
        """
        self.check("contact.read")
        text = text.strip()
        found = self._by_ending(text) or self.find(text, limit=12)
        exact = [one for one in found if text.casefold() in _names(one)]
        if len(exact) == 1 or len(found) == 1:
            return (exact or found)[0]
        if not found:
            raise Unknown("contact.unknown", name=text, suggestion="")
        some = "; ".join(f"{one.shown_name} ({one.id.hex[-6:]})" for one in (exact or found)[:8])
        raise PerthynError("contact.several", name=text, count=len(exact or found), contacts=some)

    def _by_ending(self, text: str) -> list[Contact]:
        ending = text.lower().replace("-", "")
        if not _ENDING.fullmatch(ending):
            return []
        ids = self.store.ending(Contact, ending)
        if not ids and len(ending) == 32:
            ids = [self.store.resolve(UUID(hex=ending))]
        return list(self.store.get(Contact, ids).values())

    def show(self, id: UUID) -> View:
        """Everything about one contact. Old ids of merged contacts lead to the one they became."""
        self.check("contact.read")
        contact = self.store.get(Contact, [id]).get(id) or self.store.get(Contact, [self.store.resolve(id)]).popitem()[1]
        totals = self.store.totals(contact.id) if self.actor.may("money.read") else self._without_money(contact.id)
        timeline = self.store.recent(Interaction, contact.id, TIMELINE)
        consents = list(self.store.owned(Consent, [contact.id]))
        others = self.store.get(Contact, [one.other for one in contact.relationships])
        return View(
            contact,
            totals,
            timeline,
            sum(one.count for one in totals) - len(timeline),
            consents,
            self.permissions(contact, consents),
            {one.id: one.shown_name for one in others.values()},
            [one for one in self.open_problems() if contact.id in (one.contact, one.other)],
            sorted({one.source for one in contact.external_ids} | {one.source for one in timeline if one.source}),
            self.standings(contact),
        )

    def _without_money(self, id: UUID) -> list[Total]:
        return [Total(one.kind, one.count, 0, one.first, one.last, one.days) for one in self.store.totals(id)]

    def permissions(self, contact: Contact, consents: Sequence[Consent], purpose: str = "marketing") -> dict[str, Decision]:
        """Per channel, what the one door says at this instant."""
        shut, doubtful = self.suppressed(contact), self.contradicted(contact)
        return {
            channel: may_contact(
                contact, channel, purpose, self.clock(), consents=consents, suppressed=channel in shut,
                contradicted=channel in doubtful,
            )
            for channel in CHANNELS
        }  # fmt: skip

    def contradicted(self, contact: Contact) -> set[str]:
        """The channels about which files contradict each other, and nobody has settled it."""
        found: dict[UUID, set[str]] = self.kept("contradicted", self._contradicted)
        return found.get(contact.id, set())

    def _contradicted(self) -> dict[UUID, set[str]]:
        found: dict[UUID, set[str]] = defaultdict(set)
        for one in self.open_problems():
            if one.code == "consent.contradiction":
                for id in filter(None, (one.contact, one.other)):
                    with suppress(Unknown):
                        found[self.store.resolve(id)].add(json.loads(one.facts or "{}").get("channel", ""))
        return dict(found)

    def suppressed(self, contact: Contact) -> set[str]:
        """The channels on which an address of this contact stands in the suppression list."""
        listed = self.kept(
            "suppressed", lambda: {(one.channel, one.address_hash) for one in self.store.scan(Suppression)}
        )
        if not listed:
            return set()
        key = self.suppression_key()
        return {channel for channel, address in addresses(contact) if (channel, address_hash(key, channel, address)) in listed}

    def suppression_key(self) -> bytes:
        """The organisation's own key for hashes of addresses, made once."""
        held = self.remembered("suppression.key")
        if held is None:
            held = self.random(32).hex()
            change = self.remember("suppression.key", held)
            self.commit([change] if change else [], reason="suppression key", kind="setting")
        return bytes.fromhex(str(held))

    def open_problems(self) -> list[Problem]:
        """Problems that nobody has settled."""
        return self.kept("problems", lambda: [one for one in self.store.scan(Problem) if one.state == "open"])

    # -- writing ---------------------------------------------------------------------------------------------

    def add_contact(self, values: Mapping[str, Any]) -> tuple[Contact, Receipt]:
        """A new contact from words as a person types them (see `contact_values`)."""
        self.check("contact.write")
        contact = _checked(Contact, {"id": self.ids(), **self.contact_values(values)})
        return contact, self.commit([Create(contact)], reason=contact.shown_name)

    def edit_contact(self, id: UUID, values: Mapping[str, Any], remove: Iterable[str] = ()) -> tuple[Contact, Receipt | None]:
        """Set fields and add parts; `remove` names paths (``emails[a@b]``). No receipt where nothing would change."""
        self.check("contact.write")
        contact = self.store.get(Contact, [self.store.resolve(id)]).popitem()[1]
        asked: dict[str, Any] = dict.fromkeys(remove)
        for name, value in self.contact_values(values).items():
            if isinstance(value, tuple):
                asked.update({f"{name}[{part.key}]": part for part in value})
            else:
                asked[name] = value
        changed = {path: (contact.value_at(path), value) for path, value in asked.items() if contact.value_at(path) != value}
        if not changed:
            return contact, None
        after = _checked_edit(contact, {path: value for path, (_, value) in changed.items()})
        changed = {path: (before, after.value_at(path)) for path, (before, _) in changed.items()}
        return after, self.commit([Edit("contact", contact.id, changed)], reason=contact.shown_name)

    def contact_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Typed fields from words: ``email``, ``phone``, ``tag`` (texts or lists), ``address``, ``postcode``, plain fields."""
        region = self.settings.region
        made: dict[str, Any] = {}
        address = {}
        for name, value in values.items():
            if value in (None, "", ()):
                continue
            many = [value] if isinstance(value, str) else value
            if name == "email":
                made["emails"] = tuple(_checked(Email, {"address": _email(one)}) for one in many)
            elif name == "phone":
                made["phones"] = tuple(Phone.of(one.strip(), region) for one in many)
            elif name == "tag":
                made["tags"] = tuple(_checked(Tag, {"tag": one.strip()}) for one in many)
            elif name in ("address", "town", "county", "postcode", "country"):
                address["lines" if name == "address" else name] = value
            elif name in Contact.model_fields:
                made[name] = value
            else:
                known = [*Contact.model_fields, "email", "phone", "tag", "address", "postcode"]
                raise Unknown("contact.field.unknown", name=name, suggestion=nearest(name, known))
        if address:
            made["addresses"] = (_checked(Address, address),)
        if "language" in made:
            made["language_asked"] = self.today()
        return made

    def add_interaction(self, contact: UUID, values: Mapping[str, Any]) -> tuple[Interaction, Receipt]:
        """Note something that happened; without a day, today. Raises `Unknown` for a kind that is not known."""
        self.check("interaction.write")
        kinds = [one.name for one in self.kinds()]
        kind = str(values.get("kind", ""))
        if kind not in kinds:
            raise Unknown("interaction.kind.unknown", name=kind, suggestion=nearest(kind, kinds), known=", ".join(kinds))
        given = {name: value for name, value in values.items() if value is not None}
        if "amount" in given:
            given.setdefault("currency", self.settings.currency)
        made = {"id": self.ids(), "contact": self.store.resolve(contact), "day": self.today(), **given}
        interaction = _checked(Interaction, made)
        return interaction, self.commit([Create(interaction)], reason=kind)

    # -- all that is held, and nothing any more ------------------------------------------------------------------

    def dossier(self, id: UUID) -> dict[str, Any]:
        """All that is held on a contact, as JSON can hold it: records of every type, history, who touched it."""
        self.check("contact.dossier")
        id = self.store.resolve(id)
        contact = self.store.get(Contact, [id])[id]
        held: dict[str, Any] = {"contact": contact.plain()}
        for name, type in self.store.types.items():
            if type.owner:
                records = [one.plain() for one in self.store.owned(type, [id])]
                if records:
                    held[name] = records
        held["problem"] = [one.plain() for one in self.store.scan(Problem) if id in (one.contact, one.other)]
        held["permission"] = {
            channel: {"allowed": one.allowed, "rule": one.rule}
            for channel, one in self.permissions(contact, list(self.store.owned(Consent, [id]))).items()
        }
        held["history"] = [
            {"when": header.at.isoformat(), "who": header.actor, "why": header.reason, "kind": header.kind,
             "type": line.type, "action": line.action, "before": dict(line.before)}
            for line, header in self.history(id)
        ]  # fmt: skip
        return {name: value for name, value in held.items() if value}

    def history(self, id: UUID) -> list[tuple[JournalLine, Header]]:
        """What was changed of a contact and all it owns, oldest first, with the batch that did it."""
        self.check("contact.read")
        headers: dict[UUID, Header | None] = {}
        lines = []
        for line in self.store.journal(contact=id):
            if line.batch not in headers:
                headers[line.batch] = self.store.header(line.batch)
            header = headers[line.batch]
            if header is not None:
                lines.append((line, header))
        return lines

    def erase(self, id: UUID) -> tuple[Receipt, dict[str, int]]:
        """Remove a contact everywhere, the journal included; what it did stays in the totals, about nobody.

        Every "no" it said goes on as keyed hashes of its addresses. Answers the receipt and how many records went.
        """
        self.check("contact.erase")
        id = self.store.resolve(id)
        contact = self.store.get(Contact, [id])[id]
        key = self.suppression_key()
        said = list(self.store.owned(Consent, [id]))
        stop = [one.channel for one in said if one.undo_rule == "never"]
        listed = {(one.channel, one.address_hash) for one in self.store.scan(Suppression)}
        changes: list[Change] = []
        for channel, address in addresses(contact):
            hashed = address_hash(key, channel, address)
            if channel in stop and (channel, hashed) not in listed:
                listed.add((channel, hashed))
                changes.append(Create(_suppression(self, channel, hashed)))
        gone: dict[str, int] = {"contact": 1}
        for name, type in self.store.types.items():
            if type.owner:
                owned: list[Record] = list(self.store.owned(type, [id]))
                gone[name] = len(owned)
                if type is Interaction:
                    changes += [Create(_nobody(self, one)) for one in owned if isinstance(one, Interaction)]
        changes += _unlink(self, contact)
        changes.append(Erase(id))
        return self.commit(changes, kind="erase", reason=""), {name: count for name, count in gone.items() if count}


def _suppression(desk: People, channel: str, hashed: str) -> Suppression:
    return Suppression.model_validate(
        {"id": desk.ids(), "address_hash": hashed, "channel": channel, "why": "erased", "recorded": desk.clock()}
    )


def _nobody(desk: People, one: Interaction) -> Takings:
    """What happened, without anything that says to whom."""
    kept = ("kind", "channel", "direction", "day", "amount", "currency", "quantity", "party_size", "lead_days", "site",
            "event", "event_type", "campaign")  # fmt: skip
    return Takings.model_validate({"id": desk.ids(), **{name: getattr(one, name) for name in kept}})


def _unlink(desk: People, contact: Contact) -> list[Change]:
    """Take the relationships away that others have with a contact about to go."""
    changes: list[Change] = []
    others = desk.store.get(Contact, {one.other for one in contact.relationships})
    for other in others.values():
        links = {f"relationships[{one.key}]": (one, None) for one in other.relationships if one.other == contact.id}
        if links:
            changes.append(Edit("contact", other.id, links))
    return changes


def _names(contact: Contact) -> set[str]:
    whole = " ".join(part for part in (contact.given, contact.family) if part)
    return {contact.shown_name.casefold(), whole.casefold(), contact.id.hex, *(one.key for one in contact.emails)}


def _email(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    text = text.strip()
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise PerthynError("contact.email.invalid", value=text, why=str(error)) from error
    return text


def _checked(type: type[Any], values: Mapping[str, Any]) -> Any:
    try:
        return type.model_validate(dict(values))
    except ValidationError as error:
        wrong = error.errors()[0]
        field = str(wrong["loc"][0]) if wrong["loc"] else ""
        raise PerthynError("record.value", field=field, value=str(wrong.get("input", ""))[:80], why=wrong["msg"]) from error


def _checked_edit(contact: Contact, values: Mapping[str, Any]) -> Contact:
    try:
        return contact.with_values(values)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise PerthynError(
            "record.value", field=str(wrong["loc"][0]), value=str(wrong.get("input", ""))[:80], why=wrong["msg"]
        ) from error

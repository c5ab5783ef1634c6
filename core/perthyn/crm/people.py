"""People: find, show, add, edit, note what happened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from perthyn.changes import Change, Create, Edit, Receipt
from perthyn.contacting import Decision
from perthyn.crm.segments import Standing
from perthyn.crm.timeline import Timeline
from perthyn.errors import PerthynError, Unknown, why_not
from perthyn.importing.meanings import OWN
from perthyn.model import (
    CORE_TYPES,
    Address,
    Consent,
    Contact,
    Custom,
    CustomField,
    Email,
    Interaction,
    Obtained,
    Part,
    Phone,
    Problem,
    Record,
    Redirect,
    Screening,
    Tag,
    declared,
    parts,
)
from perthyn.rules.closed import Compare, Field, Measure, OneOf
from perthyn.store import Total
from perthyn.text import fold, nearest

TIMELINE = 50
_OF_THE_CORE = frozenset(CORE_TYPES)
_ENDING = re.compile(r"[0-9a-f]{6,32}")
_PLAIN = tuple(name for name in declared(Contact) if name != "id")
_CUSTOM_PARTS = {"text": "text", "number": "number", "date": "day"}
_WHOLE = re.compile(r"[+-]?\d{1,16}")
_OURS = {"id", "contact", "came_as", "delivered"}


@dataclass(frozen=True, slots=True)
class View:
    """The 360-degree view: one person across all sources.

    `timeline`: the newest happenings; `more`: how many older ones there are. `others`: names of related contacts.
    `permission`: per channel, whether she may be sent marketing and by which rule. `standings`: in which segments, and
    why. `records`: what plugins keep of her, and what of others' names her.
    """

    contact: Contact
    totals: Sequence[Total]
    timeline: Sequence[Interaction]
    more: int
    consents: Sequence[Consent]
    obtained: Sequence[Obtained]
    screenings: Sequence[Screening]
    permission: Mapping[str, Decision]
    others: Mapping[UUID, str]
    problems: Sequence[Problem]
    sources: Sequence[str]
    standings: Sequence[Standing]
    records: Sequence[Record] = ()

    @property
    def first(self) -> date | None:
        """The first day anything happened."""
        return min((one.first for one in self.totals), default=None)

    @property
    def last(self) -> date | None:
        """The last day anything happened."""
        return max((one.last for one in self.totals), default=None)


class People(Timeline):
    """What a person can do with contacts."""

    def find(self, text: str, limit: int = 20) -> list[Contact]:
        """Contacts that answer to `text`, the best first; slips of the finger and accents are forgiven."""
        self.check("contact.read")
        with self.one_picture():
            order = self.store.search(text, limit)
            found = self.store.get(Contact, order)
        return [self.seen(found[id]) for id in order if id in found]

    def who(self, text: str) -> Contact:
        """The one contact meant by a name, an e-mail address or the ending of an id (six letters or more).

        Raises `Unknown` (``contact.unknown``) or `PerthynError` (``contact.several``, naming them).
        """
        self.check("contact.read")
        text = text.strip()
        found = self._by_ending(text) or self.find(text, limit=12)
        exact = [one for one in found if fold(text) in _names(one)]
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
        old = self.store.ending(Redirect, ending)
        ids = {*self.store.ending(Contact, ending), *(self.redirects().get(id, id) for id in old)}
        return [self.seen(one) for one in self.store.get(Contact, ids).values()]

    def show(self, id: UUID) -> View:
        """Everything about one contact. Old ids of merged contacts lead to the one they became."""
        self.check("contact.read")
        with self.one_picture():
            view = self._view(self._contact(id))
        self.note("contact.seen", ids=[view.contact.id])
        return view

    def _view(self, contact: Contact) -> View:
        totals = self._totals(contact.id)
        timeline = self._newest(contact.id, None, TIMELINE)
        known = self.known([contact.id])[contact.id]
        now = self.redirects()
        others = {one.other: now.get(one.other, one.other) for one in contact.relationships}
        named = self.store.get(Contact, set(others.values()))
        return View(
            self.seen(contact),
            totals,
            timeline,
            sum(one.count for one in totals) - len(timeline),
            known.consents,
            known.obtained,
            known.screenings,
            self._decisions_seen(self.decided(contact, known)),
            {old: named[id].shown_name for old, id in others.items() if id in named},
            list(map(self.seen, self._problems_of().get(contact.id, []))),
            sorted({one.source for one in contact.external_ids} | {one.source for one in timeline if one.source}),
            self.standings(contact) if self.actor.may("segment.read") else [],
            [self.seen(one) for one in self._records(contact.id)],
        )

    def _records(self, id: UUID) -> list[Record]:
        """What plugins keep of a contact, and what of others' names her (`About.names`)."""
        types = [type for type in self.store.types.values() if type.owner and type not in _OF_THE_CORE]
        selves = frozenset(self.selves(id))
        return [one for type in types if self.sees_type(type) for one in self._records_of(type, id, selves)]

    def _records_of(self, type: type[Record], id: UUID, selves: frozenset[UUID]) -> list[Record]:
        found = list(self.store.owned(type, [id]))
        for name, about in declared(type).items():
            if about.names == "contact" and name != type.owner:
                some = Measure(type.type_name, "count", where=Field(name, OneOf(selves)), day_field="")
                theirs = list(self.store.select(Compare(some, low=1)))
                found += [one for one in self.store.owned(type, theirs) if getattr(one, name) in selves]
        return list({one.id: one for one in found}.values())

    def _contact(self, id: UUID) -> Contact:
        """The whole contact. Raises `Unknown` (``store.contact.unknown``)."""
        found = self.store.get(Contact, [id]).get(id)
        return found or self.store.get(Contact, [self.store.resolve(id)]).popitem()[1]

    # -- writing ---------------------------------------------------------------------------------------------

    def add_contact(self, values: Mapping[str, Any]) -> tuple[Contact, Receipt]:
        """A new contact from words as a person types them (see `contact_values`)."""
        self.check("contact.write")
        contact, changes = self._adding(values)
        return self.seen(contact), self.commit(changes, facts=about(contact))

    def _adding(self, values: Mapping[str, Any]) -> tuple[Contact, list[Change]]:
        typed = self.contact_values(values)
        self.check_fields(Contact, _paths(typed))
        contact: Contact = checked(Contact, {**typed, "id": self.ids()})
        return contact, [*self._declared(contact), Create(contact)]

    def edit_contact(
        self, id: UUID, values: Mapping[str, Any], remove: Iterable[str] = (), was: Mapping[str, Any] | None = None
    ) -> tuple[Contact, Receipt | None]:
        """Set fields and add parts; `remove` names paths (``emails[a@b]``). No receipt where nothing would change.

        `was`: what the person saw in fields that are set ("" for nothing). Raises `Conflict` (``store.conflict``,
        naming both values and who wrote the other) where somebody has changed such a field since.
        """
        self.check("contact.write")
        after, changes = self._editing(self._contact(id), values, remove, was or {})
        return self.seen(after), self.commit(changes, facts=about(after)) if changes else None

    def _editing(
        self, contact: Contact, values: Mapping[str, Any], remove: Iterable[str], was: Mapping[str, Any]
    ) -> tuple[Contact, list[Change]]:
        asked: dict[str, Any] = dict.fromkeys(remove)
        for name, value in self.contact_values(values).items():
            if isinstance(value, tuple):
                parts_said = {f"{name}[{part.key}]": _filled(contact, name, part) for part in value}
                asked = _no_longer_preferred(contact, name, parts_said) | asked | parts_said
            else:
                asked[name] = value
        self.check_fields(Contact, (*asked, *was))
        now = {path: contact.value_at(path) for path in asked}
        seen = {name: None for name in was} | self.contact_values(was)
        expected = now | {name: seen[name] for name in asked if name in was}
        changed = {path: (expected[path], value) for path, value in asked.items() if now[path] != value}
        if not changed:
            return contact, []
        after = _checked_edit(contact, {path: value for path, (_, value) in changed.items()})
        changed = {path: (before, after.value_at(path)) for path, (before, _) in changed.items()}
        return after, [*self._declared(after), Edit("contact", contact.id, changed)]

    def _declared(self, contact: Contact) -> list[Create]:
        """The declarations of custom fields of our own that a contact is the first to have."""
        known = self._custom_types()
        new = [one.name for one in contact.custom if OWN.fullmatch(one.name) and one.name not in known]
        return [Create(CustomField(id=self.ids(), name=name, label_en=name.partition(".")[2])) for name in new]

    def _custom_types(self) -> dict[str, str]:
        return {one.name: one.type for one in self._declared_fields()}

    def contact_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Typed fields from words: ``email``, ``phone``, ``tag`` (texts or lists), ``address``, ``town``, plain fields,
        and custom fields: declared ones, and ``own.<name>``, which becomes one of type text when it is first met.
        ``preferred_email``, ``preferred_phone``: one of them, or another one, which comes before the others;
        ``preferred_address``: whether the address that is given does.

        A list of the model's own parts (``roles``) is taken as it is. Raises `Unknown` (``contact.field.unknown``).
        """
        self.check("contact.write")
        region = self.settings.region
        made: dict[str, Any] = {}
        address: dict[str, Any] = {}
        for name, value in values.items():
            if value in (None, "", ()):
                continue
            many = [value] if isinstance(value, str) else value
            if name in ("email", "preferred_email"):
                first = {"preferred": name != "email"}
                found = [checked(Email, {"address": _email(one), **first}) for one in many]
                made["emails"] = _once((*made.get("emails", ()), *found))
            elif name in ("phone", "preferred_phone"):
                first = {"preferred": name != "phone"}
                made["phones"] = _once(
                    (*made.get("phones", ()), *(_phone(one.strip(), region).model_copy(update=first) for one in many))
                )
            elif name == "preferred_address":
                address["preferred"] = value
            elif name == "tag":
                made["tags"] = _once(checked(Tag, {"tag": one.strip()}) for one in many)
            elif name in ("address", "town", "county", "postcode", "country"):
                address["lines" if name == "address" else name] = value
            elif name in _PLAIN or (name in parts(Contact) and _are(value, parts(Contact)[name])):
                made[name] = value
            elif name in self._custom_types() or OWN.fullmatch(name):
                field = _CUSTOM_PARTS[self._custom_types().get(name, "text")]
                typed = int(value) if field == "number" and _WHOLE.fullmatch(str(value)) else value
                made["custom"] = (*made.get("custom", ()), checked(Custom, {"name": name, field: typed}))
            else:
                known = [*_PLAIN, "email", "phone", "tag", "address", "town", "county", "postcode", "country"]
                known += ["preferred_email", "preferred_phone", "preferred_address"]
                known += self._custom_types()
                raise Unknown("contact.field.unknown", name=name, suggestion=nearest(name, known))
        if address:
            made["addresses"] = (checked(Address, address),)
        if "language" in made:
            made["language_asked"] = self.today()
        return made

    def add_interaction(self, contact: UUID, values: Mapping[str, Any]) -> tuple[Interaction, Receipt]:
        """Note something that happened; without a day, today. Raises `Unknown` for a kind that is not known."""
        made = self.new_interaction(contact, values)
        return self.seen(made), self.commit([Create(made)], reason=made.kind, facts={"contacts": [str(made.contact)]})

    def new_interaction(self, contact: UUID, values: Mapping[str, Any]) -> Interaction:
        """Something that happened, to be noted with other changes. Raises as `add_interaction`."""
        self.check("interaction.write")
        kinds = [one.name for one in self.kinds()]
        kind = str(values.get("kind", ""))
        if kind not in kinds:
            near = nearest(kind, kinds)
            raise Unknown("interaction.kind.unknown", name=kind, suggestion=near, known=", ".join(kinds))
        given = {name: value for name, value in values.items() if value is not None}
        self.check_kinds([kind])
        self.check_fields(Interaction, given)
        if "amount" in given:
            given.setdefault("currency", self.settings.currency)
        for name in _OURS & given.keys():
            raise PerthynError("record.path.fixed", type="interaction", path=name)
        made: Interaction = checked(
            Interaction, {"day": self.today(), **given, "id": self.ids(), "contact": self.store.resolve(contact)}
        )
        return made


def about(*contacts: Contact) -> dict[str, Any]:
    """Facts of a batch that say about whom it is: ids, never names, which would outlive an erasure."""
    return {"contacts": [str(one.id) for one in contacts]}


def _names(contact: Contact) -> set[str]:
    whole = " ".join(part for part in (contact.given, contact.family) if part)
    return {fold(contact.shown_name), fold(whole), contact.id.hex, *(fold(one.key) for one in contact.emails)}


def _paths(typed: Mapping[str, Any]) -> Iterator[str]:
    """Where the values of a new contact stand, a custom field at its own path."""
    yield from typed
    yield from (f"custom[{one.key}]" for one in typed.get("custom", ()))


def _once(made: Iterable[Any]) -> tuple[Any, ...]:
    """The parts, of those with one key the first; one that is preferred instead of it."""
    found: dict[str, Any] = {}
    for one in made:
        if getattr(one, "preferred", False):
            found[one.key] = one
        found.setdefault(one.key, one)
    return tuple(found.values())


def _filled(contact: Contact, name: str, part: Any) -> Any:
    """A part over what the contact has under its key: what is not said of it stays."""
    held = contact.value_at(f"{name}[{part.key}]")
    if held is None or isinstance(part, Custom):
        return part
    said = {field: value for field, value in part if value not in (None, False, 0)}
    return held.model_copy(update=said)


def _no_longer_preferred(contact: Contact, name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that were preferred until now, where another one is: there is one of each list."""
    if not any(getattr(part, "preferred", False) for part in said.values()):
        return {}
    held = {f"{name}[{part.key}]": part for part in getattr(contact, name) if part.preferred}
    return {path: part.model_copy(update={"preferred": False}) for path, part in held.items()}


def _are(values: Any, part: type[Part]) -> bool:
    return isinstance(values, tuple) and all(isinstance(one, part) for one in values)


def _phone(number: str, region: str) -> Phone:
    try:
        return Phone.of(number, region)
    except ValidationError as error:
        raise wrong(error) from error


def _email(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    text = text.strip()
    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise PerthynError("contact.email.invalid", value=text, why=str(error)) from error
    return text


def checked(type: type[Any], values: Mapping[str, Any]) -> Any:
    """A record or part from what a person gave. Raises `PerthynError` (``record.value``, ``record.long``)."""
    try:
        return type.model_validate(dict(values))
    except ValidationError as error:
        raise wrong(error) from error


def _checked_edit(contact: Contact, values: Mapping[str, Any]) -> Contact:
    try:
        return contact.with_values(values)
    except ValidationError as error:
        raise wrong(error) from error


def wrong(error: ValidationError) -> PerthynError:
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "string_too_long":
        start, most = str(first["input"])[:40], first["ctx"]["max_length"]
        return PerthynError("record.long", field=field, start=start, most=most)
    if first["input"] in (None, ""):
        return PerthynError("record.value", field=field, value="", why=PerthynError("record.why.empty"))
    return PerthynError("record.value", field=field, value=str(first["input"])[:80], why=why_not(first))

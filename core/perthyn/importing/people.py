"""Cells to contacts: what a file says of one person, whoever she turns out to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from perthyn.importing.chunk import Chunk
from perthyn.importing.names import PersonName, is_group
from perthyn.importing.returned import CUSTOM, RETURNED, whole_contact
from perthyn.importing.values_people import UNREAD
from perthyn.model import Address, Contact, Custom, Email, ExternalId, Phone, Role, Tag
from perthyn.model.identity import BY_NAME, BY_ROW, email_name_key, id_key, name_key, phone_name_key
from perthyn.model.normal import postcode_key
from perthyn.model.record import field_adapter, trusted

NAMES = ("name", "given", "family", "organisation")
IDENTIFYING = (*NAMES, "email", "phone", "person_id")
"""Meanings of which one must be filled for a row to be about somebody."""
CONSENTS = {"consent_email": "email", "consent_post": "post", "consent_phone": "phone", "consent_sms": "sms"}
_MORE = (
    *("title", "contact_kind", "address", "town", "county", "postcode", "country", "language", "tag", "note"),
    *("role", "level", "role_start", "role_end", "deceased", "birth_date"),
    *(*CONSENTS, "consent_at", "consent_wording", "consent_purpose"),
    *RETURNED,
)
PERSON = (*IDENTIFYING, *_MORE)
PHONE_WRITTEN = "phone.written"
OWN = "own."
ORGANISATION, GIFT_AID = "own.organisation", "own.gift_aid"
OWN_SOURCE = "perthyn"
"""The account that a file which perthyn itself wrote comes from."""

_NAMING = frozenset((*NAMES, "email", "person_id"))
_SHORT = 200
"""Texts longer than this are not remembered."""
_PLACE = ("town", "county", "postcode", "country")

Said = dict[str, list[Any]]
"""What is said of somebody: meaning -> the values that are filled."""


def person_meanings(chunk: Chunk, alone: bool) -> list[str]:
    """The chunk's meanings that speak of people; Gift Aid only where the file is of people alone."""
    own = [one for one in chunk.cells if one.startswith((OWN, CUSTOM))] if alone else []
    return [one for one in (*PERSON, *(["gift_aid"] if alone else []), *own) if one in chunk.cells]


@dataclass(frozen=True, slots=True)
class PersonColumns:
    """The columns of a chunk that speak of people."""

    names: tuple[str, ...]
    columns: tuple[Sequence[Any], ...]
    written: Sequence[Sequence[str]]
    """the phones as they were written, column by column"""

    @classmethod
    def of(cls, chunk: Chunk, alone: bool) -> PersonColumns:
        named = [(one, parsed.values) for one in person_meanings(chunk, alone) for parsed in chunk.cells[one]]
        phones = chunk.headers.get("phone", ()) if "phone" in chunk.cells else ()
        written = [chunk.texts[header] for header in phones if header in chunk.texts]
        return cls(tuple(name for name, _ in named), tuple(values for _, values in named), written)

    def rows(self, places: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
        """The people's cells of some rows, or all; rows with equal cells say the same of the same person."""
        columns = [
            [one and one.whole for one in column] if name == "name" else column
            for name, column in zip(self.names, self.columns, strict=True)
        ]
        if places is not None:
            columns = [[column[place] for place in places] for column in columns]
        return list(zip(*columns, strict=True))

    def said(self, place: int) -> Said:
        """What one row says, by meaning, blanks left out."""
        said: Said = {}
        phone = 0
        for name, column in zip(self.names, self.columns, strict=True):
            value = column[place]
            if value is not None:
                said.setdefault(name, []).append(value)
            if name == "phone":
                if value is not None:
                    text = self.written[phone][place] if phone < len(self.written) else ""
                    said.setdefault(PHONE_WRITTEN, []).append(text or value.removeprefix(UNREAD))
                phone += 1
        return said


def is_somebody(said: Said) -> bool:
    """Whether anything identifying is filled; a phone that can't be read tells of nobody."""
    return is_identifiable(said) or any(not one.startswith(UNREAD) for one in said.get("phone", ()))


def is_identifiable(said: Said) -> bool:
    """Whether there is a name, an e-mail address or an id: a phone alone names nobody."""
    return not said.keys().isdisjoint(_NAMING)


def names_of(said: Said) -> dict[str, Any]:
    """Name, title, given, family and kind as a contact has them."""
    whole: PersonName = said["name"][0] if "name" in said else PersonName("")
    organisation = _one(said, "organisation")
    given, family = _one(said, "given"), _one(said, "family")
    split = not (given or family)
    kind = _one(said, "contact_kind") or whole.kind
    name = whole.whole or None
    if organisation and not (name or given or family):
        name, kind = organisation, "organisation"
    elif given and family and not {"title", "contact_kind"} & said.keys() and is_group(f"{given} {family}"):
        name, given, family, kind = f"{given} {family}", None, None, "organisation"
    return {
        "name": name,
        "title": _one(said, "title") or whole.title or None,
        "given": given or (whole.given if split else None) or None,
        "family": family or (whole.family if split else None) or None,
        "kind": kind,
    }


@dataclass(frozen=True, slots=True)
class Keys:
    """By what somebody may be recognised: decisive keys in order of weight, and the id that this account will know.

    `external`: the sender's id; for who has neither id nor e-mail nor phone with a name, one made of the row's
    identity or of the name, good within this account only; "" where none is needed.
    """

    decisive: tuple[str, ...]
    external: str
    names: Mapping[str, Any]
    """the names that were read, as `names_of` answers them"""
    alone: bool = False
    """only the first key tells the people of one file apart: perthyn wrote it, and had kept them apart"""

    @property
    def within(self) -> tuple[str, ...]:
        """The keys by which somebody is met again in one file."""
        return self.decisive[:1] if self.alone else self.decisive

    def again(self, times: int) -> Keys:
        """The keys of a further row of the same file about the same id: what it said is remembered beside the first."""
        return self if times == 1 else replace(self, external=f"{self.external}#{times}")


def keys_of(said: Said, source: str, row: str) -> Keys:
    """The keys. `row`: the row's id where one row is one person, else "" (a name then stands for itself)."""
    names = names_of(said)
    name = name_key(names["name"], names["given"], names["family"])
    keys = [email_name_key(address, name) for address in said.get("email", ())]
    if name:
        keys += [phone_name_key(number, name) for number in said.get("phone", ()) if not number.startswith(UNREAD)]
    external = str(_one(said, "person_id") or "")
    if not external and row:
        external = f"{BY_ROW}{row}"
    elif not external and not keys:
        external = f"{BY_NAME}{name}|{postcode_key(_one(said, 'postcode') or '')}"
    if not external:
        return Keys(tuple(keys), external, names)
    keys = [id_key(source, external), *(id_key(*one[:2]) for one in said.get("known_as", ()) if len(one) > 1), *keys]
    return Keys(tuple(keys), external, names, alone=source == OWN_SOURCE and "person_id" in said)


def contact_of(
    said: Said,
    names: Mapping[str, Any],
    id: UUID,
    defaults: Mapping[str, str],
    today: date,
    named: tuple[ExternalId, ...] = (),
) -> Contact:
    """A contact with everything that is said. Raises pydantic's `ValidationError` for what no field may hold."""
    born = _one(said, "birth_date")
    found: dict[str, Any] = dict(
        id=id,
        kind=names["kind"],
        name=names["name"],
        title=names["title"],
        given=names["given"],
        family=names["family"],
        salutation=None,
        emails=_parts([Email(address=one) for one in said.get("email", ())]),
        phones=_parts(
            [
                Phone(number=text, e164=None if one.startswith(UNREAD) else one)
                for one, text in zip(said.get("phone", ()), said.get(PHONE_WRITTEN, ()), strict=True)
            ]
        ),
        addresses=_addresses(said),
        language=_one(said, "language") or defaults.get("language"),
        language_asked=None,
        roles=_roles(said, defaults),
        relationships=(),
        tags=_parts([_tag(word) for words in said.get("tag", ()) for word in words]),
        custom=_custom(said, names["kind"]),
        external_ids=named,
        age_band=age_band(born, today) if born else None,
        age_noted=today if born else None,
        deceased=_one(said, "deceased") == "yes",
        note="\n".join(said["note"]) if "note" in said else None,
    )
    if not said.keys().isdisjoint(RETURNED) or any(one.startswith(CUSTOM) for one in said):
        return whole_contact(found, said)
    fits = all([found[name] is None or _fits(name, found[name]) for name in _TOLD])
    return trusted(Contact, found) if fits else Contact.model_validate(found)


_TOLD = ("kind", "name", "title", "given", "family", "language", "note")
"""Fields of a contact whose value is as the file has it; its parts are checked one by one, the rest is made here."""


def _fits(field: str, value: str) -> bool:
    """Whether a field of a contact holds this value as it is."""
    return _fits_shortly(field, value) if len(value) <= _SHORT else _fits_anyhow(field, value)


def _fits_anyhow(field: str, value: str) -> bool:
    try:
        return bool(value) and field_adapter(Contact, field).validate_python(value) == value
    except ValidationError:
        return False


_fits_shortly = lru_cache(maxsize=16_384)(_fits_anyhow)


def external_id(source: str, external: str, delivered: int | None) -> ExternalId:
    """The id by which this account knows a contact."""
    return ExternalId(source=source, external=external, delivered=delivered)


def age_band(born: date, today: date) -> str:
    """under 13, 13-17 or adult on a day."""
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return "under 13" if age < 13 else "13-17" if age < 18 else "adult"


def _one(said: Said, meaning: str) -> Any:
    found = said.get(meaning)
    return found[0] if found else None


@lru_cache(maxsize=4_096)
def _tag(word: str) -> Tag:
    """The same few words hang on everybody."""
    return Tag(tag=word)


def _parts(parts: Sequence[Any]) -> tuple[Any, ...]:
    """Each key once, the first one kept."""
    if len(parts) < 2:
        return tuple(parts)
    found: dict[str, Any] = {}
    for part in parts:
        found.setdefault(part.key, part)
    return tuple(found.values())


def _addresses(said: Said) -> tuple[Address, ...]:
    told: dict[str, str] = {name: said[name][0] for name in _PLACE if name in said}
    if "address" in said:
        told["lines"] = "\n".join(said["address"])
    return (Address(**told),) if any(told.values()) else ()


def _roles(said: Said, defaults: Mapping[str, str]) -> tuple[Role, ...]:
    role = _one(said, "role") or defaults.get("role")
    if not role:
        return ()
    level = _one(said, "level") or defaults.get("level")
    return (Role(role=role, level=level, start=_one(said, "role_start"), end=_one(said, "role_end")),)


def _custom(said: Said, kind: str) -> tuple[Custom, ...]:
    found = [Custom(name=name, text=str(values[0])) for name, values in said.items() if name.startswith(OWN)]
    if "organisation" in said and kind != "organisation":
        found.append(Custom(name=ORGANISATION, text=said["organisation"][0]))
    if "gift_aid" in said:
        found.append(Custom(name=GIFT_AID, text=said["gift_aid"][0]))
    return tuple({one.name: one for one in found}.values())

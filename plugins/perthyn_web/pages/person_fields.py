"""Fields of the form of a person: what stands in it, and the contact that it comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from perthyn.crm.people import checked
from perthyn.errors import PerthynError
from perthyn.model import Address, Contact, Custom, Email, Part, Phone, Role, Tag
from perthyn.screens import Visit

PLAIN = ("kind", "name", "title", "given", "family", "salutation", "language", "note", "age_band")
PLACE = ("lines", "town", "county", "postcode", "country")
TERM = ("role", "level", "start", "end")
SPARE = {"email": 1, "phone": 1, "address": 1, "role": 1}
"""So many empty rows stand below those that are filled."""
Row = dict[str, str]
P = TypeVar("P", bound=Part)


def rows(visit: Visit, one: Contact, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What stands in the form: of the contact, or what was typed where it comes back."""
    filled: dict[str, Any] = {name: getattr(one, name) or "" for name in PLAIN}
    filled |= {
        "deceased": one.deceased,
        "tags": ", ".join(tag.tag for tag in one.tags),
        "email": [{"value": each.address, "preferred": each.preferred} for each in one.emails],
        "phone": [{"value": each.number, "preferred": each.preferred} for each in one.phones],
        "address": [{**_texts(each, PLACE), "preferred": each.preferred} for each in one.addresses],
        "role": [dict(_texts(each, TERM)) for each in one.roles],
        "custom": {each.name: _text_of(each) for each in one.custom},
    }
    for name, spare in SPARE.items():
        filled[name] += [{} for _ in range(spare)]
    if form is not None:
        _typed_over(filled, form)
    return filled


def _texts(part: Part, names: Sequence[str]) -> Row:
    return {name: str(getattr(part, name) or "") for name in names}


def _text_of(one: Custom) -> str:
    return str(one.text or one.day or ("" if one.number is None else one.number))


def _typed_over(filled: dict[str, Any], form: Mapping[str, str]) -> None:
    filled |= {name: form[name] for name in (*PLAIN, "tags") if name in form}
    filled["deceased"] = form.get("deceased") == "yes"
    parts = {"email": ("value",), "phone": ("value",), "address": PLACE, "role": TERM}
    for name, fields in parts.items():
        for place, row in enumerate(filled[name]):
            row |= {field: form.get(f"{name}-{place}-{field}", row.get(field, "")) for field in fields}
            row["preferred"] = form.get(f"{name}-preferred") == str(place)
    filled["custom"] |= {name[7:]: value for name, value in form.items() if name.startswith("custom-")}


def wanted(visit: Visit, saw: Contact) -> tuple[Contact | None, dict[str, Exception]]:
    """The contact that the form comes to, or what is wrong with it, by the names of its fields."""
    reading = _Reading(visit, saw)
    values: dict[str, Any] = {}
    for name, read in reading.parts():
        values[name] = read()
    values |= {name: reading.text(name) or None for name in PLAIN if name in visit.form}
    if "deceased" in visit.form or "deceased-asked" in visit.form:
        values["deceased"] = visit.form.get("deceased") == "yes"
    if values.get("language", saw.language) != saw.language:
        values["language_asked"] = visit.crm.today()
    if values.get("age_band", saw.age_band) != saw.age_band:
        values["age_noted"] = visit.crm.today()
    if reading.trouble:
        return None, reading.trouble
    try:
        return checked(Contact, {**dict(saw), **values}), {}
    except PerthynError as error:
        field = str(error.facts.get("field", ""))
        return None, {field if field in PLAIN else "": error}


class _Reading:
    """Reads the lists of a form; what can't be read is kept in `trouble`."""

    def __init__(self, visit: Visit, saw: Contact) -> None:
        self.visit, self.saw, self.form = visit, saw, visit.form
        self.trouble: dict[str, Exception] = {}

    def parts(self) -> Iterator[tuple[str, Callable[[], tuple[Any, ...]]]]:
        """The lists that stand in the form."""
        named = {"emails": ("email-0-value", self._emails), "phones": ("phone-0-value", self._phones),
                 "addresses": ("address-0-town", self._addresses), "roles": ("role-0-role", self._roles),
                 "tags": ("tags", self._tags)}  # fmt: skip
        yield from ((name, read) for name, (first, read) in named.items() if first in self.form)
        if any(name.startswith("custom-") for name in self.form):
            yield "custom", self._custom

    def text(self, name: str) -> str:
        return self.form.get(name, "").strip().replace("\r\n", "\n")

    def _rows(self, name: str, field: str, held: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """The places of the rows, each with the part that stood there."""
        place = 0
        while f"{name}-{place}-{field}" in self.form and place < 100:
            yield place, held[place] if place < len(held) else None
            place += 1

    def _emails(self) -> tuple[Email, ...]:
        return self._ways("email", self.saw.emails, "address")

    def _phones(self) -> tuple[Phone, ...]:
        return self._ways("phone", self.saw.phones, "number")

    def _ways(self, name: str, held: Sequence[Any], field: str) -> tuple[Any, ...]:
        made: dict[str, Any] = {}
        for place, part in self._rows(name, "value", held):
            text = self.text(f"{name}-{place}-value")
            if not text:
                continue
            if part is None or getattr(part, field) != text:
                try:
                    part = self.visit.crm.contact_values({name: text})[f"{name}s"][0]
                except PerthynError as error:
                    self.trouble[f"{name}-{place}-value"] = error
                    continue
            made.setdefault(part.key, part.model_copy(update={"preferred": self._preferred(name, place)}))
        return tuple(made.values())

    def _preferred(self, name: str, place: int) -> bool:
        return self.form.get(f"{name}-preferred") == str(place)

    def _addresses(self) -> tuple[Address, ...]:
        made: dict[str, Address] = {}
        for place, part in self._rows("address", "town", self.saw.addresses):
            typed = {
                name: self.text(f"address-{place}-{name}") or None
                for name in PLACE
                if f"address-{place}-{name}" in self.form
            }
            if not any(typed.values()):
                continue
            kept = {name: value for name, value in part or () if name not in typed}
            values = {**kept, **typed, "preferred": self._preferred("address", place)}
            one = self._checked(Address, values, f"address-{place}", typed)
            if one is not None:
                made.setdefault(one.key, one)
        return tuple(made.values())

    def _roles(self) -> tuple[Role, ...]:
        made: dict[str, Role] = {}
        for place, part in self._rows("role", "role", self.saw.roles):
            typed: dict[str, Any] = {name: self.text(f"role-{place}-{name}") or None for name in TERM}
            if not typed["role"]:
                continue
            for name in ("start", "end"):
                try:
                    typed[name] = date.fromisoformat(typed[name]) if typed[name] else None
                except ValueError:
                    self.trouble[f"role-{place}-{name}"] = PerthynError("people.day", value=typed[name])
                    typed[name] = None
            values = {**typed, "grace_days": part.grace_days if part else 0}
            one = self._checked(Role, values, f"role-{place}", typed)
            if one is not None:
                made.setdefault(one.key, one)
        return tuple(made.values())

    def _tags(self) -> tuple[Tag, ...]:
        held = {tag.key: tag for tag in self.saw.tags}
        try:
            typed = [checked(Tag, {"tag": word.strip()}) for word in self.text("tags").split(",") if word.strip()]
        except PerthynError as error:
            self.trouble["tags"] = error
            return self.saw.tags
        return tuple({one.key: held.get(one.key, one) for one in typed}.values())

    def _checked(self, type: type[P], values: Mapping[str, Any], row: str, typed: Mapping[str, Any]) -> P | None:
        """A part from what stands in a row; what is wrong with it is kept at its field, or at the row's first."""
        try:
            found: P = checked(type, values)
        except PerthynError as error:
            field = error.facts.get("field")
            self.trouble[f"{row}-{field if field in typed else next(iter(typed))}"] = error
            return None
        return found

    def _custom(self) -> tuple[Custom, ...]:
        made = {one.name: one for one in self.saw.custom}
        for name in [one[7:] for one in self.form if one.startswith("custom-")]:
            text = self.text(f"custom-{name}")
            made.pop(name, None)
            if text:
                try:
                    made[name] = self.visit.crm.contact_values({name: text})["custom"][0]
                except PerthynError as error:
                    self.trouble[f"custom-{name}"] = error
        return tuple(made.values())

"""What is typed of a contact beyond its plain fields: the lists that stand in one cell, the address, custom fields.

A part that is still named keeps its other details; one that is named no more goes, and a new name is a new part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from perthyn.importing.names import split_name
from perthyn.importing.values_people import email_reader, phone_reader
from perthyn.model import Address, Contact, Custom, Email, Part, Phone, Role, Tag
from perthyn.model.normal import email_key, phone_e164
from perthyn_sheets.cells import Mistyped, Raw, split, text_of
from perthyn_sheets.columns import Column
from perthyn_sheets.reading import day_of, whole_of
from perthyn_sheets.shown import Shows, address_shown, role_of

Get = Callable[[str], Any]
_SEVERAL = re.compile(r"\s*/\s*|\s+or\s+|\s+neu\s+")


def people_value(column: Column, raw: Raw, get: Get, shows: Shows) -> dict[str, Any]:
    """The list that a cell of a contact speaks of, whole, by its name. `get`: what a field holds as yet.

    Raises `Mistyped` and pydantic's `ValidationError`.
    """
    listed, _, inner = column.key.partition(".")
    held = get(listed)
    if listed == "addresses":
        return {listed: _address(held, inner, text_of(raw))}
    if listed == "custom":
        return {listed: _custom(held, inner, column, raw, shows)}
    pieces = split(text_of(raw))
    made: Iterable[Part | None]
    if listed == "emails":
        made = [_email(held, piece) for piece in pieces]
    elif listed == "phones":
        made = [_phone(held, piece, raw, shows.region) for piece in _numbers(pieces)]
    elif listed == "tags":
        made = [next((one for one in held if one.tag == piece), Tag(tag=piece)) for piece in pieces]
    else:
        made = _roles(held, pieces)
    return {listed: _kept(held, made)}


def _kept(held: tuple[Part, ...], made: Iterable[Part | None]) -> tuple[Part, ...]:
    """Each part once; as they stood where nothing but their order differs, for it says nothing."""
    once: dict[str, Part] = {}
    for one in filter(None, made):
        once.setdefault(one.key, one)
    same = len(once) == len(held) and all(once.get(one.key) == one for one in held)
    return held if same else tuple(once.values())


# -- addresses of mail and numbers ----------------------------------------------------------------------------------


def _email(held: tuple[Email, ...], text: str) -> Email | None:
    """An address as written; None for a word that says that there is none."""
    if (there := next((one for one in held if one.address == text), None)) is not None:
        return there
    parsed = email_reader().read((text,))
    code = parsed.noted[0][0] if parsed.noted else ""
    read = parsed.values[0]
    if read is None and code == "" and not parsed.wrong:
        return None
    if read is None or code:
        raise Mistyped("sheets.cell.email", value=text)
    address = text if email_key(text) == email_key(read) else read
    before = next((one for one in held if one.key == email_key(address)), None)
    return Email(address=address, preferred=before is not None and before.preferred)


def _numbers(pieces: Iterable[str]) -> list[str]:
    """Pieces of which one may hold several numbers: ``01654 700000 / 07700 900123``."""
    found: list[str] = []
    for piece in pieces:
        inner = _SEVERAL.split(piece)
        found += inner if all(len(re.sub(r"\D", "", one)) > 6 for one in inner) else [piece]
    return found


def _phone(held: tuple[Phone, ...], text: str, raw: Raw, region: str) -> Phone | None:
    """A number as written; None for a word that says that there is none."""
    if (there := next((one for one in held if one.number == text), None)) is not None:
        return there
    if not isinstance(raw, str):
        text = _as_dialled(text, region)
    parsed = phone_reader(region).read((text,))
    read = parsed.values[0]
    if read is None:
        return None
    code = parsed.noted[0][0] if parsed.noted else ""
    e164 = read if code == "import.phone.zero_mended" else Phone.of(text, region).e164
    before = next((one for one in held if e164 and one.e164 == e164), None)
    if before is not None and not isinstance(raw, str):
        return before
    return Phone(number=text, e164=e164, preferred=before is not None and before.preferred)


def _as_dialled(digits: str, region: str) -> str:
    """The digits of a cell that the spreadsheet made a number, with the zero or the plus that it took away."""
    local, foreign = f"0{digits}", f"+{digits}"
    zero_lost = phone_reader("GB").read((digits,)).noted.get(0, ("",))[0] == "import.phone.zero_mended"
    if zero_lost if region == "GB" else len(digits) >= 8 and phone_e164(local, region):
        return local
    if len(digits) >= 11 and phone_e164(foreign, region):
        return foreign
    if region != "GB" and len(digits) >= 8 and phone_e164(digits, region):
        return digits
    raise Mistyped("sheets.cell.phone", value=digits)


# -- roles, addresses, custom fields --------------------------------------------------------------------------------


def _roles(held: tuple[Role, ...], pieces: Iterable[str]) -> list[Role]:
    named = {role_of(piece): piece for piece in reversed(list(pieces))}
    there = {role_of(one.role) for one in held}
    kept = [one for one in held if role_of(one.role) in named]
    return [*kept, *(_role(name, text) for name, text in reversed(named.items()) if name not in there)]


def _role(name: str, text: str) -> Role:
    """A new role: a well-known one by its name, another as it was typed."""
    return Role(role=text if name == text.casefold() else name)


def _address(held: tuple[Address, ...], inner: str, text: str) -> tuple[Address, ...]:
    """The addresses with one field of the one that is shown changed; without it where nothing is left of it.

    Among several it is then the preferred one: else it might not be the one that is shown any more.
    """
    shown = address_shown(held)
    if shown is not None and (getattr(shown, inner) or "") == text:
        return held
    others = tuple(one for one in held if one is not shown)
    told = {name: getattr(shown, name) for name in Address.model_fields} if shown else {}
    told[inner] = text or None
    if not any(value for name, value in told.items() if name != "preferred"):
        return others
    made = Address.model_validate({**told, "preferred": bool(others) or told.get("preferred", False)})
    if made.key in {one.key for one in others}:
        raise Mistyped("sheets.cell.twice", value=text)
    place = next((at for at, one in enumerate(held) if one is shown), 0)
    return (*others[:place], made, *others[place:])


def _custom(held: tuple[Custom, ...], name: str, column: Column, raw: Raw, shows: Shows) -> tuple[Custom, ...]:
    place = next((at for at, one in enumerate(held) if one.name == name), len(held))
    made: tuple[Custom, ...] = ()
    if raw != "":
        if column.kind == "number":
            made = (Custom(name=name, number=whole_of(raw)),)
        elif column.kind == "date":
            made = (Custom(name=name, day=day_of(raw, shows)),)
        else:
            made = (Custom(name=name, text=text_of(raw)),)
    return (*held[:place], *made, *held[place + 1 :])


def following(record: Contact | None, values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """What follows from what was typed: the day on which a wish or an age was noted; a new name taken apart."""
    more: dict[str, Any] = {}
    for name, noted in (("language", "language_asked"), ("age_band", "age_noted")):
        if name in values and values[name] != (getattr(record, name) if record else None):
            more[noted] = today if values[name] else None
    if record is None and values.get("name") and not {"given", "family"} & set(values):
        whole = split_name(values["name"])
        said = {"title": whole.title, "given": whole.given, "family": whole.family}
        more |= {name: text for name, text in said.items() if text and name not in values}
        if "kind" not in values:
            more["kind"] = whole.kind
        if whole.deceased:
            more |= {"name": whole.whole, "deceased": True}
    return more

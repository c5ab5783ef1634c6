"""Records in words: what a field is called, what stands in it, what happened, how many there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from perthyn.model import Contact, Custom, Interaction, Kind, Part, Record, Segment, declared, part_of, split_path
from perthyn.rules import because_sentences
from perthyn.text import Translator, phrase

if TYPE_CHECKING:
    from perthyn.crm import Crm, Standing

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
MATCHED = ("e164", "delivered")
"""Fields that are for matching and not for reading."""
RECORD = {
    "consent": phrase("answer about consent"),
    "membership": phrase("place in a segment"),
    "obtained": phrase("note of how an address came to us"),
    "screening": phrase("check against a list"),
    "problem": phrase("problem"),
    "takings": phrase("line about nobody"),
}
INNER = ("redirect", "setting", "custom_field")
"""Types of records that perthyn keeps for itself."""


def counted(t: Translator, type: str, count: int) -> str:
    """So many records of a type."""
    match type:
        case "contact":
            return t.n("{n} contact", "{n} contacts", count)
        case "interaction":
            return t.n("{n} interaction", "{n} interactions", count)
        case "consent":
            return t.n("{n} answer about consent", "{n} answers about consent", count)
        case "obtained":
            return t.n("{n} note of how an address came to us", "{n} notes of how addresses came to us", count)
        case "screening":
            return t.n("{n} check against a list", "{n} checks against lists", count)
        case "membership":
            return t.n("{n} place in a segment", "{n} places in segments", count)
        case "segment":
            return t.n("{n} segment", "{n} segments", count)
        case "problem":
            return t.n("{n} problem", "{n} problems", count)
        case "takings":
            return t.n("{n} line about nobody", "{n} lines about nobody", count)
    return t.n("{n} record ({type})", "{n} records ({type})", count, type=type)


def counts(t: Translator, found: Mapping[str, int]) -> list[str]:
    """So many records of each type, those aside that perthyn keeps for itself."""
    return [counted(t, type, count) for type, count in found.items() if count and type not in INNER]


def label(t: Translator, type: type[Record], path: str) -> str:
    """A field's label in the language; a custom field's name."""
    field, key = split_path(path)
    part = part_of(type, field) if field in type.model_fields else None
    about = next(iter(declared(part).values()), None) if part else declared(type).get(field)
    if about is None:
        return path
    if part is Custom and key:
        return key
    return about.cy if t.language == "cy" else about.en


def value(t: Translator, given: Any) -> str:
    """A value of a field, or a journal image of one, on one line."""
    if given in (None, "", (), []):
        return "–"
    if isinstance(given, bool):
        return t("true") if given else t("false")
    if isinstance(given, UUID) or (isinstance(given, str) and _ID.fullmatch(given)):
        return str(given)[-6:]
    if isinstance(given, str) and _DAY.fullmatch(given):
        with suppress(ValueError):
            return t.day(date.fromisoformat(given))
    if isinstance(given, Part):
        given = dict(given)
    if isinstance(given, Mapping):
        shown = {name: one for name, one in given.items() if one and name not in MATCHED and not isinstance(one, bool)}
        if shown.keys() & {"text", "number", "day"}:  # a custom field: its name is the label
            shown.pop("name", None)
        return ", ".join(value(t, one) for one in shown.values())
    if isinstance(given, list | tuple):
        return "; ".join(value(t, one) for one in given)
    return t.said(given)


def kind_word(t: Translator, kinds: Iterable[Kind], name: str, count: int = 1) -> str:
    """A kind of interaction, one or many."""
    found = next((one for one in kinds if one.name == name), None)
    if found is None:
        return name
    return (found.cy if t.language == "cy" else found.en)[count != 1]


def amount(t: Translator, one: Any) -> str:
    """The money of a happening, "" without."""
    return "" if one.amount is None else t.money(one.amount, one.currency or "GBP")


def happened(t: Translator, kinds: Iterable[Kind], one: Interaction) -> str:
    """One happening on one line: what, about what, how much, how many."""
    many = t("party of {size}", size=one.party_size) if one.party_size else ""
    told = (kind_word(t, kinds, one.kind), one.event, one.subject, amount(t, one), many, one.text)
    return " · ".join(str(word) for word in told if word)


def named(crm: Crm, t: Translator, type: str, ids: Iterable[UUID]) -> dict[UUID, str]:
    """What to call records of a type: a person by name, a happening by kind, day and person."""
    ids = list(ids)
    found: Mapping[UUID, Record] = crm.store.get(crm.store.types[type], ids) if type in crm.store.types else {}
    owners = crm.store.get(Contact, {one.owner_id for one in found.values() if one.owner_id is not None})
    return {id: _called(crm, t, type, found[id], owners) if id in found else f"{type} {id.hex[-6:]}" for id in ids}


def _called(crm: Crm, t: Translator, type: str, one: Record, owners: Mapping[UUID, Contact]) -> str:
    if isinstance(one, Contact):
        return one.shown_name
    if isinstance(one, Segment):
        return one.name(t.language)
    owner = owners.get(one.owner_id) if one.owner_id else None
    what = t(RECORD[type]) if type in RECORD else one.called[t.language == "cy"] or type
    if isinstance(one, Interaction):
        what = f"{kind_word(t, crm.kinds(), one.kind)} {t.day(one.day)}"
    return f"{owner.shown_name}: {what}" if owner else f"{what} {one.id.hex[-6:]}"


def because(crm: Crm, t: Translator, standing: Standing, contact: Contact) -> str:
    """Why somebody is in a segment or not, "" for one chosen by hand."""
    if standing.because is None:
        return ""
    return "; ".join(because_sentences(standing.because, t, crm.schema(), contact))

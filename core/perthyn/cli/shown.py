"""How things are said on the screen: a field, a happening, a batch, a permission; and how a person is asked."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from perthyn.changes import Header, JournalLine
from perthyn.cli.session import Session
from perthyn.contacting.words import CHANNEL
from perthyn.errors import PerthynError
from perthyn.importing.values_dates import DateReader, DateStyle
from perthyn.importing.values_money import money_reader
from perthyn.model import (
    Consent,
    Contact,
    Custom,
    Interaction,
    Kind,
    Obtained,
    Part,
    Problem,
    Record,
    Screening,
    Segment,
    declared,
    part_of,
    plain,
    split_path,
)
from perthyn.rules import because_sentences
from perthyn.text import Translator, fold, phrase

if TYPE_CHECKING:
    from perthyn.crm import Crm, Standing

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
json_option = click.option("--json", is_flag=True, expose_value=False, help="Answer as JSON.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be done; write nothing.")
yes_option = click.option("--yes", is_flag=True, help="Do it without asking.")

DID = {
    "edit": phrase("Changed by hand"),
    "import": phrase("Imported"),
    "channel": phrase("Came in"),
    "merge": phrase("Joined"),
    "apart": phrase("Kept apart"),
    "undo": phrase("Taken back"),
    "erase": phrase("Erased"),
    "setting": phrase("Set"),
    "restore": phrase("Restored"),
    "segment": phrase("Segment changed"),
    "campaign": phrase("Campaign changed"),
    "problem": phrase("Settled"),
    "screening": phrase("Held against a list"),
    "sheet": phrase("Changed in the Google Sheet"),
    "gift_aid": phrase("Gift Aid claim"),
    "work": phrase("Done by itself"),
}
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
DECIDED = {
    "given": phrase("said yes"),
    "unconfirmed": phrase("a yes in a file, not confirmed"),
    "refused": phrase("said no"),
    "withdrawn": phrase("took the yes back"),
    "objected": phrase("objected"),
    "voided": phrase("recorded by mistake"),
}
CONNECTION = {
    "sale": phrase("a sale, or talk of one"),
    "support": phrase("support for the charity"),
    "interest": phrase("interest in the charity"),
    "other": phrase("something else"),
}
"""In connection with what an address came to us."""
WHY_KEPT = {
    "changed": phrase("changed later by change {by}"),
    "carried": phrase("the plugin that knows it is not here"),
    "rests": phrase("something later rests on it (change {by})"),
    "never": phrase("a no is never taken back"),
    "gone": phrase("it is no longer there"),
    "there": phrase("it is there already"),
}


# --- words for records -------------------------------------------------------------------------------


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


def contact_row(t: Translator, one: Contact) -> list[object]:
    """A contact as a row of a table: the end of the id, the name, the first e-mail, the town, the roles."""
    email, address = one.preferred_email(), one.preferred_address()
    place = (address.town or address.postcode) if address else None
    roles = sorted({role.role for role in one.roles})
    return [one.id.hex[-6:], one.shown_name, email.address if email else None, place, roles]


def contact_head(t: Translator) -> list[str]:
    """The heads of `contact_row`."""
    return [t("Id"), t("Name"), t("Email"), t("Place"), t("Roles")]


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


def problem_words(t: Translator, one: Problem) -> tuple[str, str]:
    """What is wrong and what to do next."""
    facts = json.loads(one.facts or "{}")
    return t.error(PerthynError(one.code, **{name: fact for name, fact in facts.items() if name != "self"}))


def rule_words(t: Translator, rule: str) -> str:
    """The sentence of a rule of the one door."""
    return t.error(PerthynError(rule))[0]


def rule_step(t: Translator, rule: str) -> str:
    """What would change it, or what to heed."""
    return t.error(PerthynError(rule))[1]


def consent_words(t: Translator, one: Consent, zone: ZoneInfo) -> str:
    """What was said, on which day there, how and to what words."""
    day = (one.at or one.recorded).astimezone(zone).date()
    facts = {"channel": t(CHANNEL[one.channel]), "said": t(DECIDED[one.decision]), "day": day}
    where = one.how or one.source
    if one.wording:
        return t("{channel}: {said}, {day} ({where}): “{wording}”", **facts, where=where or "–", wording=one.wording)
    if where:
        return t("{channel}: {said}, {day} ({where})", **facts, where=where)
    return t("{channel}: {said}, {day}", **facts)


def obtained_words(t: Translator, one: Obtained, zone: ZoneInfo) -> str:
    """How an address came to us, and on which day there."""
    facts = {"address": one.address, "day": one.at.astimezone(zone).date(), "what": t(CONNECTION[one.connection])}
    if one.whom == "third_party":
        return t("{address}, {day}, from somebody else ({what})", **facts)
    if one.refusable:
        return t("{address}, {day}, from the person, who could refuse ({what})", **facts)
    return t("{address}, {day}, from the person, who could not refuse ({what})", **facts)


def screening_words(t: Translator, one: Screening, zone: ZoneInfo) -> str:
    """What a list said of an address, and on which day there."""
    facts = {"address": one.address, "list": one.list.upper(), "day": one.checked.astimezone(zone).date()}
    if one.hit:
        return t("{address}: on the list {list}, {day}", **facts)
    return t("{address}: not on the list {list}, {day}", **facts)


def because(crm: Crm, t: Translator, standing: Standing, contact: Contact) -> str:
    """Why somebody is in a segment or not, "" for one chosen by hand."""
    if standing.because is None:
        return ""
    return "; ".join(because_sentences(standing.because, t, crm.schema(), contact))


# --- words for changes -------------------------------------------------------------------------------


def did(t: Translator, header: Header) -> str:
    """What a batch was."""
    if header.kind == "edit" and not (header.edited or header.deleted):
        return t("Added by hand")
    return t(DID[header.kind]) if header.kind in DID else header.kind


def change_lines(crm: Crm, t: Translator, lines: Iterable[JournalLine]) -> list[list[object]]:
    """Journal lines as rows: whose, what, before, now."""
    rows: list[list[object]] = []
    for line in lines:
        kept = crm.store.types[line.type]
        name = named(crm, t, line.type, [line.id])[line.id]
        if line.action == "delete":
            rows.append([line.number, _image_name(t, kept, line) or name, t("Removed"), None, None])
            continue
        record = crm.store.get(kept, [line.id]).get(line.id)
        for path, before in line.before.items():
            now = plain(_at(record, path))
            rows.append([line.number, name, label(t, kept, path), value(t, before), value(t, now)])
    return rows


def _at(record: Record | None, path: str) -> Any:
    if record is None:
        return None
    found = record.value_at(path)
    return dict(found) if isinstance(found, Part) else found


def _image_name(t: Translator, type: type[Record], line: JournalLine) -> str:
    try:
        record = type.model_validate(dict(line.before))
    except ValueError:
        return ""
    return record.shown_name if isinstance(record, Contact) else ""


# --- what a person types ---------------------------------------------------------------------------------


def typed_day(text: str | None, today: date, zone: str) -> date | None:
    """A day as people type it: 12/3/2026, 2026-03-12, 12 Mawrth 2026. Raises what reading a file's days raises."""
    if not text:
        return None
    parsed = DateReader(DateStyle("dmy", today, zone)).read([text])
    return _one(parsed, text, "cli.day.unreadable")  # type: ignore[no-any-return]


def typed_amount(text: str | None, currency: str) -> int | None:
    """Money in minor units as people type it: 12.50, £12.50, (£3.50)."""
    if not text:
        return None
    return _one(money_reader(".", currency).read([text]), text, "cli.amount.unreadable")  # type: ignore[no-any-return]


def _one(parsed: Any, text: str, code: str) -> Any:
    if 0 in parsed.wrong or parsed.values[0] is None:
        raise PerthynError(code, value=text)
    return parsed.values[0]


def pairs(given: Iterable[str]) -> dict[str, Any]:
    """``field=value`` words; a field given twice holds a list."""
    found: dict[str, Any] = {}
    for one in given:
        name, equals, text = one.partition("=")
        if not equals:
            raise PerthynError("cli.pair.needed", given=one)
        before = found.get(name)
        found[name] = text if before is None else [*([before] if isinstance(before, str) else before), text]
    return found


def agree(s: Session, word: str, yes: bool) -> None:
    """Go on only when a person types `word`, or has said ``--yes``.

    Raises `PerthynError`: ``cli.confirm.needed`` where nobody can be asked, ``cli.confirm.not_given`` otherwise.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise PerthynError("cli.confirm.needed", word=word)
    typed = click.prompt(s.t("To go on, type: {word}", word=word), default="", show_default=False, err=True)
    if fold(typed) != fold(word):
        raise PerthynError("cli.confirm.not_given", word=word)

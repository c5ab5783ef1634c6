"""Declarations as a person writes them down, one or a file of them, and how they end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from perthyn.changes import Create, Edit, Receipt
from perthyn.crm import Crm
from perthyn.crm.people import about, checked
from perthyn.errors import PerthynError, Unknown
from perthyn.importing.headings import heading_key
from perthyn.importing.layout import data_rows, find_layout
from perthyn.importing.names import split_name
from perthyn.importing.tables import open_tables
from perthyn.importing.values import as_text
from perthyn.importing.values_dates import DateReader, DateStyle
from perthyn.model import Contact
from perthyn.model.normal import postcode_key
from perthyn.text import fold, nearest
from perthyn_donations.as_claimed import as_claimed
from perthyn_donations.books import terms_of
from perthyn_donations.records import Declaration

HOW = ("written", "online", "spoken")
COVERS = ("gift", "past", "future", "both")
ENDS = ("cancelled", "died", "not_taxpayer", "voided")
BY_LAW_HELD = ("giftaid.letters", "giftaid.name.long", "giftaid.house.long")
"""What keeps a gift out of the schedule, but makes a declaration no less valid."""


def declare(
    crm: Crm, who: Contact, day: date, dry_run: bool = False, **said: Any
) -> tuple[Declaration, Receipt | None]:
    """Write down a declaration that a person made on a day; name and home are the contact's where `said` has none.

    `said`: the fields of `Declaration`. The same once more is not written down again. Raises `PerthynError`:
    ``giftaid.declare.*``, ``giftaid.name.missing``, ``giftaid.house.missing``, ``giftaid.postcode``, ``record.value``.
    """
    crm.check("gift_aid.write")
    made = _made(crm, who, day, said)
    there = next((one for one in _standing(crm, who.id) if _told(one) == _told(made)), None)
    if there is not None or dry_run:
        return there or made, None
    return made, crm.commit([Create(made)], reason="giftaid.declare", facts=about(who))


def _standing(crm: Crm, who: UUID | None = None) -> list[Declaration]:
    """The declarations that were made, but those that turned out to be a mistake."""
    found = declarations(crm, who)
    void = {one.declaration for one in found if one.said == "voided"}
    return [one for one in found if one.said == "made" and one.id not in void]


def _told(one: Declaration) -> dict[str, Any]:
    """All that a donor said; not when it was recorded and what came of it."""
    return one.model_dump(exclude={"id", "recorded", "by", "confirmed", "source", "source_id", "delivered", "came_as"})


def _made(crm: Crm, who: Contact, day: date, said: Mapping[str, Any]) -> Declaration:
    values = named_so(who) | home_of(who, said) | {name: value for name, value in said.items() if value}
    values = {"charity": terms_of(crm).charity, **values, "day": day}
    if who.kind != "person":
        raise PerthynError("giftaid.declare.person", name=who.shown_name)
    if day > crm.today():
        raise PerthynError("giftaid.declare.future", day=day)
    if _is_couple(values):
        raise PerthynError("giftaid.declare.couple", name=f"{values.get('given') or ''} {values.get('family') or ''}")
    for name, known in (("how", HOW), ("covers", COVERS)):
        if values.get(name) not in known:
            raise PerthynError("giftaid.declare.word", field=name, value=values.get(name, ""), known=", ".join(known))
    for name in ("charity", "wording"):
        if not values.get(name):
            raise PerthynError("giftaid.declare.missing", field=name)
    made: Declaration = checked(
        Declaration,
        {**values, "id": crm.ids(), "contact": who.id, "recorded": crm.clock(), "by": crm.actor.name},
    )
    try:
        as_claimed(made)
    except PerthynError as error:
        if error.code not in BY_LAW_HELD:
            raise
    return made


def named_so(who: Contact) -> dict[str, Any]:
    """The contact's title, first name and surname, taken apart where only the whole name is known."""
    if who.given or who.family:
        return {"title": who.title, "given": who.given, "family": who.family}
    found = split_name(who.name or "")
    return {"title": who.title or found.title or None, "given": found.given or None, "family": found.family or None}


def home_of(who: Contact, said: Mapping[str, Any]) -> dict[str, Any]:
    """The contact's address, unless another was declared."""
    home = who.preferred_address()
    if home is None or any(said.get(name) for name in ("house", "address", "postcode")):
        return {}
    lines = "\n".join(filter(None, (home.lines, home.town, home.country if said.get("overseas") else None)))
    return {"address": lines or None, "postcode": home.postcode}


def _is_couple(values: Mapping[str, Any]) -> bool:
    return split_name(f"{values.get('given') or ''} {values.get('family') or ''}").kind == "household"


def declarations(crm: Crm, who: UUID | None = None) -> list[Declaration]:
    """The declarations of one contact, or all, and how they ended; oldest first."""
    crm.check("contact.read")
    crm.check("donation.read")
    found = crm.store.scan(Declaration) if who is None else crm.store.owned(Declaration, [who])
    return sorted(found, key=lambda one: (one.day, one.id))


def end(crm: Crm, who: Contact, said: str, day: date, which: Declaration | None = None) -> tuple[Declaration, Receipt]:
    """Write down that the declarations of somebody (one of them) ended on a day, or that one was never made.

    Raises `PerthynError`: ``giftaid.end.none``, ``giftaid.end.which``, ``giftaid.declare.future``.
    """
    crm.check("gift_aid.write")
    made = [one for one in declarations(crm, who.id) if one.said == "made"]
    if not made:
        raise PerthynError("giftaid.end.none", name=who.shown_name)
    if said == "voided" and which is None and len(made) > 1:
        raise PerthynError("giftaid.end.which", name=who.shown_name, count=len(made))
    if day > crm.today():
        raise PerthynError("giftaid.declare.future", day=day)
    if said == "voided":
        which = which or made[0]
    ended: Declaration = checked(
        Declaration,
        {"id": crm.ids(), "contact": who.id, "said": said, "declaration": which.id if which else None, "day": day,
         "recorded": crm.clock(), "by": crm.actor.name},
    )  # fmt: skip
    return ended, crm.commit([Create(ended)], reason=said, facts=about(who))


def to_confirm(crm: Crm, who: Contact) -> list[Declaration]:
    """Somebody's spoken declarations that wait for their written confirmation, which may be sent to them.

    Raises `PerthynError` (``giftaid.confirm.none``, ``giftaid.confirm.barred``).
    """
    waiting = [one for one in declarations(crm, who.id) if unconfirmed(one)]
    if not waiting:
        raise PerthynError("giftaid.confirm.none", name=who.shown_name)
    ways = crm.permissions(who, "service")
    if not (ways["post"].allowed or ways["email"].allowed):
        raise PerthynError("giftaid.confirm.barred", name=who.shown_name)
    return waiting


def confirm(crm: Crm, who: Contact, day: date) -> tuple[list[Declaration], Receipt | None]:
    """Note that the written confirmation of somebody's spoken declarations was sent on a day."""
    crm.check("gift_aid.write")
    if day > crm.today():
        raise PerthynError("giftaid.declare.future", day=day)
    waiting = [one for one in declarations(crm, who.id) if unconfirmed(one)]
    edits = [Edit("donations.declaration", one.id, {"confirmed": (None, day)}) for one in waiting]
    return waiting, crm.commit(edits, reason="giftaid.confirm", facts=about(who)) if edits else None


def unconfirmed(one: Declaration) -> bool:
    """Whether it was spoken and no written confirmation has been sent."""
    return one.said == "made" and one.how == "spoken" and one.confirmed is None


# -- a file of them --------------------------------------------------------------------------------------------------

_HEADS: Mapping[str, str] = {
    name: field
    for field, names in {
        "id": "contact id|rhif cyswllt unigryw",
        "email": "email|e mail|e-bost|e bost|email address",
        "name": "name|full name|enw|enw llawn|donor|rhoddwr",
        "title": "title|teitl",
        "given": "first name|forename|given name|enw cyntaf",
        "family": "surname|last name|family name|cyfenw",
        "house": "house|house name or number|enw neu rif y ty",
        "address": "address|home address|cyfeiriad|cyfeiriad cartref",
        "postcode": "postcode|post code|cod post",
        "overseas": "abroad|overseas|lives abroad|dramor|yn byw dramor",
        "day": "date|declaration date|date of declaration|dyddiad|dyddiad y datganiad",
        "covers": "covers|scope|yn cynnwys",
        "how": "how|method|sut|dull",
        "confirmed": "confirmation sent|confirmed|confirmation sent on|anfonwyd cadarnhad ar",
        "charity": "charity|elusen",
        "wording": "wording|statement|geiriad",
        "wording_version": "wording version|version|fersiwn y geiriad",
        "language": "language|language of the wording|iaith|iaith y geiriad",
        "evidence": "evidence|tystiolaeth",
    }.items()
    for name in names.split("|")
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "covers": {
        "this gift": "gift", "this donation": "gift", "y rhodd hon": "gift", "past": "past", "past 4 years": "past",
        "y gorffennol": "past", "future": "future", "dyfodol": "future", "y dyfodol": "future", "all": "both",
        "past and future": "both", "pob un": "both", "y ddau": "both",
    },
    "how": {
        "paper": "written", "form": "written", "paper form": "written", "ysgrifenedig": "written", "papur": "written",
        "web": "online", "website": "online", "ar lein": "online", "ar-lein": "online", "verbal": "spoken",
        "oral": "spoken", "phone": "spoken", "telephone": "spoken", "ar lafar": "spoken", "llafar": "spoken",
    },
}  # fmt: skip
_YES = ("yes", "y", "true", "ie", "ydy", "x")


@dataclass(frozen=True, slots=True)
class FromFile:
    """What became of a file: its rows, the declarations made, those that stood already, and rows with their reason."""

    rows: int
    made: int
    there: int
    refused: Sequence[tuple[int, PerthynError]] = field(default_factory=list)
    receipt: Receipt | None = None


def declare_from(crm: Crm, file: Path, wording: str = "", dry_run: bool = False) -> FromFile:
    """Write down a file of declarations: every row that has all the law asks for, in one batch.

    `wording`: of those rows that have none. Raises `PerthynError` (``giftaid.declare.columns``, ``import.file.*``).
    """
    crm.check("gift_aid.write")
    made: list[Declaration] = []
    refused: list[tuple[int, PerthynError]] = []
    there = 0
    rows = list(_rows(file))
    held = {_same(one) for one in _standing(crm)}
    for number, cells in rows:
        try:
            one = _of_row(crm, cells, wording)
        except PerthynError as error:
            refused.append((number, error))
            continue
        if _same(one) in held:
            there += 1
            continue
        held.add(_same(one))
        made.append(one)
    receipt = None
    if made and not dry_run:
        ids = {"contacts": [str(one.contact) for one in made]}
        receipt = crm.commit([Create(one) for one in made], reason=file.name, facts=ids)
    return FromFile(len(rows), len(made), there, refused, receipt)


def _same(one: Declaration) -> tuple[object, ...]:
    return one.contact, one.day, one.said, one.covers, one.how


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    table = open_tables(file)[0]
    layout = find_layout(table, known=lambda text: heading_key(text) in _HEADS)
    fields = [_HEADS.get(heading_key(head), "") for head in layout.headers]
    named = {"name", "family"} & set(fields)
    missing = [name for name in ("day", "covers", "how") if name not in fields] + ([] if named else ["name"])
    if missing:
        raise PerthynError("giftaid.declare.columns", file=file.name, missing=", ".join(missing))
    for number, cells, why in data_rows(table, layout):
        if not why:
            texts = [as_text(cell).strip() for cell in cells]
            yield number, {name: text for name, text in zip(fields, texts, strict=True) if name and text}


def _of_row(crm: Crm, cells: Mapping[str, str], wording: str) -> Declaration:
    said: dict[str, Any] = {"wording": wording, **cells}
    for name, words in _WORDS.items():
        word = fold(said.get(name, ""))
        said[name] = words.get(word, word)
    if "name" in said and "family" not in said:
        split = split_name(said["name"])
        if split.kind == "household":
            raise PerthynError("giftaid.declare.couple", name=said["name"])
        said |= {"title": split.title, "given": split.given, "family": split.family}
    said["overseas"] = fold(said.get("overseas", "")) in _YES
    day = _day(crm, said.pop("day", ""))
    if said.get("confirmed"):
        said["confirmed"] = _day(crm, said["confirmed"])
    who = _whose(crm, said)
    if not (said.get("house") or said.get("address")) or not (said.get("postcode") or said["overseas"]):
        raise PerthynError("giftaid.declare.home")
    for name in ("id", "email", "name"):
        said.pop(name, None)
    return _made(crm, who, day, said)


def _day(crm: Crm, text: str) -> date:
    parsed = DateReader(DateStyle("dmy", crm.today(), crm.settings.zone)).read([text])
    found = parsed.values[0]
    if found is None or parsed.wrong:
        raise PerthynError("giftaid.declare.day", value=text)
    return found


def _whose(crm: Crm, said: Mapping[str, Any]) -> Contact:
    """The contact of a row: by id, or the one of that name who has that e-mail address or postcode."""
    if said.get("id"):
        return crm.who(str(said["id"]))
    whole = " ".join(filter(None, (said.get("given"), said.get("family"))))
    found = [one for one in crm.find(whole, limit=12) if _called(one, said)]
    if said.get("email"):
        asked = fold(str(said["email"]))
        exact = [one for one in found if asked in {fold(email.address) for email in one.emails}]
    else:
        asked = postcode_key(str(said.get("postcode", "")))
        exact = [one for one in found if asked and asked in {home.postcode_key for home in one.addresses}]
    if len(exact) == 1:
        return exact[0]
    raise Unknown("giftaid.declare.nobody", name=whole, count=len(exact), suggestion=nearest(whole, []))


def _called(one: Contact, said: Mapping[str, Any]) -> bool:
    """The same surname, and a first name that begins alike."""
    own = named_so(one)
    initials = {fold(str(given or ""))[:1] for given in (own["given"], said.get("given"))}
    return fold(str(own["family"] or "")) == fold(str(said.get("family") or "")) and len(initials) == 1

"""Forms of a person: adding somebody in ten seconds, putting details right, and two people who edit at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from perthyn.crm.rewriting import Clash, differing
from perthyn.errors import Conflict, PerthynError
from perthyn.model import Contact
from perthyn.model.normal import email_key, phone_e164
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn.text import fold, phrase
from perthyn.words.records import label, value
from perthyn_web.pages import saying
from perthyn_web.pages.people import new_key
from perthyn_web.pages.person_fields import rows, wanted

screens = Screens()
QUICK = ("name", "email", "phone", "town", "postcode", "language")
NEAR = 6
LIKE = {
    "email": phrase("The same email"),
    "phone": phrase("The same phone number"),
    "name": phrase("A name like it"),
}
"""Why somebody may be the one who is about to be added."""


# -- adding ---------------------------------------------------------------------------------------------


@screens.get("/contacts/new", "contact.write")
def ask_new(visit: Visit) -> Reply:
    """Add somebody: a name and one way to reach them."""
    typed = {name: visit.query.get(name, "").strip() for name in QUICK}
    return _new(visit, typed, {})


def _new(visit: Visit, typed: Mapping[str, str], trouble: Mapping[str, Exception]) -> Reply:
    facts = {"typed": typed, "languages": saying.choices(visit.t, saying.LANGUAGES), **_like_facts(visit, typed)}
    return Shown("people/new.html", facts, trouble)


@screens.post("/contacts/new", "contact.write")
def new(visit: Visit) -> Reply:
    """Add them, unless they may be here already and nobody has said that they are not."""
    typed = {name: visit.form.get(name, "").strip() for name in QUICK}
    if not any(typed[name] for name in ("name", "email", "phone")):
        return _new(visit, typed, {"name": PerthynError("people.name")})
    if visit.form.get("sure") != "yes" and like(visit, typed):
        return Shown("people/likely.html", {"typed": typed, **_like_facts(visit, typed)})
    try:
        made, receipt = visit.crm.add_contact({name: text for name, text in typed.items() if text})
    except PerthynError as error:
        return _new(visit, typed, {_field_of(error): error})
    to = f"/contacts/{made.id}/edit" if visit.form.get("then") == "edit" else f"/contacts/{made.id}"
    return Went(to, visit.t("Added: {name}", name=made.shown_name), receipt.batch)


def _field_of(error: PerthynError) -> str:
    if error.code == "contact.email.invalid":
        return "email"
    named = {"number": "phone", "address": "email", "lines": "address"}
    field = str(error.facts.get("field", ""))
    return named.get(field, field if field in QUICK else "")


def like(visit: Visit, typed: Mapping[str, str]) -> list[tuple[Contact, str]]:
    """Those who may be the one, the surest first, and why."""
    found: dict[UUID, tuple[Contact, str]] = {}
    email, phone, name = typed.get("email", ""), typed.get("phone", ""), typed.get("name", "")
    for one in visit.crm.find(email, NEAR) if "@" in email else []:
        if email_key(email) in {each.key for each in one.emails}:
            found.setdefault(one.id, (one, "email"))
    number = phone_e164(phone, visit.crm.settings.region) if len(phone) > 5 else ""
    for one in visit.crm.find(phone, NEAR) if number else []:
        if number in {each.key for each in one.phones}:
            found.setdefault(one.id, (one, "phone"))
    words = name.split()
    for one in visit.crm.find(name, NEAR) if len(name) > 2 else []:
        if len(words) > 1 or fold(one.shown_name) == fold(name):
            found.setdefault(one.id, (one, "name"))
    return list(found.values())[:NEAR]


def _like_facts(visit: Visit, typed: Mapping[str, str]) -> dict[str, Any]:
    likely = [(one, visit.t(LIKE[why])) for one, why in like(visit, typed)]
    return {"likely": likely, "words": saying, "today": visit.crm.today(), "key": new_key(visit)}


# -- editing --------------------------------------------------------------------------------------------


@screens.get("/contacts/{id:uuid}/edit", "contact.write")
def ask_edit(visit: Visit, id: UUID) -> Reply:
    """Put somebody's details right."""
    one = visit.crm.look_up(id)
    visit.crm.note("contact.seen", ids=[one.id])
    return _form(visit, one, rows(visit, one), {})


def _form(visit: Visit, saw: Contact, fields: Mapping[str, Any], trouble: Mapping[str, Exception]) -> Reply:
    facts = {
        "one": saw,
        "saw": json.dumps(saw.plain(), ensure_ascii=False),
        "fields": fields,
        "custom": visit.crm.custom_fields(),
        "words": saying,
        "languages": saying.choices(visit.t, saying.LANGUAGES),
        "kinds": saying.choices(visit.t, saying.KINDS),
        "role_choices": saying.choices(visit.t, saying.ROLES),
    }
    return Shown("people/edit.html", facts, trouble)


@screens.post("/contacts/{id:uuid}/edit", "contact.write")
def edit(visit: Visit, id: UUID) -> Reply:
    """Write what was changed; where somebody else has changed the same since, show both and ask."""
    crm, form = visit.crm, visit.form
    saw = _saw(form.get("saw", ""), id)
    if saw is None:
        raise PerthynError("people.form.old")
    theirs, mine = _saw(form.get("theirs", ""), id), _saw(form.get("mine", ""), id)
    if theirs is not None and mine is not None:  # both values were shown, and one was chosen
        saw, made = theirs, theirs.with_values(_taken(form, saw, mine))
    else:
        read, trouble = wanted(visit, saw)
        if read is None:
            return _form(visit, saw, rows(visit, saw, form), trouble)
        made = read
    try:
        clashing = crm.clashes(saw, made)
        if clashing:
            return _conflict(visit, saw, made, clashing)
        after, receipt = crm.rewrite(saw, made)
    except Conflict:  # written between the two lines above
        return _conflict(visit, saw, made, crm.clashes(saw, made))
    except PerthynError as error:
        return _form(visit, saw, rows(visit, saw, form), {"": error})
    if receipt is None:
        return Went(f"/contacts/{after.id}", visit.t("Nothing has been changed."))
    return Went(f"/contacts/{after.id}", visit.t("Changed: {name}", name=after.shown_name), receipt.batch)


def _saw(text: str, id: UUID) -> Contact | None:
    """What the person saw when the form was opened, as the form has carried it."""
    try:
        found = Contact.model_validate_json(text)
    except ValueError:
        return None
    return found if found.id == id else None


def _taken(form: Mapping[str, str], saw: Contact, made: Contact) -> dict[str, Any]:
    """What is to be written once both values have been seen: all that is mine, but where the other was taken."""
    changed = differing(saw, made)
    return {path: mine for path, (_, mine) in changed.items() if form.get(f"take:{path}") != "theirs"}


def _conflict(visit: Visit, saw: Contact, made: Contact, clashing: Sequence[Clash]) -> Reply:
    """Both values of each field, who wrote the other and when; all else that was typed stays in the form."""
    t, now = visit.t, visit.crm.look_up(saw.id)
    both = {one.path for one in clashing}
    alone = {path: mine for path, (_, mine) in differing(saw, made).items() if path not in both}
    facts = {
        "one": now,
        "clashes": [(one, label(t, Contact, one.path), value(t, one.mine), value(t, one.theirs)) for one in clashing],
        "others": [(label(t, Contact, path), value(t, mine)) for path, mine in alone.items()],
        "saw": json.dumps(saw.plain(), ensure_ascii=False),
        "mine": json.dumps(made.plain(), ensure_ascii=False),
        "theirs": json.dumps(now.plain(), ensure_ascii=False),
    }
    return Shown("people/conflict.html", facts, status=409)

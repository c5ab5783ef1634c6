"""Noting: she came today, a note, whatever else happened, what she said about being contacted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from perthyn.contacting.door import CHANNELS
from perthyn.errors import PerthynError
from perthyn.model import Kind
from perthyn.screens import Given, Reply, Screens, Shown, Visit, Went
from perthyn.text import capital, phrase
from perthyn.words.records import kind_word
from perthyn.words.typed import typed_amount
from perthyn_web.pages import saying

screens = Screens()
BY_HAND = ("visit", "call", "meeting", "letter", "email", "enquiry", "complaint", "praise", "booking", "purchase",
           "donation", "membership", "shift", "no_show")  # fmt: skip
"""Kinds that somebody notes by hand, the most usual first."""
SAYINGS = {
    "given": phrase("Yes, they agreed"),
    "refused": phrase("No"),
    "withdrawn": phrase("They take an earlier yes back"),
    "objected": phrase("They object to being contacted"),
}
HOW = {
    "in person": phrase("In person"),
    "by phone": phrase("By phone"),
    "paper form": phrase("On a paper form"),
    "letter or email": phrase("In a letter or an email"),
}


@screens.post("/contacts/{id:uuid}/came", "interaction.write")
def came(visit: Visit, id: UUID) -> Reply:
    """She is here: one tap, noted once, however often it is sent.

    `key` tells one tap from another. A tablet without network keeps a tap and says later how many seconds ago it was
    (`ago`: its clock may be wrong) and who has tapped (`by`): it is noted in nobody else's name.
    """
    form, t = visit.form, visit.t
    if form.get("by", _whose(visit)) != _whose(visit):
        raise PerthynError("desk.other")
    made, receipt = visit.crm.came(id, form.get("key", ""), at=_tapped(visit), party=_party(form.get("party", "")))
    to = form.get("to", "") or f"/contacts/{made.contact}"
    name = visit.crm.look_up(made.contact).shown_name
    if receipt is None:
        return Went(to, t("Noted already: {name} came today.", name=name))
    return Went(to, t("Noted: {name} came today.", name=name), receipt.batch)


def _whose(visit: Visit) -> str:
    """What tells a tap of this person from others': of an account its id."""
    return str(visit.person.id or "here")


def _tapped(visit: Visit) -> datetime | None:
    ago = visit.form.get("ago", "")
    if ago and not (ago.isascii() and ago.isdigit() and len(ago) < 10):
        raise PerthynError("desk.time", at=ago)
    return visit.crm.clock() - timedelta(seconds=int(ago)) if ago else None


def _party(text: str) -> int | None:
    if not text:
        return None
    found = Given([("party", text)]).number("party")
    if found is None or not 1 <= found <= 10_000:
        raise PerthynError("people.party", value=text)
    return found


@screens.post("/contacts/{id:uuid}/notes", "interaction.write")
def note(visit: Visit, id: UUID) -> Reply:
    """Keep a note; a private one is seen by those who may."""
    words = visit.form.get("text", "").strip().replace("\r\n", "\n")
    if not words:
        return Went(f"/contacts/{visit.crm.who(id.hex).id}#note")
    field = "private" if visit.form.get("private") == "yes" else "text"
    made, receipt = visit.crm.add_interaction(id, {"kind": "note", field: words})
    return Went(f"/contacts/{made.contact}", visit.t("The note is kept."), receipt.batch)


@screens.get("/contacts/{id:uuid}/happened", "interaction.write")
def ask_happened(visit: Visit, id: UUID) -> Reply:
    """What happened?"""
    return _ask_happened(visit, id, {})


def _ask_happened(visit: Visit, id: UUID, trouble: dict[str, Exception]) -> Reply:
    crm, t = visit.crm, visit.t
    facts = {
        "one": crm.who(id.hex),
        "kinds": [(one.name, capital(kind_word(t, crm.kinds(), one.name))) for one in kinds_by_hand(visit)],
        "form": visit.form,
        "today": crm.today(),
        "yesterday": crm.today() - timedelta(days=1),
    }
    return Shown("people/happened.html", facts, trouble)


def kinds_by_hand(visit: Visit) -> list[Kind]:
    """What this person can note: only what they may see."""
    known = {one.name: one for one in visit.crm.kinds()}
    found = (known[name] for name in BY_HAND if name in known)
    return [one for one in found if not one.right or visit.crm.actor.may(one.right)]


@screens.post("/contacts/{id:uuid}/happened", "interaction.write")
def happened(visit: Visit, id: UUID) -> Reply:
    """Keep what happened."""
    form = visit.form
    trouble: dict[str, Exception] = {}
    values: dict[str, Any] = {"kind": form.get("kind", "")}
    readers: dict[str, Callable[[str], Any]] = {
        "day": date.fromisoformat,
        "party_size": _party,
        "amount": lambda text: typed_amount(text, visit.crm.settings.currency),
    }
    for name, read in readers.items():
        try:
            if form.get(name, "").strip():
                values[name] = read(form[name].strip())
        except PerthynError as error:
            trouble[name] = error
        except ValueError:
            trouble[name] = PerthynError("people.day", value=form[name])
    for name in ("subject", "text", "private"):
        if form.get(name, "").strip():
            values[name] = form[name].strip().replace("\r\n", "\n")
    if values.get("day", visit.crm.today()) > visit.crm.today():
        trouble["day"] = PerthynError("people.future", day=values["day"])
    if trouble:
        return _ask_happened(visit, id, trouble)
    try:
        made, receipt = visit.crm.add_interaction(id, values)
    except PerthynError as error:
        return _ask_happened(visit, id, {"kind" if error.code.startswith("interaction.kind") else "": error})
    return Went(f"/contacts/{made.contact}", visit.t("What happened is kept."), receipt.batch)


@screens.get("/contacts/{id:uuid}/consent", "consent.write")
def ask_consent(visit: Visit, id: UUID) -> Reply:
    """What did they say about being contacted?"""
    return _ask_consent(visit, id, {})


def _ask_consent(visit: Visit, id: UUID, trouble: dict[str, Exception]) -> Reply:
    t = visit.t
    facts = {
        "one": visit.crm.look_up(id),
        "form": visit.form,
        "today": visit.crm.today(),
        "sayings": saying.choices(t, SAYINGS),
        "how": saying.choices(t, HOW),
    }
    return Shown("people/consent.html", facts, trouble)


@screens.post("/contacts/{id:uuid}/consent", "consent.write")
def consent(visit: Visit, id: UUID) -> Reply:
    """Keep what they said; a no counts from this moment on."""
    form = visit.form
    decision = form.get("decision", "")
    if decision not in SAYINGS:
        return _ask_consent(visit, id, {"decision": PerthynError("people.consent.decision")})
    said = {name: form.get(name, "").strip() or None for name in ("how", "wording", "language")}
    channels = [one for one in form.all("channel") if one in CHANNELS]
    try:
        on = date.fromisoformat(form["day"]) if form.get("day") else None
        if on == visit.crm.today():
            on = None
        receipt = visit.crm.record_consent(
            id, decision, channels, purpose=form.get("purpose", "marketing"), on=on,
            **{name: value for name, value in said.items() if value},
        )  # fmt: skip
    except ValueError:
        return _ask_consent(visit, id, {"day": PerthynError("people.day", value=form.get("day", ""))})
    except PerthynError as error:
        field = {"consent.future": "day", "consent.yes.bare": "wording" if channels else "channel"}.get(error.code, "")
        return _ask_consent(visit, id, {field: error})
    return Went(
        f"/contacts/{id}#permission", visit.t("What was said is kept."), receipt.batch if decision == "given" else None
    )

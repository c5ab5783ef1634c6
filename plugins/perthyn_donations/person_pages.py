"""Person pages: what somebody gives; a gift recorded; a declaration written down, confirmed, ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from perthyn.crm import View
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Contact
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn.text import LANGUAGES, Translator, phrase
from perthyn_donations import declaring
from perthyn_donations.asking import Form, step
from perthyn_donations.books import GIVING, Books, Judged, books, tax
from perthyn_donations.gift_pages import NATURES, STATES, every, pledge_words
from perthyn_donations.giving import give
from perthyn_donations.letters import confirmation
from perthyn_donations.plans import Plan
from perthyn_donations.pledges import PLEDGE, Pledged, pledges
from perthyn_donations.records import ClaimLine, Declaration, Gift
from perthyn_donations.words import COVERS, HOW, SAID, home, reasons, state, why, wording

screens = Screens()
NEWEST = 6
"""So many gifts stand on a person's page."""
CAME = {
    "cash": phrase("Cash"),
    "contactless": phrase("Contactless"),
    "card": phrase("Card"),
    "cheque": phrase("Cheque"),
    "bank": phrase("Bank transfer"),
    "website": phrase("Website"),
}
USUAL_WORDING = phrase(
    "I pay tax in the UK, and I understand: if I pay less Income Tax and Capital Gains Tax in a tax year than the Gift "
    "Aid claimed on all my gifts in it, I have to pay the difference."
)
"""What explains a declaration where the organisation has set no words of its own."""
ENDS = {
    "cancelled": phrase("They cancelled it"),
    "not_taxpayer": phrase("They no longer pay enough tax"),
    "died": phrase("They died"),
    "voided": phrase("It was written down by mistake"),
}
SCOPES = {
    "both": phrase("The four years before, and all gifts from then on"),
    "future": phrase("All gifts from then on"),
    "past": phrase("The four years before"),
    "gift": phrase("The gifts of that one day"),
}
WAYS = {
    "written": phrase("On paper"),
    "online": phrase("Online"),
    "spoken": phrase("Spoken, in person or by phone"),
}


@screens.panel(
    "contact", "donation.read", "donations/panel.html", order=200, shows=(Gift, Plan, Declaration, ClaimLine)
)
def giving(visit: Visit, view: View | None) -> Mapping[str, Any] | None:
    """What somebody gives: gifts, pledges, regular gifts, declarations."""
    crm, t = visit.crm, visit.t
    if view is None:
        return None
    one = view.contact
    crm.check("money.read")
    kinds = {total.kind for total in view.totals}
    mine = [record for record in view.records if getattr(record, "contact", None) == one.id]
    gave = GIVING in kinds or any(isinstance(record, Gift) for record in mine)
    held = books(crm, [one.id]) if gave else Books(0, [])
    promised = pledges(crm, one.id) if PLEDGE in kinds else []
    declared = [record for record in mine if isinstance(record, Declaration)]
    plans = [record for record in mine if isinstance(record, Plan)]
    credited = [record for record in view.records if isinstance(record, Gift) and record.credit == one.id]
    may_give = crm.actor.may("interaction.write") and not one.deceased
    may_declare = crm.actor.may("gift_aid.write") and one.kind == "person" and not one.deceased
    if not (held.gifts or promised or declared or plans or credited or may_give):
        return None
    return {
        "one": one,
        "gifts": [gift_line(t, gift) for gift in reversed(held.gifts[-NEWEST:])],
        "count": len(held.gifts),
        "cannot": reasons(t, [gift for gift in held.gifts if not gift.verdict.yes and not gift.claimed]),
        "sum": sum(gift.net for gift in held.gifts if (gift.gift.currency or "GBP") == crm.settings.currency),
        "open_tax": tax(sum(gift.open for gift in held.gifts if gift.open > 0)),
        "pledges": [(pledge, pledge_words(t, pledge)) for pledge in promised],
        "plans": [(plan, every(t, plan), t(STATES[plan.state][0]), STATES[plan.state][1]) for plan in plans],
        "declarations": [declaration_line(t, each, declared) for each in _newest(declared) if each.said == "made"],
        "credited": len(credited),
        "may_give": may_give,
        "may_declare": may_declare,
    }


def _newest(declared: list[Declaration]) -> list[Declaration]:
    return sorted(declared, key=lambda one: (one.day, one.id), reverse=True)


def gift_line(t: Translator, one: Judged) -> dict[str, Any]:
    """A gift with what Gift Aid says of it."""
    kind = "plain" if one.claimed else "good" if one.verdict.yes else "careful" if step(t, one) else "plain"
    return {"judged": one, "state": state(t, one), "kind": kind, "why": why(t, one.verdict)[0], "step": step(t, one),
            "fund": one.details.fund if one.details else ""}  # fmt: skip


def declaration_line(t: Translator, one: Declaration, among: list[Declaration]) -> dict[str, Any]:
    """A declaration, and what has become of it."""
    ends = [each for each in among if each.said != "made" and each.declaration in (None, one.id)]
    ended = min((each for each in ends if each.day >= one.day or each.said == "voided"), key=lambda each: each.day,
                default=None)  # fmt: skip
    return {
        "record": one,
        "covers": t(COVERS[one.covers]),
        "how": t(HOW[one.how]) if one.how in HOW else one.how or "",
        "home": home(one),
        "ended": ended,
        "end": t(SAID[ended.said]) if ended else "",
        "unconfirmed": ended is None and declaring.unconfirmed(one),
    }


# -- a gift recorded -------------------------------------------------------------------------------------------------


@screens.get("/contacts/{id:uuid}/gifts/new", "donation.read")
def ask_gift(visit: Visit, id: UUID) -> Reply:
    """What was given?"""
    return _ask_gift(visit, id, {})


def _ask_gift(visit: Visit, id: UUID, trouble: Mapping[str, Exception]) -> Reply:
    crm, t = visit.crm, visit.t
    for right in ("interaction.write", "money.read"):
        crm.check(right)
    one = crm.look_up(id)
    facts = {
        "one": one,
        "form": visit.form,
        "today": crm.today(),
        "key": visit.form.get("key") or crm.random(12).hex(),
        "came": [("", t("Not known")), *((name, t(said)) for name, said in CAME.items())],
        "natures": [(name, t(said)) for name, said in NATURES.items()],
        "pledges": [("", t("None")), *((each.pledge.id, pledge_words(t, each)) for each in _open(visit, one))],
        "may_note": crm.actor.may("gift_aid.write"),
    }
    return Shown("donations/new_gift.html", facts, trouble)


def _open(visit: Visit, one: Contact) -> list[Pledged]:
    return [each for each in pledges(visit.crm, one.id) if each.open]


@screens.post("/contacts/{id:uuid}/gifts/new", "donation.read")
def record_gift(visit: Visit, id: UUID) -> Reply:
    """Keep a gift, once."""
    crm, form, t = visit.crm, Form(visit), visit.t
    one = crm.look_up(id)
    values: dict[str, Any] = {"amount": form.money("amount"), "day": form.day("day")}
    values |= {"channel": form.one_of("channel", CAME) or None}
    values |= {name: form.text(name) or None for name in ("campaign", "text")}
    details: dict[str, Any] = {"fund": form.text("fund"), "pledge": form.id("pledge"), "benefit": form.money("benefit")}
    if (nature := form.one_of("nature", NATURES, "gift")) != "gift":
        details["nature"] = nature
    if not form.trouble and not values["amount"]:
        form.trouble["amount"] = PerthynError("donations.give.amount")
    if form.trouble:
        return _ask_gift(visit, id, form.trouble)
    try:
        made, _, receipt = give(crm, one, values, details, visit.form.get("key", ""))
    except PerthynError as error:
        field = {"donations.give.amount": "amount", "donations.give.future": "day"}.get(error.code, "")
        return _ask_gift(visit, id, {field: error})
    money = t.money(made.amount or 0, made.currency or "GBP")
    if receipt is None:
        return Went(f"/contacts/{one.id}#giving", t("This gift is kept already: {money}", money=money))
    return Went(f"/contacts/{one.id}#giving", t("The gift is kept: {money}", money=money), receipt.batch)


# -- declarations ----------------------------------------------------------------------------------------------------


@screens.get("/contacts/{id:uuid}/declarations", "donation.read")
def declarations(visit: Visit, id: UUID) -> Reply:
    """Somebody's declarations, what has become of them, and what can be done about them."""
    return _declarations(visit, id, {})


def _declarations(visit: Visit, id: UUID, trouble: Mapping[str, Exception]) -> Reply:
    crm, t = visit.crm, visit.t
    one = crm.look_up(id)
    crm.note("contact.seen", ids=[one.id])
    found = declaring.declarations(crm, one.id)
    lines = [declaration_line(t, each, found) for each in _newest(found) if each.said == "made"]
    standing = [line for line in lines if line["ended"] is None]
    waiting = [line["record"] for line in standing if line["unconfirmed"]]
    languages = (one.language,) if one.language in LANGUAGES else ("cy", "en")
    facts = {
        "one": one,
        "lines": lines,
        "standing": [(line["record"].id, f"{t.day(line['record'].day)} · {line['covers']}") for line in standing],
        "letters": [
            (name, confirmation(_in(visit, name), each, crm.today()))
            for each in waiting for name in languages
        ],
        "ends": [(name, t(words)) for name, words in ENDS.items()],
        "form": visit.form,
        "today": crm.today(),
        "may": crm.actor.may("gift_aid.write"),
    }  # fmt: skip
    return Shown("donations/declarations.html", facts, trouble)


def _in(visit: Visit, language: str) -> Translator:
    """What speaks a language, be it the reader's or not."""
    same = visit.t.language == language
    return visit.t if same else Translator(language, visit.crm.plugins.offer("offer_locale"))


@screens.get("/contacts/{id:uuid}/declarations/new", "gift_aid.write")
def ask_declaration(visit: Visit, id: UUID) -> Reply:
    """What did they declare, to which words?"""
    return _ask_declaration(visit, id, {})


def _ask_declaration(visit: Visit, id: UUID, trouble: Mapping[str, Exception]) -> Reply:
    crm, t, form = visit.crm, visit.t, visit.form
    one = crm.look_up(id)
    asked = form.get("language") or visit.query.get("language") or (one.language if one.language in LANGUAGES else "")
    language = asked if asked in LANGUAGES else t.language
    words = wording(crm, language) or _in(visit, language)(USUAL_WORDING)
    facts = {
        "one": one,
        "form": form,
        "today": crm.today(),
        "language": language,
        "wording": form.get("wording") or words,
        "scopes": [(name, t(said)) for name, said in SCOPES.items()],
        "ways": [(name, t(said)) for name, said in WAYS.items()],
        "named": declaring.named_so(one),
        "home": declaring.home_of(one, {}),
    }
    return Shown("donations/new_declaration.html", facts, trouble)


@screens.post("/contacts/{id:uuid}/declarations/new", "gift_aid.write")
def declare(visit: Visit, id: UUID) -> Reply:
    """Write a declaration down."""
    crm, form, t = visit.crm, Form(visit), visit.t
    one = crm.look_up(id)
    names = ("title", "given", "family", "house", "address", "postcode", "wording", "evidence")
    said: dict[str, Any] = {name: form.text(name) for name in names}
    said |= {"covers": form.one_of("covers", SCOPES), "how": form.one_of("how", WAYS)}
    said |= {"language": form.one_of("language", LANGUAGES), "overseas": form.ticked("overseas")}
    day = form.day("day")
    if form.trouble:
        return _ask_declaration(visit, id, form.trouble)
    try:
        made, receipt = declaring.declare(crm, one, day, **{name: value for name, value in said.items() if value})
    except PerthynError as error:
        return _ask_declaration(visit, id, {_field_of(error): error})
    to = f"/contacts/{one.id}/declarations" if declaring.unconfirmed(made) else f"/contacts/{one.id}#giving"
    if receipt is None:
        return Went(to, t("It had been written down before."))
    if declaring.unconfirmed(made):
        return Went(to, t("Written down. It counts 30 days after its written confirmation was sent."), receipt.batch)
    return Went(to, t("The declaration is written down."), receipt.batch)


def _field_of(error: PerthynError) -> str:
    """Where on the form somebody looks who is told of this."""
    place = {
        "giftaid.declare.future": "day", "giftaid.declare.couple": "given", "giftaid.name.missing": "given",
        "giftaid.house.missing": "address", "giftaid.postcode": "postcode",
    }.get(error.code)  # fmt: skip
    return place or str(error.facts.get("field", ""))


@screens.post("/contacts/{id:uuid}/declarations/confirm", "gift_aid.write")
def confirm(visit: Visit, id: UUID) -> Reply:
    """Note that the written confirmation of spoken declarations was sent."""
    form = Form(visit)
    day = form.day("sent")
    if form.trouble:
        return _declarations(visit, id, form.trouble)
    try:
        one = visit.crm.look_up(id)
        declaring.to_confirm(visit.crm, one)
        _, receipt = declaring.confirm(visit.crm, one, day)
    except PerthynError as error:
        return _declarations(visit, id, {"sent": error})
    said = visit.t("Noted. It counts from 30 days after that day.")
    return Went(f"/contacts/{id}/declarations", said, receipt.batch if receipt else None)


@screens.post("/contacts/{id:uuid}/declarations/end", "gift_aid.write")
def end(visit: Visit, id: UUID) -> Reply:
    """Write down that declarations ended, or that one was a mistake."""
    crm, form = visit.crm, Form(visit)
    one, day, reason = crm.look_up(id), form.day("ended"), form.one_of("why", ENDS)
    if not reason:
        form.trouble["why"] = PerthynError("donations.end.why")
    which = form.id("which")
    named = next((each for each in declaring.declarations(crm, one.id) if each.id == which), None)
    if which is not None and named is None:
        raise Unknown("giftaid.end.unknown", name=which.hex[-6:], suggestion="")
    if form.trouble:
        return _declarations(visit, id, form.trouble)
    try:
        _, receipt = declaring.end(crm, one, reason, day, named)
    except PerthynError as error:
        field = {"giftaid.declare.future": "ended", "giftaid.end.which": "which"}.get(error.code, "")
        return _declarations(visit, id, {field: error})
    return Went(f"/contacts/{one.id}/declarations", visit.t("Written down."), receipt.batch)

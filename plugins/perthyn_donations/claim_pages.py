"""Claim pages: what a claim would hold, the claim itself, its files, what became of it, and what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.model import Interaction
from perthyn.screens import Reply, Screens, Sent, Shown, Visit, Went
from perthyn.text import Translator
from perthyn_donations.asking import Form
from perthyn_donations.books import books_now, tax
from perthyn_donations.claims import files, marked, planned, record
from perthyn_donations.gift_pages import the_gift
from perthyn_donations.health import checks
from perthyn_donations.records import Claim, Kept
from perthyn_donations.words import CELL, cells, converted, giver, reasons, warnings, why

screens = Screens()
SHEET = "application/vnd.oasis.opendocument.spreadsheet"
MOST = 100
"""So many rows of a claim are shown before it is made; the file holds all."""


@screens.get("/donations/claims", "donation.read")
def claims(visit: Visit) -> Reply:
    """The claims, what was claimed and is not due any more, and what is kept of donors who were erased."""
    crm, t = visit.crm, visit.t
    held = books_now(crm)
    owed = [one for one in held.gifts if one.open < 0]
    kept = sorted(one.until for one in crm.store.scan(Kept))
    facts = {
        "claims": [(one, *state_of(t, one)) for one in reversed(held.claims)],
        "owed": [(one, giver(one), "" if one.verdict.yes else why(t, one.verdict)[0]) for one in owed[:MOST]],
        "over_claimed": held.over_claimed,
        "unplaced": [(one, _name(visit, one)) for one in held.unplaced[:MOST]],
        "kept": len(kept),
        "first": kept[0] if kept else None,
        "last": kept[-1] if kept else None,
        "waiting": [t.error(PerthynError(code, **facts))[0] for well, code, facts in checks(crm.store) if well is None],
        "may_claim": crm.actor.may("gift_aid.claim"),
    }
    return Shown("donations/claims.html", facts)


def _name(visit: Visit, one: Interaction) -> str:
    return the_gift(visit, one.id)[1].shown_name


def state_of(t: Translator, one: Claim) -> tuple[str, str]:
    """What has become of a claim, and the kind of its badge."""
    if one.sent:
        return t("sent, {day}", day=one.sent), "good"
    return (t("dropped"), "plain") if one.dropped else (t("not sent yet"), "careful")


# -- making one ------------------------------------------------------------------------------------------------------


@screens.get("/donations/claim", "gift_aid.claim")
def ask_claim(visit: Visit) -> Reply:
    """What a claim would hold, line by line; nothing is written."""
    return _ask_claim(visit, visit.query, {})


def _ask_claim(visit: Visit, asked: Mapping[str, str], trouble: dict[str, Exception]) -> Reply:
    crm, t = visit.crm, visit.t
    day, aggregate = _until(visit, asked, trouble), asked.get("aggregate", "").strip()
    try:
        plan = planned(crm, day, aggregate)
    except PerthynError as error:
        trouble["aggregate"], aggregate = error, ""
        plan = planned(crm, day)
    lines = [(place, one) for place in plan.places for one in place.gifts]
    facts = {
        "until": day,
        "aggregate": aggregate,
        "name": free_name(visit),
        "plan": plan,
        "gifts": len(lines),
        "people": len({one.gift.contact for _, one in lines}),
        "files": plan.places[-1].file if plan.places else 0,
        "tax": tax(plan.amount),
        "rows": [(place, one, giver(one), place.aggregated or cells(one.donor)) for place, one in lines[:MOST]],
        "more": max(0, len(lines) - MOST),
        "converted": [(name, t(CELL[cell]), before, after) for name, cell, before, after in converted(plan)[:MOST]],
        "warnings": warnings(t, plan, tax(plan.amount)),
        "held": reasons(t, plan.held),
    }
    return Shown("donations/claim.html", facts, trouble)


def _until(visit: Visit, asked: Mapping[str, str], trouble: dict[str, Exception]) -> date:
    text = asked.get("until", "").strip()
    try:
        day = date.fromisoformat(text) if text else visit.crm.today()
    except ValueError:
        trouble["until"] = PerthynError("cli.day.unreadable", value=text)
        return visit.crm.today()
    return min(day, visit.crm.today())


def free_name(visit: Visit) -> str:
    """A name for the file of a claim of today that no claim has."""
    stem = f"gift-aid-{visit.crm.today().isoformat()}"
    taken = {one.name for one in visit.crm.store.scan(Claim)}
    names = (f"{stem}.ods" if number == 1 else f"{stem}-no{number}.ods" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


@screens.post("/donations/claim", "gift_aid.claim")
def make_claim(visit: Visit) -> Reply:
    """Record the claim that was shown; the same form sent again shows the same claim."""
    form, t = visit.form, visit.t
    trouble: dict[str, Exception] = {}
    day = _until(visit, form, trouble)
    expected = form.number("expected")
    try:
        made, plan = record(
            visit.crm, _plain_name(form.get("name", "")), day, form.get("aggregate", "").strip(),
            expected=-1 if expected is None else expected,
        )  # fmt: skip
    except PerthynError as error:
        if isinstance(error, Conflict) and error.code != "giftaid.claim.other":
            error = Conflict("giftaid.claim.other")  # another claim took some of these gifts meanwhile
        return _ask_claim(visit, form, {**trouble, "": error})
    said = t("The claim is recorded. Now take its file to HMRC.") if plan else t("This claim was recorded before.")
    return Went(f"/donations/claims/{made.id}", said)


def _plain_name(name: str) -> str:
    """A file's name without a way to it."""
    if not name or len(name) > 80 or set(name) & set('/\\:<>|?*"') or name.startswith("."):
        raise PerthynError("giftaid.claim.suffix", file=name[:80])
    return name


# -- one claim -------------------------------------------------------------------------------------------------------


@screens.get("/donations/claims/{id:uuid}", "donation.read")
def claim(visit: Visit, id: UUID) -> Reply:
    """One claim: its files, and what has become of it."""
    return _claim(visit, id, {})


def _claim(visit: Visit, id: UUID, trouble: Mapping[str, Exception]) -> Reply:
    crm, t = visit.crm, visit.t
    crm.check("money.read")
    one = the_claim(visit, id)
    said, kind = state_of(t, one)
    may = crm.actor.may("gift_aid.claim")
    names: list[str] = []
    if may and not one.dropped:
        try:
            names = [name for name, _ in files(crm, one)]
        except PerthynError as error:
            trouble = {**trouble, "": error}
    facts: dict[str, Any] = {
        "claim": one, "state": said, "kind": kind, "tax": tax(one.amount), "may": may, "today": crm.today(),
        "names": names,
        "made": one.at.astimezone(crm.zone).date(),
    }  # fmt: skip
    return Shown("donations/one_claim.html", facts, trouble)


def the_claim(visit: Visit, id: UUID) -> Claim:
    """A claim. Raises `Unknown` (``giftaid.claim.unknown``)."""
    one = visit.crm.store.get(Claim, [id]).get(id)
    if one is None:
        raise Unknown("giftaid.claim.unknown", name=id.hex[-6:], suggestion="")
    return one


@screens.get("/donations/claims/{id:uuid}/files/{number:int}", "gift_aid.claim")
def claim_file(visit: Visit, id: UUID, number: int) -> Reply:
    """One of its files, byte for byte as it was; that it was taken out is noted."""
    one = the_claim(visit, id)
    found = files(visit.crm, one)
    if not 1 <= number <= len(found):
        raise Unknown("giftaid.claim.unknown", name=f"{one.name} {number}", suggestion="")
    name, content = found[number - 1]
    visit.crm.note("contact.exported", count=one.lines, of="gift_aid", now=True)
    return Sent(content, SHEET, name)


@screens.post("/donations/claims/{id:uuid}/sent", "gift_aid.claim")
def claim_sent(visit: Visit, id: UUID) -> Reply:
    """Note that HMRC has it."""
    form = Form(visit)
    day = form.day("sent")
    if form.trouble:
        return _claim(visit, id, form.trouble)
    try:
        marked(visit.crm, the_claim(visit, id).name, sent=day)
    except PerthynError as error:
        return _claim(visit, id, {"sent": error})
    return Went(f"/donations/claims/{id}", visit.t("Noted: the claim has been sent."))


@screens.post("/donations/claims/{id:uuid}/drop", "gift_aid.claim")
def claim_dropped(visit: Visit, id: UUID) -> Reply:
    """Note that it will never be sent: all in it can be claimed again."""
    marked(visit.crm, the_claim(visit, id).name, drop=True)
    return Went("/donations/claims", visit.t("Dropped. All in it can be claimed again."))

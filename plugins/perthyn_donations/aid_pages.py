"""Gift Aid pages: what can be claimed and why not, whom to ask, declarations from a file, small donations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from perthyn.contacting.words import CHANNEL
from perthyn.errors import PerthynError
from perthyn.screens import Reply, Screens, Shown, Visit, Went, file_name
from perthyn.text import phrase
from perthyn.words.permission import rule_words
from perthyn_donations import declaring
from perthyn_donations.asking import STEPS
from perthyn_donations.books import Judged, books_now, take_up, tax
from perthyn_donations.checking import checked
from perthyn_donations.eligibility import tax_year
from perthyn_donations.gifts import to_ask
from perthyn_donations.person_pages import gift_line
from perthyn_donations.small import small
from perthyn_donations.words import reasons, wording

screens = Screens()
AT_ONCE = 50
LARGEST = 10 * 1024 * 1024
SHOWN = {
    "": phrase("Can be claimed"),
    "mend": phrase("To put right"),
    "no": phrase("Can't be claimed"),
    "claimed": phrase("Claimed"),
}


def sort_of(one: Judged) -> str:
    """Which list a gift stands in: claimed, to be claimed (""), to be put right first, or never to be claimed."""
    if one.claimed and one.open <= 0:
        return "claimed"
    if one.verdict.yes:
        return ""
    return "mend" if one.verdict.rule in STEPS else "no"


@screens.get("/donations/gift-aid", "donation.read")
def gift_aid(visit: Visit) -> Reply:
    """For each gift whether Gift Aid can be claimed on it, why or why not, and what to put right."""
    crm, t = visit.crm, visit.t
    held = books_now(crm)
    counts = Counter(map(sort_of, held.gifts))
    shown = visit.query.get("show", "")
    shown = shown if shown in SHOWN else ""
    found = [one for one in reversed(held.gifts) if sort_of(one) == shown]
    rules = reasons(t, found) if shown in ("mend", "no") else []
    rule = visit.query.get("why", "")
    rule = rule if rule in {name for name, _, _ in rules} else ""
    found = [one for one in found if rule in ("", one.verdict.rule)]
    start = min(visit.query.number("from") or 0, len(found))
    ready = [one for one in held.gifts if one.open > 0]
    facts = {
        "lines": [gift_line(t, one) for one in found[start : start + AT_ONCE]],
        "tabs": [(f"/donations/gift-aid?show={name}" if name else "/donations/gift-aid", t(label),
                  t.number(counts[name])) for name, label in SHOWN.items()],
        "current": f"/donations/gift-aid?show={shown}" if shown else "/donations/gift-aid",
        "shown": shown,
        "rules": rules[:12],
        "rule": rule,
        "start": start,
        "total": len(found),
        "at_once": AT_ONCE,
        "ready": len(ready),
        "ready_sum": sum(one.open for one in ready),
        "tax": tax(sum(one.open for one in ready)),
        "over_claimed": held.over_claimed,
        "taken": take_up(held.gifts),
        "may_claim": crm.actor.may("gift_aid.claim"),
        "may_write": crm.actor.may("gift_aid.write"),
    }  # fmt: skip
    return Shown("donations/gift_aid.html", facts)


@screens.get("/donations/ask", "donation.read")
def ask(visit: Visit) -> Reply:
    """Whom to ask for a declaration, or for what is missing in one, and how they may be asked."""
    crm, t = visit.crm, visit.t
    found = to_ask(crm, books_now(crm))
    lines = [
        (one, t.error(PerthynError(one.rule))[0].partition(":")[0],
         [t(CHANNEL[way]) for way, told in one.ways.items() if told.allowed],
         sorted({rule_words(t, told.rule) for told in one.ways.values() if not told.allowed})[:1])
        for one in found[:200]
    ]  # fmt: skip
    facts = {"lines": lines, "more": max(0, len(found) - 200), "may": crm.actor.may("gift_aid.write")}
    return Shown("donations/ask.html", facts)


# -- declarations from a file ----------------------------------------------------------------------------------------


@screens.get("/donations/declarations", "gift_aid.write")
def declarations(visit: Visit) -> Reply:
    """A file of declarations."""
    return _declarations(visit, None, {})


def _declarations(visit: Visit, done: declaring.FromFile | None, trouble: Mapping[str, Exception]) -> Reply:
    facts = {
        "done": done,
        "refused": [(number, *visit.t.error(error)) for number, error in done.refused[:200]] if done else [],
        "wording": visit.form.get("wording") or wording(visit.crm, visit.t.language),
    }
    return Shown("donations/declarations_file.html", facts, trouble)


@screens.post("/donations/declarations", "gift_aid.write", most=LARGEST)
def take_declarations(visit: Visit) -> Reply:
    """Look at a file of declarations, or write down all in it that are whole."""
    sent = visit.files.get("file")
    if sent is None:
        return _declarations(visit, None, {"file": PerthynError("donations.file.none")})
    dry = visit.form.get("do") != "keep"
    with TemporaryDirectory() as folder:
        file = Path(folder) / file_name(sent.name)
        file.write_bytes(sent.file.read())
        try:
            done = declaring.declare_from(visit.crm, file, visit.form.get("wording", "").strip(), dry)
        except PerthynError as error:
            return _declarations(visit, None, {"file": error})
    if done.receipt is None or done.refused:
        return _declarations(visit, done, {})
    said = visit.t.n("Written down: {n} declaration.", "Written down: {n} declarations.", done.made)
    return Went("/donations/ask", said, done.receipt.batch)


# -- small donations, and the check of a file ------------------------------------------------------------------------


@screens.get("/donations/small", "donation.read")
def small_donations(visit: Visit) -> Reply:
    """What the small donations scheme (GASDS) would bring."""
    crm = visit.crm
    this = tax_year(crm.today()).year
    asked = visit.query.number("year") or 0
    year = asked if this - 6 <= asked <= this else this - 1
    years = [(str(one), f"{one}/{(one + 1) % 100:02}") for one in range(this, this - 4, -1)]
    return Shown("donations/small.html", {"found": small(crm, date(year, 4, 6)), "year": str(year), "years": years})


@screens.get("/donations/check", "donation.read")
def check(visit: Visit) -> Reply:
    """Check a Gift Aid spreadsheet by HMRC's rules."""
    return Shown("donations/check.html", {"faults": None, "name": ""})


@screens.post("/donations/check", "donation.read", most=LARGEST)
def check_file(visit: Visit) -> Reply:
    """What is wrong with a spreadsheet, whoever wrote it."""
    sent = visit.files.get("file")
    if sent is None:
        trouble = {"file": PerthynError("donations.file.none")}
        return Shown("donations/check.html", {"faults": None, "name": ""}, trouble)
    found = checked(sent.file.read(), visit.crm.today())
    told = [visit.t.error(one) for one in found[:200]]
    return Shown("donations/check.html", {"faults": told, "name": sent.name, "more": max(0, len(found) - 200)})

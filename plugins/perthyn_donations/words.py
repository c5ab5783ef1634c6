"""Words of Gift Aid that the command line and the pages share: what was declared, how, and why a gift counts or not."""

from __future__ import annotations

from collections.abc import Iterable

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.text import Translator, phrase
from perthyn.words.records import label
from perthyn_donations.as_claimed import Donor
from perthyn_donations.books import SECTION, Judged
from perthyn_donations.claims import TEMPLATE_UNDER, Plan
from perthyn_donations.eligibility import Verdict
from perthyn_donations.records import Declaration

SAID = {
    "made": phrase("declared"),
    "cancelled": phrase("cancelled"),
    "died": phrase("died"),
    "not_taxpayer": phrase("no longer pays tax"),
    "voided": phrase("recorded by mistake"),
}
COVERS = {
    "gift": phrase("one gift"),
    "past": phrase("four years back"),
    "future": phrase("from then on"),
    "both": phrase("four years back, and from then on"),
}
HOW = {"written": phrase("in writing"), "online": phrase("online"), "spoken": phrase("spoken")}
CELL = {
    "title": phrase("Title"), "given": phrase("First name"), "family": phrase("Surname"),
    "house": phrase("House name or number"), "postcode": phrase("Postcode"),
}  # fmt: skip
PENCE = ("worth", "limit")
"""Facts of a verdict that are money."""


def why(t: Translator, verdict: Verdict) -> tuple[str, str]:
    """What the rule says, and what would change it."""
    facts = {name: t.money(int(str(fact)), "GBP") if name in PENCE else fact for name, fact in verdict.facts.items()}
    if isinstance(missing := facts.get("missing"), list):
        facts["missing"] = [label(t, Declaration, name) for name in missing]
    return t.error(PerthynError(verdict.rule, **facts))


def reasons(t: Translator, some: Iterable[Judged]) -> list[tuple[str, str, int]]:
    """Why gifts can't be claimed on: each rule, its words for the first of them, how many; the most usual first."""
    found: dict[str, list[Judged]] = {}
    for one in some:
        found.setdefault(one.verdict.rule, []).append(one)
    told = [(rule, why(t, ones[0].verdict)[0], len(ones)) for rule, ones in found.items()]
    return sorted(told, key=lambda one: (-one[2], one[0]))


def state(t: Translator, one: Judged) -> str:
    """Whether Gift Aid was claimed on a gift, can be, or can't."""
    if one.claimed and not one.open:
        return t("claimed")
    return t("can be claimed") if one.verdict.yes else t("can't be claimed")


def giver(one: Judged) -> str:
    """Who gave it."""
    return one.contact.shown_name if one.contact else "–"


def cells(donor: Donor | None) -> str:
    """A donor as HMRC's spreadsheet has them."""
    if donor is None:
        return ""
    return " ".join(filter(None, (donor.title, donor.given, donor.family, donor.house, donor.postcode)))


def home(one: Declaration) -> str:
    """The home address that was declared, on one line."""
    return ", ".join(filter(None, (one.house, *(one.address or "").splitlines(), one.postcode)))


def converted(plan: Plan) -> list[tuple[str, str, str, str]]:
    """Every cell that is written otherwise than it was declared, once for each donor: name, cell, before, after."""
    found = {
        (giver(one), change.field, change.before, change.after)
        for place in plan.places
        for one in place.gifts
        if one.donor and not place.aggregated
        for change in one.donor.converted
    }
    return sorted(found)


def warnings(t: Translator, plan: Plan, due: int) -> list[str]:
    """What to know before a claim is sent. `due`: pence of tax that it brings."""
    found = []
    if any(place.aggregated and one.open >= TEMPLATE_UNDER for place in plan.places for one in place.gifts):
        found.append(t("A gift of £20 or more is aggregated: gov.uk says under £30, HMRC's template under £20."))
    if plan.over_claimed > due:
        found.append(t("More was over-claimed than this claim brings: ring HMRC Charities before you send it."))
    return found


def wording(crm: Crm, language: str) -> str:
    """The words that explain a declaration, as the settings (``[giftaid]``) have them; "" where they have none."""
    said = crm.settings.sections.get(SECTION, {})
    return str(said.get(f"wording_{language}") or said.get("wording") or "")

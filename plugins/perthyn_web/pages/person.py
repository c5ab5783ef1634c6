"""Person: everything about one person on one page, the desk's answers first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from perthyn.contacting.words import CHANNEL
from perthyn.crm import Crm, View
from perthyn.crm.arrivals import DESK
from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction, Role
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn.text import Translator, capital
from perthyn.words.kept import kept_words
from perthyn.words.permission import (
    consent_words,
    obtained_words,
    problem_words,
    rule_step,
    rule_words,
    screening_words,
)
from perthyn.words.records import amount, because, kind_word
from perthyn_web.pages import saying
from perthyn_web.pages.people import new_key

screens = Screens()
AT_ONCE = 20
"""So many happenings stand on a page at first."""
REASONS = 5
"""So many segments are told with their reason; the others stand behind a line."""
CHANGES = 5
"""So many of the last changes of a person's record are named."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, in words. `side`: money; `about`: who told us of it."""

    title: str
    day: date
    icon: str
    kind: str
    side: str
    about: str
    text: str
    private: str


@screens.get("/contacts/{id:uuid}", "contact.read")
def contact(visit: Visit, id: UUID) -> Reply:
    """One person's page."""
    with visit.crm.one_picture():
        return _shown(visit, visit.crm.show(id), id)


def _shown(visit: Visit, view: View, id: UUID) -> Reply:
    crm, t, one = visit.crm, visit.t, view.contact
    if one.id != id:
        return Went(f"/contacts/{one.id}")
    today = crm.today()
    family, older, trouble = _asked(visit)
    facts = {
        "view": view,
        "one": one,
        "words": saying,
        "today": today,
        "key": new_key(visit),
        "roles": saying.roles_now(t, one, today),
        "member": [saying.role(t, role) for role in one.roles if role.role == "member" and saying.holds(role, today)],
        "lapsed": _lapsed(one, today),
        "last_visit": next((total for total in view.totals if total.kind == "visit"), None),
        "came": next((v for v in view.timeline if v.kind == "visit" and v.day == today), None),
        "totals": _totals(crm, t, view),
        "journey": _journey(crm, t, view),
        "allowed": _allowed(t, view),
        "recorded": _said(crm, t, view),
        "segments": _segments(crm, t, view),
        "reasons": REASONS,
        "kept": kept_words(crm, t, view.records),
        "problems": [(problem, *problem_words(t, problem)) for problem in view.problems],
        "history": crm.changed_last(one.id, CHANGES) if crm.actor.may("history.read") else [],
        **timeline(visit, view, family, older),
    }
    return Shown("people/contact.html", facts, trouble)


def _asked(visit: Visit) -> tuple[str, tuple[date, UUID] | None, dict[str, Exception]]:
    """The family that the timeline is narrowed to, and where it begins."""
    family = visit.query.get("family", "")
    day, _, id = visit.query.get("before", "").partition("_")
    try:
        older = (date.fromisoformat(day), UUID(id)) if day else None
    except ValueError:
        return family, None, {"": PerthynError("people.day", value=day)}
    return family if family in saying.FAMILIES else "", older, {}


def timeline(visit: Visit, view: View, family: str, older: tuple[date, UUID] | None) -> dict[str, Any]:
    """What happened, newest first: of one family, before a place."""
    crm, t = visit.crm, visit.t
    kinds = crm.kinds()
    wanted = {one.name for one in kinds if one.family == family} if family else None
    if wanted is None and older is None:
        some: Sequence[Interaction] = view.timeline[: AT_ONCE + 1]
    else:
        some = crm.happened(view.contact.id, older, AT_ONCE + 1, wanted)
    shown = some[:AT_ONCE]
    there = {saying.family_of(kinds, total.kind) for total in view.totals}
    return {
        "moments": [moment(crm, t, one) for one in shown],
        "family": family,
        "families": [(name, t(label)) for name, (label, _) in saying.FAMILIES.items() if name in there],
        "older": f"{shown[-1].day.isoformat()}_{shown[-1].id}" if len(some) > AT_ONCE else "",
        "later": older is not None,
    }


def moment(crm: Crm, t: Translator, one: Interaction) -> Moment:
    """Something that happened as a line of the timeline."""
    kinds = crm.kinds()
    what = kind_word(t, kinds, one.kind)
    told = " · ".join(filter(None, (one.event, one.subject if one.subject != one.event else None)))
    party = t("Party of {size}", size=one.party_size) if one.party_size and one.party_size > 1 else ""
    family = saying.family_of(kinds, one.kind)
    kind = {"attend": "accent", "give": "good"}.get(family, "")
    if one.kind in ("bounce", "complaint"):
        kind = "careful"
    about = " · ".join(filter(None, (told, party, one.source if one.source != DESK else "")))
    return Moment(capital(what), one.day, saying.icon_of(kinds, one), kind, amount(t, one), about,
                  one.text or "", one.private or "")  # fmt: skip


def _totals(crm: Crm, t: Translator, view: View) -> list[tuple[str, Any, str]]:
    """Per kind: what, the figures, the money."""
    currency = crm.settings.currency
    named = ((kind_word(t, crm.kinds(), one.kind, 2), one) for one in view.totals)
    return [(capital(what), one, t.money(one.amount, currency) if one.amount else "") for what, one in named]


def _journey(crm: Crm, t: Translator, view: View) -> list[tuple[date, str, str]]:
    """The steps so far, oldest first: the first of each kind, and since when she is what she is."""
    steps = [
        (one.first, t(saying.FIRSTS[one.kind]), saying.FAMILIES[saying.family_of(crm.kinds(), one.kind)][1])
        for one in view.totals
        if one.kind in saying.FIRSTS
    ]
    if view.first is not None and view.first not in {day for day, _, _ in steps}:
        steps.append((view.first, t("First contact"), "sparkles"))
    steps += [(role.start, saying.role(t, role), "star") for role in view.contact.roles if role.start]
    return sorted(steps)


def _lapsed(one: Contact, today: date) -> Role | None:
    """The membership that ended last, of somebody who is no member now."""
    ended = [role for role in one.roles if role.role == "member" and role.end and not saying.holds(role, today)]
    if any(role.role == "member" and saying.holds(role, today) for role in one.roles):
        return None
    return max(ended, key=lambda role: role.end or date.min, default=None)


def _allowed(t: Translator, view: View) -> list[tuple[str, bool, str, str]]:
    """Per way: may she be written to for marketing, the rule that says so, and what would change it."""
    return [
        (t(CHANNEL[way]), said.allowed, rule_words(t, said.rule), rule_step(t, said.rule))
        for way, said in view.permission.items()
    ]


def _said(crm: Crm, t: Translator, view: View) -> list[tuple[datetime, str]]:
    """All that is recorded about it, the newest first."""
    lines = [(one.recorded, consent_words(t, one, crm.zone)) for one in view.consents]
    lines += [(one.recorded, obtained_words(t, one, crm.zone)) for one in view.obtained]
    lines += [(one.checked, screening_words(t, one, crm.zone)) for one in view.screenings]
    return sorted(lines, reverse=True)


def _segments(crm: Crm, t: Translator, view: View) -> list[tuple[Any, str]]:
    """The segments that she is in, with the reason in words."""
    inside = [one for one in view.standings if one.member]
    return [(one.segment, because(crm, t, one, view.contact) or t("Chosen by hand")) for one in inside]

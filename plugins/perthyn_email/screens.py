"""Screens: what we wrote to somebody and what came back; whether letters would arrive, and whether they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perthyn.crm import View
from perthyn.errors import PerthynError
from perthyn.model import Campaign, Interaction, Message, Screening
from perthyn.screens import Reply, Screens, Shown, Visit
from perthyn.text import Translator, phrase
from perthyn_email.channel import REHEARSED
from perthyn_email.checks import Finding, all_findings
from perthyn_email.settings import SECTION, Settings, settings_of

screens = Screens(templates=Path(__file__).parent / "templates")
screens.entry(
    "/settings/email", phrase("Email"), "health.read", icon="mail", under="settings",
    about=phrase("Whether letters leave, who they are from, and whether they would arrive."),
)  # fmt: skip
NEWEST = 8
STATES = {
    "waiting": (phrase("waits to be sent"), "plain"),
    "claimed": (phrase("is being sent"), "plain"),
    "sent": (phrase("sent"), "good"),
    "handed": (phrase("handed out in a file"), "good"),
    "held": (phrase("held back"), "careful"),
    "failed": (phrase("refused"), "bad"),
    "unknown": (phrase("nobody knows whether it went"), "careful"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """One letter to somebody: of which campaign, and what has become of it."""

    message: Message
    campaign: str
    state: str
    kind: str


@screens.panel("contact", "campaign.read", "email/panel.html", order=300)
def letters(visit: Visit, view: View | None) -> Mapping[str, Any] | None:
    """What we wrote to somebody by e-mail, what came back, and addresses that nothing arrives at."""
    if view is None:
        return None
    crm, t, id = visit.crm, visit.t, view.contact.id
    mine = [one for one in crm.store.owned(Message, [id]) if one.channel == "email"]
    campaigns = crm.store.get(Campaign, {one.campaign for one in mine})
    mine = sorted((one for one in mine if one.campaign in campaigns), key=lambda one: one.id, reverse=True)
    held = _held(view)
    back = crm.happened(id, None, NEWEST, ["bounce"]) if any(one.kind == "bounce" for one in view.totals) else []
    if not (mine or held or back):
        return None
    shown = [
        Written(crm.seen(one), campaigns[one.campaign].name(t.language), t(STATES[one.state][0]), STATES[one.state][1])
        for one in sorted(mine, key=_at, reverse=True)[:NEWEST]
    ]
    return {"sent": shown, "more": len(mine) - len(shown), "held": held, "back": [_told(t, one) for one in back]}


def _at(one: Message) -> str:
    at = one.sent or one.claimed or one.due
    return at.isoformat() if at else ""


def _held(view: View) -> list[Screening]:
    """Addresses of which the mail servers say that nothing arrives there."""
    newest: dict[str, Screening] = {}
    for one in sorted(view.screenings, key=lambda one: one.checked):
        if one.list == "bounce":
            newest[one.address] = one
    return [one for one in newest.values() if one.hit]


def _told(t: Translator, one: Interaction) -> tuple[Interaction, str]:
    return one, " · ".join(filter(None, (one.subject, one.text)))


# -- the mailbox -----------------------------------------------------------------------------------------------------


@screens.get("/settings/email", "health.read")
def mailbox(visit: Visit) -> Reply:
    """Whether letters leave or are rehearsed, and who they are from."""
    return _mailbox(visit, None)


@screens.post("/settings/email", "health.read")
def check(visit: Visit) -> Reply:
    """The checks: what the DNS says of our domain, what the mail servers say of us. Nothing is sent."""
    house = visit.crm.house
    if SECTION not in house.sections:
        return _mailbox(visit, None)
    try:
        found = all_findings(house)
    except PerthynError as error:
        found = [(False, error.code, error.facts)]
    return _mailbox(visit, found)


def _mailbox(visit: Visit, found: list[Finding] | None) -> Reply:
    house, t = visit.crm.house, visit.t
    settings: Settings | None = None
    wrong: tuple[str, str] | None = None
    try:
        settings = settings_of(house) if SECTION in house.sections else None
    except PerthynError as error:
        wrong = t.error(error)
    told = [(well, *t.error(PerthynError(code, **facts))) for well, code, facts in found or ()]
    rehearsed = house.folder / REHEARSED
    facts = {
        "settings": settings,
        "wrong": wrong,
        "checked": found is not None,
        "found": sorted(told, key=lambda one: (one[0] is not False, one[0] is not None)),
        "bad": sum(well is False for well, *_ in told),
        "rehearsed": sum(1 for _ in rehearsed.glob("*.eml")) if rehearsed.is_dir() else 0,
        "folder": REHEARSED,
    }
    return Shown("email/mailbox.html", facts)

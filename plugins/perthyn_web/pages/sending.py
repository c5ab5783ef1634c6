"""Sending: who would get a campaign and who is held, the last question, how far it has come, what nobody is sure of."""

from __future__ import annotations

from itertools import islice
from typing import Any
from uuid import UUID

from perthyn.errors import Forbidden, PerthynError
from perthyn.model import Campaign, Contact, Message
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn_web.pages.campaigns import about, is_live, known, progress_of

screens = Screens()
HELD_SHOWN, LINES_SHOWN = 50, 200
REHEARSED = 300
"""A rehearsal while somebody waits writes so many letters at most."""


@screens.get("/campaigns/{id:uuid}/audience", "campaign.read")
def audience(visit: Visit, id: UUID) -> Reply:
    """Who would get a letter now, in which language, and who is held and why."""
    one = known(visit.crm, id)
    facts: dict[str, Any] = {**about(visit, one), "audience": None, "held": {}, "wrong_now": None}
    rule = visit.query.get("rule", "")
    try:
        facts["audience"] = visit.crm.audience(one)
        if rule and visit.crm.actor.may("contact.read"):
            lines = (each for each in visit.crm.audience_lines(one) if each.decision.rule == rule)
            ids = [each.contact for each in islice(lines, HELD_SHOWN)]
            facts["held"] = {rule: list(visit.crm.contacts_by(ids).values())}
    except Forbidden:
        raise
    except PerthynError as error:
        facts["wrong_now"] = error
    return Shown("campaigns/audience.html", facts)


@screens.get("/campaigns/{id:uuid}/send", "campaign.send")
def ask_send(visit: Visit, id: UUID) -> Reply:
    """The last question: how many letters, and whether they really leave."""
    return _ask(visit, known(visit.crm, id))


@screens.post("/campaigns/{id:uuid}/send", "campaign.send")
def send(visit: Visit, id: UUID) -> Reply:
    """It is opened, and whoever sends by itself goes on with it; or rehearsed here."""
    one, t = known(visit.crm, id), visit.t
    live = is_live(visit.crm, one)
    try:
        for problem in visit.crm.problems_of(one):
            raise problem
        if live is None:
            raise PerthynError("campaign.no_way", channel=one.channel)
        if not live:
            done = visit.crm.send_on(one, "web", limit=REHEARSED)
            return Shown("campaigns/rehearsed.html", {**about(visit, one), "done": done, "most": REHEARSED})
        if visit.form.get("agreed") != "yes":
            raise PerthynError("campaign.agreed")
        visit.crm.freeze(one)
        visit.crm.send_soon(one)
    except PerthynError as error:
        if isinstance(error, Forbidden):
            raise
        return _ask(visit, one, {"agreed" if error.code == "campaign.agreed" else "": error})
    return Went(f"/campaigns/{id}", t("The letters are on their way."))


@screens.get("/campaigns/{id:uuid}/progress", "campaign.read")
def progress(visit: Visit, id: UUID) -> Reply:
    """How far it has come, as a part of its page."""
    one = known(visit.crm, id)
    return Shown("campaigns/progress.html", {**about(visit, one), **progress_of(visit, one)})


@screens.post("/campaigns/{id:uuid}/pause", "campaign.send")
def pause(visit: Visit, id: UUID) -> Reply:
    """No further letter goes."""
    visit.crm.pause(known(visit.crm, id))
    return Went(f"/campaigns/{id}", visit.t("It is stopped for now; what has gone out has gone out."))


@screens.post("/campaigns/{id:uuid}/resume", "campaign.send")
def resume(visit: Visit, id: UUID) -> Reply:
    """It goes on."""
    visit.crm.send_soon(visit.crm.resume(known(visit.crm, id)))
    return Went(f"/campaigns/{id}", visit.t("It goes on."))


@screens.get("/campaigns/{id:uuid}/settle", "campaign.send")
def settle(visit: Visit, id: UUID) -> Reply:
    """The letters of which nobody knows whether they went, and those that were refused."""
    one = known(visit.crm, id)
    unknown, refused = visit.crm.unknown(one), visit.crm.refused(one)
    people = _people(visit, [*unknown[:LINES_SHOWN], *refused[:LINES_SHOWN]])
    facts = {"unknown": unknown[:LINES_SHOWN], "refused": refused[:LINES_SHOWN], "people": people,
             "many_unknown": len(unknown), "many_refused": len(refused)}  # fmt: skip
    return Shown("campaigns/settle.html", {**about(visit, one), **facts})


@screens.post("/campaigns/{id:uuid}/settle", "campaign.send")
def settled(visit: Visit, id: UUID) -> Reply:
    """What somebody says became of those that are ticked, or of all."""
    one, t = known(visit.crm, id), visit.t
    told, chosen = visit.form.get("do", ""), set(visit.form.all("line"))
    lines = visit.crm.refused(one) if told == "refused again" else visit.crm.unknown(one)
    if visit.form.get("which") != "all":
        lines = [line for line in lines if str(line.id) in chosen]
    visit.crm.resolve(one, lines, told == "sent")
    if told != "sent":
        visit.crm.send_soon(one)
    return Went(f"/campaigns/{id}/settle", t.n("{n} letter is settled.", "{n} letters are settled.", len(lines)))


def _people(visit: Visit, lines: list[Message]) -> dict[UUID, Contact]:
    return visit.crm.contacts_by({line.contact for line in lines}) if visit.crm.actor.may("contact.read") else {}


def _ask(visit: Visit, one: Campaign, trouble: dict[str, Exception] | None = None) -> Shown:
    problems = visit.crm.problems_of(one)
    facts: dict[str, Any] = {**about(visit, one), "problems": problems, "audience": None}
    try:
        facts["audience"] = visit.crm.audience(one)
    except Forbidden:
        raise
    except PerthynError as error:
        if error.code not in {each.code for each in problems}:
            problems.append(error)
    return Shown("campaigns/send.html", facts, trouble or {})

"""Screens: what somebody has booked, what is to come, and how the connection with each shop is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from perthyn.crm import View
from perthyn.crm.channels import cursor_setting
from perthyn.errors import PerthynError
from perthyn.model import Job, Problem
from perthyn.screens import Reply, Screens, Shown, Visit
from perthyn.text import phrase
from perthyn.words.permission import problem_words
from perthyn_tickets.accounts import TICKETS, account_of, accounts_of
from perthyn_tickets.channel import Place
from perthyn_tickets.coming import BOUGHT, booked, events

screens = Screens(templates=Path(__file__).parent / "templates")
screens.entry(
    "/settings/tickets", phrase("Ticket shops"), "channel.read", icon="store", under="settings",
    about=phrase("Whether orders still come in, and what could not be read."),
)  # fmt: skip
NEWEST, NEXT, MOST = 6, 5, 100
OLD = timedelta(days=1)
"""A shop that has not been read for so long looks as if something were wrong."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How reading one shop goes. `read`: up to when its changes are known; `page`: of a round that goes on.

    `stale`: that was long ago. `wrong`: what keeps it from being read, in words, with what to do. `due`: when it is
    read next.
    """

    name: str
    url: str
    organizer: str
    read: datetime | None
    page: int
    stale: bool
    wrong: tuple[str, str] | None
    due: datetime | None


@screens.panel("contact", "contact.read", "tickets/panel.html", order=100)
def tickets(visit: Visit, view: View | None) -> Mapping[str, Any] | None:
    """What somebody has booked: first what is to come."""
    if view is None or not {one.kind for one in view.totals} & set(BOUGHT):
        return None
    crm, today = visit.crm, visit.crm.today()
    found = booked(crm, view)
    to_come = sorted((one for one in found if one.on and one.on >= today and not one.gone), key=lambda one: str(one.on))
    if not found:
        return None
    before = [one for one in found if one not in to_come]
    return {
        "to_come": to_come, "before": before[:NEWEST], "more": max(0, len(before) - NEWEST), "today": today,
        "money": crm.actor.may("money.read"),
    }  # fmt: skip


@screens.panel("home", "contact.read", "tickets/home.html", order=200)
def at_home(visit: Visit, view: View | None) -> Mapping[str, Any] | None:
    """What is to come in the next days, and how many are booked in."""
    found = events(visit.crm)
    return {"events": found[:NEXT], "more": len(found) - NEXT} if found else None


@screens.get("/tickets", "contact.read")
def to_come(visit: Visit) -> Reply:
    """What is to come, and how many are booked in."""
    found = events(visit.crm)
    return Shown("tickets/events.html", {"events": found[:MOST], "more": max(0, len(found) - MOST)})


@screens.get("/settings/tickets", "channel.read")
def shops(visit: Visit) -> Reply:
    """Whether orders still come in, and what could not be read."""
    crm = visit.crm
    facts = {
        "shops": [_connection(visit, name) for name in accounts_of(crm.house)],
        "aside": _aside(visit) if crm.actor.may("problem.read") else [],
    }
    return Shown("tickets/shops.html", facts)


def _connection(visit: Visit, name: str) -> Connection:
    crm, url, organizer = visit.crm, "", ""
    wrong: PerthynError | None = None
    try:
        account = account_of(crm.house, name)
        url, organizer = account.url, account.organizer
        crm.house.secret(account.section, "key")
    except PerthynError as error:
        wrong = error
    place = Place.read(str(crm.remembered(cursor_setting(TICKETS, name)) or ""))
    job = next((one for one in crm.store.scan(Job) if one.about == f"{TICKETS}:{name}"), None)
    if job is not None and job.code and wrong is None:
        wrong = PerthynError(job.code)
    at = place.generated or place.since
    read = datetime.fromisoformat(at) if at else None
    return Connection(name, url, organizer, read, place.page, read is not None and crm.clock() - read > OLD,
                      visit.t.error(wrong) if wrong else None, job.due if job else None)  # fmt: skip


def _aside(visit: Visit) -> list[tuple[Problem, tuple[str, str]]]:
    """What could not be read, and waits for a person."""
    found = [one for one in visit.crm.open_problems() if one.code.startswith(f"{TICKETS}.")]
    return [(one, problem_words(visit.t, one)) for one in found[:MOST]]

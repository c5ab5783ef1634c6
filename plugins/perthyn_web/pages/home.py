"""Home: what somebody needs first, by what they may do: find a person, who came, what waits, how it goes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from perthyn.crm import Attendance, Trend
from perthyn.errors import Forbidden
from perthyn.screens import SIGNED_IN, Reply, Screens, Shown, Visit
from perthyn.text import phrase
from perthyn_web.intake import looking
from perthyn_web.pages.numbers import year_back
from perthyn_web.pages.saying import initials

screens = Screens()
screens.entry("/", phrase("Home"), SIGNED_IN, icon="house", order=10)
TILES = {
    "visits": (phrase("Visits this month"), "ticket"),
    "income": (phrase("Income this month"), "receipt"),
    "people": (phrase("New people this month"), "user-plus"),
}


@dataclass(frozen=True, slots=True)
class Tile:
    """A number of this month so far, and of the same days a year before. `unit`: as in `Trend`."""

    name: str
    label: str
    icon: str
    value: int
    before: int
    unit: str
    currency: str


@screens.get("/", SIGNED_IN)
def home(visit: Visit) -> Reply:
    """The page everybody begins with."""
    crm = visit.crm
    people = crm.people_count() if crm.actor.may("contact.read") else None
    if people == 0:
        rights = ("import.write", "contact.write", "setting.write")
        facts = {"rights": [one for one in rights if crm.actor.may(one)], "invented_house": looking.offered(crm),
                 "coming": looking.state_of(crm).running}  # fmt: skip
        return Shown("home/empty.html", facts)
    return Shown(
        "home/home.html",
        {
            "today": crm.today(),
            "people": people,
            "came": came(visit),
            "initials": initials,
            "clock": lambda at: f"{at.astimezone(crm.zone):%H:%M}",
            "waiting": len(crm.open_problems()) if crm.actor.may("problem.read") else 0,
            "tiles": tiles(visit) if crm.actor.may("report.read") else [],
        },
    )


def came(visit: Visit) -> Attendance | None:
    """Who came today, for those who may see it."""
    with suppress(Forbidden):
        return visit.crm.who_came()
    return None


def tiles(visit: Visit) -> list[Tile]:
    """The numbers of this month that this person may see."""
    today, found = visit.crm.today(), []
    for name, (label, icon) in TILES.items():
        with suppress(Forbidden):
            now, before = (visit.crm.trend(name, day.replace(day=1), day) for day in (today, year_back(today)))
            found.append(Tile(name, label, icon, _total(now), _total(before), now.unit, now.currency))
    return found


def _total(trend: Trend) -> int:
    lines = trend.lines[:1] if trend.name == "people" else trend.lines  # of people the first line counts the new ones
    return sum(value or 0 for line in lines for value in line.values)

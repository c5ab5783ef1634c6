"""Ticketing: what pretix knows of orders, by its API, its webhooks and the files it exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from perthyn.channel import Channel
from perthyn.hooks import hookimpl
from perthyn.importing.plans import KnownExport
from perthyn.model import Kind, Record, Setting
from perthyn.store import Store
from perthyn_tickets.accounts import TICKETS
from perthyn_tickets.catalogue import Listed
from perthyn_tickets.channel import Place, Tickets
from perthyn_tickets.files import ORDERS, POSITIONS
from perthyn_tickets.telling import TICKET

_CURSORS = f"cursor.{TICKETS}."


@hookimpl
def offer_channels() -> list[Channel]:
    """The ticket shop."""
    return [Tickets()]


@hookimpl
def offer_record_types() -> list[type[Record]]:
    """What the numbers in orders mean."""
    return [Listed]


@hookimpl
def offer_kinds() -> list[Kind]:
    """A ticket in somebody's own name that another paid for: it counts as a visit only once she comes."""
    return [Kind(TICKET, "attend", ("ticket held", "tickets held"), ("tocyn mewn llaw", "tocynnau mewn llaw"), False)]


@hookimpl
def offer_known_exports() -> list[KnownExport]:
    """The files that pretix exports."""
    return [ORDERS, POSITIONS]


@hookimpl
def offer_checks(store: Store) -> list[tuple[bool | None, str, dict[str, Any]]]:
    """Up to when each shop has been read."""
    return [
        (True, "tickets.check.halfway" if place.page > 1 else "tickets.check.fetched", {"account": name, "at": until})
        for name, place in sorted(_places(store).items())
        if (until := (place.generated or place.since)[:16].replace("T", " "))
    ]


@hookimpl
def offer_handover(store: Store) -> list[dict[str, tuple[str, str]]]:
    """Whose key reads which shop."""
    return [
        {
            "en": (
                f"Ticket shop {name}",
                "Orders come from pretix by the key of a team there, which may only read orders. Somebody with "
                "rights over teams in pretix can make a new key; it belongs into the file perthyn.secrets.",
            ),
            "cy": (
                f"Siop docynnau {name}",
                "Daw archebion o pretix drwy allwedd tîm yno, sydd ond yn cael darllen archebion. Gall rhywun sydd "
                "â hawliau dros dimau yn pretix wneud allwedd newydd; yn y ffeil perthyn.secrets mae ei lle.",
            ),
        }
        for name in sorted(_places(store))
    ]


@hookimpl
def offer_screens() -> list[Any]:
    """What somebody has booked, what is to come, and how the connection is."""
    from perthyn_tickets.screens import screens

    return [screens]


@hookimpl
def offer_locale() -> list[Path]:
    """The words of what this plugin says."""
    return [Path(__file__).parent / "locale"]


def _places(store: Store) -> dict[str, Place]:
    """The accounts that have been read, and how far."""
    return {
        one.name.removeprefix(_CURSORS): Place.read(json.loads(one.value))
        for one in store.scan(Setting)
        if one.name.startswith(_CURSORS)
    }

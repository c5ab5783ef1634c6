"""Coming: what somebody has booked, order by order, and how many are booked in for what is to come.

An order line is dated to the day it was booked; `lead_days` says how many days ahead of the event that was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from perthyn.crm import Crm, View
from perthyn.model import Interaction
from perthyn_tickets.telling import CANCELLED, TICKET

BOUGHT = ("booking", "purchase", "membership", "donation", TICKET)
AHEAD = timedelta(days=400)
"""Nobody books further ahead than the orders that are looked at (`channel.SWEPT`)."""
LATEST = 200


@dataclass(frozen=True, slots=True)
class Booked:
    """One order of somebody, or one line without an order number. `amount`: minor units, None where it is not seen.

    `on`: the day of the event, where it is known; `places`: how many are booked in; `held`: another paid for it.
    """

    event: str
    what: str
    day: date
    on: date | None
    places: int
    amount: int | None
    currency: str
    order: str
    held: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is to come. `places`: tickets sold for it and not cancelled; `orders`: how many bought them."""

    on: date
    name: str
    places: int
    orders: int


def booked(crm: Crm, view: View) -> list[Booked]:
    """The latest orders of somebody, as far as the actor may see them, the latest first."""
    kinds = [one.name for one in crm.kinds() if one.name in BOUGHT and (not one.right or crm.actor.may(one.right))]
    whole = not view.more  # the view has all that ever happened
    known = [one for one in view.timeline if one.kind in kinds][:LATEST] if whole else None
    groups: dict[tuple[str, str, str], list[Interaction]] = defaultdict(list)
    for one in crm.happened(view.contact.id, None, LATEST, kinds) if known is None else known:
        if one.order or one.kind in ("booking", TICKET):
            groups[one.source or "", one.order or one.id.hex, one.kind if one.kind == TICKET else ""].append(one)
    return [_order(some) for some in groups.values()]


def _order(lines: Sequence[Interaction]) -> Booked:
    """The lines of an order as one; the event's day is that of its first line that knows it."""
    gone = _gone(lines)
    standing = [one for one in lines if one.id not in gone and not _takes_back(one)]
    first = next((one for one in standing if one.kind in ("booking", TICKET)), (standing or lines)[-1])
    amounts = [one.amount for one in lines if one.amount is not None]
    names = dict.fromkeys(one.subject for one in standing if one.subject and one.subject != first.event)
    tickets = [one for one in standing if one.kind == "booking"]
    return Booked(
        first.event or first.subject or "", ", ".join(names), first.day, day_of(first),
        max((one.party_size or 0 for one in tickets), default=0) or len(tickets) or len(standing),
        sum(amounts) if amounts else None, currency_of(lines), first.order or "",
        held=first.kind == TICKET, gone=not standing or (first.kind == TICKET and first.quantity == 0),
    )  # fmt: skip


def currency_of(lines: Iterable[Interaction]) -> str:
    """The currency of the lines, pounds where none says one."""
    return next((one.currency for one in lines if one.currency), "GBP")


def day_of(one: Interaction) -> date | None:
    """The day of the event that a line was booked for."""
    return None if one.lead_days is None else one.day + timedelta(days=one.lead_days)


def _takes_back(one: Interaction) -> bool:
    """Whether a line is of what was cancelled or refunded: by its name too, for who may not see amounts."""
    return (one.amount or 0) < 0 or (one.source_id or "").endswith(CANCELLED)


def _gone(lines: Iterable[Interaction]) -> set[UUID]:
    """The lines that were cancelled: what cancels one is named after it."""
    ids = {one.source_id: one.id for one in lines if one.source_id}
    return {id for name, id in ids.items() if f"{name}{CANCELLED}" in ids}


def events(crm: Crm) -> list[Event]:
    """What is to come, the next first, with how many are booked in. Raises `Forbidden` for who may see no bookings."""
    crm.check("contact.read")
    crm.check_kinds(["booking"])
    return crm.kept(f"tickets.events {crm.today()}", lambda: _events(crm))


def _events(crm: Crm) -> list[Event]:
    today = crm.today()
    fields = ("event", "day", "lead_days", "order", "source", "source_id", "quantity")
    told = crm.store.tally(Interaction, fields, kinds=["booking"], since=today - AHEAD)
    lines = {(line.by[4], line.by[5] or ""): line for line in told}
    cancelled = {(source, name.removesuffix(CANCELLED)) for source, name in lines if name.endswith(CANCELLED)}
    places: dict[tuple[date, str], int] = defaultdict(int)
    orders: dict[tuple[date, str], set[str]] = defaultdict(set)
    for line in told:
        name, day, ahead, order, source, source_id, quantity = line.by
        if ahead is None or (source_id or "").endswith(CANCELLED) or (source, source_id or "") in cancelled:
            continue
        on = day + timedelta(days=ahead)
        if on >= today:
            places[on, name or ""] += line.count * (quantity or 1)
            orders[on, name or ""].add(order or source_id or "")
    return [Event(on, name, places[on, name], len(orders[on, name])) for on, name in sorted(places)]

"""The files that pretix exports: its list of orders tells who booked, its list of positions what.

Money stands on positions only. Ids are those that `perthyn_tickets.telling` gives what the API tells.
"""

from __future__ import annotations

from datetime import date

from perthyn.importing.chunk import Chunk
from perthyn.importing.plans import KnownExport
from perthyn.text import fold
from perthyn_tickets.words import kind_of

_ACCOUNT = r"://[^/]+/([a-z0-9._-]+)/[^/]+/(?:order|ticket)/"
_ONLINE = frozenset(("online shop", "siop ar lein", "web"))
_NOT_PAID = frozenset(("pending", "expired"))
_UNDONE = frozenset(("canceled", "cancelled"))


def positions(chunk: Chunk) -> None:
    """One line a position; what was cancelled is taken back, what is unpaid left out, who came has a visit."""
    products, statuses = chunk.text("Product"), chunk.text("Status")
    kinds = {product: kind_of(product) for product in set(products)}
    chunk.put("kind", [kinds[product] for product in products])
    if "channel" in chunk.cells:
        chunk.put("channel", ["website" if fold(one or "") in _ONLINE else one for one in chunk.values("channel")])
    places = chunk.text("Position ID")
    orders = chunk.values("order")
    chunk.put("row_id", [f"{order}-{place}" for order, place in zip(orders, places, strict=True)])
    for index, status in enumerate(statuses):
        if fold(status) in _NOT_PAID:
            chunk.set_aside(index, "tickets.row.unpaid", status=status)
    undone = [index for index, status in enumerate(statuses) if fold(status) in _UNDONE]
    _visits(chunk, set(undone))
    told: set[str] = chunk.memory.setdefault("told", set())
    ids = chunk.values("row_id")
    once = {ids[index]: index for index in undone if ids[index] not in told}
    told |= once.keys()
    for index in chunk.again(once.values()):
        ids[index] += ":cancelled"
        amount = chunk.values("amount")[index]
        chunk.values("amount")[index] = amount and -amount


def _visits(chunk: Chunk, undone: set[int]) -> None:
    """One visit an order and day, its party the positions that came.

    Who came was scanned; where nothing of an event was ever scanned, who had paid for a day that is past.
    """
    slugs, scans = chunk.text("Event slug"), chunk.text("Check-in lists")
    scanned = {slug for slug, scan in zip(slugs, scans, strict=True) if scan}
    days, kinds, orders = chunk.values("event_date"), chunk.values("kind"), chunk.values("order")
    parties: dict[tuple[str, date | None], list[int]] = {}
    for index, day in enumerate(days):
        came = bool(scans[index]) or (slugs[index] not in scanned and day is not None and day <= chunk.today)
        if came and kinds[index] == "booking" and index not in undone and not chunk.left_out(index):
            parties.setdefault((orders[index], day), []).append(index)
    told: set[tuple[str, date | None]] = chunk.memory.setdefault("visits", set())
    parties = {visit: party for visit, party in parties.items() if visit not in told}
    told |= parties.keys()
    sizes = [len(party) for party in parties.values()]
    new = chunk.again(party[0] for party in parties.values())
    chunk.put("party_size", [None] * new.start + sizes)
    for index, (order, event_day) in zip(new, parties, strict=True):
        chunk.values("kind")[index] = "visit"
        chunk.values("row_id")[index] = f"{order}:visit:{event_day}" if event_day else f"{order}:visit"
        chunk.values("date")[index] = event_day or chunk.values("date")[index]
        chunk.values("amount")[index] = None
        if "time" in chunk.cells:
            chunk.values("time")[index] = None


ORDERS = KnownExport(
    name="pretix-orders",
    en="pretix: orders (who booked; import the positions too for what they booked)",
    cy="pretix: archebion (pwy archebodd; mewnforiwch y safleoedd hefyd i weld beth)",
    source="pretix",
    required=("Event slug", "Order code", "Order total", "Order date", "Positions", "Order link"),
    columns={
        "Email": "email",
        "Phone number": "phone",
        "Company": "organisation",
        "Name": "name",
        "Address": "address",
        "ZIP code": "postcode",
        "City": "town",
        "Country": "country",
        "State": "county",
        "External customer ID": "person_id",
    },
    account=("Order link", _ACCOUNT),
)
POSITIONS = KnownExport(
    name="pretix-positions",
    en="pretix: order positions",
    cy="pretix: safleoedd archebion",
    source="pretix",
    required=("Event slug", "Order code", "Position ID", "Order date", "Product", "Price", "Status"),
    columns={
        "Event name": "event",
        "Order code": "order",
        "Status": "status",
        "Email": "email",
        "Phone number": "phone",
        "Order date": "date",
        "Order time": "time",
        "Start date": "event_date",
        "Product": "subject",
        "Price": "amount",
        "Invoice address company": "organisation",
        "Invoice address name": "name",
        "Invoice address street": "address",
        "Invoice address ZIP code": "postcode",
        "Invoice address city": "town",
        "Invoice address country": "country",
        "Invoice address state": "county",
        "Sales channel": "channel",
        "External customer ID": "person_id",
        "Voucher": "campaign",
    },
    account=("Position order link", _ACCOUNT),
    recognise=True,
    shape=positions,
)

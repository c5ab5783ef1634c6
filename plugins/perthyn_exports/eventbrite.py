"""Eventbrite's attendee report: one line an attendee, the total of the order repeated on each."""

from __future__ import annotations

from perthyn.importing.chunk import Chunk
from perthyn.importing.plans import KnownExport
from perthyn.text import fold

_CAME = frozenset(("checked in", "attended", "wedi cyrraedd", "eingecheckt", "enregistre", "registrado"))
_STAYED_AWAY = frozenset(("not attending", "no show", "ddim yn dod", "nimmt nicht teil", "ne participe pas"))
_GIVEN_BACK = frozenset(("refunded", "ad-dalwyd", "erstattet", "rembourse", "reembolsado"))
_UNDONE = frozenset(("deleted", "cancelled", "canceled", "transferred"))


def shape(chunk: Chunk) -> None:
    """One booking a line, money once an order; who came has a visit, what was refunded a negative line."""
    ids, orders, amounts = chunk.values("row_id"), chunk.values("order"), chunk.values("amount")
    statuses = [fold(status) for status in chunk.text(*STATUS)]
    _leave_out(chunk, ids, statuses)
    chunk.put("kind", ["no_show" if status in _STAYED_AWAY else "booking" for status in statuses])
    _total_once(chunk, orders, amounts)
    back = [index for index, status in enumerate(statuses) if status in _GIVEN_BACK and amounts[index]]
    for index in chunk.again(back):
        ids[index], amounts[index] = f"{ids[index]}:refund", -amounts[index]
        for counted in (chunk.values("quantity"), chunk.values("fee")):
            counted[index] = counted[index] and -counted[index]
    _visits(chunk, [index for index, status in enumerate(statuses) if status in _CAME])


def _leave_out(chunk: Chunk, ids: list[str | None], statuses: list[str]) -> None:
    seen: set[str] = chunk.memory.setdefault("attendees", set())
    given, family = chunk.values("given"), chunk.values("family")
    for index, one in enumerate(ids):
        if one and one in seen:
            chunk.set_aside(index, "exports.row.repeated", id=one)
        elif fold(f"{given[index]} {family[index]}") == "test test":
            chunk.set_aside(index, "exports.row.test")
        elif statuses[index] in _UNDONE:
            chunk.set_aside(index, "exports.row.cancelled")
        elif one:
            seen.add(one)


def _total_once(chunk: Chunk, orders: list[str | None], amounts: list[int | None]) -> None:
    """The total stands on the order's first line; lines that differ in amount carry their own."""
    first: dict[str, int | None] = chunk.memory.setdefault("totals", {})
    fees = chunk.values("fee")
    for index, order in enumerate(orders):
        if not order or chunk.left_out(index):
            continue
        if order not in first:
            first[order] = amounts[index]
        elif first[order] == amounts[index]:
            amounts[index] = fees[index] = None


def _visits(chunk: Chunk, came: list[int]) -> None:
    """A visit on the day of the event (on the day of the order where the report names no event day)."""
    for index in chunk.again(came):
        chunk.values("row_id")[index] = f"{chunk.values('row_id')[index]}:visit"
        chunk.values("kind")[index] = "visit"
        chunk.values("date")[index] = chunk.values("event_date")[index] or chunk.values("date")[index]
        for meaning in ("amount", "fee", "time"):
            chunk.values(meaning)[index] = None


STATUS = ("Attendee Status", "Statws", "Status")
ATTENDEES = KnownExport(
    name="eventbrite-attendees",
    en="Eventbrite: attendees",
    cy="Eventbrite: mynychwyr",
    source="eventbrite",
    required=(
        "Order #|Rhif archeb|Bestellnummer|Numéro de commande|N° de commande|Nº de pedido",
        "Attendee #|Rhif mynychwr|Teilnehmernummer|Numéro de participant|Nº de asistente",
        "Ticket Type|Math o docyn|Tickettyp|Ticketart|Type de billet|Tipo de entrada",
        "|".join(STATUS),
    ),
    columns={
        "Order #|Rhif archeb|Bestellnummer|Numéro de commande|N° de commande|Nº de pedido": "order",
        "Order Date|Dyddiad archeb|Bestelldatum|Date de commande|Fecha del pedido": "date",
        "First Name|Enw cyntaf|Vorname|Prénom|Nombre": "given",
        "Last Name|Surname|Cyfenw|Nachname|Nom|Nom de famille|Apellidos": "family",
        "Email|E-bost|E-Mail|E-mail|Correo electrónico": "email",
        "Quantity|Nifer|Anzahl|Quantité|Cantidad": "quantity",
        "Ticket Type|Math o docyn|Tickettyp|Ticketart|Type de billet|Tipo de entrada": "subject",
        "Attendee #|Rhif mynychwr|Teilnehmernummer|Numéro de participant|Nº de asistente": "row_id",
        "Currency|Arian cyfred|Währung|Devise|Moneda": "currency",
        "Total Paid|Cyfanswm a dalwyd|Gesamtbetrag|Total payé|Total pagado": "amount",
        "Fees Paid|Ffioedd|Gebühren|Frais payés|Eventbrite Fees": "fee",
        "|".join(STATUS): "status",
        "Home City": "town",
        "Home Zip|Home Postcode": "postcode",
        "Home Address 1|Home Address": "address",
        "Home Country": "country",
        "Cell Phone|Mobile Phone": "phone",
        "Event Name|Enw'r digwyddiad": "event",
        "Event Start Date|Date Attending|Event Date|Dyddiad y digwyddiad": "event_date",
    },
    defaults={"channel": "ticket agent"},
    recognise=True,
    shape=shape,
)

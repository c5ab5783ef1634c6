"""People of an order: who bought, and who holds a ticket under details of her own."""

from __future__ import annotations

from typing import Any

from perthyn.channel import Somebody
from perthyn.model.normal import email_key
from perthyn_tickets.orders import Buyer, Order, Person, Position


def buyer_of(order: Order) -> Somebody | None:
    """Who bought. Her name is on the invoice, or with a ticket that is hers by its e-mail address, or unknown.

    The name on a ticket alone is not hers: who bought is not always who came.
    """
    values: dict[str, Any] = {"email": order.email, "phone": order.phone}
    invoice = order.invoice_address or Buyer()
    values |= _named(invoice.name, invoice.name_parts) | _lives(invoice)
    if invoice.company:
        values["organisation"] = invoice.company
    if not invoice.name and not invoice.company:
        mine = [one for one in order.positions if one.attendee_name and one.attendee_email and _same(one, order)]
        values |= _named(mine[0].attendee_name, mine[0].attendee_name_parts) if mine else {}
    return _somebody(values, order.customer)


def holder_of(position: Position, order: Order) -> Somebody | None:
    """Who holds a ticket, where its e-mail address is not the buyer's; None where nobody else is known."""
    if not position.attendee_email or _same(position, order):
        return None
    values = {"email": position.attendee_email, **_named(position.attendee_name, position.attendee_name_parts)}
    return _somebody(values | _lives(position), "")


def _same(position: Position, order: Order) -> bool:
    return bool(order.email) and email_key(position.attendee_email) == email_key(order.email)


def _somebody(values: dict[str, Any], external: str) -> Somebody | None:
    filled = {name: value for name, value in values.items() if value}
    return Somebody(filled, external) if external or filled.keys() & {"email", "phone"} else None


def _named(name: str, parts: dict[str, Any]) -> dict[str, Any]:
    """Given and family name where the shop asks for them apart, else the name as it was written."""
    given, family = parts.get("given_name"), parts.get("family_name")
    if given and family:
        return {"given": given, "family": family, "title": parts.get("title")}
    return {"name": name}


def _lives(person: Person) -> dict[str, Any]:
    """The address, where it says more than a country, which a shop may set by itself."""
    if not (person.street or person.zipcode or person.city):
        return {}
    return {
        "address": person.street, "town": person.city, "county": person.state, "postcode": person.zipcode,
        "country": person.country,
    }  # fmt: skip

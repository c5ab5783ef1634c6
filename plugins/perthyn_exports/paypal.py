"""PayPal's activity: payments, their pending forerunners, refunds, fees and transfers to the bank in one list."""

from __future__ import annotations

import re

from perthyn.importing.chunk import Chunk
from perthyn.importing.plans import KnownExport
from perthyn.text import fold

_INSIDE = re.compile(r"withdrawal|\bfee\b|transfer|conversion|\bhold\b|reserve|authori[sz]ation|deposit|top up")
_BACK = re.compile(r"refund|reversal|chargeback")
_GIVEN = re.compile(r"donat|rhodd|gift|apel|appeal")
_UNPAID = frozenset(("pending", "denied", "failed", "cancelled", "canceled", "voided", "expired", "unclaimed"))


def shape(chunk: Chunk) -> None:
    """Only money that changed hands is left, a refund negative and with the person it went to."""
    kinds = _kinds(chunk)
    amounts, emails, to = chunk.values("amount"), chunk.values("email"), chunk.text("To Email Address")
    types, statuses = chunk.text("Type"), chunk.text("Status")
    for index, (what, status) in enumerate(zip(types, statuses, strict=True)):
        if _INSIDE.search(fold(what)):
            chunk.set_aside(index, "exports.row.inside", type=what)
        elif fold(status) in _UNPAID:
            chunk.set_aside(index, "exports.row.unpaid", status=status)
        elif _BACK.search(fold(what)) and amounts[index]:
            amounts[index] = -abs(amounts[index])
            emails[index] = to[index] or None
    chunk.put("kind", kinds)


def _kinds(chunk: Chunk) -> list[str]:
    """donation or purchase; a refund is of the kind of the payment it refers to."""
    known: dict[str, str] = chunk.memory.setdefault("kinds", {})
    kinds = []
    columns = ("Transaction ID", "Reference Txn ID", "Type", "Item Title")
    for code, reference, what, title in zip(*map(chunk.text, columns), strict=True):
        given = _GIVEN.search(fold(what)) or _GIVEN.search(fold(title))
        kind = "donation" if given else "purchase"
        if _BACK.search(fold(what)):
            kind = known.get(reference, kind)
        known[code] = kind
        kinds.append(kind)
    return kinds


ACTIVITY = KnownExport(
    name="paypal-activity",
    en="PayPal: activity",
    cy="PayPal: gweithgarwch",
    source="paypal",
    required=("Date", "Type", "Status", "Currency", "Gross", "Net", "Transaction ID", "From Email Address"),
    columns={
        "Date": "date",
        "Time": "time",
        "Time zone|TimeZone": "zone",
        "Name": "name",
        "Status": "status",
        "Currency": "currency",
        "Gross": "amount",
        "Fee": "fee",
        "From Email Address": "email",
        "Transaction ID": "row_id",
        "Item Title": "subject",
        "Contact Phone Number": "phone",
        "Address Line 1": "address",
        "Town/City": "town",
        "Postcode|Zip/Postal Code": "postcode",
        "Note": "text",
    },
    defaults={"kind": "purchase", "channel": "website"},
    shape=shape,
)

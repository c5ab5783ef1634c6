"""Square's item sales: one line an item, an order a transaction; most lines are about nobody."""

from __future__ import annotations

import re

from perthyn.importing.chunk import Chunk
from perthyn.importing.plans import KnownExport
from perthyn.text import fold

_KINDS = (
    ("donation", re.compile(r"donation|rhodd|elusen|charity box")),
    ("membership", re.compile(r"membership|aelodaeth|season pass|tocyn tymor")),
    ("visit", re.compile(r"admission|mynediad|entry|entrance|ticket|tocyn|member|aelod")),
)


def kind_of(category: str, item: str) -> str:
    """visit, membership or donation by the words of category and item; a purchase otherwise.

    An item's own name makes a visit only where the till has no category for it: a shop sells members' mugs.
    """
    for text, kinds in ((fold(category), _KINDS), (fold(item), _KINDS[: 2 if category else 3])):
        for kind, words in kinds:
            if words.search(text):
                return kind
    return "purchase"


def shape(chunk: Chunk) -> None:
    """A kind for each line; what was refunded is negative, whichever way the till wrote it."""
    seen: dict[tuple[str, str], str] = chunk.memory.setdefault("kinds", {})
    kinds = []
    for pair in zip(chunk.text("Category"), chunk.text("Item"), strict=True):
        if pair not in seen:
            seen[pair] = kind_of(*pair)
        kinds.append(seen[pair])
    chunk.put("kind", kinds)
    types = chunk.text("Event Type")
    if "Refund" in types:
        amounts, counts = chunk.values("amount"), chunk.values("quantity")
        for index, what in enumerate(types):
            if what == "Refund":
                amounts[index] = amounts[index] and -abs(amounts[index])
                counts[index] = counts[index] and -abs(counts[index])


ITEMS = KnownExport(
    name="square-items",
    en="Square: item sales",
    cy="Square: gwerthiant eitemau",
    source="square",
    required=("Date", "Item", "Qty", "Gross Sales", "Net Sales", "Transaction ID", "Event Type"),
    columns={
        "Date": "date",
        "Time": "time",
        "Time Zone": "zone",
        "Item": "subject",
        "Qty": "quantity",
        "Net Sales": "amount",
        "Transaction ID": "order",
        "Notes": "text",
        "Location": "site",
        "Customer ID": "person_id",
        "Customer Name": "name",
    },
    defaults={"kind": "purchase", "channel": "on site"},
    shape=shape,
)

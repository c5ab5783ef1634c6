"""What a person notes of a gift, and whom to ask for a declaration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from perthyn.changes import Change, Create, Edit, Receipt
from perthyn.contacting import Decision
from perthyn.crm import Crm
from perthyn.crm.people import checked
from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction
from perthyn_donations.books import Books, Judged
from perthyn_donations.records import Gift

MEND = ("giftaid.incomplete", "giftaid.unconfirmed", "giftaid.letters", "giftaid.name.missing", "giftaid.name.long",
        "giftaid.house.missing", "giftaid.house.long", "giftaid.postcode")  # fmt: skip
"""Reasons to ask a donor who has declared for what is missing: service, not fundraising."""
ASK = ("giftaid.undeclared", "giftaid.not_covered")
"""Reasons to ask a donor for a declaration: fundraising."""


def note_gift(crm: Crm, one: Interaction, values: Mapping[str, Any]) -> tuple[Gift, Receipt]:
    """Note what a gift is (the fields of `Gift`); what was noted before and is not named stays.

    Raises `PerthynError` (``giftaid.gift.refund``, ``record.value``).
    """
    crm.check("gift_aid.write")
    if values.get("refund_of") and (one.amount or 0) >= 0:
        raise PerthynError("giftaid.gift.refund", amount=one.amount or 0)
    held = next((each for each in crm.store.owned(Gift, [one.contact]) if each.interaction == one.id), None)
    if held is None:
        made: Gift = checked(Gift, {**values, "id": crm.ids(), "contact": one.contact, "interaction": one.id})
        return made, crm.commit([Create(made)], reason="giftaid.gift")
    after: Gift = checked(Gift, {**dict(held), **values})
    changed = {name: (getattr(held, name), getattr(after, name)) for name in values}
    change: list[Change] = [Edit("donations.gift", held.id, changed)]
    return after, crm.commit(change, reason="giftaid.gift")


@dataclass(frozen=True, slots=True)
class Asked:
    """A donor to be asked, why, what it is about in pence, and what the one door says of each way to do so."""

    contact: Contact
    rule: str
    purpose: str
    gifts: int
    pence: int
    ways: Mapping[str, Decision]


def to_ask(crm: Crm, held: Books) -> list[Asked]:
    """Donors whose gifts wait for a declaration or a part of one, the most money first; no address is told."""
    crm.check("contact.read")
    mine: dict[UUID, list[Judged]] = defaultdict(list)
    for one in held.gifts:
        if one.contact is not None and not one.claimed and one.verdict.rule in (*MEND, *ASK):
            mine[one.contact.id].append(one)
    known = crm.known(sorted(mine))
    found = [_asked(crm, gifts, known[id]) for id, gifts in mine.items()]
    return sorted(found, key=lambda one: (-one.pence, one.contact.id))


def _asked(crm: Crm, gifts: Sequence[Judged], known: Any) -> Asked:
    first = next((one for one in gifts if one.verdict.rule in MEND), gifts[0])
    assert first.contact is not None
    purpose = "service" if first.verdict.rule in MEND else "fundraising"
    ways = crm.decided(first.contact, known, purpose)
    return Asked(first.contact, first.verdict.rule, purpose, len(gifts), sum(one.net for one in gifts), ways)

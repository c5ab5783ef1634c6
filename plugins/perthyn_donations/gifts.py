"""What a person notes of a gift, and whom to ask for a declaration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from perthyn.changes import Create, Edit, Receipt
from perthyn.contacting import Decision, Known
from perthyn.crm import Crm
from perthyn.crm.people import checked
from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction
from perthyn.model.normal import postcode_key
from perthyn.text import fold
from perthyn_donations.books import Books, Judged
from perthyn_donations.pledges import PLEDGE
from perthyn_donations.records import Gift

MEND = ("giftaid.incomplete", "giftaid.unconfirmed", "giftaid.letters", "giftaid.name.missing", "giftaid.name.long",
        "giftaid.house.missing", "giftaid.house.long", "giftaid.postcode")  # fmt: skip
"""Reasons to ask a donor who has declared for what is missing: service, not fundraising."""
ASK = ("giftaid.undeclared", "giftaid.not_covered")
"""Reasons to ask a donor for a declaration: fundraising."""
MOVED = "giftaid.moved"
"""The donor's name or home is not as declared any more: it still counts, and should be declared anew: service."""


def note_gift(crm: Crm, one: Interaction, values: Mapping[str, Any]) -> tuple[Gift, Receipt | None]:
    """Note what a gift is (the fields of `Gift`); what was noted before and is not named stays.

    No receipt where nothing would change.

    Raises `PerthynError` (``giftaid.gift.refund``, ``giftaid.gift.pledge``, ``record.value``).
    """
    crm.check("gift_aid.write")
    if values.get("refund_of") and (one.amount or 0) >= 0:
        raise PerthynError("giftaid.gift.refund", amount=one.amount or 0)
    check_pledge(crm, values.get("pledge"))
    held = noted_of(crm, one)
    if held is None:
        made: Gift = checked(Gift, {**values, "id": crm.ids(), "contact": one.contact, "interaction": one.id})
        return made, crm.commit([Create(made)], reason="giftaid.gift")
    after: Gift = checked(Gift, {**dict(held), **values})
    changed = {name: (getattr(held, name), getattr(after, name)) for name in values}
    changed = {name: (before, now) for name, (before, now) in changed.items() if before != now}
    if not changed:
        return after, None
    return after, crm.commit([Edit("donations.gift", held.id, changed)], reason="giftaid.gift")


def noted_of(crm: Crm, one: Interaction) -> Gift | None:
    """What is noted of a gift beside what it is; None for nothing."""
    return next((each for each in crm.store.owned(Gift, [one.contact]) if each.interaction == one.id), None)


def check_pledge(crm: Crm, id: UUID | None) -> None:
    """What a gift is said to pay a part of is a pledge. Raises `PerthynError` (``giftaid.gift.pledge``)."""
    pledge = crm.store.get(Interaction, [id]).get(id) if id else None
    if pledge and pledge.kind != PLEDGE:
        raise PerthynError("giftaid.gift.pledge", kind=pledge.kind)


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
    mine: dict[UUID, dict[str, list[Judged]]] = defaultdict(lambda: defaultdict(list))
    for one in held.gifts:
        rule = MOVED if _moved(one) else one.verdict.rule
        if one.contact is not None and (rule == MOVED or not one.claimed) and rule in (MOVED, *MEND, *ASK):
            mine[one.contact.id][rule].append(one)
    known = crm.known(sorted(mine))
    found = [_asked(crm, rules, known[id]) for id, rules in mine.items()]
    return sorted(found, key=lambda one: (-one.pence, one.contact.id))


def _asked(crm: Crm, rules: Mapping[str, Sequence[Judged]], known: Known) -> Asked:
    """The most pressing reason, and the gifts that wait for it."""
    rule = min(rules, key=(*MEND, *ASK, MOVED).index)
    contact = rules[rule][0].contact
    assert contact is not None
    purpose = "fundraising" if rule in ASK else "service"
    ways = crm.decided(contact, known, purpose)
    return Asked(contact, rule, purpose, len(rules[rule]), sum(one.net for one in rules[rule]), ways)


def _moved(one: Judged) -> bool:
    """Whether a gift rests on a declaration with another surname, or a postcode that is none of the contact's now."""
    declared, contact = one.verdict.declaration, one.contact
    if declared is None or contact is None:
        return False
    homes = {home.postcode_key for home in contact.addresses if home.postcode}
    away = bool(homes) and not declared.overseas and postcode_key(declared.postcode or "") not in homes
    return away or (contact.family is not None and fold(contact.family) != fold(declared.family or ""))

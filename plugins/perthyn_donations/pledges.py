"""Pledges: what was promised, and what has been paid of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from perthyn.crm import Crm
from perthyn.model import Contact, Interaction
from perthyn.rules.closed import Compare, Field, Measure, OneOf
from perthyn_donations.books import books
from perthyn_donations.records import Gift

PLEDGE = "pledge"


@dataclass(frozen=True, slots=True)
class Pledged:
    """A pledge, whose it is, and pence `paid` of it: by gifts that name it, what went back taken off."""

    pledge: Interaction
    contact: Contact
    paid: int

    @property
    def open(self) -> int:
        """Pence that are to come still."""
        return max(0, (self.pledge.amount or 0) - self.paid)


def pledges(crm: Crm, whose: UUID | None = None) -> list[Pledged]:
    """All pledges, or those of one person, the newest first."""
    crm.check("contact.read")
    crm.check("money.read")
    crm.check("donation.read")
    promised = Compare(Measure("interaction", "count", kinds=frozenset({PLEDGE})), low=1)
    people = crm.store.get(Contact, list(crm.store.select(promised)) if whose is None else [whose])
    made = [one for one in crm.store.owned(Interaction, sorted(people)) if one.kind == PLEDGE and one.amount]
    pays = {one.interaction: one for one in _paying(crm, made)}
    paid: Counter[UUID] = Counter()
    for gift in books(crm, sorted({one.contact for one in pays.values()})).gifts:
        details = pays.get(gift.gift.id)
        if details is not None and details.pledge is not None:
            paid[details.pledge] += gift.net
    found = [Pledged(one, people[one.contact], paid[one.id]) for one in made]
    return sorted(found, key=lambda one: (one.pledge.day, one.pledge.id), reverse=True)


def _paying(crm: Crm, made: Sequence[Interaction]) -> Iterator[Gift]:
    """What is noted of the gifts that pay a part of these."""
    if made:
        ids = frozenset(one.id for one in made)
        of_them = Measure(Gift.type_name, "count", where=Field("pledge", OneOf(ids)), day_field="")
        payers = sorted(crm.store.select(Compare(of_them, low=1)))
        yield from (one for one in crm.store.owned(Gift, payers) if one.pledge in ids)

"""Giving: the gifts of a time, newest first, what they come to, who is still to be thanked; a gift noted by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from perthyn.changes import Change, Create, Receipt
from perthyn.crm import Crm
from perthyn.crm.people import about, checked
from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction
from perthyn.model.ids import named_id
from perthyn.rules.closed import Compare, Field, Has, Measure
from perthyn_donations.books import GIVING, Judged, books, check_books
from perthyn_donations.gifts import check_pledge
from perthyn_donations.records import Gift

THANKS = "thanks"
"""A letter, an e-mail or a talk whose campaign begins so is a thank-you (`docs/howto/donations.md`)."""
THANKED_BY = ("letter", "email", "call", "meeting")
TIMES = 4
"""The lists of so many times are held at once; each may be long."""
LATELY = timedelta(days=90)
"""Gifts are waited with for so long: nobody is thanked for an older one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One gift, as a list needs it. `amount`: minor units of `currency`, below zero for what was paid back."""

    day: date
    id: UUID
    contact: UUID
    amount: int
    currency: str
    campaign: str = ""
    fund: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which gifts a list is about; what is None or "" is not asked for."""

    since: date | None = None
    until: date | None = None
    fund: str = ""
    campaign: str = ""

    def holds(self, one: Line) -> bool:
        """Whether a gift of the time is among them."""
        return self.fund in ("", one.fund) and self.campaign in ("", one.campaign)


def given(crm: Crm, since: date | None = None, until: date | None = None) -> Sequence[Line]:
    """The donations of a time, the newest first."""
    check_books(crm)
    held: dict[tuple[date | None, date | None], list[Line]] = crm.kept("donations.given", dict)
    if (since, until) not in held:
        while len(held) >= TIMES:
            del held[next(iter(held))]
        held[since, until] = _lines(crm, since, until)
    return held[since, until]


def _lines(crm: Crm, since: date | None, until: date | None) -> list[Line]:
    fields = ("day", "id", "contact", "amount", "currency", "campaign")
    # grouped by its own id, each donation is a line: only what the list needs is read
    told = [one.by for one in crm.store.tally(Interaction, fields, kinds=[GIVING], since=since, until=until)]
    funds = {one.interaction: one.fund or "" for one in crm.store.scan(Gift) if one.fund}
    lines = [
        Line(day, id, contact, amount, currency or crm.settings.currency, campaign or "", funds.get(id, ""))
        for day, id, contact, amount, currency, campaign in told
        if amount
    ]
    return sorted(lines, key=lambda one: (one.day, one.id), reverse=True)


def sums(lines: Sequence[Line]) -> list[tuple[str, int]]:
    """What they come to in each currency, the most usual first."""
    found: Counter[str] = Counter()
    often: Counter[str] = Counter()
    for one in lines:
        found[one.currency] += one.amount
        often[one.currency] += 1
    return [(currency, found[currency]) for currency, _ in often.most_common()]


# -- thank-yous ------------------------------------------------------------------------------------------------------


def to_thank(crm: Crm) -> Sequence[Judged]:
    """Gifts of the last 90 days, of which something is left, whose givers have had no thank-you since; oldest first."""
    crm.check("contact.read")
    start = crm.today() - LATELY
    people = sorted({one.contact for one in given(crm, since=start)})
    return crm.kept(f"donations.to_thank {crm.today()}", lambda: _to_thank(crm, start, people))


def _to_thank(crm: Crm, start: date, people: Sequence[UUID]) -> list[Judged]:
    thanked = _thanked(crm, start, people)
    return [
        one
        for one in books(crm, people).gifts
        if start <= one.gift.day <= crm.today() and one.net > 0 and one.contact and not one.contact.deceased
        and not (one.details and one.details.nature == "purchase")
        and thanked.get(one.gift.contact, date.min) < one.gift.day
    ]  # fmt: skip


def _thanked(crm: Crm, start: date, people: Sequence[UUID]) -> dict[UUID, date]:
    """The day of the last thank-you of those who had one since a day."""
    of_thanks = Field("campaign", Has(THANKS, "start"))
    had = Measure("interaction", "count", where=of_thanks, kinds=frozenset(THANKED_BY), since=start)
    found: dict[UUID, date] = {}
    for one in crm.store.owned(Interaction, sorted(crm.store.among(Compare(had, low=1), people))):
        if one.kind in THANKED_BY and (one.campaign or "").casefold().startswith(THANKS):
            found[one.contact] = max(one.day, found.get(one.contact, date.min))
    return found


def thanked(crm: Crm, people: Sequence[UUID], how: str) -> Receipt | None:
    """Note that these people have been thanked today. Raises `PerthynError` (``donations.thanked.how``)."""
    if how not in THANKED_BY:
        raise PerthynError("donations.thanked.how", known=", ".join(THANKED_BY))
    made = [crm.new_interaction(one, {"kind": how, "campaign": THANKS, "direction": "out"}) for one in people]
    if not made:
        return None
    ids = {"contacts": [str(one.contact) for one in made]}
    return crm.commit([Create(one) for one in made], reason=how, facts=ids)


# -- a gift by hand --------------------------------------------------------------------------------------------------


def give(
    crm: Crm, who: Contact, values: Mapping[str, Any], details: Mapping[str, Any], key: str
) -> tuple[Interaction, Gift | None, Receipt | None]:
    """Note a gift, and what is known of it (the fields of `Gift`), once for each `key`: no receipt the second time.

    Raises `PerthynError`: ``donations.give.amount``, ``.future``, ``.key``, ``giftaid.gift.pledge``, ``record.value``.
    """
    if not 8 <= len(key) <= 100:
        raise PerthynError("donations.give.key")
    id = named_id(f"donations.given\x1f{key}")
    if (there := crm.store.get(Interaction, [id]).get(id)) is not None:
        return crm.seen(there), None, None
    if int(values.get("amount") or 0) <= 0:
        raise PerthynError("donations.give.amount")
    if values.get("day", crm.today()) > crm.today():
        raise PerthynError("donations.give.future", day=values["day"])
    made = crm.new_interaction(who.id, {**values, "kind": GIVING, "direction": "in"}).model_copy(update={"id": id})
    noted = {name: value for name, value in details.items() if value}
    changes: list[Change] = [Create(made)]
    kept: Gift | None = None
    if noted:
        crm.check("gift_aid.write")
        check_pledge(crm, noted.get("pledge"))
        kept = checked(Gift, {**noted, "id": crm.ids(), "contact": made.contact, "interaction": made.id})
        changes.append(Create(kept))
    return crm.seen(made), kept, crm.commit(changes, reason=GIVING, facts=about(who))

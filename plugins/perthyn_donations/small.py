"""The Gift Aid Small Donations Scheme: what can be topped up on small gifts without a declaration.

Small Charitable Donations Act 2012: cash or contactless, at most 30 pounds each, no membership fees; on no more than
8,000 pounds a tax year and ten times the gifts of that year that Gift Aid was claimed on; within two years of its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from perthyn.crm import Crm
from perthyn.model import Interaction, Takings
from perthyn_donations.books import SECTION, Judged, books_now, tax
from perthyn_donations.eligibility import tax_year, years_from

EACH_MOST, YEAR_MOST, TIMES = 30_00, 8_000_00, 10
BY = ("cash", "contactless")
"""How small gifts come in, where the settings (``[giftaid] small``) name no other channels."""


@dataclass(frozen=True, slots=True)
class Small:
    """One tax year, amounts in pence. `over`: gifts above 30 pounds. `claimed`: its gifts in claims that stand.

    `usable`: what the top-up may be claimed on, the least of `amount`, 8,000 pounds and ten times `claimed`.
    """

    start: date
    count: int
    amount: int
    over: int
    claimed: int
    last_day: date

    @property
    def usable(self) -> int:
        return min(self.amount, YEAR_MOST, TIMES * self.claimed)

    @property
    def top_up(self) -> int:
        return tax(self.usable)


def small(crm: Crm, start: date | None = None) -> Small:
    """The small gifts of the tax year that starts on `start` (the one before this one)."""
    crm.check("money.read")
    first = tax_year(start) if start else years_from(tax_year(crm.today()), -1)
    held = books_now(crm)
    return crm.kept(f"donations.small {first} {crm.today()}", lambda: _of_year(crm, held.gifts, first))


def _of_year(crm: Crm, gifts: Sequence[Judged], start: date) -> Small:
    end = years_from(start, 1) - timedelta(days=1)
    claimed = sum(one.claimed for one in gifts if start <= one.gift.day <= end)
    counted = [one.amount or 0 for one in _small(crm, gifts) if start <= one.day <= end]
    fit = [pence for pence in counted if pence <= EACH_MOST]
    return Small(start, len(fit), sum(fit), len(counted) - len(fit), claimed, years_from(end, 2))


def _small(crm: Crm, gifts: Sequence[Judged]) -> Iterator[Takings | Interaction]:
    """Gifts in cash about nobody, and those of people that are in no claim."""
    said = crm.settings.sections.get(SECTION, {}).get("small", BY)
    channels = said.split(",") if isinstance(said, str) else list(said)
    for one in crm.store.scan(Takings):
        if one.kind == "donation" and one.channel in channels and one.currency == "GBP" and (one.amount or 0) > 0:
            yield one
    for given in gifts:
        one_gift = given.gift
        plain = given.details is None or given.details.nature == "gift"
        cash = one_gift.kind == "donation" and one_gift.channel in channels and one_gift.currency == "GBP"
        if plain and cash and not given.claimed and given.net > 0:
            yield one_gift

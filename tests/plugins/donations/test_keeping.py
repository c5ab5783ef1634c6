"""How long claimed gifts of somebody who was erased are kept: dates written from the rule, not from the code."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from giftaid_stage import Charity, charity

from perthyn.settings import Settings
from perthyn_donations.claims import claim
from perthyn_donations.eligibility import Terms
from perthyn_donations.keeping import kept_until
from perthyn_donations.records import Kept

__all__ = ["charity"]
D = date
SOON = D(2020, 1, 1)
"""A claim so early that it lengthens nothing."""
CALENDAR, SPRING, MARCH, AUTUMN, OCTOBER, DECEMBER = (Terms(year_starts=month) for month in (1, 4, 3, 9, 10, 12))
TRUST, TRUST_9 = Terms(trust=True), Terms(trust=True, year_starts=9)


@pytest.mark.parametrize(
    ("terms", "last", "claimed", "until"),
    [
        # a company or CIO: its own year, which says nothing of 5 April
        (CALENDAR, D(2026, 3, 1), SOON, D(2032, 12, 31)),
        (CALENDAR, D(2026, 1, 1), SOON, D(2032, 12, 31)),
        (CALENDAR, D(2026, 12, 31), SOON, D(2032, 12, 31)),
        (CALENDAR, D(2027, 1, 1), SOON, D(2033, 12, 31)),
        (CALENDAR, D(2024, 2, 29), SOON, D(2030, 12, 31)),
        (SPRING, D(2026, 3, 31), SOON, D(2032, 3, 31)),
        (SPRING, D(2026, 4, 1), SOON, D(2033, 3, 31)),
        (SPRING, D(2026, 4, 5), SOON, D(2033, 3, 31)),
        (SPRING, D(2026, 4, 6), SOON, D(2033, 3, 31)),
        (AUTUMN, D(2026, 8, 31), SOON, D(2032, 8, 31)),
        (AUTUMN, D(2026, 9, 1), SOON, D(2033, 8, 31)),
        (OCTOBER, D(2025, 9, 30), SOON, D(2031, 9, 30)),
        (OCTOBER, D(2025, 10, 1), SOON, D(2032, 9, 30)),
        (DECEMBER, D(2025, 11, 30), SOON, D(2031, 11, 30)),
        (DECEMBER, D(2025, 12, 1), SOON, D(2032, 11, 30)),
        # its year ends in February, in a leap year or not
        (MARCH, D(2024, 2, 29), SOON, D(2030, 2, 28)),
        (MARCH, D(2023, 3, 1), SOON, D(2030, 2, 28)),
        (MARCH, D(2026, 3, 1), SOON, D(2033, 2, 28)),
        # a late claim lengthens nothing for a company
        (SPRING, D(2020, 4, 1), D(2027, 3, 30), D(2027, 3, 31)),
        (SPRING, D(2020, 4, 1), D(2028, 3, 30), D(2027, 3, 31)),
        # a trust: the tax year, whatever its own year is
        (TRUST, D(2026, 4, 5), SOON, D(2032, 4, 5)),
        (TRUST, D(2026, 4, 6), SOON, D(2033, 4, 5)),
        (TRUST, D(2025, 12, 31), SOON, D(2032, 4, 5)),
        (TRUST, D(2026, 1, 1), SOON, D(2032, 4, 5)),
        (TRUST, D(2024, 2, 29), SOON, D(2030, 4, 5)),
        (TRUST, D(2023, 4, 6), SOON, D(2030, 4, 5)),
        (TRUST_9, D(2026, 8, 31), SOON, D(2033, 4, 5)),
        # a trust's late claim: twelve months, if that is later
        (TRUST, D(2020, 4, 6), D(2025, 4, 5), D(2027, 4, 5)),
        (TRUST, D(2020, 4, 6), D(2026, 4, 5), D(2027, 4, 5)),
        (TRUST, D(2020, 4, 6), D(2026, 4, 6), D(2027, 4, 6)),
        (TRUST, D(2020, 4, 6), D(2026, 11, 22), D(2027, 11, 22)),
        (TRUST, D(2017, 5, 1), D(2024, 2, 29), D(2025, 2, 28)),
    ],
)
def test_kept_until(terms: Terms, last: date, claimed: date, until: date) -> None:
    assert kept_until(terms, last, claimed) == until


@pytest.mark.parametrize(
    ("trust", "ended", "until"),
    [
        (False, False, [D(2031, 12, 31)] * 3),  # one that endures: with the last gift under it
        (True, False, [D(2032, 4, 5)] * 3),
        (False, True, [D(2029, 12, 31), D(2029, 12, 31), D(2031, 12, 31)]),  # a cancelled one: with its own last gift
        (True, True, [D(2030, 4, 5), D(2030, 4, 5), D(2032, 4, 5)]),
    ],
)
def test_gifts_are_kept_as_long_as_their_declaration(
    charity: Charity, tmp_path: Path, trust: bool, ended: bool, until: list[date]
) -> None:
    charity.settings = Settings(organisation="Plas Brithwen", sections={"giftaid": {"trust": trust}}, year_starts=1)
    charity.crm = charity.desk()
    who = charity.person()
    first = charity.declared(who, D(2023, 1, 1))
    if ended:
        charity.keep(first.model_copy(update={"id": charity.crm.ids(), "said": "cancelled", "day": D(2024, 1, 1)}))
        charity.declared(who, D(2025, 1, 1), covers="future")
    for day in (D(2023, 2, 1), D(2023, 5, 1), D(2025, 6, 1)):
        charity.gift(who, 10_00, day)
    claim(charity.crm, tmp_path / "a.ods")
    charity.gift(who, 10_00, D(2026, 6, 1))  # never claimed: it lengthens nothing
    charity.crm.erase(who.id)
    list(charity.crm.do_due("eve"))
    kept = sorted(charity.store.scan(Kept), key=lambda one: one.day)
    assert [one.until for one in kept] == until
    charity.now = charity.now.replace(year=until[-1].year, month=until[-1].month, day=until[-1].day)
    list(charity.crm.do_due("eve"))
    assert max(one.until for one in charity.store.scan(Kept)) == until[-1], "it is kept on that day, still"
    charity.now += timedelta(days=1)
    list(charity.crm.do_due("eve"))
    assert charity.store.count_of(Kept) == 0

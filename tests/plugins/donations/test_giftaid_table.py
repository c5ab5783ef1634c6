"""The table of rules: dated cases written from the law, and an oracle that shares no line with the code."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from giftaid_stage import declaration
from hypothesis import given
from hypothesis import strategies as st

import perthyn_donations
from perthyn.model import Contact, Interaction
from perthyn.text import LANGUAGES, Translator
from perthyn_donations.claim_commands import why
from perthyn_donations.eligibility import CONDITIONAL, RULES, Case, Terms, benefit_limit, eligible
from perthyn_donations.records import Declaration, Gift

HER = UUID(int=1)
TODAY = date(2026, 11, 22)
FIRST = UUID(int=7)


def case(day: date, *said: Declaration, pence: int = 100_00, **more: Any) -> Case:
    gift = {"id": UUID(int=2), "contact": HER, "kind": "donation", "amount": pence, "currency": "GBP", "day": day}
    gift |= more.pop("gift", {})
    who = Contact.model_validate({"id": HER, "given": "Siân", "family": "Llŷr", **more.pop("who", {})})
    details = more.pop("details", None)
    noted = Gift(id=UUID(int=3), contact=HER, interaction=UUID(int=2), **details) if details else None
    net = more.pop("net", pence)
    return Case(Interaction.model_validate(gift), who, more.pop("today", TODAY), net, noted, said, **more)


def made(**values: Any) -> Declaration:
    return declaration(HER, **{"id": FIRST, **values})


def ended(said: str, day: date, of: UUID | None = FIRST, number: int = 90) -> Declaration:
    return Declaration(id=UUID(int=number), contact=HER, said=said, declaration=of, day=day)


D = date
BOTH = made(day=D(2024, 6, 15))
CASES: list[tuple[str, Case, str]] = [
    # what a declaration covers: four years back to the day, and from then on
    ("the day itself", case(D(2024, 6, 15), BOTH), "eligible"),
    ("four years before to the day", case(D(2023, 1, 1), made(day=D(2027, 1, 1) - timedelta(days=365))), "eligible"),
    ("first day of the four years", case(D(2022, 6, 15), made(day=D(2026, 6, 15))), "eligible"),
    ("one day earlier", case(D(2022, 6, 14), made(day=D(2026, 6, 15))), "not_covered"),
    ("29 February, back to 28", case(D(2023, 2, 28), made(day=D(2024, 2, 29), covers="past")), "eligible"),
    ("past only, a day later", case(D(2024, 6, 16), made(day=D(2024, 6, 15), covers="past")), "not_covered"),
    ("future only, a day before", case(D(2024, 6, 14), made(day=D(2024, 6, 15), covers="future")), "not_covered"),
    ("future only, the same day", case(D(2024, 6, 15), made(day=D(2024, 6, 15), covers="future")), "eligible"),
    ("this gift, by its id", case(
        D(2024, 6, 1), made(day=D(2024, 6, 15), covers="gift", gift=UUID(int=2))), "eligible"),
    ("another gift", case(D(2024, 6, 15), made(day=D(2024, 6, 15), covers="gift", gift=UUID(int=5))), "not_covered"),
    ("this gift, of the day", case(D(2024, 6, 15), made(day=D(2024, 6, 15), covers="gift")), "eligible"),
    ("none", case(D(2025, 1, 1)), "undeclared"),
    # ends
    ("cancelled the day before", case(D(2025, 3, 2), BOTH, ended("cancelled", D(2025, 3, 1))), "ended"),
    ("cancelled on the day", case(D(2025, 3, 1), BOTH, ended("cancelled", D(2025, 3, 1))), "ended"),
    ("cancelled the day after", case(D(2025, 2, 28), BOTH, ended("cancelled", D(2025, 3, 1))), "eligible"),
    ("another one cancelled", case(D(2025, 3, 2), BOTH, ended("cancelled", D(2025, 3, 1), UUID(int=8))), "eligible"),
    ("all cancelled", case(D(2025, 3, 2), BOTH, ended("cancelled", D(2025, 3, 1), None)), "ended"),
    ("all cancelled, a new one later", case(
        D(2025, 5, 2), BOTH, ended("cancelled", D(2025, 3, 1), None), made(id=UUID(int=9), day=D(2025, 5, 1)),
    ), "eligible"),
    ("pays no tax from that day", case(D(2025, 3, 1), BOTH, ended("not_taxpayer", D(2025, 3, 1))), "ended"),
    ("gave on the day of the death", case(D(2025, 3, 1), BOTH, ended("died", D(2025, 3, 1), None)), "eligible"),
    ("came after the death", case(D(2025, 3, 2), BOTH, ended("died", D(2025, 3, 1), None)), "deceased"),
    ("has died, nobody says when", case(D(2025, 3, 2), BOTH, who={"deceased": True}), "death_undated"),
    ("recorded by mistake", case(D(2025, 3, 2), BOTH, ended("voided", D(2026, 3, 1))), "undeclared"),
    # spoken
    ("spoken, not confirmed", case(D(2026, 3, 1), made(day=D(2026, 3, 1), how="spoken")), "unconfirmed"),
    ("spoken, 30 days not over", case(
        D(2026, 11, 1), made(day=D(2026, 10, 20), how="spoken", confirmed=D(2026, 10, 23))), "waiting"),
    ("spoken, 30 days over", case(
        D(2026, 11, 1), made(day=D(2026, 10, 20), how="spoken", confirmed=D(2026, 10, 22))), "eligible"),
    ("spoken, taken back in time", case(
        D(2026, 3, 2), made(day=D(2026, 3, 1), how="spoken", confirmed=D(2026, 3, 5)),
        ended("cancelled", D(2026, 4, 4))), "ended"),
    ("spoken, taken back too late", case(
        D(2026, 3, 2), made(day=D(2026, 3, 1), how="spoken", confirmed=D(2026, 3, 5)),
        ended("cancelled", D(2026, 4, 5))), "eligible"),
    # what is lacking
    ("no house", case(D(2025, 1, 1), made(day=D(2025, 1, 1), address=None)), "incomplete"),
    ("no postcode", case(D(2025, 1, 1), made(day=D(2025, 1, 1), postcode=None)), "incomplete"),
    ("abroad without postcode", case(D(2025, 1, 1), made(day=D(2025, 1, 1), postcode=None, overseas=True)), "eligible"),
    ("no first name", case(D(2025, 1, 1), made(day=D(2025, 1, 1), given=None)), "incomplete"),
    ("no explanation", case(D(2025, 1, 1), made(day=D(2025, 1, 1), wording=None)), "incomplete"),
    ("an older whole one beats a newer bare one", case(
        D(2025, 1, 1), BOTH, made(id=UUID(int=9), day=D(2025, 1, 1), address=None)), "eligible"),
    # who, and what it is
    ("a company", case(D(2025, 1, 1), BOTH, who={"kind": "organisation"}), "company"),
    ("a household", case(D(2025, 1, 1), BOTH, who={"kind": "household"}), "household"),
    ("nobody's name", case(D(2025, 1, 1), who={"given": None, "family": None}), "anonymous"),
    ("a raffle", case(D(2025, 1, 1), BOTH, details={"nature": "purchase"}), "purchase"),
    ("a voucher", case(D(2025, 1, 1), BOTH, details={"nature": "voucher"}), "voucher"),
    ("JustGiving claims", case(D(2025, 1, 1), BOTH, details={"claimed_by": "JustGiving"}), "claimed_elsewhere"),
    ("through JustGiving", case(
        D(2025, 1, 1), BOTH, gift={"source": "justgiving:page"}, terms=Terms(elsewhere=("justgiving",))),
     "claimed_elsewhere"),
    ("said no for this gift", case(D(2025, 1, 1), BOTH, details={"asked": "no"}), "said_no"),
    ("said yes without a declaration", case(D(2025, 1, 1), details={"asked": "yes"}), "undeclared"),
    ("dollars", case(D(2025, 1, 1), BOTH, gift={"currency": "USD"}), "currency"),
    ("paid back", case(D(2025, 1, 1), BOTH, net=0), "refunded"),
    ("to come", case(D(2026, 11, 23), BOTH), "future"),
    # what is given in return: £100 has £25 of benefits at most, £1,000 has £70
    ("£25 for £100", case(D(2025, 1, 1), BOTH, details={"benefit": 25_00}, benefits=25_00), "eligible"),
    ("£25.01 for £100", case(D(2025, 1, 1), BOTH, details={"benefit": 25_01}, benefits=25_01), "benefits"),
    ("£70 for £1,000", case(D(2025, 1, 1), BOTH, pence=1_000_00, details={"benefit": 70_00}), "eligible"),
    ("£71 for £1,000", case(D(2025, 1, 1), BOTH, pence=1_000_00, details={"benefit": 71_00}), "benefits"),
    ("above £2,500 in the year", case(
        D(2025, 1, 1), BOTH, details={"benefit": 10_00}, benefits=2_500_01), "benefits"),
    ("admission, £8.80 for £8", case(
        D(2025, 1, 1), BOTH, pence=8_80, details={"nature": "admission", "normal": 8_00}), "eligible"),
    ("admission, £8.79 for £8", case(
        D(2025, 1, 1), BOTH, pence=8_79, details={"nature": "admission", "normal": 8_00}), "admission"),
    ("admission for a year", case(
        D(2025, 1, 1), BOTH, pence=8_00, details={"nature": "admission", "year_right": True}), "eligible"),
    # the time to claim: four years from the end of the period
    ("last day, calendar year", case(D(2022, 1, 1), made(day=D(2022, 1, 1)), today=D(2026, 12, 31)), "eligible"),
    ("a day too late", case(D(2022, 12, 31), made(day=D(2022, 1, 1)), today=D(2027, 1, 1)), "too_old"),
    ("year from April", case(
        D(2022, 3, 31), made(day=D(2022, 1, 1)), today=D(2026, 4, 1), terms=Terms(year_starts=4)), "too_old"),
    ("a trust, 5 April", case(
        D(2022, 4, 5), made(day=D(2022, 1, 1)), today=D(2026, 4, 6), terms=Terms(trust=True)), "too_old"),
    ("a trust, 6 April", case(
        D(2022, 4, 6), made(day=D(2022, 1, 1)), today=D(2027, 4, 5), terms=Terms(trust=True)), "eligible"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "rule"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_dated_cases(asked: Case, rule: str) -> None:
    verdict = eligible(asked)
    assert verdict.rule == f"giftaid.{rule}"
    assert verdict.yes == (rule == "eligible")


def test_every_rule_decides_a_case_and_has_words_in_both_languages() -> None:
    assert {f"giftaid.{rule}" for _, _, rule in CASES} == {one.code for one in RULES}
    assert set(CONDITIONAL) <= {one.code for one in RULES}
    for language in LANGUAGES:
        t = Translator(language, perthyn_donations.offer_locale())
        for _, asked, _ in CASES:
            words = why(t, eligible(asked))
            assert all(words) and "{" not in "".join(words) and "giftaid." not in words[0]


# -- the oracle ------------------------------------------------------------------------------------------------------

DAYS = st.dates(D(2020, 1, 1), D(2026, 11, 22))
SAID = st.lists(
    st.tuples(
        st.sampled_from(["past", "future", "both"]), DAYS, st.sampled_from(["written", "spoken"]),
        st.none() | DAYS, st.none() | st.tuples(st.sampled_from(["cancelled", "not_taxpayer"]), DAYS),
    ),
    max_size=3,
)  # fmt: skip


def covered(day: date, said: Any) -> bool:
    """Whether the law covers that day; written without the code's functions."""
    for covers, on, how, confirmed, end in said:
        back = (on.year - 4, on.month, min(on.day, 28) if (on.month, on.day) == (2, 29) else on.day)
        reach = {"past": (back, _t(on)), "future": (_t(on), (9999, 1, 1)), "both": (back, (9999, 1, 1))}[covers]
        if not reach[0] <= _t(day) <= reach[1]:
            continue
        if how == "spoken" and (confirmed is None or (TODAY - confirmed).days <= 30):
            continue
        if end is not None and end[1] >= on:
            if day >= end[1]:
                continue
            if how == "spoken" and end[0] == "cancelled" and confirmed and (end[1] - confirmed).days <= 30:
                continue
        return True
    return False


def _t(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day


@given(day=DAYS.filter(lambda day: day.year > 2022), said=SAID)
def test_the_table_agrees_with_the_oracle(day: date, said: Any) -> None:
    records: list[Declaration] = []
    for number, (covers, on, how, confirmed, end) in enumerate(said):
        id = UUID(int=100 + number)
        records.append(declaration(HER, id=id, covers=covers, day=on, how=how, confirmed=confirmed))
        if end is not None:
            records.append(ended(end[0], end[1], id, 200 + number))
    assert eligible(case(day, *records)).yes == covered(day, said)


@pytest.mark.parametrize(("pence", "most"), [(0, 0), (40_00, 10_00), (100_00, 25_00), (101_00, 25_05), (1e5, 70_00)])
def test_benefit_limit(pence: int, most: int) -> None:
    assert benefit_limit(int(pence)) == most

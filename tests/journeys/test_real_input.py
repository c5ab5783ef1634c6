"""Files that nobody made for perthyn are imported as they are, and every count can be explained."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from perthyn.importing.outcome import Outcome
from perthyn.model import Contact, Interaction

DATA = Path(__file__).parents[1] / "data"
FEBRL = DATA / "febrl" / "dataset1.csv"
ORDERS, POSITIONS = DATA / "pretix" / "pretix_orders.csv", DATA / "pretix" / "pretix_positions.csv"


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, skipinitialspace=True))


def unchanged(house: Any, file: Path) -> None:
    """A second import says nothing new."""
    position = house.crm.store.position()
    (again,) = house.bring(file)
    assert (again.stored, again.people_new, again.receipt) == (0, 0, None)
    assert again.unchanged + again.aside + again.refused == again.rows
    assert house.crm.store.position() == position


# -- Febrl: 1,000 records of 500 people, half of them spoilt by typing ------------------------------------------


@pytest.fixture(scope="module")
def febrl(build: Callable[[str], Any]) -> Any:
    house = build("sqlite")
    house.bring(FEBRL)
    return house


def person(contact: Contact) -> str:
    """The true person of a record: N of ``rec-N-org`` and ``rec-N-dup-K``."""
    (id,) = (one.external for one in contact.external_ids)
    return id.split("-")[1]


def test_each_febrl_record_is_a_contact_of_its_own_id(febrl: Any) -> None:
    """The sender gives each record an id of its own, so each is a contact; that two are one is for a person to say."""
    (outcome,) = febrl.outcomes[FEBRL.name][:1]
    assert (outcome.rows, outcome.stored, outcome.people_new) == (1000, 1000, 1000)
    assert (outcome.refused, outcome.aside) == (0, 0)
    assert {one.external for contact in febrl.contacts() for one in contact.external_ids} == {
        row["rec_id"] for row in rows(FEBRL)
    }
    assert len({person(one) for one in febrl.contacts()}) == 500


def test_three_febrl_births_are_on_days_that_never_were(febrl: Any) -> None:
    (outcome,) = febrl.outcomes[FEBRL.name][:1]
    assert outcome.noted == {"import.date.impossible": 3}
    wrong = [one for one in febrl.crm.open_problems() if one.code == "import.date.impossible"]
    assert len(wrong) == 3
    given = [row["date_of_birth"] for row in rows(FEBRL)]
    assert all(given[(one.row or 0) - 2] == one.raw for one in wrong)


def test_every_suggested_febrl_pair_is_true(febrl: Any) -> None:
    """214 of the 500 doubles share surname, postcode and a first name alike; no two people are taken for one.

    The others were spoilt in the surname or the postcode itself, which decides what is compared at all.
    """
    pairs = febrl.crm.pairs()
    assert Counter(person(one.left) == person(one.right) for one in pairs) == {True: 214}
    assert {one.reason for one in pairs} == {"name and postcode"}


def test_febrl_again(febrl: Any) -> None:
    unchanged(febrl, FEBRL)


# -- pretix: who booked in one file, what in the other ------------------------------------------------------------


@pytest.fixture(scope="module")
def pretix(build: Callable[[str], Any]) -> Any:
    house = build("sqlite")
    house.bring(ORDERS)
    house.bring(POSITIONS)
    return house


def outcome_of(house: Any, file: Path) -> Outcome:
    found: Outcome = house.outcomes[file.name][0]
    return found


def test_pretix_orders_are_people(pretix: Any) -> None:
    """220 orders by 131 people: the same address with the same name is one."""
    one = outcome_of(pretix, ORDERS)
    named = {(row["Email"].casefold(), " ".join(row["Name"].casefold().split())) for row in rows(ORDERS)}
    assert (one.understanding.known, one.source) == ("pretix-orders", "pretix:castle")
    assert (one.rows, one.stored, one.refused, one.aside) == (220, 220, 0, 0)
    assert (one.people_new, one.interactions_new) == (131, 0), "what they booked stands in the other file"
    assert one.people_new <= len(named)


def test_pretix_positions_are_what_they_booked(pretix: Any) -> None:
    """Each position once; a cancelled one a second time, negative; for each order and day scanned, a visit."""
    one = outcome_of(pretix, POSITIONS)
    status = Counter(row["Status"] for row in rows(POSITIONS))
    unpaid, canceled = status["pending"] + status["expired"], status["canceled"]
    kinds = Counter(one.kind for one in pretix.crm.store.scan(Interaction))
    assert (one.understanding.known, one.source) == ("pretix-positions", "pretix:castle")
    assert (one.rows, one.stored, one.refused, one.aside) == (671, 671 - unpaid, 0, unpaid)
    assert (one.people_new, one.takings_new) == (0, 0), "the orders named everybody"
    assert kinds == {"booking": 497, "visit": 168, "purchase": 84, "donation": 76}
    assert sum(kinds.values()) - kinds["visit"] == 671 - unpaid + canceled


def test_pretix_money_is_that_of_what_was_paid_and_kept(pretix: Any) -> None:
    kept = [Decimal(row["Price"]) for row in rows(POSITIONS) if row["Status"] == "paid"]
    assert sum(one.amount or 0 for one in pretix.crm.store.scan(Interaction)) == int(sum(kept) * 100)


def test_pretix_people_who_said_yes_with_one_order_and_no_with_another(pretix: Any) -> None:
    said: dict[str, set[str]] = defaultdict(set)
    for row in rows(POSITIONS):
        answer = row["Email me news of the house (you can opt out at any time)"]
        if answer and row["Status"] not in ("pending", "expired"):
            said[row["Email"].casefold()].add(answer)
    both = {email for email, answers in said.items() if len(answers) == 2}
    problems = [one for one in pretix.crm.open_problems() if one.code == "consent.contradiction"]
    known = {one.id: one for one in pretix.contacts()}
    found = {email.key for one in problems for email in known[one.contact].emails}
    assert outcome_of(pretix, POSITIONS).contradictions == len(problems)
    assert found <= both
    assert len(problems) == 27


def test_pretix_again(pretix: Any) -> None:
    unchanged(pretix, ORDERS)
    unchanged(pretix, POSITIONS)

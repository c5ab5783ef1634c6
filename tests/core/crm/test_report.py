"""The report: eight numbers counted by hand, what each is a share of, and whom each opens to."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from perthyn.crm.reports import NAMES, Number, year_before
from perthyn.errors import Forbidden, Unknown
from perthyn.model import Contact, Email, Role

Office = Any  # the class stands in conftest.py
SINCE, AS_OF = date(2025, 11, 23), date(2026, 11, 22)


@pytest.fixture
def planted(office: Office) -> dict[str, Contact]:
    """Five people and a till.

    Ann came in 2024 and twice this year, reads the newsletter, may be written to, is a member, wishes Welsh.
    Ben came once this year, on its first day. Cai came the day before it began; he left the newsletter; his
    membership ended. Dai reads the newsletter, never came, gave and had it back; said yes and later no. Eve gave.
    """
    member, was = Role(role="member", start=date(2026, 1, 1)), Role(role="member", end=date(2026, 6, 30))
    who = {
        "Ann": office.person("Ann", "ann@x.cymru", language="cy", roles=(member,)),
        "Ben": office.person("Ben", language="en"),
        "Cai": office.person("Cai", "cai@x.cymru", language="both", roles=(was,)),
        "Dai": office.person("Dai", emails=(Email(address="dai@x.cymru"),)),
        "Eve": office.person("Eve"),
    }
    for name, day in (("Ann", date(2024, 5, 1)), ("Ann", date(2026, 5, 1)), ("Ann", AS_OF), ("Ben", SINCE)):
        office.did(who[name], "visit", day)
    office.did(who["Cai"], "visit", date(2025, 11, 22))
    for name in ("Ann", "Cai", "Dai"):
        office.did(who[name], "signup", date(2025, 1, 1))
    office.did(who["Cai"], "unsubscribe", date(2025, 2, 1))
    office.did(who["Dai"], "donation", date(2026, 2, 1), amount=5000)
    office.did(who["Dai"], "donation", date(2026, 2, 2), amount=-5000)
    office.did(who["Eve"], "donation", date(2026, 3, 1), amount=2500)
    office.did(who["Eve"], "donation", date(2020, 3, 1), amount=99999)
    office.did(who["Eve"], "donation", date(2026, 3, 1), amount=777, currency="EUR")
    office.till("purchase", date(2026, 3, 1), amount=350)
    office.till("visit", date(2026, 3, 1))
    office.till("visit", date(2024, 3, 1))
    said = datetime(2026, 1, 1, tzinfo=UTC)
    for name in ("Ann", "Dai", "Eve"):
        office.said(who[name], "given", at=said, recorded=said)
    office.said(who["Dai"], "withdrawn", at=datetime(2026, 9, 1, tzinfo=UTC), recorded=said)
    return who


def told(office: Office, **days: date) -> dict[str, Number]:
    return {one.name: one for one in office.crm.report(**days)}


def test_the_eight_numbers_counted_by_hand(office: Office, planted: dict[str, Contact]) -> None:
    numbers = told(office)
    assert tuple(numbers) == NAMES
    assert {one.as_of for one in numbers.values()} == {AS_OF}
    assert {(name, one.value, one.whole) for name, one in numbers.items()} == {
        ("visits", 3, 4),
        ("visitors", 2, 5),
        ("returning", 1, 2),
        ("income", 2850, None),
        ("members", 1, 5),
        ("readers", 1, 2),
        ("reachable", 1, 3),
        ("languages", 3, 5),
    }
    parts = {name: dict(one.parts) for name, one in numbers.items() if one.parts}
    assert parts["visits"] == {"by people we do not know": 1}
    assert parts["income"] == {"donations": 2500, "purchases": 350, "of it from people we know": 2500}
    assert parts["languages"] == {"Welsh": 1, "English": 1, "both": 1, "not asked yet": 2}
    assert numbers["visitors"].since == SINCE and numbers["members"].since is None
    assert numbers["returning"].share == 0.5 and numbers["income"].share is None


PEOPLE = {
    "visits": ["Ann", "Ben"],
    "visitors": ["Ann", "Ben"],
    "returning": ["Ann"],
    "income": ["Dai", "Eve"],
    "members": ["Ann"],
    "readers": ["Ann"],
    "reachable": ["Ann"],
    "languages": ["Ann", "Ben", "Cai"],
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "cy"])
def test_each_opens_to_its_people(office: Office, planted: dict[str, Contact], name: str, language: str) -> None:
    crm = office.desk(language=language)
    number = crm.number(name)
    people = list(crm.people_of(number))
    assert [one.name for one in people] == PEOPLE[name]
    if number.unit == "people":
        assert len(people) == number.value
    assert number.value == next(one.value for one in office.crm.report() if one.name == name)


def test_as_of_a_day_that_is_past(office: Office, planted: dict[str, Contact]) -> None:
    numbers = told(office, as_of=date(2026, 6, 30))
    values = {name: one.value for name, one in numbers.items()}
    assert values == {
        "visits": 3, "visitors": 3, "returning": 1, "income": 2850, "members": 2, "readers": 1, "reachable": 2,
        "languages": 3,
    }  # fmt: skip
    assert [one.name for one in office.crm.people_of(numbers["reachable"])] == ["Ann", "Dai"]
    early = told(office, since=date(2024, 1, 1), as_of=date(2024, 12, 31))
    assert (early["visits"].value, early["visits"].whole, early["reachable"].value) == (1, 2, 0)
    assert (early["income"].value, early["income"].parts[-1][1]) == (0, 0)


def test_of_nothing_there_is_no_data(office: Office) -> None:
    for one in office.crm.report():
        assert (one.value, one.share) == (0, None), one.name
        assert list(office.crm.people_of(one)) == []


def test_a_number_that_there_is_not(office: Office) -> None:
    with pytest.raises(Unknown) as refused:
        office.crm.number("visitor")
    assert refused.value.facts["suggestion"] in NAMES


def test_a_year_is_twelve_months_that_end_with_the_day() -> None:
    assert year_before(date(2026, 3, 31)) == date(2025, 4, 1)
    assert year_before(date(2024, 2, 29)) == date(2023, 3, 1)
    assert year_before(date(2025, 2, 28)) == date(2024, 2, 29)


def test_money_is_not_for_everybody(office: Office) -> None:
    told = office.desk("report.read", "contact.read").report()
    assert [one.name for one in told] == [one for one in NAMES if one != "income"]
    with pytest.raises(Forbidden):
        office.desk("report.read", "contact.read", "money.read").number("income")
    with pytest.raises(Forbidden):
        office.desk("report.read", "contact.read").number("income")

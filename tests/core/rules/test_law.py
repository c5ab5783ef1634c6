"""The law: the algebra it keeps, and each classic trap by name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.model import Address, Consent, Contact, Email, Interaction, Role, to_wire
from perthyn.rules import Closed, Facts, Measure, matches, measure
from perthyn.rules.closed import All, Any, AnyPart, Between, Compare, Field, Has, Known, Member, Not, OneOf
from perthyn.testing.rules_strategies import Shares, closed_rules, contacts_and_history, facts_of
from perthyn.text import fold

ID = UUID(int=1)


@settings(max_examples=settings().max_examples * 3 // 5, deadline=None)
@given(st.data())
def test_the_algebra_of_rules(data: st.DataObject) -> None:
    records = data.draw(contacts_and_history())
    one, two = (data.draw(closed_rules(records)) for _ in "ab")
    for facts in facts_of(records):
        first, second = matches(one, facts), matches(two, facts)
        assert matches(Not(one), facts) is not first
        assert matches(All((one, two)), facts) is (first and second)
        assert matches(Any((one, two)), facts) is (first or second)
        assert matches(Not(All((one, two))), facts) is matches(Any((Not(one), Not(two))), facts)
        assert matches(All(()), facts) and not matches(Any(()), facts)


def test_the_strategies_draw_rules_that_divide_people() -> None:
    shares = Shares()

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        records = data.draw(contacts_and_history())
        everybody = facts_of(records)
        for _ in range(4):
            rule = data.draw(closed_rules(records))
            shares.note(sum(matches(rule, facts) for facts in everybody), len(everybody))

    ask()
    assert shares.share > 0.1, str(shares)


def contact(**values: object) -> Contact:
    return Contact.model_validate({"id": ID, **values})


def happened(*rows: dict[str, object]) -> Facts:
    """The facts of a contact with these interactions; a visit on 1 March 2025 unless said otherwise."""
    made = [
        Interaction.model_validate({"id": UUID(int=n), "contact": ID, "kind": "visit", "day": date(2025, 3, 1), **row})
        for n, row in enumerate(rows, 2)
    ]
    return Facts(contact(), {"interaction": made})


def test_unknown_under_not_is_included() -> None:
    welsh = Field("language", OneOf(frozenset({"cy"})))
    assert not matches(welsh, Facts(contact()))
    assert matches(Not(welsh), Facts(contact()))
    assert matches(Not(Field("language", Known())), Facts(contact()))


@pytest.mark.parametrize(("written", "asked"), [("É", "e"), ("ŵ", "W"), ("ẞ", "ss"), ("Tŷ’n–y–Dŵr", "ty'n-y-dwr")])
def test_folded_twins_are_equal(written: str, asked: str) -> None:
    assert matches(Field("name", OneOf(frozenset({fold(asked)}))), Facts(contact(name=written)))
    assert matches(Field("name", Has(fold(asked), "end")), Facts(contact(name=f"x {written}")))


def test_wildcards_are_plain_letters() -> None:
    assert not matches(Field("name", Has("%")), Facts(contact(name="100")))
    assert not matches(Field("name", Has("a_b")), Facts(contact(name="acb")))


def test_a_refund_is_summed_on_its_own_day_and_counts() -> None:
    facts = happened({"amount": 500, "currency": "GBP"}, {"amount": -500, "currency": "GBP", "day": date(2025, 3, 2)})
    spent = Measure("interaction", "sum", "amount", "GBP")
    assert measure(spent, facts) == 0
    assert measure(Measure("interaction", "count"), facts) == 2
    assert measure(Measure("interaction", "sum", "amount", "GBP", until=date(2025, 3, 1)), facts) == 500


def test_another_currency_is_not_seen() -> None:
    facts = happened({"amount": 500, "currency": "EUR"}, {"amount": 100, "currency": "GBP"})
    assert measure(Measure("interaction", "sum", "amount", "GBP"), facts) == 100
    assert measure(Measure("interaction", "count", "", "GBP"), facts) == 1


def test_an_average_is_floored_toward_minus_infinity() -> None:
    facts = happened({"party_size": -1}, {"party_size": 0}, {"party_size": None})
    assert measure(Measure("interaction", "average", "party_size"), facts) == -1


def test_of_nothing_a_count_is_none_and_the_rest_unknown() -> None:
    nothing = happened()
    for what in ("count", "days", "sum"):
        assert measure(Measure("interaction", what, "amount" if what == "sum" else ""), nothing) == 0
    for what in ("largest", "smallest", "average", "first", "last"):
        wanted = Measure("interaction", what, "" if what in ("first", "last") else "amount")
        assert measure(wanted, nothing) is None
        assert not matches(Compare(wanted), nothing) and matches(Not(Compare(wanted)), nothing)


def test_a_windows_ends_are_included_and_an_empty_window_holds_nothing() -> None:
    facts = happened({"day": date(2024, 2, 29)}, {"day": date(2024, 3, 1)})
    count = [("2024-02-29", "2024-02-29", 1), ("2024-02-29", "2024-03-01", 2), ("2024-03-02", "2024-02-28", 0)]
    for since, until, wanted in count:
        window = Measure("interaction", "count", since=date.fromisoformat(since), until=date.fromisoformat(until))
        assert measure(window, facts) == wanted


def test_equal_days_are_one_day_and_summer_time_changes_none() -> None:
    facts = happened(
        {"at": datetime(2025, 3, 29, 23, 59, tzinfo=UTC), "day": date(2025, 3, 29)},
        {"at": datetime(2025, 3, 30, 0, 59, tzinfo=UTC), "day": date(2025, 3, 30)},
        {"at": datetime(2025, 3, 30, 1, 0, tzinfo=UTC), "day": date(2025, 3, 30)},
    )
    assert measure(Measure("interaction", "days"), facts) == 2
    assert measure(Measure("interaction", "first"), facts) == date(2025, 3, 29)


def test_conditions_of_one_part_hold_of_the_same_part() -> None:
    two = contact(roles=(Role(role="member", level="gold"), Role(role="volunteer", level="tin")))
    tin_member = All((Field("role", OneOf(frozenset({"member"}))), Field("level", OneOf(frozenset({"tin"})))))
    assert not matches(AnyPart("roles", tin_member), Facts(two))
    assert matches(AnyPart("roles", Not(tin_member)), Facts(two))
    assert not matches(AnyPart("roles", Not(tin_member)), Facts(contact()))


def test_matching_forms() -> None:
    person = Facts(contact(emails=(Email(address="A@Example.org"),), addresses=(Address(postcode="sy20 8xx"),)))
    assert matches(AnyPart("emails", Field("key", OneOf(frozenset({"a@example.org"})))), person)
    assert matches(AnyPart("addresses", Field("postcode_key", Has("SY20", "start"))), person)
    assert not matches(
        AnyPart("addresses", Field("postcode_key", Known())), Facts(contact(addresses=(Address(town="X"),)))
    )


def test_a_role_lapses_after_its_days_of_grace() -> None:
    member = Facts(contact(roles=(Role(role="member", end=date(2024, 2, 28), grace_days=2),)))
    lapses = AnyPart("roles", Field("lapses", Between(date(2024, 3, 1), date(2024, 3, 1))))
    assert matches(lapses, member)
    assert not matches(lapses, Facts(contact(roles=(Role(role="member", grace_days=2),))))


def test_instants_are_compared_in_milliseconds() -> None:
    at = datetime(2025, 3, 30, 1, tzinfo=UTC)
    said = Consent(id=UUID(int=7), contact=ID, channel="email", decision="given", recorded=at)
    exactly: Closed = Compare(
        Measure("consent", "count", where=Field("recorded", Between(to_wire("instant", at), None)), day_field=""), low=1
    )
    assert matches(exactly, Facts(contact(), {"consent": [said]}))


def test_months_weekdays_and_membership() -> None:
    facts = happened({"day": date(2025, 3, 1)})  # a Saturday
    march = Measure("interaction", "count", where=Field("month", OneOf(frozenset({3}))))
    saturday = Measure("interaction", "count", where=Field("weekday", OneOf(frozenset({6}))))
    assert (measure(march, facts), measure(saturday, facts)) == (1, 1)
    assert matches(Member(ID), Facts(contact(), {}, frozenset({ID}))) and not matches(Member(ID), facts)

"""bind: windows as days, names and values as they are compared, segments written out, ranks as cut values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn.model import Consent, Contact, Custom, Interaction, Phone, Record, Role, Segment
from perthyn.rules import (
    Closed,
    Facts,
    Group,
    Leaf,
    Measure,
    Rule,
    Window,
    bind,
    explain_facts,
    matches,
    parse,
    rights_in,
    rule_json,
)
from perthyn.rules.bind import fifth, share
from perthyn.rules.closed import AnyPart, Compare, Field, Has, Member
from perthyn.rules.windows import days_of, shift
from perthyn.testing.rules_open import HAND, a_schema, open_rules
from perthyn.testing.rules_strategies import AS_OF, contacts_and_history, facts_of

SCHEMA = a_schema()
ID = UUID(int=99)


def close(
    rule: Rule | str,
    as_of: date = AS_OF,
    segments: Iterable[Segment] = SCHEMA.segments,
    spread: Iterable[tuple[int, int]] = ((0, 1), (100, 2), (500, 1)),
    month: int = 1,
) -> Closed:
    return bind(
        parse(rule, SCHEMA) if isinstance(rule, str) else rule,
        SCHEMA,
        as_of=as_of,
        segments={one.id: one for one in segments}.get,
        spread=lambda _: list(spread),
        currency="GBP",
        zone=ZoneInfo("Europe/London"),
        year_start_month=month,
    )


def true(rule: str, as_of: date = AS_OF, owned: Iterable[Record] = (), **values: object) -> bool:
    facts: dict[str, list[Record]] = {}
    for one in owned:
        facts.setdefault(one.type_name, []).append(one)
    return matches(close(rule, as_of), Facts(Contact.model_validate({"id": ID, **values}), facts))


@settings(max_examples=settings().max_examples * 2 // 5, deadline=None)
@given(st.data())
def test_every_rule_that_can_be_said_can_be_bound_decided_and_explained(data: st.DataObject) -> None:
    rule = data.draw(open_rules(SCHEMA))
    closed, opposite = close(rule), close(Group(not_=True, rules=(rule,)))
    rights_in(closed, SCHEMA)
    for facts in facts_of(data.draw(contacts_and_history(contacts=2))):
        verdict = matches(closed, facts)
        assert matches(opposite, facts) is not verdict
        assert explain_facts(closed, facts).holds is verdict


# -- windows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "as_of", "low", "high"),
    [
        (Window(last="P1M"), "2026-03-31", "2026-03-01", "2026-03-31"),
        (Window(last="P1M"), "2024-03-30", "2024-03-01", "2024-03-30"),
        (Window(last="P12M"), "2024-02-29", "2023-03-01", "2024-02-29"),
        (Window(last="P1Y"), "2025-02-28", "2024-02-29", "2025-02-28"),
        (Window(last="P30D"), "2024-03-01", "2024-02-01", "2024-03-01"),
        (Window(last="P1W"), "2024-03-01", "2024-02-24", "2024-03-01"),
        (Window(next="P60D"), "2024-01-01", "2024-01-02", "2024-03-01"),
        (Window(ago="P2Y"), "2024-02-29", None, "2022-02-28"),
        (Window(year=2025), "2026-03-31", "2025-01-01", "2025-12-31"),
        (Window(year="this"), "2026-03-31", "2026-01-01", "2026-12-31"),
        (Window(year="last"), "2026-03-31", "2025-01-01", "2025-12-31"),
        (Window(before=date(2025, 1, 1)), "2026-03-31", None, "2024-12-31"),
        (Window(after=date(2025, 1, 1)), "2026-03-31", "2025-01-02", None),
        (Window(before=date.min), "2026-03-31", None, "0001-01-01"),
        (Window(after=date.max), "2026-03-31", "9999-12-31", None),
        (Window(last="P9999Y"), "2026-03-31", "0001-01-02", "2026-03-31"),
    ],
)
def test_the_days_of_a_window(window: Window, as_of: str, low: str | None, high: str | None) -> None:
    found = days_of(window, date.fromisoformat(as_of))
    assert (found.low and found.low.isoformat(), found.high and found.high.isoformat()) == (low, high)


def test_a_year_may_start_in_a_set_month() -> None:
    found = [days_of(Window(year=year), date(2026, 3, 31), 4) for year in ("this", "last", 2025)]
    starts = [date(2025, 4, 1), date(2024, 4, 1), date(2025, 4, 1)]
    assert [(one.low, one.high) for one in found] == [(low, shift(low, 12).replace(month=3, day=31)) for low in starts]


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-240, 240))
def test_a_shift_by_months_stays_in_its_month(day: date, months: int) -> None:
    found = shift(day, months)
    assert found.year * 12 + found.month == day.year * 12 + day.month + months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


def visit(day: str, **values: object) -> Interaction:
    row = {"id": UUID(int=int(day.replace("-", ""))), "contact": ID, "kind": "visit", "day": date.fromisoformat(day)}
    return Interaction.model_validate(row | values)


def test_nothing_after_the_day_asked_is_seen_unless_the_rule_looks_ahead() -> None:
    later = [visit("2026-05-01")]
    for rule in ("visits ever", "visits since 2026-01-01", "visits this year", "visits in last 2 years"):
        assert not true(rule, owned=later)
        assert true(rule, owned=later, as_of=date(2026, 5, 1))
    for rule in ("visits in next 60 days", "first visit in next 60 days", "visits on 2026-05-01"):
        assert true(rule, owned=later)


def test_a_window_of_months_ends_at_the_months_end() -> None:
    for day, inside in [("2025-09-30", False), ("2025-10-01", True), ("2026-03-31", True)]:
        assert true("visits in last 6 months", owned=[visit(day)]) is inside


def test_a_day_of_an_instant_is_the_organisations() -> None:
    said = Consent(
        id=ID, contact=ID, channel="email", decision="given", recorded=datetime(2025, 6, 30, 23, 30, tzinfo=UTC)
    )
    assert true("consents with recorded at on 2025-07-01", owned=[said])
    assert not true("consents with recorded at on 2025-06-30", owned=[said])
    assert true("consents with recorded at between 0001-01-01 and 9999-12-31", owned=[said])


# -- roles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "now", "ever"),
    [
        (Role(role="Member"), True, True),
        (Role(role="member", start=AS_OF), True, True),
        (Role(role="member", start=date(2026, 4, 1)), False, False),
        (Role(role="member", end=AS_OF), True, True),
        (Role(role="member", end=date(2026, 3, 1), grace_days=30), True, True),
        (Role(role="member", end=date(2026, 3, 1), grace_days=29), False, True),
        (Role(role="volunteer"), False, False),
    ],
)
def test_a_role_counts_while_it_runs_and_in_its_days_of_grace(role: Role, now: bool, ever: bool) -> None:
    assert true("role is member", roles=(role,)) is now
    assert true("role is not member", roles=(role,)) is not now
    assert true("was member", roles=(role,)) is ever
    assert true("has role with (role is member and active)", roles=(role,)) is now


def test_a_membership_that_ends_soon() -> None:
    for end, soon in [("2026-03-31", False), ("2026-04-01", True), ("2026-05-30", True), ("2026-05-31", False)]:
        assert true("member ends in next 60 days", roles=(Role(role="member", end=date.fromisoformat(end)),)) is soon


# -- values -----------------------------------------------------------------------------------------------------------


def test_values_are_compared_in_their_matching_form() -> None:
    assert close("postcode starts with sy20") == AnyPart("addresses", Field("postcode_key", Has("SY20", "start")))
    assert true('phone is "01654 700000"', phones=(Phone.of("+44 1654 700000"),))
    assert true('email is "A@EXAMPLE.org"', emails=({"address": "a@example.org"},))
    assert true("shirt size is XL and own.children at least 2", custom=(Custom(name="own.shirt", text="xl"),
                Custom(name="own.children", number=2)))  # fmt: skip
    assert not true("own.children at least 2", custom=(Custom(name="own.shirt", number=2),))


def test_an_amount_is_of_its_currency() -> None:
    given = visit("2025-03-01", kind="donation", amount=6000, currency="EUR")
    assert not true("donations with amount at least £50 ever", owned=[given])
    assert true("donations with amount at least €50 ever", owned=[given])
    assert true("largest donation at least €50", owned=[given]) and not true(
        "largest donation at least £1", owned=[given]
    )


# -- ranks ------------------------------------------------------------------------------------------------------------


def test_the_top_takes_whole_people_and_ties_share() -> None:
    spread = [(1, 5), (10, 3), (20, 2)]
    assert share(spread, 10, top=True) == (20, None)
    assert share(spread, 21, top=True) == (10, None)
    assert share(spread, 50, top=False) == (None, 1)
    assert share([], 10, top=True) == (None, None)


def test_fifths_share_ties() -> None:
    assert [fifth([(n, 1) for n in range(1, 11)], q) for q in (1, 3, 5)] == [(1, 2), (5, 6), (9, 10)]
    assert fifth([(7, 10)], 1) == (7, 7) and fifth([(7, 10)], 5) == (None, None)


def test_whoever_has_none_stands_in_no_rank() -> None:
    rule = close("in bottom 100% by total of donations")
    assert not matches(rule, Facts(Contact(id=ID)))
    assert not matches(close("in top 10% by total of donations", spread=()), Facts(Contact(id=ID)))


# -- segments ---------------------------------------------------------------------------------------------------------


def segment(number: int, rule: str, mode: str = "dynamic") -> Segment:
    return Segment.model_validate({"id": UUID(int=number), "name_en": f"S{number}", "mode": mode, "rule": rule})


def inside(number: int) -> str:
    return rule_json(Group(rules=(Leaf(field="segment", operator="=", value=str(UUID(int=number))),)))


def test_segments_are_written_out_or_looked_up() -> None:
    assert close('in segment "Friends of the house"') == Member(HAND.id)
    assert close('in segment "Welsh readers"') == close("language is cy")


def test_a_circle_of_segments_is_named() -> None:
    circle = [segment(1, inside(2)), segment(2, inside(3)), segment(3, inside(2))]
    with pytest.raises(PerthynError) as caught:
        close(Group(rules=(Leaf(field="segment", operator="=", value=str(UUID(int=1))),)), segments=circle)
    assert (caught.value.code, caught.value.facts["path"]) == ("rules.segment.cycle", ("S1", "S2", "S3", "S2"))


@pytest.mark.parametrize(
    ("clause", "code", "place"),
    [
        ({"field": "langauge", "operator": "=", "value": "cy"}, "rules.name.unknown", "rules.1"),
        ({"field": "kind:vist", "match": {"mode": "some"}}, "rules.name.unknown", "rules.1"),
        ({"measure": {"what": "named", "of": "spent"}, "operator": ">", "value": 1}, "rules.name.unknown", "rules.1"),
        ({"field": "language", "operator": "=", "value": "welsh"}, "rules.value.unknown", "rules.1"),
        ({"field": "language", "operator": ">", "value": "cy"}, "rules.operator.unfit", "rules.1"),
        ({"field": "name", "operator": "=", "value": 3}, "rules.value.unfit", "rules.1"),
        ({"field": "own.children", "operator": ">", "value": "3"}, "rules.value.unfit", "rules.1"),
        ({"field": "emails", "match": {"mode": "atLeast", "threshold": 2}}, "rules.match.list", "rules.1"),
        ({"field": "record:consent", "match": {"mode": "some"}, "window": {"year": 2025}},
         "rules.window.none", "rules.1"),
        ({"field": "segment", "operator": "=", "value": str(ID)}, "rules.segment.unknown", "rules.1"),
        ({"field": "language_asked", "operator": "during", "value": {"from": "2025-02-01", "to": "2025-01-01"}},
         "rules.window.backwards", None),
    ],
)  # fmt: skip
def test_what_is_not_understood_breaks_loudly(clause: object, code: str, place: str | None) -> None:
    person = Leaf(field="kind", operator="=", value="person").model_dump()
    with pytest.raises(PerthynError) as caught:
        close(Group.model_validate({"rules": [person, clause]}))
    assert caught.value.code == code
    assert place is None or caught.value.facts["place"] == place


def test_a_name_near_a_known_one_is_suggested() -> None:
    with pytest.raises(PerthynError) as caught:
        close(Group(rules=(Leaf(field="langauge", operator="=", value="cy"),)))
    assert caught.value.facts["suggestion"] == "language"


def test_the_rights_a_rule_asks_for() -> None:
    assert rights_in(close("total of donations at least £100 and note is known"), SCHEMA).keys() >= {
        "money.read",
        "note.read",
    }
    assert "money.read" not in rights_in(close("donations at least 3"), SCHEMA)


def test_a_count_is_the_shape_that_summaries_answer() -> None:
    found = close("donations at least 3 in last 24 months")
    wanted = Measure("interaction", "count", kinds=frozenset({"donation"}), since=date(2024, 4, 1), until=AS_OF)
    assert found == Compare(wanted, low=3)

"""The text form: what can be typed in English and in Welsh, how it is printed, and where its errors point."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn.rules import Group, Leaf, Match, Matching, Measured, Money, Rule, Window, parse, print_rule
from perthyn.rules.data import read_rule, rule_json
from perthyn.rules.keywords import RESERVED
from perthyn.testing.rules_open import HAND, a_schema, open_rules

SCHEMA = a_schema()


@settings(max_examples=200, deadline=None)
@given(open_rules(SCHEMA), st.sampled_from(("en", "cy")))
def test_what_is_printed_in_a_language_is_read_as_the_same_rule(rule: Rule, language: str) -> None:
    assert parse(print_rule(rule, SCHEMA, language), SCHEMA, language) == rule


@settings(max_examples=100, deadline=None)
@given(open_rules(SCHEMA))
def test_the_stored_form_is_read_as_the_same_rule(rule: Rule) -> None:
    assert read_rule(rule_json(rule)) == rule


LAPSED = "person and language is cy and donations at least 3 in last 24 months and no visits in last 6 months"


def test_the_example_of_the_design_as_data() -> None:
    assert parse(LAPSED, SCHEMA) == Group(
        rules=(
            Leaf(field="kind", operator="=", value="person"),
            Leaf(field="language", operator="=", value="cy"),
            Matching(field="kind:donation", match=Match(mode="atLeast", threshold=3), window=Window(last="P24M")),
            Matching(field="kind:visit", match=Match(mode="none"), window=Window(last="P6M")),
        )
    )


# Each line: as typed, as printed in English, as printed in Welsh. Typed Welsh is accepted with and without accents,
# and in mutated forms.
SAID = [
    (LAPSED, LAPSED,
     "unigolyn ac iaith yw cy a rhoddion o leiaf 3 yn y 24 mis diwethaf a dim ymweliadau yn y 6 mis diwethaf"),
    ("unigolyn a iaith yw Cymraeg a roddion o leiaf 3 yn y 24 mis diwethaf a heb ymweliadau yn y 6 mis diwethaf",
     LAPSED,
     "unigolyn ac iaith yw cy a rhoddion o leiaf 3 yn y 24 mis diwethaf a dim ymweliadau yn y 6 mis diwethaf"),
    ("heb gwynion yn y 2 flynedd diwethaf", "no complaints in last 2 years", "dim cwynion yn y 2 flynedd diwethaf"),
    ("member", "role is member", "rôl yw aelod"),
    ("rol yw aelod", "role is member", "rôl yw aelod"),
    ("was volunteer", "role was volunteer", "rôl bu gwirfoddolwr"),
    ("member ends in next 60 days", "member ends in next 60 days", "aelod yn dod i ben yn y 60 diwrnod nesaf"),
    ("member started in last 3 months", "member starts in last 3 months", "aelod yn dechrau yn y 3 mis diwethaf"),
    ("has email and no phone", "has email and no phone", "oes e-bost a dim ffôn"),
    ("relationship is household member", "relationship is household member", "perthynas yw aelod o'r aelwyd"),
    ("shirt size is XL", "own.shirt is XL", "own.shirt yw XL"),
    ("maint crys yw XL", "own.shirt is XL", "own.shirt yw XL"),
    ("own.children more than 2", "own.children more than 2", "own.children mwy na 2"),
    ("trained on before 1 March 2025", "own.trained before 2025-03-01", "own.trained cyn 2025-03-01"),
    ("trained on cyn 1 Mawrth 2025", "own.trained before 2025-03-01", "own.trained cyn 2025-03-01"),
    ("no donations", "no donations ever", "dim rhoddion erioed"),
    ("visits with party size at least 7", "visits with (party size at least 7) ever",
     "ymweliadau gyda (maint y grŵp o leiaf 7) erioed"),
    ('donations with amount at least £50 and campaign is "Roof" at least 2 in 2025',
     "donations with (amount at least £50 and campaign is Roof) at least 2 in 2025",
     "rhoddion gyda (swm o leiaf £50 ac ymgyrch yw Roof) o leiaf 2 yn 2025"),
    ("bookings with days ahead more than 30", "bookings with (days ahead more than 30) ever",
     "archebion gyda (dyddiau ymlaen llaw mwy na 30) erioed"),
    ("total of donations at least £100 in last 24 months", "total of donations at least £100 in last 24 months",
     "cyfanswm rhoddion o leiaf £100 yn y 24 mis diwethaf"),
    ("largest donation at least 500", "largest donation at least £500", "uchafswm rhoddion o leiaf £500"),
    ("average party size of visits at least 4", "average party size of visits at least 4",
     "cyfartaledd maint y grŵp mewn ymweliadau o leiaf 4"),
    ("first visit in last 30 days", "first visit in last 30 days",
     "dyddiad cyntaf ymweliadau yn y 30 diwrnod diwethaf"),
    ("ymweliad diwethaf cyn 2025-01-01", "last visit before 2025-01-01", "dyddiad olaf ymweliadau cyn 2025-01-01"),
    ("last visit more than 2 years ago", "last visit more than 2 years ago",
     "dyddiad olaf ymweliadau mwy na 2 flynedd yn ôl"),
    ("days of visits at least 2 in last 24 months", "days of visits at least 2 in last 24 months",
     "diwrnodau ymweliadau o leiaf 2 yn y 24 mis diwethaf"),
    ("gave in last 13 months", "giving in last 13 months", "rhoi yn y 13 mis diwethaf"),
    ("anything attended at least 1 this year", "attending at least 1 this year", "mynychu o leiaf 1 eleni"),
    ("no interactions in last 24 months", "no interactions in last 24 months",
     "dim rhyngweithiadau yn y 24 mis diwethaf"),
    ("consents with (decision is given and channel is email)",
     "consents with (decision is given and channel is email) ever",
     "cydsyniadau gyda (penderfyniad yw rhoddwyd a sianel yw e-bost) erioed"),
    ('in segment "friends of the house"', 'in segment "Friends of the house"', 'yn segment "Cyfeillion y tŷ"'),
    ('nid yn segment "cyfeillion y ty"', 'not in segment "Friends of the house"', 'nid yn segment "Cyfeillion y tŷ"'),
    ("in top 10% by total of donations in last 12 months", "in top 10% by total of donations in last 12 months",
     "yn y 10% uchaf yn ôl cyfanswm rhoddion yn y 12 mis diwethaf"),
    ("in fifth 5 by spend", "in fifth 5 by spend", "ym mhumed 5 yn ôl gwariant"),
    ("postcode starts with SY20 or town in (Machynlleth, \"Aber Dyfi\")",
     "postcode starts with SY20 or town in (Machynlleth, \"Aber Dyfi\")",
     "cod post yn dechrau gyda SY20 neu tref yn un o (Machynlleth, \"Aber Dyfi\")"),
    ("donations in 2024 and not (language is en or deceased)", "donations in 2024 and not (language is en or deceased)",
     "rhoddion yn 2024 ac nid (iaith yw en neu wedi marw)"),
    ("language is known or email contains \"@gmail\"", "language is known or email contains \"@gmail\"",
     "iaith yn hysbys neu e-bost yn cynnwys \"@gmail\""),
    ("visits last year and no visits this year", "visits last year and no visits this year",
     "ymweliadau y llynedd a dim ymweliadau eleni"),
    ("emails in last 6 months and no emails with (campaign is Roof) ever",
     "emails in last 6 months and no emails with (campaign is Roof) ever",
     "e-byst yn y 6 mis diwethaf a dim e-byst gyda (ymgyrch yw Roof) erioed"),
    ("visits at least 3 times since 1/2/2025", "visits at least 3 since 2025-02-01",
     "ymweliadau o leiaf 3 ers 2025-02-01"),
    ("everyone", "everyone", "pawb"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "english", "welsh"), SAID)
def test_typed_in_either_language_printed_in_both(typed: str, english: str, welsh: str) -> None:
    rule = parse(typed, SCHEMA)
    assert (print_rule(rule, SCHEMA, "en"), print_rule(rule, SCHEMA, "cy")) == (english, welsh)


def test_a_segment_is_stored_by_its_id() -> None:
    rule = parse('in segment "Cyfeillion y tŷ"', SCHEMA)
    assert rule.rules == (Leaf(field="segment", operator="=", value=str(HAND.id)),)


def test_an_amount_without_a_sign_is_in_the_organisations_currency() -> None:
    rule = parse("largest donation at least 12.50", SCHEMA).rules[0]
    assert isinstance(rule, Measured) and rule.value == Money(minor=1250, currency="GBP")


def test_days_are_read_day_first() -> None:
    rule = parse("visits on 3/2/2025", SCHEMA).rules[0]
    assert isinstance(rule, Matching) and rule.window == Window(on=date(2025, 2, 3))


WRONG = [
    # typed, code, the place it points at, the suggestion
    ("person and langauge is cy", "rules.text.unexpected", "langauge", "language"),
    ("person and\nno vists in last 6 months", "rules.text.unexpected", "vists", "visits"),
    ("unigolyn a rhodion o leiaf 3", "rules.text.unexpected", "rhodion", "rhoddion"),
    ("language is welshh", "rules.text.unexpected", "welshh", "Welsh"),
    ("donations at lest 3", "rules.text.unexpected", "at", "at least"),
    ("visits in last 6 monhts", "rules.text.unexpected", "monhts", "months"),
    ("person language is cy", "rules.text.unexpected", "language", None),
    ("person and language is cy or deceased", "rules.text.mixed", "or", None),
    ("visits with site is Castle and kind is visit ever", "rules.text.ambiguous", "kind", None),
    ("visits since 30/2/2025", "rules.text.day", "30/2/2025", None),
    ("largest donation at least £1.234", "rules.text.decimals", "£1.234", None),
    ('name is "Siân', "rules.text.unclosed", '"', None),
    ("name is #", "rules.text.character", "#", None),
    ('in segment "Friends of the hose"', "rules.segment.unknown", '"Friends of the hose"', "Friends of the house"),
    ("person and ", "rules.text.ended", "", None),
    ("", "rules.text.ended", "", None),
    ("(person", "rules.text.ended", "", None),
    ("person)", "rules.text.unexpected", ")", None),
]


@pytest.mark.parametrize(("typed", "code", "found", "suggestion"), WRONG)
def test_an_error_points_at_the_place(typed: str, code: str, found: str, suggestion: str | None) -> None:
    with pytest.raises(PerthynError) as caught:
        parse(typed, SCHEMA)
    facts = caught.value.facts
    assert caught.value.code == code
    assert facts["found"] == found
    offset = facts["offset"]
    assert isinstance(offset, int) and typed[offset:].startswith(found)
    line = typed[:offset].count("\n") + 1
    assert (facts["line"], facts["column"]) == (line, offset - (typed.rfind("\n", 0, offset) + 1) + 1)
    if suggestion is not None:
        assert facts["suggestion"] == suggestion


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            (*sorted(RESERVED), "person", "visits", "language", "cy", "3", "£5", "(", ")", ",", '"x"', "2025")
        )
        | st.text(max_size=4),
        max_size=9,
    ).map(" ".join)
)
def test_whatever_is_typed_is_a_rule_or_an_error_with_a_place(typed: str) -> None:
    try:
        rule = parse(typed, SCHEMA)
    except PerthynError as error:
        assert error.code.startswith("rules.") and "place" in error.facts
    else:
        assert parse(print_rule(rule, SCHEMA, "cy"), SCHEMA) == rule


def test_brackets_within_brackets_have_an_end() -> None:
    with pytest.raises(PerthynError, match=r"rules\.text\.deep"):
        parse("(" * 5000 + "person" + ")" * 5000, SCHEMA)

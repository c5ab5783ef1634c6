"""The builder's laws: what is chosen is a rule that prints, parses and counts alike; no rule loses anything in it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.changes import Batch, Create
from perthyn.crm import Actor, Crm
from perthyn.errors import PerthynError
from perthyn.rules import Group, bind, matches, parse, print_rule, read_rule, rule_json, tidy
from perthyn.rules.data import Clause, Rule
from perthyn.testing import MemoryStore
from perthyn.testing.rules_open import a_schema, open_rules
from perthyn.testing.rules_strategies import AS_OF, contacts_and_history
from perthyn.text import Translator
from perthyn_web.builder import Offers, choice_of, clause_of, outline
from perthyn_web.builder.hows import UNITS, How
from perthyn_web.builder.lines import Unsaid
from perthyn_web.builder.outline import JOINS, added, at, beside, joined, opposite, replaced, spread, turned

SCHEMA = a_schema()
T = [Translator("en"), Translator("cy")]


class Plain:
    """As much of a `Crm` as offers ask for, by a schema alone."""

    actor = Actor("gwen")

    def schema(self) -> Any:
        return SCHEMA

    def segments(self) -> list[Any]:
        return list(SCHEMA.segments)

    def broken(self, segment: Any) -> None:
        return None

    def kept(self, name: str, make: Any) -> Any:
        return ["castell", "Tŷ"]


OFFERS = Offers(cast(Crm, Plain()), T[0])
SUBJECTS = [one.value for _, some in OFFERS.subjects() for one in some]


@st.composite
def choices(draw: st.DrawFn) -> dict[str, Any]:
    """Whatever somebody can choose in the form."""
    what = draw(st.sampled_from(SUBJECTS))
    hows = [one for _, some in OFFERS.hows(what) for one in some]
    how = draw(st.sampled_from(hows))
    said: dict[str, Any] = {"what": what, "how": how.name, **draw(values(what, how))}
    whens = OFFERS.whens(what, how)
    if whens:
        when = draw(st.sampled_from(whens))
        days = sorted((draw(DAYS), draw(DAYS)))
        said |= {"when": when.name, "n": str(draw(st.integers(1, 40))), "unit": draw(st.sampled_from(list(UNITS))),
                 "day": days[0].isoformat(), "until": days[1].isoformat(), "year": "2025"}  # fmt: skip
    narrows = OFFERS.narrows(what)
    if narrows and draw(st.integers(0, 3)) == 0:
        of = draw(st.sampled_from(narrows)).value
        hows_of = OFFERS.narrow_hows(what, of)
        number = any(one.value == ">=" for one in hows_of)
        own = [one.value for one in OFFERS.narrow_values(what, of)]
        value = draw(st.sampled_from(["5", "12"] if number else own or WORDS))
        said |= {"of": of, "ofhow": draw(st.sampled_from(hows_of)).value, "ofvalue": value}
    return said


DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
WORDS = ["Roof", "and", 'say "Sul"', "Tŷ'n-y-Dŵr", "100%", "3", "o leiaf", "cy"]


def values(what: str, how: How) -> st.SearchStrategy[dict[str, Any]]:
    own = [one.value for one in OFFERS.values(what)]
    number = st.sampled_from(["1", "3", "1,250"])
    match how.asks:
        case "text" | "several":
            return st.sampled_from([*own, *WORDS]).map(lambda one: {"value": [one]})
        case "choice" | "segment":
            return st.sampled_from(own).map(lambda one: {"value": [one]})
        case "choices":
            return st.lists(st.sampled_from(own), min_size=1, unique=True).map(lambda some: {"value": some})
        case "number":
            return number.map(lambda one: {"value": [one]})
        case "money":
            return st.sampled_from(["50", "£12.50", "1,000"]).map(lambda one: {"value": [one]})
        case "two":
            return st.just({"value": ["2"], "to": "5"})
        case "percent" | "fifth":
            return st.sampled_from(["1", "5"]).map(lambda one: {"value": [one]})
    return st.just({})


@given(choices())
@settings(max_examples=400, deadline=None)
def test_whatever_is_chosen_prints_parses_and_is_shown_again(said: dict[str, Any]) -> None:
    clause = clause_of(said, SCHEMA)
    rule = tidy(clause)
    for language in ("en", "cy"):
        assert parse(print_rule(rule, SCHEMA, language), SCHEMA) == rule
    assert read_rule(rule_json(rule)) == rule
    again = choice_of(clause, SCHEMA)
    assert again is not None and clause_of(again, SCHEMA) == clause
    (line,) = outline(rule, SCHEMA, T).lines
    assert line.chosen and line.clause == clause and all(line.said.values())


@given(open_rules(SCHEMA))
@settings(max_examples=400, deadline=None)
def test_no_rule_loses_anything(rule: Rule) -> None:
    """A line is shown in the form and makes itself again, or is text that does."""
    whole = outline(rule, SCHEMA, T)
    for line in [inner for one in whole.lines for inner in (one.lines or [one])]:
        if line.chosen:
            said = choice_of(line.clause, SCHEMA)
            assert said is not None and clause_of(said, SCHEMA) == line.clause
        else:
            assert parse(print_rule(tidy(line.clause), SCHEMA, "cy"), SCHEMA) == tidy(line.clause)
        assert replaced(rule, line.path, line.clause) == rule and at(rule, line.path) == line.clause


@given(contacts_and_history(), open_rules(SCHEMA), choices(), st.data())
@settings(max_examples=60, deadline=None)
def test_what_the_builder_does_to_a_rule_means_what_it_says(
    records: list[Any], rule: Rule, said: dict[str, Any], data: st.DataObject
) -> None:
    """Held against the law on a small store: also, instead, the opposite, joined otherwise, taken away."""
    store = MemoryStore()
    made = [Create(one) for one in records]
    store.apply(Batch(UUID(int=1), "t", datetime(2026, 1, 1, tzinfo=UTC), "t", "import", made))
    people = list(store.facts())

    def true(one: Clause) -> set[UUID]:
        closed = bind(tidy(one), SCHEMA, as_of=AS_OF, segments=lambda id: next(
            (each for each in SCHEMA.segments if each.id == id), None), spread=store.spread, currency="GBP",
            zone=ZoneInfo("Europe/London"))  # fmt: skip
        found = {one.contact.id for one in people if matches(closed, one)}
        assert set(store.select(closed)) == found and store.count(closed) == len(found)
        return found

    everybody = {one.contact.id for one in people}
    try:
        new, before = clause_of(said, SCHEMA), true(rule)
        mine = true(new)
    except PerthynError as error:  # currencies mixed, windows that nothing has: bind refuses them either way
        assert error.code.startswith("rules.")
        return
    whole = spread(rule)
    both = {("and", False): before & mine, ("or", False): before | mine}
    alone = both.get((whole.combinator, whole.not_)) if len(whole.rules) > 1 else before & mine
    if alone is not None:
        assert true(added(rule, "", new)) == alone
    assert true(beside(rule, "", new)) == (before | mine if whole.combinator == "and" else before & mine)
    assert true(opposite(new)) == everybody - mine
    line = data.draw(st.sampled_from(outline(rule, SCHEMA, T).lines))
    theirs = true(line.clause)
    assert true(opposite(line.clause)) == everybody - theirs
    rest = [true(one) for place, one in enumerate(whole.rules) if str(place) != line.path]

    def put(own: set[UUID]) -> set[UUID]:
        some = [own, *rest]
        told = set.intersection(*some) if whole.combinator == "and" else set.union(*some)
        return everybody - told if whole.not_ else told

    assert true(turned(rule, line.path)) == put(everybody - theirs)
    instead = theirs & mine if whole.combinator == "or" else theirs | mine
    assert true(beside(rule, line.path, new)) == put(instead)
    for join, (combinator, negative) in JOINS.items():
        some = [theirs, *rest]
        told = set.intersection(*some) if combinator == "and" else set.union(*some)
        assert true(joined(rule, "", join)) == (everybody - told if negative else told)
    less = replaced(rule, line.path, None)
    if rest:
        told = set.intersection(*rest) if whole.combinator == "and" else set.union(*rest)
        assert less is not None and true(less) == (everybody - told if whole.not_ else told)
    else:
        assert less is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "what"),
        ({"what": "field language", "how": "="}, "value"),
        ({"what": "field own.children", "how": ">=", "value": ["many"]}, "value"),
        ({"what": "history kind:visit", "how": "atLeast"}, "value"),
        ({"what": "history kind:visit", "how": "some", "when": "last", "n": "0"}, "n"),
        ({"what": "history kind:visit", "how": "some", "when": "since", "day": "soon"}, "day"),
        ({"what": "history kind:visit", "how": "some", "when": "from", "day": "2026-02-01", "until": "2026-01-01"},
         "until"),
        ({"what": "history kind:visit", "how": "last during"}, "when"),
        ({"what": "history kind:donation", "how": "sum >=", "value": ["lots"]}, "value"),
        ({"what": "history kind:donation", "how": "sum inTop", "value": ["101"]}, "value"),
        ({"what": "history kind:donation", "how": "some", "of": "amount", "ofhow": ">=", "ofvalue": "x"}, "ofvalue"),
        ({"what": "history kind:donation", "how": "make up"}, "how"),
        ({"what": "field tags.tag", "how": "in", "value": [" , "]}, "value"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_where_it_is_missing(said: dict[str, Any], field: str) -> None:
    with pytest.raises(Unsaid) as told:
        clause_of(said, SCHEMA)
    assert told.value.code.startswith("segment.line.") and told.value.field == field


def test_a_negated_line_is_turned_back_into_itself() -> None:
    for text in ("visits ever", "visits at least 3", "language is cy", "in top 10% by number of visits", "deceased",
                 "not (visits ever and has email)", "email contains x", "first visit since 2026-01-01"):  # fmt: skip
        rule = parse(text, SCHEMA)
        assert turned(turned(rule, "0"), "0") == rule, text


def test_a_rule_for_everybody_is_a_line_that_says_so() -> None:
    (line,) = outline(Group(), SCHEMA, T).lines
    assert line.said == {"en": "Everyone.", "cy": "Pawb."} and not line.chosen

"""The stored form: shaped like React Query Builder's JSON, and strict."""

from __future__ import annotations

import json

import pytest

from perthyn.errors import PerthynError
from perthyn.rules import Group, Leaf, parse, read_rule, rule_json, tidy
from perthyn.testing.rules_open import a_schema


def test_a_builder_can_edit_what_is_stored() -> None:
    rule = parse("donations with amount at least £50 at least 2 in 2025", a_schema())
    assert json.loads(rule_json(rule)) == {
        "combinator": "and",
        "not": False,
        "rules": [
            {
                "field": "kind:donation",
                "operator": "=",
                "match": {"mode": "atLeast", "threshold": 2},
                "value": {
                    "combinator": "and",
                    "not": False,
                    "rules": [{"field": "amount", "operator": ">=", "value": {"minor": 5000, "currency": "GBP"}}],
                },
                "window": {"year": 2025},
            }
        ],
    }


LEAF = {"field": "kind", "operator": "=", "value": "person"}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"rules": [LEAF | {"operator": "matches"}]}, "rules.0"),
        ({"rules": [LEAF | {"valueSource": "field"}]}, "rules.0"),
        ({"rules": [LEAF | {"value": 1.5}]}, "rules.0"),
        ({"rules": [LEAF], "combinator": "xor"}, "combinator"),
        ({"rules": [{"rules": [LEAF], "nope": 1}]}, "rules.0"),
        ({"rules": [{"field": "kind:visit", "match": {"mode": "all"}}]}, "rules.0"),
        ({"rules": [{"field": "kind:visit", "match": {"mode": "atLeast"}}]}, "rules.0"),
        (
            {"rules": [{"field": "kind:visit", "match": {"mode": "some"}, "window": {"last": "P1M", "year": 2025}}]},
            "rules.0",
        ),
        ({"rules": [{"field": "kind:visit", "match": {"mode": "some"}, "window": {"last": "P0M"}}]}, "rules.0"),
    ],
)
def test_what_is_not_known_is_refused_with_its_place(data: object, place: str) -> None:
    with pytest.raises(PerthynError) as caught:
        read_rule(json.dumps(data))
    assert caught.value.code == "rules.data.invalid"
    assert str(caught.value.facts["place"]).startswith(place)


@pytest.mark.parametrize(
    "leaf, why",
    [
        ({"match": {"mode": "atLeast"}}, "rules.data.threshold"),
        ({"match": {"mode": "some"}, "window": {"last": "P0M"}}, "rules.data.duration"),
        ({"match": {"mode": "some"}, "window": {"last": "P1M", "year": 2025}}, "rules.data.window"),
    ],
)
def test_it_is_said_why(leaf: dict[str, object], why: str) -> None:
    with pytest.raises(PerthynError) as caught:
        read_rule(json.dumps({"rules": [{"field": "kind:visit", **leaf}]}))
    reason = caught.value.facts["found"]
    assert isinstance(reason, PerthynError) and reason.code == why


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rules":[' * 2000, "null"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(PerthynError, match=r"rules\.data\.invalid"):
        read_rule(text)


def test_a_rule_has_one_form() -> None:
    leaf = Leaf(field="kind", operator="=", value="person")
    wrapped = Group(combinator="or", rules=(Group(rules=(Group(rules=(leaf,)),)),))
    assert rule_json(wrapped) == rule_json(Group(rules=(leaf,)))
    assert tidy(Group(not_=True, rules=(Group(combinator="or", rules=(leaf, leaf)),))) == Group(
        combinator="or", not_=True, rules=(leaf, leaf)
    )

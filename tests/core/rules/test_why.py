"""Rules and reasons in words."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.model import Contact, Interaction, Role
from perthyn.rules import Facts, Rule, because_sentences, bind, explain_facts, parse, print_rule, sentence
from perthyn.testing.rules_open import a_schema, open_rules
from perthyn.testing.rules_strategies import AS_OF, contacts_and_history, facts_of
from perthyn.text import Translator

SCHEMA = a_schema()
SPEAK = {language: Translator(language) for language in ("en", "cy")}


def reasons(rule: Rule, facts: Facts, language: str = "en") -> list[str]:
    closed = bind(
        rule,
        SCHEMA,
        as_of=AS_OF,
        segments={one.id: one for one in SCHEMA.segments}.get,
        spread=lambda _: [(1, 1)],
        currency="GBP",
    )
    return because_sentences(explain_facts(closed, facts), SPEAK[language], SCHEMA, facts.contact)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(("en", "cy")))
def test_every_rule_has_a_sentence_and_every_verdict_its_reasons(data: st.DataObject, language: str) -> None:
    rule = data.draw(open_rules(SCHEMA))
    said = sentence(rule, SPEAK[language], SCHEMA)
    assert said.endswith(".") and "{" not in said
    for facts in facts_of(data.draw(contacts_and_history(contacts=2))):
        assert not any("{" in one for one in reasons(rule, facts, language))


WHO = Contact(id=UUID(int=1), language="cy", roles=(Role(role="member", start=date(2025, 1, 1)),))
GIFTS = [
    Interaction(id=UUID(int=n), contact=WHO.id, kind="donation", day=day, amount=5000, currency="GBP")
    for n, day in enumerate((date(2024, 5, 1), date(2025, 5, 1), date(2026, 3, 1)), 2)
]
LAPSED = "person and language is cy and donations at least 3 in last 24 months and no visits in last 6 months"


def test_a_rule_read_aloud() -> None:
    rule = parse(LAPSED, SCHEMA)
    assert sentence(rule, SPEAK["en"], SCHEMA) == (
        "All of these (kind is person; language is Welsh; donations, in the last 24 months: at least 3; "
        "visits, in the last 6 months: none)."
    )
    assert sentence(rule, SPEAK["cy"], SCHEMA) == (
        "Pob un o'r rhain (math: unigolyn; iaith: Cymraeg; rhoddion, yn y 24 mis diwethaf: o leiaf 3; "
        "ymweliadau, yn y 6 mis diwethaf: dim un)."
    )


def test_why_somebody_is_in() -> None:
    facts = Facts(WHO, {"interaction": GIFTS})
    assert reasons(parse(LAPSED, SCHEMA), facts) == [
        "Kind: person (needed: person)",
        "Language: Welsh (needed: Welsh)",
        "Donations, from 1 April 2024 to 31 March 2026: 3 (needed: at least 3)",
        "Visits, from 1 October 2025 to 31 March 2026: 0 (needed: none)",
    ]
    assert reasons(parse(LAPSED, SCHEMA), facts, "cy")[2] == (
        "Rhoddion, o 1 Ebrill 2024 i 31 Mawrth 2026: 3 (angen: o leiaf 3)"
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("language is en and donations at least 3", ["Language: Welsh (needed: English)"]),
        ("language is not cy", ["Language: Welsh (needed: not Welsh, or not known)"]),
        ("name is Siân or language is cy", ["Language: Welsh (needed: Welsh)"]),
        (
            "total of donations at least £200",
            ["Total of donations, up to 31 March 2026: £150.00 (needed: at least £200.00)"],
        ),
        ("role is volunteer", ["Role: member (from: 1 January 2025) (needed: role: volunteer (current))"]),
        ('in segment "Friends of the house"', ["not in the segment “Friends of the house”"]),
    ],
)
def test_only_what_decides_is_said(typed: str, said: list[str]) -> None:
    assert reasons(parse(typed, SCHEMA), Facts(WHO, {"interaction": GIFTS})) == said


def test_what_need_only_be_there_is_needed_to_be_known() -> None:
    (said,) = reasons(parse("has email", SCHEMA), Facts(WHO, {}, frozenset()))
    assert "()" not in said and "known" in said


def test_values_are_said_by_their_names_in_both_languages_and_written_by_their_codes() -> None:
    rule = parse("language is one of (en, both) and role is member", SCHEMA)
    assert "language is one of English, both languages" in sentence(rule, SPEAK["en"], SCHEMA)
    assert "iaith: un o Saesneg, y ddwy iaith" in sentence(rule, SPEAK["cy"], SCHEMA)
    assert print_rule(rule, SCHEMA, "cy").startswith("iaith yn un o (en, ")
    assert reasons(parse("role is volunteer", SCHEMA), Facts(WHO, {}), "cy") == [
        "Rôl: aelod (o: 1 Ionawr 2025) (angen: rôl: gwirfoddolwr (cyfredol))"
    ]

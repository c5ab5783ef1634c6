"""Rules: the classic traps, each as a case with the answer written out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from perthyn.model import Address, Custom, Email, Relationship, Role, Tag
from perthyn.rules.closed import (
    All,
    Any,
    AnyPart,
    Between,
    Closed,
    Field,
    Has,
    Known,
    Not,
    OneOf,
)
from perthyn.store import Store
from perthyn.testing.suite.base import StoreCases, numbered, person

SINCE, UNTIL = date(2024, 2, 29), date(2026, 3, 1)
BEFORE, AFTER = SINCE - timedelta(days=1), UNTIL + timedelta(days=1)


def is_(name: str, *values: str | int | bool | date | UUID) -> Field:
    """The field is one of these."""
    return Field(name, OneOf(frozenset(values)))


class RuleCases(StoreCases):
    """Who is in."""

    def members(self, store: Store, rule: Closed) -> set[int]:
        """The numbers of those for whom the rule is true; held to its complement, its count and `among`."""
        found = list(store.select(rule))
        everybody = [who.id for who in store.scan(type(person(1)))]
        assert found == sorted(found)
        assert list(store.select(Not(rule))) == [id for id in everybody if id not in found]
        assert store.count(rule) == len(found)
        assert store.among(rule, everybody) == set(found)
        for id in everybody:
            assert store.leaves([rule, Not(rule)], id) == [id in found, id not in found]
        return {number for number in range(1, 100) if numbered(number) in found}

    @pytest.fixture
    def people(self, store: Store) -> Iterator[Store]:
        """Five people: one with nothing known, folded twins, roles, tags, addresses."""
        self.add(
            store,
            person(1, None),
            person(
                2, "Siân Ŵyn", family="Ŵyn", language="cy", deceased=True, language_asked=SINCE,
                emails=(Email(address="Sian@Example.cymru"),),
                addresses=(Address(town="Machynlleth", postcode="SY20 8XX"), Address(town="Bala")),
                roles=(Role(role="member", level="Teulu", start=BEFORE, end=UNTIL), Role(role="volunteer", end=BEFORE)),
            ),
            person(
                3, "SIAN WYN", family="Wyn", language="en", kind="household", language_asked=UNTIL,
                addresses=(Address(town="Bala", postcode="sy209zz"),), tags=(Tag(tag="Open  Day"),),
                roles=(Role(role="Member", start=AFTER),), custom=(Custom(name="own.n", number=0),),
            ),
            person(
                4, "100% Gwlân_Cyf", kind="organisation", tags=(Tag(tag="open day"), Tag(tag="press")),
                relationships=(Relationship(kind="works_for", other=numbered(2)),),
                custom=(Custom(name="own.shirt", text="M"), Custom(name="own.n", number=12)),
            ),
            person(5, "O’Neill", family="O'Neill", language="both", age_band="13-17"),
        )  # fmt: skip
        yield store

    def test_not_takes_in_the_unknown(self, people: Store) -> None:
        """Those of whom it is not known are not it: NOT is the exact complement."""
        assert self.members(people, Not(is_("language", "cy"))) == {1, 3, 4, 5}
        assert self.members(people, Not(Field("name", Has("wyn")))) == {1, 4, 5}

    def test_folded_twins_are_equal(self, people: Store) -> None:
        """Case, accents and kinds of apostrophe make no difference to a rule."""
        assert self.members(people, is_("name", "sian wyn")) == {2, 3}
        assert self.members(people, is_("family", "o'neill")) == self.members(people, is_("name", "o'neill")) == {5}

    @pytest.mark.parametrize(
        ("rule", "found"),
        [
            (All(()), {1, 2, 3, 4, 5}),
            (Any(()), set()),
            (Not(Any(())), {1, 2, 3, 4, 5}),
            (Field("name", Known()), {2, 3, 4, 5}),
            (Not(Field("name", Known())), {1}),
            (is_("language", "cy"), {2}),
            (Not(is_("language", "cy")), {1, 3, 4, 5}),
            (Not(Any((is_("language", "cy"), is_("language", "en")))), {1, 4, 5}),
            (is_("language"), set()),
            (Not(is_("language")), {1, 2, 3, 4, 5}),
            (is_("language", "CY"), set()),
            (is_("kind", "household", "organisation"), {3, 4}),
            (is_("deceased", True), {2}),
            (is_("deceased", False), {1, 3, 4, 5}),
            (is_("age_band", "13-17", "adult"), {5}),
            (Not(is_("age_band", "adult")), {1, 2, 3, 4, 5}),
            (is_("name", "sian wyn"), {2, 3}),
            (Not(is_("name", "sian wyn")), {1, 4, 5}),
            (is_("family", "o'neill", "wyn"), {2, 3, 5}),
            (is_("name", "o'neill"), {5}),
            (Field("name", Has("wyn")), {2, 3}),
            (Field("name", Has("sian", "start")), {2, 3}),
            (Field("name", Has("wyn", "end")), {2, 3}),
            (Field("name", Has("wyn", "start")), set()),
            (Not(Field("name", Has("wyn"))), {1, 4, 5}),
            (Field("name", Has("")), {2, 3, 4, 5}),
            (Field("name", Has("%")), {4}),
            (Field("name", Has("_")), {4}),
            (Field("name", Has("n_c")), {4}),
            (Field("name", Has("100%", "start")), {4}),
            (Field("name", Has("l_n")), set()),
            (Field("name", Has("*")), set()),
            (Field("name", Has("'")), {5}),
            (Field("language_asked", Between(SINCE, UNTIL)), {2, 3}),
            (Field("language_asked", Between(None, SINCE)), {2}),
            (Field("language_asked", Between(UNTIL, None)), {3}),
            (Field("language_asked", Between()), {2, 3}),
            (Field("language_asked", Between(UNTIL, SINCE)), set()),
            (is_("language_asked", SINCE), {2}),
            (Not(Field("language_asked", Between(SINCE, UNTIL))), {1, 4, 5}),
        ],
    )
    def test_rules_about_a_contacts_fields(self, people: Store, rule: Closed, found: set[int]) -> None:
        """The unknown under NOT, folded twins, SQL's wildcards, ends of ranges, empty sets."""
        assert self.members(people, rule) == found

    @pytest.mark.parametrize(
        ("rule", "found"),
        [
            (AnyPart("tags", is_("tag", "open day")), {3, 4}),
            (Not(AnyPart("tags", is_("tag", "open day"))), {1, 2, 5}),
            (AnyPart("tags", Not(is_("tag", "open day"))), {4}),
            (AnyPart("tags", Field("tag", Has("day", "end"))), {3, 4}),
            (AnyPart("tags", All(())), {3, 4}),
            (AnyPart("tags", Any(())), set()),
            (Not(AnyPart("tags", Not(is_("tag", "open day")))), {1, 2, 3, 5}),
            (AnyPart("roles", is_("role", "member")), {2, 3}),
            (AnyPart("roles", is_("key", f"member@{BEFORE}")), {2}),
            (AnyPart("roles", All((is_("role", "member"), Field("end", Between(None, BEFORE))))), set()),
            (AnyPart("roles", All((is_("role", "member"), Not(Field("end", Known()))))), {3}),
            (
                All((AnyPart("roles", is_("role", "member")), AnyPart("roles", Field("end", Between(None, BEFORE))))),
                {2},
            ),
            (AnyPart("roles", is_("level", "teulu")), {2}),
            (AnyPart("roles", Not(is_("level", "teulu"))), {2, 3}),
            (AnyPart("roles", is_("grace_days", 0)), {2, 3}),
            (AnyPart("addresses", Field("postcode_key", Has("SY20", "start"))), {2, 3}),
            (AnyPart("addresses", is_("postcode_key", "SY208XX")), {2}),
            (AnyPart("addresses", Not(Field("postcode_key", Known()))), {2}),
            (AnyPart("addresses", is_("town", "bala")), {2, 3}),
            (AnyPart("emails", is_("key", "sian@example.cymru")), {2}),
            (AnyPart("emails", Field("address", Has("cymru"))), {2}),
            (AnyPart("relationships", is_("other", numbered(2))), {4}),
            (AnyPart("custom", All((is_("name", "own.n"), Field("number", Between(0, 5))))), {3}),
            (AnyPart("custom", All((is_("name", "own.n"), Field("number", Between(1, None))))), {4}),
            (AnyPart("custom", All((is_("name", "own.shirt"), is_("text", "m")))), {4}),
            (AnyPart("custom", All((is_("name", "own.shirt"), Field("number", Known())))), set()),
        ],
    )
    def test_rules_about_a_contacts_parts(self, people: Store, rule: Closed, found: set[int]) -> None:
        """One part passes all of it; NOT of some, some of NOT; nothing known of a part; keys."""
        assert self.members(people, rule) == found

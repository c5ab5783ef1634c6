"""Filters: what stands behind the ``?`` of a list of people, as a rule, and back as words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.rules import Rule, parse
from perthyn.rules.data import Clause, Group, Leaf, Match, Matching, Window, tidy
from perthyn.screens import Given, Visit
from perthyn.text import Translator
from perthyn_web.pages.saying import LANGUAGES, ROLES, word

NAMES = ("segment", "tag", "role", "language", "town", "since", "email", "rule")
"""The filters, by their names in the address."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for, name by name, and the rule it comes to."""

    given: Mapping[str, str]
    rule: Rule

    def query(self, **more: str) -> str:
        """As it stands in an address."""
        return urlencode({**self.given, **{name: value for name, value in more.items() if value}})


def filters(visit: Visit, query: Given | None = None) -> tuple[Filters, dict[str, Exception]]:
    """The filters of an address, and what is wrong with some of them, which then do not count."""
    return filters_in(visit.crm, visit.t, visit.query if query is None else query)


def filters_in(crm: Crm, t: Translator, query: Mapping[str, str]) -> tuple[Filters, dict[str, Exception]]:
    """The filters among some values, as `filters`."""
    given = {name: query[name].strip() for name in NAMES if query.get(name, "").strip()}
    trouble: dict[str, Exception] = {}
    clauses: list[Clause] = []
    for name, value in given.items():
        try:
            clauses += _clauses(crm, t, name, value)
        except (PerthynError, ValueError) as error:
            trouble[name] = error if isinstance(error, PerthynError) else PerthynError("people.day", value=value)
    return Filters(given, tidy(Group(rules=tuple(clauses)))), trouble


def _clauses(crm: Crm, t: Translator, name: str, value: str) -> Iterator[Clause]:
    match name:
        case "segment":
            yield Leaf(field="segment", operator="=", value=str(crm.segment(value).id))
        case "tag":
            yield Leaf(field="tags.tag", operator="=", value=value)
        case "role":
            yield Leaf(field="roles.role", operator="=", value=value)
        case "language":
            asked = value in LANGUAGES
            yield (
                Leaf(field="language", operator="=", value=value) if asked else Leaf(field="language", operator="null")
            )
        case "town":
            yield Leaf(field="addresses.town", operator="=", value=value)
        case "since":
            window = Window(since=date.fromisoformat(value))
            yield Matching(field="kind:visit", match=Match(mode="some"), window=window)
        case "email":
            yield Matching(field="emails", match=Match(mode="none" if value == "no" else "some"))
        case "rule":
            yield typed_rule(crm, t, value)


def typed_rule(crm: Crm, t: Translator, text: str) -> Rule:
    """The rule that a text says, in either language. Raises what `parse` raises, in the reader's."""
    try:
        return parse(text, crm.schema(), t.language)
    except PerthynError:
        other = "en" if t.language == "cy" else "cy"
        try:
            return parse(text, crm.schema(), other)
        except PerthynError:
            pass
        raise


def chips(visit: Visit, found: Filters) -> list[tuple[str, str]]:
    """The words of each filter, and the address without it."""
    t = visit.t

    def said(name: str, value: str) -> str:
        match name:
            case "segment":
                segment: Any = next((one for one in visit.crm.segments() if one.id.hex == value.replace("-", "")), None)
                return t("Segment: {name}", name=segment.name(t.language) if segment else value)
            case "tag":
                return t("Tag: {name}", name=value)
            case "role":
                return t("Role: {name}", name=word(t, ROLES, value))
            case "language":
                return t(
                    "Language: {name}", name=word(t, LANGUAGES, value) if value in LANGUAGES else t("Not asked yet")
                )
            case "town":
                return t("Town: {name}", name=value)
            case "since":
                return t("Came since {day}", day=date.fromisoformat(value))
            case "email":
                return t("Has no email") if value == "no" else t("Has an email")
        return t("Rule: {rule}", rule=value)

    made = []
    for name, value in found.given.items():
        rest = urlencode({other: one for other, one in found.given.items() if other != name})
        try:
            made.append((said(name, value), f"{visit.path}?{rest}" if rest else visit.path))
        except ValueError:
            made.append((value, visit.path))
    return made

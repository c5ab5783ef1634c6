"""Why somebody is in or out of a segment: the closed rule again, with each verdict and the value it rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

from perthyn.rules.closed import All, Any, Between, Closed, Compare, Measure, Not
from perthyn.rules.facts import Facts
from perthyn.rules.law import matches, measure, passes

Found = int | date | None


@dataclass(frozen=True, slots=True)
class Because:
    """A node of the closed rule, whether it `holds`, the value measured (of a `Compare`), and its parts' reasons."""

    node: Closed
    holds: bool
    value: Found = None
    parts: tuple[Because, ...] = ()


def explain(rule: Closed, value: Callable[[Measure], Found], test: Callable[[Closed], bool]) -> Because:
    """The reasons; `value` measures, `test` answers a `Field`, an `AnyPart` or a `Member` (a store may do both)."""
    match rule:
        case Compare(wanted, low, high):
            found = value(wanted)
            return Because(rule, passes(Between(low, high), found), found)
        case All(inner):
            parts = tuple(explain(part, value, test) for part in inner)
            return Because(rule, all(part.holds for part in parts), parts=parts)
        case Any(inner):
            parts = tuple(explain(part, value, test) for part in inner)
            return Because(rule, any(part.holds for part in parts), parts=parts)
        case Not(part):
            inside = explain(part, value, test)
            return Because(rule, not inside.holds, parts=(inside,))
    return Because(rule, test(rule))


def explain_facts(rule: Closed, facts: Facts) -> Because:
    """The reasons for the contact of these facts, by the law."""
    return explain(rule, partial(measure, facts=facts), partial(matches, facts=facts))

"""Outline: a rule as the builder shows it: lines, and groups of lines one level deep; and what can be done with them.

A path names a place: ``2`` is the third line or group, ``2.0`` the first line of that group, "" the whole. What stands
deeper is one line, shown as a sentence and changed as text; nothing of it is lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from perthyn.errors import Unknown
from perthyn.rules import Group, Leaf, Matching, Rule, RuleSchema, sentence, tidy
from perthyn.rules.bind import NEGATIVE
from perthyn.rules.data import Clause, Match
from perthyn.text import Translator
from perthyn_web.builder.lines import choice_of

JOINS = {"all": ("and", False), "any": ("or", False), "none": ("or", True), "not all": ("and", True)}
"""How the lines of a group are joined: its combinator, and whether the opposite is meant."""
MOST = 1_000_000
"""What a count may be compared with at most."""
_STEPS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})*")
_OPPOSITE = {**NEGATIVE, **{positive: negative for negative, positive in NEGATIVE.items()}}


@dataclass(frozen=True, slots=True)
class Line:
    """What stands at a path: a line with its sentences by language, or a group of `lines` joined so (`join`).

    `chosen`: whether the builder can show it in its form; else it is changed as text.
    """

    path: str
    clause: Clause
    said: dict[str, str]
    chosen: bool = False
    lines: Sequence[Line] = ()
    join: str = ""


def outline(rule: Rule, schema: RuleSchema, translators: Sequence[Translator]) -> Line:
    """The whole of a rule; its lines stand in `lines`."""
    whole = spread(rule)
    found = []
    for place, clause in enumerate(whole.rules):
        lines: list[Line] = []
        if _is_group(clause):
            inner = enumerate(clause.rules)  # type: ignore[union-attr]
            lines = [_line(f"{place}.{at}", one, schema, translators) for at, one in inner]
        found.append(_line(str(place), clause, schema, translators, lines))
    return Line("", whole, _sentences(rule, schema, translators), lines=found, join=_join(whole))


def spread(rule: Rule) -> Group:
    """A rule as a group of lines: what is one negated clause alone is a group of one line."""
    alone = rule.not_ and len(rule.rules) == 1
    bare = not rule.rules  # everybody, or nobody: one line that says so
    return Group(rules=(rule,)) if alone or bare else rule


def _line(
    path: str, clause: Clause, schema: RuleSchema, translators: Sequence[Translator], lines: Sequence[Line] = ()
) -> Line:
    said = _sentences(clause, schema, translators)
    return Line(path, clause, said, choice_of(clause, schema) is not None, lines, _join(clause) if lines else "")


def _sentences(clause: Clause, schema: RuleSchema, translators: Sequence[Translator]) -> dict[str, str]:
    return {t.language: sentence(tidy(clause), t, schema) for t in translators}


def _is_group(clause: Clause) -> bool:
    return isinstance(clause, Group) and len(clause.rules) > 1


def _join(clause: Clause) -> str:
    if not isinstance(clause, Group):
        return ""
    return next(name for name, join in JOINS.items() if join == (clause.combinator, clause.not_))


# -- what can be done ---------------------------------------------------------------------------------------------


def at(rule: Rule, path: str) -> Clause:
    """What stands at a path. Raises `Unknown` (``segment.line.gone``)."""
    found: Clause = spread(rule)
    for step in _steps(path):
        if not isinstance(found, Group) or step >= len(found.rules):
            raise Unknown("segment.line.gone")
        found = found.rules[step]
    return found


def replaced(rule: Rule, path: str, clause: Clause | None) -> Rule | None:
    """The rule with another clause at a path, or with none there; None where nothing is left."""
    at(rule, path)
    made = _replaced(spread(rule), _steps(path), clause)
    return None if made is None else tidy(made)


def added(rule: Rule | None, path: str, clause: Clause) -> Rule:
    """The rule with one more clause at the end of the group at a path."""
    if rule is None:
        return tidy(clause)
    group = at(rule, path)
    if not isinstance(group, Group):
        raise Unknown("segment.line.gone")
    whole = group.model_copy(update={"rules": (*group.rules, clause)})
    return tidy(whole) if not path else replaced(rule, path, whole) or tidy(whole)


def beside(rule: Rule, path: str, clause: Clause) -> Rule:
    """The rule where a clause stands beside the line at a path, joined the other way than the lines around it."""
    line = at(rule, path)
    around = at(rule, path.rpartition(".")[0]) if path else None
    other = "and" if isinstance(around, Group) and around.combinator == "or" else "or"
    if around is None:
        other = "or" if spread(rule).combinator == "and" else "and"
    made = Group.model_validate({"combinator": other, "rules": (line, clause)})
    return tidy(made) if not path else replaced(rule, path, made) or tidy(made)


def joined(rule: Rule, path: str, join: str) -> Rule:
    """The rule with the lines of the group at a path joined otherwise."""
    group = at(rule, path)
    if not isinstance(group, Group) or join not in JOINS:
        return rule
    combinator, opposite = JOINS[join]
    made = group.model_copy(update={"combinator": combinator, "not_": opposite})
    return tidy(made) if not path else replaced(rule, path, made) or tidy(made)


def turned(rule: Rule, path: str) -> Rule:
    """The rule with the opposite of what stands at a path: the exact complement, said as plainly as it can be."""
    return replaced(rule, path, opposite(at(rule, path))) or rule


def opposite(clause: Clause) -> Clause:
    """The exact complement of a clause."""
    if isinstance(clause, Group):
        if clause.not_ and len(clause.rules) == 1:
            return clause.rules[0]
        return clause.model_copy(update={"not_": not clause.not_})
    if isinstance(clause, Matching):
        return clause.model_copy(update={"match": match}) if (match := _other(clause.match)) else _not(clause)
    if clause.operator in _OPPOSITE and not (isinstance(clause, Leaf) and isinstance(clause.value, bool)):
        return clause.model_copy(update={"operator": _OPPOSITE[clause.operator]})
    return _not(clause)


def _not(clause: Clause) -> Group:
    return Group(not_=True, rules=(clause,))


def _other(match: Match) -> Match | None:
    count = match.threshold or 0
    match match.mode:
        case "some":
            return Match(mode="none")
        case "none":
            return Match(mode="some")
        case "atLeast" if count > 0:
            return Match(mode="atMost", threshold=count - 1)
        case "atMost" if count < MOST:
            return Match(mode="atLeast", threshold=count + 1)
    return None


def _replaced(group: Group, steps: Sequence[int], clause: Clause | None) -> Group | None:
    if not steps:
        return clause if isinstance(clause, Group) or clause is None else Group(rules=(clause,))
    first, *rest = steps
    inner = group.rules[first]
    made: Clause | None = clause
    if rest:
        made = _replaced(inner, rest, clause) if isinstance(inner, Group) else clause
    rules = (*group.rules[:first], *(() if made is None else (made,)), *group.rules[first + 1 :])
    return group.model_copy(update={"rules": rules}) if rules else None


def _steps(path: str) -> list[int]:
    if path and not _STEPS.fullmatch(path):
        raise Unknown("segment.line.gone")
    return [int(one) for one in path.split(".")] if path else []

"""Closed rules as SQL: one statement for all contacts, one condition for a contact at hand.

A rule becomes a tree without NOT whose leaves are conditions on the contact's row and sets of contacts (`Leaf`). For
one contact each set is asked at its point. For all contacts the plan is chosen by what a sample of contacts shows:
which set, if any, the statement starts from, and for each other whether it is made whole (``IN``, ``NOT IN``) or
asked contact by contact. SQLite's planner, which knows nothing of our data, is left no choice in this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any as Anything

from perthyn.rules.closed import All, Any, AnyPart, Closed, Compare, Field, Measure, Member, Not
from perthyn_sql.compile_fields import Row, Terms, joined
from perthyn_sql.compile_measures import CONTACT, Comparison, Leaf, Owned
from perthyn_sql.dialect import Dialect
from perthyn_sql.tables import RecordTable


@dataclass(frozen=True, slots=True)
class Plain:
    """A condition on the contact's own row."""

    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which every one, or some one, holds."""

    every: bool
    parts: tuple[Node, ...]


Node = Plain | Leaf | Group

Tables = Callable[[str], RecordTable]

# Microseconds, as measured on the project's kind of machine; only their proportions matter.
SCAN, LOOK_UP, PROBE, CHECK = 0.12, 0.3, 0.12, 0.03
ROW_AT_POINT = 0.1


@dataclass(frozen=True, slots=True)
class Sampled:
    """Of the contacts, the share for whom a node holds (of a set: who are in it), and the set's rows per contact."""

    share: float
    rows: float


Sample = Callable[[Sequence[Plain | Leaf], Mapping[str, Anything]], list[Sampled]]


class Tree:
    """Makes the tree of a rule; `terms` gathers its parameters."""

    def __init__(self, tables: Tables, terms: Terms, currency: str) -> None:
        self._tables = tables
        self._terms = terms
        self._currency = currency
        self._contact = Row("c", tables("contact"))

    def node(self, rule: Closed, holds: bool = True) -> Node:
        """The tree of a rule, or of its complement."""
        match rule:
            case Not(part):
                return self.node(part, not holds)
            case All(parts) | Any(parts):
                return _group(isinstance(rule, All) is holds, [self.node(part, holds) for part in parts])
            case Field(name, test):
                return Plain(self._terms.field(name, test, self._contact, holds))
            case AnyPart() | Compare() | Member():
                leaf = self._leaf(rule)
                return leaf if holds else replace(leaf, inside=not leaf.inside)

    def measure(self, wanted: Measure) -> Owned:
        """A measure over the table of its record type."""
        return Owned(wanted, self._tables(wanted.record), self._terms, self._currency)

    def _leaf(self, rule: AnyPart | Compare | Member) -> Leaf:
        if isinstance(rule, Compare):
            return Comparison(rule, self.measure(rule.measure)).leaf()
        if isinstance(rule, Member):
            table, key = "membership", "contact"
            where = f"p.segment = {self._terms.parameter(rule.segment.bytes)}"
        else:
            part = self._contact.about.parts[rule.list]  # type: ignore[union-attr]
            table, key = part.table.name, "record_"
            where = self._terms.condition(rule.where, Row("p", part))
        return Leaf(
            f"SELECT p.{key} AS contact FROM {table} p WHERE {where}",
            True,
            f"EXISTS (SELECT 1 FROM {table} p WHERE p.{key} = {CONTACT} AND {where})",
            "",
            0.2,
            0.5,
            repeats=True,
        )


def at_point(node: Node) -> str:
    """The condition on the contact at hand; never NULL."""
    return f"({_asked(node)}) IS TRUE"


def _asked(node: Node) -> str:
    match node:
        case Plain(text):
            return text
        case Leaf():
            return node.point if node.inside else f"({node.point}) IS NOT TRUE"
        case Group(every, parts):
            return joined([_asked(part) for part in parts], every)


def _group(every: bool, parts: Sequence[Node]) -> Node:
    if len(parts) == 1:
        return parts[0]
    flat: list[Node] = []
    for part in parts:
        flat += part.parts if isinstance(part, Group) and part.every is every else [part]
    return Group(every, tuple(flat))


def leaves_of(node: Node) -> list[Plain | Leaf]:
    """The leaves of a tree, from left to right."""
    return [leaf for part in node.parts for leaf in leaves_of(part)] if isinstance(node, Group) else [node]


class Plan:
    """The statement for all contacts: from where it starts, and each condition in the cheaper of its forms."""

    def __init__(self, node: Node, contacts: int, sampled: Mapping[Plain | Leaf, Sampled], dialect: Dialect) -> None:
        self._dialect = dialect
        self._contacts = contacts
        self._sampled = sampled
        self._parts = node.parts if isinstance(node, Group) and node.every else (node,)
        starts = [None, *(part for part in self._parts if isinstance(part, Leaf) and part.inside)]
        self._start = self._cheapest(starts)

    @property
    def ids(self) -> str:
        """SELECT of the members' ids, in no order; an id may come twice if `repeats`."""
        return f"SELECT c.id {self._source()}"

    @property
    def repeats(self) -> bool:
        """Whether the statement starts from a set in which a contact may stand twice."""
        return self._start is not None and self._start.repeats

    @property
    def count(self) -> str:
        """SELECT of how many members there are."""
        only = self._parts[0] if len(self._parts) == 1 else None
        if not isinstance(only, Leaf):
            return f"SELECT {_counted(self._start)} {self._source()}"
        inside = f"SELECT {_counted(only)} FROM ({only.members}) m"
        return inside if only.inside else f"SELECT (SELECT count(*) FROM contact) - ({inside})"

    def _source(self) -> str:
        _, conditions = self._from(self._start)
        where = f" WHERE {joined(conditions, True)}" if conditions else ""
        if self._start is None:
            return f"FROM contact c{where}"
        return f"FROM ({self._start.members}) m {self._dialect.in_turn} contact c ON {CONTACT} = m.contact{where}"

    def _cheapest(self, starts: Sequence[Leaf | None]) -> Leaf | None:
        if not self._sampled:
            return starts[-1]
        return min(starts, key=lambda start: self._from(start)[0])

    def _from(self, start: Leaf | None) -> tuple[float, list[str]]:
        """The cost and the further conditions when starting from all contacts, or from a set."""
        left, cost = float(self._contacts), SCAN * self._contacts
        if start is not None:
            left *= self._share(start)
            cost = self._making(start) + LOOK_UP * left
        rest = sorted((part for part in self._parts if part is not start), key=lambda one: self._worth(one, left))
        conditions = []
        for part in rest:
            text, spent, share = self._condition(part, left)
            conditions.append(text)
            cost += spent
            left *= share
        return cost, conditions

    def _worth(self, node: Node, left: float) -> float:
        """Cost by what is ruled out: the least is asked first."""
        _, cost, share = self._condition(node, left)
        return cost / max(1 - share, 0.001)

    def _condition(self, node: Node, left: float) -> tuple[str, float, float]:
        """A condition asked of so many contacts, what that costs, and the share for whom it holds."""
        match node:
            case Plain(text):
                return text, CHECK * left, self._share(node)
            case Leaf():
                return self._leaf(node, left)
            case Group(every, parts):
                return self._grouped(every, parts, left)

    def _leaf(self, leaf: Leaf, left: float) -> tuple[str, float, float]:
        share = self._share(leaf) if leaf.inside else 1 - self._share(leaf)
        whole = self._making(leaf) + PROBE * left
        rows = self._sampled[leaf].rows if self._sampled else 0
        asked = left * (leaf.point_cost + ROW_AT_POINT * rows)
        if self._sampled and asked < whole:
            return _asked(leaf), asked, share
        if not leaf.inside:
            return self._dialect.outside(CONTACT, leaf.members), whole, share
        # Else the planner might start at this set.
        return f"{self._dialect.unindexed}{CONTACT} IN ({leaf.members})", whole, share

    def _grouped(self, every: bool, parts: Sequence[Node], left: float) -> tuple[str, float, float]:
        texts, cost, share = [], 0.0, 1.0
        for part in sorted(parts, key=lambda one: self._condition(one, left)[1]):
            text, spent, holds = self._condition(part, left * share)
            texts.append(text)
            cost += spent
            share *= holds if every else 1 - holds
        return joined(texts, every), cost, share if every else 1 - share

    def _making(self, leaf: Leaf) -> float:
        if not self._sampled:
            return 0.0
        return self._contacts * (self._sampled[leaf].rows * leaf.row_cost + self._sampled[leaf].share * PROBE)

    def _share(self, leaf: Plain | Leaf) -> float:
        return self._sampled[leaf].share if self._sampled else 0.5


def _counted(start: Leaf | None) -> str:
    return "count(DISTINCT m.contact)" if start is not None and start.repeats else "count(*)"

"""Hypothesis strategies for open rules: everything that a schema lets one say, in its one form (`tidy`)."""

from __future__ import annotations

from functools import cache
from typing import Any as Anything
from typing import cast
from uuid import UUID

from hypothesis import strategies as st

from perthyn.model import CORE_TYPES, KINDS, CustomField, Segment
from perthyn.rules.data import Clause, Figure, Group, Leaf, Match, Matching, Measured, Money, Rule, Window, tidy
from perthyn.rules.schema import RuleSchema
from perthyn.rules.terms import FieldTerm, HistoryTerm, NamedMeasure, Scope, both
from perthyn.testing.rules_strategies import AMOUNTS, NUMBERS, POSTCODES, TEXTS, days, maybe

HAND = Segment(id=UUID(int=1 << 64), name_en="Friends of the house", name_cy="Cyfeillion y tŷ", mode="hand")
"""A hand-picked segment that the rules speak of."""

_DYNAMIC = UUID(int=2 << 64)
_RULE = '{"combinator":"and","not":false,"rules":[{"field":"language","operator":"=","value":"cy"}]}'


def a_schema() -> RuleSchema:
    """A schema with custom fields of each type, a named measure, a hand-picked and a dynamic segment."""
    custom = [
        CustomField(id=UUID(int=3), name="own.shirt", label_en="Shirt size", label_cy="Maint crys"),
        CustomField(id=UUID(int=4), name="own.children", type="number", label_en="Children", label_cy="Plant"),
        CustomField(id=UUID(int=5), name="own.trained", type="date", label_en="Trained on"),
    ]
    spend = Figure(what="sum", of="family:buy", field="amount")
    named = [NamedMeasure("shop.spend", both("spend", "gwariant"), spend)]
    dynamic = Segment(id=_DYNAMIC, name_en="Welsh readers", name_cy="Darllenwyr Cymraeg", rule=_RULE)
    return RuleSchema.build(CORE_TYPES, KINDS, custom, named, segments=[HAND, dynamic])


def open_rules(schema: RuleSchema) -> st.SearchStrategy[Rule]:
    """Rules in their one form, of every sort of clause."""
    histories = st.sampled_from(list(schema.histories.values()))
    wheres = {name: _where(scope) for name, scope in schema.scopes.items()}
    clauses = st.one_of(
        _leaves(schema.contact),
        _matchings(histories, wheres),
        _lists(schema, wheres),
        _figures(schema, histories, wheres),
        _ranks(schema, histories, wheres),
        _dated_roles(schema),
        st.builds(
            Leaf,
            field=st.just("segment"),
            operator=st.sampled_from(("=", "!=")),
            value=st.sampled_from([str(one.id) for one in schema.segments] or [str(HAND.id)]),
        ),
    )
    return _groups(clauses).map(tidy)


@st.composite
def _groups(draw: st.DrawFn, clauses: st.SearchStrategy[Anything], depth: int = 2) -> Clause:
    if not depth or draw(st.integers(0, 2)) == 0:
        return cast(Clause, draw(clauses))
    inner = _groups(clauses, depth - 1)
    rules = tuple(draw(inner) for _ in range(draw(st.sampled_from((0, 1, 2, 2, 3)))))
    return Group(combinator=draw(st.sampled_from(("and", "or"))), not_=draw(st.booleans()), rules=rules)


@cache
def windows() -> st.SearchStrategy[Window]:
    """Windows of every sort."""
    spans = st.builds("P{}{}".format, st.sampled_from((1, 2, 3, 5, 6, 12, 24, 60)), st.sampled_from("DWMY"))
    one = st.one_of(
        st.tuples(st.sampled_from(("last", "next", "ago")), spans),
        st.tuples(st.sampled_from(("since", "after", "until", "before", "on")), days()),
        st.tuples(st.just("year"), st.sampled_from((2024, 2025, "this", "last"))),
    )
    pair = st.tuples(days(), days()).map(lambda two: Window(from_=min(two), to=max(two)))
    return one.map(lambda pair: Window.model_validate({pair[0]: pair[1]})) | pair


def _leaves(scope: Scope) -> st.SearchStrategy[Leaf]:
    return st.one_of([_leaf(term) for term in scope.fields.values()])


def _leaf(term: FieldTerm) -> st.SearchStrategy[Leaf]:
    def leaves(operators: str, values: st.SearchStrategy[Anything]) -> st.SearchStrategy[Leaf]:
        return st.builds(Leaf, field=st.just(term.name), operator=st.sampled_from(operators.split()), value=values)

    if term.kind == "flag":
        return leaves("=", st.booleans())
    known = leaves("null notNull", st.none())
    if term.kind in ("date", "instant"):
        return known | leaves("during notDuring", windows())
    if term.kind in ("integer", "money"):
        number = numbers(term.kind)
        pairs = st.tuples(number, number)
        lists = st.lists(number, max_size=3).map(tuple)
        return (
            known | leaves("= != < <= > >=", number) | leaves("between notBetween", pairs) | leaves("in notIn", lists)
        )
    return _text_leaf(term, known, leaves)


def _text_leaf(term: FieldTerm, known: st.SearchStrategy[Leaf], leaves: Anything) -> st.SearchStrategy[Leaf]:
    words = st.sampled_from([one.value for one in term.choices] or list(TEXTS))
    free = texts_with_quotes()
    whole = words if term.closed else words | free
    some = known | leaves("= !=", whole) | leaves("in notIn", st.lists(whole, max_size=3).map(tuple))
    some |= leaves("contains doesNotContain beginsWith doesNotBeginWith endsWith doesNotEndWith", free)
    return some | leaves("was wasNot", words) if term.dated else cast(st.SearchStrategy[Leaf], some)


def texts_with_quotes() -> st.SearchStrategy[str]:
    """Texts that need quotes, mean something, or look like another kind of token."""
    hard = (
        "and",
        "a",
        "yn y",
        'say "Sul"',
        "“Sul”",
        "3",
        "£5",
        "2025-01-01",
        "(x)",
        "a, b",
        "in",
        "o leiaf",
        "10%",
        "o'n",
    )
    return st.sampled_from((*TEXTS, *POSTCODES, *hard))


def numbers(kind: str) -> st.SearchStrategy[Anything]:
    """Whole numbers, or amounts of pounds."""
    if kind == "integer":
        return st.sampled_from(NUMBERS)
    return st.builds(Money, minor=st.sampled_from(AMOUNTS), currency=st.just("GBP"))


Wheres = dict[str, st.SearchStrategy[Group | None]]


def _where(scope: Scope) -> st.SearchStrategy[Group | None]:
    return maybe(_groups(_leaves(scope), 1).map(tidy)).map(lambda one: None if one == Group() else one)


@st.composite
def _matchings(draw: st.DrawFn, histories: st.SearchStrategy[HistoryTerm], wheres: Wheres) -> Matching:
    term = draw(histories)
    mode = draw(st.sampled_from(("some", "none", "atLeast", "atMost", "exactly")))
    match = Match(mode=mode, threshold=None if mode in ("some", "none") else draw(st.integers(0, 4)))
    window = draw(maybe(windows())) if term.day_field else None
    return Matching(field=term.name, match=match, value=draw(wheres[term.record]), window=window)


def _lists(schema: RuleSchema, wheres: Wheres) -> st.SearchStrategy[Matching]:
    match = st.builds(Match, mode=st.sampled_from(("some", "none")))
    return st.one_of(
        [st.builds(Matching, field=st.just(name), match=match, value=wheres[name]) for name in schema.lists]
    )


def _dated_roles(schema: RuleSchema) -> st.SearchStrategy[Matching]:
    roles = [one.value for one in schema.contact.fields["roles.role"].choices]
    role = st.builds(Leaf, field=st.just("role"), operator=st.just("="), value=st.sampled_from(roles))
    day = st.builds(Leaf, field=st.sampled_from(("start", "end")), operator=st.just("during"), value=windows())
    group = st.tuples(role, day).map(lambda rules: Group(rules=rules))
    return st.builds(Matching, field=st.just("roles"), match=st.just(Match(mode="some")), value=group)


@st.composite
def _figure(
    draw: st.DrawFn, schema: RuleSchema, histories: st.SearchStrategy[HistoryTerm], wheres: Wheres, ranked: bool
) -> Figure:
    if schema.measures and draw(st.integers(0, 5)) == 0:
        name = draw(st.sampled_from(list(schema.measures)))
        return Figure(what="named", of=name, window=draw(maybe(windows())))
    term = draw(histories)
    scope = schema.scopes[term.record]
    known = [one.name for one in scope.fields.values() if one.kind in ("integer", "money")]
    fields = [name for name in known if name not in ("month", "weekday")]
    possible = ["count"] + (["days"] if term.day_field else [])
    possible += ["first", "last"] if term.day_field and not ranked else []
    what = draw(st.sampled_from(possible + (["sum", "largest", "smallest", "average"] if fields else [])))
    field = draw(st.sampled_from(fields)) if what in ("sum", "largest", "smallest", "average") else ""
    window = draw(maybe(windows())) if term.day_field and what not in ("first", "last") else None
    where = draw(wheres[term.record])
    return Figure(what=cast(Anything, what), of=term.name, field=field, where=where, window=window)


@st.composite
def _figures(
    draw: st.DrawFn, schema: RuleSchema, histories: st.SearchStrategy[HistoryTerm], wheres: Wheres
) -> Measured:
    figure = draw(_figure(schema, histories, wheres, False))
    leaf = draw(_said_of(schema.figure_term(figure).kind))
    return Measured(measure=figure, operator=leaf.operator, value=leaf.value)


@cache
def _said_of(kind: str) -> st.SearchStrategy[Leaf]:
    return _leaf(FieldTerm("figure", {}, kind))


@st.composite
def _ranks(draw: st.DrawFn, schema: RuleSchema, histories: st.SearchStrategy[HistoryTerm], wheres: Wheres) -> Measured:
    figure = draw(_figure(schema, histories, wheres, True))
    if draw(st.booleans()):
        return Measured(
            measure=figure, operator=draw(st.sampled_from(("inFifth", "notInFifth"))), value=draw(st.integers(1, 5))
        )
    operator = draw(st.sampled_from(("inTop", "notInTop", "inBottom", "notInBottom")))
    return Measured(measure=figure, operator=operator, value=draw(st.integers(1, 100)))

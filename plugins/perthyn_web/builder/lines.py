"""Lines: one condition, as it is chosen in a form and as it stands in a rule; each way without loss.

A choice is what the form holds: ``what`` (the subject), ``how``, ``value`` (several where it asks for several), ``to``,
``when`` with ``n``, ``unit``, ``day``, ``until``, ``year``, and of things that happened which of them count: ``of``,
``ofhow``, ``ofvalue``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from perthyn.errors import PerthynError
from perthyn.importing.values_money import money_reader
from perthyn.rules import Figure, Group, Leaf, Match, Matching, Measured, Money, RuleSchema, Window
from perthyn.rules.data import Clause, Scalar, Value
from perthyn.rules.print import money
from perthyn.rules.terms import FieldTerm
from perthyn.text import fold
from perthyn_web.builder.hows import WHENS

Said = Mapping[str, Any]
"""A choice; ``value`` is a list."""
M = TypeVar("M", bound=BaseModel)
_NUMBER = re.compile(r"-?\d{1,15}")
_RANKED = ("inTop", "inBottom", "inFifth")
_MODES = ("some", "none", "atLeast", "atMost", "exactly")


class Unsaid(PerthynError):
    """Something that a line asks for is not there, or is no such thing; `field` says which."""

    def __init__(self, code: str, field: str, **facts: Any) -> None:
        super().__init__(code, **facts)
        self.field = field


def clause_of(said: Said, schema: RuleSchema) -> Clause:
    """The condition of a choice. Raises `Unsaid` (``segment.line.*``), `PerthynError` (``rules.name.unknown``)."""
    subject, _, name = str(said.get("what", "")).partition(" ")
    how = str(said.get("how", ""))
    match subject:
        case "field":
            return _leaf(said, schema.field(name, schema.contact), how, schema.currency)
        case "segment":
            return Leaf(field="segment", operator="!=" if how == "!=" else "=", value=_text(said))
        case "list":
            return Matching(field=name, match=Match(mode="none" if how == "none" else "some"))
        case "history":
            return _happened(said, schema, name, how)
        case "measure":
            figure = Figure(what="named", of=name, window=_when(said))
            return _measured(said, schema, figure, how)
    raise Unsaid("segment.line.what", "what")


def choice_of(clause: Clause, schema: RuleSchema) -> dict[str, Any] | None:
    """The choice that makes this very condition; None for one that the builder does not show."""
    try:
        said = _said(clause, schema)
        return said if said is not None and clause_of(said, schema) == clause else None
    except PerthynError:
        return None


# -- from a choice ------------------------------------------------------------------------------------------------


def _leaf(said: Said, term: FieldTerm, how: str, currency: str) -> Leaf:
    if term.kind == "flag":
        return Leaf(field=term.name, operator="=", value=how != "no")
    if how in ("null", "notNull"):
        return Leaf(field=term.name, operator="null" if how == "null" else "notNull")
    if term.kind in ("date", "instant"):
        return _made(Leaf, field=term.name, operator=how, value=_when(said, needed=True))
    return _made(Leaf, field=term.name, operator=how, value=_value(said, term, how, currency))


def _value(said: Said, term: FieldTerm, how: str, currency: str) -> Value:
    if term.kind in ("integer", "money"):
        if how in ("between", "notBetween"):
            return (_number(said, term, currency), _number(said, term, currency, "to"))
        return _number(said, term, currency)
    if how in ("in", "notIn"):
        given = list(said.get("value", ()))
        if not term.closed:
            given = [one.strip() for text in given for one in str(text).split(",")]
        found = tuple(_chosen(one, term) for one in given if one)
        if not found:
            raise Unsaid("segment.line.value", "value")
        return found
    text = _text(said)
    return _chosen(text, term) if how in ("=", "!=", "was", "wasNot") else text


def _chosen(text: str, term: FieldTerm) -> str:
    """One of the field's own values, by any of its words, else the text."""
    for one in term.choices:
        if text == one.value or fold(text) in {fold(word) for words in one.words.values() for word in words}:
            return one.value
    return text


def _number(said: Said, term: FieldTerm, currency: str, field: str = "value") -> Scalar:
    if term.kind == "money":
        return _amount(said, currency, field)
    return _integer(said, field)


def _amount(said: Said, currency: str, field: str = "value") -> Money:
    text = _text(said, field)
    read = money_reader(".", currency).read([text])
    if 0 in read.wrong or read.values[0] is None:
        raise Unsaid("segment.line.amount", field, value=text)
    return Money(minor=int(read.values[0]), currency=currency)


def _integer(said: Said, field: str = "value") -> int:
    text = _text(said, field).replace(",", "").replace(" ", "")
    if not _NUMBER.fullmatch(text):
        raise Unsaid("segment.line.number", field, value=text)
    return int(text)


def _text(said: Said, field: str = "value") -> str:
    given = said.get(field, "")
    text = str((given[-1] if given else "") if isinstance(given, list | tuple) else given).strip()
    if not text:
        raise Unsaid("segment.line.value", field)
    return text


def _when(said: Said, needed: bool = False) -> Window | None:
    name = str(said.get("when", ""))
    asks = next((one.asks for one in WHENS if one.name == name), None)
    if asks is None:
        if needed:
            raise Unsaid("segment.line.when", "when")
        return None
    match asks:
        case "span":
            given: dict[str, Any] = {name: f"P{_integer(said, 'n')}{said.get('unit') or 'M'}"}
        case "day":
            given = {name: _day(said, "day")}
        case "days":
            given = {"from": _day(said, "day"), "to": _day(said, "until")}
            if given["to"] < given["from"]:
                raise Unsaid("segment.line.backwards", "until")
        case "year":
            given = {"year": _integer(said, "year")}
        case _:
            given = {"year": name.rpartition(" ")[2]}
    return _made(Window, field_of={"span": "n", "year": "year"}.get(asks, "day"), **given)


def _day(said: Said, field: str) -> date:
    text = _text(said, field)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unsaid("segment.line.day", field, value=text) from None


def _happened(said: Said, schema: RuleSchema, name: str, how: str) -> Clause:
    history = schema.history(name)
    where = _where(said, schema, history.record)
    if how in _MODES:
        threshold = None if how in ("some", "none") else _integer(said)
        match = _made(Match, mode=how, threshold=threshold)
        window = _when(said) if history.day_field else None
        return Matching(field=name, match=match, value=where, window=window)
    what, _, operator = how.partition(" ")
    field = "amount" if what in ("sum", "largest", "smallest", "average") else ""
    timed = what not in ("first", "last") and history.day_field
    figure = _made(Figure, what=what, of=name, field=field, where=where, window=_when(said) if timed else None)
    return _measured(said, schema, figure, operator)


def _measured(said: Said, schema: RuleSchema, figure: Figure, operator: str) -> Measured:
    term = schema.figure_term(figure)
    if operator in _RANKED:
        most = 5 if operator == "inFifth" else 100
        value: Value = _integer(said)
        if not isinstance(value, int) or not 1 <= value <= most:
            raise Unsaid("segment.line.between", "value", low=1, high=most)
    elif operator in ("during", "notDuring"):
        value = _when(said, needed=True)
    else:
        value = _number(said, term, schema.currency)
    return _made(Measured, measure=figure, operator=operator, value=value)


def _where(said: Said, schema: RuleSchema, record: str) -> Group | None:
    name = str(said.get("of", ""))
    if not name:
        return None
    term = schema.field(name, schema.scopes[record])
    narrowed = {"value": [str(said.get("ofvalue", ""))], "when": ""}
    try:
        leaf = _leaf(narrowed, term, str(said.get("ofhow") or "="), schema.currency)
    except Unsaid as error:
        raise Unsaid(error.code, "ofvalue", **error.facts) from None
    return Group(rules=(leaf,))


def _made(kind: type[M], field_of: str = "how", **values: Any) -> M:
    try:
        return kind.model_validate(values)
    except ValidationError:
        raise Unsaid("segment.line.unfit", field_of) from None


# -- to a choice --------------------------------------------------------------------------------------------------


def _said(clause: Clause, schema: RuleSchema) -> dict[str, Any] | None:
    if isinstance(clause, Leaf):
        if clause.field == "segment":
            return {"what": "segment", "how": clause.operator, "value": [str(clause.value)]}
        return {"what": f"field {clause.field}", **_how_of(clause, schema.field(clause.field, schema.contact))}
    if isinstance(clause, Matching):
        mode, count = clause.match.mode, clause.match.threshold
        if clause.field in schema.lists:
            return {"what": f"list {clause.field}", "how": mode} if clause.value is None else None
        of = _where_of(clause.value, schema, schema.history(clause.field).record)
        counted = {"what": f"history {clause.field}", "how": mode, "value": [] if count is None else [str(count)]}
        return None if of is None else {**counted, **of, **_when_of(clause.window)}
    if isinstance(clause, Measured):
        return _measured_of(clause, schema)
    return None


def _how_of(leaf: Leaf, term: FieldTerm) -> dict[str, Any]:
    value = leaf.value
    if isinstance(value, Window):
        return {"how": leaf.operator, **_when_of(value)}
    if term.kind == "flag":
        return {"how": "yes" if value is True else "no"}
    if leaf.operator in ("between", "notBetween") and isinstance(value, tuple):
        return {"how": leaf.operator, "value": [_typed(value[0])], "to": _typed(value[1])}
    several = [_typed(one) for one in (value if isinstance(value, tuple) else () if value is None else (value,))]
    if isinstance(value, tuple) and not term.closed:
        several = [", ".join(several)]
    return {"how": leaf.operator, "value": several}


def _measured_of(clause: Measured, schema: RuleSchema) -> dict[str, Any] | None:
    figure = clause.measure
    if figure.what == "named":
        about: dict[str, Any] = {"what": f"measure {figure.of}", "how": clause.operator}
    else:
        of = _where_of(figure.where, schema, schema.history(figure.of).record)
        if of is None:
            return None
        about = {"what": f"history {figure.of}", "how": f"{figure.what} {clause.operator}", **of}
    if isinstance(clause.value, Window):
        return {**about, **_when_of(clause.value)}
    if clause.value is None or isinstance(clause.value, tuple):
        return None
    return {**about, "value": [_typed(clause.value)], **_when_of(figure.window)}


def _where_of(where: Group | None, schema: RuleSchema, record: str) -> dict[str, Any] | None:
    """How what is counted is narrowed; None where that is more than the builder shows."""
    if where is None:
        return {}
    if where.not_ or len(where.rules) != 1 or not isinstance(where.rules[0], Leaf):
        return None
    leaf = where.rules[0]
    how = _how_of(leaf, schema.field(leaf.field, schema.scopes[record]))
    value: Sequence[str] = how.get("value", ())
    return {"of": leaf.field, "ofhow": how["how"], "ofvalue": value[0]} if len(value) == 1 else None


def _when_of(window: Window | None) -> dict[str, Any]:
    if window is None:
        return {"when": ""}
    for name in ("last", "next", "ago"):
        duration = getattr(window, name)
        if duration is not None:
            return {"when": name, "n": duration[1:-1], "unit": duration[-1]}
    for name in ("since", "after", "until", "before", "on"):
        day = getattr(window, name)
        if day is not None:
            return {"when": name, "day": day.isoformat()}
    if window.from_ is not None and window.to is not None:
        return {"when": "from", "day": window.from_.isoformat(), "until": window.to.isoformat()}
    if isinstance(window.year, int):
        return {"when": "year", "year": str(window.year)}
    return {"when": f"year {window.year}"}


def _typed(value: Scalar) -> str:
    return money(value) if isinstance(value, Money) else str(value)

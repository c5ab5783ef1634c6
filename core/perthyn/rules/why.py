"""Why somebody is in or out of a segment, in sentences: each with what was found and what was needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from perthyn.model import Contact, Custom, Part, declared
from perthyn.rules.because import Because, Found
from perthyn.rules.closed import (
    All,
    Any,
    AnyPart,
    Between,
    Closed,
    Compare,
    Field,
    Has,
    Known,
    Measure,
    Member,
    Not,
    OneOf,
    Test,
)
from perthyn.rules.schema import RuleSchema
from perthyn.rules.terms import FieldTerm, HistoryTerm, Scope, both
from perthyn.rules.wording import Wording
from perthyn.text import Translator, capital


def because_sentences(
    because: Because, translator: Translator, schema: RuleSchema, contact: Contact | None = None
) -> list[str]:
    """What the verdict rests on, a sentence for each fact used: what was found, and what was needed.

    Of an "and" that fails only what fails is said, of an "or" that holds only what holds. With the `contact` the
    values of her own fields are shown too.
    """
    return list(dict.fromkeys(_Reasons(translator, schema, contact).of(because, plain=True)))


_UNSHOWN = ("e164", "grace_days", "other", "preferred")


class _Reasons(Wording):
    def __init__(self, t: Translator, schema: RuleSchema, contact: Contact | None) -> None:
        super().__init__(t, schema)
        self.contact = contact

    def of(self, because: Because, plain: bool) -> Iterator[str]:
        """`plain`: not under an odd number of nots."""
        node = because.node
        if isinstance(node, Not):
            yield from self.of(because.parts[0], not plain)
        elif isinstance(node, All | Any):
            settled = because.holds if isinstance(node, Any) else not because.holds
            for part in because.parts:
                if not settled or part.holds == because.holds:
                    yield from self.of(part, plain)
        elif isinstance(node, Compare):
            yield self.compared(node, because.value, plain)
        elif isinstance(node, Member):
            name = self.schema.segment_name(str(node.segment), self.t.language)
            inside = because.holds
            yield self.t("in the segment “{name}”" if inside else "not in the segment “{name}”", name=name)
        else:
            yield self.field(node, because.holds, plain)

    def found(self, field: str, value: str, needed: str, plain: bool, *, unknown: bool) -> str:
        """The sentence: what was found of it, and what was needed."""
        if plain:
            return self.t("{field}: {value} (needed: {needed})", field=capital(field), value=value, needed=needed)
        needed = self.t("not {needed}, or not known" if unknown else "not {needed}", needed=needed)
        return self.t("{field}: {value} (needed: {needed})", field=capital(field), value=value, needed=needed)

    # -- measures -----------------------------------------------------------------------------------------------

    def compared(self, node: Compare, value: Found, plain: bool) -> str:
        wanted = node.measure
        what = self.within(self.measured(wanted), self.between(wanted.since, wanted.until))
        currency = wanted.currency if wanted.field else ""
        shown = self.t("not known") if value is None else self.number(value, currency)
        always = wanted.what in ("count", "days", "sum")
        needed = self.bounds(node.low, node.high, currency)
        return self.found(what, shown, needed, plain, unknown=not always)

    def number(self, value: int | date, currency: str) -> str:
        if isinstance(value, date):
            return self.t.day(value)
        return self.t.money(value, currency) if currency else self.t.number(value)

    def bounds(self, low: int | date | None, high: int | date | None, currency: str) -> str:
        """``at least £50``, ``from 1 March 2026 on``."""
        if isinstance(low, date) or isinstance(high, date):
            return self.between(*(one if isinstance(one, date) else None for one in (low, high)))
        return self.needed(*(None if one is None else self.number(one, currency) for one in (low, high)))

    def measured(self, wanted: Measure) -> str:
        scope = self.schema.scopes.get(wanted.record, Scope.of(()))
        where = "" if wanted.where is None else self.where(wanted.where, scope)
        things = self.things(self.history(wanted), where)
        if wanted.what == "count":
            return things
        term = scope.fields.get(wanted.field)
        plain = term is None or wanted.field == "amount"
        return self.worked_out(wanted.what, things, "" if plain or term is None else self.named(term))

    def history(self, wanted: Measure) -> HistoryTerm:
        for one in self.schema.histories.values():
            if (one.record, one.kinds) == (wanted.record, wanted.kinds):
                return one
        name = ", ".join(sorted(wanted.kinds or (wanted.record,)))
        return HistoryTerm(name, both(name, name), both(name, name), wanted.record)

    # -- fields ---------------------------------------------------------------------------------------------------

    def field(self, node: Closed, holds: bool, plain: bool) -> str:
        if isinstance(node, Field):
            term = self.schema.contact.fields.get(node.name) or _nameless(node.name)
            value = None if self.contact is None else getattr(self.contact, node.name, None)
            shown = self.t("yes, it is so") if holds else self.t("no, it is not so")
            shown = shown if self.contact is None else self.value(value, term)
            return self.found(self.named(term), shown, self.test(node.test, term), plain, unknown=True)
        assert isinstance(node, AnyPart)
        scope, field, needed = self.part(node)
        shown = self.t("yes, it is so") if holds else self.t("no, it is not so")
        if self.contact is not None:
            parts: Sequence[Part] = getattr(self.contact, node.list)
            wanted = (part for part in parts if self.wanted(part, node))
            shown = ", ".join(self.shown(part, scope) for part in wanted) or self.t("not known")
        return self.found(field, shown, needed or self.where(node.where, scope), plain, unknown=True)

    def part(self, node: AnyPart) -> tuple[Scope, str, str]:
        """The names that hold inside a list, what the list is called, and what was needed of a custom field."""
        if node.list != "custom":
            term = self.schema.lists.get(node.list)
            name = node.list if term is None else self.first(term.words)
            return self.schema.scopes.get(node.list, Scope.of(())), name, ""
        name = _custom_name(node)
        field = self.schema.contact.fields.get(name) or _nameless(name)
        tests = [one for one in node.where.parts if isinstance(one, Field)] if isinstance(node.where, All) else []
        return Scope.of(()), self.named(field), self.test(tests[-1].test, field) if tests else ""

    def wanted(self, part: Part, node: AnyPart) -> bool:
        return not isinstance(part, Custom) or part.name == _custom_name(node)

    def shown(self, part: Part, scope: Scope) -> str:
        """A part by its values, matching forms aside, days in brackets: ``member (from: 1 May 2024)``."""
        hidden = (*_UNSHOWN, "name") if isinstance(part, Custom) else _UNSHOWN
        about = {name: one for name, one in declared(type(part)).items() if name not in hidden}
        values = {name: getattr(part, name) for name in about if getattr(part, name) is not None}
        dated = [name for name in values if about[name].kind == "date" and not isinstance(part, Custom)]
        told = (self.value(value, scope.fields.get(name)) for name, value in values.items() if name not in dated)
        plain = " ".join(told).replace("\n", ", ")
        labels = {name: (about[name].cy if self.t.language == "cy" else about[name].en).lower() for name in dated}
        days = [self.t("{field}: {value}", field=labels[name], value=self.t.day(values[name])) for name in dated]
        return self.t("{things} ({where})", things=plain, where=", ".join(days)) if days else plain

    def where(self, where: Closed, scope: Scope) -> str:
        """A condition about a part or a record, as bound."""
        match where:
            case All(()):
                return self.t("known")
            case Field(name, test):
                term = scope.fields.get(name) or _nameless(name)
                return self.t("{field}: {value}", field=self.named(term), value=self.test(test, term))
            case All((first, All((Not(Field("start")), Not(Field("end" | "lapses")))))):
                return self.t("{things} (current)", things=self.where(first, scope))
            case All((first, Not(Field("start")))):
                return self.t("{things} (now or before)", things=self.where(first, scope))
            case All((Field(name, Between(low, high)), Field("currency", OneOf(values)))) if len(values) == 1:
                term, currency = scope.fields.get(name) or _nameless(name), str(next(iter(values)))
                needed = self.bounds(low, high, currency)
                return self.t("{field}: {value}", field=self.named(term), value=needed)
            case All(parts):
                return self.t("all of these ({clauses})", clauses=self.several(self.where(one, scope) for one in parts))
            case Any(parts):
                return self.t("any of these ({clauses})", clauses=self.several(self.where(one, scope) for one in parts))
            case Not(part):
                return self.t("not ({clauses})", clauses=self.where(part, scope))
        return ""

    def test(self, test: Test, term: FieldTerm) -> str:
        match test:
            case Known():
                return self.t("known")
            case OneOf(values):
                shown = sorted(str(one) if isinstance(one, UUID) else self.value(one, term) for one in values)
                return ", ".join(shown) or self.t("nothing")
            case Has(text, "start"):
                return self.t("starting with “{text}”", text=text)
            case Has(text, "end"):
                return self.t("ending with “{text}”", text=text)
            case Has(text):
                return self.t("containing “{text}”", text=text)
            case Between(low, high):
                return self.bounds(low, high, "")


def _custom_name(node: AnyPart) -> str:
    match node.where:
        case All((Field("name", OneOf(names)), *_)):
            return str(next(iter(names)))
    return ""


def _nameless(name: str) -> FieldTerm:
    return FieldTerm(name, both(name, name), "text")

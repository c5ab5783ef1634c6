"""What a closed rule looks at: its measures, its fields, and the rights that an actor needs to ask it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never
from uuid import UUID

from perthyn.model import Contact, Membership, Record
from perthyn.rules.closed import All, Any, AnyPart, Closed, Compare, Field, Measure, Member, Not, OneOf
from perthyn.rules.law import sees
from perthyn.rules.schema import RuleSchema
from perthyn.rules.terms import Scope


def measures_in(rule: Closed) -> Iterator[Measure]:
    """Every measure that the rule compares, so that a store can be asked for all at once."""
    match rule:
        case Compare(wanted):
            yield wanted
        case All(parts) | Any(parts):
            for part in parts:
                yield from measures_in(part)
        case Not(part):
            yield from measures_in(part)


def fields_in(rule: Closed, place: str = "contact") -> Iterator[tuple[str, str]]:
    """(place, field) of every field looked at; a place is ``contact``, a list, ``custom`` or a record type."""
    match rule:
        case Field("name", OneOf(names)) if place == "custom":
            yield from (("custom", str(name)) for name in names)
        case Field(name):
            yield place, name
        case AnyPart(name, where):
            yield from fields_in(where, name)
        case Compare(wanted):
            if wanted.field:
                yield wanted.record, wanted.field
            if wanted.where is not None:
                yield from fields_in(wanted.where, wanted.record)
        case All(parts) | Any(parts):
            for part in parts:
                yield from fields_in(part, place)
        case Not(part):
            yield from fields_in(part, place)


def segments_in(rule: Closed) -> Iterator[UUID]:
    """Every segment that the rule asks for as one by hand or fixed on a day."""
    match rule:
        case Member(segment):
            yield segment
        case All(parts) | Any(parts):
            for part in parts:
                yield from segments_in(part)
        case Not(part):
            yield from segments_in(part)


def looks_at(rule: Closed, record: Record) -> bool:
    """Whether the rule's answer may be another one because there is this record of somebody's, or is none."""
    match rule:
        case Field() | AnyPart():
            return isinstance(record, Contact)
        case Member(segment):
            return isinstance(record, Membership) and record.segment == segment
        case Compare(wanted):
            return record.type_name == wanted.record and sees(wanted, record)
        case All(parts) | Any(parts):
            return any(looks_at(part, record) for part in parts)
        case Not(part):
            return looks_at(part, record)
    assert_never(rule)


def rights_in(rule: Closed, schema: RuleSchema) -> dict[str, str]:
    """Each right that an actor needs to ask this rule, with a field that asks for it."""
    found: dict[str, str] = {}
    for one in measures_in(rule):
        found |= schema.rights_of(one)
    for place, name in fields_in(rule):
        scope = schema.contact if place in ("contact", "custom") else schema.scopes.get(place, Scope.of(()))
        term = scope.fields.get(name)
        found["contact.read" if term is None else term.right] = name
    return found

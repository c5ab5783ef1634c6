"""Shown: a record as the cells that people see. A pure function of the record and of what `Shows` was given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from perthyn.errors import PerthynError
from perthyn.importing.values_people import yes_no_word
from perthyn.model import KINDS, Address, Contact, CustomField, Kind, Problem, Record, Segment, declared
from perthyn.rules import RuleSchema, print_rule, read_rule
from perthyn.rules.terms import Choice
from perthyn.text import Translator, fold
from perthyn_sheets.cells import (
    Raw,
    day_cell,
    fitting,
    instant_cell,
    joined,
    moment_of,
    money_cell,
    number_cell,
    text_of,
)
from perthyn_sheets.columns import Column
from perthyn_sheets.columns_types import ROLES, columns_of

Names = Callable[[Iterable[UUID]], Mapping[UUID, str]] | Mapping[UUID, str]
Show = Callable[[Any], Raw]
_NOTHING = ("direction", "none")
"""A word that says that there is nothing to say: an empty cell."""


@dataclass(frozen=True)
class Shows:
    """What cells say beyond the record itself; made once for each pull or flush.

    `languages`: those of heads and lists; values are in the first. `names`: of contacts. `schema`: the names that
    rules use; without it a rule is shown as it is stored, and none can be typed. `t`: for sentences about problems.
    `currency`, `region`: the organisation's. `today`: for days typed without a year, and when a wish was asked.
    """

    languages: tuple[str, ...] = ("en",)
    zone: str = "Europe/London"
    kinds: tuple[Kind, ...] = KINDS
    custom: tuple[CustomField, ...] = ()
    names: Names = field(default_factory=dict)
    schema: RuleSchema | None = None
    t: Translator | None = None
    currency: str = "GBP"
    region: str = "GB"
    today: date = date(2026, 1, 1)

    @property
    def language(self) -> str:
        """The language of values."""
        return self.languages[0]

    @cached_property
    def clock(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.zone)

    def shown(self, record: Record, computed: Mapping[str, Raw] | None = None) -> dict[str, Raw]:
        """Column key -> what stands in the cell; "" where it is empty. `computed`: what perthyn worked out of it."""
        made = self._made.get(type(record))
        if made is None:
            made = self._made[type(record)] = self._ways(type(record))
        cells = {key: show(record) for key, show in made}
        return cells if computed is None else {**cells, **computed}

    def same(self, column: Column, shown: Raw, cell: Raw) -> bool:
        """Whether two cells say the same to a person: 3 and 3.0, a number and its text, "yes" and a ticked box."""
        if type(shown) is type(cell) and shown == cell:
            return True
        if column.kind == "flag":
            return (shown == "" and cell is False) or _flag(shown) == _flag(cell) is not None
        if isinstance(shown, bool) or isinstance(cell, bool) or isinstance(shown, str) or isinstance(cell, str):
            return column.kind in ("text", "choice") and text_of(shown) == text_of(cell)
        if column.kind in ("date", "instant"):
            return moment_of(shown) == moment_of(cell)
        return text_of(float(shown)) == text_of(float(cell))

    def name_of(self, contact: UUID) -> str:
        """The name of a contact; the end of its id where it is not known."""
        names = self.names if isinstance(self.names, Mapping) else self.names((contact,))
        return names.get(contact) or contact.hex[-6:]

    def remember(self, records: Iterable[Record]) -> None:
        """Ask for the names that these are going to show at once."""
        if not isinstance(self.names, Mapping):
            self.names({id for one in records if one.owner not in ("", "id") and (id := one.owner_id) is not None})

    def currency_of(self, record: Any) -> str:
        """The currency that an amount of the record is in."""
        return getattr(record, "currency", None) or self.currency

    def word(self, choices: tuple[Choice, ...], value: str) -> str:
        """The word for a value in the language of values; the value itself where there is none."""
        return next((one.words[self.language][0] for one in choices if one.value == value), value)

    # -- how each column shows ------------------------------------------------------------------------------------

    @cached_property
    def _made(self) -> dict[type[Record], tuple[tuple[str, Show], ...]]:
        return {}

    def _ways(self, record: type[Record]) -> tuple[tuple[str, Show], ...]:
        columns = columns_of(record, self.custom, self.kinds)
        return tuple((one.key, self._way(record, one)) for one in columns)

    def _way(self, record: type[Record], column: Column) -> Show:
        key = column.key
        listed, _, inner = key.partition(".")
        if issubclass(record, Contact):
            if key == "name":
                return _whole_name
            if key in _LISTS:
                return _list(key, _LISTS[key])
            if key == "roles":
                return self._roles
            if listed == "addresses":
                return _of_address(inner)
            if listed == "custom":
                return _custom(inner)
        if issubclass(record, Segment) and key == "rule":
            return self._rule
        if issubclass(record, Problem) and key in ("what", "next"):
            return self._wrong if key == "what" else self._next
        if key == record.owner or (issubclass(record, Problem) and key == "contact"):
            return self._who(key)
        if key not in declared(record):
            return _nothing
        return self._field(record, column)

    def _field(self, record: type[Record], column: Column) -> Show:
        key, clock = column.key, self.clock
        if column.kind == "flag":
            return self._yes_no(record, column)
        if column.kind == "choice":
            words = {one.value: one.words[self.language][0] for one in column.choices}
            if key == _NOTHING[0]:
                words[_NOTHING[1]] = ""
            return _put(key, lambda value: words[value] if value in words else fitting(value))
        if column.kind == "money":
            return lambda one: "" if (at := getattr(one, key)) is None else money_cell(at, self.currency_of(one))
        if column.kind == "number":
            return _put(key, number_cell)
        if column.kind == "date":
            return _put(key, day_cell)
        if column.kind == "instant":
            return _put(key, lambda value: instant_cell(value, clock))
        return _put(key, fitting)

    def _yes_no(self, record: type[Record], column: Column) -> Show:
        yes, no = (self.word(column.choices, word) for word in ("yes", "no"))
        unsaid = record.model_fields[column.key].default is False
        said = {True: yes, False: "" if unsaid else no, None: ""}
        return lambda one: said[getattr(one, column.key)]

    def _who(self, key: str) -> Show:
        return _put(key, lambda id: fitting(self.name_of(id)))

    def _roles(self, record: Any) -> Raw:
        return fitting(joined(self.role_words(record).values()))

    def role_words(self, contact: Contact) -> dict[str, str]:
        """What a contact is, each once: how a role is compared -> its word."""
        said: dict[str, str] = {}
        for one in _in_order(contact.roles):
            name = role_of(one.role)
            said.setdefault(name, self.word(ROLES, name) if name in _ROLE_NAMES.values() else one.role)
        return said

    def _rule(self, record: Any) -> Raw:
        if record.rule is None:
            return ""
        try:
            rule = print_rule(read_rule(record.rule), self.schema, self.language) if self.schema else record.rule
        except PerthynError:
            rule = record.rule
        return fitting(rule)

    def _wrong(self, record: Any) -> Raw:
        return fitting(self._said(record)[0])

    def _next(self, record: Any) -> Raw:
        return fitting(self._said(record)[1])

    def _said(self, problem: Problem) -> tuple[str, str]:
        try:
            facts = json.loads(problem.facts or "{}")
        except ValueError:
            facts = {}
        told = facts.items() if isinstance(facts, dict) else ()
        error = PerthynError(problem.code, **{name: fact for name, fact in told if name not in ("self", "code")})
        return self.t.error(error) if self.t else (problem.code, "")


def role_of(text: str) -> str:
    """A role as roles are compared: the name of a well-known one in whichever language, else its letters."""
    return _ROLE_NAMES.get(fold(text)) or text.casefold()


_ROLE_NAMES = {
    fold(word): one.value for one in ROLES for words in (*one.words.values(), (one.value,)) for word in words
}
_LISTS = {"emails": "address", "phones": "number", "tags": "tag"}
"""Lists of a contact that stand in one cell, and the field of each part that is shown."""


def _put(key: str, write: Callable[[Any], Raw]) -> Show:
    return lambda one: "" if (value := getattr(one, key)) is None else write(value)


def _nothing(record: Any) -> Raw:
    return ""


def _whole_name(record: Any) -> Raw:
    if record.name:
        return fitting(record.name)
    return fitting(" ".join(part for part in (record.title, record.given, record.family) if part))


def _list(key: str, inner: str) -> Show:
    def show(record: Any) -> Raw:
        held = getattr(record, key)
        return fitting(joined(getattr(one, inner) for one in _in_order(held))) if held else ""

    return show


def _in_order(parts: tuple[Any, ...]) -> list[Any]:
    """Parts in an order that does not hang on the order in which a store keeps them; the preferred one first."""
    if len(parts) < 2:
        return list(parts)
    return sorted(parts, key=lambda part: (not getattr(part, "preferred", False), part.key))


def address_shown(addresses: tuple[Address, ...]) -> Address | None:
    """The address whose parts stand in the row: the preferred, else the first by its key."""
    return next(iter(_in_order(addresses)), None)


def _of_address(inner: str) -> Show:
    def show(record: Any) -> Raw:
        one = address_shown(record.addresses)
        return "" if one is None else fitting(getattr(one, inner) or "")

    return show


def _custom(name: str) -> Show:
    def show(record: Any) -> Raw:
        one = next((one for one in record.custom if one.name == name), None)
        if one is None:
            return ""
        if one.text is not None:
            return fitting(one.text)
        return number_cell(one.number) if one.number is not None else day_cell(one.day) if one.day else ""

    return show


def _flag(raw: Raw) -> bool | None:
    """What a cell of yes or no says; None where it says neither."""
    return raw if isinstance(raw, bool) else {"yes": True, "no": False}.get(yes_no_word(text_of(raw)))

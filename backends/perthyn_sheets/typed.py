"""Typed: what a person's typing in cells means for a record, understood as the import understands it.

Each cell is read for itself: an error in one never hinders the others, and a cell that can't be read changes nothing.
Where cells speak of one thing (the fields of an address, a day and its time), they are read one upon the other.
The meaning of what belongs to contacts alone is in `typed_people`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from perthyn.errors import PerthynError
from perthyn.importing.problems import fit
from perthyn.model import Contact, Happening, Record, Segment, declared
from perthyn.model.record import field_adapter
from perthyn.rules import parse, read_rule, rule_json
from perthyn_sheets.cells import MOST_UNITS, Mistyped, Raw, decimals, is_broken, is_cut, text_of, units
from perthyn_sheets.columns import Column, Tab
from perthyn_sheets.columns_types import literal
from perthyn_sheets.reading import (
    amount_of,
    choice_of,
    clock_alone,
    currency_in_amount,
    currency_of,
    day_of,
    instant_of,
    moment_in,
    whole_of,
    yes_no_of,
)
from perthyn_sheets.shown import Shows
from perthyn_sheets.typed_people import following, people_value

Who = Callable[[str], list[UUID]]
_LAST = ("money", "instant")
"""Kinds that hang on other cells of the row: an amount on its currency, a time of day on its day."""


@dataclass(frozen=True)
class Wrong:
    """A cell that can't be taken. `code` has words in both languages; `facts` are what they name."""

    column: str
    raw: Raw
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Typed:
    """What cells mean. `values`: path -> new value, a list of parts whole; `wrong`: the cells that mean nothing."""

    values: dict[str, Any] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)


def typed(tab: Tab, record: Record | None, cells: Mapping[str, Raw], shows: Shows, who: Who) -> Typed:
    """What a person typed. `cells`: those that were changed, or all that hold something in a new row (`record` None).

    `who` finds contacts by what a person calls them. An empty cell takes the value away where the field may be
    without one. Never raises for what stands in a cell.
    """
    assert tab.type is not None
    draft = Draft(tab.type, record, shows, who)
    wrong = []
    columns = [one for one in tab.columns if one.key in cells and not one.hidden and not one.computed]
    for column in sorted(columns, key=lambda one: one.kind in _LAST):
        raw, before = cells[column.key], dict(draft.values)
        try:
            draft.take(column, raw)
            continue
        except PerthynError as error:
            wrong.append(Wrong(column.key, raw, error.code, _short(error.facts)))
        except ValidationError as error:
            wrong.append(Wrong(column.key, raw, *_refused(error, raw)))
        draft.values = before
    if isinstance(record, Contact | None) and issubclass(tab.type, Contact):
        draft.values.update(following(record, draft.values, shows.today))
    return Typed(draft.values, wrong)


def _short(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as a problem can show them."""
    return {name: fit(value) if isinstance(value, str) else value for name, value in facts.items()}


def _refused(error: ValidationError, raw: Raw) -> tuple[str, dict[str, Any]]:
    """The code and the facts of what the model says of a text."""
    first = error.errors()[0]
    if first["type"] == "string_too_long":
        return "sheets.cell.too_long", {"most": first["ctx"]["max_length"]}
    sign = next((one for one in text_of(raw) if (ord(one) < 32 and one not in "\t\n") or 0x7F <= ord(one) < 0xA0), "")
    if sign:
        return "sheets.cell.sign", {"sign": f"U+{ord(sign):04X}"}
    return "sheets.cell.unfit", {"value": fit(text_of(raw))}


class Draft:
    """A record while cells are read: what it held, and what it is to hold."""

    def __init__(self, kind: type[Record], record: Record | None, shows: Shows, who: Who) -> None:
        self.kind, self.record, self.shows, self.who = kind, record, shows, who
        self.values: dict[str, Any] = {}
        self._shown = {} if record is None else shows.shown(record)

    def get(self, name: str) -> Any:
        """A field's value as far as is known; its default in a new row."""
        if name in self.values:
            return self.values[name]
        if self.record is not None:
            return getattr(self.record, name)
        found = self.kind.model_fields.get(name)
        return None if found is None or found.is_required() else found.default

    def put(self, name: str, value: Any) -> None:
        """A new value of a field, checked by its type; a list of parts as it is. Raises `ValidationError`."""
        self.values[name] = value if isinstance(value, tuple) else field_adapter(self.kind, name).validate_python(value)

    def take(self, column: Column, raw: Raw) -> None:
        """One cell. Raises `PerthynError`, or `ValidationError` for what no store keeps."""
        if is_broken(raw):
            raise Mistyped("sheets.cell.broken", value=str(raw))
        if is_cut(self._shown.get(column.key, "")):
            raise Mistyped("sheets.cell.long", most=MOST_UNITS)
        if isinstance(raw, str) and units(raw) > MOST_UNITS:
            raise Mistyped("sheets.cell.too_long", most=MOST_UNITS)
        if self.record is None and isinstance(raw, str) and not raw.strip():
            return
        if issubclass(self.kind, Contact) and column.key not in declared(self.kind):
            self.values.update(people_value(column, raw, self.get, self.shows))
        elif issubclass(self.kind, Segment) and column.key == "rule":
            self.put("rule", self._rule(raw))
        elif raw == "":
            self._empty(column.key)
        elif column.key == self.kind.owner:
            self.put(column.key, self._contact(column.key, raw))
        else:
            self._field(column, raw)

    def _empty(self, name: str) -> None:
        """An emptied cell. Raises `Mistyped` where the field must have a value."""
        info = self.kind.model_fields[name]
        if info.is_required() or info.default not in (None, False, "none"):
            raise Mistyped("sheets.cell.empty")
        if name == "currency":
            self._currency(None)
        else:
            self.put(name, info.default)

    def _field(self, column: Column, raw: Raw) -> None:
        """A plain field, by its column's kind."""
        name, shows = column.key, self.shows
        if column.kind == "choice":
            self.put(name, self._choice(column, raw))
        elif column.kind == "flag":
            self.put(name, yes_no_of(raw))
        elif column.kind == "number":
            self.put(name, whole_of(raw))
        elif column.kind == "date":
            self._day(name, day_of(raw, shows))
        elif column.kind == "instant":
            self._instant(name, raw)
        elif column.kind == "money":
            self._money(name, raw)
        elif name == "currency":
            self._currency(currency_of(raw))
        else:
            self.put(name, text_of(raw))

    def _choice(self, column: Column, raw: Raw) -> str:
        text = text_of(raw)
        found = choice_of(column, text)
        if found:
            return found
        known = ", ".join(one.words[self.shows.language][0] for one in column.choices)
        if issubclass(self.kind, Happening) and column.key == "kind":
            raise Mistyped("sheets.cell.kind", value=text, known=known)
        if literal(self.kind, column.key) or column.key == "state":
            raise Mistyped("sheets.cell.choice", value=text, known=known)
        return text

    def _contact(self, name: str, raw: Raw) -> UUID:
        text = text_of(raw).strip()
        found = self.who(text)
        held = self.get(name)
        if held in found:
            assert isinstance(held, UUID)
            return held
        if len(found) == 1:
            return found[0]
        if found:
            raise Mistyped("sheets.cell.who_several", value=text, count=len(found))
        raise Mistyped("sheets.cell.who_unknown", value=text)

    def _rule(self, raw: Raw) -> str | None:
        text = text_of(raw).strip()
        if not text:
            return None
        schema, t = self.shows.schema, self.shows.t
        try:
            if schema is None or text.startswith("{"):  # as it is shown where its words are not known
                return rule_json(read_rule(text))
            return rule_json(parse(text, schema, self.shows.language))
        except PerthynError as error:
            raise Mistyped("sheets.cell.rule", value=text, why=t.error(error)[0] if t else error.code) from None

    # -- what hangs together ------------------------------------------------------------------------------------

    def _day(self, name: str, day: Any) -> None:
        """A day; the instant of what happened moves along with it, and keeps its time of day."""
        self.put(name, day)
        at = self.get("at") if self._happened(name, "day") else None
        if at is not None:
            there = datetime.combine(day, instant_of(at, self.shows).astimezone(self.shows.clock).time())
            self.put("at", instant_of(there, self.shows))

    def _instant(self, name: str, raw: Raw) -> None:
        """An instant; the day of what happened is that of its instant. A time of day alone is of the row's day."""
        happened = self._happened(name, "at")
        day = self.get("day") if happened else None
        moment = clock_alone(raw) if happened else None
        if moment is not None:
            if day is None:
                raise Mistyped("sheets.cell.time_alone", value=text_of(raw))
            at = instant_of(datetime.combine(day, moment), self.shows)
        else:
            at = moment_in(raw, self.shows)
        self.put(name, at)
        if happened:
            self.put("day", at.astimezone(self.shows.clock).date())

    def _happened(self, name: str, wanted: str) -> bool:
        return issubclass(self.kind, Happening) and name == wanted

    def _money(self, name: str, raw: Raw) -> None:
        """An amount; without a currency it is in the one that stands beside it, else in the organisation's."""
        text = text_of(raw)
        held = self.get("currency") if "currency" in self.kind.model_fields else None
        told = currency_in_amount(text) if isinstance(raw, str) else ""
        if told and held and told != held:
            raise Mistyped("sheets.cell.currency", value=text, expected=held)
        currency = held or told or self.shows.currency
        amount = amount_of(raw, currency)
        if held is None and "currency" in self.kind.model_fields and (told or self.get(name) is None):
            self.put("currency", currency)
        self.put(name, amount)

    def _currency(self, currency: str | None) -> None:
        """A currency; the amount beside it stays the number that people see."""
        before = decimals(self.get("currency") or self.shows.currency)
        self.put("currency", currency)
        moved = decimals(currency or self.shows.currency) - before
        for name, about in declared(self.kind).items():
            minor = self.get(name) if about.kind == "money" else None
            if minor is not None and moved:
                whole, rest = (minor * 10**moved, 0) if moved > 0 else divmod(minor, 10**-moved)
                if rest:
                    raise Mistyped("sheets.cell.fraction", value=str(minor))
                self.put(name, whole)

"""From the plan of a column to the reader of its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from typing import Any

from perthyn.importing.meanings import reads
from perthyn.importing.names import name_reader
from perthyn.importing.plans import ColumnPlan
from perthyn.importing.returned import WrittenDays, integer_reader, pieces_reader, verbatim_reader
from perthyn.importing.values import (
    Cell,
    IdReader,
    Memo,
    Noted,
    Parsed,
    Reader,
    TextReader,
    as_text,
    quantity_reader,
    tags_reader,
)
from perthyn.importing.values_dates import DateReader, DateStyle, Lean, instant_reader, time_reader
from perthyn.importing.values_money import currency_reader, money_reader
from perthyn.importing.values_people import (
    contact_kind_reader,
    email_reader,
    language_reader,
    phone_reader,
    postcode_reader,
    yes_no_reader,
)
from perthyn.model.kinds import KINDS
from perthyn.text import fold

_LEAN: Mapping[str, Lean] = {"role_end": "coming", "event_date": "near"}
_SIDE = frozenset(("birth_date", "consent_at", "time", "fee", "changed_at", "party_size", "event_date"))
"""Meanings without which a row still says what it says: what can't be read there is noted, not refused."""
_ENDLESS = frozenset(
    ("life", "lifetime", "am oes", "oes", "never", "byth", "-", "?", "??", "n/a", "none", "dim", "tbc", "unknown")
)


class _Lenient:
    """A reader whose unreadable cells are noted instead of wrong."""

    def __init__(self, reader: Reader[Any]) -> None:
        self._reader = reader

    def read(self, cells: Sequence[Cell]) -> Parsed[Any]:
        parsed = self._reader.read(cells)
        parsed.noted.update(parsed.wrong)
        parsed.wrong = {}
        return parsed


class Clock:
    """The times that days carry; what can't be read there is said of the day already."""

    def __init__(self, style: DateStyle) -> None:
        self._reader = time_reader(style)

    def read(self, cells: Sequence[Cell]) -> Parsed[time]:
        return Parsed(self._reader.read(cells).values)


class _Terms:
    """Days on which a role begins or ends: "life" and "?" are blank."""

    def __init__(self, reader: DateReader) -> None:
        self._reader = reader

    def read(self, cells: Sequence[Cell]) -> Parsed[date]:
        return self._reader.read([None if isinstance(cell, str) and fold(cell) in _ENDLESS else cell for cell in cells])


_KINDS = {fold(word): kind.name for kind in KINDS for word in (kind.name, *kind.en, *kind.cy)}


def _one_kind(cell: Cell) -> str | Noted | None:
    text = as_text(cell)
    known = _KINDS.get(fold(text))
    return known or Noted(fold(text).replace(" ", "_"), "import.kind.unknown", value=text)


def reader_for(plan: ColumnPlan, *, today: date, zone: str, currency: str = "") -> Reader[Any]:
    """The reader of a column. `currency`: the one its amounts are in, "" where another column says so."""
    kind = reads(plan.becomes)
    if plan.verbatim and (verbatim := verbatim_reader(kind)) is not None:
        return verbatim
    if kind in ("date", "time", "instant"):
        reader = _day_reader(plan, kind, DateStyle(plan.date_order, today, zone, _LEAN.get(plan.becomes, "past")))
        reader = WrittenDays(reader) if plan.verbatim else reader
    elif kind == "money":
        reader = money_reader(plan.decimal, currency)
    elif kind == "yes_no":
        reader = yes_no_reader(plan.inverted)
    elif kind == "postcode":
        reader = postcode_reader(plan.british)
    elif kind == "kind":
        reader = Memo(_one_kind)
    else:
        reader = _PLAIN[kind]()
    return _Lenient(reader) if plan.becomes in _SIDE else reader


def _day_reader(plan: ColumnPlan, kind: str, style: DateStyle) -> Reader[Any]:
    if kind == "time":
        return time_reader(style)
    if kind == "instant":
        return instant_reader(style)
    return _Terms(DateReader(style)) if plan.becomes in ("role_start", "role_end") else DateReader(style)


_PLAIN: Mapping[str, Callable[[], Reader[Any]]] = {
    "text": TextReader,
    "name": name_reader,
    "email": email_reader,
    "phone": phone_reader,
    "language": language_reader,
    "tags": tags_reader,
    "id": IdReader,
    "contact_kind": contact_kind_reader,
    "currency": currency_reader,
    "quantity": quantity_reader,
    "integer": integer_reader,
    "pieces": pieces_reader,
}

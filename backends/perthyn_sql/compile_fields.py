"""Tests of fields as SQL: what a rule says of one row, a contact's, a part's or an owned record's.

Negation is carried down to the leaves (De Morgan), and a negated leaf is ``(...) IS NOT TRUE``: no NULL can be
negated, so that NOT is the exact complement that the law asks for. Numbers, days and words' ids stand in the text,
other values are parameters named by what they hold; so texts can be joined freely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any as Anything
from typing import assert_never
from uuid import UUID

from perthyn.rules.closed import All, Any, AnyPart, Between, Closed, Field, Has, Known, Not, OneOf, Test
from perthyn_sql.dialect import Dialect
from perthyn_sql.tables import Field as Stored
from perthyn_sql.tables import PartTable, RecordTable

NUMBERS = ("integer", "money", "instant", "flag")


@dataclass(frozen=True, slots=True)
class Row:
    """A row that a rule speaks of: its alias in the statement and its table."""

    alias: str
    about: RecordTable | PartTable

    def column(self, name: str) -> str:
        """A column of it."""
        return f'{self.alias}."{name}"'

    @property
    def table(self) -> str:
        """Its table; a plugin's has a dot in its name."""
        name = self.about.table.name
        return name if name.isidentifier() else f'"{name}"'

    def field(self, name: str) -> Stored | None:
        """A declared field of it, or None for a computed name."""
        return next((one for one in self.about.fields if one.name == name), None)


class Terms:
    """Writes conditions on rows. `words(column, texts)` answers the ids of words whose `column` is one of `texts`.

    `values` gathers the parameters of what was written.
    """

    def __init__(self, dialect: Dialect, words: Callable[[str, Iterable[str]], list[int]]) -> None:
        self.dialect = dialect
        self._words = words
        self.values: dict[str, Anything] = {}

    def condition(self, rule: Closed, row: Row, holds: bool = True) -> str:
        """That a rule about one row holds, or that it does not."""
        match rule:
            case Not(part):
                return self.condition(part, row, not holds)
            case All(parts) | Any(parts):
                return joined([self.condition(part, row, holds) for part in parts], isinstance(rule, All) is holds)
            case AnyPart(name, where):
                return ("" if holds else "NOT ") + self._any_part(name, where, row)
            case Field(name, test):
                return self.field(name, test, row, holds)
        raise TypeError(f"{type(rule).__name__} speaks of a contact, not of a row")

    def field(self, name: str, test: Test, row: Row, holds: bool = True) -> str:
        """That a field passes a test, or that it does not."""
        said = self._field(name, test, row)
        return f"({said})" if holds else f"({said}) IS NOT TRUE"

    def parameter(self, value: str | bytes) -> str:
        """The place of a parameter; equal values share one."""
        mark = "t" if isinstance(value, str) else "b"
        name = mark + blake2b(value.encode() if isinstance(value, str) else value, digest_size=8).hexdigest()
        self.values[name] = value
        return f":{name}"

    def word(self, column: str, texts: Iterable[str]) -> str:
        """``IN (...)`` of the ids of words, or a comparison that nothing passes."""
        return listed(str(id) for id in sorted(self._words(column, texts)))

    def _any_part(self, name: str, where: Closed, row: Row) -> str:
        assert isinstance(row.about, RecordTable)
        part = Row("p", row.about.parts[name])
        return (
            f"EXISTS (SELECT 1 FROM {part.table} p"
            f" WHERE p.record_ = {row.alias}.key_ AND {self.condition(where, part)})"
        )

    def _field(self, name: str, test: Test, row: Row) -> str:
        stored = row.field(name)
        if stored is None:
            return self._computed(name, test, row)
        column = row.column(name)
        if isinstance(test, Known):
            return f"{column} IS NOT NULL"
        if stored.kind == "word":
            return self._word(column, "fold" if stored.folded else "text", test)
        if stored.kind == "id":
            return self._id(column, test, isinstance(row.about, RecordTable) and row.about.record.owner == name)
        if stored.kind == "date" or stored.kind in NUMBERS:
            return number(column, test, stored.kind == "date")
        return self._text(column if stored.fold is None else row.column(stored.fold.name), test)

    def _computed(self, name: str, test: Test, row: Row) -> str:
        if name in ("key", "postcode_key") and isinstance(row.about, PartTable):
            return self._text(row.column(f"{name}_"), test)
        day = row.column("day")
        if name == "lapses":
            return number(lapses(row.column("end"), row.column("grace_days")), test, True)
        if name == "month":
            return number(f"({year_month(day)} % 12 + 1)", test, False)
        if name == "weekday":
            return number(f"(({day} - 1) % 7 + 1)", test, False)
        raise TypeError(f"{row.about.table.name} has no {name}")

    def _word(self, column: str, compared: str, test: Test) -> str:
        match test:
            case OneOf(values):
                return f"{column} {self.word(compared, (one for one in values if isinstance(one, str)))}"
            case Has():
                return f"{column} IN (SELECT w.id FROM word_ w WHERE {self._text('w.' + compared, test)})"
        return "FALSE"

    def _text(self, column: str, test: Test) -> str:
        match test:
            case Known():
                return f"{column} IS NOT NULL"
            case OneOf(values):
                return (
                    f"{column} {listed(self.parameter(one) for one in sorted(v for v in values if isinstance(v, str)))}"
                )
            case Has("", _):
                return f"{column} IS NOT NULL"
            case Has(text, "in"):
                return f"{self.dialect.position}({column}, {self.parameter(text)}) > 0"
            case Has(text, "start"):
                return f"substr({column}, 1, {len(text)}) = {self.parameter(text)}"
            case Has(text, "end"):
                start = f"length({column}) - {len(text) - 1}"
                return f"{start} >= 1 AND substr({column}, {start}) = {self.parameter(text)}"
        return "FALSE"

    def _id(self, column: str, test: Test, owner: bool) -> str:
        if not isinstance(test, OneOf):
            return "FALSE"
        chosen = listed(self.parameter(one.bytes) for one in sorted(v for v in test.values if isinstance(v, UUID)))
        return f"{column} IN (SELECT o.key_ FROM contact o WHERE o.id {chosen})" if owner else f"{column} {chosen}"


def joined(conditions: Iterable[str], every: bool) -> str:
    """Conditions of which every one, or some one, must hold; of none: true, or false."""
    chosen = list(conditions)
    if len(chosen) == 1:
        return chosen[0]
    return f"({(' AND ' if every else ' OR ').join(chosen)})" if chosen else ("TRUE" if every else "FALSE")


def listed(places: Iterable[str]) -> str:
    """``= x``, ``IN (x, y)``, or of none what no value passes."""
    chosen = list(places)
    return f"= {chosen[0]}" if len(chosen) == 1 else f"IN ({', '.join(chosen)})" if chosen else "= NULL"


def whole(value: Anything) -> int:
    """A number or day as the integer that is stored."""
    return value.toordinal() if isinstance(value, date) else int(value)


def number(value: str, test: Test, is_day: bool) -> str:
    """A test of a whole number or a day."""
    match test:
        case Known():
            return f"{value} IS NOT NULL"
        case Between(low, high):
            return bounds(value, low, high)
        case OneOf(values):
            kind = date if is_day else int
            return f"{value} {listed(str(whole(one)) for one in values if isinstance(one, kind))}"
        case Has():
            return "FALSE"
    assert_never(test)


def bounds(value: str, low: Anything, high: Anything) -> str:
    """That a value is known and lies within [low, high]."""
    tests = []
    if low is not None:
        tests.append(f"{value} >= {whole(low)}")
    if high is not None:
        tests.append(f"{value} <= {whole(high)}")
    return " AND ".join(tests) or f"{value} IS NOT NULL"


def lapses(end: str, grace: str) -> str:
    """`perthyn.rules.law.lapses`: the last day of grace, within the days there are."""
    after, last = f"{end} + {grace}", date.max.toordinal()
    return f"(CASE WHEN {after} > {last} THEN {last} WHEN {after} < 1 THEN 1 ELSE {after} END)"


def year_month(day: str) -> str:
    """Twelve times the year plus the month from 0, of a day's ordinal (H. Hinnant's `civil_from_days`, in integers)."""
    since = f"({day} + 305)"
    of_era = f"({since} % 146097)"
    year = f"(({of_era} - {of_era} / 1460 + {of_era} / 36524 - {of_era} / 146096) / 365)"
    month = f"((5 * ({of_era} - (365 * {year} + {year} / 4 - {year} / 100)) + 2) / 153)"
    return f"(12 * ({year} + {since} / 146097 * 400) + {month} + 2)"

"""Closed rules: what `bind` makes of a rule, and all that the law and the compilers ever see (DECISIONS 9).

Names are resolved, text is folded, windows are absolute days, dynamic segments are written out, and
population-relative terms are cut values. A closed rule is a tree of frozen, hashable dataclasses.

Meaning (the law is `perthyn.rules.law.matches`):

- Every node is true or false for a contact, never null. A test of an unknown value is false, so `Not` is an exact
  complement and includes the unknown.
- `Compare` of a count, sum or days is always known: none is 0. Largest, smallest, average, first and last of nothing
  are unknown, so any comparison with them is false.
- Nothing after `until` is seen; `bind` puts `until = as_of` wherever a rule gives no later end itself
  ("in next 60 days" does).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value equals one of these. Text of a folded field is compared folded, and `values` hold folded text."""

    values: frozenset[str | int | bool | date | UUID]


@dataclass(frozen=True, slots=True)
class Has:
    """The folded text contains (`where` "in"), starts with ("start") or ends with ("end") this folded text."""

    text: str
    where: Literal["in", "start", "end"] = "in"


@dataclass(frozen=True, slots=True)
class Between:
    """A number or day within [low, high], ends included; None leaves that end open."""

    low: int | date | None = None
    high: int | date | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """There is a value."""


Test = OneOf | Has | Between | Known


@dataclass(frozen=True, slots=True)
class Field:
    """`test` holds for a plain field of the record at hand: the contact, a part of it, or a record it owns.

    `name` is a field of `declared(record)`. Two names are computed: ``month`` (1-12) and ``weekday`` (1-7, Monday
    first) of `day`; ``key`` is the matching form of a part (`Part.key`) or ``postcode_key`` of an address; ``lapses``
    of a role is its `end` plus its `grace_days`. An instant is compared as its milliseconds (`to_wire`).
    """

    name: str
    test: Test


@dataclass(frozen=True, slots=True)
class AnyPart:
    """Some part of the contact's list `list` (emails, roles, tags, custom ...) passes `where`."""

    list: str
    where: Closed


@dataclass(frozen=True, slots=True)
class Measure:
    """A number or day worked out from the records of type `record` that a contact owns.

    Of those whose `day_field` lies in [since, until] (None: open) and that pass `where`: `count`, `days` (distinct),
    `first` and `last` (days); `sum`, `largest`, `smallest`, `average` of `field` over those that have a value,
    `average` floored toward minus infinity (integers only, alike on every backend: floor(sum / n)). A measure of
    `amount` names its `currency` and sees only that; a measure of another field has currency "".
    `kinds`: when not None, only interactions of these kinds (kept apart from `where`, since summaries are by kind).
    Records without a day (consents, memberships: `day_field` "") have no window.
    """

    record: str
    what: Literal["count", "days", "first", "last", "sum", "largest", "smallest", "average"]
    field: str = ""
    currency: str = ""
    kinds: frozenset[str] | None = None
    where: Closed | None = None
    since: date | None = None
    until: date | None = None
    day_field: str = "day"


@dataclass(frozen=True, slots=True)
class Compare:
    """The measure's value lies within [low, high] (ints, or days for first and last); unknown is false."""

    measure: Measure
    low: int | date | None = None
    high: int | date | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """The contact stands in this hand-picked or snapshot segment."""

    segment: UUID


@dataclass(frozen=True, slots=True)
class All:
    """Every part is true; of none: true."""

    parts: tuple[Closed, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Some part is true; of none: false."""

    parts: tuple[Closed, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The exact complement."""

    part: Closed


Closed = Field | AnyPart | Compare | Member | All | Any | Not
"""`Field`, `All`, `Any` and `Not` also stand inside `AnyPart.where` and `Measure.where`, about that part or record."""

"""The open rule: data shaped like React Query Builder's JSON, as stored, edited by builders, carried by the text form.

A rule is a `Group` of clauses. The names and values in it are language-neutral; unknown parts are refused.
"""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from perthyn.errors import PerthynError, why_not
from perthyn.model.values import invalid


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _plain_duration(text: str) -> str:
    if not re.fullmatch(r"P[1-9]\d{0,3}[DWMY]", text):
        raise invalid("rules.data.duration")
    return text


Duration = Annotated[str, AfterValidator(_plain_duration)]
"""ISO 8601 with one unit: days, weeks, months or years."""


class Window(_Data):
    """When: exactly one of these, or `from` with `to`.

    `last` 24 months and `next` 60 days run from the day asked; `ago` is longer ago than that. `year` is a number,
    "this" or "last" (it may start in a set month). Days named are included, but for `after` and `before`.
    """

    last: Duration | None = None
    next: Duration | None = None
    ago: Duration | None = None
    since: date | None = None
    after: date | None = None
    until: date | None = None
    before: date | None = None
    on: date | None = None
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    year: Annotated[int, Field(ge=1000, le=9998, strict=True)] | Literal["this", "last"] | None = None

    @model_validator(mode="after")
    def _one(self) -> Window:
        given = {name for name, value in self if value is not None}
        if given != {"from_", "to"} and (len(given) != 1 or given & {"from_", "to"}):
            raise invalid("rules.data.window")
        return self


class Money(_Data):
    """An amount in minor units of a currency."""

    minor: Annotated[int, Field(strict=True)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


Scalar = Annotated[bool, Field(strict=True)] | Annotated[int, Field(strict=True)] | str | Money
Value = Scalar | Window | tuple[Scalar, ...] | None

Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "between", "notBetween", "in", "notIn", "null", "notNull",
    "contains", "doesNotContain", "beginsWith", "doesNotBeginWith", "endsWith", "doesNotEndWith",
    "during", "notDuring", "was", "wasNot", "inTop", "notInTop", "inBottom", "notInBottom", "inFifth", "notInFifth",
]  # fmt: skip
"""React Query Builder's, and: `during` a window; `was`, of a role that may have ended; `inTop` so many per cent of
all who have any, `inFifth` 1 to 5 (5 the highest), ties sharing."""

Count = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


class Match(_Data):
    """How many must match; `threshold` for the last three."""

    mode: Literal["some", "none", "atLeast", "atMost", "exactly"]
    threshold: Count | None = None

    @model_validator(mode="after")
    def _threshold(self) -> Match:
        if (self.threshold is None) != (self.mode in ("some", "none")):
            raise invalid("rules.data.threshold")
        return self


class Group(_Data):
    """All (`and`) or any (`or`) of the clauses, or the opposite (`not`); of none: everyone, or nobody."""

    combinator: Literal["and", "or"] = "and"
    not_: bool = Field(default=False, alias="not")
    rules: tuple[Clause, ...] = ()


class Leaf(_Data):
    """A field and what it must be. The field ``segment`` with a segment's id says that the contact is in it."""

    field: str
    operator: Operator
    value: Value = None


class Matching(_Data):
    """How many of a list (``emails``) or a history (``kind:visit``, ``family:give``, ``record:consent``) there are.

    `value` says which of them count, `window` when.
    """

    field: str
    operator: Literal["="] = "="
    match: Match
    value: Group | None = None
    window: Window | None = None


class Figure(_Data):
    """A number or day worked out from a history: `what` of `field`, of those that `where` and `window` let through.

    Or, `what` being "named", the measure called `of` that a plugin declares.
    """

    what: Literal["count", "days", "first", "last", "sum", "largest", "smallest", "average", "named"]
    of: str
    field: str = ""
    where: Group | None = None
    window: Window | None = None

    @model_validator(mode="after")
    def _fitting(self) -> Figure:
        if bool(self.field) != (self.what in ("sum", "largest", "smallest", "average")):
            raise invalid("rules.data.figure.field")
        if self.window is not None and self.what in ("first", "last"):
            raise invalid("rules.data.figure.window")
        if self.where is not None and self.what == "named":
            raise invalid("rules.data.figure.where")
        return self


class Measured(_Data):
    """What a figure must be."""

    measure: Figure
    operator: Operator
    value: Value = None


def _shape(data: Any) -> str:
    keys = (
        set(data) if isinstance(data, dict) else set(type(data).model_fields) if isinstance(data, BaseModel) else set()
    )
    if keys & {"combinator", "rules"}:
        return "group"
    if "measure" in keys:
        return "measured"
    return "matching" if "match" in keys else "leaf"


Clause = Annotated[
    Annotated[Group, Tag("group")]
    | Annotated[Leaf, Tag("leaf")]
    | Annotated[Matching, Tag("matching")]
    | Annotated[Measured, Tag("measured")],
    Discriminator(_shape),
]
Rule = Group


def tidy(rule: Clause) -> Rule:
    """The one form of a rule: the root is a group, inner groups of one clause are that clause. The meaning stays."""
    tidied = _tidy(rule)
    return tidied if isinstance(tidied, Group) else Group(rules=(tidied,))


def _tidy(clause: Clause) -> Clause:
    if isinstance(clause, Matching):
        return clause.model_copy(update={"value": _where(clause.value)})
    if isinstance(clause, Measured):
        figure = clause.measure.model_copy(update={"where": _where(clause.measure.where)})
        return clause.model_copy(update={"measure": figure})
    if isinstance(clause, Leaf):
        return clause
    rules = tuple(_tidy(inner) for inner in clause.rules)
    if len(rules) != 1:
        return clause.model_copy(update={"rules": rules})
    only = rules[0]
    if not clause.not_:
        return only
    if isinstance(only, Group) and not only.not_:
        return only.model_copy(update={"not_": True})
    return Group(combinator="and", not_=True, rules=rules)


def _where(where: Group | None) -> Group | None:
    tidied = None if where is None else tidy(where)
    return None if tidied == Group() else tidied


def rule_json(rule: Rule) -> str:
    """Canonical JSON of the rule in its one form: what a segment stores."""
    data = tidy(rule).model_dump(mode="json", by_alias=True, exclude_none=True)
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_rule(text: str) -> Rule:
    """The rule of such JSON. Raises `PerthynError` (``rules.data.invalid``) naming the place."""
    try:
        return tidy(Group.model_validate_json(text))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "rule"
        raise PerthynError("rules.data.invalid", place=place, found=why_not(first)) from None

"""Shapes: what goes out of the API, made of the records' own declarations, and what comes in.

What goes out names every field that there is; one that is not known, or that whoever asks may not see, is absent.
What comes in has the fields named here and no other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema, create_model

from perthyn.model import Part, Record, declared, parts
from perthyn.model.values import About, plain

HIDDEN = frozenset({"delivered", "came_as"})
"""Fields in which perthyn notes something for itself."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")


def _written(pattern: re.Pattern[str]) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise ValueError("written otherwise")
        if isinstance(value, int | float):
            raise ValueError("a number")
        return value

    return BeforeValidator(check)


Day = Annotated[date, _written(_DAY)]
"""A day as it comes in: ``2026-11-22``."""
Id = Annotated[UUID, _written(_ID)]
"""An id as it comes in, with its hyphens."""
At = Annotated[datetime, _written(_INSTANT)]
"""An instant as it comes in, with its zone: ``2026-11-22T09:30:00Z``."""
Flag = StrictBool
Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""An instant as it goes out: UTC in milliseconds, ``...Z``."""


class Given(BaseModel):
    """What comes in: what is not named is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """What goes out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def told(name: str, doc: str = "", /, **fields: Any) -> type[BaseModel]:
    """A shape of what goes out. A field that may be absent is written ``T | None``; the others are always there."""
    made: dict[str, Any] = {field: (kind, None if _may_be_none(kind) else ...) for field, kind in fields.items()}
    model: type[BaseModel] = create_model(name, __base__=Told, __doc__=doc or name, **made)
    return model


@cache
def shape(kind: type[Record] | type[Part], *without: str) -> type[BaseModel]:
    """The shape of a record, or of a part of one: its declared fields, with their labels; some left out."""
    fields: dict[str, Any] = {}
    lists = parts(kind) if issubclass(kind, Record) else {}
    for name, about in declared(kind).items():
        if name in HIDDEN or name in without:
            continue
        needed = name == "id" or (issubclass(kind, Part) and kind.model_fields[name].is_required())
        annotation = _type_of(kind, name, about)
        field = Field(... if needed else None, description=_described(about))
        fields[name] = (annotation if needed else annotation | None, field)
    for name, part in lists.items():
        if name in without:
            continue
        fields[name] = (list[shape(part)] | None, Field(None))  # type: ignore[misc]
    doc = (kind.__doc__ or "").partition("\n")[0]
    made: type[BaseModel] = create_model(kind.__name__, __base__=Told, __doc__=doc, **fields)
    return made


def _type_of(kind: type[Record] | type[Part], name: str, about: About) -> Any:
    match about.kind:
        case "integer" | "money":
            return int
        case "flag":
            return bool
        case "date":
            return date
        case "instant":
            return Instant
        case "id":
            return UUID
    return next((one for one in _unpacked(kind.model_fields[name].annotation) if get_origin(one) is Literal), str)


def _unpacked(annotation: Any) -> list[Any]:
    inner = [one for one in get_args(annotation)] if get_origin(annotation) in (Union, type(int | str)) else []
    return [annotation, *inner]


def _described(about: About) -> str:
    money = " In minor units (pence)." if about.kind == "money" else ""
    return f"{about.en} / {about.cy}.{money}"


def _may_be_none(kind: Any) -> bool:
    return kind is Any or type(None) in get_args(kind)


Record_ = told(
    "RecordOfType", "A record of a type that a plugin declares.", type=str, id=UUID, values=dict[str, Any]
)  # fmt: skip


def any_record(record: Record) -> dict[str, Any]:
    """A record of whatever type."""
    values = {name: value for name, value in record.plain().items() if name not in HIDDEN | {"id"}}
    return {"type": record.type_name, "id": record.id, "values": values}


def ready(value: Any) -> Any:
    """What a view answers, with its instants as text."""
    match value:
        case datetime():
            return plain(value)
        case Mapping():
            return {str(name): ready(one) for name, one in value.items()}
        case list() | tuple():
            return [ready(one) for one in value]
    return value


def page_of(item: Any) -> type[BaseModel]:
    """A page of a list."""
    name = item.__name__ if isinstance(item, type) else str(item)
    return told(f"{name}Page", "A page of a list; `next` leads to the one after it.", items=list[item], next=str | None)


def given(body: BaseModel, *without: str) -> Mapping[str, Any]:
    """The fields that were sent, as they came out of their validation."""
    return {name: getattr(body, name) for name in body.model_fields_set if name not in without}


RECEIPT = told(
    "Receipt", "What became of a change. `batch` is what takes it back.",
    batch=UUID, number=int, created=int, edited=int, deleted=int, state=str,
)  # fmt: skip


def receipt(one: Any) -> dict[str, Any] | None:
    """A receipt as it goes out."""
    names = ("batch", "number", "created", "edited", "deleted", "state")
    return None if one is None else {name: getattr(one, name) for name in names}

"""Declarations: what a record type says of itself, as JSON; and a type made from one whose plugin is not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import create_model

from perthyn.model.happenings import Happening
from perthyn.model.record import Part, Record, declared, parts
from perthyn.model.values import About, Instant, Integer, Kind, Text, plain

_VALUES: Mapping[Kind, Any] = {
    "text": Text,
    "word": Text,
    "json": Text,
    "integer": Integer,
    "money": Integer,
    "date": date,
    "instant": Instant,
    "flag": bool,
    "id": UUID,
}


def declaration(record: type[Record]) -> dict[str, Any]:
    """All that a store must remember of a type to go on reading its records when nobody declares it any more."""
    return {
        "owner": record.owner,
        "version": record.version,
        "undo": record.undo,
        "scope": record.scope,
        "sourced": record.source_named,
        "happening": issubclass(record, Happening),
        "fields": {name: asdict(about) for name, about in declared(record).items()},
        "lists": {
            name: {inner: asdict(about) for inner, about in declared(part).items()}
            for name, part in parts(record).items()
        },
    }


class CarriedPart(Part):
    """An item of a list of a type that is carried; its own key is not known, so the whole item is its key."""

    carried: ClassVar[bool] = True

    @property
    def key(self) -> str:
        return json.dumps(plain(dict(self)), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def carried(name: str, about: Mapping[str, Any]) -> type[Record]:
    """The record type of a stored declaration: its records can be read, moved, backed up and erased, not changed.

    Every field may be unknown but the id and the owner.
    """
    base: type[Record] = Happening if about.get("happening") else Record
    fields = {
        field: _field(said, needed=field in ("id", about["owner"]))
        for field, said in about["fields"].items()
        if field not in base.model_fields
    }
    lists = {
        field: (tuple[_part(f"{name}.{field}", inner), ...], ())  # type: ignore[misc]
        for field, inner in about["lists"].items()
    }
    made: type[Record] = create_model(name, __base__=base, **fields, **lists)  # type: ignore[call-overload]
    made.type_name = name
    made.owner = about["owner"]
    made.version = about.get("version", 1)
    made.undo = about.get("undo", "restore")
    made.scope = about.get("scope", "shared")
    made.source_named = about.get("sourced", False)
    return made


def _part(name: str, fields: Mapping[str, Any]) -> type[Part]:
    said = {field: _field(about) for field, about in fields.items()}
    made: type[Part] = create_model(name, __base__=CarriedPart, **said)  # type: ignore[call-overload]
    return made


def _field(said: Any, needed: bool = False) -> tuple[Any, Any]:
    """The annotation and the default of a field; stores of the first version kept five values of its `About` only."""
    about = About(**said) if isinstance(said, dict) else About(said[1], said[2], said[0], said[3], said[4])
    value = _VALUES[about.kind]
    return (Annotated[value, about], ...) if needed else (Annotated[value | None, about], None)

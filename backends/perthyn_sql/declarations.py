"""Declarations: those that a store keeps, held against those of the record types that it is opened with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection

from perthyn.errors import PerthynError
from perthyn.model import Happening, Part, Record, declared, parts
from perthyn.model.declaration import carried, declaration
from perthyn.model.steps import steps_from

ALIKE = {"money": "integer", "json": "text"}
"""Kinds that are kept like another."""


class Stored(NamedTuple):
    """The version and the declaration of a type, as the store keeps them."""

    version: int
    fields: str

    def type(self, name: str) -> type[Record]:
        """The record type of this declaration, under a name."""
        return _carried(name, *self)


@cache
def _carried(name: str, version: int, fields: str) -> type[Record]:
    made = carried(name, json.loads(fields))
    made.version = version
    return made


def stored_types(connection: Connection) -> dict[str, Stored]:
    """What the store keeps, by the types' names, in their order."""
    rows = connection.exec_driver_sql("SELECT name, version, fields FROM record_type_ ORDER BY name")
    return {name: Stored(version, fields) for name, version, fields in rows}


@cache
def stored_form(type: type[Record]) -> Stored:
    """A type as the store will keep it: worked out once, for each opening asks for all of them twice."""
    return Stored(type.version, json.dumps(declaration(type), ensure_ascii=False, separators=(",", ":")))


def note_types(connection: Connection, types: Mapping[str, type[Record]]) -> None:
    """Keep the declarations of these types."""
    for name, type in types.items():
        version, fields = stored_form(type)
        connection.exec_driver_sql("DELETE FROM record_type_ WHERE name = ?", (name,))
        connection.exec_driver_sql(
            "INSERT INTO record_type_ (name, version, fields) VALUES (?, ?, ?)", (name, version, fields)
        )


def refuse_newer(path: str, stored: Mapping[str, Stored], types: Mapping[str, type[Record]]) -> None:
    """Raises `PerthynError` (``store.newer``) where the store has a later version of one of these types."""
    for name, type in types.items():
        if name in stored and stored[name].version > type.version:
            found, known = str(stored[name].version), str(type.version)
            raise PerthynError("store.newer", path=path, part=name, found=found, known=known)


def outgrown(stored: Mapping[str, Stored], types: Mapping[str, type[Record]]) -> list[str]:
    """The types, in their order, whose stored records must be taken through steps.

    Raises `PerthynError` (``store.step.missing``) for a type that has changed by more than an addition, without one.
    """
    found = []
    for name, type in types.items():
        was = stored.get(name)
        if was is None or was == stored_form(type):
            continue
        if steps_from(type, was.version):
            found.append(name)
        elif fields := list(_more_than_added(was, type)):
            raise PerthynError("store.step.missing", part=name, version=was.version, fields=", ".join(fields))
    return found


def _more_than_added(stored: Stored, type: type[Record]) -> Iterator[str]:
    """The fields by which a type differs from its stored declaration otherwise than by an addition."""
    was, said = stored.type(type.type_name), json.loads(stored.fields)
    if was.owner != type.owner:
        yield was.owner or type.owner
    if said.get("sourced", type.source_named) != type.source_named:
        yield "source_id"
    if said.get("happening", issubclass(type, Happening)) != issubclass(type, Happening):
        yield "day"
    yield from _changed(was, type, "")
    before, now = parts(was), parts(type)
    yield from (name for name in before if name not in now)
    for name in before.keys() & now.keys():
        yield from _changed(before[name], now[name], f"{name}.")


def _changed(was: type[Record] | type[Part], now: type[Record] | type[Part], within: str) -> Iterator[str]:
    before, after = declared(was), declared(now)
    for name, about in before.items():
        kept = after.get(name)
        if kept is None or ALIKE.get(kept.kind, kept.kind) != ALIKE.get(about.kind, about.kind):
            yield within + name
    for name in after.keys() - before.keys():
        if now.model_fields[name].is_required():
            yield within + name

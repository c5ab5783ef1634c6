"""Versions: what the store remembers of itself, tables for new types and columns for new fields, newer refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, inspect
from sqlalchemy.schema import CreateColumn, CreateIndex

from perthyn.errors import PerthynError
from perthyn.model import Record
from perthyn.model.declaration import carried, declaration
from perthyn.model.identity import KEYS_VERSION
from perthyn.text import FOLD_VERSION
from perthyn_sql.base import Shelves
from perthyn_sql.notes import keep_note
from perthyn_sql.open import Database
from perthyn_sql.rebuild import rebuild
from perthyn_sql.summaries import sum_up_all
from perthyn_sql.tables import PartTable, RecordTable

SCHEMA_VERSION = 1
"""Of the store's own tables: raise it with any change to them that is more than a new nullable column or index."""


def shelves_for(database: Database, types: Sequence[type[Record]], currency: str) -> Shelves:
    """Shelves for these types and for every other that the store holds, under its stored declaration."""
    given = {one.type_name: one for one in types}
    absent: dict[str, type[Record]] = {}
    with database.reading() as connection:
        if "record_type_" in inspect(connection).get_table_names():
            for name, fields in connection.exec_driver_sql("SELECT name, fields FROM record_type_ ORDER BY name"):
                if name not in given:
                    absent[name] = carried(name, json.loads(fields))
    return Shelves(given, absent, currency, database.dialect)


def make_ready(database: Database, shelves: Shelves) -> None:
    """Bring the tables to what these types declare.

    Raises `PerthynError`: ``store.newer`` for a store or a type of a later version, ``store.foreign`` for a database
    that is not ours.
    """
    with database.reading() as connection:
        tables = set(inspect(connection).get_table_names())
        if tables and "meta_" not in tables:
            raise PerthynError("store.foreign", path=str(database.path))
        if tables and _is_ready(connection, database, shelves):
            return
    with database.preparing() as connection:
        shelves.schema.metadata.create_all(connection)
        _note_first(connection)
        for name in shelves.types:
            for one in shelves.schema.records[name].tables():
                _add_columns(connection, one)
        note_types(connection, shelves.types)
        known = _known(connection)
        wanted = _wanted(shelves)
        if any(known.get(name) != wanted[name] for name in ("fold", "keys")) and "fold" in known:
            rebuild(connection, shelves)
        if known.get("currency", shelves.currency) != shelves.currency:
            shelves.words.find(connection, [shelves.currency])
            sum_up_all(connection, shelves.words.ids.get(shelves.currency))
        for name, value in wanted.items():
            keep_note(connection, name, value)


def _wanted(shelves: Shelves) -> dict[str, str]:
    return {
        "schema": str(SCHEMA_VERSION),
        "fold": str(FOLD_VERSION),
        "keys": str(KEYS_VERSION),
        "currency": shelves.currency,
    }


def _is_ready(connection: Connection, database: Database, shelves: Shelves) -> bool:
    known = _known(connection)
    wanted = _wanted(shelves)
    for name in ("schema", "fold", "keys"):
        if int(known.get(name, 0)) > int(wanted[name]):
            raise PerthynError("store.newer", path=str(database.path), part=name, found=known[name], known=wanted[name])
    stored = {
        name: (version, fields)
        for name, version, fields in connection.exec_driver_sql("SELECT name, version, fields FROM record_type_")
    }
    for name, type in shelves.types.items():
        if name in stored and stored[name][0] > type.version:
            raise PerthynError(
                "store.newer", path=str(database.path), part=name, found=str(stored[name][0]), known=str(type.version)
            )
    same_types = all(stored.get(name) == declaration for name, declaration in _declarations(shelves.types))
    return same_types and all(known.get(name) == value for name, value in wanted.items())


def _known(connection: Connection) -> dict[str, str]:
    return {name: value for name, value in connection.exec_driver_sql("SELECT name, value FROM meta_")}


def _note_first(connection: Connection) -> None:
    first = [("next_key", "1"), ("words", "0")]
    connection.exec_driver_sql("INSERT INTO meta_ (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", first)


def _declarations(types: Mapping[str, type[Record]]) -> Iterable[tuple[str, tuple[int, str]]]:
    """Every type's version and declaration, as JSON."""
    for name, type in types.items():
        yield name, (type.version, json.dumps(declaration(type), ensure_ascii=False, separators=(",", ":")))


def note_types(connection: Connection, types: Mapping[str, type[Record]]) -> None:
    """Keep the declarations of these types."""
    for name, (version, fields) in _declarations(types):
        connection.exec_driver_sql("DELETE FROM record_type_ WHERE name = ?", (name,))
        connection.exec_driver_sql(
            "INSERT INTO record_type_ (name, version, fields) VALUES (?, ?, ?)", (name, version, fields)
        )


def _add_columns(connection: Connection, one: PartTable | RecordTable) -> None:
    """Columns and indexes that a type's declaration has gained since its table was made."""
    quote = connection.dialect.identifier_preparer.quote
    look = inspect(connection)
    there = {column["name"] for column in look.get_columns(one.table.name)}
    for column in one.table.columns:
        if column.name not in there:
            made = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {quote(one.table.name)} ADD COLUMN {made}")
    made_indexes = {index["name"] for index in look.get_indexes(one.table.name)}
    for index in one.table.indexes:
        if index.name not in made_indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))

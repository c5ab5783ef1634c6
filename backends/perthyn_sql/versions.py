"""Versions: what the store remembers of itself, tables for new types and columns for new fields, others refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel
from sqlalchemy import Connection, inspect
from sqlalchemy.schema import CreateColumn, CreateIndex

from perthyn.errors import PerthynError
from perthyn.model import Record, to_wire
from perthyn.model.identity import KEYS_VERSION
from perthyn.text import FOLD_VERSION
from perthyn_sql.base import Shelves
from perthyn_sql.declarations import note_types, outgrown, refuse_newer, stored_form, stored_types
from perthyn_sql.filling import NOBODY
from perthyn_sql.notes import keep_note
from perthyn_sql.open import Database
from perthyn_sql.rebuild import rebuild
from perthyn_sql.summaries import sum_up_all
from perthyn_sql.tables import Field, PartTable, RecordTable
from perthyn_sql.views import VIEWS_VERSION, make_views
from perthyn_sql.writing import Writing

SCHEMA_VERSION = 2
"""Of the store's own tables: raise it with any change to them that is more than a new nullable column or index."""

SUMMED = 2
"""Since this version there are summaries of all kinds together."""

SCHEMA_STEPS: dict[int, Callable[[Connection], None]] = {}
"""What takes the store's own tables to each version; a version without a step has only gained something."""

UPGRADED = "upgraded"
"""The note of how often the store was upgraded: who opened it before must not write on in it."""


def shelves_for(database: Database, types: Sequence[type[Record]], currency: str) -> Shelves:
    """Shelves for these types and for every other that the store holds, under its stored declaration."""
    given = {one.type_name: one for one in types}
    absent: dict[str, type[Record]] = {}
    with database.reading() as connection:
        if "record_type_" in inspect(connection).get_table_names():
            absent = {name: one.type(name) for name, one in stored_types(connection).items() if name not in given}
    return Shelves(given, absent, currency, database.dialect)


def make_ready(database: Database, shelves: Shelves) -> None:
    """Bring the tables to what these types declare, where they have only gained something.

    Raises `PerthynError`: ``store.newer`` for a store or a type of a later version, ``store.older`` for one that an
    upgrade must follow, ``store.step.missing`` for a type that nothing can follow, ``store.foreign`` for a database
    that is not ours.
    """
    with database.reading() as connection:
        if known_tables(connection, database) and _is_ready(connection, database, shelves):
            return
    with database.preparing() as connection:
        if known_tables(connection, database):
            _is_ready(connection, database, shelves)  # somebody may have upgraded it since
        add_missing(connection, shelves)


def add_missing(connection: Connection, shelves: Shelves) -> None:
    """Tables, columns and indexes that the declarations have gained, and all that is worked out otherwise by now."""
    shelves.schema.metadata.create_all(connection)
    _note_first(connection)
    tables = [one for name in shelves.types for one in shelves.schema.records[name].tables()]
    # Every table is looked at: not `any` of a generator.
    refold = any([_add_columns(connection, shelves, one) for one in tables])
    note_types(connection, shelves.types)
    known = _known(connection)
    wanted = _wanted(shelves)
    if refold or (any(known.get(name) != wanted[name] for name in ("fold", "keys")) and "fold" in known):
        rebuild(connection, shelves)
    if known.get("currency", shelves.currency) != shelves.currency or version_noted(connection) < SUMMED:
        shelves.words.find(connection, [shelves.currency])
        sum_up_all(connection, shelves.words.ids.get(shelves.currency))
    make_views(connection, shelves.schema, shelves.currency)
    for name, value in wanted.items():
        keep_note(connection, name, value)


def _wanted(shelves: Shelves) -> dict[str, str]:
    return {
        "schema": str(SCHEMA_VERSION),
        "fold": str(FOLD_VERSION),
        "keys": str(KEYS_VERSION),
        "currency": shelves.currency,
        "views": str(VIEWS_VERSION),
    }


def known_tables(connection: Connection, database: Database) -> bool:
    """Whether there are tables of ours. Raises `PerthynError` (``store.foreign``) where there are only others."""
    tables = set(inspect(connection).get_table_names())
    if tables and "meta_" not in tables:
        raise PerthynError("store.foreign", path=str(database.path))
    return bool(tables)


def refuse_other(connection: Connection, database: Database, types: Mapping[str, type[Record]]) -> None:
    """Raises `PerthynError` (``store.newer``) for a store of which some part is of a later version."""
    known = _known(connection)
    for name, version in (("schema", SCHEMA_VERSION), ("fold", FOLD_VERSION), ("keys", KEYS_VERSION)):
        if int(known.get(name, 0)) > version:
            raise PerthynError("store.newer", path=str(database.path), part=name, found=known[name], known=str(version))
    refuse_newer(str(database.path), stored_types(connection), types)


def schema_steps(connection: Connection) -> dict[int, Callable[[Connection], None]]:
    """The steps that the store's own tables have yet to take, in their order."""
    found = version_noted(connection)
    return {to: step for to, step in sorted(SCHEMA_STEPS.items()) if found < to <= SCHEMA_VERSION}


def version_noted(connection: Connection) -> int:
    """The version of the store's own tables."""
    return int(_known(connection).get("schema", SCHEMA_VERSION))


def _is_ready(connection: Connection, database: Database, shelves: Shelves) -> bool:
    refuse_other(connection, database, shelves.types)
    stored = stored_types(connection)
    older = outgrown(stored, shelves.types)
    if older or schema_steps(connection):
        raise PerthynError("store.older", path=str(database.path), parts=", ".join(older or ["schema"]))
    known = _known(connection)
    same_types = all(stored.get(name) == stored_form(type) for name, type in shelves.types.items())
    return same_types and all(known.get(name) == value for name, value in _wanted(shelves).items())


def _known(connection: Connection) -> dict[str, str]:
    return {name: value for name, value in connection.exec_driver_sql("SELECT name, value FROM meta_")}


def _note_first(connection: Connection) -> None:
    first = [("next_key", "1"), ("words", "0")]
    connection.exec_driver_sql("INSERT INTO meta_ (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", first)


def _add_columns(connection: Connection, shelves: Shelves, one: PartTable | RecordTable) -> bool:
    """Columns and indexes that a type's declaration has gained since its table was made, its rows given the default.

    Answers whether texts that are there are to be folded.
    """
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
    gained = [field for field in one.fields if field.name not in there]
    given = [_give_default(connection, shelves, one, field) for field in gained]
    unfolded = [field for field in one.fields if field.fold is not None and field.fold.name not in there]
    return any(given) or any(field not in gained for field in unfolded)


def _give_default(connection: Connection, shelves: Shelves, one: PartTable | RecordTable, field: Field) -> bool:
    """The default of a field, where it has one, in every row; answers whether it is a text to be folded."""
    model: type[BaseModel] = one.part if isinstance(one, PartTable) else one.record
    default = to_wire(field.kind, model.model_fields[field.name].default)
    if default is None:
        return False
    if field.kind == "word":
        writing = Writing(shelves, connection, NOBODY)
        shelves.words.learn(connection, [default], writing.next_key)
        writing.keep_next_key()
        default = shelves.words.ids[default]
    quote = connection.dialect.identifier_preparer.quote
    connection.exec_driver_sql(f"UPDATE {quote(one.table.name)} SET {quote(field.name)} = ?", (default,))
    return field.fold is not None

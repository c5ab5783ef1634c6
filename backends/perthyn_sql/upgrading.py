"""Upgrading: a store of an earlier version is brought up to date in one transaction, or left as it was.

What a declaration has merely gained is added when the store is opened (`perthyn_sql.versions`). Here records of types
that have steps are read under their stored declaration from their old tables, set aside under another name, and
written to new ones, keys and batches kept; the journal's images follow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, inspect
from sqlalchemy.schema import CreateTable

from perthyn.changes import uncollected
from perthyn.contents import Contents
from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction, Part, Record, plain, read_plain, split_path
from perthyn.model.steps import upgraded, upgraded_image
from perthyn.upgrades import Keep, Planned, Tell, Upgrade
from perthyn_sql.base import Shelves
from perthyn_sql.contents import SqlContents
from perthyn_sql.copying import copied, copied_to
from perthyn_sql.databases import database_at
from perthyn_sql.declarations import Stored, outgrown, stored_types
from perthyn_sql.dialect import fetched
from perthyn_sql.filling import NOBODY
from perthyn_sql.notes import keep_note, note, refuse_fenced
from perthyn_sql.open import WAIT
from perthyn_sql.shelf import Placed, Shelf
from perthyn_sql.summaries import sum_up_all
from perthyn_sql.versions import UPGRADED, add_missing, known_tables, refuse_other, schema_steps, version_noted
from perthyn_sql.views import drop_views
from perthyn_sql.writing import Writing, in_json

T = TypeVar("T")

AT_ONCE = 2_000
"""How many records or lines are in memory at once."""

ASIDE = "_was_"
"""What ends the name of a type's old tables while its records are taken to the new."""


class SqlUpgrade(Upgrade):
    """Of a store on SQLite or PostgreSQL."""

    def __init__(self, url: str, types: Sequence[type[Record]], currency: str, wait: int = WAIT) -> None:
        self._types = types
        self._currency = currency
        self._database = database_at(url, create=False, wait=wait)
        try:
            with self._database.reading() as connection:
                known_tables(connection, self._database)
                self._planned = tuple(self._plan(connection))
        except BaseException:
            self._database.close()
            raise

    @property
    def address(self) -> str:
        return self._database.address

    @property
    def planned(self) -> tuple[Planned, ...]:
        return self._planned

    @contextmanager
    def contents(self) -> Iterator[Contents]:
        with self._database.apart() as connection:
            yield self._contents(connection)

    def copy(self, mark: str) -> Path | None:
        path = self._database.path
        if not isinstance(path, Path):
            return None
        with self._database.reading():
            return copied(path, f".before-{mark}")

    def apply(self, keep: Keep, tell: Tell = lambda _: None) -> None:
        with self._database.preparing() as connection, uncollected():
            self._apply(connection, keep, tell)
        with self._database.reading() as connection:
            tables = self._shelves(connection).schema.metadata.tables
        self._database.learn(tables, sum(one.size for one in self._planned))

    def rehearse(self, tell: Tell = lambda _: None) -> None:
        path = self._database.path
        if not isinstance(path, Path):
            self._rehearse_here(tell)
            return
        with TemporaryDirectory(prefix="perthyn-", ignore_cleanup_errors=True) as folder:
            copy = Path(folder) / path.name
            with self._database.reading():
                copied_to(path, copy)
            other = SqlUpgrade(f"sqlite:///{copy.as_posix()}", self._types, self._currency)
            try:
                other.apply(lambda _: None, tell)
            finally:
                other.close()

    def _rehearse_here(self, tell: Tell) -> None:
        try:
            with self._database.preparing() as connection, uncollected():
                self._apply(connection, lambda _: None, tell)
                raise _Rehearsed
        except _Rehearsed:
            return

    def close(self) -> None:
        self._database.close()

    # -- the work -------------------------------------------------------------------------------------------

    def _plan(self, connection: Connection) -> Iterator[Planned]:
        if steps := schema_steps(connection):
            yield Planned("", version_noted(connection), max(steps))
        shelves, stored = self._shelves(connection), stored_types(connection)
        refuse_other(connection, self._database, shelves.types)
        for name in outgrown(stored, shelves.types):
            records = _counted(connection, f"SELECT count(*) FROM {shelves.named(name).table}")
            lines = _counted(connection, "SELECT count(*) FROM journal_ WHERE type = ?", name)
            yield Planned(name, stored[name].version, shelves.types[name].version, records, lines)

    def _shelves(self, connection: Connection) -> Shelves:
        """The shelves as they are to be."""
        given = {one.type_name: one for one in self._types}
        absent = {name: one.type(name) for name, one in stored_types(connection).items() if name not in given}
        return Shelves(given, absent, self._currency, self._database.dialect)

    def _contents(self, connection: Connection) -> Contents:
        """The contents as they are stored, in the order of the types that are there now."""
        stored = stored_types(connection)
        order = [one.type_name for one in self._types if one.type_name in stored]
        order += [name for name in stored if name not in order]
        was = {name: stored[name].type(name) for name in order}
        return SqlContents(connection, Shelves({}, was, self._currency, self._database.dialect))

    def _apply(self, connection: Connection, keep: Keep, tell: Tell) -> None:
        refuse_fenced(connection)
        if not any(self._plan(connection)):
            return  # somebody else has done it meanwhile
        keep(self._contents(connection))
        drop_views(connection)
        for step in schema_steps(connection).values():
            step(connection)
        shelves, stored = self._shelves(connection), stored_types(connection)
        redone = outgrown(stored, shelves.types)
        for name in redone:
            _redo(connection, shelves, name, stored[name], tell)
        add_missing(connection, shelves)
        if Interaction.type_name in redone:
            shelves.words.find(connection, [self._currency])
            sum_up_all(connection, shelves.words.ids.get(self._currency))
        keep_note(connection, UPGRADED, str(int(note(connection, UPGRADED) or 0) + 1))


class _Rehearsed(Exception):
    """All went well, and is to be taken back."""


def _counted(connection: Connection, query: str, *values: str) -> int:
    return int(connection.exec_driver_sql(query, values).scalar_one())


def _redo(connection: Connection, shelves: Shelves, name: str, stored: Stored, tell: Tell) -> None:
    """Take the records of one type, and the images of them, from their stored version to this one."""
    type = shelves.types[name]
    old = _set_aside(connection, shelves, name, stored)
    tables = [one.table for one in shelves.schema.records[name].tables()]
    for table in tables:
        connection.execute(CreateTable(table))
    _forget_derived(connection, name)
    shelf, writing = shelves.named(name), Writing(shelves, connection, NOBODY)
    for placed in _pages(connection, old):
        records = [_followed(type, one.record, stored.version) for one in placed]
        owners = writing.owner_keys(one.owner_id.bytes for one in records if one.owner_id)
        writing.put_kept(
            shelf,
            [
                Placed(record, one.key, one.batch, owners[record.owner_id.bytes] if record.owner_id else None)
                for record, one in zip(records, placed, strict=True)
            ],
        )
        tell(len(placed))
    writing.keep_next_key()
    for one in old.about.tables():
        one.table.drop(connection)
    for table in tables:
        for index in table.indexes:  # quicker of a whole table than row by row
            index.create(connection)
    _renew_lines(connection, type, tell)


def _set_aside(connection: Connection, shelves: Shelves, name: str, stored: Stored) -> Shelf[Any]:
    """Rename the tables of a type, without their indexes; answers the shelf of them."""
    quote = connection.dialect.identifier_preparer.quote
    aside = name + ASIDE
    old = Shelves({}, {aside: stored.type(aside)}, shelves.currency, connection.dialect).any(aside)
    look = inspect(connection)
    for one in old.about.tables():
        now = one.table.name.replace(aside, name, 1)
        for index in look.get_indexes(now):
            if not index.get("duplicates_constraint"):
                connection.exec_driver_sql(f"DROP INDEX {quote(str(index['name']))}")
        connection.exec_driver_sql(f"ALTER TABLE {quote(now)} RENAME TO {quote(one.table.name)}")
    return old


def _forget_derived(connection: Connection, name: str) -> None:
    """What goes with the records of a type and is put anew with them."""
    connection.exec_driver_sql("DELETE FROM source_key_ WHERE type = (SELECT id FROM word_ WHERE text = ?)", (name,))
    if name == Contact.type_name:
        for table in ("match_key_", "search_post_", "search_word_"):
            connection.exec_driver_sql(f"DELETE FROM {table}")


def _pages(connection: Connection, shelf: Shelf[Any]) -> Iterator[list[Placed[Any]]]:
    """All records by id, some at a time."""
    last = b""
    while placed := shelf.select(connection, f"WHERE t.id > ? ORDER BY t.id LIMIT {AT_ONCE}", (last,)):
        yield placed
        last = placed[-1].record.id.bytes


def _followed(type: type[Record], record: Record, version: int) -> Record:
    """A record of an earlier version as this one. Raises `PerthynError` (``upgrade.record``)."""
    values = {
        # Lists stay in the order in which they were kept.
        name: [plain(dict(part)) for part in value] if isinstance(value, tuple) else plain(value)
        for name, value in vars(record).items()
        if value is not None and value != ()
    }
    return _checked(
        lambda: type.model_validate(upgraded(type, values, version)),
        "upgrade.record", part=type.type_name, record=str(record.id), version=type.version,
    )  # fmt: skip


def _renew_lines(connection: Connection, type: type[Record], tell: Tell) -> None:
    """Take the journal's images of a type to this version. Raises `PerthynError` (``upgrade.line``)."""
    query = (
        "SELECT batch, seq, record, action, before, version FROM journal_"
        f" WHERE type = ? AND batch >= ? AND (batch > ? OR seq > ?) ORDER BY batch, seq LIMIT {AT_ONCE}"
    )
    place = (0, 0, 0)
    while lines := fetched(connection, query, (type.type_name, *place)):
        renewed = []
        for batch, seq, record, action, before, version in lines:
            if version < type.version:
                image = _image(type, UUID(bytes=record), batch, action, json.loads(before), version)
                renewed.append((in_json(image), type.version, batch, seq))
        if renewed:
            update = "UPDATE journal_ SET before = ?, version = ? WHERE batch = ? AND seq = ?"
            connection.exec_driver_sql(update, renewed)
        tell(len(lines))
        place = (lines[-1][0], *lines[-1][:2])


def _image(
    type: type[Record], record: UUID, batch: int, action: str, before: Mapping[str, Any], version: int
) -> Mapping[str, Any]:
    def followed() -> Mapping[str, Any]:
        image = upgraded_image(type, action, before, version)
        if action == "edit":
            for path, value in image.items():
                found = read_plain(type, path, value)
                if isinstance(found, Part) and found.key != split_path(path)[1]:
                    raise PerthynError("record.path.fixed", type=type.type_name, path=path)
        else:
            type.model_validate(image)
        return image

    return _checked(followed, "upgrade.line", part=type.type_name, record=str(record), batch=batch)


def _checked(make: Callable[[], T], code: str, **facts: Any) -> T:
    """What `make` makes; whatever goes wrong with it, a plugin's own step included, names the record."""
    try:
        return make()
    except ValidationError as error:
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise PerthynError(code, why=why, **facts) from error
    except Exception as error:
        raise PerthynError(code, why=f"{type(error).__name__}: {error}", **facts) from error

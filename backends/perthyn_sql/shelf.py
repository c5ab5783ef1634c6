"""Shelf: where the records of one type stand; puts them there, finds them and takes them away, on any connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Dialect

from perthyn.model import Record, from_wire
from perthyn.store import Sourced
from perthyn_sql.codec import insert_text, models, names, stored, wired, words_in
from perthyn_sql.dialect import fetched
from perthyn_sql.tables import PartTable, RecordTable
from perthyn_sql.words import Words, chunks, marks, padded

R = TypeVar("R", bound=Record)
NextKey = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Placed(Generic[R]):
    """A record, its integer key, the number of the batch that created it, and its owner's key, if it has one."""

    record: R
    key: int
    batch: int
    owner: int | None


class Shelf(Generic[R]):
    """The records of one type in their tables."""

    def __init__(self, about: RecordTable, record: type[R], words: Words, dialect: Dialect) -> None:
        self.about = about
        self.record = record
        """The class of its records."""
        self._words = words
        self._fields = tuple(sorted(about.fields, key=lambda field: field.name != record.owner))
        self._quote = dialect.identifier_preparer.quote
        self.table = self._quote(about.table.name)
        self.owner = self._quote(record.owner) if record.owner else ""
        columns = names(self._fields)
        self._insert = insert_text(about.table, [*columns, "key_", "batch_"], dialect)
        self._select = self._selecting()
        self._lists = {name: _PartShelf(part, words, dialect) for name, part in about.parts.items()}

    def _selecting(self) -> str:
        shown = [f"t.{self._quote(field.name)}" for field in self._fields]
        join, owner = "", "NULL"
        if self.owner:
            shown[0], owner = "o.id", f"t.{self.owner}"
            join = f" JOIN contact o ON o.key_ = t.{self.owner}"
        return f"SELECT t.key_, t.batch_, {owner}, {', '.join(shown)} FROM {self.table} t{join}"

    # -- finding --------------------------------------------------------------------------------------------

    def find(self, connection: Connection, ids: Iterable[UUID]) -> dict[UUID, Placed[R]]:
        """Those of these records that are there."""
        found = {}
        for chunk in chunks(one.bytes for one in ids):
            values = padded(chunk)
            for placed in self.select(connection, f"WHERE t.id IN ({marks(values)})", values):
                found[placed.record.id] = placed
        return found

    def select(self, connection: Connection, ending: str, values: Sequence[Any] = ()) -> list[Placed[R]]:
        """The records of a SELECT from the table ``t`` (and its owner ``o``) that ends so."""
        return self._placed(connection, fetched(connection, f"{self._select} {ending}", values))

    def stream(self, connection: Connection, ending: str, values: Sequence[Any] = ()) -> Iterator[Placed[R]]:
        """The same, never more than a few hundred records in memory."""
        result = connection.exec_driver_sql(f"{self._select} {ending}", tuple(values))
        while rows := result.cursor.fetchmany(500):
            yield from self._placed(connection, rows)
        result.close()

    def _placed(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> list[Placed[R]]:
        records = models(self.record, self._fields, [row[3:] for row in rows], self._words, connection)
        keys = [row[0] for row in rows]
        for name, shelf in self._lists.items():
            lists = shelf.find(connection, keys)
            for key, record in zip(keys, records, strict=True):
                record.__dict__[name] = lists.get(key, ())
        return [Placed(record, *row[:3]) for row, record in zip(rows, records, strict=True)]

    def keys_of(self, connection: Connection, ids: Iterable[bytes]) -> dict[bytes, int]:
        """The integer keys of these ids, those that are there."""
        found: dict[bytes, int] = {}
        for chunk in chunks(ids):
            values = padded(chunk)
            query = f"SELECT id, key_ FROM {self.table} WHERE id IN ({marks(values)})"
            found.update(fetched(connection, query, values))
        return found

    def sourced(self, connection: Connection, source: str, source_ids: Sequence[str]) -> Iterator[tuple[str, Sourced]]:
        """What this source's ids name here."""
        owner, join, same = "NULL", "", ""
        if self.owner:
            owner, join, same = (
                "o.id",
                f" JOIN contact o ON o.key_ = t.{self.owner}",
                f" AND t.{self.owner} = s.contact",
            )
        query = (
            f"SELECT s.source_id, t.id, {owner}, t.delivered"
            " FROM source_key_ s JOIN word_ w ON w.id = s.type AND w.text = ?"
            f" JOIN {self.table} t ON t.key_ = s.key{same}{join}"
            f" WHERE s.source = (SELECT id FROM word_ WHERE text = ?) AND s.source_id IN ({marks(source_ids)})"
        )
        name = self.record.type_name
        for source_id, id, contact, delivered in connection.exec_driver_sql(query, (name, source, *source_ids)):
            yield source_id, Sourced(name, UUID(bytes=id), from_wire("id", contact), delivered)

    def id_of(self, connection: Connection, key: int) -> UUID:
        """The public id of a key."""
        return UUID(
            bytes=connection.exec_driver_sql(f"SELECT id FROM {self.table} WHERE key_ = ?", (key,)).scalar_one()
        )

    def first_owner(self, connection: Connection, owners: Sequence[int]) -> int | None:
        """The key of one of these contacts that owns something here, if any does."""
        query = f"SELECT {self.owner} FROM {self.table} WHERE {self.owner} IN ({marks(owners)}) LIMIT 1"
        return connection.exec_driver_sql(query, tuple(owners)).scalar()

    def creator(self, connection: Connection, id: UUID) -> str | None:
        """Who created a record; None while its batch is being written."""
        query = f"SELECT b.actor FROM {self.table} t JOIN batch_ b ON b.number = t.batch_ WHERE t.id = ?"
        return connection.exec_driver_sql(query, (id.bytes,)).scalar()

    # -- putting and taking ---------------------------------------------------------------------------------

    def put(self, connection: Connection, placed: Sequence[Placed[R]], next_key: NextKey) -> None:
        """Add records, with keys and batches as given. Raises `IntegrityError` where an id is there already."""
        records = [one.record for one in placed]
        columns = wired(self._fields, records)
        keys = [one.key for one in placed]
        self.put_columns(
            connection, columns, [one.owner for one in placed], keys, [one.batch for one in placed], next_key
        )
        for name, shelf in self._lists.items():
            shelf.put(connection, [(key, getattr(one, name)) for key, one in zip(keys, records, strict=True)], next_key)

    def put_columns(
        self,
        connection: Connection,
        columns: Mapping[str, Sequence[Any]],
        owners: Sequence[int | None],
        keys: Sequence[int],
        batches: Iterable[int],
        next_key: NextKey,
    ) -> None:
        """Add records without parts from columns of wire values."""
        self._words.learn(connection, words_in(self._fields, columns), next_key)
        whole = {**columns, self.record.owner: owners} if self.owner else columns
        rows = zip(*stored(self._fields, whole, self._words), keys, batches, strict=False)
        # In the order of the primary key, so that neighbours are written together.
        connection.exec_driver_sql(self._insert, sorted(rows, key=itemgetter(0)) if self.owner else list(rows))

    def take(self, connection: Connection, placed: Sequence[Placed[R]]) -> None:
        """Remove records."""
        rows: list[tuple[int | None, ...]] = [(one.key,) for one in placed]
        where = "key_ = ?"
        if self.owner:
            rows = [(one.key, one.owner) for one in placed]
            where += f" AND {self.owner} = ?"
        connection.exec_driver_sql(f"DELETE FROM {self.table} WHERE {where}", rows)
        for shelf in self._lists.values():
            shelf.take(connection, [one.key for one in placed])


class _PartShelf:
    """One list of parts of the records of one type."""

    def __init__(self, about: PartTable, words: Words, dialect: Dialect) -> None:
        self._about = about
        self._words = words
        quote = dialect.identifier_preparer.quote
        self.table = quote(about.table.name)
        self._has_postcode = "postcode_key_" in about.table.c
        own = ["record_", "place_", "key_", *(["postcode_key_"] if self._has_postcode else [])]
        self._insert = insert_text(about.table, [*own, *names(about.fields)], dialect)
        shown = ", ".join(quote(field.name) for field in about.fields)
        self._select = f"SELECT record_, {shown} FROM {self.table}"

    def find(self, connection: Connection, keys: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        """The lists of these records, those that are not empty."""
        found: dict[int, tuple[Any, ...]] = {}
        for chunk in chunks(keys):
            values = padded(chunk)
            query = f"{self._select} WHERE record_ IN ({marks(values)}) ORDER BY record_, place_"
            rows = fetched(connection, query, values)
            parts = models(self._about.part, self._about.fields, [row[1:] for row in rows], self._words, connection)
            for key, group in groupby(zip(rows, parts, strict=True), key=lambda pair: pair[0][0]):
                found[key] = tuple(part for _, part in group)
        return found

    def put(self, connection: Connection, lists: Sequence[tuple[int, Sequence[Any]]], next_key: NextKey) -> None:
        """Add the list of each record."""
        parts = [part for _, items in lists for part in items]
        if not parts:
            return
        columns = wired(self._about.fields, parts)
        self._words.learn(connection, words_in(self._about.fields, columns), next_key)
        keys = [key for key, items in lists for _ in items]
        own: list[list[Any]] = [keys, [place for _, items in lists for place in range(len(items))]]
        own.append([part.key for part in parts])
        if self._has_postcode:
            own.append([part.postcode_key or None for part in parts])
        connection.exec_driver_sql(
            self._insert, list(zip(*own, *stored(self._about.fields, columns, self._words), strict=True))
        )

    def take(self, connection: Connection, keys: Sequence[int]) -> None:
        """Remove the lists of these records."""
        connection.exec_driver_sql(f"DELETE FROM {self.table} WHERE record_ = ?", [(key,) for key in keys])

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
from perthyn_sql.codec import models, names, stored, wired, words_in
from perthyn_sql.dialect import done, fetched, found, found_of_each, put, streamed, take
from perthyn_sql.tables import PartTable, RecordTable
from perthyn_sql.words import Words

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
        placed = self.among(connection, "WHERE t.id IN (*)", (one.bytes for one in ids))
        return {one.record.id: one for one in placed}

    def select(self, connection: Connection, ending: str, values: Sequence[Any] = ()) -> list[Placed[R]]:
        """The records of a SELECT from the table ``t`` (and its owner ``o``) that ends so."""
        return self._placed(connection, fetched(connection, f"{self._select} {ending}", values))

    def among(self, connection: Connection, ending: str, keys: Iterable[Any]) -> list[Placed[R]]:
        """The same of a SELECT with ``IN (*)`` for these keys."""
        return self._placed(connection, list(found(connection, f"{self._select} {ending}", keys)))

    def stream(self, connection: Connection, ending: str, values: Sequence[Any] = ()) -> Iterator[Placed[R]]:
        """The same, never more than a few hundred records in memory."""
        for rows in streamed(connection, f"{self._select} {ending}", values):
            yield from self._placed(connection, rows)

    def _placed(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> list[Placed[R]]:
        if not rows:
            return []
        records = models(self.record, self._fields, [row[3:] for row in rows], self._words, connection)
        keys = [row[0] for row in rows]
        rows_of = found_of_each(connection, [shelf.query for shelf in self._lists.values()], keys)
        for (name, shelf), parts in zip(self._lists.items(), rows_of, strict=True):
            lists = shelf.lists(connection, parts)
            for key, record in zip(keys, records, strict=True):
                record.__dict__[name] = lists.get(key, ())
        return [Placed(record, *row[:3]) for row, record in zip(rows, records, strict=True)]

    def keys_of(self, connection: Connection, ids: Iterable[bytes]) -> dict[bytes, int]:
        """The integer keys of these ids, those that are there."""
        return dict(found(connection, f"SELECT id, key_ FROM {self.table} WHERE id IN (*)", ids))

    def sourced(self, connection: Connection, source: str, source_ids: Iterable[str]) -> Iterator[tuple[str, Sourced]]:
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
            f" WHERE s.source = (SELECT id FROM word_ WHERE text = ?) AND s.source_id IN (*)"
        )
        name = self.record.type_name
        for source_id, id, contact, delivered in found(connection, query, source_ids, (name, source)):
            yield source_id, Sourced(name, UUID(bytes=id), from_wire("id", contact), delivered)

    def id_of(self, connection: Connection, key: int) -> UUID:
        """The public id of a key."""
        return UUID(
            bytes=connection.exec_driver_sql(f"SELECT id FROM {self.table} WHERE key_ = ?", (key,)).scalar_one()
        )

    def first_owner(self, connection: Connection, owners: Iterable[int]) -> int | None:
        """The key of one of these contacts that owns something here, if any does."""
        query = f"SELECT {self.owner} FROM {self.table} WHERE {self.owner} IN (*) LIMIT 1"
        return next((owner for (owner,) in found(connection, query, owners)), None)

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
        batches: Sequence[int],
        next_key: NextKey,
    ) -> None:
        """Add records without parts from columns of wire values."""
        self._words.learn(connection, words_in(self._fields, columns), next_key)
        whole = {**columns, self.record.owner: owners} if self.owner else columns
        own = {"key_": keys, "batch_": batches}
        told = {**dict(zip(names(self._fields), stored(self._fields, whole, self._words), strict=True)), **own}
        # What no row fills is left to be NULL by itself.
        filled = {name: column for name, column in told.items() if column.count(None) < len(keys)}
        rows = list(zip(*filled.values(), strict=True))
        if self.owner:
            # In the order of the primary key, so that neighbours are written together.
            rows.sort(key=itemgetter(0))
        put(connection, self.about.table.name, list(filled), rows)

    def take(self, connection: Connection, placed: Sequence[Placed[R]]) -> None:
        """Remove records."""
        name, owner = self.about.table.name, self.record.owner
        if owner:
            take(connection, name, ("key_", owner), [(one.key, one.owner) for one in placed])
        else:
            take(connection, name, ("key_",), [(one.key,) for one in placed])
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
        self._columns = [*own, *names(about.fields)]
        shown = ", ".join(quote(field.name) for field in about.fields)
        self.query = f"SELECT record_, {shown} FROM {self.table} WHERE record_ IN (*) ORDER BY record_, place_"
        """SELECT of the parts of some records."""

    def lists(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> dict[int, tuple[Any, ...]]:
        """The lists of records that are not empty, of the rows of `query`."""
        if not rows:
            return {}
        parts = models(self._about.part, self._about.fields, [row[1:] for row in rows], self._words, connection)
        pairs = groupby(zip(rows, parts, strict=True), key=lambda pair: pair[0][0])
        return {key: tuple(part for _, part in group) for key, group in pairs}

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
        rows = list(zip(*own, *stored(self._about.fields, columns, self._words), strict=True))
        put(connection, self._about.table.name, self._columns, rows)

    def take(self, connection: Connection, keys: Sequence[int]) -> None:
        """Remove the lists of these records."""
        done(connection, f"DELETE FROM {self.table} WHERE record_ IN (*)", keys)

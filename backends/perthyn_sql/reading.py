"""Reading: records by id, in order, by owner, by source and by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from string import hexdigits
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection

from perthyn.model import Record
from perthyn.store import Sourced
from perthyn_sql.base import OnSql
from perthyn_sql.dialect import chunks, dialect_of, found
from perthyn_sql.finding import key_numbers
from perthyn_sql.sources import sourced_types

R = TypeVar("R", bound=Record)

ENDINGS = 20
"""How many ids `ending` answers at most."""


class Reading(OnSql):
    """The chapter of reading."""

    @property
    def types(self) -> Mapping[str, type[Record]]:
        return self.shelves.types

    @property
    def currency(self) -> str:
        return self.shelves.currency

    def get(self, type: type[R], ids: Iterable[UUID]) -> dict[UUID, R]:
        shelf, asked = self.shelves.of(type), list(ids)

        def read(connection: Connection) -> dict[UUID, R]:
            return {id: placed.record for id, placed in shelf.find(connection, asked).items()}

        if len(asked) == 1:
            return dict(self.once((type, asked[0]), read))
        with self.reading() as connection:
            return read(connection)

    def resolve(self, id: UUID) -> UUID:
        with self.reading() as connection:
            there = dialect_of(connection).fetch(connection, "SELECT 1 FROM contact WHERE id = ?", (id.bytes,))
        return id if there else super().resolve(id)

    def scan(self, type: type[R], after: UUID | None = None) -> Iterator[R]:
        shelf = self.shelves.of(type)
        where, values = ("", ()) if after is None else ("WHERE t.id > ? ", (after.bytes,))
        with self.database.apart() as connection:
            for placed in shelf.stream(connection, f"{where}ORDER BY t.id", values):
                yield placed.record

    def owned(self, type: type[R], contacts: Sequence[UUID]) -> Iterator[R]:
        shelf = self.shelves.of(type)
        if not shelf.owner:
            return

        def read(connection: Connection, keys: Iterable[bytes]) -> list[R]:
            some = shelf.among(connection, "WHERE o.id IN (*) ORDER BY o.id, t.id", keys)
            return [placed.record for placed in some]

        # In the order of owners, so that the answer is sorted chunk by chunk.
        for chunk in chunks(sorted({id.bytes for id in contacts})):
            if len(contacts) == 1:
                yield from self.once((type, "owned", *chunk), partial(read, keys=chunk))
            else:
                with self.reading() as connection:
                    some = read(connection, chunk)
                yield from some

    def recent(self, type: type[R], contact: UUID, limit: int, before: tuple[date, UUID] | None = None) -> list[R]:
        shelf = self.shelves.of(type)
        if not shelf.owner:
            return []
        where, values = f"t.{shelf.owner} = (SELECT key_ FROM contact WHERE id = ?)", [contact.bytes]
        if before is not None:
            day, id = before[0].toordinal(), before[1].bytes
            where += " AND t.day <= ? AND (t.day < ? OR t.id < ?)"
            values += [day, day, id]  # type: ignore[list-item]
        with self.reading() as connection:
            newest = shelf.select(connection, f"WHERE {where} ORDER BY t.day DESC, t.id DESC LIMIT ?", (*values, limit))
        return [placed.record for placed in newest]

    def count_of(self, type: type[Record]) -> int:
        shelf = self.shelves.of(type)
        with self.reading() as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {shelf.table}").scalar_one())

    def sourced(self, source: str, source_ids: Iterable[str]) -> dict[str, Sourced]:
        named: dict[str, Sourced] = {}
        with self.reading() as connection:
            for type, these in sourced_types(connection, source, source_ids).items():
                named.update(self.shelves.any(type).sourced(connection, source, these))
        return named

    def keyed(self, keys: Iterable[str]) -> dict[str, tuple[UUID, ...]]:
        asked = list(keys)
        texts = dict(zip(key_numbers(asked), asked, strict=True))
        having: dict[str, list[bytes]] = {}
        query = "SELECT m.key, c.id FROM match_key_ m JOIN contact c ON c.key_ = m.contact WHERE m.key IN (*)"
        with self.reading() as connection:
            for number, id in found(connection, query, texts):
                having.setdefault(texts[number], []).append(id)
        return {key: tuple(UUID(bytes=id) for id in sorted(ids)) for key, ids in having.items()}

    def ending(self, type: type[Record], ending: str) -> list[UUID]:
        shelf = self.shelves.of(type)
        if not set(ending) <= set(hexdigits.lower()):
            return []
        with self.reading() as connection:
            ends = f"{dialect_of(connection).hex_id} LIKE ? ORDER BY id LIMIT {ENDINGS}"
            query = f"SELECT id FROM {shelf.table} WHERE {ends}"
            rows = connection.exec_driver_sql(query, (f"%{ending}",)).fetchall()
        return [UUID(bytes=id) for (id,) in rows]

    def origin(self, type: type[Record], ids: Iterable[UUID]) -> dict[UUID, int]:
        shelf = self.shelves.of(type)
        query = f"SELECT id, batch_ FROM {shelf.table} WHERE id IN (*)"
        with self.reading() as connection:
            return {UUID(bytes=id): batch for id, batch in found(connection, query, (id.bytes for id in ids))}

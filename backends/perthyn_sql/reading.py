"""Reading: records by id, in order, by owner, by source and by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from string import hexdigits
from typing import Any, TypeVar
from uuid import UUID

from perthyn.model import Record
from perthyn.store import Sourced
from perthyn_sql.base import OnSql
from perthyn_sql.dialect import dialect_of
from perthyn_sql.finding import key_numbers
from perthyn_sql.words import chunks, marks, padded

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
        shelf = self.shelves.of(type)
        with self.reading() as connection:
            return {id: placed.record for id, placed in shelf.find(connection, ids).items()}

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
        # In the order of owners, so that the answer is sorted chunk by chunk.
        for chunk in chunks(sorted({id.bytes for id in contacts})):
            values = padded(chunk)
            with self.reading() as connection:
                found = shelf.select(connection, f"WHERE o.id IN ({marks(values)}) ORDER BY o.id, t.id", values)
            yield from (placed.record for placed in found)

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
            found = shelf.select(connection, f"WHERE {where} ORDER BY t.day DESC, t.id DESC LIMIT ?", (*values, limit))
        return [placed.record for placed in found]

    def count_of(self, type: type[Record]) -> int:
        shelf = self.shelves.of(type)
        with self.reading() as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {shelf.table}").scalar_one())

    def sourced(self, source: str, source_ids: Iterable[str]) -> dict[str, Sourced]:
        found: dict[str, Sourced] = {}
        with self.reading() as connection:
            for chunk in chunks(source_ids):
                for shelf in self.shelves:
                    if shelf.record.source_named:
                        found.update(shelf.sourced(connection, source, padded(chunk)))
        return found

    def keyed(self, keys: Iterable[str]) -> dict[str, tuple[UUID, ...]]:
        asked = list(keys)
        texts = dict(zip(key_numbers(asked), asked, strict=True))
        found: dict[str, list[bytes]] = {}
        with self.reading() as connection:
            for chunk in chunks(texts):
                values = padded(chunk)
                rows = connection.exec_driver_sql(
                    "SELECT m.key, c.id FROM match_key_ m JOIN contact c ON c.key_ = m.contact"
                    f" WHERE m.key IN ({marks(values)})",
                    values,
                )
                for number, id in rows:
                    found.setdefault(texts[number], []).append(id)
        return {key: tuple(UUID(bytes=id) for id in sorted(ids)) for key, ids in found.items()}

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
        found: dict[UUID, int] = {}
        with self.reading() as connection:
            for chunk in chunks(id.bytes for id in ids):
                values = padded(chunk)
                rows: Iterable[Any] = connection.exec_driver_sql(
                    f"SELECT id, batch_ FROM {shelf.table} WHERE id IN ({marks(values)})", values
                )
                found.update((UUID(bytes=id), batch) for id, batch in rows)
        return found

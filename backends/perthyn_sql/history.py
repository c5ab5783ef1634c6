"""History: the batches applied, what they changed as it was before, and what they created."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from perthyn.changes import Header, JournalLine
from perthyn.model import Record, from_wire
from perthyn_sql.base import OnSql
from perthyn_sql.dialect import fetched, found, streamed

HEADERS = "SELECT number, id, actor, at, reason, kind, facts, undoes, created, edited, deleted FROM batch_ "
LINES = (
    "SELECT b.id, j.batch, j.type, j.record, j.owner, j.action, j.before, j.version, j.seq"
    " FROM journal_ j JOIN batch_ b ON b.number = j.batch "
)


class History(OnSql):
    """The chapter of batches and journal."""

    def position(self) -> int:
        def read(connection: Connection) -> int:
            ((number,),) = fetched(connection, "SELECT coalesce(max(number), 0) FROM batch_")
            return int(number)

        return self.once("position", read)

    def headers(self, before: int | None = None) -> Iterator[Header]:
        where, values = ("WHERE number < ? ", (before,)) if before is not None else ("", ())
        with self.database.apart() as connection:
            for rows in streamed(connection, f"{HEADERS}{where}ORDER BY number DESC", values):
                yield from map(header_of, rows)

    def header(self, batch: UUID) -> Header | None:
        with self.reading() as connection:
            rows = fetched(connection, f"{HEADERS}WHERE id = ?", (batch.bytes,))
        return header_of(rows[0]) if rows else None

    def journal(
        self, *, batch: UUID | None = None, records: Iterable[UUID] | None = None, contact: UUID | None = None
    ) -> Iterator[JournalLine]:
        where, values = ["1 = 1"], []
        if batch is not None:
            where.append("j.batch = (SELECT number FROM batch_ WHERE id = ?)")
            values.append(batch.bytes)
        if contact is not None:
            where.append("j.owner = ?")
            values.append(contact.bytes)
        if contact is not None and batch is None and records is None:  # never so many that they could not be held
            with self.reading() as connection:
                mine = fetched(connection, f"{LINES}WHERE j.owner = ? ORDER BY j.batch, j.seq", values)
            yield from map(line_of, mine)
            return
        with self.database.apart() as connection:
            if records is None:
                query = f"{LINES}WHERE {' AND '.join(where)} ORDER BY j.batch, j.seq"
                for rows in streamed(connection, query, values):
                    yield from map(line_of, rows)
                return
            query = f"{LINES}WHERE {' AND '.join(where)} AND j.record IN (*)"
            lines = found(connection, query, sorted({id.bytes for id in records}), tuple(values))
            yield from map(line_of, sorted(lines, key=lambda row: (row[1], row[8])))

    def created(self, batch: UUID) -> Iterator[tuple[type[Record], UUID]]:
        with self.database.apart() as connection:
            for name, type in self.types.items():
                table = connection.dialect.identifier_preparer.quote(name)
                mine = "batch_ = (SELECT number FROM batch_ WHERE id = ?)"
                for rows in streamed(connection, f"SELECT id FROM {table} WHERE {mine} ORDER BY id", (batch.bytes,)):
                    yield from ((type, UUID(bytes=id)) for (id,) in rows)

    def count_created(self, batch: UUID) -> Mapping[type[Record], int]:
        found = {}
        with self.reading() as connection:
            number = connection.exec_driver_sql("SELECT number FROM batch_ WHERE id = ?", (batch.bytes,)).scalar()
            for name, type in self.types.items():
                table = connection.dialect.identifier_preparer.quote(name)
                query = f"SELECT count(*) FROM {table} WHERE batch_ = ?"
                found[type] = int(connection.exec_driver_sql(query, (number,)).scalar_one())
        return {type: count for type, count in found.items() if count}


def header_of(row: Sequence[Any]) -> Header:
    """The header in a row of `HEADERS`."""
    number, id, actor, at, reason, kind, facts, undoes, created, edited, deleted = row
    return Header(
        UUID(bytes=id), number, actor, from_wire("instant", at), reason, kind, json.loads(facts),
        from_wire("id", undoes), created, edited, deleted,
    )  # fmt: skip


def line_of(row: Sequence[Any]) -> JournalLine:
    """The line in a row of `LINES`."""
    batch, number, type, record, owner, action, before, version, _ = row
    return JournalLine(
        UUID(bytes=batch), number, type, UUID(bytes=record), from_wire("id", owner), action, json.loads(before), version
    )

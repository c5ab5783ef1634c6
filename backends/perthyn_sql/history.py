"""History: the batches applied, what they changed as it was before, and what they created."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from perthyn.changes import Header, JournalLine
from perthyn.model import Record, from_wire
from perthyn_sql.base import OnSql
from perthyn_sql.words import chunks, marks, padded

HEADERS = "SELECT number, id, actor, at, reason, kind, facts, undoes, created, edited, deleted FROM batch_ "
LINES = (
    "SELECT b.id, j.batch, j.type, j.record, j.owner, j.action, j.before, j.version, j.seq"
    " FROM journal_ j JOIN batch_ b ON b.number = j.batch "
)


class History(OnSql):
    """The chapter of batches and journal."""

    def position(self) -> int:
        with self.reading() as connection:
            return int(connection.exec_driver_sql("SELECT coalesce(max(number), 0) FROM batch_").scalar_one())

    def headers(self, before: int | None = None) -> Iterator[Header]:
        where, values = ("WHERE number < ? ", (before,)) if before is not None else ("", ())
        with self.database.apart() as connection:
            for row in connection.exec_driver_sql(f"{HEADERS}{where}ORDER BY number DESC", values):
                yield header_of(row)

    def header(self, batch: UUID) -> Header | None:
        with self.reading() as connection:
            row = connection.exec_driver_sql(f"{HEADERS}WHERE id = ?", (batch.bytes,)).first()
        return None if row is None else header_of(row)

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
        with self.database.apart() as connection:
            if records is None:
                query = f"{LINES}WHERE {' AND '.join(where)} ORDER BY j.batch, j.seq"
                yield from map(line_of, connection.exec_driver_sql(query, tuple(values)))
                return
            found: list[Sequence[Any]] = []
            for chunk in chunks(sorted({id.bytes for id in records})):
                ids = padded(chunk)
                query = f"{LINES}WHERE {' AND '.join(where)} AND j.record IN ({marks(ids)})"
                found += connection.exec_driver_sql(query, (*values, *ids)).fetchall()
            yield from map(line_of, sorted(found, key=lambda row: (row[1], row[8])))

    def created(self, batch: UUID) -> Iterator[tuple[type[Record], UUID]]:
        with self.database.apart() as connection:
            for name, type in self.types.items():
                table = connection.dialect.identifier_preparer.quote(name)
                rows = connection.exec_driver_sql(
                    f"SELECT id FROM {table} WHERE batch_ = (SELECT number FROM batch_ WHERE id = ?) ORDER BY id",
                    (batch.bytes,),
                )
                for (id,) in rows:
                    yield type, UUID(bytes=id)


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

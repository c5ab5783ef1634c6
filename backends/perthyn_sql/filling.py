"""Filling: an empty SQL store takes in the contents of another by chunks, and knows how far it is after a kill."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection

from perthyn.changes import Batch, Header, JournalLine, Receipt, uncollected
from perthyn.contents import BATCHES, JOURNAL, Chunk, Filling, Kept, Place
from perthyn.errors import PerthynError
from perthyn.model import plain, to_wire
from perthyn_sql.dialect import put
from perthyn_sql.notes import keep_note, note
from perthyn_sql.shelf import Placed
from perthyn_sql.summaries import sum_up_all
from perthyn_sql.writing import HEADER, Writing, in_json
from perthyn_sql.writing import JOURNAL as LINE

if TYPE_CHECKING:
    from perthyn_sql.store import SqlStore

REACHED = "reached"
"""The note of how far a filling is."""

NOBODY = Batch(UUID(int=0), "", datetime(1970, 1, 1, tzinfo=UTC))
"""The rows of a filling belong to batches of long ago."""


class SqlFilling(Filling):
    """Each chunk is a transaction that also notes its place."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        with store.reading() as connection:
            self._seen = note(connection, REACHED)

    @property
    def reached(self) -> Place | None:
        return Place(*json.loads(self._seen)) if self._seen else None

    def put(self, chunk: Chunk) -> None:
        store = self._store
        try:
            with store.database.writing() as connection, uncollected():
                if note(connection, REACHED) != self._seen:
                    raise PerthynError("store.filling.other", where=store.address)
                self._put(connection, chunk)
                reached = json.dumps(chunk.place)
                keep_note(connection, REACHED, reached)
        except BaseException:
            store.words.forget()
            raise
        self._seen = reached

    def _put(self, connection: Connection, chunk: Chunk) -> None:
        items: Sequence[Any] = chunk.items
        if chunk.place.section == BATCHES:
            put(connection, "batch_", HEADER, [_header(one) for one in items])
        elif chunk.place.section == JOURNAL:
            first = int(connection.exec_driver_sql("SELECT coalesce(max(seq), 0) FROM journal_").scalar_one()) + 1
            put(connection, "journal_", LINE, [_line(one, first + place) for place, one in enumerate(items)])
        else:
            self._put_records(connection, chunk.place.section, items)

    def _put_records(self, connection: Connection, section: str, kept: Sequence[Kept]) -> None:
        shelf = self._store.shelves.any(section)
        writing = Writing(self._store.shelves, connection, NOBODY)
        owners = writing.owner_keys(one.record.owner_id.bytes for one in kept if one.record.owner_id)
        keys = writing.next_keys(len(kept))
        writing.put_kept(
            shelf,
            [
                Placed(one.record, key, one.batch, owners[one.record.owner_id.bytes] if one.record.owner_id else None)
                for one, key in zip(kept, keys, strict=True)
            ],
        )
        writing.keep_next_key()

    def apply(self, batch: Batch) -> Receipt:
        return self._store.applied(batch, self._store.fence)

    def finish(self) -> None:
        store = self._store
        with store.database.writing() as connection:
            currency = store.currency
            store.words.find(connection, [currency])
            sum_up_all(connection, store.words.ids.get(currency))


def _header(one: Header) -> tuple[Any, ...]:
    return (
        one.number, one.id.bytes, one.actor, to_wire("instant", one.at), one.reason, one.kind,
        in_json(plain(dict(one.facts))), to_wire("id", one.undoes), one.created, one.edited, one.deleted,
    )  # fmt: skip


def _line(one: JournalLine, seq: int) -> tuple[Any, ...]:
    owner = to_wire("id", one.owner)
    return one.number, seq, one.type, one.id.bytes, owner, one.action, in_json(one.before), one.version

"""Contents of a SQL store: everything it holds, streamed from one picture of the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection

from perthyn.contents import BATCHES, JOURNAL, Chunk, Contents, Item, Kept, Place
from perthyn.model import Record
from perthyn_sql.dialect import streamed
from perthyn_sql.history import HEADERS, LINES, header_of, line_of

if TYPE_CHECKING:
    from perthyn_sql.base import Shelves

AT_ONCE = 5_000
"""How many items stand in a chunk."""


class SqlContents(Contents):
    """Everything, read on one connection; its places name ids, numbers and lines, so that one may go on from there."""

    def __init__(self, connection: Connection, shelves: Shelves) -> None:
        self._connection = connection
        self._shelves = shelves
        self._types = {shelf.record.type_name: shelf.record for shelf in shelves}

    @property
    def position(self) -> int:
        return int(self._value("SELECT coalesce(max(number), 0) FROM batch_"))

    @property
    def types(self) -> Mapping[str, type[Record]]:
        return self._types

    def sizes(self) -> dict[str, int]:
        counted = {shelf.record.type_name: f"SELECT count(*) FROM {shelf.table}" for shelf in self._shelves}
        asked = {BATCHES: "SELECT count(*) FROM batch_", **counted, JOURNAL: "SELECT count(*) FROM journal_"}
        return {section: int(self._value(query)) for section, query in asked.items()}

    def chunks(self, after: Place | None = None) -> Iterator[Chunk]:
        sections = [BATCHES, *self._types, JOURNAL]
        for section in sections[0 if after is None else sections.index(after.section) :]:
            last = after.last if after is not None and after.section == section else None
            items = iter(self._section(section, last))
            while some := list(islice(items, AT_ONCE)):
                yield Chunk(Place(section, str(some[-1][0])), [item for _, item in some])

    def _section(self, section: str, last: str | None) -> Iterable[tuple[Any, Item]]:
        """The items of a section, each with its place as `str` makes it."""
        if section == BATCHES:
            rows = self._rows(f"{HEADERS}WHERE number > ? ORDER BY number", (int(last or 0),))
            return ((row[0], header_of(row)) for row in rows)
        if section == JOURNAL:
            batch, seq = (int(part) for part in (last or "0:0").split(":"))
            # The comparison of two at once would keep SQLite from the index.
            where = "WHERE j.batch >= ? AND (j.batch > ? OR j.seq > ?)"
            rows = self._rows(f"{LINES}{where} ORDER BY j.batch, j.seq", (batch, batch, seq))
            return ((f"{row[1]}:{row[8]}", line_of(row)) for row in rows)
        shelf = self._shelves.any(section)
        where, values = ("WHERE t.id > ? ", (UUID(last).bytes,)) if last else ("", ())
        placed = shelf.stream(self._connection, f"{where}ORDER BY t.id", values)
        return ((one.record.id, Kept(one.record, one.batch)) for one in placed)

    def _rows(self, query: str, values: Sequence[Any]) -> Iterator[Sequence[Any]]:
        for rows in streamed(self._connection, query, values):
            yield from rows

    def _value(self, query: str) -> Any:
        return self._connection.exec_driver_sql(query).scalar_one()

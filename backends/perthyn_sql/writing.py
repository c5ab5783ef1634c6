"""Writing: one batch at work on a connection; what its changes must find there, and all that follows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from perthyn.changes import Batch, Edit, Receipt
from perthyn.errors import Conflict, Stale, Unknown
from perthyn.model import Contact, Interaction, Part, Record, plain, split_path, to_wire
from perthyn.model.identity import decisive_keys
from perthyn_sql.base import Shelves
from perthyn_sql.dialect import attempt, found, put
from perthyn_sql.finding import Trace, keep_findable, key_numbers
from perthyn_sql.shelf import Placed, Shelf
from perthyn_sql.sources import Clash, Source, bind, release, taken_id, taken_source
from perthyn_sql.summaries import sum_up

OWNERS = 100_000
"""How many contacts' keys are remembered while a batch is written."""

JOURNAL = ("batch", "seq", "type", "record", "owner", "action", "before", "version")
HEADER = ("number", "id", "actor", "at", "reason", "kind", "facts", "undoes", "created", "edited", "deleted")


class Writing:
    """A batch, the connection it is written on, and what it has done so far."""

    def __init__(self, shelves: Shelves, connection: Connection, batch: Batch) -> None:
        self.shelves = shelves
        self.connection = connection
        self.batch = batch
        self.number = 1 + int(self._value("SELECT coalesce(max(number), 0) FROM batch_"))
        if batch.since is not None and batch.since != self.number - 1:
            raise Stale("store.moved_on", since=batch.since, now=self.number - 1)
        self.first_key = int(self._value("SELECT value FROM meta_ WHERE name = 'next_key'"))
        self._keys = count(self.first_key)
        self._lines = count(1)
        self._owner_keys: dict[bytes, int] = {}
        self._touched: set[int] = set()
        self._created_interactions = False
        self.created = self.edited = self.deleted = 0
        self.erased = False
        self._shelves_used: set[Shelf[Any]] = set()

    def tables(self) -> Iterator[str]:
        """The tables whose rows this batch has changed."""
        for shelf in self._shelves_used:
            yield from (one.table.name for one in shelf.about.tables())
            if shelf.record is Contact:
                yield from ("match_key_", "search_word_", "search_post_")
            if shelf.record is Interaction:
                yield "summary_"
        if any(shelf.record.source_named for shelf in self._shelves_used):
            yield "source_key_"

    def _value(self, query: str) -> Any:
        return self.connection.exec_driver_sql(query).scalar_one()

    def next_key(self) -> int:
        """A key that no row of the store ever had."""
        return next(self._keys)

    def next_keys(self, size: int) -> list[int]:
        """So many of them, one after the other."""
        return list(islice(self._keys, size))

    # -- changes --------------------------------------------------------------------------------------------

    def create(self, shelf: Shelf[Any], records: Sequence[Record]) -> None:
        """New records of one type. Raises `Conflict`, `Stale` or `Unknown` as `Store.apply` says."""
        if self.batch.distinct and shelf.record is Contact:
            self._refuse_known(records)
        owners = self.owner_keys(to_wire("id", one.owner_id) for one in records) if shelf.owner else {}
        placed = [
            Placed(one, key, self.number, owners[one.owner_id.bytes] if one.owner_id else None)
            for one, key in zip(records, self.next_keys(len(records)), strict=True)
        ]
        self._put(shelf, placed)
        self._follow(shelf, [(None, one) for one in placed])
        self.created += len(placed)

    def edit(self, shelf: Shelf[Any], edits: Sequence[Edit]) -> None:
        """New values of different records of one type."""
        there = self._there(shelf, [edit.id for edit in edits])
        pairs = []
        lines = []
        for edit, before in zip(edits, there, strict=True):
            record = before.record
            self._expect(record, {path: expected for path, (expected, _) in edit.values.items()})
            lines.append((record, "edit", {path: record.plain_at(path) for path in edit.values}))
            pairs.append((before, record.with_values({path: after for path, (_, after) in edit.values.items()})))
        owners = self.owner_keys(one.owner_id.bytes for _, one in pairs) if shelf.owner else {}
        moved = [
            (before, Placed(after, before.key, before.batch, owners[after.owner_id.bytes] if shelf.owner else None))
            for before, after in pairs
        ]
        self._take(shelf, there)
        self._put(shelf, [after for _, after in moved])
        self._follow(shelf, moved)
        self._write_lines(lines)
        self.edited += len(edits)

    def delete(self, shelf: Shelf[Any], records: Sequence[Record]) -> None:
        """Different records of one type, to be gone as they are."""
        there = self._there(shelf, [one.id for one in records])
        for record, placed in zip(records, there, strict=True):
            if placed.record != record:
                self._expect(placed.record, {path: record.value_at(path) for path in shelf.record.model_fields})
        if shelf.record is Contact:
            self._refuse_owners(there)
        self.remove(shelf, there)
        self._write_lines([(one.record, "delete", one.record.plain()) for one in there])
        self.deleted += len(there)

    def finish(self) -> Receipt:
        """Renew the summaries and write the header."""
        self.keep_next_key()
        if self._touched or self._created_interactions:
            currency = self.shelves.currency
            self.shelves.words.find(self.connection, [currency])
            created = self.number if self._created_interactions else None
            sum_up(self.connection, self._touched, created, self.shelves.words.ids.get(currency))
        batch = self.batch
        row = (
            self.number, batch.id.bytes, batch.actor, to_wire("instant", batch.at), batch.reason, batch.kind,
            in_json(plain(dict(batch.facts))), to_wire("id", batch.undoes), self.created, self.edited, self.deleted,
        )  # fmt: skip
        put(self.connection, "batch_", HEADER, [row])
        return Receipt(batch.id, self.number, self.created, self.edited, self.deleted)

    def keep_next_key(self) -> None:
        """Note which key comes next."""
        self.connection.exec_driver_sql("UPDATE meta_ SET value = ? WHERE name = 'next_key'", (str(self.next_key()),))

    def put_kept(self, shelf: Shelf[Any], placed: Sequence[Placed[Any]]) -> None:
        """Records of another store, with batches of long ago; summaries do not follow."""
        self._put(shelf, placed)
        if shelf.record is Contact:
            keep_findable(self.connection, [Trace.of(None, one) for one in placed], self.next_key)

    # -- rows, and what goes with them ----------------------------------------------------------------------

    def owner_keys(self, ids: Iterable[bytes]) -> dict[bytes, int]:
        """The integer keys of these contacts and others. Raises `Unknown` (``store.contact.unknown``)."""
        known = self._owner_keys
        if len(known) > OWNERS:
            known.clear()
        wanted = set(ids) - known.keys()
        known.update(self.shelves.of(Contact).keys_of(self.connection, wanted))
        missing = wanted - known.keys()
        if missing:
            raise Unknown("store.contact.unknown", name=str(UUID(bytes=min(missing))), suggestion="")
        return known

    def guarded(self, shelf: Shelf[Any], put: Callable[[], None], clash: Callable[[], Clash]) -> None:
        """`put` rows; where an id or a source is there already, say whose. Raises `Conflict` or `Stale`."""
        self._shelves_used.add(shelf)
        try:
            with attempt(self.connection):
                put()
        except IntegrityError:
            self._blame(shelf, clash())
            raise

    def _put(self, shelf: Shelf[Any], placed: Sequence[Placed[Any]]) -> None:
        sources = _sources(shelf, placed)

        def put() -> None:
            shelf.put(self.connection, placed, self.next_key)
            self.bind(shelf, sources)

        self.guarded(
            shelf, put, lambda: Clash(shelf.record.type_name, {one.key: one.record.id.bytes for one in placed}, sources)
        )

    def bind(self, shelf: Shelf[Any], sources: Sequence[Source]) -> None:
        """Note what these sources name. Raises `IntegrityError` where one names something already."""
        if sources:
            bind(self.connection, self.shelves.words, shelf.record.type_name, sources, self.next_key)

    def _blame(self, shelf: Shelf[Any], clash: Clash) -> None:
        """Raises `Conflict` (``store.exists``) or `Stale` (``store.stale``) for what stands in these rows' way."""
        id = taken_id(self.connection, shelf, clash)
        if id is not None:
            raise self.conflict("store.exists", shelf.record, id, "id", None, id)
        taken = taken_source(self.connection, self.shelves.words, clash)
        if taken is not None:
            source_id, type_name, key = taken
            other = self.shelves.named(type_name)
            mine = clash.ids.get(key)
            there = UUID(bytes=mine) if mine else other.id_of(self.connection, key)
            if self.batch.distinct and key < self.first_key:
                raise Stale("store.stale", type=type_name, record=str(there))
            raise self.conflict("store.exists", other.record, there, "source_id", None, source_id)

    def _take(self, shelf: Shelf[Any], placed: Sequence[Placed[Any]]) -> None:
        shelf.take(self.connection, placed)
        release(self.connection, self.shelves.words, _sources(shelf, placed))

    def remove(self, shelf: Shelf[Any], placed: Sequence[Placed[Any]]) -> None:
        """Take records away with all that follows them, leaving no line in the journal."""
        if shelf.record is Contact:
            self._owner_keys.clear()
        self._take(shelf, placed)
        self._follow(shelf, [(one, None) for one in placed])

    def created_interactions(self) -> None:
        """Note that summaries have to follow the interactions of this batch."""
        self._created_interactions = True

    def _follow(self, shelf: Shelf[Any], pairs: Sequence[tuple[Placed[Any] | None, Placed[Any] | None]]) -> None:
        """Keep keys, search words and summaries in step with records before and after."""
        if shelf.record is Contact:
            keep_findable(self.connection, [Trace.of(*pair) for pair in pairs], self.next_key)
        elif shelf.record is Interaction:
            if pairs[0][0] is None:
                self.created_interactions()
            else:
                self._touched.update(one.owner for pair in pairs for one in pair if one and one.owner)

    def _write_lines(self, lines: Iterable[tuple[Record, str, Mapping[str, Any]]]) -> None:
        rows = []
        for record, action, before in lines:
            owner = to_wire("id", journal_owner(record))
            image = in_json({} if record.passes() else before)
            line = (record.type_name, record.id.bytes, owner, action, image, record.version)
            rows.append((self.number, next(self._lines), *line))
        put(self.connection, "journal_", JOURNAL, rows)

    # -- what must hold -------------------------------------------------------------------------------------

    def _there(self, shelf: Shelf[Any], ids: Sequence[UUID]) -> list[Placed[Any]]:
        there = shelf.find(self.connection, ids)
        missing = next((id for id in ids if id not in there), None)
        if missing is not None:
            raise Unknown("store.record.unknown", type=shelf.record.type_name, name=str(missing), suggestion="")
        return [there[id] for id in ids]

    def _expect(self, record: Record, values: Mapping[str, Any]) -> None:
        for path, expected in values.items():
            there = record.value_at(path)
            if there != expected and shown(there) != shown(expected):
                raise self.conflict("store.conflict", type(record), record.id, path, expected, there)

    def _refuse_known(self, contacts: Sequence[Record]) -> None:
        told = [(key, one) for one in contacts if isinstance(one, Contact) for key in decisive_keys(one)]
        keys = dict(zip(key_numbers([key for key, _ in told]), [one for _, one in told], strict=True))
        query = "SELECT key FROM match_key_ WHERE contact < ? AND key IN (*)"
        for (known,) in found(self.connection, query, keys, (self.first_key,)):
            raise Stale("store.stale", type=Contact.type_name, record=str(keys[known].id))

    def _refuse_owners(self, contacts: Sequence[Placed[Any]]) -> None:
        """A contact that still owns something is not deleted."""
        by_key = {one.key: one.record for one in contacts}
        for shelf in self.shelves.owned():
            owner = shelf.first_owner(self.connection, by_key)
            if owner is not None:
                raise Conflict("store.contact.owns", record=str(by_key[owner].id), type=shelf.record.type_name)

    def conflict(self, code: str, type: type[Record], id: UUID, path: str, expected: Any, found: Any) -> Conflict:
        """With the actor who wrote what was found: the last to change that field, else who created the record."""
        field = split_path(path)[0]
        lines = self.connection.exec_driver_sql(
            "SELECT b.actor, j.before FROM journal_ j JOIN batch_ b ON b.number = j.batch"
            " WHERE j.record = ? AND j.type = ? AND j.action = 'edit' ORDER BY j.batch DESC, j.seq DESC",
            (id.bytes, type.type_name),
        )
        actor = next(
            (who for who, before in lines if field in {split_path(one)[0] for one in json.loads(before)}), None
        )
        if actor is None:
            creator = self.shelves.of(type).creator(self.connection, id)
            actor = creator or self.batch.actor
        return Conflict(code, record=str(id), path=path, expected=shown(expected), found=shown(found), actor=actor)


def _sources(shelf: Shelf[Any], placed: Sequence[Placed[Any]]) -> list[Source]:
    if not shelf.record.source_named:
        return []
    return [
        (one.record.source, one.record.source_id, one.owner, one.key)
        for one in placed
        if one.record.source and one.record.source_id
    ]


def journal_owner(record: Record) -> UUID | None:
    """Whom a record belongs to; a contact, and the redirect left where one was, to itself."""
    return record.id if record.type_name in ("contact", "redirect") else record.owner_id


def shown(value: Any) -> Any:
    """A value at a path as JSON can hold it; a list of parts has no order of its own."""
    if isinstance(value, tuple):
        return [plain(dict(part)) for part in sorted(value, key=lambda part: part.key)]
    return plain(dict(value)) if isinstance(value, Part) else plain(value)


def in_json(value: Any) -> str:
    """A value as canonical JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

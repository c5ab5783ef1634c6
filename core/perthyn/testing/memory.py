"""MemoryStore: the Store contract over dictionaries. Obviously right, slow, and forgotten when it is closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Delete, Edit, Erase, Header, JournalLine, Receipt
from perthyn.contents import Contents, Fence, Filling, Place
from perthyn.errors import Conflict, PerthynError, Stale, Unknown
from perthyn.model import CORE_TYPES, Contact, Part, Problem, Record, Redirect, plain, split_path
from perthyn.model.identity import decisive_keys, match_keys
from perthyn.store import Sourced, Store
from perthyn.testing.memory_contents import MemoryContents, MemoryFilling
from perthyn.text import nearest

R = TypeVar("R", bound=Record)


@dataclass
class _State:
    """All that the store holds. A batch works on a copy, which takes the old state's place when all went well."""

    records: dict[str, dict[UUID, Record]]
    origins: dict[tuple[str, UUID], int] = field(default_factory=dict)
    sources: dict[tuple[str, str], Record] = field(default_factory=dict)
    keys: dict[str, frozenset[UUID]] = field(default_factory=dict)
    headers: tuple[Header, ...] = ()
    journal: list[JournalLine] = field(default_factory=list)
    receipts: dict[UUID, Receipt] = field(default_factory=dict)
    reached: Place | None = None

    def copy(self) -> _State:
        return _State(
            {name: dict(records) for name, records in self.records.items()},
            dict(self.origins),
            dict(self.sources),
            dict(self.keys),
            self.headers,
            list(self.journal),
            dict(self.receipts),
            self.reached,
        )


class MemoryStore(Store):
    """A store for tests and for trying things out. `types`: the record types it keeps; `currency`: of its totals."""

    def __init__(self, types: Sequence[type[Record]] = CORE_TYPES, *, currency: str = "GBP") -> None:
        self._types = {one.type_name: one for one in types}
        self._currency = currency
        self._carried: dict[str, type[Record]] = {}
        self._fence: Fence | None = None
        self.state = _State({name: {} for name in self._types})

    @property
    def address(self) -> str:
        return "memory:"

    @property
    def types(self) -> Mapping[str, type[Record]]:
        return self._types

    @property
    def currency(self) -> str:
        return self._currency

    def position(self) -> int:
        return len(self.state.headers)

    def close(self) -> None:
        pass

    # -- writing --------------------------------------------------------------------------------------------

    def apply(self, batch: Batch) -> Receipt:
        if self._fence is not None and batch.id not in self.state.receipts:
            raise self._fence.refusal
        return self.applied(batch)

    def applied(self, batch: Batch) -> Receipt:
        """`apply`, whatever fence stands."""
        known = self.state.receipts.get(batch.id)
        if known:
            return replace(known, again=True)
        if batch.since is not None and batch.since != self.position():
            raise Stale("store.moved_on", since=batch.since, now=self.position())
        writing = self._writing(batch)
        for change in batch.changes:
            writing.change(change)
        for block in batch.blocks:
            for record in block.records():
                writing.change(Create(record))
        receipt = writing.finished()
        self.state = writing.state
        return receipt

    def _writing(self, batch: Batch) -> Writing:
        return Writing(self.state, batch)

    # -- as a whole -----------------------------------------------------------------------------------------

    @contextmanager
    def contents(self) -> Iterator[Contents]:
        yield MemoryContents(self.state.copy(), {**self._types, **dict(sorted(self._carried.items()))})

    def filling(self, fence: Fence, types: Mapping[str, type[Record]]) -> Filling:
        if self._fence is None:
            if self.state.headers or any(self.state.records.values()):
                raise PerthynError("store.filling.full", address=self.address)
            self._carried = {name: one for name, one in types.items() if name not in self._types}
            self.state.records.update((name, {}) for name in self._carried)
            self._fence = fence
        if self._fence.state != "filling":
            raise PerthynError("store.filling.full", address=self.address)
        if self._fence.mark != fence.mark:
            raise PerthynError("store.filling.other", where=self._fence.where)
        return MemoryFilling(self)

    def writing_apart(self) -> Writing:
        """A copy of the state to be written to by hand."""
        return Writing(self.state, Batch(UUID(int=0), "", datetime.min.replace(tzinfo=UTC)))

    @property
    def fence(self) -> Fence | None:
        return self._fence

    def set_fence(self, fence: Fence | None, instead: Fence | None) -> None:
        if self._fence != instead:
            raise PerthynError("store.fenced.changed")
        self._fence = fence

    # -- reading --------------------------------------------------------------------------------------------

    def get(self, type: type[R], ids: Iterable[UUID]) -> dict[UUID, R]:
        held = self._held(type)
        return {id: held[id] for id in ids if id in held}

    def scan(self, type: type[R], after: UUID | None = None) -> Iterator[R]:
        return iter([one for id, one in sorted(self._held(type).items()) if after is None or id > after])

    def owned(self, type: type[R], contacts: Sequence[UUID]) -> Iterator[R]:
        wanted = set(contacts)
        mine = [(one.owner_id, id, one) for id, one in self._held(type).items() if one.owner_id in wanted]
        return (one for _, _, one in sorted(mine, key=lambda item: item[:2]))

    def recent(self, type: type[R], contact: UUID, limit: int, before: tuple[date, UUID] | None = None) -> list[R]:
        places = {(cast(Any, one).day, one.id): one for one in self.owned(type, [contact])}
        return [places[place] for place in sorted(places, reverse=True) if before is None or place < before][:limit]

    def count_of(self, type: type[Record]) -> int:
        return len(self._held(type))

    def sourced(self, source: str, source_ids: Iterable[str]) -> dict[str, Sourced]:
        found = {id: self.state.sources.get((source, id)) for id in source_ids}
        return {
            id: Sourced(one.type_name, one.id, one.owner_id, cast(Any, one).delivered)
            for id, one in found.items()
            if one is not None
        }

    def keyed(self, keys: Iterable[str]) -> dict[str, tuple[UUID, ...]]:
        return {key: tuple(sorted(self.state.keys[key])) for key in keys if key in self.state.keys}

    def ending(self, type: type[Record], ending: str) -> list[UUID]:
        return [id for id in sorted(self._held(type)) if id.hex.endswith(ending)][:20]

    def origin(self, type: type[Record], ids: Iterable[UUID]) -> dict[UUID, int]:
        origins = self.state.origins
        return {id: origins[type.type_name, id] for id in ids if (type.type_name, id) in origins}

    def _held(self, type: type[R]) -> dict[UUID, R]:
        return cast(dict[UUID, R], self.state.records[type.type_name])

    # -- history --------------------------------------------------------------------------------------------

    def headers(self, before: int | None = None) -> Iterator[Header]:
        return iter([one for one in reversed(self.state.headers) if before is None or one.number < before])

    def header(self, batch: UUID) -> Header | None:
        return next((one for one in self.state.headers if one.id == batch), None)

    def journal(
        self, *, batch: UUID | None = None, records: Iterable[UUID] | None = None, contact: UUID | None = None
    ) -> Iterator[JournalLine]:
        chosen = None if records is None else set(records)
        return iter(
            [
                line
                for line in self.state.journal
                if (batch is None or line.batch == batch)
                and (chosen is None or line.id in chosen)
                and (contact is None or line.owner == contact)
            ]
        )

    def created(self, batch: UUID) -> Iterator[tuple[type[Record], UUID]]:
        header = self.header(batch)
        made = [key for key, number in self.state.origins.items() if header and number == header.number]
        order = list(self._types)
        return ((self._types[name], id) for name, id in sorted(made, key=lambda key: (order.index(key[0]), key[1])))


class Writing:
    """One batch at work on a copy of the state."""

    def __init__(self, state: _State, batch: Batch) -> None:
        self.before = state
        self.state = state.copy()
        self.batch = batch
        self.number = len(state.headers) + 1
        self.counts = {"created": 0, "edited": 0, "deleted": 0}

    def change(self, change: Change) -> None:
        match change:
            case Create(record):
                self.create(record)
            case Edit():
                self.edit(change)
            case Delete(record):
                self.delete(record)
            case Erase(contact):
                self.erase(contact)

    def finished(self) -> Receipt:
        batch = self.batch
        header = Header(
            batch.id, self.number, batch.actor, batch.at, batch.reason, batch.kind, dict(batch.facts), batch.undoes,
            **self.counts,
        )  # fmt: skip
        receipt = Receipt(batch.id, self.number, header.created, header.edited, header.deleted)
        self.state.headers += (header,)
        self.state.receipts[batch.id] = receipt
        return receipt

    def note_receipt(self, header: Header) -> None:
        """Answer a batch of this header as one applied before."""
        counts = (header.created, header.edited, header.deleted)
        self.state.receipts[header.id] = Receipt(header.id, header.number, *counts)

    # -- the four changes -----------------------------------------------------------------------------------

    def create(self, record: Record) -> None:
        held = self.held(record.type_name)
        if record.id in held:
            raise self.conflict("store.exists", record, "id", None, record.id)
        if self.batch.distinct:
            self.refuse_stale(record)
        self.put(record)
        self.state.origins[record.type_name, record.id] = self.number
        self.counts["created"] += 1

    def edit(self, edit: Edit) -> None:
        record = self.there(edit.type, edit.id)
        for path, (expected, _) in edit.values.items():
            found = record.value_at(path)
            if not _same(found, expected):
                raise self.conflict("store.conflict", record, path, expected, found)
        before = {path: record.plain_at(path) for path in edit.values}
        changed = record.with_values({path: after for path, (_, after) in edit.values.items()})
        self.remove(record)
        self.put(changed)
        self.write_line(record, "edit", before)
        self.counts["edited"] += 1

    def delete(self, record: Record) -> None:
        found = self.there(record.type_name, record.id)
        for path in type(record).model_fields:
            if not _same(found.value_at(path), record.value_at(path)):
                raise self.conflict("store.conflict", found, path, record.value_at(path), found.value_at(path))
        if isinstance(found, Contact):
            self.refuse_owner(found)
        self.remove(found)
        del self.state.origins[found.type_name, found.id]
        self.write_line(found, "delete", found.plain())
        self.counts["deleted"] += 1

    def erase(self, contact: UUID) -> None:
        """The contact, those merged into it, all they own, the problems naming them, and every line of these."""
        if contact not in self.held("contact"):
            raise Unknown("store.contact.unknown", name=str(contact), suggestion="")
        selves = self.selves(contact)
        gone = {
            (name, id): one
            for name, held in self.state.records.items()
            for id, one in held.items()
            if _owner(one) in selves or _named(one) & selves
        }
        for key, one in gone.items():
            self.remove(one)
            del self.state.origins[key]
        ids = {id for _, id in gone}  # takings that became hers kept their id
        self.state.journal = [
            line
            for line in self.state.journal
            if line.owner not in selves and line.id not in ids and not _said(line) & selves
        ]
        self.counts["deleted"] += len(gone)

    # -- what a change must find ----------------------------------------------------------------------------

    def held(self, type_name: str) -> dict[UUID, Record]:
        if type_name not in self.state.records:
            near = nearest(type_name, self.state.records)
            raise Unknown("store.type.unknown", name=type_name, suggestion=near)
        return self.state.records[type_name]

    def there(self, type_name: str, id: UUID) -> Record:
        record = self.held(type_name).get(id)
        if record is None:
            raise Unknown("store.record.unknown", type=type_name, name=str(id), suggestion="")
        return record

    def refuse_stale(self, record: Record) -> None:
        """A distinct batch creates nothing that the store knew, and still knows, by a decisive key or a source."""
        taken = isinstance(record, Contact) and any(key in self.before.keys for key in decisive_keys(record))
        source = _source(record)
        if taken or (source in self.before.sources and source in self.state.sources):
            raise Stale("store.stale", type=record.type_name, record=str(record.id))

    def refuse_owner(self, contact: Contact) -> None:
        """A contact that still owns something is not deleted."""
        for held in self.state.records.values():
            for one in held.values():
                if one.owner_id == contact.id:
                    raise Conflict("store.contact.owns", record=str(contact.id), type=one.type_name)

    def conflict(self, code: str, record: Record, path: str, expected: Any, found: Any) -> Conflict:
        """With the actor who wrote what was found: the last to change that field, else who created the record."""
        mine = [line for line in self.state.journal if (line.type, line.id) == (record.type_name, record.id)]
        field_name = split_path(path)[0]
        number = self.state.origins.get((record.type_name, record.id), self.number)
        for line in mine:
            if line.action == "edit" and field_name in {split_path(one)[0] for one in line.before}:
                number = max(number, line.number)
        actor = self.batch.actor if number == self.number else self.state.headers[number - 1].actor
        return Conflict(
            code, record=str(record.id), path=path, expected=_shown(expected), found=_shown(found), actor=actor
        )

    # -- keeping records and what is known of them ----------------------------------------------------------

    def put(self, record: Record) -> None:
        if record.owner_id is not None and record.owner_id not in self.held("contact"):
            raise Unknown("store.contact.unknown", name=str(record.owner_id), suggestion="")
        source = _source(record)
        if source is not None:
            other = self.state.sources.get(source)
            if other is not None:
                raise self.conflict("store.exists", other, "source_id", None, source[1])
            self.state.sources[source] = record
        if isinstance(record, Contact):
            for key in match_keys(record):
                self.state.keys[key] = self.state.keys.get(key, frozenset()) | {record.id}
        self.held(record.type_name)[record.id] = record

    def remove(self, record: Record) -> None:
        source = _source(record)
        if source is not None:
            del self.state.sources[source]
        if isinstance(record, Contact):
            for key in match_keys(record):
                left = self.state.keys.pop(key) - {record.id}
                if left:
                    self.state.keys[key] = left
        del self.held(record.type_name)[record.id]

    def write_line(self, record: Record, action: str, before: Mapping[str, Any]) -> None:
        image = {} if record.passes() else before
        self.state.journal.append(
            JournalLine(
                self.batch.id, self.number, record.type_name, record.id, _owner(record), action, image, record.version
            )
        )

    def selves(self, contact: UUID) -> set[UUID]:
        """The contact and every id that redirects lead from to it."""
        steps = {one.id: one.to for one in self.state.records.get("redirect", {}).values() if isinstance(one, Redirect)}
        found = {contact}
        while more := {old for old, to in steps.items() if to in found} - found:
            found |= more
        return found


def _owner(record: Record) -> UUID | None:
    """Whom a record belongs to; a contact, and the redirect left where one was, to itself."""
    return record.id if isinstance(record, Contact | Redirect) else record.owner_id


def _named(record: Record) -> set[UUID | None]:
    """The contacts that a problem is about."""
    return {record.contact, record.other} if isinstance(record, Problem) else set()


def _said(line: JournalLine) -> set[UUID | None]:
    """The contacts that a problem was about, by its journal line."""
    texts = [line.before.get("contact"), line.before.get("other")] if line.type == Problem.type_name else []
    return {UUID(text) for text in texts if text}


def _source(record: Record) -> tuple[str, str] | None:
    if not record.source_named:
        return None
    source, id = cast(Any, record).source, cast(Any, record).source_id
    return (source, id) if source and id else None


def _same(one: Any, other: Any) -> bool:
    return bool(_shown(one) == _shown(other))


def _shown(value: Any) -> Any:
    """A value at a path as JSON can hold it; a list of parts has no order of its own."""
    if isinstance(value, tuple):
        return [plain(dict(part)) for part in sorted(value, key=lambda part: part.key)]
    return plain(dict(value)) if isinstance(value, Part) else plain(value)

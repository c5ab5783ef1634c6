"""Changes: create, edit, delete, erase; a Batch of them; a Block of many records in columns (DECISIONS 1, 3, 5)."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import NoneType
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from perthyn.errors import PerthynError
from perthyn.model import Record, declared, from_wire, parts, to_wire
from perthyn.model.record import field_adapter
from perthyn.model.values import Kind


@contextmanager
def uncollected() -> Iterator[None]:
    """Python's collector of cycles off: records have none, and looking takes a tenth to a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Create:
    """A new record."""

    record: Record


@dataclass(frozen=True, slots=True)
class Edit:
    """New values of one record: path -> (value expected there now, value to be). Values are the model's own."""

    type: str
    id: UUID
    values: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Delete:
    """A record to be gone; it is given whole, since it is what must still be there."""

    record: Record


@dataclass(frozen=True, slots=True)
class Erase:
    """A contact and all it owns to be gone for good, their journal lines too; not to be undone."""

    contact: UUID


Change = Create | Edit | Delete | Erase


def inverse(change: Create | Edit | Delete) -> Change:
    """The change that takes this one back."""
    if isinstance(change, Create):
        return Delete(change.record)
    if isinstance(change, Delete):
        return Create(change.record)
    return Edit(change.type, change.id, {path: (after, before) for path, (before, after) in change.values.items()})


@dataclass(frozen=True, slots=True)
class Block:
    """Many new records of one type without parts, as columns of wire values (`perthyn.model.to_wire`).

    `columns` maps field name -> list, all of `size`; a field left out has its default. `id` is always there.
    """

    record: type[Record]
    columns: Mapping[str, list[Any]]
    size: int

    def records(self) -> Iterator[Record]:
        """The rows as records: the slow path, the same by definition and by a property test."""
        about = declared(self.record)
        names = list(self.columns)
        for row in zip(*self.columns.values(), strict=True):
            yield self.record.model_validate(
                {name: from_wire(about[name].kind, value) for name, value in zip(names, row, strict=True)}
            )

    @classmethod
    def validated(
        cls, record: type[Record], columns: Mapping[str, list[Any]], made: Mapping[str, list[Any]] | None = None
    ) -> tuple[Block, dict[int, tuple[str, str]]]:
        """A block of model values checked by the fields' own types, column by column.

        `made`: columns that the caller itself made as wire values (ids, days by their ordinal); they are not checked.
        Answers the block of the good rows and {row: (field, what pydantic says)} of the others. Raises
        `PerthynError` (``block.columns``) for unknown, missing or uneven columns.
        """
        made = made or {}
        about = declared(record)
        given = {*columns, *made}
        sizes = {len(column) for column in (*columns.values(), *made.values())}
        needed = {name for name, info in record.model_fields.items() if info.is_required()}
        if len(sizes) != 1 or not needed <= given <= set(about) or parts(record):
            raise PerthynError("block.columns", type=record.type_name, columns=sorted(given))
        wrong: dict[int, tuple[str, str]] = {}
        checked = {}
        for name, column in columns.items():
            column = [None if value == "" else value for value in column] if "" in column else column
            try:
                checked[name] = _checked(record, name, about[name].kind, column)
            except ValidationError as error:
                for problem in error.errors():
                    wrong.setdefault(int(problem["loc"][0]), (name, str(problem["msg"])))
                checked[name] = column
        size = sizes.pop()
        if wrong:
            good = [row for row in range(size) if row not in wrong]
            some, others = ({name: [c[row] for row in good] for name, c in group.items()} for group in (columns, made))
            return cls.validated(record, some, others)[0], wrong
        wired = {name: _wired(about[name].kind, column) for name, column in checked.items()}
        return cls(record, {**made, **wired}, size), wrong

    @classmethod
    def of(cls, records: Sequence[Record]) -> Block:
        """The block of some records of one type."""
        about = declared(type(records[0]))
        columns = {name: [to_wire(a.kind, getattr(one, name)) for one in records] for name, a in about.items()}
        return cls(type(records[0]), columns, len(records))


def _checked(record: type[Record], name: str, kind: Kind, column: list[Any]) -> list[Any]:
    """The column as its field's type takes it. Text stays as it is, so few distinct texts are checked once."""
    adapter = field_adapter(record, name, many=True)
    if kind in ("word", "text") and set(map(type, column)) <= {str, NoneType}:
        few = list(set(column))
        with suppress(ValidationError):
            if len(few) * 4 < len(column):
                adapter.validate_python(few)
                return column
    checked: list[Any] = adapter.validate_python(column)
    return checked


def _wired(kind: Kind, column: list[Any]) -> list[Any]:
    if kind in ("id", "date", "instant", "flag"):
        return [to_wire(kind, value) for value in column]
    return column


@dataclass(frozen=True, slots=True)
class Batch:
    """All or nothing, applied once. `changes` and `blocks` are read in order, changes first, and may be iterated again.

    `kind`: edit, import, merge, undo, erase, segment ... `reason`: in the person's words. `facts`: what to show of it
    later (a file's name, counts). `undoes`: the batch this one takes back. `distinct`: no created contact may share a
    decisive key with a contact of the store, else `Stale`: somebody else created it since this batch was prepared.
    `since`: the store's position that all it rests on was read at; `Stale` where another batch has come since.
    """

    id: UUID
    actor: str
    at: datetime
    reason: str = ""
    kind: str = "edit"
    changes: Iterable[Change] = ()
    blocks: Iterable[Block] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    undoes: UUID | None = None
    distinct: bool = False
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch. `number` counts the store's batches from 1. `again`: it had been applied before."""

    batch: UUID
    number: int
    created: int
    edited: int
    deleted: int
    state: str = "stored"
    again: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """A batch as the store remembers it."""

    id: UUID
    number: int
    actor: str
    at: datetime
    reason: str
    kind: str
    facts: Mapping[str, Any]
    undoes: UUID | None
    created: int
    edited: int
    deleted: int


@dataclass(frozen=True, slots=True)
class JournalLine:
    """What one batch changed of one record, as it was before.

    `action` edit: `before` maps path -> JSON value before (None: there was none). `action` delete: `before` is the
    record's plain form. Of what passes (`Record.passes`) it is empty. A created record has no line. `owner`: the
    contact it belongs to (a contact to itself), so that erasure can scrub it. `version`: of the type's declaration.
    """

    batch: UUID
    number: int
    type: str
    id: UUID
    owner: UUID | None
    action: str
    before: Mapping[str, Any]
    version: int = 1

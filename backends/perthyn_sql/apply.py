"""Apply: the changes and blocks of a batch in their order, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Delete, Edit, Erase
from perthyn_sql.bulk import put_blocks
from perthyn_sql.erase import erase
from perthyn_sql.writing import Writing

GROUP = 2000
"""How many changes of one kind and type are treated at once."""


def write(writing: Writing, batch: Batch) -> None:
    """Write all that a batch holds. Raises what `perthyn.store.Store.apply` says."""
    for group in grouped(batch.changes):
        _write_group(writing, group)
    put_blocks(writing, batch.blocks)


def _write_group(writing: Writing, group: Sequence[Change]) -> None:
    first, changes = group[0], cast(Sequence[Any], group)
    shelves = writing.shelves
    match first:
        case Create(record):
            writing.create(shelves.named(record.type_name), [change.record for change in changes])
        case Edit():
            writing.edit(shelves.named(first.type), changes)
        case Delete(record):
            writing.delete(shelves.named(record.type_name), [change.record for change in changes])
        case Erase(contact):
            erase(writing, contact)


def grouped(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """Neighbouring changes of one kind, on different records of one type, at most `GROUP` together."""
    group: list[Change] = []
    kind: tuple[type, str] | None = None
    ids: set[UUID] = set()
    for change in changes:
        this, id = _kind(change), _id(change)
        if group and (this != kind or id in ids or len(group) == GROUP):
            yield group
            group, ids = [], set()
        kind = this
        group.append(change)
        ids.add(id)
    if group:
        yield group


def _kind(change: Change) -> tuple[type, str]:
    if isinstance(change, Edit):
        return Edit, change.type
    return type(change), str(change.contact) if isinstance(change, Erase) else change.record.type_name


def _id(change: Change) -> UUID:
    if isinstance(change, Edit):
        return change.id
    return change.contact if isinstance(change, Erase) else change.record.id

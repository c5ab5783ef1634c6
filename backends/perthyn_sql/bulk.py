"""Blocks: many new records of one type, column by column."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from perthyn.changes import Block
from perthyn.model import Interaction, to_wire
from perthyn_sql.dialect import chunks
from perthyn_sql.shelf import Shelf
from perthyn_sql.sources import Clash, Source
from perthyn_sql.writing import Writing


@contextmanager
def uncollected() -> Iterator[None]:
    """Python's collector of cycles off: rows have none, and looking for them takes a tenth of an import."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def put_block(writing: Writing, block: Block) -> None:
    """Add the rows of a block. Raises `Conflict`, `Stale` or `Unknown` as `Store.apply` says."""
    shelf = writing.shelves.named(block.record.type_name)
    if not block.size:
        return
    if shelf.about.parts:
        for records in chunks(block.records()):
            writing.create(shelf, records)
        return
    columns = _whole(shelf, block)
    owners: Sequence[int | None] = [None] * block.size
    if shelf.record.owner:
        keys_of = writing.owner_keys(columns[shelf.record.owner])
        owners = [keys_of[id] for id in columns[shelf.record.owner]]
    keys = writing.next_keys(block.size)
    sources = _sources(shelf, columns, owners, keys)

    def put() -> None:
        batches = [writing.number] * block.size
        shelf.put_columns(writing.connection, columns, owners, keys, batches, writing.next_key)
        writing.bind(shelf, sources)

    name = block.record.type_name
    writing.guarded(shelf, put, lambda: Clash(name, dict(zip(keys, columns["id"], strict=True)), sources))
    if shelf.record is Interaction:
        writing.created_interactions()
    writing.created += block.size


def _whole(shelf: Shelf[Any], block: Block) -> Mapping[str, Sequence[Any]]:
    """The block's columns, with those left out filled with the field's default."""
    columns: dict[str, Sequence[Any]] = {}
    for field in shelf.about.fields:
        column = block.columns.get(field.name)
        if column is None:
            default = to_wire(field.kind, shelf.record.model_fields[field.name].default)
            column = [default] * block.size
        columns[field.name] = column
    return columns


def _sources(
    shelf: Shelf[Any], columns: Mapping[str, Sequence[Any]], owners: Sequence[int | None], keys: Sequence[int]
) -> list[Source]:
    if not shelf.record.source_named:
        return []
    rows = zip(columns["source"], columns["source_id"], owners, keys, strict=True)
    return [row for row in rows if row[0] and row[1]]

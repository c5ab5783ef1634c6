"""Blocks: many new records of one type, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from perthyn.changes import Block
from perthyn.model import Interaction, to_wire
from perthyn_sql.dialect import chunks
from perthyn_sql.shelf import Shelf
from perthyn_sql.sources import Clash, Source
from perthyn_sql.tables import Field
from perthyn_sql.writing import Writing

TOGETHER = 25_000
"""How many rows are put together: the more, the more of them stand beside each other in an index."""


def put_blocks(writing: Writing, blocks: Iterable[Block]) -> None:
    """Add the rows of blocks, neighbours of one type together. Raises `Conflict`, `Stale` or `Unknown` as `Store.apply`
    says."""
    for group in _grouped(blocks):
        shelf = writing.shelves.named(group[0].record.type_name)
        if shelf.about.parts:
            for records in chunks(record for block in group for record in block.records()):
                writing.create(shelf, records)
        else:
            _put(writing, shelf, group)


def _grouped(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    group: list[Block] = []
    size = 0
    for block in blocks:
        if group and (block.record is not group[0].record or size + block.size > TOGETHER):
            yield group
            group, size = [], 0
        if block.size:
            group.append(block)
            size += block.size
    if group:
        yield group


def _put(writing: Writing, shelf: Shelf[Any], blocks: Sequence[Block]) -> None:
    columns = _whole(shelf, blocks)
    size = len(columns["id"])
    owners: Sequence[int | None] = [None] * size
    if shelf.record.owner:
        keys_of = writing.owner_keys(columns[shelf.record.owner])
        owners = [keys_of[id] for id in columns[shelf.record.owner]]
    keys = writing.next_keys(size)
    sources = _sources(shelf, columns, owners, keys)

    def put() -> None:
        shelf.put_columns(writing.connection, columns, owners, keys, [writing.number] * size, writing.next_key)
        writing.bind(shelf, sources)

    name = shelf.record.type_name
    writing.guarded(shelf, put, lambda: Clash(name, dict(zip(keys, columns["id"], strict=True)), sources))
    if shelf.record is Interaction:
        writing.created_interactions()
    writing.created += size


def _whole(shelf: Shelf[Any], blocks: Sequence[Block]) -> Mapping[str, Sequence[Any]]:
    """The blocks' columns one after the other, with those left out filled with the field's default."""
    return {field.name: [*chain.from_iterable(_of_each(shelf, field, blocks))] for field in shelf.about.fields}


def _of_each(shelf: Shelf[Any], field: Field, blocks: Sequence[Block]) -> Iterator[Iterable[Any]]:
    for block in blocks:
        column = block.columns.get(field.name)
        if column is None:
            default = to_wire(field.kind, shelf.record.model_fields[field.name].default)
            yield repeat(default, block.size)
        else:
            yield column


def _sources(
    shelf: Shelf[Any], columns: Mapping[str, Sequence[Any]], owners: Sequence[int | None], keys: Sequence[int]
) -> list[Source]:
    if not shelf.record.source_named:
        return []
    rows = zip(columns["source"], columns["source_id"], owners, keys, strict=True)
    if all(columns["source"]) and all(columns["source_id"]):
        return list(rows)
    return [row for row in rows if row[0] and row[1]]

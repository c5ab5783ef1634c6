"""What a sender's (source, source_id) names, and who is to blame when an id or a source is there already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from perthyn.errors import Stale
from perthyn_sql.words import chunks, marks, padded

if TYPE_CHECKING:
    from perthyn_sql.apply import Writing
    from perthyn_sql.shelf import Shelf

INSERT = "INSERT INTO source_key_ (source, source_id, type, contact, key) VALUES (?, ?, ?, ?, ?)"


Source = tuple[str, str, int | None, int]
"""A sender's (source, source_id) for a record, its owner's key and its own."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Rows of one type that could not be put: ids, sources, and the keys they were to have."""

    ids: Sequence[bytes]
    sources: Sequence[Source]
    keys: Container[int]


def bind(writing: Writing, shelf: Shelf[Any], sources: Sequence[Source]) -> None:
    """Note what these sources name. Raises `IntegrityError` where one names something already."""
    if sources:
        words, type_name = writing.shelves.words, shelf.record.type_name
        words.learn(writing.connection, {*(one[0] for one in sources), type_name}, writing.next_key)
        ids, type_id = words.ids, words.ids[type_name]
        rows = [(ids[source], source_id, type_id, contact, key) for source, source_id, contact, key in sources]
        writing.connection.exec_driver_sql(INSERT, rows)


def release(writing: Writing, sources: Sequence[Source]) -> None:
    """Forget what these sources named."""
    if sources:
        words = writing.shelves.words
        words.find(writing.connection, {one[0] for one in sources})
        rows = [(words.ids[source], source_id) for source, source_id, _, _ in sources]
        writing.connection.exec_driver_sql("DELETE FROM source_key_ WHERE source = ? AND source_id = ?", rows)


def blame(writing: Writing, shelf: Shelf[Any], clash: Clash) -> None:
    """Raises `Conflict` (``store.exists``) or `Stale` (``store.stale``) for what stands in the way of these rows."""
    id = _taken_id(writing, shelf, clash)
    if id is not None:
        raise writing.conflict("store.exists", shelf.record, id, "id", None, id)
    taken = _taken_source(writing, clash)
    if taken is not None:
        source_id, type_name, key = taken
        other = writing.shelves.named(type_name)
        if writing.batch.distinct and key < writing.first_key:
            raise Stale("store.stale", type=type_name, record=str(other.id_of(writing.connection, key)))
        there = other.id_of(writing.connection, key)
        raise writing.conflict("store.exists", other.record, there, "source_id", None, source_id)


def _taken_id(writing: Writing, shelf: Shelf[Any], clash: Clash) -> UUID | None:
    twice = _twice(clash.ids)
    if twice is not None:
        return UUID(bytes=twice)
    for id, key in shelf.keys_of(writing.connection, clash.ids).items():
        if key not in clash.keys:
            return UUID(bytes=id)
    return None


def _taken_source(writing: Writing, clash: Clash) -> tuple[str, str, int] | None:
    """The id at the source that is taken, and the type and key of what it names."""
    words, connection = writing.shelves.words, writing.connection
    words.find(connection, {one[0] for one in clash.sources})
    wanted = {(words.ids.get(source), source_id): key for source, source_id, _, key in clash.sources}
    for chunk in chunks(source_id for _, source_id in wanted):
        values = padded(chunk)
        rows = connection.exec_driver_sql(
            f"SELECT source, source_id, type, key FROM source_key_ WHERE source_id IN ({marks(values)})", values
        ).fetchall()
        for source, source_id, type_id, key in rows:
            if key != wanted.get((source, source_id), key):
                words.load(connection, [type_id])
                return source_id, str(words.texts[type_id]), key
    return None


def _twice(values: Iterable[Any]) -> Any:
    value, times = next(iter(Counter(values).most_common(1)), (None, 0))
    return value if times > 1 else None

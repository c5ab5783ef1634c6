"""Sources: what a sender's (source, source_id) names, and which of them, or of ids, is taken already."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from perthyn_sql.dialect import found, put, take
from perthyn_sql.shelf import NextKey, Shelf
from perthyn_sql.words import Words

Source = tuple[str, str, int | None, int]
"""A sender's (source, source_id) for a record, its owner's key and its own."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Rows of one type that could not be put: their ids by the keys they were to have, and their sources."""

    type: str
    ids: Mapping[int, bytes]
    sources: Sequence[Source]


def bind(connection: Connection, words: Words, type_name: str, sources: Sequence[Source], next_key: NextKey) -> None:
    """Note what these sources name: records of this type. Raises `IntegrityError` where one names something already."""
    words.learn(connection, {*(one[0] for one in sources), type_name}, next_key)
    ids, type_id = words.ids, words.ids[type_name]
    rows = [(ids[source], source_id, type_id, contact, key) for source, source_id, contact, key in sources]
    # In the order of the primary key, as far as one source goes, so that neighbours are written together.
    rows.sort(key=itemgetter(1))
    put(connection, "source_key_", ("source", "source_id", "type", "contact", "key"), rows)


def release(connection: Connection, words: Words, sources: Sequence[Source]) -> None:
    """Forget what these sources named."""
    if sources:
        words.find(connection, {one[0] for one in sources})
        rows = [(words.ids[source], source_id) for source, source_id, _, _ in sources]
        take(connection, "source_key_", ("source", "source_id"), rows)


def sourced_types(connection: Connection, source: str, source_ids: Iterable[str]) -> dict[str, list[str]]:
    """Those of this source's ids that name something, by the type of what they name."""
    query = (
        "SELECT w.text, s.source_id FROM source_key_ s JOIN word_ w ON w.id = s.type"
        " WHERE s.source = (SELECT id FROM word_ WHERE text = ?) AND s.source_id IN (*)"
    )
    named: dict[str, list[str]] = defaultdict(list)
    for type_name, source_id in found(connection, query, source_ids, (source,)):
        named[type_name].append(source_id)
    return named


def taken_id(connection: Connection, shelf: Shelf[Any], clash: Clash) -> UUID | None:
    """The id that is taken."""
    twice = _twice(clash.ids.values())
    if twice is not None:
        return UUID(bytes=twice)
    there = shelf.keys_of(connection, clash.ids.values())
    return next((UUID(bytes=id) for id, key in there.items() if key not in clash.ids), None)


def taken_source(connection: Connection, words: Words, clash: Clash) -> tuple[str, str, int] | None:
    """The id at the source that is taken, and the type and key of what it names, which may be one of these rows."""
    twice = _twice(one[:2] for one in clash.sources)
    if twice is not None:
        return twice[1], clash.type, next(key for *named, _, key in clash.sources if tuple(named) == twice)
    words.find(connection, {one[0] for one in clash.sources})
    wanted = {(words.ids.get(source), source_id): key for source, source_id, _, key in clash.sources}
    query = "SELECT source, source_id, type, key FROM source_key_ WHERE source_id IN (*)"
    for source, source_id, type_id, key in found(connection, query, (source_id for _, source_id in wanted)):
        if key != wanted.get((source, source_id), key):
            words.load(connection, [type_id])
            return source_id, str(words.texts[type_id]), key
    return None


def _twice(values: Iterable[Any]) -> Any:
    value, times = next(iter(Counter(values).most_common(1)), (None, 0))
    return value if times > 1 else None

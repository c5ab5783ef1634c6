"""Contents: everything a store holds, as of one moment; and a store being filled with the contents of another.

Moves, backups and restores are all this: contents on one side, a filling (or a file) on the other, chunk by chunk.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import groupby, takewhile
from typing import Any, Literal, NamedTuple, cast

from perthyn.changes import Batch, Header, JournalLine, Receipt
from perthyn.errors import PerthynError
from perthyn.model import Record, plain
from perthyn.model.canonical import canonicals as record_forms

BATCHES, JOURNAL = "batches", "journal"
"""The first and the last section; those between are named by the record types."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record, and the number of the batch that created it."""

    record: Record
    batch: int


Item = Header | JournalLine | Kept


class Place(NamedTuple):
    """Where in the contents of a store one is: the section, and its last item seen, as that store names it.

    "" for the beginning of a section.
    """

    section: str
    last: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some neighbouring items of one section, and the place of the last of them."""

    place: Place
    items: Sequence[Item]


class Contents(ABC):
    """Everything a store holds, whatever others write meanwhile.

    Sections come in one order: `BATCHES` by number; each record type by id, each type before those that name it,
    absent ones last by name; `JOURNAL` by batch, then as written.
    """

    @property
    @abstractmethod
    def position(self) -> int:
        """The number of the last batch."""

    @property
    @abstractmethod
    def types(self) -> Mapping[str, type[Record]]:
        """Every record type it holds; those whose plugin is not there as `perthyn.model.declaration.carried`."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """How many items each section has, in the order of the sections."""

    @abstractmethod
    def chunks(self, after: Place | None = None) -> Iterator[Chunk]:
        """All items in the order of the sections, from the one after that place; never all in memory."""

    def section(self, name: str) -> Iterator[Chunk]:
        """The items of one section; none where there is no such section."""
        if name in (BATCHES, JOURNAL) or name in self.types:
            yield from takewhile(lambda chunk: chunk.place.section == name, self.chunks(Place(name, "")))

    def items(self) -> Iterator[tuple[str, Item]]:
        """Every item with the name of its section."""
        for chunk in self.chunks():
            for item in chunk.items:
                yield chunk.place.section, item


class Filling(ABC):
    """An empty store being filled; until it is released (`Store.fence`) nobody else writes there."""

    @property
    @abstractmethod
    def reached(self) -> Place | None:
        """The place of the last chunk put, before a kill or since; None where nothing was."""

    @abstractmethod
    def put(self, chunk: Chunk) -> None:
        """Add the items, all or none; they and the place are there for good when this returns.

        Raises `PerthynError` (``store.filling.other``) when somebody else fills the same store.
        """

    @abstractmethod
    def apply(self, batch: Batch) -> Receipt:
        """`Store.apply` behind the fence: what must be done after `finish`, before anybody else sees the store."""

    @abstractmethod
    def finish(self) -> None:
        """Work out what is not moved but follows (summaries, statistics). Doing it again does no harm."""


FENCED = {"moving": "store.fenced.moving", "moved": "store.fenced.moved", "filling": "store.fenced.filling"}


@dataclass(frozen=True, slots=True)
class Fence:
    """Why nobody may write to a store now.

    `state`: *moving* away to another store, *moved* there, being *filled* from somewhere. `where`: the other store's
    address (or a file), without a password. `by`: who began it. `mark`: what tells this move from another.
    """

    state: Literal["moving", "moved", "filling"]
    where: str
    by: str
    at: datetime
    mark: str = ""

    @property
    def refusal(self) -> PerthynError:
        """What a writer is told."""
        return PerthynError(FENCED[self.state], where=self.where, by=self.by, at=self.at)


# -- the canonical form (DECISIONS 24) ---------------------------------------------------------------------------------


def canonical(item: Item) -> bytes:
    """UTF-8 JSON of an item, keys sorted, no spaces, public ids only."""
    if isinstance(item, Kept):
        return b'{"batch":%d,"record":%s}' % (item.batch, item.record.canonical())
    return _json(header_form(item) if isinstance(item, Header) else line_form(item))


def header_form(header: Header) -> dict[str, Any]:
    """A batch's header as JSON can hold it; none and empty omitted."""
    return _without_empty(
        {
            "id": header.id,
            "number": header.number,
            "actor": header.actor,
            "at": header.at,
            "reason": header.reason,
            "kind": header.kind,
            "facts": dict(header.facts),
            "undoes": header.undoes,
            "created": header.created,
            "edited": header.edited,
            "deleted": header.deleted,
        }
    )


def line_form(line: JournalLine) -> dict[str, Any]:
    """A line of the journal as JSON can hold it; a value that was unknown before stays, as null."""
    said = _without_empty(
        {
            "batch": line.batch,
            "number": line.number,
            "type": line.type,
            "id": line.id,
            "owner": line.owner,
            "action": line.action,
            "version": line.version,
        }
    )
    return said | {"before": line.before}


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items() if value not in (None, "", {})}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def canonicals(items: Iterable[Item]) -> list[bytes]:
    """The canonical form of each item: records in columns, which takes a third of the time."""
    forms: list[bytes] = []
    for kind, some in groupby(items, lambda item: type(item.record) if isinstance(item, Kept) else None):
        if kind is None:
            forms += map(canonical, some)
        else:
            kept = cast(list[Kept], list(some))
            records = record_forms([one.record for one in kept])
            forms += (b'{"batch":%d,"record":%s}' % (one.batch, form) for one, form in zip(kept, records, strict=True))
    return forms


def digests(items: Iterable[Item]) -> Iterator[bytes]:
    """The SHA-256 of each item's canonical form."""
    return (sha256(canonical(item)).digest() for item in items)

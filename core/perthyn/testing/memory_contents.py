"""The contents of a memory store, and one being filled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from perthyn.changes import Batch, Header, JournalLine, Receipt
from perthyn.contents import BATCHES, JOURNAL, Chunk, Contents, Filling, Item, Kept, Place
from perthyn.errors import PerthynError
from perthyn.model import Record

if TYPE_CHECKING:
    from perthyn.testing.memory import MemoryStore, _State

AT_ONCE = 3
"""How many items stand in a chunk: few, so that tests meet the seams between chunks."""


class MemoryContents(Contents):
    """The contents of a state, which nobody changes."""

    def __init__(self, state: _State, types: Mapping[str, type[Record]]) -> None:
        self._state = state
        self._types = types

    @property
    def position(self) -> int:
        return len(self._state.headers)

    @property
    def types(self) -> Mapping[str, type[Record]]:
        return self._types

    def sizes(self) -> dict[str, int]:
        return {section: len(self._section(section)) for section in (BATCHES, *self._types, JOURNAL)}

    def chunks(self, after: Place | None = None) -> Iterator[Chunk]:
        sections = [BATCHES, *self._types, JOURNAL]
        first = 0 if after is None else sections.index(after.section)
        for section in sections[first:]:
            start = int(after.last or 0) if after is not None and section == after.section else 0
            items = self._section(section)
            for place in range(start, len(items), AT_ONCE):
                some = items[place : place + AT_ONCE]
                yield Chunk(Place(section, str(place + len(some))), some)

    def _section(self, section: str) -> Sequence[Item]:
        state = self._state
        if section == BATCHES:
            return state.headers
        if section == JOURNAL:
            return state.journal
        return [Kept(one, state.origins[section, id]) for id, one in sorted(state.records[section].items())]


class MemoryFilling(Filling):
    """Fills a memory store; every chunk is put on a copy of its state."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._seen = store.state.reached

    @property
    def reached(self) -> Place | None:
        return self._store.state.reached

    def put(self, chunk: Chunk) -> None:
        if self._store.state.reached != self._seen:
            raise PerthynError("store.filling.other", where="")
        writing = self._store.writing_apart()
        for item in chunk.items:
            if isinstance(item, Kept):
                writing.put(item.record)
                writing.state.origins[item.record.type_name, item.record.id] = item.batch
            elif isinstance(item, Header):
                writing.state.headers += (item,)
                writing.note_receipt(item)
            elif isinstance(item, JournalLine):
                writing.state.journal.append(item)
        writing.state.reached = self._seen = chunk.place
        self._store.state = writing.state

    def apply(self, batch: Batch) -> Receipt:
        return self._store.applied(batch)

    def finish(self) -> None:
        pass

"""A chunk of rows about what happened: known again or new, matched to people, made into blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perthyn.changes import Block
from perthyn.errors import PerthynError
from perthyn.importing.chunk import Chunk
from perthyn.importing.consents import Consents
from perthyn.importing.happenings import Columns, Happenings, pick
from perthyn.importing.identity import Named
from perthyn.importing.matching import Asking, People, Refusal
from perthyn.importing.people import (
    IDENTIFYING,
    NAMES,
    PHONE_WRITTEN,
    PersonColumns,
    is_identifiable,
    is_somebody,
    keys_of,
)
from perthyn.importing.plans import Understanding
from perthyn.importing.revising import Revising, Revision
from perthyn.importing.spool import Spool
from perthyn.importing.values_people import UNREAD
from perthyn.model import Ids, Interaction, Record, Takings
from perthyn.model.values import MAX_TEXT
from perthyn.store import Sourced, Store

_REMEMBERED = 100_000
"""Distinct people's cells whose contact is remembered; beyond, they are asked for again."""
_PLAINLY = frozenset((*IDENTIFYING, PHONE_WRITTEN)) - {"organisation"}

Reason = tuple[str, PerthynError]
"""A column, and what is wrong there."""


@dataclass(slots=True)
class Fate:
    """What became of a chunk's rows, by place; `alone`: those that only tell of a person. The rest is unchanged."""

    stored: list[int] = field(default_factory=list)
    refused: dict[int, list[Reason]] = field(default_factory=dict)
    alone: list[int] = field(default_factory=list)


class Happened:
    """Takes the happenings of one file, chunk after chunk."""

    def __init__(
        self,
        store: Store,
        spool: Spool,
        understanding: Understanding,
        source: str,
        reader: Happenings,
        people: People,
        consents: Consents,
        revising: Revising,
        ids: Ids,
    ) -> None:
        self._store, self._spool, self._understanding, self._source = store, spool, understanding, source
        self._reader, self._people, self._consents, self._revising = reader, people, consents, revising
        self._ids = ids
        self._contacts: dict[tuple[Any, ...], bytes | PerthynError] = {}
        self._fresh_store = store.position() == 0
        self.interactions = 0
        self.takings = 0

    def take(self, chunk: Chunk, named: Named) -> Fate:
        """Spool what a chunk's rows say."""
        fate = Fate()
        known = {} if self._fresh_store else self._store.sourced(self._source, named.ids)
        if self._consents.confirming:
            self._whose(Fate(), chunk, named, [place for place, id in enumerate(named.ids) if id in known])
        days = self._reader.days(chunk)
        places = self._live(fate, chunk, named, known, days)
        if places is not None and not places:
            return fate
        said, made = self._reader.columns(chunk, days, places)
        self._add_identity(said, made, chunk, named, places)
        block, wrong = Block.validated(Takings, said, made)
        live = list(range(len(chunk))) if places is None else places
        for row, (column, reason) in wrong.items():
            error = PerthynError("import.cell.refused", field=column, reason=reason)
            fate.refused[live[row]] = [("", error)]
        if wrong:
            live = [place for row, place in enumerate(live) if row not in wrong]
        contacts = self._whose(fate, chunk, named, live)
        self._spool_rows(fate, chunk, block, live, contacts, named, known)
        return fate

    def _live(
        self, fate: Fate, chunk: Chunk, named: Named, known: Mapping[str, Sourced], days: Sequence[Any]
    ) -> list[int] | None:
        """The places of rows that say something new; None for all of them."""
        if not (known or named.same or named.clash or None in days):
            return None
        happened = self._reader.tells(chunk) if self._understanding.about == "both" else None
        live = []
        for place, (id, day) in enumerate(zip(named.ids, days, strict=True)):
            before = known.get(id)
            if place in named.clash:
                error = PerthynError("import.row.id_repeated", id=id)
                fate.refused[place] = [(chunk.headers.get("row_id", [""])[0], error)]
            elif place in named.same or (before and before.delivered == named.prints[place]):
                continue
            elif day is not None:
                live.append(place)
            elif happened is not None and place not in happened:
                fate.alone.append(place)
            else:
                header = next((one for name in ("date", "event_date") for one in chunk.headers.get(name, ())), "")
                fate.refused[place] = [(header, PerthynError("import.date.missing"))]
        return live

    def _add_identity(
        self, said: Columns, made: Columns, chunk: Chunk, named: Named, places: Sequence[int] | None
    ) -> None:
        size = len(said["kind"])
        made["id"] = self._ids.take(size)
        made["source"] = [self._source] * size
        (said if "row_id" in chunk.cells else made)["source_id"] = pick(named.ids, places)
        made["delivered"] = pick(named.prints, places)
        raw = self._reader.raw(chunk, places, False)
        if raw is not None:
            fits = max(len(one) for one in raw if one) <= MAX_TEXT if any(raw) else True
            (made if fits else said)["raw"] = raw

    # -- whose it is ----------------------------------------------------------------------------------------

    def _whose(self, fate: Fate, chunk: Chunk, named: Named, live: Sequence[int]) -> list[bytes | None]:
        """The contact of each row: b"" for nobody, None for a row that is refused."""
        columns = PersonColumns.of(chunk, False)
        if not columns.names:
            return [b""] * len(live)
        rows = columns.rows(None if len(live) == len(chunk) else live)
        if len(self._contacts) > _REMEMBERED:
            self._contacts.clear()
        contacts = self._contacts
        whose: list[bytes | PerthynError | None] = list(map(contacts.get, rows))
        if None in whose:
            missing = [at for at, found in enumerate(whose) if found is None]
            unknown: dict[tuple[Any, ...], int] = {}
            for at in missing:
                unknown.setdefault(rows[at], live[at])
            self._recognise(chunk, named, columns, unknown)
            for at in missing:
                whose[at] = contacts[rows[at]]
        if not set(map(type, whose)) <= {bytes}:
            for place, found in zip(live, whose, strict=True):
                if isinstance(found, PerthynError):
                    fate.refused[place] = [("", found)]
        return [one if isinstance(one, bytes) else None for one in whose]

    def _recognise(
        self,
        chunk: Chunk,
        named: Named,
        columns: PersonColumns,
        unknown: Mapping[tuple[Any, ...], int],
    ) -> None:
        """Find or make the contacts of people's cells not met before, each with a place where they stand."""
        askings: dict[tuple[Any, ...], Asking] = {}
        for row, place in unknown.items():
            said = columns.said(place)
            if not is_somebody(said):
                self._contacts[row] = b""
            elif not is_identifiable(said):
                self._contacts[row] = PerthynError("import.person.unidentifiable")
            else:
                keys = keys_of(said, self._source, "")
                askings[row] = Asking(said, keys, chunk.rows[place], named.ids[place], proven=self._proven(said))
        spoken = []
        for (row, asking), answer in zip(askings.items(), self._people.answer(list(askings.values())), strict=True):
            if isinstance(answer, Refusal):
                self._contacts[row] = PerthynError("import.cell.refused", field=answer.field, reason=answer.reason)
                continue
            self._contacts[row] = answer.id.bytes
            spoken.append((asking, answer))
        if self._consents.speaks(columns.names):
            self._consents.hear(spoken)

    def _proven(self, said: Mapping[str, Any]) -> bool:
        """Whether somebody's keys hold all that is said of her."""
        if not said.keys() <= _PLAINLY or {"role", "language"} & self._understanding.defaults.keys():
            return False
        if any(one.startswith(UNREAD) for one in said.get("phone", ())):
            return False
        named = not said.keys().isdisjoint(NAMES)
        return ("email" in said or "phone" in said) if named else "phone" not in said

    # -- blocks and revisions -------------------------------------------------------------------------------

    def _spool_rows(
        self,
        fate: Fate,
        chunk: Chunk,
        block: Block,
        live: Sequence[int],
        contacts: Sequence[bytes | None],
        named: Named,
        known: Mapping[str, Sourced],
    ) -> None:
        again = {row: known[named.ids[place]] for row, place in enumerate(live) if named.ids[place] in known}
        fresh: Sequence[int] = range(len(live))
        if again or None in contacts:
            fresh = [row for row in fresh if row not in again and contacts[row] is not None]
        stored = self._revising.known(again.values()) if again else {}
        for row, before in again.items():
            contact = contacts[row]
            if contact is not None and before.id in stored:
                revision = Revision(chunk.rows[live[row]], contact, _one(block, row))
                if self._revising.revise(revision, stored[before.id]):
                    fate.stored.append(live[row])
        fate.stored += pick(live, fresh)
        self._add_blocks(chunk, block, live, contacts, fresh)

    def _add_blocks(
        self, chunk: Chunk, block: Block, live: Sequence[int], contacts: Sequence[bytes | None], fresh: Sequence[int]
    ) -> None:
        somebody = [row for row in fresh if contacts[row]]
        if len(somebody) < len(fresh):
            nobody = [row for row in fresh if not contacts[row]]
            self.takings += len(nobody)
            columns = _rows(block, nobody)
            raw = self._reader.raw(chunk, [live[row] for row in nobody], True)
            if raw is not None and max((len(one) for one in raw if one), default=0) <= MAX_TEXT:
                columns["raw"] = raw
            self._spool.add_block(Block(Takings, columns, len(nobody)))
        if somebody:
            self.interactions += len(somebody)
            columns = _rows(block, somebody)
            columns["contact"] = list(contacts) if len(somebody) == block.size else pick(contacts, somebody)
            self._spool.add_block(Block(Interaction, columns, len(somebody)))


def _rows(block: Block, rows: Sequence[int]) -> dict[str, list[Any]]:
    if len(rows) == block.size:
        return dict(block.columns)
    return {name: [column[row] for row in rows] for name, column in block.columns.items()}


def _one(block: Block, row: int) -> Record:
    """One row of a block as a record."""
    return next(Block(block.record, _rows(block, [row]) if block.size > 1 else block.columns, 1).records())

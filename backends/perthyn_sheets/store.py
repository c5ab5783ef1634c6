"""SheetsStore: a Google Sheet that people edit by hand, answered from a mirror on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from perthyn.changes import Batch, Header, JournalLine, Receipt
from perthyn.contents import Chunk, Contents, Fence, Filling, Place
from perthyn.errors import PerthynError
from perthyn.house import House
from perthyn.model import Happening, Record
from perthyn.rules.closed import Closed, Measure
from perthyn.rules.facts import Facts
from perthyn.store import Sourced, Store, Tally, Total
from perthyn_sheets import finding
from perthyn_sheets.addresses import address_of
from perthyn_sheets.api import Api
from perthyn_sheets.book import Book
from perthyn_sheets.causes import number_taken
from perthyn_sheets.cells import Raw
from perthyn_sheets.fences import FENCE_MARKER, fence_made, fence_removed, heed, read_fence
from perthyn_sheets.kept import Place as Kept
from perthyn_sheets.kept import State
from perthyn_sheets.merging import Agreed
from perthyn_sheets.once import Once
from perthyn_sheets.pending import pending_in
from perthyn_sheets.refilling import refill
from perthyn_sheets.sheet import FENCE_KEY, Sheet, book_mark
from perthyn_sheets.sync import Outcome, Sync

R = TypeVar("R", bound=Record)
Opens = Callable[[str, Sequence[type[Record]]], Store]

FRESH = timedelta(seconds=30)
"""A sheet that was looked at so lately is not looked at again when it is opened."""
SWAPPED = 60.0
"""Seconds to wait while another process of this machine makes a new mirror."""


class SheetsStore(Store):
    """Reads are the mirror's. A batch is applied there and then brought to the sheet, now or when it can be reached.

    `outcome`: what came of the last time that both were brought in step. `computed`: what was worked out of records,
    by their ids: cells that the next step writes beside them.
    """

    shares = True

    def __init__(self, api: Api, kept: Kept, types: Sequence[type[Record]], house: House, opens: Opens) -> None:
        self.api = api
        self.kept = kept
        self.house = house
        self.outcome = Outcome()
        self.computed: dict[UUID, dict[str, Raw]] = {}
        self._given = tuple(types)
        self._opens = opens
        state = kept.read() if kept.known else kept.begin(house.random(8).hex())
        self._name = state.mirror
        self.mirror = opens(kept.mirror(state.mirror), self._given)
        self._book: Book | None = None
        self._follow()

    # -- in step ------------------------------------------------------------------------------------------------

    def step(self, *, look: bool = True, whole: bool = False, agreed: Agreed = "", wait: float = 0.0) -> Outcome:
        """Bring sheet and mirror in step (see `Sync.step`)."""
        self._follow()
        if self._book is None:
            self._book = Book(self.api, self.mirror, self.house, self.kept.read().manner)
        book = self._book
        book.renew()
        sync = Sync(
            place=self.kept,
            api=self.api,
            book=book,
            mirror=self.mirror,
            house=self.house,
            find=finding.finder(self.mirror),
            refill=self._refill,
            computed=self.computed,
        )
        self.outcome = sync.step(look=look, whole=whole, agreed=agreed, wait=wait)
        return self.outcome

    def look(self) -> None:
        """See what people did, unless that was done just now."""
        state = self.kept.read()
        if state.looked is None or self.house.clock() - state.looked > FRESH or state.flight is not None:
            self.step(whole=state.looked is None)

    def _refill(self, sheet: Sheet, state: State, without: frozenset[UUID]) -> Store | None:
        old = self.mirror
        made = refill(self.kept, state, sheet, old, self._given, self._opens, self.house, without)
        if made is None:
            return None
        self._name, number = made
        self.kept.note(mirror=self._name, shared=number, known=(), standing=dict(sheet.standing), version="",
                       looked=self.house.clock())  # fmt: skip
        self.mirror = self._opens(self.kept.mirror(self._name), self._given)
        old.close()
        self.kept.sweep(self._name)
        return self.mirror

    def _follow(self) -> None:
        """Go on with the mirror that another process of this machine made."""
        while (name := self.kept.read().mirror) != self._name:
            self.mirror.close()
            self.mirror, self._name = self._opens(self.kept.mirror(name), self._given), name
            if self._book is not None:
                self._book.use(self.mirror)
        self.kept.sweep(self._name)

    # -- what it is ---------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        return address_of(self.api.sheet)

    @property
    def types(self) -> Mapping[str, type[Record]]:
        return self.mirror.types

    @property
    def currency(self) -> str:
        return self.mirror.currency

    @property
    def edition(self) -> str:
        return self._name

    def position(self) -> int:
        return self.mirror.position()

    def close(self) -> None:
        self.mirror.close()
        self.api.close()

    @property
    def hindered(self) -> PerthynError | None:
        """What keeps both from being in step, as far as is known; None where nothing does."""
        state = self.kept.read()
        if self.outcome.why is None and state.stopped:
            return PerthynError(state.stopped, **state.stopped_facts)
        return self.outcome.why

    @property
    def waiting(self) -> int:
        """How many batches the sheet has not seen."""
        state = self.kept.read()
        return pending_in(self.mirror, state.shared, state.known).waiting

    def notices(self) -> list[PerthynError]:
        """Whether what is read is not the newest, and what waits to be sent: nobody is to believe a stale answer."""
        found, why, waiting = [], self.hindered, self.waiting
        if self._book is not None and self._book.copied:  # said once, by whoever opens it first
            found.append(PerthynError("sheets.notice.copy", original=address_of(self._book.copied)))
        if why is not None and why.code.startswith(("sheets.stopped.", "store.fenced.")):
            return [*found, why] if why.code.startswith("sheets.") else found
        if why is None and not waiting:
            return found
        return [*found, PerthynError("sheets.notice.stale", why=why, at=self.in_step, waiting=waiting)]

    @property
    def in_step(self) -> datetime | None:
        """When both were last in step, by the organisation's clock."""
        at = self.kept.read().in_step
        return None if at is None else at.astimezone(ZoneInfo(self.house.zone))

    # -- writing ------------------------------------------------------------------------------------------------

    def apply(self, batch: Batch) -> Receipt:
        receipt = self._applied(batch)
        if self._stays_here(receipt):
            return receipt
        if not receipt.again or receipt.number > self.kept.read().shared:
            self.step(look=False)
            if self.outcome.why is not None and self.outcome.why.code.startswith("store.fenced."):
                raise self.outcome.why
        return replace(receipt, state="stored" if self.outcome.waiting or self.outcome.busy else "shared")

    def _stays_here(self, receipt: Receipt) -> bool:
        """Whether it changed nothing but what is local: it goes with the next batch that does, and nobody waits.

        The mirror is asked: a batch's changes may be there to be read only once.
        """
        deleted, local = 0, False
        for kind, _ in self.mirror.created(receipt.batch):
            if kind.scope != "local":
                return False
            local = True
        for line in self.mirror.journal(batch=receipt.batch):
            if line.type not in self.types or self.types[line.type].scope != "local":
                return False
            local, deleted = True, deleted + (line.action == "delete")
        return local and receipt.deleted == deleted

    def _applied(self, batch: Batch) -> Receipt:
        """Apply to the mirror; where another process makes a new one just now, to that."""
        until = time.monotonic() + SWAPPED
        while True:
            try:
                return self.mirror.apply(batch)
            except PerthynError as error:
                swapped = error.code in ("store.fenced.moved", "store.fenced.moving") and _to_another_mirror(
                    self.mirror
                )
                if not swapped or time.monotonic() > until:
                    raise
                time.sleep(0.05)
                self._follow()

    # -- as a whole ---------------------------------------------------------------------------------------------

    def contents(self) -> AbstractContextManager[Contents]:
        return self.mirror.contents()

    def filling(self, fence: Fence, types: Mapping[str, type[Record]]) -> Filling:
        new = self.mirror.fence is None
        once = Once(self.kept, self.api, self.house)
        killed = once.settle()
        if new:
            once.begin()
        filling = self.mirror.filling(fence, types)
        if new or (killed and self._fence_there() is None):
            once.surely([fence_made(fence)])
        return _Filling(self, filling)

    @property
    def fence(self) -> Fence | None:
        return self.mirror.fence

    def set_fence(self, fence: Fence | None, instead: Fence | None) -> None:
        if fence is not None and instead is None and self.step(wait=SWAPPED).waiting:
            raise self.outcome.why or PerthynError("sheets.waiting.batches", count=self.outcome.waiting)
        once = Once(self.kept, self.api, self.house)
        if once.settle():
            heed(self._fence_there(), self.mirror)
        standing = self.mirror.fence
        come = standing != instead and _meaning(standing) == _meaning(fence)  # what a run sent that was killed
        if not come:
            self._fence_set(fence, instead, once)
        if fence is None:
            self.step(look=False, wait=SWAPPED)

    def _fence_set(self, fence: Fence | None, instead: Fence | None, once: Once) -> None:
        once.begin()  # whoever is killed from here on: the sheet is asked which fence stands
        self.mirror.set_fence(fence, instead)
        requests = [fence_removed()] if instead is not None else []
        requests += [fence_made(fence)] if fence is not None else []
        try:
            once.surely(requests)
        except PerthynError as error:
            with suppress(PerthynError):
                self.mirror.set_fence(instead, self.mirror.fence)
            if number_taken(error) == FENCE_MARKER:  # another machine was quicker
                raise PerthynError("store.fenced.changed") from error
            raise

    def _fence_there(self) -> Fence | None:
        return read_fence(book_mark(self.api.book(), FENCE_KEY))

    # -- reading: the mirror's ----------------------------------------------------------------------------------

    def picture(self) -> AbstractContextManager[Any]:
        return self.mirror.picture()

    def get(self, type: type[R], ids: Iterable[UUID]) -> dict[UUID, R]:
        return self.mirror.get(type, ids)

    def scan(self, type: type[R], after: UUID | None = None) -> Iterator[R]:
        return self.mirror.scan(type, after)

    def owned(self, type: type[R], contacts: Sequence[UUID]) -> Iterator[R]:
        return self.mirror.owned(type, contacts)

    def recent(self, type: type[R], contact: UUID, limit: int, before: tuple[date, UUID] | None = None) -> list[R]:
        return self.mirror.recent(type, contact, limit, before)

    def count_of(self, type: type[Record]) -> int:
        return self.mirror.count_of(type)

    def sourced(self, source: str, source_ids: Iterable[str]) -> dict[str, Sourced]:
        return self.mirror.sourced(source, source_ids)

    def keyed(self, keys: Iterable[str]) -> dict[str, tuple[UUID, ...]]:
        return self.mirror.keyed(keys)

    def ending(self, type: type[Record], ending: str) -> list[UUID]:
        return self.mirror.ending(type, ending)

    def origin(self, type: type[Record], ids: Iterable[UUID]) -> dict[UUID, int]:
        return self.mirror.origin(type, ids)

    def headers(self, before: int | None = None) -> Iterator[Header]:
        return self.mirror.headers(before)

    def header(self, batch: UUID) -> Header | None:
        return self.mirror.header(batch)

    def journal(
        self, *, batch: UUID | None = None, records: Iterable[UUID] | None = None, contact: UUID | None = None
    ) -> Iterator[JournalLine]:
        return self.mirror.journal(batch=batch, records=records, contact=contact)

    def created(self, batch: UUID) -> Iterator[tuple[type[Record], UUID]]:
        return self.mirror.created(batch)

    def count_created(self, batch: UUID) -> Mapping[type[Record], int]:
        return self.mirror.count_created(batch)

    def resolve(self, id: UUID) -> UUID:
        return self.mirror.resolve(id)

    def facts(self, ids: Iterable[UUID] | None = None) -> Iterator[Facts]:
        return self.mirror.facts(ids)

    def select(self, rule: Closed) -> Iterator[UUID]:
        return self.mirror.select(rule)

    def count(self, rule: Closed) -> int:
        return self.mirror.count(rule)

    def among(self, rule: Closed, contacts: Sequence[UUID]) -> set[UUID]:
        return self.mirror.among(rule, contacts)

    def leaves(self, rules: Sequence[Closed], contact: UUID) -> list[bool]:
        return self.mirror.leaves(rules, contact)

    def measures(self, wanted: Sequence[Measure], contact: UUID) -> list[int | date | None]:
        return self.mirror.measures(wanted, contact)

    def spread(self, wanted: Measure) -> list[tuple[int, int]]:
        return self.mirror.spread(wanted)

    def columns(self, wanted: Sequence[Measure], ids: bool = True) -> Iterator[Sequence[Sequence[Any]]]:
        return self.mirror.columns(wanted, ids)

    def totals(self, contact: UUID) -> list[Total]:
        return self.mirror.totals(contact)

    def tally(self, type: type[Happening], by: Sequence[str] = (), **about: Any) -> list[Tally]:
        return self.mirror.tally(type, by, **about)

    def search(self, text: str, limit: int = 20) -> list[UUID]:
        return self.mirror.search(text, limit)


class _Filling(Filling):
    """Fills the mirror; what it holds is brought to the sheet at the end."""

    def __init__(self, store: SheetsStore, mirror: Filling) -> None:
        self._store = store
        self._mirror = mirror

    @property
    def reached(self) -> Place | None:
        return self._mirror.reached

    def put(self, chunk: Chunk) -> None:
        self._mirror.put(chunk)

    def apply(self, batch: Batch) -> Receipt:
        return self._mirror.apply(batch)

    def finish(self) -> None:
        self._mirror.finish()


def in_sheet(store: Store) -> SheetsStore:
    """The store, which must be in a sheet. Raises `PerthynError` (``sheets.sync.elsewhere``)."""
    if not isinstance(store, SheetsStore):
        raise PerthynError("sheets.sync.elsewhere", address=store.address)
    return store


def _meaning(fence: Fence | None) -> tuple[str, str, str] | None:
    """What a fence says, at whichever attempt it was put up."""
    return None if fence is None else (fence.state, fence.where, fence.by)


def _to_another_mirror(mirror: Store) -> bool:
    fence = mirror.fence
    return fence is None or fence.where == "mirror"

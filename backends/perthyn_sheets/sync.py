"""Bringing sheet and mirror in step: read what people did, take it in, send what waits; again until nothing is left.

Whoever dies when: a batch stands in the mirror before anything is sent; every write carries a marker that the sheet
accepts once; what a write did is read from the sheet, never assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Delete, Edit, Header
from perthyn.contents import Fence
from perthyn.errors import Conflict, PerthynError, Stale, Unknown
from perthyn.house import House
from perthyn.model.ids import Ids
from perthyn.store import Store
from perthyn_sheets import refusing, trail
from perthyn_sheets.api import Already, Api
from perthyn_sheets.book import Book
from perthyn_sheets.cells import Raw
from perthyn_sheets.delivering import Delivery, Fenced, Missed
from perthyn_sheets.fences import heed, read_fence
from perthyn_sheets.kept import Place, State
from perthyn_sheets.layout import HISTORY, JOURNAL
from perthyn_sheets.merging import Agreed, Merge, Merged
from perthyn_sheets.noting import noted
from perthyn_sheets.once import Once
from perthyn_sheets.pending import Pending, pending_in
from perthyn_sheets.refilling import BEGINNING
from perthyn_sheets.sending import Outgoing
from perthyn_sheets.sheet import Sheet, read
from perthyn_sheets.telling import Telling, watched, without_formulas
from perthyn_sheets.trail import Told

ROUNDS = 8
"""How often one goes on to bring both in step before it is left to the next time."""
MARGIN = timedelta(days=1)
"""Of the time that history stands in the sheet, for clocks that differ."""
NAMING = {"name", "title", "given", "family"}
"""Fields of a contact of which its name is made."""
BY_HAND = "sheet"
"""The actor of what people did in the sheet."""
NOT_BLIND = {"custom_field", "segment"}
"""Types whose records change how the sheet looks."""

Refill = Callable[[Sheet, State, frozenset[UUID]], Store | None]


@dataclass
class Outcome:
    """What came of it. `waiting`: batches still to be sent. `why`: what hindered, if anything did."""

    taken_in: int = 0
    sent: int = 0
    from_others: int = 0
    waiting: int = 0
    troubles: int = 0
    busy: bool = False
    refill: bool = False
    why: PerthynError | None = None


@dataclass
class Sync:
    """Works on one sheet and one mirror.

    `refill`: makes a new mirror of the sheet, without some batches, and answers it; None where somebody wrote to the
    old one meanwhile. `computed`: what is worked out of records, by id and column.
    """

    place: Place
    api: Api
    book: Book
    mirror: Store
    house: House
    find: Callable[[str], list[UUID]]
    refill: Refill
    computed: Mapping[UUID, Mapping[str, Raw]] = field(default_factory=dict)
    _version: str | None = field(init=False, default=None)
    _doubted: bool = field(init=False, default=False)

    def step(self, *, look: bool = True, whole: bool = False, agreed: Agreed = "", wait: float = 0.0) -> Outcome:
        """Bring both in step. `look`: see what people did, even where nothing waits to be sent; `whole`: whatever
        Google says of the version. `agreed`: where it had stopped, what holds. `wait`: seconds for another process.

        Nothing is raised that the next time may mend: it stands in the outcome.
        """
        with self.place.alone(wait) as mine:
            if not mine:
                return Outcome(busy=True, waiting=self._waiting())
            outcome = Outcome()
            try:
                self._rounds(outcome, look, whole or bool(agreed), agreed)
            except PerthynError as error:
                if not error.code.startswith(("sheets.", "store.fenced.")):
                    raise
                outcome.why = error
            state = self.place.read()
            outcome.waiting = self._waiting()
            if outcome.why is None and state.stopped:
                outcome.why = PerthynError(state.stopped, **state.stopped_facts)
            return outcome

    def _waiting(self) -> int:
        state = self.place.read()
        return pending_in(self.mirror, state.shared, state.known).waiting

    def _rounds(self, outcome: Outcome, look: bool, whole: bool, agreed: Agreed) -> None:
        fence = self.mirror.fence
        if fence is not None and fence.state == "filling":
            return  # by a move, which is not finished
        for _ in range(ROUNDS):
            state = self.place.read()
            pending = pending_in(self.mirror, state.shared, state.known)
            blind = not whole and bool(pending.headers) and self._may_go_blind(state, pending)
            try:
                if blind:
                    self._told(Telling(self.mirror, self.book, pending, self.computed), pending, state, outcome)
                    continue
                if not pending.headers and not (whole or (look and self._changed(state))):
                    return
                again = self._whole(state, outcome, agreed)
            except (Already, Missed):
                whole = True
                continue
            except Fenced as fenced:
                self.mirror.set_fence(fenced.fence, self.mirror.fence)
                raise fenced.fence.refusal from fenced
            except PerthynError as error:
                if not (blind and error.code == "sheets.refused"):
                    raise
                self.place.note(flight=None)  # a tab is gone, say
                whole = True
                continue
            if not again:
                return
            whole = True

    def _may_go_blind(self, state: State, pending: Pending) -> bool:
        """Whether new rows can be sent without reading first."""
        tabs = {name for name, _ in pending.created if name in self.book.tabs}
        sure = state.flight is None and not state.halfway and not state.stopped
        return sure and pending.only_new and {*tabs, HISTORY.key} <= set(state.standing) and not tabs & NOT_BLIND

    def _changed(self, state: State) -> bool:
        unsure = state.flight is not None or state.halfway or state.vanished or state.stopped
        if unsure or not state.version:
            return True
        self._version = self.api.version()
        return self._version is None or self._version != state.version

    # -- reading and merging ------------------------------------------------------------------------------------

    def _whole(self, state: State, outcome: Outcome, agreed: Agreed) -> str:
        """Read all, take in what people did, send what waits. Answers "" when both are in step."""
        version = self._version or ("" if state.looked is None else self.api.version()) or ""
        self._version = None
        raw = read(self.api, self.book.tabs)
        self._once.seen(raw.markers)
        fence = self._heed_fence(raw)
        if fence is not None:
            raise fence.refusal
        sheet = self.book.in_order(raw, self._once)
        self.place.note(manner=self.book.manner.model_dump_json(), copied=self.book.copied or state.copied)
        if not self.mirror.position() and _holds_records(sheet, self.mirror):
            self._refilled(sheet, state, outcome, len(sheet.lines.get(HISTORY.key, [])))
            if not outcome.refill:
                return "whole"
            state, sheet = self.place.read(), self.book.in_order(sheet, self._once)
        history = trail.read_history(sheet.lines.get(HISTORY.key, []))
        told = [one for one in history if self.mirror.header(one.header.id) is None]
        remade = bool({HISTORY.key, JOURNAL.key} & sheet.remade)
        lost = self._lost_batches(state, [] if remade else history)
        if lost and not remade:
            if agreed == "sheet":
                return self._older_version(sheet, state, outcome, lost)
            if agreed != "perthyn" and not self._doubted:
                self._doubted = True  # Google may answer with what stood there a moment ago
                return "whole"
            if agreed != "perthyn":
                first = min(one.at for one in lost)
                return self._stop("sheets.stopped.restored", {"batches": len(lost), "since": first.isoformat()})
        state = self._caught_up(state, sheet, [] if remade else history, lost)
        pending = pending_in(self.mirror, state.shared, state.known)
        away = self._long_away(state)
        erased = {*state.erased, *(mark for one in history for mark in one.erased)}
        ids = self._ids()
        merge = Merge(self.mirror, sheet, self.book.tabs, self.book.shows, pending, told, state.vanished, erased,
                      ids, self.find, self.house.clock(), agreed, state.installation, away)  # fmt: skip
        found = merge.merged()
        if found.stop is not None:
            return self._stop(*found.stop)
        gone = tuple(sorted({*erased, *found.erased}))
        found.erased = {*gone} - {mark for one in history for mark in one.erased}  # a kill may have left some untold
        state = self.place.note(stopped="", stopped_facts={}, erased=gone)
        refusing.heard(told, (one for some in found.foreign.values() for one in some), self.mirror, self.house)
        if told and not found.strange and not pending.headers and not away:
            if self._take_over(state, sheet, told, found):
                outcome.from_others += len(told)
                return "whole"
            found.strange = True
        try:
            taken = self._take_in(found)
        except (Conflict, Unknown, Stale):
            return "whole"  # somebody at this machine was quicker
        outcome.taken_in += taken
        outcome.troubles += len(found.troubles)
        edited = pending
        if taken or found.troubles:
            pending = pending_in(self.mirror, state.shared, state.known)
        telling = Telling(self.mirror, self.book, pending, self.computed)
        outgoing = telling.outgoing(sheet, found)
        self._spare_formulas(outgoing, sheet, edited)
        state = self.place.note(standing=dict(sheet.standing), version=version, vanished=found.vanished)
        if pending.headers or outgoing:
            state = self._told(telling, pending, state, outcome, outgoing, sheet, found)
        if any(isinstance(one, Edit) and one.type == "contact" and NAMING & set(one.values) for one in found.changes):
            return "whole"  # rows that name them follow
        if told or away:
            again = self.book.in_order(read(self.api, self.book.tabs), self._once)
            return self._refilled(again, state, outcome, len(told))
        now = self.house.clock()
        self.place.note(looked=now, in_step=now, halfway=False, remade=(), lost={})
        return ""

    def _stop(self, code: str, facts: Mapping[str, str | int]) -> str:
        self.place.note(stopped=code, stopped_facts=facts)
        return ""

    def _refilled(
        self, sheet: Sheet, state: State, outcome: Outcome, others: int, without: frozenset[UUID] = frozenset()
    ) -> str:
        """A new mirror is filled with what is there."""
        mirror = self.refill(sheet, state, without)
        if mirror is not None:
            self.mirror = mirror
            self.book.use(mirror)
            outcome.from_others += others
            outcome.refill = True
        return "whole"

    def _long_away(self, state: State) -> bool:
        """Whether history that this machine has not seen may have left the sheet."""
        return state.looked is not None and self.house.clock() - state.looked > trail.KEPT - MARGIN

    # -- an older version ---------------------------------------------------------------------------------------

    def _lost_batches(self, state: State, history: list[Told]) -> list[Header]:
        """Batches that the sheet had seen lately, and tells of no more: somebody restored an older version of it."""
        there = {one.header.id for one in history}
        since = self.house.clock() - trail.KEPT + MARGIN
        found = []
        for header in self.mirror.headers():
            sent = header.number <= state.shared or header.id in state.known
            if sent and header.at > since and header.id not in there and header.id != BEGINNING:
                found.append(header)
        return found

    def _older_version(self, sheet: Sheet, state: State, outcome: Outcome, lost: list[Header]) -> str:
        """The older version holds: the mirror is made of it anew, and what waits is done to that."""
        pending = pending_in(self.mirror, state.shared, state.known)
        again = _once_more(pending, self.mirror)
        headers = pending.headers
        without = frozenset(one.id for one in (*lost, *headers))
        known = (*state.known, *(one.id for one in headers))
        state = self.place.note(stopped="", stopped_facts={}, vanished={}, known=known)
        self._refilled(sheet, state, outcome, 0, without)
        changes = [one for one in (_fitting(change, self.mirror) for change in again) if one is not None]
        if changes:
            last = headers[-1]
            self.mirror.apply(Batch(self._ids()(), last.actor, self.house.clock(), last.reason, "edit", changes))
        return "whole"

    def _arrived(self, header: Header, sheet: Sheet) -> bool:
        """Whether what a batch made stands in its rows: columns may have been moved, and the answer lost."""
        made = {(kind.type_name, id) for kind, id in self.mirror.created(header.id) if kind.type_name in sheet.lines}
        held = {(name, line.id) for name in {name for name, _ in made} for line in sheet.lines[name]}
        return made <= held

    def _caught_up(self, state: State, sheet: Sheet, history: list[Told], lost: list[Header]) -> State:
        """The state after seeing which of our batches have reached the sheet, whatever became of the answers."""
        there = {one.header.id for one in history}
        if lost:  # the sheet has to be told of them once more
            first = min(one.number for one in lost)
            gone = {one.id for one in lost}
            above = {one.id for one in _above(self.mirror, first - 1) if one.number <= state.shared}
            state = state.model_copy(
                update={"shared": min(state.shared, first - 1), "known": tuple(({*state.known} | above) - gone)}
            )
        reached = {*state.known}
        for one in _above(self.mirror, state.shared):
            if one.id in there and (one.id in reached or self._arrived(one, sheet)):
                reached.add(one.id)
        return self._reached(state.shared, reached)

    def _reached(self, shared: int, known: set[UUID], **more: Any) -> State:
        """Note what the sheet has: `shared` as far up as it goes, `known` only above it."""
        above = _above(self.mirror, shared)
        for header in above:
            if header.id not in known:
                break
            shared = header.number
        left = tuple(header.id for header in above if header.number > shared and header.id in known)
        return self.place.note(shared=shared, known=left, **more)

    def _take_over(self, state: State, sheet: Sheet, told: list[Told], found: Merged) -> bool:
        """Other machines only added records: their batches are applied here as they were there."""
        known = list(state.known)
        for one in told:
            header = one.header
            made: list[Change] = [Create(record) for record in found.foreign.get(header.id, [])]
            said = (header.id, header.actor, header.at, header.reason, header.kind)
            try:
                self.mirror.apply(Batch(*said, made, (), header.facts, header.undoes))
            except (Conflict, Unknown, Stale):
                return False  # both fetched the same, say
            known.append(header.id)
        self._reached(state.shared, {*known}, standing=dict(sheet.standing))
        return True

    def _take_in(self, found: Merged) -> int:
        """Apply what people did as a batch of its own, with a problem for each thing that can't be taken in."""
        now = self.house.clock()
        changes = [*found.changes, *noted(self.book, self.mirror, found.troubles, now)]
        if not changes:
            return 0
        refusing.applied(Batch(self._ids()(), BY_HAND, now, "", "sheet", changes), self.mirror, self.house)
        return len(found.changes)

    def _heed_fence(self, sheet: Sheet) -> Fence | None:
        """Take on a fence that was put up or taken away in the sheet; the one that stands."""
        there = read_fence(sheet.fence)
        heed(there, self.mirror)
        return there

    # -- sending ------------------------------------------------------------------------------------------------

    def _spare_formulas(self, outgoing: Outgoing, sheet: Sheet, edited: Pending) -> None:
        spots = list(watched(outgoing, sheet, edited))
        if not spots:
            return
        columns = self.api.values([where for _, _, where, _ in spots], formulas=True)
        found = {
            (key, column): {first + down for down, row in enumerate(rows) if row and str(row[0]).startswith("=")}
            for (key, column, _, first), rows in zip(spots, columns, strict=True)
        }
        without_formulas(outgoing, found)

    def _told(
        self,
        telling: Telling,
        pending: Pending,
        state: State,
        outcome: Outcome,
        outgoing: Outgoing | None = None,
        sheet: Sheet | None = None,
        found: Merged | None = None,
    ) -> State:
        """Send what waits, and its history; new records only where nothing was read."""
        delivery = Delivery(self._once, self.book, sheet)
        outgoing = telling.all_new() if outgoing is None else outgoing
        self.place.note(halfway=True)
        state = delivery.send(state.standing, outgoing, telling.trail(sheet, found))
        reached = {*state.known, *(header.id for header in pending.headers)}
        outcome.sent += len(pending.headers)
        return self._reached(state.shared, reached, version="", in_step=self.house.clock(), halfway=False)

    @property
    def _once(self) -> Once:
        return Once(self.place, self.api, self.house)

    def _ids(self) -> Ids:
        return Ids(self.house.clock, self.house.random)


def _holds_records(sheet: Sheet, mirror: Store) -> bool:
    return any(line.form for key in mirror.types for line in sheet.lines.get(key, ()))


def _once_more(pending: Pending, mirror: Store) -> list[Change]:
    """What waits, as changes that can be made to another mirror."""
    found: list[Change] = []
    for name, id in sorted({*pending.created, *pending.before}):
        record = mirror.get(mirror.types[name], [id]).get(id)
        if record is not None and (name, id) in pending.created:
            found.append(Create(record))
        elif record is not None:
            values = {path: (None, record.value_at(path)) for path in sorted(pending.paths((name, id)))}
            found.append(Edit(name, id, values))
    for name, id in sorted(pending.deleted):
        base = mirror.types[name].model_validate(pending.deleted[name, id])
        if not mirror.get(type(base), [id]):
            found.append(Delete(base))
    return found


def _fitting(change: Change, mirror: Store) -> Change | None:
    """The change as it can be made to what the mirror holds; None where it can't."""
    if isinstance(change, Create):
        return None if mirror.get(type(change.record), [change.record.id]) else change
    if isinstance(change, Delete):
        record = mirror.get(type(change.record), [change.record.id]).get(change.record.id)
        return None if record is None else Delete(record)
    assert isinstance(change, Edit)
    found = mirror.get(mirror.types[change.type], [change.id]).get(change.id)
    if found is None:
        return None
    values = {path: (found.value_at(path), value) for path, (_, value) in change.values.items()}
    values = {path: pair for path, pair in values.items() if pair[0] != pair[1]}
    return Edit(change.type, change.id, values) if values else None


def _above(mirror: Store, number: int) -> list[Header]:
    found = []
    for header in mirror.headers():
        if header.number <= number:
            break
        found.append(header)
    return found[::-1]

"""Bringing sheet and mirror in step: read what people did, take it in, send what waits; again until nothing is left.

Whoever dies when: a batch stands in the mirror before anything is sent; every write carries a marker that the sheet
accepts once; what a write did is read from the sheet, never assumed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Edit, Header
from perthyn.contents import Fence
from perthyn.errors import Conflict, PerthynError
from perthyn.house import House
from perthyn.model import Problem, Record
from perthyn.model.ids import Ids, named_id
from perthyn.store import Store
from perthyn_sheets import sending, trail
from perthyn_sheets.api import Already, Api
from perthyn_sheets.book import Book
from perthyn_sheets.cells import Raw
from perthyn_sheets.kept import Marker, Place, State
from perthyn_sheets.layout import HISTORY, JOURNAL
from perthyn_sheets.merging import Merge, Merged, Trouble
from perthyn_sheets.pending import Named, Pending, pending_in
from perthyn_sheets.sending import Outgoing, Parcel
from perthyn_sheets.sheet import Line, Sheet, read
from perthyn_sheets.trail import Told

ROUNDS = 8
"""How often one goes on to bring both in step before it is left to the next time."""
MARKERS, MARKED = 64, timedelta(minutes=15)
"""So many markers of ours stay in the sheet, and all that are younger."""
FENCE_MARKER = 7_000_001
"""The number of the metadata that holds a fence: where one stands, a write that makes and removes it is refused."""
BY_HAND = "sheet"
"""The actor of what people did in the sheet."""


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
    """Works on one sheet and one mirror. `refill`: makes a new mirror of the sheet and answers it."""

    place: Place
    api: Api
    book: Book
    mirror: Store
    house: House
    find: Callable[[str], list[UUID]]
    refill: Callable[[Sheet, State], Store]
    reason: Callable[[], str]
    computed: dict[UUID, dict[str, Raw]] = field(default_factory=dict)

    def step(self, *, look: bool = True, whole: bool = False, agreed: bool = False, wait: float = 0.0) -> Outcome:
        """Bring both in step. `look`: see what people did, even where nothing waits to be sent; `whole`: whatever
        Google says of the version. `agreed`: what was stopped may happen. `wait`: seconds for another process.

        Nothing is raised that the next time may mend: it stands in the outcome.
        """
        with self.place.alone(wait) as mine:
            if not mine:
                return Outcome(busy=True)
            outcome = Outcome()
            try:
                self._rounds(outcome, look, whole, agreed)
            except PerthynError as error:
                if not error.code.startswith("sheets."):
                    raise
                outcome.why = error
            state = self.place.read()
            outcome.waiting = len(pending_in(self.mirror, state.shared, state.known).headers)
            if outcome.why is None and state.stopped:
                outcome.why = PerthynError(state.stopped, **state.stopped_facts)
            return outcome

    def _rounds(self, outcome: Outcome, look: bool, whole: bool, agreed: bool) -> None:
        for _ in range(ROUNDS):
            state = self.place.read()
            pending = pending_in(self.mirror, state.shared, state.known)
            try:
                if pending.headers and pending.only_new and self._may_go_blind(state, pending) and not whole:
                    self._send(state, pending, self._all_new(pending), None, outcome)
                    continue
                if not pending.headers and not (whole or (look and self._changed(state))):
                    return
                again = self._whole(state, outcome, agreed)
            except Already:
                self.place.keep(self.place.read().model_copy(update={"flight": None}))
                continue
            except Missed:
                whole = True
                continue
            if not again:
                return
            whole = whole and again == "whole"

    def _may_go_blind(self, state: State, pending: Pending) -> bool:
        """Whether new rows can be sent without reading first."""
        tabs = {name for name, _ in pending.created} | {HISTORY.key}
        return state.flight is None and not state.stopped and tabs <= set(state.standing)

    def _changed(self, state: State) -> bool:
        if state.flight is not None or not state.version:
            return True
        version = self.api.version()
        return version is None or version != state.version

    # -- reading and merging ------------------------------------------------------------------------------------

    def _whole(self, state: State, outcome: Outcome, agreed: bool) -> str:
        """Read all, take in what people did, send what waits. Answers "" when both are in step."""
        version = self.api.version() or ""
        sheet = self.book.in_order(read(self.api, self.book.tabs))
        self._heed_fence(sheet)
        if not self.mirror.position() and any(sheet.lines[key] for key in self.mirror.types if key in sheet.lines):
            return self._begun(state, sheet, outcome)
        told = self._others(sheet)
        state = self._caught_up(state, sheet)
        pending = pending_in(self.mirror, state.shared, state.known)
        merge = Merge(
            self.mirror,
            sheet,
            self.book.tabs,
            self.book.shows,
            pending,
            told,
            state.vanished,
            self._ids(),
            self.find,
            agreed,
        )
        found = merge.merged()
        if found.stop is not None:
            code, facts = found.stop
            self.place.keep(state.model_copy(update={"stopped": code, "stopped_facts": facts}))
            return ""
        state = state.model_copy(update={"stopped": "", "stopped_facts": {}, "vanished": found.vanished})
        if told and not found.strange and not pending.headers and not self._long_away(state):
            return self._take_over(state, sheet, told, found, outcome)
        try:
            taken = self._take_in(found)
        except Conflict:
            return "whole"  # somebody at this machine was quicker
        outcome.taken_in += taken
        outcome.troubles += len(found.troubles)
        if taken:
            pending = pending_in(self.mirror, state.shared, state.known)
        outgoing = self._outgoing(pending, sheet, found)
        state = state.model_copy(update={"standing": dict(sheet.standing), "version": version})
        if pending.headers or outgoing:
            self._send(state, pending, outgoing, sheet, outcome)
            state = self.place.read()
        if told or self._long_away(state):
            self._use(self.refill(self.book.in_order(read(self.api, self.book.tabs)), state))
            outcome.from_others += len(told)
            outcome.refill = True
            return "whole"
        self.place.keep(state.model_copy(update={"looked": self.house.clock(), "in_step": self.house.clock()}))
        return ""

    def _begun(self, state: State, sheet: Sheet, outcome: Outcome) -> str:
        """A new machine: the mirror is filled with what is there."""
        self._use(self.refill(sheet, state))
        outcome.from_others += len(sheet.lines.get(HISTORY.key, []))
        outcome.refill = True
        return "whole"

    def _use(self, mirror: Store) -> None:
        self.mirror = mirror
        self.book.use(mirror)

    def _long_away(self, state: State) -> bool:
        """Whether history that this machine has not seen may have left the sheet."""
        return state.looked is not None and self.house.clock() - state.looked > trail.KEPT - timedelta(days=1)

    def _others(self, sheet: Sheet) -> list[Told]:
        """Batches in the sheet that this machine does not know."""
        found = trail.read_history(sheet.lines.get(HISTORY.key, []))
        return [one for one in found if self.mirror.header(one.header.id) is None]

    def _caught_up(self, state: State, sheet: Sheet) -> State:
        """The state after seeing which of our batches have reached the sheet, whatever became of the answers."""
        there = {one.header.id for one in trail.read_history(sheet.lines.get(HISTORY.key, []))}
        reached = {*state.known}
        for header in self.mirror.headers():
            if header.number <= state.shared:
                break
            if header.id in there:
                reached.add(header.id)
        return self.place.keep(_tidied(state.model_copy(update={"known": tuple(sorted(reached))}), self.mirror))

    def _take_over(self, state: State, sheet: Sheet, told: list[Told], found: Merged, outcome: Outcome) -> str:
        """Other machines only added records: their batches are applied here as they were there."""
        known = list(state.known)
        for one in told:
            header = one.header
            records = found.foreign.get(header.id, [])
            made: list[Change] = [Create(record) for record in records]
            self.mirror.apply(
                Batch(
                    header.id,
                    header.actor,
                    header.at,
                    header.reason,
                    header.kind,
                    made,
                    (),
                    header.facts,
                    header.undoes,
                )
            )
            known.append(header.id)
        outcome.from_others += len(told)
        state = state.model_copy(update={"known": tuple(known), "standing": dict(sheet.standing)})
        self.place.keep(_tidied(state, self.mirror))
        return "whole"

    def _take_in(self, found: Merged) -> int:
        """Apply what people did as a batch of its own, with a problem for each thing that can't be taken in."""
        changes = [*found.changes, *self._problems(found.troubles)]
        if not changes:
            return 0
        now = self.house.clock()
        self.mirror.apply(Batch(self._ids()(), BY_HAND, now, self.reason(), "sheet", changes))
        return len(found.changes)

    def _problems(self, troubles: Iterable[Trouble]) -> list[Change]:
        """Problems that are new, and those that somebody has put right."""
        now = self.house.clock()
        wanted: dict[UUID, Problem] = {}
        for one in troubles:
            of = str(one.named[1]) if one.named else ""
            said = ("sheet problem", self.api.sheet, of or one.tab, one.column, one.code, str(one.raw))
            id = named_id("\x1f".join(said))
            title = self.book.tabs[one.tab].title(self.book.languages)
            facts = {**one.facts, "tab": title, "row": one.row, "column": self.book.header(one.tab, one.column)}
            wanted[id] = Problem(
                id=id,
                code=one.code,
                where=title[:500],
                row=one.row or None,
                column=(one.column or None),
                raw=str(one.raw)[:50_000] or None,
                facts=json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str)[:50_000],
                contact=one.named[1] if one.named and one.named[0] == "contact" else None,
                at=now,
            )
        changes: list[Change] = []
        held = {one.id: one for one in self.mirror.scan(Problem) if one.code.startswith("sheets.")}
        for id, problem in wanted.items():
            if id not in held:
                changes.append(Create(problem))
            elif held[id].state != "open":
                changes.append(Edit("problem", id, {"state": (held[id].state, "open")}))
        for id, problem in held.items():
            lasting = not problem.code.startswith("sheets.cell.") or problem.code == "sheets.cell.overruled"
            if problem.state == "open" and id not in wanted and not lasting:
                changes.append(Edit("problem", id, {"state": ("open", "mended")}))
        return changes

    def _heed_fence(self, sheet: Sheet) -> None:
        there = read_fence(sheet.fence)
        here = self.mirror.fence
        if there != here and not (here is not None and here.state == "filling" and there is None):
            self.mirror.set_fence(there, here)

    # -- sending ------------------------------------------------------------------------------------------------

    def _all_new(self, pending: Pending) -> Outgoing:
        outgoing = Outgoing()
        self._add_new(outgoing, pending.created, {})
        return outgoing

    def _add_new(self, outgoing: Outgoing, created: Iterable[Named], there: Mapping[Named, Line]) -> None:
        by_tab: dict[str, list[UUID]] = {}
        for name, id in sorted(created, key=lambda one: one[1]):
            by_tab.setdefault(name, []).append(id)
        for name, ids in by_tab.items():
            kind = self.mirror.types[name]
            for start in range(0, len(ids), 5000):
                some = self.mirror.get(kind, ids[start : start + 5000])
                made = self._made(kind, some)
                for id, record in sorted(some.items()):
                    outgoing.new[name].append(self._row(record, made[id], made[id]))

    def _made(self, kind: type[Record], ids: Iterable[UUID]) -> dict[UUID, str]:
        numbers = self.mirror.origin(kind, ids)
        wanted = set(numbers.values())
        names: dict[int, str] = {}
        for header in self.mirror.headers():
            if header.number in wanted:
                names[header.number] = trail.made_text(header)
                if len(names) == len(wanted):
                    break
        return {id: names[number] for id, number in numbers.items()}

    def _row(self, record: Record, made: str, last: str) -> dict[str, Raw]:
        shown = self.book.shows.shown(record, self.computed.get(record.id, {}))
        last = f"{last.partition(' ')[0]} {shown.get(record.owner, '')}"
        return {**shown, **sending.technical(str(record.id), made, last, record.canonical())}

    def _outgoing(self, pending: Pending, sheet: Sheet, found: Merged) -> Outgoing:
        """All that the sheet is to be told of records: new rows, changed cells, rows that go."""
        outgoing = Outgoing()
        lines = {(key, line.id): line for key, tab in self.book.tabs.items() if tab.type is not None
                 for line in reversed(sheet.lines.get(key, [])) if line.id is not None}  # fmt: skip
        own = set(map(id, found.lines.values()))
        lines = {named: line for named, line in lines.items() if id(line) not in own}
        lines.update(found.lines)
        last = str(pending.headers[-1].id) if pending.headers else ""
        new: set[Named] = set()
        by_tab: dict[str, list[UUID]] = {}
        for name, one in {*pending.touched, *found.heal, *found.theirs, *found.lines, *found.put_back}:
            if name in self.book.tabs:
                by_tab.setdefault(name, []).append(one)
        for name, ids in by_tab.items():
            kind = self.mirror.types[name]
            there = self.mirror.get(kind, ids)
            made = self._made(kind, there)
            for one in sorted(ids):
                named, line = (name, one), lines.get((name, one))
                record = found.theirs.get(named) or there.get(one)
                if record is None:
                    if line is not None:
                        outgoing.gone[name].append(line.row)
                elif line is None:
                    new.add(named)
                else:
                    self._change(
                        outgoing, sheet, named, line, record, made.get(one, line.made), last or line.last, found.wrong
                    )
        for key, line in found.gone:
            outgoing.gone[key].append(line.row)
        if pending.erased:
            self._add_erased(outgoing, lines)
        self._add_new(outgoing, new, {})
        return outgoing

    def _change(
        self,
        outgoing: Outgoing,
        sheet: Sheet,
        named: Named,
        line: Line,
        record: Record,
        made: str,
        last: str,
        wrong: set[tuple[Named, str]],
    ) -> None:
        tab = self.book.tabs[named[0]]
        row = self._row(record, made, last)
        technical = {
            key: cell for key, cell in row.items() if key in ("id", "made", "last") or key.startswith("record")
        }
        cells = {
            column.key: row.get(column.key, "")
            for column in tab.columns
            if column.key in line.cells
            and column.key not in technical
            and (named, column.key) not in wrong
            and line.cells[column.key] != row.get(column.key, "")
            and not self.book.shows.same(column, row.get(column.key, ""), line.cells[column.key])
        }
        if not cells and line.form == record.canonical().decode() and line.id == named[1] and line.made:
            return
        pieces = len(sheet.standing[named[0]].forms)
        empty = {f"record.{number}": "" for number in range(2, pieces + 1) if f"record.{number}" not in technical}
        change = sending.Change(line.row, str(named[1]), {**cells, **empty, **technical})
        outgoing.changed[named[0]].append(change)

    def _add_erased(self, outgoing: Outgoing, lines: Mapping[Any, Line]) -> None:
        """Rows of records that are gone without a trace, and their lines in the journal."""
        for name, kind in self.mirror.types.items():
            if name not in self.book.tabs:
                continue
            ids = [one for (key, one) in lines if key == name and one is not None]
            there = self.mirror.get(kind, ids)
            rows = set(outgoing.gone.get(name, ()))
            outgoing.gone[name] += [
                lines[name, one].row for one in ids if one not in there and lines[name, one].row not in rows
            ]

    def _trail(self, pending: Pending, sheet: Sheet | None) -> Outgoing:
        """The history of what is sent; with the sheet at hand, less what is too old or was erased."""
        last = Outgoing()
        gone: dict[UUID, list[UUID]] = {}
        for place, line in enumerate(pending.lines):
            last.new[JOURNAL.key].append(trail.line_row(line, place))
            if line.action == "delete":
                gone.setdefault(line.batch, []).append(line.id)
        for header in pending.headers:
            last.new[HISTORY.key].append(trail.header_row(header, gone.get(header.id, ())))
        if sheet is None:
            return last
        now = self.house.clock()
        left = {str(line.id) for line in sheet.lines.get(HISTORY.key, []) if not trail.old(line, now)}
        last.gone[HISTORY.key] = [line.row for line in sheet.lines.get(HISTORY.key, []) if str(line.id) not in left]
        scrubbed = self._scrubbed(sheet) if pending.erased else set()
        last.gone[JOURNAL.key] = [
            line.row for line in sheet.lines.get(JOURNAL.key, []) if str(line.id) not in left or line.row in scrubbed
        ]
        return last

    def _scrubbed(self, sheet: Sheet) -> set[int]:
        """Lines of the journal that the mirror has no more."""
        kept: dict[UUID, set[tuple[str, str]]] = {}
        rows = set()
        for line in sheet.lines.get(JOURNAL.key, []):
            if line.id is None:
                continue
            if line.id not in kept:
                kept[line.id] = {(one.type, str(one.id)) for one in self.mirror.journal(batch=line.id)}
            said = json.loads(line.form)
            if (said["type"], said["id"]) not in kept[line.id]:
                rows.add(line.row)
        return rows

    def _send(self, state: State, pending: Pending, outgoing: Outgoing, sheet: Sheet | None, outcome: Outcome) -> None:
        """Send it in as few writes as hold it; each is on record before it is sent."""
        longest = {key: sending.longest(rows) for key, rows in outgoing.new.items()}
        for key, changes in outgoing.changed.items():
            longest[key] = max(longest.get(key, 1), sending.longest(one.cells for one in changes))
        trail_rows = self._trail(pending, sheet)
        for key, rows in trail_rows.new.items():
            longest[key] = sending.longest(rows)
        state = state.model_copy(update={"standing": self._wide_enough(state, longest)})
        position = self.mirror.position() if not pending.headers else pending.headers[-1].number
        for parcel in sending.parcels(outgoing, self.book.tabs, state.standing, self.house.zone, trail_rows):
            state = self._deliver(state, parcel)
        reached = {*state.known, *(header.id for header in pending.headers)}
        state = state.model_copy(update={"known": tuple(sorted(reached)), "version": "", "in_step": self.house.clock()})
        self.place.keep(_tidied(state, self.mirror))
        outcome.sent += len(pending.headers)
        del position

    def _wide_enough(self, state: State, longest: Mapping[str, int]) -> Mapping[str, Any]:
        """Add columns for records longer than any before."""
        standing = dict(state.standing)
        requests: list[dict[str, Any]] = []
        for key, pieces in longest.items():
            while len(standing[key].forms) < pieces:
                one, number = standing[key], len(standing[key].forms) + 1
                name = f"record.{number}"
                requests += self.book.another_form(key, one, number)
                standing[key] = one.model_copy(
                    update={"columns": (*one.columns, name), "headers": (*one.headers, name)}
                )
        if requests:
            self.api.write(requests)
        return standing

    def _deliver(self, state: State, parcel: Parcel) -> State:
        now = self.house.clock()
        number = int.from_bytes(self.house.random(4)) & 0x7FFFFFFF or 1
        marker = state.flight or Marker(number=number, text=self.house.random(12).hex(), at=now)
        old = [one for one in state.markers if one.at < now - MARKED][: max(0, len(state.markers) - MARKERS)]
        state = self.place.keep(state.model_copy(update={"flight": marker}))
        requests = [*_unfenced(), *_without(old), *parcel.requests]
        answer = self.api.write(
            requests,
            marker=marker.number,
            marker_value=marker.text,
            ranges=sending.looked_at(parcel, state.standing),
            fields=sending.ANSWER,
        )
        gone = {one.number for one in old}
        markers = (*(one for one in state.markers if one.number not in gone), marker)
        standing = {key: one.model_copy(update={"rows": one.rows + parcel.rows.get(key, 0)})
                    for key, one in state.standing.items()}  # fmt: skip
        state = self.place.keep(
            state.model_copy(update={"flight": None, "markers": markers, "standing": standing, "version": ""})
        )
        if sending.missed(parcel, state.standing, answer.book):
            self.place.keep(state.model_copy(update={"standing": {}}))
            raise Missed
        return state

    def _ids(self) -> Ids:
        return Ids(self.house.clock, self.house.random)


class Missed(Exception):
    """Rows or columns had been moved when a write arrived."""


def _tidied(state: State, mirror: Store) -> State:
    """`shared` as far up as it goes, `known` only above it."""
    known = {*state.known}
    shared = state.shared
    above = [header for header in _above(mirror, shared)]
    for header in above:
        if header.id not in known:
            break
        shared = header.number
    left = tuple(header.id for header in above if header.number > shared and header.id in known)
    return state.model_copy(update={"shared": shared, "known": left})


def _above(mirror: Store, number: int) -> list[Header]:
    found = []
    for header in mirror.headers():
        if header.number <= number:
            break
        found.append(header)
    return found[::-1]


# --- fences --------------------------------------------------------------------------------------------------------


def fence_text(fence: Fence) -> str:
    """A fence as the sheet's metadata holds it."""
    said = {"state": fence.state, "where": fence.where, "by": fence.by, "at": fence.at.isoformat(), "mark": fence.mark}
    return json.dumps(said, ensure_ascii=False)


def read_fence(text: str) -> Fence | None:
    """The fence in the sheet's metadata, None for none."""
    from datetime import datetime

    if not text:
        return None
    said = json.loads(text)
    return Fence(said["state"], said["where"], said["by"], datetime.fromisoformat(said["at"]), said["mark"])


def _unfenced() -> list[dict[str, Any]]:
    """Requests that are refused, with all the others, where a fence stands."""
    return [_fence_made("-"), fence_removed()]


def _fence_made(text: str) -> dict[str, Any]:
    metadata = {
        "metadataId": FENCE_MARKER,
        "metadataKey": "perthyn.fence",
        "metadataValue": text,
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def fence_made(fence: Fence) -> dict[str, Any]:
    """The request that puts up a fence where none stands."""
    return _fence_made(fence_text(fence))


def fence_removed() -> dict[str, Any]:
    """The request that takes a fence away."""
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": FENCE_MARKER}}}}


def _without(markers: Iterable[Marker]) -> list[dict[str, Any]]:
    return [
        {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": one.number}}}}
        for one in markers
    ]

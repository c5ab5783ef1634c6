"""What people did in the sheet since perthyn last wrote there, told from what perthyn did, here and on other machines.

Each row carries its record as perthyn last wrote it. A visible cell that differs from what that record shows is a
person's; a record that differs from what this machine knows is another machine's.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from perthyn.changes import Change, Create, Delete, Edit
from perthyn.model import Consent, Contact, Membership, Record, Segment
from perthyn.model.canonical import canonicals
from perthyn.model.ids import named_id
from perthyn.store import Store
from perthyn_sheets import permitting
from perthyn_sheets.cells import Raw
from perthyn_sheets.layout import Tab
from perthyn_sheets.pending import Named, Pending, owners
from perthyn_sheets.sheet import Line, Sheet
from perthyn_sheets.shown import Shows
from perthyn_sheets.trail import Told, fingerprint, lately, made_by, older
from perthyn_sheets.typed import Wrong, typed

AT_ONCE = 500
LOADING = "Loading..."
COUNTED = ("members", "counted_on", "error")
"""Columns that no record says anything of."""
MANY, SHARE, FEW = 50, 0.05, 3
"""So many rows, or this share of a tab, do not vanish by a person's hand without being asked for."""
STILL = timedelta(days=7)
"""So long after it was begun, a batch that another machine has not sent whole is taken for dead."""
SHUFFLED = 8
"""So many cells of a column with the same values in another order: a part of the tab was sorted without the rest."""

NewId = Callable[[], UUID]
Agreed = Literal["", "sheet", "perthyn"]
"""What a person decided where perthyn stopped and asked: what the sheet says holds, or what perthyn says."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that a person must look at: a cell that can't be read, or what was overruled."""

    named: Named | None
    tab: str
    row: int
    column: str
    raw: Raw
    code: str
    facts: Mapping[str, Any]


@dataclass
class Merged:
    """What a comparison found.

    `changes`: what people did, ready to be applied. `lines`: new records made of rows typed by hand. `troubles`: what
    can't be taken in. `wrong`: cells that stay as they are until somebody mends them. `foreign`: rows that another
    machine made, by its batch. `strange`: whether another machine changed what is known here. `theirs`: what to write
    of a row that both changed. `heal`: records whose rows are to be written anew. `gone`: rows of records that are to
    be taken away. `vanished`: rows that are not there. `erased`: fingerprints of what was erased here.
    `stop`: why nothing may be done before somebody decides.
    """

    changes: list[Change] = field(default_factory=list)
    lines: dict[Named, Line] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    wrong: set[tuple[Named, str]] = field(default_factory=set)
    foreign: dict[UUID, list[Record]] = field(default_factory=lambda: defaultdict(list))
    strange: bool = False
    theirs: dict[Named, Record] = field(default_factory=dict)
    heal: set[Named] = field(default_factory=set)
    gone: list[tuple[str, Line]] = field(default_factory=list)
    vanished: dict[str, tuple[UUID, ...]] = field(default_factory=dict)
    put_back: set[Named] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    stop: tuple[str, dict[str, str | int]] | None = None


class Merge:
    """Compares a sheet with the mirror. `told`: other machines' batches. `missed`: rows that were not there before.

    `erased`: fingerprints of what must never come back. `now`: the instant of what is recorded.
    `salt`: a secret of this machine, by which ids of typed rows are made that say nothing of what was typed.
    `away`: whether other machines' batches may have left the history since this one looked.
    """

    def __init__(
        self,
        mirror: Store,
        sheet: Sheet,
        tabs: Mapping[str, Tab],
        shows: Shows,
        pending: Pending,
        told: Sequence[Told],
        missed: Mapping[str, Iterable[UUID]],
        erased: Iterable[str],
        new_id: NewId,
        who: Callable[[str], list[UUID]],
        now: datetime,
        agreed: Agreed = "",
        salt: str = "",
        away: bool = False,
    ) -> None:
        self._mirror, self._sheet, self._tabs, self._shows = mirror, sheet, tabs, shows
        self._pending, self._new_id, self._who, self._now, self._agreed = pending, new_id, who, now, agreed
        self._salt, self._away = salt, away
        self._standing: frozenset[UUID] = frozenset()
        self._missed = {key: set(ids) for key, ids in missed.items()}
        self._erased = set(erased)
        self._displaced = {str(id) for _, id in pending.created}
        self._misled: dict[Named, Mapping[str, Raw]] = {}
        self._told = {one.header.id for one in told}
        self._gone_there = {mark for one in told for mark in (*one.gone, *one.erased)}
        self.found = Merged(strange=any(one.header.edited or one.header.deleted for one in told))

    def merged(self) -> Merged:
        """Compare every tab of records that is there."""
        for key, tab in self._tabs.items():
            if tab.type is not None and key in self._sheet.standing:
                self._tab(tab, tab.type, self._sheet.lines[key])
        return self.found

    def _tab(self, tab: Tab, kind: type[Record], lines: Sequence[Line]) -> None:
        lost = {"id", "_record"} & {one for one in self._sheet.lost.get(tab.key, ())}
        if len(lost) == 2 and lines and self._agreed != "sheet":
            self._stop("sheets.stopped.columns", tab=self._title(tab))
            return
        known, loose = self._apart(tab, lines)
        self._standing = frozenset(known)
        absent: list[UUID] = []
        moved: dict[str, list[tuple[Raw, Raw]]] = defaultdict(list)
        edits: list[tuple[Record, Line, dict[str, Raw]]] = []
        records = self._mirror.scan(kind)
        total = 0
        while some := list(islice(records, AT_ONCE)):
            total += len(some)
            self._shows.remember(some)
            for record, form in zip(some, canonicals(some), strict=True):
                line = known.pop(record.id, None)
                if line is None or self._emptied(line, record):
                    absent.append(record.id)
                    continue
                base = self._base(record, form.decode(), line)
                shown = self._shows.shown(base)
                name = last_of(line)[1]
                if kind.owner in shown and name != shown[kind.owner]:  # her name has changed since the row was written
                    shown[kind.owner] = name
                    self.found.heal.add((tab.key, record.id))
                diff = self._differing(tab, shown, line)
                if (tab.key, record.id) in self._misled:  # what was meant for another row is nobody's edit
                    meant = self._misled[tab.key, record.id]
                    diff = {key: cell for key, cell in diff.items() if cell != meant.get(key, "")}
                if not line.marked or self._spoilt(tab, shown, line):
                    self.found.heal.add((tab.key, record.id))
                if diff:
                    edits.append((record, line, diff))
                    for column, cell in diff.items():
                        moved[column].append((shown[column], cell))
        if tab.key in self._sheet.heal:
            self.found.heal |= {(tab.key, record.id) for record in self._mirror.scan(kind)}
        for line in known.values():
            self._unknown(tab, kind, line)
        if self._shuffled(tab, moved, edits):
            return
        for record, line, diff in edits:
            self._edited(tab, record, line, diff)
        for line in loose:
            self._typed_anew(tab, kind, line)
        self._absent(tab, absent, total)

    # -- rows ---------------------------------------------------------------------------------------------------

    def _apart(self, tab: Tab, lines: Sequence[Line]) -> tuple[dict[UUID, Line], list[Line]]:
        """Rows by their id, and those without one of their own: typed by hand, or copied from another row."""
        known: dict[UUID, Line] = {}
        loose: list[Line] = []
        for line in lines:
            if line.id is None:
                loose.append(line)
                continue
            first = known.get(line.id)
            if first is None:
                known[line.id] = line
                continue
            copy = line
            if not self._untouched(tab, first) and self._untouched(tab, line):
                known[line.id], copy = line, first
            loose.append(copy)
            self._trouble(None, tab, copy, "", "", "sheets.row.copied", {})
        return known, loose

    def _untouched(self, tab: Tab, line: Line) -> bool:
        record = self._read(tab, line)
        return record is not None and not self._differing(tab, self._shows.shown(record), line)

    def _emptied(self, line: Line, record: Record) -> bool:
        """Whether somebody emptied every cell of the row."""
        return line.bare and not line.unseen and any(cell != "" for cell in self._shows.shown(record).values())

    def _base(self, record: Record, form: str, line: Line) -> Record:
        """The record that the visible cells of a row are to be held against."""
        if line.form == form:
            return record
        named = (record.type_name, record.id)
        base = self._pending.base(record)
        if line.form == base.canonical().decode():
            return base
        theirs = self._read(self._tabs[record.type_name], line)
        if theirs is not None and theirs.id != record.id:
            self._misled[named] = self._shows.shown(theirs)
        if theirs is None or theirs.id != record.id or not self._of_others(last_of(line)[0]):
            self.found.heal.add(named)  # written by nobody we know, or in an earlier version's words
            return theirs if theirs is not None and theirs.id == record.id else record
        self.found.strange = True
        mine = self._pending.paths(named)
        clashing = {name for name in mine if theirs.value_at(name) != base.value_at(name)}
        for name in clashing:
            self._overruled(named, line, name, record, theirs)
        kept = {name: record.value_at(name) for name in mine - clashing}
        self.found.theirs[named] = theirs.with_values(kept)
        return theirs

    def _unknown(self, tab: Tab, kind: type[Record], line: Line) -> None:
        """A row whose record is not in the mirror."""
        assert line.id is not None
        named = (tab.key, line.id)
        record = self._read(tab, line)
        made = made_by(line.made)
        owner = record.owner_id if record is not None else None
        if {fingerprint(one) for one in (line.id, owner) if one} & self._erased:  # brought back, or made meanwhile
            self.found.gone.append((tab.key, line))
            if not self._pending.erasing:  # else it is there still
                self._trouble(None, tab, line, "", "", "sheets.row.erased", {})
        elif named in self._pending.deleted:
            if record is not None:
                shown = self._shows.shown(record)
                if kind.owner in shown:  # her name is not known any more when she was deleted too
                    shown[kind.owner] = last_of(line)[1]
                for column, cell in self._differing(tab, shown, line).items():
                    self._trouble(None, tab, line, column, cell, "sheets.row.deleted", {})
            self.found.gone.append((tab.key, line))
        elif made is not None and self._of_others(made):
            if record is not None:
                self.found.foreign[made].append(record)
                self.found.strange |= last_of(line)[0] != made
        elif record is None:
            self._typed_anew(tab, kind, line, line.id if self._made_here(line) else None)
        elif self._unfinished(line):
            self._leave_or_sweep(tab, line)
        elif self._pending.erasing and not self._deleted_before(line.id):
            self.found.gone.append((tab.key, line))
            self.found.erased.add(fingerprint(line.id))
        elif not self._known_source(record):
            self.found.changes.append(Create(record))
            self.found.lines[named] = line

    def _of_others(self, batch: UUID | None) -> bool:
        """Whether another machine did it; after a long absence the history does not tell of all of them any more."""
        return batch in self._told or (self._away and batch is not None and self._mirror.header(batch) is None)

    def _made_here(self, line: Line) -> bool:
        made = made_by(line.made)
        return made is not None and self._mirror.header(made) is not None

    def _unfinished(self, line: Line) -> bool:
        """Whether the batch that made a row has not been sent whole: it would stand in the history."""
        return not self._made_here(line) and lately(line.made, self._now)

    def _leave_or_sweep(self, tab: Tab, line: Line) -> None:
        """A row of a batch that is on its way; after days of standing still it will not be finished any more."""
        if older(line.made, self._now, STILL):
            self.found.gone.append((tab.key, line))
            self._trouble(None, tab, line, "", "", "sheets.row.unfinished", {"on": line.made.partition(" ")[2]})

    def _known_source(self, record: Record) -> bool:
        """Whether another record stands for the same thing at its sender: two machines fetched it."""
        source, source_id = getattr(record, "source", None), getattr(record, "source_id", None)
        if not (type(record).source_named and source and source_id):
            return False
        return source_id in self._mirror.sourced(source, [source_id])

    def _deleted_before(self, id: UUID) -> bool:
        return any(one.action == "delete" for one in self._mirror.journal(records=[id]))

    # -- cells --------------------------------------------------------------------------------------------------

    def _differing(self, tab: Tab, shown: Mapping[str, Raw], line: Line) -> dict[str, Raw]:
        return {
            column.key: line.cells[column.key]
            for column in tab.columns
            if column.key in line.cells
            and not column.computed
            and column.key not in line.unseen
            and line.cells[column.key] != LOADING
            and line.cells[column.key] != shown.get(column.key, "")
            and not self._shows.same(column, shown.get(column.key, ""), line.cells[column.key])
        }

    def _spoilt(self, tab: Tab, shown: Mapping[str, Raw], line: Line) -> bool:
        """Whether something else stands where perthyn says what it worked out."""
        return any(
            column.computed
            and not column.hidden
            and column.key not in COUNTED
            and column.key in line.cells
            and line.cells[column.key] != shown.get(column.key, "")
            and not self._shows.same(column, shown.get(column.key, ""), line.cells[column.key])
            for column in tab.columns
        )

    def _edited(self, tab: Tab, record: Record, line: Line, diff: Mapping[str, Raw]) -> None:
        named = (tab.key, record.id)
        if tab.type in permitting.WRITE_ONCE:
            self.found.heal.add(named)  # such a row is put back as it was
            self.found.changes += map(Create, permitting.withdrawn(tab, record, diff, self._new_id, self._now))
            for column, cell in diff.items():
                self._trouble(named, tab, line, column, cell, "sheets.row.once", {})
            return
        found = typed(tab, record, diff, self._shows, self._who)
        values = {path: value for path, value in found.values.items() if value != record.value_at(path)}
        for path in {path for path in values if path in self._pending.paths(named)}:
            self._overruled(named, line, path, record, record.with_values({path: values[path]}))
        if values and named in self.found.theirs:
            return  # taken up when this machine knows what the other wrote
        if values:
            try:
                record.with_values(values)
            except ValidationError as error:
                said = str(error.errors()[0]["msg"])
                column = next(iter(diff))
                found.wrong.append(Wrong(column, diff[column], "sheets.cell.refused", {"why": said}))
            else:
                edit = {path: (record.value_at(path), value) for path, value in values.items()}
                self.found.changes.append(Edit(tab.key, record.id, edit))
        if set(diff) - {one.column for one in found.wrong} and not values:
            self.found.heal.add(named)  # said in other words what stands there already
        for wrong in found.wrong:
            self.found.wrong.add((named, wrong.column))
            self._trouble(named, tab, line, wrong.column, wrong.raw, wrong.code, wrong.facts)

    def _typed_anew(self, tab: Tab, kind: type[Record], line: Line, known: UUID | None = None) -> None:
        """A row that a person typed or copied. `known`: its id, where perthyn's own columns were spoilt."""
        if line.id is None and self._displaced.intersection(map(str, self._sheet.grids[tab.key][line.row])):
            self.found.gone.append((tab.key, line))  # ours, beside the columns that it was meant for
            return
        cells = {key: cell for key, cell in line.cells.items() if cell not in ("", LOADING)}
        cells = {one.key: cells[one.key] for one in tab.columns if one.key in cells and not one.computed}
        if not cells:
            return
        found = typed(tab, None, cells, self._shows, self._who)
        id = known or self._id_of(tab, kind, cells)
        record: Record | None = None
        decision = line.cells.get("decision", "")
        if issubclass(kind, Consent) and permitting.permit(tab, decision, found, self._now):
            self._trouble(None, tab, line, "decision", "", "sheets.row.unconfirmed", {})
        try:
            record = kind.model_validate({"id": id, **found.values})
        except ValidationError as error:
            if not found.wrong:
                field = str(next(iter(error.errors()[0]["loc"]), ""))
                found.wrong.append(Wrong(field, "", "sheets.row.incomplete", {"field": field}))
        if record is not None and found.values:
            if (tab.key, id) not in self._pending.created:
                self.found.changes.append(Create(record))
            self.found.lines[tab.key, id] = line
        for wrong in found.wrong:
            if record is not None:
                self.found.wrong.add(((tab.key, id), wrong.column))
            named = (tab.key, id) if record is not None and found.values else None
            self._trouble(named, tab, line, wrong.column, wrong.raw, wrong.code, wrong.facts)

    def _id_of(self, tab: Tab, kind: type[Record], cells: Mapping[str, Raw]) -> UUID:
        """The id of a row that was typed: the same again for whoever dies before it stands in the row."""
        said = json.dumps([self._salt, tab.key, cells], ensure_ascii=False)
        for number in count():
            id = named_id(f"typed row {number} {said}")
            named = (tab.key, id)
            if named in self.found.lines or id in self._standing or fingerprint(id) in self._erased:
                continue
            if named in self._pending.created or not (self._mirror.get(kind, [id]) or self._deleted_before(id)):
                return id
        raise AssertionError

    def _shuffled(
        self,
        tab: Tab,
        moved: Mapping[str, Sequence[tuple[Raw, Raw]]],
        edits: Sequence[tuple[Record, Line, Mapping[str, Raw]]],
    ) -> bool:
        """Whether a column holds what it held, in another order."""
        for column, pairs in moved.items():
            before, after = Counter(str(one) for one, _ in pairs), Counter(str(one) for _, one in pairs)
            if len(pairs) < SHUFFLED or before != after or self._agreed == "sheet":
                continue
            if self._agreed == "perthyn":
                self.found.heal |= {(tab.key, record.id) for record, _, _ in edits}
            else:
                head = next(one for one in tab.columns if one.key == column).header(self._shows.languages)
                self._stop("sheets.stopped.shuffled", tab=self._title(tab), rows=len(pairs), column=head)
            return True
        return False

    # -- rows that are gone ---------------------------------------------------------------------------------------

    def _absent(self, tab: Tab, absent: Sequence[UUID], total: int) -> None:
        """Rows that are not there: new ones, other machines' deletions, and what somebody's hand took away."""
        by_hand = []
        if tab.key in self._sheet.remade:
            self.found.put_back |= {(tab.key, id) for id in absent}
            if any((tab.key, id) not in self._pending.created for id in absent):
                self._trouble(None, tab, None, "", "", "sheets.tab.gone", {})
            return
        for id in absent:
            if (tab.key, id) in self._pending.created or fingerprint(id) in self._gone_there:
                continue
            by_hand.append(id)
        if len(by_hand) > min(MANY, max(FEW, total * SHARE)) and not self._agreed:
            self._stop("sheets.stopped.vanished", tab=self._title(tab), rows=len(by_hand))
            return
        if self._agreed == "perthyn":
            self.found.put_back |= {(tab.key, id) for id in by_hand}
            return
        missed = self._missed.get(tab.key, set())
        kind = tab.type
        assert kind is not None
        edited = [id for id in by_hand if (tab.key, id) in self._pending.before]
        for id in edited:  # and put back at once, since what was edited is sent
            self._trouble((tab.key, id), tab, None, "", "", "sheets.row.kept", {})
        left = [id for id in by_hand if id not in edited]
        sure = [id for id in left if id in missed or self._agreed]
        waiting = [id for id in left if id not in sure]
        if waiting:
            self.found.vanished[tab.key] = tuple(waiting)
        for id, record in sorted(self._mirror.get(kind, sure).items(), reverse=True):
            if self._needed(record):
                self.found.put_back.add((tab.key, id))
                self._trouble((tab.key, id), tab, None, "", "", "sheets.row.needed", {})
            else:
                self.found.changes.append(Delete(record))

    def _needed(self, record: Record) -> bool:
        """Whether something belongs to a record, so that it can't be deleted by taking its row away."""
        if type(record) in permitting.WRITE_ONCE:
            return True
        if isinstance(record, Contact):
            return next(owners(self._mirror, record.id), None) is not None
        if isinstance(record, Segment):
            return any(one.segment == record.id for one in self._mirror.scan(Membership))
        return record.undo_rule == "never" or (not record.owner and type(record).undo == "never")

    # -- telling --------------------------------------------------------------------------------------------------

    def _read(self, tab: Tab, line: Line) -> Record | None:
        assert tab.type is not None
        try:
            return tab.type.model_validate_json(line.form)
        except ValueError:
            return None

    def _overruled(self, named: Named, line: Line, path: str, mine: Record, theirs: Record) -> None:
        kept, lost = (str(self._shows.shown(one).get(path, one.plain_at(path) or "")) for one in (theirs, mine))
        facts = {"field": path, "kept": kept, "overruled": lost}
        self._trouble(named, self._tabs[named[0]], line, path, lost, "sheets.cell.overruled", facts)

    def _trouble(
        self,
        named: Named | None,
        tab: Tab,
        line: Line | None,
        column: str,
        raw: Raw,
        code: str,
        facts: Mapping[str, Any],
    ) -> None:
        row = line.row + 1 if line is not None else 0
        self.found.troubles.append(Trouble(named, tab.key, row, column, raw, code, facts))

    def _stop(self, code: str, **facts: str | int) -> None:
        if self.found.stop is None:
            self.found.stop = (code, dict(facts))

    def _title(self, tab: Tab) -> str:
        return self._sheet.standing[tab.key].title


def last_of(line: Line) -> tuple[UUID | None, str]:
    """The batch that wrote a row last, and by which name it called the row's contact then."""
    return made_by(line.last), line.last.partition(" ")[2]

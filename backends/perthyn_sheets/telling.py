"""Telling: what the sheet is to be told of records and of their history."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from perthyn.model import Record
from perthyn.store import Store
from perthyn_sheets import sending, trail
from perthyn_sheets.book import Book
from perthyn_sheets.cells import Raw
from perthyn_sheets.columns import is_own, piece_key, piece_of
from perthyn_sheets.layout import HISTORY, JOURNAL
from perthyn_sheets.merging import COUNTED, Merged
from perthyn_sheets.pending import Named, Pending
from perthyn_sheets.sending import Outgoing, letters_of
from perthyn_sheets.sheet import Line, Sheet, quoted

AT_ONCE = 5000
Computed = Mapping[UUID, Mapping[str, Raw]]


class Telling:
    """Puts into rows and cells what waits to be sent. `computed`: what is worked out of records, by their ids."""

    def __init__(self, mirror: Store, book: Book, pending: Pending, computed: Computed) -> None:
        self._mirror, self._book, self._pending = mirror, book, pending
        self._computed = {id: dict(cells) for id, cells in computed.items()}

    # -- new records only -----------------------------------------------------------------------------------------

    def all_new(self) -> Outgoing:
        """New rows for all that was created."""
        outgoing = Outgoing()
        self._add_new(outgoing, {(name, id) for name, id in self._pending.created if name in self._book.tabs})
        return outgoing

    def _add_new(self, outgoing: Outgoing, created: Iterable[Named]) -> None:
        by_tab: dict[str, list[UUID]] = {}
        for name, id in sorted(created, key=lambda one: one[1]):
            by_tab.setdefault(name, []).append(id)
        for name, ids in by_tab.items():
            kind = self._mirror.types[name]
            for start in range(0, len(ids), AT_ONCE):
                some = self._mirror.get(kind, ids[start : start + AT_ONCE])
                self._book.shows.remember(some.values())
                made = self._made(kind, some)
                for id, record in sorted(some.items()):
                    outgoing.new[name].append(self._row(record, made[id], made[id]))

    def _made(self, kind: type[Record], ids: Iterable[UUID]) -> dict[UUID, str]:
        numbers = self._mirror.origin(kind, ids)
        wanted = set(numbers.values())
        names: dict[int, str] = {}
        for header in self._mirror.headers():
            if len(names) == len(wanted):
                break
            if header.number in wanted:
                names[header.number] = trail.made_text(header)
        return {id: names[number] for id, number in numbers.items()}

    def _row(self, record: Record, made: str, last: str) -> dict[str, Raw]:
        shown = self._book.shows.shown(record, self._computed.get(record.id, {}))
        last = f"{last.partition(' ')[0]} {shown.get(record.owner, '')}"
        return {**shown, **sending.technical(str(record.id), made, last, record.canonical())}

    # -- beside what was read -------------------------------------------------------------------------------------

    def outgoing(self, sheet: Sheet, found: Merged) -> Outgoing:
        """All that the sheet is to be told of records: new rows, changed cells, rows that go."""
        outgoing = Outgoing()
        lines = {(key, line.id): line for key, tab in self._book.tabs.items() if tab.type is not None
                 for line in reversed(sheet.lines.get(key, [])) if line.id is not None}  # fmt: skip
        own = set(map(id, found.lines.values()))
        lines = {named: line for named, line in lines.items() if id(line) not in own}
        lines.update(found.lines)
        last = str(self._pending.headers[-1].id) if self._pending.headers else ""
        recount = self._recount(found, lines)
        new: set[Named] = set()
        by_tab: dict[str, list[UUID]] = {}
        touched = {*self._pending.touched, *found.heal, *found.theirs, *found.lines, *found.put_back, *recount}
        for name, one in touched:
            if name in self._book.tabs:
                by_tab.setdefault(name, []).append(one)
        for name, ids in by_tab.items():
            kind = self._mirror.types[name]
            there = self._mirror.get(kind, ids)
            self._book.shows.remember(there.values())
            made = self._made(kind, there)
            for one in sorted(ids):
                named, line = (name, one), lines.get((name, one))
                record = found.theirs.get(named) or there.get(one)
                if record is None:
                    if line is not None:
                        outgoing.gone[name][line.row] = str(line.id or "")
                elif line is None:
                    new.add(named)
                else:
                    row = self._row(record, made.get(one, line.made), last or line.last)
                    self._change(outgoing, sheet, named, line, row, found)
        for key, line in found.gone:
            outgoing.gone[key][line.row] = str(line.id or "")
        self._add_new(outgoing, new)
        return outgoing

    def _recount(self, found: Merged, lines: Mapping[Named, Line]) -> set[Named]:
        """Segments of which a cell that perthyn fills is no longer right: counts, and what is wrong with a rule."""
        wrong = {one.named: one for one in found.troubles if one.code == "sheets.cell.rule" and one.named}
        recount = set()
        for (key, id), line in lines.items():
            if key != "segment":
                continue
            mine = self._computed.setdefault(id, {})
            trouble = wrong.get((key, id))
            mine["error"] = str(trouble.facts.get("why", "")) if trouble else mine.get("error", "")
            if any(column in line.cells and line.cells[column] != cell for column, cell in mine.items()):
                recount.add((key, id))
        return recount

    def _change(
        self, outgoing: Outgoing, sheet: Sheet, named: Named, line: Line, row: dict[str, Raw], found: Merged
    ) -> None:
        """What is to be written into a row that stands there: our own columns, and cells that say something else."""
        tab = self._book.tabs[named[0]]
        technical = {key: cell for key, cell in row.items() if is_own(key) and key != "id"}
        if line.id != named[1] or not line.marked:
            technical["id"] = row["id"]
        unsaid = {key for key in COUNTED if key not in self._computed.get(named[1], {})}
        cells = {
            column.key: row.get(column.key, "")
            for column in tab.columns
            if column.key in line.cells
            and column.key not in unsaid
            and (named, column.key) not in found.wrong
            and line.cells[column.key] != row.get(column.key, "")
            and not self._book.shows.same(column, row.get(column.key, ""), line.cells[column.key])
        }
        form = "".join(str(row[key]) for key in row if piece_of(key))
        own = line.form != form or "id" in technical or not line.made
        if not cells and not own:
            return
        pieces = len(sheet.standing[named[0]].forms)
        empty = {piece_key(number): "" for number in range(2, pieces + 1) if piece_key(number) not in technical}
        change = sending.Change(line.row, str(named[1]), {**cells, **empty, **technical}, own)
        outgoing.changed[named[0]].append(change)

    # -- history --------------------------------------------------------------------------------------------------

    def trail(self, sheet: Sheet | None, found: Merged | None) -> Outgoing:
        """The history of what is sent; with the sheet at hand, less what is too old or was erased."""
        last = Outgoing()
        gone: dict[UUID, list[str]] = {}
        told = {line.id for line in sheet.lines.get(HISTORY.key, [])} if sheet is not None else set()
        sent = {header.id for header in self._pending.headers}
        noted = trail.noted(sheet.lines.get(JOURNAL.key, []), sent) if sheet is not None else set()
        places: Counter[UUID] = Counter()
        now = self._book.house.clock()
        for line in self._pending.lines:
            place = places[line.batch]
            places[line.batch] += 1
            if (line.batch, place) not in noted and line.type in self._book.tabs:  # what is local stays here
                last.new[JOURNAL.key].append(trail.line_row(line, now, place))
            if line.action == "delete":
                gone.setdefault(line.batch, []).append(trail.fingerprint(line.id))
        erased = sorted(found.erased) if found is not None else []
        for header in self._pending.headers:
            marks = erased if header.id in self._pending.erasing else []
            if header.id not in told:
                last.new[HISTORY.key].append(trail.header_row(header, now, gone.get(header.id, ()), marks))
        if sheet is None:
            return last
        history = sheet.lines.get(HISTORY.key, [])
        left = {str(line.id) for line in history if not trail.old(line, now)}
        last.gone[HISTORY.key] = {line.row: str(line.id) for line in history if str(line.id) not in left}
        scrubbed = self._scrubbed(sheet) if self._pending.erasing else set()
        last.gone[JOURNAL.key] = {
            line.row: str(line.id)
            for line in sheet.lines.get(JOURNAL.key, [])
            if line.row in scrubbed
            or (str(line.id) not in left and line.id not in sent and (not line.made or trail.old(line, now)))
        }
        return last

    def _scrubbed(self, sheet: Sheet) -> set[int]:
        """Lines of the journal that the mirror, which knows their batch, has no more."""
        kept: dict[UUID, set[tuple[str, str]]] = {}
        rows = set()
        for line in sheet.lines.get(JOURNAL.key, []):
            if line.id is None or self._mirror.header(line.id) is None:
                continue
            if line.id not in kept:
                kept[line.id] = {(one.type, str(one.id)) for one in self._mirror.journal(batch=line.id)}
            said = json.loads(line.form)
            if (said["type"], said["id"]) not in kept[line.id]:
                rows.add(line.row)
        return rows


# -- formulas -----------------------------------------------------------------------------------------------------


def watched(outgoing: Outgoing, sheet: Sheet, edited: Pending) -> Iterator[tuple[str, str, str, int]]:
    """Where a formula may stand in a cell that is about to be written though nobody edited that field in perthyn.

    Answers (tab, column, range, first row), one range for each column of such cells.
    """
    spans: dict[tuple[str, str], list[int]] = {}
    for key, changes in outgoing.changed.items():
        for one in changes:
            paths = edited.paths((key, UUID(one.id)))
            for column in one.cells:
                lost = column in sheet.lost.get(key, ())
                if not (lost or is_own(column)) and column.partition(".")[0] not in paths:
                    spans.setdefault((key, column), []).append(one.row)
    for (key, column), rows in spans.items():
        standing = sheet.standing[key]
        place = standing.at(column)
        if place is not None:
            letters = letters_of(place)
            where = f"{quoted(standing.title)}!{letters}{min(rows) + 1}:{letters}{max(rows) + 1}"
            yield key, column, where, min(rows)


def without_formulas(outgoing: Outgoing, formulas: Mapping[tuple[str, str], set[int]]) -> None:
    """Leave cells alone in which a formula stands. `formulas`: rows, by tab and column."""
    for (key, column), rows in formulas.items():
        for one in outgoing.changed[key]:
            if one.row in rows:
                one.cells.pop(column, None)
    for key, changes in outgoing.changed.items():
        outgoing.changed[key] = [one for one in changes if one.own or not all(map(is_own, one.cells))]

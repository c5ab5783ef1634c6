"""Prepare: a table's rows named, matched and spooled, a chunk at a time, without any lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from zoneinfo import ZoneInfo

from perthyn.changes import Create, uncollected
from perthyn.errors import PerthynError
from perthyn.importing.chunk import Chunk, Finding
from perthyn.importing.chunks import chunks
from perthyn.importing.consents import Consents, YesMeans
from perthyn.importing.happened import Fate, Happened, Reason
from perthyn.importing.happenings import Happenings
from perthyn.importing.identity import Named, RowNames, cells_digest
from perthyn.importing.keytable import KeyTable
from perthyn.importing.matching import Answer, Asking, People
from perthyn.importing.outcome import Outcome
from perthyn.importing.people import GIFT_AID, ORGANISATION, OWN, PersonColumns, is_identifiable, keys_of
from perthyn.importing.plans import Understanding
from perthyn.importing.problems import MENDED, Problems
from perthyn.importing.refused import RefusedRow, RefusedRows
from perthyn.importing.revising import Revising
from perthyn.importing.settling import Settling, rest_of
from perthyn.importing.spool import Spool
from perthyn.model import CustomField, Ids
from perthyn.model.ids import Clock
from perthyn.store import Store

CHUNK = 5_000
_WORDS = frozenset(
    ("import.kind.unknown", "import.language.unknown", "import.contact_kind.unknown", "import.word.not_yes_no")
)
"""One problem for each such word, however many rows have it."""
_CUSTOM = {
    "organisation": (ORGANISATION, "Organisation", "Sefydliad"),
    "gift_aid": (GIFT_AID, "Gift Aid", "Rhodd Cymorth"),
}


class Preparation:
    """One reading of one table into a spool."""

    def __init__(
        self,
        store: Store,
        understanding: Understanding,
        spool: Spool,
        refused: RefusedRows,
        ids: Ids,
        clock: Clock,
        zone: ZoneInfo,
        actor: str,
        yes_means: YesMeans | None = None,
    ) -> None:
        self._store, self._understanding, self._spool, self._refused = store, understanding, spool, refused
        self._ids, self._clock = ids, clock
        at, source, defaults = clock(), understanding.source, understanding.defaults
        table = understanding.table
        where = f"{table.path.name}, {table.sheet}" if table.sheet else table.path.name
        self._names = RowNames(understanding)
        self._problems = Problems(store, spool, source, where, at)
        self._people = People(store, spool, self._problems, ids, source, defaults, understanding.today)
        self._consents = Consents(store, spool, self._problems, ids, source, defaults, actor, at, yes_means)
        self._happened = Happened(
            store,
            spool,
            understanding,
            source,
            Happenings(defaults, zone, store.currency),
            self._people,
            self._consents,
            Revising(store, spool, self._problems, self._people),
            ids,
        )
        self._settling = Settling(store, spool, table.path)
        self._persons = KeyTable()
        self._count: Counter[str] = Counter()
        self._noted: Counter[str] = Counter()
        self._asides: Counter[str] = Counter()
        self._seconds: Counter[str] = Counter()

    def run(self, progress: Callable[[int], None]) -> None:
        """Read the table to its end."""
        stages = iter(chunks(self._understanding, CHUNK))
        while True:
            with uncollected():
                with self._timed("read"):
                    chunk = next(stages, None)
                if chunk is None:
                    break
                self._take(chunk)
            progress(self._count["rows"])
        self._people.relate()
        self._problems.flush()
        if not self._spool.empty:
            self._declare()

    def outcome(self) -> Outcome:
        """What became of the rows."""
        count, problems, people = self._count, self._problems, self._people
        return Outcome(
            file=self._understanding.table.path.name,
            source=self._understanding.source,
            understanding=self._understanding,
            rows=count["rows"],
            stored=count["stored"],
            unchanged=count["unchanged"],
            refused=count["refused"],
            aside=count["aside"],
            people_new=people.new,
            people_known=people.known,
            interactions_new=self._happened.interactions,
            takings_new=self._happened.takings,
            changed_fields=people.changed_fields,
            changed=tuple(people.changed),
            suggestions=problems.counts["duplicate.possible"],
            contradictions=problems.counts["consent.contradiction"],
            consents=dict(self._consents.counts),
            problems=tuple(problems.shown),
            problem_counts=dict(problems.counts),
            noted=dict(self._noted),
            asides=dict(self._asides),
            seconds=dict(self._seconds),
        )

    # -- a chunk --------------------------------------------------------------------------------------------

    def _take(self, chunk: Chunk) -> None:
        with self._timed("name"):
            named = self._names.name(chunk)
        if self._understanding.about == "people":
            fate = Fate(alone=list(range(len(chunk))))
        else:
            with self._timed("happenings"):
                fate = self._happened.take(chunk, named)
        if fate.alone:
            with self._timed("people"):
                self._people_rows(fate, chunk, named)
        with self._timed("problems"):
            self._refuse(fate, chunk, named)
            self._tell(chunk, named)
            self._settling.take(chunk, fate.refused, fate.stored)
            self._problems.flush()
        self._add_up(fate, chunk, named)

    def _add_up(self, fate: Fate, chunk: Chunk, named: Named) -> None:
        """A line that told of two things is counted once: it is stored where one of them is new."""
        second = named.second
        refused = {second.get(place, place) for place in fate.refused}
        stored = {second.get(place, place) for place in fate.stored} - refused
        lines = len(chunk) - len(second)
        self._count["rows"] += lines + len(chunk.aside) + len(chunk.refused)
        self._count["stored"] += len(stored)
        self._count["unchanged"] += lines - len(stored) - len(refused)
        self._count["refused"] += len(chunk.refused) + len(refused)
        self._count["aside"] += len(chunk.aside)
        self._asides.update(one.code for one in chunk.aside)

    def _people_rows(self, fate: Fate, chunk: Chunk, named: Named) -> None:
        """Rows of which each is one person."""
        columns = PersonColumns.of(chunk, True)
        askings: dict[int, Asking] = {}
        for place in fate.alone:
            said = columns.said(place)
            if not is_identifiable(said):
                fate.refused[place] = [("", PerthynError("import.person.unidentifiable"))]
                continue
            keys = keys_of(said, self._understanding.source, named.ids[place])
            if "person_id" in said:
                keys = keys.again(self._times(keys.external))
            askings[place] = Asking(said, keys, chunk.rows[place], named.ids[place], named.prints[place])
        spoken = []
        for (place, asking), answer in zip(askings.items(), self._people.answer(list(askings.values())), strict=True):
            if not isinstance(answer, Answer):
                error = PerthynError("import.cell.refused", field=answer.field, reason=answer.reason)
                fate.refused[place] = [("", error)]
                continue
            spoken.append((asking, answer))
            if answer.became != "same":
                fate.stored.append(place)
        if self._consents.speaks(columns.names):
            self._consents.hear(spoken)

    def _times(self, external: str) -> int:
        """How many times a sender's id for a person has come in this file, this time included."""
        times, key = 1, external
        while self._persons.get(key) is not None:
            times += 1
            key = f"{external}\x1f{times}"
        self._persons.setdefault(key, 0)
        return times

    # -- what can't be stored, and what was mended ----------------------------------------------------------

    def _refuse(self, fate: Fate, chunk: Chunk, named: Named) -> None:
        headers = list(chunk.texts)
        reasons: dict[int, list[Finding]] = {}
        for finding in chunk.wrong:
            reasons.setdefault(finding.row, []).append(finding)
        for row, cells in chunk.refused.items():
            errors = [(one.header, PerthynError(one.code, **one.facts)) for one in reasons.get(row, ())]
            self._refused.write(RefusedRow(row, headers, cells, errors))
            about = cells_digest(headers, cells)
            known = _known_again(headers, cells, [one.header for one in reasons.get(row, ())])
            for finding in reasons.get(row, ()):
                self._note(replace(finding, facts={**finding.facts, **known}), about)
        for place, wrong in sorted(fate.refused.items()):
            if named.second.get(place) in fate.refused:
                continue
            cells = tuple(column[place] for column in chunk.texts.values())
            self._refused.write(RefusedRow(chunk.rows[place], headers, cells, wrong))
            self._note_reasons(chunk.rows[place], named.ids[place], cells, headers, wrong)

    def _note_reasons(
        self, row: int, about: str, cells: Sequence[str], headers: Sequence[str], wrong: Sequence[Reason]
    ) -> None:
        known = _known_again(headers, cells, [column for column, _ in wrong])
        for column, error in wrong:
            raw = cells[headers.index(column)] if column in headers else "; ".join(filter(None, cells))
            self._problems.note(error.code, about, row=row, column=column, raw=raw, facts={**error.facts, **known})

    def _tell(self, chunk: Chunk, named: Named) -> None:
        """Problems for what was lost or is doubtful in rows that are stored all the same."""
        if not chunk.noted:
            return
        self._noted.update(one.code for one in chunk.noted)
        ids = dict(zip(chunk.rows, named.ids, strict=True))
        for finding in chunk.noted:
            if finding.code in _WORDS:
                self._note(finding, finding.value)
            elif finding.code not in MENDED and finding.row in ids:
                self._note(finding, ids[finding.row])

    def _note(self, finding: Finding, about: str) -> None:
        self._problems.note(
            finding.code, about, row=finding.row, column=finding.header, raw=finding.value, facts=finding.facts
        )

    def _declare(self) -> None:
        """The custom fields that this file fills, when they are first met."""
        met = {plan.becomes: plan.header for plan in self._understanding.columns}
        wanted: dict[str, tuple[str, str | None]] = {
            name: (header, None) for name, header in met.items() if name.startswith(OWN)
        }
        wanted |= {name: (en, cy) for meaning, (name, en, cy) in _CUSTOM.items() if meaning in met}
        known = {one.name for one in self._store.scan(CustomField)} if wanted else set()
        for name, (en, cy) in wanted.items():
            if name not in known:
                field = CustomField(id=self._ids(), name=name, label_en=en, label_cy=cy)
                self._spool.add(Create(field))

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        began = self._clock()
        yield
        self._seconds[stage] += (self._clock() - began).total_seconds()  # type: ignore[assignment]


def _known_again(headers: Sequence[str], cells: Sequence[str], wrong: Sequence[str]) -> dict[str, object]:
    """Facts by which a refused row is known again when it is corrected; none where no single cell was wrong."""
    columns = sorted(set(wrong))
    return {"rest": rest_of(headers, cells, columns), "wrong": columns} if all(columns) else {}

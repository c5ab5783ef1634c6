"""A spreadsheet, and how a batch is taken back whole."""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sheets_emulator import csvs, defaults
from sheets_emulator.cells import Value
from sheets_emulator.errors import invalid
from sheets_emulator.sheet import Sheet

MOST_CELLS = 10_000_000
MOST_COLUMNS = 18_278


@dataclass
class Switches:
    """What nobody could try on the real Google: tests run under both."""

    strict_refuses_writes: bool = False  # a strict dropdown refuses what the API writes
    racing_append_overwrites: bool = False  # appendCells starts where the table ended at the last append's start
    sort_moves_row_metadata: bool = False
    delete_metadata_needs_match: bool = False  # deleteDeveloperMetadata without a match is an error


def _now() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


class Book:
    """One spreadsheet: its tabs, its named ranges, its developer metadata.

    `version` counts the changes, `modified` is the time of the last; `clock` tells the time.
    """

    def __init__(
        self,
        id: str,
        title: str,
        locale: str = "en_US",
        zone: str = "Etc/GMT",
        rows: int = 1000,
        columns: int = 26,
        *,
        clock: Callable[[], datetime] = _now,
        owner: str = "owner@example.org",
        switches: Switches | None = None,
    ) -> None:
        self.id = id
        self.clock = clock
        self.owner = owner
        self.switches = switches or Switches()
        self.properties: dict[str, Any] = defaults.properties(title, locale, zone)
        self.sheets: list[Sheet] = [Sheet(self, 0, "Sheet1", rows, columns)]
        self.names: dict[str, dict[str, Any]] = {}  # named ranges by id, in order of creation
        self.metadata: dict[int, dict[str, Any]] = {}  # developer metadata by id
        self.counter = 0  # for ids that Google makes up
        self.version = 1
        self.modified = clock()
        self.turn = 0  # of changes: rows written in this turn are our own, others are copied first
        self.seen: dict[tuple[int, int, int], Value] = {}  # computed formulas, until anything changes
        self._inside = False

    @property
    def title(self) -> str:
        return str(self.properties["title"])

    @title.setter
    def title(self, title: str) -> None:
        self.properties = {**self.properties, "title": title}

    @property
    def locale(self) -> str:
        return str(self.properties["locale"])

    def sheet(self, sheet_id: int, *, word: str = "grid") -> Sheet:
        """The tab with an id; `word` is what the refusal calls it.

        Raises:
            Refused: there is none.
        """
        for sheet in self.sheets:
            if sheet.id == sheet_id:
                return sheet
        raise invalid(f"No {word} with id: {sheet_id}")

    def titled(self, title: str) -> Sheet | None:
        """The tab with a title, in whatever case."""
        folded = title.casefold()
        return next((one for one in self.sheets if one.title.casefold() == folded), None)

    def cell_count(self) -> int:
        return sum(one.row_count * one.column_count for one in self.sheets)

    def check_size(self) -> None:
        """Refuse more than ten million cells, empty ones included, and columns after ZZZ."""
        if any(one.column_count > MOST_COLUMNS for one in self.sheets):
            raise invalid(
                "This action would increase the number of columns in the sheet above the limit of "
                f"{MOST_COLUMNS} columns."
            )
        if self.cell_count() > MOST_CELLS:
            raise invalid(
                f"This action would increase the number of cells in the workbook above the limit of {MOST_CELLS} cells."
            )

    def fresh_id(self) -> int:
        """An id of Google's making: positive, 31 bits, no two alike, the same in each run."""
        self.counter += 1
        return (self.counter * 2_654_435_761 + 97_531) % 2_147_483_647 or 1

    def touched(self) -> None:
        """Something changed: computed formulas are forgotten."""
        self.seen.clear()

    @contextmanager
    def atomically(self) -> Iterator[None]:
        """All or nothing: after an exception the book is as before; else the version rises by one.

        Rows are copied when they are first written in the turn, everything else is kept aside here.
        """
        if self._inside:
            yield
            return
        kept = self._kept()
        self.turn += 1
        self._inside = True
        collecting = gc.isenabled()
        gc.disable()  # a great many small objects and no cycles: looking for some would take most of the time
        try:
            yield
        except BaseException:
            self._restore(kept)
            raise
        else:
            self.version += 1
            self.modified = self.clock()
        finally:
            if collecting:
                gc.enable()
            self._inside = False
            self.turn += 1
            self.touched()

    def _kept(self) -> tuple[Any, ...]:
        sheets = [(one, one.kept()) for one in self.sheets]
        return sheets, copy.deepcopy(self.properties), dict(self.names), dict(self.metadata), self.counter

    def _restore(self, kept: tuple[Any, ...]) -> None:
        sheets, self.properties, self.names, self.metadata, self.counter = kept
        self.sheets = [one for one, _ in sheets]
        for one, state in sheets:
            one.restore(state)

    def copy(self, id: str, title: str) -> Book:
        """Another book with the same contents ("Make a copy"): ids of tabs and metadata stay."""
        other = Book(id, title, clock=self.clock, owner=self.owner, switches=self.switches)
        other.properties = {**copy.deepcopy(self.properties), "title": title}
        other.sheets = [one.copy(other, one.id, one.title) for one in self.sheets]
        other.names = copy.deepcopy(self.names)
        other.metadata = copy.deepcopy(self.metadata)
        other.counter = self.counter
        return other

    def csv(self, sheet_id: int, delimiter: str = ",") -> str:
        """A tab as Drive exports it: shown values, lines ended by CR LF, none after the last."""
        return csvs.written(self.sheet(sheet_id), delimiter)

    @classmethod
    def from_csv(cls, id: str, title: str, text: str, **given: Any) -> Book:
        """What Drive makes of an uploaded CSV: one tab named after the file, with an id of its own."""
        return csvs.read(cls(id, title, **given), title, text)

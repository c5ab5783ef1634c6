"""Which way round a column writes its dates, decided from the cells themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from perthyn.importing.values import Cell
from perthyn.importing.values_dates import has_day, numeric_parts


@dataclass
class OrderVotes:
    """What the cells of a column say about their order; `add` as many as it takes."""

    day_first: int = 0
    month_first: int = 0
    ambiguous: int = 0
    year_first: int = 0
    serials: int = 0

    def add(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            parts = numeric_parts(cell)
            if parts:
                first, second = parts
                self.day_first += first > 12
                self.month_first += second > 12 >= first
                self.ambiguous += first <= 12 and second <= 12
            elif isinstance(cell, date):
                self.year_first += 1
            elif isinstance(cell, int | float) or (isinstance(cell, str) and cell.strip().isdigit()):
                self.serials += len(str(cell).strip().split(".")[0]) == 5
                self.year_first += len(str(cell).strip()) == 8
            elif isinstance(cell, str) and has_day(cell.strip()):
                self.year_first += 1

    @property
    def undecided(self) -> bool:
        """True where every cell so far can be read both ways."""
        return bool(self.ambiguous) and not (self.day_first or self.month_first)

    @property
    def mixed(self) -> bool:
        """True where some cells are surely day first and others surely month first."""
        return bool(self.day_first and self.month_first)

    @property
    def order(self) -> str:
        """ "mdy" where more cells say so than the contrary; day first (the British way) when in doubt."""
        slashed = self.day_first + self.month_first + self.ambiguous
        if slashed:
            return "mdy" if self.month_first > self.day_first else "dmy"
        if self.serials > self.year_first:
            return "serial"
        return "ymd" if self.year_first else "dmy"

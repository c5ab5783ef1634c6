"""A stretch of a file as typed columns: what the readers hand on and what a known export may reshape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import compress
from typing import Any

from perthyn.importing.values import Parsed, Reason


@dataclass(frozen=True)
class Finding:
    """Something about one cell: `row` as a person sees it in the file, `value` as it stands there."""

    row: int
    header: str
    code: str
    facts: dict[str, object]
    value: str


@dataclass(frozen=True)
class Aside:
    """A row left out by rule: a line of totals, a fee line, a payment still pending."""

    row: int
    code: str
    facts: dict[str, object]


@dataclass
class Chunk:
    """Rows of a file, column by column; all lists have one entry a row.

    Once handed out by `chunks()`, rows that are wrong or set aside stand in `wrong`, `refused` and `aside` only.
    """

    rows: list[int]
    """row numbers; one stands twice where a line told of two things (a booking and its visit)"""
    cells: dict[str, list[Parsed[Any]]]
    """typed values by meaning; several columns may share a repeatable one"""
    texts: dict[str, list[str]]
    """every column as read, trimmed, by header"""
    headers: dict[str, list[str]] = field(default_factory=dict)
    """meaning -> the headers of its columns, in the order of `cells`"""
    wrong: list[Finding] = field(default_factory=list)
    noted: list[Finding] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    refused: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """row number -> its cells as read, for the file of rows to correct"""
    today: date = date.min
    zone: str = "Europe/London"
    memory: dict[str, Any] = field(default_factory=dict)
    """shared by all chunks of one reading of a file"""
    _wrong: dict[int, list[tuple[str, Reason, str]]] = field(default_factory=dict)
    _aside: dict[int, Reason] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def raw(self) -> dict[str, list[str]]:
        """The columns that are kept as text beside the record, by header."""
        return {header: self.texts[header] for header in self.headers.get("keep", ())}

    def identity(self) -> Iterator[tuple[str, ...]]:
        """The cells of each row as read, in the order of `texts`' headers, before any mapping."""
        return zip(*self.texts.values(), strict=True)

    def written(self, meaning: str, place: int = 0) -> list[str]:
        """The text behind `cells[meaning][place]`, as it stands in the file."""
        return self.texts[self.headers[meaning][place]]

    def values(self, meaning: str) -> list[Any]:
        """The values of the first column of this meaning; a list of None where there is none."""
        found = self.cells.get(meaning)
        return found[0].values if found else [None] * len(self.rows)

    def put(self, meaning: str, values: Sequence[Any]) -> None:
        """Set the values of a meaning (its first column)."""
        self.cells[meaning] = [Parsed(list(values)), *self.cells.get(meaning, ())[1:]]

    def text(self, *headers: str) -> list[str]:
        """A column as read, under the first of its names that the file has; "" in each row without one."""
        for header in headers:
            if header in self.texts:
                return self.texts[header]
        return [""] * len(self.rows)

    def set_aside(self, index: int, code: str, **facts: object) -> None:
        """Leave a row out by rule."""
        self._aside[index] = (code, facts)

    def left_out(self, index: int) -> bool:
        """True for a row that is set aside or refused by now."""
        return index in self._aside or index in self._wrong

    def refuse(self, index: int, header: str, code: str, **facts: object) -> None:
        """Refuse a row for what stands in one of its cells."""
        value = self.texts[header][index] if header in self.texts else ""
        self._wrong.setdefault(index, []).append((header, (code, facts), value))

    def again(self, indexes: Iterable[int]) -> range:
        """Append copies of rows, for lines that tell of two things; gives the new indexes."""
        chosen = [index for index in indexes if not self.left_out(index)]
        start = len(self.rows)
        self.rows += [self.rows[index] for index in chosen]
        for column in self.texts.values():
            column += [column[index] for index in chosen]
        for columns in self.cells.values():
            for parsed in columns:
                parsed.values += [parsed.values[index] for index in chosen]
        return range(start, len(self.rows))

    def collect(self) -> None:
        """Gather what the readers found wrong or worth a note. Called by `chunks()` before any shape."""
        for meaning, columns in self.cells.items():
            for place, parsed in enumerate(columns):
                self._collect(meaning, place, parsed)

    def settle(self) -> None:
        """Take the rows that are wrong or set aside out of the columns. Called once, by `chunks()`."""
        self.collect()
        if not (self._wrong or self._aside):
            return
        for index in sorted(self._aside.keys() | self._wrong.keys()):
            row = self.rows[index]
            if index in self._aside:
                code, facts = self._aside[index]
                self.aside.append(Aside(row, code, facts))
            elif row not in self.refused:
                self.refused[row] = tuple(column[index] for column in self.texts.values())
                for header, (code, facts), value in self._wrong[index]:
                    self.wrong.append(Finding(row, header, code, facts, value))
        left_out = {aside.row for aside in self.aside}
        self.noted = [finding for finding in self.noted if finding.row not in left_out]
        self._keep([index not in self._aside and index not in self._wrong for index in range(len(self.rows))])

    def _collect(self, meaning: str, place: int, parsed: Parsed[Any]) -> None:
        headers = self.headers.get(meaning, ())
        header = headers[place] if place < len(headers) else meaning
        column = self.texts.get(header)
        for index, reason in parsed.wrong.items():
            if index not in self._aside:
                value = column[index] if column else ""
                self._wrong.setdefault(index, []).append((header, reason, value))
        for index, (code, facts) in parsed.noted.items():
            if index not in self._aside:
                value = column[index] if column else ""
                self.noted.append(Finding(self.rows[index], header, code, facts, value))
        parsed.wrong, parsed.noted = {}, {}

    def _keep(self, kept: list[bool]) -> None:
        self.rows = list(compress(self.rows, kept))
        self.texts = {header: list(compress(column, kept)) for header, column in self.texts.items()}
        for columns in self.cells.values():
            for parsed in columns:
                parsed.values = list(compress(parsed.values, kept))

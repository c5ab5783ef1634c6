"""A file as a stream of chunks: read, typed and checked column by column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from perthyn.importing.chunk import Aside, Chunk, Finding
from perthyn.importing.formulas import unguarded_column
from perthyn.importing.grid import grid_days, unfold
from perthyn.importing.layout import data_rows
from perthyn.importing.names import PersonName, without_remark
from perthyn.importing.plans import Understanding
from perthyn.importing.readers import Clock, reader_for
from perthyn.importing.tables import Cell
from perthyn.importing.values import Reader, as_text
from perthyn.importing.values_dates import DateStyle

_NOT_READ = ("keep", "ignore")
_PASSED = {"totals": "import.row.totals", "header": "import.row.header"}


def chunks(understanding: Understanding, size: int = 10_000) -> Iterator[Chunk]:
    """The rows of the understood table, `size` at a time; memory does not grow with the file.

    Every row that is not blank ends in a chunk's columns, its `aside` or its `refused`. Raises what reading
    the file raises (PerthynError ``import.file.*``).
    """
    stretch = _Stretch(understanding)
    for number, cells, why in data_rows(understanding.table, understanding.layout):
        if not why:
            stretch.rows.append((number, cells))
            if len(stretch.rows) >= size:
                yield stretch.take()
        elif why != "blank":
            stretch.pass_over(number, cells, why)
    if stretch.rows or stretch.passed:
        yield stretch.take()


class _Stretch:
    """The rows gathered for the next chunk, and the readers that remember from one to the next."""

    def __init__(self, understanding: Understanding) -> None:
        self.rows: list[tuple[int, list[Cell]]] = []
        self.passed: list[tuple[int, list[Cell], str]] = []
        self._understanding = understanding
        self._memory: dict[str, Any] = {}
        self._readers = _readers(understanding)
        self._typed = not understanding.table.encoding
        self._days = (
            grid_days(understanding.columns, understanding.today, understanding.zone)
            if understanding.layout.shape == "grid"
            else {}
        )

    def pass_over(self, number: int, cells: list[Cell], why: str) -> None:
        self.passed.append((number, cells, why))

    def take(self) -> Chunk:
        """The gathered rows as a chunk; begins the next stretch."""
        if self._understanding.layout.shape == "grid":
            chunk = unfold(self.rows, self._understanding.columns, self._days, self._understanding.today)
        else:
            chunk = self._read()
        chunk.memory, chunk.zone = self._memory, self._understanding.zone
        chunk.collect()
        if self._understanding.shape:
            self._understanding.shape(chunk)
        chunk.settle()
        for number, cells, why in self.passed:
            if why == "ragged":
                texts = list(map(as_text, cells))
                chunk.refused[number] = tuple(texts if self._typed else unguarded_column(texts))
                facts: dict[str, object] = {"count": len(cells), "expected": len(self._understanding.columns)}
                chunk.wrong.append(Finding(number, "", "import.row.ragged", facts, ""))
            else:
                chunk.aside.append(Aside(number, _PASSED[why], {}))
        self.rows, self.passed = [], []
        return chunk

    def _read(self) -> Chunk:
        columns: Sequence[Sequence[Cell]] = list(zip(*[cells for _, cells in self.rows], strict=True))
        columns = columns or [()] * len(self._understanding.columns)
        chunk = Chunk([number for number, _ in self.rows], {}, {}, today=self._understanding.today)
        for plan in self._understanding.columns:
            texts = _texts(columns[plan.index])
            chunk.texts[plan.header] = texts if self._typed else unguarded_column(texts)
            chunk.headers.setdefault(plan.becomes, []).append(plan.header)
        for meaning, index, header, reader in self._readers:
            cells = _without_bools(columns[index]) if self._typed else chunk.texts[header]
            chunk.cells.setdefault(meaning, []).append(reader.read(cells))
            if meaning not in chunk.headers:
                chunk.headers[meaning] = [header]
        if not any(plan.verbatim for plan in self._understanding.columns):
            _mark_deceased(chunk)
        _mark_refusals(chunk)
        return chunk


def _readers(understanding: Understanding) -> list[tuple[str, int, str, Reader[Any]]]:
    """(meaning, column, header, reader) for every column that is read, and for the times its days carry."""
    today, zone = understanding.today, understanding.zone
    have = {plan.becomes for plan in understanding.columns}
    currency = "" if "currency" in have else understanding.defaults.get("currency", "")
    found: list[tuple[str, int, str, Reader[Any]]] = []
    for plan in understanding.columns:
        if plan.becomes in _NOT_READ:
            continue
        reader = reader_for(plan, today=today, zone=zone, currency=currency)
        found.append((plan.becomes, plan.index, plan.header, reader))
        if plan.becomes == "date" and plan.timed and "time" not in have:
            found.append(("time", plan.index, plan.header, Clock(DateStyle(plan.date_order, today, zone))))
    return found


def _texts(column: Sequence[Cell]) -> list[str]:
    try:
        return list(map(str.strip, column))  # type: ignore[arg-type]
    except TypeError:
        return list(map(as_text, column))


def _without_bools(column: Sequence[Cell]) -> Sequence[Cell]:
    """True and 1 are one key to a reader's memory, so true and false are handed on as words."""
    if bool not in set(map(type, column)):
        return column
    return [as_text(cell) if isinstance(cell, bool) else cell for cell in column]


def _mark_deceased(chunk: Chunk) -> None:
    """A remark such as "(wedi marw)" beside a name says yes to `deceased`."""
    dead: set[int] = set()
    for index, name in enumerate(chunk.values("name") if "name" in chunk.cells else ()):
        if isinstance(name, PersonName) and name.deceased:
            dead.add(index)
    for meaning in ("given", "family"):
        values = chunk.values(meaning) if meaning in chunk.cells else []
        for index, value in enumerate(values):
            if value and ("(" in value or "†" in value or "[" in value):
                values[index], found = without_remark(value)
                if found:
                    dead.add(index)
    if dead:
        marks = chunk.values("deceased")
        chunk.put("deceased", ["yes" if index in dead else mark for index, mark in enumerate(marks)])


def _mark_refusals(chunk: Chunk) -> None:
    """A column of addresses that was answered like a question: a no there counts as a no to email."""
    refused = {
        index
        for parsed in chunk.cells.get("email", ())
        for index, (code, facts) in parsed.noted.items()
        if code == "import.email.answered" and facts["said"] == "no"
    }
    if refused:
        said = chunk.values("consent_email")
        chunk.put("consent_email", ["no" if index in refused else word for index, word in enumerate(said)])

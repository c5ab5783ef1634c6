"""A tab: rows of cells and everything that hangs on rows, columns and ranges."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sheets_emulator.cells import EMPTY, Cell, Formula

if TYPE_CHECKING:
    from sheets_emulator.book import Book

WIDTH = 100  # pixels
HEIGHT = 21


class Row(dict[int, Cell]):
    """Cells by column. `turn` tells who wrote it last; `formulas` is true if it may hold any."""

    __slots__ = ("formulas", "turn")

    def __init__(self, turn: int, cells: dict[int, Cell] | None = None, formulas: bool = False) -> None:
        super().__init__(cells or {})
        self.turn = turn
        self.formulas = formulas


class Sheet:
    """One tab. Its lists hold ranges as GridRange dicts with the tab's id; what is in them is replaced, not changed."""

    LISTS = ("merges", "protected", "banding", "rules", "groups")

    def __init__(self, book: Book, id: int, title: str, rows: int = 1000, columns: int = 26) -> None:
        self.book = book
        self.id = id
        self.title = title
        self.kind = "GRID"
        self.row_count = rows
        self.column_count = columns
        self.grid: dict[str, Any] = {}  # frozenRowCount, hideGridlines ...
        self.looks: dict[str, Any] = {}  # hidden, tabColor, rightToLeft
        self.rows: list[Row | None] = []  # shorter than the grid: what follows is empty
        self.row_looks: dict[int, dict[str, Any]] = {}  # DimensionProperties that differ
        self.column_looks: dict[int, dict[str, Any]] = {}
        self.merges: list[dict[str, int]] = []
        self.protected: list[dict[str, Any]] = []
        self.banding: list[dict[str, Any]] = []
        self.rules: list[dict[str, Any]] = []  # conditional formats
        self.groups: list[dict[str, Any]] = []  # of rows and columns
        self.filter: dict[str, Any] | None = None
        self.appended_at: int | None = None  # for appends that race each other

    # Cells

    def at(self, row: int, column: int) -> Cell:
        """The cell, an empty one where nothing is."""
        cells = self.rows[row] if row < len(self.rows) else None
        return cells.get(column, EMPTY) if cells else EMPTY

    def row(self, index: int) -> Row | None:
        """A row to read from."""
        return self.rows[index] if index < len(self.rows) else None

    def writable(self, index: int) -> Row:
        """A row to write to, copied first if it was not yet written in this turn."""
        rows = self.rows
        if index >= len(rows):
            rows.extend([None] * (index + 1 - len(rows)))
        row = rows[index]
        turn = self.book.turn
        if row is None:
            row = rows[index] = Row(turn)
        elif row.turn != turn:
            row = rows[index] = Row(turn, row, row.formulas)
        return row

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Set one cell; a blank one is taken out."""
        if cell.blank:
            if self.at(row, column) is not EMPTY:
                self.writable(row).pop(column, None)
        else:
            cells = self.writable(row)
            cells[column] = cell
            if type(cell.entered) is Formula:
                cells.formulas = True
        self.book.seen.clear()

    def cells(self) -> Iterator[tuple[int, int, Cell]]:
        """All cells that are not blank, row by row."""
        for index, row in enumerate(self.rows):
            if row:
                for column in sorted(row):
                    yield index, column, row[column]

    def extent(self) -> tuple[int, int]:
        """(rows, columns) up to the last cell that holds something."""
        rows = columns = 0
        for row, column, cell in self.cells():
            if cell.entered is not None:
                rows, columns = row + 1, max(columns, column + 1)
        return rows, columns

    # Grid

    def grow(self, rows: int, columns: int) -> None:
        """Make the grid at least this large."""
        self.row_count = max(self.row_count, rows)
        self.column_count = max(self.column_count, columns)
        self.book.check_size()

    # Whole

    def kept(self) -> dict[str, Any]:
        """What `restore` needs. Rows are not copied: whoever writes one copies it first."""
        state = dict(self.__dict__)
        state["rows"] = list(self.rows)
        state["row_looks"] = dict(self.row_looks)
        state["column_looks"] = dict(self.column_looks)
        state["grid"] = dict(self.grid)
        state["looks"] = dict(self.looks)
        for name in self.LISTS:
            state[name] = list(state[name])
        return state

    def restore(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def copy(self, book: Book, id: int, title: str) -> Sheet:
        """The same tab in this or another book."""
        other = Sheet(book, id, title, self.row_count, self.column_count)
        other.rows = [Row(-1, row, row.formulas) if row else None for row in self.rows]
        for name in ("grid", "looks", "row_looks", "column_looks", "filter", *self.LISTS):
            setattr(other, name, copy.deepcopy(getattr(self, name)))
        if id != self.id:
            for one in other.ranges():
                one["sheetId"] = id
        return other

    def ranges(self) -> Iterator[dict[str, Any]]:
        """Every GridRange or DimensionRange that this tab keeps, to be changed in a fresh copy only."""
        yield from self.merges
        for one in (*self.protected, *self.banding, *self.groups, *filter(None, [self.filter])):
            if "range" in one:
                yield one["range"]
        for rule in self.rules:
            yield from rule["ranges"]

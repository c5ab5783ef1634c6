"""People who edit the sheet by hand while a program works, as a script.

Rows are numbered as people see them, from 1; columns are letters. A tab is named by its title or its sheetId, a
spreadsheet by its id ("" is the one that was made first). Whatever is done goes through the workbook's own requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from . import spreadsheets
from .a1 import column_of, letters
from .book import Book
from .sheet import Sheet

if TYPE_CHECKING:
    from .server import Emulator

HUMAN = "human@example.org"


class People:
    """What a human does, at once; `before` and `after` put it between two requests of a program."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._versions: list[Book] = []

    def before(self, number: int, action: Callable[[], object]) -> None:
        """Do it right before the `number`-th request of the APIs from now is looked at."""
        self._emulator.faults.call(number, action)

    def after(self, number: int, action: Callable[[], object]) -> None:
        """Do it when the `number`-th request from now is applied but not answered yet."""
        self._emulator.faults.call(number, action, applied=True)

    # Cells

    def type(self, tab: str | int, cell: str, text: str, *, book: str = "") -> None:
        """Type into one cell; "" empties it."""
        self.paste(tab, cell, [[text]], book=book)

    def paste(self, tab: str | int, cell: str, rows: Sequence[Sequence[str]], *, book: str = "") -> None:
        """Paste a block of texts from a cell on, read as if typed."""
        body = {"values": [list(row) for row in rows]}
        self._answer(book, "PUT", f"/values/{self._a1(tab, cell, book)}", body, valueInputOption=["USER_ENTERED"])

    def clear(self, tab: str | int, area: str = "", *, book: str = "") -> None:
        """Empty an area, or the whole tab."""
        self._answer(book, "POST", f"/values/{self._a1(tab, area, book)}:clear", {})

    def values(self, tab: str | int, area: str = "", *, book: str = "") -> list[list[Any]]:
        """What stands there, as people see it."""
        found = self._answer(book, "GET", f"/values/{self._a1(tab, area, book)}", None)
        return list(found.get("values", []))

    def rename_header(self, tab: str | int, old: str, new: str, *, book: str = "") -> None:
        """Write another header over one of the first row."""
        header = self.values(tab, "1:1", book=book)[0]
        self.type(tab, f"{letters(header.index(old))}1", new, book=book)

    def merge(self, tab: str | int, area: str, *, book: str = "") -> None:
        """Merge cells."""
        self._batch(book, {"mergeCells": {"range": self._grid(tab, area, book), "mergeType": "MERGE_ALL"}})

    def colour(
        self, tab: str | int, area: str, red: float = 1.0, green: float = 1.0, blue: float = 0.0, *, book: str = ""
    ) -> None:
        """Paint cells."""
        paint = {"backgroundColor": {"red": red, "green": green, "blue": blue}}
        cells = {"range": self._grid(tab, area, book), "cell": {"userEnteredFormat": paint}}
        self._batch(book, {"repeatCell": {**cells, "fields": "userEnteredFormat.backgroundColor"}})

    # Rows and columns

    def sort(
        self, tab: str | int, column: str, *, descending: bool = False, header: bool = True, book: str = ""
    ) -> None:
        """Sort the tab by a column; the header stays."""
        sheet = self.tab(tab, book)
        area = {"sheetId": sheet.id, "startRowIndex": int(header), "endRowIndex": sheet.row_count}
        area |= {"startColumnIndex": 0, "endColumnIndex": sheet.column_count}
        order = "DESCENDING" if descending else "ASCENDING"
        specs = [{"dimensionIndex": column_of(column), "sortOrder": order}]
        self._batch(book, {"sortRange": {"range": area, "sortSpecs": specs}})

    def insert_rows(self, tab: str | int, row: int, count: int = 1, *, book: str = "") -> None:
        """Insert empty rows above a row."""
        self._batch(book, {"insertDimension": self._span(tab, "ROWS", row - 1, count, book)})

    def insert_columns(self, tab: str | int, column: str, count: int = 1, *, book: str = "") -> None:
        """Insert empty columns left of a column."""
        self._batch(book, {"insertDimension": self._span(tab, "COLUMNS", column_of(column), count, book)})

    def delete_rows(self, tab: str | int, row: int, count: int = 1, *, book: str = "") -> None:
        """Delete rows."""
        self._batch(book, {"deleteDimension": self._span(tab, "ROWS", row - 1, count, book)})

    def delete_columns(self, tab: str | int, column: str, count: int = 1, *, book: str = "") -> None:
        """Delete columns."""
        self._batch(book, {"deleteDimension": self._span(tab, "COLUMNS", column_of(column), count, book)})

    def move_rows(self, tab: str | int, row: int, before: int, count: int = 1, *, book: str = "") -> None:
        """Drag rows above another row, both numbered as they stand now."""
        span = self._span(tab, "ROWS", row - 1, count, book)
        self._batch(book, {"moveDimension": {"source": span["range"], "destinationIndex": before - 1}})

    def move_columns(self, tab: str | int, column: str, before: str, count: int = 1, *, book: str = "") -> None:
        """Drag columns left of another one."""
        span = self._span(tab, "COLUMNS", column_of(column), count, book)
        self._batch(book, {"moveDimension": {"source": span["range"], "destinationIndex": column_of(before)}})

    def copy_row(self, tab: str | int, row: int, to: int | None = None, *, book: str = "") -> None:
        """Copy a row, its ID and all, and paste it as a new row (right below, unless `to` says before which row)."""
        to = row + 1 if to is None else to
        self.insert_rows(tab, to, book=book)
        source = row + 1 if to <= row else row
        whole = {"sheetId": self.tab(tab, book).id}
        paste = {
            "source": {**whole, "startRowIndex": source - 1, "endRowIndex": source},
            "destination": {**whole, "startRowIndex": to - 1, "endRowIndex": to},
            "pasteType": "PASTE_NORMAL",
        }
        self._batch(book, {"copyPaste": paste})

    # Tabs

    def add_tab(self, title: str, rows: Sequence[Sequence[str]] = (), *, book: str = "") -> None:
        """A tab of one's own, with texts in it."""
        self._batch(book, {"addSheet": {"properties": {"title": title}}})
        if rows:
            self.paste(title, "A1", rows, book=book)

    def rename_tab(self, tab: str | int, title: str, *, book: str = "") -> None:
        """Give a tab another name."""
        properties = {"sheetId": self.tab(tab, book).id, "title": title}
        self._batch(book, {"updateSheetProperties": {"properties": properties, "fields": "title"}})

    def duplicate_tab(self, tab: str | int, title: str, *, book: str = "") -> None:
        """Duplicate a tab."""
        self._batch(book, {"duplicateSheet": {"sourceSheetId": self.tab(tab, book).id, "newSheetName": title}})

    def delete_tab(self, tab: str | int, *, book: str = "") -> None:
        """Delete a tab."""
        self._batch(book, {"deleteSheet": {"sheetId": self.tab(tab, book).id}})

    # The whole spreadsheet

    def remember(self, *, book: str = "") -> int:
        """The spreadsheet as it is now, to be restored later: its number."""
        with self._emulator.lock:
            self._versions.append(version(self._book(book)))
            return len(self._versions) - 1

    def restore(self, version: int) -> None:
        """Restore a remembered version of the whole spreadsheet (`emulator.books` holds another Book from then on)."""
        with self._emulator.lock:
            then = self._versions[version]
            file = self._emulator.files[then.id]
            assert file.book is not None
            file.changes += file.book.version
            file.book = then.copy(then.id, then.title)
            self._emulator.adopt(file)
            file.touch(self._emulator.clock.now(), HUMAN, content=True)

    def make_copy(
        self, title: str = "", *, owner: str = HUMAN, share: dict[str, str] | None = None, book: str = ""
    ) -> Book:
        """ "Make a copy": a new spreadsheet of the human's."""
        with self._emulator.lock:
            original, id = self._book(book), self._emulator.files.fresh_id()
            copy = original.copy(id, title or f"Copy of {original.title}")
            return self._emulator.put(copy.title, owner=owner, share=share, id=id, book=copy)

    def tab(self, tab: str | int, book: str = "") -> Sheet:
        """The tab with a title or an id."""
        for sheet in self._book(book).sheets:
            if tab in (sheet.id, sheet.title):
                return sheet
        raise KeyError(tab)

    def _book(self, id: str) -> Book:
        return self._emulator.books[id or next(iter(self._emulator.books))]

    def _answer(self, book: str, verb: str, rest: str, body: Any, **params: list[str]) -> dict[str, Any]:
        with self._emulator.lock:
            found = self._book(book)
            if verb != "GET":
                self._emulator.files[found.id].last = HUMAN
            return spreadsheets.answer(found, verb, rest, params, body, HUMAN, books=self._emulator.books)

    def _batch(self, book: str, *requests: dict[str, Any]) -> None:
        self._answer(book, "POST", ":batchUpdate", {"requests": list(requests)})

    def _a1(self, tab: str | int, area: str, book: str) -> str:
        title = self.tab(tab, book).title.replace("'", "''")
        return f"'{title}'!{area}" if area else f"'{title}'"

    def _grid(self, tab: str | int, area: str, book: str) -> dict[str, int]:
        first, _, last = area.partition(":")
        (column, row), (end, bottom) = _cell(first), _cell(last or first)
        return {
            "sheetId": self.tab(tab, book).id,
            "startRowIndex": row - 1,
            "endRowIndex": bottom,
            "startColumnIndex": column_of(column),
            "endColumnIndex": column_of(end) + 1,
        }

    def _span(self, tab: str | int, dimension: str, start: int, count: int, book: str) -> dict[str, Any]:
        span = {
            "sheetId": self.tab(tab, book).id,
            "dimension": dimension,
            "startIndex": start,
            "endIndex": start + count,
        }
        return {"range": span}


def _cell(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"([A-Z]+)(\d+)", text)
    if not found:
        raise ValueError(f"not a cell: {text}")
    return found[1], int(found[2])


def version(book: Book) -> Book:
    """The book as it is now, kept aside."""
    kept = book.copy(book.id, book.title)
    kept.version, kept.modified = book.version, book.modified
    return kept

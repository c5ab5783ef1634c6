"""Copying: a tab to another spreadsheet; cells by copyPaste, cutPaste and pasteData."""

from __future__ import annotations

from typing import Any

from sheets_emulator import metadata
from sheets_emulator.book import Book
from sheets_emulator.requests import tabs


def copy_to(book: Book, sheet_id: int, other: Book) -> dict[str, Any]:
    """`sheets.copyTo`: the tab at the end of the other spreadsheet, "Copy of ..." with an id of its own."""
    source = book.sheet(sheet_id)
    with other.atomically():
        sheet = source.copy(other, other.fresh_id(), tabs.copied_title(other, source.title))
        other.sheets = [*other.sheets, sheet]
        other.check_size()
        metadata.copied(source, sheet)
    return tabs.properties(sheet)


KINDS: dict[str, Any] = {}

"""Spreadsheets as files, and files as spreadsheets."""

from __future__ import annotations

from collections.abc import Callable

from .book import Book
from .errors import DriveRefused

CSV = "text/csv"
TSV = "text/tab-separated-values"


def _separated(separator: str) -> Callable[[Book], bytes]:
    def export(book: Book) -> bytes:
        return book.csv(book.sheets[0].id, separator).encode("utf-8")

    return export


FORMATS: dict[str, Callable[[Book], bytes]] = {CSV: _separated(","), TSV: _separated("\t")}
"""Exports by MIME type. CSV and TSV hold the first tab only."""


def imported(id: str, title: str, mime: str, content: bytes) -> Book:
    """The spreadsheet that an upload becomes. Raises Drive's 400 for what is no table."""
    if mime.partition(";")[0].strip() not in (CSV, "text/plain"):
        raise DriveRefused(400, "badRequest", "Bad Request. The requested conversion is not supported.")
    return Book.from_csv(id, title, content.decode("utf-8-sig"))

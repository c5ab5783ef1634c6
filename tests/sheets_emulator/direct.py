"""Calls to a book without a server, for tests of the workbook alone."""

from __future__ import annotations

from typing import Any

from sheets_emulator import spreadsheets
from sheets_emulator.book import Book


class Direct:
    """One book and somebody who asks."""

    def __init__(self, book: Book | None = None, caller: str = "owner@example.org") -> None:
        self.book = book or Book("book", "Friends")
        self.caller = caller

    def ask(self, verb: str, rest: str, body: Any = None, **params: str | list[str]) -> dict[str, Any]:
        query = {name: value if isinstance(value, list) else [value] for name, value in params.items()}
        return spreadsheets.answer(self.book, verb, rest, query, body, self.caller, books={self.book.id: self.book})

    def batch(self, *requests: dict[str, Any], **more: Any) -> dict[str, Any]:
        return self.ask("POST", ":batchUpdate", {"requests": list(requests), **more})

    def reply(self, kind: str, **given: Any) -> dict[str, Any]:
        """The reply to a single request."""
        answer: dict[str, Any] = self.batch({kind: given})["replies"][0]
        return answer.get(kind, {})  # type: ignore[no-any-return]

    def put(self, text: str, *lines: list[Any], option: str = "RAW", **params: str) -> dict[str, Any]:
        return self.ask("PUT", f"/values/{text}", {"values": list(lines)}, valueInputOption=option, **params)

    def type(self, text: str, *lines: list[Any]) -> dict[str, Any]:
        return self.put(text, *lines, option="USER_ENTERED")

    def append(self, text: str, *lines: list[Any], **params: str) -> dict[str, Any]:
        return self.ask("POST", f"/values/{text}:append", {"values": list(lines)}, valueInputOption="RAW", **params)

    def get(self, text: str, render: str = "FORMATTED_VALUE", **params: str) -> list[list[Any]]:
        found = self.ask("GET", f"/values/{text}", valueRenderOption=render, **params)
        return found.get("values", [])  # type: ignore[no-any-return]

    def one(self, text: str, render: str = "FORMATTED_VALUE") -> Any:
        """What one cell shows; None if nothing."""
        found = self.get(text, render)
        return found[0][0] if found else None

    def state(self) -> dict[str, Any]:
        """All that can be seen of the book."""
        return self.ask("GET", "", includeGridData="true")


def rows(start: int, end: int, sheet: int = 0) -> dict[str, Any]:
    return {"sheetId": sheet, "dimension": "ROWS", "startIndex": start, "endIndex": end}


def columns(start: int, end: int, sheet: int = 0) -> dict[str, Any]:
    return {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": start, "endIndex": end}


def area(top: int, left: int, bottom: int, right: int, sheet: int = 0) -> dict[str, int]:
    return {
        "sheetId": sheet,
        "startRowIndex": top,
        "startColumnIndex": left,
        "endRowIndex": bottom,
        "endColumnIndex": right,
    }


def text_cells(*lines: list[str]) -> list[dict[str, Any]]:
    """The rows of an updateCells that writes texts."""
    return [{"values": [{"userEnteredValue": {"stringValue": one}} for one in line]} for line in lines]

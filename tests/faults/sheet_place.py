"""An organisation whose records are in a Google Sheet: a folder, and the emulator that holds the sheet."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent.parent))

from places import Place
from sheets_emulator.a1 import letters
from sheets_emulator.book import Book
from sheets_emulator.clock import RealClock
from sheets_emulator.people import People, version
from sheets_emulator.server import Emulator
from sheets_emulator.sheet import Sheet

from perthyn.house import House
from perthyn.model import CORE_TYPES
from perthyn_sheets import open_sheet
from perthyn_sheets.fences import read_fence
from perthyn_sheets.kept import Place as Kept
from perthyn_sheets.sheet import FENCE_KEY, book_mark
from perthyn_sheets.store import SheetsStore
from perthyn_sql import open_store

SHEET = "1FaultsFaultsFaultsFaultsFaultsFaultsFaultsFa"
"""The id of the spreadsheet."""
CREDENTIALS = "perthyn-google.json"
FRESH = "laptop"


class SheetPlace:
    """A folder below `base` and the spreadsheet; prepared once, put back for every fault, in an emulator of its own.

    `seconds`: how long a command waits for an answer.
    """

    def __init__(self, base: Path, seconds: float) -> None:
        self._files = Place(base)
        self._seconds = seconds
        self._saved: Book | None = None
        self._start()

    @property
    def home(self) -> Path:
        """The organisation's folder."""
        return self._files.home

    @property
    def store(self) -> str:
        """The address of the sheet."""
        return f"https://docs.google.com/spreadsheets/d/{SHEET}"

    @property
    def target(self) -> str:
        """The address of a file."""
        return self._files.target

    @property
    def book(self) -> Book:
        """The spreadsheet."""
        return self.emulator.books[SHEET]

    @property
    def people(self) -> People:
        """Those who edit it by hand."""
        return self.emulator.people

    def make(self) -> None:
        """Let it be there, and empty."""
        self._files.make()
        (self.home / CREDENTIALS).write_text(json.dumps(self._account), encoding="utf-8")

    def save(self) -> None:
        """Keep folder and spreadsheet as they are, an hour ago: whoever opens the sheet looks at it."""
        kept = Kept(self.home, SHEET)
        if kept.known:
            kept.note(looked=datetime.now(UTC) - timedelta(hours=1))
        self._files.save()
        self._saved = version(self.book)

    def restore(self) -> None:
        """Put both back as they were saved."""
        self._files.restore()
        self.drop()
        self._start()

    def drop(self) -> None:
        """Let the emulator go."""
        self.emulator.__exit__(None, None, None)

    def environ(self) -> Mapping[str, str]:
        """The environment of a command here."""
        ours = {"ENDPOINT": self.emulator.url, "TIMEOUT_SECONDS": str(self._seconds)}
        return {**self._files.environ(), **{f"PERTHYN_SHEETS__{name}": value for name, value in ours.items()}}

    @contextmanager
    def laptop(self) -> Iterator[SheetsStore]:
        """The store as a machine opens it that has nothing but the credentials."""
        folder = self.home.with_name(FRESH)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(self.home / CREDENTIALS, folder)
        house = House(folder, lambda: datetime.now(UTC), os.urandom, "Plas Brithwen", "cy", user="eve",
                      sections={"sheets": {"endpoint": self.emulator.url}})  # fmt: skip
        store = open_sheet(SHEET, CORE_TYPES, True, house, open_store)
        try:
            yield store
        finally:
            store.close()

    def mirror(self) -> str:
        """The address of the file from which reads are answered; "" where there is none."""
        kept = Kept(self.home, SHEET)
        return kept.mirror(kept.read().mirror) if kept.known else ""

    # -- as people see it ---------------------------------------------------------------------------------------

    def title(self, key: str) -> str:
        """The title of one of our tabs."""
        marked = {value: sheet.title for sheet, value in self._marked("perthyn.tab")}
        return marked[key]

    def fence(self) -> tuple[str, str]:
        """The fence around the sheet: its state, and where the records went; empty words for none."""
        marks = {"developerMetadata": [*self.book.metadata.values()]}
        found = read_fence(book_mark(marks, FENCE_KEY))
        return ("", "") if found is None else (found.state, found.where)

    def column(self, tab: str, key: str) -> str:
        """The letters of one of our columns."""
        (sheet,) = (sheet for sheet, value in self._marked("perthyn.tab") if value == tab)
        for one in self.book.metadata.values():
            where = one["location"].get("dimensionRange", {})
            if one.get("metadataValue") == f"{tab}.{key}" and where.get("sheetId", 0) == sheet.id:
                return letters(where.get("startIndex", 0))
        raise KeyError(key)

    def _marked(self, key: str) -> Iterator[tuple[Sheet, str]]:
        for one in self.book.metadata.values():
            if one.get("metadataKey") == key:
                yield self.book.sheet(one["location"].get("sheetId", 0)), one["metadataValue"]

    def _start(self) -> None:
        self.emulator = Emulator(clock=RealClock()).__enter__()
        self._account = self.emulator.accounts.service_account()
        book = version(self._saved) if self._saved is not None else None
        self.emulator.put("Plas Brithwen", share={self._account["client_email"]: "writer"}, id=SHEET, book=book)


def doing(place: SheetPlace, kind: str, number: int, kill: Callable[[], None]) -> None:
    """Let the `number`-th request from now meet a fault of a kind (see `KINDS`)."""
    faults = place.emulator.faults
    name, how = KINDS[kind]
    if kind == "killed after":
        faults.call(number, kill, applied=True)
        return
    if kind.startswith("killed"):
        faults.call(number, kill)
    faults.at(number, name, **how)


KINDS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "killed before": ("reset", {}),
    "killed after": ("", {}),
    "killed, late": ("late", {"after": 1}),
    "killed, later": ("late", {"after": 2}),
    "503": ("503", {}),
    "503 applied": ("503", {"applied": True}),
    "500": ("500", {}),
    "502": ("502", {}),
    "timeout": ("hang", {}),
    "timeout applied": ("hang", {"applied": True}),
    "late": ("late", {}),
    "timeout, late": ("late-hang", {}),
    "429": ("429", {"retry_after": "1"}),
    "cut off": ("reset", {}),
    "cut off applied": ("reset", {"applied": True}),
    "cut short": ("cut", {}),
    "stale": ("stale", {}),
}
"""Kind of fault -> what the emulator calls it, and how. "late": the request is applied after the next one or two."""
ON_WRITES = ("503 applied", "timeout applied", "late", "timeout, late", "killed, late", "killed, later",
             "cut off applied")  # fmt: skip
"""Kinds that differ from others only where something is written."""
KILLS = tuple(kind for kind in KINDS if kind.startswith("killed"))

"""A Google Sheet as an organisation meets it: a spreadsheet that somebody made and shared, and machines that open it."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from sheets_emulator.book import Book
from sheets_emulator.server import Emulator

from perthyn.house import House
from perthyn.model import CORE_TYPES, Record
from perthyn.store import Store
from perthyn_sheets.answers import Tell, silent
from perthyn_sheets.api import Api, open_api
from perthyn_sheets.kept import Place
from perthyn_sheets.store import SheetsStore
from perthyn_sql import open_store as open_sql


@dataclass
class World:
    """An emulator, the spreadsheet, and a folder for each machine. Waiting moves the emulator's clock."""

    emulator: Emulator
    folder: Path
    book: Book
    account: dict[str, Any]
    language: str = "en"
    seed: int = 1
    opened: list[SheetsStore] = field(default_factory=list)
    spoken: list[Api] = field(default_factory=list)

    def now(self) -> datetime:
        """The emulator's time."""
        return datetime.fromtimestamp(self.emulator.clock.now(), UTC)

    def machine(self, name: str = "one") -> House:
        """A machine with the credentials."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "perthyn-google.json").write_text(json.dumps(self.account), encoding="utf-8")
        self.seed += 1
        bytes_ = random.Random(self.seed).randbytes
        return House(folder, self.now, bytes_, "Plas Brithwen", self.language, user=name,
                     sections={"sheets": {"endpoint": self.emulator.url}})  # fmt: skip

    def api(self, *, machine: str = "one", sheet: str = "", tell: Tell = silent, **section: Any) -> Api:
        """The spreadsheet as that machine speaks to Google of it. `section`: settings in ``[sheets]``."""
        house = self.machine(machine)
        settings = {**house.section("sheets"), "timeout_seconds": 1, **section}
        quota = Place(house.folder, self.book.id).quota
        api = open_api(
            sheet or self.book.id, settings, house.folder, quota, self.now, house.random, tell,
            self.emulator.clock.advance,
        )  # fmt: skip
        self.spoken.append(api)
        return api

    def open(self, types: Sequence[type[Record]] = CORE_TYPES, machine: str = "one") -> SheetsStore:
        """The store as that machine opens it."""
        house = self.machine(machine)
        place = Place(house.folder, self.book.id)

        def opens(url: str, types: Sequence[type[Record]]) -> Store:
            return open_sql(url, types)

        api = open_api(
            self.book.id, house.section("sheets"), house.folder, place.quota, self.now, house.random,
            sleep=self.emulator.clock.advance,
        )  # fmt: skip
        store = SheetsStore(api, place, types, house, opens)
        store.look()
        if store.outcome.why is not None:
            raise store.outcome.why
        self.opened.append(store)
        return store


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A running emulator, which must not have failed itself."""
    with Emulator() as running:
        yield running
    assert running.failures == []


@pytest.fixture
def world(emulator: Emulator, tmp_path: Path) -> Iterator[World]:
    """One spreadsheet, shared with a service account."""
    account = emulator.accounts.service_account()
    book = emulator.put("Friends of Plas Brithwen", share={account["client_email"]: "writer"})
    made = World(emulator, tmp_path, book, account)
    yield made
    for one in (*made.opened, *made.spoken):
        one.close()

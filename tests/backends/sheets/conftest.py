"""A Google Sheet as an organisation meets it: a spreadsheet that somebody made and shared, opened by machines."""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))  # for `sheet_office`

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
    prepared: Prepared | None = None
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
        settings = {**house.section("sheets"), "timeout_seconds": 3, **section}
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
        known = self.prepared.take(self, place, tuple(types)) if self.prepared else True
        store = SheetsStore(api, place, types, house, opens)
        store.look()
        if store.outcome.why is not None:
            raise store.outcome.why
        if self.prepared and not known:
            self.prepared.keep(self, place, tuple(types))
        self.opened.append(store)
        return store


@dataclass
class Prepared:
    """Spreadsheets as they are when perthyn has just opened them, with what the machine keeps beside: by types.

    Making tabs and tables takes most of a second; a copy of them takes a few milliseconds.
    """

    folder: Path
    books: dict[tuple[type[Record], ...], Book] = field(default_factory=dict)

    def take(self, world: World, place: Place, types: tuple[type[Record], ...]) -> bool:
        """Give an untouched spreadsheet what was prepared; False where nothing is prepared yet, but should be."""
        file = world.emulator.files[world.book.id]
        assert file.book is not None
        if place.known or len(file.book.sheets) > 1:
            return True
        if types not in self.books:
            return False
        file.book = self.books[types].copy(file.id, file.book.title)
        world.emulator.adopt(file)
        world.book = file.book
        shutil.copytree(self._beside(types), place.folder)
        return True

    def keep(self, world: World, place: Place, types: tuple[type[Record], ...]) -> None:
        """Remember how it is now."""
        self.books[types] = world.book.copy(world.book.id, world.book.title)
        shutil.copytree(place.folder, self._beside(types))

    def _beside(self, types: tuple[type[Record], ...]) -> Path:
        return self.folder / str(list(self.books).index(types))


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Spreadsheets that were opened once."""
    return Prepared(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A running emulator, which must not have failed itself."""
    with Emulator() as running:
        yield running
    assert running.failures == []


@pytest.fixture
def world(emulator: Emulator, tmp_path: Path) -> Iterator[World]:
    """One spreadsheet, shared with a service account."""
    yield from _worlds(emulator, tmp_path, None)


@pytest.fixture
def quick(emulator: Emulator, tmp_path: Path, prepared: Prepared) -> Iterator[World]:
    """The same, with tabs and tables that were made before; for tests that are not about that."""
    yield from _worlds(emulator, tmp_path, prepared)


def _worlds(emulator: Emulator, folder: Path, prepared: Prepared | None) -> Iterator[World]:
    account = emulator.accounts.service_account()
    book = emulator.put("Friends of Plas Brithwen", share={account["client_email"]: "writer"}, id="1PlasBrithwen" * 3)
    made = World(emulator, folder, book, account, prepared=prepared)
    yield made
    for one in (*made.opened, *made.spoken):
        one.close()

"""A Google Sheet to play on: an emulator, a spreadsheet shared with perthyn, and people who edit it between commands.

What tests and pictures of the pages run in.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))

import sheet_picture
import tutorial
from sheets_emulator.book import Book
from sheets_emulator.clock import RealClock
from sheets_emulator.people import People
from sheets_emulator.server import Emulator

PLACE = "https://docs.google.com/spreadsheets/d/"
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
TITLE = "Plas Brithwen"
FILES = ("members.xlsx", "justgiving.csv")
QUESTIONS = {
    ("Quiet givers", "Rhoddwyr tawel"): "donations at least 2 in last 24 months and no visits in last 6 months",
    ("Members", "Aelodau"): "role is member",
    ("Givers", "Rhoddwyr"): "donations at least 1 in last 12 months",
}
SHOWN = {"contacts": ("Contacts", "Cysylltiadau", 12), "interactions": ("Interactions", "Rhyngweithiadau", 10),
         "segments": ("Segments", "Segmentau", 4), "problems": ("Problems", "Problemau", 5)}  # fmt: skip
"""The tabs that are pictured: name of the picture -> their titles, and how many rows."""


@dataclass
class Stage:
    """A spreadsheet, and a folder that commands run in; with each command a minute goes by.

    `account`: the address of the account that perthyn works as.
    """

    emulator: Emulator
    book: Book
    account: str
    minutes: int = field(default=0)

    @property
    def people(self) -> People:
        """Whoever has the spreadsheet open in a browser."""
        return self.emulator.people

    @property
    def address(self) -> str:
        """The spreadsheet's address."""
        return f"{PLACE}{self.book.id}"

    def now(self) -> datetime:
        """The time at which commands run."""
        return tutorial.TODAY + timedelta(minutes=self.minutes)

    def show(self, command: str) -> str:
        """What a command shows, as `tutorial.show` has it."""
        self.minutes += 1
        return tutorial.show(command)


@contextmanager
def staged() -> Iterator[Stage]:
    """A stage in a folder that goes again."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tutorial.settled(Path(folder)),
        Emulator(clock=RealClock()) as emulator,
    ):
        emulator.quotas.on = False
        key = emulator.accounts.service_account()
        Path("perthyn-google.json").write_text(json.dumps(key), encoding="utf-8")
        account = key["client_email"]
        stage = Stage(emulator, emulator.put(TITLE, share={account: "writer"}), account)
        os.environ["PERTHYN_SHEETS__ENDPOINT"] = emulator.url
        with patch("perthyn.cli.session._now", stage.now):
            yield stage
        if emulator.failures:
            raise RuntimeError(emulator.failures)


# -- the pictures -------------------------------------------------------------------------------------------------


def draw() -> Iterator[tuple[Path, str]]:
    """The tabs as SVG, in both languages: the demonstration's invented people, and what somebody does to them."""
    for place, language in enumerate(("en", "cy")):
        with staged() as stage:
            stage.show("perthyn demo example --files-only")
            stage.show(f'perthyn init --store {stage.address} --organisation "{TITLE}" --language {language}')
            stage.show("perthyn import " + " ".join(f"example/{name}" for name in FILES))
            for names, rule in QUESTIONS.items():
                stage.show(f'perthyn segment add "{names[place]}" "{rule}"')
            stage.people.delete_tab("Sheet1")
            _by_hand(stage.people, *(titles[place] for titles in SHOWN.values()), unused="BA"[place])
            stage.show("perthyn sync")
            for name, (*titles, rows) in SHOWN.items():
                svg = sheet_picture.picture(stage.people.tab(titles[place]), rows=rows)
                yield PICTURES / f"sheet-{name}-{language}.svg", svg


def _by_hand(people: People, contacts: str, interactions: str, segments: str, problems: str, unused: str) -> None:
    """Somebody sorts by name, adds a column, colours a row, moves columns, mistypes an address, a day and a rule."""
    people.sort(contacts, "A")
    people.insert_columns(contacts, "E")
    people.type(contacts, "E1", "Te parti?")
    for row in (3, 4, 7):
        people.type(contacts, f"E{row}", "✓")
    people.colour(contacts, "A4:K4", 1, 0.95, 0.8)
    people.type(contacts, "C6", "gofyn iddi / ask her")
    people.type(interactions, "A4", "31/9/2026")
    people.move_columns(segments, unused, "I")  # the name in the other language
    people.move_columns(segments, "D", "I")
    people.type(segments, "C2", "donatoins at least 1 in last 12 months")

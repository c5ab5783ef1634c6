"""The command line in a folder with credentials, on an emulator that lives by the real time, as commands do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sheets_emulator.clock import RealClock
from sheets_emulator.server import Emulator

from perthyn.cli.main import run
from perthyn_sheets.addresses import address_of


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """One that lives by the real time. Nobody waits for its quota."""
    with Emulator(clock=RealClock()) as running:
        running.quotas.on = False
        yield running
    assert running.failures == []


@dataclass
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What ``--json`` gave."""
        return json.loads(self.out)


@dataclass
class Face:
    """A person at the command line; what people do in the browser."""

    world: Any
    capsys: pytest.CaptureFixture[str]

    @property
    def address(self) -> str:
        """The sheet's short address."""
        return address_of(self.world.book.id)

    def __call__(self, *words: str, machine: str = "one", code: int = 0) -> Said:
        """Run a command in the folder of a machine; it must end with this code."""
        folder = self.world.machine(machine).folder
        self.capsys.readouterr()
        ended = run(["--lang", self.world.language, "--at", str(folder), *words])
        said = Said(ended, *self.capsys.readouterr())
        assert said.code == code, said.out + said.err
        assert "Traceback" not in said.err
        return said

    def begun(self) -> None:
        """The records live in the sheet."""
        self("init", "--store", self.address)


@pytest.fixture
def perthyn(world: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Face:
    """Runs commands; the language is the world's."""
    monkeypatch.setenv("PERTHYN_SHEETS__ENDPOINT", world.emulator.url)
    monkeypatch.setenv("PERTHYN_SHEETS__WRITES_PER_MINUTE", "500")
    monkeypatch.setenv("PERTHYN_SHEETS__READS_PER_MINUTE", "500")
    return Face(world, capsys)

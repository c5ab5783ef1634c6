"""What this machine keeps beside the sheet: the mirror, how far both are in step, and a lock for who brings them there.

The mirror's own history is the outbox: a batch that is applied and that the sheet has not seen waits to be sent.
"""

from __future__ import annotations

import platform
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from perthyn.errors import PerthynError
from perthyn.settings import write_whole
from perthyn_sheets.sheet import Standing

FOLDER = "perthyn.sheet"
"""The folder beside ``perthyn.toml`` that holds a folder for each sheet."""


class Marker(BaseModel):
    """The number and text that one write leaves in the sheet, so that it can't be applied twice."""

    model_config = ConfigDict(frozen=True)

    number: int
    text: str
    at: datetime


class State(BaseModel):
    """How far sheet and mirror are in step.

    `installation`: what tells this machine from others. `mirror`: the name of its file. `shared`: the number of the
    mirror's last batch up to which the sheet has all; `known`: ids of later batches that it has too. `flight`: a
    write that may or may not have reached the sheet; `halfway`: whether some of what waits to be sent may be there.
    `markers`: those that were left there. `remade`, `lost`: tabs, and columns by tab, that were missing, have been
    made anew and not been filled yet. `standing`: where tabs and columns stood. `version`: Google's version of the
    file when it was last read whole. `vanished`: rows that were missing once, by record type. `erased`:
    fingerprints of records that must never come back. `stopped`: the code of what a person must decide first.
    `manner`: how the sheet shows records, as it says itself. `copied`: the sheet that this one is a copy of.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    installation: str
    machine: str
    mirror: str = "mirror-1.sqlite"
    shared: int = 0
    known: tuple[UUID, ...] = ()
    flight: Marker | None = None
    halfway: bool = False
    remade: tuple[str, ...] = ()
    lost: Mapping[str, tuple[str, ...]] = {}
    markers: tuple[Marker, ...] = ()
    standing: Mapping[str, Standing] = {}
    version: str = ""
    in_step: datetime | None = None
    looked: datetime | None = None
    vanished: Mapping[str, tuple[UUID, ...]] = {}
    erased: tuple[str, ...] = ()
    manner: str = ""
    copied: str = ""
    stopped: str = ""
    stopped_facts: Mapping[str, str | int] = {}


def _number(name: str) -> int:
    return int(name.removeprefix("mirror-").partition(".")[0])


class Place:
    """The folder of one sheet on this machine."""

    def __init__(self, folder: Path, sheet: str) -> None:
        self.folder = folder / FOLDER / sheet
        self.quota = folder / FOLDER / "quota.sqlite"
        self._file = self.folder / "state.json"

    @property
    def known(self) -> bool:
        """Whether the sheet was ever opened here."""
        return self._file.is_file()

    def read(self) -> State:
        """Raises `PerthynError` (``sheets.state.unreadable``)."""
        try:
            return State.model_validate_json(self._file.read_bytes())
        except (OSError, ValidationError) as error:
            raise PerthynError("sheets.state.unreadable", file=str(self._file), why=type(error).__name__) from error

    def keep(self, state: State) -> State:
        """Have it last; answers it. Raises `PerthynError` (``sheets.state.unwritable``)."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, state.model_dump_json(), secret=True)
        except OSError as error:
            raise PerthynError("sheets.state.unwritable", file=str(self._file), why=error.strerror or "?") from error
        return state

    def note(self, **said: Any) -> State:
        """Have some of the state changed; answers it. Raises what `read` and `keep` raise."""
        state = self.read()
        changed = state.model_copy(update=said)
        return state if changed == state else self.keep(changed)

    def begin(self, installation: str) -> State:
        """The state of a sheet that is new to this machine."""
        return self.keep(State(installation=installation, machine=platform.node() or "?"))

    def forget(self) -> None:
        """Keep nothing of a sheet that could not be opened."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # other sheets' folders, or what is used of the quota
            self.folder.parent.rmdir()

    def mirror(self, name: str) -> str:
        """The address of a mirror."""
        return f"sqlite:///{(self.folder / name).resolve().as_posix()}"

    def sweep(self, name: str) -> None:
        """Delete the mirrors that were there before this one: what was erased must not lie there."""
        for file in self.folder.glob("mirror-*"):
            if _number(file.name) < _number(name):
                with suppress(OSError):  # another process still reads it
                    file.unlink()

    @contextmanager
    def alone(self, wait: float) -> Iterator[bool]:
        """Whether nobody else on this machine brings this sheet in step meanwhile; a dead process holds nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.folder / "lock", timeout=wait, isolation_level=None)) as lock:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                yield False
                return
            yield True

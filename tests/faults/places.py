"""Place: a folder of an organisation and what surrounds it; prepared once, copied afresh for every fault."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

COMMAND = Path(__file__).with_name("command.py")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended; a killed one has the signal's number, negative, as its code."""

    code: int
    out: str
    err: str


class Perthyn:
    """The real command, run in a process that is ready for it; see `command.py`."""

    def __enter__(self) -> Perthyn:
        command = [sys.executable, str(COMMAND)]
        self._ready = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._ready.communicate()

    def run(self, arguments: Sequence[str], place: Place, watched: Sequence[str] = ()) -> Ended:
        """Run the command in a place, watched by strace where given."""
        asked = {"argv": arguments, "home": str(place.home), "environ": place.environ(), "watched": watched}
        assert self._ready.stdin is not None and self._ready.stdout is not None
        self._ready.stdin.write(json.dumps(asked) + "\n")
        self._ready.stdin.flush()
        return Ended(**json.loads(self._ready.stdout.readline()))

    def done(self, place: Place, *arguments: str, code: int = 0) -> Ended:
        """Run a command that must end with this code."""
        ended = self.run(arguments, place)
        if ended.code != code:
            raise AssertionError(f"perthyn {' '.join(arguments)}: {ended.code}\n{ended.out}{ended.err}")
        return ended


@dataclass(frozen=True, slots=True)
class Place:
    """`base` holds ``home`` (the organisation's folder) and ``temp`` (what is temporary)."""

    base: Path

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def temp(self) -> Path:
        return self.base / "temp"

    def made(self) -> Place:
        """The same place, there and empty."""
        shutil.rmtree(self.base, ignore_errors=True)
        self.home.mkdir(parents=True)
        self.temp.mkdir()
        return self

    def copied_to(self, other: Place) -> Place:
        """The other place, now like this one."""
        shutil.rmtree(other.base, ignore_errors=True)
        shutil.copytree(self.base, other.base)
        return other

    def environ(self) -> Mapping[str, str]:
        """The environment of a command here; nothing of the caller's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PERTHYN_", "PYTEST_"))}
        return {**kept, "PERTHYN_AT": str(self.home), "PERTHYN_USER": "ann", "TMPDIR": str(self.temp)}

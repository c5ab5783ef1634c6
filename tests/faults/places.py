"""Place: a folder of an organisation, its databases and what surrounds it; prepared once, put back for every fault."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))

from postgres import run, with_database

COMMAND = Path(__file__).with_name("command.py")
STORE, TARGET, KEY = "perthyn.sqlite", "moved.sqlite", "backup.key"


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

    def __exit__(self, *_: object) -> None:
        self._ready.communicate()

    def run(self, arguments: Sequence[str], place: Place, watched: Sequence[str] = ()) -> Ended:
        """Run the command in a place, watched by strace where given; ``{store}`` and ``{target}`` are its stores."""
        argv = [one.format(store=place.store, target=place.target) for one in arguments]
        asked = {"argv": argv, "home": str(place.home), "environ": place.environ(), "watched": watched}
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
    """`base` holds ``home`` (the organisation's folder) and ``temp`` (what is temporary).

    `server`: the address of a PostgreSQL server. `kept`: what it keeps of ``store`` and ``target`` (of a move); what it
    does not is a file in the home folder.
    """

    base: Path
    server: str = ""
    kept: tuple[str, ...] = ()

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def temp(self) -> Path:
        return self.base / "temp"

    @property
    def store(self) -> str:
        """The address of the store."""
        return self._address("store") if "store" in self.kept else self._file(STORE)

    @property
    def target(self) -> str:
        """The address of another store, there is none yet."""
        return self._address("target") if "target" in self.kept else self._file(TARGET)

    def _file(self, name: str) -> str:
        return f"sqlite:///{(self.home / name).as_posix()}"

    def _address(self, name: str) -> str:
        return with_database(self.server, self._database(name))

    def _database(self, name: str) -> str:
        return f"faults_{sha256(str(self.base).encode()).hexdigest()[:8]}_{name}"

    def make(self) -> None:
        """Let it be there, and empty."""
        self.home.mkdir(parents=True)
        self.temp.mkdir()
        for name in self.kept:
            run(self.server, f"CREATE DATABASE {self._database(name)} TEMPLATE template0 ENCODING 'UTF8'")
        if "store" in self.kept:
            (self.home / "perthyn.toml").write_text(f'store = "{self.store}"\n', encoding="utf-8")

    def save(self) -> None:
        """Keep it as it is."""
        shutil.copytree(self.base, self.base.with_name("saved"))
        for name in self.kept:
            run(self.server, f"CREATE DATABASE {self._database(name)}_saved TEMPLATE {self._database(name)}")

    def restore(self) -> None:
        """Put it back as it was saved."""
        shutil.rmtree(self.base)
        shutil.copytree(self.base.with_name("saved"), self.base)
        for name in self.kept:
            self._drop(self._database(name))
            run(self.server, f"CREATE DATABASE {self._database(name)} TEMPLATE {self._database(name)}_saved")

    def drop(self) -> None:
        """Let nothing of it stay on the server."""
        for name in self.kept:
            self._drop(self._database(name))
            self._drop(f"{self._database(name)}_saved")

    def _drop(self, database: str) -> None:
        run(self.server, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def settle(self) -> None:
        """Wait until the server has noticed that a command is dead and has finished what it was doing for it."""
        names = [self._database(name) for name in self.kept]
        while names and self._busy(names):
            time.sleep(0.005)

    def _busy(self, names: Sequence[str]) -> bool:
        wanted = ", ".join(f"'{name}'" for name in names)
        return bool(run(self.server, f"SELECT count(*) FROM pg_stat_activity WHERE datname IN ({wanted})")[0][0])

    def environ(self) -> Mapping[str, str]:
        """The environment of a command here; nothing of the caller's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PERTHYN_", "PYTEST_"))}
        ours = {"PERTHYN_AT": self.home, "PERTHYN_USER": "ann", "PERTHYN_BACKUP_KEY": self.home / KEY}
        return {**kept, **{name: str(value) for name, value in ours.items()}, "TMPDIR": str(self.temp)}

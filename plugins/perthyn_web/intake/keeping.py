"""Keeping: a file that was brought, what a person wants done with it, and what became of it, in a folder of its own.

The folder stands beside the records and has a random name; only its owner may look into it. A file is kept under a name
of ours: what its sender calls it is never a path. Whoever reads a state reads it whole, whoever writes meanwhile.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import get_ident
from typing import IO, Any
from uuid import UUID

from perthyn.crm import Crm, Reading
from perthyn.errors import PerthynError, Unknown
from perthyn.importing.consents import YesMeans
from perthyn.importing.maps import MapColumn, MapFile
from perthyn.importing.refused import RefusedRow
from perthyn.model import plain
from perthyn.screens import file_name

FOLDER = "perthyn.imports"
KEPT = timedelta(days=30)
"""How long a file waits that nobody goes on with, and what was refused of one that is in."""
STORED = timedelta(minutes=10)
"""So long after it was noted that rows are being stored, nobody believes it any more."""
LARGEST = 200 * 1024 * 1024
"""Bytes of one file."""
_ENDING = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is to be read, as far as a person has said so; "" and {} leave it to the file.

    `columns`: by header, all of them or none. `yes`: what the people of the file said yes to. `keep`: read files with
    the same columns so from now on.
    """

    encoding: str = ""
    delimiter: str = ""
    source: str = ""
    about: str = ""
    known: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, MapColumn] = field(default_factory=dict)
    yes: YesMeans | None = None

    @property
    def map(self) -> MapFile | None:
        """The map that says so."""
        return MapFile(self.columns, self.source, self.about, self.known, self.defaults) if self.columns else None


@dataclass(frozen=True, slots=True)
class State:
    """How far it is. `rows`: read so far, of `total` where that is known; `code`, `facts`: why it failed.

    *open*: a person is to say what is next; *waiting*, *reading*, *storing*: it is being looked at (`dry`) or taken in;
    *looked*, *done*, *failed*: that has ended.
    """

    phase: str = "open"
    dry: bool = False
    rows: int = 0
    total: int = 0
    job: str = ""
    since: str = ""
    code: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether something is being done with it."""
        return self.phase in ("waiting", "reading", "storing")


@dataclass(frozen=True)
class Watched:
    """Something long that a job does: how far it is, and what came of it, in a folder of its own."""

    folder: Path

    @property
    def state(self) -> State:
        """How far it is."""
        return State(**self._read("state"))

    def keep_state(self, state: State) -> None:
        """Keep how far it is."""
        self._write("state", asdict(state))

    @property
    def outcome(self) -> Mapping[str, Any]:
        """What would come, or has come, of it; {} before anybody looked."""
        return self._read("outcome")

    def keep_outcome(self, outcome: Mapping[str, Any]) -> None:
        """Keep what came of it."""
        self._write("outcome", outcome)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        fresh = self.folder / f"{name}.{os.getpid()}.{get_ident()}.part"
        fresh.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8", errors="replace")
        for _ in range(5):  # on Windows a file that somebody is reading can't be replaced
            with suppress(PermissionError):
                fresh.replace(self.folder / f"{name}.json")
                return


@dataclass(frozen=True)
class Intake(Watched):
    """A table that was brought. `name`: the file's, as its sender calls it; `sheet`: which of a workbook's, else "".

    `by`: who brought it; `parent`: the intake whose refused rows these are, put right.
    """

    id: UUID
    name: str
    sheet: str
    made: datetime
    by: str
    parent: UUID | None = None

    # -- the file ------------------------------------------------------------------------------------------------

    @property
    def file(self) -> Path | None:
        """The file itself; None when it has been taken in."""
        return next(self.folder.glob("file*"), None)

    def reading(self, plan: Plan) -> Reading:
        """How its file is to be read."""
        return Reading(
            plan.map, plan.source, self.sheet or None, plan.encoding or None, plan.delimiter or None, self.name
        )

    # -- what is to be done, and what became of it ---------------------------------------------------------------

    @property
    def plan(self) -> Plan:
        """What a person has said so far."""
        return plan_from(self._read("plan"))

    def keep_plan(self, plan: Plan) -> None:
        """Keep what a person says."""
        self._write("plan", as_json(plan))

    # -- refused rows --------------------------------------------------------------------------------------------

    def begin_refused(self) -> None:
        """Nothing has been refused yet."""
        self._refused.write_bytes(b"")
        self._write("refused", {})

    def add_refused(self, rows: Iterable[RefusedRow]) -> None:
        """Rows more that were refused."""
        lines = [f"{json.dumps(_row_json(one), ensure_ascii=False)}\n" for one in rows]
        count = self.waiting + len(lines)
        with self._refused.open("a", encoding="utf-8", errors="surrogatepass") as out:
            out.writelines(lines)
        self._write("refused", {"count": count, "size": self._refused.stat().st_size})

    @property
    def waiting(self) -> int:
        """How many rows are refused, as it was noted; they are read only where whoever wrote them was stopped."""
        with suppress(FileNotFoundError):
            told, size = self._read("refused"), self._refused.stat().st_size
            if told.get("size", 0) == size:
                return int(told.get("count", 0))
            with self._refused.open("rb") as lines:
                return sum(1 for _ in lines)
        return 0

    def refused(self) -> Iterator[RefusedRow]:
        """The rows that were refused, in the order of the file."""
        with suppress(FileNotFoundError), self._refused.open(encoding="utf-8", errors="surrogatepass") as lines:
            for line in lines:
                told = json.loads(line)
                reasons = [(column, PerthynError(code, **facts)) for column, code, facts in told["reasons"]]
                yield RefusedRow(told["row"], told["headers"], told["cells"], reasons)

    def leave_refused(self, rows: Iterable[RefusedRow]) -> None:
        """Only these are still refused."""
        kept = list(rows)
        self.begin_refused()
        self.add_refused(kept)

    @property
    def _refused(self) -> Path:
        return self.folder / "refused.jsonl"


# -- all of them -------------------------------------------------------------------------------------------------


def bring(crm: Crm, name: str, content: IO[bytes], parent: Intake | None = None) -> list[Intake]:
    """Keep a file that somebody brings: an intake for each of its tables.

    Raises `PerthynError`: ``web.import.large``, ``import.file.*`` for one that can't be read at all.
    """
    crm.check("import.write")
    name = file_name(name)
    first = _made(crm, name, "", parent)
    try:
        ending = Path(name).suffix.lower()
        file = first.folder / f"file{ending if _ENDING.fullmatch(ending) else ''}"
        _copied(content, file, name)
        sheets = crm.sheets(file, Reading(name=name))
        found = [_kept(replace(first, sheet=sheets[0]))]
        for sheet in sheets[1:]:
            other = _made(crm, name, sheet, parent)
            shutil.copyfile(file, other.folder / file.name)
            found.append(_kept(other))
    except BaseException:
        shutil.rmtree(first.folder, ignore_errors=True)
        raise
    return found


def get(crm: Crm, id: UUID) -> Intake:
    """One of them. Raises `Unknown` (``web.import.gone``)."""
    crm.check("import.read")
    found = _opened(_home(crm) / id.hex)
    if found is None:
        raise Unknown("web.import.gone", id=id.hex[-6:])
    return found


def every(crm: Crm) -> list[Intake]:
    """All of them, the newest first."""
    crm.check("import.read")
    home = _home(crm)
    found = [_opened(one) for one in home.iterdir()] if home.is_dir() else []
    return sorted((one for one in found if one is not None), key=lambda one: (one.made, one.id), reverse=True)


def watched(crm: Crm, name: str) -> Watched:
    """The folder of something long that is no file, by a name of its own."""
    return Watched(_home(crm) / name)


def storing(crm: Crm) -> bool:
    """Whether much is being stored just now, for some minutes perhaps: whoever writes something meanwhile waits."""
    home, now = _home(crm), crm.clock().timestamp()
    for folder in home.iterdir() if home.is_dir() else ():
        state = folder / "state.json"
        with suppress(OSError):
            if now - state.stat().st_mtime < STORED.total_seconds() and b'"storing"' in state.read_bytes():
                return True
    return False


def drop(intake: Intake) -> None:
    """Keep it no longer."""
    shutil.rmtree(intake.folder, ignore_errors=True)


def clean(crm: Crm) -> None:
    """Keep no longer what nobody has gone on with, and folders that hold none."""
    home, before = _home(crm), crm.clock() - KEPT
    for folder in home.iterdir() if home.is_dir() else ():
        intake = _opened(folder)
        if intake is not None and intake.made < before and not intake.state.running:
            drop(intake)
        elif intake is None and folder.stat().st_mtime < before.timestamp():
            shutil.rmtree(folder, ignore_errors=True)


def as_json(plan: Plan) -> dict[str, Any]:
    """A plan as JSON holds it."""
    return asdict(replace(plan, columns=dict(plan.columns), defaults=dict(plan.defaults)))


def plan_from(told: Mapping[str, Any]) -> Plan:
    """The inverse of `as_json`."""
    columns = {header: MapColumn(**said) for header, said in told.get("columns", {}).items()}
    yes = told.get("yes")
    means = YesMeans(yes["wording"], yes["language"], tuple(yes["purposes"])) if yes else None
    return Plan(**{**told, "columns": columns, "yes": means})


def _home(crm: Crm) -> Path:
    return crm.settings.folder / FOLDER


def _made(crm: Crm, name: str, sheet: str, parent: Intake | None) -> Intake:
    home, id = _home(crm), crm.batch_id()
    home.mkdir(mode=0o700, exist_ok=True)
    folder = home / id.hex
    folder.mkdir(mode=0o700)
    return Intake(folder, id, name, sheet, crm.clock(), crm.actor.name, parent.id if parent else None)


def _kept(intake: Intake) -> Intake:
    told = {"name": intake.name, "sheet": intake.sheet, "made": intake.made.isoformat(), "by": intake.by,
            "parent": intake.parent.hex if intake.parent else ""}  # fmt: skip
    intake._write("intake", told)
    return intake


def _opened(folder: Path) -> Intake | None:
    try:
        told = json.loads((folder / "intake.json").read_text(encoding="utf-8"))
        parent = UUID(told["parent"]) if told["parent"] else None
        return Intake(folder, UUID(folder.name), told["name"], told["sheet"], datetime.fromisoformat(told["made"]),
                      told["by"], parent)  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _copied(content: IO[bytes], file: Path, name: str) -> None:
    size = 0
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while piece := content.read(1 << 20):
            size += len(piece)
            if size > LARGEST:
                raise PerthynError("web.import.large", file=name, megabytes=LARGEST >> 20)
            out.write(piece)


def _row_json(one: RefusedRow) -> dict[str, Any]:
    reasons = [[column, error.code, {name: _fact(fact) for name, fact in error.facts.items()}]
               for column, error in one.reasons]  # fmt: skip
    return {"row": one.row, "headers": list(one.headers), "cells": list(one.cells), "reasons": reasons}


def _fact(value: Any) -> Any:
    value = plain(value)
    return value if isinstance(value, int | float | list | dict | str | None) else str(value)

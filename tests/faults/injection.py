"""Faults at system calls: the write points of a command, and strace's options that spoil one of them.

strace counts each system call by itself, so a point is a call's name and its number in an undisturbed run.
"""

from __future__ import annotations

import random
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ON_FILES = ("pwrite64", "write", "writev", "ftruncate", "fallocate")
ON_NAMES = ("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "mkdir", "mkdirat")
SYNCS = ("fsync", "fdatasync")
SENDS = ("sendto", "sendmsg")
LAST = "exit_group"
POINTS = (*ON_FILES, *ON_NAMES, *SYNCS, *SENDS, LAST)
TAKES_ROOM = tuple(name for name in (*ON_FILES, *ON_NAMES) if not name.startswith("unlink"))
SPOILT = {
    "kill": ("signal=KILL", POINTS),
    "enospc": ("error=ENOSPC", TAKES_ROOM),
    "eio": ("error=EIO", (*ON_FILES, *ON_NAMES, *SYNCS)),
}
"""Kind of fault -> what strace is to inject, and into which calls."""

_CALL = re.compile(r"^(?P<process>\d+) +(?P<call>\w+)\((?:(?P<number>\d+)<(?P<file>[^>]*)>)?")


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`-th call of this name; `before` says how many calls of each name came before it."""

    call: str
    number: int
    file: str
    before: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return f"{self.call} {self.number}{f' on {self.file}' if self.file else ''}"


def missing() -> str:
    """Why no fault can be injected here; "" where one can."""
    if not sys.platform.startswith("linux"):
        return "faults are injected by strace, which is Linux's own"
    return "" if shutil.which("strace") else "strace is not installed"


def watching(log: Path) -> list[str]:
    """What to put before a command to note its calls."""
    return ["strace", "-f", "-qq", "-y", "-s", "0", "-o", str(log), "-e", f"trace={','.join(POINTS)}"]


def spoiling(kind: str, point: Point, lasting: bool, log: Path) -> list[str]:
    """What to put before a command to spoil it at a point; `lasting`: there and at every later call of its kind."""
    how, calls = SPOILT[kind]
    if not lasting:
        return [*watching(log), "-e", f"inject={point.call}:{how}:when={point.number}"]
    earlier = dict(point.before)
    return [*watching(log), *(f"--inject={call}:{how}:when={earlier.get(call, 0) + 1}+" for call in calls)]


def points(log: Path, folder: Path) -> Iterator[Point]:
    """The points that a log holds: calls on files below a folder, on names and on sockets; and the end."""
    counts: Counter[str] = Counter()
    first = ""
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        found = _CALL.match(line)
        if found is None or found["process"] != (first := first or found["process"]):
            continue
        call, file = found["call"], found["file"] or ""
        before = tuple(counts.items())
        counts[call] += 1
        if _counts(call, int(found["number"] or 0), file, folder):
            yield Point(call, counts[call], Path(file).name, before)


def _counts(call: str, number: int, file: str, folder: Path) -> bool:
    if call in SENDS:
        return number > 2  # a command's own words go over the first two
    return call not in ON_FILES + SYNCS or file.startswith(str(folder))


def spread(found: Sequence[Point], most: int, seed: int) -> list[Point]:
    """At most so many of these points, evenly spread; which of each stretch is the seed's choice."""
    if len(found) <= most:
        return list(found)
    shift = random.Random(seed).random()
    return [found[int((place + shift) * len(found) / most)] for place in range(most)]

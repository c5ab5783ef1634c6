"""Throttle: how many requests may still be sent in this minute, over all programs that share a file.

Each request takes a place in a row of times: now, or a minute after the one that stands `limit` places before it. So
no minute holds more than `limit` requests wherever it begins, those who asked first go first, and a program that dies
leaves behind nothing but a place that passes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from perthyn.errors import PerthynError
from perthyn.model.ids import Clock

T = TypeVar("T")

MINUTE = 60.0
FAR = 600.0
"""A place further ahead than this was taken by a clock that was wrong."""

TABLE = "CREATE TABLE IF NOT EXISTS places (kind TEXT NOT NULL, at REAL NOT NULL, shut INTEGER NOT NULL DEFAULT 0)"


class Throttle:
    """Places in the file `file`, made with its folder when it is not there; `limits`: requests a minute, by kind."""

    def __init__(self, file: Path, limits: Mapping[str, int], clock: Clock) -> None:
        self._file = file
        self._limits = limits
        self._clock = clock

    def take(self, kind: str, patience: float) -> float:
        """Take the next place; the seconds until it comes.

        When it would come later than in `patience` seconds none is taken, and the seconds say when it would.
        Raises `PerthynError` (``sheets.quota.file``).
        """

        def taken(places: sqlite3.Connection) -> float:
            now = self._swept(places)
            at = self._next(places, kind, now)
            if at - now <= patience:
                places.execute("INSERT INTO places (kind, at) VALUES (?, ?)", (kind, at))
            return at - now

        return self._held(taken)

    def shut(self, kind: str, seconds: float) -> None:
        """Google refused: nobody gets a place for so many seconds. Raises `PerthynError` (``sheets.quota.file``)."""

        def shut(places: sqlite3.Connection) -> None:
            until = self._swept(places) + seconds
            places.execute("INSERT INTO places (kind, at, shut) VALUES (?, ?, 1)", (kind, until))

        self._held(shut)

    def used(self, kind: str) -> int:
        """Places of the last minute. Raises `PerthynError` (``sheets.quota.file``)."""

        def used(places: sqlite3.Connection) -> int:
            now = self._swept(places)
            asked = "SELECT count(*) FROM places WHERE kind = ? AND NOT shut AND at <= ?"
            count: int = places.execute(asked, (kind, now)).fetchone()[0]
            return count

        return self._held(used)

    def _next(self, places: sqlite3.Connection, kind: str, now: float) -> float:
        """The time of the next place."""
        before = "SELECT at FROM places WHERE kind = ? AND NOT shut ORDER BY at DESC LIMIT 1 OFFSET ?"
        full = places.execute(before, (kind, self._limits[kind] - 1)).fetchone()
        shut = places.execute("SELECT max(at) FROM places WHERE kind = ? AND shut", (kind,)).fetchone()[0]
        return max(now, full[0] + MINUTE if full else now, shut or now)

    def _swept(self, places: sqlite3.Connection) -> float:
        """Forget what is past; the time it is."""
        now = self._clock().timestamp()
        places.execute("DELETE FROM places WHERE at <= ? OR at > ?", (now - MINUTE, now + FAR))
        return now

    def _held(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` while nobody else does; a file that is no database any more holds nothing worth keeping."""
        try:
            try:
                with self._places() as places:
                    return work(places)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                self._file.unlink()
                with self._places() as places:
                    return work(places)
        except (sqlite3.Error, OSError) as error:
            raise PerthynError("sheets.quota.file", file=str(self._file), reason=str(error)) from error

    @contextmanager
    def _places(self) -> Iterator[sqlite3.Connection]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as places:
            places.execute("PRAGMA synchronous = OFF")
            places.execute("BEGIN IMMEDIATE")
            places.execute(TABLE)
            yield places
            places.execute("COMMIT")

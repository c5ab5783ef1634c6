"""The time that the emulator lives by: moved by tests, or the real one when it is started by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime

MORNING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Where a moved clock starts: a Monday morning."""


class Clock:
    """A clock that stands still but for a millisecond a request (`tick`), until it is moved (`advance`)."""

    def __init__(self, start: datetime = MORNING) -> None:
        self._now = start.timestamp()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._now

    __call__ = now

    def tick(self) -> None:
        """One request came: later things have later times."""
        self._now += 0.001

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self._now += seconds


class RealClock(Clock):
    """The machine's clock, which `advance` moves ahead of the real time."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self._ahead

    __call__ = now

    def tick(self) -> None:
        """Real time passes by itself."""

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self._ahead += seconds


def stamp(seconds: float) -> str:
    """An instant as Drive writes it: `2026-01-05T09:00:00.000Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

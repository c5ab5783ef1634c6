"""Pacing: how much an account may send, counted from what has gone out; what exceeds it waits."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import datetime, timedelta

from perthyn.channel import Pace

DAY, MINUTE = timedelta(hours=24), timedelta(seconds=60)


class Pacing:
    """When letters went out, and when the next one may go. `gone` is asked for only where there is a limit."""

    def __init__(self, pace: Pace, gone: Iterable[datetime] = ()) -> None:
        self._limits = [(most, span) for most, span in ((pace.a_day, DAY), (pace.a_minute, MINUTE)) if most is not None]
        self._gone = sorted(gone) if self._limits else []

    @property
    def counts(self) -> bool:
        """Whether there is any limit."""
        return bool(self._limits)

    def note(self, at: datetime) -> None:
        """A letter went out."""
        if self._limits:
            insort(self._gone, at)

    def next(self, now: datetime) -> datetime:
        """When the next letter may go: now, or when enough of those before are long enough ago.

        With a limit of none it is a span later, to be asked again.
        """
        found = now
        for most, span in self._limits:
            within = [at for at in self._gone[-max(most, 1) :] if at > now - span]
            if most < 1 or len(within) >= most:
                found = max(found, (within[0] if within else now) + span)
        return found

"""Paces: how often each token and each sign-in may ask, by a bucket that fills as time goes by."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from perthyn.errors import PerthynError

PER_MINUTE = 600
MOST = 10_000
"""So many buckets are held; the ones that are full again go first."""


class Paces:
    """One bucket for each of those who ask. `per_minute`: how many requests it holds, and gains in a minute."""

    def __init__(self, per_minute: int = PER_MINUTE) -> None:
        self.per_minute = max(1, per_minute)
        self._full: dict[str, datetime] = {}
        self._one_at_a_time = Lock()

    def take(self, who: str, now: datetime) -> None:
        """Let one request through. Raises `PerthynError` (``api.pace``, seconds) where there were too many.

        Of each bucket it is known when it will be full again (a generic cell rate algorithm, ITU-T I.371).
        """
        each = timedelta(minutes=1) / self.per_minute
        with self._one_at_a_time:
            full = max(self._full.get(who, now), now) + each
            over = full - now - timedelta(minutes=1)
            if over > timedelta():
                raise PerthynError("api.pace", most=self.per_minute, seconds=int(over.total_seconds()) + 1)
            if len(self._full) >= MOST:
                self._full = {name: at for name, at in self._full.items() if at > now}
            self._full[who] = full

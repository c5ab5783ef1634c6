"""Desks: opened `Crm`s, each lent to one request at a time; a store serves one thread at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import LifoQueue
from threading import Lock
from time import monotonic

from perthyn.crm import Crm
from perthyn.errors import PerthynError

BRIEF = 0.05
"""Seconds for which a request has the processor to itself; most are answered sooner."""

PATIENCE = 5
"""Seconds that somebody at a page waits while others write; who gives up then is told to come again."""


class Turns:
    """Brief requests go one after the other, in the order they came: threads that all compute at once hand Python to
    and fro at each statement, and each takes as long as all of them. Whoever takes long no longer holds up the others.
    """

    def __init__(self, brief: float = BRIEF) -> None:
        self._brief, self._guard = brief, Lock()
        self._waiting: deque[Lock] = deque()
        self._now: Lock | None = None
        self._since = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """One's turn."""
        gate = Lock()
        gate.acquire()
        with self._guard:
            self._waiting.append(gate)
            if self._now is None:
                self._pass_on()
        while not gate.acquire(timeout=self._brief):
            with self._guard:
                if monotonic() - self._since >= self._brief:
                    self._pass_on()
        try:
            yield
        finally:
            with self._guard:
                if self._now is gate:
                    self._pass_on()

    def _pass_on(self) -> None:
        self._now, self._since = self._waiting.popleft() if self._waiting else None, monotonic()
        if self._now is not None:
            self._now.release()


class Desks:
    """At most `count` of them; each is opened when it is first needed, and anew after something broke at it."""

    def __init__(self, make: Callable[[], Crm], count: int = 4) -> None:
        self._make, self._count, self._one_at_a_time = make, count, Lock()
        self._turns = Turns()
        self._free: LifoQueue[Crm | None] = LifoQueue()
        for _ in range(count):
            self._free.put(None)

    @contextmanager
    def __call__(self) -> Iterator[Crm]:
        """Lend one; waits where all are lent. Raises what opening a store raises."""
        with self._turns(), self._lent() as crm:
            yield crm.acting(crm.actor, crm.language)

    @contextmanager
    def _lent(self) -> Iterator[Crm]:
        crm = self._free.get()
        try:
            if crm is None:
                with self._one_at_a_time:
                    crm = self._make()
            yield crm
        except BaseException as error:
            if crm is not None and not isinstance(error, PerthynError):
                crm.store.close()
                crm = None
            raise
        finally:
            self._free.put(crm)

    def close(self) -> None:
        """Close all, when nothing is lent any more."""
        for _ in range(self._count):
            crm = self._free.get()
            if crm is not None:
                crm.store.close()

"""Desks: opened `Crm`s, each lent to one request at a time; a store serves one thread at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import LifoQueue
from threading import Condition, Lock
from time import monotonic

from perthyn.crm import Crm
from perthyn.errors import PerthynError

BRIEF = 0.05
"""Seconds for which a request has the processor to itself; most are answered sooner."""

PATIENCE = 5
"""Seconds that somebody at a page waits while others write; who gives up then is told to come again."""


class Turns:
    """Brief requests go one after the other: threads that all compute at once hand Python to and fro at each statement,
    and each takes as long as all of them. Whoever takes longer than `brief` no longer holds up the others.
    """

    def __init__(self, brief: float = BRIEF) -> None:
        self._brief, self._changed = brief, Condition()
        self._now: tuple[float] | None = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """One's turn."""
        with self._changed:
            while self._now is not None and (left := self._now[0] + self._brief - monotonic()) > 0:
                self._changed.wait(left)
            mine = self._now = (monotonic(),)
        try:
            yield
        finally:
            with self._changed:
                if self._now is mine:
                    self._now = None
                    self._changed.notify()


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
        crm = self._free.get()
        try:
            if crm is None:
                with self._one_at_a_time:
                    crm = self._make()
            with self._turns():
                yield crm.acting(crm.actor, crm.language)
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

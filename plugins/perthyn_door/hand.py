"""The hand: a thread that does what is due, one thing after the other, as long as the door is open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from threading import Event, Thread

from perthyn.crm import Crm, Done

POLL, REST = 2.0, 30.0
"""Seconds between two looks at what is due, and after the store could not be used."""


class Hand(Thread):
    """Does what is due. `make`: opens a `Crm` of its own. `told`, `hindered`: what became of each, and what the store
    said. `wake()`: something is due now; `end()`: stop when the present job is done.
    """

    def __init__(
        self,
        make: Callable[[], Crm],
        worker: str,
        told: Callable[[Done], None],
        hindered: Callable[[Exception], None],
        poll: float = POLL,
    ) -> None:
        super().__init__(name="hand", daemon=True)
        self._make, self._worker, self._told, self._hindered, self._poll = make, worker, told, hindered, poll
        self._ended, self._woken = Event(), Event()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                self._work()
            except Exception as error:
                self._hindered(error)
                self._ended.wait(REST)

    def wake(self) -> None:
        """Look at once."""
        self._woken.set()

    def end(self) -> None:
        """Stop between two jobs."""
        self._ended.set()
        self._woken.set()

    def _work(self) -> None:
        crm = self._make()
        with closing(crm.store):
            while not self._ended.is_set():
                self._woken.clear()
                for done in replace(crm).do_due(self._worker, self._ended.is_set):
                    self._told(done)
                self._woken.wait(self._poll)

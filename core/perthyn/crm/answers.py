"""Answers: what was worked out from a store, and when, for all the desks of one process."""

from __future__ import annotations

from threading import Lock
from typing import Any

from perthyn.crm.written import Mark
from perthyn.rules import Closed


class Answers:
    """Answers to closed rules by name, each with the place in the store's history at which it was right."""

    def __init__(self) -> None:
        self._held: dict[str, dict[Closed, tuple[Mark, Any]]] = {}
        self._guard = Lock()

    def held(self, name: str, rule: Closed) -> tuple[Mark, Any] | None:
        """What was answered last, and where the history stood then."""
        with self._guard:
            return self._held.get(name, {}).get(rule)

    def keep(self, name: str, rule: Closed, mark: Mark, answer: object, most: int) -> None:
        """Keep an answer; at most so many are held under a name, those asked for last."""
        with self._guard:
            held = self._held.setdefault(name, {})
            held.pop(rule, None)
            while len(held) >= most:
                del held[next(iter(held))]
            held[rule] = (mark, answer)

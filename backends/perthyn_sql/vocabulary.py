"""The distinct words of the store, and which of them are like one that a person typed."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from sqlalchemy import Connection

from perthyn.store import closeness, slips_allowed

LAST = "\U0010ffff"
"""Stands after every letter: the end of the range of words that begin alike."""


class Vocabulary:
    """The distinct words of the store, remembered: in their order for beginnings, by length for slips."""

    def __init__(self) -> None:
        self._newest = 0
        self._sorted: list[str] = []
        self._by_length: dict[int, list[str]] = defaultdict(list)

    def refresh(self, connection: Connection) -> None:
        """Take in what is new; words that nobody has any more do no harm."""
        rows = connection.exec_driver_sql(
            "SELECT id, word FROM search_word_ WHERE id > ? ORDER BY id", (self._newest,)
        ).fetchall()
        if rows:
            self._newest = rows[-1][0]
            for _, word in rows:
                self._by_length[len(word)].append(word)
            self._sorted = sorted({*self._sorted, *(word for _, word in rows)})

    def like(self, asked: str) -> dict[str, int]:
        """Words near to the one asked for, with their closeness (`perthyn.store.closeness`)."""
        first = bisect_left(self._sorted, asked)
        found = dict.fromkeys(self._sorted[first : bisect_left(self._sorted, asked + LAST)], 2)
        if found and self._sorted[first] == asked:
            found[asked] = 3
        slips = slips_allowed(asked)
        if slips:
            from rapidfuzz import process
            from rapidfuzz.distance import OSA

            for length in range(max(1, len(asked) - slips), len(asked) + slips + 1):
                near = process.extract(
                    asked, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=slips, limit=None
                )
                for word, _, _ in near:
                    found.setdefault(word, closeness(asked, word))
        return found

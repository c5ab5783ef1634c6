"""The distinct words of the store, and which of them are like one that a person typed."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from sqlalchemy import Connection

from perthyn.store import slips_allowed
from perthyn_sql.dialect import fetched

LAST = "\U0010ffff"
"""Stands after every letter: the end of the range of words that begin alike."""

SAME, BEGINNING, SLIP = 3, 2, 1
"""The scores of `perthyn.store.closeness`."""


class Vocabulary:
    """The distinct words, remembered: in their order for beginnings, by length for slips."""

    def __init__(self) -> None:
        self._newest = 0
        self._ids: dict[str, int] = {}
        self._sorted: list[str] = []
        self._by_length: dict[int, list[str]] = {}

    def refresh(self, connection: Connection) -> None:
        """Take in what is new; words that nobody has any more do no harm."""
        query = "SELECT word, id FROM search_word_ WHERE id > ? ORDER BY id"
        rows = fetched(connection, query, (self._newest,))
        if rows:
            self._newest = rows[-1][1]
            self._ids.update(rows)
            self._sorted = sorted(self._ids)
            by_length = defaultdict(list)
            for word in self._sorted:
                by_length[len(word)].append(word)
            self._by_length = dict(by_length)

    def like(self, asked: str) -> dict[int, list[int]]:
        """Ids of the words near to the one asked for, by their closeness."""
        first = bisect_left(self._sorted, asked)
        beginning = self._sorted[first : bisect_left(self._sorted, asked + LAST)]
        scores = dict.fromkeys(self._slips(asked), SLIP) | dict.fromkeys(beginning, BEGINNING)
        if asked in self._ids:
            scores[asked] = SAME
        found = defaultdict(list)
        for word, score in scores.items():
            found[score].append(self._ids[word])
        return dict(found)

    def _slips(self, asked: str) -> list[str]:
        slips = slips_allowed(asked)
        if not slips:
            return []
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        found: list[str] = []
        for length in range(len(asked) - slips, len(asked) + slips + 1):
            words = self._by_length.get(length, [])
            near = process.extract(asked, words, scorer=OSA.distance, score_cutoff=slips, limit=None)
            found += [word for word, _, _ in near]
        return found

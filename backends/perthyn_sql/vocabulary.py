"""The distinct words of the store, and which of them are like one that a person typed.

What is the same and what begins so is found by the index of the words. Only the words that may be a slip away from
what is typed are remembered: a word with more digits than slips are allowed is near to nothing that has slips, and most
words of a large store are such, numbers and e-mail addresses with one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from perthyn.store import LONGEST_BEGUN, begins_nearly, slips_allowed
from perthyn_sql.dialect import dialect_of, fetched

LAST = "\U0010ffff"
"""Stands after every letter: the end of the range of words that begin alike."""

SAME, BEGINNING, SLIP = 3, 2, 1
"""The scores of `perthyn.store.closeness`."""

SHORT = LONGEST_BEGUN
"""Words longer than this, most of them addresses, are remembered only once such a one was asked for."""

COUNTED = 20
"""Words that begin so are counted no further."""


@dataclass(frozen=True, slots=True)
class Near:
    """Words equally near to one that was typed: a condition on their ids, its values, and how many, up to `COUNTED`."""

    score: int
    condition: str
    values: tuple[str, ...]
    words: int


class Vocabulary:
    """The distinct words that slips may lead to, by length."""

    def __init__(self) -> None:
        self._newest = {False: 0, True: 0}
        self._by_length: dict[int, dict[str, int]] = defaultdict(dict)

    def like(self, connection: Connection, asked: str) -> list[Near]:
        """The words near to the one asked for, the nearest first."""
        near = []
        same = fetched(connection, "SELECT id FROM search_word_ WHERE word = ?", (asked,))
        if same:
            near.append(_of_ids(SAME, same[0]))
        ends = (asked, asked + LAST)
        some = f"SELECT 1 FROM search_word_ WHERE word > ? AND word < ? LIMIT {COUNTED}"
        beginning = len(fetched(connection, some, ends))
        if beginning:
            within = "IN (SELECT id FROM search_word_ WHERE word > ? AND word < ?)"
            near.append(Near(BEGINNING, within, ends, beginning))
        slips = self._slips(connection, asked)
        return [*near, _of_ids(SLIP, slips)] if slips else near

    def begun(self, connection: Connection, asked: str) -> list[Near]:
        """The words that begin with what is a slip away from the one asked for."""
        self._refresh(connection, False)
        near = [
            id
            for length in range(len(asked) - 1, LONGEST_BEGUN + 1)
            for word, id in self._by_length[length].items()
            if begins_nearly(asked, word)
        ]
        return [_of_ids(SLIP, near)] if near else []

    def _slips(self, connection: Connection, asked: str) -> list[int]:
        slips = slips_allowed(asked)
        if not slips:
            return []
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        self._refresh(connection, False)
        if len(asked) + slips > SHORT:
            self._refresh(connection, True)
        found = []
        for length in range(len(asked) - slips, len(asked) + slips + 1):
            words = self._by_length[length]
            near = process.extract(asked, words.keys(), scorer=OSA.distance, score_cutoff=slips, limit=None)
            found += [words[word] for word, _, _ in near if not word.startswith(asked)]
        return found

    def _refresh(self, connection: Connection, long: bool) -> None:
        """Take in what is new; words that nobody has any more do no harm."""
        (newest,) = fetched(connection, "SELECT coalesce(max(id), 0) FROM search_word_")[0]
        if newest > self._newest[long]:
            few = dialect_of(connection).few_digits("word")
            longer = ">" if long else "<="
            query = f"SELECT word, id FROM search_word_ WHERE id > ? AND length(word) {longer} {SHORT} AND {few}"
            for word, id in fetched(connection, query, (self._newest[long],)):
                self._by_length[len(word)][word] = id
            self._newest[long] = newest


def _of_ids(score: int, ids: Iterable[int]) -> Near:
    listed = sorted(ids)
    return Near(score, f"IN ({', '.join(map(str, listed))})", (), len(listed))

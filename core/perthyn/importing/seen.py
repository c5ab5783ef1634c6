"""What has been seen in a file, for millions of rows: in sixteen bytes a row, and a little room."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Mapping

_RECENT = 1 << 17
_MARKS = 1 << 24


class Seen:
    """Numbers below 2**64 -> numbers below 2**64.

    The latest stand in a dictionary; the older ones in sorted arrays, which are only looked into where a mark says that
    some number of the same ending went there.
    """

    def __init__(self, recent: int = _RECENT) -> None:
        self._most = recent
        self._recent: dict[int, int] = {}
        self._runs: list[tuple[array[int], array[int]]] = []
        self._marks = bytearray()

    def find(self, keys: Collection[int]) -> dict[int, int]:
        """Those of the keys that have been seen, with their numbers."""
        recent, marks = self._recent, self._marks
        found = {key: recent[key] for key in keys if key in recent}
        if marks:
            for key in [key for key in keys if marks[key % _MARKS]]:
                for numbers, values in self._runs:
                    place = bisect_left(numbers, key)
                    if place < len(numbers) and numbers[place] == key:
                        found[key] = values[place]
        return found

    def add(self, fresh: Mapping[int, int]) -> None:
        """Remember numbers that `find` does not know."""
        self._recent.update(fresh)
        if len(self._recent) > self._most:
            self._freeze()

    def _freeze(self) -> None:
        numbers = array("Q", sorted(self._recent))
        self._runs.append((numbers, array("Q", map(self._recent.__getitem__, numbers))))
        self._marks = self._marks or bytearray(_MARKS)
        for number in numbers:
            self._marks[number % _MARKS] = 1
        self._recent = {}

"""Keys of this import's own contacts -> their numbers, in a few bytes a key: a million people must fit in memory."""

from __future__ import annotations

from array import array
from zlib import crc32

_FULLEST = 0.7
_NUMBER = (1 << 32) - 1


class KeyTable:
    """Text -> number below 2**32, by open addressing. 96 bits of hash tell keys apart; none is kept whole."""

    def __init__(self) -> None:
        self._count = 0
        self._room(1 << 12)

    def __len__(self) -> int:
        return self._count

    def get(self, key: str) -> int | None:
        """The number of a key."""
        place = self._place(*_hashes(key))
        return self._values[place] & _NUMBER if self._hashes[place] else None

    def setdefault(self, key: str, number: int) -> int:
        """The number of a key, which becomes `number` where it had none."""
        first, second = _hashes(key)
        place = self._place(first, second)
        if self._hashes[place]:
            return self._values[place] & _NUMBER
        self._hashes[place] = first
        self._values[place] = second << 32 | number
        self._count += 1
        if self._count > _FULLEST * len(self._hashes):
            self._grow()
        return number

    def _room(self, size: int) -> None:
        self._hashes = array("Q", bytes(8 * size))
        self._values = array("Q", bytes(8 * size))

    def _place(self, first: int, second: int) -> int:
        """Where a key stands or would stand."""
        hashes, last = self._hashes, len(self._hashes) - 1
        place = first & last
        while found := hashes[place]:
            if found == first and self._values[place] >> 32 == second:
                break
            place = place + 1 & last
        return place

    def _grow(self) -> None:
        hashes, values = self._hashes, self._values
        self._room(2 * len(hashes))
        for first, value in zip(hashes, values, strict=True):
            if first:
                place = self._place(first, value >> 32)
                self._hashes[place], self._values[place] = first, value


def _hashes(key: str) -> tuple[int, int]:
    """64 bits of the process's own hash (never 0, which is an empty place) and 32 of a checksum."""
    return (hash(key) & 0xFFFF_FFFF_FFFF_FFFF) or 1, crc32(key.encode("utf-8", "surrogatepass"))

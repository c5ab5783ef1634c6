"""Keys of this import's own contacts -> their numbers, in a few bytes a key: a million people must fit in memory."""

from __future__ import annotations

from array import array
from zlib import crc32

_FULLEST = 0.7
_FIRST = (1 << 64) - 1
_NUMBER = (1 << 32) - 1


class KeyTable:
    """Text -> number below 2**32, by open addressing. 96 bits (the process's own hash and CRC-32) tell keys apart."""

    def __init__(self) -> None:
        self._count = 0
        self._room(1 << 12)

    def __len__(self) -> int:
        return self._count

    def get(self, key: str) -> int | None:
        """The number of a key."""
        first = hash(key) & _FIRST or 1
        if not self._hashes[first & self._last]:
            return None
        place = self._place(first, key)
        return self._values[place] & _NUMBER if self._hashes[place] else None

    def setdefault(self, key: str, number: int) -> int:
        """The number of a key, which becomes `number` where it had none."""
        first = hash(key) & _FIRST or 1
        hashes = self._hashes
        place = first & self._last
        if hashes[place]:
            place = self._place(first, key)
            if hashes[place]:
                return self._values[place] & _NUMBER
        hashes[place] = first
        self._values[place] = crc32(key.encode("utf-8", "surrogatepass")) << 32 | number
        self._count += 1
        if self._count > self._most:
            self._grow()
        return number

    def _room(self, size: int) -> None:
        self._hashes = array("Q", bytes(8 * size))
        self._values = array("Q", bytes(8 * size))
        self._last, self._most = size - 1, int(size * _FULLEST)

    def _place(self, first: int, key: str) -> int:
        """Where a key stands or would stand; 0 marks an empty place."""
        hashes, last = self._hashes, self._last
        place = first & last
        while found := hashes[place]:
            if found == first and self._values[place] >> 32 == crc32(key.encode("utf-8", "surrogatepass")):
                break
            place = place + 1 & last
        return place

    def _grow(self) -> None:
        old = zip(self._hashes, self._values, strict=True)
        self._room(2 * len(self._hashes))
        hashes, values, last = self._hashes, self._values, self._last
        for first, value in old:
            if first:
                place = first & last
                while hashes[place]:
                    place = place + 1 & last
                hashes[place], values[place] = first, value

"""UUIDv7 ids (RFC 9562, section 5.7): 48 bits of milliseconds, 12 and 62 bits that keep them unique and in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from itertools import accumulate
from struct import unpack
from uuid import UUID

Random = Callable[[int], bytes]
Clock = Callable[[], datetime]


class Ids:
    """Makes ids that grow in the order they are made, from a clock and a source of random bytes handed in."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._last = 0

    def __call__(self) -> UUID:
        """The next id."""
        return UUID(bytes=self.take(1)[0])

    def take(self, count: int) -> list[bytes]:
        """`count` ids as 16 bytes each, in growing order; cheap in bulk (one read of the clock and of randomness)."""
        now = int(self._clock().timestamp() * 1000)
        start = max(now << 74 | int.from_bytes(self._random(9), "big") >> 1, self._last + 1)
        steps = unpack(f">{count}H", self._random(2 * count))
        values = list(accumulate((step + 1 for step in steps), initial=start))
        self._last = values.pop()
        if values and values[-1] >> 62 == start >> 62:
            head = _shaped(start)[:8]
            return [head + (value & _LOW | _VARIANT).to_bytes(8, "big") for value in values]
        return [_shaped(value) for value in values]


def named_id(text: str) -> UUID:
    """The id of what is known by a text alone, the same wherever it is made (RFC 9562, version 8)."""
    value = int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest()[:16], "big")
    return UUID(int=value & ~(0xF << 76) & ~(0b11 << 62) | 8 << 76 | 0b10 << 62)


_LOW, _VARIANT = (1 << 62) - 1, 2 << 62


def _shaped(value: int) -> bytes:
    """122 free bits into the layout of version 7, variant 10."""
    top, middle, low = value >> 74, value >> 62 & 0xFFF, value & (1 << 62) - 1
    return (top << 80 | 7 << 76 | middle << 64 | 2 << 62 | low).to_bytes(16, "big")

"""By what a row is known again: its id at the source, else a hash of its cells, and a fingerprint (DECISIONS 7).

A row's own id is the sender's, where the file has one. Without one it is SHA-256 (128 bits of it) over the cells that
hold anything, each with its header, headers in alphabetical order, before any mapping; equal rows of one file are
told apart by "-2", "-3". The fingerprint (53 bits) also covers what each column was taken to be, so that a corrected
map makes its rows read as changed, and doubles none.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from perthyn.importing.chunk import Chunk
from perthyn.importing.plans import Understanding
from perthyn.importing.seen import Seen

WHY = "why"
"""The column added to a file of refused rows; it is no part of a row."""
_HEX = 32
_NUMBER = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Named:
    """Rows with their names, by place in the chunk: `ids` at the source and `prints` (fingerprints).

    `second`: rows that tell of their line a second time (a booking and its visit) -> the place of the first.
    `same`: rows that an earlier row of the file equals in id and content. `clash`: rows whose id an earlier row has,
    saying something else.
    """

    ids: list[str]
    prints: list[int]
    second: Mapping[int, int] = field(default_factory=dict)
    same: frozenset[int] = frozenset()
    clash: frozenset[int] = frozenset()


class RowNames:
    """Names the rows of one file, chunk after chunk."""

    def __init__(self, understanding: Understanding) -> None:
        plans = [plan for plan in understanding.columns if plan.header != WHY]
        said = sorted((plan.header, plan.becomes, plan.date_order, plan.decimal) for plan in plans)
        mapped = repr((said, sorted(understanding.defaults.items())))
        self._map = int.from_bytes(sha256(mapped.encode("utf-8", "surrogatepass")).digest()[:6], "big")
        self._seen = Seen()
        self._times: dict[int, int] = {}

    def name(self, chunk: Chunk) -> Named:
        """The names of a chunk's rows. A second telling of one line has its own name, or is named by its kind."""
        given = chunk.values("row_id") if "row_id" in chunk.cells else None
        named = given is not None and None not in given
        digests = b"".join(_digests(_rows(chunk) if named else _keyed_rows(chunk)))
        numbers = array("Q", digests)
        if sys.byteorder == "big":
            numbers.byteswap()
        keys, prints = numbers[0::4].tolist(), [number >> 11 ^ self._map for number in numbers[2::4]]
        second = _tellings(chunk, keys)
        whole = "" if named else digests.hex()
        ids = [whole[start : start + _HEX] for start in range(0, len(whole), 2 * _HEX)]
        same, clash = frozenset[int](), frozenset[int]()
        if given is None:
            self._tell_apart(ids, keys, second)
        else:
            ids = list(given) if named else [own or one for one, own in zip(ids, given, strict=True)]
            same, clash = self._repeats(ids, prints, second)
        kinds = chunk.values("kind") if second else []
        for place, first in second.items():
            own = given[place] if given else None
            ids[place] = own if own and own != ids[first] else f"{ids[first]}#{kinds[place] or place}"
        return Named(ids, prints, second, same, clash)

    def _tell_apart(self, ids: list[str], keys: list[int], second: Mapping[int, int]) -> None:
        """Equal rows of a file without ids are counted."""
        known = self._seen.find(keys)
        fresh = dict.fromkeys(keys, 0)
        if known or len(fresh) < len(keys):
            fresh = {}
            for place, key in enumerate(keys):
                if key not in known and key not in fresh:
                    fresh[key] = 0
                elif place not in second:
                    self._times[key] = self._times.get(key, 1) + 1
                    ids[place] = f"{ids[place]}-{self._times[key]}"
        self._seen.add(fresh)

    def _repeats(
        self, ids: list[str], prints: list[int], second: Mapping[int, int]
    ) -> tuple[frozenset[int], frozenset[int]]:
        """In a file with ids, an id that comes again says the same once more, or something else."""
        keys = [hash(id) & _NUMBER for id in ids]
        known = self._seen.find(keys)
        fresh = dict(zip(keys, prints, strict=True))
        same: set[int] = set()
        clash: set[int] = set()
        if known or len(fresh) < len(keys):
            fresh = {}
            for place, key in enumerate(keys):
                before = known.get(key, fresh.get(key))
                if before is None:
                    fresh[key] = prints[place]
                elif place not in second:
                    (same if before == prints[place] else clash).add(place)
        self._seen.add(fresh)
        return frozenset(same), frozenset(clash)


def _digests(rows: Iterable[str]) -> Iterator[bytes]:
    return (sha256(row.encode("utf-8", "surrogatepass")).digest() for row in rows)


def _rows(chunk: Chunk) -> Iterator[str]:
    """Each row's cells as read, where an id names the row and only its content is to be told."""
    columns = [chunk.texts[header] for header in sorted(chunk.texts) if header != WHY]
    return map("\x1f".join, zip(*columns, strict=True))


def _keyed_rows(chunk: Chunk) -> Iterator[str]:
    """Each row's filled cells as read, each with its header."""
    columns = []
    for header in sorted(chunk.texts):
        if header != WHY:
            mark = f"{header}\x1e"
            columns.append([mark + cell if cell else "" for cell in chunk.texts[header]])
    return ("\x1f".join(filter(None, row)) for row in zip(*columns, strict=True))


def cells_digest(headers: Iterable[str], cells: Iterable[str]) -> str:
    """The same of one row alone, as text."""
    said = sorted(f"{header}\x1e{cell}" for header, cell in zip(headers, cells, strict=False) if cell and header != WHY)
    return sha256("\x1f".join(said).encode("utf-8", "surrogatepass")).hexdigest()[:_HEX]


def _tellings(chunk: Chunk, keys: list[int]) -> dict[int, int]:
    """Places of rows that tell of their line a second time -> the place of the first."""
    if len(set(chunk.rows)) == len(chunk.rows):
        return {}
    first: dict[tuple[int, int], int] = {}
    places = enumerate(zip(chunk.rows, keys, strict=True))
    return {place: first[line] for place, line in places if first.setdefault(line, place) != place}

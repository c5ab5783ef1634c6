"""PNG files with a palette of at most 256 colours: a third of what a browser's picture takes, and looks the same.

Of a page nearly every point has one of a few hundred colours; of those beyond the palette each takes the nearest in it.
Format: https://www.w3.org/TR/png-3/.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

COLOURS = 256
Colour = tuple[int, ...]


def smaller(png: bytes) -> bytes:
    """A picture of 8 bits for each of red, green and blue (and alpha, which is left out), with a palette."""
    chunks = list(_chunks(png))
    wide, high, depth, kind, *_, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    channels = {2: 3, 6: 4}[kind]
    if depth != 8 or interlaced:
        raise ValueError("not a picture as browsers take them")
    raw = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
    rows = [_points(row, channels) for row in _rows(raw, wide * channels, channels)]
    counts = Counter(point for row in rows for point in row)
    palette = [point for point, _ in counts.most_common(COLOURS)]
    place = {point: number for number, point in enumerate(palette)}
    for point in counts.keys() - place.keys():
        place[point] = min(range(len(palette)), key=lambda number: _far(point, palette[number]))
    lines = b"".join(b"\0" + bytes(place[point] for point in row) for row in rows)
    head = struct.pack(">IIBBBBB", wide, high, 8, 3, 0, 0, 0)
    parts = [
        (b"IHDR", head),
        (b"PLTE", b"".join(map(bytes, palette))),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    ]
    return png[:8] + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at : at + 8])
        yield name, png[at + 8 : at + 8 + size]
        at += size + 12


def _rows(raw: bytes, length: int, step: int) -> Iterator[bytearray]:
    """The rows as they were before they were filtered (section 9 of the format)."""
    above = bytearray(length)
    for at in range(0, len(raw), length + 1):
        way, row = raw[at], bytearray(raw[at + 1 : at + 1 + length])
        for place in range(length if way else 0):
            left = row[place - step] if place >= step else 0
            corner = above[place - step] if place >= step else 0
            row[place] = (row[place] + _guess(way, left, above[place], corner)) & 255
        yield row
        above = row


def _guess(way: int, left: int, up: int, corner: int) -> int:
    if way == 1:
        return left
    if way == 2:
        return up
    if way == 3:
        return (left + up) // 2
    near = left + up - corner  # Paeth
    return min((abs(near - left), 0, left), (abs(near - up), 1, up), (abs(near - corner), 2, corner))[2]


def _points(row: bytearray, channels: int) -> list[Colour]:
    return list(zip(row[0::channels], row[1::channels], row[2::channels], strict=True))


def _far(one: Colour, other: Colour) -> int:
    return sum((mine - yours) ** 2 for mine, yours in zip(one, other, strict=True))

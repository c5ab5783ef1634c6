"""The seal: lines squeezed into a gzip member, and a second member that holds the SHA-256 of every byte of the first.

gzip alone does not notice each change: some bytes of its head and the last bits of its body say nothing. Both members
together are what any gunzip takes for one file.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from hashlib import sha256

LEVEL = 4
"""Of compression: the next ones take twice the time for a file 3 % smaller."""

GZIP = 31
"""zlib's word for a gzip member."""

_STEP = 1 << 20


class Damaged(Exception):
    """The bytes are not what was written; `args[0]`: what was noticed, for those who know the format."""


def seal(digest: str) -> bytes:
    """The second member: a line with the hexadecimal digest, stored as it is; always of one length."""
    line = b'{"sha256":"%s"}\n' % digest.encode()
    size = len(line)
    stored = b"\x01" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + line
    end = zlib.crc32(line).to_bytes(4, "little") + size.to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + stored + end


SEAL = len(seal("0" * 64))


def squeezed(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The file of these lines (without their ends), block by block."""
    packer, digest = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP), sha256()
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size > _STEP:
            block = packer.compress(b"\n".join(waiting) + b"\n")
            waiting, size = [], 0
            digest.update(block)
            yield block
    block = (packer.compress(b"\n".join(waiting) + b"\n") if waiting else b"") + packer.flush()
    digest.update(block)
    yield block
    yield seal(digest.hexdigest())


class Unsealing:
    """The lines of a file, and whether its seal is right. No line is longer than `longest` bytes."""

    def __init__(self, blocks: Iterable[bytes], longest: int) -> None:
        self._blocks = blocks
        self._longest = longest
        self.digest = ""

    def lines(self) -> Iterator[bytes]:
        """The lines without their ends; raises `Damaged`, at the latest after the last line, for a broken seal."""
        unpacker, digest = zlib.decompressobj(GZIP), sha256()
        held, rest = b"", b""
        for block in self._blocks:
            held += block
            fresh, held = held[:-SEAL], held[-SEAL:]
            digest.update(fresh)
            while fresh:
                rest += self._more(unpacker, fresh)
                fresh = unpacker.unconsumed_tail
                *lines, rest = rest.split(b"\n")
                if len(rest) > self._longest:
                    raise Damaged("line")
                yield from lines
        self.digest = digest.hexdigest()
        if held != seal(self.digest) or not unpacker.eof or rest:
            raise Damaged("seal")

    def _more(self, unpacker: zlib._Decompress, fresh: bytes) -> bytes:
        if unpacker.eof:
            raise Damaged("end")
        try:
            more = unpacker.decompress(fresh, _STEP)
        except zlib.error as error:
            raise Damaged(str(error)) from error
        if unpacker.unused_data:
            raise Damaged("end")
        return more

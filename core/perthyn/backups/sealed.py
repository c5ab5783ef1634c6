"""Encryption of a stream in the age format, both ways; neither keeps more than a few blocks in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import IO

import pyrage

from perthyn.backups.seal import Damaged
from perthyn.errors import PerthynError

AGE = b"age-encryption.org/v1"
"""How every encrypted file begins."""

BLOCK = 1 << 18
_WAIT = 0.2


def encrypt(
    plain: Iterable[bytes], write: Callable[[bytes], object], recipients: Sequence[pyrage.x25519.Recipient]
) -> None:
    """Write the blocks encrypted for these recipients. What reading or writing raises passes as it is."""
    source, sink = _Source(iter(plain)), _Sink(write)
    try:
        pyrage.encrypt_io(source, sink, recipients)
    except (pyrage.EncryptError, OSError) as error:
        raise source.error or sink.error or error from error
    if sink.error is not None:  # what the last, held back block meets is not passed on
        raise sink.error


def decrypt(file: IO[bytes], identities: Sequence[pyrage.x25519.Identity], name: str) -> Iterator[bytes]:
    """The blocks of an encrypted file called `name`.

    Raises `Damaged`; `PerthynError` (``backup.key.wrong``) where no key fits.
    """
    blocks: Queue[bytes | BaseException | None] = Queue(maxsize=4)
    left = Event()

    def put(block: bytes | BaseException | None) -> None:
        while not left.is_set():
            try:
                return blocks.put(block, timeout=_WAIT)
            except Full:
                continue
        raise OSError("nobody reads on")

    def work() -> None:
        try:
            sink = _Gathered(put)
            pyrage.decrypt_io(file, sink, identities)
            sink.flush()
            put(None)
        except BaseException as error:
            if not left.is_set():
                put(error)

    worker = Thread(target=work, name="decrypting", daemon=True)
    worker.start()
    try:
        yield from _until_done(blocks, worker, name)
    finally:
        left.set()
        worker.join()


def _until_done(blocks: Queue[bytes | BaseException | None], worker: Thread, name: str) -> Iterator[bytes]:
    while True:
        try:
            block = blocks.get(timeout=_WAIT)
        except Empty:
            if worker.is_alive():
                continue
            raise Damaged("reader") from None
        if block is None:
            return
        if isinstance(block, bytes):
            yield block
        elif isinstance(block, pyrage.DecryptError) and "matching keys" in str(block):
            raise PerthynError("backup.key.wrong", file=name) from block
        else:
            raise Damaged(str(block)) from block


class _Source:
    """Blocks of any size as a file to be read; remembers why it broke."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._held = memoryview(b"")
        self.error: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self._held:
                self._held = memoryview(next(self._blocks))
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        some, self._held = self._held[:size], self._held[size:]
        return bytes(some)


class _Sink:
    """A file to be written to; remembers why it broke."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.error: BaseException | None = None

    def write(self, block: bytes) -> int:
        try:
            self._write(block)
        except BaseException as error:
            self.error = error
            raise
        return len(block)

    def flush(self) -> None:
        """Nothing is held."""


class _Gathered:
    """Small blocks put together before they are handed on."""

    def __init__(self, put: Callable[[bytes], None]) -> None:
        self._put = put
        self._held = bytearray()

    def write(self, block: bytes) -> int:
        self._held += block
        if len(self._held) >= BLOCK:
            self.flush()
        return len(block)

    def flush(self) -> None:
        if self._held:
            self._put(bytes(self._held))
            self._held.clear()

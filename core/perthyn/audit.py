"""Audit: who saw, took out, changed and was refused what; lines that are added to, each sealed by the next.

The trail is a file beside the records (``perthyn.audit``): a line of JSON for each thing, with the instant, who, what
(a code that stays), of which ids, how many, for which purpose. It holds no name of a contact, no address and no value,
so that nobody who is erased lives on in it. A line holds its number and the SHA-256 of the line before it. What the
last line is, and how many there are, stands in a second file (``perthyn.audit.head``), and in the store with every
backup.

`verify` finds every line that was changed, taken out, put in or moved, and lines missing at the end. It does not find
the work of somebody who writes the whole file and its head anew, unless a backup was made since what they took out;
and what had not been written yet when the machine stopped (a second at most, never what is noted with `now`).
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal
from uuid import UUID

from perthyn.errors import PerthynError
from perthyn.model import plain

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FILE = "perthyn.audit"
SOON = 1.0
"""Seconds after which what was noted is written, at the latest."""
MOST_WAITING = 10_000
"""So many lines wait at most where the file can't be written; then whoever notes more is told."""
_FIRST = "0" * 64
_BLOCK = 65_536
_LOCKED = 1 << 30
"""A byte far behind the end of the head, locked by whoever writes: on Windows a locked byte can't be read."""
_BINARY = getattr(os, "O_BINARY", 0)

Why = Literal["unreadable", "number", "chain", "head", "missing", "sealed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `who`: an actor; `of`: what else there is to say in one word: a right, a kind of batch, a channel."""

    number: int
    at: datetime
    who: str
    what: str
    ids: tuple[str, ...] = ()
    count: int | None = None
    purpose: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the trail: how many lines and bytes there are, and the hash of the last line."""

    lines: int = 0
    hash: str = _FIRST
    size: int = 0


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the trail is not whole: at which line, and why.

    *unreadable*: no line of ours; *number*: not the one that comes here; *chain*: the line before is not the one it was
    written after; *missing*: there are fewer lines than its head says; *head*: the head is not there, or is of another
    last line; *sealed*: the store remembers another line there.
    """

    line: int
    why: Why


class Audit:
    """The trail of an organisation. Any number of processes and threads may note things in it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._waiting: list[dict[str, Any]] = []
        self._guard = threading.Lock()
        self._writing = threading.Lock()
        self._timer: threading.Timer | None = None

    def note(
        self, at: datetime, who: str, what: str, *, ids: Iterable[UUID | str] = (), count: int | None = None,
        purpose: str = "", of: str = "", now: bool = False,
    ) -> None:  # fmt: skip
        """Note something; it is in the file within `SOON` seconds, with `now` when this returns.

        Raises `PerthynError` (``audit.unwritable``) with `now`, or where `MOST_WAITING` lines could not be written.
        """
        told = {
            "at": plain(at), "who": who, "what": what, "ids": [str(one) for one in ids], "count": count,
            "purpose": purpose, "of": of,
        }  # fmt: skip
        said = {name: one for name, one in told.items() if one not in (None, "", [])}
        with self._guard:
            self._waiting.append(said)
            if self._timer is None and not now:
                self._timer = threading.Timer(SOON, self._in_time)
                self._timer.daemon = True
                self._timer.start()
        if now or len(self._waiting) > MOST_WAITING:
            self.flush(sure=now)

    def flush(self, sure: bool = True) -> None:
        """Write what waits; `sure`: the disk has it when this returns. Raises `PerthynError` (``audit.unwritable``)."""
        with self._writing:
            with self._guard:
                some, self._waiting = self._waiting, []
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None
            if not some:
                return
            try:
                self._append(some, sure)
            except OSError as error:
                with self._guard:
                    self._waiting[:0] = some
                why = error.strerror or str(error)
                raise PerthynError("audit.unwritable", file=str(self.file), why=why) from error

    def close(self) -> None:
        """Write what waits; more may be noted later."""
        self.flush()

    def _in_time(self) -> None:
        with suppress(PerthynError):  # it waits; the next try says so where it must
            self.flush(sure=False)

    def _append(self, some: Iterable[dict[str, Any]], sure: bool) -> None:
        with _opened(self.file, os.O_RDWR | os.O_APPEND) as out, _locked(head_of(self.file)) as kept:
            head = _caught_up(out, _read_head(kept))
            lines, whole = [], head.hash
            start = b"" if not head.size or _ends(out, head.size) else b"\n"  # a line that a crash has torn
            for number, said in enumerate(some, head.lines + 1):
                line = _line({"n": number, "prev": whole, **said})
                whole = sha256(line).hexdigest()
                lines.append(line)
            text = start + b"".join(line + b"\n" for line in lines)
            out.write(text)
            out.flush()
            if sure:
                os.fsync(out.fileno())
            _write_head(kept, Head(head.lines + len(lines), whole, head.size + len(text)), sure)

    # -- reading -----------------------------------------------------------------------------------------------

    def newest(self, limit: int, before: int | None = None) -> list[Entry]:
        """The newest lines first, those numbered below `before`. Raises `PerthynError` (``audit.unreadable``)."""
        return list(islice(self.backwards(before), limit))

    def backwards(self, before: int | None = None) -> Iterator[Entry]:
        """All lines, the newest first, from the one numbered below `before`; what can't be read is left out.

        Raises `PerthynError` (``audit.unreadable``).
        """
        self.flush(sure=False)
        try:
            for line in _backwards(self.file):
                entry = _entry(line)
                if entry is not None and (before is None or entry.number < before):
                    yield entry
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unreadable(self.file, error) from error

    def head(self) -> Head:
        """The end of the trail, once everything that waits is written. Raises `PerthynError` (``audit.unreadable``)."""
        self.flush()
        try:
            with head_of(self.file).open("rb") as kept:
                return _read_head(kept) or Head()
        except FileNotFoundError:
            return Head()
        except OSError as error:
            raise _unreadable(self.file, error) from error


def head_of(file: Path) -> Path:
    """Where the head of a trail stands."""
    return file.with_name(f"{file.name}.head")


def verify(file: Path, sealed: Iterable[tuple[int, str]] = ()) -> list[Broken]:
    """Every place where the trail is not whole; none where it is, or where there is none and nobody knows of one.

    `sealed`: numbers of lines with their hashes, as they are remembered elsewhere. Raises `PerthynError`
    (``audit.unreadable``).
    """
    broken: list[Broken] = []
    known = dict(sealed)
    try:
        with _read_locked(file) as (head, lines):
            number, whole, at_head = 0, _FIRST, _FIRST
            for number, line in enumerate(lines, 1):
                broken += _wrong(line, number, whole)
                whole = sha256(line).hexdigest()
                if head is not None and number == head.lines:
                    at_head = whole
                if number in known and known.pop(number) != whole:
                    broken.append(Broken(number, "sealed"))
    except OSError as error:
        raise _unreadable(file, error) from error
    if head is None:
        broken += [Broken(number, "head")] if number else []
    elif number < head.lines:
        broken.append(Broken(number + 1, "missing"))
    elif head.hash != at_head:
        broken.append(Broken(head.lines, "head"))
    return broken + [Broken(one, "sealed") for one in sorted(known)]


def _wrong(line: bytes, number: int, before: str) -> list[Broken]:
    try:
        said = json.loads(line)
        told = (said["n"], said["prev"])
    except (ValueError, TypeError, KeyError):
        return [Broken(number, "unreadable")]
    found: list[Broken] = []
    if told[0] != number:
        found.append(Broken(number, "number"))
    if told[1] != before:
        found.append(Broken(number, "chain"))
    return found


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _entry(line: bytes) -> Entry | None:
    try:
        said = json.loads(line)
        return Entry(
            said["n"], datetime.fromisoformat(said["at"]).astimezone(UTC), said["who"], said["what"],
            tuple(said.get("ids", ())), said.get("count"), said.get("purpose", ""), said.get("of", ""),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError):
        return None


def _unreadable(file: Path, error: OSError) -> PerthynError:
    return PerthynError("audit.unreadable", file=str(file), why=error.strerror or str(error))


# -- the two files ---------------------------------------------------------------------------------------------


def _opened(file: Path, how: int) -> IO[bytes]:
    """For its owner only; made where it is not there."""
    return open(os.open(file, how | os.O_CREAT | _BINARY, 0o600), "r+b", buffering=0)


@contextmanager
def _locked(file: Path) -> Iterator[IO[bytes]]:
    """The file, held by one of all processes and threads at a time; who comes meanwhile waits."""
    with _opened(file, os.O_RDWR) as held:
        _lock(held, True)
        try:
            yield held
        finally:
            _lock(held, False)


def _lock(held: IO[bytes], on: bool) -> None:
    if sys.platform == "win32":
        held.seek(_LOCKED)
        msvcrt.locking(held.fileno(), msvcrt.LK_LOCK if on else msvcrt.LK_UNLCK, 1)
    else:
        fcntl.flock(held, fcntl.LOCK_EX if on else fcntl.LOCK_UN)


@contextmanager
def _read_locked(file: Path) -> Iterator[tuple[Head | None, Iterator[bytes]]]:
    """The head and the lines that there are, as of one moment; later ones are not looked at."""
    place = head_of(file)
    if not file.exists() and not place.exists():
        yield Head(), iter(())
        return
    if not place.exists():
        with file.open("rb") as lines:
            yield None, _forwards(lines, file.stat().st_size)
        return
    with _locked(place) as kept:
        head, size = _read_head(kept), file.stat().st_size if file.exists() else 0
    if not file.exists():
        yield head, iter(())
        return
    with file.open("rb") as lines:
        yield head, _forwards(lines, size)


def _forwards(lines: IO[bytes], size: int) -> Iterator[bytes]:
    """The lines within the first `size` bytes, without their ends; the last one may be torn."""
    at = 0
    for line in lines:
        if at >= size:
            return
        at += len(line)
        yield line[:-1] if line.endswith(b"\n") else line


def _backwards(file: Path) -> Iterator[bytes]:
    """The lines from the last to the first."""
    with file.open("rb") as lines:
        at = lines.seek(0, os.SEEK_END)
        rest = b""
        while at:
            size = min(_BLOCK, at)
            at -= size
            lines.seek(at)
            rest = lines.read(size) + rest
            first, *whole = rest.split(b"\n")
            yield from (one for one in reversed(whole) if one)
            rest = first
        if rest:
            yield rest


def _read_head(kept: IO[bytes]) -> Head | None:
    kept.seek(0)
    try:
        lines, whole, size = kept.read(_BLOCK).split()
        return Head(int(lines), whole.decode("ascii"), int(size))
    except ValueError:
        return None


def _write_head(kept: IO[bytes], head: Head, sure: bool) -> None:
    """In its place, always as long: it never gets shorter, so nothing of an older one is left behind it."""
    kept.seek(0)
    kept.write(f"{head.lines:020} {head.hash} {head.size:020}\n".encode("ascii"))
    kept.flush()
    if sure:
        os.fsync(kept.fileno())


def _caught_up(out: IO[bytes], head: Head | None) -> Head:
    """The end of the file as it is: somebody may have been stopped between the lines and their head."""
    size = out.seek(0, os.SEEK_END)
    head = head or Head()
    if head.size == size:
        return head
    if head.size > size:
        return Head(head.lines, head.hash, size)  # lines are gone: the next one does not fit, and tells of it
    out.seek(head.size)
    number, whole = head.lines, head.hash
    for line in out.read(size - head.size).split(b"\n"):
        if line:
            number, whole = number + 1, sha256(line).hexdigest()
    return Head(number, whole, size)


def _ends(out: IO[bytes], size: int) -> bool:
    """Whether the last line is whole."""
    out.seek(size - 1)
    return out.read(1) == b"\n"

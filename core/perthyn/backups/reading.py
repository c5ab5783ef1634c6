"""Reading a backup: as contents that a store can be filled with, each byte accounted for."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from perthyn.backups.keys import Key
from perthyn.backups.lines import LONGEST, Head, Reader, read_head, read_tail
from perthyn.backups.seal import Damaged, Unsealing
from perthyn.backups.sealed import AGE, BLOCK, decrypt
from perthyn.contents import Chunk, Contents, Place
from perthyn.errors import PerthynError
from perthyn.model import Record
from perthyn.moving import Adding, Sum, Tell, nothing, sums_of

AT_ONCE = 5_000
"""How many items stand in a chunk."""

_NOT_AN_ITEM = (ValueError, TypeError, KeyError, AttributeError, RecursionError, ValidationError)


_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Inside:
    """What a backup holds, each part of it looked at. `mark`: tells it from any other; `size`: bytes of the file."""

    head: Head
    sums: Mapping[str, Sum]
    mark: str
    size: int
    encrypted: bool


class Backup(Contents):
    """The contents of a backup file; `known`: the record types of today, others are carried.

    Everything is counted and hashed each time it is read: whoever reads to the end has read what was written.
    Raises `PerthynError`, as its methods do: ``backup.missing``, ``backup.foreign``, ``backup.newer``,
    ``backup.damaged``, ``backup.key.missing``, ``backup.key.wrong``.
    """

    def __init__(self, file: Path, keys: Sequence[Key], known: Mapping[str, type[Record]]) -> None:
        self.file = file
        self._keys = keys
        self.encrypted = False
        self.sums: Mapping[str, Sum] = {}
        self.mark = ""
        with closing(self._lines()) as lines:
            self.head = read_head(next(lines, b""), file)
        try:
            self._reader = Reader(self.head, known)
        except _NOT_AN_ITEM as error:
            raise PerthynError("backup.foreign", file=str(file)) from error
        if newer := self._reader.newer():
            raise PerthynError("backup.type.newer", file=str(file), type=newer, version=self.head.version)

    @property
    def position(self) -> int:
        return self.head.position

    @property
    def types(self) -> Mapping[str, type[Record]]:
        return self._reader.types

    @property
    def upgrades(self) -> bool:
        """Whether records of earlier versions in it are read as those of today."""
        return self._reader.upgrades

    def sizes(self) -> dict[str, int]:
        return dict(self.head.sections)

    def chunks(self, after: Place | None = None) -> Iterator[Chunk]:
        sections = list(self.head.sections)
        with closing(self._lines()) as lines:
            next(lines)
            sums = {}
            for number, section in enumerate(sections):
                passed = 0
                if after is not None and sections.index(after.section) >= number:
                    here = after.section == section
                    passed = int(after.last or 0) if here else self.head.sections[section]
                adding = Adding()
                yield from self._section(lines, section, passed, adding)
                sums[section] = adding.sum
            self._end(lines, sums)

    def _section(self, lines: Iterator[bytes], section: str, passed: int, adding: Adding) -> Iterator[Chunk]:
        """The chunks of a section after so many items, all of which are added up."""
        size = self.head.sections[section]
        for line in islice(lines, passed):
            adding.add(line)
        for start in range(passed, size, AT_ONCE):
            some = list(islice(lines, min(AT_ONCE, size - start)))
            for line in some:
                adding.add(line)
            try:
                items = [self._reader.item(section, line) for line in some]
            except _NOT_AN_ITEM as error:
                raise self._damaged(section) from error
            yield Chunk(Place(section, str(start + len(some))), items)

    def _end(self, lines: Iterator[bytes], sums: Mapping[str, Sum]) -> None:
        try:
            told = read_tail(next(lines, b""))
        except _NOT_AN_ITEM as error:
            raise self._damaged("end") from error
        if told != sums or next(lines, None) is not None:
            raise self._damaged("end")
        self.sums = sums

    def _lines(self) -> Generator[bytes, None, None]:
        """The lines of the file; at their end it is known whether the file is whole."""
        try:
            with self.file.open("rb") as file, closing(self._blocks(file)) as blocks:
                unsealing = Unsealing(blocks, LONGEST)
                yield from unsealing.lines()
                self.mark = unsealing.digest
        except FileNotFoundError as error:
            raise PerthynError("backup.missing", file=str(self.file)) from error
        except OSError as error:
            why = error.strerror or str(error)
            raise PerthynError("backup.unreadable", file=str(self.file), why=why) from error
        except Damaged as error:
            raise self._damaged(str(error)) from error

    def _blocks(self, file: IO[bytes]) -> Generator[bytes, None, None]:
        first = file.read(len(AGE))
        file.seek(0)
        self.encrypted = first == AGE
        if not self.encrypted:
            if not first.startswith(_GZIP):
                raise PerthynError("backup.foreign", file=str(self.file))
            yield from iter(lambda: file.read(BLOCK), b"")
        elif not self._keys:
            raise PerthynError("backup.key.missing", file=str(self.file))
        else:
            yield from decrypt(file, [one.identity for one in self._keys], str(self.file))

    def _damaged(self, where: str) -> PerthynError:
        return PerthynError("backup.damaged", file=str(self.file), where=where)


def may_give_way(file: Path) -> bool:
    """Whether a file is empty or begins as a backup does: nothing else is replaced by one. Raises `OSError`."""
    with file.open("rb") as there:
        first = there.read(len(AGE))
    return not first or first == AGE or first.startswith(_GZIP)


def look_into(file: Path, keys: Sequence[Key], known: Mapping[str, type[Record]], tell: Tell = nothing) -> Inside:
    """Read a backup from end to end: every byte, every record.

    Raises what `Backup` raises, and ``backup.damaged`` where a record would not come back as it was written.
    """
    backup = Backup(file, keys, known)
    again = sums_of(backup, tell)
    written = {name: one for name, one in backup.sums.items() if one.count}
    if again != written and not backup.upgrades:
        raise PerthynError("backup.damaged", file=str(file), where="records")
    return Inside(backup.head, backup.sums, backup.mark, file.stat().st_size, backup.encrypted)

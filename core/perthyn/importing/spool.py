"""What an import has prepared, in a private temporary file: memory stays flat however long the file is.

Nothing here is read by anybody but this process, and the file is gone when it is closed or the process dies.
"""

from __future__ import annotations

import marshal
import pickle
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

from perthyn.changes import Block, Change, Create, Edit
from perthyn.errors import PerthynError
from perthyn.model import Contact, Record, parts
from perthyn.model.record import trusted

_GROUP = 500
"""Changes that are written together."""
_LENGTH = 8
_AT_HAND = 10_000
"""Contacts staged last that are kept as they are, some 40 MB: who has just been met is soon met again, and a file of
so many people or fewer never goes to the disk."""
_ROWS_AT_HAND = 50_000
"""Rows of blocks that are kept as they are, some 25 MB; what comes after them goes to the disk."""


class Pages:
    """Byte strings in a temporary file, each read again by the place where it stands.

    Raises `PerthynError` (``import.spool.failed``) where the disk is full, or can't be read or written.
    """

    def __init__(self) -> None:
        with _explained():
            self._file = TemporaryFile(prefix="perthyn-")  # noqa: SIM115  # closed by `close`
        self._end = 0
        self._at_end = True

    def write(self, data: bytes) -> int:
        """Append; answers its place."""
        place = self._end
        with _explained():
            if not self._at_end:
                self._file.seek(place)
                self._at_end = True
            self._file.write(len(data).to_bytes(_LENGTH, "little"))
            self._file.write(data)
        self._end += _LENGTH + len(data)
        return place

    def read(self, place: int) -> bytes:
        """What stands at a place."""
        self._at_end = False
        with _explained():
            self._file.seek(place)
            return self._file.read(int.from_bytes(self._file.read(_LENGTH), "little"))

    def close(self) -> None:
        """Give the file back; what was still to be written is not missed."""
        with suppress(OSError):
            self._file.close()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PerthynError("import.spool.failed", reason=error.strerror or str(error)) from error


@dataclass(frozen=True, slots=True)
class Staged:
    """A contact of this import: as the store has it (None for a new one) and as it is to be."""

    before: Contact | None
    after: Contact

    def packed(self) -> bytes:
        """As bytes: plain values are pickled four times as fast as models."""
        return pickle.dumps((self.before and _plain(self.before), _plain(self.after)), -1)

    @classmethod
    def unpacked(cls, data: bytes) -> Staged:
        """The contacts again, out of our own private file."""
        before, after = pickle.loads(data)  # nosec B301  # a file of ours without a name, that nobody else opens
        return cls(before and _contact(before), _contact(after))


class Spool:
    """The changes and blocks of one batch. `changes` and `blocks` may be iterated again and again.

    A contact is staged under a number and may be staged again: only its last state becomes a change.
    """

    def __init__(self, at_hand: int = _AT_HAND) -> None:
        self._pages = Pages()
        self._most = at_hand
        self._contacts = array("Q")
        self._at_hand: dict[int, Staged] = {}
        self._groups = array("Q")
        self._waiting: list[Change] = []
        self._blocks: list[Block | tuple[type[Record], int, int]] = []
        self._rows_left = _ROWS_AT_HAND

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give file and memory back; a second call does nothing."""
        self._pages.close()
        self._at_hand.clear()
        self._blocks.clear()

    # -- contacts -------------------------------------------------------------------------------------------

    def stage(self, staged: Staged) -> int:
        """Stage a contact; answers its number."""
        number = len(self._contacts)
        self._contacts.append(0)
        self.restage(number, staged)
        return number

    def restage(self, number: int, staged: Staged) -> None:
        """Stage another state of a contact."""
        self._at_hand[number] = staged
        if len(self._at_hand) > self._most:
            first = next(iter(self._at_hand))
            self._contacts[first] = self._pages.write(self._at_hand.pop(first).packed())

    def staged(self, number: int) -> Staged:
        """The last state of a contact."""
        return self._at_hand.get(number) or Staged.unpacked(self._pages.read(self._contacts[number]))

    # -- everything else ------------------------------------------------------------------------------------

    def add(self, change: Change) -> None:
        """A change that comes after the contacts."""
        self._waiting.append(change)
        if len(self._waiting) >= _GROUP:
            self._flush()

    def add_block(self, block: Block) -> None:
        """A block; they come after all changes."""
        self._rows_left -= block.size
        if self._rows_left >= 0:
            self._blocks.append(block)
            return
        place = self._pages.write(marshal.dumps(dict(block.columns)))
        self._blocks.append((block.record, block.size, place))

    def _flush(self) -> None:
        if self._waiting:
            self._groups.append(self._pages.write(pickle.dumps(self._waiting, -1)))
            self._waiting = []

    @property
    def empty(self) -> bool:
        """Whether there is nothing to apply."""
        return not (self._contacts or self._groups or self._waiting or self._blocks)

    @property
    def changes(self) -> Changes:
        return Changes(self)

    @property
    def blocks(self) -> Blocks:
        return Blocks(self)

    def read_changes(self) -> Iterator[Change]:
        """Contacts first, in the order they were met, then the other changes."""
        self._flush()
        for number in range(len(self._contacts)):
            staged = self.staged(number)
            if staged.before is None:
                yield Create(staged.after)
            else:
                values = differences(staged.before, staged.after)
                if values:
                    yield Edit(Contact.type_name, staged.after.id, values)
        for place in self._groups:
            yield from pickle.loads(self._pages.read(place))  # nosec B301  # the same

    def read_blocks(self) -> Iterator[Block]:
        """The blocks, in the order they were added."""
        for block in self._blocks:
            if isinstance(block, Block):
                yield block
            else:
                record, size, place = block
                columns = marshal.loads(self._pages.read(place))  # nosec B302  # the same
                yield Block(record, columns, size)


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of a spool, re-iterable."""

    spool: Spool

    def __iter__(self) -> Iterator[Change]:
        return self.spool.read_changes()


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a spool, re-iterable."""

    spool: Spool

    def __iter__(self) -> Iterator[Block]:
        return self.spool.read_blocks()


_LISTS = tuple((name, part, tuple(part.model_fields)) for name, part in parts(Contact).items())
_FIELDS = tuple(name for name in Contact.model_fields if name != "id" and name not in parts(Contact))
_BLANK: dict[str, Any] = dict.fromkeys(Contact.model_fields, ())

_Plain = tuple[bytes, list[Any], dict[int, list[Any]]]
"""A contact's id, its plain fields, and the lists that are not empty: place in `_LISTS` -> fields, part after part."""


def _contact(plain: _Plain) -> Contact:
    """The contact of `_plain`; its values were validated when it was made."""
    id, fields, lists = plain
    values = _BLANK.copy()
    values["id"] = UUID(bytes=id)
    values.update(zip(_FIELDS, fields, strict=True))
    for place, told in lists.items():
        name, part, names = _LISTS[place]
        size = len(names)
        starts = range(0, len(told), size)
        values[name] = tuple(
            [trusted(part, dict(zip(names, told[start : start + size], strict=True))) for start in starts]
        )
    return trusted(Contact, values)


def _plain(contact: Contact) -> _Plain:
    """The contact by the places of its fields: half the time that their names would take."""
    values = contact.__dict__
    lists = {
        place: [part.__dict__[field] for part in values[name] for field in names]
        for place, (name, _, names) in enumerate(_LISTS)
        if values[name]
    }
    return contact.id.bytes, [values[name] for name in _FIELDS], lists


def differences(before: Record, after: Record) -> dict[str, tuple[Any, Any]]:
    """What an `Edit` says to get from one state of a record to the other: path -> (before, after)."""
    lists = parts(type(before))
    values: dict[str, tuple[Any, Any]] = {}
    for name in type(before).model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        if name not in lists:
            values[name] = (old, new)
            continue
        olds, news = {part.key: part for part in old}, {part.key: part for part in new}
        for key in dict.fromkeys((*olds, *news)):
            if olds.get(key) != news.get(key):
                values[f"{name}[{key}]"] = (olds.get(key), news.get(key))
    return values

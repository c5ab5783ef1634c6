"""Refusals: who was erased and who said no, kept beside the records and never inside a backup (DECISIONS 31).

A restore brings back what was in the backup, hence people who have been erased since, and consents that have been
withdrawn since. So every erasure and every "no" is also written here, and is on the disk before its batch is
committed; a restore applies all of them. The file holds ids, dates and keyed hashes: no name, no address.

Each line is the first half of a SHA-256 and JSON; a line that a crash has torn is told from the others.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import UUID

from perthyn.backups.files import sync_folder
from perthyn.changes import Batch, Block, Change, Create, Erase
from perthyn.errors import PerthynError
from perthyn.model import Consent, Suppression, plain

FILE = "perthyn.refusals"
PERMITS = ("given", "unconfirmed")
"""The decisions that are no refusal."""

_KEPT = ("channel", "purpose", "decision", "at", "recorded")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Erased:
    """Somebody was erased, with the ids of those who had been merged into them."""

    contacts: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A consent that permits nothing, as it is to be recorded again; `contacts`: whose it is, and the merged ones.

    One that was said of a single address counts for the whole channel here: no address is kept.
    """

    consent: Consent
    contacts: tuple[UUID, ...]


Refusal = Erased | Refused | Suppression


class Refusals:
    """The file of an organisation."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._kept: set[UUID] = set()

    def begin(self) -> None:
        """Make the file where there is none, so that one that is missing later is known to be lost."""
        if not self.file.exists():
            self._append([{}])

    def watching(self, batch: Batch, redirects: Callable[[], Mapping[UUID, UUID]]) -> Batch:
        """The same batch; once its changes have been read through, its refusals stand in the file.

        `redirects`: the ids of merged contacts, each with the one that it goes by now.
        """

        def keep(found: list[Refusal]) -> None:
            merged = redirects()
            self._kept.add(batch.id)
            self._append([_line(batch.id, one, merged) for one in found])

        changes = _Watched(batch.changes, of_change, keep)
        return replace(batch, changes=changes, blocks=_Watched(batch.blocks, of_block, keep))

    def take_back(self, batch: UUID) -> None:
        """That batch was not applied: what it refused does not count."""
        if batch in self._kept:
            self._append([{"not": str(batch)}])

    def read(self) -> tuple[list[Refusal], int]:
        """All refusals that count, and how many lines can't be read.

        Raises `PerthynError` (``refusals.unreadable``).
        """
        lines, torn = self._lines(self.file)
        dropped = {line["not"] for line in lines if "not" in line}
        found: list[Refusal] = []
        for line in lines:
            if line.get("batch") in dropped:
                continue
            try:
                found += _refusals(line)
            except (ValueError, TypeError, KeyError):
                torn += 1
        return found, torn

    def join(self, other: Path) -> None:
        """Add the lines of a copy that are not here yet."""
        mine = {json.dumps(line, sort_keys=True) for line in self._lines(self.file)[0]}
        fresh = [line for line in self._lines(other)[0] if json.dumps(line, sort_keys=True) not in mine]
        if fresh or not self.file.exists():
            self._append(fresh or [{}])

    def _append(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add lines; they are on the disk when this returns. Raises `PerthynError` (``refusals.unwritable``)."""
        new = not self.file.exists()
        text = b"".join(_checked(json.dumps(one, sort_keys=True).encode()) for one in lines)
        try:
            with self.file.open("ab+") as out:
                if out.tell() and not _ends(out):
                    text = b"\n" + text
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            if new:
                sync_folder(self.file.parent)
        except OSError as error:
            raise PerthynError("refusals.unwritable", file=str(self.file), why=error.strerror or str(error)) from error

    @staticmethod
    def _lines(file: Path) -> tuple[list[dict[str, Any]], int]:
        try:
            found = file.read_bytes().split(b"\n")
        except FileNotFoundError:
            return [], 0
        except OSError as error:
            raise PerthynError("refusals.unreadable", file=str(file), why=error.strerror or str(error)) from error
        whole = [one for one in found if one]
        good = [json.loads(one[33:]) for one in whole if _checked(one[33:]) == one + b"\n"]
        return good, len(whole) - len(good)


class _Watched(Generic[T]):
    """Things that can be read again and again; at the end of each reading, what was found in them is kept."""

    def __init__(
        self, things: Iterable[T], look: Callable[[T], Iterator[Refusal]], keep: Callable[[list[Refusal]], None]
    ) -> None:
        self._things = things
        self._look = look
        self._keep = keep

    def __iter__(self) -> Iterator[T]:
        found: list[Refusal] = []
        for one in self._things:
            found += self._look(one)
            yield one
        if found:
            self._keep(found)


def of_change(change: Change) -> Iterator[Refusal]:
    """What a change refuses."""
    if isinstance(change, Erase):
        yield Erased((change.contact,))
    elif isinstance(change, Create) and isinstance(change.record, Suppression):
        yield change.record
    elif isinstance(change, Create) and isinstance(change.record, Consent):
        one = change.record
        if one.decision not in PERMITS and one.how != "merge":
            said = {name: getattr(one, name) for name in ("id", "contact", *_KEPT)}
            yield Refused(Consent.model_validate(said), (one.contact,))


def of_block(block: Block) -> Iterator[Refusal]:
    """What a block refuses."""
    if block.record in (Consent, Suppression):
        for record in block.records():
            yield from of_change(Create(record))


def _line(batch: UUID, one: Refusal, merged: Mapping[UUID, UUID]) -> dict[str, Any]:
    said: dict[str, Any] = {"batch": str(batch)}
    if isinstance(one, Suppression):
        return {**said, "listed": one.plain()}
    contacts = [str(id) for id in (*one.contacts, *(old for old, now in merged.items() if now in one.contacts))]
    if isinstance(one, Erased):
        return {**said, "erased": contacts}
    return {**said, "said": plain(dict(one.consent)), "contacts": contacts}


def _refusals(line: Mapping[str, Any]) -> Iterator[Refusal]:
    contacts = tuple(UUID(one) for one in line.get("erased") or line.get("contacts") or ())
    if "erased" in line:
        yield Erased(contacts)
    elif "said" in line:
        yield Refused(Consent.model_validate(line["said"]), contacts)
    elif "listed" in line:
        yield Suppression.model_validate(line["listed"])


def _checked(said: bytes) -> bytes:
    return sha256(said).hexdigest()[:32].encode() + b" " + said + b"\n"


def _ends(out: Any) -> bool:
    """Whether the last line is whole."""
    out.seek(-1, os.SEEK_END)
    return bool(out.read(1) == b"\n")


def shown(found: Sequence[Refusal]) -> dict[str, int]:
    """How many of each sort there are."""
    erased = sum(isinstance(one, Erased) for one in found)
    listed = sum(isinstance(one, Suppression) for one in found)
    return {"erased": erased, "refused": len(found) - erased - listed, "listed": listed}

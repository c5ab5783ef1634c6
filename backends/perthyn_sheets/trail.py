"""The recent history in the sheet's hidden tabs, so that a new machine can undo what another did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from perthyn.changes import Header, JournalLine
from perthyn.contents import header_form, line_form
from perthyn_sheets.cells import Raw
from perthyn_sheets.sending import technical
from perthyn_sheets.sheet import Line

KEPT = timedelta(days=30)
"""How long history stands in the sheet."""
ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Told:
    """A batch as the sheet tells of it. `gone`: fingerprints of the ids that it deleted; `erased`: that it erased."""

    header: Header
    gone: frozenset[str]
    erased: frozenset[str]


def made_text(header: Header) -> str:
    """What a row says of the batch that made it."""
    return f"{header.id} {header.at.date().isoformat()}"


def made_by(text: str) -> UUID | None:
    """The batch that a row says it was made by."""
    try:
        return UUID(text.partition(" ")[0])
    except ValueError:
        return None


def lately(text: str, now: datetime) -> bool:
    """Whether the batch that made a row would still stand in the history, had it been finished."""
    return text.partition(" ")[2] > (now - KEPT).date().isoformat()


def older(text: str, now: datetime, than: timedelta) -> bool:
    """Whether the batch that made a row was begun longer ago than that."""
    return text.partition(" ")[2] <= (now - than).date().isoformat()


def fingerprint(id: UUID) -> str:
    """What tells that a record is gone without telling whose it was."""
    return sha256(id.bytes).hexdigest()[:12]


def header_row(header: Header, now: datetime, gone: Iterable[str], erased: Sequence[str]) -> dict[str, Raw]:
    """A batch as a row of the history tab, where it stands for `KEPT` from now. `gone`, `erased`: fingerprints."""
    said = header_form(header) | {"gone": sorted(gone)} | ({ERASED: list(erased)} if erased else {})
    return technical(str(header.id), now.isoformat(), "", _json(said))


def line_row(line: JournalLine, now: datetime, place: int) -> dict[str, Raw]:
    """A line of the journal as a row of its tab. `place`: within its batch."""
    return technical(str(line.batch), now.isoformat(), "", _json(line_form(line) | {"place": place}))


def noted(lines: Iterable[Line], batches: Set[UUID]) -> set[tuple[UUID, int]]:
    """Which lines of some batches stand in the journal: the batch, and the line's place in it."""
    found = ((line.id, _read(line)) for line in lines if line.id in batches)
    return {(id, int(said.get("place", 0))) for id, said in found if id is not None and said is not None}


def read_history(lines: Sequence[Line]) -> list[Told]:
    """The batches that the sheet tells of, oldest first; what can't be read is left out."""
    return [one for line in reversed(lines) if (one := _told(line)) is not None]


def read_journal(lines: Sequence[Line]) -> Iterator[JournalLine]:
    """The lines of the journal, batch by batch, each batch's as they were written."""
    found = [said for line in lines if (said := _read(line)) is not None]
    for said in sorted(found, key=lambda one: (str(one.get("batch")), int(one.get("place", 0)))):
        owner = said.get("owner")
        yield JournalLine(
            UUID(said["batch"]),
            0,
            said["type"],
            UUID(said["id"]),
            UUID(owner) if owner else None,
            said["action"],
            said["before"],
            said.get("version", 1),
        )


def old(line: Line, now: datetime) -> bool:
    """Whether a row of the history is to go; those that erased somebody stay, so that nobody comes back."""
    try:
        return f'"{ERASED}":' not in line.form and datetime.fromisoformat(line.made) < now - KEPT
    except (ValueError, TypeError):
        return False


def _told(line: Line) -> Told | None:
    said = _read(line)
    if said is None:
        return None
    try:
        undoes = said.get("undoes")
        header = Header(
            UUID(said["id"]),
            0,
            said["actor"],
            datetime.fromisoformat(said["at"]),
            said.get("reason", ""),
            said.get("kind", "edit"),
            said.get("facts", {}),
            UUID(undoes) if undoes else None,
            said.get("created", 0),
            said.get("edited", 0),
            said.get("deleted", 0),
        )
    except (KeyError, ValueError, TypeError):
        return None
    return Told(header, frozenset(said.get("gone", ())), frozenset(said.get(ERASED, ())))


def _read(line: Line) -> dict[str, Any] | None:
    try:
        said = json.loads(line.form)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

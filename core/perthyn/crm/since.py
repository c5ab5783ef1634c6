"""Since: which state of something somebody has seen (an ETag), and what has become of it since.

The tag of a record is made of its canonical form as far as whoever asks may see it: what is hidden from them can't be
guessed from it. A tag that no longer holds leads back to the state it was made of, by the journal's before-images. Of
what is no record nobody keeps a journal: its tag is the values themselves, as whoever asks has just been told them.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from perthyn.changes import JournalLine
from perthyn.crm.desk import Desk
from perthyn.errors import PerthynError
from perthyn.model import Record, read_plain

BACK = 200
"""So many changes of a record are looked back through."""
NOTHING = '"-"'
"""The tag of a record that is not there yet."""


def tag_of(crm: Desk, record: Record) -> str:
    """The tag of a record as the actor sees it."""
    return _quoted(crm.seen(record).canonical())


def tag_of_values(values: Mapping[str, Any]) -> str:
    """The tag of what is no record."""
    told = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return f'"{urlsafe_b64encode(told.encode()).decode()}"'


def holds(header: str, tag: str) -> bool:
    """Whether one of the tags of ``If-Match`` or ``If-None-Match`` is this one."""
    return header.strip() == "*" or tag in _tags(header)


@dataclass(frozen=True, slots=True)
class Since:
    """What became of a field since somebody saw it: `was`, `now`, and who wrote that and when."""

    path: str
    was: Any
    now: Any
    by: str
    at: datetime


class Changed(PerthynError):
    """What was to be changed is no longer as it was seen. `since`: what has become of each field."""

    def __init__(self, record: UUID | str, since: list[Since]) -> None:
        fields = ", ".join(one.path for one in since)
        who = ", ".join(dict.fromkeys(one.by for one in since))
        super().__init__("api.changed", record=record, fields=fields or "-", actor=who or "-")
        self.since = since


def check_match(crm: Desk, header: str, record: Record) -> None:
    """Raises `Changed` where a tag is given, and is not of the record as it stands."""
    if header and not holds(header, tag_of(crm, record)):
        raise Changed(record.id, since(crm, header, record))


def check_values(header: str, values: Mapping[str, Any], name: str, at: datetime) -> None:
    """Raises `Changed` where a tag is given, and is not of these values; they stand in `name`, written at `at`."""
    if header and not holds(header, tag_of_values(values)):
        before = next(filter(None, map(_values_in, _tags(header))), {})
        paths = [path for path in values if path in before and before[path] != values[path]]
        raise Changed(name, [Since(path, before[path], values[path], name, at) for path in paths])


def since(crm: Desk, header: str, record: Record) -> list[Since]:
    """What has become of a record since the state that a tag was made of; nothing where that is not found."""
    found: dict[str, Since] = {}
    then = record
    for line, by, at in _back(crm, record):
        before = dict(crm.seen_line(line).before)
        now = {path: record.plain_at(path) for path in before}
        try:
            then = then.with_values({path: read_plain(type(record), path, line.before[path]) for path in line.before})
        except (ValidationError, PerthynError, KeyError):
            return []
        for path, was in before.items():
            held = found.get(path)
            found[path] = Since(path, was, now[path], held.by if held else by, held.at if held else at)
        if holds(header, tag_of(crm, then)):
            return [one for one in found.values() if one.was != one.now]
    if holds(header, NOTHING):
        return list(_made(crm, record, found))
    return []


def _made(crm: Desk, record: Record, found: Mapping[str, Since]) -> Iterator[Since]:
    """What is set of a record that was not there when it was looked for."""
    number = crm.store.origin(type(record), [record.id]).get(record.id, 0)
    header = next(crm.store.headers(before=number + 1), None)
    if header is None:
        return
    for path, now in crm.seen(record).plain().items():
        about = type(record).model_fields.get(path)
        if about is not None and not about.is_required() and now != about.default:
            held = found.get(path)
            yield Since(path, None, now, held.by if held else header.actor, held.at if held else header.at)


def _back(crm: Desk, record: Record) -> Iterator[tuple[JournalLine, str, datetime]]:
    """What was changed of a record, the newest first, by whom and when."""
    lines = [one for one in crm.store.journal(records=[record.id]) if one.action == "edit"]
    for line in reversed(lines[-BACK:]):
        header = crm.store.header(line.batch)
        if header is not None:
            yield line, header.actor, header.at


def _tags(header: str) -> list[str]:
    return [one.strip().removeprefix("W/") for one in header.split(",")]


def _values_in(tag: str) -> Mapping[str, Any]:
    """The values that a tag is; {} for what is none: ours are flat, and can be told again."""
    try:
        found = json.loads(urlsafe_b64decode(tag.strip('"')))
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return {}
    flat = isinstance(found, dict) and not any(isinstance(one, dict | list) for one in found.values())
    return found if flat else {}


def _quoted(content: bytes) -> str:
    return f'"{urlsafe_b64encode(sha256(content).digest()[:18]).decode()}"'

"""The canonical form of many records at once, column by column: what `Record.canonical` says of each, in less time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from types import NoneType
from typing import Any
from uuid import UUID

from perthyn.model.record import Part, Record, part_of
from perthyn.model.values import plain

_text = json.JSONEncoder(ensure_ascii=False).encode
_any = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonicals(records: Sequence[Record]) -> list[bytes]:
    """UTF-8 JSON of each of some records of one type, keys sorted, no spaces, none and empty omitted."""
    return [form.encode() for form in _objects(records)] if records else []


def _objects(items: Sequence[Record] | Sequence[Part]) -> list[str]:
    kind = type(items[0])
    held = [item.__dict__ for item in items]
    columns = []
    for name in sorted(kind.model_fields):
        write = _scalars if part_of(kind, name) is None else _lists
        columns.append(write(f"{_text(name)}:", [one[name] for one in held]))
    return [f"{{{','.join(filter(None, row))}}}" for row in zip(*filter(None, columns), strict=True)]


def _scalars(name: str, column: list[Any]) -> list[str]:
    """The field of each item, "" where it is left out; no column where it is left out everywhere."""
    kinds = set(map(type, column)) - {NoneType}
    if not kinds:
        return []
    write = _WRITE.get(kinds.pop(), _other) if len(kinds) == 1 else _other
    return ["" if value is None else name + write(value) for value in column]


def _lists(name: str, column: list[Sequence[Part]]) -> list[str]:
    """The list of each item, its parts by their own JSON."""
    flat = [part for parts in column for part in parts]
    if not flat:
        return []
    forms = iter(_objects(flat))
    return [f"{name}[{','.join(sorted(islice(forms, len(parts))))}]" if parts else "" for parts in column]


def _id(value: UUID) -> str:
    found = value.hex
    return f'"{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"'


def _day(value: date) -> str:
    return f'"{value.isoformat()}"'


def _instant(value: datetime) -> str:
    there = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f'"{there.isoformat(timespec="milliseconds")[:-6]}Z"'


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _other(value: Any) -> str:
    return _any(plain(value))


_WRITE: Mapping[type, Callable[[Any], str]] = {
    str: _text, int: str, bool: _flag, UUID: _id, date: _day, datetime: _instant
}  # fmt: skip

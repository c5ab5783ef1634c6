"""The lines of a backup: its head, one for each item, its tail; written and read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from perthyn.changes import Header, JournalLine
from perthyn.contents import BATCHES, JOURNAL, Contents, Item, Kept
from perthyn.errors import PerthynError
from perthyn.model import Record
from perthyn.model.declaration import carried, declaration
from perthyn.model.steps import upgraded, upgraded_image
from perthyn.moving import Sum

FORMAT = 1
"""Raised when a reader of today would not understand the file."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")

LONGEST = 64 << 20
"""Bytes in a line: far more than any record may hold."""


class Head(BaseModel):
    """What stands first in a backup: what it is and what it holds.

    `version`: of the perthyn that wrote it. `position`: the number of the last batch. `address`: where the records
    lived, without a password. `settings`: what of ``perthyn.toml`` the records rest on. `types`: the declaration of
    every record type (`perthyn.model.declaration`). `sections`: how many items each has, in their order.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    version: str
    made: datetime
    by: str
    address: str
    position: int
    settings: dict[str, Any]
    types: dict[str, dict[str, Any]]
    sections: dict[str, int]


def head_of(
    contents: Contents, *, version: str, made: datetime, by: str, address: str, settings: dict[str, Any]
) -> Head:
    """The head of a backup of these contents."""
    return Head(
        version=version,
        made=made,
        by=by,
        address=address,
        position=contents.position,
        settings=settings,
        types={name: declaration(type) for name, type in contents.types.items()},
        sections=contents.sizes(),
    )


def head_line(head: Head) -> bytes:
    """A head as a line, without its end."""
    return json.dumps(head.model_dump(mode="json"), ensure_ascii=False).encode()


def read_head(line: bytes, file: Path) -> Head:
    """The head in the first line of a file. Raises `PerthynError` (``backup.foreign``, ``backup.newer``)."""
    try:
        said = json.loads(str(line, "utf-8"))
        if int(said["format"]) > FORMAT:
            raise PerthynError("backup.newer", file=str(file), version=str(said.get("version", "?"))[:20])
        head = Head.model_validate(said)
    except (ValueError, TypeError, KeyError, RecursionError, ValidationError) as error:
        raise PerthynError("backup.foreign", file=str(file)) from error
    if not all(map(_NAME.fullmatch, _names(head))) or {*head.sections} != {BATCHES, *head.types, JOURNAL}:
        raise PerthynError("backup.foreign", file=str(file))
    return head


def _names(head: Head) -> Iterator[str]:
    """Every name that a store may make a table or a column of."""
    for name, about in head.types.items():
        lists = about.get("lists", {})
        yield from (name, *about.get("fields", {}), *lists, *(inner for fields in lists.values() for inner in fields))


def tail_line(sums: Mapping[str, Sum]) -> bytes:
    """The tail as a line, without its end."""
    return json.dumps({"end": {name: one.model_dump() for name, one in sums.items()}}).encode()


def read_tail(line: bytes) -> dict[str, Sum]:
    """The sums in a tail. Raises `ValueError`, `TypeError`, `KeyError`, `AttributeError` for what is none."""
    return {name: Sum.model_validate(one) for name, one in json.loads(str(line, "utf-8"))["end"].items()}


class Reader:
    """Makes items of lines. Records of types that `known` has become records of today's version."""

    def __init__(self, head: Head, known: Mapping[str, type[Record]]) -> None:
        self._versions = {name: int(about.get("version", 1)) for name, about in head.types.items()}
        self.types = {name: known.get(name) or carried(name, about) for name, about in head.types.items()}

    def newer(self) -> str:
        """The name of a type that a later version of its declaration wrote, "" for none."""
        return next((name for name, type in self.types.items() if self._versions[name] > type.version), "")

    @property
    def upgrades(self) -> bool:
        """Whether some items become others than the lines say."""
        return any(self._versions[name] < type.version for name, type in self.types.items())

    def item(self, section: str, line: bytes) -> Item:
        """The item in a line. Raises `ValueError` (pydantic's too), `TypeError`, `KeyError` for what is none."""
        if section == BATCHES:
            return _header(json.loads(str(line, "utf-8")))
        if section == JOURNAL:
            return self._line(json.loads(str(line, "utf-8")))
        said = json.loads(str(line, "utf-8"))
        type, version = self.types[section], self._versions[section]
        plain = said["record"] if version == type.version else upgraded(type, said["record"], version)
        return Kept(type.model_validate(plain), int(said["batch"]))

    def _line(self, said: dict[str, Any]) -> JournalLine:
        line = JournalLine(
            UUID(said["batch"]),
            int(said["number"]),
            said["type"],
            UUID(said["id"]),
            UUID(said["owner"]) if said.get("owner") else None,
            said["action"],
            said["before"],
            int(said["version"]),
        )
        type = self.types.get(line.type)
        if type is None or line.version == type.version:
            return line
        before = upgraded_image(type, line.action, line.before, line.version)
        return replace(line, before=before, version=type.version)


def _header(said: dict[str, Any]) -> Header:
    return Header(
        UUID(said["id"]),
        int(said["number"]),
        said.get("actor", ""),
        datetime.fromisoformat(said["at"]),
        said.get("reason", ""),
        said.get("kind", ""),
        said.get("facts", {}),
        UUID(said["undoes"]) if said.get("undoes") else None,
        int(said["created"]),
        int(said["edited"]),
        int(said["deleted"]),
    )

"""What the mirror holds that the sheet has not seen: whole batches, and by their journal which records and how."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any
from uuid import UUID

from perthyn.changes import Header, JournalLine
from perthyn.model import Record, read_plain
from perthyn.store import Store

Named = tuple[str, UUID]
"""A record by its type's name and its id."""


@dataclass
class Pending:
    """Batches to be sent, oldest first, and what they did to records that the sheet holds; their counts are of those.

    `before`: of each edited record what each of its edits found, as JSON by path. `deleted`: what a deleted record
    was. `erasing`: the batches that took records away without a line in the journal. `quiet`: how many batches did
    nothing that anybody would look for in the sheet: what is local to this machine.
    """

    headers: list[Header] = field(default_factory=list)
    created: set[Named] = field(default_factory=set)
    before: dict[Named, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    deleted: dict[Named, Any] = field(default_factory=dict)
    erasing: set[UUID] = field(default_factory=set)
    lines: list[JournalLine] = field(default_factory=list)
    quiet: int = 0

    @property
    def waiting(self) -> int:
        """How many batches somebody would look for in the sheet."""
        return len(self.headers) - self.quiet

    @property
    def only_new(self) -> bool:
        """Whether there is nothing but new records, for which no row needs to be found."""
        return not self.before and not self.deleted and not self.erasing

    @property
    def touched(self) -> set[Named]:
        """Every record that must be looked at."""
        return {*self.created, *self.before, *self.deleted}

    def base(self, record: Record) -> Record:
        """The record as the sheet knows it."""
        kind = type(record)
        named = (record.type_name, record.id)
        if named in self.deleted:  # and made again
            record = kind.model_validate_json(json.dumps(self.deleted[named]))
        for before in reversed(self.before.get(named, ())):
            record = record.with_values({path: read_plain(kind, path, value) for path, value in before.items()})
        return record

    def paths(self, named: Named) -> set[str]:
        """The fields of a record that were edited."""
        return {path.partition("[")[0] for before in self.before.get(named, ()) for path in before}


def pending_in(mirror: Store, shared: int, known: Iterable[UUID]) -> Pending:
    """What waits to be sent: all batches above `shared` but those that came from the sheet."""
    seen = set(known)
    newest = takewhile(lambda header: header.number > shared, mirror.headers())
    found = Pending([header for header in newest if header.id not in seen][::-1])
    local = {name for name, kind in mirror.types.items() if kind.scope == "local"}
    for place, header in enumerate(found.headers):
        made = {(kind.type_name, id) for kind, id in mirror.created(header.id)}
        new = {named for named in made if named[0] not in local}
        found.created |= new
        deleted, inner, told = 0, Counter[str](), len(found.lines)
        for line in mirror.journal(batch=header.id):
            if line.type in local:
                inner[line.action] += 1
                deleted += line.action == "delete"
                continue
            found.lines.append(line)
            named = (line.type, line.id)
            if line.action == "delete":
                deleted += 1
                found.deleted.setdefault(named, line.before)
            elif named not in found.created:
                found.before[named].append(line.before)
        if header.deleted > deleted:
            found.erasing.add(header.id)
        elif not new and len(found.lines) == told and (inner or made):
            found.quiet += 1
        edited, deleted = header.edited - inner["edit"], header.deleted - inner["delete"]
        found.headers[place] = replace(header, edited=edited, deleted=deleted)
    return found


def owners(mirror: Store, contact: UUID) -> Iterator[Record]:
    """The records that belong to a contact."""
    for kind in mirror.types.values():
        if kind.owner:
            yield from mirror.owned(kind, [contact])

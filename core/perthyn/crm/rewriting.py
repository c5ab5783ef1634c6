"""Rewriting: a contact as a form leaves it, against what the person saw when they opened it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from perthyn.changes import Edit, Receipt
from perthyn.crm.holdings import Holdings
from perthyn.crm.people import about, wrong
from perthyn.errors import Conflict
from perthyn.model import Contact, declared, parts

FORMED = ("emails", "phones", "addresses", "roles", "tags", "custom", "relationships")
"""The lists that a person may change."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two people wanted a field otherwise. `mine`: what is to be written; `theirs`: what stands, by whom, when."""

    path: str
    mine: Any
    theirs: Any
    by: str
    at: datetime | None


class Rewriting(Holdings):
    """What a person can do with the whole of a contact."""

    def clashes(self, saw: Contact, wanted: Contact) -> list[Clash]:
        """The fields that the person changes and somebody else has changed since, and not to the same."""
        self.check("contact.read")
        now = self.seen(self._contact(saw.id))
        found = [
            (path, mine, now.value_at(path))
            for path, (before, mine) in differing(saw, wanted).items()
            if now.value_at(path) not in (before, mine)
        ]
        return [Clash(path, mine, theirs, *self._who(saw.id, path)) for path, mine, theirs in found]

    def rewrite(self, saw: Contact, wanted: Contact) -> tuple[Contact, Receipt | None]:
        """Write what differs between what the person `saw` and what is `wanted`; all else stays. Undoable.

        No receipt where nothing differs from what stands. Raises `Conflict` (``store.conflict``) where somebody has
        changed one of these fields since (`clashes` names them all), `Forbidden`, `PerthynError` (``record.value``).
        """
        self.check("contact.write")
        now = self._contact(saw.id)
        asked = differing(saw, wanted)
        self.check_fields(Contact, asked)
        values = {path: both for path, both in asked.items() if now.value_at(path) != both[1]}
        for path, (before, _) in values.items():
            if now.value_at(path) != before:
                by, _ = self._who(now.id, path)
                raise Conflict("store.conflict", record=now.id, path=path, expected=str(before),
                               found=str(now.value_at(path)), actor=by)  # fmt: skip
        if not values:
            return self.seen(now), None
        try:
            after = now.with_values({path: value for path, (_, value) in values.items()})
        except ValidationError as error:
            raise wrong(error) from error
        return self.seen(after), self.commit(
            [*self._declared(after), Edit("contact", now.id, values)], facts=about(now)
        )

    def _who(self, id: UUID, path: str) -> tuple[str, datetime | None]:
        """Who wrote a field last, and when."""
        for line, header in reversed(self.history(id)):
            if line.id == id and path in line.before:
                return header.actor, header.at
        return "", None


def differing(saw: Contact, wanted: Contact) -> dict[str, tuple[Any, Any]]:
    """Each path at which two states of a contact differ, with both values; a part that is gone is None."""
    paths: Iterator[str] = (name for name in declared(Contact) if name != "id")
    found: dict[str, tuple[Any, Any]] = {path: (getattr(saw, path), getattr(wanted, path)) for path in paths}
    for name in parts(Contact).keys() & set(FORMED):
        both: Mapping[str, None] = {f"{name}[{one.key}]": None for each in (saw, wanted) for one in getattr(each, name)}
        found |= {path: (saw.value_at(path), wanted.value_at(path)) for path in both}
    return {path: (before, after) for path, (before, after) in found.items() if before != after}

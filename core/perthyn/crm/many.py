"""Many: several contacts written at once, each its own way, as one batch: all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from perthyn.changes import Change, Create, Receipt
from perthyn.crm.people import People, about
from perthyn.errors import PerthynError
from perthyn.model import Contact

MOST = 500


@dataclass(frozen=True, slots=True)
class Writing:
    """One contact to be added (`id` None) or edited; see `Crm.add_contact` and `Crm.edit_contact`."""

    values: Mapping[str, Any]
    id: UUID | None = None
    remove: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class WrittenMany:
    """The contacts as they stand now, in the order asked for; no receipt where nothing would change."""

    contacts: Sequence[Contact]
    receipt: Receipt | None


class SomeRefused(PerthynError):
    """Nothing was written: `refused` says of which of them (counted from 0) what is wrong."""

    def __init__(self, refused: Mapping[int, PerthynError], of: int) -> None:
        super().__init__("contact.many.refused", count=len(refused), of=of)
        self.refused = refused


@dataclass
class _Gathered:
    """What is to be written so far. `held`: the contacts that are touched, as they will stand."""

    changes: list[Change] = field(default_factory=list)
    after: list[Contact] = field(default_factory=list)
    touched: set[UUID] = field(default_factory=set)


class Many(People):
    """What a person can write at once."""

    def write_many(self, wanted: Sequence[Writing]) -> WrittenMany:
        """Add and edit up to 500 contacts in one batch. Undoable.

        Raises `SomeRefused` (``contact.many.refused``) with what is wrong with each, `PerthynError`
        (``contact.many.long``), `Forbidden`, `Conflict` where somebody else writes one of them meanwhile.
        """
        self.check("contact.bulk")
        self.check("contact.write")
        if len(wanted) > MOST:
            raise PerthynError("contact.many.long", count=len(wanted), most=MOST)
        found, refused = _Gathered(), dict[int, PerthynError]()
        for place, one in enumerate(wanted):
            try:
                self._gather(one, found)
            except PerthynError as error:
                refused[place] = error
        if refused:
            raise SomeRefused(refused, len(wanted))
        changes = _declared_once(found.changes)
        receipt = self.commit(changes, facts=about(*found.after[:20])) if changes else None
        return WrittenMany([self.seen(one) for one in found.after], receipt)

    def _gather(self, one: Writing, found: _Gathered) -> None:
        if one.id is None:
            after, changes = self._adding(one.values)
        else:
            contact = self._contact(one.id)
            if contact.id in found.touched:
                raise PerthynError("contact.many.twice", id=contact.id)
            after, changes = self._editing(contact, one.values, one.remove, {})
        found.touched.add(after.id)
        found.after.append(after)
        found.changes += changes


def _declared_once(changes: Sequence[Change]) -> list[Change]:
    """A custom field that several are the first to have is declared once."""
    names: set[str] = set()
    kept: list[Change] = []
    for one in changes:
        name = getattr(one.record, "name", "") if isinstance(one, Create) and _declares(one) else ""
        if not name or name not in names:
            kept.append(one)
        names.add(name)
    return kept


def _declares(one: Create) -> bool:
    return one.record.type_name == "custom_field"

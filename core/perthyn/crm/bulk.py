"""Bulk: the same small change for many people at once, as one batch that can be taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, get_args
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Edit, Receipt
from perthyn.crm.listing import Listing
from perthyn.crm.people import checked
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Contact, Membership, Role, Tag
from perthyn.text import nearest

Doing = Literal["tag", "untag", "language", "role", "segment"]
AT_ONCE = 500
SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Planned:
    """What a change of many would do: for how many, of how many, and the first few of them."""

    count: int
    of: int
    sample: Sequence[Contact]


class Bulk(Listing):
    """What a person can do with many at once."""

    def bulk_plan(self, contacts: Sequence[UUID], doing: str, value: str) -> Planned:
        """Who would be changed; nothing is written. Raises what `bulk` raises but for ``bulk.nothing``."""
        self.check("contact.bulk")
        each = self._in_bulk(contacts, doing, value).of_each()
        first = [self.seen(one) for one, _ in islice(each, SAMPLE)]
        return Planned(len(first) + sum(1 for _ in each), len(contacts), first)

    def bulk(self, contacts: Sequence[UUID], doing: str, value: str) -> Receipt:
        """Change many people: add a tag or take it away, set the language, add a role, put into a hand-picked segment.

        `value`: the tag, cy / en / both, the role, the segment's id. Those who are so already are left alone.
        Raises `Unknown` (``bulk.doing``, ``segment.unknown``), `PerthynError` (``bulk.nothing``, ``bulk.segment``,
        ``record.value``).
        """
        self.check("contact.bulk")
        changes = self._in_bulk(contacts, doing, value)
        if next(changes.of_each(), None) is None:
            raise PerthynError("bulk.nothing")
        batch = Batch(self.batch_id(), self.actor.name, self.clock(), changes.reason, "edit", changes,
                      facts={"bulk": doing})  # fmt: skip
        return self.apply(batch)

    def _in_bulk(self, contacts: Sequence[UUID], doing: str, value: str) -> _Many:
        value = value.strip()
        match doing:
            case "tag" | "untag":
                tag: Tag = checked(Tag, {"tag": value})
                return _Many(self, contacts, value, f"tags[{tag.key}]", tag if doing == "tag" else None)
            case "language":
                wish: Contact = checked(Contact, {"id": self.ids(), "language": value})
                return _Many(self, contacts, value, "language", wish.language)
            case "role":
                role: Role = checked(Role, {"role": value, "start": self.today()})
                return _Many(self, contacts, value, f"roles[{role.key}]", role)
            case "segment":
                self.check("segment.write")
                segment = self.segment(value)
                if segment.mode != "hand":
                    raise PerthynError("bulk.segment", name=segment.name(self.language))
                return _Many(self, contacts, segment.name(self.language), "", None, segment.id)
        raise Unknown("bulk.doing", name=doing, suggestion=nearest(doing, get_args(Doing)))


@dataclass(frozen=True)
class _Many:
    """The changes, read a few hundred people at a time, each time anew."""

    desk: Bulk
    contacts: Sequence[UUID]
    reason: str
    path: str
    value: Any
    segment: UUID | None = None

    def __iter__(self) -> Iterator[Change]:
        for _, change in self.of_each():
            yield change

    def of_each(self) -> Iterator[tuple[Contact, Change]]:
        for start in range(0, len(self.contacts), AT_ONCE):
            found = self.desk.store.get(Contact, self.contacts[start : start + AT_ONCE])
            inside = self._inside(list(found))
            for id, one in found.items():
                change = self._change(one, id in inside)
                if change is not None:
                    yield one, change

    def _inside(self, ids: Sequence[UUID]) -> set[UUID]:
        if self.segment is None:
            return set()
        return {one.contact for one in self.desk.store.owned(Membership, ids) if one.segment == self.segment}

    def _change(self, one: Contact, inside: bool) -> Change | None:
        if self.segment is not None:
            made = Membership(id=self.desk.ids(), contact=one.id, segment=self.segment, since=self.desk.clock())
            return None if inside else Create(made)
        before = one.value_at(self.path)
        if isinstance(self.value, Role) and any(_lasts(held, self.value) for held in one.roles):
            return None
        if before == self.value or (isinstance(self.value, Tag) and before is not None):
            return None
        values = {self.path: (before, self.value)}
        if self.path == "language":
            values["language_asked"] = (one.language_asked, self.desk.today())
        return Edit("contact", one.id, values)


def _lasts(held: Role, wanted: Role) -> bool:
    """Whether somebody has the role still."""
    return held.role.casefold() == wanted.role.casefold() and held.end is None

"""Listing: everybody a rule is true for, a page at a time, in the order they were added or by name."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal
from uuid import UUID

from perthyn.crm.lasting import Lasting
from perthyn.crm.people import People
from perthyn.crm.written import Written
from perthyn.model import Contact
from perthyn.rules import Closed, Rule
from perthyn.text import sort_key

Order = Literal["-added", "added", "name", "-name"]
MOST_BY_NAME = 5_000
"""So many people can be put in the order of their names while somebody waits; more stand as they were added."""
LISTS = 16
"""So many lists are held in either order."""
LONG = 16
"""Bytes of an id."""
BY_NAME = ("name", "-name")
Name = tuple[str, bytes]
"""What somebody stands by in a list by name, and their id."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list.

    `count`: how many are in the list; `place`: of the first shown, from 1. `order`: in which they stand, which is not
    the one asked for where there are more than `MOST_BY_NAME`. `earlier`, `later`: whether there are more.
    """

    contacts: Sequence[Contact]
    count: int
    place: int
    order: Order

    @property
    def earlier(self) -> bool:
        return self.place > 1

    @property
    def later(self) -> bool:
        return self.place - 1 + len(self.contacts) < self.count


class Listing(Lasting, People):
    """What a person can ask of lists."""

    def look_up(self, id: UUID) -> Contact:
        """One contact; the old id of a merged one leads to the one it became. Raises `Unknown`."""
        self.check("contact.read")
        return self.seen(self._contact(id))

    def listed(
        self,
        rule: Rule,
        order: Order = "-added",
        *,
        after: UUID | None = None,
        before: UUID | None = None,
        limit: int = 50,
    ) -> Listed:
        """Those a rule is true for: the first `limit`, those after a contact of the list, or those before one.

        "-added" is the last added first. Raises `Forbidden` for a rule that touches a field one may not see.
        """
        self.check("contact.read")
        with self.one_picture():
            ids, order = self._ordered(self.close(rule), order)
            count = len(ids) // LONG
            if before is not None:
                end = _place(ids, before, order)
                start = max(0, end - limit)
            else:
                start = 0 if after is None else _place(ids, after, order, behind=True)
                end = min(count, start + limit)
            backwards = order.startswith("-")
            shown = _cut(ids, count - end, count - start)[::-1] if backwards else _cut(ids, start, end)
            found = self.store.get(Contact, shown)
        return Listed([self.seen(found[id]) for id in shown if id in found], count, start + 1, order)

    def found_in(self, text: str, rule: Rule, limit: int = 50) -> list[Contact]:
        """Those who answer to `text` and for whom a rule is true, the best first; of the 500 best."""
        self.check("contact.read")
        closed = self.close(rule)
        with self.one_picture():
            order = self.store.search(text, 500)
            inside = self.store.among(closed, order)
            shown = [id for id in order if id in inside][:limit]
            found = self.store.get(Contact, shown)
        return [self.seen(found[id]) for id in shown if id in found]

    def all_ids(self, rule: Rule) -> list[UUID]:
        """The ids of all those a rule is true for, in id order."""
        self.check("contact.read")
        ids, _ = self._ordered(self.close(rule), "added")
        return _cut(ids, 0, len(ids) // LONG)

    def _ordered(self, rule: Closed, order: Order) -> tuple[bytes, Order]:
        """The ids of all, one behind the other, the first added or by name first; and the order they stand in."""
        ids = self._lasts("added", rule, lambda: self._added(rule), partial(self._added_still, rule), LISTS)
        if order not in BY_NAME:
            return ids, order
        if len(ids) > MOST_BY_NAME * LONG:
            return ids, "-added"
        named = self._lasts(
            "named", rule, lambda: self._named_of(_cut(ids, 0, len(ids) // LONG)),
            partial(self._named_still, rule), LISTS,
        )  # fmt: skip
        return b"".join(id for _, id in named), order

    def _added(self, rule: Closed) -> bytes:
        return b"".join(id.bytes for id in self.store.select(rule))

    def _added_still(self, rule: Closed, ids: bytes, written: Written) -> bytes:
        """The same list now that some people are other than they were."""
        inside = self._inside(rule, written)
        pieces, start = [], 0
        for id in sorted(written.contacts):
            place = _place_of(ids, id)
            pieces += [ids[start * LONG : place * LONG], id.bytes if id in inside else b""]
            start = place + (ids[place * LONG : (place + 1) * LONG] == id.bytes)
        return b"".join([*pieces, ids[start * LONG :]])

    def _named_of(self, ids: Iterable[UUID]) -> Sequence[Name]:
        return sorted((_by_family(one), id.bytes) for id, one in self.store.get(Contact, ids).items())

    def _named_still(self, rule: Closed, named: Sequence[Name], written: Written) -> Sequence[Name]:
        others = {id.bytes for id in written.contacts}
        now = self._named_of(self._inside(rule, written))
        return sorted([*(one for one in named if one[1] not in others), *now])

    def _inside(self, rule: Closed, written: Written) -> set[UUID]:
        return self.store.among(rule, sorted(written.contacts)) if written.contacts else set()


def _by_family(one: Contact) -> str:
    return sort_key(" ".join(filter(None, (one.family, one.given))) or one.shown_name)


def _cut(ids: bytes, start: int, end: int) -> list[UUID]:
    return [UUID(bytes=ids[place * LONG : (place + 1) * LONG]) for place in range(start, end)]


def _place(ids: bytes, id: UUID, order: Order, behind: bool = False) -> int:
    """Where a contact stands (or `behind` it); where she would, if she is gone, and in a list by name at its top."""
    place, backwards = ids.find(id.bytes), order.startswith("-")
    while place % LONG and place >= 0:
        place = ids.find(id.bytes, place + 1)
    if place >= 0:
        return (len(ids) - place - LONG if backwards else place) // LONG + behind
    if order in BY_NAME:
        return 0
    return len(ids) // LONG - _place_of(ids, id) if backwards else _place_of(ids, id)


def _place_of(ids: bytes, id: UUID) -> int:
    """Where an id stands, or would, among ids in order."""
    return bisect_left(range(len(ids) // LONG), id.bytes, key=lambda at: ids[at * LONG : (at + 1) * LONG])

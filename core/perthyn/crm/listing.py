"""Listing: everybody a rule is true for, a page at a time, in the order they were added or by name."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from perthyn.crm.people import People
from perthyn.model import Contact
from perthyn.rules import Rule, rule_json
from perthyn.text import sort_key

Order = Literal["-added", "added", "name", "-name"]
MOST_BY_NAME = 5_000
"""So many people can be put in the order of their names while somebody waits; more stand as they were added."""
LISTS = 16
"""So many lists are held, until something is written."""
LONG = 16
"""Bytes of an id."""


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


class Listing(People):
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
            ids, order = self._ordered(rule, order)
            count = len(ids) // LONG
            if before is not None:
                end = _place(ids, before, order)
                start = max(0, end - limit)
            else:
                start = 0 if after is None else _place(ids, after, order, behind=True)
                end = min(count, start + limit)
            shown = _cut(ids, start, end)
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
        ids, _ = self._ordered(rule, "added")
        return _cut(ids, 0, len(ids) // LONG)

    def _ordered(self, rule: Rule, order: Order) -> tuple[bytes, Order]:
        """The ids of all, one behind the other, and the order that they stand in."""
        closed = self.close(rule)
        held: dict[str, bytes] = self.kept("listed", dict)
        name = f"{self.today()} {rule_json(rule)}"
        if name not in held:
            _make_room(held)
            held[name] = b"".join(id.bytes for id in self.store.select(closed))
        ids = held[name]
        if len(ids) > MOST_BY_NAME * LONG and order in ("name", "-name"):
            order = "-added"
        if order == "added":
            return ids, order
        if f"{order} {name}" not in held:
            _make_room(held)
            held[f"{order} {name}"] = b"".join(self._sorted(ids, order))
        return held[f"{order} {name}"], order

    def _sorted(self, ids: bytes, order: Order) -> Iterable[bytes]:
        if order == "-added":
            return (ids[end - LONG : end] for end in range(len(ids), 0, -LONG))
        found = self.store.get(Contact, _cut(ids, 0, len(ids) // LONG))
        names = {id: (_by_family(one), id) for id, one in found.items()}
        return (id.bytes for id in sorted(names, key=names.__getitem__, reverse=order == "-name"))


def _by_family(one: Contact) -> str:
    return sort_key(" ".join(filter(None, (one.family, one.given))) or one.shown_name)


def _make_room(held: dict[str, bytes]) -> None:
    while len(held) >= LISTS:
        del held[next(iter(held))]


def _cut(ids: bytes, start: int, end: int) -> list[UUID]:
    return [UUID(bytes=ids[place * LONG : (place + 1) * LONG]) for place in range(start, end)]


def _place(ids: bytes, id: UUID, order: Order, behind: bool = False) -> int:
    """Where a contact stands (or `behind` it); where she would, if she is gone, and in a list by name at its top."""
    place = ids.find(id.bytes)
    while place % LONG and place >= 0:
        place = ids.find(id.bytes, place + 1)
    if place >= 0:
        return place // LONG + behind
    count = len(ids) // LONG
    if order == "added":
        return bisect_left(range(count), id.bytes, key=lambda at: ids[at * LONG : (at + 1) * LONG])
    if order == "-added":
        back = bisect_left(range(count), id.bytes, key=lambda at: ids[(count - at - 1) * LONG : (count - at) * LONG])
        return count - back
    return 0

"""Catalogue: what the numbers in an order mean: events, days, products and questions, asked for once and kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from perthyn.channel import Fact
from perthyn.errors import PerthynError
from perthyn.model import About, Record
from perthyn.model.values import Integer, Text, Word
from perthyn.store import Store
from perthyn_tickets.orders import Order
from perthyn_tickets.shop import Shop
from perthyn_tickets.words import all_said, one_line

FEW = 2
"""So many events are asked for one by one; more are looked up in the list of all."""
_TYPES = frozenset(("type", "event type", "category", "math", "math o ddigwyddiad", "categori"))
"""Names of an organizer's own property that says of what type an event is."""


class Listed(Record):
    """Something that a shop's orders name by number, as the shop lists it; nothing of it is about a person.

    `source_id`: ``event:house``, ``item:house:5``, ``question:house:2``, ``day:house:3``; and ``days:house``, up to
    when the days of an event are known. `says`: canonical JSON, empty where the shop knows nothing of it.
    """

    type_name: ClassVar[str] = "tickets.listed"
    source_named: ClassVar[bool] = True

    source: Annotated[Word, About("Source", "Ffynhonnell", kind="word", folded=False)]
    source_id: Annotated[Word, About("Id at the source", "Id yn y ffynhonnell", folded=False)]
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None
    says: Annotated[Text, About("As the shop lists it", "Fel y mae'r siop yn ei restru", kind="json", folded=False)]


@dataclass(frozen=True, slots=True)
class Happens:
    """When an event, or one of its days, begins, by the clock of the shop; `type`: of what type the shop says it is."""

    day: date | None
    type: str


class Catalogue:
    """What one account lists. `learnt`: what was asked for since it was last taken, to be stored."""

    def __init__(self, shop: Shop, store: Store, source: str) -> None:
        self._shop, self._store, self._source = shop, store, source
        self._known: dict[str, dict[str, Any]] = {}
        self._learnt: list[str] = []
        self._trusting = True

    def renew(self) -> None:
        """Ask for everything once more that is needed from now on: names and days change."""
        self._trusting = False

    def need(self, orders: Iterable[Order]) -> list[Fact]:
        """See to it that all that these orders name is known; answers what is new of it. Raises as `Shop` does."""
        wanted = {name for order in orders for name in _named(order)}
        self._recall(wanted)
        missing: dict[tuple[str, str], set[str]] = {}
        for name in sorted(wanted - self._known.keys()):
            what, _, rest = name.partition(":")
            missing.setdefault((what, "" if what == "event" else rest.partition(":")[0]), set()).add(name)
        ask = {"event": self._ask_event, "item": self._ask_item, "question": self._ask_question, "day": self._ask_day}
        for (what, event), names in missing.items():
            try:
                ask[what](event, names)
            except (KeyError, TypeError, AttributeError) as error:
                raise PerthynError("tickets.answer.strange", url=f"{what}s/", status=200) from error
            for name in names - self._known.keys():
                self._learn(name, {})
        learnt, self._learnt = self._learnt, []
        return [Fact(name, {"says": _json(self._known[name])}, type=Listed) for name in learnt]

    def event(self, slug: str) -> Mapping[str, Any]:
        """``name`` and ``currency`` of an event; empty where it is not known."""
        return self._known.get(f"event:{slug}", {})

    def item(self, event: str, id: int) -> Mapping[str, Any]:
        """``name``, ``category``, ``admission`` and ``member`` of a product."""
        return self._known.get(f"item:{event}:{id}", {})

    def question(self, event: str, id: int) -> Mapping[str, Any]:
        """``asks`` and ``kind`` of a question."""
        return self._known.get(f"question:{event}:{id}", {})

    def happens(self, event: str, day: int | None) -> Happens:
        """When what a position is for takes place."""
        whole = self.event(event)
        one = whole if day is None else self._known.get(f"day:{event}:{day}", {})
        return Happens(_day(one.get("from")), one.get("type") or whole.get("type") or "")

    # -- what is known, and what is to be asked for ---------------------------------------------------------------

    def _recall(self, names: Iterable[str]) -> None:
        """Look up what the store has been told already."""
        if not self._trusting:
            return
        new = [name for name in names if name not in self._known]
        ids = {one.id: name for name, one in self._store.sourced(self._source, new).items() if one.type == _TYPE}
        for id, record in self._store.get(Listed, ids).items():
            self._known[ids[id]] = json.loads(record.says)

    def _learn(self, name: str, says: dict[str, Any]) -> None:
        if self._known.get(name) != says:
            self._known[name] = says
            self._learnt.append(name)

    def _ask_event(self, _: str, names: set[str]) -> None:
        if len(names) <= FEW:
            found: Iterator[Any] = (self._shop.event(name.partition(":")[2]) for name in sorted(names))
        else:
            found = (one for page in self._shop.pages("events/") for one in page.results)
        for one in found:
            if one is not None:
                says = {"name": _texts(one["name"]), "from": one.get("date_from"), "type": _type(one)}
                self._learn(f"event:{one['slug']}", {**says, "currency": one.get("currency") or ""})

    def _ask_item(self, event: str, _: set[str]) -> None:
        items = [one for page in self._shop.pages(f"events/{event}/items/") for one in page.results]
        names: dict[int, Any] = {}
        if any(one.get("category") for one in items):
            pages = self._shop.pages(f"events/{event}/categories/")
            names = {one["id"]: _texts(one["name"]) for page in pages for one in page.results}
        for one in items:
            called = one.get("internal_name") or _texts(one["name"])
            says = {"name": called, "category": names.get(one.get("category")), "admission": bool(one.get("admission"))}
            self._learn(f"item:{event}:{one['id']}", {**says, "member": bool(one.get("grant_membership_type"))})

    def _ask_question(self, event: str, _: set[str]) -> None:
        for page in self._shop.pages(f"events/{event}/questions/"):
            for one in page.results:
                self._learn(f"question:{event}:{one['id']}", {"asks": _texts(one["question"]), "kind": one.get("type")})

    def _ask_day(self, event: str, _: set[str]) -> None:
        """The days of a series that are new or were changed since its days were last asked for."""
        mark = f"days:{event}"
        self._recall([mark])
        since = self._known.get(mark, {}).get("until", "")
        until = ""
        for page in self._shop.pages(f"events/{event}/subevents/", {"modified_since": since} if since else None):
            until = until or page.generated
            for one in page.results:
                self._learn(f"day:{event}:{one['id']}", {"from": one.get("date_from"), "type": _type(one)})
        if until:
            self._learn(mark, {"until": until})


_TYPE = Listed.type_name


def _named(order: Order) -> Iterator[str]:
    """All that an order names by number."""
    yield f"event:{order.event}"
    for position in order.positions:
        yield f"item:{order.event}:{position.item}"
        if position.subevent is not None:
            yield f"day:{order.event}:{position.subevent}"
        yield from (f"question:{order.event}:{answer.question}" for answer in position.answers)


def _type(listed: Mapping[str, Any]) -> str:
    found = listed.get("meta_data") or {}
    return next((one_line(str(value)) for name, value in found.items() if name.casefold() in _TYPES and value), "")


def _texts(texts: Any) -> Any:
    """A text in each of its languages, or the one text it is."""
    return dict(texts) if isinstance(texts, dict) else "".join(all_said(texts))


def _json(says: Mapping[str, Any]) -> str:
    return json.dumps(says, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _day(moment: Any) -> date | None:
    """The day of a moment as the shop writes it: by the clock of the place."""
    try:
        return datetime.fromisoformat(moment).date()
    except (TypeError, ValueError):
        return None

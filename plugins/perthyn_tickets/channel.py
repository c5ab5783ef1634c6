"""Tickets: what a shop that runs on pretix tells of its orders, fetched as they change or told of by a webhook.

pretix does not sign what it sends, so a webhook is never believed: it is a reason to fetch the order it names with our
own key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeGuard
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from perthyn.channel import Channel, Delivery, Event, Fact, NotNow, Reach, Refused, Request, Unread
from perthyn.errors import PerthynError
from perthyn.house import House
from perthyn_tickets.accounts import SLUG, TICKETS, Account, account_of, accounts_of
from perthyn_tickets.catalogue import Catalogue
from perthyn_tickets.orders import Order
from perthyn_tickets.shop import Page, Shop
from perthyn_tickets.telling import Shelf, Telling, numbered

LOOK_BACK, MARGIN = timedelta(days=1), timedelta(minutes=1)
"""Once a day what changed since the day before is asked for again: an order that was being written just as the list was
made is dated before it, and not in it."""
SWEEP, SWEPT = timedelta(days=7), timedelta(days=400)
"""Once a week all orders placed in so long are looked at: to pretix a refund alone is no change of an order, and where
no webhook tells of it nothing else would."""
LATER = 3600
"""Seconds after which an order is asked for again that the key could not see."""
_ACTIONS = ("pretix.event.order.", "pretix.event.checkin")
_SECRETS = ("secret", "url", "downloads", "positions", "payments")


@dataclass(frozen=True, slots=True)
class Place:
    """Where fetching goes on. `since`: up to when the changes are known; `looked`: since when none can be missing.

    `page`: the next one of a round; `generated`: when its first was made. `sweeping`: the round looks at all orders
    placed since then; `swept`: when the last one did.
    """

    since: str = ""
    looked: str = ""
    swept: str = ""
    page: int = 1
    generated: str = ""
    sweeping: str = ""

    @classmethod
    def read(cls, cursor: str) -> Place:
        """The place that a cursor names; the beginning for none, and for one that nobody has written."""
        try:
            place = cls(**json.loads(cursor))
            for moment in filter(None, (place.since, place.looked, place.swept, place.sweeping)):
                datetime.fromisoformat(moment)
            return place if place.page >= 1 else cls()
        except (ValueError, TypeError):
            return cls()

    def __str__(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value}, sort_keys=True)

    @property
    def asked(self) -> dict[str, str]:
        """Which orders the round is about; all of them the first time."""
        if self.sweeping:
            return {"created_since": self.sweeping}
        return {"modified_since": self.since} if self.since else {}

    def begun(self, now: datetime) -> Place:
        """Where a new round begins: where the last one did end, or once a day further back, or once a week a sweep."""
        if self.page > 1 or not self.since:
            return self
        if now - datetime.fromisoformat(self.swept) >= SWEEP:
            return replace(self, sweeping=(now - SWEPT).isoformat())
        looked = datetime.fromisoformat(self.looked)
        if now - looked < LOOK_BACK:
            return self
        return replace(self, since=(looked - MARGIN).isoformat(), looked=self.since)

    def after(self, page: Page) -> Place:
        """The place once a page has been stored."""
        place = replace(self, page=self.page + 1, generated=self.generated or page.generated)
        return place if page.more else place.ended()

    def ended(self) -> Place:
        """The place once there are no more pages."""
        if self.sweeping:
            return Place(self.since, self.looked, self.generated)
        return Place(self.generated, self.looked or self.generated, self.swept or self.generated)


class Tickets(Channel):
    """Orders, refunds and who came, from pretix."""

    name = TICKETS
    title = ("Ticket shop (pretix)", "Siop docynnau (pretix)")
    every = timedelta(minutes=15)

    def accounts(self, house: House) -> Sequence[str]:
        """``main`` for what stands in ``[tickets]`` itself, then each ``[tickets.name]``."""
        return accounts_of(house)

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        """Each page of the orders that changed. Raises as `Shop` does, and as `account_of`."""
        with _opened(reach) as (account, shop, shelf):
            place = Place.read(reach.cursor).begun(reach.house.clock())
            if place.sweeping:
                shelf.catalogue.renew()
            while True:
                page = shop.orders(place.asked, place.page)
                if page is None:  # orders were deleted, and with them the last page
                    yield Delivery(account.source, cursor=str(place.ended()))
                    return
                if not page.generated:
                    raise PerthynError("tickets.answer.strange", url=account.url, status=200)
                if not (page.results or place.since):
                    shop.may_read()
                if page.results or place.page > 1 or place.sweeping or not place.since:
                    yield _delivery(page.results, shelf, str(place.after(page)))
                if not page.more:
                    return
                place = place.after(page)

    def accept(self, request: Request, reach: Reach) -> Event:
        """Find out that it has the shape of a notification of this organizer; more it can't prove."""
        said = _notification(request)
        if said.get("organizer") != account_of(reach.house, reach.account).organizer:
            raise Refused("tickets.webhook.other", organizer=str(said.get("organizer"))[:100])
        return Event(" ".join(str(said.get(name, "")) for name in ("notification_id", "event", "code", "action"))[:400])

    def read(self, request: Request, reach: Reach) -> Iterable[Delivery]:
        """Fetch the order that a notification names. What it does not know it lets be."""
        said = _notification(request)
        event, code = said.get("event"), said.get("code")
        if not said["action"].startswith(_ACTIONS) or not (_is_slug(event) and _is_slug(code)):
            return
        try:
            with _opened(reach) as (_, shop, shelf):
                order = shop.order(event, code)
                if order is not None:
                    yield _delivery([order], shelf)
        except NotNow:
            raise
        except PerthynError as error:  # a key that was revoked: when there is a new one, it goes on
            raise NotNow(error.code, **{**error.facts, "after": LATER}) from error


@contextmanager
def _opened(reach: Reach) -> Iterator[tuple[Account, Shop, Shelf]]:
    house = reach.house
    account = account_of(house, reach.account)
    with Shop(account, house.secret(account.section, "key"), house.clock) as shop:
        catalogue = Catalogue(shop, reach.store, account.source)
        yield account, shop, Shelf(account, catalogue, reach.store, ZoneInfo(house.zone), house.language)


def _delivery(results: Sequence[Any], shelf: Shelf, cursor: str | None = None) -> Delivery:
    """What some orders tell, with what was learnt to understand them; one that can't be read hinders no other."""
    facts: list[Fact] = []
    unread: list[Unread] = []
    orders = []
    for one in results:
        try:
            orders.append(Order.model_validate(one))
        except ValidationError as error:
            first = error.errors()[0]
            unread.append(_unread(one, ".".join(map(str, first["loc"])), first["msg"]))
    told = numbered(one for one in orders if not one.testmode)
    facts += shelf.catalogue.need(told.values())
    for code, order in told.items():
        try:
            facts += Telling(order, shelf).tell()
        except ValueError as error:
            unread.append(Unread("tickets.order.unreadable", {"order": code, "field": "amount", "why": str(error)}))
    return Delivery(shelf.account.source, facts, unread, cursor)


def _unread(order: Any, field: str, why: str) -> Unread:
    code = str(order.get("code", ""))[:100] if isinstance(order, dict) else ""
    raw = {name: value for name, value in order.items() if name not in _SECRETS} if isinstance(order, dict) else order
    facts = {"order": code, "field": field[:200], "why": why[:200]}
    return Unread("tickets.order.unreadable", facts, json.dumps(raw, ensure_ascii=False)[:4000])


def _notification(request: Request) -> dict[str, Any]:
    """The body of a webhook. Raises `Refused` (``tickets.webhook.shape``)."""
    try:
        said = json.loads(request.body)
    except (ValueError, RecursionError):
        said = None
    if not (isinstance(said, dict) and isinstance(said.get("notification_id"), int)):
        raise Refused("tickets.webhook.shape")
    if not (request.method == "POST" and isinstance(said.get("action"), str)):
        raise Refused("tickets.webhook.shape")
    return said


def _is_slug(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and SLUG.fullmatch(value) is not None

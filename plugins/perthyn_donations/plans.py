"""Plan: what somebody means to give again and again; each payment of it is a gift of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from perthyn.channel import Fact, Somebody
from perthyn.model import About, Record
from perthyn.model.kinds import GIVING
from perthyn.model.values import Currency, Integer, Word

STATES = {"active": "active", "trialing": "active", "past_due": "late", "unpaid": "late", "incomplete": "late"}
"""Stripe's states of a subscription that are still going on; any other has ended."""


class Plan(Record):
    """A recurring gift, as the one who collects it tells: an `amount` in minor units, once `every` so many `unit`."""

    type_name: ClassVar[str] = "donations.plan"
    seen_by: ClassVar[str] = GIVING
    called: ClassVar[tuple[str, str]] = ("Regular gifts", "Rhoddion rheolaidd")
    owner: ClassVar[str] = "contact"
    source_named: ClassVar[bool] = True

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity")]
    amount: Annotated[Integer, About("Amount", "Swm", kind="money", personal="money", right="money.read")]
    currency: Annotated[Currency, About("Currency", "Arian cyfred", kind="word", folded=False)]
    every: Annotated[Integer, About("Every", "Bob", kind="integer")] = 1
    unit: Annotated[
        Literal["day", "week", "month", "year"], About("Unit of time", "Uned amser", kind="word", folded=False)
    ] = "month"
    state: Annotated[Literal["active", "late", "ended"], About("State", "Cyflwr", kind="word", folded=False)] = "active"
    started: Annotated[date, About("Started", "Dechreuodd", kind="date")]
    ended: Annotated[date | None, About("Ended", "Gorffennodd", kind="date")] = None
    fund: Annotated[Word | None, About("Fund", "Cronfa", kind="word")] = None
    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False)] = None
    source_id: Annotated[Word | None, About("Id at the source", "Id yn y ffynhonnell", folded=False)] = None
    source_version: Annotated[Integer | None, About("Source's version", "Fersiwn y ffynhonnell", kind="integer")] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None
    came_as: Annotated[UUID | None, About("Came as", "Daeth fel", kind="id", personal="identity")] = None


def plan_fact(subscription: Mapping[str, Any], who: Somebody | None, version: int) -> Fact:
    """A subscription of Stripe's as a plan: the amounts of its items together. Raises `KeyError` for a strange one."""
    items = subscription["items"]["data"]
    price = items[0].get("price") or items[0]["plan"]
    recurring = price.get("recurring") or price
    amounts = [
        int((one.get("price") or one["plan"]).get("unit_amount") or (one.get("plan") or {}).get("amount") or 0)
        * int(one.get("quantity") or 1)
        for one in items
    ]
    ended = subscription.get("ended_at") or subscription.get("canceled_at")
    state = STATES.get(str(subscription["status"]), "ended")
    values = {
        "amount": sum(amounts),
        "currency": str(price["currency"]).upper(),
        "every": int(recurring.get("interval_count") or 1),
        "unit": recurring["interval"],
        "state": state,
        "started": _day(subscription.get("start_date") or subscription.get("start") or subscription["created"]),
        "ended": _day(ended) if ended and state == "ended" else None,
        "fund": (subscription.get("metadata") or {}).get("fund"),
    }
    return Fact(subscription["id"], values, who, Plan, version)


def _day(seconds: Any) -> date:
    return datetime.fromtimestamp(int(seconds), UTC).date()

"""Stripe: gifts by webhook and by asking. A webhook is believed when Stripe's own library finds its signature true.

Settings, in ``[stripe]`` or, of several accounts, in ``[stripe.NAME]``: ``kind`` of what is paid (donation), ``test``
to take test payments too. Secrets: ``key`` (a restricted one that reads charges, customers, refunds, disputes, events,
payment intents, subscriptions), ``webhook`` (the endpoint's; while it is being changed two, with a comma between).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from perthyn.channel import Channel, Delivery, Event, Fact, NotNow, Reach, Refused, Request, Unread
from perthyn.errors import needs
from perthyn.house import House
from perthyn.model import Interaction
from perthyn_donations.plans import plan_fact
from perthyn_donations.stripe_calls import NAME, Calls
from perthyn_donations.stripe_reading import charge_facts, dispute_facts, moment, refund_facts, remembered, somebody

TOLERANCE = timedelta(minutes=5)
"""How far the time in a signature may be from ours, either way."""
Thing = Mapping[str, Any]


class Stripe(Channel):
    """Gifts by Stripe; each payment is a fact with the charge's id, each movement back one with its own."""

    name: ClassVar[str] = NAME
    title: ClassVar[tuple[str, str]] = ("Stripe", "Stripe")
    every: ClassVar[timedelta | None] = timedelta(minutes=15)

    def accounts(self, house: House) -> Sequence[str]:
        found = house.sections.get(NAME)
        if found is None:
            return ()
        return [name for name, one in found.items() if isinstance(one, Mapping)] or ["main"]

    def accept(self, request: Request, reach: Reach) -> Event:
        with needs("donations"):
            import stripe

        house = reach.house
        secrets = house.secret(house.account(NAME, reach.account), "webhook").split(",")
        header = request.headers.get("stripe-signature", "")
        if not any(_signed(stripe, request.body, header, secret.strip()) for secret in secrets):
            raise Refused("stripe.signature", account=reach.account)
        said = [part.partition("=")[2] for part in header.split(",") if part.startswith("t=")]
        if abs(request.at - moment(said[0])) > TOLERANCE:
            raise Refused("stripe.late", account=reach.account)
        try:
            event = json.loads(request.body)
            return Event(str(event["id"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Refused("stripe.shape", account=reach.account) from error

    def read(self, request: Request, reach: Reach) -> Iterable[Delivery]:
        yield from _Reading(reach).event(json.loads(request.body))

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        """All charges, refunds and disputes the first time, what Stripe calls events after that (it keeps 30 days)."""
        cursor = json.loads(reach.cursor or "{}")
        reading, calls = _Reading(reach), Calls(reach)
        if "event" not in cursor:
            newest = next(calls.pages("events"))
            cursor = {"event": newest[0]["id"] if newest else "", "left": ["charges", "refunds", "disputes"]}
        while cursor.get("left"):
            kind = cursor["left"][0]
            for page in calls.pages(kind, **_after(cursor, kind)):
                if page:
                    cursor = {**cursor, "after": page[-1]["id"]}
                    yield replace(reading.listed(kind, page), cursor=json.dumps(cursor))
            cursor = {"event": cursor["event"], "left": cursor["left"][1:]}
            yield Delivery(reading.source, cursor=json.dumps(cursor))
        for event in calls.newer("events", cursor["event"]):
            told = list(reading.event(event))
            last = told.pop() if told else Delivery(reading.source)
            yield from told
            yield replace(last, cursor=json.dumps({"event": event["id"], "left": []}))


def _signed(stripe: Any, body: bytes, header: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, header, secret)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True


def _after(cursor: Thing, kind: str) -> dict[str, Any]:
    asked: dict[str, Any] = {"starting_after": cursor["after"]} if "after" in cursor else {}
    return asked | ({"expand": ["data.customer"]} if kind == "charges" else {})


class _Reading:
    """Objects and events of one account, and what must be asked for to understand them."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        section = reach.house.account(NAME, reach.account)
        self._settings = reach.house.section(section)
        self._kinds = {one.name for one in reach.house.kinds}
        self._asking = bool(reach.house.secrets(section, "key"))
        self._customers: dict[str, Thing] = {}
        self.source = f"{NAME}:{reach.account}"

    def event(self, event: Thing) -> Iterator[Delivery]:
        """What one event tells; nothing for the many that tell nothing of a gift."""
        version = int(event["created"]) * 1000
        thing, kind = event["data"]["object"], str(event["type"])
        if not event.get("livemode", True) and not self._settings.get("test"):
            return
        facts, unread = self._told(kind, thing, version)
        if facts or unread:
            yield Delivery(self.source, facts, unread)

    def listed(self, kind: str, things: Sequence[Thing]) -> Delivery:
        """A page of a list, as it is now."""
        version = int(self._reach.house.clock().timestamp() * 1000)
        singular = {"charges": "charge", "refunds": "refund", "disputes": "charge.dispute"}[kind]
        facts: list[Fact] = []
        unread: list[Unread] = []
        for one in things:
            if one.get("livemode", True) or self._settings.get("test"):
                some, wrong = self._told(f"{singular}.", one, version)
                facts += some
                unread += wrong
        return Delivery(self.source, facts, unread)

    def _told(self, kind: str, thing: Thing, version: int) -> tuple[list[Fact], list[Unread]]:
        rest = version, self._settings, self._kinds
        try:
            if kind.startswith("charge.dispute."):
                return self._back(dispute_facts(thing, self._charge(thing["charge"]), *rest)), []
            if kind.startswith(("refund.", "charge.refund.")):
                return self._back(refund_facts(thing, self._charge(thing["charge"]), *rest)), []
            if kind.startswith("charge."):
                return list(charge_facts(self._whole(thing), *rest)), []
            if kind == "payment_intent.succeeded":
                return [one for charge in self._charges(thing) for one in charge_facts(charge, *rest)], []
            if kind in ("checkout.session.completed", "checkout.session.async_payment_succeeded"):
                return self._session(thing, version), []
            if kind.startswith("customer.subscription."):
                who = somebody({}, self._customer(thing["customer"]), thing["customer"])
                return [plan_fact(thing, who, version)], []
        except (KeyError, TypeError, ValueError) as error:  # one that can't be read does not keep the others waiting
            return [], [Unread("stripe.lacks", {"what": kind, "field": str(error)}, json.dumps(thing)[:50_000])]
        return [], []

    def _back(self, facts: Iterable[Fact]) -> list[Fact]:
        """Movements back; one that failed before we ever heard of it is none. Whose charge is known is whose it is."""
        told = [*facts]
        known = self._reach.store.sourced(self.source, [one.source_id for one in told])
        void = {one.source_id for one in told if one.values.get("amount") == 0} - known.keys()
        return [one for one in told if one.source_id.removeprefix("about:") not in void]

    def _session(self, session: Thing, version: int) -> list[Fact]:
        """What the checkout page asked beside the payment: it knows best who paid."""
        intent = session.get("payment_intent")
        if not intent or session.get("payment_status") != "paid":
            return []
        whole = intent if isinstance(intent, Mapping) else self._ask("payment_intents", intent)
        told: list[Fact] = []
        for charge in self._charges(whole):
            said = {**(charge.get("metadata") or {}), **(session.get("metadata") or {})}
            for field in session.get("custom_fields") or ():
                answer = field.get(field.get("type", ""), {}) or {}
                said.setdefault(field["key"], answer.get("value"))
            details = {**(charge.get("billing_details") or {}), **_said(session.get("customer_details"))}
            charge = {**charge, "metadata": said, "billing_details": details}
            told += charge_facts(charge, version + 1, self._settings, self._kinds)
        return told

    def _charges(self, intent: Thing) -> list[Thing]:
        """The charges of a payment intent: a list in it (to 2022), or the latest one (since)."""
        listed = intent.get("charges")
        found = list(listed.get("data") or ()) if isinstance(listed, Mapping) else []
        if not found and intent.get("latest_charge"):
            found = [self._charge(intent["latest_charge"])]
        said = intent.get("metadata") or {}
        return [self._whole({**one, "metadata": {**said, **(one.get("metadata") or {})}}) for one in found]

    def _charge(self, charge: Any) -> Thing:
        if isinstance(charge, Mapping):
            return charge
        if not charge:  # of money that was never charged: from a balance
            raise KeyError("charge")
        if self._asking:
            return self._ask("charges", str(charge), expand=["customer"])
        found = self._reach.store.sourced(self.source, [str(charge)]).get(str(charge))
        if found is None:
            raise NotNow("stripe.before", account=self._reach.account, charge=str(charge))
        return remembered(self._reach.store.get(Interaction, [found.id])[found.id])

    def _whole(self, charge: Thing) -> Thing:
        """A charge with the refunds (which stood in it until 2022) and the payer that it only names."""
        if not self._asking:
            return charge
        if int(charge.get("amount_refunded") or 0) and not charge.get("refunds"):
            return {
                **self._ask("charges", charge["id"], expand=["customer", "refunds"]),
                "metadata": charge["metadata"],
            }
        typed = charge.get("billing_details") or {}
        if isinstance(charge.get("customer"), str) and not (typed.get("email") and typed.get("name")):
            return {**charge, "customer": self._customer(charge["customer"])}
        return charge

    def _customer(self, customer: Any) -> Thing:
        if isinstance(customer, Mapping):
            return customer
        if customer not in self._customers:
            self._customers[customer] = self._ask("customers", str(customer)) if self._asking else {}
        return self._customers[customer]

    def _ask(self, kind: str, id: str, **params: Any) -> Thing:
        return Calls(self._reach).one(kind, id, **params)


def _said(details: Any) -> dict[str, Any]:
    return {name: value for name, value in (details or {}).items() if value}

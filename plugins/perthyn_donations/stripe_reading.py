"""What Stripe's charges, refunds and disputes say, as facts. Old and new shapes; nothing is asked for here.

A charge is a gift, on the day it was made; what goes back is a line of its own, on its own day. Stripe's amounts are
whole numbers in the smallest unit of the currency, as ours are (docs.stripe.com/currencies).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from perthyn.channel import Fact, Of, Somebody
from perthyn.model import Interaction
from perthyn_donations.records import Gift

Thing = Mapping[str, Any]
FAILED = ("failed", "canceled")
_YES, _NO = ("yes", "true", "1", "on", "ie", "y"), ("no", "false", "0", "na", "n")
_CONTACT = "perthyn.contact"
_KEPT = ("metadata", "description", "statement_descriptor", "status", "livemode", "invoice", "subscription")


def moment(seconds: Any) -> datetime:
    """A time as Stripe gives it: seconds since 1970."""
    return datetime.fromtimestamp(int(seconds), UTC)


def came(charge: Thing) -> bool:
    """Whether the money of a charge came: paid, and taken, not only reserved."""
    return bool(charge.get("paid")) and bool(charge.get("captured", True)) and charge.get("status") == "succeeded"


def charge_facts(charge: Thing, version: int, settings: Thing, kinds: Collection[str]) -> Iterator[Fact]:
    """The gift, and the refunds that stand in it; nothing where the money did not come."""
    if not came(charge):
        return
    who = payer(charge)
    captured = charge.get("amount_captured")
    amount = captured if isinstance(captured, int) and captured > 0 else charge["amount"]
    told = {**common(charge, settings, kinds), "amount": amount, "at": moment(charge["created"])}
    yield Fact(charge["id"], told, who, version=version)
    yield from about(charge["id"], who, charge)
    for refund in _listed(charge.get("refunds")):
        yield from refund_facts(refund, charge, version, settings, kinds)


def refund_facts(refund: Thing, charge: Thing, version: int, settings: Thing, kinds: Collection[str]) -> Iterator[Fact]:
    """What went back; one that failed afterwards counts nothing, nor does letting go of what was only reserved."""
    if "paid" in charge and not came(charge):
        return
    amount = 0 if refund.get("status") in FAILED else -int(refund["amount"])
    told = {**common(charge, settings, kinds), "amount": amount, "at": moment(refund["created"])}
    told["currency"] = str(refund.get("currency") or charge["currency"]).upper()
    who = payer(charge)
    yield Fact(refund["id"], told, who, version=version)
    yield from about(refund["id"], who, charge, refund_of=charge["id"])


def dispute_facts(
    dispute: Thing, charge: Thing, version: int, settings: Thing, kinds: Collection[str]
) -> Iterator[Fact]:
    """What a bank took back, and what it gave back in the end: the movements that stand in the dispute."""
    for moved in _listed(dispute.get("balance_transactions")):
        told = {**common(charge, settings, kinds), "amount": int(moved["amount"]), "at": moment(moved["created"])}
        told["currency"] = str(moved["currency"]).upper()
        yield Fact(moved["id"], told, payer(charge), version=version)


def common(charge: Thing, settings: Thing, kinds: Collection[str]) -> dict[str, Any]:
    """What a gift and all that goes back of it share; its metadata may name a kind, a campaign, a fund, a site."""
    said = charge.get("metadata") or {}
    kind = said.get("kind") if said.get("kind") in kinds else str(settings.get("kind", "donation"))
    currency = str(charge["currency"]).upper()
    told: dict[str, Any] = {"kind": kind, "channel": "website", "direction": "in", "currency": currency}
    order = charge.get("payment_intent") or charge.get("invoice")
    kept = {name: charge[name] for name in _KEPT if charge.get(name)}
    found = {
        "campaign": said.get("campaign") or said.get("utm_campaign"),
        "subject": said.get("fund") or charge.get("description"),
        "site": said.get("site"),
        "order": order if isinstance(order, str) else (order or {}).get("id"),
    }
    words = {name: str(value)[:500] for name, value in found.items() if value}
    return told | words | ({"raw": json.dumps(kept, ensure_ascii=False, sort_keys=True)} if kept else {})


def about(gift: str, who: Somebody | UUID | None, charge: Thing, refund_of: str = "") -> Iterator[Fact]:
    """What is known of a gift beside the interaction: its fund, its plan, what was said of Gift Aid."""
    said = charge.get("metadata") or {}
    plan = charge.get("subscription") or said.get("subscription")
    asked = str(said.get("gift_aid") or said.get("giftaid") or "").strip().casefold()
    values = {
        "fund": said.get("fund"),
        "plan": plan if isinstance(plan, str) else None,
        "asked": "yes" if asked in _YES else "no" if asked in _NO else None,
        "refund_of": Of(refund_of) if refund_of else None,
    }
    told = {name: value for name, value in values.items() if value}
    if told and who is not None:
        yield Fact(f"about:{gift}", {**told, "interaction": Of(gift)}, who, Gift)


def remembered(gift: Interaction) -> Thing:
    """What is needed of a charge to understand what goes back of it, from the gift as it was stored."""
    said = {"kind": gift.kind, "campaign": gift.campaign, "fund": gift.subject, "site": gift.site}
    return {
        "id": gift.source_id, "currency": gift.currency or "", "payment_intent": gift.order, "metadata": said,
        _CONTACT: gift.contact,
    }  # fmt: skip


def payer(charge: Thing) -> Somebody | UUID | None:
    """Who paid: what she typed at the payment, else what Stripe knows of its customer; a contact who is known."""
    if isinstance(charge.get(_CONTACT), UUID):
        return UUID(str(charge[_CONTACT]))
    customer = charge.get("customer")
    known: Thing = customer if isinstance(customer, Mapping) else {}
    return somebody(charge.get("billing_details") or {}, known, customer, charge.get("receipt_email"))


def somebody(typed: Thing, known: Thing, customer: Any, email: Any = None) -> Somebody | None:
    """A person from what was typed and what is known; None where neither says who."""
    address = typed.get("address") or known.get("address") or {}
    lines = "\n".join(filter(None, (address.get("line1"), address.get("line2"))))
    values = {
        "name": typed.get("name") or known.get("name"),
        "email": typed.get("email") or email or known.get("email"),
        "phone": typed.get("phone") or known.get("phone"),
        "address": lines,
        "town": address.get("city"),
        "county": address.get("state"),
        "postcode": address.get("postal_code"),
        "country": address.get("country") if lines or address.get("postal_code") else None,
    }
    external = customer if isinstance(customer, str) else str(known.get("id") or "")
    told = {name: value for name, value in values.items() if value}
    return Somebody(told, external) if told.keys() & {"email", "phone"} or external else None


def _listed(found: Any) -> list[Thing]:
    """A list as it stands in an object: bare, or under ``data``."""
    if isinstance(found, Mapping):
        found = found.get("data")
    return [one for one in found or () if isinstance(one, Mapping)]

"""A Stripe to test against: `localstripe` on loopback, and bodies in the shape that Stripe has today."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import stripe

from perthyn.channel import Reach, Request
from perthyn.crm import Actor, Crm, Done
from perthyn.crm.desk import record_types
from perthyn.house import House
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn.testing import MemoryStore
from perthyn_donations import stripe_channel
from perthyn_donations.stripe_channel import Stripe
from perthyn_sql import open_store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "whsec_cyfrinach"
_SERVER = """
import json
from aiohttp import web
from localstripe.server import app

async def none(request):  # it knows no disputes
    return web.json_response({{"object": "list", "data": [], "has_more": False}})

@web.middleware
async def newest_first(request, handler):  # as Stripe lists; this one lists the oldest first
    answer = await handler(request)
    if request.method == "GET" and request.path.count("/") == 2 and answer.status == 200:
        told = json.loads(answer.text)
        told["data"] = told["data"][::-1]
        return web.json_response(told)
    return answer

app.middlewares.append(newest_first)
app.router.add_get("/v1/disputes", none)
web.run_app(app, host="127.0.0.1", port={port})
"""


@contextmanager
def localstripe(folder: Path) -> Iterator[str]:
    """The address of a server of our own, which keeps nothing."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "localstripe.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen([sys.executable, "-c", _SERVER.format(port=port)], stdout=log, stderr=log, cwd=folder)
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()
            server.wait()


class Box:
    """An organisation whose gifts come by Stripe. `memory`: its records are forgotten, and quick."""

    def __init__(self, folder: Path, address: str = "", memory: bool = False, **settings: Any) -> None:
        self.secrets = {("stripe", "key"): "sk_test_12345" if address else "", ("stripe", "webhook"): SECRET}
        sections = {"stripe": {"address": address, "test": True, **settings}}
        self.house = House(
            folder, lambda: self.now, Random(2).randbytes, sections=sections,
            secrets=lambda section, name: self.secrets.get((section, name), ""),
        )  # fmt: skip
        self.now = NOW
        plugins = Plugins()
        plugins.add(stripe_channel_plugin(), "donations")
        plugins.house = self.house
        types, url = record_types(plugins), f"sqlite:///{folder}/gifts.sqlite"
        self.store: Store = MemoryStore(types) if memory else open_store(url, types, currency="GBP", create=True)
        self.crm = Crm(
            self.store, plugins, Settings(), lambda: self.now, Random(1).randbytes, Actor("gwen", frozenset("*")), "en"
        )
        self.channel = Stripe()

    def reach(self, cursor: str = "") -> Reach:
        return Reach(self.house, "main", self.store, b"k" * 32, cursor)

    def request(self, event: dict[str, Any] | bytes, **signing: Any) -> Request:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        at = signing.pop("at", self.now)
        header = signing.pop("header", None)
        if header is None:
            header = stripe.WebhookSignature.generate_signature_header(
                body.decode(), signing.pop("secret", SECRET), int(at.timestamp())
            )
        return Request("POST", "/in/stripe/main", "", {"stripe-signature": header}, body, self.now)

    def hear(self, event: dict[str, Any]) -> None:
        """A webhook, from the door to the store."""
        request = self.request(event)
        assert self.channel.accept(request, self.reach()).id == event["id"]
        for delivery in self.channel.read(request, self.reach()):
            self.crm.take_in(delivery)

    def work(self) -> list[Done]:
        """What came in is read, by jobs."""
        return [one for one in self.crm.do_due("eve") if one.name == "inbound.read"]

    def fetch(self, cursor: str = "", stop_after: int | None = None) -> str:
        """What is new; answers the cursor."""
        for number, delivery in enumerate(self.channel.fetch(self.reach(cursor))):
            if number == stop_after:
                break
            self.crm.take_in(delivery)
            cursor = cursor if delivery.cursor is None else delivery.cursor
        return cursor


def stripe_channel_plugin() -> Any:
    import perthyn_donations

    assert stripe_channel
    return perthyn_donations


# --- bodies as Stripe has them today (API version 2026-10-28; docs.stripe.com/api/charges/object) ---------------------


def charge(id: str = "ch_1", amount: int = 2500, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "object": "charge", "amount": amount, "amount_captured": amount, "amount_refunded": 0,
        "billing_details": {
            "name": "Siân Llŷr", "email": "sian@example.org", "phone": None,
            "address": {"line1": "1 Stryd Fawr", "line2": None, "city": "Y Bala", "state": None,
                        "postal_code": "LL23 7AA", "country": "GB"},
        },
        "captured": True, "created": int(NOW.timestamp()) - 3600, "currency": "gbp", "customer": None,
        "description": None, "livemode": False, "metadata": {"fund": "To", "campaign": "haf"}, "paid": True,
        "payment_intent": f"pi_{id}", "receipt_email": None, "refunded": False, "status": "succeeded", **more,
    }  # fmt: skip


def refund(id: str, of: str, amount: int, **more: Any) -> dict[str, Any]:
    return {
        "id": id, "object": "refund", "amount": amount, "charge": of, "created": int(NOW.timestamp()) - 60,
        "currency": "gbp", "payment_intent": f"pi_{of}", "status": "succeeded", **more,
    }  # fmt: skip


def event(type: str, thing: dict[str, Any], id: str = "", after: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "id": id or f"evt_{type}_{thing['id']}", "object": "event", "api_version": "2026-10-28.endive",
        "created": int(NOW.timestamp()) - 3600 + after, "data": {"object": thing}, "livemode": False, "type": type,
        **more,
    }  # fmt: skip

"""A channel for the door's tests, dropped into the plugins folder: gifts by a signed body, each with its own id."""

from __future__ import annotations

import hmac
import json

from perthyn.channel import Channel, Delivery, Event, Fact, Refused, Somebody
from perthyn.hooks import hookimpl
from perthyn.pages import Pages


class Bell(Channel):
    name = "bell"
    title = ("Bell", "Cloch")

    def accounts(self, house):
        return ("main",)

    def accept(self, request, reach):
        key = reach.house.secret("bell", "key").encode()
        if not hmac.compare_digest(
            hmac.new(key, request.body, "sha256").hexdigest(), request.headers.get("x-signature", "")
        ):
            raise Refused("channel.closed", channel=self.name)
        return Event(json.loads(request.body)["event"])

    def read(self, request, reach):
        said = json.loads(request.body)
        if said.get("poison"):
            raise ValueError("poison")
        who = Somebody({"name": said["name"], "email": said["email"]}, said["email"])
        for line in said["lines"]:
            values = {"kind": "donation", "day": "2026-11-01", "amount": line["amount"], "currency": "GBP"}
            yield Delivery("bell:main", [Fact(line["id"], values, who, version=said.get("version"))])


async def page(scope, receive, send):
    path = scope["path"].removeprefix(scope["root_path"])
    if path == "/broken":
        raise RuntimeError("a secret reason")
    headers = [(b"content-type", b"text/html"), (b"x-frame-options", b"SAMEORIGIN")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": path.encode()})


@hookimpl
def offer_channels():
    return [Bell()]


@hookimpl
def offer_pages():
    return [Pages("/p", lambda opens: page)]

"""The ASGI application: ``POST /in/CHANNEL/ACCOUNT`` is kept and answered; plugins' pages stand below their prefixes.

Nothing that goes wrong is shown but in a short sentence in both languages; nothing secret is noted. The interface is
https://asgi.readthedocs.io/en/latest/specs/www.html.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any

from perthyn.channel import Request
from perthyn.crm.inbound import LIMIT
from perthyn.errors import PerthynError
from perthyn.pages import Opens
from perthyn.text import Translator

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATIENCE = 30.0
"""Seconds that a body may take to come."""
INBOUND = re.compile(r"/in/(\w[\w.-]{0,99})/(\w[\w.-]{0,99})")
SAID = {
    401: "door.untrue",
    404: "door.nowhere",
    405: "door.method",
    408: "door.slow",
    413: "door.large",
    500: "door.broken",
    503: "door.later",
}
GUARDS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    b" base-uri 'none'; frame-ancestors 'none'",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
"""What every answer carries to guard a browser, where the page has not said otherwise."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it is noted: of its address no more than whom it was for, and nothing of what it held."""

    method: str
    where: str
    status: int
    seconds: float
    error: str = ""


@dataclass
class Door:
    """The application. `opens` lends a `Crm`; `pages`: by prefix; `came()`: something is to be read."""

    opens: Opens
    pages: Mapping[str, Any]
    languages: Sequence[Translator]
    now: Callable[[], datetime]
    noted: Callable[[Seen], None] = lambda seen: None
    came: Callable[[], None] = lambda: None
    patience: float = PATIENCE
    _words: dict[int, bytes] = field(init=False)

    def __post_init__(self) -> None:
        sentences = {status: [t.error(PerthynError(code))[0] for t in self.languages] for status, code in SAID.items()}
        self._words = {status: "\n".join([*said, ""]).encode() for status, said in sentences.items()} | {200: b"ok\n"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        began, out, error = perf_counter(), _Guarded(send), ""
        where, answer = self._way(scope)
        try:
            await answer(scope, receive, out)
        except Exception as trouble:
            error = trouble.code if isinstance(trouble, PerthynError) else type(trouble).__name__
            if not out.status:
                await self._say(out, 500)
        self.noted(Seen(scope["method"], where, out.status, perf_counter() - began, error))
        return None

    def _way(self, scope: Scope) -> tuple[str, Callable[[Scope, Receive, _Guarded], Awaitable[None]]]:
        """Where a request goes, and what answers it."""
        path: str = scope["path"]
        prefix = "/" + path[1:].partition("/")[0]
        if prefix != "/" and prefix in self.pages:
            return prefix, self._page
        if INBOUND.fullmatch(path):
            return path, self._inbound
        if "/" in self.pages:
            return "/", self._rest
        return "-", self._nowhere

    async def _page(self, scope: Scope, receive: Receive, out: _Guarded) -> None:
        prefix = "/" + scope["path"][1:].partition("/")[0]
        await self.pages[prefix]({**scope, "root_path": scope.get("root_path", "") + prefix}, receive, out)

    async def _rest(self, scope: Scope, receive: Receive, out: _Guarded) -> None:
        await self.pages["/"](scope, receive, out)
        if scope["method"] == "POST" and out.status == 303:  # a form was done: what it set off is done at once
            self.came()

    async def _nowhere(self, scope: Scope, receive: Receive, out: _Guarded) -> None:
        await self._say(out, 404)

    async def _inbound(self, scope: Scope, receive: Receive, out: _Guarded) -> None:
        if scope["method"] != "POST":
            return await self._say(out, 405, (b"allow", b"POST"))
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if headers.get("content-length", "").isdigit() and int(headers["content-length"]) > LIMIT:
            return await self._say(out, 413, (b"connection", b"close"))
        try:
            body = await asyncio.wait_for(_body(receive), self.patience)
        except TimeoutError:
            return await self._say(out, 408, (b"connection", b"close"))
        if body is None:  # whoever sent it has gone
            return None
        query = scope.get("query_string", b"").decode("latin-1")
        request = Request("POST", scope["path"], query, headers, body, self.now())
        status = await asyncio.to_thread(self._kept, request)
        if status == 200:
            self.came()
        after = [(b"retry-after", b"60")] if status == 503 else [(b"connection", b"close")] if status == 413 else []
        await self._say(out, status, *after)
        return None

    def _kept(self, request: Request) -> int:
        found = INBOUND.fullmatch(request.path)
        assert found is not None  # `_way` saw to it
        try:
            with self.opens() as crm:
                status: int = crm.came_in(found[1], found[2], request)[0]
        except PerthynError as error:  # the store is busy or full, say: whoever sends it sends it again
            if not error.code.startswith("store."):
                raise
            return 503
        return status

    async def _say(self, out: _Guarded, status: int, *more: tuple[bytes, bytes]) -> None:
        body = self._words[status]
        plain = (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())
        await out({"type": "http.response.start", "status": status, "headers": [*plain, *more]})
        await out({"type": "http.response.body", "body": body})


class _Guarded:
    """Sends an answer with what guards a browser; knows its status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            there = {bytes(name).lower() for name, _ in headers}
            guards = [(name, value) for name, value in GUARDS.items() if name not in there]
            message = {**message, "headers": [*headers, *guards]}
        await self._send(message)


async def _body(receive: Receive) -> bytes | None:
    """The body whole, no more than tells that it is too large; None where the sender has gone."""
    held, more = bytearray(), True
    while more and len(held) <= LIMIT:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        held += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(held)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return

"""Guard: what every request must satisfy before anybody looks at it, and what every answer carries.

A request that would change something is taken from our own pages only: browsers say where a request comes from
(https://www.w3.org/TR/fetch-metadata/); where one does not, its Origin must be ours. No token can be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; frame-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
STRICT = (b"strict-transport-security", b"max-age=31536000")
PORT = re.compile(r":[0-9]+\Z")
CHARSET = re.compile(rb';\s*charset\*?\s*=\s*("[^"]*"|[^;]*)', re.IGNORECASE)
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class Guard:
    """`hosts`: the names it may be asked by, besides this machine's own; `secure`: it is reached by HTTPS."""

    app: App
    hosts: Collection[str]
    secure: bool
    refuse: Callable[[Scope, str], App]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = {name: value for name, value in scope["headers"]}
        code = self._objection(scope["method"], headers)
        answer = self.refuse(scope, code) if code else self.app
        await answer(_in_utf8(scope), receive, self._guarded(send))
        return None

    def _objection(self, method: str, headers: dict[bytes, bytes]) -> str:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if not self._known(host):
            return "web.host"
        token = headers.get(b"authorization", b"")[:7].lower() == b"bearer "  # a browser adds none by itself
        if method in SAFE or token:
            return ""
        site = headers.get(b"sec-fetch-site", b"").decode("latin-1")
        if site:
            return "" if site in ("same-origin", "none") else "web.elsewhere"
        origin = headers.get(b"origin", b"").decode("latin-1")
        return "" if origin and urlsplit(origin).netloc.lower() == host else "web.elsewhere"

    def _known(self, host: str) -> bool:
        name = PORT.sub("", host)
        return name in LOCAL or name in self.hosts or host in self.hosts

    def _guarded(self, send: Send) -> Send:
        more = [*HEADERS.items(), *([STRICT] if self.secure else [])]

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                there = {bytes(name).lower() for name, _ in headers}
                headers += [one for one in more if one[0] not in there]
                if b"cache-control" not in there:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        return guarded


def _in_utf8(scope: Scope) -> Scope:
    """A form of several parts is read as UTF-8, which our pages send, whatever else it says of itself.

    Some of what it may say (``charset=idna``, ``utf-7``) can't be read, or is no text that can be answered.
    """
    parts = b"multipart/"
    headers = [(name, CHARSET.sub(b"", value) if name == b"content-type" and value.lower().startswith(parts) else value)
               for name, value in scope["headers"]]  # fmt: skip
    return {**scope, "headers": headers}

"""Gate: what the body of every request to the API must satisfy before anybody reads it.

JSON as RFC 8259 has it, in UTF-8, neither long nor deep; a file where a route takes one; nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from starlette.responses import Response

from perthyn.errors import PerthynError
from perthyn_web.guard import App, Receive, Scope, Send

LONGEST, LONGEST_FILE = 1_000_000, 32 * 1024 * 1024
"""Bytes that a JSON body, and a file, may have."""
DEEPEST = 24
JSON, FILE = "application/json", "application/octet-stream"


class Gate:
    """Refuses bodies. `wrong(scope, error)` makes the answer; `takes_file(path)`: whether a file may be sent there."""

    def __init__(self, app: App, wrong: Callable[[Scope, PerthynError], Response], takes_file: Callable[[str], bool]):
        self.app, self.wrong, self.takes_file = app, wrong, takes_file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        head = scope["method"] == "HEAD"
        if head:
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        try:
            scope, receive = await self._read(scope, receive)
        except PerthynError as error:
            await self.wrong(scope, error)(scope, receive, send)
            return None
        except _Gone:
            return None
        return await self.app(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        kind = headers.get(b"content-type", "").partition(";")[0].strip().lower()
        file = self.takes_file(_path(scope)) and kind == FILE
        most = LONGEST_FILE if file else LONGEST
        length = headers.get(b"content-length", "")
        if length.isdigit() and int(length) > most:
            raise PerthynError("api.large", most=most)
        body = await _whole(receive, most)
        if body and not (file or kind == JSON):
            raise PerthynError("api.kind", kind=kind or "-", wanted=FILE if self.takes_file(_path(scope)) else JSON)
        if body and not file:
            check_json(body)
        digest = sha256(f"{scope['method']} {scope['path']}?".encode() + scope.get("query_string", b"") + b"\n" + body)
        state = {**scope.get("state", {}), "asked": digest.hexdigest()}
        return {**scope, "state": state}, _again(body, receive)


class _Gone(Exception):
    """Whoever asked has gone before all had come."""


def check_json(body: bytes) -> Any:
    """What a JSON text says. Raises `PerthynError` (``api.json``) for one that is none, or too deep."""
    try:
        text = body.decode("utf-8")
        _check_depth(text)
        return json.loads(text, parse_constant=_never, parse_float=_finite, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise PerthynError("api.json", why=str(error)[:200]) from error


def _check_depth(text: str) -> None:
    """Brackets in texts count too, but only where there are too many in all."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth, quoted, escaped = 0, False, False
    for sign in text:
        if quoted:
            quoted, escaped = escaped or sign != '"', sign == "\\" and not escaped
        elif sign == '"':
            quoted, escaped = True, False
        elif sign in "[{":
            depth += 1
            if depth > DEEPEST:
                raise ValueError(f"deeper than {DEEPEST}")
        elif sign in "]}":
            depth -= 1


def _never(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _finite(text: str) -> float:
    if math.isinf(value := float(text)):
        raise ValueError("a number too large")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _path(scope: Scope) -> str:
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))


async def _whole(receive: Receive, most: int) -> bytes:
    held, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        held += message.get("body", b"")
        more = message.get("more_body", False)
        if len(held) > most:
            raise PerthynError("api.large", most=most)
    return bytes(held)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, then whatever comes."""
    waiting = [body]

    async def given() -> Any:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return given


def _without_body(send: Send) -> Send:
    async def bare(message: Any) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return bare

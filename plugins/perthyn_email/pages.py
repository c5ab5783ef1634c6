"""Pages: what the link in a letter leads to: which letters somebody wants, in which language, or none.

A GET changes nothing (scanners follow links); a POST does, at once. There is nothing to log in to: the token in the
address is what counts. No script, no cookie, nothing from anywhere else.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from perthyn.channel import Sender
from perthyn.errors import PerthynError
from perthyn.pages import Opens
from perthyn.text import LANGUAGES, Translator
from perthyn_email.channel import sender_of
from perthyn_email.page import STYLE, asked_page, stopped_page, strange_page, words_of
from perthyn_email.wishes import PURPOSES, Reader, allowed, choose, followed, reader_of, stop, wish_language

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LARGEST = 10_000
"""Bytes of a form."""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode("utf-8")).digest()).decode("ascii")
GUARDS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}
_ONE_CLICK = re.compile(rb'List-Unsubscribe(?:=|"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)One-Click')
_PATH = re.compile(r"/([A-Za-z0-9]{1,100})(?:/go/([0-9]{1,4}))?/?")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read. `headers`: names in lower case."""

    method: str
    token: str
    link: int | None
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def form(self) -> dict[str, list[str]]:
        """The fields of a form; none where it is none."""
        try:
            return parse_qs(self.body.decode("utf-8"), max_num_fields=40)
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int
    page: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Preferences:
    """The ASGI application, to be mounted at ``/p``."""

    def __init__(self, opens: Opens) -> None:
        self._opens = opens
        folder = Path(__file__).parent / "locale"
        self._words = {language: Translator(language, [folder]) for language in LANGUAGES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Raises nothing that a request could bring about."""
        if scope["type"] != "http":
            return
        body = await _body(receive)
        asked = None if body is None else _asked(scope, body)
        if asked is None:
            reply = Reply(413, "")
        elif asked.method not in ("GET", "HEAD", "POST"):
            reply = Reply(405, "", {"allow": "GET, HEAD, POST"})
        else:
            reply = await asyncio.to_thread(self._answered, asked)
        await _say(send, reply, head=scope["method"] == "HEAD")

    def _answered(self, asked: Asked) -> Reply:
        with self._opens() as crm:
            reader = reader_of(crm, asked.token)
            sender = self._sender(crm)
            if reader is None:
                return Reply(404, strange_page(self._words, sender))
            if asked.link is not None:
                return self._follow(crm, reader, asked, sender)
            if asked.method == "POST":
                return self._changed(crm, reader, asked, sender)
            return Reply(200, self._page(crm, reader, self._language(reader, asked), sender))

    def _follow(self, crm: Any, reader: Reader, asked: Asked, sender: Sender) -> Reply:
        """To the letter's own link and nowhere else; old letters go on leading there when nothing is counted."""
        counted = sender if asked.method == "GET" else Sender(sender.english, sender.welsh)
        there = followed(crm, reader, asked.link or 0, asked.headers, counted) if asked.method != "POST" else ""
        if not there or not there.isascii() or not there.isprintable():
            return Reply(404, strange_page(self._words, sender))
        return Reply(302, "", {"location": there})

    def _changed(self, crm: Any, reader: Reader, asked: Asked, sender: Sender) -> Reply:
        language = self._language(reader, asked)
        if _ONE_CLICK.search(asked.body):  # RFC 8058: nobody reads the answer
            stop(crm, reader, how="one-click")
            return Reply(200, stopped_page(self._words[language], sender, language))
        form = asked.form
        wish = form.get("language", [""])[0]
        if form.get("do") == ["stop"]:
            stop(crm, reader, how="preferences", everywhere="everywhere" in form)
        elif form.get("do") == ["save"]:
            wanted = [purpose for purpose in PURPOSES if purpose in form.get("wanted", ())]
            choose(crm, reader, wanted, words_of(self._words[language]), language)
            wish_language(crm, reader, wish)
        else:
            return Reply(400, self._page(crm, reader, language, sender))
        again = reader_of(crm, asked.token) or reader
        return Reply(200, self._page(crm, again, language, sender, saved=True))

    def _page(self, crm: Any, reader: Reader, language: str, sender: Sender, *, saved: bool = False) -> str:
        return asked_page(self._words[language], sender, language, reader, allowed(crm, reader.contact), saved=saved)

    @staticmethod
    def _sender(crm: Any) -> Sender:
        try:
            return sender_of(crm.house)
        except PerthynError:  # no longer set up; a no counts all the same
            return Sender(crm.house.organisation, crm.house.organisation)

    @staticmethod
    def _language(reader: Reader, asked: Asked) -> str:
        wished = asked.query.get("lang", [""])[0]
        browser = asked.headers.get("accept-language", "")[:2].lower()
        said = (wished, reader.message.language, browser)
        return next((one for one in said if one in LANGUAGES), "cy")


def _asked(scope: Scope, body: bytes) -> Asked:
    path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
    found = _PATH.fullmatch(path)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope.get("query_string", b"").decode("latin-1")[:500])
    link = int(found[2]) if found and found[2] else None
    return Asked(scope["method"], found[1] if found else "", link, query, headers, body)


async def _body(receive: Receive) -> bytes | None:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST:
            return None
    return body


async def _say(send: Send, reply: Reply, *, head: bool) -> None:
    content = reply.page.encode("utf-8")
    headers = {
        **GUARDS, "content-type": "text/html; charset=utf-8", "content-length": str(len(content)), **reply.headers,
    }  # fmt: skip
    raw = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if head else content})

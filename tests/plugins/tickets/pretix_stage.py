"""A pretix to test against, on loopback, which answers as pretix 2026.8 was seen to (50 a page, whatever is asked)."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from perthyn.channel import Reach, Request
from perthyn.crm import Actor, Crm, record_types
from perthyn.crm.jobs import Done
from perthyn.house import House
from perthyn.model import Contact, Interaction
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn_tickets.channel import Tickets

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "allwedd0123456789"
PAGE = 50
Fault = tuple[int, dict[str, str], bytes]
NO_KEY: Fault = (401, {}, b'{"detail":"Invalid token."}')
NO_RIGHT: Fault = (403, {}, b'{"detail":"You do not have permission to perform this action."}')
GONE: Fault = (404, {}, b'{"detail":"No Order matches the given query."}')


@dataclass
class Pretix:
    """One organizer's shop. `asked`: what was asked, path and query. `faults`: said instead of the next answers.

    `before`: called before each answer; `keys`: those that are taken, each with whether it may read orders.
    """

    orders: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    listed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    organizer: str = "castle"
    now: datetime = NOON
    keys: dict[str, bool] = field(default_factory=lambda: {KEY: True})
    asked: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    before: Callable[[], None] = field(default=lambda: None)

    def answer(self, path: str, query: dict[str, str], key: str) -> Fault:
        """Status, headers, body."""
        self.before()
        if self.faults:
            return self.faults.pop(0)
        if key not in self.keys:
            return NO_KEY
        if not path.startswith("/api/v1/organizers/"):
            return 404, {"Content-Type": "text/html"}, b"<h1>Not Found</h1>"
        steps = path.removeprefix("/api/v1/organizers/").strip("/").split("/")
        match steps:
            case [""]:
                return self._list([{"slug": self.organizer, "name": "Castle"}], query)
            case [organizer, *_] if organizer != self.organizer:
                return NO_RIGHT
            case [_, "orders"]:
                return self._orders(query if self.keys[key] else {**query, "none": "1"})
            case [_, "events"]:
                return self._list(self.events, query)
            case [_, "events", slug]:
                found = [one for one in self.events if one["slug"] == slug]
                return (200, {}, json.dumps(found[0]).encode()) if found else NO_RIGHT
            case [_, "events", event, "orders"]:
                return self._orders(query, event) if self.keys[key] else NO_RIGHT
            case [_, "events", event, "orders", code]:
                chosen = [one for one in self.orders if (one["event"], one["code"]) == (event, code)]
                if not self.keys[key] or not chosen:
                    return GONE if self.keys[key] else NO_RIGHT
                return 200, {}, json.dumps(_seen(chosen[0], query)).encode()
            case [_, "events", event, what] if f"{event}/{what}" in self.listed:
                return self._list(_since(self.listed[f"{event}/{what}"], query), query)
        return GONE

    def _orders(self, query: dict[str, str], event: str = "") -> Fault:
        chosen = [one for one in self.orders if event in ("", one["event"]) and "none" not in query]
        order = query.get("ordering", "datetime")
        chosen = sorted(_since(chosen, query), key=lambda one: (_instant(one[order]), one["code"]))
        status, headers, body = self._list([_seen(one, query) for one in chosen], query)
        if status == 200:
            self.served += [one["code"] for one in json.loads(body)["results"]]
        return status, headers, body

    def _list(self, everything: list[dict[str, Any]], query: dict[str, str]) -> Fault:
        page = int(query.get("page", "1"))
        some = everything[PAGE * (page - 1) : PAGE * page]
        if not some and page > 1:
            return 404, {}, b'{"detail":"Invalid page."}'
        more = len(everything) > PAGE * page
        body = {"count": len(everything), "next": "http://elsewhere.example/?page=next" if more else None}
        body |= {"previous": None, "results": some}
        return 200, {"X-Page-Generated": self.now.isoformat()}, json.dumps(body).encode()

    def changed(self, code: str, **values: Any) -> None:
        """Change an order now."""
        self.now += timedelta(seconds=30)
        order = next(one for one in self.orders if one["code"] == code)
        order.update(values, last_modified=self.now.isoformat())

    def calls(self) -> list[str]:
        """What was asked since this was last asked."""
        calls, self.asked = self.asked, []
        return calls


def _since(everything: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    for asked, held in (("modified_since", "last_modified"), ("created_since", "datetime")):
        if asked in query:
            since = _instant(query[asked])
            everything = [one for one in everything if _instant(one[held]) >= since]
    return everything


def _seen(order: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    kept = [one for one in order["positions"] if not one["canceled"] or "include_canceled_positions" in query]
    return {**order, "positions": kept}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@contextmanager
def serving(pretix: Pretix) -> Iterator[str]:
    """The address of a server for it."""

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer waits 40 ms for its body

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            pretix.asked.append(f"{parts.path.removeprefix('/api/v1/organizers/')}?{parts.query}".rstrip("?"))
            scheme, _, key = self.headers.get("Authorization", "").partition(" ")
            status, headers, body = pretix.answer(parts.path, query, key if scheme == "Token" else "")
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Box:
    """An organisation whose shop is at `url`, with everything that is installed and a store of its own."""

    def __init__(self, folder: Path, url: str, **settings: Any) -> None:
        self.now = NOON
        self.secrets = {("tickets", "key"): KEY}
        self.plugins = Plugins.find()
        types = record_types(self.plugins)
        where = f"sqlite:///{(folder / 'perthyn.sqlite').as_posix()}"
        self.store = self.plugins.open_store(where, types, "GBP", True)
        self.plugins.house = House(
            folder, lambda: self.now, os.urandom, language="en", sections={
                "tickets": {"url": url, "organizer": "castle", **settings}},
            secrets=lambda section, name: self.secrets.get((section, name), ""),
        )  # fmt: skip
        self.crm = Crm(self.store, self.plugins, Settings(), lambda: self.now, os.urandom, Actor("test"))
        self.channel = Tickets()

    def fetch(self, after: timedelta = timedelta(minutes=20)) -> list[Done]:
        """Do what is due, some time later."""
        self.now += after
        return [one for one in self.crm.do_due("test") if one.about.startswith("tickets")]

    def reach(self, cursor: str = "") -> Reach:
        assert self.plugins.house is not None
        return Reach(self.plugins.house, "main", self.store, b"key", cursor)

    def told(self, body: Any) -> tuple[int, Any]:
        """Have the inbound door take a webhook."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = Request("POST", "/in/tickets/main", "", {"content-type": "application/json"}, raw, self.now)
        return self.crm.came_in("tickets", "main", request)

    def work(self) -> list[Done]:
        """Do what is due now."""
        return list(self.crm.do_due("test"))

    def happenings(self) -> dict[str, Interaction]:
        """What happened, by its id in the shop."""
        return {one.source_id or "": one for one in self.store.scan(Interaction)}

    def contacts(self) -> list[Contact]:
        return list(self.store.scan(Contact))

    def problems(self) -> list[str]:
        return sorted(one.code for one in self.crm.open_problems())


def pence(amount: str) -> int:
    """Exact."""
    pounds, _, rest = amount.partition(".")
    return int(pounds + rest.ljust(2, "0"))


def paid(orders: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in orders if one["status"] == "p"]

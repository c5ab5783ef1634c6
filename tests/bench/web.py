"""The web app: one person's page for eight people at once, and searching as one types, on SQLite.

The app runs as `perthyn start` runs it, in a process of its own. The baseline is a bare FastAPI page in another such
process: the statements that perthyn sends for the same person's page, sent by hand through the driver, and what they
answer put into one plain Jinja2 template of as many bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from common import Figure, options
from people import data_address

CLIENTS, PEOPLE, SECONDS = 8, 300, 6.0
TYPED = ("jones", "sian wil", "mair dav", "gwynn", "hug", "rhys ow", "berton", "celwyn", "peter hughs", "ffion")
RULES = ("visits at least 3 in last 24 months", "no visits in last 6 months", "donations at least 1",
         "visits at least 1 and no donations", "days of visits at least 2", "language is cy",
         "purchases at least 2 in last 12 months", "no emails in last 3 months", "bookings at least 1",
         "enquiries at least 1")  # fmt: skip
PAGE, SEARCH, RATIO = 50.0, 60.0, 0.5


def run(args: argparse.Namespace) -> list[Figure]:
    """Milliseconds, 95 of 100; requests a second against the bare page's."""
    with data_address(args) as address, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copy(address.removeprefix("sqlite:///"), folder / "perthyn.sqlite")
        (folder / "perthyn.toml").write_text('organisation = "Plas"\n', encoding="utf-8")
        seconds = SECONDS if args.contacts > 10_000 else 0.5
        with _serving(_ours, str(folder)) as (port, told):
            paths = [f"/contacts/{id}" for id in told["people"]]
            bytes_, _, _ = _asked(port, paths, told["cookie"], 0.3)
            _, page, ours = _asked(port, paths, told["cookie"], seconds)
            search = [f"/contacts?q={text.replace(' ', '+')}" for text in TYPED]
            _, typed, _ = _asked(port, search, told["cookie"], seconds, clients=1)
        told["bytes"] = bytes_
        with _serving(_bare, str(folder), json.dumps(told)) as (port, _):
            _asked(port, paths, "", 0.3)
            _, _, bare = _asked(port, paths, "", seconds)
    return [
        Figure("a person's page, 8 at once, p95", page, "ms", f"{ours:.0f} a second", PAGE),
        Figure(
            "a person's page, requests a second", ours / bare, "", f"bare FastAPI and Jinja2: {bare:.0f}", RATIO, True
        ),
        Figure("search as one types, p95", typed, "ms", "one person typing", SEARCH),
    ]


def _asked(
    port: int, paths: Sequence[str], cookie: str, seconds: float, clients: int = CLIENTS
) -> tuple[int, float, float]:
    """Bytes of an answer, the p95 in ms, and answers a second, for so many clients who ask one after the other."""
    times: list[float] = []
    size = [0]
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        drawn = random.Random(number)
        link = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            began = time.perf_counter()
            link.request("GET", drawn.choice(paths), headers={"Cookie": f"perthyn={cookie}"} if cookie else {})
            answer = link.getresponse()
            body = answer.read()
            times.append(time.perf_counter() - began)
            assert answer.status == 200, (answer.status, body[:300])
            size[0] = len(body)
        link.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    began = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    spent = time.perf_counter() - began
    return size[0], statistics.quantiles(times, n=20)[-1] * 1000, len(times) / spent


@contextmanager
def _serving(what: Callable[..., None], *given: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """A server in a process of its own: its port, and what it tells before it begins."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=what, args=(there, *given), daemon=True)
    process.start()
    if not here.poll(600):
        raise TimeoutError("the server did not begin")
    told = here.recv()
    try:
        yield told["port"], told
    finally:
        process.terminate()
        process.join()


def _serve(app: Any, there: Any, told: dict[str, Any]) -> None:
    import uvicorn

    from perthyn_door.serving import bound

    listening = bound("127.0.0.1", 0, False)
    config = uvicorn.Config(app, log_config=None, log_level="critical", access_log=False, ws="none")
    there.send({**told, "port": listening.getsockname()[1]})
    uvicorn.Server(config).run([listening])


def _ours(there: Any, folder: str) -> None:
    from perthyn.cli.session import Session
    from perthyn.model import Contact
    from perthyn_door.desks import Desks
    from perthyn_door.door import Door
    from perthyn_web.accounts import sessions

    with Session(dict(os.environ), folder, "en", folder, True, False) as session:
        crm = session.crm()
        for number in range(20):
            crm.add_segment(f"Segment {number}", None, RULES[number % len(RULES)])
        people = [one.id for one, _ in zip(crm.store.scan(Contact), range(20_000), strict=False)]
        some = random.Random(1).sample(people, min(PEOPLE, len(people)))
        desks = Desks(session.another)
        pages = {prefix: one.make(desks) for prefix, one in crm.pages().items()}
        with desks() as lent:
            cookie = sessions.begin(lent, None, "machine")
        _statements(pages["/"], cookie, some[0])  # what is asked but once is asked before
        asked = {str(id): _statements(pages["/"], cookie, id) for id in some}
        door = Door(desks, pages, [session.in_language("cy"), session.in_language("en")], session.now)
        _serve(door, there, {"cookie": cookie, "people": [str(id) for id in some], "asked": asked})


def _statements(app: Any, cookie: str, id: Any) -> list[list[Any]]:
    """The statements of one person's page, each with what stands in its places."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from perthyn_sql.dialect import Sqlite

    seen: list[list[Any]] = []
    fetch = Sqlite.fetch

    def noted(self: Any, connection: Any, query: str, values: Any) -> Any:
        seen.append([query, _packed(values)])
        return fetch(self, connection, query, values)

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append([statement, _packed(parameters)])

    event.listen(Engine, "before_cursor_execute", note)
    Sqlite.fetch = noted  # type: ignore[method-assign]
    try:
        asyncio.run(_page(app, cookie, f"/contacts/{id}"))
    finally:
        Sqlite.fetch = fetch  # type: ignore[method-assign]
        event.remove(Engine, "before_cursor_execute", note)
    return seen


async def _page(app: Any, cookie: str, path: str) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", 200) == 200, message

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "http",
        "headers": [(b"host", b"localhost"), (b"cookie", f"perthyn={cookie}".encode())], "server": ("localhost", 80),
        "client": ("127.0.0.1", 1), "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app(scope, receive, send)


def _packed(values: Any) -> Any:
    """What stands in the places of a statement, as JSON has it."""
    if isinstance(values, dict):
        return {name: _packed(one) for name, one in values.items()}
    if isinstance(values, (list, tuple)):
        return [_packed(one) for one in values]
    return {"bytes": values.hex()} if isinstance(values, bytes) else values


def _unpacked(values: Any) -> Any:
    if isinstance(values, dict):
        told = values.get("bytes")
        if isinstance(told, str) and len(values) == 1:
            return bytes.fromhex(told)
        return {name: _unpacked(one) for name, one in values.items()}
    return tuple(map(_unpacked, values)) if isinstance(values, list) else values


def _bare(there: Any, folder: str, told: str) -> None:
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse
    from jinja2 import Environment

    given = json.loads(told)
    asked = {
        id: [(text, _unpacked(values)) for text, values in statements] for id, statements in given["asked"].items()
    }
    local = threading.local()
    template = Environment(autoescape=True).from_string(
        "<!doctype html><html><body>{{ filler }}{% for rows in answers %}<table>{% for row in rows %}<tr>"
        "{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>{% endfor %}</body></html>"
    )
    filler = "x" * (given["bytes"] // 2)
    app = FastAPI()

    @app.get("/contacts/{id}")
    def page(id: str) -> HTMLResponse:
        if not hasattr(local, "link"):
            local.link = sqlite3.connect(Path(folder) / "perthyn.sqlite")
            local.link.execute("PRAGMA cache_size = -65536")
        answers = [local.link.execute(text, held).fetchall() for text, held in asked[id]]
        return HTMLResponse(template.render(filler=filler, answers=answers))

    _serve(app, there, {})


if __name__ == "__main__":
    from run import show

    show(run, options(__doc__))

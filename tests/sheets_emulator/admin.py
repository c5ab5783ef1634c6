"""The emulator's own endpoint, `/admin`, for another process or for a person with curl. All bodies are JSON.

GET    /admin                          what is there
GET    /admin/log                      the requests so far
POST   /admin/mark, GET /admin/counted count calls from here on; how many there were
POST   /admin/clock {"advance": 60}    let time pass
POST   /admin/faults {"at": 2, "kind": "503"}; DELETE /admin/faults
POST   /admin/people {"act": "sort", "tab": "Contacts", "column": "B", "before": 3}
POST   /admin/accounts {"name": "perthyn"}            a service account: its credentials file
POST   /admin/books {"title": "CRM", "share": {"a@b": "writer"}}
POST   /admin/switches {"quotas": false, "disabled": ["drive"], "service_accounts_store": false}, and those of the
       workbook (`book.Switches`)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .clock import stamp
from .wire import Answer, Asked, said

if TYPE_CHECKING:
    from .server import Emulator


class Admin:
    """What can be asked of the emulator itself."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._routes: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("GET", ""): self._state,
            ("GET", "/log"): lambda body: emulator.log.shown(),
            ("POST", "/mark"): lambda body: emulator.log.mark(),
            ("GET", "/counted"): lambda body: asdict(emulator.log.counted()),
            ("POST", "/clock"): lambda body: emulator.clock.advance(body["advance"]),
            ("POST", "/faults"): emulator.faults.script,
            ("DELETE", "/faults"): lambda body: emulator.faults.clear(),
            ("POST", "/people"): self._people,
            ("POST", "/accounts"): lambda body: emulator.accounts.service_account(**body),
            ("POST", "/books"): lambda body: {"id": emulator.put(body.pop("title"), **body).id},
            ("POST", "/switches"): self._switches,
        }

    def answer(self, asked: Asked) -> Answer:
        """200 with JSON, 404 for a strange route, 400 with the reason for a strange order."""
        route = self._routes.get((asked.verb, asked.path.removeprefix("/admin").rstrip("/")))
        if route is None:
            return said(404, {"error": f"no such route; there are:\n{__doc__}"})
        try:
            return said(200, route(json.loads(asked.body or b"{}")) or {})
        except Exception as wrong:
            return said(400, {"error": f"{type(wrong).__name__}: {wrong}"})

    def _state(self, body: dict[str, Any]) -> dict[str, Any]:
        emulator = self._emulator
        return {
            "now": stamp(emulator.clock.now()),
            "requests": emulator.faults.seen,
            "books": {id: book.title for id, book in emulator.books.items()},
            "failures": emulator.failures,
        }

    def _people(self, body: dict[str, Any]) -> Any:
        people, before = self._emulator.people, body.pop("before", None)
        act = body.pop("act")
        if act.startswith("_") or act in ("before", "after"):
            raise ValueError(f"no such act: {act}")
        action = getattr(people, act)
        if before is None:
            done = action(**body)
            return {"done": done} if isinstance(done, int | list) else {}
        people.before(before, lambda: action(**body))
        return {}

    def _switches(self, body: dict[str, Any]) -> None:
        emulator = self._emulator
        for name, value in body.items():
            if name == "quotas":
                emulator.quotas.on = bool(value)
            elif name == "disabled":
                emulator.disabled = set(value)
            elif name == "service_accounts_store":
                emulator.drive.service_accounts_store = bool(value)
            elif name in vars(emulator.switches):
                setattr(emulator.switches, name, bool(value))
            else:
                raise ValueError(f"no such switch: {name}")

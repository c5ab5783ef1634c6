"""Elsewhere: routes of other plugins, whose posts are done once for each ``Idempotency-Key`` as our own are.

They know nothing of keys: the key is written down before they are asked, and their answer after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi.routing import RouteContext
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.pages import Opens
from perthyn.screens import SIGNED_IN, Person
from perthyn_web.api import once
from perthyn_web.api.records import KeptAnswer
from perthyn_web.api.wrong import Invalid
from perthyn_web.guard import App, Receive, Scope, Send
from perthyn_web.visiting import NOBODY

HEADER = "Idempotency-Key"
LONGEST = 200
KEY = re.compile(r"[!-~]*")
ABOUT = "Of your own making; the same request again is answered as before, and done once (24 hours)."
DESCRIBED: Mapping[str, Any] = {
    "name": HEADER, "in": "header", "required": False, "description": ABOUT,
    "schema": {"type": "string", "maxLength": LONGEST, "pattern": f"^{KEY.pattern}$", "default": ""},
}  # fmt: skip
"""The header as OpenAPI has it."""


class Elsewhere:
    """Does once what is posted with a key to a route that does not look at keys itself.

    `routes`: those, with their rights; `person`: who asks; `wrong`: makes the answer to what is refused.
    """

    def __init__(
        self, app: App, routes: Sequence[tuple[RouteContext, list[str]]], opens: Opens,
        person: Callable[[Crm, Request], Person], wrong: Callable[[Scope, PerthynError], Response],
    ) -> None:  # fmt: skip
        self.app, self.routes, self.opens, self.person, self.wrong = app, routes, opens, person, wrong

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = Request(scope).headers.get(HEADER, "") if scope["type"] == "http" and scope["method"] == "POST" else ""
        rights = self._rights_at(scope) if key else None
        if rights is None:
            return await self.app(scope, receive, send)
        try:
            claim = await run_in_threadpool(self._claimed, scope, key, rights)
        except PerthynError as error:
            claim = self.wrong(scope, error)
        if isinstance(claim, Response):
            return await claim(scope, receive, send)
        if claim is None:
            return await self.app(scope, receive, send)
        answer = _Answer()
        await self.app(scope, receive, answer.take)  # where it breaks, nobody knows what was done: the key stays taken
        await run_in_threadpool(self._noted, claim, answer.response)
        for message in answer.messages:
            await send(message)

    def _rights_at(self, scope: Scope) -> list[str] | None:
        path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
        fits = (rights for route, rights in self.routes if route.path_regex.match(path))
        return next(fits, None)

    def _claimed(self, scope: Scope, key: str, rights: list[str]) -> KeptAnswer | Response | None:
        """None for whoever may not: the route says so."""
        if len(key) > LONGEST or not KEY.fullmatch(key):
            raise Invalid([PerthynError("api.field.signs", field=HEADER, limit=KEY.pattern, kind="header")])
        with self.opens() as crm:
            person = self.person(crm, Request(scope))
            if person is NOBODY or not all(right == SIGNED_IN or {right, "*"} & person.rights for right in rights):
                return None
            return once.claimed(crm, person, key, scope["state"]["asked"])

    def _noted(self, claim: KeptAnswer, response: Response) -> None:
        with self.opens() as crm:
            if response.status_code >= 400 or response.headers.get("content-type") != "application/json":
                once.free(crm, claim)
            else:
                once.keep_answer(crm, claim, response)


class _Answer:
    """An answer that is held until it is noted."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def take(self, message: Any) -> None:
        self.messages.append(message)

    @property
    def response(self) -> Response:
        begins = self.messages[0]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in begins["headers"]}
        return Response(b"".join(one.get("body", b"") for one in self.messages[1:]), begins["status"], headers)

"""Making the API: FastAPI with our errors, in the asker's language, a right at each route, a limit for each token."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response

from perthyn.crm import Crm
from perthyn.crm.since import Changed
from perthyn.errors import PerthynError
from perthyn.screens import SIGNED_IN, Person
from perthyn.text import LANGUAGES, Translator
from perthyn_web.accounts import tokens
from perthyn_web.api.describing import describe
from perthyn_web.api.docs_page import docs_routes
from perthyn_web.api.elsewhere import HEADER, Elsewhere
from perthyn_web.api.gate import Gate
from perthyn_web.api.paces import PER_MINUTE, Paces
from perthyn_web.api.routes import check_query
from perthyn_web.api.wrong import Invalid, fact, problem
from perthyn_web.guard import Scope
from perthyn_web.showing import Showing
from perthyn_web.visiting import NOBODY, Reception

WAITING = 16
"""So many requests wait for a desk in threads at once; the others wait without one."""


class Unguarded(Exception):
    """A route that declares no right."""


def make_api(reception: Reception, showing: Showing) -> FastAPI:
    """The API of all plugins. Raises `Unguarded` for a route that asks for no right."""
    with reception.opens() as crm:
        entry = Entry(reception, showing, int(crm.house.section("web").get("per_minute", PER_MINUTE)))
        routers = crm.routers(entry.may)
    api = FastAPI(title="perthyn", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
    for router in routers:
        api.include_router(router)
    for route in api_routes(api):
        if not rights_at(route):
            raise Unguarded(f"{route.methods} {route.path}")
    entry.routes = api_routes(api)
    files = [one.path_regex for one in entry.routes if takes_file(one)]
    keyless = [(one, rights_at(one)) for one in entry.routes if "POST" in (one.methods or ()) and not knows_keys(one)]
    api.add_middleware(Elsewhere, routes=keyless, opens=reception.opens, person=entry.person, wrong=entry.wrong_at)
    api.add_middleware(Gate, wrong=entry.wrong_at, takes_file=lambda path: any(one.match(path) for one in files))
    api.router.routes.extend(docs_routes(showing))
    for kind in (PerthynError, RequestValidationError, HTTPException, Exception):
        api.add_exception_handler(kind, entry.refused)
    api.state.refused = entry.refused
    describe(api, {one.operation_id or one.unique_id: rights_at(one) for one in api_routes(api)})
    return api


def api_routes(api: FastAPI) -> list[RouteContext]:
    """The routes of all plugins, those of routers within routers too."""
    return [one for one in iter_route_contexts(api.routes) if isinstance(one.original_route, APIRoute)]


def rights_at(route: RouteContext) -> list[str]:
    """The rights that a route asks for."""
    found = [getattr(one.call, "right", "") for one in route.dependant.dependencies]
    return [one for one in found if one]


def knows_keys(route: RouteContext) -> bool:
    """Whether a route looks at the ``Idempotency-Key`` itself."""
    return any(one.alias == HEADER for one in route.dependant.header_params)


def takes_file(route: RouteContext) -> bool:
    """Whether a file may be sent there, as the body."""
    body = (route.openapi_extra or {}).get("requestBody", {})
    return "application/octet-stream" in body.get("content", {})


class Entry:
    """Who asks, whether they may, how often, and what they are told where they may not."""

    def __init__(self, reception: Reception, showing: Showing, per_minute: int) -> None:
        self.reception, self.showing = reception, showing
        self.paces = Paces(per_minute)
        self.routes: list[RouteContext] = []
        self._waiting: CapacityLimiter | None = None

    def may(self, right: str) -> Callable[..., AsyncIterator[Crm]]:
        """The dependency of a route: the `Crm` that acts for whoever has the right."""

        async def acting(request: Request) -> AsyncIterator[Crm]:
            # Those who wait for a desk hold no thread that somebody who has one needs to get on.
            self._waiting = self._waiting or CapacityLimiter(WAITING)
            lent = self._lent(request, right)
            crm = await to_thread.run_sync(lent.__enter__, limiter=self._waiting)
            try:
                yield crm
            except BaseException as error:
                if not lent.__exit__(type(error), error, error.__traceback__):
                    raise
            else:
                lent.__exit__(None, None, None)

        acting.right = right  # type: ignore[attr-defined]
        return acting

    @contextmanager
    def _lent(self, request: Request, right: str) -> Iterator[Crm]:
        with self.reception.opens() as crm:
            t = self._translator(request.headers, crm.settings.language)
            request.state.t = t
            person = self.person(crm, request)
            if person is NOBODY:
                raise PerthynError("api.sign_in")
            self.paces.take(str(person.session or person.name), crm.clock())
            request.state.person = person
            request.state.t = t = self._translator(request.headers, person.language or crm.settings.language)
            acting = self.reception.acting(crm, person, t)
            if right != SIGNED_IN:
                acting.check(right)
            check_query(request)
            try:
                yield acting
            finally:
                self.reception.watch.settle(crm, person)

    def person(self, crm: Crm, request: Request) -> Person:
        """Who asks: by the token where there is one, and never by the cookie then."""
        header = request.headers.get("authorization")
        if header is None:
            return self.reception.person(crm, request)
        source = request.client.host if request.client else ""
        return tokens.by_token(crm, header, source) or NOBODY

    async def refused(self, request: Request, error: Exception) -> Response:
        """The answer to whatever went wrong."""
        t: Translator | None = getattr(request.state, "t", None)
        if t is None:
            t = await run_in_threadpool(self._spoken, request.headers)
        match error:
            case Changed():
                since = [{"path": one.path, "was": fact(one.was), "now": fact(one.now), "by": one.by,
                          "at": fact(one.at)} for one in error.since]  # fmt: skip
                return problem(error, t, more={"changed": since})
            case PerthynError():
                return problem(error, t)
            case RequestValidationError():
                return problem(Invalid.of(error.errors()), t)
            case HTTPException(status_code=405):
                response = problem(PerthynError("api.method", method=request.method), t)
                response.headers["allow"] = self._allowed(request)
                return response
            case HTTPException(status_code=404):
                return problem(PerthynError("api.nowhere"), t)
            case HTTPException():  # a body that is no JSON, where one was expected
                return problem(PerthynError("api.json", why=str(error.detail)[:200]), t)
        return problem(PerthynError("web.broken"), t, 500)

    def _allowed(self, request: Request) -> str:
        path = str(request.scope["path"]).removeprefix(str(request.scope.get("root_path", "")))
        fitting = [one for one in self.routes if one.path_regex.match(path)]
        methods = {method for one in fitting for method in one.methods or ()} or {"GET"}
        return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))

    def wrong_at(self, scope: Scope, error: PerthynError) -> Response:
        """The answer to what is refused before a route is found."""
        return problem(error, self._spoken(Headers(scope=scope)))

    def _spoken(self, headers: Headers) -> Translator:
        return self._translator(headers, "")

    def _translator(self, headers: Headers, otherwise: str) -> Translator:
        wishes = [*wished(headers.get("accept-language", "")), otherwise]
        return self.showing.translators[next((one for one in wishes if one in LANGUAGES), "en")]


def wished(header: str) -> list[str]:
    """The languages of an ``Accept-Language``, the dearest first (RFC 9110, section 12.5.4)."""
    found = []
    for one in header.lower().split(",")[:20]:
        name, _, rest = one.partition(";")
        weight = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", rest)
        quality = float(weight[1]) if weight else 1.0
        if quality:
            found.append((-quality, name.strip().split("-")[0]))
    return [name for _, name in sorted(found, key=lambda one: one[0])]

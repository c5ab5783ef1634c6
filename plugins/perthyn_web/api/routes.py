"""Routes: how the API's own views are declared: a path, a right, what goes out. Everything else is done here.

    routes = Routes("segments")

    @routes.get("/segments/{id}", "segment.read", SEGMENT)
    def segment(asked: Asked, id: UUID) -> Any:
        return asked.crm.segment(id.hex).plain()

A view is a plain function of what was asked; it raises `PerthynError`. What it answers goes through the shape that it
declares, so that nothing else leaves.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from perthyn.crm import Crm
from perthyn.crm.since import holds
from perthyn.errors import PerthynError
from perthyn.screens import Person
from perthyn.text import Translator
from perthyn_web.api import once
from perthyn_web.api.elsewhere import ABOUT as ABOUT_KEY
from perthyn_web.api.elsewhere import HEADER, LONGEST
from perthyn_web.api.elsewhere import KEY as KEY_SIGNS
from perthyn_web.api.shapes import ready

KEY = Annotated[
    str,
    Header(alias=HEADER, max_length=LONGEST, pattern=f"^{KEY_SIGNS.pattern}$", description=ABOUT_KEY),
]
IF_MATCH = Annotated[
    str, Header(alias="If-Match", max_length=4000, description="The `ETag` of what is changed: not if it has changed.")
]
IF_NONE = Annotated[str, Header(alias="If-None-Match", max_length=4000, description="An `ETag`: nothing new is 304.")]
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `crm` acts for `person`, who may do what the route asks for."""

    crm: Crm
    person: Person
    t: Translator
    request: Request
    if_match: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, where it is more than a body. `etag`: of what stands there now, in quotes."""

    body: Any = None
    status: int = 0
    etag: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    path: str
    right: str
    out: type[BaseModel] | None
    status: int
    view: View
    tagged: bool = False
    file: bool = False
    kinds: tuple[str, ...] = ()
    secret: bool = False
    later: type[BaseModel] | None = None


class Routes:
    """The views of one part of the API."""

    def __init__(self, area: str) -> None:
        self.area = area
        self.routes: list[_Route] = []

    def get(
        self, path: str, right: str, out: type[BaseModel] | None, *, tagged: bool = False, kinds: tuple[str, ...] = ()
    ) -> Callable[[View], View]:
        """What only shows. `tagged`: with an ``ETag``; `kinds`: media types of the files that it answers with."""
        return self._at("GET", path, right, out, 200, tagged, kinds=kinds)

    def post(
        self, path: str, right: str, out: type[BaseModel] | None, status: int = 200, *, file: bool = False,
        kinds: tuple[str, ...] = (), secret: bool = False, later: type[BaseModel] | None = None,
    ) -> Callable[[View], View]:  # fmt: skip
        """What does something, once for each ``Idempotency-Key``.

        `file`: a file may be sent; it is the body. `kinds`: media types of the files that it answers with. `secret`:
        its answer holds one, so it is never kept. `later`: what it answers where a job does it (202).
        """
        return self._at("POST", path, right, out, status, False, file, kinds, secret, later)

    def patch(self, path: str, right: str, out: type[BaseModel], *, tagged: bool = False) -> Callable[[View], View]:
        """What changes something that is there. `tagged`: not where it has changed, if asked with ``If-Match``."""
        return self._at("PATCH", path, right, out, 200, tagged)

    def put(self, path: str, right: str, out: type[BaseModel]) -> Callable[[View], View]:
        """What sets something, whatever was there."""
        return self._at("PUT", path, right, out, 200)

    def delete(self, path: str, right: str, out: type[BaseModel] | None = None) -> Callable[[View], View]:
        """What takes something away."""
        return self._at("DELETE", path, right, out, 200 if out else 204)

    def _at(
        self, method: str, path: str, right: str, out: type[BaseModel] | None, status: int, tagged: bool = False,
        file: bool = False, kinds: tuple[str, ...] = (), secret: bool = False, later: type[BaseModel] | None = None,
    ) -> Callable[[View], View]:  # fmt: skip
        path = path.replace("{id}", "{id:uuid}")

        def mark(view: View) -> View:
            self.routes.append(_Route(method, path, right, out, status, view, tagged, file, kinds, secret, later))
            return view

        return mark

    def router(self, may: Callable[[str], Any]) -> APIRouter:
        """The views as FastAPI has them."""
        router = APIRouter(tags=[self.area])
        for one in self.routes:
            router.add_api_route(
                one.path, _endpoint(one, may(one.right)), methods=[one.method], status_code=one.status,
                response_model=None, responses=_responses(one), summary=_summary(one.view),
                operation_id=f"{self.area}_{one.view.__name__}", openapi_extra=_extra(one),
            )  # fmt: skip
        return router


def _endpoint(route: _Route, may: Any) -> Callable[..., Response]:
    @wraps(route.view)
    def endpoint(crm: Crm, request: Request, api_key: str = "", api_tag: str = "", **values: Any) -> Response:
        asked = Asked(crm, request.state.person, request.state.t, request, api_tag)

        def done() -> Response:
            return _response(route, asked, route.view(asked, **values))

        if not api_key:
            return done()
        return once.answered(crm, asked.person, api_key, request.state.asked, done, route.secret)

    inner = [one for one in inspect.signature(route.view).parameters.values() if one.name != "asked"]
    more = [_named("request", Request), _named("crm", Any, Depends(may, scope="function"))]
    if route.method == "POST":
        more.append(_named("api_key", KEY, ""))
    if route.tagged:
        more.append(_named("api_tag", IF_NONE if route.method == "GET" else IF_MATCH, ""))
    signature = inspect.Signature([one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in inner] + more)
    endpoint.__signature__ = signature  # type: ignore[attr-defined]
    return endpoint


def _named(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _response(route: _Route, asked: Asked, body: Any) -> Response:
    if isinstance(body, Response):
        return body
    answer = body if isinstance(body, Answer) else Answer(body)
    headers = {**answer.headers, "content-language": asked.t.language}
    if answer.etag:
        headers["etag"] = answer.etag
        if route.method == "GET" and asked.if_match and holds(asked.if_match, answer.etag):
            return Response(status_code=304, headers=headers)
    status = answer.status or route.status
    if route.out is None or status == 204:
        return Response(status_code=204, headers=headers)
    out = route.later if status == 202 and route.later else route.out
    shown = out.model_validate(ready(answer.body)).model_dump_json(exclude_none=True)
    return Response(shown, status, headers, "application/json")


def check_query(request: Request) -> None:
    """What is not known behind the ``?`` is refused: a slip of the pen would else find everybody."""
    known = {one.alias for one in request.scope["route"].dependant.query_params}
    for name in request.query_params:
        if name not in known:
            raise PerthynError("api.query", name=name[:100], known=", ".join(sorted(known)))


def _summary(view: View) -> str:
    return (view.__doc__ or "").partition("\n")[0].rstrip(".")


def _responses(route: _Route) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {}
    about: dict[str, Any] = {"description": "Done" if route.method != "GET" else "Found"}
    if route.out is not None:
        about["model"] = route.out
    if route.kinds:
        about["content"] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in route.kinds}
    if route.tagged:
        about["headers"] = {"ETag": {"description": "Which state of it this is.", "schema": {"type": "string"}}}
        if route.method == "GET":
            found[304] = {"description": "It is as you have it"}
    found[route.status] = about
    if route.later is not None:
        found[202] = {"model": route.later, "description": "It is large, so a job does it"}
    return found


def _extra(route: _Route) -> dict[str, Any] | None:
    if not route.file:
        return None
    binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": binary}}


def file_response(file: Any, kind: str, name: str, after: Callable[[], None]) -> Response:
    """A file to be sent; `after` is called when it has gone."""
    return FileResponse(file, media_type=kind, filename=name, background=BackgroundTask(after))

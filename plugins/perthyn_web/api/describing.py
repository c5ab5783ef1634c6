"""Describing: the OpenAPI document, with what FastAPI does not know of: rights, ways to sign in, refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from perthyn_web.api.elsewhere import DESCRIBED, HEADER
from perthyn_web.api.wrong import PROBLEM

ABOUT = """\
Everything that the pages of perthyn do, for other systems.

- **Signing in**: `Authorization: Bearer perthyn_...`, a token made in the settings, or the cookie of a sign-in.
  A token has rights; `x-right` says which one each route asks for. What you may not see is absent, never null.
- **Lists** are answered a page at a time: ask again with `cursor` set to `next`.
- **Doing things once**: send an `Idempotency-Key` of your own making with each `POST`. The same request again is
  answered as before.
- **Not losing anybody's work**: send the `ETag` you were given as `If-Match`. Where somebody has changed it since, you
  are told what, by whom and when (412).
- **Refusals** are `application/problem+json`, in Welsh or English by `Accept-Language`. `code` is stable.
- **Money** is in minor units (pence), with a currency. Instants are UTC. Ids are UUIDs.
"""
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token of perthyn: `perthyn_...`"},
    "session": {"type": "apiKey", "in": "cookie", "name": "perthyn", "description": "A sign-in of the web app."},
}
_FACTS = {"type": "object", "description": "What the words name.", "additionalProperties": True}
_TOLD = {
    "type": {"type": "string"},
    "title": {"type": "string", "description": "What is wrong."},
    "detail": {"type": "string", "description": "What to do next."},
    "code": {"type": "string", "description": "Stable; see the list of errors in the documentation."},
    "facts": _FACTS,
}
SHAPES: dict[str, Any] = {
    "Refusal": {
        "type": "object",
        "title": "Refusal",
        "description": "What was refused, and why (RFC 9457).",
        "required": [*_TOLD, "status"],
        "properties": _TOLD | {
            "status": {"type": "integer"},
            "errors": {
                "type": "array",
                "description": "Each thing that is wrong with what was sent.",
                "items": {
                    "type": "object",
                    "required": [*_TOLD, "field"],
                    "properties": _TOLD | {"field": {"type": "string"}},
                },
            },
            "changed": {
                "type": "array",
                "description": "What others have changed since (412): what each field `was`, and what it is `now`.",
                "items": {
                    "type": "object",
                    "required": ["path", "by", "at"],
                    "properties": {
                        "path": {"type": "string"}, "was": {}, "now": {}, "by": {"type": "string"},
                        "at": {"type": "string", "format": "date-time"},
                    },
                },
            },
        },
    }
}  # fmt: skip
REFUSALS = {
    400: "It is no JSON",
    401: "Nobody is signed in",
    403: "You have no right to this",
    404: "There is no such thing",
    409: "It can't be done as things stand",
    412: "It has changed since you saw it",
    413: "It is too large",
    415: "It is of the wrong kind",
    422: "Something is wrong with what was sent",
    429: "Too many requests; wait",
    503: "perthyn is busy; wait",
}
EVERYWHERE, WITH_BODY = (401, 403, 404, 422, 429, 503), (400, 409, 413, 415)


def describe(api: FastAPI, rights: Mapping[str, Sequence[str]]) -> None:
    """Have the API say all of it. `rights`: which each operation asks for."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            found = get_openapi(title="perthyn", version=api.version, description=ABOUT, routes=api.routes)
            _complete(found, rights)
            api.openapi_schema = found
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _complete(found: dict[str, Any], rights: Mapping[str, Sequence[str]]) -> None:
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(SHAPES)
    components["securitySchemes"] = SCHEMES
    for methods in found["paths"].values():
        for method, about in methods.items():
            asked = rights[about["operationId"]]
            about["x-right"] = asked[0] if len(asked) == 1 else asked
            about["security"] = [{"token": []}, {"session": []}]
            asks = about.get("parameters", [])
            if method == "post" and not any(one["name"] == HEADER for one in asks):
                about["parameters"] = [*asks, dict(DESCRIBED)]
            for status in _statuses(method, about):
                about["responses"][str(status)] = _refusal(status)


def _statuses(method: str, about: dict[str, Any]) -> list[int]:
    found = {*EVERYWHERE}
    if method != "get":
        found |= {*WITH_BODY}
    if method == "patch" or any(one["name"] == "If-Match" for one in about.get("parameters", ())):
        found.add(412)
    return sorted(found)


def _refusal(status: int) -> dict[str, Any]:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    refusal: dict[str, Any] = {"description": REFUSALS[status], "content": content}
    if status == 401:
        refusal["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}}
    if status == 429:
        refusal["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "required": True}}
    return refusal

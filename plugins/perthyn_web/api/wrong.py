"""Wrong: what was refused, as ``application/problem+json`` (RFC 9457) in the asker's language."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from starlette.responses import Response

from perthyn.crm import SomeRefused
from perthyn.errors import PerthynError, Unknown
from perthyn.model.values import plain
from perthyn.text import Translator
from perthyn_web.visiting import status_of, waits

PROBLEM = "application/problem+json"
STATUSES = {
    "api.json": 400,
    "api.sign_in": 401,
    "api.nowhere": 404,
    "api.method": 405,
    "api.key.busy": 409,
    "api.key.shown": 409,
    "api.changed": 412,
    "api.large": 413,
    "api.kind": 415,
    "api.pace": 429,
    "web.broken": 500,
}
"""The status of what the API itself refuses; the rest goes by the kind of error."""
WORDS = {
    "missing": "api.field.missing",
    "extra_forbidden": "api.field.extra",
    "literal_error": "api.field.choice",
    "enum": "api.field.choice",
    "greater_than_equal": "api.field.range",
    "less_than_equal": "api.field.range",
    "greater_than": "api.field.range",
    "less_than": "api.field.range",
    "string_too_short": "api.field.length",
    "string_too_long": "api.field.length",
    "too_short": "api.field.length",
    "too_long": "api.field.length",
    "string_pattern_mismatch": "api.field.signs",
    "string_unicode": "api.field.signs",
    "json_invalid": "api.json",
}
"""What pydantic calls it -> our code. Whatever else is wrong with a value is its kind."""
LIMITS = ("expected", "ge", "le", "gt", "lt", "min_length", "max_length", "pattern")


class Invalid(PerthynError):
    """Several things are wrong with what was sent; each names its field."""

    def __init__(self, parts: Sequence[PerthynError]) -> None:
        super().__init__("api.invalid", count=len(parts))
        self.parts = parts

    @classmethod
    def of(cls, errors: Sequence[Mapping[str, Any]]) -> Invalid:
        """What pydantic found, without the values that were sent."""
        return cls([_part(one) for one in errors])


def problem(error: PerthynError, t: Translator, status: int = 0, more: Mapping[str, Any] | None = None) -> Response:
    """The answer to a request that was refused. `more`: members beside those that every problem has."""
    status = status or status_to(error)
    body = told(error, t) | {"status": status} | dict(more or {})
    if isinstance(error, SomeRefused):
        body["errors"] = [told(one, t) | {"field": f"items.{place}"} for place, one in error.refused.items()]
    if isinstance(error, Invalid):
        body["errors"] = [told(one, t) | {"field": one.facts["field"]} for one in error.parts]
    headers = {"content-language": t.language}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="perthyn"'
    if (wait := waits(error)) is not None:
        headers["retry-after"] = str(wait)
    return Response(json.dumps(body, ensure_ascii=False), status, headers, PROBLEM)


def told(error: PerthynError, t: Translator) -> dict[str, Any]:
    """The members that every problem has."""
    wrong, next = t.error(error)
    facts = {name: fact(value) for name, value in error.facts.items()}
    type = f"urn:perthyn:error:{error.code}"
    return {"type": type, "title": wrong, "detail": next, "code": error.code, "facts": facts}


def status_to(error: PerthynError) -> int:
    """The HTTP status of a refusal."""
    if error.code in STATUSES:
        return STATUSES[error.code]
    if isinstance(error, Unknown) and error.code not in MISSING:
        return 422
    return status_of(error)


MISSING = frozenset(
    (
        *("store.contact.unknown", "contact.unknown", "segment.unknown", "campaign.unknown", "undo.batch.unknown"),
        *("user.unknown", "token.unknown", "role.unknown", "session.unknown", "job.unknown", "inbound.unknown"),
        *("problem.unknown", "duplicates.pair.unknown", "import.unknown", "hook.unknown", "hook.delivery.unknown"),
        *("trend.unknown", "report.number.unknown", "record.unknown", "people.view.unknown", "web.backup.gone"),
    )
)
"""What stands in an address and is not there (404). Another word that nobody knows is something sent (422)."""


def fact(value: object) -> Any:
    """A fact as JSON can hold it."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case date() | UUID():
            return plain(value)
        case Mapping():
            return {str(name): fact(one) for name, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [fact(one) for one in value]
        case PerthynError():
            return {"code": value.code, "facts": fact(value.facts)}
    return str(value)


def _part(error: Mapping[str, Any]) -> PerthynError:
    kind, about = str(error["type"]), dict(error.get("ctx") or {})
    place = [str(one) for one in error["loc"]]
    field = ".".join(place[1:]) or place[0]
    code = WORDS.get(kind, "api.field.kind")
    limit = next((str(about[name]) for name in LIMITS if name in about), "")
    return PerthynError(code, field=field, limit=limit, kind=kind)

"""Webhooks by the API: set up, looked at, sent again, ended."""

from __future__ import annotations

import json
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from perthyn_web.api.paging import Cursor, Limit, numbered
from perthyn_web.api.routes import Asked, Routes
from perthyn_web.api.shapes import Flag, Given, Instant, page_of, told
from perthyn_web.webhooks import keeping
from perthyn_web.webhooks.records import RIGHT, Hook, Told
from perthyn_web.webhooks.telling import body_of

routes = Routes("webhooks")
HOOK = told(
    "Webhook", "Whom to tell of what.", id=UUID, address=str, events=list[str], values=bool, by=str, made=Instant,
    ended=Instant | None,
)  # fmt: skip
MADE = told("WebhookMade", "A webhook, and the secret that its messages are signed with; shown this once.",
            webhook=HOOK, secret=str)  # fmt: skip
MESSAGE = told(
    "WebhookMessage", "What a webhook was told, and what came of it.",
    id=UUID, event=str, made=Instant, state=str, tries=int, last=Instant | None, status=int | None, why=str | None,
    body=dict[str, Any] | None,
)  # fmt: skip
EVENTS = told("WebhookEvents", "Every event that may be told.", items=list[str])

Event = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9_.*]+$")]


class HookIn(Given):
    """An address (https) and the events it is told of: `contact.changed`, `contact.*`, `*`."""

    address: Annotated[str, Field(min_length=8, max_length=2000)]
    events: list[Event] = Field(default_factory=lambda: ["*"], max_length=100)
    values: Flag = False


@routes.get("/webhooks", RIGHT, page_of(HOOK))
def listed(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """All webhooks."""
    return numbered(keeping.hooks(asked.crm), cursor, limit, _hook)


@routes.post("/webhooks", RIGHT, MADE, 201, secret=True)
def added(asked: Asked, body: HookIn) -> Any:
    """Have another system told of what happens, as far as you may see it."""
    made, secret = keeping.add(asked.crm, asked.person, body.address, body.events, body.values)
    return {"webhook": _hook(made), "secret": secret}


@routes.get("/webhooks/events", RIGHT, EVENTS)
def events(asked: Asked) -> Any:
    """What may be told."""
    return {"items": keeping.events(asked.crm)}


@routes.get("/webhooks/{id}", RIGHT, HOOK)
def one(asked: Asked, id: UUID) -> Any:
    """One of them."""
    return _hook(keeping.hook(asked.crm, id))


@routes.delete("/webhooks/{id}", RIGHT)
def ended(asked: Asked, id: UUID) -> Any:
    """Tell it nothing more."""
    keeping.end(asked.crm, id)
    return None


@routes.post("/webhooks/{id}/secret", RIGHT, MADE, secret=True)
def renewed(asked: Asked, id: UUID) -> Any:
    """Another secret; the old one counts no more."""
    now, secret = keeping.renew(asked.crm, id)
    return {"webhook": _hook(now), "secret": secret}


@routes.post("/webhooks/{id}/test", RIGHT, HOOK, 202)
def tested(asked: Asked, id: UUID) -> Any:
    """Send a message that says nothing."""
    keeping.try_out(asked.crm, id)
    return _hook(keeping.hook(asked.crm, id))


@routes.get("/webhooks/{id}/messages", RIGHT, page_of(MESSAGE))
def log(asked: Asked, id: UUID, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """What it was told in the last 30 days, the newest first."""
    return numbered(keeping.log(asked.crm, id), cursor, limit, _message)


@routes.get("/webhooks/messages/{id}", RIGHT, MESSAGE)
def message(asked: Asked, id: UUID) -> Any:
    """One message, with what it said; for those who may see everything."""
    asked.crm.check_all_fields()
    found = keeping.told(asked.crm, id)
    return _message(found) | {"body": json.loads(body_of(found))}


@routes.post("/webhooks/messages/{id}/again", RIGHT, MESSAGE, 202)
def again(asked: Asked, id: UUID) -> Any:
    """Have a message sent once more, with the same id."""
    return _message(keeping.again(asked.crm, id))


def _hook(one: Hook) -> dict[str, Any]:
    names = ("id", "address", "values", "by", "made", "ended")
    return {name: getattr(one, name) for name in names} | {"events": one.events.split()}


def _message(one: Told) -> dict[str, Any]:
    names = ("id", "event", "made", "state", "tries", "last", "status", "why")
    return {name: getattr(one, name) for name in names}

"""What is to be put right, what perthyn does by itself, what came in, by the API."""

from __future__ import annotations

import json
from itertools import islice
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from perthyn.audit import Entry
from perthyn.errors import PerthynError
from perthyn.model import Inbound, Job, Problem
from perthyn_web.api.paging import Cursor, Limit, cursor_of, numbered, page, place_of
from perthyn_web.api.routes import Asked, Routes
from perthyn_web.api.shapes import RECEIPT, Given, Id, Instant, page_of, receipt, shape, told
from perthyn_web.api.words import in_words
from perthyn_web.pages.audit import did

routes = Routes("house")
PROBLEM = told("ToPutRight", "Something that a person must look at.", problem=shape(Problem), title=str, detail=str)
SETTLED = told("Settled", "That they are dealt with.", receipt=RECEIPT)
JOB = shape(Job)
INBOUND = shape(Inbound, "body")
ONE_INBOUND = told("InboundAsItCame", "What another system sent; bytes that are no text are written `\\x..`.",
                   inbound=INBOUND, body=str)  # fmt: skip
AUDIT_LINE = told(
    "AuditLine", "One thing that somebody did, as it is written down and sealed. `words`: `what`, in words.",
    number=int, at=Instant, who=str, what=str, words=str, ids=list[str], count=int | None, purpose=str | None,
    of=str | None,
)  # fmt: skip
TRAIL = told(
    "AuditTrail",
    "Every place where it is not as it was written; none is as it should be.",
    broken=list[told("AuditBroken", "The line, and why.", line=int, why=str)],  # type: ignore[misc]
)
CHECK = told("Check", "One thing looked at.", state=Literal["well", "todo", "wrong"], code=str, words=str)
CHECKS = told("Checks", "Whether all is well.", items=list[CHECK])  # type: ignore[valid-type]
ABOUT = told(
    "Here", "Where this is, and who asks.", organisation=str, currency=str, zone=str, languages=list[str], today=str,
    name=str, role=str, rights=list[str],
)  # fmt: skip


class SettleIn(Given):
    """Which problems are dealt with."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=500)]


@routes.get("/", "signed-in", ABOUT)
def here(asked: Asked) -> Any:
    """Where this is, and who asks: a call to try a token with."""
    settings = asked.crm.settings
    return {"organisation": settings.organisation, "currency": settings.currency, "zone": settings.zone,
            "languages": ["cy", "en"], "today": str(asked.crm.today()), "name": asked.person.name,
            "role": asked.person.role, "rights": sorted(asked.person.rights)}  # fmt: skip


@routes.get("/problems", "problem.read", page_of(PROBLEM))
def problems(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """What is to be put right."""

    def shown(one: Problem) -> dict[str, Any]:
        seen = asked.crm.seen(one)
        facts = json.loads(seen.facts) if seen.facts else {}
        title, detail = asked.t.error(PerthynError(one.code, **facts))
        return {"problem": seen.plain(), "title": title, "detail": detail}

    return numbered(asked.crm.open_problems(), cursor, limit, shown)


@routes.post("/problems/settle", "problem.write", SETTLED)
def settled(asked: Asked, body: SettleIn) -> Any:
    """Say that problems are dealt with."""
    return {"receipt": receipt(asked.crm.settle([one.hex for one in dict.fromkeys(body.ids)]))}


@routes.get("/jobs", "job.read", page_of(JOB))
def jobs(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """What perthyn does by itself: what is due first, what waits for a person last."""
    return numbered(asked.crm.jobs(), cursor, limit, lambda one: asked.crm.seen(one).plain())


@routes.post("/jobs/{id}/retry", "job.work", JOB)
def retried(asked: Asked, id: UUID) -> Any:
    """Have a job tried now."""
    return asked.crm.seen(asked.crm.retry_job(id.hex)).plain()


@routes.get("/inbound", "inbound.read", page_of(INBOUND))
def inbox(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """What other systems sent in the last 30 days, the newest first."""
    return numbered(asked.crm.inbox(), cursor, limit, lambda one: asked.crm.seen(one).plain())


@routes.get("/inbound/{id}", "inbound.read", ONE_INBOUND)
def one_inbound(asked: Asked, id: UUID) -> Any:
    """One of them, as it came."""
    one, body = asked.crm.inbound(id.hex)
    return {"inbound": asked.crm.seen(one).plain(), "body": body.decode("utf-8", "backslashreplace")}


@routes.post("/inbound/{id}/replay", "inbound.write", INBOUND)
def replayed(asked: Asked, id: UUID) -> Any:
    """Have it read again."""
    return asked.crm.seen(asked.crm.replay(id.hex)).plain()


@routes.get("/audit", "audit.read", page_of(AUDIT_LINE))
def audit(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """Who saw, took out and changed what, signed in, or was refused; the newest first."""
    place = place_of(cursor, int)
    found = list(islice(asked.crm.trail_back(place[0] if place else None), limit + 1))
    more = cursor_of(found[limit - 1].number) if len(found) > limit else None
    return page((_audit_line(asked, one) for one in found[:limit]), more)


@routes.get("/audit/check", "audit.read", TRAIL)
def audit_checked(asked: Asked) -> Any:
    """Whether anybody has touched what is written down."""
    return {"broken": [{"line": one.line, "why": one.why} for one in asked.crm.trail_broken()]}


def _audit_line(asked: Asked, one: Entry) -> dict[str, Any]:
    names = ("number", "at", "who", "what", "count")
    return {**{name: getattr(one, name) for name in names}, "words": did(asked.t, one), "ids": list(one.ids),
            "purpose": one.purpose or None, "of": one.of or None}  # fmt: skip


@routes.get("/health", "health.read", CHECKS)
def health(asked: Asked) -> Any:
    """Whether all is well."""
    return {"items": [{"state": one.state, "code": one.code, "words": in_words(asked.t, one.code, one.facts)}
                      for one in asked.crm.checks()]}  # fmt: skip

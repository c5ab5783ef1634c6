"""What is to be put right, what perthyn does by itself, what came in, by the API."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from perthyn.errors import PerthynError
from perthyn.model import Inbound, Job, Problem
from perthyn_web.api.paging import Cursor, Limit, numbered
from perthyn_web.api.routes import Asked, Routes
from perthyn_web.api.shapes import RECEIPT, Given, Id, page_of, receipt, shape, told
from perthyn_web.api.words import in_words

routes = Routes("house")
PROBLEM = told("ToPutRight", "Something that a person must look at.", problem=shape(Problem), title=str, detail=str)
SETTLED = told("Settled", "That they are dealt with.", receipt=RECEIPT)
JOB = shape(Job)
INBOUND = shape(Inbound, "body")
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


@routes.post("/inbound/{id}/replay", "inbound.write", INBOUND)
def replayed(asked: Asked, id: UUID) -> Any:
    """Have it read again."""
    return asked.crm.seen(asked.crm.replay(id.hex)).plain()


@routes.get("/health", "health.read", CHECKS)
def health(asked: Asked) -> Any:
    """Whether all is well."""
    return {"items": [{"state": one.state, "code": one.code, "words": in_words(asked.t, one.code, one.facts)}
                      for one in asked.crm.checks()]}  # fmt: skip

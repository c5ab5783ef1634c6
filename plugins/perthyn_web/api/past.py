"""What was done, and taking it back, by the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from perthyn.changes import Header
from perthyn_web.api.contacts import LINE, line
from perthyn_web.api.paging import Cursor, Limit, numbered
from perthyn_web.api.routes import Asked, Routes
from perthyn_web.api.shapes import RECEIPT, Instant, page_of, receipt, told

routes = Routes("history")
HEADER = told(
    "Change", "One thing that somebody did, all of it or nothing.",
    id=UUID, number=int, by=str, at=Instant, reason=str | None, kind=str, undoes=UUID | None,
    created=int, edited=int, deleted=int,
)  # fmt: skip
DETAIL = told(
    "ChangeDetail", "What it made, by type, as far as it is there; what it changed and removed (200 lines at most).",
    change=HEADER, made=dict[str, int], lines=list[LINE],  # type: ignore[valid-type]
)  # fmt: skip
KEPT = told(
    "Kept", "What an undo leaves as it is, and why.", type=str, id=UUID, path=str | None, why=str, by=int | None
)  # fmt: skip
PLAN = told(
    "UndoPlan", "What taking it back would do.", restores=dict[str, int], removes=dict[str, int], edits=int,
    kept=list[KEPT],  # type: ignore[valid-type]
)  # fmt: skip
UNDONE = told("Undone", "What was taken back, and what had to stay.", receipt=RECEIPT, kept=list[KEPT])  # type: ignore[valid-type]
LOOKED_AT = 2_000


@routes.get("/changes", "history.read", page_of(HEADER))
def changes(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """What was done, the newest first; of the last 2,000 things."""
    return numbered(asked.crm.changes(LOOKED_AT), cursor, limit, _header)


@routes.get("/changes/{id}", "history.read", DETAIL)
def change(asked: Asked, id: UUID) -> Any:
    """One of them, with what it changed."""
    header = asked.crm.batch(id.hex)
    made, lines = asked.crm.detail(header)
    return {"change": _header(header), "made": made, "lines": [line(one, header) for one in lines]}


@routes.get("/changes/{id}/undo", "history.undo_own", PLAN)
def undo_plan(asked: Asked, id: UUID) -> Any:
    """What taking it back would put back, and what it would leave."""
    plan = asked.crm.undo_plan(asked.crm.batch(id.hex))
    return {"restores": dict(plan.restores), "removes": dict(plan.removes), "edits": len(plan.edits),
            "kept": [_kept(one) for one in plan.kept]}  # fmt: skip


@routes.post("/changes/{id}/undo", "history.undo_own", UNDONE)
def undo(asked: Asked, id: UUID) -> Any:
    """Take it back; what others changed since stays."""
    done = asked.crm.undo(asked.crm.batch(id.hex))
    return {"receipt": receipt(done.receipt), "kept": [_kept(one) for one in done.plan.kept]}


def _kept(one: Any) -> dict[str, Any]:
    return {"type": one.type, "id": one.id, "path": one.path or None, "why": one.why, "by": one.by}


def _header(one: Header) -> dict[str, Any]:
    names = ("id", "number", "kind", "undoes", "created", "edited", "deleted")
    return {**{name: getattr(one, name) for name in names}, "by": one.actor, "at": one.at, "reason": one.reason or None}

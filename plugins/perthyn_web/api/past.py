"""What was done, and taking it back, by the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from perthyn.changes import Header
from perthyn_web.api.contacts import LINE, line
from perthyn_web.api.paging import Cursor, Limit, numbered
from perthyn_web.api.routes import Answer, Asked, Routes
from perthyn_web.api.shapes import RECEIPT, Instant, page_of, receipt, told
from perthyn_web.api.words import in_words
from perthyn_web.intake import undoing

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
    "UndoPlan", "What taking it back would do. Of a large one only how many records it is about: a job looks at them.",
    records=int, large=bool, restores=dict[str, int] | None, removes=dict[str, int] | None, edits=int | None,
    kept=list[KEPT] | None,  # type: ignore[valid-type]
)  # fmt: skip
UNDONE = told("Undone", "What was taken back, and what had to stay.", receipt=RECEIPT, kept=list[KEPT])  # type: ignore[valid-type]
UNDOING = told(
    "Undoing", "How far the undo of something large is: open, waiting, reading, storing, done, failed. Ask for `at` "
    "until it is done or has failed; `batch` is what takes the undo back.",
    at=str, phase=str, records=int, total=int, code=str | None, words=str | None, batch=UUID | None,
    restores=dict[str, int] | None, removes=dict[str, int] | None, staying=int | None,
    kept=list[KEPT] | None,  # type: ignore[valid-type]
)  # fmt: skip
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
    header = asked.crm.batch(id.hex)
    large = undoing.is_large(header)
    about = {"records": undoing.size(header), "large": large}
    if large:
        undoing.check(asked.crm, header)
        return about
    plan = asked.crm.undo_plan(header)
    return {**about, "restores": dict(plan.restores), "removes": dict(plan.removes), "edits": len(plan.edits),
            "kept": [_kept(one) for one in plan.kept]}  # fmt: skip


@routes.post("/changes/{id}/undo", "history.undo_own", UNDONE, later=UNDOING)
def undo(asked: Asked, id: UUID) -> Any:
    """Take it back; what others changed since stays. More than 5,000 records are taken back by a job (202)."""
    header = asked.crm.batch(id.hex)
    if undoing.is_large(header):
        undoing.begin(asked.crm, header)
        return Answer(_undoing(asked, header), 202)
    done = asked.crm.undo(header)
    return {"receipt": receipt(done.receipt), "kept": [_kept(one) for one in done.plan.kept]}


@routes.get("/changes/{id}/undoing", "history.undo_own", UNDOING)
def how_far(asked: Asked, id: UUID) -> Any:
    """How far the job is that takes something large back; what went back, and what stayed and why."""
    header = asked.crm.batch(id.hex)
    undoing.check(asked.crm, header)
    return _undoing(asked, header)


def _undoing(asked: Asked, header: Header) -> dict[str, Any]:
    state, outcome = undoing.state_of(asked.crm, header), undoing.of(asked.crm, header).outcome
    return {
        "at": f"{asked.request.scope.get('root_path', '')}/changes/{header.id}/undoing", "phase": state.phase,
        "records": state.rows, "total": state.total, "code": state.code or None,
        "words": in_words(asked.t, state.code, state.facts) if state.code else None,
        "batch": outcome.get("batch") or None, "restores": outcome.get("restores"), "removes": outcome.get("removes"),
        "staying": outcome.get("staying"), "kept": [_kept(one) for one in undoing.kept_of(outcome)],
    }  # fmt: skip


def _kept(one: Any) -> dict[str, Any]:
    return {"type": one.type, "id": one.id, "path": one.path or None, "why": one.why, "by": one.by}


def _header(one: Header) -> dict[str, Any]:
    names = ("id", "number", "kind", "undoes", "created", "edited", "deleted")
    return {**{name: getattr(one, name) for name in names}, "by": one.actor, "at": one.at, "reason": one.reason or None}

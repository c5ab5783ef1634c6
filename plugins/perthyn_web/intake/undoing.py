"""Undoing: what changed thousands of records is taken back by a job, while whoever asked goes on.

The job ends in the batch that takes it back, so that it happens once whoever is killed when.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from perthyn.changes import Change, Create, Header
from perthyn.crm import Crm
from perthyn.crm.jobs import facts_of
from perthyn.errors import Conflict, PerthynError, Stale
from perthyn.history import Kept, UndoPlan
from perthyn.model import Job, plain
from perthyn.model.ids import named_id
from perthyn.work import Work
from perthyn_web.asking import asker, asking
from perthyn_web.intake import keeping
from perthyn_web.intake.keeping import State, Watched
from perthyn_web.intake.working import SHOWN, STAYS, TOLD, failed, followed

UNDO = "web.undo"
MANY = 5_000
"""So many changes are taken back while whoever asks waits; more of them by a job."""
ATTEMPTS = 3


def works() -> list[Work]:
    """What does these jobs."""
    return [Work(UNDO, ("Take a large change back", "Cymryd newid mawr yn ôl"), run, stays=STAYS)]


def is_large(header: Header) -> bool:
    """Whether taking it back is a job's."""
    return size(header) > MANY


def size(header: Header) -> int:
    """How many records it made, changed and removed."""
    return header.created + header.edited + header.deleted


def of(crm: Crm, header: Header) -> Watched:
    """How far it is, and what went back and what stayed."""
    return keeping.watched(crm, f"undo-{header.id.hex}")


def check(crm: Crm, header: Header) -> None:
    """Whether it is theirs to take back; the job then looks at each record. Raises `Forbidden`."""
    crm.check("history.undo_own" if crm.actor.did(header) else "history.undo")


def begin(crm: Crm, header: Header) -> None:
    """Have it taken back for whoever asks. What is in hand already is left alone."""
    check(crm, header)
    watched = of(crm, header)
    if state_of(crm, header).running:
        return
    about = {"batch": header.id.hex, **asking(crm)}
    job = Job(
        id=named_id(f"{UNDO}\x1f{header.id}"),
        name=UNDO,
        about=header.reason[:200] or None,
        facts=json.dumps(about),
        due=crm.clock(),
    )
    watched.keep_outcome({})
    watched.keep_state(State("waiting", False, 0, size(header), job.id.hex, plain(crm.clock())))
    with suppress(Conflict):  # somebody else has just asked for it
        crm.commit([Create(job)], kind="job", reason=UNDO)


def state_of(crm: Crm, header: Header) -> State:
    """How far it is."""
    watched = of(crm, header)
    return followed(crm, watched, lambda state: _recovered(crm, header, watched, state))


def run(crm: Crm, job: Job) -> Iterable[Change]:
    """Take it back. What stands in the way is told to whoever asked, and the job is done."""
    about = facts_of(job)
    person = asker(crm, about)
    header = person.batch(about["batch"])
    watch = _Watch(crm, job, of(crm, header))
    try:
        watch.undo_for(person, header)
    except PerthynError as error:
        failed(watch.watched, False, error)
    return []


def told(plan: UndoPlan) -> dict[str, Any]:
    """What goes back and what stays, as JSON holds it; of what stays, the first are named."""
    kept = [[one.type, one.id.hex, one.path, one.why, one.by] for one in plan.kept[:SHOWN]]
    values = sum(len(one.values) for one in plan.edits)
    return {"removes": dict(plan.removes), "restores": dict(plan.restores), "values": values,
            "staying": len(plan.kept), "kept": kept, "batch": ""}  # fmt: skip


class _Watch:
    """Follows one undo: notes how far it is, and keeps its job in hand."""

    def __init__(self, crm: Crm, job: Job, watched: Watched) -> None:
        self._crm, self._job, self.watched = crm, job, watched
        self._state = replace(watched.state, phase="reading", rows=0, code="", facts={})
        self._noted = self._held = crm.clock()

    def undo_for(self, person: Crm, header: Header) -> None:
        """The undo itself, by whoever asked for it. Raises `PerthynError`."""
        for attempt in range(1, ATTEMPTS + 1):
            self.watched.keep_state(self._state)
            plan = person.undo_plan(header, self._progress)
            self.watched.keep_outcome(told(plan))
            self.watched.keep_state(replace(self._state, phase="storing"))
            try:
                done = person.undo(header, plan, self._crm.ends(self._job))
            except (Conflict, Stale):  # somebody has changed something of it meanwhile
                if attempt == ATTEMPTS:
                    raise
                continue
            self.watched.keep_outcome({**told(done.plan), "batch": str(done.receipt.batch)})
            self.watched.keep_state(State("done", False, self._state.total, self._state.total))
            return

    def _progress(self, rows: int) -> None:
        now = self._crm.clock()
        self._state = replace(self._state, rows=rows)
        if now - self._noted >= TOLD:
            self.watched.keep_state(self._state)
            self._noted = now
        if now - self._held >= STAYS / 4:
            self._job, self._held = self._crm.goes_on(self._job), now


def _recovered(crm: Crm, header: Header, watched: Watched, state: State) -> State:
    """Whoever took it back was stopped between doing so and noting it."""
    began = datetime.fromisoformat(state.since)
    for one in crm.store.headers():
        if one.at < began:
            break
        if one.undoes == header.id:
            outcome: Mapping[str, Any] = watched.outcome
            watched.keep_outcome({**outcome, "batch": str(one.id)})
            found = State("done", False, state.total, state.total)
            watched.keep_state(found)
            return found
    again = State()
    watched.keep_state(again)
    return again


def kept_of(outcome: Mapping[str, Any]) -> list[Kept]:
    """The first of what stayed, of an outcome."""
    return [Kept(type, UUID(id), path, why, by) for type, id, path, why, by in outcome.get("kept", ())]

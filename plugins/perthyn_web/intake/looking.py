"""Looking around: an invented house is taken in by a job, and taken back whole by another.

Each of its files is a batch of its own; a job that was stopped goes on with what is left.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from perthyn.changes import Change, Create
from perthyn.crm import Crm
from perthyn.crm.demonstrating import DEMONSTRATES
from perthyn.crm.jobs import facts_of
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.model import Job, plain
from perthyn.model.ids import named_id
from perthyn.work import Work
from perthyn_web.asking import asker, asking
from perthyn_web.intake import keeping, undoing
from perthyn_web.intake.keeping import State, Watched
from perthyn_web.intake.working import SHOWN, STAYS, failed, followed

BRING, REMOVE = "web.demonstration", "web.demonstration.remove"


def works() -> list[Work]:
    """What does these jobs."""
    return [
        Work(BRING, ("Bring in invented people", "Dod â phobl ddychmygol i mewn"), _brought, stays=STAYS),
        Work(REMOVE, ("Remove the invented people", "Tynnu'r bobl ddychmygol ymaith"), _removed, stays=STAYS),
    ]


def offered(crm: Crm) -> bool:
    """Whether there is an invented house, and the actor may bring it in."""
    return crm.may_demonstrate() and bool(crm.demonstrations())


def of(crm: Crm) -> Watched:
    """How far it is, and what stayed when they were taken back."""
    return keeping.watched(crm, "demonstration")


def state_of(crm: Crm) -> State:
    """How far it is; `dry`: they are being taken back."""
    return followed(crm, of(crm), lambda state: _ended(crm, state))


def begin(crm: Crm, *, remove: bool) -> bool:
    """Have them brought in, or taken back, for whoever asks; False where the other is in hand, which is left alone.

    Raises `Forbidden`; `Unknown` (``web.nowhere``) where there is nothing to bring in, or to take back.
    """
    for right in DEMONSTRATES:
        crm.check(right)
    if (state := state_of(crm)).running:
        return state.dry == remove
    count = len(crm.invented()) if remove else len(crm.demonstrations())
    if not count:
        raise Unknown("web.nowhere")
    name, facts = REMOVE if remove else BRING, json.dumps(asking(crm))
    job = Job(id=named_id(BRING), name=name, facts=facts, due=crm.clock())  # one id for both: never both at once
    watched = of(crm)
    watched.keep_outcome({})
    watched.keep_state(State("waiting", remove, 0, count if remove else 0, job.id.hex, plain(crm.clock())))
    with suppress(Conflict):  # somebody else has just asked for it
        crm.commit([Create(job)], kind="job", reason=name)
    return True


def _brought(crm: Crm, job: Job) -> Iterable[Change]:
    person, watched = asker(crm, facts_of(job)), of(crm)
    state = replace(watched.state, phase="reading", rows=0)
    watched.keep_state(state)
    try:
        with TemporaryDirectory() as folder:
            for house in person.demonstrations()[:1]:
                for _ in person.bring_invented(house, Path(folder)):
                    job, state = crm.goes_on(job), replace(state, rows=state.rows + 1)
                    watched.keep_state(state)
    except PerthynError as error:
        failed(watched, False, error)
        return []
    watched.keep_state(State("done"))
    return []


def _removed(crm: Crm, job: Job) -> Iterable[Change]:
    person, watched = asker(crm, facts_of(job)), of(crm)
    before, outcome = watched.state, dict(watched.outcome)
    state = replace(before, phase="reading", dry=True, code="")
    try:
        for header in person.invented():
            watched.keep_state(state)
            plan = person.undo_plan(header)
            person.undo(header, plan)
            outcome = _added(outcome, undoing.told(plan))
            watched.keep_outcome(outcome)
            job, state = crm.goes_on(job), replace(state, rows=state.rows + 1)
    except PerthynError as error:
        failed(watched, True, error)
        return []
    watched.keep_state(State("done", True, state.rows, state.total))
    return []


def _added(outcome: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """What went and what stayed, of one batch more."""
    removes = Counter(outcome.get("removes", {})) + Counter(more["removes"])
    kept = [*outcome.get("kept", ()), *more["kept"]][:SHOWN]
    return {"removes": dict(removes), "staying": outcome.get("staying", 0) + more["staying"], "kept": kept}


def _ended(crm: Crm, state: State) -> State:
    """The job has ended, and nobody could note how."""
    found = State("done", state.dry, state.rows, state.total)
    of(crm).keep_state(found)
    return found

"""Working: a file that was brought is looked at, or taken in, by a job of perthyn's own while its sender goes on.

The job ends in the batch that holds the rows, so that they come in once whoever is killed when. How far it is stands
beside the file, for the page that shows it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from perthyn.changes import Change, Create
from perthyn.crm import Crm
from perthyn.crm.jobs import facts_of
from perthyn.errors import Conflict, PerthynError, Stale
from perthyn.importing.outcome import Outcome
from perthyn.importing.refused import RefusedRow
from perthyn.model import Job, Part, plain
from perthyn.model.ids import named_id
from perthyn.work import Work
from perthyn_web.asking import asker, asking
from perthyn_web.intake import keeping
from perthyn_web.intake.keeping import Intake, State, Watched

IMPORT, CLEAN = "web.import", "web.import.clean"
TOLD = timedelta(milliseconds=400)
"""How often it is noted how far a file is."""
STAYS = timedelta(minutes=2)
SHOWN = 100
"""Of what is otherwise now, so much is kept to be shown."""
COUNTS = ("rows", "stored", "unchanged", "refused", "aside", "people_new", "people_known", "interactions_new",
          "takings_new", "changed_fields", "suggestions", "contradictions")  # fmt: skip


def works() -> list[Work]:
    """What does these jobs."""
    return [
        Work(IMPORT, ("Import a file", "Mewnforio ffeil"), run, stays=STAYS),
        Work(CLEAN, ("Delete files that nobody imported", "Dileu ffeiliau na fewnforiodd neb"),
             lambda crm, job: _cleaned(crm), every=timedelta(days=1)),
    ]  # fmt: skip


def begin(crm: Crm, intake: Intake, *, dry: bool) -> None:
    """Have a file looked at (`dry`) or taken in, for whoever asks. One that is in hand already is left alone."""
    crm.check("import.read" if dry else "import.write")
    before = intake.state
    if before.running:
        return
    about = {"intake": intake.id.hex, "dry": dry, **asking(crm)}
    job = Job(
        id=named_id(f"{IMPORT}\x1f{intake.id}"),
        name=IMPORT,
        about=intake.name[:200],
        facts=json.dumps(about),
        due=crm.clock(),
    )
    total = int(intake.outcome.get("rows", 0)) if before.phase == "looked" else 0
    intake.keep_state(State("waiting", dry, 0, total, job.id.hex, plain(crm.clock())))
    with suppress(Conflict):  # somebody else has just asked for it
        crm.commit([Create(job)], kind="job", reason=IMPORT)


def state_of(crm: Crm, intake: Intake) -> State:
    """How far it is. Where its job has ended and nobody could note how, what the history says of it counts."""
    return followed(crm, intake, lambda state: _recovered(crm, intake, state))


def followed(crm: Crm, watched: Watched, recovered: Callable[[State], State]) -> State:
    """How far something is. `recovered`: what it is taken for where its job has ended, and nobody noted how."""
    state = watched.state
    if not state.running or not state.job:
        return state
    job = crm.store.get(Job, [UUID(state.job)]).get(UUID(state.job))
    if job is not None:
        if job.state == "parked" or (job.code and job.until is None):
            return replace(state, code=job.code or "", facts={})
        return state
    latest = watched.state
    if latest != state:  # it has just been noted
        return latest
    return recovered(state)


def before(crm: Crm, intake: Intake) -> int:
    """How many other files are in hand before this one."""
    since = intake.state.since
    return sum(one.id != intake.id and one.state.running and one.state.since < since for one in keeping.every(crm))


def run(crm: Crm, job: Job) -> Iterable[Change]:
    """Look at a file or take it in. What is wrong with the file is told to its sender, and the job is done."""
    about = facts_of(job)
    intake = keeping.get(crm, UUID(about["intake"]))
    person = asker(crm, about)
    watch = _Watch(crm, job, intake, bool(about["dry"]))
    try:
        outcome = watch.import_for(person)
    except PerthynError as error:
        failed(intake, watch.dry, error)
        return []
    intake.keep_outcome(told(outcome))
    intake.keep_state(State("looked" if watch.dry else "done", watch.dry, outcome.rows, outcome.rows))
    if not watch.dry and intake.file is not None:
        intake.file.unlink(missing_ok=True)
    return []


def failed(watched: Watched, dry: bool, error: PerthynError) -> None:
    """Tell whoever asked why it could not be done. Raises the error itself where trying again may help."""
    if error.code.startswith("store.") or isinstance(error, Conflict | Stale):
        raise error
    facts = {name: str(fact) for name, fact in error.facts.items()}
    watched.keep_state(State("failed", dry, code=error.code, facts=facts))


def told(outcome: Outcome) -> dict[str, Any]:
    """What became of the rows, as JSON holds it."""
    changed = [{"who": one.who, "path": one.path, "before": _held(one.before), "after": _held(one.after)}
               for one in outcome.changed[:SHOWN]]  # fmt: skip
    return {
        **{name: getattr(outcome, name) for name in COUNTS},
        "changed": changed,
        "consents": dict(outcome.consents),
        "asides": dict(outcome.asides),
        "noted": dict(outcome.noted),
        "batch": str(outcome.receipt.batch) if outcome.receipt else "",
    }


def _held(value: Any) -> Any:
    return plain(dict(value) if isinstance(value, Part) else value)


class _Watch:
    """Follows one import: notes how far it is, keeps its refused rows, and keeps its job in hand."""

    def __init__(self, crm: Crm, job: Job, intake: Intake, dry: bool) -> None:
        self._crm, self._intake, self.dry = crm, intake, dry
        self._job, self._refused = job, list[RefusedRow]()
        self._state = replace(intake.state, phase="reading", dry=dry, rows=0, code="", facts={})
        self._noted = self._held = crm.clock()

    def import_for(self, person: Crm) -> Outcome:
        """The import itself, by whoever asked for it. Raises `PerthynError`."""
        intake, plan = self._intake, self._intake.plan
        if intake.file is None:
            raise PerthynError("web.import.gone", id=intake.id.hex[-6:])
        intake.keep_state(self._state)
        for understanding in person.understand(intake.file, intake.reading(plan)):
            outcome = person.import_table(
                understanding, yes_means=None if self.dry else plan.yes, dry_run=self.dry, progress=self._progress,
                refused=self._refused.append, ends=self._ends,
            )  # fmt: skip
            self._keep_refused()
            return outcome
        raise PerthynError("import.file.empty", file=intake.name)

    def _progress(self, rows: int) -> None:
        if rows == 0:  # a beginning, perhaps not the first
            self._refused.clear()
            self._intake.begin_refused()
        self._keep_refused()
        now = self._crm.clock()
        self._state = replace(self._state, rows=rows)
        if now - self._noted >= TOLD:
            self._intake.keep_state(self._state)
            self._noted = now
        if now - self._held >= STAYS / 4:
            self._job, self._held = self._crm.goes_on(self._job), now

    def _keep_refused(self) -> None:
        if self._refused:
            self._intake.add_refused(self._refused)
            self._refused.clear()

    def _ends(self, batch: UUID) -> list[Change]:
        self._intake.keep_state(replace(self._state, phase="storing"))
        return self._crm.ends(self._job)


def _recovered(crm: Crm, intake: Intake, state: State) -> State:
    """Whoever took it in was stopped between storing the rows and noting it."""
    began = datetime.fromisoformat(state.since)
    for header in crm.store.headers():
        if header.at < began:
            break
        if header.kind == "import" and header.reason == intake.name:
            rows = Counter({name: header.facts.get(name, 0) for name in COUNTS})
            intake.keep_outcome({**rows, "changed": [], "consents": {}, "asides": {}, "noted": {},
                                 "batch": str(header.id)})  # fmt: skip
            found = State("done", state.dry, rows["rows"], rows["rows"])
            intake.keep_state(found)
            return found
    again = State()
    intake.keep_state(again)
    return again


def _cleaned(crm: Crm) -> Iterator[Change]:
    keeping.clean(crm)
    return iter(())


def counts_of(outcome: Mapping[str, Any]) -> dict[str, int]:
    """The counts of an outcome."""
    return {name: int(outcome.get(name, 0)) for name in COUNTS}

"""Jobs: what is due is taken in hand, done, and ends together with its effects; what fails waits, then is parked.

A job is a row. Taking it is an edit that only one worker gets through, and holds until `until`: whoever is killed
lets go of it then. Its end, which is its deletion or for one that is always there its next `due`, is committed with
the changes it led to, so that they happen once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar
from uuid import UUID

from perthyn.changes import Change, Create, Delete, Edit
from perthyn.channel import NotNow
from perthyn.crm.channels import Channels
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.model import Job, Problem, Record, plain
from perthyn.model.ids import named_id
from perthyn.work import TRIES, Work

FETCH, READ, PURGE, SEND = "channel.fetch", "inbound.read", "inbound.purge", "campaign.send"
BUILT_IN = (
    Work(FETCH, ("Fetch what is new", "Nôl yr hyn sy'n newydd"), lambda crm, job: crm.fetch(job)),
    Work(READ, ("Read what came in", "Darllen yr hyn a ddaeth i mewn"), lambda crm, job: crm.read_inbound(job)),
    Work("campaign.send", ("Send a campaign", "Anfon ymgyrch"), lambda crm, job: crm.send_job(job)),
    Work(SEND, ("Send a campaign", "Anfon ymgyrch"), lambda crm, job: crm.send_job(job)),
    Work(
        PURGE,
        ("Delete what came in long ago", "Dileu'r hyn a ddaeth i mewn amser maith yn ôl"),
        lambda crm, job: crm.purge_inbound(job),
        every=timedelta(days=1),
    ),
)
"""The core's own work; the methods it names stand in other parts of `Crm`."""

OUTSIDE = (FETCH, SEND)
"""Work that others see: where several machines have jobs of their own, one of them does it."""
LEADER, LEAD = "work.machine", timedelta(minutes=30)
"""The setting that names that machine, and how long it is the one after it last worked."""
BOOKKEEPING = "job"
"""The kind of a batch in which nothing but jobs changes."""
FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=6)
"""How long after its first failure a job is tried again; twice as long each time, at most so long."""
ASK_AGAIN = 300
"""Seconds after which one that could not be done now is tried again, where nobody said when."""
UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no store keeps in a text."""

R = TypeVar("R", bound=Record)
Outcome = Literal["done", "later", "failed", "parked"]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a job. *later*: it may be done then; *failed*: it is tried again then; *parked*: it waits for
    a person. `code` and `facts` say why not; `due`: when it is tried again.
    """

    id: UUID
    name: str
    about: str
    outcome: Outcome
    code: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    due: datetime | None = None


class Jobs(Channels):
    """What a person, or what runs by itself, can do with jobs."""

    def works(self) -> dict[str, Work]:
        """What does jobs, by their name: the core's own and the plugins'."""
        self.check("job.read")
        return {one.name: one for one in (*self.plugins.offer("offer_jobs"), *BUILT_IN)}

    def jobs(self) -> list[Job]:
        """All jobs, those due first at the top, the parked ones last."""
        self.check("job.read")
        return sorted(self.store.scan(Job), key=lambda one: (one.state == "parked", one.due, one.id))

    def overdue(self, by: timedelta) -> list[Job]:
        """Jobs that have been due for so long, and nobody has them in hand: nothing seems to do them."""
        self.check("job.read")
        return [one for one in self._due() if one.due < self.clock() - by]

    def retry_job(self, ending: str) -> Job:
        """Have a job that waits tried now; its problem is settled. Raises `Unknown` (``job.unknown``)."""
        self.check("job.work")
        job = self._one_ending(Job, ending, "job.unknown")
        self._keep_jobs([self._again(job), *self._settled(job.id)])
        return self.store.get(Job, [job.id])[job.id]

    def try_again(self, section: str) -> None:
        """Have what failed of a channel (``tickets``), or of one of its accounts (``tickets.castle``), tried now."""
        self.check("job.work")
        about = section.split(".", 1)
        jobs = [(one, (one.about or "").split(":")) for one in self.store.scan(Job) if one.code]
        failed = [one for one, its in jobs if its[: len(about)] == about]
        changes = [change for one in failed for change in (self._again(one), *self._settled(one.id))]
        if changes:
            self._keep_jobs(changes)

    def do_due(self, worker: str, stop: Callable[[], bool] = lambda: False) -> Iterator[Done]:
        """Do one after the other what is due, until nothing is, or `stop()`.

        `worker`: a name nobody else has; what stands before its last hyphen is the machine's.

        What can't be done does not hinder the next. Raises `PerthynError` only where the store does.
        """
        self.check("job.work")
        self.store.look()
        self._have_standing()
        tried: set[tuple[UUID, datetime]] = set()
        while due := [one for one in self._due() if (one.id, one.due) not in tried]:
            for job in due:
                if stop():
                    return
                tried.add((job.id, job.due))
                if job.name in OUTSIDE and not self._leads(worker):
                    continue
                work = self.works()[job.name]
                mine = self._take(job, worker, work)
                if mine is not None:
                    yield self._do(mine, work)

    def goes_on(self, job: Job) -> Job:
        """Keep a job in hand for as long again as its work may take, and answer it as it is then.

        Raises `Conflict` or `Unknown` where somebody else has taken it up meanwhile.
        """
        self.check("job.work")
        until = self.clock() + self.works()[job.name].stays
        self._keep_jobs([_edit(job, {"until": until})])
        return job.with_values({"until": until})

    def ends(self, job: Job) -> list[Change]:
        """The changes that end a job in hand: it goes, or, where one is always there, is due again later."""
        self.check("job.read")
        every = self._every(job)
        if every is None:
            return [Delete(job)]
        return [_edit(job, {"due": self.clock() + every, "worker": None, "until": None, "attempts": 0,
                            "code": None, "why": None})]  # fmt: skip

    def _held(self, job: Job) -> Job | None:
        """A job that was taken in hand as it is now; None where it has ended, or somebody else has taken it up."""
        now = self.store.get(Job, [job.id]).get(job.id)
        return now if now is not None and (now.worker, now.attempts) == (job.worker, job.attempts) else None

    def _parked(self, about: UUID, error: PerthynError, where: str) -> Change:
        """The problem that tells a person of what is parked. `where`: the command that has it tried again."""
        facts = {**error.facts, "parked": str(about)}
        told = json.dumps(plain({name: _told(value) for name, value in facts.items()}), ensure_ascii=False)
        return Create(Problem(id=self.ids(), code=error.code, where=where, facts=told, at=self.clock()))

    def _settled(self, about: UUID) -> list[Change]:
        """The changes that settle what is told of something parked."""
        open_ones = (one for one in self.store.scan(Problem) if one.state == "open")
        mine = (one for one in open_ones if json.loads(one.facts or "{}").get("parked") == str(about))
        return [Edit("problem", one.id, {"state": ("open", "settled")}) for one in mine]

    def _again(self, job: Job) -> Change:
        """The change that has a job tried now, as if for the first time."""
        fresh = {"state": "waiting", "due": self.clock(), "attempts": 0, "worker": None, "until": None}
        return _edit(job, {**fresh, "code": None, "why": None})

    def _one_ending(self, type: type[R], ending: str, code: str) -> R:
        sought = ending.lower().replace("-", "")
        ids = self.store.ending(type, sought) if sought else []
        if len(ids) != 1:
            raise Unknown(code, name=ending, suggestion="")
        return self.store.get(type, ids)[ids[0]]

    # -- one job ---------------------------------------------------------------------------------------------

    def _due(self) -> list[Job]:
        """What is due, is in nobody's hand, and somebody knows how to do; oldest first."""
        now, known = self.clock(), self.works()
        return sorted(
            (
                one
                for one in self.store.scan(Job)
                if one.state == "waiting" and one.due <= now and (one.until is None or one.until <= now)
                if one.name in known
            ),
            key=lambda one: (one.due, one.id),
        )

    def _leads(self, worker: str) -> bool:
        """Whether the machine of this worker is the one that fetches and sends, for everybody whose store this is."""
        if not self.store.shares:
            return True
        machine, now = worker.rpartition("-")[0] or worker, self.clock()
        held = self.remembered(LEADER) or {"machine": "", "until": now.isoformat()}
        left = datetime.fromisoformat(held["until"]) - now
        if left > (LEAD / 2 if held["machine"] == machine else timedelta()):
            return bool(held["machine"] == machine)
        change = self.remember(LEADER, {"machine": machine, "until": (now + LEAD).isoformat()})
        with suppress(Conflict):
            receipt = self.commit([change] if change else [], kind="setting", reason=LEADER)
            return receipt.state == "shared" and self.remembered(LEADER)["machine"] == machine
        return False

    def _take(self, job: Job, worker: str, work: Work) -> Job | None:
        """The job in hand; None where somebody else was quicker."""
        hand = {"worker": worker, "until": self.clock() + work.stays, "attempts": job.attempts + 1}
        with suppress(Conflict, Unknown):
            self._keep_jobs([_edit(job, hand)])
            return job.with_values(hand)
        return None

    def _do(self, job: Job, work: Work) -> Done:
        try:
            if job.attempts > TRIES:  # whoever took it never came to an end of it
                raise PerthynError("job.died", tries=TRIES)
            changes = list(work.run(self, job))
            now = self._held(job)
            if now is not None:
                kind = "work" if changes else BOOKKEEPING
                self.commit([*changes, *self.ends(now)], kind=kind, reason=job.name)
        except NotNow as error:
            return self._later(job, error)
        except PerthynError as error:
            return self._failed(job, error)
        except Exception as error:
            why = UNFIT.sub(" ", f"{type(error).__name__}: {error}")[:500]
            return self._failed(job, PerthynError("job.broken", name=job.name, why=why))
        return Done(job.id, job.name, job.about or "", "done")

    def _later(self, job: Job, error: PerthynError) -> Done:
        after = error.facts.get("after")
        seconds = float(after) if isinstance(after, int | float) and after >= 0 else ASK_AGAIN
        due = self.clock() + timedelta(seconds=seconds)
        return self._left(job, error, "later", {"due": due, "attempts": job.attempts - 1})

    def _failed(self, job: Job, error: PerthynError) -> Done:
        if job.attempts >= TRIES:
            problem = self._parked(job.id, error, f"perthyn jobs retry {job.id.hex[-6:]}")
            return self._left(job, error, "parked", {"state": "parked"}, [problem])
        wait = min(LONGEST, FIRST * 2 ** (job.attempts - 1))
        return self._left(job, error, "failed", {"due": self.clock() + wait})

    def _left(
        self, job: Job, error: PerthynError, outcome: Outcome, values: dict[str, Any], more: Iterable[Change] = ()
    ) -> Done:
        """Let go of a job, and note why."""
        values |= {"worker": None, "until": None, "code": error.code, "why": words_of(error)}
        with suppress(Conflict, Unknown):  # somebody else has it by now, or it has ended
            now = self._held(job)
            if now is not None:
                self._keep_jobs([_edit(now, values), *more])
        return Done(job.id, job.name, job.about or "", outcome, error.code, error.facts, values.get("due"))

    def _keep_jobs(self, changes: list[Change]) -> None:
        self.commit(changes, kind=BOOKKEEPING, reason=BOOKKEEPING)

    # -- those that are always there -------------------------------------------------------------------------

    def _have_standing(self) -> None:
        """See to it that the jobs are there that always are."""
        wanted = {one.id: one for one in self._standing()}
        there = self.store.get(Job, wanted)
        missing: list[Change] = [Create(one) for id, one in wanted.items() if id not in there]
        if missing:
            with suppress(Conflict):  # somebody else did
                self._keep_jobs(missing)

    def _standing(self) -> Iterator[Job]:
        now = self.clock()
        for work in self.works().values():
            if work.every is not None:
                yield Job(id=named_id(f"job\x1f{work.name}"), name=work.name, due=now)
        for channel, account in self.accounts():
            if channel.every is not None:
                about = json.dumps({"channel": channel.name, "account": account}, sort_keys=True)
                id = named_id(f"job\x1f{FETCH}\x1f{channel.name}\x1f{account}")
                yield Job(id=id, name=FETCH, about=f"{channel.name}:{account}", facts=about, due=now)

    def _every(self, job: Job) -> timedelta | None:
        """How long after its end a job is due again; None for one that goes."""
        if job.name == FETCH:
            return next((c.every for c, account in self.accounts() if f"{c.name}:{account}" == job.about), None)
        work = self.works().get(job.name)
        return work.every if work is not None and job.id == named_id(f"job\x1f{job.name}") else None


def facts_of(job: Job) -> dict[str, Any]:
    """The facts of a job."""
    found: dict[str, Any] = json.loads(job.facts) if job.facts else {}
    return found


def _edit(job: Job, values: Mapping[str, Any]) -> Edit:
    return Edit("job", job.id, {path: (job.value_at(path), value) for path, value in values.items()})


def _told(value: Any) -> Any:
    """A fact as a store can keep it."""
    return value if value is None or isinstance(value, bool | int) else UNFIT.sub(" ", str(value))[:1000]


def words_of(error: PerthynError) -> str:
    """The facts of an error, for whoever looks at the job itself."""
    return ", ".join(f"{name}: {_told(value)}" for name, value in error.facts.items())[:2000]

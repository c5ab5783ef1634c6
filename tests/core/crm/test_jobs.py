"""Jobs: done once with their effects, whoever is killed; what fails waits longer each time, then for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from perthyn.changes import Change, Create
from perthyn.channel import NotNow
from perthyn.crm import Crm, Done
from perthyn.crm.jobs import FIRST, LONGEST, PURGE
from perthyn.errors import PerthynError, Unknown
from perthyn.hooks import hookimpl
from perthyn.model import Job, Setting
from perthyn.model.ids import named_id
from perthyn.work import TRIES, Work

Office = Any  # the class stands in conftest.py


@dataclass
class Chores:
    """Work of a plugin: what each job does is set by the test."""

    office: Office
    does: Callable[[Crm, Job], Iterable[Change]] = lambda crm, job: ()
    every: timedelta | None = None
    ran: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.office.crm = self.desk()

    def desk(self, seed: int = 1) -> Crm:
        """Somebody at the same store, with this work."""
        crm: Crm = self.office.desk(seed=seed)
        works = [Work("test.chore", ("Chore", "Gorchwyl"), self._run)]
        if self.every:
            works.append(Work("test.daily", ("Daily", "Dyddiol"), self._run, every=self.every))
        crm.plugins.add(SimpleNamespace(offer_jobs=hookimpl(lambda: works)), "chores")
        return crm

    def _run(self, crm: Crm, job: Job) -> Iterable[Change]:
        self.ran.append(job.id)
        return self.does(crm, job)

    def ask(self, number: int = 1) -> Job:
        job = Job(id=UUID(int=number), name="test.chore", due=self.office.now)
        self.office.keep(job)
        return job

    def do(self, crm: Crm | None = None, worker: str = "eve") -> list[Done]:
        """What became of the chores that are due."""
        done = (crm or self.office.crm).do_due(worker)
        return [one for one in done if one.name.startswith("test.")]

    def held(self, job: Job) -> Job | None:
        return self.office.store.get(Job, [job.id]).get(job.id)  # type: ignore[no-any-return]


@pytest.fixture
def chores(office: Office) -> Chores:
    return Chores(office)


def note(office: Office, name: str) -> Create:
    return Create(Setting(id=named_id(name), name=name, value="1"))


def boom(crm: Crm, job: Job) -> Iterable[Change]:
    raise PerthynError("contact.unknown", name="x", suggestion="")


def test_a_job_ends_with_its_effects(office: Office, chores: Chores) -> None:
    job = chores.ask()
    chores.does = lambda crm, job: [note(office, "effect")]
    assert [one.outcome for one in chores.do()] == ["done"]
    assert office.crm.remembered("effect") == 1 and chores.held(job) is None
    assert chores.do() == [] and chores.ran == [job.id]
    assert all(one.kind != "job" for one in office.crm.changes()), "the bookkeeping is nobody's work"


def test_an_effect_that_is_refused_leaves_the_job(office: Office, chores: Chores) -> None:
    office.keep(note(office, "effect").record)
    job = chores.ask()
    chores.does = lambda crm, job: [note(office, "other"), note(office, "effect")]
    assert [one.outcome for one in chores.do()] == ["failed"]
    assert office.crm.remembered("other") is None and chores.held(job) is not None


def test_one_worker_has_a_job_in_hand(office: Office, chores: Chores) -> None:
    chores.ask()
    others: list[list[Done]] = []

    def meanwhile(crm: Crm, job: Job) -> Iterable[Change]:
        others.append(chores.do(chores.desk(2), "another"))
        return ()

    chores.does = meanwhile
    assert [one.outcome for one in chores.do()] == ["done"]
    assert others == [[]] and len(chores.ran) == 1


def test_two_who_saw_it_free_take_it_once(office: Office, chores: Chores) -> None:
    job, work = chores.ask(), office.crm.works()["test.chore"]
    assert office.crm._take(job, "eve", work) is not None
    assert office.crm._take(job, "adam", work) is None


def test_a_killed_workers_job_is_taken_up_when_its_time_is_past(office: Office, chores: Chores) -> None:
    job, work = chores.ask(), office.crm.works()["test.chore"]
    late = office.crm._take(job, "killed", work)
    assert chores.do() == []
    office.later(minutes=11)
    chores.does = lambda crm, job: [note(office, "effect")]
    assert [one.outcome for one in chores.do()] == ["done"]
    assert office.crm._do(late, work).outcome == "done", "the one given up for dead finds it done"
    assert office.crm.remembered("effect") == 1 and len(list(office.store.scan(Setting))) == 1


def test_what_cannot_be_done_now_is_done_later_and_costs_no_try(office: Office, chores: Chores) -> None:
    job = chores.ask()

    def not_now(crm: Crm, job: Job) -> Iterable[Change]:
        raise NotNow("secret.missing", section="a", name="b", after=90)

    chores.does = not_now
    for _ in range(TRIES + 2):
        (done,) = chores.do()
        assert (done.outcome, done.due) == ("later", office.now + timedelta(seconds=90))
        assert chores.do() == []
        office.later(seconds=90)
    waiting = chores.held(job)
    assert waiting is not None and (waiting.attempts, waiting.code) == (0, "secret.missing")


def test_failures_wait_longer_each_time_then_for_a_person(office: Office, chores: Chores) -> None:
    job = chores.ask()
    chores.does = boom
    waits = []
    for _ in range(TRIES - 1):
        (done,) = chores.do()
        assert done.outcome == "failed" and done.due is not None
        waits.append(done.due - office.now)
        office.now = done.due
    assert waits[0] == FIRST and waits == sorted(waits) and waits[-1] == LONGEST
    assert [one.outcome for one in chores.do()] == ["parked"]
    office.later(days=30)
    assert chores.do() == [], "it waits for a person"
    (problem,) = office.crm.open_problems()
    assert problem.code == "contact.unknown" and problem.where == f"perthyn jobs retry {job.id.hex[-6:]}"
    chores.does = lambda crm, job: ()
    office.crm.retry_job(job.id.hex[-6:])
    assert office.crm.open_problems() == []
    assert [one.outcome for one in chores.do()] == ["done"]


def test_any_error_is_kept_with_its_words(office: Office, chores: Chores) -> None:
    job = chores.ask()

    def broken(crm: Crm, job: Job) -> Iterable[Change]:
        raise ValueError("a\x00b\udce9")

    chores.does = broken
    (done,) = chores.do()
    held = chores.held(job)
    assert done.code == "job.broken" and held is not None and "ValueError: a b" in (held.why or "")


def test_a_job_that_kills_each_worker_is_parked(office: Office, chores: Chores) -> None:
    job, work = chores.ask(), office.crm.works()["test.chore"]
    for _ in range(TRIES):
        held = chores.held(job)
        assert held is not None and office.crm._take(held, "killed", work) is not None
        office.later(minutes=11)
    assert [(one.outcome, one.code) for one in chores.do()] == [("parked", "job.died")]
    assert chores.ran == []


def test_one_failure_does_not_hinder_the_next(office: Office, chores: Chores) -> None:
    first, second = chores.ask(1), chores.ask(2)
    chores.does = lambda crm, job: boom(crm, job) if job.id == first.id else ()
    assert [one.outcome for one in chores.do()] == ["failed", "done"]
    assert chores.held(second) is None


def test_a_job_that_nobody_knows_how_to_do_waits(office: Office, chores: Chores) -> None:
    job = Job(id=UUID(int=9), name="gone.plugin", due=office.now)
    office.keep(job)
    office.later(days=1)
    assert chores.do() == [] and chores.held(job) == job


def test_one_that_is_always_there_is_due_again(office: Office) -> None:
    chores = Chores(office, every=timedelta(hours=1))
    assert [one.outcome for one in chores.do()] == ["done"] and chores.do() == []
    office.later(minutes=61)
    chores.does = boom
    assert [one.outcome for one in chores.do()] == ["failed"]
    office.later(minutes=2)
    chores.does = lambda crm, job: [note(office, "effect")]
    assert [one.outcome for one in chores.do()] == ["done"]
    (job,) = [one for one in office.crm.jobs() if one.name == "test.daily"]
    assert (job.attempts, job.code, job.due) == (0, None, office.now + timedelta(hours=1))
    assert {one.name for one in office.crm.jobs()} == {"test.daily", PURGE}


def test_a_plugins_jobs_are_stored_with_the_batch(office: Office, chores: Chores) -> None:
    def asked(batch: Any) -> list[Job] | str | None:
        if batch.kind == "refused":
            return "no"
        return [Job(id=named_id(str(batch.id)), name="test.chore", due=office.now)] if batch.kind == "gift" else None

    office.crm.plugins.add(SimpleNamespace(ask_batch=hookimpl(lambda batch: asked(batch))), "asker")
    receipt = office.crm.commit([note(office, "gift")], kind="gift")
    assert receipt.created == 2 and len(chores.do()) == 1
    before = office.store.position()
    with pytest.raises(PerthynError, match=r"store\.exists"):
        office.crm.commit([note(office, "gift")], kind="gift")
    assert office.crm.jobs()[0].name == PURGE and office.store.position() == before, "no job without its batch"


def test_stop_is_heeded_between_two(office: Office, chores: Chores) -> None:
    chores.ask(1), chores.ask(2)
    assert len([one for one in office.crm.do_due("eve", lambda: len(chores.ran) == 1) if one.name == "test.chore"]) == 1


def test_overdue_jobs_are_known_and_an_unknown_one_is_refused(office: Office, chores: Chores) -> None:
    chores.ask()
    assert office.crm.overdue(timedelta(hours=1)) == []
    office.later(hours=2)
    assert [one.name for one in office.crm.overdue(timedelta(hours=1))] == ["test.chore"]
    with pytest.raises(Unknown, match=r"job\.unknown"):
        office.crm.retry_job("abcdef")

"""Senders that are killed, and senders that race withdrawals: each a process of its own on one SQLite file.

A sender writes each letter that it hands over as one line of a file before it answers, so that what has left is known
whoever is killed when. Every life has its own name and a clock a lease later than the one before, so that what the dead
had in hand is found.
"""

from __future__ import annotations

import os
import random
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from campaigning import LETTERS, Post, PostPlugin, Sink

from perthyn.changes import Create
from perthyn.channel import Answer, Letter
from perthyn.contacting.ledger import lines_of
from perthyn.crm import Actor, Crm
from perthyn.model import CORE_TYPES, Campaign, Consent, Contact, Email, Message
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn_sql import open_store

BASE = datetime(2026, 11, 22, 9, tzinfo=UTC)
STEPS = ("before writing", "after writing", "before handing over", "after handing over")


@dataclass
class Paper(Sink):
    """Appends each letter's contact to a file, whole or not at all."""

    taken: list[Letter] = field(default_factory=list)
    file: int = -1
    step: Callable[[str], None] = lambda name: None

    def send(self, letter: Letter) -> Answer:
        self.step("before handing over")
        os.write(self.file, f"{letter.address}\n".encode())
        self.step("after handing over")
        return Answer("250 ok")


@dataclass
class Trial:
    """A folder with a store, a campaign that is open for sending, and the file of what left."""

    folder: Path
    people: int

    @property
    def out(self) -> Path:
        return self.folder / "out.txt"

    def crm(self, life: int, sink: Sink | None = None) -> Crm:
        """A desk of its own on the store, `life` leases later."""
        start = time.monotonic()
        store = open_store(f"sqlite:///{(self.folder / 'perthyn.sqlite').as_posix()}", CORE_TYPES)
        plugins = Plugins()
        plugins.add(PostPlugin(Post(sink=sink or Sink([]))), "post_office")

        def clock() -> datetime:
            return BASE + life * timedelta(minutes=16) + timedelta(seconds=time.monotonic() - start)

        return Crm(store, plugins, Settings(), clock, os.urandom, Actor("gwen"))

    def begin(self) -> None:
        """People who all said yes, and the ledger."""
        crm = self.crm(0)
        changes: list[Any] = []
        for number in range(self.people):
            email = Email(address=f"a{number}@x.cymru")
            one = Contact(id=crm.ids(), name=f"Ann{number} Puw", given="Ann", family="Puw", emails=(email,))
            said = {"id": crm.ids(), "contact": one.id, "channel": "email", "decision": "given"}
            changes += [Create(one), Create(Consent.model_validate({**said, "at": BASE, "recorded": BASE}))]
        crm.commit(changes)
        segment = crm.add_segment("Readers", None, "has email")[0]
        crm.freeze(crm.new_campaign("Gwanwyn", segment, **LETTERS)[0])
        crm.store.close()
        self.out.touch()

    def lines(self) -> list[Message]:
        crm = self.crm(0)
        try:
            return list(lines_of(crm.store, self.campaign(crm).id))
        finally:
            crm.store.close()

    def campaign(self, crm: Crm) -> Campaign:
        return crm.campaign("gwanwyn")

    def left(self) -> Counter[str]:
        """How often a letter went to each address."""
        return Counter(self.out.read_text(encoding="utf-8").split())

    def send(self, life: int, worker: str, dies_at: tuple[str, int] | None = None, dies_after: float = 0) -> None:
        """One life. It ends at the step `dies_at`, the so-manieth time it comes there, or in so many seconds."""
        met: Counter[str] = Counter()

        def step(name: str) -> None:
            met[name] += 1
            if dies_at == (name, met[name]):
                os.kill(os.getpid(), signal.SIGKILL)

        file = os.open(self.out, os.O_WRONLY | os.O_APPEND)
        crm = self.crm(life, Paper(file=file, step=step))
        apply = crm.store.apply

        def stepping(batch: Any) -> Any:
            step("before writing")
            receipt = apply(batch)
            step("after writing")
            return receipt

        crm.store.apply = stepping  # type: ignore[method-assign]
        signal.setitimer(signal.ITIMER_REAL, dies_after)  # nobody handles it: the kernel ends the process
        crm.send_on(self.campaign(crm), worker)
        crm.store.close()


def child(doing: Callable[[], object]) -> int:
    """A process that does something and is gone; its id."""
    made = os.fork()
    if made == 0:
        code = 1
        try:
            doing()
            code = 0
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)
    return made


def killed_again_and_again(trial: Trial, kills: int, seed: int, workers: int = 2) -> int:
    """Lives of senders, `workers` at a time, till `kills` of them were killed; then one that comes to the end.

    Half die at a step of their own, half whenever it happens. Answers how many were killed.
    """
    draw = random.Random(seed)
    dead = life = 0
    while dead < kills:
        life += 1
        some = []
        for number in range(workers):
            step = (draw.choice(STEPS), draw.randint(1, 9)) if draw.random() < 0.5 else None
            after = 0 if step else draw.uniform(0.001, 0.1)
            some.append(child(partial(trial.send, life, f"w{life}.{number}", step, after)))
        for one in some:
            _, status = os.waitpid(one, 0)
            dead += os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGALRM)
            assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "a sender failed"
        if not any(one.state in ("waiting", "claimed") for one in trial.lines()):
            break
    last = child(partial(trial.send, life + 1, "last"))
    assert os.waitpid(last, 0)[1] == 0
    return dead


def raced_by_withdrawals(trial: Trial, withdrawals: int, seed: int, workers: int = 1) -> dict[str, int]:
    """Senders at work while so many people say no; address -> the number of the batch that holds their no."""
    noes = trial.folder / "noes.txt"
    noes.touch()
    crm = trial.crm(0)
    people = list(crm.store.scan(Contact))
    crm.store.close()

    def say_no() -> None:
        desk = trial.crm(0)
        draw = random.Random(seed)
        chosen = draw.sample(people, withdrawals)
        with noes.open("a", encoding="utf-8") as told:
            for one in chosen:
                receipt = desk.record_consent(one.id, "withdrawn", ["email"])
                told.write(f"{one.emails[0].address} {receipt.number}\n")
                time.sleep(draw.uniform(0, 0.2))
        desk.store.close()

    made = [child(say_no), *(child(partial(trial.send, 0, f"w{n}")) for n in range(workers))]
    for one in made:
        assert os.waitpid(one, 0)[1] == 0
    rows = (line.split() for line in noes.read_text(encoding="utf-8").splitlines())
    return {address: int(number) for address, number in rows}


def claims(trial: Trial) -> dict[str, int]:
    """address -> the number of the batch in which its letter was claimed, of those that went out."""
    crm = trial.crm(0)
    try:
        lines = {one.id: one for one in trial_lines(crm, trial) if one.state in ("sent", "unknown")}
        found: dict[str, int] = {}
        for line in crm.store.journal(records=list(lines)):
            if line.before.get("state") == "waiting":
                found[str(lines[line.id].address)] = line.number
        return found
    finally:
        crm.store.close()


def trial_lines(crm: Crm, trial: Trial) -> list[Message]:
    return list(lines_of(crm.store, trial.campaign(crm).id))

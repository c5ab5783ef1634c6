"""Work: what jobs are done by. A job is a row in the store; the code that does it is found by the job's name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from perthyn.changes import Change
from perthyn.model import Job

TRIES = 12
"""How often a job is tried before it waits for a person."""


@dataclass(frozen=True, slots=True)
class Work:
    """How the jobs of one name are done.

    `run(crm, job)` answers the changes that are its effect; they are stored in one batch with the end of the job, so
    that they happen once, whoever is killed when. It may run again where it did not come to its end: what it does
    elsewhere names the job's id. It raises `perthyn.channel.NotNow` to be run later; any other error is tried again,
    later each time, `TRIES` times, and then the job waits for a person. `every`: one such job is always there, due
    again so long after it was done. `title`: in English and Welsh. `stays`: how long one run may take.
    """

    name: str
    title: tuple[str, str]
    run: Callable[[Any, Job], Iterable[Change]]
    every: timedelta | None = None
    stays: timedelta = timedelta(minutes=10)

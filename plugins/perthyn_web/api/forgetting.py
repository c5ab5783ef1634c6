"""Forgetting: kept answers go after a day, and everything that names somebody who is erased goes at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta

from perthyn.changes import Batch, Change, Delete, Erase
from perthyn.crm import Crm
from perthyn.crm.jobs import facts_of
from perthyn.errors import Conflict, Unknown
from perthyn.model import Job
from perthyn.model.ids import named_id
from perthyn.work import Work
from perthyn_web.accounts.noting import keep
from perthyn_web.api.records import KEPT, KeptAnswer
from perthyn_web.webhooks.keeping import forget_person

OLD, ERASED = "web.answers.old", "web.erased"
AT_ONCE = 500


def works() -> list[Work]:
    """What does these jobs."""
    return [
        Work(OLD, ("Forget answers given", "Anghofio atebion a roddwyd"), forget_old, every=timedelta(hours=6)),
        Work(ERASED, ("Forget somebody who was erased", "Anghofio rhywun a ddilëwyd"), forget),
    ]


def jobs_for(batch: Batch) -> list[Job]:
    """The job that forgets whom a batch erases."""
    if batch.kind != "erase":
        return []
    gone = [str(one.contact) for one in batch.changes if isinstance(one, Erase)]
    id = named_id(f"{ERASED}\x1f{batch.id}")
    return [Job(id=id, name=ERASED, facts=json.dumps({"contacts": gone}), due=batch.at)] if gone else []


def forget_old(crm: Crm, job: Job) -> Iterable[Change]:
    """Forget answers that are a day old."""
    before = crm.clock() - KEPT
    return _gone(crm, (one for one in crm.store.scan(KeptAnswer) if one.made < before))


def forget(crm: Crm, job: Job) -> Iterable[Change]:
    """Forget every answer, and every message to a webhook in which somebody stands who was erased."""
    forget_person(crm, facts_of(job)["contacts"])
    return _gone(crm, (one for one in crm.store.scan(KeptAnswer) if one.status))


def _gone(crm: Crm, answers: Iterator[KeptAnswer]) -> list[Change]:
    held = list(answers)
    for start in range(0, len(held), AT_ONCE):
        with suppress(Conflict, Unknown):  # another process has
            keep(crm, [Delete(one) for one in held[start : start + AT_ONCE]], KeptAnswer.type_name)
    return []

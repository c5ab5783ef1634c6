"""Safekeeping: a backup of everything made by a job, encrypted, in a folder beside the records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from perthyn.backups.keys import Keys
from perthyn.changes import Change, Create, Delete
from perthyn.crm import Crm
from perthyn.crm.jobs import facts_of
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.model import Job
from perthyn.model.ids import named_id
from perthyn.text import fold
from perthyn.work import Work
from perthyn_web.asking import asker, asking

BACKUP = "web.backup"
FOLDER = "backups"
_FILE = re.compile(r"[a-z0-9-]{1,80}\.age")


def home(crm: Crm) -> Path:
    """Where the backups lie."""
    return crm.settings.folder / FOLDER


def files(crm: Crm) -> list[Path]:
    """The backups that there are, the newest first."""
    crm.check("backup.write")
    found = home(crm).glob("*.age") if home(crm).is_dir() else ()
    return sorted((one for one in found if _FILE.fullmatch(one.name)), reverse=True)


def file(crm: Crm, name: str) -> Path:
    """One of them. Raises `Unknown` (``web.backup.gone``), `Forbidden` for whoever may not see all that is in it."""
    crm.check("backup.write")
    crm.check_all_fields()
    found = home(crm) / name
    if not _FILE.fullmatch(name) or not found.is_file():
        raise Unknown("web.backup.gone", name=name[:80])
    return found


def waiting(crm: Crm) -> Job | None:
    """The job that makes one, or could not."""
    crm.check("backup.write")
    return next((one for one in crm.store.scan(Job) if one.name == BACKUP), None)


def begin(crm: Crm) -> None:
    """Have one made for whoever asks; one that failed is tried anew."""
    crm.check("backup.write")
    crm.check_all_fields()
    there = waiting(crm)
    if there is not None and there.state == "waiting" and not there.code:
        return
    job = Job(id=named_id(BACKUP), name=BACKUP, facts=json.dumps(asking(crm)), due=crm.clock())
    with suppress(Conflict, Unknown):  # somebody else has just asked for it
        if there is not None:
            crm.commit([Delete(there)], kind="job", reason=BACKUP)
        crm.commit([Create(job)], kind="job", reason=BACKUP)


def run(crm: Crm, job: Job) -> Iterable[Change]:
    """Make a backup for whoever asked, under a name that says whose it is and when it was made."""
    person = asker(crm, facts_of(job))
    if crm.house.keys is None:
        raise PerthynError("web.backup.key")
    keys = Keys(crm.house.keys())
    recipients = crm.settings.backup_to or (keys.first(crm.clock())[0].public,)
    folder = home(crm)
    folder.mkdir(mode=0o700, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", fold(crm.settings.organisation)).strip("-")[:40] or "perthyn"
    at = crm.clock().astimezone(crm.zone)
    person.backup(folder / f"{name}-{at:%Y-%m-%d-%H%M%S}.age", recipients, keys.read())
    return []


def works() -> list[Work]:
    """What makes them."""
    return [Work(BACKUP, ("Make a backup", "Gwneud copi wrth gefn"), run)]

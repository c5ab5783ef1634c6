"""Backups: when the last was made and tried, and one made now; putting one back is done by command."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from perthyn.crm.health import LAST_BACKUP, LAST_TRY
from perthyn.errors import PerthynError
from perthyn.screens import Reply, Screens, Sent, Shown, Visit, Went
from perthyn_web import safekeeping

screens = Screens()


@screens.get("/settings/backups", "backup.write")
def backups(visit: Visit) -> Reply:
    """The last one, the files there are, and what to do when one is needed."""
    crm, home = visit.crm, safekeeping.home(visit.crm)
    keys, job = crm.house.keys() if crm.house.keys else None, safekeeping.waiting(crm)
    facts = {
        "running": job is not None and not job.code,
        "failed": PerthynError(job.code) if job is not None and job.code else None,
        "last": _when(crm.remembered(LAST_BACKUP)),
        "tried": _when(crm.remembered(LAST_TRY)),
        "files": [(one.name, one.stat().st_size, datetime.fromtimestamp(one.stat().st_mtime, crm.zone))
                  for one in safekeeping.files(crm)[:30]],
        "key": str(keys) if keys else "",
        "has_key": bool(keys and keys.exists()),
        "folder": str(home),
    }  # fmt: skip
    return Shown("settings/backups.html", facts)


@screens.post("/settings/backups", "backup.write")
def make(visit: Visit) -> Reply:
    """Have one made."""
    safekeeping.begin(visit.crm)
    return Went("/settings/backups")


@screens.get("/settings/backups/{name}", "backup.write")
def download(visit: Visit, name: str) -> Reply:
    """The file itself; it opens with the key only."""
    return Sent(safekeeping.file(visit.crm, name), "application/octet-stream", name)


def _when(told: Any) -> tuple[datetime, str] | None:
    return (datetime.fromisoformat(told["at"]), str(told.get("by", ""))) if told else None

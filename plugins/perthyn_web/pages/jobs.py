"""Jobs: what perthyn does by itself, and what other systems sent; what failed is tried again."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from perthyn.errors import PerthynError
from perthyn.model import Inbound, Job
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn.text import Translator, phrase
from perthyn.words.jobs import work_title

screens = Screens()
OVERDUE = timedelta(minutes=15)
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What a job is about where that is no name, and nothing to read."""
MOST, SHOWN = 100, 20_000
STATES = {"waiting": (phrase("waits to be read"), "plain"), "done": (phrase("read"), "good"),
          "parked": (phrase("waits for you"), "careful")}  # fmt: skip


@screens.get("/settings/jobs", "job.read")
def jobs(visit: Visit) -> Reply:
    """What is due, and what waits for a person."""
    crm, t = visit.crm, visit.t
    works, late = crm.works(), {one.id for one in crm.overdue(OVERDUE)}

    def shown(one: Job) -> tuple[Job, str, str, bool, tuple[str, str] | None]:
        wrong = _wrong(t, one.code) if one.code else None
        about = one.about if one.about and not ID.fullmatch(one.about) else ""
        return one, work_title(t, works, one.name), about, one.id in late, wrong

    found = [shown(one) for one in crm.jobs()]
    waits = [one for one in found if one[0].state == "parked"]
    facts = {"waits": waits, "jobs": [one for one in found if one[0].state != "parked"][:MOST], "now": crm.clock(),
             "late": len(late), "may": crm.actor.may("job.work")}  # fmt: skip
    return Shown("settings/jobs.html", facts)


@screens.post("/settings/jobs/{id:uuid}/retry", "job.work")
def retry(visit: Visit, id: UUID) -> Reply:
    """Have one tried now."""
    visit.crm.retry_job(id.hex)
    return Went("/settings/jobs", visit.t("It is tried again now."))


@screens.get("/settings/inbound", "inbound.read")
def inbound(visit: Visit) -> Reply:
    """What came in during the last 30 days."""
    state = visit.query.get("state", "")
    found = visit.crm.inbox(state if state in STATES else "")
    told = [(one, visit.t(STATES[one.state][0]), STATES[one.state][1], _why(visit, one)) for one in found[:MOST]]
    return Shown("settings/inbound.html", {"found": told, "total": len(found), "state": state})


@screens.get("/settings/inbound/{id:uuid}", "inbound.read")
def one_inbound(visit: Visit, id: UUID) -> Reply:
    """One of them, as it came."""
    one, body = visit.crm.inbound(id.hex)
    text = body.decode("utf-8", "backslashreplace")
    if one.headers and "json" in one.headers:
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    facts = {"one": one, "text": text[:SHOWN], "more": len(text) > SHOWN, "headers": json.loads(one.headers or "{}"),
             "state": visit.t(STATES[one.state][0]), "kind": STATES[one.state][1], "why": _why(visit, one),
             "may": visit.crm.actor.may("inbound.write")}  # fmt: skip
    return Shown("settings/one_inbound.html", facts)


@screens.post("/settings/inbound/{id:uuid}/again", "inbound.write")
def again(visit: Visit, id: UUID) -> Reply:
    """Have it read again; what it told before changes nothing."""
    visit.crm.replay(id.hex)
    return Went(f"/settings/inbound/{id}", visit.t("It is read again now."))


def _why(visit: Visit, one: Inbound) -> tuple[str, str] | None:
    return _wrong(visit.t, one.code) if one.code else None


def _wrong(t: Translator, code: str) -> tuple[str, str]:
    """What a code says; the code itself stands only where there are no words for it."""
    wrong, step = t.error(PerthynError(code))
    if wrong == code:
        wrong = t("It failed for a reason that perthyn has no words for: {code}", code=code)
    return wrong, step

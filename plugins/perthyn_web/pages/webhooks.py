"""Webhooks: other systems that are told of what happens, with a log of what they were told."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from perthyn.errors import PerthynError
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn.text import Translator, phrase
from perthyn_web.webhooks import keeping
from perthyn_web.webhooks.records import RIGHT, Hook

screens = Screens()
SHOWN = 200
"""So many messages are shown, the newest."""
USUAL = {
    "contact.*": phrase("People: new, changed, taken away, erased"),
    "interaction.*": phrase("What happened: visits, gifts, calls"),
    "consent.*": phrase("What people said about being contacted"),
    "segment.*": phrase("Segments"),
    "campaign.*": phrase("Campaigns"),
    "*": phrase("Everything"),
}
EVENTS = {
    "contact.created": phrase("A new person"),
    "contact.changed": phrase("A person was changed"),
    "contact.removed": phrase("A person was taken away"),
    "contact.erased": phrase("A person was erased"),
    "interaction.created": phrase("Something happened"),
    "interaction.changed": phrase("What happened was changed"),
    "interaction.removed": phrase("What happened was taken away"),
    "consent.created": phrase("Somebody said whether they may be contacted"),
    "segment.created": phrase("A new segment"),
    "segment.changed": phrase("A segment was changed"),
    "segment.removed": phrase("A segment was taken away"),
    "campaign.created": phrase("A new campaign"),
    "campaign.changed": phrase("A campaign was changed"),
    "test": phrase("A test"),
}
"""What the usual events say; others stand by their names."""
STATES = {
    "waiting": ("plain", phrase("on its way")),
    "sent": ("good", phrase("arrived")),
    "failed": ("bad", phrase("did not arrive")),
    "withheld": ("careful", phrase("not sent")),
}


@screens.get("/settings/webhooks", RIGHT)
def index(visit: Visit) -> Reply:
    """All of them."""
    found = [(one, urlsplit(one.address).hostname, _told_of(visit.t, one)) for one in keeping.hooks(visit.crm)]
    return Shown("webhooks/index.html", {"hooks": found})


@screens.get("/settings/webhooks/new", RIGHT)
def new(visit: Visit) -> Reply:
    """The form for another one."""
    return _form(visit)


@screens.post("/settings/webhooks", RIGHT)
def add(visit: Visit) -> Reply:
    """Have another system told."""
    form = visit.form
    wanted = [one for one in form.all("events") if one in USUAL]
    try:
        if not wanted:
            raise PerthynError("hook.nothing")
        made, secret = keeping.add(
            visit.crm, visit.person, form.get("address", "").strip(), wanted, form.get("values") == "yes"
        )
    except PerthynError as error:
        return _form(visit, error)
    return Shown("webhooks/secret.html", {"hook": made, "secret": secret})


@screens.get("/settings/webhooks/{id:uuid}", RIGHT)
def one(visit: Visit, id: UUID) -> Reply:
    """What one was told, the newest first."""
    hook = keeping.hook(visit.crm, id)
    t = visit.t
    lines = []
    for told in keeping.log(visit.crm, id)[:SHOWN]:
        event = t(EVENTS[told.event]) if told.event in EVENTS else told.event
        kind, state = STATES[told.state]
        lines.append((told, event, kind, t(state), _why(t, told.why, told.status, hook)))
    return Shown("webhooks/log.html", {"hook": hook, "told": _told_of(t, hook), "lines": lines})


@screens.post("/settings/webhooks/{id:uuid}/test", RIGHT)
def tested(visit: Visit, id: UUID) -> Reply:
    """Send a message that says nothing."""
    keeping.try_out(visit.crm, id)
    return Went(f"/settings/webhooks/{id}", visit.t("A message is on its way. Look again in a moment."))


@screens.post("/settings/webhooks/{id:uuid}/secret", RIGHT)
def renewed(visit: Visit, id: UUID) -> Reply:
    """Another secret."""
    hook, secret = keeping.renew(visit.crm, id)
    return Shown("webhooks/secret.html", {"hook": hook, "secret": secret})


@screens.post("/settings/webhooks/{id:uuid}/end", RIGHT)
def ended(visit: Visit, id: UUID) -> Reply:
    """Tell it nothing more."""
    keeping.end(visit.crm, id)
    return Went("/settings/webhooks", visit.t("It is told nothing more."))


@screens.post("/settings/webhooks/messages/{id:uuid}/again", RIGHT)
def again(visit: Visit, id: UUID) -> Reply:
    """Send a message once more."""
    told = keeping.again(visit.crm, id)
    return Went(f"/settings/webhooks/{told.hook}", visit.t("It is sent once more. Look again in a moment."))


def _form(visit: Visit, error: PerthynError | None = None) -> Reply:
    given = visit.form if error else {"events": "contact.*"}
    facts = {
        "address": given.get("address", ""),
        "chosen": visit.form.all("events") if error else ["contact.*"],
        "values": given.get("values") == "yes",
        "events": [(name, visit.t(said)) for name, said in USUAL.items()],
    }
    at = "events" if error and error.code in ("hook.nothing", "hook.event") else "address"
    return Shown("webhooks/new.html", facts, {at: error} if error else {})


def _told_of(t: Translator, hook: Hook) -> list[str]:
    return [t(USUAL[one]) if one in USUAL else one for one in hook.events.split()]


def _why(t: Translator, code: str | None, status: int | None, hook: Hook) -> str:
    host = urlsplit(hook.address).hostname or ""
    return t.error(PerthynError(code, host=host, status=status, why="", address=hook.address))[0] if code else ""

"""Many: the same small change for several people, seen before it is done; a list taken out as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl
from uuid import UUID

from perthyn.contacting.door import CHANNELS, PURPOSES
from perthyn.errors import PerthynError
from perthyn.screens import Given, Reply, Screens, Sent, Shown, Visit, Went
from perthyn.text import phrase
from perthyn_web.files import TYPES, pieces
from perthyn_web.pages import saying
from perthyn_web.pages.filters import chips, filters

screens = Screens()
MOST_CHOSEN = 500
FOR = {
    "marketing": phrase("To tell people what is on (marketing)"),
    "fundraising": phrase("To ask for support (fundraising)"),
    "service": phrase("About what they booked or asked for"),
    "analysis": phrase("To count and analyse, not to write to anybody"),
}


@screens.post("/contacts/many", "contact.bulk")
def many(visit: Visit) -> Reply:
    """What is to be changed, and what would change; nothing is written."""
    form = visit.form
    chosen = _chosen(visit)
    if not chosen:
        return _asked(visit, [], {"": PerthynError("people.many.nobody")})
    value = form.get("value", "").strip()
    if not value:
        return _asked(visit, chosen, {"value": PerthynError("people.many.value")} if "value" in form else {})
    try:
        plan = visit.crm.bulk_plan(chosen, form.get("doing", ""), value)
    except PerthynError as error:
        return _asked(visit, chosen, {"value": error})
    return Shown("people/many.html", {**_facts(visit, chosen), "plan": plan, "value": value})


@screens.post("/contacts/many/do", "contact.bulk")
def do_many(visit: Visit) -> Reply:
    """Do it, as one change that can be taken back."""
    form, t = visit.form, visit.t
    chosen = _chosen(visit)
    try:
        receipt = visit.crm.bulk(chosen, form.get("doing", ""), form.get("value", ""))
    except PerthynError as error:
        return _asked(visit, chosen, {"value": error})
    count = max(receipt.edited, receipt.created)
    said = t.n("{n} person has been changed.", "{n} people have been changed.", count)
    query = form.get("query", "")
    return Went(f"/contacts?{query}" if query else "/contacts", said, receipt.batch)


def _asked(visit: Visit, chosen: Sequence[UUID], trouble: dict[str, Exception]) -> Reply:
    return Shown(
        "people/many.html", {**_facts(visit, chosen), "plan": None, "value": visit.form.get("value", "")}, trouble
    )


def _facts(visit: Visit, chosen: Sequence[UUID]) -> dict[str, object]:
    crm, form = visit.crm, visit.form
    segments = crm.segments() if crm.actor.may("segment.read") else []
    everybody = form.get("whom") == "all"
    return {
        "doing": form.get("doing", "tag"),
        "doings": saying.DOINGS,
        "whom": form.get("whom", "chosen"),
        "query": form.get("query", ""),
        "ids": [] if everybody else [str(one) for one in chosen],
        "count": len(chosen),
        "hand": [(str(one.id), one.name(visit.t.language)) for one in segments if one.mode == "hand"],
        "role_choices": saying.choices(visit.t, saying.ROLES),
        "language_choices": saying.choices(visit.t, saying.LANGUAGES),
    }


def _chosen(visit: Visit) -> Sequence[UUID]:
    """The people meant: those ticked, or all of the list that they stood in."""
    form = visit.form
    if form.get("whom") == "all":
        found, trouble = filters(visit, Given(parse_qsl(form.get("query", ""))))
        for error in trouble.values():
            raise error
        return visit.crm.all_ids(found.rule)
    try:
        return [UUID(text) for text in form.all("id")[:MOST_CHOSEN]]
    except ValueError:
        return []


# -- a file ---------------------------------------------------------------------------------------------


@screens.get("/contacts/export", "contact.export")
def ask_export(visit: Visit) -> Reply:
    """What the file is for."""
    found, trouble = filters(visit)
    purposes = [(name, visit.t(FOR[name])) for name in PURPOSES if name in FOR]
    facts = {"chips": chips(visit, found), "query": found.query(), "purposes": purposes,
             "count": visit.crm.listed(found.rule, limit=1).count}  # fmt: skip
    return Shown("people/export.html", facts, trouble)


@screens.post("/contacts/export", "contact.export")
def export(visit: Visit) -> Reply:
    """The file, through the one door: for writing to people it holds only those who may be written to."""
    form = visit.form
    found, trouble = filters(visit, Given(parse_qsl(form.get("query", ""))))
    for error in trouble.values():
        raise error
    purpose = form.get("purpose", "")
    if not purpose:
        purposes = [(name, visit.t(FOR[name])) for name in PURPOSES if name in FOR]
        facts = {"chips": [], "query": form.get("query", ""), "purposes": purposes,
                 "count": visit.crm.listed(found.rule, limit=1).count}  # fmt: skip
        return Shown("people/export.html", facts, {"purpose": PerthynError("people.export.purpose")})
    ending = ".xlsx" if form.get("format") == "xlsx" else ".csv"
    channels = [one for one in form.all("channel") if one in CHANNELS]
    folder = TemporaryDirectory()
    try:
        file = Path(folder.name) / f"perthyn{ending}"
        visit.crm.export(file, purpose, rule=found.rule if found.given else None, channels=channels)
    except PerthynError:
        folder.cleanup()
        raise
    return Sent(pieces(file, folder), TYPES[ending], f"perthyn-{visit.crm.today().isoformat()}{ending}")

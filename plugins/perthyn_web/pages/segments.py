"""Segments: the groups that letters are written to; who is in them, why, how many there were, and their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from perthyn.contacting.door import CHANNELS
from perthyn.contacting.door import PURPOSES as ALL_PURPOSES
from perthyn.contacting.words import CHANNEL, MATTERS
from perthyn.crm import Crm
from perthyn.errors import Forbidden, PerthynError
from perthyn.model import Segment
from perthyn.rules import print_rule, read_rule
from perthyn.screens import Reply, Screens, Sent, Shown, Visit, Went
from perthyn.text import phrase
from perthyn_web.builder import outline
from perthyn_web.charts import Figure, figure, graph_of
from perthyn_web.files import TYPES, pieces
from perthyn_web.pages.building import both_of, known, whether_of

screens = Screens()
screens.entry("/segments", phrase("Segments"), "segment.read", icon="users-round", order=200)
MANY, A_FEW = 50, 8
KINDS = {
    "dynamic": phrase("Keeps itself up to date"),
    "snapshot": phrase("Fixed on a date"),
    "hand": phrase("Hand-picked"),
}
FORMS = {".xlsx": phrase("Excel workbook (.xlsx)"), ".csv": phrase("Plain table (.csv)")}


@screens.get("/segments", "segment.read")
def segments(visit: Visit) -> Reply:
    """All that they may ask for, with what is wrong with those that are broken."""
    return Shown("segments/list.html", {"rows": list(_rows(visit.crm)), "kinds": KINDS})


@screens.get("/segments/{id:uuid}/count", "segment.read")
def count(visit: Visit, id: UUID) -> Reply:
    """How many are in one: the list is there before they are counted."""
    return Shown("segments/count.html", {"count": _count(visit.crm, known(visit.crm, id))})


@screens.get("/segments/{id:uuid}", "segment.read")
def segment(visit: Visit, id: UUID) -> Reply:
    """One segment: its rule, who is in it, whether somebody is."""
    one = known(visit.crm, id)
    facts, broken = _about(visit, one), visit.crm.broken(one)
    facts |= {"broken": broken, "some": [], "count": None, "more": False}
    if broken is None:
        closed = visit.crm.closed(one)
        some = visit.crm.page_of(closed, A_FEW + 1) if visit.crm.actor.may("contact.read") else []
        facts |= {"some": some[:A_FEW], "more": len(some) > A_FEW, "count": visit.crm.count_of(closed)}
        facts["whether"] = whether_of(visit, visit.query, lambda: closed, f"{visit.path}/whether")
    return Shown("segments/segment.html", facts)


@screens.get("/segments/{id:uuid}/whether", "segment.read")
def whether(visit: Visit, id: UUID) -> Reply:
    """Whether somebody is in it, and why."""
    one = known(visit.crm, id)
    told = whether_of(visit, visit.query, lambda: visit.crm.closed(one), visit.path)
    return Shown("segments/whether.html", {"whether": told})


@screens.get("/segments/{id:uuid}/people", "segment.read")
def people(visit: Visit, id: UUID) -> Reply:
    """Who is in it, a page at a time, in the order in which they came to be known."""
    one = known(visit.crm, id)
    after = visit.query.id("after")
    found = visit.crm.page_of(visit.crm.closed(one), MANY + 1, after)
    facts = {"found": found[:MANY], "next": found[MANY - 1].id if len(found) > MANY else None, "after": after}
    return Shown("segments/people.html", {**_about(visit, one), **facts})


@screens.get("/segments/{id:uuid}/sizes", "report.read")
def sizes(visit: Visit, id: UUID) -> Reply:
    """How many there were at the end of each month of the last year."""
    trend = visit.crm.trend("segments", segments=[known(visit.crm, id)])
    drawn: Figure = figure(graph_of(trend, visit.t), visit.t)
    return Shown("segments/sizes.html", {"drawn": drawn})


# -- taking away, and files ---------------------------------------------------------------------------------------


@screens.get("/segments/{id:uuid}/remove", "segment.write")
def ask_remove(visit: Visit, id: UUID) -> Reply:
    """Whether it is really to go."""
    return Shown("segments/remove.html", _about(visit, known(visit.crm, id)))


@screens.post("/segments/{id:uuid}/remove", "segment.write")
def remove(visit: Visit, id: UUID) -> Reply:
    """It goes; the people in it stay."""
    one = known(visit.crm, id)
    try:
        receipt = visit.crm.remove_segment(one)
    except PerthynError as error:
        if error.code != "segment.used":
            raise
        return Shown("segments/remove.html", _about(visit, one), {"": error})
    return Went("/segments", visit.t("Taken away: {name}", name=one.name(visit.t.language)), receipt.batch)


@screens.get("/segments/{id:uuid}/export", "contact.export")
def ask_export(visit: Visit, id: UUID) -> Reply:
    """What the file is for, and by which ways its people are to be reached."""
    return _export_page(visit, known(visit.crm, id))


@screens.post("/segments/{id:uuid}/export", "contact.export")
def export(visit: Visit, id: UUID) -> Reply:
    """The file; or first, how many would be in it and who is left out."""
    one, form = known(visit.crm, id), visit.form
    suffix = form.get("form", "") if form.get("form") in FORMS else ".xlsx"
    chosen, folder = form.all("by"), TemporaryDirectory()
    try:
        if not form.get("for"):
            raise PerthynError("export.purpose.needed")
        file = Path(folder.name) / f"{_plain(one.name(visit.t.language))}{suffix}"
        tried = form.get("do") == "try"
        done = visit.crm.export(file, form["for"], segment=one, channels=chosen, dry_run=tried)
    except Forbidden:
        folder.cleanup()
        raise
    except PerthynError as error:
        folder.cleanup()
        return _export_page(visit, one, {"for" if "purpose" in error.code else "": error})
    if tried:
        folder.cleanup()
        return _export_page(visit, one, done=done)
    return Sent(pieces(file, folder), TYPES[suffix], file.name)


def _export_page(visit: Visit, one: Segment, trouble: Mapping[str, Exception] | None = None, done: Any = None) -> Shown:
    purposes = [(name, visit.t(MATTERS[name]).capitalize()) for name in ALL_PURPOSES]
    channels = [(name, visit.t(CHANNEL[name])) for name in CHANNELS]
    facts = {**_about(visit, one), "purposes": purposes, "channels": channels, "forms": FORMS, "done": done,
             "channel_words": CHANNEL, "rule_words": lambda rule: visit.t.error(PerthynError(rule))[0]}  # fmt: skip
    return Shown("segments/export.html", facts, trouble or {})


# -- what a page knows of one -------------------------------------------------------------------------------------


def _rows(crm: Crm) -> Iterator[tuple[Segment, PerthynError | None]]:
    """Those whose rules ask for nothing that they may not see, each with why it is broken if it is."""
    for one in crm.segments():
        with suppress(Forbidden):
            yield one, crm.broken(one)


def _count(crm: Crm, one: Segment) -> int | None:
    return None if crm.broken(one) else crm.count_of(crm.closed(one))


def _about(visit: Visit, one: Segment) -> dict[str, Any]:
    """Its names, what kind it is, and its rule as sentences and as text, where it can be read."""
    facts: dict[str, Any] = {"segment": one, "kinds": KINDS, "rule": None, "text": "", "whether": None}
    if visit.crm.broken(one) is None and one.rule:
        with suppress(PerthynError):
            rule = read_rule(one.rule)
            facts["rule"] = outline(rule, visit.crm.schema(), both_of(visit.crm))
            facts["text"] = print_rule(rule, visit.crm.schema(), visit.t.language)
    return facts


def _plain(name: str) -> str:
    """A name as it can stand in a file's."""
    return "".join(one if one.isalnum() or one in " -_'" else "-" for one in name).strip()[:80] or "segment"

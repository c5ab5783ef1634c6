"""History: what was changed and by whom, one change in full, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from perthyn.changes import Header
from perthyn.crm import Crm
from perthyn.errors import Forbidden, PerthynError
from perthyn.history import Kept, UndoPlan
from perthyn.model import Contact
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn.text import Translator, phrase
from perthyn.words import records
from perthyn.words.changes import WHY_KEPT, change_lines
from perthyn.words.records import INNER, label, named, value
from perthyn_web.intake import undoing
from perthyn_web.visiting import BUSY

screens = Screens()
MANY = 50
PEOPLE = 3
"""So many of those whom one change is about are named in the list."""
NAMED = 25
"""So many of what would go back or stay are named one by one; the rest is counted."""
DID = {
    "edit": phrase("Changed by hand"),
    "import": phrase("File brought in"),
    "channel": phrase("Came in by itself"),
    "merge": phrase("Two made one"),
    "apart": phrase("Kept as two"),
    "undo": phrase("Taken back"),
    "erase": phrase("Erased for good"),
    "restore": phrase("Restored from a backup"),
    "segment": phrase("Segment changed"),
    "campaign": phrase("Campaign changed"),
    "problem": phrase("Something put right"),
    "screening": phrase("Held against a list"),
    "sheet": phrase("Changed in the Google Sheet"),
    "gift_aid": phrase("Gift Aid claim made"),
    "work": phrase("Done by itself"),
    "setting": phrase("Setting changed"),
}
"""What each kind of change is called."""
NEVER = ("erase", "ledger")
"""Kinds that nobody takes back."""


@dataclass(frozen=True, slots=True)
class Line:
    """One change in the list. `people`: whom it is about; `about`: what."""

    header: Header
    at: datetime
    did: str
    people: list[Contact]
    about: str


@screens.get("/history", "history.read")
def history(visit: Visit) -> Reply:
    """The newest changes; of one person, of one kind."""
    crm, t = visit.crm, visit.t
    of, kind = _id(visit.query.get("of", "")), visit.query.get("kind", "")
    if of is not None:
        one: Any = crm.look_up(of)
        headers = list({header.id: header for _, header in reversed(crm.history(one.id))}.values())[: MANY + 1]
    else:
        one, headers = None, list(crm.changes(MANY + 1 if not kind else MANY * 20))
    found = [each for each in headers if not kind or each.kind == kind]
    whom = crm.whom(found[:MANY]) if crm.actor.may("contact.read") else {}
    facts = {
        "one": one,
        "lines": [_line(crm, t, each, whom.get(each.id, [])) for each in found[:MANY]],
        "most": PEOPLE,
        "more": len(found) > MANY,
        "kind": kind if kind in DID else "",
        "kinds": [(name, t(said)) for name, said in DID.items() if name != "setting"],
    }
    return Shown("history/list.html", facts)


def _line(crm: Crm, t: Translator, header: Header, people: list[Contact]) -> Line:
    kinds = {one.name: (one.cy if t.language == "cy" else one.en)[0] for one in crm.kinds()}
    about = "" if header.reason == ", ".join(one.shown_name for one in people) else header.reason
    return Line(header, header.at, did(t, header), people, kinds.get(about, about))


def did(t: Translator, header: Header) -> str:
    """What a change was."""
    if header.kind == "edit" and not (header.edited or header.deleted):
        return t("Added by hand")
    return t(DID[header.kind]) if header.kind in DID else header.kind


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@screens.get("/history/{id:uuid}", "history.read")
def change(visit: Visit, id: UUID) -> Reply:
    """One change in full: values before and now, as far as the reader may see them."""
    crm, t = visit.crm, visit.t
    header = crm.batch(id.hex)
    made, lines = crm.detail(header)
    told = [row[1:] for row in change_lines(crm, t, lines)]
    facts = {
        "header": header,
        "did": did(t, header),
        "made": counted(t, made),
        "lines": told,
        "more": max(0, header.edited + header.deleted - len(lines)),
        "people": _people(crm, header),
        "undoable": header.kind not in NEVER and may_undo(visit, header),
        "undone_by": _undone_by(crm, header),
    }
    return Shown("history/change.html", facts)


def may_undo(visit: Visit, header: Header) -> bool:
    """Whether taking it back is worth offering: one's own, or anybody's where one may."""
    actor = visit.crm.actor
    return actor.may("history.undo") or (actor.may("history.undo_own") and actor.did(header))


def counted(t: Translator, made: dict[str, int]) -> list[str]:
    """So many of each kind of record, in the desk's words; those that have no word together, and last."""
    found, others = [], 0
    for name, count in made.items():
        if not count or name in INNER:
            continue
        match name:
            case "contact":
                found.append(t.n("{n} person", "{n} people", count))
            case "interaction":
                found.append(t.n("{n} thing that happened", "{n} things that happened", count))
            case "consent":
                found.append(t.n("{n} answer about being contacted", "{n} answers about being contacted", count))
            case "membership":
                found.append(t.n("{n} place in a segment", "{n} places in segments", count))
            case _ if name in records.RECORD:
                found.append(records.counted(t, name, count))
            case _:
                others += count
    return [*found, t.n("{n} other record", "{n} other records", others)] if others else found


def _people(crm: Crm, header: Header) -> list[Any]:
    if not crm.actor.may("contact.read"):
        return []
    found = []
    for text in header.facts.get("contacts", ())[:5]:
        try:
            found.append(crm.look_up(UUID(text)))
        except PerthynError:  # gone since
            continue
    return found


def _undone_by(crm: Crm, header: Header) -> Header | None:
    """The change that took this one back, among the newest."""
    return next((one for one in crm.changes(200) if one.undoes == header.id), None)


@screens.get("/history/{id:uuid}/undo", "history.undo_own")
def ask_undo(visit: Visit, id: UUID) -> Reply:
    """What would go back, and what would stay and why; nothing is written."""
    crm, t = visit.crm, visit.t
    header = crm.batch(id.hex)
    if undoing.is_large(header):
        undoing.check(crm, header)
        if undoing.state_of(crm, header).running:
            return Went(f"/history/{id}/undoing")
        return Shown("history/large.html", _large(visit, header))
    plan = crm.undo_plan(header)
    facts = {
        "header": header,
        "did": did(t, header),
        "goes": counted(t, dict(plan.removes)),
        "comes": counted(t, dict(plan.restores)),
        "edits": _edits(crm, t, plan),
        "kept": stayed(crm, t, plan.kept),
        "values": sum(len(one.values) for one in plan.edits),
        "staying": len(plan.kept),
        "empty": plan.empty,
        "to": visit.query.get("to", ""),
    }
    return Shown("history/undo.html", facts)


def _edits(crm: Crm, t: Translator, plan: UndoPlan) -> list[list[str]]:
    rows = []
    for edit in plan.edits[:NAMED]:
        name = named(crm, t, edit.type, [edit.id])[edit.id]
        for path, (now, then) in edit.values.items():
            rows.append([name, label(t, crm.store.types[edit.type], path), value(t, now), value(t, then)])
    return rows


def stayed(crm: Crm, t: Translator, kept: Sequence[Kept]) -> list[list[str]]:
    """Whose it is, which field, and why it stayed; of the first."""
    rows = []
    for one in kept[:NAMED]:
        kind = crm.store.types[one.type]
        own = kind.stays[t.language == "cy"] if one.why == "never" else ""
        why = own or t(WHY_KEPT[one.why], by=one.by if one.by is not None else "?")
        rows.append([named(crm, t, one.type, [one.id])[one.id], label(t, kind, one.path) if one.path else "", why])
    return rows


@screens.post("/history/{id:uuid}/undo", "history.undo_own")
def undo(visit: Visit, id: UUID) -> Reply:
    """Take it back: one's own, or anybody's where one may. `to`: where to go on."""
    crm, t = visit.crm, visit.t
    to = visit.form.get("to", "")
    if not to.startswith("/") or to.startswith("/history"):
        to = f"/history/{id}" if crm.actor.may("history.read") else "/"
    header = crm.batch(id.hex)
    if undoing.is_large(header):
        undoing.begin(crm, header)
        return Went(f"/history/{id}/undoing")
    try:
        done = crm.undo(header)
    except Forbidden:
        raise
    except PerthynError as error:
        if error.code in BUSY:
            raise
        wrong, _ = t.error(error)
        return Went(to, wrong)
    if done.plan.kept:
        count = len(done.plan.kept)
        said = t.n("Taken back, but {n} thing stays as it is.", "Taken back, but {n} things stay as they are.", count)
    else:
        said = t("Taken back.")
    return Went(_still_there(crm, to), said, done.receipt.batch)


@screens.get("/history/{id:uuid}/undoing", "history.undo_own")
def how_far(visit: Visit, id: UUID) -> Reply:
    """How far the undo of something large is; what went back, and what stayed and why."""
    crm, t = visit.crm, visit.t
    header = crm.batch(id.hex)
    state = undoing.state_of(crm, header)
    if state.phase == "open" or not may_undo(visit, header):
        return Went(f"/history/{id}/undo")
    outcome = undoing.of(crm, header).outcome
    facts = {
        "header": header,
        "did": did(t, header),
        "state": state,
        "failure": PerthynError(state.code, **state.facts) if state.code else None,
        "batch": outcome.get("batch", ""),
        "went": counted(t, outcome.get("removes", {})),
        "came": counted(t, outcome.get("restores", {})),
        "values": outcome.get("values", 0),
        "staying": outcome.get("staying", 0),
        "kept": stayed(crm, t, undoing.kept_of(outcome)),
    }
    return Shown("history/undoing.html", facts)


def _large(visit: Visit, header: Header) -> dict[str, Any]:
    """What is said of something large at once, without looking at each of its records."""
    people = int(header.facts.get("people_new", 0))
    return {
        "header": header,
        "did": did(visit.t, header),
        "made": counted(visit.t, {"contact": people, "other": header.created - people}),
        "to": visit.query.get("to", ""),
    }


def _still_there(crm: Crm, to: str) -> str:
    """Where to go on; the page of somebody who was just taken out again is none."""
    if to.startswith("/contacts/"):
        id = _id(to.removeprefix("/contacts/")[:36])
        if id is not None:
            try:
                crm.look_up(id)
            except PerthynError:
                return "/contacts"
    return to

"""Imports: a file is brought, what was understood of it is shown and changed, looked at, taken in, and taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from perthyn.changes import Header
from perthyn.crm.imports import files_here
from perthyn.errors import PerthynError
from perthyn.importing.consents import PURPOSES, YesMeans
from perthyn.importing.identity import WHY
from perthyn.importing.layout import data_rows
from perthyn.importing.maps import MapColumn, write_map
from perthyn.importing.meanings import MEANINGS, check_meaning, reads, repeatable
from perthyn.importing.plans import ColumnPlan, Understanding
from perthyn.importing.returned import RETURNED
from perthyn.importing.tables import TEXT_SUFFIXES, WORKBOOK_SUFFIXES
from perthyn.importing.values import as_text
from perthyn.model import Contact, Interaction, split_path
from perthyn.screens import Reply, Screens, Sent, Shown, Visit, Went
from perthyn.text import Translator, capital, fold, phrase
from perthyn.words.records import label, value
from perthyn_web.intake import keeping, working
from perthyn_web.intake.keeping import Intake, Plan

screens = Screens()
screens.entry("/import", phrase("Import"), "import.read", icon="upload", order=500)

HOW = {
    "name": (phrase("by its name"), "plain"),
    "content": (phrase("by what stands in it"), "plain"),
    "known": (phrase("known export"), "good"),
    "map": (phrase("as somebody said"), "accent"),
    "unknown": (phrase("not recognised"), "careful"),
}
ABOUT = {
    "people": phrase("People"),
    "happenings": phrase("What happened"),
    "both": phrase("People and what happened to them"),
}
GROUPS = {"people": phrase("About the person"), "happenings": phrase("What happened"), "": phrase("Either")}
ORDERS = {"": phrase("As the cells show"), "dmy": phrase("Day first: 31/12/2026"),
          "mdy": phrase("Month first: 12/31/2026"), "ymd": phrase("Year first: 2026-12-31")}  # fmt: skip
DELIMITERS = {",": phrase("Comma"), ";": phrase("Semicolon"), "\t": phrase("Tab"), "|": phrase("Bar")}
ENCODINGS = {"utf-8": "UTF-8", "cp1252": "Windows (1252)", "iso-8859-14": "ISO-8859-14 (ŵ, ŷ)",
             "mac-roman": "Macintosh", "utf-16": "UTF-16", "latin-1": "ISO-8859-1"}  # fmt: skip
CAUSES = {
    "marketing": phrase("News, events and what we offer"),
    "fundraising": phrase("Appeals for gifts and our cause"),
}
EXAMPLES, ROWS, REFUSED = 3, 5, 20
EARLIER = 10


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the page shows it."""

    index: int
    header: str
    examples: list[str]
    becomes: str
    how: tuple[str, str]
    dated: str | None
    """the order of day and month, where it holds dates"""
    answer: bool
    """whether it says yes or no to something"""
    inverted: bool


# -- bringing a file ---------------------------------------------------------------------------------------------


@screens.get("/import", "import.read")
def index(visit: Visit) -> Reply:
    """Where a file is brought; those that wait, and what was imported before."""
    return _index(visit)


@screens.post("/import", "import.write", most=2 * keeping.LARGEST)
def bring(visit: Visit) -> Reply:
    """Keep what was brought, and show what was understood of it."""
    found: list[Intake] = []
    try:
        for upload in visit.uploads:
            found += keeping.bring(visit.crm, upload.name, upload.file)
    except PerthynError as error:
        for one in found:
            keeping.drop(one)
        return _index(visit, {"file": error})
    if not found:
        return _index(visit, {"file": PerthynError("web.import.none")})
    return Went(f"/import/{found[0].id}" if len(found) == 1 else "/import")


@screens.post("/import/beside", "setting.write")
def bring_beside(visit: Visit) -> Reply:
    """Take a file that lies beside the records: one of those that were shown."""
    for file in _beside(visit):
        if file.name == visit.form.get("name"):
            with file.open("rb") as content:
                found = keeping.bring(visit.crm, file.name, content)
            return Went(f"/import/{found[0].id}" if len(found) == 1 else "/import")
    return _index(visit, {"file": PerthynError("web.import.none")})


@screens.post("/import/{id:uuid}/drop", "import.write")
def drop(visit: Visit, id: UUID) -> Reply:
    """Keep a file no longer that has not been imported."""
    intake = keeping.get(visit.crm, id)
    if working.state_of(visit.crm, intake).running:
        return Went(f"/import/{id}/result")
    keeping.drop(intake)
    return Went("/import", visit.t("{file} is kept no longer.", file=intake.name))


# -- what was understood -----------------------------------------------------------------------------------------


@screens.get("/import/{id:uuid}", "import.read")
def columns(visit: Visit, id: UUID) -> Reply:
    """What each column is taken for."""
    intake = keeping.get(visit.crm, id)
    state = working.state_of(visit.crm, intake)
    if state.running or intake.file is None:
        return Went(f"/import/{id}/preview" if state.running and state.dry else f"/import/{id}/result")
    return _columns(visit, intake, _planned(visit, intake))


@screens.post("/import/{id:uuid}", "import.write")
def choose(visit: Visit, id: UUID) -> Reply:
    """Keep what a person says of the columns; then show it again, or look what would come of it."""
    intake = keeping.get(visit.crm, id)
    if intake.state.running or intake.file is None:
        return Went(f"/import/{id}/result")
    plan, trouble = _planned(visit, intake), dict[str, Exception]()
    try:
        chosen, trouble = _chosen(visit, intake, plan)
        if not trouble:
            _understood(visit, intake, chosen)  # what can't be read so is said at once
            intake.keep_plan(chosen)
            plan = chosen
    except PerthynError as error:
        trouble = {_field_of(error): error}
    if trouble:
        return _columns(visit, intake, plan, trouble)
    if visit.form.get("then") != "preview":
        return Went(f"/import/{id}")
    working.begin(visit.crm, intake, dry=True)
    return Went(f"/import/{id}/preview")


@screens.get("/import/{id:uuid}/map", "import.read")
def map_file(visit: Visit, id: UUID) -> Reply:
    """What each column is taken for, as a file for the command line."""
    intake = keeping.get(visit.crm, id)
    text = write_map(_understood(visit, intake, _planned(visit, intake)))
    return Sent(text.encode(), "application/toml", f"{Path(intake.name).stem}.toml")


# -- what would come of it, and what came of it -----------------------------------------------------------------


@screens.get("/import/{id:uuid}/preview", "import.read")
def preview(visit: Visit, id: UUID) -> Reply:
    """What would become of the rows; how far the look at them is."""
    intake = keeping.get(visit.crm, id)
    state = working.state_of(visit.crm, intake)
    if state.phase == "done" or (state.running and not state.dry) or intake.file is None:
        return Went(f"/import/{id}/result")
    if state.phase == "open":
        return Went(f"/import/{id}")
    return _preview(visit, intake)


@screens.post("/import/{id:uuid}/take", "import.write")
def take(visit: Visit, id: UUID) -> Reply:
    """Take the file in, as it was shown."""
    intake = keeping.get(visit.crm, id)
    state = working.state_of(visit.crm, intake)
    if state.phase != "looked" or intake.file is None:
        return Went(f"/import/{id}/result")
    wording = visit.form.get("wording", "").strip()
    if not wording and visit.form.all("purpose"):
        return _preview(visit, intake, {"wording": PerthynError("import.yes.wording")})
    if wording:
        visit.crm.check("consent.write")
        language = visit.form.get("wording_language", "")
        purposes = tuple(one for one in PURPOSES if one in visit.form.all("purpose"))
        yes = YesMeans(wording, language if language in ("cy", "en") else None, purposes)
        intake.keep_plan(replace(intake.plan, yes=yes))
    if visit.form.get("remember"):
        visit.crm.keep_map(_understood(visit, intake, _planned(visit, intake)))
    working.begin(visit.crm, intake, dry=False)
    return Went(f"/import/{id}/result")


@screens.get("/import/{id:uuid}/result", "import.read")
def result(visit: Visit, id: UUID) -> Reply:
    """How far it is; what became of the rows."""
    intake = keeping.get(visit.crm, id)
    state = working.state_of(visit.crm, intake)
    if (state.running and state.dry) or state.phase in ("open", "looked"):
        return Went(f"/import/{id}/preview")
    parent = None
    if intake.parent is not None:
        parent = next((one for one in keeping.every(visit.crm) if one.id == intake.parent), None)
    facts = {"parent": parent, "parent_waiting": parent.waiting if parent else 0, "waiting": intake.waiting}
    return Shown("imports/result.html", {**_facts(visit, intake), **facts})


# -- parts -------------------------------------------------------------------------------------------------------


def _index(visit: Visit, trouble: Mapping[str, Exception] | None = None) -> Reply:
    crm = visit.crm
    found = keeping.every(crm)
    states = {one.id: working.state_of(crm, one) for one in found}
    earlier: list[Header] = []
    if crm.actor.may("history.read"):
        earlier = [one for one in crm.changes(200) if one.kind == "import"][:EARLIER]
    facts = {
        "waiting": [(one, states[one.id], one.waiting) for one in found],
        "earlier": earlier,
        "beside": _beside(visit) if crm.actor.may("setting.write") else [],
        "accept": ",".join(_endings(visit)),
        "megabytes": keeping.LARGEST >> 20,
    }
    return Shown("imports/index.html", facts, trouble or {})


def _endings(visit: Visit) -> list[str]:
    offered = [ending for one in visit.crm.plugins.offer("offer_readers") for ending in one.suffixes]
    return sorted({*TEXT_SUFFIXES - {""}, *WORKBOOK_SUFFIXES, *offered})


def _beside(visit: Visit) -> list[Path]:
    """Files in the organisation's own folder that could be imported."""
    return files_here(visit.crm.settings.folder, _endings(visit))


def _planned(visit: Visit, intake: Intake) -> Plan:
    """What somebody said of this file; else of one with the same columns."""
    plan = intake.plan
    if plan.columns or plan.encoding or plan.delimiter:
        return plan
    usual = visit.crm.usual_map(_understood(visit, intake, plan).layout.headers)
    if usual is None:
        return plan
    plan = Plan(source=usual.source, about=usual.about, known=usual.known, defaults=usual.defaults,
                columns=usual.columns)  # fmt: skip
    try:
        _understood(visit, intake, plan)
    except PerthynError:
        return intake.plan
    return plan


def _understood(visit: Visit, intake: Intake, plan: Plan) -> Understanding:
    if intake.file is None:
        raise PerthynError("web.import.gone", id=intake.id.hex[-6:])
    return next(iter(visit.crm.understand(intake.file, intake.reading(plan))))


def _columns(visit: Visit, intake: Intake, plan: Plan, trouble: Mapping[str, Exception] | None = None) -> Reply:
    t = visit.t
    facts: dict[str, Any] = {
        "intake": intake, "plan": plan, "understood": None, "columns": [], "rows": [], "notes": [],
        "encodings": [("", t("As it was found")), *ENCODINGS.items()],
        "delimiters": [("", t("As it was found")), *((sign, t(said)) for sign, said in DELIMITERS.items())],
        "abouts": [(name, t(said)) for name, said in ABOUT.items()],
        "orders": [(name, t(said)) for name, said in ORDERS.items()],
    }  # fmt: skip
    try:
        understood = _understood(visit, intake, plan)
    except PerthynError as error:
        return Shown("imports/columns.html", facts, trouble or {"encoding": error})
    by_itself = _understood(visit, intake, replace(plan, columns={})) if plan.columns else understood
    hows = {(one.header, one.becomes): one.how for one in by_itself.columns}
    sample = list(islice((cells for _, cells, why in data_rows(understood.table, understood.layout) if not why), 300))
    rows = [[as_text(cell) for cell in cells] for cells in sample]
    facts |= {
        "understood": understood,
        "columns": [_column(t, replace(one, how=hows.get((one.header, one.becomes), "map")), rows)
                    for one in understood.columns if one.header != WHY],
        "rows": rows[:ROWS],
        "meanings": _meanings(visit, understood),
        "notes": [t.error(PerthynError(one.code, **one.facts)) for one in understood.notes],
        "defaults": [(_meaning(t, name), word) for name, word in understood.defaults.items()],
    }  # fmt: skip
    return Shown("imports/columns.html", facts, trouble or {})


def _column(t: Translator, one: ColumnPlan, rows: list[list[str]]) -> Column:
    there = dict.fromkeys(row[one.index][:60] for row in rows if one.index < len(row) and row[one.index].strip())
    how = HOW.get(one.how, HOW["unknown"])
    dated = one.date_order if reads(one.becomes) in ("date", "instant") else None
    return Column(one.index, one.header, list(islice(there, EXAMPLES)), one.becomes, (t(how[0]), how[1]), dated,
                  reads(one.becomes) == "yes_no", one.inverted)  # fmt: skip


def _meanings(visit: Visit, understood: Understanding) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a column may become, in groups."""
    t, now = visit.t, {one.becomes for one in understood.columns}
    groups: dict[str, list[tuple[str, str]]] = {name: [] for name in GROUPS}
    for one in MEANINGS.values():
        if one.name not in RETURNED or one.name in now:
            groups[one.about].append((one.name, _meaning(t, one.name)))
    own = {one: _meaning(t, one) for one in now if one not in MEANINGS}
    own |= {f"own.{name}": header for header in understood.layout.headers if (name := own_name(header))}
    found = [(t(said), sorted(groups[name], key=lambda one: fold(one[1]))) for name, said in GROUPS.items()]
    return [*found, (t("A field of your own"), sorted(own.items(), key=lambda one: fold(one[1])))]


def own_name(header: str) -> str:
    """A header as the name of a field of the organisation's own; "" where nothing is left of it."""
    return re.sub(r"[^a-z0-9]+", "_", fold(header)).strip("_").lstrip("0123456789_")[:40].rstrip("_")


def _meaning(t: Translator, name: str) -> str:
    found = MEANINGS.get(name)
    said = name.partition(".")[2] if found is None else found.cy if t.language == "cy" else found.en
    return capital(said)


def _chosen(visit: Visit, intake: Intake, plan: Plan) -> tuple[Plan, dict[str, Exception]]:
    """What the form says, and what is wrong with it."""
    form, trouble = visit.form, dict[str, Exception]()
    encoding, delimiter = form.get("encoding", ""), form.get("delimiter", "")
    read = Plan(encoding if encoding in ENCODINGS else "", delimiter if delimiter in DELIMITERS else "")
    if (read.encoding, read.delimiter) != (plan.encoding, plan.delimiter):
        return read, {}  # what it holds is another thing now
    there = _understood(visit, intake, plan)
    columns: dict[str, MapColumn] = {}
    taken: dict[str, str] = {}
    for one in there.columns:
        name = f"c-{one.index}"
        becomes = form.get(name, one.becomes)
        if one.header == WHY:
            continue
        if becomes != one.becomes:
            check_meaning(becomes, one.header)
        if becomes in taken and not repeatable(becomes):
            facts = {"meaning": _meaning(visit.t, becomes), "other": taken[becomes], "column": one.header}
            trouble[name] = PerthynError("web.import.twice", **facts)
        taken.setdefault(becomes, one.header)
        same = becomes == one.becomes
        order = form.get(f"o-{one.index}", one.date_order if same else "")
        inverted = bool(form.get(f"i-{one.index}")) if f"i-{one.index}-shown" in form else one.inverted and same
        columns[one.header] = MapColumn(
            becomes, order if order in ("dmy", "mdy", "ymd", "serial") else "", one.decimal if same else "", inverted
        )
    source = form.get("source", there.source).strip() or there.source
    about = form.get("about", there.about)
    return replace(read, source=source[:200], about=about if about in ABOUT else there.about, known=there.known,
                   defaults=dict(there.defaults), columns=columns), trouble  # fmt: skip


def _field_of(error: PerthynError) -> str:
    return "delimiter" if "delimiter" in error.code else "encoding"


def _preview(visit: Visit, intake: Intake, trouble: Mapping[str, Exception] | None = None) -> Reply:
    return Shown("imports/preview.html", _facts(visit, intake), trouble or {})


def _facts(visit: Visit, intake: Intake) -> dict[str, Any]:
    """What a page says of an import that runs or has ended."""
    t, outcome = visit.t, intake.outcome
    state = working.state_of(visit.crm, intake)
    plan = intake.plan
    return {
        "intake": intake,
        "state": state,
        "before": working.before(visit.crm, intake) if state.phase == "waiting" else 0,
        "failure": PerthynError(state.code, **state.facts) if state.code else None,
        "outcome": outcome,
        "counts": working.counts_of(outcome),
        "changed": [(one["who"], _path_word(t, one["path"]), value(t, one.get("before")), value(t, one.get("after")))
                    for one in outcome.get("changed", ())],
        "refused": list(_shown_refused(t, intake)),
        "told": sorted(_told(t, outcome), key=lambda one: -one[1]),
        "unconfirmed": outcome.get("consents", {}).get("unconfirmed", 0),
        "said_no": outcome.get("consents", {}).get("refused", 0),
        "purposes": [(name, t(said)) for name, said in CAUSES.items()],
        "yes": plan.yes,
    }  # fmt: skip


def _shown_refused(t: Translator, intake: Intake) -> Iterator[tuple[int, str, str]]:
    for one in islice(intake.refused(), REFUSED):
        why = " ".join(t.error(error)[0] for _, error in one.reasons)
        yield one.row, why, " · ".join(cell for cell in one.cells if cell)[:200]


def _told(t: Translator, outcome: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for name in ("asides", "noted"):
        for code, count in outcome.get(name, {}).items():
            yield re.sub(r"\{\w+\}", "…", t.error(PerthynError(code))[0]), count


def _path_word(t: Translator, path: str) -> str:
    return label(t, Contact if split_path(path)[0] in Contact.model_fields else Interaction, path)

"""Building: a segment's rule put together line by line, or typed; tried while it is made, and kept.

All that is chosen stands in the address (or, where that would be too long, in the form), so that a page can be shown
again, in the other language too. Nothing is kept until somebody says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from perthyn.crm import Crm
from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.model import Contact, Segment
from perthyn.rules import Closed, Rule, because_sentences, parse, print_rule, read_rule, rule_json, sentence, tidy
from perthyn.screens import Given, Reply, Screens, Shown, Visit, Went
from perthyn.text import LANGUAGES, Translator
from perthyn_web.builder import Offers, choice_of, clause_of, outline
from perthyn_web.builder.hows import UNITS, WHENS
from perthyn_web.builder.lines import Unsaid
from perthyn_web.builder.outline import added, at, beside, joined, replaced, turned
from perthyn_web.builder.starts import starts

screens = Screens()
SAMPLE = 10
FOUND = 6
LONGEST = 4_000
"""A rule longer than this in an address goes in the form instead."""
LINE = ("what", "how", "to", "when", "n", "unit", "day", "until", "year", "of", "ofhow", "ofvalue")
MODES = ("dynamic", "snapshot")


@dataclass
class Draft:
    """A rule in the making. `open`: where a line is being chosen ("" nowhere); `said`: what is chosen of it so far.

    `open` is ``new`` or ``new 2`` (in that group), ``edit 1.0``, ``beside 1`` (beside "" is all of it).
    """

    rule: Rule | None = None
    open: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    as_text: bool = False
    text: str = ""
    line: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    mode: str = "dynamic"
    trouble: dict[str, Exception] = field(default_factory=dict)


@screens.get("/segments/new", "segment.write")
def new(visit: Visit) -> Reply:
    """A rule in the making."""
    return _shown(visit, _drafted(visit, visit.query))


@screens.post("/segments/new", "segment.write")
def create(visit: Visit) -> Reply:
    """The rule is kept as a segment; or it is long, and goes on being made."""
    draft = _drafted(visit, visit.form)
    if visit.form.get("do") != "save" or not _ready(visit, draft):
        return _shown(visit, draft)
    try:
        made, receipt = visit.crm.add_segment(
            draft.names["en"] or None, draft.names["cy"] or None, _text(visit.crm, draft.rule), mode=draft.mode
        )
    except PerthynError as error:
        draft.trouble = {_place_of(error): error}
        return _shown(visit, draft)
    said = visit.t("Saved: {name}", name=made.name(visit.t.language))
    return Went(f"/segments/{made.id}", said, receipt.batch)


@screens.get("/segments/{id:uuid}/edit", "segment.write")
def edit(visit: Visit, id: UUID) -> Reply:
    """The names and the rule of a segment, to be changed."""
    segment = known(visit.crm, id)
    draft = _drafted(visit, visit.query, segment)
    return _shown(visit, draft, segment)


@screens.post("/segments/{id:uuid}/edit", "segment.write")
def change(visit: Visit, id: UUID) -> Reply:
    """The changes are kept."""
    segment = known(visit.crm, id)
    draft = _drafted(visit, visit.form, segment)
    ruled = segment.mode == "dynamic"
    if visit.form.get("do") != "save" or not _ready(visit, draft, ruled):
        return _shown(visit, draft, segment)
    try:
        made, receipt = visit.crm.edit_segment(
            segment, name_en=draft.names["en"] or None, name_cy=draft.names["cy"] or None,
            rule=_text(visit.crm, draft.rule) if ruled else None, mode=draft.mode if ruled else "",
        )  # fmt: skip
    except PerthynError as error:
        if isinstance(error, Forbidden):
            raise
        draft.trouble = {_place_of(error): error}
        return _shown(visit, draft, segment)
    said = visit.t("Saved: {name}", name=made.name(visit.t.language)) if receipt else visit.t("Nothing has changed.")
    return Went(f"/segments/{id}", said, receipt.batch if receipt else None)


@screens.get("/segments/live", "segment.write")
def live(visit: Visit) -> Reply:
    """How many a rule in the making finds, and some of them."""
    return Shown("segments/live.html", {"live": _live(visit, _drafted(visit, visit.query))})


@screens.post("/segments/live", "segment.write")
def live_long(visit: Visit) -> Reply:
    """The same of a rule that is too long for an address."""
    return Shown("segments/live.html", {"live": _live(visit, _drafted(visit, visit.form))})


@screens.get("/segments/whether", "segment.write")
def whether(visit: Visit) -> Reply:
    """Whether a rule in the making holds for somebody, and why."""
    draft = _drafted(visit, visit.query)
    return Shown("segments/whether.html", {"whether": whether_of(visit, visit.query, lambda: _closed(visit, draft))})


@screens.post("/segments/whether", "segment.write")
def whether_long(visit: Visit) -> Reply:
    """The same of a rule that is too long for an address."""
    draft = _drafted(visit, visit.form)
    return Shown("segments/whether.html", {"whether": whether_of(visit, visit.form, lambda: _closed(visit, draft))})


def known(crm: Crm, id: UUID) -> Segment:
    """The segment of that id. Raises `Unknown`."""
    found = next((one for one in crm.segments() if one.id == id), None)
    if found is None:
        raise Unknown("segment.unknown", name=id.hex[-6:], suggestion="")
    return found


# -- what is asked for --------------------------------------------------------------------------------------------


def _drafted(visit: Visit, given: Given, segment: Segment | None = None) -> Draft:
    """The rule as it stands after what was pressed; what can't be done is `trouble`."""
    draft = _before(visit, given, segment)
    doing, _, place = given.get("do", "").partition(" ")
    try:
        if draft.as_text and doing != "text":
            draft.rule = parse(draft.text, visit.crm.schema(), visit.t.language) if draft.text.strip() else None
        _joins(draft, given)
        _done(visit, draft, doing, place)
    except PerthynError as error:
        if isinstance(error, Forbidden):
            raise
        draft.trouble[_place_of(error)] = error
    if draft.rule is not None:
        _close_softly(visit.crm, draft)
    return draft


def _before(visit: Visit, given: Given, segment: Segment | None) -> Draft:
    kept = "rule" not in given and segment is not None
    stored = segment.rule if kept and segment is not None else given.get("rule", "")
    draft = Draft(open=given.get("open", ""), as_text=given.get("as") == "text", text=given.get("text", ""))
    try:
        draft.rule = read_rule(stored) if stored else None
    except PerthynError as error:
        draft.trouble[""] = error
    draft.said = {name: given[name] for name in LINE if name in given} | {"value": given.all("value")}
    draft.line = given.get("line", "")
    names = {one: given.get(f"name_{one}", "").strip() for one in LANGUAGES}
    if segment is not None and kept:
        names = {"en": segment.name_en or "", "cy": segment.name_cy or ""}
    draft.names = names
    mode = given.get("mode", segment.mode if segment is not None else "dynamic")
    draft.mode = mode if mode in MODES else "dynamic"
    return draft


def _joins(draft: Draft, given: Given) -> None:
    """What was chosen at the head of each group."""
    for name in given:
        if name.partition(".")[0] == "join" and draft.rule is not None and not draft.as_text:
            draft.rule = joined(draft.rule, name.partition(".")[2], given[name])


def _done(visit: Visit, draft: Draft, doing: str, place: str) -> None:
    crm, rule = visit.crm, draft.rule
    match doing:
        case "open":
            draft.open, draft.said = place, _begun(crm, rule, place)
            draft.line = _line_text(crm, rule, place)
        case "close":
            draft.open, draft.said = "", {}
        case "put" | "save" | "lines" | "text" if draft.open and (draft.said.get("what") or draft.line.strip()):
            draft.rule = _put(visit, draft)
            draft.open, draft.said = "", {}
        case "remove" if rule is not None:
            draft.rule, draft.open = replaced(rule, place, None), ""
        case "turn" if rule is not None:
            draft.rule = turned(rule, place)
    if doing == "text" and not draft.as_text:
        draft.as_text, draft.text = True, _text(crm, draft.rule)
    elif doing == "lines":
        draft.as_text = False


def _begun(crm: Crm, rule: Rule | None, place: str) -> dict[str, Any]:
    """What is chosen of a line when it is opened."""
    doing, _, path = place.partition(" ")
    if doing != "edit" or rule is None:
        return {}
    return choice_of(at(rule, path), crm.schema()) or {}


def _line_text(crm: Crm, rule: Rule | None, place: str) -> str:
    """The text of a line that the form can't show."""
    doing, _, path = place.partition(" ")
    if doing != "edit" or rule is None or choice_of(at(rule, path), crm.schema()) is not None:
        return ""
    return print_rule(tidy(at(rule, path)), crm.schema(), crm.language)


def _put(visit: Visit, draft: Draft) -> Rule:
    """The rule with the line that is open in its place. Raises `Unsaid`, and what `parse` raises."""
    schema = visit.crm.schema()
    if draft.said.get("what"):
        clause = clause_of(draft.said, schema)
    else:
        clause = parse(draft.line, schema, visit.t.language)
        clause = clause.rules[0] if len(clause.rules) == 1 and not clause.not_ else clause
    doing, _, path = draft.open.partition(" ")
    if draft.rule is None or doing == "new":
        return added(draft.rule, path, clause)
    if doing == "beside":
        return beside(draft.rule, path, clause)
    return replaced(draft.rule, path, clause) or tidy(clause)


def _close_softly(crm: Crm, draft: Draft) -> None:
    """What the rule names must be there, and be theirs to ask for. Raises `Forbidden`."""
    try:
        crm.close(tidy(draft.rule) if draft.rule is not None else tidy(Rule()))
    except Forbidden:
        raise
    except PerthynError as error:
        draft.trouble.setdefault("text" if draft.as_text else "", error)


def _place_of(error: PerthynError) -> str:
    """The field at which an error is shown."""
    if isinstance(error, Unsaid):
        return error.field
    if error.code in ("segment.exists", "segment.nameless"):
        return "name_en"
    return "text" if error.code.startswith("rules.text") else ""


def _ready(visit: Visit, draft: Draft, ruled: bool = True) -> bool:
    """Whether all is there that a segment needs; what is not is noted."""
    if not any(draft.names.values()):
        draft.trouble["name_cy" if visit.t.language == "cy" else "name_en"] = PerthynError("segment.nameless")
    if ruled and draft.rule is None and not draft.trouble:
        draft.trouble["text" if draft.as_text else "what"] = PerthynError("segment.ruleless")
    return not draft.trouble


def _text(crm: Crm, rule: Rule | None) -> str:
    return "" if rule is None else print_rule(rule, crm.schema(), crm.language)


# -- what is shown ------------------------------------------------------------------------------------------------


def _shown(visit: Visit, draft: Draft, segment: Segment | None = None) -> Shown:
    crm, t = visit.crm, visit.t
    offers = Offers(crm, t)
    data = rule_json(draft.rule) if draft.rule is not None else ""
    try:
        whole = outline(draft.rule, crm.schema(), both_of(crm)) if draft.rule is not None else None
    except PerthynError as error:
        whole, draft.as_text = None, True
        draft.trouble.setdefault("text", error)
        draft.text = draft.text or data
    ruled = segment is None or segment.mode == "dynamic"
    facts: dict[str, Any] = {
        "draft": draft, "data": data, "whole": whole, "offers": offers, "segment": segment, "ruled": ruled,
        "method": "post" if len(data) + len(draft.text) > LONGEST else "get", "units": UNITS,
        "starts": list(starts(crm)) if draft.rule is None and segment is None and not draft.as_text else [],
        "rule_json": rule_json, "given": visit.form if visit.method == "POST" else visit.query,
        "asked": asked_of(offers, draft.said), "live": None, "whether": None,
    }  # fmt: skip
    doing = (visit.form if visit.method == "POST" else visit.query).get("do", "")
    if doing == "count":
        facts["live"] = _live(visit, draft)
    if doing.startswith("whether"):
        facts["whether"] = whether_of(visit, facts["given"], lambda: _closed(visit, draft))
    return Shown("segments/build.html", facts, draft.trouble)


def asked_of(offers: Offers, said: Mapping[str, Any]) -> dict[str, Any]:
    """What the line that is open asks for, by what is chosen of it so far."""
    what = str(said.get("what", ""))
    how = offers.how(what, str(said.get("how", ""))) if what else None
    whens = offers.whens(what, how) if how is not None else ()
    chosen = str(said.get("when", ""))
    when = next((one for one in whens if one.name == chosen), whens[0] if whens else None)
    return {"what": what, "how": how, "whens": whens, "when": when, "spans": [one.name for one in WHENS]}


def _live(visit: Visit, draft: Draft) -> dict[str, Any]:
    """How many, some of them, and the sentence of the line that is open, in both languages."""
    found: dict[str, Any] = {"count": None, "some": [], "error": None, "said": {}}
    try:
        closed = _closed(visit, draft)
        found["said"] = _pending(visit, draft)
        if closed is not None:
            found["count"] = visit.crm.count_of(closed)
            found["some"] = visit.crm.page_of(closed, SAMPLE)
    except Forbidden:
        raise
    except Unsaid:  # a line that is not finished: what stands already is counted
        found["unfinished"] = True
        draft.open = ""
        return {**found, **_live(visit, draft), "unfinished": True}
    except PerthynError as error:
        found["error"] = error
    return found


def _pending(visit: Visit, draft: Draft) -> dict[str, str]:
    if not draft.open or not draft.said.get("what"):
        return {}
    clause = tidy(clause_of(draft.said, visit.crm.schema()))
    return {t.language: sentence(clause, t, visit.crm.schema()) for t in both_of(visit.crm)}


def both_of(crm: Crm) -> list[Translator]:
    """A translator of each language, for sentences that stand in both."""
    catalogues = crm.plugins.offer("offer_locale")
    return [crm.kept(f"words {one}", lambda one=one: Translator(one, catalogues)) for one in LANGUAGES]  # type: ignore[misc]


def _closed(visit: Visit, draft: Draft) -> Closed | None:
    """The rule with the line that is open, if there is one. Raises what is wrong with it."""
    for error in draft.trouble.values():
        raise error
    rule = draft.rule
    if draft.open and (draft.said.get("what") or draft.line.strip()):
        rule = _put(visit, draft)
    return None if rule is None else visit.crm.close(rule)


def whether_of(visit: Visit, given: Given, closed: Any, at: str = "/segments/whether") -> dict[str, Any]:
    """Somebody looked for, and once there is one, whether a rule holds for them and why.

    `closed()` answers the closed rule, None where there is none. Who is meant stands in ``who`` (as typed) and ``whom``
    (an id); of one who was found alone nobody need choose. `at`: where it is asked again.
    """
    crm, asked = visit.crm, given.get("who", "").strip()
    doing = given.get("do", "").partition(" ")
    chosen = doing[2] if doing[0] == "whether" and doing[2] else given.get("whom", "")
    found = crm.find(asked, FOUND) if asked else []
    if chosen and asked and not any(str(one.id) == chosen for one in found):
        chosen = ""
    person = next((one for one in found if str(one.id) == chosen), found[0] if len(found) == 1 else None)
    told: dict[str, Any] = {"asked": asked, "found": found, "person": person, "holds": None, "why": [], "error": None,
                            "at": at, "method": visit.method.lower()}  # fmt: skip
    if person is None:
        return told
    try:
        rule = closed()
        if rule is not None:
            told |= reasons_of(visit, rule, person)
    except Forbidden:
        raise
    except PerthynError as error:
        told["error"] = error
    return told


def reasons_of(visit: Visit, closed: Closed, person: Contact) -> dict[str, Any]:
    """Whether a closed rule holds for somebody, and the facts used, in sentences."""
    because = visit.crm.reasons(closed, person)
    return {"holds": because.holds, "why": because_sentences(because, visit.t, visit.crm.schema(), person)}

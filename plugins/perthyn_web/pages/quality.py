"""To put right: what a person must look at, and two entries that may be one person."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from perthyn.crm.pairs import PAIR, Pair
from perthyn.errors import PerthynError, Unknown
from perthyn.merging import Choice
from perthyn.model import Contact, Problem
from perthyn.screens import Reply, Screens, Shown, Visit, Went
from perthyn.text import phrase
from perthyn.words.permission import problem_words
from perthyn.words.records import label, value
from perthyn_web.pages import saying

screens = Screens()
screens.entry("/quality", phrase("To put right"), "problem.read", icon="wrench", order=600)
MANY = 25
PAIRS = 8
"""So many pairs stand above the other things."""
REASONS = {
    "email": phrase("The same email"),
    "phone": phrase("The same phone number"),
    "name and postcode": phrase("The same surname, initial and postcode"),
    "id": phrase("The same number in another system"),
    "hand": phrase("Somebody here thinks so"),
}
"""Why two may be one."""
AREAS = {
    "duplicate": (phrase("Here twice, perhaps"), "users"),
    "import": (phrase("Rows that could not be read"), "file-text"),
    "consent": (phrase("Contradictions about being contacted"), "mail-check"),
    "inbound": (phrase("Messages that could not be read"), "inbox"),
    "sheet": (phrase("In the Google Sheet"), "layers"),
    "other": (phrase("Other things"), "wrench"),
}
"""The kinds of what is to be put right, by how their codes begin."""


def area_of(code: str) -> str:
    """The kind of a problem."""
    first = code.partition(".")[0]
    return first if first in AREAS else "import" if first in ("row", "value", "reading") else "other"


@screens.get("/quality", "problem.read")
def quality(visit: Visit) -> Reply:
    """What is open, by kind."""
    crm, t = visit.crm, visit.t
    found = crm.open_problems()
    counts = Counter(area_of(one.code) for one in found)
    area = visit.query.get("kind", "")
    shown = [one for one in found if (not area or area_of(one.code) == area) and one.code != PAIR][: MANY + 1]
    pairs = crm.pairs() if area in ("", "duplicate") and crm.actor.may("contact.read") else []
    names, some = _names(visit, shown[:MANY]), pairs[: PAIRS if not area else MANY * 4]
    crm.shows(id for one in some for id in (one.left.id, one.right.id))
    facts = {
        "areas": [(name, t(AREAS[name][0]), AREAS[name][1], counts[name]) for name in AREAS if counts[name]],
        "area": area if area in AREAS else "",
        "problems": [(one, *problem_words(t, one), names.get(one.contact)) for one in shown[:MANY]],
        "more": len(shown) > MANY,
        "pairs": [(one, why(visit, one)) for one in some],
        "pair_count": len(pairs),
        "words": saying,
    }
    return Shown("quality/list.html", facts)


def _names(visit: Visit, problems: list[Problem]) -> dict[UUID | None, str]:
    """The names of those whom the problems are about."""
    if not visit.crm.actor.may("contact.read"):
        return {}
    found = visit.crm.store.get(Contact, {one.contact for one in problems if one.contact})
    visit.crm.shows(found)
    return {id: one.shown_name for id, one in found.items()}


def why(visit: Visit, pair: Pair) -> str:
    """Why two may be one."""
    return visit.t(REASONS[pair.reason]) if pair.reason in REASONS else pair.reason


@screens.post("/quality/settle", "problem.write")
def settle(visit: Visit) -> Reply:
    """Those ticked are dealt with."""
    ids = visit.form.all("id")
    to = visit.form.get("to", "") or "/quality"
    if not ids:
        return Went(to, visit.t("Nothing was ticked."))
    receipt = visit.crm.settle(ids)
    return Went(to, visit.t.n("{n} thing is dealt with.", "{n} things are dealt with.", receipt.edited), receipt.batch)


@screens.get("/quality/pairs/{id:uuid}", "contact.merge")
def pair(visit: Visit, id: UUID) -> Reply:
    """The two side by side."""
    return _pair(visit, _open_pair(visit, id), {})


def _open_pair(visit: Visit, id: UUID) -> Pair:
    found = next((one for one in visit.crm.pairs() if one.problem.id == id), None)
    if found is None:
        raise Unknown("people.pair.gone", name=id.hex[-6:], suggestion="")
    return found


def _pair(visit: Visit, found: Pair, trouble: dict[str, Exception]) -> Reply:
    crm, t = visit.crm, visit.t
    views = [crm.show(one.id) for one in (found.left, found.right)]
    facts = {
        "pair": found,
        "why": why(visit, found),
        "sides": [(one, _facts_of(visit, one.contact), sum(total.count for total in one.totals)) for one in views],
        "differ": [
            (name, label(t, Contact, name), value(t, a), value(t, b), _both(a, b))
            for name, (a, b) in found.differ.items()
        ],
    }
    return Shown("quality/pair.html", facts, trouble)


def _both(a: Any, b: Any) -> bool:
    """Whether both values can stay, one after the other."""
    return isinstance(a, str) and isinstance(b, str)


def _facts_of(visit: Visit, one: Contact) -> list[tuple[str, str]]:
    """All that tells who somebody is, for comparing."""
    t = visit.t
    return [
        (t("Name"), one.shown_name),
        (t("Email"), "; ".join(each.address for each in one.emails)),
        (t("Phone"), "; ".join(each.number for each in one.phones)),
        (t("Address"), "; ".join(", ".join(saying.address_lines(each)) for each in one.addresses)),
        (t("Language"), saying.word(t, saying.LANGUAGES, one.language)),
        (t("Role"), "; ".join(dict.fromkeys(saying.role(t, each) for each in one.roles))),
        (t("Tags"), ", ".join(each.tag for each in one.tags)),
    ]


@screens.post("/quality/pairs/{id:uuid}/join", "contact.merge")
def join(visit: Visit, id: UUID) -> Reply:
    """Make one of the two; the values that were not chosen are kept in the history."""
    found = _open_pair(visit, id)
    form, t = visit.form, visit.t
    right = form.get("stays") == str(found.right.id)
    choices: dict[str, Choice] = {}
    for name in found.differ:
        chosen = form.get(f"take-{name}", "")
        if chosen == "both":
            choices[name] = "both"
        elif chosen in ("left", "right"):
            choices[name] = "keep" if (chosen == "right") is right else "other"
    try:
        receipt = visit.crm.join(found, choices, into=found.right.id if right else found.left.id)
    except PerthynError as error:
        return _pair(visit, found, {"": error})
    stays = found.right if right else found.left
    return Went(f"/contacts/{stays.id}", t("They are one now: {name}", name=stays.shown_name), receipt.batch)


@screens.post("/quality/pairs/{id:uuid}/apart", "contact.merge")
def apart(visit: Visit, id: UUID) -> Reply:
    """They are two; it is remembered and not asked again."""
    found = _open_pair(visit, id)
    receipt = visit.crm.keep_apart(found)
    said = visit.t("Kept as two: {left} and {right}", left=found.left.shown_name, right=found.right.shown_name)
    return Went("/quality?kind=duplicate", said, receipt.batch)

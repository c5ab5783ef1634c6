"""More about a person: whom they belong to, whether they are here twice, all that is kept of them, erasing them."""

from __future__ import annotations

import json
from uuid import UUID

from perthyn.errors import PerthynError
from perthyn.screens import Reply, Screens, Sent, Shown, Visit, Went
from perthyn.text import fold
from perthyn_web.pages import saying
from perthyn_web.pages.history import counted

screens = Screens()
SOME = 8


@screens.get("/contacts/{id:uuid}/related", "contact.write")
def ask_related(visit: Visit, id: UUID) -> Reply:
    """To whom?"""
    return _choose(visit, id, "people/related.html", {})


def _choose(visit: Visit, id: UUID, template: str, trouble: dict[str, Exception]) -> Reply:
    """A search for the other one."""
    one = visit.crm.look_up(id)
    asked = visit.query.get("q", "").strip()
    found = [other for other in (visit.crm.find(asked, SOME + 1) if asked else []) if other.id != one.id]
    facts = {
        "one": one,
        "asked": asked,
        "hits": found[:SOME],
        "words": saying,
        "today": visit.crm.today(),
        "relations": saying.choices(visit.t, saying.RELATIONS),
        "relation": visit.query.get("relation", ""),
    }
    return Shown(template, facts, trouble)


@screens.post("/contacts/{id:uuid}/related", "contact.write")
def relate(visit: Visit, id: UUID) -> Reply:
    """Note it, on both sides."""
    form = visit.form
    kind = form.get("relation", "")
    other = form.id("other")
    if kind not in saying.RELATIONS or other is None:
        return _choose(visit, id, "people/related.html", {"relation": PerthynError("people.relation")})
    made = visit.crm.relate(id, other, kind)
    said = visit.t("Related: {one} and {other}", one=made.one.shown_name, other=made.other.shown_name)
    return Went(f"/contacts/{made.one.id}", said, made.receipt.batch)


@screens.post("/contacts/{id:uuid}/related/end", "contact.write")
def end_relation(visit: Visit, id: UUID) -> Reply:
    """It has ended; that it was is kept."""
    made = visit.crm.part(id, visit.form.get("key", ""))
    said = visit.t("Ended: {one} and {other}", one=made.one.shown_name, other=made.other.shown_name)
    return Went(f"/contacts/{made.one.id}", said, made.receipt.batch)


@screens.get("/contacts/{id:uuid}/same", "contact.merge")
def ask_same(visit: Visit, id: UUID) -> Reply:
    """As whom else are they here?"""
    return _choose(visit, id, "people/same.html", {})


@screens.post("/contacts/{id:uuid}/same", "contact.merge")
def same(visit: Visit, id: UUID) -> Reply:
    """Compare the two."""
    other = visit.form.id("other")
    if other is None:
        return _choose(visit, id, "people/same.html", {})
    return Went(f"/quality/pairs/{visit.crm.suspect(id, other).id}")


@screens.get("/contacts/{id:uuid}/dossier", "contact.dossier")
def dossier(visit: Visit, id: UUID) -> Reply:
    """All that is kept of a person, to hand over when they ask for it."""
    held = json.dumps(visit.crm.dossier(id), ensure_ascii=False, indent=2, default=str)
    return Sent(held.encode(), "application/json; charset=utf-8", f"{id.hex[-6:]}.json")


@screens.get("/contacts/{id:uuid}/erase", "contact.erase")
def ask_erase(visit: Visit, id: UUID) -> Reply:
    """What would go, and what stays."""
    return _ask_erase(visit, id, {})


def _ask_erase(visit: Visit, id: UUID, trouble: dict[str, Exception]) -> Reply:
    one, goes = visit.crm.look_up(id), visit.crm.would_go(id)
    return Shown("people/erase.html", {"one": one, "goes": counted(visit.t, {"contact": 1, **goes})}, trouble)


@screens.post("/contacts/{id:uuid}/erase", "contact.erase")
def erase(visit: Visit, id: UUID) -> Reply:
    """Erase for good, where the name was typed."""
    one = visit.crm.look_up(id)
    if fold(visit.form.get("name", "").strip()) != fold(one.shown_name):
        return _ask_erase(visit, id, {"name": PerthynError("people.erase.name", name=one.shown_name)})
    visit.crm.erase(id)
    return Went("/contacts", visit.t("Erased for good. It can't be taken back."))

"""People: find somebody, lists of people, lists kept under a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import get_args
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from perthyn.crm.listing import MOST_BY_NAME, Order
from perthyn.errors import PerthynError
from perthyn.screens import Given, Reply, Screens, Shown, Visit, Went
from perthyn.text import phrase
from perthyn_web.pages import saying
from perthyn_web.pages.filters import NAMES, Filters, chips, filters
from perthyn_web.pages.saying import DOINGS
from perthyn_web.records_views import SavedView, forget_view, keep_view, views_of

screens = Screens()
screens.entry("/contacts", phrase("People"), "contact.read", icon="users", order=100)
MANY = 50
USUAL: Order = "name"
"""So people stand where nobody asked for another order, as long as they are not too many (`MOST_BY_NAME`)."""
HITS = 20
"""So many are shown of those who answer to what was typed: whoever is not among them needs more letters."""


@screens.get("/contacts", "contact.read")
def contacts(visit: Visit) -> Reply:
    """Those who answer to what was typed, or a list of people."""
    found, trouble = filters(visit)
    asked = visit.query.get("q", "").strip()[:200]
    facts = {
        "asked": asked,
        "filters": found,
        "chips": chips(visit, found),
        "words": saying,
        "today": visit.crm.today(),
        "sort": _order(visit),
        "usual": USUAL,
        "key": new_key(visit),
        **_around(visit),
        **(_hits(visit, asked, found) if asked else _list(visit, found)),
    }
    return Shown("people/found.html", facts, trouble)


def _order(visit: Visit) -> Order:
    asked = visit.query.get("sort", "")
    return next((one for one in get_args(Order) if one == asked), USUAL)


def _hits(visit: Visit, asked: str, found: Filters) -> dict[str, object]:
    crm = visit.crm
    some = crm.found_in(asked, found.rule, HITS + 1) if found.given else crm.find(asked, HITS + 1)
    return {"hits": some[:HITS], "more": len(some) > HITS, "page": None}


def _list(visit: Visit, found: Filters) -> dict[str, object]:
    crm, query = visit.crm, visit.query
    page = crm.listed(found.rule, _order(visit), after=query.id("after"), before=query.id("before"), limit=MANY)
    return {
        "hits": [],
        "more": False,
        "page": page,
        "most_by_name": MOST_BY_NAME,
        "nobody": not page.count and not found.given,
    }


def _around(visit: Visit) -> dict[str, object]:
    """What stands around the rows: what can be chosen, and the lists that are kept."""
    may = visit.crm.actor.may
    segments = visit.crm.segments() if may("segment.read") else []
    return {
        "segments": [(one.id, one.name(visit.t.language)) for one in segments],
        "role_choices": saying.choices(visit.t, saying.ROLES),
        "language_choices": saying.choices(visit.t, saying.LANGUAGES),
        "doings": saying.choices(visit.t, DOINGS),
        "views": views(visit),
    }


def new_key(visit: Visit) -> str:
    """What tells one tap from another, however often it is sent."""
    return visit.crm.random(12).hex()


# -- lists under a name ---------------------------------------------------------------------------------


def views(visit: Visit) -> Sequence[SavedView]:
    """The lists that this person may come back to: their own and everybody's."""
    return views_of(visit.crm, visit.person, visit.t.language)


@screens.get("/contacts/views/new", "contact.read")
def name_view(visit: Visit) -> Reply:
    """Give a list a name."""
    return _naming(visit, visit.query)


@screens.post("/contacts/views", "contact.read")
def keep_list(visit: Visit) -> Reply:
    """Keep a list under a name, for oneself or for everybody."""
    form = visit.form
    given = [(name, value) for name, value in parse_qsl(form.get("query", "")) if name in (*NAMES, "sort")]
    name_en, name_cy = (form.get(one, "").strip() or None for one in ("name_en", "name_cy"))
    try:
        made, receipt = keep_view(
            visit.crm, visit.person, urlencode(given), name_en, name_cy, shared=form.get("shared") == "yes"
        )
    except PerthynError as error:
        if error.code not in ("people.view.name", "record.value", "record.long"):
            raise
        at = str(error.facts.get("field", "name_cy" if visit.t.language == "cy" else "name_en"))
        return _naming(visit, Given(given), {at: error})
    said = visit.t("The list is kept: {name}", name=made.name(visit.t.language))
    return Went(f"/contacts?{made.query}", said, receipt.batch)


def _naming(visit: Visit, query: Given, trouble: Mapping[str, Exception] = MappingProxyType({})) -> Reply:
    found, _ = filters(visit, query)
    facts = {"chips": chips(visit, found), "query": found.query(sort=query.get("sort", "")), "views": views(visit)}
    return Shown("people/view.html", {**facts, "may_share": visit.crm.actor.may("segment.write")}, trouble)


@screens.post("/contacts/views/{id:uuid}/remove", "contact.read")
def remove_view(visit: Visit, id: UUID) -> Reply:
    """Forget a list."""
    one, receipt = forget_view(visit.crm, visit.person, id)
    return Went("/contacts", visit.t("The list is forgotten: {name}", name=one.name(visit.t.language)), receipt.batch)

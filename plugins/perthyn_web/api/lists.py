"""Lists of people that are kept under a name, by the API: one's own and everybody's."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from pydantic import Field

from perthyn.errors import PerthynError
from perthyn.model.values import Word
from perthyn.rules import print_rule
from perthyn_web.api.paging import Cursor, Limit, numbered
from perthyn_web.api.routes import Asked, Routes
from perthyn_web.api.shapes import RECEIPT, Day, Flag, Given, page_of, receipt, told
from perthyn_web.pages.filters import filters_in
from perthyn_web.records_views import SavedView, forget_view, keep_view, views_of

routes = Routes("lists")
KEPT = told(
    "KeptList", "A list of people under a name. `rule`: what it comes to, for `GET /contacts?rule=`; absent where it "
    "is everybody, or `broken` says why nobody knows.",
    id=UUID, name_en=str | None, name_cy=str | None, shared=bool, filters=dict[str, str], order=str | None,
    rule=str | None, broken=str | None,
)  # fmt: skip
WRITTEN = told("KeptListWritten", "The list.", list=KEPT, receipt=RECEIPT)
FORGOTTEN = told("KeptListForgotten", "That it is forgotten.", receipt=RECEIPT)
Words = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\S[^\x00-\x1f\x7f-\x9f]*$")]


class FiltersIn(Given):
    """Which people: those for whom all of these hold."""

    segment: Words | None = None
    tag: Words | None = None
    role: Words | None = None
    language: Literal["cy", "en", "both", "none"] | None = None
    town: Words | None = None
    since: Day | None = Field(None, description="Came since this day.")
    email: Literal["yes", "no"] | None = None
    rule: Words | None = None


class ListIn(Given):
    """A list to be kept, for oneself or for everybody."""

    name_en: Word | None = None
    name_cy: Word | None = None
    filters: FiltersIn = Field(default_factory=FiltersIn)
    order: Literal["added", "-added", "name", "-name"] | None = None
    shared: Flag = False


@routes.get("/lists", "contact.read", page_of(KEPT))
def listed(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """The lists that you may come back to, by name: your own and everybody's."""
    found = views_of(asked.crm, asked.person, asked.t.language)
    return numbered(found, cursor, limit, lambda one: _shown(asked, one))


@routes.post("/lists", "contact.read", WRITTEN, 201)
def kept(asked: Asked, body: ListIn) -> Any:
    """Keep a list. One for everybody (and any by a token that nobody made) wants the right `segment.write`."""
    wanted = {name: str(value) for name, value in body.filters if value is not None}
    for error in filters_in(asked.crm, asked.t, wanted)[1].values():
        raise error
    query = urlencode(wanted | ({"sort": body.order} if body.order else {}))
    one, done = keep_view(asked.crm, asked.person, query, body.name_en, body.name_cy, shared=body.shared)
    return {"list": _shown(asked, one), "receipt": receipt(done)}


@routes.delete("/lists/{id}", "contact.read", FORGOTTEN)
def forgotten(asked: Asked, id: UUID) -> Any:
    """Forget a list; the people in it stay."""
    return {"receipt": receipt(forget_view(asked.crm, asked.person, id)[1])}


def _shown(asked: Asked, one: SavedView) -> dict[str, Any]:
    given = dict(parse_qsl(one.query))
    found, trouble = filters_in(asked.crm, asked.t, given)
    errors = (error for error in trouble.values() if isinstance(error, PerthynError))
    broken = next((" ".join(asked.t.error(error)) for error in errors), None)
    whole = bool(found.given) and not trouble
    return {
        "id": one.id, "name_en": one.name_en, "name_cy": one.name_cy, "shared": one.whose is None,
        "filters": dict(found.given), "order": given.get("sort"), "broken": broken,
        "rule": print_rule(found.rule, asked.crm.schema(), asked.crm.language) if whole else None,
    }  # fmt: skip

"""Segments by the API: made, changed, counted, listed, explained."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from perthyn.crm import Crm
from perthyn.crm.since import check_match, tag_of
from perthyn.errors import PerthynError
from perthyn.model import Segment
from perthyn.model.values import Word
from perthyn.rules import parse, print_rule, read_rule, sentence
from perthyn_web.api.contacts import CONTACT, STANDING, standing
from perthyn_web.api.paging import Cursor, Limit, cursor_of, numbered, page, place_of
from perthyn_web.api.routes import Answer, Asked, Routes
from perthyn_web.api.shapes import RECEIPT, Given, Id, page_of, receipt, told

routes = Routes("segments")
RuleText = Annotated[str, Field(min_length=1, max_length=5000, description="As text, in Welsh or English.")]
Mode = Literal["dynamic", "snapshot", "hand"]
SEGMENT = told(
    "Segment", "A group of people. `rule` as text in the asker's language, `sentence` as one would say it.",
    id=UUID, name_en=str | None, name_cy=str | None, mode=Mode, rule=str | None, sentence=str | None,
    fixed_on=str | None, broken=str | None,
)  # fmt: skip
WRITTEN = told("SegmentWritten", "A segment as it stands now.", segment=SEGMENT, receipt=RECEIPT | None)
COUNT = told("Count", "How many people.", count=int)
TRIED = told("Tried", "Whom a rule finds.", count=int, sentence=str, rule=str, sample=list[CONTACT])  # type: ignore[valid-type]
GONE = told("SegmentRemoved", "That it is gone.", receipt=RECEIPT)


class SegmentIn(Given):
    """A new segment: with a rule, or of people picked by hand."""

    name_en: Word | None = None
    name_cy: Word | None = None
    rule: RuleText | None = None
    mode: Mode = "dynamic"
    contacts: list[Id] = Field(default_factory=list, max_length=10_000)


class SegmentEdit(Given):
    """What is to change. `mode` can only become "snapshot": fixed as it is today."""

    name_en: Word | None = None
    name_cy: Word | None = None
    rule: RuleText | None = None
    mode: Literal["dynamic", "snapshot", "hand"] | None = None


class RuleIn(Given):
    """A rule to be tried."""

    rule: RuleText


@routes.get("/segments", "segment.read", page_of(SEGMENT))
def listed(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """All segments, by name."""
    return numbered(asked.crm.segments(), cursor, limit, lambda one: _shown(asked, one))


@routes.post("/segments", "segment.write", WRITTEN, 201)
def added(asked: Asked, body: SegmentIn) -> Any:
    """Make a segment."""
    if not (body.name_en or body.name_cy):
        raise PerthynError("segment.nameless")
    if (body.mode == "hand") == bool(body.rule):
        raise PerthynError("api.segment.rule")
    one, done = asked.crm.add_segment(
        body.name_en, body.name_cy, body.rule or "", mode=body.mode, contacts=body.contacts
    )
    return _written(asked, one, done)


@routes.post("/segments/try", "segment.read", TRIED)
def tried(asked: Asked, body: RuleIn) -> Any:
    """Whom a rule finds, before anything keeps it."""
    crm = asked.crm
    rule = parse(body.rule, crm.schema(), crm.language)
    closed = crm.close(rule)
    return {"count": crm.count_of(closed), "sample": [one.plain() for one in crm.page_of(closed, 5)],
            "sentence": sentence(rule, asked.t, crm.schema()),
            "rule": print_rule(rule, crm.schema(), crm.language)}  # fmt: skip


@routes.get("/segments/{id}", "segment.read", SEGMENT, tagged=True)
def segment(asked: Asked, id: UUID) -> Any:
    """One segment."""
    one = asked.crm.segment(id.hex)
    return Answer(_shown(asked, one), etag=tag_of(asked.crm, one))


@routes.patch("/segments/{id}", "segment.write", WRITTEN, tagged=True)
def edited(asked: Asked, id: UUID, body: SegmentEdit) -> Any:
    """Change a segment's names, its rule, or fix it as it is today."""
    one = asked.crm.segment(id.hex)
    check_match(asked.crm, asked.if_match, one)
    sent = body.model_fields_set
    after, done = asked.crm.edit_segment(
        one, name_en=body.name_en if "name_en" in sent else one.name_en,
        name_cy=body.name_cy if "name_cy" in sent else one.name_cy, rule=body.rule, mode=body.mode or "",
    )  # fmt: skip
    return _written(asked, after, done)


@routes.delete("/segments/{id}", "segment.write", GONE)
def removed(asked: Asked, id: UUID) -> Any:
    """Take a segment away."""
    return {"receipt": receipt(asked.crm.remove_segment(asked.crm.segment(id.hex)))}


@routes.get("/segments/{id}/count", "segment.read", COUNT)
def count(asked: Asked, id: UUID) -> Any:
    """How many people are in it."""
    return {"count": asked.crm.count(asked.crm.segment(id.hex))}


@routes.get("/segments/{id}/members", "segment.read", page_of(CONTACT))
def members(asked: Asked, id: UUID, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """Who is in it, in the order they were added."""
    closed = asked.crm.closed(asked.crm.segment(id.hex))
    place = place_of(cursor, UUID)
    found = asked.crm.page_of(closed, limit + 1, place[0] if place else None)
    more = len(found) > limit
    return page((one.plain() for one in found[:limit]), cursor_of(found[limit - 1].id) if more else None)


@routes.get("/segments/{id}/why", "segment.read", STANDING)
def why(asked: Asked, id: UUID, contact: Annotated[UUID, Query(description="Of whom.")]) -> Any:
    """Whether somebody is in it, and the facts that decide."""
    there = asked.crm.look_up(contact)
    return standing(asked, asked.crm.why(asked.crm.segment(id.hex), there), there)


def _written(asked: Asked, one: Segment, done: Any) -> Answer:
    return Answer({"segment": _shown(asked, one), "receipt": receipt(done)}, etag=tag_of(asked.crm, one))


def _shown(asked: Asked, one: Segment) -> dict[str, Any]:
    found = {**one.plain(), "rule": None}
    if one.rule is None:
        return found
    why = broken(asked.crm, one)
    if why is not None:
        return found | {"broken": " ".join(asked.t.error(why))}
    rule, schema = read_rule(one.rule), asked.crm.schema()
    return found | {"rule": print_rule(rule, schema, asked.crm.language), "sentence": sentence(rule, asked.t, schema)}


def broken(crm: Crm, one: Segment) -> PerthynError | None:
    """Why a segment can't be used: its rule is not understood, or asks for what the actor may not see."""
    try:
        return crm.broken(one)
    except PerthynError as error:
        return error

"""Campaigns by the API: written, looked over, tried, sent, stopped, reported."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from perthyn.crm.since import check_match, tag_of
from perthyn.errors import PerthynError
from perthyn.model import Campaign
from perthyn.model.values import Currency, Integer, Text, Word
from perthyn_web.api.paging import Cursor, Limit, numbered
from perthyn_web.api.routes import Answer, Asked, Routes
from perthyn_web.api.shapes import RECEIPT, Flag, Given, Id, given, page_of, receipt, shape, told

routes = Routes("campaigns")
CAMPAIGN = shape(Campaign)
WRITTEN = told("CampaignWritten", "A campaign as it stands now.", campaign=CAMPAIGN, receipt=RECEIPT | None)
TROUBLE = told("CampaignTrouble", "Something that keeps it from being sent.", code=str, title=str, detail=str)
AUDIENCE = told(
    "Audience", "Who would get a letter if it went now. `held`: by which rule how many do not.",
    people=int, letters=int, covered=int, held=dict[str, int], languages=dict[str, int],
    problems=list[TROUBLE],  # type: ignore[valid-type]
)  # fmt: skip
LETTER = told("Letter", "What somebody would read.", language=str, subject=str | None, text=str, html=str | None)
TESTED = told("Tested", "What the other side said, and whether the letter really left.", left=bool, answer=str)
STATE = told("CampaignState", "Where a campaign stands.", campaign=CAMPAIGN)
PART = told(
    "CampaignPart", "What came of some of the letters. Money in minor units.",
    sent=int, lines=dict[str, int], responses=dict[str, int], income=dict[str, int], total=int, buyers=int,
    covered=int,
)  # fmt: skip
REPORT = told(
    "CampaignReport", "What came of a campaign. What nothing measures is absent.",
    campaign=CAMPAIGN, as_of=str, currency=str, whole=PART, held=dict[str, int], delivered=int | None,
    bounced=int | None, roi=float | None, languages=dict[str, PART], segments=dict[str, PART],  # type: ignore[valid-type]
    outside=int,
)  # fmt: skip


class CampaignFields(Given):
    """What stands in a campaign."""

    code: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")] | None = None
    name_en: Word | None = None
    name_cy: Word | None = None
    channel: Literal["email", "post", "phone", "sms"] = "email"
    purpose: Literal["marketing", "fundraising", "service"] = "marketing"
    languages: Literal["cy", "en", "both"] = "both"
    household: Flag = False
    subject_en: Text | None = None
    subject_cy: Text | None = None
    letter_en: Text | None = None
    letter_cy: Text | None = None
    segment: Id | None = None
    cost: Annotated[Integer, Field(description="In minor units (pence).")] | None = None
    currency: Currency | None = None
    income_days: Annotated[Integer, Field(ge=0, le=3660)] = 30


class CampaignIn(CampaignFields):
    """A new draft."""

    name: Word


class CampaignEdit(CampaignFields):
    """What is to change."""


class TestIn(Given):
    """To which address of our own one letter goes, as whom."""

    address: Annotated[str, Field(min_length=3, max_length=320)]
    contact: Id | None = None


@routes.get("/campaigns", "campaign.read", page_of(CAMPAIGN))
def listed(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """All campaigns, the newest first."""
    return numbered(asked.crm.campaigns(), cursor, limit, lambda one: one.plain())


@routes.post("/campaigns", "campaign.write", WRITTEN, 201)
def added(asked: Asked, body: CampaignIn) -> Any:
    """Begin a campaign: a draft."""
    crm = asked.crm
    segment = crm.segment(body.segment.hex) if body.segment else None
    values = {name: value for name, value in given(body, "name", "segment").items() if value is not None}
    crm.check_fields(Campaign, values)
    one, done = crm.new_campaign(body.name, segment, **values)
    return _written(asked, one, done)


@routes.get("/campaigns/{id}", "campaign.read", CAMPAIGN, tagged=True)
def campaign(asked: Asked, id: UUID) -> Any:
    """One campaign."""
    one = asked.crm.campaign(id.hex)
    return Answer(one.plain(), etag=tag_of(asked.crm, one))


@routes.patch("/campaigns/{id}", "campaign.write", WRITTEN, tagged=True)
def edited(asked: Asked, id: UUID, body: CampaignEdit) -> Any:
    """Change a campaign; once it is being sent, only its cost and how long income counts."""
    crm = asked.crm
    one = whole(asked, id)
    check_match(crm, asked.if_match, one)
    values = dict(given(body))
    crm.check_fields(Campaign, values)
    if body.segment is not None:
        values["segment"] = crm.segment(body.segment.hex).id
    after, done = crm.edit_campaign(one, **values)
    return _written(asked, after, done)


@routes.get("/campaigns/{id}/audience", "campaign.read", AUDIENCE)
def audience(asked: Asked, id: UUID) -> Any:
    """Who would get a letter if it went now, who is held and why, and what keeps it from being sent."""
    one = asked.crm.campaign(id.hex)
    found = asked.crm.audience(one)
    wrong = [(error.code, *asked.t.error(error)) for error in asked.crm.problems_of(one)]
    return {
        **{name: getattr(found, name) for name in ("people", "letters", "covered", "held", "languages")},
        "problems": [{"code": code, "title": title, "detail": detail} for code, title, detail in wrong],
    }


@routes.get("/campaigns/{id}/preview", "campaign.read", LETTER)
def preview(asked: Asked, id: UUID, contact: Annotated[UUID, Query(description="As whom.")]) -> Any:
    """What somebody would read."""
    crm = asked.crm
    language, said = crm.letter_for(crm.campaign(id.hex), crm.look_up(contact))
    return {"language": language, "subject": said.subject or None, "text": said.text, "html": said.html or None}


@routes.post("/campaigns/{id}/test", "campaign.send", TESTED)
def tested(asked: Asked, id: UUID, body: TestIn) -> Any:
    """Send one letter to an address of our own."""
    crm = asked.crm
    reader = crm.look_up(body.contact) if body.contact else None
    said, left = crm.send_test(crm.campaign(id.hex), body.address, reader)
    return {"left": left, "answer": str(getattr(said, "reply", said))}


@routes.post("/campaigns/{id}/send", "campaign.send", STATE)
def sent(asked: Asked, id: UUID) -> Any:
    """Open it for sending: its people are worked out now, and its letters go out by themselves. Not undoable.

    Not where nothing sends them, or letters are only rehearsed here.
    """
    one = whole(asked, id)
    for wrong in asked.crm.problems_of(one) if one.state == "draft" else ():
        raise wrong
    channel, reach = asked.crm.way_out(one)
    if not channel.live(reach):
        raise PerthynError("campaign.rehearsal", code=one.code)
    asked.crm.freeze(one)
    asked.crm.send_soon(one)
    return {"campaign": asked.crm.campaign(id.hex).plain()}


@routes.post("/campaigns/{id}/pause", "campaign.send", STATE)
def paused(asked: Asked, id: UUID) -> Any:
    """Let no further letter go."""
    asked.crm.pause(whole(asked, id))
    return {"campaign": asked.crm.campaign(id.hex).plain()}


@routes.post("/campaigns/{id}/resume", "campaign.send", STATE)
def resumed(asked: Asked, id: UUID) -> Any:
    """Go on sending."""
    asked.crm.send_soon(asked.crm.resume(whole(asked, id)))
    return {"campaign": asked.crm.campaign(id.hex).plain()}


@routes.get("/campaigns/{id}/report", "money.read", REPORT)
def report(
    asked: Asked,
    id: UUID,
    by: Annotated[list[str], Query(description="Segments.", max_length=10)] = [],  # noqa: B006
) -> Any:
    """What came of it."""
    crm = asked.crm
    one = crm.campaign(id.hex)
    found = crm.campaign_report(one, [crm.segment(name) for name in by])
    return {
        "campaign": one.plain(), "as_of": str(found.as_of), "currency": found.currency, "whole": _part(found.whole),
        "held": dict(found.held), "delivered": found.delivered(found.whole), "bounced": found.bounced(found.whole),
        "roi": found.roi, "languages": {name: _part(part) for name, part in found.languages.items()},
        "segments": {name: _part(part) for name, part in found.segments.items()}, "outside": found.outside,
    }  # fmt: skip


def _part(part: Any) -> dict[str, Any]:
    return {"sent": part.sent, "lines": dict(part.lines), "responses": dict(part.responses),
            "income": dict(part.income), "total": part.total, "buyers": part.buyers,
            "covered": part.covered}  # fmt: skip


def whole(asked: Asked, id: UUID) -> Campaign:
    """The campaign with what the actor may not see: what is written must not forget it."""
    one = asked.crm.campaign(id.hex)
    return asked.crm.store.get(Campaign, [one.id])[one.id]


def _written(asked: Asked, one: Campaign, done: Any) -> Answer:
    seen = asked.crm.seen(one)
    return Answer({"campaign": seen.plain(), "receipt": receipt(done)}, etag=tag_of(asked.crm, one))

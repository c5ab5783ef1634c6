"""What happened with somebody, and what they said, by the API."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query
from pydantic import Field

from perthyn.errors import PerthynError
from perthyn.model import Consent, Obtained
from perthyn_web.api.contacts import HAPPENING
from perthyn_web.api.paging import Cursor, Limit, cursor_of, page, place_of
from perthyn_web.api.people_in import ConsentIn, HappeningIn, ObtainedIn
from perthyn_web.api.routes import Asked, Routes
from perthyn_web.api.shapes import RECEIPT, At, Given, given, page_of, receipt, shape, told

routes = Routes("happenings")
NOTED = told("HappeningNoted", "What was noted.", happening=HAPPENING, receipt=RECEIPT | None)
SAID = told("Said", "That it was written down.", receipt=RECEIPT)
OBTAINED = told("ObtainedNoted", "How an address came.", obtained=shape(Obtained), receipt=RECEIPT)
CONSENTS = told("Consents", "All that somebody said.", items=list[shape(Consent)])  # type: ignore[misc]


class CameIn(Given):
    """That somebody has come, today or lately. The same `key` again is the same visit."""

    key: Annotated[str, Field(min_length=8, max_length=100, pattern=r"^[!-~]+$")]
    at: At | None = None
    party: Annotated[int, Field(ge=1, le=10_000, strict=True)] | None = None


@routes.get("/contacts/{id}/happenings", "contact.read", page_of(HAPPENING))
def happenings(
    asked: Asked,
    id: UUID,
    kind: Annotated[list[str], Query(description="Only of these kinds.", max_length=50)] = [],  # noqa: B006
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Any:
    """What happened with somebody, the newest first."""
    place = place_of(cursor, date.fromisoformat, UUID)
    before = cast(tuple[date, UUID] | None, place)
    found = asked.crm.happened(id, before, limit, kind or None)
    asked.crm.note("contact.seen", ids=[asked.crm.store.resolve(id)])
    more = len(found) == limit
    return page((one.plain() for one in found), cursor_of(found[-1].day, found[-1].id) if more else None)


@routes.post("/contacts/{id}/happenings", "interaction.write", NOTED, 201)
def happened(asked: Asked, id: UUID, body: HappeningIn) -> Any:
    """Note something that happened."""
    if body.source and body.source_id:
        held = asked.crm.store.sourced(body.source, [body.source_id]).get(body.source_id)
        if held is not None:
            raise PerthynError("api.source.there", source=body.source, id=body.source_id)
    one, done = asked.crm.add_interaction(id, given(body))
    return {"happening": one.plain(), "receipt": receipt(done)}


@routes.post("/contacts/{id}/came", "interaction.write", NOTED)
def came(asked: Asked, id: UUID, body: CameIn) -> Any:
    """Note that somebody has come; twice within a minute is once."""
    one, done = asked.crm.came(id, body.key, at=body.at, party=body.party)
    return {"happening": one.plain(), "receipt": receipt(done)}


@routes.get("/contacts/{id}/consents", "contact.read", CONSENTS)
def consents(asked: Asked, id: UUID) -> Any:
    """What somebody has said about being contacted."""
    found = asked.crm.look_up(id)
    asked.crm.note("contact.seen", ids=[found.id])
    return {"items": [asked.crm.seen(one).plain() for one in asked.crm.store.owned(Consent, [found.id])]}


@routes.post("/contacts/{id}/consents", "consent.write", SAID, 201)
def said(asked: Asked, id: UUID, body: ConsentIn) -> Any:
    """Write down what somebody said about being contacted. A "no" is never taken back."""
    more = given(body, "decision", "channels", "purpose", "on")
    done = asked.crm.record_consent(
        id, body.decision, dict.fromkeys(body.channels), purpose=body.purpose, on=body.on, **more
    )
    return {"receipt": receipt(done)}


@routes.post("/contacts/{id}/obtained", "consent.write", OBTAINED, 201)
def obtained(asked: Asked, id: UUID, body: ObtainedIn) -> Any:
    """Write down how an address of somebody was obtained."""
    more = given(body, "channel", "whom", "connection", "on")
    one, done = asked.crm.record_obtained(id, body.channel, body.whom, body.connection, on=body.on, **more)
    return {"obtained": asked.crm.seen(one).plain(), "receipt": receipt(done)}

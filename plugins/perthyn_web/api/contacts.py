"""Contacts by the API: found, listed, seen whole, added, edited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from perthyn.changes import Header, JournalLine
from perthyn.crm import Crm, View
from perthyn.crm.segments import Standing
from perthyn.crm.since import check_match, tag_of
from perthyn.errors import PerthynError
from perthyn.model import Consent, Contact, Interaction, Obtained, Problem, Screening
from perthyn.rules import Group, Leaf, Rule, because_sentences, parse
from perthyn_web.api.paging import Cursor, Limit, cursor_of, page, place_of
from perthyn_web.api.people_in import ContactEdit, ContactIn, contact_values, plain_values
from perthyn_web.api.routes import Answer, Asked, Routes
from perthyn_web.api.shapes import RECEIPT, Instant, Record_, any_record, page_of, receipt, shape, told
from perthyn_web.api.words import in_words

routes = Routes("contacts")
EVERYBODY: Rule = Group()

CONTACT, HAPPENING = shape(Contact), shape(Interaction)
TOTAL = told(
    "Total", "All that ever happened of one kind. `amount` in minor units of the organisation's currency.",
    kind=str, count=int, amount=int | None, first=str, last=str, days=int,
)  # fmt: skip
DECISION = told("Decision", "Whether somebody may be written to, and by which rule.", allowed=bool, rule=str, words=str)
STANDING = told(
    "Standing", "Whether somebody is in a segment, and why. `member` is absent where nobody knows.",
    segment=UUID, name=str, member=bool | None, because=list[str], broken=str | None,
)  # fmt: skip
VIEW = told(
    "ContactView", "Everything about one person.",
    contact=CONTACT, totals=list[TOTAL] | None, timeline=list[HAPPENING] | None, more=int | None,  # type: ignore[valid-type]
    consents=list[shape(Consent)] | None, obtained=list[shape(Obtained)] | None,  # type: ignore[misc]
    screenings=list[shape(Screening)] | None, permission=dict[str, DECISION] | None,  # type: ignore[misc, valid-type]
    others=dict[str, str] | None, problems=list[shape(Problem)] | None,  # type: ignore[misc]
    sources=list[str] | None, standings=list[STANDING] | None, records=list[Record_] | None,  # type: ignore[valid-type]
)  # fmt: skip
WRITTEN = told("ContactWritten", "A contact as it stands now.", contact=CONTACT, receipt=RECEIPT | None)
LINE = told(
    "HistoryLine", "What one change did to a record: each path with the value it had before.",
    at=Instant, by=str, reason=str | None, kind=str, batch=UUID, number=int, type=str, id=UUID, action=str,
    before=dict[str, Any],
)  # fmt: skip
Part = Literal[
    "totals", "timeline", "consents", "obtained", "screenings", "permission", "others", "problems", "sources",
    "standings", "records",
]  # fmt: skip


@routes.get("/contacts", "contact.read", page_of(CONTACT))
def listed(
    asked: Asked,
    q: Annotated[str, Query(max_length=500, description="Words of a name, an address, a number; slips forgiven.")] = "",
    rule: Annotated[str, Query(max_length=5000, description="A rule, as text in either language.")] = "",
    segment: Annotated[str, Query(max_length=500, description="A segment's name or id.")] = "",
    order: Annotated[Literal["added", "-added", "name", "-name"], Query(description="Not with `q`.")] = "added",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Any:
    """People: all, those found, those for whom a rule is true, those in a segment.

    What is found by `q` is one page, the best first. By name no more than 5,000 are put in order.
    """
    crm = asked.crm
    wanted = _wanted(crm, rule, segment)
    if q.strip():
        found = crm.find(q, limit) if wanted is EVERYBODY else crm.found_in(q, wanted, limit)
        return page(one.plain() for one in found)
    place = place_of(cursor, UUID)
    there = crm.listed(wanted, order, after=place[0] if place else None, limit=limit)
    last = there.contacts[-1].id if there.contacts and there.later else None
    return page((one.plain() for one in there.contacts), cursor_of(last) if last else None)


def _wanted(crm: Crm, rule: str, segment: str) -> Rule:
    """Those a rule is true for who are in a segment too, where both are given."""
    said: list[Any] = [parse(rule, crm.schema(), crm.language)] if rule.strip() else []
    if segment.strip():
        one = crm.segment(segment)
        crm.closed(one)
        said.append(Leaf(field="segment", operator="=", value=str(one.id)))
    return said[0] if len(said) == 1 else Group(rules=tuple(said)) if said else EVERYBODY


@routes.post("/contacts", "contact.write", WRITTEN, 201)
def added(asked: Asked, body: ContactIn) -> Any:
    """Add somebody."""
    values = contact_values(body)
    if not values:
        raise PerthynError("api.contact.empty")
    contact, done = asked.crm.add_contact(values)
    return _written(asked.crm, contact, done)


@routes.get("/contacts/{id}", "contact.read", CONTACT, tagged=True)
def contact(asked: Asked, id: UUID) -> Any:
    """One person's details. An old id of a merged contact leads to the one it became."""
    found = asked.crm.look_up(id)
    asked.crm.note("contact.seen", ids=[found.id])
    return Answer(found.plain(), etag=tag_of(asked.crm, found))


@routes.patch("/contacts/{id}", "contact.write", WRITTEN, tagged=True)
def edited(asked: Asked, id: UUID, body: ContactEdit) -> Any:
    """Change somebody's details.

    With `If-Match`, not where anything has changed since; with `was`, not where one of these fields has (409).
    """
    crm, values = asked.crm, contact_values(body)
    was = plain_values(body.was) if body.was else {}
    if asked.if_match:
        there = crm.look_up(id)
        check_match(crm, asked.if_match, there)
        seen = {name: getattr(there, name) for name in ContactIn.model_fields.keys() & Contact.model_fields.keys()}
        was = {name: "" if seen[name] is None else seen[name] for name in values if name in seen} | was
        was = {name: value for name, value in was.items() if not isinstance(value, tuple)}
    after, done = crm.edit_contact(id, values, body.remove, was or None)
    return _written(crm, after, done)


@routes.get("/contacts/{id}/view", "contact.read", VIEW)
def view(
    asked: Asked,
    id: UUID,
    parts: Annotated[list[Part], Query(description="Only these parts; all without.", max_length=11)] = [],  # noqa: B006
) -> Any:
    """Everything about one person: what happened, what was agreed, in which segments and why."""
    found = asked.crm.show(id)
    shown = {name: value for name, value in _parts(asked, found) if not parts or name in (*parts, "contact")}
    return shown | ({"more": found.more} if not parts or "timeline" in parts else {})


@routes.get("/contacts/{id}/segments", "segment.read", told("Standings", items=list[STANDING]))  # type: ignore[valid-type]
def standings(asked: Asked, id: UUID) -> Any:
    """In which segments somebody is, and why or why not."""
    found = asked.crm.look_up(id)
    asked.crm.note("contact.seen", ids=[found.id])
    return {"items": [standing(asked, one, found) for one in asked.crm.standings(found)]}


@routes.get("/contacts/{id}/history", "contact.read", page_of(LINE))
def history(asked: Asked, id: UUID, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """What was changed of somebody, the newest first."""
    found = asked.crm.look_up(id)
    asked.crm.note("contact.seen", ids=[found.id])
    lines = list(reversed(asked.crm.history(found.id)))
    place = place_of(cursor, int)
    start = max(0, place[0]) if place else 0
    some = lines[start : start + limit]
    return page((line(*one) for one in some), cursor_of(start + limit) if start + limit < len(lines) else None)


# -- parts -----------------------------------------------------------------------------------------------------------


def line(one: JournalLine, header: Header) -> dict[str, Any]:
    """A line of history as it goes out."""
    return {"at": header.at, "by": header.actor, "reason": header.reason or None, "kind": header.kind,
            "batch": header.id, "number": header.number, "type": one.type, "id": one.id, "action": one.action,
            "before": one.before}  # fmt: skip


def standing(asked: Asked, one: Standing, contact: Contact) -> dict[str, Any]:
    """A standing as it goes out, with its reasons in words."""
    crm, said = asked.crm, []
    if one.because is not None:
        said = list(because_sentences(one.because, asked.t, crm.schema(), contact))
    broken = None if one.broken is None else " ".join(asked.t.error(one.broken))
    return {"segment": one.segment.id, "name": one.segment.name(crm.language), "member": one.member,
            "because": said, "broken": broken}  # fmt: skip


def _written(crm: Crm, contact: Contact, done: Any) -> Answer:
    return Answer({"contact": contact.plain(), "receipt": receipt(done)}, etag=tag_of(crm, contact))


def _parts(asked: Asked, view: View) -> Iterator[tuple[str, Any]]:
    money = asked.crm.actor.may("money.read")
    yield "contact", view.contact.plain()
    yield (
        "totals",
        [
            {"kind": one.kind, "count": one.count, "first": str(one.first), "last": str(one.last), "days": one.days}
            | ({"amount": one.amount} if money else {})
            for one in view.totals
        ],
    )
    for name in ("timeline", "consents", "obtained", "screenings", "problems"):
        yield name, [one.plain() for one in getattr(view, name)]
    yield (
        "permission",
        {
            channel: {"allowed": one.allowed, "rule": one.rule, "words": in_words(asked.t, one.rule)}
            for channel, one in view.permission.items()
        },
    )
    yield "others", {str(id): name for id, name in view.others.items()}
    yield "sources", view.sources
    yield "standings", [standing(asked, one, view.contact) for one in view.standings]
    yield "records", [any_record(one) for one in view.records]

"""Many contacts at once, pairs that may be one person, and all that is held on somebody, by the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path as PathParam
from pydantic import Field

from perthyn.crm import Writing
from perthyn.rules import parse
from perthyn_web.api.contacts import CONTACT
from perthyn_web.api.paging import Cursor, Limit, numbered
from perthyn_web.api.people_in import ContactIn, Key, contact_values
from perthyn_web.api.routes import Asked, Routes
from perthyn_web.api.shapes import RECEIPT, Given, Id, Told, page_of, receipt, told

routes = Routes("together")
MANY = told("ContactsWritten", "The contacts as they stand now, in the order sent.",
            items=list[CONTACT], receipt=RECEIPT | None)  # type: ignore[valid-type]  # fmt: skip
PLANNED = told("Planned", "What would be done.", count=int, of=int, sample=list[CONTACT])  # type: ignore[valid-type]
DONE = told("Done", "What was done.", receipt=RECEIPT | None)
PAIR = told(
    "Pair", "Two contacts that may be one person, and where they differ.",
    id=UUID, left=CONTACT, right=CONTACT, reason=str, differ=dict[str, list[Any]],
)  # fmt: skip
SUSPECTED = told("Suspected", "The pair.", id=UUID)
ERASED = told("Erased", "How many records of each kind have gone.", receipt=RECEIPT, gone=dict[str, int])


class Dossier(Told):
    """All that is held on somebody, by type of record."""

    held: dict[str, Any]


class EntryIn(Given):
    """One of many: somebody to be added, or with an `id` edited."""

    id: Id | None = None
    set: ContactIn = Field(default_factory=ContactIn)
    remove: list[Key] = Field(default_factory=list, max_length=200)


class ManyIn(Given):
    """Contacts to be added and edited: all of them or none."""

    items: Annotated[list[EntryIn], Field(min_length=1, max_length=500)]


class BulkIn(Given):
    """One small change for many: of `contacts`, or of all for whom `rule` is true."""

    doing: Literal["tag", "untag", "language", "role", "segment"]
    value: Annotated[str, Field(min_length=1, max_length=500)]
    contacts: Annotated[list[Id], Field(max_length=10_000)] | None = None
    rule: Annotated[str, Field(min_length=1, max_length=5000)] | None = None


class SuspectIn(Given):
    """Two contacts that may be one person."""

    contact: Id
    other: Id


class RelateIn(Given):
    """What another contact is to this one."""

    other: Id
    kind: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]


class JoinIn(Given):
    """Which one stays (the older one without), and whose value where they differ."""

    into: Id | None = None
    choices: dict[Key, Literal["keep", "other", "both"]] = Field(default={}, max_length=50)


@routes.post("/contacts/many", "contact.bulk", MANY)
def many(asked: Asked, body: ManyIn) -> Any:
    """Add and edit up to 500 contacts, all or none; what is wrong is said of each."""
    wanted = [Writing(contact_values(one.set), one.id, one.remove) for one in body.items]
    done = asked.crm.write_many(wanted)
    return {"items": [one.plain() for one in done.contacts], "receipt": receipt(done.receipt)}


@routes.post("/contacts/bulk/plan", "contact.bulk", PLANNED)
def bulk_plan(asked: Asked, body: BulkIn) -> Any:
    """Show for whom a change would be made; nothing is written."""
    plan = asked.crm.bulk_plan(_chosen(asked, body), body.doing, body.value)
    return {"count": plan.count, "of": plan.of, "sample": [one.plain() for one in plan.sample]}


@routes.post("/contacts/bulk", "contact.bulk", DONE)
def bulk(asked: Asked, body: BulkIn) -> Any:
    """Make one small change for many: a tag, a language, a role, a place in a hand-picked segment."""
    return {"receipt": receipt(asked.crm.bulk(_chosen(asked, body), body.doing, body.value))}


def _chosen(asked: Asked, body: BulkIn) -> list[UUID]:
    chosen = list(dict.fromkeys(body.contacts or ()))
    if body.rule is None:
        return chosen
    found = asked.crm.all_ids(parse(body.rule, asked.crm.schema(), asked.crm.language))
    return found if body.contacts is None else [id for id in chosen if id in set(found)]


# -- pairs -----------------------------------------------------------------------------------------------------------


@routes.get("/pairs", "contact.merge", page_of(PAIR))
def pairs(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """Contacts that may be the same person."""
    return numbered(asked.crm.pairs(), cursor, limit, lambda one: _pair(asked, one))


@routes.post("/pairs", "contact.merge", SUSPECTED, 201)
def suspected(asked: Asked, body: SuspectIn) -> Any:
    """Note that two contacts may be one person."""
    return {"id": asked.crm.suspect(body.contact, body.other).id}


@routes.post("/pairs/{id}/join", "contact.merge", DONE)
def join(asked: Asked, id: UUID, body: JoinIn) -> Any:
    """Make one contact of a pair."""
    pair = asked.crm.pair(id.hex)
    return {"receipt": receipt(asked.crm.join(pair, body.choices, into=body.into))}


@routes.post("/pairs/{id}/keep-apart", "contact.merge", DONE)
def keep_apart(asked: Asked, id: UUID) -> Any:
    """Say that a pair are two people; it is not asked again."""
    return {"receipt": receipt(asked.crm.keep_apart(asked.crm.pair(id.hex)))}


def _pair(asked: Asked, one: Any) -> dict[str, Any]:
    asked.crm.shows([one.left.id, one.right.id])
    return {"id": one.problem.id, "left": one.left.plain(), "right": one.right.plain(), "reason": one.reason,
            "differ": {name: list(both) for name, both in one.differ.items()}}  # fmt: skip


# -- who belongs to whom ---------------------------------------------------------------------------------------------


@routes.post("/contacts/{id}/relationships", "contact.write", DONE, 201)
def related(asked: Asked, id: UUID, body: RelateIn) -> Any:
    """Note that somebody belongs to somebody, on both sides."""
    return {"receipt": receipt(asked.crm.relate(id, body.other, body.kind).receipt)}


@routes.delete("/contacts/{id}/relationships/{key}", "contact.write", DONE)
def parted(asked: Asked, id: UUID, key: Annotated[str, PathParam(max_length=600)]) -> Any:
    """End a relationship today, on both sides. `key`: its kind, a colon, and the other's id."""
    return {"receipt": receipt(asked.crm.part(id, key).receipt)}


# -- all that is held --------------------------------------------------------------------------------------------------


@routes.get("/contacts/{id}/dossier", "contact.dossier", Dossier)
def dossier(asked: Asked, id: UUID) -> Any:
    """All that is held on somebody, for whoever asks for what is theirs."""
    return {"held": asked.crm.dossier(id)}


@routes.delete("/contacts/{id}", "contact.erase", ERASED)
def erase(asked: Asked, id: UUID) -> Any:
    """Erase somebody for good. It can't be taken back; a "no" of theirs goes on."""
    done, gone = asked.crm.erase(asked.crm.store.resolve(id))
    return {"receipt": receipt(done), "gone": gone}

"""Telling: of a batch that was applied, who is to know what; as far as whoever set it up may see it.

While a batch is prepared, a job for each hook that it concerns is added, so that both are stored or neither. The job
makes the messages, each with a job of its own that sends it.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Delete, Edit, Erase, Header
from perthyn.crm import Actor, Crm
from perthyn.crm.jobs import facts_of
from perthyn.crm.past import sees_line
from perthyn.crm.roles import EVERYTHING
from perthyn.model import Job, Piece, Record, plain
from perthyn.model.ids import named_id
from perthyn.store import Store
from perthyn_web.accounts.records import User
from perthyn_web.accounts.rights import rights_of
from perthyn_web.webhooks.records import Hook, Told

TELL, SEND = "web.hook.tell", "web.hook.send"
QUIET = frozenset({"setting", "job"})
"""Kinds of batch that perthyn writes for itself."""
ITEMS, ITEMS_WITH_VALUES = 500, 50
"""So many things are told in one message."""
PIECE = 48_000
ACTIONS = ("created", "changed", "removed", "erased")
_SETS = frozenset({"setting", "redirect"})
"""Types that say nothing to anybody else."""


def jobs_for(batch: Batch, store: Store) -> list[Job]:
    """The jobs that tell of a batch, one for each hook that it concerns."""
    if batch.kind in QUIET or Hook.type_name not in store.types:
        return []
    hooks = [one for one in store.scan(Hook) if one.ended is None]
    if not hooks:
        return []
    events, erased = _events(batch, store.types)
    return [
        Job(id=named_id(f"{TELL}\x1f{one.id}\x1f{batch.id}"), name=TELL, about=str(one.id), due=batch.at,
            facts=json.dumps({"batch": str(batch.id), "erased": erased}))
        for one in hooks if events is None or any(wants(one, event) for event in events)
    ]  # fmt: skip


def wants(hook: Hook, event: str) -> bool:
    """Whether a hook is told of an event."""
    return any(fnmatchcase(event, one) for one in hook.events.split())


def event_names(types: Mapping[str, type[Record]]) -> list[str]:
    """Every event that there is."""
    shared = [name for name, one in types.items() if _tells(name, one)]
    return [f"{name}.{action}" for name in shared for action in ACTIONS[:3]] + ["contact.erased"]


def _tells(name: str, type: type[Record]) -> bool:
    return type.scope == "shared" and name not in _SETS


def _events(batch: Batch, types: Mapping[str, type[Record]]) -> tuple[set[str] | None, list[str]]:
    """The events of a batch, None where its changes can be read only once; and who is erased."""
    if not isinstance(batch.changes, list | tuple):
        return None, []
    found = {f"{one.record.type_name}.created" for one in batch.blocks}
    erased = []
    for one in batch.changes:
        match one:
            case Create(record):
                found.add(f"{record.type_name}.created")
            case Delete(record):
                found.add(f"{record.type_name}.removed")
            case Edit(type, _, _):
                found.add(f"{type}.changed")
            case Erase(contact):
                found.add("contact.erased")
                erased.append(str(contact))
    known = set(event_names(types))
    return found & known, erased


# -- the work of a job -----------------------------------------------------------------------------------------------


def tell(crm: Crm, job: Job) -> Iterable[Change]:
    """The messages of one batch to one hook, each with the job that sends it."""
    facts = facts_of(job)
    hook = crm.store.get(Hook, [UUID(job.about or "")]).get(UUID(job.about or ""))
    header = crm.store.header(UUID(facts["batch"]))
    if hook is None or hook.ended is not None or header is None:
        return
    person = crm.acting(Actor(hook.by, rights_now(crm, hook)), crm.language)
    items: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event, item in _items(person, hook, header, facts["erased"]):
        if wants(hook, event):
            items[event].append(item)
    most = ITEMS_WITH_VALUES if hook.values else ITEMS
    for event, some in items.items():
        for start in range(0, len(some), most):
            data = {"batch": str(header.id), "by": header.actor, "items": some[start : start + most]}
            body = {"type": event, "timestamp": plain(header.at), "data": data}
            yield from message(crm, hook, event, body)


def message(crm: Crm, hook: Hook, event: str, body: Mapping[str, Any]) -> list[Change]:
    """A message, and the job that sends it."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    told = Told(id=crm.ids(), hook=hook.id, event=event, body=_pieces(text), made=crm.clock())
    return [Create(told), Create(sending(told, crm))]


def sending(told: Told, crm: Crm) -> Job:
    """The job that sends a message."""
    return Job(id=crm.ids(), name=SEND, about=str(told.id), due=crm.clock())


def body_of(told: Told) -> bytes:
    """What a message says."""
    text = "".join(one.text for one in sorted(told.body, key=lambda one: one.number))
    return zlib.decompress(b64decode(text))


def rights_now(crm: Crm, hook: Hook) -> frozenset[str]:
    """What whoever set a hook up may see now, and could then."""
    then = frozenset(hook.rights.split())
    if hook.user is None:
        return then
    user = crm.store.get(User, [hook.user]).get(hook.user)
    now = frozenset[str]() if user is None or user.disabled is not None else rights_of(crm, user.role)
    return now if EVERYTHING in then else then if EVERYTHING in now else then & now


def _items(person: Crm, hook: Hook, header: Header, erased: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    if not person.actor.may("contact.read"):
        return
    made: dict[type[Record], list[UUID]] = defaultdict(list)
    for type, id in person.store.created(header.id):
        if _tells(type.type_name, type):
            made[type].append(id)
    for type, ids in made.items():
        for start in range(0, len(ids), ITEMS):
            for one in person.store.get(type, ids[start : start + ITEMS]).values():
                if person.sees(one):
                    yield f"{type.type_name}.created", _item(person, hook, one, None)
    for line in person.store.journal(batch=header.id):
        kind = person.store.types.get(line.type)
        if kind is None or not _tells(line.type, kind) or not sees_line(person, line):
            continue
        if line.action == "delete":
            yield f"{line.type}.removed", {"id": str(line.id)} | _owned(line.owner, line.id)
            continue
        there = person.store.get(kind, [line.id]).get(line.id)
        fields = sorted(person.seen_line(line).before)
        if there is not None and fields:
            yield f"{line.type}.changed", _item(person, hook, there, fields)
    for gone in erased:
        yield "contact.erased", {"id": gone}


def _item(person: Crm, hook: Hook, record: Record, fields: list[str] | None) -> dict[str, Any]:
    seen = person.seen(record)
    values = seen.plain()
    found: dict[str, Any] = {"id": str(record.id)} | _owned(record.owner_id, record.id)
    found["fields"] = fields if fields is not None else sorted(values.keys() - {"id"})
    if hook.values:
        found["values"] = values
    return found


def _owned(owner: UUID | None, id: UUID) -> dict[str, str]:
    return {"contact": str(owner)} if owner is not None and owner != id else {}


def _pieces(body: bytes) -> tuple[Piece, ...]:
    text = b64encode(zlib.compress(body)).decode("ascii")
    return tuple(Piece(number=n, text=text[i : i + PIECE]) for n, i in enumerate(range(0, len(text), PIECE), 1))

"""Keeping webhooks: set up, looked at, sent again, ended; and the jobs that send messages and forget old ones."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from perthyn.changes import Change, Create, Delete, Edit
from perthyn.crm import Crm
from perthyn.crm.people import checked
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.model import Job
from perthyn.screens import Person
from perthyn.work import Work
from perthyn_web.accounts.noting import changed, keep, note
from perthyn_web.accounts.totp import key_of
from perthyn_web.webhooks import posting
from perthyn_web.webhooks.records import RIGHT, Hook, Told
from perthyn_web.webhooks.signing import headers_of, secret_of
from perthyn_web.webhooks.telling import SEND, TELL, body_of, event_names, message, sending, tell, wants

KEPT = timedelta(days=30)
AT_ONCE = 500
MOST = 50
"""So many hooks there may be."""


def hooks(crm: Crm) -> list[Hook]:
    """All of them, those that tell first, the newest first."""
    crm.check(RIGHT)
    found = sorted(crm.store.scan(Hook), key=lambda one: one.made, reverse=True)
    return sorted(found, key=lambda one: one.ended is not None)


def hook(crm: Crm, id: UUID) -> Hook:
    """One of them. Raises `Unknown` (``hook.unknown``)."""
    crm.check(RIGHT)
    found = crm.store.get(Hook, [id]).get(id)
    if found is None:
        raise Unknown("hook.unknown", name=str(id), suggestion="")
    return found


def events(crm: Crm) -> list[str]:
    """Every event that may be told."""
    crm.check(RIGHT)
    return event_names(crm.store.types)


def add(crm: Crm, person: Person, address: str, wanted: Iterable[str], values: bool = False) -> tuple[Hook, str]:
    """A new hook, and the secret by which its messages are known: shown once. It tells what the actor may see.

    Raises `PerthynError`: ``hook.address``, ``hook.host``, ``hook.inside``, ``hook.event``, ``hook.many``.
    """
    crm.check(RIGHT)
    posting.place_of(address, inside=told_inside(crm))
    names = list(dict.fromkeys(wanted)) or ["*"]
    if sum(one.ended is None for one in crm.store.scan(Hook)) >= MOST:
        raise PerthynError("hook.many", most=MOST)
    made: Hook = checked(
        Hook,
        {"id": crm.ids(), "address": address, "events": " ".join(names), "values": values, "user": person.id,
         "by": crm.actor.name or "-", "rights": " ".join(sorted(crm.actor.rights)), "nonce": crm.random(16).hex(),
         "made": crm.clock()},
    )  # fmt: skip
    for name in names:
        if not any(wants(made.model_copy(update={"events": name}), event) for event in event_names(crm.store.types)):
            raise PerthynError("hook.event", name=name[:100], known=", ".join(event_names(crm.store.types)))
    keep(crm, [Create(made)], Hook.type_name)
    note(crm, "hook.made", hook=made.id, host=urlsplit(address).hostname or "")
    return made, secret_of(key_of(crm), made)


def renew(crm: Crm, id: UUID) -> tuple[Hook, str]:
    """The hook with another secret; the old one counts no more."""
    there = hook(crm, id)
    now = there.with_values({"nonce": crm.random(16).hex()})
    keep(crm, [changed(there, nonce=now.nonce)], Hook.type_name)
    note(crm, "hook.secret", hook=id)
    return now, secret_of(key_of(crm), now)


def end(crm: Crm, id: UUID) -> None:
    """Tell it nothing more."""
    there = hook(crm, id)
    if there.ended is None:
        keep(crm, [changed(there, ended=crm.clock())], Hook.type_name)
        note(crm, "hook.ended", hook=id)


def log(crm: Crm, id: UUID) -> list[Told]:
    """What it was told in the last 30 days, the newest first."""
    held = hook(crm, id)
    return sorted((one for one in crm.store.scan(Told) if one.hook == held.id), key=lambda one: one.id, reverse=True)


def told(crm: Crm, id: UUID) -> Told:
    """One message. Raises `Unknown` (``hook.delivery.unknown``)."""
    crm.check(RIGHT)
    found = crm.store.get(Told, [id]).get(id)
    if found is None:
        raise Unknown("hook.delivery.unknown", name=str(id), suggestion="")
    return found


def again(crm: Crm, id: UUID) -> Told:
    """Have a message sent once more, with the same id; one that is on its way is left alone."""
    there = told(crm, id)
    if any(one.name == SEND and one.about == str(id) and one.state == "waiting" for one in crm.store.scan(Job)):
        return there
    keep(crm, [changed(there, state="waiting"), Create(sending(there, crm))], Told.type_name)
    return there.with_values({"state": "waiting"})


def try_out(crm: Crm, id: UUID) -> None:
    """Send a message that says nothing, to see whether it arrives."""
    there = hook(crm, id)
    keep(crm, message(crm, there, "test", {"type": "test", "data": {}}), Told.type_name)


def told_inside(crm: Crm) -> bool:
    """Whether hooks lead to this machine itself (``[web] hooks_inside = true``), and nowhere else."""
    return crm.house.section("web").get("hooks_inside") is True


# -- the work of jobs --------------------------------------------------------------------------------------------------


def works() -> list[Work]:
    """What does the jobs of webhooks."""
    return [
        Work(TELL, ("Write to webhooks", "Ysgrifennu at fachau gwe"), tell),
        Work(SEND, ("Send to a webhook", "Anfon at fachyn gwe"), send),
        Work("web.hook.old", ("Forget what webhooks were told", "Anghofio'r hyn a ddywedwyd wrth fachau gwe"),
             forget_old, every=timedelta(days=1)),
    ]  # fmt: skip


def send(crm: Crm, job: Job) -> Iterable[Change]:
    """Send one message. Raises `PerthynError` (``hook.refused``, ``hook.unreachable`` ...) to be tried again."""
    id = UUID(job.about or "")
    message = crm.store.get(Told, [id]).get(id)
    held = message and crm.store.get(Hook, [message.hook]).get(message.hook)
    if not message or not held or message.state == "sent":
        return []
    if held.ended is not None or crm.settings.training:
        return [changed(message, state="withheld")]
    try:
        answer = _posted(crm, held, message)
        if not 200 <= answer.status < 300:
            raise PerthynError("hook.refused", host=urlsplit(held.address).hostname or "", status=answer.status)
    except PerthynError as error:
        status = error.facts.get("status")
        keep(crm, [_tried(crm, message, "failed", status, error.code)], Told.type_name)
        if status == 410:  # it is to be told nothing more
            keep(crm, [changed(held, ended=crm.clock())], Hook.type_name)
            return []
        raise
    return [_tried(crm, message, "sent", answer.status, None)]


def _posted(crm: Crm, held: Hook, message: Told) -> posting.Answered:
    place = posting.place_of(held.address, inside=told_inside(crm))
    body = body_of(message)
    secret = secret_of(key_of(crm), held)
    return posting.post(place, headers_of(secret, f"msg_{message.id.hex}", int(crm.clock().timestamp()), body), body)


def _tried(crm: Crm, message: Told, state: str, status: Any, why: str | None) -> Edit:
    return changed(message, state=state, tries=message.tries + 1, last=crm.clock(), status=status, why=why)


def forget_old(crm: Crm, job: Job) -> Iterable[Change]:
    """Forget what was told 30 days ago."""
    before = crm.clock() - KEPT
    _forget(crm, [one for one in crm.store.scan(Told) if one.made < before])
    return []


def forget_person(crm: Crm, contacts: Iterable[str]) -> None:
    """Forget every message that names somebody who was erased."""
    ids = [one.encode() for one in contacts]
    held = (one for one in crm.store.scan(Told) if one.event != "contact.erased")
    _forget(crm, [one for one in held if any(id in body_of(one) for id in ids)])


def _forget(crm: Crm, old: list[Told]) -> None:
    for start in range(0, len(old), AT_ONCE):
        with suppress(Conflict, Unknown):  # one of them is just being sent
            keep(crm, [Delete(one) for one in old[start : start + AT_ONCE]], Told.type_name)

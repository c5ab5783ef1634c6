"""Keeping: who asked to be sent the numbers; and the jobs by which they go, one for each period and user."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from uuid import UUID

from perthyn.changes import Change, Create, Delete
from perthyn.crm import Crm
from perthyn.crm.jobs import facts_of
from perthyn.crm.people import checked
from perthyn.crm.roles import EVERYTHING
from perthyn.errors import Forbidden, PerthynError
from perthyn.model import Job
from perthyn.model.ids import named_id
from perthyn_web.accounts.noting import changed, keep, note
from perthyn_web.accounts.records import User
from perthyn_web.accounts.rights import rights_of
from perthyn_web.by_email.periods import next_due, over
from perthyn_web.by_email.records import Every, Wish, wish_id

RIGHT, ASK = "report.read", "report.send"
"""Who may be told the numbers; and who may have them sent, to an address that they name."""
GOES = ("live", "rehearsal")
BEGIN, LETTER = "web.numbers", "web.numbers.letter"
USUAL: Every = "month"
"""What is sent to somebody who wants it now, and otherwise never."""
_NOT_IN_ONE = r"\s\x00-\x1f\x7f-\x9f<>(),;:\\\"\[\]@"
_ADDRESS = re.compile(rf"[^{_NOT_IN_ONE}]{{1,64}}@[^{_NOT_IN_ONE}.]+(\.[^{_NOT_IN_ONE}.]+)+")
_MOST = 254
MOST_NOW, DAY = 5, 24 * 60 * 60 * 1000
"""So many letters are sent at once to one user within a day (ms): the address may be a stranger's, by a slip."""


def wish_of(crm: Crm, user: UUID) -> Wish | None:
    """What a user wishes; None where they never did."""
    id = wish_id(user)
    return crm.store.get(Wish, [id]).get(id)


def ask(crm: Crm, user: UUID, address: str, every: Every | None, language: str = "", token: UUID | None = None) -> Wish:
    """Have the numbers sent to a user from now on, or no more.

    `language`: of the letters, where the user has chosen none; without it, the actor's. `token`: by which a
    system asks for them; the letters tell no more than it may see, and end with it.

    Raises `PerthynError` (``web.numbers.address``), `Conflict` where they are asking elsewhere at the same moment.
    """
    crm.check(ASK)
    there, address = wish_of(crm, user), address.strip()
    if len(address) > _MOST or not _ADDRESS.fullmatch(address):
        raise PerthynError("web.numbers.address", address=address[:_MOST])
    due = next_due(every, crm.clock(), crm.zone) if every else None
    values = {"address": address, "every": every, "due": due, "language": language or crm.language, "token": token}
    if there is None:
        made: Wish = checked(Wish, {"id": wish_id(user), "user": user, **values})
        keep(crm, [Create(made)], Wish.type_name)
        note(crm, "numbers.asked", user=user)
        return made
    now = there.with_values(values)
    if now != there:
        keep(crm, [changed(there, **values)], Wish.type_name)
        note(crm, "numbers.asked", user=user)
    return now


def may_be_sent(rights: Collection[str]) -> bool:
    """Whether whoever has these rights may have the numbers sent."""
    return EVERYTHING in rights or {RIGHT, ASK} <= set(rights)


def check_reader(crm: Crm, user: User) -> None:
    """Whether somebody may have the numbers sent. Raises `Forbidden` (``right.missing``)."""
    if not may_be_sent(rights_of(crm, user.role)):
        raise Forbidden("right.missing", right=ASK, actor=user.name)


def ask_now(crm: Crm, wish: Wish) -> None:
    """Have the numbers of the last period that is over sent at once; one that failed is tried anew.

    Raises `PerthynError` (``web.numbers.often``) where it was wanted `MOST_NOW` times within a day.
    """
    crm.check(ASK)
    there = waiting(crm, wish)
    if there is None or there.code:
        at = int(crm.clock().timestamp() * 1000)
        times = [one for one in json.loads(wish.wanted or "[]") if one > at - DAY]
        if len(times) >= MOST_NOW:
            raise PerthynError("web.numbers.often", most=MOST_NOW)
        job = _letter(crm, wish, wish.every or USUAL, crm.ids(), now=True)
        counted = changed(wish, wanted=json.dumps([*times, at]))
        keep(crm, [*([Delete(there)] if there else []), counted, Create(job)], LETTER)


def waiting(crm: Crm, wish: Wish) -> Job | None:
    """The letter that a user wanted at once, until it has gone."""
    mine = (one for one in crm.store.scan(Job) if one.name == LETTER and one.about == str(wish.id))
    return next((one for one in mine if facts_of(one)["now"]), None)


def begin(crm: Crm, job: Job) -> list[Change]:
    """A letter for each wish that is due. What was due while nothing could go, or perthyn did not run, goes once."""
    now = crm.clock()
    due = [one for one in crm.store.scan(Wish) if one.every and one.due and one.due <= now]
    if not due or crm.memos_go() not in GOES:
        return []
    return [change for wish in due if wish.every for change in _begun(crm, wish, wish.every)]


def _begun(crm: Crm, wish: Wish, every: Every) -> Iterator[Change]:
    """A letter's id is made of its period, which does not come again: both are written together."""
    yield changed(wish, due=next_due(every, crm.clock(), crm.zone))
    id = named_id(f"{LETTER}\x1f{wish.id}\x1f{every}\x1f{over(every, crm.today()).until}")
    if not crm.store.get(Job, [id]):
        yield Create(_letter(crm, wish, every, id))


def _letter(crm: Crm, wish: Wish, every: Every, id: UUID, now: bool = False) -> Job:
    span = over(every, crm.today())
    facts = {"every": every, "since": f"{span.since}", "until": f"{span.until}", "now": now}
    return Job(id=id, name=LETTER, about=str(wish.id), facts=json.dumps(facts, sort_keys=True), due=crm.clock())

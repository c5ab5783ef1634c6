"""Sessions: a cookie, and who is asking. What has ended or run out answers nobody, from the next request on.

Figures: OWASP ASVS 5.0.0, V7: 256 bits of randomness, new at each sign-in; half an hour unused, twelve hours in all. A
paired tablet, which stays at the desk: twelve hours unused, thirty days in all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from perthyn.changes import Create
from perthyn.crm import Crm
from perthyn.errors import Conflict, Unknown
from perthyn.screens import Person
from perthyn_web.accounts.noting import changed, keep, note, speaking_as
from perthyn_web.accounts.records import Session, User, new_secret, secret_id
from perthyn_web.accounts.rights import rights_of
from perthyn_web.intake import keeping

SHORT = {
    "browser": (timedelta(minutes=30), timedelta(hours=12)),
    "machine": (timedelta(minutes=30), timedelta(hours=12)),
    "tablet": (timedelta(hours=12), timedelta(days=30)),
}
"""How long a session of each kind lasts unused, and in all."""
SEEN = timedelta(minutes=5)
"""How old `Session.seen` may be before it is written anew."""
EVERYTHING = "administrator"


def begin(crm: Crm, user: User | None, kind: Literal["browser", "tablet", "machine"], device: str = "") -> str:
    """Sign somebody in, and answer what their cookie holds. `user`: as they proved to be, None with kind *machine*.

    Raises `ValueError` for nobody with another kind than *machine*.
    """
    if (user is None) != (kind == "machine"):
        raise ValueError("nobody but the machine's own administrator is signed in without an account")
    token, now = new_secret(crm.random), crm.clock()
    made = Session(
        id=secret_id(Session, token), user=user.id if user else None, epoch=user.epoch if user else 0, kind=kind,
        device=device[:500] or None, made=now, seen=now,
    )  # fmt: skip
    keep(crm, [Create(made)], "web.session")
    if user is not None:
        with suppress(Conflict, Unknown):
            keep(crm, [changed(user, last=now)], "web.session")
    note(speaking_as(crm, user.name) if user else crm, "session.begun", who=made.user, session=made.id, kind=kind)
    return token


def by_cookie(crm: Crm, token: str) -> Person | None:
    """Who asks with this cookie; None where it opens nothing (any more). Two reads, or three for an own role."""
    found = _live(crm, secret_id(Session, token))
    if found is None:
        return None
    session, user = found
    now = crm.clock()
    if now - session.seen >= SEEN and not keeping.storing(crm):  # nobody is to wait for a page that only shows
        with suppress(Conflict, Unknown):  # another request has just written it
            keep(crm, [changed(session, seen=now)], "web.session")
    return _person(crm, session, user)


def _live(crm: Crm, id: UUID) -> tuple[Session, User | None] | None:
    """A session that counts, and whose it is."""
    session = crm.store.get(Session, [id]).get(id)
    if session is None or not in_time(session, crm.clock()):
        return None
    if session.user is None:
        return session, None
    user = crm.store.get(User, [session.user]).get(session.user)
    return (session, user) if user is not None and belongs(session, user) else None


def in_time(session: Session, now: datetime) -> bool:
    """Whether it has neither ended nor run out."""
    unused, whole = SHORT[session.kind]
    return session.ended is None and now - session.seen < unused and now - session.made < whole


def belongs(session: Session, user: User) -> bool:
    """Whether it is of what the user is now: not of before a password's change, and not of one who is disabled."""
    return user.disabled is None and session.epoch == user.epoch


def _person(crm: Crm, session: Session, user: User | None) -> Person:
    if user is None:
        return Person(crm.actor.name, EVERYTHING, frozenset({"*"}), None, session.id)
    return Person(user.name, user.role, rights_of(crm, user.role), user.id, session.id, user.language or "")


# -- ending ----------------------------------------------------------------------------------------------------------


def end(crm: Crm, id: UUID) -> None:
    """End one session by its id, at once; one that has ended already, or never was, is left as it is."""
    session = crm.store.get(Session, [id]).get(id)
    if session is None or session.ended is not None:
        return
    with suppress(Conflict, Unknown):
        keep(crm, [changed(session, ended=crm.clock())], "web.session")
    note(crm, "session.ended", who=session.user, session=id)


def own(crm: Crm, person: Person) -> list[Session]:
    """The sessions of somebody that count now, the newest first; those of the machine's own administrator together."""
    user = None if person.id is None else crm.store.get(User, [person.id]).get(person.id)
    found = (one for one in crm.store.scan(Session) if one.user == person.id and in_time(one, crm.clock()))
    return sorted(
        (one for one in found if one.user is None or (user is not None and belongs(one, user))),
        key=lambda one: one.made, reverse=True,
    )  # fmt: skip


def end_own(crm: Crm, person: Person, id: UUID) -> None:
    """End one of one's own sessions. Raises `Unknown` (``session.unknown``) for any other."""
    if id not in {one.id for one in own(crm, person)}:
        raise Unknown("session.unknown", name=str(id), suggestion="")
    end(crm, id)


def end_others(crm: Crm, person: Person) -> int:
    """End all of one's sessions but this one; answers how many."""
    others = [one for one in own(crm, person) if one.id != person.session]
    for one in others:
        end(crm, one.id)
    return len(others)


def dead(crm: Crm) -> Iterator[Session]:
    """Those that have ended, and those that ran out more than a day ago."""
    return (one for one in crm.store.scan(Session) if not in_time(one, crm.clock() - timedelta(days=1)))

"""Tablets: paired once with the desk; from then on whoever is at one says so by a tap.

Only those may be tapped whose rights a desk has anyway (`WHO`), or who have set a few digits of their own; everybody
else signs in. A tablet that is lost is ended from any other place, and whoever was at it is signed out at once.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from perthyn.changes import Change, Create, Delete
from perthyn.crm import Crm
from perthyn.crm.roles import ROLES
from perthyn.errors import Conflict, Forbidden, PerthynError, Unknown
from perthyn.model.ids import named_id
from perthyn.screens import Person
from perthyn.text import fold
from perthyn_web.accounts import invitations, limits, passwords, sessions
from perthyn_web.accounts.noting import changed, keep, note
from perthyn_web.accounts.records import Session, User, new_secret, secret_id
from perthyn_web.accounts.rights import rights_of
from perthyn_web.desk.records import Pin, Tablet

UNUSED = timedelta(days=60)
SEEN = timedelta(hours=1)
DIGITS = range(4, 9)
"""How many digits there may be."""
WHO = ROLES["front_of_house"] | ROLES["volunteer"]
"""The rights of those who need no more than a tap."""


def path(token: str) -> str:
    """Where a tablet's link leads, below the app's address."""
    return f"/desk/pair/{token}"


def pairing(crm: Crm) -> str:
    """The token of a link that pairs one tablet, within an hour."""
    crm.check("user.write")
    note(crm, "tablet.invited")
    return invitations.issued(crm, "pair")


def pair(crm: Crm, token: str, name: str, source: str = "") -> str:
    """Pair a tablet by its link; answers what its cookie holds. Raises `PerthynError` (``invitation.wrong``)."""
    invitation, _ = invitations.opened(crm, token, source, "pair")
    cookie, now = new_secret(crm.random), crm.clock()
    made = Tablet(id=secret_id(Tablet, cookie), name=name.strip()[:100] or "-", made=now, seen=now)
    try:
        keep(crm, [invitations.used(crm, invitation), Create(made)], Tablet.type_name)
    except (Conflict, Unknown):
        raise PerthynError("invitation.wrong") from None
    note(crm, "tablet.paired", tablet=made.id)
    return cookie


def by_cookie(crm: Crm, cookie: str) -> Tablet | None:
    """The tablet that asks; None for one that was never paired, has been ended, or was not used for two months."""
    id = secret_id(Tablet, cookie)
    found = crm.store.get(Tablet, [id]).get(id) if cookie else None
    now = crm.clock()
    if found is None or found.ended is not None or now - found.seen >= UNUSED:
        return None
    if now - found.seen >= SEEN:
        with suppress(Conflict, Unknown):
            keep(crm, [changed(found, seen=now)], Tablet.type_name)
    return found


def those_at_the_desk(crm: Crm) -> list[tuple[User, bool]]:
    """Whom a tap on a tablet may sign in, by name, and whether it asks for their digits."""
    pins = {one.user for one in crm.store.scan(Pin)}
    found = [
        (one, one.id in pins)
        for one in crm.store.scan(User)
        if one.disabled is None and (one.id in pins or rights_of(crm, one.role) <= WHO)
    ]
    return sorted(found, key=lambda pair: (fold(pair[0].name), pair[0].id))


def switch(crm: Crm, tablet: Tablet, user: UUID, digits: str, source: str = "") -> str:
    """Somebody else is at the tablet from now on; answers what the sign-in's cookie holds.

    Raises `PerthynError`: ``desk.nobody`` for one who may not be tapped, ``desk.digits``, ``sign_in.wait``.
    """
    known = {one.id: (one, asked) for one, asked in those_at_the_desk(crm)}
    if user not in known:
        raise Forbidden("desk.nobody")
    who, asked = known[user]
    if asked:
        tried = limits.begin(crm, limits.account(f"digits {user}"), limits.source(source))
        pin = crm.store.get(Pin, [_pin_id(user)])[_pin_id(user)]
        if not passwords.verified(pin.hash, digits):
            note(crm, "sign_in.failed", who=user, wrong="digits")
            raise PerthynError("desk.digits")
        limits.was_right(crm, tried)
    leave(crm, tablet)
    cookie = sessions.begin(crm, who, "tablet", tablet.name)
    with suppress(Conflict, Unknown):
        keep(crm, [changed(tablet, session=secret_id(Session, cookie))], Tablet.type_name)
    return cookie


def leave(crm: Crm, tablet: Tablet) -> None:
    """Nobody is at the tablet."""
    if tablet.session is not None:
        sessions.end(crm, tablet.session)


def set_digits(crm: Crm, person: Person, digits: str) -> None:
    """Have one's own digits asked for at the desk; "" asks for none. Raises `PerthynError` (``desk.digits_wrong``)."""
    if person.id is None:
        raise Unknown("user.unknown", name=person.name, suggestion="")
    if digits and (len(digits) not in DIGITS or not digits.isascii() or not digits.isdigit() or len(set(digits)) < 2):
        raise PerthynError("desk.digits_wrong")
    id = _pin_id(person.id)
    held = crm.store.get(Pin, [id]).get(id)
    changes: list[Change] = []
    if digits:
        hash = passwords.hashed(digits, crm.random)
        changes = [changed(held, hash=hash)] if held else [Create(Pin(id=id, user=person.id, hash=hash))]
    elif held is not None:
        changes = [Delete(held)]
    keep(crm, changes, Pin.type_name)
    note(crm, "digits.changed", who=person.id)


def tablets(crm: Crm) -> list[Tablet]:
    """The tablets that are paired, the newest first."""
    crm.check("user.read")
    now = crm.clock()
    found = [one for one in crm.store.scan(Tablet) if one.ended is None and now - one.seen < UNUSED]
    return sorted(found, key=lambda one: one.made, reverse=True)


def end(crm: Crm, id: UUID) -> None:
    """A tablet is let in no more, and whoever is at it is signed out. Raises `Unknown` (``desk.unknown``)."""
    crm.check("user.write")
    found = crm.store.get(Tablet, [id]).get(id)
    if found is None:
        raise Unknown("desk.unknown", name=str(id), suggestion="")
    leave(crm, found)
    keep(crm, [changed(found, ended=crm.clock())], Tablet.type_name)
    note(crm, "tablet.ended", tablet=id)


def _pin_id(user: UUID) -> UUID:
    return named_id(f"web.pin\x1f{user}")

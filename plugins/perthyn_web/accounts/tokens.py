"""Tokens: what other systems sign in with: shown once, kept as a hash, for a year at most, to read unless told more."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from perthyn.changes import Create
from perthyn.crm import Crm
from perthyn.crm.people import checked
from perthyn.crm.roles import EVERYTHING, known_rights
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn.screens import Person
from perthyn_web.accounts import limits, watching
from perthyn_web.accounts.noting import changed, keep, note
from perthyn_web.accounts.records import Token, User, new_secret, secret_id
from perthyn_web.accounts.rights import check_within, rights_of
from perthyn_web.accounts.sessions import SEEN

PREFIX = "perthyn_"
"""Begins every token, so that those who look for secrets in what is published find it."""
LONGEST = timedelta(days=365)
ROLE = "token"
NEVER = frozenset({EVERYTHING, "user.write"})
"""Rights that no token has: whoever holds it could make themselves an administrator."""


def reading(crm: Crm) -> frozenset[str]:
    """The rights of a token that was given none: all that only see; to take files out is none of them."""
    names = {one.name for one in known_rights(crm.plugins) if one.name.endswith(".read")}
    return frozenset(names - {"user.read", "audit.read"})


def new_token(
    crm: Crm, name: str, rights: frozenset[str] = frozenset(), days: int = 365, maker: UUID | None = None
) -> tuple[Token, str]:
    """A new token, and what is shown once. `maker`: whose rights it never goes beyond, None for the machine's own.

    Raises `PerthynError`: ``token.days`` (1 to 365), ``role.rights`` for a right that nobody declares or no token has,
    ``record.value``; `Forbidden` for one that the actor has not.
    """
    crm.check("user.write")
    if not 1 <= days <= LONGEST.days:
        raise PerthynError("token.days", longest=LONGEST.days)
    known = {one.name for one in known_rights(crm.plugins)} - NEVER
    if wrong := sorted(rights - known):
        raise PerthynError("role.rights", rights=", ".join(wrong))
    may = crm.actor.rights
    wanted = rights or (reading(crm) if EVERYTHING in may else reading(crm) & may)
    check_within(crm, wanted)
    shown, now = PREFIX + new_secret(crm.random), crm.clock()
    made: Token = checked(
        Token,
        {"id": secret_id(Token, shown), "name": name.strip(), "user": maker, "rights": " ".join(sorted(wanted)),
         "made": now, "expires": now + timedelta(days=days)},
    )  # fmt: skip
    keep(crm, [Create(made)], "web.token")
    note(crm, "token.made", token=made.id, rights=made.rights)
    return made, shown


def by_token(crm: Crm, header: str, source: str = "") -> Person | None:
    """Who asks with ``Authorization: Bearer perthyn_...``; None where it opens nothing (any more).

    Raises `PerthynError` (``sign_in.wait``) where too many wrong ones came from that address.
    """
    scheme, _, shown = header.partition(" ")
    found = _live(crm, shown.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        limits.begin(crm, limits.source(source))
        return None
    token, user = found
    now = crm.clock()
    if token.last is None or now - token.last >= SEEN:
        with suppress(Conflict, Unknown):  # another request has just written it
            keep(crm, [changed(token, last=now)], "web.token")
    return Person(token.name, ROLE, opened(crm, token, user), token.user, token.id)


def opened(crm: Crm, token: Token, user: User | None) -> frozenset[str]:
    """The rights that a token opens now; `user`: its maker."""
    rights = frozenset(token.rights.split())
    may = rights if user is None else rights_of(crm, user.role)
    return rights if EVERYTHING in may else rights & may


def tokens(crm: Crm) -> list[Token]:
    """All tokens: those that count first, the newest first."""
    crm.check("user.read")
    found = sorted(crm.store.scan(Token), key=lambda one: one.made, reverse=True)
    return sorted(found, key=lambda one: not counts(crm, one))


def counts(crm: Crm, token: Token) -> bool:
    """Whether it has neither ended nor run out."""
    return token.ended is None and crm.clock() < token.expires


def named(crm: Crm, text: str) -> Token:
    """The token by its name, or by the ending of its id (six characters and more); of several the one that counts.

    Raises `Unknown` (``token.unknown``).
    """
    sought = text.lower().replace("-", "")
    found = [one for one in tokens(crm) if one.name == text or (len(sought) >= 6 and one.id.hex.endswith(sought))]
    if not found:
        raise Unknown("token.unknown", name=text, suggestion="")
    return found[0]


def end_token(crm: Crm, id: UUID) -> None:
    """End a token, from the next request on. Raises `Unknown` (``token.unknown``)."""
    crm.check("user.write")
    there = crm.store.get(Token, [id]).get(id)
    if there is None:
        raise Unknown("token.unknown", name=str(id), suggestion="")
    changes = watching.settled(crm, [id])
    if there.ended is None:
        changes.append(changed(there, ended=crm.clock()))
    if changes:
        keep(crm, changes, "web.token")
        note(crm, "token.ended", token=id)


def _live(crm: Crm, shown: str) -> tuple[Token, User | None] | None:
    id = secret_id(Token, shown)
    token = crm.store.get(Token, [id]).get(id)
    if token is None or not counts(crm, token):
        return None
    if token.user is None:
        return token, None
    user = crm.store.get(User, [token.user]).get(token.user)
    return (token, user) if user is not None and user.disabled is None else None

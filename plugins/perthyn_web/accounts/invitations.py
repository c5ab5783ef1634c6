"""Invitations: links that work once, for a while, for one thing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from perthyn.changes import Create, Edit
from perthyn.crm import Crm
from perthyn.crm.roles import EVERYTHING
from perthyn.errors import PerthynError
from perthyn_web.accounts import limits
from perthyn_web.accounts.noting import changed, keep
from perthyn_web.accounts.records import Invitation, Purpose, User, new_secret, secret_id

LASTS: dict[Purpose, timedelta] = {
    "machine": timedelta(minutes=5),
    "code": timedelta(minutes=10),
    "set_up": timedelta(minutes=30),
    "pair": timedelta(hours=1),
    "link": timedelta(hours=1),
    "first": timedelta(hours=24),
    "password": timedelta(hours=24),
    "user": timedelta(days=7),
}
"""How long a link of each purpose works."""


def path(token: str) -> str:
    """Where a link leads, below the app's address."""
    return f"/enter/{token}"


def issued(crm: Crm, purpose: Purpose, user: User | None = None) -> str:
    """A new invitation's token, shown once. Whether the actor may issue it is the caller's to check."""
    token = new_secret(crm.random)
    made = Invitation(
        id=secret_id(Invitation, token), purpose=purpose, user=user.id if user else None,
        epoch=user.epoch if user else 0, by=crm.actor.name or "-", expires=crm.clock() + LASTS[purpose],
    )  # fmt: skip
    keep(crm, [Create(made)], Invitation.type_name)
    return token


def for_this_machine(crm: Crm) -> str:
    """The token of a link that lets in whoever sits at this machine. Raises `Forbidden` to anybody else."""
    crm.check(EVERYTHING)
    return issued(crm, "machine")


def opened(crm: Crm, token: str, source: str, *purposes: Purpose) -> tuple[Invitation, User | None]:
    """What a token invites to, and whom. It still works afterwards: `used` ends it.

    Raises `PerthynError`: ``invitation.wrong`` where it is unknown, used, too old or for something else;
    ``sign_in.wait`` where too many wrong ones came from that address.
    """
    id = secret_id(Invitation, token)
    found = crm.store.get(Invitation, [id]).get(id)
    user = None if found is None or found.user is None else crm.store.get(User, [found.user]).get(found.user)
    if found is None or found.purpose not in purposes or not _works(crm, found, user):
        limits.begin(crm, limits.source(source))
        raise PerthynError("invitation.wrong")
    return found, user


def used(crm: Crm, invitation: Invitation) -> Edit:
    """The change that ends it, to be written together with what it allowed: of two uses at once one is refused."""
    return changed(invitation, used=crm.clock())


def dead(crm: Crm) -> Iterator[Invitation]:
    """Those that work no more since a week."""
    return (one for one in crm.store.scan(Invitation) if one.expires < crm.clock() - timedelta(days=7))


def _works(crm: Crm, one: Invitation, user: User | None) -> bool:
    if one.used is not None or one.expires <= crm.clock():
        return False
    return one.user is None or (user is not None and user.disabled is None and user.epoch == one.epoch)

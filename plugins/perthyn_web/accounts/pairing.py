"""Coming in by a link alone: a tablet that is paired with the desk, and whoever sits at the machine itself."""

from __future__ import annotations

from uuid import UUID

from perthyn.crm import Crm
from perthyn.errors import Conflict, PerthynError, Unknown
from perthyn_web.accounts import invitations, sessions, users
from perthyn_web.accounts.noting import keep, note
from perthyn_web.accounts.rights import check_within, rights_of


def pairing(crm: Crm, id: UUID) -> str:
    """The token of the link by which a tablet is signed in as a user. Raises `Unknown` (``user.unknown``)."""
    crm.check("user.write")
    who = users.user(crm, id)
    check_within(crm, rights_of(crm, who.role))
    note(crm, "tablet.invited", user=id)
    return invitations.issued(crm, "pair", who)


def come_in(crm: Crm, token: str, device: str = "", source: str = "") -> str:
    """Sign a tablet, or whoever sits at the machine, in by its link; answers what the cookie holds.

    Raises `PerthynError`: ``invitation.wrong``, ``sign_in.wait``.
    """
    invitation, who = invitations.opened(crm, token, source, "pair", "machine")
    try:
        keep(crm, [invitations.used(crm, invitation)], "web.invitation")
    except (Conflict, Unknown):
        raise PerthynError("invitation.wrong") from None
    return sessions.begin(crm, who, "tablet" if invitation.purpose == "pair" else "machine", device)

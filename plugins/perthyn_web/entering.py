"""Entering: ways in that work once, for whoever sits at the machine, and for a tablet at the desk."""

from __future__ import annotations

from perthyn.pages import Opens
from perthyn_web.accounts import invitations
from perthyn_web.desk import tablets


def entrance(opens: Opens, who: str) -> str:
    """The address, below the app's, that lets whoever opens it first in: ``here`` or a ``tablet``."""
    with opens() as crm:
        if who == "tablet":
            return tablets.path(tablets.pairing(crm))
        return invitations.path(invitations.for_this_machine(crm))

"""Entering: a way in, once, for whoever sits at the machine that perthyn runs on."""

from __future__ import annotations

from perthyn.pages import Opens
from perthyn_web.accounts import invitations


def entrance(opens: Opens) -> str:
    """The address, below the app's, that signs whoever opens it first in as the machine's own administrator."""
    with opens() as crm:
        return f"/enter/{invitations.for_this_machine(crm)}"

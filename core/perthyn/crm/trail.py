"""Trail: who saw, took out and changed what, and what everybody may do, for those who keep watch."""

from __future__ import annotations

from perthyn.audit import Entry
from perthyn.crm.desk import Desk
from perthyn.crm.roles import known_rights
from perthyn.rights import Right


class Trail(Desk):
    """What a person can ask of the audit trail and of rights."""

    def trail(self, limit: int = 100, before: int | None = None) -> list[Entry]:
        """The newest lines of the audit trail first, those numbered below `before`; none where no trail is kept.

        Raises `PerthynError` (``audit.unreadable``).
        """
        self.check("audit.read")
        return [] if self.audit is None else self.audit.newest(limit, before)

    def rights(self) -> tuple[Right, ...]:
        """Every right that there is, the plugins' too, in the order in which they are shown."""
        self.check("user.read")
        return known_rights(self.plugins)

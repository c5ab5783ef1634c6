"""Trail: who saw, took out and changed what, and what everybody may do, for those who keep watch."""

from __future__ import annotations

from collections.abc import Iterator

from perthyn.audit import Broken, Entry
from perthyn.crm.desk import Desk
from perthyn.crm.health import broken_trail
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

    def trail_back(self, before: int | None = None) -> Iterator[Entry]:
        """All lines of the audit trail, the newest first, from the one numbered below `before`, as they are read.

        Raises `PerthynError` (``audit.unreadable``).
        """
        self.check("audit.read")
        return iter(()) if self.audit is None else self.audit.backwards(before)

    def trail_broken(self) -> list[Broken]:
        """Every place where the audit trail is not as it was written, as far as it and the last backup can tell.

        Raises `PerthynError` (``audit.unreadable``, ``audit.unwritable``).
        """
        self.check("audit.read")
        return broken_trail(self)

    def rights(self) -> tuple[Right, ...]:
        """Every right that there is, the plugins' too, in the order in which they are shown."""
        self.check("user.read")
        return known_rights(self.plugins)

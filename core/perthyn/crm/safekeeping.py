"""Safekeeping: everything into one file that can be trusted, and when that was last done and tried."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import Any

from perthyn.audit import Head as AuditHead
from perthyn.backups.keys import Key
from perthyn.backups.lines import Head, head_of
from perthyn.backups.reading import Inside, look_into, may_give_way
from perthyn.backups.refusals import FILE as REFUSALS
from perthyn.backups.refusals import Refusals
from perthyn.backups.writing import write_backup
from perthyn.contents import Contents
from perthyn.crm.health import LAST_BACKUP as LAST_BACKUP
from perthyn.crm.health import LAST_TRY as LAST_TRY
from perthyn.crm.people import People
from perthyn.errors import PerthynError
from perthyn.model import plain
from perthyn.moving import Tell, nothing

LAST_LOOK = "backup.verified"
"""The setting in the store that says when a backup was last looked through."""

RESTED_ON = ("organisation", "language", "zone", "currency", "region", "year_starts")
"""What of ``perthyn.toml`` the records rest on."""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup made. `inside`: what was found in it when it was read back; None where no key to it is here."""

    head: Head
    size: int
    inside: Inside | None


class Safekeeping(People):
    """What a person can do so that nothing is lost."""

    def backup(
        self, file: Path, recipients: Sequence[str], keys: Sequence[Key], *, over: bool = False, tell: Tell = nothing
    ) -> BackedUp:
        """Write everything as of this moment into a file for the holders of some keys (plain for none); read it back.

        `keys`: the secret ones at hand. `over`: whether a backup of that name may be replaced. The organisation's
        refusals are copied beside it. Raises `PerthynError`: ``backup.exists``, ``backup.other`` and what
        `write_backup` and `look_into` raise.
        """
        self.check("backup.write")
        self.check_all_fields()
        if file.exists():
            _replaceable(file, over)
        if self.store.fence is None:
            self._suppression_key()  # without it the hashes that are written from now on would say nothing
        if self.refusals is not None:
            self.refusals.begin()
        found: list[Inside] = []
        mine = not recipients or any(one.public in recipients for one in keys)

        def check(fresh: Path, digest: str) -> None:
            if mine:
                found.append(look_into(fresh, keys, self.store.types, tell))
                return
            with fresh.open("rb") as written:
                if file_digest(written, "sha256").hexdigest() != digest:
                    raise PerthynError("backup.damaged", file=str(file), where="disk")

        with self.store.contents() as contents:
            head = self._head(contents)
            write_backup(file, contents, head, recipients, check=check, tell=tell)
        self._copy_refusals(file.parent)
        trail = {} if self.audit is None else {"trail": self._sealed(self.audit.head())}
        self._note(LAST_BACKUP, file=file.name, position=head.position, opened=mine, **trail)
        return BackedUp(head, file.stat().st_size, found[0] if found else None)

    @staticmethod
    def _sealed(head: AuditHead) -> list[Any]:
        """What the store remembers of the audit trail, so that nobody writes it anew (`perthyn.audit.verify`)."""
        return [head.lines, head.hash]

    def _head(self, contents: Contents) -> Head:
        settings = self.settings.model_dump(mode="json", include=set(RESTED_ON))
        return head_of(
            contents,
            version=version("perthyn"),
            made=self.clock(),
            by=self.actor.name,
            address=self.store.address,
            settings=settings,
        )

    def _copy_refusals(self, folder: Path) -> None:
        """Beside every backup lie the refusals of that day: an older one can be restored by them too."""
        mine, copy = self.refusals, folder / REFUSALS
        if mine is not None and copy.absolute() != mine.file.absolute():
            Refusals(copy).join(mine.file)

    def note_look(self, made: datetime) -> None:
        """Remember that the backup made then was looked through and found whole."""
        self.check("backup.write")
        self._note(LAST_LOOK, made=plain(made))

    def note_rehearsal(self, made: datetime) -> None:
        """Remember that the backup made then was restored into a store that was thrown away."""
        self.check("backup.write")
        self._note(LAST_TRY, made=plain(made))

    def _note(self, name: str, **facts: Any) -> None:
        if self.store.fence is not None:
            return
        change = self.remember(name, {"at": plain(self.clock()), "by": self.actor.name, **facts})
        with suppress(PerthynError):  # somebody else has noted theirs at this very moment
            self.commit([change] if change else [], reason=name, kind="setting")


def _replaceable(file: Path, over: bool) -> None:
    if not over:
        raise PerthynError("backup.exists", file=str(file))
    try:
        backup = may_give_way(file)
    except OSError as error:
        raise PerthynError("backup.unwritable", file=str(file), why=error.strerror or str(error)) from error
    if not backup:
        raise PerthynError("backup.other", file=str(file))

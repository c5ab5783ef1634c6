"""Health: whether all is well with the records and what is around them, for `perthyn doctor`."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from os import path
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from perthyn.audit import Broken, verify
from perthyn.changes import Edit, Receipt
from perthyn.contacting.door import NO, SCREENED_FOR
from perthyn.crm.channels import Channels
from perthyn.crm.desk import Desk
from perthyn.crm.people import People
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Campaign, Consent, Contact, Inbound, Interaction, Job, Screening
from perthyn.plugins import Plugins
from perthyn.text import CATALOGUE, LANGUAGES, nearest

OFFERS = ("offer_kinds", "offer_measures", "offer_known_exports", "offer_readers", "offer_letter_fields",
          "offer_jobs", "offer_pages", "offer_screens", "offer_rights", "offer_demonstration",
          "offer_commands")  # fmt: skip
"""Hooks that plugins are asked now, though no answer is needed, to see whether they work."""
State = Literal["well", "todo", "wrong"]
STATES: Mapping[bool | None, State] = {True: "well", None: "todo", False: "wrong"}
"""What plugins say of what they looked at."""
LAST_BACKUP, LAST_TRY = "backup.last", "restore.last"
"""The settings in the store that say when it was last backed up, and when a backup was last restored or rehearsed."""

IDLE = timedelta(hours=2)
"""What has been due for so long, nobody seems to do."""
BACKUP_DAYS, RESTORE_DAYS = 7, 92
"""So old may the last backup be, and the last try of restoring one."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: is it well, does it wait for a person, is it wrong; its code has words."""

    state: State
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Health(People, Channels):
    """What a person can do about the state of things."""

    def settle(self, endings: Iterable[str]) -> Receipt:
        """Mark open problems, by the endings of their ids, as dealt with. Raises `Unknown` (``problem.unknown``)."""
        self.check("problem.write")
        chosen: dict[UUID, None] = {}
        for ending in endings:
            sought = ending.lower().replace("-", "")
            found = [one.id for one in self.open_problems() if sought and one.id.hex.endswith(sought)]
            if len(found) != 1:
                raise Unknown("problem.unknown", name=ending, suggestion="")
            chosen[found[0]] = None
        edits = [Edit("problem", id, {"state": ("open", "settled")}) for id in chosen]
        return self.commit(edits, kind="problem", reason=", ".join(id.hex[-6:] for id in chosen))

    def checks(self) -> list[Check]:
        """The store whole, no segment or plugin broken, nothing waiting; what each plugin says of itself."""
        self.check("health.read")
        for hook in OFFERS:
            self.plugins.offer(hook)  # one that raises is marked broken
        self.plugins.offer("offer_api", may=lambda right: lambda: None)
        looked = (
            self._readable,
            self._plugin_checks,
            self._broken_segments,
            self._waiting,
            self._by_itself,
            self._kept_safe,
            self._fenced,
            self._trail_whole,
        )
        return [*(one for look in looked for one in look()), *plugin_health(self.plugins)]

    def _readable(self) -> Iterator[Check]:
        """Every contact and the newest happening of each can be read, and there are as many as are counted."""
        read = sum(1 for _ in self.store.scan(Contact))
        counted = self.store.count_of(Contact)
        facts = {"contacts": read, "counted": counted, "interactions": self.store.count_of(Interaction)}
        if read == counted:
            yield Check("well", "health.records.whole", {**facts, "address": self.store.address})
        else:
            yield Check("wrong", "health.records.uneven", {**facts, "address": self.store.address})

    def _plugin_checks(self) -> list[Check]:
        said = self.plugins.offer("offer_checks", store=self.store)
        self.plugins.offer("offer_handover", store=self.store)  # one that breaks is to be known before the day
        self.plugins.cautions(self.store.address)
        return [Check(STATES.get(well, "wrong"), code, facts) for well, code, facts in said]

    def _broken_segments(self) -> Iterator[Check]:
        for one in self.segments():
            if why := self.broken(one):
                yield Check("wrong", "health.segments.broken", {"name": one.name(self.language), "why": why})

    def _waiting(self) -> Iterator[Check]:
        codes = Counter(one.code for one in self.open_problems())
        yield Check("todo" if codes else "well", "health.problems.open" if codes else "health.problems.none",
                    {"count": sum(codes.values())})  # fmt: skip
        waiting = self._unconfirmed()
        if waiting:
            yield Check("todo", "health.consents.unconfirmed", {"count": waiting})
        if self.grounds().calls:
            yield self._screened()

    def _by_itself(self) -> Iterator[Check]:
        """Nothing that is done without a person waits for one, and something does it."""
        now, jobs = self.clock(), list(self.store.scan(Job))
        if parked := sum(one.state == "parked" for one in jobs):
            yield Check("todo", "health.jobs.parked", {"count": parked})
        if failing := sum(one.state == "waiting" and one.attempts > 0 and one.code is not None for one in jobs):
            yield Check("todo", "health.jobs.failing", {"count": failing})
        if parked := sum(one.state == "parked" for one in self.store.scan(Inbound)):
            yield Check("todo", "health.inbound.parked", {"count": parked})
        yield from (Check("todo", "campaign.paused", {"code": one.code})
                    for one in self.store.scan(Campaign) if one.state == "paused")  # fmt: skip
        idle = [one.due for one in jobs if one.state == "waiting" and max(one.due, one.until or one.due) < now - IDLE]
        if idle:
            yield Check("todo", "health.jobs.idle", {"count": len(idle), "day": min(idle).astimezone(self.zone).date()})
        names = self.channels().keys()
        for section in self.settings.sections.keys() - names:
            if meant := nearest(section, names):
                yield Check("todo", "health.section.strange", {"name": section, "suggestion": meant})
        fetched = {one.about for one in jobs}
        for name, account, every in self.sources_fetched():
            if every and f"{name}:{account}" not in fetched:
                yield Check("todo", "health.jobs.never", {"name": name, "account": account})

    def _fenced(self) -> Iterator[Check]:
        fence = self.store.fence
        if fence is not None:
            yield trouble(fence.refusal)

    def _trail_whole(self) -> Iterator[Check]:
        """The audit trail is as it was written, as far as it and the last backup can tell."""
        if self.audit is None:
            return
        broken = broken_trail(self)
        facts = {"file": self.audit.file.name, "count": len(broken)}
        if broken:
            yield Check("wrong", "health.audit.broken", {**facts, "line": broken[0].line})
        else:
            yield Check("well", "health.audit.whole", {**facts, "count": self.audit.head().lines})

    def _kept_safe(self) -> Iterator[Check]:
        """When everything was last backed up, and when a backup was last restored or rehearsed."""
        if self.store.count_of(Contact):
            backup = ("health.backup.never", "health.backup.old", "health.backup.well")
            restore = ("health.restore.never", "health.restore.old", "health.restore.well")
            yield self._last_time(LAST_BACKUP, BACKUP_DAYS, backup)
            yield self._last_time(LAST_TRY, RESTORE_DAYS, restore)

    def _last_time(self, setting: str, limit: int, codes: tuple[str, str, str]) -> Check:
        last = self.remembered(setting)
        if last is None:
            return Check("todo", codes[0])
        at = datetime.fromisoformat(last["at"])
        days = (self.clock() - at).days
        facts = {"day": at.astimezone(self.zone).date(), "by": last["by"], "days": days}
        return Check("todo", codes[1], facts) if days > limit else Check("well", codes[2], facts)

    def _screened(self) -> Check:
        """Whether numbers may still be called on what the lists said of them."""
        days = [one.checked for one in self.store.scan(Screening) if one.list in ("tps", "ctps")]
        if not days:
            return Check("todo", "health.screening.never")
        last = max(days)
        facts = {"day": last.astimezone(self.zone).date(), "limit": SCREENED_FOR.days}
        if self.clock() - last > SCREENED_FOR:
            return Check("todo", "health.screening.old", facts)
        return Check("well", "health.screening.well", facts)

    def _unconfirmed(self) -> int:
        """How many people's yes from a file nobody has confirmed, and no later word has overtaken."""
        waiting: dict[tuple[UUID, str], None] = {}
        answered: set[tuple[UUID, str]] = set()
        for one in self.store.scan(Consent):
            if one.decision == "unconfirmed":
                waiting[one.contact, one.channel] = None
            elif one.decision == "given" or one.decision in NO:
                answered.add((one.contact, one.channel))
        return len({contact for contact, channel in waiting if (contact, channel) not in answered})


def broken_trail(desk: Desk) -> list[Broken]:
    """Every place where the audit trail is not as it was written, as far as it and the last backup can tell."""
    if desk.audit is None:
        return []
    desk.audit.flush()
    last = (desk.remembered(LAST_BACKUP) or {}).get("trail")
    return verify(desk.audit.file, [(last[0], last[1])] if last and last[0] else [])


def plugin_health(plugins: Plugins) -> list[Check]:
    """One check for each broken plugin; one for all when none is."""
    broken = [one for one in plugins.loaded if one.broken]
    if not broken:
        return [Check("well", "health.plugins.well", {"count": len(plugins.loaded)})]
    return [
        Check("wrong", "plugin.broken", {"plugin": one.name, "origin": one.origin, "why": one.broken}) for one in broken
    ]


def surroundings(folder: Path) -> list[Check]:
    """The folder can be written and the words of every language are installed."""
    return [_writable(folder), *_catalogues()]


def _writable(folder: Path) -> Check:
    try:
        handle, name = tempfile.mkstemp(prefix=".perthyn-", dir=folder)
        os.close(handle)
        os.unlink(name)
    except OSError as error:
        return Check("wrong", "health.folder.readonly", {"folder": str(folder), "why": error.strerror or str(error)})
    return Check("well", "health.folder.writable", {"folder": str(folder)})


def _catalogues() -> Sequence[Check]:
    lost = [one for one in LANGUAGES if not path.isfile(path.join(CATALOGUE, one, "LC_MESSAGES", "perthyn.mo"))]
    if lost:
        return [Check("wrong", "health.words.lost", {"languages": ", ".join(lost)})]
    return [Check("well", "health.words.there", {"languages": ", ".join(LANGUAGES)})]


def trouble(error: PerthynError) -> Check:
    """Something that could not be looked at, because of this."""
    return Check("wrong", error.code, error.facts)

"""Handover: what somebody who takes over must know of the organisation's records; nothing about any contact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from perthyn.changes import Header
from perthyn.crm.health import LAST_BACKUP, LAST_TRY, Check, Health
from perthyn.crm.pairs import Pairs
from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction, Segment, Takings

LATELY = timedelta(days=90)
"""Whoever changed something within this time is named."""


@dataclass(frozen=True, slots=True)
class Group:
    """A segment: its names, its mode, how many are in it now; `broken`: why nobody knows."""

    name_en: str | None
    name_cy: str | None
    mode: str
    members: int | None
    broken: PerthynError | None


@dataclass(frozen=True, slots=True)
class Worker:
    """Who changed something lately: how often, and when last."""

    name: str
    changes: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Handover:
    """What is handed over.

    `file`, `size`: of records that live in a file of this machine, in bytes. `held`: how many records of each type.
    `sources`: account -> how many records came from it. `waits`: what is not well. `backup` and `tried`: when the
    records were last backed up, and when a backup was last restored or rehearsed; None for never. `plugins`: name,
    origin, and why one is broken. `told`: what plugins add, per language (title, sentence). `channels`: each account
    that things come from, and how often it is looked at.
    """

    organisation: str
    at: datetime
    version: str
    folder: Path
    address: str
    file: Path | None
    size: int | None
    settings: Mapping[str, Any]
    held: Mapping[str, int]
    batches: int
    last_change: datetime | None
    segments: Sequence[Group]
    sources: Mapping[str, int]
    workers: Sequence[Worker]
    waits: Sequence[Check]
    backup: datetime | None
    tried: datetime | None
    plugins: Sequence[tuple[str, str, str]]
    told: Sequence[Mapping[str, tuple[str, str]]]
    channels: Sequence[tuple[str, str, timedelta | None]]


class HandingOver(Health, Pairs):
    """What a person can do who hands over, or takes over."""

    def handover(self) -> Handover:
        """Everything that stands around the records, and none of what stands in them."""
        self.check("health.read")
        self.check_all_fields()
        address = self.settings.address
        file = Path(address.partition(":///")[2]) if address.startswith("sqlite:") else None
        headers = list(self._headers_since(self.clock() - LATELY))
        newest = next(self.store.headers(), None)
        return Handover(
            organisation=self.settings.organisation,
            at=self.clock().astimezone(self.zone),
            version=version("perthyn"),
            folder=self.settings.folder,
            address=address,
            file=file,
            size=file.stat().st_size if file and file.is_file() else None,
            settings=self.settings.model_dump(mode="json", exclude={"folder", "store", "organisation", "sections"}),
            held={name: self.store.count_of(type) for name, type in self.store.types.items()},
            batches=self.store.position(),
            last_change=newest.at.astimezone(self.zone) if newest else None,
            segments=[self._group(one) for one in self.segments()],
            sources=self._sources(),
            workers=_workers(headers, self.zone),
            waits=[one for one in (*self.checks(), *self._pairs_waiting()) if one.state != "well"],
            backup=self._last(LAST_BACKUP),
            tried=self._last(LAST_TRY),
            plugins=[(one.name, one.origin, one.broken) for one in self.plugins.loaded],
            told=self.plugins.offer("offer_handover", store=self.store),
            channels=self.sources_fetched(),
        )

    def _last(self, name: str) -> datetime | None:
        noted = self.remembered(name)
        return datetime.fromisoformat(noted["at"]).astimezone(self.zone) if noted else None

    def _headers_since(self, begin: datetime) -> Iterator[Header]:
        for one in self.store.headers():
            if one.at < begin:
                return
            yield one

    def _pairs_waiting(self) -> Iterator[Check]:
        if waiting := len(self._asked()):
            yield Check("todo", "health.pairs.waiting", {"count": waiting})

    def _group(self, segment: Segment) -> Group:
        broken = self.broken(segment)
        members = None if broken else self.count(segment)
        return Group(segment.name_en, segment.name_cy, segment.mode, members, broken)

    def _sources(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for type in (Interaction, Takings):
            for line in self.store.tally(type, ["source"]):
                found[line.by[0] or ""] += line.count
        for contact in self.store.scan(Contact):
            found.update({one.source for one in contact.external_ids})
        return {name: found[name] for name in sorted(found) if name}


def _workers(headers: Sequence[Header], zone: ZoneInfo) -> list[Worker]:
    times: dict[str, list[datetime]] = {}
    for one in headers:
        times.setdefault(one.actor, []).append(one.at.astimezone(zone))
    return [Worker(name, len(at), max(at)) for name, at in sorted(times.items())]

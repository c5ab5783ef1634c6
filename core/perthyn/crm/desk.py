"""Desk: what every part of `Crm` stands on: a store, plugins, a clock, ids, an actor, and one check of rights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from perthyn.changes import Batch, Block, Change, Create, Edit, Receipt
from perthyn.errors import Forbidden
from perthyn.model import CORE_TYPES, KINDS, CustomField, Ids, Kind, Record, Segment, Setting
from perthyn.model.ids import Clock, Random
from perthyn.plugins import Plugins
from perthyn.rules import RuleSchema
from perthyn.settings import Settings
from perthyn.store import Store

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Rights are names such as ``contact.read`` and ``money.read``; ``*`` is all of them."""

    name: str
    rights: frozenset[str] = frozenset({"*"})

    def may(self, right: str) -> bool:
        """Whether the actor has a right."""
        return "*" in self.rights or right in self.rights


def record_types(plugins: Plugins) -> tuple[type[Record], ...]:
    """The core's record types and the plugins', each before those that name it."""
    return (*CORE_TYPES, *plugins.offer("offer_record_types"))


@dataclass
class Desk:
    """The parts, handed in; nothing here reads the time, randomness, the environment or a global language."""

    store: Store
    plugins: Plugins
    settings: Settings
    clock: Clock
    random: Random
    actor: Actor
    language: str = "en"
    ids: Ids = field(init=False)
    _kept: dict[str, tuple[int, Any]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.ids = Ids(self.clock, self.random)

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.settings.zone)

    def today(self) -> date:
        """The day it is at the organisation."""
        return self.clock().astimezone(self.zone).date()

    def check(self, right: str) -> None:
        """The one check. Raises `Forbidden` (``right.missing``)."""
        if not self.actor.may(right):
            raise Forbidden("right.missing", right=right, actor=self.actor.name)

    def commit(
        self,
        changes: Iterable[Change] = (),
        *,
        reason: str = "",
        kind: str = "edit",
        blocks: Iterable[Block] = (),
        facts: dict[str, Any] | None = None,
    ) -> Receipt:
        """Apply changes as one batch of this actor."""
        return self.apply(
            Batch(self.batch_id(), self.actor.name, self.clock(), reason, kind, changes, blocks, facts or {})
        )

    def apply(self, batch: Batch) -> Receipt:
        """Ask the plugins, apply, tell the plugins."""
        self.plugins.ask("ask_batch", batch=batch, store=self.store)
        receipt = self.store.apply(batch)
        self.plugins.tell("tell_applied", batch=batch, receipt=receipt)
        return receipt

    def batch_id(self) -> UUID:
        """A random id (version 4): an undone file can be imported again."""
        return UUID(bytes=self.random(16), version=4)

    def kinds(self) -> tuple[Kind, ...]:
        """All kinds of interaction, the plugins' too."""
        return self.kept("kinds", lambda: (*KINDS, *self.plugins.offer("offer_kinds")))

    def schema(self) -> RuleSchema:
        """The words that rules may use."""
        return self.kept(
            "schema",
            lambda: RuleSchema.build(
                tuple(self.store.types.values()),
                self.kinds(),
                list(self.store.scan(CustomField)),
                self.plugins.offer("offer_measures"),
                segments=list(self.store.scan(Segment)),
                currency=self.settings.currency,
            ),
        )

    def kept(self, name: str, make: Callable[[], Kept]) -> Kept:
        """Something worked out from the store, kept until the store changes."""
        position = self.store.position()
        held = self._kept.get(name)
        if held is None or held[0] != position:
            held = self._kept[name] = (position, make())
        found: Kept = held[1]
        return found

    # -- settings kept in the store --------------------------------------------------------------------------

    def remembered(self, name: str) -> Any:
        """The value of a setting in the store, or None."""
        found = {one.name: one for one in self.store.scan(Setting)}.get(name)
        return None if found is None else json.loads(found.value)

    def remember(self, name: str, value: Any) -> Change | None:
        """The change that sets a setting, or None where it stands so already."""
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
        found = {one.name: one for one in self.store.scan(Setting)}.get(name)
        if found is None:
            return Create(Setting(id=self.ids(), name=name, value=text))
        return None if found.value == text else Edit("setting", found.id, {"value": (found.value, text)})

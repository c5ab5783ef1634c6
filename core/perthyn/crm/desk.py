"""Desk: what every part of `Crm` stands on: a store, plugins, a clock, ids, an actor, and one check of rights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from perthyn.audit import Audit
from perthyn.backups.refusals import Refusals
from perthyn.changes import Batch, Block, Change, Create, Edit, Header, JournalLine, Receipt
from perthyn.contacting.door import CHILD
from perthyn.crm.answers import Answers
from perthyn.errors import Forbidden, PerthynError
from perthyn.model import (
    CORE_TYPES,
    KINDS,
    Contact,
    CustomField,
    Happening,
    Ids,
    Interaction,
    Kind,
    Problem,
    Record,
    Redirect,
    Segment,
    Setting,
    declared,
    split_path,
)
from perthyn.model.ids import Clock, Random, named_id
from perthyn.model.kinds import rights_of_kinds
from perthyn.plugins import Plugins
from perthyn.rules import RuleSchema
from perthyn.settings import Settings
from perthyn.store import Store

MOST_KEPT = 1_000
"""How many things that were worked out from the store are held at most."""
AT_ONCE = ("erase", "restore")
"""Kinds of batch that are in the audit trail when they are done."""
KEPT_ELSEWHERE = ("job", "ledger")
"""Kinds of batch that are not in the audit trail: jobs are perthyn's own, and the ledger tells of each letter."""
WHOSE = "whose"
"""The fact of a batch that tells whose work it is (`Actor.whose`): two people may have one name."""
PLACES = ("by", "channel", "column", "field", "file", "row", "sheet")
"""Facts of a problem that quote nothing of what came."""
Kept = TypeVar("Kept")
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. Rights are names such as ``contact.read`` and ``money.read``; ``*`` is all of them.

    `whose`: what is one person's, or one token's, whatever their name; "" for whoever sits at the machine itself.
    """

    name: str
    rights: frozenset[str] = frozenset({"*"})
    whose: str = ""

    def may(self, right: str) -> bool:
        """Whether the actor has a right."""
        return "*" in self.rights or right in self.rights

    def did(self, header: Header) -> bool:
        """Whether a batch is the actor's own work; their name alone says so of what was done at the machine itself."""
        whose = header.facts.get(WHOSE, "")
        return whose == self.whose and (bool(whose) or header.actor == self.name)


def record_types(plugins: Plugins) -> tuple[type[Record], ...]:
    """The core's record types and the plugins', each before those that name it."""
    return (*CORE_TYPES, *plugins.offer("offer_record_types"))


@dataclass
class Desk:
    """The parts, handed in; nothing here reads the time, randomness, the environment or a global language.

    What stands here is the ground for the methods of `Crm` and asks for no right: a face calls those, not these.
    `watch`: told of each person who is shown to the actor; it raises what is to be said where there are too many.
    `answers`: worked out before, shared by the desks of one process.
    """

    store: Store
    plugins: Plugins
    settings: Settings
    clock: Clock
    random: Random
    actor: Actor
    language: str = "en"
    refusals: Refusals | None = None
    audit: Audit | None = None
    watch: Callable[[UUID], None] | None = None
    answers: Answers = field(default_factory=Answers)
    ids: Ids = field(init=False)
    _kept: dict[str, tuple[int, Any]] = field(default_factory=dict, init=False)
    _position: int | None = field(default=None, init=False)
    _looking: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.ids = Ids(self.clock, self.random)

    def acting(self, actor: Actor, language: str) -> Self:
        """The same desk for somebody else; what is kept of the store is shared between them."""
        other = replace(self, actor=actor, language=language)
        other._kept, other._position = self._kept, self._position
        return other

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
            raise self._refused("right.missing", right=right)

    def _refused(self, code: str, **facts: str) -> Forbidden:
        """The refusal of a right, noted in the audit trail unless somebody only looks what there is to show."""
        if not self._looking:
            self.note("right.refused", of=facts["right"])
        return Forbidden(code, **facts, actor=self.actor.name)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """What is refused within is left out of what is shown, and nobody asked for it: no refusal is noted."""
        outer, self._looking = self._looking, True
        try:
            with suppress(Forbidden):
                yield
        finally:
            self._looking = outer

    def note(
        self, what: str, *, ids: Iterable[UUID] = (), count: int | None = None, purpose: str = "", of: str = "",
        now: bool = False,
    ) -> None:  # fmt: skip
        """Note in the audit trail, where there is one, that the actor did this (`perthyn.audit.Audit.note`)."""
        if self.audit is not None:
            self.audit.note(self.clock(), self.actor.name, what, ids=ids, count=count, purpose=purpose, of=of, now=now)

    # -- what the actor may see of a record ------------------------------------------------------------------

    def check_all_fields(self) -> None:
        """For what shows or moves whole records: the actor must be one who may see every field. Raises `Forbidden`.

        What is of this machine and this moment (accounts, sign-ins) is neither shown nor moved.
        """
        types = [type for type in self.store.types.values() if not type.passes()]
        asked = {about.right for type in types for about in declared(type).values()} | {type.seen_by for type in types}
        asked |= {*self._custom_rights().values(), *rights_of_kinds(self.kinds())}
        for right in sorted(asked - {""}):
            self.check(right)

    def check_kinds(self, kinds: Iterable[str] | None = None) -> None:
        """For what counts happenings of these kinds (of all): the actor must be one who may see each of them.

        It is refused, not filtered: a smaller number would tell what is left out. Raises `Forbidden` (``right.field``).
        """
        if "*" not in self.actor.rights:
            self._check_rights(rights_of_kinds(self.kinds(), kinds))

    def check_fields(self, type: type[Record], paths: Iterable[str]) -> None:
        """For what sets fields: nobody writes what they may not see. Raises `Forbidden` (``right.field``)."""
        for path in paths:
            right = self._right_of(type, path)
            if right is not None:
                self._check_rights({right: path})

    def _check_rights(self, asked: Mapping[str, str]) -> None:
        """Each right, with what asks for it. Raises `Forbidden` (``right.field``)."""
        for right, what in asked.items():
            if not self.actor.may(right):
                raise self._refused("right.field", right=right, field=what)

    def sees_kinds(self, kinds: Iterable[str] | None = None) -> bool:
        """Whether the actor may see happenings of all these kinds (of all there are)."""
        return "*" in self.actor.rights or all(map(self.actor.may, rights_of_kinds(self.kinds(), kinds)))

    def sees_type(self, type: type[Record]) -> bool:
        """Whether the actor may know that there are such records at all."""
        return not type.seen_by or self.actor.may(type.seen_by)

    def sees(self, record: Record) -> bool:
        """Whether the actor may know that there is this record at all."""
        return self.sees_type(type(record)) and (not isinstance(record, Happening) or self.sees_kinds([record.kind]))

    def shows(self, contacts: Iterable[UUID]) -> None:
        """For what shows people otherwise than by `seen`: whoever watches over how many are looked at is told."""
        if self.watch is not None:
            for id in contacts:
                self.watch(id)

    def seen(self, record: R) -> R:
        """The record as it is shown to the actor: without the fields that they may not see; of whom, is counted."""
        if self.watch is not None:
            if isinstance(record, Contact):
                self.watch(record.id)
            elif isinstance(record, Interaction):
                self.watch(record.contact)
        return self.allowed(record)

    def allowed(self, record: R) -> R:
        """The record without the fields that the actor may not see, while it is not shown yet."""
        if "*" in self.actor.rights:
            return record
        kind = type(record)
        names = (name for name in declared(kind) if name != "id")
        hidden: dict[str, Any] = dict.fromkeys(name for name in names if self._hidden(kind, name))
        if isinstance(record, Contact):
            hidden["custom"] = tuple(one for one in record.custom if not self._hidden(Contact, f"custom[{one.key}]"))
        if isinstance(record, Problem) and "raw" in hidden and record.facts:
            hidden["facts"] = _told(record.facts)
        return record.model_copy(update=hidden) if hidden else record

    def seen_line(self, line: JournalLine) -> JournalLine:
        """The journal line without the fields that the actor may not see."""
        kind = self.store.types.get(line.type)
        if kind is None or "*" in self.actor.rights:
            return line
        before = {path: value for path, value in line.before.items() if not self._hidden(kind, path)}
        if before.get("rule") == CHILD and not self.actor.may("child.read"):
            del before["rule"]
        if kind is Contact and "custom" in before:
            before["custom"] = [one for one in before["custom"] if not self._hidden(Contact, f"custom[{one['name']}]")]
        return replace(line, before=before)

    def _hidden(self, kind: type[Record], path: str) -> bool:
        right = self._right_of(kind, path)
        return right is not None and not self.actor.may(right)

    def _right_of(self, kind: type[Record], path: str) -> str | None:
        name, key = split_path(path)
        about = declared(kind).get(name)
        return about.right if about else self._custom_rights().get(key or "") if name == "custom" else None

    def _custom_rights(self) -> dict[str, str]:
        return {one.name: one.right for one in self._declared_fields()}

    # -- writing ---------------------------------------------------------------------------------------------

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
        """Ask the plugins, apply, tell the plugins. What the batch refuses is on the disk before it is applied.

        The jobs that plugins answer with are stored in the same batch, which says whose work it is.
        """
        if self.actor.whose:
            batch = replace(batch, facts={**batch.facts, WHOSE: self.actor.whose})
        jobs = self.plugins.ask("ask_batch", batch=batch, store=self.store)
        if jobs:
            batch = replace(batch, changes=[*batch.changes, *map(Create, jobs)])
        receipt = self.store.apply(batch) if self.refusals is None else self._respected(batch, self.refusals)
        self.plugins.tell("tell_applied", batch=batch, receipt=receipt)
        if batch.kind not in KEPT_ELSEWHERE:
            wrote = receipt.created + receipt.edited + receipt.deleted
            self.note("batch.applied", ids=[receipt.batch], count=wrote, of=batch.kind, now=batch.kind in AT_ONCE)
        return receipt

    def _respected(self, batch: Batch, refusals: Refusals) -> Receipt:
        try:
            return self.store.apply(refusals.watching(batch, self.redirects))
        except PerthynError:
            with suppress(PerthynError):  # where it can't be told, the refusal counts
                if self.store.header(batch.id) is None:
                    refusals.take_back(batch.id)
            raise

    def batch_id(self) -> UUID:
        """A random id (version 4): an undone file can be imported again."""
        return UUID(bytes=self.random(16), version=4)

    def _declared_fields(self) -> list[CustomField]:
        """The custom fields that are declared, whoever may see what stands in them."""
        return self.kept("custom fields", lambda: list(self.store.scan(CustomField)))

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
                self._declared_fields(),
                self.plugins.offer("offer_measures"),
                segments=list(self.store.scan(Segment)),
                currency=self.settings.currency,
            ),
        )

    @contextmanager
    def one_picture(self) -> Iterator[None]:
        """What is asked within, for reading only, is answered as of one moment, and the position is asked once."""
        with self.store.picture():
            outer, self._position = self._position, self.store.position()
            try:
                yield
            finally:
                self._position = outer

    def kept(self, name: str, make: Callable[[], Kept]) -> Kept:
        """Something worked out from the store, kept until the store changes."""
        position = self.store.position() if self._position is None else self._position
        name = f"{self.store.edition} {name}"
        held = self._kept.get(name)
        if held is None or held[0] != position:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            held = self._kept[name] = (position, make())
        found: Kept = held[1]
        return found

    @contextmanager
    def at_position(self, position: int) -> Iterator[None]:
        """What is kept is asked for within as of a position that was read before; the store is not asked again."""
        outer, self._position = self._position, position
        try:
            yield
        finally:
            self._position = outer

    def keep_on(self, names: Iterable[str], before: int, after: int) -> None:
        """What is kept under these names stands: what was written between the two positions does not touch it."""
        for name in (f"{self.store.edition} {name}" for name in names):
            held = self._kept.get(name)
            if held is not None and held[0] == before:
                self._kept[name] = (after, held[1])

    # -- contacts that became one ----------------------------------------------------------------------------

    def redirects(self) -> dict[UUID, UUID]:
        """The old ids of merged contacts, each with the id that it goes by now."""

        def followed() -> dict[UUID, UUID]:
            steps = {one.id: one.to for one in self.store.scan(Redirect)}
            return {old: _followed(old, steps) for old in steps}

        return self.kept("redirects", followed)

    def selves(self, id: UUID) -> set[UUID]:
        """The id of a contact and the old ids that lead to it."""
        return {id, *(old for old, now in self.redirects().items() if now == id)}

    # -- settings kept in the store --------------------------------------------------------------------------

    def remembered(self, name: str) -> Any:
        """The value of a setting in the store, or None."""
        found = {one.name: one for one in self.store.scan(Setting)}.get(name)
        return None if found is None else json.loads(found.value)

    def remember(self, name: str, value: Any) -> Change | None:
        """The change that sets a setting, or None where it stands so already.

        A setting's id is made of its name: of two processes that set it for the first time, one is refused.
        """
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
        found = {one.name: one for one in self.store.scan(Setting)}.get(name)
        if found is None:
            return Create(Setting(id=named_id(f"setting\x1f{name}"), name=name, value=text))
        return None if found.value == text else Edit("setting", found.id, {"value": (found.value, text)})


def _told(facts: str) -> str | None:
    """The facts of a problem that say where it is; the others quote what came, which may be anything."""
    told = {name: value for name, value in json.loads(facts).items() if name in PLACES}
    return json.dumps(told, ensure_ascii=False, sort_keys=True) if told else None


def _followed(id: UUID, steps: Mapping[UUID, UUID]) -> UUID:
    seen: set[UUID] = set()
    while id in steps and id not in seen:
        seen.add(id)
        id = steps[id]
    return id

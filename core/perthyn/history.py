"""Undo: the batch that takes an earlier batch back, path by path, and what it must leave as it is (DECISIONS 2).

A value goes back where it still is what the undone batch wrote. What somebody changed later, what later records
rest on, and every "no" stays, and is listed with the batch that stands in the way. There are no cascades. Undoing an
undo is redo.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, Literal
from uuid import UUID

from perthyn.changes import Batch, Change, Create, Delete, Edit, Header, JournalLine
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Consent, Contact, Ids, Record, Redirect, Screening, Segment, read_plain
from perthyn.model.record import same_plain
from perthyn.store import Store

CHUNK = 5_000
Why = Literal["changed", "rests", "never", "gone", "there", "carried"]


@dataclass(frozen=True, slots=True)
class Kept:
    """Something an undo leaves as it is.

    `why`: *changed* later by `by`; something later *rests* on it; it is a "no", *never* undone; the record is
    *gone*; it is *there* again; the plugin that knows it is not there (*carried*). `path` is "" for the whole record.
    """

    type: str
    id: UUID
    path: str
    why: Why
    by: int | None = None


@dataclass
class UndoPlan:
    """What undoing `header` would do. `changes()` may be iterated again; nothing large is held."""

    store: Store
    header: Header
    ids: Ids
    at: datetime
    newest: int
    """the number of the store's newest batch when this was worked out"""
    invented: bool = False
    """whether it took in people who do not exist"""
    kept: list[Kept] = field(default_factory=list)
    removes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    restores: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    edits: list[Edit] = field(default_factory=list)
    ends: tuple[Change, ...] = ()
    """changes that are stored with the undo, behind its own"""
    _staying: set[UUID] = field(default_factory=set)
    _further: list[Record] = field(default_factory=list)
    _again: set[UUID] = field(default_factory=set)

    def __iter__(self) -> Iterator[Change]:
        """The changes, so ordered that whoever owns a record is there, and a source names one record at a time.

        Deleted contacts come back, values go back, what was created goes, the rest of what was deleted comes back,
        created contacts go.
        """
        yield from (Create(one) for one in self._deleted() if isinstance(one, Contact))
        yield from self.edits
        yield from (Create(one) for one in self._further)
        yield from self._created(contacts=False)
        yield from (Create(one) for one in self._deleted() if not isinstance(one, Contact))
        yield from self._created(contacts=True)
        yield from self.ends

    def _created(self, contacts: bool) -> Iterator[Change]:
        for type, ids in _chunks(self.store.created(self.header.id)):
            if (type is Contact) is contacts:
                found = self.store.get(type, [one for one in ids if one not in self._staying])
                yield from (Delete(one) for _, one in sorted(found.items()))

    @property
    def empty(self) -> bool:
        """Whether there is nothing that can be taken back."""
        return not (self.edits or self._further or any(self.removes.values()) or any(self.restores.values()))

    def batch(self, id: UUID, actor: str, ends: Iterable[Change] = ()) -> Batch:
        """The undo as a batch to apply; its kind is *undo*."""
        if self.empty:
            raise PerthynError("undo.nothing", batch=str(self.header.id)[-6:], kept=len(self.kept))
        header = self.header
        about = {name: header.facts[name] for name in ("contacts",) if name in header.facts}
        changes = replace(self, ends=tuple(ends))
        return Batch(id, actor, self.at, header.reason, "undo", changes=changes, facts=about, undoes=header.id)

    def _deleted(self) -> Iterator[Record]:
        for line in self.store.journal(batch=self.header.id):
            if line.action == "delete" and line.id in self._again:
                yield _image(self.store, line)


def plan_undo(
    store: Store,
    batch: UUID,
    ids: Ids,
    at: datetime,
    progress: Callable[[int], None] = lambda done: None,
    *,
    invented: bool = False,
) -> UndoPlan:
    """Work out what undoing a batch would do, and what it would keep and why.

    `progress` is told how many of the batch's changes have been looked at. `invented`: the batch brought in people who
    do not exist; what it says they refused, or agreed to, is nobody's word and goes as anything else.

    Raises `Unknown` (``undo.batch.unknown``); `PerthynError`: ``undo.never`` for an erasure, ``undo.sent`` for what a
    sender wrote.
    """
    header = store.header(batch)
    if header is None:
        raise Unknown("undo.batch.unknown", name=str(batch), suggestion="")
    if header.kind == "erase":
        raise PerthynError("undo.never", batch=str(batch)[-6:])
    if header.kind == "ledger":
        raise PerthynError("undo.sent", batch=str(batch)[-6:])
    plan = UndoPlan(store, header, ids, at, newest_batch(store), invented)
    _plan_created(plan, progress)
    _plan_lines(plan, progress)
    _plan_homeless(plan)
    _plan_noes(plan)
    return plan


def newest_batch(store: Store) -> int:
    """The number of the newest batch; 0 for a store without any."""
    return next((one.number for one in store.headers()), 0)


def _plan_created(plan: UndoPlan, progress: Callable[[int], None]) -> None:
    store, done = plan.store, 0
    owners: set[UUID] = set()  # created contacts that must stay because of something they own
    pending: list[tuple[type[Record], Record]] = []
    for contacts in (False, True):
        for type, ids in _chunks(store.created(plan.header.id)):
            if (type is Contact) is not contacts:
                continue
            progress(done)
            done += len(ids)
            if type.passes():
                plan._staying.update(ids)
                continue
            stays = _changed_later(plan, type, ids)
            if type is Contact:
                stays |= _leaned_on(plan, ids)
            if type is Segment:
                stays |= _named_by_rules(store, ids)
            plan.removes[type.type_name] += _going(type, ids, stays, owners)
            for id, record in store.get(type, _to_look_at(type, ids, stays, owners)).items():
                rule = "restore" if plan.invented else record.undo_rule
                if rule == "never":
                    stays[id] = ("never", None)
                elif rule == "compensate" and id not in stays:
                    pending.append((type, record))
                    continue
                if id in owners and id not in stays:
                    stays[id] = ("rests", None)
                if id not in stays:
                    plan.removes[type.type_name] += 1
                    continue
                why, by = stays[id]
                plan._staying.add(id)
                plan.kept.append(Kept(type.type_name, id, "", why, by))
                if type is not Contact and record.owner_id:
                    owners.add(record.owner_id)
    for type, record in pending:
        _plan_compensation(plan, type, record)


def _to_look_at(type: type[Record], ids: Sequence[UUID], stays: Container[UUID], owners: Container[UUID]) -> list[UUID]:
    """Which of some created records must be read: all of a type that may say of itself that it is not undone."""
    if type.undo != "restore" or type.undo_rule is not Record.undo_rule:
        return list(ids)
    return [id for id in ids if id in stays or id in owners]


def _going(type: type[Record], ids: Sequence[UUID], stays: Container[UUID], owners: Container[UUID]) -> int:
    """How many of them go without being read."""
    return len(ids) - len(_to_look_at(type, ids, stays, owners))


def _plan_compensation(plan: UndoPlan, type: type[Record], record: Record) -> None:
    """A consent (a declaration) goes with its contact; else it stays and a further record voids it."""
    owner = record.owner_id
    new_contact = owner is not None and plan.store.origin(Contact, [owner]).get(owner) == plan.header.number
    if new_contact and owner not in plan._staying:
        plan.removes[type.type_name] += 1
        return
    plan._staying.add(record.id)
    if (otherwise := record.taken_back()) is not None:
        plan._further.append(record.model_copy(update={**_said_again(plan), **otherwise}))


def _changed_later(plan: UndoPlan, type: type[Record], ids: Sequence[UUID]) -> dict[UUID, tuple[Why, int | None]]:
    """Created records that are no longer as they were made; what was changed later and put back is as it was."""
    later: dict[UUID, list[JournalLine]] = defaultdict(list)
    for line in plan.store.journal(records=ids):
        if line.number > plan.header.number:
            later[line.id].append(line)
    found: dict[UUID, tuple[Why, int | None]] = {}
    for id, record in plan.store.get(type, list(later)).items():
        made: dict[str, Any] = {}
        for line in reversed(later[id]):
            made = {**made, **line.before} if line.action == "edit" else dict(line.before)
        if not all(same_plain(record.plain_at(path), before) for path, before in made.items()):
            found[id] = ("changed", later[id][0].number)
    return found


def _leaned_on(plan: UndoPlan, contacts: Sequence[UUID]) -> dict[UUID, tuple[Why, int | None]]:
    """Created contacts that own something another batch wrote."""
    found: dict[UUID, tuple[Why, int | None]] = {}
    for type in plan.store.types.values():
        if not type.owner:
            continue
        owned = {one.id: one.owner_id for one in plan.store.owned(type, contacts)}
        for id, number in plan.store.origin(type, owned).items():
            owner = owned[id]
            if number != plan.header.number and owner is not None:
                found.setdefault(owner, ("rests", number))
    return found


def _named_by_rules(store: Store, ids: Sequence[UUID]) -> dict[UUID, tuple[Why, int | None]]:
    others = [one for one in store.scan(Segment) if one.rule and one.id not in ids]
    return {id: ("rests", None) for id in ids if any(str(id) in (one.rule or "") for one in others)}


def _plan_lines(plan: UndoPlan, progress: Callable[[int], None]) -> None:
    """What the batch edited and deleted."""
    lines, done = plan.store.journal(batch=plan.header.id), plan.header.created
    while chunk := list(islice(lines, CHUNK)):
        progress(done)
        done += len(chunk)
        touched = [line.id for line in chunk]
        later: dict[UUID, list[JournalLine]] = defaultdict(list)
        for line in plan.store.journal(records=touched):
            if line.number > plan.header.number:
                later[line.id].append(line)
        there = _there(plan.store, chunk)
        for line in chunk:
            record = there.get((line.type, line.id))
            if line.type not in plan.store.types:
                plan.kept.append(Kept(line.type, line.id, "", "carried"))
            elif plan.store.types[line.type].passes():
                continue
            elif line.action == "delete":
                _plan_return(plan, line, record)
            else:
                _plan_edit(plan, line, record, later[line.id])


def _there(store: Store, lines: Sequence[JournalLine]) -> dict[tuple[str, UUID], Record]:
    """The records of these lines as they are now, by type and id; those that are there."""
    ids: dict[str, list[UUID]] = defaultdict(list)
    for line in lines:
        if line.type in store.types:
            ids[line.type].append(line.id)
    return {(name, id): one for name, some in ids.items() for id, one in store.get(store.types[name], some).items()}


def _plan_return(plan: UndoPlan, line: JournalLine, record: Record | None) -> None:
    if record is not None:
        plan.kept.append(Kept(line.type, line.id, "", "there"))
        return
    plan._again.add(line.id)
    plan.restores[line.type] += 1


def _plan_homeless(plan: UndoPlan) -> None:
    """Of what was deleted, that whose contact is gone stays away, and that which a sender's id names anew."""
    store = plan.store
    deleted = (one for one in plan._deleted() if not isinstance(one, Contact))
    while chunk := list(islice(deleted, CHUNK)):
        owners = {one.owner_id for one in chunk if one.owner_id is not None}
        homes = plan._again | set(store.get(Contact, owners))
        again = _sent_again(plan, chunk)
        for one in chunk:
            if one.owner_id is not None and one.owner_id not in homes:
                _stays_away(plan, one, "gone")
            elif one.id in again:
                _stays_away(plan, one, "there")


def _sent_again(plan: UndoPlan, records: Sequence[Record]) -> set[UUID]:
    """Those of these whose sender's id names another record, which stays."""
    named: dict[str, dict[str, UUID]] = defaultdict(dict)
    for one in records:
        source, source_id = getattr(one, "source", None), getattr(one, "source_id", None)
        if one.source_named and source and source_id:
            named[source][source_id] = one.id
    again: set[UUID] = set()
    for source, ids in named.items():
        held = plan.store.sourced(source, ids)
        made: dict[UUID, int] = {}
        for name in {one.type for one in held.values()}:
            made |= plan.store.origin(plan.store.types[name], [one.id for one in held.values() if one.type == name])
        for source_id, sent in held.items():
            if made[sent.id] != plan.header.number or sent.id in plan._staying:
                again.add(ids[source_id])
    return again


def _stays_away(plan: UndoPlan, record: Record, why: Why) -> None:
    plan._again.discard(record.id)
    plan.restores[record.type_name] -= 1
    plan.kept.append(Kept(record.type_name, record.id, "", why))


def _plan_noes(plan: UndoPlan) -> None:
    """A no, or a list's hit, of the time when two were one contact was of both: it holds for each of them apart."""
    for type, ids in _chunks(plan.store.created(plan.header.id)):
        if type is not Redirect:
            continue
        for redirect in plan.store.get(type, ids).values():
            if isinstance(redirect, Redirect) and redirect.id in plan._again:
                said = [one for one in plan.store.owned(Consent, [redirect.to]) if one.undo_rule == "never"]
                later = plan.store.origin(Consent, [one.id for one in said])
                plan._further += [
                    one.model_copy(update={**_said_again(plan), "contact": redirect.id})
                    for one in said
                    if later[one.id] > plan.header.number
                ]
                listed = [one for one in plan.store.owned(Screening, [redirect.to]) if one.hit]
                later = plan.store.origin(Screening, [one.id for one in listed])
                plan._further += [
                    one.model_copy(update={"id": plan.ids(), "recorded": plan.at, "contact": redirect.id})
                    for one in listed
                    if later[one.id] > plan.header.number
                ]


def _said_again(plan: UndoPlan) -> dict[str, Any]:
    return {"id": plan.ids(), "recorded": plan.at, "how": "undo", "source": None, "source_id": None, "delivered": None}


def _plan_edit(plan: UndoPlan, line: JournalLine, record: Record | None, later: Sequence[JournalLine]) -> None:
    type = plan.store.types[line.type]
    if record is None:
        plan.kept.append(Kept(line.type, line.id, "", "gone", later[-1].number if later else None))
        return
    if record.undo_rule == "never" and not plan.invented and not line.before.keys() <= {type.owner, "came_as"}:
        plan.kept.append(Kept(line.type, line.id, "", "never"))
        return
    values = {}
    for path, before in line.before.items():
        then = next((one for one in later if path in one.before), None)
        if then is not None and not same_plain(then.before[path], record.plain_at(path)):
            plan.kept.append(Kept(line.type, line.id, path, "changed", then.number))
            continue
        values[path] = (record.value_at(path), read_plain(type, path, before))
    if values:
        plan.edits.append(Edit(line.type, line.id, values))


def _image(store: Store, line: JournalLine) -> Record:
    return store.types[line.type].model_validate(dict(line.before))


def _chunks(found: Iterator[tuple[type[Record], UUID]]) -> Iterator[tuple[type[Record], list[UUID]]]:
    held: list[UUID] = []
    current: type[Record] | None = None
    for type, id in found:
        if held and (type is not current or len(held) == CHUNK):
            assert current is not None
            yield current, held
            held = []
        current = type
        held.append(id)
    if held and current is not None:
        yield current, held

"""The past: what was changed, by whom, and taking it back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, takewhile
from operator import itemgetter
from uuid import UUID

from perthyn.changes import Change, Header, JournalLine, Receipt
from perthyn.crm.desk import WHOSE, Desk
from perthyn.errors import PerthynError, Unknown
from perthyn.history import UndoPlan, plan_undo
from perthyn.model import Contact, Happening, Record

OWN = ("setting", "job", "ledger")
"""Kinds of batch in which perthyn notes something for itself."""
APART = ("setting", "job")
"""Those of them that touch nobody's records."""
INVENTED = "demonstration."
"""The settings that name the batches by which invented people came in (`perthyn.crm.demonstrating`)."""
_WHOLE = re.compile("[0-9a-f]{32}")
CHUNK = 500
LOOKED_AT = 2_000
"""So many records of a batch are looked at for one that the actor may see."""
NOT_MEANT = (*OWN, "erase", "restore")
"""Kinds of batch that whoever says just "undo" does not mean: nobody's work, or never taken back."""


@dataclass(frozen=True, slots=True)
class Undone:
    """An undo done: its receipt and its plan, whose `kept` says what stayed and why."""

    receipt: Receipt
    plan: UndoPlan


class Past(Desk):
    """What a person can do with batches."""

    def changes(self, limit: int = 20) -> Sequence[Header]:
        """The newest batches first; what perthyn notes for itself is nobody's work and left out.

        So is what touches nothing that the actor may see.
        """
        self.check("history.read")
        worked = (one for one in self.store.headers() if one.kind not in OWN and self._shows(one))
        return self._named(list(islice(worked, limit)))

    def batch(self, text: str = "") -> Header:
        """The batch meant by the ending of its id or its number; "" is the newest that an undo can take back.

        Who may take back their own work only, finds that. Raises `Unknown` (``undo.batch.unknown``); `PerthynError`
        (``undo.nothing_yet``) for an empty store.
        """
        sought = text.lower().replace("-", "")
        whole = self.store.header(UUID(sought)) if _WHOLE.fullmatch(sought) else None
        known = self.store.headers() if whole is None else [whole]
        if self.actor.may("history.read"):
            headers = (one for one in known if self._shows(one))
        else:
            self.check("history.undo_own")
            headers = (one for one in known if self.actor.did(one) and self._shows(one))
        if not text:
            newest = next((one for one in headers if one.kind not in NOT_MEANT), None)
            if newest is None:
                raise PerthynError("undo.nothing_yet")
            return self._named([newest])[0]
        found = [
            one for one in headers if str(one.number) == sought or (len(sought) >= 6 and one.id.hex.endswith(sought))
        ]
        if not found:
            raise Unknown("undo.batch.unknown", name=text, suggestion="")
        return self._named(found[:1])[0]

    def _named(self, headers: list[Header]) -> list[Header]:
        """The batches with the names of those they are about for a reason: a batch keeps ids only."""
        headers = [self._header_seen(one) for one in headers]
        if not self.actor.may("contact.read"):
            return headers
        whom = self.whom(headers)

        def named(one: Header) -> Header:
            names = [each.shown_name for each in whom[one.id]]
            return one if one.reason or not names else replace(one, reason=", ".join(names))

        return [named(one) for one in headers]

    def whom(self, batches: Iterable[Header]) -> dict[UUID, list[Contact]]:
        """Whom each batch says it is about, by its id: those who are still there, as far as the actor may see them."""
        self.check("contact.read")
        about = {one.id: [UUID(text) for text in one.facts.get("contacts", ())] for one in batches}
        now = self.redirects()
        held = self.store.get(Contact, {now.get(id, id) for ids in about.values() for id in ids})
        found = {id: self.seen(one) for id, one in held.items()}
        return {
            batch: [found[now.get(id, id)] for id in ids if now.get(id, id) in found] for batch, ids in about.items()
        }

    def detail(self, header: Header, limit: int = 200) -> tuple[dict[str, int], list[JournalLine]]:
        """What a batch made, by type, as far as it is still there; and the lines of what it changed and removed."""
        self.check("history.read")
        held = self.store.header(header.id)
        if held is None or not self._shows(held):
            raise Unknown("undo.batch.unknown", name=header.id.hex[-6:], suggestion="")
        if self.sees_kinds():  # then the store can count
            every = self.store.count_created(header.id)
            made = Counter({type.type_name: count for type, count in every.items() if self.sees_type(type)})
        else:
            made = Counter(type.type_name for type, _ in self._made(header))
        lines = (one for one in self.store.journal(batch=header.id) if sees_line(self, one))
        return dict(made), [self.seen_line(one) for one in islice(lines, limit)]

    def undo_plan(self, header: Header, progress: Callable[[int], None] = lambda done: None) -> UndoPlan:
        """What undoing a batch would put back, and what it would leave and why; nothing is written.

        `progress` is told how many of the batch's changes have been looked at.

        Raises `Forbidden` (``right.missing``) for what others did, or what touches a field that the actor may not see,
        unless they have ``history.undo`` and may see all there is.
        """
        self._check_undo(header)
        invented = self.remembered(f"{INVENTED}{header.id.hex}") is not None
        return plan_undo(self.store, header.id, self.ids, self.clock(), progress, invented=invented)

    def undo(self, header: Header, plan: UndoPlan | None = None, ends: Iterable[Change] = ()) -> Undone:
        """Take a batch back. Raises `PerthynError` (``undo.nothing``) where all of it must stay.

        `plan`: what `undo_plan` has answered; it is worked out again where something was written since. `ends`: changes
        to be stored in the same batch.
        """
        self._check_undo(header)
        if plan is None or not self._stands(plan):
            plan = self.undo_plan(header)
        receipt = self.apply(plan.batch(self.batch_id(), self.actor.name, ends))
        return Undone(receipt, plan)

    def _stands(self, plan: UndoPlan) -> bool:
        """Whether nothing was written since a plan was made that could touch it."""
        since = takewhile(lambda one: one.number > plan.newest, self.store.headers())
        return all(one.kind in APART for one in since)

    # -- how much of it the actor may see -----------------------------------------------------------------------

    def _check_undo(self, header: Header) -> None:
        held = self.store.header(header.id)
        if held is not None and held.kind in OWN:
            self.check("user.write")
        with self.looking():  # first: whoever may take back whatever there is need not be held against each record
            self.check("history.undo")
            self.check_all_fields()
            return
        own = held is not None and self.actor.did(held) and self.actor.may("history.undo_own")
        if not (own and self._sees_all_of(header)):
            self.check("history.undo")
            self.check_all_fields()

    def _sees_all_of(self, header: Header) -> bool:
        """Whether the actor may see every value that a batch has written or changed, as far as it is still there."""
        for type, ids in _by_type(self.store.created(header.id)):
            for one in self.store.get(type, ids).values():
                if not self.sees(one) or self.allowed(one) != one:
                    return False
        return all(sees_line(self, one) and self.seen_line(one) == one for one in self.store.journal(batch=header.id))

    def _header_seen(self, header: Header) -> Header:
        """The header without what counts or names things that the actor may not see."""
        if self._sees_everything():
            return header
        told = {name: header.facts[name] for name in ("contacts", WHOSE) if name in header.facts}
        kinds = {one.name for one in self.kinds()}
        hidden = header.reason in kinds and not self.sees_kinds([header.reason])
        return replace(header, facts=told, reason="" if hidden else header.reason)

    def _sees_everything(self) -> bool:
        return self.sees_kinds() and all(map(self.sees_type, self.store.types.values()))

    def _shows(self, header: Header) -> bool:
        """Whether a batch touches anything that the actor may see; of a long one only the beginning is looked at.

        What perthyn notes for itself, settings and who may sign in among it, only those see who decide about that.
        """
        if header.kind in OWN and not self.actor.may("user.write"):
            return False
        if self._sees_everything():
            return True
        made = islice(self._made(header, LOOKED_AT), 1)
        lines = islice(self.store.journal(batch=header.id), LOOKED_AT)
        return any(True for _ in made) or any(sees_line(self, one) for one in lines)

    def _made(self, header: Header, most: int | None = None) -> Iterator[tuple[type[Record], UUID]]:
        """What a batch made and is still there, of what the actor may see; of the first `most` only."""
        for type, ids in _by_type(islice(self.store.created(header.id), most)):
            if not self.sees_type(type):
                continue
            if not issubclass(type, Happening) or self.sees_kinds():
                yield from ((type, id) for id in ids)
            else:
                yield from ((type, id) for id, one in self.store.get(type, ids).items() if self.sees(one))


def sees_line(desk: Desk, line: JournalLine) -> bool:
    """Whether the actor may know of a line: of its record, and of a field that it changed."""
    if "*" in desk.actor.rights:
        return True
    type = desk.store.types.get(line.type)
    if type is None or not desk.sees_type(type):  # of a plugin that is not here, nobody knows what it asks for
        return False
    if issubclass(type, Happening) and not desk.sees_kinds(_kinds_of(desk, type, line)):
        return False
    return not line.before or bool(desk.seen_line(line).before)


def _kinds_of(desk: Desk, type: type[Happening], line: JournalLine) -> set[str] | None:
    """The kinds that a happening has and had, as far as anybody knows; None where nobody does."""
    lines = [line, *desk.store.journal(records=[line.id])]
    kinds = {str(one.before["kind"]) for one in lines if "kind" in one.before}
    return (kinds | {one.kind for one in desk.store.get(type, [line.id]).values()}) or None


def _by_type(created: Iterable[tuple[type[Record], UUID]]) -> Iterator[tuple[type[Record], list[UUID]]]:
    """Ids of one type, a few hundred at a time."""
    for type, pairs in groupby(created, key=itemgetter(0)):
        while some := [id for _, id in islice(pairs, CHUNK)]:
            yield type, some

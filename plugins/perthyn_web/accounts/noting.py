"""Noting: accounts' changes are written without a line in what people did, and told to the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from perthyn.changes import Batch, Change, Edit, Receipt
from perthyn.crm import Actor, Crm
from perthyn.crm.jobs import BOOKKEEPING
from perthyn.model import Record

KIND = BOOKKEEPING
"""Of its batches: they stand in no list of what people did, and in the audit trail by their own words only."""


def keep(crm: Crm, changes: Iterable[Change], reason: str, since: int | None = None) -> Receipt:
    """Write changes of accounts, all or none. Raises `Conflict` where somebody else was quicker.

    `since`: the store's position that they rest on; `Stale` where anything has been written since.
    """
    batch = Batch(crm.batch_id(), crm.actor.name, crm.clock(), reason, KIND, list(changes), since=since)
    return crm.apply(batch)


def changed(record: Record, **values: Any) -> Edit:
    """The edit that gives fields new values, where they still stand as in `record`."""
    return Edit(record.type_name, record.id, {name: (getattr(record, name), value) for name, value in values.items()})


def note(crm: Crm, what: str, /, **facts: Any) -> None:
    """Tell the audit trail what happened at the door; it is written when this returns.

    Ids are kept, and words of ours that say how (a role, what was wrong); nothing that a person typed.
    """
    ids = [one for one in facts.values() if isinstance(one, UUID)]
    words = [str(facts[name]) for name in ("role", "before", "kind", "wrong") if facts.get(name)]
    crm.note(what, ids=ids, of=" ".join(words), now=True)


def speaking_as(crm: Crm, name: str) -> Crm:
    """The same `Crm`, for noting what somebody did who was nobody yet when they asked; it may do nothing."""
    return crm.acting(Actor(name, frozenset()), crm.language)

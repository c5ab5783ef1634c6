"""Noting: accounts' changes are written without a line in what people did, and told to the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from perthyn.changes import Change, Edit, Receipt
from perthyn.crm import Crm
from perthyn.model import Record

KIND = "setting"
"""Of batches in which perthyn notes something for itself: they stand in no list of what people did."""


def keep(crm: Crm, changes: Iterable[Change], reason: str) -> Receipt:
    """Write changes of accounts, all or none. Raises `Conflict` where somebody else was quicker."""
    return crm.commit(list(changes), reason=reason, kind=KIND)


def changed(record: Record, **values: Any) -> Edit:
    """The edit that gives fields new values, where they still stand as in `record`."""
    return Edit(record.type_name, record.id, {name: (getattr(record, name), value) for name, value in values.items()})


def note(crm: Crm, what: str, **facts: Any) -> None:
    """Tell the audit trail what happened at the door, where there is one."""
    audit = getattr(crm, "audit", None)
    if audit is not None:
        audit.note(what, **facts)

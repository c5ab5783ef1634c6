"""SQLite (and later PostgreSQL) through SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence

from perthyn.hooks import hookimpl
from perthyn.model import Record
from perthyn_sql.store import SqlStore

__all__ = ["SqlStore", "answer_store", "open_store"]


@hookimpl
def answer_store(url: str, types: Sequence[type[Record]], currency: str, create: bool) -> SqlStore | None:
    """The store at a ``sqlite:`` address."""
    mine = url.partition(":")[0].partition("+")[0] == "sqlite"
    return open_store(url, types, currency=currency, create=create) if mine else None


def open_store(url: str, types: Sequence[type[Record]], *, currency: str = "GBP", create: bool = True) -> SqlStore:
    """The store at a ``sqlite:///path`` URL, with tables for these record types.

    `create`: make the file if there is none. Raises `PerthynError`: ``store.url.unknown``,
    ``store.folder.synchronised``, ``store.folder.missing``, ``store.missing``, ``store.foreign``, ``store.newer``,
    ``store.locked``, ``store.readonly``, ``store.unopened``, ``store.damaged``, ``store.unreadable``, ``store.full``.
    """
    return SqlStore(url, types, currency=currency, create=create)

"""SQLite and PostgreSQL through SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perthyn.hooks import hookimpl
from perthyn.model import Record
from perthyn_sql.databases import is_ours
from perthyn_sql.open import WAIT
from perthyn_sql.store import SqlStore
from perthyn_sql.upgrading import SqlUpgrade

__all__ = ["SqlStore", "SqlUpgrade", "answer_store", "answer_upgrade", "open_store"]


@hookimpl
def answer_store(
    url: str, types: Sequence[type[Record]], currency: str, create: bool, wait: int | None
) -> SqlStore | None:
    """The store at a ``sqlite:`` or ``postgresql:`` address."""
    if not is_ours(url):
        return None
    return SqlStore(url, types, currency=currency, create=create, wait=WAIT if wait is None else wait)


@hookimpl
def answer_upgrade(url: str, types: Sequence[type[Record]], currency: str) -> SqlUpgrade | None:
    """The upgrade of the store at such an address."""
    return SqlUpgrade(url, types, currency) if is_ours(url) else None


@hookimpl
def offer_locale() -> list[Path]:
    """The words of our errors."""
    return [Path(__file__).with_name("locale")]


def open_store(url: str, types: Sequence[type[Record]], *, currency: str = "GBP", create: bool = True) -> SqlStore:
    """The store at a ``sqlite:///path`` or ``postgresql://...`` URL, with tables for these record types.

    `create`: make the file if there is none. Raises `PerthynError`: ``store.url.unknown``,
    ``store.folder.synchronised``, ``store.folder.missing``, ``store.missing``, ``store.foreign``, ``store.newer``,
    ``store.locked``, ``store.readonly``, ``store.unopened``, ``store.damaged``, ``store.unreadable``, ``store.full``;
    of a server ``store.driver.missing`` and ``store.server.`` unreachable, starting, busy, refused, missing,
    forbidden, readonly, encoding, full, gone, failed.
    """
    return SqlStore(url, types, currency=currency, create=create)

"""SQLite: where its file may lie, its pragmas, its way to begin, its error codes."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from perthyn.errors import PerthynError
from perthyn_sql.open import Database

APPLICATION_ID = 0x50455254
"""Marks a file as ours ("PERT"); https://www.sqlite.org/pragma.html#pragma_application_id."""

BUSY_MILLISECONDS = 1000
"""How long SQLite itself waits for a lock; between two such waits Ctrl-C is heard."""

TURN_SECONDS = 0.01
"""How long to wait where SQLite does not."""

SYNCHRONISED = (
    "onedrive", "dropbox", "icloud drive", "iclouddrive", "mobile documents", "com~apple~clouddocs", "google drive",
    "googledrive", "my drive", "nextcloud", "owncloud", "box sync",
)  # fmt: skip
"""Names of folders that another program copies file by file, which tears a database (folded; beginnings count)."""

PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA cache_size = -65536",
)

# Primary result codes (https://www.sqlite.org/rescode.html) and what they mean to a person.
CODES = {
    sqlite3.SQLITE_BUSY: "store.locked",
    sqlite3.SQLITE_LOCKED: "store.locked",
    sqlite3.SQLITE_FULL: "store.full",
    sqlite3.SQLITE_READONLY: "store.readonly",
    sqlite3.SQLITE_PERM: "store.readonly",
    sqlite3.SQLITE_CANTOPEN: "store.unopened",
    sqlite3.SQLITE_NOTADB: "store.foreign",
    sqlite3.SQLITE_CORRUPT: "store.damaged",
    sqlite3.SQLITE_IOERR: "store.unreadable",
}


def path_of(url: str, *, create: bool) -> Path:
    """The file a ``sqlite:///`` URL names.

    Raises `PerthynError`: ``store.url.unknown``, ``store.folder.synchronised``, ``store.folder.missing``,
    ``store.missing`` (with `create` false).
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise PerthynError("store.url.unknown", url=url) from None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise PerthynError("store.url.unknown", url=url)
    path = Path(parsed.database)
    refuse_synchronised(path)
    if not path.parent.is_dir():
        raise PerthynError("store.folder.missing", path=str(path), folder=str(path.parent))
    if not path.exists():
        if not create:
            raise PerthynError("store.missing", path=str(path))
        if not os.access(path.parent, os.W_OK):
            raise PerthynError("store.readonly", path=str(path))
    return path


def refuse_synchronised(path: Path) -> None:
    """Raises `PerthynError` (``store.folder.synchronised``) for a network share or a folder kept in a cloud."""
    whole = path.absolute()
    shared = str(path).startswith(("\\\\", "//")) or PureWindowsPath(path).drive.startswith("\\\\")
    named = next((part for part in whole.parts[:-1] if part.casefold().startswith(SYNCHRONISED)), None)
    if shared or named:
        raise PerthynError("store.folder.synchronised", path=str(path), folder=named or str(path.parent))


class SqliteDatabase(Database):
    """A file, whose transactions we begin ourselves."""

    write = prepare = "BEGIN IMMEDIATE"

    def __init__(self, url: str, wait: int, *, create: bool) -> None:
        path = path_of(url, create=create)
        super().__init__(_engine(path, wait), url, path, wait)

    def _problem(self, error: Exception) -> PerthynError | None:
        code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
        meaning = None if code is None else CODES.get(code & 0xFF)
        return None if meaning is None else PerthynError(meaning, path=str(self.path))

    def _begun(self, connection: Connection) -> RootTransaction:
        for left in reversed(range(self._wait)):
            try:
                return connection.begin()
            except DBAPIError as error:
                problem = self._problem(error)
                if problem is None or problem.code != "store.locked" or not left:
                    raise
        raise PerthynError("store.locked", path=str(self.path))

    def _commit(self, transaction: RootTransaction) -> None:
        try:
            transaction.commit()
        except DBAPIError as error:
            problem = self._problem(error)
            if problem is None or problem.code != "store.unreadable":
                raise
            # What was written to the log may be found there when the file is next opened.
            raise PerthynError("store.commit.unknown", path=str(self.path)) from error

    def mark(self, connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")

    def scrub(self) -> None:
        """Empty the write-ahead log into the file, so that nothing deleted lingers there (at the latest on closing)."""
        with self._explained(), self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def learn(self, tables: Iterable[str], rows: int) -> None:
        """Its planner is left no choice."""


def _engine(path: Path, wait: int) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"check_same_thread": False},
        pool_size=4,
        max_overflow=-1,
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        _log_ahead(connection, wait)
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _log_ahead(connection: sqlite3.Connection, wait: int) -> None:
    """Turn the write-ahead log on; SQLite refuses at once, without waiting, while another process does the same."""
    until = time.monotonic() + wait
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if CODES.get(error.sqlite_errorcode & 0xFF) != "store.locked" or time.monotonic() > until:
                raise
            time.sleep(TURN_SECONDS)

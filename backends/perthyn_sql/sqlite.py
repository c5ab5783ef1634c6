"""What is SQLite's own beyond its SQL: its pragmas, its way to begin, its error codes."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from perthyn.errors import PerthynError

APPLICATION_ID = 0x50455254
"""Marks a file as ours ("PERT"); https://www.sqlite.org/pragma.html#pragma_application_id."""

BUSY_MILLISECONDS = 1000
"""How long SQLite itself waits for a lock; between two such waits Ctrl-C is heard."""

PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}",
    "PRAGMA journal_mode = WAL",
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


def sqlite_engine(path: Path) -> Engine:
    """An engine whose transactions we begin ourselves: `BEGIN`, or as the option ``begin`` of a connection says."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"check_same_thread": False},
        pool_size=4,
        max_overflow=-1,
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def explained(error: Exception, path: Path) -> PerthynError | None:
    """The error in a person's terms, or None where it is no fault of file, disk or neighbours."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    meaning = None if code is None else CODES.get(code & 0xFF)
    return None if meaning is None else PerthynError(meaning, path=str(path))


def scrub(connection: Connection) -> None:
    """Empty the write-ahead log into the file, so that nothing deleted lingers there (at the latest on closing)."""
    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def marked(connection: Connection) -> int:
    """The mark of the file's owner; 0 where nobody set one."""
    return int(connection.exec_driver_sql("PRAGMA application_id").scalar_one())


def mark(connection: Connection) -> None:
    """Mark the file as ours."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")

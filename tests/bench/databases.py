"""The database that a benchmark runs on, opened twice: by perthyn, and by the driver alone.

SQLite by default, or what ``--store`` or ``--postgres`` say: see `people`.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from people import data_address

from perthyn.model import CORE_TYPES
from perthyn_sql import SqlStore, open_store


class Driver(ABC):
    """Plain statements by the driver alone."""

    clock: Callable[[], float]
    """CPU seconds of this process and of the server's, where there is one on this machine; see `clock_of`."""

    mark: str
    """Where a value stands in a statement."""

    @abstractmethod
    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""


class SqliteDriver(Driver):
    """SQLite with the memory that our own connections have."""

    def __init__(self, address: str) -> None:
        self.clock, self.mark = time.process_time, "?"
        self._connection = sqlite3.connect(address.removeprefix("sqlite:///"))
        self._connection.execute("PRAGMA cache_size = -65536")

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    def close(self) -> None:
        self._connection.close()


class PostgresDriver(Driver):
    """PostgreSQL with the memory that our own transactions have; answers come in binary form, which is faster."""

    def __init__(self, address: str, memory: str) -> None:
        import psycopg

        self.clock, self.mark = clock_of(address), "%s"
        self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute(f"SET work_mem = '{memory}'")

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._connection.cursor(binary=True) as cursor:
            return cursor.execute(query, values or None).fetchall()

    def close(self) -> None:
        self._connection.close()


def clock_of(address: str) -> Callable[[], float]:
    """CPU seconds of this process and, of a server on this machine (Linux), of its own; else the time on the clock."""
    if address.startswith("sqlite:"):
        return time.process_time
    import psycopg

    with psycopg.connect(address) as link:
        row = link.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
    server = Path("/proc") / str(row and row[0]).split("\n", 1)[0]
    if not (server / "schedstat").exists():
        return time.perf_counter
    return lambda: time.process_time() + _server_time(server)


def _server_time(server: Path) -> float:
    """CPU seconds of a server's processes that run (the first field of schedstat, ns) and of those that ended."""
    stat = (server / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
    ended = (int(stat[13]) + int(stat[14])) / os.sysconf("SC_CLK_TCK")
    spent = 0
    for pid in (server / "task" / server.name / "children").read_text(encoding="ascii").split():
        with suppress(OSError):
            spent += int((server.parent / pid / "schedstat").read_text(encoding="ascii").split()[0])
    return ended + spent / 1e9


@contextmanager
def data_store(args: argparse.Namespace) -> Iterator[tuple[SqlStore, Driver]]:
    """The store of the data set, and the driver on the same database."""
    with data_address(args) as address:
        store = open_store(address, CORE_TYPES, create=False)
        driver = SqliteDriver(address) if address.startswith("sqlite:") else PostgresDriver(address, "64MB")
        try:
            yield store, driver
        finally:
            driver.close()
            store.close()

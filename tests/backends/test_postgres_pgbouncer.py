"""Behind PgBouncer in transaction mode, where any two transactions may be on different connections of the server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from perthyn.changes import Batch, Create, Edit
from perthyn.model import CORE_TYPES, Contact, Interaction, Tag
from perthyn.rules.closed import Compare, Measure
from perthyn_sql import open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLIENTS, TURNS = 12, 6

SETTINGS = """
[databases]
* = host={server} user=postgres
[pgbouncer]
pool_mode = transaction
default_pool_size = 3
max_client_conn = 100
auth_type = any
listen_addr =
listen_port = 6432
unix_socket_dir = {folder}
logfile = {folder}/log
pidfile = {folder}/pid
"""


@pytest.fixture
def pooled_url(postgres_store_url: str) -> Iterator[str]:
    """The address of an empty store through PgBouncer."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if program is None or sys.platform == "win32":
        pytest.skip("no PgBouncer on this machine")
    folder = Path(tempfile.mkdtemp(prefix="pb"))
    server = parse_qs(urlsplit(postgres_store_url).query)["host"][0]
    (folder / "ini").write_text(SETTINGS.format(server=server, folder=folder), encoding="utf-8")
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # as which it won't run
        owner = os.stat(server)
        os.chown(folder, owner.st_uid, owner.st_gid)
        user = {"user": owner.st_uid, "group": owner.st_gid}
    bouncer = subprocess.Popen([program, "-q", str(folder / "ini")], stderr=subprocess.DEVNULL, **user)
    try:
        for _ in range(100):
            if (folder / ".s.PGSQL.6432").exists():
                break
            threading.Event().wait(0.1)
        yield f"postgresql://anybody@{urlsplit(postgres_store_url).path}?host={folder}&port=6432"
    finally:
        bouncer.terminate()
        bouncer.wait()
        shutil.rmtree(folder, ignore_errors=True)


def test_many_clients_on_few_connections(pooled_url: str) -> None:
    wrong: list[BaseException] = []

    def work(who: int) -> None:
        try:
            store = open_store(pooled_url, CORE_TYPES)
            for turn in range(TURNS):
                number = who * 1000 + turn * 2 + 1
                person = Contact(id=UUID(int=number), name=f"{who} {turn}", tags=(Tag(tag=f"turn {turn}"),))
                visit = Interaction(id=UUID(int=number + 1), contact=person.id, kind="visit", day=date(2026, 1, 1))
                store.apply(Batch(UUID(int=number), "ann", NOON, changes=[Create(person), Create(visit)]))
                renamed = Edit("contact", person.id, {"name": (person.name, "Huw")})
                store.apply(Batch(UUID(int=number + 1), "ann", NOON, changes=[renamed]))
                assert store.get(Contact, [person.id])[person.id].name == "Huw"
                assert person.id in set(store.select(Compare(Measure("interaction", "count"), 1)))
                assert person.id in {one.id for one in store.scan(Contact)}
            store.close()
        except BaseException as error:
            wrong.append(error)

    clients = [threading.Thread(target=work, args=(who,)) for who in range(1, CLIENTS + 1)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert wrong == []
    store = open_store(pooled_url, CORE_TYPES)
    assert (store.position(), store.count_of(Contact)) == (CLIENTS * TURNS * 2, CLIENTS * TURNS)
    store.close()

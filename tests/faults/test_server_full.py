"""A PostgreSQL server whose disk is full: said in plain words, nothing half done, and it goes on when there is room."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from places import Perthyn, Place
from postgres import run, with_database

from perthyn.model import CORE_TYPES, Contact
from perthyn_sql import open_store

pytestmark = pytest.mark.slow

PEOPLE = 4_000
Grow = Callable[[str], None]


@pytest.fixture
def tiny(postgres_server: Any) -> Iterator[tuple[str, Grow]]:
    """The address of a database on a disk of its own, with little room on it; and what changes the disk's size."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root of a Linux machine can make a small disk")
    disk = Path(postgres_server.folder) / "tiny"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=14m", "perthyn", disk], capture_output=True).returncode:
        pytest.skip("no disk may be mounted here")
    owner = (Path(postgres_server.folder) / "data").stat()
    os.chown(disk, owner.st_uid, owner.st_gid)
    try:
        run(postgres_server.url, f"CREATE TABLESPACE tiny LOCATION '{disk}'")
        run(postgres_server.url, "CREATE DATABASE tiny TEMPLATE template0 ENCODING 'UTF8' TABLESPACE tiny")
        yield (
            with_database(postgres_server.url, "tiny"),
            lambda size: subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True) and None,
        )
        run(postgres_server.url, "DROP DATABASE tiny WITH (FORCE)")
        run(postgres_server.url, "DROP TABLESPACE tiny")
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
        shutil.rmtree(disk, ignore_errors=True)


def test_a_full_disk_of_the_server(tiny: tuple[str, Grow], tmp_path: Path) -> None:
    url, grow = tiny
    place = Place(tmp_path / "here")
    place.make()
    (place.home / "perthyn.toml").write_text(f'store = "{url}"\n', encoding="utf-8")
    lines = [f"M{n:05},Siân{n},Jones {n},s{n}@example.org,01654 {n:06}" for n in range(PEOPLE)]
    for name, some in (("few.csv", lines[:20]), ("many.csv", lines[20:])):
        head = "Member no,First name,Surname,Email,Phone"
        (place.home / name).write_text("\n".join([head, *some]) + "\n", encoding="utf-8")
    with Perthyn() as perthyn:
        perthyn.done(place, "import", "few.csv", "--source", "crm:members")
        full = perthyn.run(("import", "many.csv", "--source", "crm:members", "--json"), place)
        told = json.loads(full.err or full.out)
        error = told["error"] if "error" in told else told["unread"][0]
        assert (error["code"], bool(error["wrong"]), bool(error["next"])) == ("store.server.full", True, True)
        assert people_at(url) == 20
        grow("100m")
        perthyn.done(place, "import", "many.csv", "--source", "crm:members")
        assert people_at(url) == PEOPLE


def people_at(url: str) -> int:
    with closing(open_store(url, CORE_TYPES)) as store:
        return store.count_of(Contact)

"""A frozen store of every version opens, is brought up to date, and holds what it held (tests/tools/freeze.py)."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from perthyn.changes import Batch, Create, Edit
from perthyn.errors import PerthynError
from perthyn.history import plan_undo
from perthyn.model import Contact, Ids, Interaction, Redirect
from perthyn.store import Store
from perthyn_sql import SqlUpgrade, open_store

ROOT = Path(__file__).parents[2]
STORES = ROOT / "tests" / "fixtures" / "stores"
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


freeze = tool("freeze")
Opened = Callable[[], Store]


@pytest.fixture(params=sorted(STORES.glob("*.gz")), ids=lambda file: str(file.name).partition(".")[0])
def frozen(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, dict[str, Any]]:
    """The address of a copy of a frozen store, and what is known of it."""
    packed: Path = request.param
    about = json.loads(packed.with_name(f"{packed.name.partition('.')[0]}.json").read_text(encoding="utf-8"))
    whole = gzip.decompress(packed.read_bytes())
    if packed.name.startswith("sqlite"):
        (tmp_path / "a.sqlite").write_bytes(whole)
        return f"sqlite:///{(tmp_path / 'a.sqlite').as_posix()}", about
    url = str(request.getfixturevalue("postgres_url"))
    import psycopg

    # What begins with a backslash is for psql.
    said = "\n".join(line for line in whole.decode().splitlines() if not line.startswith("\\"))
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(said.encode())
    return url, about


def opened(url: str) -> Store:
    """The store, upgraded where it must be."""
    try:
        return open_store(url, freeze.TYPES)
    except PerthynError as error:
        assert error.code == "store.older"
    with closing(SqlUpgrade(url, freeze.TYPES, "GBP")) as upgrade:
        upgrade.apply(lambda contents: None)
    return open_store(url, freeze.TYPES)


def test_it_holds_what_it_held(frozen: tuple[str, dict[str, Any]]) -> None:
    url, about = frozen
    with closing(opened(url)) as store:
        now = freeze.told(store)
    assert (now["position"], now["members"]) == (about["position"], about["members"])
    # The records of a type that has taken steps since are as many, and other than they were.
    followed = {name for name, version in about["versions"].items() if now["versions"][name] != version}
    followed |= {"journal"} if followed else set()
    for name, section in about["sections"].items():
        assert now["sections"][name]["count"] == section["count"], name
        assert name in followed or now["sections"][name] == section, name


def test_it_is_searched_counted_and_asked_as_before(frozen: tuple[str, dict[str, Any]]) -> None:
    url, _ = frozen
    with closing(opened(url)) as store:
        for contact in list(store.scan(Contact))[::10]:
            assert contact.id in store.search(contact.name or "")
            assert store.totals(contact.id) == Store.totals(store, contact.id)
            assert store.resolve(contact.id) == contact.id
        (merged,) = store.scan(Redirect)
        assert store.resolve(merged.id) == merged.to


def test_it_is_edited_and_old_batches_are_undone(frozen: tuple[str, dict[str, Any]]) -> None:
    url, _ = frozen
    with closing(opened(url)) as store:
        someone = next(store.scan(Contact))
        edit = Edit("contact", someone.id, {"note": (someone.note, "Newydd")})
        store.apply(Batch(UUID(int=1), "ann", NOON, changes=[edit]))
        ids = Ids(lambda: NOON, Random(1).randbytes)
        headers = list(store.headers())
        mine = {UUID(int=1), *(one.undoes for one in headers)}
        undone = [one for one in headers if one.kind in ("merge", "edit") and one.id not in mine]
        for header in undone:
            store.apply(plan_undo(store, header.id, ids, NOON).batch(ids(), "ann"))
        assert {one.kind for one in undone} == {"merge", "edit"}
        assert store.count_of(Redirect) == 0
        assert store.get(Contact, [someone.id])[someone.id].note == "Newydd"


def test_a_private_note_is_kept_beside_what_was_there(frozen: tuple[str, dict[str, Any]]) -> None:
    """A field that came later: its column is made from the declaration when the store is opened."""
    url, _ = frozen
    with closing(opened(url)) as store:
        old = next(store.scan(Interaction))
        assert old.private is None
        new = Interaction(id=UUID(int=9), contact=old.contact, kind="call", day=NOON.date(), private="Rhwng ni")
        edit = Edit("interaction", old.id, {"private": (None, "Hush")})
        store.apply(Batch(UUID(int=2), "ann", NOON, changes=[edit, Create(new)]))
    with closing(opened(url)) as store:
        found = store.get(Interaction, [old.id, new.id])
        assert (found[old.id].private, found[new.id].private) == ("Hush", "Rhwng ni")


def test_what_is_frozen_is_never_written_again(tmp_path: Path) -> None:
    freeze.freeze("sqlite-9.sqlite", b"one", {}, tmp_path)
    with pytest.raises(FileExistsError):
        freeze.freeze("sqlite-9.sqlite", b"two", {}, tmp_path)
    assert gzip.decompress((tmp_path / "sqlite-9.sqlite.gz").read_bytes()) == b"one"


def test_the_present_version_can_be_frozen(tmp_path: Path) -> None:
    freeze.main("9", str(tmp_path))
    assert {one.name for one in tmp_path.iterdir()} == {"sqlite-9.sqlite.gz", "sqlite-9.json"}

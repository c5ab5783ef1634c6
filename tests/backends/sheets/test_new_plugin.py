"""A plugin just made by `perthyn plugin new` works unchanged on every store: its person is found with what she did.

It stands here since a sheet needs the emulator of this folder; it is about all of them.
"""

from __future__ import annotations

import hmac
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from perthyn.channel import Request
from perthyn.cli.main import run
from perthyn.crm import Actor, Crm, record_types
from perthyn.house import House
from perthyn.model import Job
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn.testing import MemoryStore
from perthyn_sql import open_store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = "a key that both sides have"
STORES = ("memory", "sqlite", "postgresql", "sheets")


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[Any], Store]]:
    """Opens the store that is asked for."""
    made: list[Store] = []

    def opens(types: Any) -> Store:
        kind = request.param
        if kind == "sheets":
            return request.getfixturevalue("world").open(types)  # type: ignore[no-any-return]
        url = f"sqlite:///{(tmp_path / 'p.sqlite').as_posix()}"
        url = request.getfixturevalue("postgres_store_url") if kind == "postgresql" else url
        made.append(MemoryStore(types) if kind == "memory" else open_store(url, types))
        return made[-1]

    yield opens
    for one in made:
        one.close()


@pytest.mark.parametrize("opened", STORES, indirect=True)
def test_a_new_plugin_works_on_every_store(
    opened: Callable[[Any], Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "perthyn.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["plugin", "new", "shop", "--channel"]) == 0
    plugins = Plugins.find(tmp_path / "plugins", among=[])
    bytes_ = random.Random(1).randbytes
    plugins.house = House(tmp_path, lambda: NOON, bytes_, sections={"shop": {}}, secrets=lambda section, name: KEY)
    crm = Crm(opened(record_types(plugins)), plugins, Settings(), lambda: NOON, bytes_, Actor("gwen"))
    for told in ({"id": "1", "text": "Shwmae?"}, {"id": "2", "text": "Diolch"}, {"id": "1", "text": "Shwmae?"}):
        said = {**told, "at": NOON.isoformat(), "name": "Siân Llŷr", "email": "sian@x.cymru"}
        body = json.dumps(said).encode()
        headers = {"x-signature": hmac.new(KEY.encode(), body, sha256).hexdigest()}
        assert crm.came_in("shop", "main", Request("POST", "/in/shop/main", "", headers, body, NOON))[0] == 200
    assert {one.outcome for one in crm.do_due("me")} == {"done"}
    assert not [one for one in crm.store.scan(Job) if one.name == "inbound.read"]
    view = crm.show(crm.who("sian llyr").id)
    assert [one.text for one in sorted(view.timeline, key=lambda one: one.source_id or "")] == ["Shwmae?", "Diolch"]
    assert (view.contact.emails[0].address, list(view.sources)) == ("sian@x.cymru", ["shop:main"])
    assert [(one.kind, one.count) for one in view.totals] == [("enquiry", 2)]
    assert not view.permission["email"].allowed

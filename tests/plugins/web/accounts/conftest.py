"""What the tests of accounts share: an organisation on memory and on SQLite."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perthyn.model import CORE_TYPES
from perthyn.store import Store
from perthyn.testing import MemoryStore
from perthyn_web.accounts import passwords
from perthyn_web.accounts.records import TYPES

sys.path.append(str(Path(__file__).parent))

from castle import Castle, sqlite


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[[str], Castle]]:
    """Makes an organisation on a kind of store: "memory" or "sqlite"."""
    opened: list[Store] = []

    def make(kind: str) -> Castle:
        store = MemoryStore((*CORE_TYPES, *TYPES)) if kind == "memory" else sqlite(tmp_path)
        opened.append(store)
        return Castle(tmp_path, store)

    yield make
    for store in opened:
        store.close()


@pytest.fixture(params=["memory", "sqlite"])
def castle(request: pytest.FixtureRequest, build: Callable[[str], Castle]) -> Castle:
    """An organisation on each kind of store."""
    return build(request.param)


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every hash that a password is held against, in their order."""
    seen: list[str] = []
    hasher = passwords._hasher()

    class Counting:
        def verify(self, kept: str, password: str) -> Any:
            seen.append(kept)
            return hasher.verify(kept, password)

        def __getattr__(self, name: str) -> Any:
            return getattr(hasher, name)

    monkeypatch.setattr(passwords, "_hasher", Counting)
    return seen

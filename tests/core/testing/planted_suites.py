"""A store suite for each planted bug, made for `test_planted.py` and collected by it alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from perthyn.model import CORE_TYPES
from perthyn.store import Store
from perthyn.testing import MemoryStore
from perthyn.testing.planted import planted
from perthyn.testing.suite import Opener, StoreSuite


def suite_of(store: type[MemoryStore]) -> type[StoreSuite]:
    """The whole suite, for this store."""

    @pytest.fixture
    def open_store(self: StoreSuite, tmp_path: Path) -> Opener:
        def opened(types: object = CORE_TYPES) -> Store:
            return store(types)  # type: ignore[arg-type]

        return opened

    return type(f"Test{store.__name__}", (StoreSuite,), {"open_store": open_store, "forgets": "kept in memory"})


for _store in (MemoryStore, *planted().values()):
    globals()[f"Test{_store.__name__}"] = suite_of(_store)

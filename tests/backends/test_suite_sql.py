"""The store suite, adopted by SqlStore over SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from perthyn.model import CORE_TYPES
from perthyn.testing.suite import Opener, StoreSuite
from perthyn_sql import open_store

pytestmark = pytest.mark.sampled(6)


class TestSqlite(StoreSuite):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Opener:
        url = f"sqlite:///{(tmp_path / 'perthyn.db').as_posix()}"
        return lambda types=CORE_TYPES: open_store(url, types)

"""The store suite, adopted by SqlStore over PostgreSQL: our own server, and one that is given."""

from __future__ import annotations

import pytest

from perthyn.model import CORE_TYPES
from perthyn.testing.suite import Opener, StoreSuite
from perthyn_sql import open_store

pytestmark = pytest.mark.slow  # people try the same over SQLite, and PostgreSQL by `test_law_sql.py` and others


class TestPostgres(StoreSuite):
    @pytest.fixture
    def open_store(self, postgres_store_url: str) -> Opener:
        return lambda types=CORE_TYPES: open_store(postgres_store_url, types)


class TestGivenPostgres(StoreSuite):
    @pytest.fixture
    def open_store(self, given_store_url: str) -> Opener:
        return lambda types=CORE_TYPES: open_store(given_store_url, types)

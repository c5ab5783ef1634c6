"""The store suite, adopted by SheetsStore against the emulator."""

from __future__ import annotations

import pytest

from perthyn.model import CORE_TYPES
from perthyn.store import Store
from perthyn.testing.suite import Opener, StoreSuite
from perthyn_sheets.store import SheetsStore


@pytest.mark.slow
class TestSheets(StoreSuite):
    @pytest.fixture
    def open_store(self, quick) -> Opener:  # type: ignore[no-untyped-def]
        return lambda types=CORE_TYPES: quick.open(types)

    def settle(self, store: Store) -> None:
        if not isinstance(store, SheetsStore):
            return
        outcome = store.step(look=False)
        assert outcome.why is None and not outcome.waiting

"""StoreSuite: the cases that hold a store to the contract of `perthyn.store.Store`.

An author adopts it with one fixture (pytest must be installed, and hypothesis for the random rules)::

    from perthyn.model import CORE_TYPES
    from perthyn.testing.suite import StoreSuite

    class TestMine(StoreSuite):
        @pytest.fixture
        def open_store(self, tmp_path):
            return lambda types=CORE_TYPES: my_store(tmp_path / "mine.db", types)

Called again, the opener opens the same store anew. A store that keeps nothing after `close` says why in `forgets`.
A store that brings writes to their shared place later does so in `settle(store)`, called after every write.
"""

from __future__ import annotations

import pytest

# Before the cases are imported, so that a failing assert shows its values; the one thing that happens at import.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{subject}"
        for subject in (
            "base", "batches", "blocks", "conflicts", "erasing", "happenings", "journal", "keys", "plugin_types",
            "reading", "reopening", "rules", "rules_at_random", "rules_history", "scores", "search", "sources", "texts",
            "totals", "transfer", "writing",
        )
    )
)  # fmt: skip

from perthyn.testing.suite.base import Opener  # noqa: E402
from perthyn.testing.suite.batches import BatchCases  # noqa: E402
from perthyn.testing.suite.blocks import BlockCases  # noqa: E402
from perthyn.testing.suite.conflicts import ConflictCases, DistinctCases  # noqa: E402
from perthyn.testing.suite.erasing import ErasingCases  # noqa: E402
from perthyn.testing.suite.happenings import HappeningCases  # noqa: E402
from perthyn.testing.suite.journal import JournalCases  # noqa: E402
from perthyn.testing.suite.keys import KeyCases  # noqa: E402
from perthyn.testing.suite.plugin_types import PluginTypeCases  # noqa: E402
from perthyn.testing.suite.reading import ReadingCases  # noqa: E402
from perthyn.testing.suite.reopening import ReopeningCases  # noqa: E402
from perthyn.testing.suite.rules_at_random import RandomRuleCases  # noqa: E402
from perthyn.testing.suite.rules_history import HistoryRuleCases  # noqa: E402
from perthyn.testing.suite.scores import ColumnCases  # noqa: E402
from perthyn.testing.suite.search import SearchCases  # noqa: E402
from perthyn.testing.suite.sources import SourceCases  # noqa: E402
from perthyn.testing.suite.texts import TextCases  # noqa: E402
from perthyn.testing.suite.totals import TotalCases  # noqa: E402
from perthyn.testing.suite.transfer import TransferCases  # noqa: E402
from perthyn.testing.suite.writing import WritingCases  # noqa: E402


class StoreSuite(
    WritingCases,
    DistinctCases,
    ConflictCases,
    BatchCases,
    JournalCases,
    BlockCases,
    ReadingCases,
    SourceCases,
    KeyCases,
    SearchCases,
    HappeningCases,
    TotalCases,
    ColumnCases,
    HistoryRuleCases,
    RandomRuleCases,
    ErasingCases,
    PluginTypeCases,
    TextCases,
    ReopeningCases,
    TransferCases,
):
    """Every case of every subject."""


__all__ = ["Opener", "StoreSuite"]

"""The store suite, adopted by MemoryStore."""

from __future__ import annotations

from pathlib import Path

import pytest

from perthyn.model import CORE_TYPES
from perthyn.testing import MemoryStore
from perthyn.testing.suite import Opener, StoreSuite

AT_LEAST = 120

pytestmark = pytest.mark.sampled(6)


class TestMemoryStore(StoreSuite):
    forgets = "MemoryStore keeps nothing after it is closed"

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Opener:
        return lambda types=CORE_TYPES: MemoryStore(types)


CASES = {name: case for name in dir(StoreSuite) if name.startswith("test_") for case in [getattr(StoreSuite, name)]}


def test_the_suite_is_large_enough() -> None:
    assert len(CASES) >= AT_LEAST


def test_every_case_says_what_it_promises() -> None:
    """A docstring of one line, a whole sentence."""
    for name, case in CASES.items():
        promise = (case.__doc__ or "").strip()
        assert promise and "\n" not in promise and promise.endswith("."), name


def test_no_case_hides_another() -> None:
    """Two subjects do not use one name."""
    owners = [(name, cls) for cls in StoreSuite.__mro__ for name in vars(cls) if name.startswith("test_")]
    assert len(owners) == len(CASES)

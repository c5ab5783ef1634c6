"""An emulator for a test, fresh each time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sheets_emulator.server import Emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A running emulator whose clock the test moves; it must not have failed itself."""
    with Emulator() as running:
        yield running
    assert running.failures == []

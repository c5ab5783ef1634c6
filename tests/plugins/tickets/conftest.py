"""What stands beside these tests can be imported by them; a shop is served, and an organisation reads it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from pretix_stage import Box, Pretix, serving


@pytest.fixture
def url(pretix: Pretix) -> Iterator[str]:
    """The address of what the test's own fixture `pretix` is."""
    with serving(pretix) as url:
        yield url


@pytest.fixture
def box(tmp_path: Path, url: str) -> Iterator[Box]:
    box = Box(tmp_path, url)
    yield box
    box.store.close()

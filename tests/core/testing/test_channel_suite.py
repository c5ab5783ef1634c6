"""The channel suite, on a small whole channel; it has the cases it promises."""

from __future__ import annotations

from pathlib import Path

import bell
import pytest

from perthyn.testing.channel_suite import ChannelSuite, Sample

AT_LEAST = 60


class TestBell(ChannelSuite):
    @pytest.fixture
    def sample(self, tmp_path: Path) -> Sample:
        return bell.sample(tmp_path)


def test_there_are_enough_cases() -> None:
    cases = [name for name in dir(ChannelSuite) if name.startswith("test_")]
    assert len(cases) >= AT_LEAST
    assert all(getattr(ChannelSuite, name).__doc__ for name in cases)

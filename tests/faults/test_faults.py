"""A sample of what `run.py` tries: the real command spoilt at some of its system calls, looked at, run again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flows import FLOWS, Flow, with_files
from injection import missing, spread
from places import Perthyn
from trial import Trial

REASON = missing()
MUST = bool(os.environ.get("CI")) and sys.platform.startswith("linux")
pytestmark = pytest.mark.skipif(bool(REASON) and not MUST, reason=REASON)

SAMPLE = [("kill", False, 2), ("enospc", True, 1), ("eio", False, 1)]
"""Kind of fault, whether it stays, at how many points spread over the run."""
SEED = 1


@pytest.fixture(scope="module")
def perthyn() -> Iterator[Perthyn]:
    with Perthyn() as ready:
        yield ready


@pytest.mark.parametrize("flow", FLOWS, ids=[flow.name for flow in FLOWS])
def test_a_spoilt_command_is_done_or_not_and_run_again_ends_as_if_undisturbed(
    flow: Flow, perthyn: Perthyn, tmp_path: Path
) -> None:
    assert not REASON
    trial = Trial(flow, tmp_path, perthyn)
    tried = [
        trial.tried(kind, point, lasting)
        for kind, lasting, most in SAMPLE
        for point in spread(trial.points(kind), most, SEED)
    ]
    assert [one for one in tried if one.faults] == []
    assert {one.code for one in tried if one.kind == "kill"} == {-9}


def test_what_is_half_done_is_seen(perthyn: Perthyn, tmp_path: Path) -> None:
    """Two files are two batches: killed between them, one is done and the other is not."""
    both = Flow("both", with_files, ("import", "members.csv", "gifts.csv", "--json"), code=3)
    trial = Trial(both, tmp_path, perthyn)
    syncs = [point for point in trial.points("kill") if point.call == "fdatasync"]
    tried = (trial.tried("kill", point, False) for point in reversed(syncs))
    assert any(one.state == "between" and one.faults for one in tried)

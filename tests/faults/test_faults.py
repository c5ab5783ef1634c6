"""A sample of what `run.py` tries: the real command spoilt at some of its system calls, looked at, run again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flows import FLOWS, Flow, with_files
from injection import missing, spread
from places import Perthyn
from trial import Trial

pytestmark = pytest.mark.slow

TRIED = [
    *((flow, "sqlite") for flow in FLOWS if flow.name not in ("init", "first-import")),
    *((flow, "postgresql") for flow in FLOWS if flow.name in ("import", "move", "restore")),
]
SAMPLE = {"sqlite": [("kill", False, 2), ("enospc", True, 1), ("eio", False, 1)], "postgresql": [("kill", False, 2)]}
"""Kind of fault, whether it stays, at how many points spread over the run."""
SEED = 1


@pytest.fixture(scope="module")
def perthyn() -> Iterator[Perthyn]:
    if reason := missing():  # where all must be there, that fails
        (pytest.fail if os.environ.get("CI") == "true" and sys.platform == "linux" else pytest.skip)(reason)
    with Perthyn() as ready:
        yield ready


@pytest.mark.parametrize(("flow", "store"), TRIED, ids=[f"{flow.name}-{store}" for flow, store in TRIED])
def test_a_spoilt_command_is_done_or_not_and_run_again_ends_as_if_undisturbed(
    flow: Flow, store: str, perthyn: Perthyn, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server = "" if store == "sqlite" else request.getfixturevalue("postgres_server").url
    with closing(Trial(flow, tmp_path, perthyn, server, sure=False)) as trial:
        tried = [
            trial.tried(kind, point, lasting)
            for kind, lasting, most in SAMPLE[store]
            for point in spread(trial.points(kind), most, SEED)
        ]
    assert [one for one in tried if one.faults] == []
    assert {one.code for one in tried if one.kind == "kill"} == {-9}


def test_what_is_half_done_is_seen(perthyn: Perthyn, tmp_path: Path) -> None:
    """Two files are two batches: killed between them, one is done and the other is not."""
    both = Flow("both", with_files, ("import", "members.csv", "gifts.csv", "--json"), code=3)
    trial = Trial(both, tmp_path, perthyn, sure=False)
    syncs = [point for point in trial.points("kill") if point.call == "fdatasync"]
    tried = (trial.tried("kill", point, False) for point in reversed(syncs))
    assert any(one.state == "between" and one.faults for one in tried)

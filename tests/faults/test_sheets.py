"""A sample of what `sheets.py` tries: the real command spoilt at some of its requests to a Google Sheet."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from places import Perthyn
from sheet_flows import FLOWS, SheetFlow
from sheet_trial import SheetTrial

pytestmark = pytest.mark.slow

SAMPLE = {
    "init": ("killed after",),
    "import": ("killed before", "killed after", "killed, late", "503 applied"),
    "edit": ("late", "502"),
    "sync": ("killed before", "killed after"),
    "undo": ("killed, late",),
    "erase": ("killed after",),
    "move-from": ("killed after",),
    "move-to": ("killed after",),
}
"""Kinds of fault, each at the write of the flow (the last, where there are more)."""
LINUX = sys.platform.startswith("linux")


@pytest.fixture(scope="module")
def perthyn() -> Iterator[Perthyn]:
    if not LINUX:
        pytest.skip("a child is found and killed by Linux's own means")
    with Perthyn() as ready:
        yield ready


@pytest.mark.parametrize("flow", [flow for flow in FLOWS if flow.name in SAMPLE], ids=lambda flow: str(flow.name))
def test_a_spoilt_request_is_made_good_by_the_next_command(flow: SheetFlow, perthyn: Perthyn, tmp_path: Path) -> None:
    with closing(SheetTrial(flow, tmp_path, perthyn)) as trial:
        tried = [trial.tried(kind, trial.points(kind)[-1]) for kind in SAMPLE[flow.name]]
    assert [one for one in tried if one.faults] == []
    assert len(tried) == len(SAMPLE[flow.name])

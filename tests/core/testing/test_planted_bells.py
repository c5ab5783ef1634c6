"""The channel suite catches what it should: each planted bug fails the case named for it, which a sound bell passes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from planted_bells import planted

AT_LEAST = 10
SUITES = Path(__file__).with_name("planted_bells.py")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    """ "passed", "failed" or "error" of each chosen case, by suite and case; one run for all."""
    report = tmp_path_factory.mktemp("planted") / "report.xml"
    chosen = [f"{SUITES}::TestBell::{bug.caught_by}" for bug in planted().values()]
    chosen += [f"{SUITES}::Test{name}::{bug.caught_by}" for name, bug in planted().items()]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *chosen]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120)
    assert report.is_file(), ran.stdout + ran.stderr
    found: dict[tuple[str, str], str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        named = (case.get("classname", "").rpartition(".")[2], case.get("name", "").partition("[")[0])
        if found.get(named) != "failed":  # of a case with several values, one that fails is enough
            found[named] = _outcome(case)
    return found


def _outcome(case: ElementTree.Element) -> str:
    return "error" if case.find("error") is not None else "failed" if case.find("failure") is not None else "passed"


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(planted()))
def test_bug_is_caught(name: str, outcomes: dict[tuple[str, str], str]) -> None:
    case = planted()[name].caught_by
    assert outcomes["TestBell", case] == "passed"
    assert outcomes[f"Test{name}", case] == "failed"


def test_each_bug_is_caught_by_another_case() -> None:
    bugs = planted()
    assert len(bugs) >= AT_LEAST
    assert len({bug.caught_by for bug in bugs.values()}) == len(bugs)
    assert all(bug.__doc__ for bug in bugs.values())

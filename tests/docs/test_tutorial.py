"""The tutorial runs: what it says a command shows is what it shows."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tutorial = tool("tutorial")


def test_the_tutorial_shows_what_happens(tmp_path: Path) -> None:
    steps = tutorial.steps((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))
    assert len(steps) > 12
    with tutorial.settled(tmp_path):
        for step in steps:
            shown = tutorial.show(step.command)
            assert re.search("^exit code [^3]", shown, re.MULTILINE) is None, f"$ {step.command}\n{shown}"
            assert tutorial.fits(step.shown, shown), (
                f"$ {step.command}\n{shown}\n\nis not what docs/tutorial.md says; put it in afresh with "
                "python tests/tools/tutorial.py docs/tutorial.md"
            )


def test_the_tutorial_walks_the_whole_way() -> None:
    commands = [step.command for step in tutorial.steps((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"))]
    for needed in ("demo", "import", "contact find", "contact show", "segment add", "segment why", "export", "undo"):
        assert any(f"perthyn {needed}" in command for command in commands), needed


@pytest.mark.parametrize(
    ("expected", "shown", "well"),
    [
        ("one\ntwo\n", "one\ntwo", True),
        ("one\n", "one\ntwo", False),
        ("one\n...\n", "one\ntwo\nthree", True),
        ("one\n...\n", "one", True),
        ("...\nthree\n", "one\ntwo\nthree", True),
        ("id ...: Ann\n", "id 12ab: Ann", True),
        ("id ...: Ann\n", "id 12ab: Ben", False),
        ("a.c\n", "abc", False),
        ("", "", True),
        ("", "something", False),
    ],
)
def test_what_fits(expected: str, shown: str, well: bool) -> None:
    assert tutorial.fits(expected, shown) is well


def test_what_no_longer_holds_is_put_in_afresh() -> None:
    page = "Look:\n\n```console\n$ perthyn --version\nperthyn 0.0.0\n```\n\n```console\n$ perthyn --version\n...\n```\n"
    fresh = tutorial.freshened(page)
    assert "perthyn 0.0.0" not in fresh and fresh.endswith("$ perthyn --version\n...\n```\n")
    assert tutorial.freshened(fresh) == fresh


def test_a_page_that_shows_little_is_put_in_afresh_with_little() -> None:
    shown = "File  Rows\na.csv   12\nb.csv    7\nTotal   19\nNext: perthyn undo 3"
    assert tutorial.shortened("...\nb.csv    8\n...\n", shown) == "...\nb.csv    7\n..."
    assert tutorial.shortened("File  Rows\n...\nTotal   20\n...\n", shown) == "File  Rows\n...\nTotal   19\n..."
    assert tutorial.shortened("...\n", shown) == "..."
    assert tutorial.shortened("...\n...  Ann\n", "a\n12ab  Ann\nb") == "...\n...  Ann\n..."
    assert tutorial.shortened("a\n", shown) == shown

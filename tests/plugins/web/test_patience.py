"""Tests that drive a browser wait for what they look at: on a machine that is slow they fail for no reason else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
WAITING = ("conftest.py", Path(__file__).name)
DRIVING = sorted(one for one in TESTS.rglob("*.py") if "chromium" in one.read_text("utf-8") and one.name not in WAITING)
HURRIED = {"wait_for_timeout", "wait_for_function", "query_selector", "query_selector_all"}
"""A time that is enough on one machine, what our pages forbid to ask twice, and what is there at this moment."""
LOOKS = {"all_inner_texts", "all_text_contents", "content", "count", "get_attribute", "inner_text", "input_value",
         "is_checked", "is_disabled", "is_enabled", "is_hidden", "is_visible", "text_content", "url"}  # fmt: skip
"""What a page answers at once, as it stands: asserted of it is ``expect(...)``, which waits."""


def hurried(tree: ast.AST) -> Iterator[str]:
    """What does not wait."""
    asserted = {inner for node in ast.walk(tree) if isinstance(node, ast.Assert) for inner in ast.walk(node.test)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value == "networkidle":
            yield f"{node.lineno}: networkidle"
        if isinstance(node, ast.Attribute) and (
            node.attr in HURRIED or (node.attr in LOOKS and node in asserted and looks_at_a_page(node))
        ):
            yield f"{node.lineno}: .{node.attr}"


def looks_at_a_page(node: ast.Attribute) -> bool:
    """Whether it is asked of a page, or of a part of it: what is not a store's, a list's or an answer's."""
    first: ast.AST = node.value
    while isinstance(first, ast.Attribute | ast.Call | ast.Subscript):
        first = first.func if isinstance(first, ast.Call) else first.value
    return isinstance(first, ast.Name) and first.id in {"page", "phone", "mair", "nia", "huw", "other", "tab", "thief"}


@pytest.mark.parametrize("path", DRIVING, ids=lambda path: path.name)
def test_nothing_is_looked_at_before_it_is_there(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not list(hurried(tree))


@pytest.mark.parametrize("path", DRIVING, ids=lambda path: path.name)
def test_every_window_is_patient(path: Path) -> None:
    assert "new_context(" not in path.read_text(encoding="utf-8")


def test_what_raced_is_found() -> None:
    raced = "page.click('a')\nassert page.locator('b').count() == 1 and page.url == 'c'\npage.wait_for_timeout(5)"
    assert sorted(hurried(ast.parse(raced))) == ["2: .count", "2: .url", "3: .wait_for_timeout"]

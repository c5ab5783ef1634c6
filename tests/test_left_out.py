"""What people's runs leave out: the conftest beside this, asked about tests that stand only here."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

CASES = {f"test_cases[{one}]": pytest.mark.sampled(3) for one in range(10)}
TESTS = {
    **CASES, "test_one": pytest.mark.sampled(3), "test_long": pytest.mark.slow, "test_longest": pytest.mark.whole,
    "test_plain": pytest.mark.skip,
}  # fmt: skip


class Stand:
    """As much of a test as is looked at."""

    def __init__(self, name: str, marker: pytest.MarkDecorator) -> None:
        self.nodeid, self.marker = name, marker

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self.marker.mark if self.marker.name == name else None


@pytest.mark.parametrize(
    ("ci", "markexpr", "found"),
    [
        ("", "", ["test_cases[0]", "test_cases[3]", "test_cases[6]", "test_one", "test_plain"]),
        ("true", "", [*CASES, "test_one", "test_long", "test_plain"]),
        ("", "sampled", list(TESTS)),  # pytest itself leaves out the rest
    ],
)
def test_people_run_some_cases_and_ci_all(
    ci: str, markexpr: str, found: list[str], pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    conftest: Any = pytestconfig.pluginmanager.get_plugin(str(Path(__file__).with_name("conftest.py")))
    monkeypatch.setenv("CI", ci)
    deselected: list[Any] = []
    hook = SimpleNamespace(pytest_deselected=lambda items: deselected.extend(items))
    items = [Stand(name, marker) for name, marker in TESTS.items()]
    option = SimpleNamespace(markexpr=markexpr)
    conftest.pytest_collection_modifyitems(SimpleNamespace(option=option, args=["tests"], hook=hook), items)
    assert [one.nodeid for one in items] == found
    assert sorted(one.nodeid for one in [*items, *deselected]) == sorted(TESTS)

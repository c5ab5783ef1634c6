"""`perthyn sheets selfcheck`: what is expected of Google is found, where it differs that is said, nothing is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sheets_emulator.clock import RealClock
from sheets_emulator.server import Emulator

from perthyn.cli.main import run
from perthyn.settings import write_settings
from perthyn_sheets.addresses import address_of
from perthyn_sheets.selfcheck import PROBES, WORDS


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """One that lives by the real time, as the command does."""
    with Emulator(clock=RealClock()) as running:
        yield running
    assert running.failures == []


Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(world: Any, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run the command in a folder with credentials: its exit code and what it says. Nobody waits for the quota."""

    def run_it(*options: str) -> tuple[int, str]:
        folder = Path(world.machine("one").folder)
        many = {"endpoint": world.emulator.url, "writes_per_minute": 500, "reads_per_minute": 500}
        world.emulator.quotas.on = False
        write_settings(folder, {"language": "en", "sheets": many})
        code = run(["--at", str(folder), "sheets", "selfcheck", address_of(world.book.id), *options])
        return code, capsys.readouterr().out

    return run_it


@pytest.fixture
def findings(check: Check) -> Callable[[], dict[str, Any]]:
    """What the command finds, by what was tried."""

    def found() -> dict[str, Any]:
        code, said = check("--json")
        told = {one["probe"]: one for one in json.loads(said)}
        assert code == (0 if all(one["same"] for one in told.values()) else 1)
        return told

    return found


def test_all_is_as_expected_and_nothing_is_left_behind(world: Any, check: Check) -> None:
    before = world.api().book()
    code, said = check()
    assert (code, "0 things differ" in said) == (0, True), said
    assert world.api().book() == before


def test_everything_is_tried(findings: Any) -> None:
    found = findings()
    assert set(found) == {*PROBES, "version", "large batch", "marker rolls back"}
    assert {one[name] for one in found.values() for name in ("probe", "assumed", "found")} <= set(WORDS)


@pytest.mark.parametrize(
    ("switch", "probe", "found"),
    [
        ("strict_refuses_writes", "strict dropdown", "refused"),
        ("sort_moves_row_metadata", "sort and row metadata", "moves"),
        ("delete_metadata_needs_match", "metadata not there", "refused"),
    ],
)
def test_where_google_differs_that_is_said(world: Any, findings: Any, switch: str, probe: str, found: str) -> None:
    setattr(world.emulator.switches, switch, True)
    answer = findings()
    assert [name for name, one in answer.items() if not one["same"]] == [probe]
    assert answer[probe]["found"] == found


def test_without_drive_the_rest_is_tried(world: Any, findings: Any) -> None:
    world.emulator.disabled = {"drive"}
    answer = findings()
    assert [name for name, one in answer.items() if not one["same"]] == ["version"]
    assert answer["version"]["found"] == "can't be asked"


def test_a_trial_that_somebody_disturbs_leaves_nothing_behind(world: Any, check: Check) -> None:
    before = world.api().book()
    people, book = world.emulator.people, world.book
    people.before(8, lambda: people.rename_tab(book.sheets[-1].title, "Mine"))
    code, _ = check()
    assert code == 1
    assert world.api().book() == before


def test_an_address_that_is_none_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["--at", str(tmp_path), "--lang", "en", "sheets", "selfcheck", "https://example.org"]) == 1
    assert "https://example.org is not the address of a Google Sheet" in capsys.readouterr().err

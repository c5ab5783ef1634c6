"""`perthyn move` into a Google Sheet and out of it: the demonstration's records, proved on both sides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perthyn_demo.generate import generate

pytestmark = pytest.mark.slow

FILES = ("justgiving.csv", "eventbrite.csv")


@pytest.fixture
def brithwen(world: Any, perthyn: Any) -> Path:
    """Some of the demonstration's files, imported into SQLite; a segment, a custom change, an undone one."""
    folder = Path(world.machine("one").folder)
    generate(folder)
    perthyn("init", "--store", "sqlite:///perthyn.sqlite")
    perthyn("import", *(str(folder / name) for name in FILES), code=3)
    perthyn("segment", "add", "Givers", "donations at least 1")
    return folder


def test_there_and_back_again(brithwen: Path, perthyn: Any) -> None:
    before = {name: perthyn(*name, "--json").json for name in (("segment", "members", "Givers"), ("report",))}
    said = perthyn("move", "--to", f"{perthyn.address}/edit?gid=0#gid=0")
    assert "Everybody who can open the sheet sees all of it" in said.err
    assert f'store = "{perthyn.address}"' in (brithwen / "perthyn.toml").read_text(encoding="utf-8")
    for name, answer in before.items():
        assert perthyn(*name, "--json").json == answer
    assert perthyn("sync", "--json").json["hindered"] is None
    perthyn("init", "--store", perthyn.address, machine="two")
    assert len(perthyn("segment", "members", "Givers", "--json", machine="two").json) == len(
        before["segment", "members", "Givers"]
    )
    perthyn("move", "--to", "sqlite:///back.sqlite")
    for name, answer in before.items():
        assert perthyn(*name, "--json").json == answer
    reports = sorted(brithwen.glob("perthyn-move-*.json"))
    assert [json.loads(one.read_text(encoding="utf-8"))["result"] for one in reports] == ["same", "same"]
    refused = perthyn("contact", "add", "Too Late", machine="two", code=1)
    assert "back.sqlite" in refused.err


def test_a_sheet_is_the_same_at_any_of_its_tabs(perthyn: Any) -> None:
    perthyn.begun()
    said = perthyn("move", "--to", f"{perthyn.address}/edit?gid=5#gid=5", code=1)
    assert perthyn.address in said.err and "edit" not in said.err


def test_a_dry_run_makes_no_tabs(brithwen: Path, perthyn: Any) -> None:
    said = perthyn("move", "--to", perthyn.address, "--dry-run")
    assert "it would be made" in said.out and "Everybody who can open the sheet" in said.err
    assert [one["properties"]["title"] for one in perthyn.world.api().tabs()["sheets"]] == ["Sheet1"]

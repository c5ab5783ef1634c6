"""`perthyn demo`: the files are taken in, in their own folder only, and every command it names works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from perthyn.cli.main import run
from perthyn.settings import read_settings
from perthyn_demo import QUIET


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "brithwen"
    assert run(["demo", str(folder)]) == 0
    return folder


def test_every_command_it_names_works(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", str(house)]) == 0
    said = capsys.readouterr().out
    named = [shlex.split(line) for line in re.findall(r"  perthyn (--at .*)", said)]
    assert len(named) > 7
    for arguments in named[:-1]:  # the last takes an import back
        arguments = [str(house / one) if one == "letters.csv" else one for one in arguments]
        assert run(arguments) == 0, capsys.readouterr()
    assert named[-1][-1] == "undo"


def test_again_changes_nothing(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["--at", str(house), "changes", "--json"])
    before = capsys.readouterr().out
    assert run(["--lang", "cy", "demo", str(house)]) == 0
    welsh = capsys.readouterr().out
    assert "Gofynnwch yn awr" in welsh and QUIET[1] in welsh and "Rhoddwyr" in welsh
    run(["--at", str(house), "changes", "--json"])
    assert capsys.readouterr().out == before


def test_it_is_an_organisation_of_its_own(house: Path) -> None:
    assert read_settings(house, {}).organisation == "Plas Brithwen"
    assert (house / "perthyn.sqlite").is_file()


def test_it_never_touches_records_that_are_somebodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "members.xlsx").write_bytes(b"ours")
    assert run(["demo", str(ours)]) == 1
    assert str(ours) in capsys.readouterr().err
    assert [(one.name, one.read_bytes()) for one in ours.iterdir()] == [("members.xlsx", b"ours")]
    monkeypatch.setenv("PERTHYN_STORE", f"sqlite:///{(ours / 'ours.sqlite').as_posix()}")
    assert run(["demo", str(tmp_path / "demo")]) == 0
    assert (tmp_path / "demo" / "perthyn.sqlite").is_file() and not (ours / "ours.sqlite").exists()


def test_files_alone(tmp_path: Path) -> None:
    assert run(["demo", str(tmp_path / "files"), "--files-only"]) == 0
    kept = {one.name for one in (tmp_path / "files").iterdir()}
    assert {"members.xlsx", "till.csv", "truths.json"} <= kept
    assert not kept & {"perthyn.toml", "perthyn.sqlite"}

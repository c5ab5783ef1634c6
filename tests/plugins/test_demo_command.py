"""`perthyn demo`: the files, the import, what can be asked; again, elsewhere, and in both languages."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import perthyn.cli.session as perthyn_session
from perthyn.cli.main import run
from perthyn_demo import SEGMENTS
from perthyn_demo.generate import generate
from perthyn_demo.truths import Truths

Said = tuple[int, str, str]
Perthyn = Callable[..., Said]


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(perthyn_session, "_now", lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))

    def ask(*arguments: str) -> Said:
        code = run(list(arguments))
        return code, *capsys.readouterr()

    return ask


@pytest.fixture(scope="module")
def truths(tmp_path_factory: pytest.TempPathFactory) -> Truths:
    return generate(tmp_path_factory.mktemp("truths"))


def commands(out: str) -> list[list[str]]:
    """The commands that the last screen names, without their first word."""
    typed = [line[line.index("perthyn --at ") :] for line in out.splitlines() if "perthyn --at " in line]
    return [shlex.split(one)[1:] for one in typed]


def test_it_takes_the_files_in_and_every_command_it_names_answers(perthyn: Perthyn, truths: Truths) -> None:
    code, out, _ = perthyn("demo", "plas brithwen")
    assert code == 0
    for name, counts in truths.files.items():
        (line,) = (one for one in out.splitlines() if one.startswith(name))
        if name != "rota.csv":
            assert f" {counts.unusable} " in line
    assert perthyn("--at", "plas brithwen", "doctor")[0] == 0
    asked = commands(out)
    assert {one[2] for one in asked} >= {"contact", "segment", "report", "duplicates", "problems", "undo", "export"}
    for one in asked:
        if one[2] == "undo":
            one.append("--dry-run")
        code, told, said = perthyn(*one)
        assert (code, bool(told), said) == (0, True, ""), one
    assert sorted(one.name for one in Path().iterdir()) == ["plas brithwen"], "all of it stays in its folder"


def test_the_segments_find_whom_they_should(perthyn: Perthyn, truths: Truths) -> None:
    """Whom, is counted in the journeys; here they are there, under both names."""
    perthyn("demo", "x")
    _, english, _ = perthyn("--at", "x", "--lang", "en", "segment", "list")
    _, welsh, _ = perthyn("--at", "x", "--lang", "cy", "segment", "list")
    for name_en, name_cy in SEGMENTS:
        assert name_en in english
        assert name_cy in welsh


def test_a_second_time_changes_nothing(perthyn: Perthyn) -> None:
    perthyn("demo", "x")
    before = perthyn("--at", "x", "changes", "--json")
    code, _, _ = perthyn("demo", "x")
    assert code == 0
    assert perthyn("--at", "x", "changes", "--json") == before


def test_the_readers_may_be_written_to_and_nobody_who_said_no(perthyn: Perthyn, truths: Truths) -> None:
    perthyn("demo", "x")
    readers = len(truths.segments["readers"].contacts)
    _, out, _ = perthyn("--at", "x", "report", "--open", "reachable", "--limit", "2000", "--json")
    assert out.count('"emails"') == readers


def test_files_only(perthyn: Perthyn, truths: Truths) -> None:
    code, out, _ = perthyn("demo", "x", "--files-only")
    assert code == 0
    assert {one.name for one in Path("x").iterdir()} == {*truths.files, "truths.json"}
    assert not commands(out)


def test_in_welsh(perthyn: Perthyn) -> None:
    code, out, _ = perthyn("--lang", "cy", "demo", "x", "--files-only")
    assert code == 0
    assert "Ffeiliau a ysgrifennwyd i x: 10" in out
    _, out, _ = perthyn("--lang", "cy", "demo", "x")
    assert 'segment members "Rhoddwyr tawel"' in out


@pytest.mark.parametrize("options", [[], ["--files-only"]])
def test_somebodys_own_files_are_not_written_over(perthyn: Perthyn, options: list[str]) -> None:
    Path("mine").mkdir()
    Path("mine/members.xlsx").write_bytes(b"mine")
    code, _, said = perthyn("demo", "mine", *options)
    assert code == 1
    assert "mine" in said
    assert Path("mine/members.xlsx").read_bytes() == b"mine"
    assert [one.name for one in Path("mine").iterdir()] == ["members.xlsx"]


def test_two_inventions_are_not_mixed(perthyn: Perthyn) -> None:
    perthyn("demo", "x", "--files-only")
    before = {one: one.read_bytes() for one in Path("x").iterdir()}
    code, _, said = perthyn("demo", "x", "--seed", "7")
    assert code == 1
    assert "--seed 1904" in said
    assert {one: one.read_bytes() for one in Path("x").iterdir()} == before


def test_long_after_the_day_of_its_files_it_says_so(perthyn: Perthyn, monkeypatch: pytest.MonkeyPatch) -> None:
    note = "The files end on 22 November 2026"
    assert note not in perthyn("demo", "x")[1]
    monkeypatch.setattr(perthyn_session, "_now", lambda: datetime(2029, 3, 1, 12, tzinfo=UTC))
    code, out, _ = perthyn("demo", "y")
    assert code == 0
    assert note in out


def test_the_organisations_own_store_is_left_alone(perthyn: Perthyn, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own").mkdir()
    monkeypatch.setenv("PERTHYN_STORE", f"sqlite:///{Path('own/perthyn.sqlite').absolute().as_posix()}")
    assert perthyn("demo", "x")[0] == 0
    assert not list(Path("own").iterdir())
    assert Path("x/perthyn.sqlite").exists()

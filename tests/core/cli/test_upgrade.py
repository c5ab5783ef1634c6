"""`perthyn upgrade` as a person runs it: what it tells, what it leaves beside, how it refuses."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pytest

from perthyn.changes import Batch, Create
from perthyn.cli.main import run
from perthyn.model import CORE_TYPES, About, Record
from perthyn.model.values import Word
from perthyn_sql import open_store

PLUGIN = """
from typing import Annotated, ClassVar
from perthyn.hooks import hookimpl
from perthyn.model import About, Record
from perthyn.model.steps import Retype
from perthyn.model.values import Word

class Hall(Record):
    type_name: ClassVar[str] = "choir.hall"
    version: ClassVar[int] = 2
    steps: ClassVar = (Retype(2, "name", lambda name: {step}),)
    name: Annotated[Word, About("Name", "Enw")]

@hookimpl
def offer_record_types():
    return [Hall]
"""


class Hall(Record):
    """The plugin's type, as it was."""

    type_name: ClassVar[str] = "choir.hall"

    name: Annotated[Word, About("Name", "Enw")]


Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{(tmp_path / 'perthyn.sqlite').as_posix()}"


@pytest.fixture
def ask(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command where there are two halls of the first version, and the plugin is of the second."""
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    for name, value in {"LANG": "C", "PERTHYN_STORE": url, "PERTHYN_BACKUP_KEY": str(tmp_path / "keys")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.chdir(tmp_path)
    halls = [Create(Hall(id=UUID(int=n), name=f"Neuadd {n}")) for n in (1, 2)]
    with closing(open_store(url, [*CORE_TYPES, Hall])) as store:
        store.apply(Batch(UUID(int=9), "ann", datetime(2026, 3, 1, tzinfo=UTC), changes=halls))
    plug(tmp_path, "name.upper()")

    def asked(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        told = capsys.readouterr()
        assert code != 70, told.err
        return code, told.out, told.err

    return asked


def plug(folder: Path, step: str) -> None:
    (folder / "plugins").mkdir(exist_ok=True)
    (folder / "plugins" / "choir.py").write_text(PLUGIN.format(step=step), encoding="utf-8")


def error(said: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said)["error"]
    return found


def test_from_refused_to_up_to_date(ask: Ask, url: str, tmp_path: Path) -> None:
    code, _, err = ask("report", "--json")
    assert (code, error(err)["code"]) == (1, "store.older")
    code, out, _ = ask("upgrade", "--dry-run", "--json")
    planned = [{"part": "choir.hall", "found": 1, "version": 2, "records": 2, "lines": 0}]
    told = json.loads(out)
    assert (code, told["planned"], told["rehearsed"], told["done"], told["backup"]) == (0, planned, True, False, None)
    code, _, err = ask("upgrade", "--json")
    assert (code, error(err)["code"]) == (1, "cli.confirm.needed")
    code, out, _ = ask("upgrade", "--yes")
    assert code == 0
    assert "up to date" in out
    (kept,) = tmp_path.glob("perthyn*.before-*")
    assert str(kept) in out.replace("\n", "")
    assert json.loads(ask("upgrade", "--json")[1])["planned"] == []
    code, _, err = ask("report", "--json")
    assert code == 0, err
    if url.startswith("postgresql"):
        code, out, _ = ask("backup", "verify", str(kept), "--json")
        assert (code, json.loads(out)["sections"]["choir.hall"]) == (0, 2)
    else:
        with closing(open_store(f"sqlite:///{kept.as_posix()}", [*CORE_TYPES, Hall])) as store:
            assert [one.name for one in store.scan(Hall)] == ["Neuadd 1", "Neuadd 2"]


def test_a_step_that_fails_names_the_record_before_anything_is_done(ask: Ask, tmp_path: Path) -> None:
    plug(tmp_path, "None if '2' in name else name")
    for arguments in (["--dry-run"], ["--yes"]):
        code, _, err = ask("upgrade", "--json", *arguments)
        assert (code, error(err)["code"]) == (1, "upgrade.record")
        assert error(err)["facts"]["record"] == str(UUID(int=2))
    plug(tmp_path, "name.title()")
    assert ask("upgrade", "--yes")[0] == 0


def test_in_welsh(ask: Ask) -> None:
    _, out, _ = ask("--lang", "cy", "upgrade", "--dry-run")
    assert "Aeth y cyfan yn dda." in out
    assert "Mae'n cymryd llai na munud." in out

"""`perthyn user` and `perthyn token`, as they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perthyn.cli.main import run

Perthyn = Callable[..., Any]


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    """Runs a command in an organisation's folder; answers its JSON, or its words without `--json`."""
    monkeypatch.chdir(tmp_path)
    assert run(["init", "--yes"]) == 0
    capsys.readouterr()

    def type_in(*words: str, code: int = 0) -> Any:
        assert run(["--lang", "en", *words]) == code
        said = capsys.readouterr()
        return json.loads(said.out) if "--json" in words else said.out + said.err

    return type_in


def test_somebody_is_let_in_given_another_role_and_let_in_no_more(perthyn: Perthyn) -> None:
    assert "Nobody may come in yet" in perthyn("user", "list")
    made = perthyn("user", "add", "gwen", "--role", "administrator", "--shown", "Gwen", "--language", "cy", "--json")
    assert (made["sign_in"], made["role"], made["language"]) == ("gwen", "administrator", "cy")
    assert made["link"].startswith("/enter/") and "password" not in made
    assert "administrator" in perthyn("user", "role", "gwen", "volunteer", code=1)
    assert "last administrator" in perthyn("user", "disable", "gwen", code=1)
    assert "/enter/" in perthyn("user", "add", "mair", "--role", "volunteer")
    assert perthyn("user", "role", "MAIR", "manager", "--json")["role"] == "manager"
    assert perthyn("user", "disable", "mair", "--json")["disabled"]
    assert not perthyn("user", "disable", "mair", "--off", "--json")["disabled"]
    assert perthyn("user", "reset", "mair", "--second-step", "--json")["link"].startswith("/enter/")
    assert [one["sign_in"] for one in perthyn("user", "list", "--json")] == ["gwen", "mair"]
    assert "Front of house" not in perthyn("user", "list") and "Manager" in perthyn("user", "list")
    assert "mair" in perthyn("user", "role", "mai", "manager", code=1)


def test_a_token_is_made_listed_and_ended(perthyn: Perthyn) -> None:
    assert "No other system" in perthyn("token", "list")
    made = perthyn("token", "new", "website", "--rights", "contact.read, contact.write", "--days", "90", "--json")
    assert made["token"].startswith("perthyn_") and made["rights"] == ["contact.read", "contact.write"]
    listed = perthyn("token", "list", "--json")
    assert [one["works"] for one in listed] == [True] and "token" not in listed[0]
    assert "perthyn_" in perthyn("token", "new", "till")
    assert perthyn("token", "end", "website", "--json")["works"] is False
    assert "Works no more" in perthyn("token", "list")
    assert "365" in perthyn("token", "new", "x", "--days", "366", code=1)
    assert "contact.fly" in perthyn("token", "new", "x", "--rights", "contact.fly", code=1)


def test_the_history_says_nothing_of_it_and_the_settings_show_no_secret(perthyn: Perthyn, tmp_path: Path) -> None:
    perthyn("user", "add", "gwen", "--role", "administrator")
    shown = perthyn("token", "new", "website", "--json")["token"]
    assert "Nothing has been changed yet" in perthyn("undo", "--yes", code=1)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert shown.encode() not in file.read_bytes(), file.name

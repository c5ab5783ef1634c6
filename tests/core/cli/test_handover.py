"""`perthyn handover` as it is printed: in both languages or one, nothing about contacts, what plugins add."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perthyn.cli.main import run
from perthyn.crm import Actor, Crm
from perthyn.model import CORE_TYPES
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.testing import MemoryStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MAILBOX = """
from perthyn.hooks import hookimpl

@hookimpl
def offer_handover(store):
    return [{"en": ("Mailbox", "Gwen holds it."), "cy": ("Blwch post", "Gwen sydd ag ef.")}]
"""
Perthyn = Callable[..., str]


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PERTHYN_USER", "gwen")
    monkeypatch.setenv("PERTHYN_BACKUP_KEY", str(tmp_path / "none.key"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> str:
        assert run(list(arguments)) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    call("init", "--organisation", "Plas Brithwen", "--language", "cy", "--yes")
    call("contact", "add", "Canari Cyfrinachol", "--email", "canary@plas.example", "--town", "Canaryville",
         "--set", "note=canary in a note")  # fmt: skip
    call("segment", "add", "Friends", "tag is friend")
    return call


def test_both_languages_the_organisations_first(perthyn: Perthyn) -> None:
    said = perthyn("handover")
    assert said.index("Ble mae'r cofnodion") < said.index("Where the records live")
    for word in ("Plas Brithwen", "perthyn.sqlite", "Friends", "gwen", "cron", "perthyn restore FILE"):
        assert said.count(word) >= 2, word


def test_one_language(perthyn: Perthyn) -> None:
    assert "Ble mae'r" not in perthyn("--lang", "en", "handover")


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_nothing_about_contacts(perthyn: Perthyn, more: tuple[str, ...]) -> None:
    said = perthyn("handover", *more).casefold()
    assert "canar" not in said


def test_json(perthyn: Perthyn) -> None:
    found = json.loads(perthyn("handover", "--json"))
    assert (found["held"]["contact"], found["batches"], found["backup"], found["tried"]) == (1, 2, None, None)
    assert [(one["name"], one["changes"]) for one in found["workers"]] == [("gwen", 2)]
    assert {one["code"] for one in found["waits"]} >= {"health.backup.never", "health.restore.never"}


def test_what_plugins_add(perthyn: Perthyn, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "mailbox.py").write_text(MAILBOX, encoding="utf-8")
    said = perthyn("handover")
    assert "Gwen holds it." in said and "Gwen sydd ag ef." in said


def test_no_password_is_shown(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, store="postgresql://gwen:secret@db.example/perthyn")
    crm = Crm(MemoryStore(CORE_TYPES), Plugins(), settings, lambda: NOON, bytes, Actor("gwen"))
    assert "secret" not in str(crm.handover())

"""Who takes over is told which mailboxes there are, in both languages, and no password."""

from __future__ import annotations

from pathlib import Path

import pytest
from smtp_stage import house

import perthyn_email
from perthyn.cli.main import run
from perthyn.model import CORE_TYPES
from perthyn.plugins import Plugins
from perthyn.testing import MemoryStore


def said(**section: object) -> list[dict[str, tuple[str, str]]]:
    plugins = Plugins(house=house(Path("."), **section))
    plugins.add(perthyn_email, "email")
    found = plugins.offer("offer_handover", store=MemoryStore(CORE_TYPES))
    assert not plugins.loaded[0].broken
    return found


def test_the_mailboxes_are_named_and_no_password_is() -> None:
    reads = {"mailbox_host": "imap.plas.example", "mailbox_user": "blwch@plas.example"}
    sending, reading = said(user="gwen@plas.example", **reads)
    for language in ("en", "cy"):
        assert all(one in sending[language][1] for one in ("127.0.0.1", "gwen@plas.example", "post@plas.example"))
        assert all(one in reading[language][1] for one in ("imap.plas.example", "blwch@plas.example", "INBOX"))
    assert "s3cret" not in str((sending, reading))


def test_what_is_not_set_up_is_not_told_of() -> None:
    assert len(said()) == 1
    assert said(**{"from": "nobody"}) == []
    assert said(mailbox_folder="x") == [], "settings that are wrong are for the doctor"
    plugins = Plugins()
    plugins.add(perthyn_email, "email")
    assert plugins.offer("offer_handover", store=MemoryStore(CORE_TYPES)) == [] and not plugins.loaded[0].broken


def test_it_stands_on_the_paper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    section = '[email]\nfrom = "post@plas.example"\nhost = "127.0.0.1"\nsecurity = "none"\n'
    Path("perthyn.toml").write_text(section, encoding="utf-8")
    assert run(["init", "--yes"]) == 0 and run(["handover"]) == 0
    paper = " ".join(capsys.readouterr().out.split())
    assert "Email: sending" in paper and "E-bost: anfon" in paper and "from post@plas.example" in paper

"""The ticket shop as a museum meets it: settings, a key, `perthyn once`, somebody's story, `perthyn doctor`."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from pretix_stage import KEY, Pretix
from recorded import EVENTS, listed, whole

from perthyn.cli.main import run


@pytest.fixture
def pretix() -> Pretix:
    return Pretix(whole(), EVENTS, listed())


def test_from_the_key_to_somebodys_story(
    tmp_path: Path, url: str, pretix: Pretix, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    settings = f'off = ["email", "donations"]\n[tickets]\nurl = "{url}"\norganizer = "castle"\n'
    (tmp_path / "perthyn.toml").write_text(settings, encoding="utf-8")

    def perthyn(*arguments: str, typed: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = run([*arguments])
        told = capsys.readouterr()
        assert "Traceback" not in told.err and KEY not in told.out + told.err
        return code, told.out + told.err

    assert perthyn("contact", "add", "Huw Huws")[0] == 0
    code, told = perthyn("once")
    assert code == 1 and "perthyn plugin secret tickets key" in told
    assert perthyn("plugin", "secret", "tickets", "key", typed=f"{KEY}\n")[0] == 0
    code, told = perthyn("once")
    assert code == 0, told
    code, told = perthyn("contact", "show", "jeanluc.oneill@example.org")
    assert code == 0 and "Midsummer Gala Dinner" in told and "£85.00" in told
    code, told = perthyn("--lang", "cy", "doctor")
    assert "siop docynnau main wedi'i darllen hyd at 2026-11-22 12:00" in told
    pretix.keys = {}
    assert perthyn("jobs", "retry", _job(perthyn("jobs", "list")[1]))[0] == 0
    code, told = perthyn("--lang", "cy", "once")
    assert code == 1 and "efallai ei bod wedi'i dirymu" in told


def _job(listed: str) -> str:
    """The id of the job that fetches, as it is shown."""
    line = next(one for one in listed.splitlines() if "tickets:main" in one)
    words = line.replace("│", " ").split()
    return next(word for word in words if len(word) >= 6 and set(word) <= set("0123456789abcdef"))

"""`perthyn once`, `jobs`, `inbound` and `plugin secret`, as a person runs them, with a channel in one dropped file."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perthyn.cli.main import run

Perthyn = Callable[..., tuple[int, Any]]

BELL = '''
from datetime import timedelta
from perthyn.channel import Channel, Delivery, Fact, NotNow, Somebody
from perthyn.errors import PerthynError
from perthyn.hooks import hookimpl

class Bell(Channel):
    """Who rang, from a list that a secret key opens."""

    name = "bell"
    title = ("Bell", "Cloch")
    every = timedelta(minutes=15)

    def accounts(self, house):
        return tuple(house.section("bell"))

    def fetch(self, reach):
        key = reach.house.secret(f"bell.{reach.account}", "key")
        if key != "open":
            raise PerthynError("delivery.fact.nameless", type=key)
        who = Somebody({"name": "Sian", "email": "s@x.cymru"})
        yield Delivery("bell:door", [Fact("1", {"kind": "enquiry", "day": "2026-11-01"}, who)], cursor="1")

@hookimpl
def offer_channels():
    return [Bell()]
'''


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "bell.py").write_text(BELL, encoding="utf-8")
    (tmp_path / "perthyn.toml").write_text('off = ["email", "tickets", "donations"]\n[bell.door]\n', encoding="utf-8")

    def ask(*arguments: str, typed: str = "") -> tuple[int, Any]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = run([*arguments])
        told = capsys.readouterr()
        assert code != 70 and "Traceback" not in told.err, told.err
        assert "pa55" not in told.out + told.err
        return code, json.loads(told.out or told.err) if "--json" in arguments else told.out + told.err

    assert ask("contact", "add", "Huw")[0] == 0
    return ask


def test_once_says_what_it_did_and_what_it_could_not(perthyn: Perthyn) -> None:
    code, told = perthyn("once")
    assert code == 1 and "perthyn plugin secret bell.door key" in told
    code, told = perthyn("--lang", "cy", "jobs")
    assert code == 0 and "secret.missing" in told and "bell:door" in told
    assert "perthyn jobs" in perthyn("doctor")[1]
    (job,) = [one for one in perthyn("jobs", "list", "--json")[1] if one["about"] == "bell:door"]
    assert job["attempts"] == 1
    assert perthyn("jobs", "retry", job["id"][-6:])[0] == 0
    assert perthyn("once")[0] == 1, "still without its key"
    assert perthyn("plugin", "secret", "other", "key", typed="open\n")[0] == 0
    assert perthyn("once") == (0, "Nothing was due.\n")
    assert perthyn("plugin", "secret", "bell.door", "key", typed="open\n")[0] == 0
    code, told = perthyn("once", "--json")
    assert code == 0 and [(one["about"], one["outcome"]) for one in told] == [("bell:door", "done")]
    assert "Sian" in perthyn("contact", "list")[1] or "Sian" in perthyn("contact", "find", "Sian")[1]
    assert perthyn("once") == (0, "Nothing was due.\n")
    assert "job" not in {one["kind"] for one in perthyn("changes", "--json")[1]}


def test_doctor_knows_a_slip_in_the_name_of_a_section(perthyn: Perthyn, tmp_path: Path) -> None:
    assert "[bel" not in perthyn("doctor")[1]
    with (tmp_path / "perthyn.toml").open("a", encoding="utf-8") as file:
        file.write("[bel]\n[giftaid]\ntrust = true\n")
    told = perthyn("doctor")[1]
    assert "[bel]" in told and "[bell]" in told and "giftaid" not in told


def test_a_secret_is_never_shown(perthyn: Perthyn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert perthyn("plugin", "secret", "bell.door", "key", typed="pa55-file\n")[0] == 0
    if os.name == "posix":
        assert (tmp_path / "perthyn.secrets").stat().st_mode & 0o777 == 0o600
    (tmp_path / "perthyn.toml").write_text('off = ["email"]\n[bell.door]\nkey = "pa55-toml"\n', encoding="utf-8")
    code, told = perthyn("plugin", "secret", "bell.door", "key", typed="pa55-file\n")
    assert code == 0 and "delete the line" in told
    assert "perthyn plugin secret" in perthyn("once")[1]
    monkeypatch.setenv("PERTHYN_BELL__DOOR__KEY", "pa55-environment")
    for command in (
        ("doctor",),
        ("doctor", "--json"),
        ("handover",),
        ("plugin", "list"),
        ("jobs",),
        ("jobs", "list", "--json"),
    ):
        perthyn(*command)
    assert perthyn("plugin", "secret", "bell.door", "key", "--remove")[0] == 0
    assert "pa55" not in (tmp_path / "perthyn.secrets").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "typed"), [(("a b", "key"), "x"), (("bell..door", "key"), "x"), (("bell", "k]"), "x")]
)
def test_a_secret_needs_a_name_and_a_value(perthyn: Perthyn, arguments: tuple[str, str], typed: str) -> None:
    assert perthyn("plugin", "secret", *arguments, typed=typed)[0] == 1
    assert perthyn("plugin", "secret", "bell.door", "key", typed="\n")[0] == 1


def test_what_came_in_is_listed_and_replayed(perthyn: Perthyn) -> None:
    assert perthyn("inbound") == (0, "Nothing has come in.\n")
    assert perthyn("inbound", "list", "--parked", "--json") == (0, [])
    code, told = perthyn("inbound", "replay", "abcdef", "--json")
    assert code == 1 and told["error"]["code"] == "inbound.unknown"
    assert perthyn("jobs", "retry", "abcdef", "--json")[1]["error"]["code"] == "job.unknown"

"""`perthyn contact may|said|obtained|grounds` and `perthyn screening`, as a person runs them, in both languages."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perthyn.cli.main import run

Perthyn = Callable[..., tuple[int, Any]]


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.chdir(tmp_path)

    def ask(*arguments: str) -> tuple[int, Any]:
        code = run([*arguments])
        told = capsys.readouterr()
        assert code != 70 and "Traceback" not in told.err, told.err
        return code, json.loads(told.out or told.err) if "--json" in arguments else told.out + told.err

    person = ("Siân Llŷr", "--email", "s@x.cymru", "--phone", "01970 123456", "--address", "1 Lle", "--town", "Tre")
    assert ask("contact", "add", *person)[0] == 0
    return ask


def allowed(perthyn: Perthyn) -> dict[tuple[str, str], str]:
    _, told = perthyn("contact", "may", "Siân", "--json")
    return {(one["purpose"], one["channel"]): one["rule"].partition(".")[2] for one in told if one["allowed"]}


def test_from_nothing_to_a_soft_opt_in_and_back(perthyn: Perthyn) -> None:
    assert set(allowed(perthyn).values()) == {"service"}
    code, told = perthyn("contact", "obtained", "Siân", "--by", "email", "--from", "person", "--in", "interest",
                         "--could-refuse", "--on", "5/2/2026", "--how", "web form")  # fmt: skip
    assert code == 0 and "perthyn undo 2" in told
    assert perthyn("contact", "grounds", "--json")[1] == dict.fromkeys(
        ("charity", "sales", "support", "post", "calls", "companies"), False
    )
    assert perthyn("contact", "grounds", "--use", "support", "--json")[1]["error"]["code"] == "grounds.charity"
    _, told = perthyn("contact", "grounds", "--use", "charity", "--use", "support", "--use", "post")
    assert "in use" in told and "perthyn undo 3" in told
    assert allowed(perthyn)["fundraising", "email"] == "supported"
    assert allowed(perthyn)["marketing", "post"] == "post"
    assert ("marketing", "email") not in allowed(perthyn)
    perthyn("contact", "grounds", "--stop", "support")
    assert ("fundraising", "email") not in allowed(perthyn)


def test_what_is_said_is_written_down_and_shown(perthyn: Perthyn) -> None:
    code, told = perthyn("contact", "said", "Siân", "given", "--by", "email", "--json")
    assert (code, told["error"]["code"]) == (1, "consent.yes.bare")
    perthyn("contact", "said", "Siân", "given", "--by", "email", "--how", "form", "--wording", "Newyddion?",
            "--wording-language", "cy", "--on", "3 Mehefin 2026")  # fmt: skip
    assert allowed(perthyn)["marketing", "email"] == "consent"
    _, told = perthyn("--lang", "cy", "contact", "may", "Siân")
    assert "caniateir" in told and "Newyddion?" in told and "Gofynnwch yn gyntaf" in told, "the record, and what next"
    assert "said yes, 3 June 2026 (form)" in perthyn("contact", "show", "Siân")[1], "a day of the house, in summer too"
    perthyn("contact", "said", "Siân", "objected")
    assert set(allowed(perthyn).values()) == {"service"}
    _, told = perthyn("contact", "may", "Siân", "--json")
    (email,) = [one for one in told if (one["purpose"], one["channel"]) == ("marketing", "email")]
    assert (email["rule"], email["must_offer"], email["evidence"][0]["type"]) == ("contact.said_no", False, "consent")
    assert email["why"] and email["next"]


def test_a_screening_is_shown_dated_and_taken_back(perthyn: Perthyn) -> None:
    Path("answer.csv").write_text("Phone,TPS\n01970 123456,Y\n01970 999999,N\n", encoding="utf-8")
    file = ("screening", "import", "answer.csv", "--list", "tps", "--checked")
    assert perthyn(*file, "soon", "--json")[1]["error"]["code"] == "cli.day.unreadable"
    _, told = perthyn(*file, "2026-03-01", "--dry-run", "--json")
    assert (told["rows"], told["hits"], told["people"], told["unknown"], told["noted"]) == (2, 1, 1, 1, 1)
    _, told = perthyn(*file, "2026-03-01")
    assert "perthyn undo 2" in told
    assert "nothing has been changed" in perthyn(*file, "2026-03-01")[1]
    assert "on the list TPS, 1 March 2026" in perthyn("contact", "show", "Siân")[1]
    _, told = perthyn("contact", "dossier", "Siân", "--json")
    assert told["screening"][0]["hit"] is True
    assert perthyn("undo", "2", "--yes")[0] == 0
    assert "on the list TPS" not in perthyn("contact", "show", "Siân")[1]


def test_requests_through_the_fps_are_not_taken_back(perthyn: Perthyn) -> None:
    Path("fps.csv").write_text("Email\ns@x.cymru\n", encoding="utf-8")
    _, told = perthyn("screening", "import", "fps.csv", "--list", "fps", "--checked", "2026-03-01")
    assert "objections" in told and "undo" not in told
    _, told = perthyn("contact", "may", "Siân", "--json")
    assert {one["rule"] for one in told if not one["allowed"]} == {"contact.fps"}

"""A yes in a file, from the import to the mailing: it permits nothing until somebody says what it was to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perthyn.cli.main import run

Perthyn = Callable[..., tuple[int, Any]]

YES = "First name,Surname,Email,Email consent\nSiân,Llŷr,sian@example.org,yes\nDafydd,Owen,dafydd@example.org,yes\n"
NO = "First name,Surname,Email,Email consent\nDafydd,Owen,dafydd@example.org,no\n"


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.chdir(tmp_path)
    Path("yes.csv").write_text(YES, encoding="utf-8")
    Path("no.csv").write_text(NO, encoding="utf-8")

    def ask(*arguments: str) -> tuple[int, Any]:
        code = run([*arguments])
        told = capsys.readouterr()
        return code, json.loads(told.out) if "--json" in arguments and told.out else told.out + told.err

    return ask


def reachable(perthyn: Perthyn) -> set[str]:
    _, people = perthyn("report", "--open", "reachable", "--json")
    return {one["family"] for one in people}


def test_a_yes_permits_nothing_until_somebody_says_what_it_was_to(perthyn: Perthyn) -> None:
    code, told = perthyn("import", "yes.csv")
    assert code == 0
    assert '--yes-means "…"' in told, "the last screen names the next command"
    assert reachable(perthyn) == set()
    code, told = perthyn("import", "yes.csv", "--yes-means", "Email me the news", "--yes-language", "en", "--json")
    assert (code, told["imports"][0]["consents"], told["imports"][0]["stored"]) == (0, {"given": 2}, 0)
    assert reachable(perthyn) == {"Llŷr", "Owen"}
    _, shown = perthyn("contact", "show", "Llŷr")
    assert "Email me the news" in shown


@pytest.mark.parametrize("files", [["yes.csv", "no.csv"], ["no.csv", "yes.csv"]])
def test_a_no_in_another_file_holds_until_it_is_settled(perthyn: Perthyn, files: list[str]) -> None:
    code, told = perthyn("import", *files, "--yes-means", "Email me the news", "--json")
    assert (code, [one["contradictions"] for one in told["imports"]]) == (0, [0, 1])
    assert reachable(perthyn) == {"Llŷr"}
    perthyn("export", "out.csv", "--for", "marketing", "--by", "email")
    assert "dafydd@" not in Path("out.csv").read_text(encoding="utf-8-sig")


def test_the_undo_of_an_import_takes_its_yes_back_and_keeps_its_no(perthyn: Perthyn) -> None:
    perthyn("import", "yes.csv", "no.csv", "--yes-means", "Email me the news")
    assert perthyn("undo", "2", "--yes")[0] == 0
    assert reachable(perthyn) == {"Llŷr"}, "a no is never taken back"
    assert perthyn("undo", "1", "--yes")[0] == 0
    assert reachable(perthyn) == set()


@pytest.mark.parametrize("wording", ["", "   "])
def test_words_that_say_nothing_are_refused(perthyn: Perthyn, wording: str) -> None:
    code, told = perthyn("import", "yes.csv", "--yes-means", wording)
    assert code == 1
    assert "--yes-means" in told
    assert reachable(perthyn) == set()


JUSTGIVING = (
    "Donation Date,Donation Auth Amount,Appeal Name,Donor User Id,Donor FirstName,Donor LastName,Donor E-mail,"
    "Donor Further Contact\n01/05/2026,20.00,Roof,7,Siân,Llŷr,sian@example.org,Yes\n"
)


def may(perthyn: Perthyn, purpose: str) -> bool:
    _, told = perthyn("contact", "may", "Llŷr", "--json")
    return next(bool(one["allowed"]) for one in told if (one["channel"], one["purpose"]) == ("email", purpose))


def test_a_yes_to_a_cause_is_none_to_the_shop(perthyn: Perthyn) -> None:
    """What JustGiving asks is about the cause; who was asked about more says so, and may say it later."""
    Path("gifts.csv").write_text(JUSTGIVING, encoding="utf-8")
    perthyn("import", "gifts.csv", "--yes-means", "Hear from the charity")
    assert (may(perthyn, "fundraising"), may(perthyn, "marketing")) == (True, False)
    _, told = perthyn("import", "gifts.csv", "--json")
    assert told["imports"][0]["consents"] == {}, "what is given is not asked about again"
    perthyn("import", "gifts.csv", "--yes-means", "Hear from the charity and its shop", "--yes-to", "marketing")
    assert (may(perthyn, "fundraising"), may(perthyn, "marketing")) == (True, True)

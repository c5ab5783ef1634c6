"""The guide to channels runs: its plugin passes its own tests, and its person is found with all that she told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perthyn.channel import Request
from perthyn.cli.main import run
from perthyn.cli.session import Session

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "howto" / "write-a-channel.md").read_text(encoding="utf-8")


def block(language: str, head: str = "") -> str:
    """The first block of code in a language that begins so."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return next(one for one in found if one.startswith(head))


@pytest.fixture
def organisation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the page was followed, step by step."""
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "perthyn.toml").write_text(block("toml"), encoding="utf-8")
    assert run(block("sh", "perthyn plugin new").split()[1:]) == 0
    for name in ("webform.py", "_test_webform.py"):
        file = tmp_path / "plugins" / name
        assert file.is_file(), "the page begins with what `perthyn plugin new` makes"
        file.write_text(block("python", f"# plugins/{name}"), encoding="utf-8")
    (tmp_path / "sample.json").write_text(block("json"), encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_the_tests_on_the_page_pass(organisation: Path) -> None:
    arguments = block("sh", "pytest").split()[1:]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    ran = subprocess.run(command, cwd=organisation, capture_output=True, encoding="utf-8", errors="replace")
    assert ran.returncode == 0, ran.stdout
    assert int(ran.stdout.split(" passed")[0].split()[-1]) >= 100


def test_what_it_would_store_is_shown(organisation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(block("sh", "perthyn plugin try").split()[1:]) == 0
    said = capsys.readouterr().out
    assert "Siân Llŷr" in said and "Ddydd Gŵyl Dewi" in said and "given" in said


def test_a_form_becomes_a_persons_story(
    organisation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the sender on the page, through the door, and the job that reads."""
    monkeypatch.setenv("PERTHYN_WEBFORM__KEY", "the key of the page")
    assert run(["init", "--language", "en"]) == 0
    came = posted(block("python", "# on the website's server"))
    assert [status for status, _ in came] == [200, 200], "the same form sent twice"
    assert run(["once"]) == 0
    capsys.readouterr()
    assert run(["contact", "show", "Siân Llŷr", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    told = json.dumps(shown, ensure_ascii=False)
    assert "Ydych chi ar agor" in told and "sian@example.cymru" in told
    assert told.count("Ydych chi ar agor") == 1
    assert "Anfonwch newyddion ataf drwy e-bost" in told


def posted(sender: str) -> list[tuple[int, object]]:
    """What the door answers to the page's own sender, which sends the sample twice."""
    came: list[tuple[int, object]] = []
    with Session(os.environ, os.getcwd(), "en", "", True, False) as s:

        class Net:
            """Takes the place of the network."""

            Request = staticmethod(lambda where, body, headers: (where, body, headers))

            @staticmethod
            def urlopen(sent: tuple[str, bytes, dict[str, str]]) -> None:
                where, body, headers = sent
                _, _, path = where.removeprefix("https://").partition("/")
                channel, account = path.removeprefix("in/").split("/")
                lower = {name.lower(): value for name, value in headers.items()}
                came.append(
                    s.crm().came_in(channel, account, Request("POST", f"/{path}", "", lower, body, datetime.now(UTC)))
                )

        named: dict[str, object] = {}
        exec(compile(sender, "write-a-channel.md", "exec"), named)
        named["urllib"] = type("urllib", (), {"request": Net})
        for _ in range(2):
            named["send"](json.loads(block("json")), "the key of the page")  # type: ignore[operator]
    return came

"""`perthyn campaign`, as a person runs it, in both languages, with a plugin file that delivers into a folder."""

from __future__ import annotations

import json
import os
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from perthyn.cli.main import run
from perthyn.crm import Actor, Crm
from perthyn.model import CORE_TYPES
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn_sql import open_store

Perthyn = Callable[..., tuple[int, Any]]

PLUGIN = """
from pathlib import Path
from perthyn.channel import Answer, Channel, NotNow, Outlet, Pace, Sender
from perthyn.hooks import hookimpl

class Folder(Outlet):
    def __init__(self, folder):
        self.folder = folder
    def send(self, letter):
        if (self.folder / "busy").exists():
            raise NotNow("letters.busy", after=60)
        with (self.folder / "out.txt").open("a", encoding="utf-8") as out:
            out.write(letter.address + " " + letter.language + "\\n")
        return Answer("250 ok")

class Letters(Channel):
    name = "letters"
    title = ("Letters", "Llythyrau")
    ways = ("email", "post")
    def accounts(self, house):
        return ("main",)
    def outlet(self, reach):
        return Folder(reach.house.folder)
    def live(self, reach):
        return not (reach.house.folder / "rehearsal").exists()
    def sender(self, reach):
        return Sender("Brithwen", "Brithwen", "1 Lle", "a@b.cymru")

@hookimpl
def offer_channels():
    return [Letters()]
"""


@pytest.fixture(scope="module")
def brithwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three people, two of whom said yes, a segment and two letters."""
    folder = tmp_path_factory.mktemp("brithwen")
    (folder / "plugins").mkdir()
    (folder / "plugins" / "letters.py").write_text(PLUGIN, encoding="utf-8")
    (folder / "llythyr.md").write_text("Pwnc: Newyddion\n\n{{ cyfarchiad }},\n\nDewch.\n", encoding="utf-8")
    (folder / "letter.md").write_text("Subject: News\n\n{{ salutation }},\n\nDo come.\n", encoding="utf-8")
    store = open_store(f"sqlite:///{(folder / 'perthyn.sqlite').as_posix()}", CORE_TYPES)
    crm = Crm(store, Plugins(), Settings(), lambda: datetime.now(UTC), os.urandom, Actor("gwen"))
    for name, address, language in (("Siân Llŷr", "sian", "cy"), ("Huw Parry", "huw", "en"), ("Eira Wyn", "eira", "")):
        values = {"name": name, "email": f"{address}@x.cymru", **({"language": language} if language else {})}
        one = crm.add_contact(values)[0]
        if name != "Huw Parry":
            crm.record_consent(one.id, "given", ["email"], wording="News?", how="form")
    crm.add_segment("Readers", None, "has email")
    store.close()
    return folder


@pytest.fixture
def perthyn(
    brithwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Perthyn:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C")
    shutil.copytree(brithwen, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")

    def ask(*arguments: str) -> tuple[int, Any]:
        code = run([*arguments])
        told = capsys.readouterr()
        assert code != 70 and "Traceback" not in told.err, told.err
        if "--json" in arguments:
            return code, json.loads(told.out or told.err)
        return code, told.out + told.err

    return ask


def drafted(perthyn: Perthyn, *more: str) -> Any:
    letters = ("--letter-cy", "llythyr.md", "--letter-en", "letter.md")
    code, told = perthyn("campaign", "new", "Spring news", "--to", "Readers", *letters, *more, "--json")
    assert code == 0, told
    return told


def out() -> list[str]:
    file = Path("out.txt")
    return sorted(file.read_text(encoding="utf-8").splitlines()) if file.exists() else []


def test_from_a_draft_to_a_report(perthyn: Perthyn) -> None:
    assert drafted(perthyn, "--cost", "12.50")["code"] == "spring-news"
    _, told = perthyn("campaign", "preview", "spring-news", "--write", "seen")
    assert "Dewch." in told and "Do come." in told and "Nobody asked them" not in told
    assert len(list(Path("seen").glob("*.html"))) == len(list(Path("seen").glob("*.txt"))) == 2
    _, told = perthyn("campaign", "preview", "Spring news", "--for", "Siân", "--json")
    assert told["audience"]["held"] == {"contact.not_asked": 1} and told["letters"][0]["language"] == "cy"
    assert perthyn("campaign", "test", "spring-news", "--to", "me@x.cymru", "--json")[1]["left"] is True
    assert out() == ["me@x.cymru both"]
    code, told = perthyn("campaign", "send", "spring-news", "--json")
    assert (code, told["error"]["code"]) == (1, "cli.confirm.needed"), "nothing goes unasked"
    _, told = perthyn("campaign", "send", "spring-news", "--dry-run")
    assert "Nothing has been sent." in told
    code, told = perthyn("campaign", "send", "spring-news", "--yes", "--limit", "1", "--json")
    assert (code, told["sent"], told["waiting"]) == (0, 1, 1)
    _, told = perthyn("campaign", "resume", "spring-news")
    assert "perthyn campaign report spring-news" in told
    assert out() == ["eira@x.cymru both", "me@x.cymru both", "sian@x.cymru cy"]
    assert perthyn("campaign", "send", "spring-news", "--json")[1]["sent"] == 0
    assert perthyn("interaction", "add", "Siân", "donation", "--amount", "25")[0] == 0
    _, told = perthyn("campaign", "report", "spring-news", "--json", "--chart", "spring.svg", "--by", "Readers")
    assert (told["whole"]["sent"], told["whole"]["total"], told["roi"]) == (2, 2_500, 1.0)
    assert told["whole"]["clicked"] is None and told["held"] == {"contact.not_asked": 1}
    assert told["segments"]["Readers"]["total"] == 2_500
    drawn = ElementTree.parse("spring.svg").getroot()
    words = "".join(drawn.itertext())
    assert drawn.attrib["role"] == "img" and "heb ei fesur / not measured" in words and "£25.00" in words
    _, told = perthyn("campaign", "report", "spring-news")
    assert "not measured" in told and "100%" in told and "last campaign" in told
    _, told = perthyn("--lang", "cy", "campaign", "report", "spring-news")
    assert "heb ei fesur" in told and "not measured" not in told and "Income" not in told
    assert "campaign.unknown" in str(perthyn("campaign", "show", "autumn", "--json")[1])
    assert perthyn("campaign", "list", "--json")[1][0]["state"] == "sent"


def test_a_rehearsal_notes_nothing_and_says_so(perthyn: Perthyn) -> None:
    drafted(perthyn)
    Path("rehearsal").touch()
    _, told = perthyn("campaign", "send", "spring-news")
    assert "rehearsal" in told and len(out()) == 2
    assert perthyn("campaign", "list", "--json")[1][0]["state"] == "draft"


def test_letters_that_are_wrong_are_told_before_anything_goes(perthyn: Perthyn) -> None:
    Path("bad.md").write_text("No subject here\n\nDo come.\n", encoding="utf-8")
    code, told = perthyn("campaign", "new", "Spring", "--letter-en", "bad.md", "--json")
    assert (code, told["error"]["code"]) == (1, "campaign.letter.subject")
    Path("bad.md").write_bytes("Subject: Siân\n\n".encode("cp1252"))
    code, told = perthyn("campaign", "new", "Spring", "--letter-en", "bad.md", "--json")
    assert (code, told["error"]["code"]) == (1, "campaign.letter.unreadable")
    drafted(perthyn)
    assert perthyn("campaign", "edit", "spring-news", "--languages", "en", "--json")[1]["languages"] == "en"
    Path("bad.md").write_text("Subject: News\n\n{{ password }}\n", encoding="utf-8")
    assert perthyn("campaign", "edit", "spring-news", "--letter-en", "bad.md")[0] == 0
    code, told = perthyn("campaign", "send", "spring-news", "--yes", "--json")
    assert (code, told["error"]["code"]) == (1, "letter.field.unknown") and not out()
    assert perthyn("undo", "--yes")[0] == 0
    assert perthyn("campaign", "send", "spring-news", "--yes", "--json")[1]["sent"] == 2


def test_files_go_out_and_come_back(perthyn: Perthyn) -> None:
    drafted(perthyn)
    _, told = perthyn("campaign", "export", "spring-news", "list.csv", "--for", "mailchimp", "--yes", "--json")
    assert (told["rows"], told["new"]) == (2, 2)
    Path("back.csv").write_text("Email Address,Status\nsian@x.cymru,bounced\nelse@x.cymru,bounced\n", encoding="utf-8")
    _, told = perthyn("campaign", "results", "spring-news", "back.csv")
    assert "else@x.cymru" in told and "perthyn problems" in told
    _, told = perthyn("--lang", "cy", "problems", "list")
    assert "else@x.cymru" in told and "campaign.results" not in told
    assert perthyn("campaign", "report", "spring-news", "--json")[1]["whole"]["bounced"] == 1
    assert "contact.bounced" in str(perthyn("contact", "may", "Siân", "--json")[1])


def test_a_busy_server_is_told_with_what_to_do(perthyn: Perthyn) -> None:
    drafted(perthyn)
    Path("busy").touch()
    _, told = perthyn("campaign", "send", "spring-news", "--yes")
    assert "perthyn campaign resume spring-news" in told and not out()
    _, told = perthyn("campaign", "resolve", "spring-news")
    assert "There is no such letter." in told


def test_the_fields_of_letters_are_told(perthyn: Perthyn) -> None:
    told = perthyn("campaign", "fields", "--json")[1]
    assert {"en": "first_name", "cy": "enw_cyntaf", "says": "The first name"} in told
    assert "last_gift" in {one["en"] for one in told}, "a plugin's too"
    assert "Yr enw cyntaf" in perthyn("--lang", "cy", "campaign", "fields")[1]

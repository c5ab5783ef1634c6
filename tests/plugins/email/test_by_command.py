"""A newsletter by the real command line: rehearsed, sent to a mail server, refused with one click, not sent again."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from smtp_stage import Sink, aiosmtpd

from perthyn.cli.main import run
from perthyn.crm import Actor, Crm, record_types
from perthyn.plugins import Plugins
from perthyn.settings import read_settings
from perthyn_email.pages import Preferences

TOML = """
[email]
from = "post@plas.example"
host = "127.0.0.1"
security = "none"
port = {port}
postal_address = "Plas, Llan"
public_url = "https://plas.example"
live = {live}
"""


@pytest.fixture
def plas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An organisation with two readers and a newsletter in both languages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PERTHYN_LANGUAGE", "en")
    Path("cy.md").write_text("Pwnc: Newyddion\n\nAnnwyl {{ enw_cyntaf }}\n", encoding="utf-8")
    Path("en.md").write_text("Subject: News\n\nDear {{ first_name }}\n", encoding="utf-8")
    assert run(["init"]) == 0
    for name, address in (("Siân Llŷr", "sian@llyr.example"), ("Gwilym Bowen", "gwilym@bowen.example")):
        assert run(["contact", "add", name, "--email", address]) == 0
        assert run(["contact", "said", name, "given", "--by", "email", "--how", "form", "--wording", "Yes"]) == 0
    assert run(["segment", "add", "All", "has email"]) == 0
    for name in ("Spring", "Summer"):
        assert run(["campaign", "new", name, "--to", "All", "--letter-cy", "cy.md", "--letter-en", "en.md"]) == 0
    return tmp_path


def set_up(folder: Path, port: int, live: bool) -> None:
    file = folder / "perthyn.toml"
    kept = file.read_text(encoding="utf-8").partition("\n[email]")[0]
    first = "" if "organisation" in kept else 'organisation = "Plas"\n'
    file.write_text(first + kept + TOML.format(port=port, live=str(live).lower()), encoding="utf-8")


def sends(capsys: pytest.CaptureFixture[str], code: str) -> Any:
    capsys.readouterr()
    assert run(["campaign", "send", code, "--yes", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def one_click(folder: Path, page: str) -> int:
    """What the mail program's button does."""
    settings = read_settings(folder, {})
    plugins = Plugins.find(settings.plugins_folder)
    store = plugins.open_store(settings.store_url, record_types(plugins), settings.currency, False)
    crm = Crm(store, plugins, settings, lambda: datetime.now(UTC), os.urandom, Actor("door"), "en")

    @contextmanager
    def opens() -> Iterator[Crm]:
        yield crm

    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"List-Unsubscribe=One-Click"}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": page, "root_path": "", "query_string": b"", "headers": []}
    asyncio.run(Preferences(opens)(scope, receive, send))
    store.close()
    return int(said[0]["status"])


@pytest.mark.slow
def test_a_newsletter_goes_out_and_a_no_counts(plas: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sink = Sink()
    with aiosmtpd(sink) as port:
        set_up(plas, port, live=False)
        assert sends(capsys, "spring")["rehearsal"] is True
        assert len(list((plas / "letters").iterdir())) == 2
        assert sink.taken == []
        set_up(plas, port, live=True)
        assert sends(capsys, "spring")["sent"] == 2
        letters = {one.rcpt_tos[0]: message_from_bytes(one.content, policy=default) for one in sink.taken}
        assert sorted(letters) == ["gwilym@bowen.example", "sian@llyr.example"]
        mine = letters["sian@llyr.example"]
        assert mine["Subject"] == "Newyddion / News"
        assert "Annwyl Siân" in mine.get_body(("plain",)).get_content()
        assert "Dear Siân" in mine.get_body(("html",)).get_content()
        page = str(mine["List-Unsubscribe"]).partition("https://plas.example/p")[2].partition(">")[0]
        assert one_click(plas, page) == 200
        assert sends(capsys, "summer")["sent"] == 1
    assert [one.rcpt_tos for one in sink.taken[2:]] == [["gwilym@bowen.example"]]
    assert run(["campaign", "report", "spring", "--json"]) == 0
    assert "unsubscribed" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "cy"])
def test_who_was_refused_is_shown_and_is_sent_to_again(
    plas: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    gone = "550 5.1.1 <sian@llyr.example>: Recipient address rejected: User unknown"
    sink = Sink({"RCPT sian": gone, "DATA gwilym": "554 5.7.1 your domain is not known here"})
    with aiosmtpd(sink) as port:
        set_up(plas, port, live=True)
        assert sends(capsys, "spring")["failed"] == 2
        assert run(["--lang", language, "campaign", "resolve", "spring", "--refused"]) == 0
        shown = " ".join(capsys.readouterr().out.split())
        assert "User unknown" in shown and "your domain is not known here" in shown
        assert run(["campaign", "resolve", "spring", "--refused", "--sent"]) == 1, "nobody says that they went out"
        sink.refuses = {"RCPT sian": gone}
        assert run(["campaign", "resolve", "spring", "--refused", "--again"]) == 0
        capsys.readouterr()
        assert run(["campaign", "resume", "spring", "--json"]) == 0
        done = json.loads(capsys.readouterr().out)
        assert (done["sent"], done["held"], done["failed"]) == (1, 1, 0), "the door holds the dead address"
        assert [one["name"] for one in _refused(capsys)] == []
    assert [one.rcpt_tos for one in sink.taken] == [["gwilym@bowen.example"]]


def _refused(capsys: pytest.CaptureFixture[str]) -> Any:
    assert run(["campaign", "resolve", "spring", "--refused", "--json"]) == 0
    return json.loads(capsys.readouterr().out)

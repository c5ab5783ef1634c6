"""Saying thank you as the guide tells it, in both languages: by e-mail, then by post; nobody twice."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from perthyn.cli.main import run

Perthyn = Callable[..., Any]
DOCS = Path(__file__).parents[2] / "docs"
GUIDES = {"en": DOCS / "howto" / "donations.md", "cy": DOCS / "cy" / "howto" / "donations.md"}
TOML = """organisation = "Plas Brithwen"

[email]
from = "post@plas.example"
host = "127.0.0.1"
port = {port}
security = "none"
live = true
"""


class Sink:
    """Keeps what it is sent, by address."""

    def __init__(self) -> None:
        self.taken: dict[str, Any] = {}

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken[envelope.rcpt_tos[0]] = message_from_bytes(envelope.content, policy=default)
        return "250 OK"


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server; its port stands in perthyn.toml."""
    kept = Sink()
    with socket.create_server(("127.0.0.1", 0)) as free:  # a controller can't choose one itself
        port = free.getsockname()[1]
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    Path("perthyn.toml").write_text(TOML.format(port=port), encoding="utf-8")
    yield kept
    server.stop()


@pytest.fixture
def perthyn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Perthyn:
    for name in [one for one in os.environ if one.startswith(("PERTHYN_", "LANG", "LC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def ask(*arguments: str, code: int = 0) -> Any:
        got = run([*arguments])
        told = capsys.readouterr()
        assert got == code and "Traceback" not in told.err, told
        return json.loads(told.out or told.err) if "--json" in arguments else told.out + told.err

    return ask


def blocks(guide: Path, language: str) -> list[str]:
    thanks = guide.read_text(encoding="utf-8").rpartition("\n## ")[2]
    return re.findall(rf"^```{language}\n(.*?)^```$", thanks, re.DOTALL | re.MULTILINE)


def letter(perthyn: Perthyn, name: str) -> str:
    return str(perthyn("campaign", "preview", "thanks-march", "--for", name))


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "cy"])
def test_thanks_as_the_guide_says(perthyn: Perthyn, sink: Sink, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("PERTHYN_LANGUAGE", language)
    guide = GUIDES[language]
    ours, theirs = blocks(guide, "text")
    Path("llythyr.md").write_text(ours, encoding="utf-8")
    Path("letter.md").write_text(theirs, encoding="utf-8")
    # three people who gave, and one who did not
    home = ("--address", "12 Stryd Fawr", "--town", "Brithwen", "--postcode", "SY20 8XC")
    for name, more in {
        "Siân Llŷr": ("--email", "sian@x.example", "--language", "cy", *home),
        "Huw Parry": ("--email", "huw@x.example", "--language", "en"),
        "Eira Wyn": ("--email", "eira@x.example"),
        "Mair Rees": home,
        "Neb Arall": ("--email", "neb@x.example"),
    }.items():
        perthyn("contact", "add", name, *more)
    gifts = {
        name: perthyn("interaction", "add", name, "donation", "--amount", pounds, "--json")
        for name, pounds in (("Siân Llŷr", "25"), ("Huw Parry", "10.50"), ("Eira Wyn", "5"), ("Mair Rees", "40"))
    }
    perthyn("giftaid", "declare", "Siân", "--covers", "both", "--how", "written", "--wording", "I pay tax.")
    noted = perthyn("giftaid", "gift", gifts["Siân Llŷr"]["id"][-8:], "--fund", "Y to", "--credit", "Huw Parry")
    assert "Y to" in noted and "Huw Parry" in noted
    shown = perthyn("contact", "show", "Huw Parry")
    assert "Y to" in shown and "Siân Llŷr" in shown and "£25.00" in shown
    # as the guide says, line by line
    segment, email, post = (one.strip().splitlines() for one in blocks(guide, "sh"))
    perthyn(*shlex.split(segment[0])[1:])
    for line in email[:-1]:
        told = perthyn(*shlex.split(line)[1:])
    assert "£25.00" in letter(perthyn, "Siân Llŷr") and "[[" not in told
    assert perthyn(*shlex.split(email[-1])[1:], "--yes", "--json")["sent"] == 3
    assert sorted(sink.taken) == ["eira@x.example", "huw@x.example", "sian@x.example"]
    texts = {who: one.get_body(("plain",)).get_content() for who, one in sink.taken.items()}
    sian, huw, eira = (texts[f"{name}@x.example"] for name in ("sian", "huw", "eira"))
    assert "eich rhodd o £25.00 ar " in sian and "(Y to)" in sian and "£6.25 yn fwy inni" in sian
    assert "Thank you" not in sian
    assert "your gift of £10.50 on " in huw and "(for our general work)" in huw and "Gift Aid" not in huw
    assert "£5.00 ar " in eira and "£5.00 on " in eira and "at ein gwaith cyffredinol" in eira
    assert all(one["List-Unsubscribe"] is None for one in sink.taken.values()), "it asks for nothing"
    # whoever has been thanked is thanked no more; the others by post
    rest = perthyn(*shlex.split(post[0])[1:], "--json")
    assert rest["code"] == "thanks-march-post"
    assert perthyn(*shlex.split(post[1])[1:], "--yes", "--json")["rows"] == 1
    page = Path("thanks.html").read_text(encoding="utf-8")
    assert "Mair Rees" in page and "£40.00" in page and "Siân" not in page and "{{" not in page
    # nobody is left; a new gift would be thanked for again
    again = ("--code", "thanks-x", "--to", "To thank" if language == "en" else "I ddiolch", "--for", "service")
    perthyn("campaign", "new", "X", *again, "--letter-cy", "llythyr.md", "--letter-en", "letter.md")
    told = perthyn("campaign", "send", "thanks-x", "--yes", "--json", code=1)
    assert told["error"]["code"] == "campaign.nobody"

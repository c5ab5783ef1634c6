"""What is told of our domain is what stands in the DNS; offline it is said that nobody could look."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dns_stage import NameServer, Zone
from smtp_stage import Certificate, Scripted, Sink, aiosmtpd, house, settings

import perthyn_email
from perthyn.cli.main import run
from perthyn.errors import PerthynError
from perthyn.text import Translator
from perthyn_email.checks import findings, server_finding
from perthyn_email.dns import Unseen, asker
from perthyn_email.presets import PRESETS

WHOLE: Zone = {
    ("plas.example", "TXT"): ['"unrelated"', '"v=spf1 include:_spf.google.com ~all"'],
    ("plas.example", "MX"): ["1 smtp.google.com."],
    ("google._domainkey.plas.example", "TXT"): ['"v=DKIM1; k=rsa; " "p=MIGfMA0GCSq"'],
    ("_dmarc.plas.example", "TXT"): ['"v=DMARC1; p=quarantine; rua=mailto:a@plas.example"'],
}
SECTION = {"provider": "workspace", "postal_address": "Plas, Llan", "mailbox_host": "imap.plas.example"}


def found(zone: Zone, **section: Any) -> dict[str, tuple[bool | None, Mapping[str, Any]]]:
    said = {**SECTION, **section}
    with NameServer(zone) as server:
        looked = findings(settings(**said), house(**said), asker(server.address, 5))
    return {code: (well, facts) for well, code, facts in looked}


def told(zone: Zone, **section: Any) -> dict[str, bool | None]:
    return {code: well for code, (well, _) in found(zone, **section).items()}


def without(*names: str, **more: Any) -> Zone:
    return {key: value for key, value in WHOLE.items() if key[0] not in names}


def test_all_is_well() -> None:
    assert told(WHOLE) == dict.fromkeys(("email.live", "email.spf.well", "email.dkim.well", "email.dmarc.well"), True)


@pytest.mark.parametrize(
    ("zone", "section", "code", "well"),
    [
        ({**WHOLE, ("plas.example", "TXT"): ['"nothing"']}, {}, "email.spf.missing", False),
        (without("plas.example"), {}, "email.spf.missing", False),
        (without("plas.example"), {"provider": ""}, "email.spf.unknown", None),
        (without("plas.example"), {"provider": "brevo"}, "email.spf.unknown", None),
        (WHOLE, {"provider": "mailgun"}, "email.dkim.unknown", None),
        ({**WHOLE, ("plas.example", "TXT"): ['"v=spf1 mx -all"', '"v=spf1 a -all"']}, {}, "email.spf.several", False),
        ({**WHOLE, ("plas.example", "TXT"): ['"v=spf1 include:_spf.google.com +all"']}, {}, "email.spf.open", False),
        ({**WHOLE, ("plas.example", "TXT"): ['"v=spf1 include:other.example ~all"']}, {}, "email.spf.other", False),
        ({**WHOLE, ("plas.example", "TXT"): ['"v=spf10 x"']}, {}, "email.spf.missing", False),
        (without("google._domainkey.plas.example"), {}, "email.dkim.missing", False),
        ({**WHOLE, ("google._domainkey.plas.example", "TXT"): ['"v=DKIM1; p="']}, {}, "email.dkim.missing", False),
        (WHOLE, {"dkim_selector": "s7"}, "email.dkim.missing", False),
        (WHOLE, {"provider": "", "dkim_selector": "google"}, "email.dkim.well", True),
        (WHOLE, {"provider": ""}, "email.dkim.unknown", None),
        (without("_dmarc.plas.example"), {}, "email.dmarc.missing", False),
        ({**WHOLE, ("_dmarc.plas.example", "TXT"): ['"v=DMARC1; p=none"'] * 1 + ['"v=DMARC1;p=reject"']}, {},
         "email.dmarc.several", False),
        ({**WHOLE, ("_dmarc.plas.example", "TXT"): ['"v=spf1 x"']}, {}, "email.dmarc.missing", False),
        (WHOLE, {"from": "a@news.plas.example"}, "email.dmarc.well", True),
        (WHOLE, {"from": "a@gmail.com"}, "email.from.free", False),
        (WHOLE, {"from": "a@gmail.com", "provider": "gmail"}, "email.from.personal", None),
        (WHOLE, {"bounce_to": "b@other.example"}, "email.unaligned", None),
        (WHOLE, {"bounce_to": "b@other.example"}, "email.bounce.nowhere", False),
        (WHOLE, {"postal_address": ""}, "email.sender.bare", False),
        (WHOLE, {"live": False}, "email.rehearsing", None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(zone: Zone, section: dict[str, Any], code: str, well: bool | None) -> None:
    said = told(zone, **section)
    assert said.get(code, "not told") is well, said


def test_the_record_to_ask_for_is_told() -> None:
    said = found({("x.example", "A"): ["192.0.2.1"]})
    assert said["email.spf.missing"][1]["record"] == "v=spf1 include:_spf.google.com ~all"
    assert said["email.dmarc.missing"][1]["name"] == "_dmarc.plas.example"
    assert said["email.dmarc.missing"][1]["record"] == "v=DMARC1; p=none; rua=mailto:post@plas.example"


def test_a_mailbox_that_nobody_reads_is_told() -> None:
    plain = {"postal_address": "x"}
    with NameServer(WHOLE) as server:
        looked = findings(settings(**plain), house(**plain), asker(server.address, 5))
    assert (None, "email.mailbox.unread", {"address": "post@plas.example"}) in looked


@pytest.mark.parametrize("how", ["silent", "broken", "nobody"])
def test_offline_it_is_said_once_that_nobody_could_look(how: str) -> None:
    with NameServer(WHOLE, silent=how == "silent", broken=how == "broken") as server:
        address = server.address if how != "nobody" else "127.0.0.1:1"
        looked = findings(settings(**SECTION), house(**SECTION), asker(address, 0.3))
    assert [(well, code) for well, code, _ in looked] == [(True, "email.live"), (None, "email.dns.unseen")]


def test_without_the_library_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns", None)
    with pytest.raises(Unseen, match=r"email\.dns\.library"):
        asker("127.0.0.1:1")("plas.example", "TXT")


def test_the_mail_server(tmp_path: Path) -> None:
    certificate = Certificate.made(tmp_path)
    with aiosmtpd(Sink(), tls_context=certificate.context) as port:
        safe = {"security": "starttls", "port": port, "timeout": 10}
        good = server_finding(settings(certificates=str(certificate.file), **safe), "")
        bad = server_finding(settings(**safe), "")
    assert (good[:2], good[2]["version"]) == ((True, "email.server.well"), "TLSv1.3")
    assert bad[:2] == (False, "email.tls.untrusted")
    with Scripted(HELLO="554 no") as server:
        assert server_finding(settings(port=server.port), "")[:2] == (False, "email.connect")
    assert not server.bodies


def test_each_finding_has_words_in_both_languages() -> None:
    codes = {code for _, code, _ in findings(settings(), house(), lambda name, kind: [])}
    for language in ("en", "cy"):
        t = Translator(language, perthyn_email.offer_locale())
        for code in codes | {"email.spf.well", "email.unsure", "email.refused"}:
            wrong, step = t.error(PerthynError(code))
            assert wrong and step and wrong != code


def test_doctor_is_told_where_email_is_set_up() -> None:
    assert perthyn_email.offer_checks(house=None) == []
    wrong = house(hots="x")
    assert perthyn_email.offer_checks(house=wrong)[0][:2] == (False, "email.setting.unknown")
    with NameServer(WHOLE) as server:
        looked = perthyn_email.offer_checks(house=house(resolver=server.address, **SECTION))
    assert (True, "email.spf.well") in {one[:2] for one in looked}


def test_presets_are_whole() -> None:
    for name, one in PRESETS.items():
        assert one.host and one.pace.a_day and one.port in (465, 587), name
        assert (one.port == 465) is (one.security == "tls"), name


# --- by the command line -------------------------------------------------------------------------------------------

TOML = """
organisation = "Plas"  # ours
[email]
# who we are
from = "post@plas.example"
host = "127.0.0.1"
security = "none"
port = {port}
dkim_selector = "google"
resolver = "{resolver}"
{more}
"""


def told_by(capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, Any]:
    code = run([*command, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_letters_leave_when_nothing_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PERTHYN_LANGUAGE", "en")
    assert run(["init"]) == 0
    file = tmp_path / "perthyn.toml"
    with aiosmtpd(Sink()) as port, NameServer(WHOLE) as server:
        file.write_text(TOML.format(port=port, resolver=server.address, more=""), encoding="utf-8")
        capsys.readouterr()
        code, said = told_by(capsys, "email", "check")
        assert (code, {one["code"] for one in said if one["well"] is False}) == (1, {"email.sender.bare"})
        code, said = told_by(capsys, "email", "live")
        assert (code, said["live"]) == (1, False)
        more = 'postal_address = "Llan"'
        file.write_text(TOML.format(port=port, resolver=server.address, more=more), encoding="utf-8")
        code, said = told_by(capsys, "email", "live")
        assert (code, said["live"]) == (0, True)
        assert "live = true" in file.read_text(encoding="utf-8")
        assert "# who we are" in file.read_text(encoding="utf-8") and "# ours" in file.read_text(encoding="utf-8")
        assert run(["email", "check"]) == 0
        assert "Letters leave." in capsys.readouterr().out
        assert run(["--lang", "cy", "doctor"]) in (0, 1)
        assert "Mae llythyrau'n gadael." in capsys.readouterr().out
    code, said = told_by(capsys, "email", "live", "--off")
    assert (code, said["live"]) == (0, False)
    assert "live = false" in file.read_text(encoding="utf-8")

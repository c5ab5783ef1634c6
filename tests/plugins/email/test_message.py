"""What goes over the wire holds exactly the headers that were meant, whatever stood in a name or a subject."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from email.utils import getaddresses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smtp_stage import NOW, TOKEN, letter, settings

from perthyn.channel import Refused
from perthyn.errors import PerthynError
from perthyn_email.message import mail, mailbox, one_line

NAUGHTY: list[str] = json.loads((Path(__file__).parents[2] / "data" / "blns" / "blns.json").read_text(encoding="utf-8"))
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Content-Language", "X-Auto-Response-Suppress",
    "List-Unsubscribe", "List-Id", "Precedence", "Feedback-ID", "MIME-Version", "Content-Type",
]  # fmt: skip
SAID: list[str] = json.loads((Path(__file__).parent / "header_tricks.json").read_text(encoding="utf-8"))
LONG = [
    "x" * 5_000,
    "é" * 5_000,
    "word " * 1_000,
    "ŵ " * 1_000,
    "=?" * 500,
    '"' * 500,
    "\\" * 500,
    "a" * 66,
    "\U0001f600" * 99,
]


def parsed(**said: str) -> EmailMessage:
    made = mail(letter(**said), settings(plus=True), NOW)
    assert made.recipient == "sian@llyr.example"
    assert made.sender == f"post+{TOKEN}@plas.example"
    assert made.content.isascii() and made.content.endswith(b"\r\n")
    assert max(map(len, made.content.split(b"\r\n"))) <= 300
    assert b"\r" not in made.content.replace(b"\r\n", b"") and b"\n" not in made.content.replace(b"\r\n", b"")
    found = message_from_bytes(made.content, policy=default)
    assert isinstance(found, EmailMessage)
    old = message_from_bytes(made.content, policy=compat32)
    assert list(old.keys()) == list(found.keys()) == HEADERS
    assert not found.defects and not any(found[name].defects for name in HEADERS)
    return found


def shown_name(said: str) -> str:
    """The name as mail programs read it; Python's newer policy parts long ones (cpython issue 92081)."""
    made = message_from_bytes(mail(letter(name=said), settings(), NOW).content, policy=compat32)
    ((name, address),) = getaddresses([made["To"]])
    assert address == "sian@llyr.example"
    return str(make_header(decode_header(name)))


def test_the_tricks_are_many() -> None:
    assert len(set(SAID)) >= 60
    assert len(NAUGHTY) > 480


@pytest.mark.parametrize("said", [*SAID, *LONG, *dict.fromkeys(NAUGHTY)])
def test_what_stands_in_a_name_and_a_subject_stays_there(said: str) -> None:
    found = parsed(name=said, subject=said)
    meant = one_line(said)
    assert str(found["Subject"]) == meant
    assert [one.addr_spec for one in found["To"].addresses] == ["sian@llyr.example"]
    assert shown_name(said) == meant[:200].strip()
    assert getaddresses([str(make_header(decode_header(found["From"])))])[0][1] == "post@plas.example"
    assert found["Message-ID"] == f"<{TOKEN}@plas.example>"


@pytest.mark.parametrize("said", [*SAID, *LONG])
def test_what_stands_in_a_campaign_a_purpose_and_a_link_stays_there(said: str) -> None:
    found = parsed(campaign=said, purpose=said, refuse_url="http://plas.example/" + said)
    assert found["Feedback-ID"].count(":") == 3
    assert "List-Unsubscribe-Post" not in found
    organisation = mail(letter(), settings(from_name_en=said), NOW).content
    again = message_from_bytes(organisation, policy=default)
    assert list(again.keys()) == HEADERS
    assert again["From"].addresses[0].addr_spec == "post@plas.example"


@given(st.text(), st.text(), st.text())
def test_any_words(name: str, subject: str, body: str) -> None:
    found = parsed(name=name, subject=subject, text=body, html=f"<p>{body}</p>")
    assert str(found["Subject"]) == one_line(subject)
    text, html = found.iter_parts()
    meant = body.replace("\r\n", "\n").replace("\r", "\n")
    meant = meant.encode("utf-8", "replace").decode("utf-8")
    assert text.get_content().replace("\r\n", "\n").rstrip("\n") == meant.rstrip("\n")
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")


ADDRESSES = [
    "", "@", "a@", "@b.example", "a b@c.example", "a@b c.example", "a@b.example\r\nBcc: x@y.example", "a@b.example\0",
    "a@b.example, c@d.example", "a@b.example;c@d.example", "<a@b.example>", "A <a@b.example>", '"a b"@c.example',
    '"a@x.example"@c.example', "a@b.example c@d.example", "a@[127.0.0.1]", "a@b..example", ".a@b.example",
    "a.@b.example", "a..b@c.example", "a@-b.example", "a@b.example-", "a@b.example>", "a(x)@b.example",
    "a\\@b.example", "a@@b.example", "a:b@c.example", "a\u2028b@c.example", "a@b\u2024example\n", "a\x7f@b.example",
    "a@b.example\u2029RCPT", "x" * 65 + "@b.example", "a@" + "b" * 300 + ".example", "a@\ud800.example",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_one_address_or_none(address: str) -> None:
    try:
        written, _ = mailbox(address)
    except Refused as refused:
        assert refused.code == "email.address"
    else:  # what the domain's own rules make of it
        assert written.count("@") == 1 and not set(written) & set(" \r\n\0<>,;:\u2028\u2029\u2024")


@pytest.mark.parametrize(
    "address", ["o'neil@a.example", "a+b@c.example", "a.b-c_d@e-f.example", "x@xn--llr-k2a.example", "1@2.example"]
)
def test_addresses_that_people_have(address: str) -> None:
    assert mailbox(address) == (address, False)


# --- what a good letter carries ------------------------------------------------------------------------------------

PAGE = f"https://plas.example/p/{TOKEN}"


def test_one_click() -> None:
    made = mail(letter(refuse_url=PAGE, language="cy"), settings(reply_to="ateb@plas.example"), NOW)
    found = message_from_bytes(made.content, policy=default)
    ways = str(found["List-Unsubscribe"]).split(", ")
    assert ways == [f"<{PAGE}>", f"<mailto:ateb@plas.example?subject=DAD-DANYSGRIFIO%20{TOKEN}>"]
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found["Content-Language"] == "cy"
    assert found["Reply-To"] == "ateb@plas.example"
    assert found["List-Id"] == "<marketing.plas.example>"
    assert found["Feedback-ID"] == "spring:marketing:perthyn:plas-example"


def test_without_a_public_address_mail_is_the_way() -> None:
    found = parsed()
    assert found["List-Unsubscribe"] == f"<mailto:post@plas.example?subject=STOP%20{TOKEN}>"


def test_a_service_letter_is_from_a_machine_and_no_mailing() -> None:
    made = mail(letter(purpose="service", must_offer=False, refuse_url=PAGE), settings(), NOW)
    found = message_from_bytes(made.content, policy=default)
    assert found["Auto-Submitted"] == "auto-generated"
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Precedence", "Feedback-ID"} & set(found.keys())


def test_who_it_is_from_in_each_language() -> None:
    both = settings(from_name_en="The House", from_name_cy="Y Tŷ")
    said = [
        message_from_bytes(mail(letter(language=one), both, NOW).content, policy=default)["From"]
        .addresses[0]
        .display_name
        for one in ("en", "cy", "both")
    ]
    assert said == ["The House", "Y Tŷ", "Y Tŷ / The House"]


def test_a_letter_without_html_is_plain_text() -> None:
    found = message_from_bytes(mail(letter(html="", text="Tŷ\n"), settings(), NOW).content, policy=default)
    assert found.get_content_type() == "text/plain"
    assert found.get_content() == "Tŷ\r\n"


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ({"from": ""}, "email.setting.missing"),
        ({"host": ""}, "email.setting.missing"),
        ({"hots": "x"}, "email.setting.unknown"),
        ({"port": 70_000}, "email.setting.value"),
        ({"from": "a@b.example\r\nBcc: x"}, "email.setting.value"),
        ({"from": "A <a@b.example>"}, "email.setting.value"),
        ({"reply_to": "a b@c.example"}, "email.setting.value"),
        ({"provider": "gmial"}, "email.setting.value"),
        ({"public_url": "http://plas.example"}, "email.setting.value"),
        ({"public_url": "plas.example"}, "email.setting.value"),
        ({"public_url": "https://"}, "email.setting.value"),
        ({"public_url": "https://a.example/x y"}, "email.setting.value"),
        ({"host": "mail.plas.example"}, "email.setting.open"),
    ],
)
def test_a_wrong_setting_is_named(section: dict[str, object], code: str) -> None:
    with pytest.raises(PerthynError) as caught:
        settings(**section)
    assert caught.value.code == code


def test_a_provider_fills_what_is_left_out() -> None:
    one = settings(provider="microsoft365", host="smtp.office365.com", security="starttls", a_day=50)
    assert (one.port, one.plus) == (587, True)
    assert (one.pace.a_day, one.pace.a_minute) == (50, 30)
    assert settings(port="2525", live="false", public_url="https://a.example/").public_url == "https://a.example"

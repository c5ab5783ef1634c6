"""Each answer of a mail server, and each way of not answering, is told as what it means for the letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from smtp_stage import (
    DROP,
    HANG,
    NOW,
    Certificate,
    Scripted,
    Sink,
    aiosmtpd,
    house,
    letter,
    numbered,
    settings,
)

from perthyn.channel import NotNow, Outlet, Reach, Refused, Unsure
from perthyn.errors import PerthynError
from perthyn_email.channel import Email
from perthyn_email.smtp import Smtp


def clock(seconds: float = 0.0) -> Callable[[], float]:
    now = [0.0]

    def timer() -> float:
        now[0] += seconds
        return now[0]

    return timer


Opener = Callable[..., Outlet]


@pytest.fixture
def smtp() -> Iterator[Opener]:
    """Opens outlets to a port, and closes them in the end."""
    opened: list[Outlet] = []

    def opener(port: int, *, passing: float = 0.0, **section: Any) -> Outlet:
        one = settings(**{"port": port, "timeout": 10, **section})
        opened.append(Smtp(one, "s3cret", lambda: NOW, clock(passing)))
        return opened[-1]

    yield opener
    for one in opened:
        one.close()


# --- what is taken -----------------------------------------------------------------------------------------------


def test_letters_go_over_one_connection_each_to_one_person(smtp: Opener) -> None:
    sink = Sink()
    with aiosmtpd(sink) as port:
        outlet = smtp(port)
        answers = [outlet.send(numbered(number)) for number in range(5)]
        outlet.close()
    assert [one.rcpt_tos for one in sink.taken] == [[f"p{number}@a.example"] for number in range(5)]
    assert {one.mail_from for one in sink.taken} == {"post@plas.example"}
    assert answers[3].reply == "250 2.0.0 queued as 1A2B3C"
    assert answers[3].reference == f"<{3:048}@plas.example>"


def test_a_line_that_begins_with_a_dot_arrives(smtp: Opener) -> None:
    sink = Sink()
    with aiosmtpd(sink) as port:
        smtp(port).send(letter(text=".\n..\nx\n.", html=""))
    said = message_from_bytes(sink.taken[0].content, policy=default)
    assert said.get_content().split() == [".", "..", "x", "."]


@pytest.mark.parametrize("how", [{"decode_data": True}, {"enable_SMTPUTF8": False}])
def test_a_server_without_extensions_is_served(smtp: Opener, how: dict[str, Any]) -> None:
    sink = Sink()
    with aiosmtpd(sink, **how) as port:
        smtp(port).send(letter(text="Tŷ'r Dŵr\n"))
    content = sink.taken[0].content
    assert "T=C5=B7'r D=C5=B5r" in (content if isinstance(content, str) else content.decode("ascii"))


def test_an_old_server_that_knows_no_extensions_is_served(smtp: Opener) -> None:
    with Scripted(EHLO="500 what?", HELO="250 stage") as server:
        smtp(server.port).send(letter())
    assert server.heard[-3] == "MAIL FROM:<post@plas.example>"


def test_an_address_with_other_letters(smtp: Opener) -> None:
    sink = Sink()
    with aiosmtpd(sink, enable_SMTPUTF8=True) as port:
        outlet = smtp(port)
        outlet.send(letter(address="siân@llŷr.example"))
        outlet.send(letter(address="plain@llŷr.example"))
    assert [one.rcpt_tos for one in sink.taken] == [["siân@xn--llr-k2a.example"], ["plain@xn--llr-k2a.example"]]
    assert [one.smtp_utf8 for one in sink.taken] == [True, False]
    with aiosmtpd(sink, enable_SMTPUTF8=False) as port, pytest.raises(Refused, match=r"email\.address\.utf8"):
        smtp(port).send(letter(address="siân@llŷr.example"))


def test_a_server_that_is_still_at_the_letter_before_costs_no_letter(smtp: Opener) -> None:
    with Scripted(END=["500 Error: disk"], MAIL=["250 OK", "503 Error: nested MAIL command"]) as server:
        outlet = smtp(server.port)
        with pytest.raises(Refused):
            outlet.send(numbered(1))
        assert "RSET" in server.heard
        assert outlet.send(numbered(2)).reply == "250 2.0.0 taken" and server.connections == 2


# --- who is not there --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "dead"),
    [
        ("550 5.1.1 <sian@llyr.example>: Recipient address rejected: User unknown in virtual mailbox table", True),
        ("550-5.1.1 The email account that you tried to reach does not exist.\r\n550 5.1.1 Learn more", True),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", True),
        ("550 5.1.2 <sian@llyr.example>: Recipient address rejected: Domain not found", True),
        ("550 No such user here", True),
        ("550 5.1.0 <post@plas.example>: Sender address rejected: User unknown in local recipient table", False),
        ("550 5.7.1 <sian@llyr.example>: Relay access denied", False),
        ("552 5.2.2 mailbox full", False),
        ("550 5.7.1 Service unavailable; client host blocked using a list", False),
        ("554 no", False),
    ],
)
def test_an_address_that_leads_nowhere_is_told_from_a_refusal_of_us(smtp: Opener, answer: str, dead: bool) -> None:
    with Scripted(RCPT=answer) as server, pytest.raises(Refused) as caught:
        smtp(server.port).send(letter())
    assert caught.value.facts["dead"] is dead
    for step in ("MAIL", "DATA", "END"):
        with Scripted(**{step: answer}) as server, pytest.raises(Refused) as caught:
            smtp(server.port).send(letter())
        assert caught.value.facts["dead"] is False, "only what is said of the address"


# --- what is refused, at each step -------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ("550 5.1.1 nobody here", Refused, "email.refused"),
        ("554 no", Refused, "email.refused"),
        ("450-4.2.0 greylisted\r\n450 4.2.0 come back", NotNow, "email.later"),
        ("452 full", NotNow, "email.later"),
        ("550 5.4.5 Daily user sending limit exceeded", NotNow, "email.limit"),
        ("530 5.7.0 Authentication required", NotNow, "email.limit"),
    ],
)
def test_an_answer_means_the_same_at_each_step(
    smtp: Opener, step: str, answer: str, kind: type[PerthynError], code: str
) -> None:
    with Scripted(**{step: [answer]}) as server:
        outlet = smtp(server.port)
        with pytest.raises(kind) as caught:
            outlet.send(numbered(1))
        assert type(caught.value) is kind
        assert caught.value.code == code
        assert caught.value.facts["code"] == int(answer[:3])
        assert caught.value.facts["step"] == step
        outlet.send(numbered(2))
        assert server.connections == 1
        outlet.close()
    assert server.heard[-1] == "QUIT"


def test_the_status_stands_apart(smtp: Opener) -> None:
    with Scripted(RCPT="550 5.1.1 <a@b>: nobody") as server, pytest.raises(Refused) as caught:
        smtp(server.port).send(letter())
    assert caught.value.facts["status"] == "5.1.1"
    assert caught.value.facts["reply"] == "550 5.1.1 <a@b>: nobody"


def test_a_real_server_refuses_one_and_takes_the_next(smtp: Opener) -> None:
    sink = Sink({"RCPT p1": "550 5.1.1 gone", "RCPT p2": "451 4.3.0 later", "DATA p3": "554 5.6.0 spam"})
    said = []
    with aiosmtpd(sink) as port:
        outlet = smtp(port)
        for number in range(5):
            try:
                said.append(outlet.send(numbered(number)).reply[:3])
            except PerthynError as error:
                said.append(type(error).__name__)
    assert said == ["250", "Refused", "NotNow", "Refused", "250"]
    assert len(sink.taken) == 2


def test_an_hour_of_not_now_never_becomes_anything_else(smtp: Opener) -> None:
    with Scripted(MAIL="421 4.7.0 try again later") as server:
        outlet = smtp(server.port)
        for number in range(12):
            with pytest.raises(NotNow):
                outlet.send(numbered(number))
    assert server.bodies == []


# --- lines that break, and servers that hang ---------------------------------------------------------------------

BEFORE = ["MAIL", "RCPT", "DATA", "BODY"]


@pytest.mark.parametrize("how", [DROP, HANG, "garbage", "999 what"])
@pytest.mark.parametrize("step", ["HELLO", "EHLO", *BEFORE])
def test_before_the_final_dot_nothing_was_taken(smtp: Opener, step: str, how: str) -> None:
    if step == "BODY" and how not in (DROP, HANG):
        return
    with Scripted(**{step: how}, **({"HELO": how} if step == "EHLO" else {})) as server:
        with pytest.raises(NotNow) as caught:
            one = smtp(server.port, timeout=0.3 if how == HANG else 10)
            one.send(letter(text="x" * 20_000_000 if step == "BODY" else "x"))
        assert caught.value.code == "email.connect"
    assert server.bodies == []


@pytest.mark.parametrize("how", [DROP, HANG, "garbage", "999 what", "250" + "x" * 10_000])
def test_after_the_final_dot_nobody_knows(smtp: Opener, how: str) -> None:
    with Scripted(END=[how]) as server:
        outlet = smtp(server.port, timeout=0.3 if how == HANG else 10)
        with pytest.raises(Unsure) as caught:
            outlet.send(numbered(1))
        assert caught.value.code == "email.unsure"
        assert len(server.bodies) == 1
        outlet.send(numbered(2))
        assert len(server.bodies) == 2
        assert server.connections == 2


def test_a_connection_that_went_in_between_is_opened_again(smtp: Opener) -> None:
    with Scripted(MAIL=["250 OK", DROP, "250 OK", "421 4.4.2 too many for one connection", "250 OK"]) as server:
        outlet = smtp(server.port)
        for number in range(3):
            outlet.send(numbered(number))
    assert len(server.bodies) == 3
    assert server.connections == 3


def test_after_a_pause_the_server_is_asked_whether_it_is_there(smtp: Opener) -> None:
    with Scripted(NOOP=["250 OK", DROP]) as server:
        outlet = smtp(server.port, passing=25)
        for number in range(3):
            outlet.send(numbered(number))
    assert server.heard.count("NOOP") == 3
    assert len(server.bodies) == 3


def test_nobody_listens(smtp: Opener) -> None:
    with Scripted() as server:
        port = server.port
    with pytest.raises(NotNow, match=r"email\.connect"):
        smtp(port)


def test_no_error_holds_the_password(smtp: Opener, tmp_path: Path) -> None:
    with Scripted(EHLO="250-stage\r\n250 AUTH PLAIN LOGIN", AUTH="535 5.7.8 wrong") as server:
        with pytest.raises(PerthynError, match=r"email\.login") as caught:
            smtp(server.port, user="post")
        assert "s3cret" not in repr(caught.value) + str(caught.value.__cause__)


# --- nobody else reads along ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.made(tmp_path_factory.mktemp("certificate"))


def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"post", b"s3cret")
    return AuthResult(success=right, handled=right)


def test_starttls_and_a_login(smtp: Opener, certificate: Certificate) -> None:
    sink = Sink()
    how = {"tls_context": certificate.context, "require_starttls": True, "authenticator": authenticator}
    with aiosmtpd(sink, auth_required=True, **how) as port:
        safe = {"security": "starttls", "certificates": str(certificate.file)}
        outlet = smtp(port, user="post", **safe)
        outlet.send(letter())
        outlet.close()
        with pytest.raises(PerthynError, match=r"email\.login"):
            smtp(port, user="somebody", **safe)
        with pytest.raises(PerthynError, match=r"email\.tls\.untrusted"):
            smtp(port, user="post", security="starttls")
    assert len(sink.taken) == 1


def test_tls_from_the_start(smtp: Opener, certificate: Certificate) -> None:
    sink = Sink()
    with aiosmtpd(sink, ssl_context=certificate.context) as port:
        smtp(port, security="tls", certificates=str(certificate.file)).send(letter())
        with pytest.raises(PerthynError, match=r"email\.tls\.untrusted"):
            smtp(port, security="tls")
    assert len(sink.taken) == 1


def test_a_certificate_of_another_name_is_not_trusted(smtp: Opener, tmp_path: Path) -> None:
    other = Certificate.made(tmp_path, "mail.other.example")
    with (
        aiosmtpd(Sink(), tls_context=other.context) as port,
        pytest.raises(PerthynError, match=r"email\.tls\.untrusted"),
    ):
        smtp(port, security="starttls", certificates=str(other.file))


def test_without_starttls_nothing_is_said(smtp: Opener) -> None:
    with Scripted() as server, pytest.raises(PerthynError, match=r"email\.tls\.missing"):
        smtp(server.port, security="starttls", user="post")
    assert not any(line.startswith(("AUTH", "MAIL")) for line in server.heard)


# --- a rehearsal ---------------------------------------------------------------------------------------------------


def test_until_it_is_live_letters_become_files(tmp_path: Path) -> None:
    with Scripted() as server:
        reach = Reach(house(tmp_path, live=False, port=server.port), "main", None, b"key")  # type: ignore[arg-type]
        channel = Email()
        assert channel.live(reach) is False
        outlet = channel.outlet(reach)
        answers = [outlet.send(numbered(number)) for number in (1, 2, 1)]
        outlet.close()
        assert server.connections == 0
    files = sorted((tmp_path / "letters").iterdir())
    assert len(files) == 2
    assert answers[0].reply == str(files[0])
    assert b"To: " in files[0].read_bytes()

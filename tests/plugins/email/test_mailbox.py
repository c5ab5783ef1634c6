"""The mailbox, on a real IMAP server: read in its order, left as people left it, and read on after any stop."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from mail_servers import PASSWORD, USER, Dovecot, dovecot, dovecot_is_here
from office import Office, bounce, writes
from smtp_stage import Certificate

from perthyn.channel import Delivery, NotNow
from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction
from perthyn_email import mailbox
from perthyn_email.mailbox import Place, fetch_mail

needs_dovecot = pytest.mark.skipif(not dovecot_is_here(), reason="no IMAP server: dovecot-imapd is not installed")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    folder = tmp_path_factory.mktemp("imap")
    made = Certificate.made(folder)
    with dovecot(made.file, made.key) as one:
        one.authority = made.file  # type: ignore[attr-defined]
        yield one


@pytest.fixture
def place(server: Dovecot, request: pytest.FixtureRequest) -> str:
    """A folder of the mailbox for one test."""
    name = f"Atebion ŵ {request.node.name}"
    with server.box() as box:
        box.folder.create(name)
    return name


@pytest.fixture
def office(server: Dovecot, place: str) -> Office:
    return open_office(server.port, place)


def open_office(port: int, folder: str = "INBOX", **more: Any) -> Office:
    office = Office(secrets=lambda section, name: PASSWORD if name == "mailbox_password" else "another")
    office.now = datetime.now(UTC).replace(microsecond=0)  # the server's own clock says when a message came
    said = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "user": USER,
        "folder": folder,
        "timeout": 20,
        **more,
    }
    office.section.update({f"mailbox_{name}": value for name, value in said.items()})
    return office


def fetched(office: Office, cursor: str = "") -> str:
    """Everything that there is, taken in; the new cursor."""
    for delivery in fetch_mail(office.reach(cursor)):
        office.crm.take_in(delivery)
        cursor = delivery.cursor or cursor
    return cursor


def letters(count: int, start: int = 0) -> list[str]:
    return [writes(f"Llythyr {n}", f"p{n}@cartref.example", id=f"<m{n}@c>") for n in range(start, start + count)]


def told(office: Office) -> list[str]:
    return sorted(one.text or "" for one in office.store.scan(Interaction))


@needs_dovecot
def test_what_has_arrived_is_read_once_in_its_order_and_left_as_it_was(
    server: Dovecot, office: Office, place: str
) -> None:
    server.put(*letters(3), folder=place)
    read = list(fetch_mail(office.reach()))
    assert [one.facts[0].source_id for one in read if one.facts] == ["<m0@c>", "<m1@c>", "<m2@c>"]
    assert {one.source for one in read} == {"email:main"}
    cursor = fetched(office)
    assert list(fetch_mail(office.reach(cursor))) == []
    server.put(*letters(2, 3), folder=place)
    assert len([one for one in fetch_mail(office.reach(cursor)) if one.facts]) == 2
    with server.box(place) as box:
        assert box.folder.status(place)["UNSEEN"] == box.folder.status(place)["MESSAGES"] == 5


@needs_dovecot
def test_it_goes_on_wherever_it_was_stopped(server: Dovecot, office: Office, place: str) -> None:
    out_of_office = "From: a@b.example\nAuto-Submitted: auto-replied\nSubject: away\nMessage-ID: <o@b>\n\nx\n"
    server.put(*letters(3), out_of_office, *letters(3, 3), folder=place)
    for stop in range(8):
        again = open_office(server.port, place)
        cursor = ""
        for delivery in islice(fetch_mail(again.reach()), stop):
            again.crm.take_in(delivery)
            cursor = delivery.cursor or cursor
        fetched(again, cursor)
        assert told(again) == [f"Llythyr {n}" for n in range(6)]


@needs_dovecot
def test_what_was_taken_in_before_a_kill_but_not_remembered_changes_nothing_again(
    server: Dovecot, office: Office, place: str
) -> None:
    server.put(*letters(2), bounce(to="p0@cartref.example"), folder=place)
    fetched(office)
    before = told(office), office.problems(), office.store.count_of(Contact)
    fetched(office)
    assert (told(office), office.problems(), office.store.count_of(Contact)) == before


@needs_dovecot
def test_a_folder_that_was_made_anew_is_read_anew(server: Dovecot, office: Office, place: str) -> None:
    server.put(*letters(3), folder=place)
    cursor = fetched(office)
    with server.box() as box:
        box.folder.delete(place)
        box.folder.create(place)
    server.put(*letters(2, 2), folder=place)
    anew = fetched(office, cursor)
    assert Place.of(anew).validity != Place.of(cursor).validity
    assert told(office) == [f"Llythyr {n}" for n in range(4)]


@needs_dovecot
def test_at_first_the_last_month_is_read(server: Dovecot, office: Office, place: str) -> None:
    old, new = letters(2)
    with server.box() as box:
        box.append(old.encode(), place, dt=office.now - timedelta(days=45))
        box.append(new.encode(), place, dt=office.now - timedelta(days=3, hours=2))
    fetched(office)
    (one,) = office.store.scan(Interaction)
    assert (one.text, one.at) == ("Llythyr 1", office.now - timedelta(days=3, hours=2))


@needs_dovecot
def test_a_huge_message_is_a_problem_and_its_stop_still_counts(
    server: Dovecot, office: Office, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "LARGEST", 2000)
    mair = office.person("Mair", "mair@cartref.example")
    big = writes("x" * 3000)
    server.put(big, big.replace("Re: News", "STOP").replace("<r1@", "<r2@"), *letters(1), folder=place)
    fetched(office)
    assert office.problems() == ["email.message.huge"] and office.rule(mair) == "contact.said_no"
    assert "Llythyr 0" in told(office)


@needs_dovecot
def test_ten_megabytes_come_through(server: Dovecot, office: Office, place: str) -> None:
    server.put(writes("Diolch\n" + "x" * 76 + "\n" * 2, "p@c.example"), folder=place)
    server.put(writes(("y" * 75 + "\n") * 125_000, "q@c.example", id="<q@c>"), folder=place)
    fetched(office)
    assert sorted(len(one) for one in told(office))[-1] == 50_000


@needs_dovecot
def test_a_message_that_somebody_deletes_meanwhile_is_left_out(server: Dovecot, office: Office, place: str) -> None:
    server.put(*letters(3), folder=place)
    read = fetch_mail(office.reach())
    office.crm.take_in(next(read))
    with server.box(place) as box:
        box.delete(box.uids()[1])
    for delivery in read:
        office.crm.take_in(delivery)
    assert told(office) == ["Llythyr 0", "Llythyr 2"]


@needs_dovecot
def test_what_nobody_need_read_is_moved_where_that_is_set(server: Dovecot, place: str) -> None:
    office = open_office(server.port, place, move=f"{place} perthyn")
    mair = office.person("Mair", "mair@cartref.example")
    server.put(bounce(to="mair@cartref.example"), *letters(1), writes("STOP"), folder=place)
    fetched(office)
    assert {one.decision for one in office.consents(mair)} == {"withdrawn"} and len(office.screenings(mair)) == 2
    with server.box(place) as box:
        left = [one.subject for one in box.fetch(mark_seen=False)]
        box.folder.set(f"{place} perthyn")
        moved = sorted(one.subject for one in box.fetch(mark_seen=False))
    assert left == ["Re: News"] and moved == ["Re: News", "Undelivered Mail Returned to Sender"]


@needs_dovecot
def test_what_was_to_be_moved_before_a_kill_is_moved_after_it(server: Dovecot, place: str) -> None:
    office = open_office(server.port, place, move=f"{place} perthyn")
    office.person("Mair", "mair@cartref.example")
    server.put(bounce(to="mair@cartref.example"), folder=place)
    first = next(fetch_mail(office.reach()))
    office.crm.take_in(first)
    fetched(office, first.cursor or "")
    with server.box(place) as box:
        assert box.uids() == []


# --- what can go wrong ------------------------------------------------------------------------------------------


@needs_dovecot
def test_a_wrong_password_says_so(server: Dovecot, office: Office) -> None:
    office.secrets = lambda section, name: "wrong"
    with pytest.raises(PerthynError) as caught:
        list(fetch_mail(office.reach()))
    assert caught.value.code == "email.mailbox.login" and not isinstance(caught.value, NotNow)
    assert "wrong" not in str(caught.value)


@needs_dovecot
def test_a_password_revoked_meanwhile_keeps_what_was_read(server: Dovecot, office: Office, place: str) -> None:
    server.put(*letters(4), folder=place)
    cursor = ""
    for delivery in islice(fetch_mail(office.reach()), 2):
        office.crm.take_in(delivery)
        cursor = delivery.cursor or ""
    right, office.secrets = office.secrets, lambda section, name: "the one of last year"
    with pytest.raises(PerthynError) as refused:
        list(fetch_mail(office.reach(cursor)))
    assert refused.value.code == "email.mailbox.login"
    office.secrets = right
    fetched(office, cursor)
    assert told(office) == [f"Llythyr {n}" for n in range(4)]


@needs_dovecot
def test_a_folder_that_is_not_there_says_so(server: Dovecot) -> None:
    office = open_office(server.port, "Dim o'r fath")
    with pytest.raises(PerthynError) as caught:
        list(fetch_mail(office.reach()))
    assert caught.value.code == "email.mailbox.folder"


@needs_dovecot
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_the_connection_is_kept_from_others(server: Dovecot, place: str, security: str) -> None:
    port = server.tls_port if security == "tls" else server.port
    office = open_office(port, place, security=security)
    with pytest.raises(NotNow):
        list(fetch_mail(office.reach()))  # nobody we know vouches for it
    office.section["mailbox_certificates"] = str(server.authority)  # type: ignore[attr-defined]
    server.put(*letters(1), folder=place)
    fetched(office)
    assert told(office) == ["Llythyr 0"]


@contextmanager
def says(answer: Callable[[bytes], bytes | None]) -> Iterator[int]:
    """A server that greets, and answers each line as it is told; None: no more is heard of it."""

    def serve() -> None:
        line, _ = listening.accept()
        with line, line.makefile("rb") as lines:
            line.sendall(b"* OK hello\r\n")
            for said in lines:
                tag, _, command = said.strip().partition(b" ")
                answered = answer(command)
                if answered is None:
                    return
                line.sendall(answered.replace(b"TAG", tag))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.close()
        thread.join(5)


def usual(command: bytes) -> bytes:
    if command.startswith(b"SELECT") or command.startswith(b"EXAMINE"):
        return b"* OK [UIDVALIDITY 7] ok\r\nTAG OK done\r\n"
    if command.startswith(b"UID SEARCH"):
        return b"* SEARCH 1 2\r\nTAG OK done\r\n"
    if command.startswith(b"CAPABILITY"):
        return b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"
    return b"* BYE\r\nTAG OK bye\r\n" if command.startswith(b"LOGOUT") else b"TAG OK done\r\n"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({b"LOGIN": b"TAG NO [UNAVAILABLE] later\r\n"}, "email.mailbox.unreachable"),
        ({b"LOGIN": b"TAG NO [AUTHENTICATIONFAILED] no\r\n"}, "email.mailbox.login"),
        ({b"LOGIN": None}, "email.mailbox.unreachable"),
        ({b"UID SEARCH": None}, "email.mailbox.unreachable"),
        ({b"UID SEARCH": b"TAG BAD what\r\n"}, "email.mailbox.answer"),
        ({b"UID FETCH": None}, "email.mailbox.unreachable"),
        ({b"UID FETCH": b"* 1 FETCH (UID 1 BODY[] {100}\r\nabc"}, "email.mailbox.unreachable"),
        ({b"UID FETCH": b"* 1 FETCH (UID 1 RFC822.SIZE 9)\r\nTAG OK done\r\n"}, "email.mailbox.answer"),
        ({b"UID FETCH": b"nonsense\r\n" * 3}, "email.mailbox.unreachable"),
        ({b"EXAMINE": b"TAG NO such folder\r\n"}, "email.mailbox.folder"),
        ({b"UID FETCH": b""}, "email.mailbox.unreachable"),
    ],
)
def test_a_server_that_fails_is_one_error(answers: dict[bytes, bytes | None], code: str) -> None:
    def answer(command: bytes) -> bytes | None:
        return next((said for start, said in answers.items() if command.startswith(start)), usual(command))

    with says(answer) as port:
        office = open_office(port, timeout=0.5)
        with pytest.raises(PerthynError) as caught:
            list(fetch_mail(office.reach()))
        assert caught.value.code == code
        assert isinstance(caught.value, NotNow) == (code == "email.mailbox.unreachable")
        assert PASSWORD not in str(caught.value)


def test_nobody_there_is_for_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(NotNow):
        list(fetch_mail(open_office(port).reach()))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"mailbox_host": ""}, "email.setting.missing"),
        ({"mailbox_hots": "x"}, "email.setting.unknown"),
        ({"mailbox_port": "many"}, "email.setting.value"),
        ({"mailbox_host": "imap.castell.example"}, "email.setting.open"),
    ],
)
def test_settings_that_make_no_sense_say_so(more: dict[str, Any], code: str) -> None:
    office = open_office(1)
    office.section.update(more)
    with pytest.raises(PerthynError) as caught:
        list(fetch_mail(office.reach()))
    assert caught.value.code == code


@pytest.mark.parametrize("cursor", ["", "x", "[]", "{}", '{"validity": "a"}', '{"validity": 1}', "null", "7"])
def test_a_cursor_that_cannot_be_read_is_the_beginning(cursor: str) -> None:
    assert Place.of(cursor) == Place()


def test_a_cursor_says_where_it_goes_on() -> None:
    assert Place.of(Place(7, 12, True).cursor()) == Place(7, 12, True)
    assert isinstance(Delivery("email:main", cursor=Place(7, 12).cursor()).cursor, str)

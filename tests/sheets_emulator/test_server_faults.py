"""Trouble on order, quotas, the log, and the endpoint that other processes order from."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
import requests
from google.auth import exceptions
from google.auth.transport.requests import AuthorizedSession

from sheets_emulator import credentials
from sheets_emulator.book import Book
from sheets_emulator.granting import Caller
from sheets_emulator.server import Emulator

SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"


def add(session: AuthorizedSession, book: Book, title: str, **more: Any) -> requests.Response:
    body = {"requests": [{"addSheet": {"properties": {"title": title}}}]}
    return session.post(f"{SHEETS}/{book.id}:batchUpdate", json=body, **more)


def caller(emulator: Emulator, session: AuthorizedSession, book: Book) -> Caller:
    """Whom the session stands for (one read)."""
    sent = session.get(f"{SHEETS}/{book.id}").request.headers["Authorization"]
    found = emulator.accounts.caller(sent.removeprefix("Bearer "))
    assert found
    return found


def tabs(book: Book) -> list[str]:
    return [sheet.title for sheet in book.sheets[1:]]


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("429", 429, "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per user'"),
        ("500", 500, "Internal error encountered."),
        ("502", 502, "<title>Error 502"),
        ("503", 503, "The service is currently unavailable."),
    ],
)
@pytest.mark.parametrize("applied", [False, True])
def test_answers_that_say_no(
    emulator: Emulator, session: AuthorizedSession, book: Book, kind: str, code: int, words: str, applied: bool
) -> None:
    emulator.faults.at(2, kind, applied=applied)
    assert add(session, book, "first").status_code == 200
    found = add(session, book, "second")
    assert (found.status_code, words in found.text) == (code, True)
    assert tabs(book) == (["first", "second"] if applied else ["first"])
    assert add(session, book, "third").status_code == 200


@pytest.mark.parametrize("applied", [False, True])
def test_a_connection_that_is_reset(emulator: Emulator, session: AuthorizedSession, book: Book, applied: bool) -> None:
    emulator.faults.at(1, "reset", applied=applied)
    with pytest.raises(requests.ConnectionError):
        add(session, book, "first")
    assert tabs(book) == (["first"] if applied else [])
    assert add(session, book, "second").status_code == 200


def test_an_answer_cut_short(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    emulator.faults.next("cut", match=":batchUpdate")
    assert session.get(f"{SHEETS}/{book.id}").status_code == 200
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        add(session, book, "first")
    assert tabs(book) == ["first"]


@pytest.mark.parametrize("applied", [False, True])
def test_no_answer_at_all(emulator: Emulator, session: AuthorizedSession, book: Book, applied: bool) -> None:
    session.get(f"{SHEETS}/{book.id}")
    emulator.faults.at(1, "hang", applied=applied)
    with pytest.raises(requests.ReadTimeout):
        add(session, book, "first", timeout=0.05)
    assert tabs(book) == (["first"] if applied else [])
    assert add(session, book, "second").status_code == 200


@pytest.mark.parametrize("kind", ["late", "late-hang"])
def test_a_request_that_is_applied_after_its_retry(
    emulator: Emulator, session: AuthorizedSession, book: Book, kind: str
) -> None:
    session.get(f"{SHEETS}/{book.id}")
    emulator.faults.at(1, kind, after=2)
    with pytest.raises(requests.RequestException):
        add(session, book, "lost", timeout=0.05)
    add(session, book, "retry")
    emulator.clock.advance(4000)  # the token of the late one has run out, but it was let in in time
    session.get(f"{SHEETS}/{book.id}")
    assert tabs(book) == ["retry"]
    add(session, book, "another")
    assert tabs(book) == ["retry", "another", "lost"]
    assert [entry.fault for entry in emulator.log][-1] == "applied late"


def test_a_late_request_is_refused_when_the_retry_stands(
    emulator: Emulator, session: AuthorizedSession, book: Book
) -> None:
    emulator.faults.at(1, "late")
    with pytest.raises(requests.RequestException):
        add(session, book, "same")
    assert add(session, book, "same").status_code == 200
    assert tabs(book) == ["same"]
    assert emulator.log[-1].code == 400


def test_a_token_that_is_refused_is_asked_for_again(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    emulator.faults.at(1, "401")
    assert add(session, book, "first").status_code == 200
    assert [entry.code for entry in emulator.log] == [200, 401, 200, 200]


def test_a_stale_read(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    def read() -> list[list[str]]:
        found: list[list[str]] = session.get(f"{SHEETS}/{book.id}/values/A1:B1").json().get("values", [])
        return found

    url, raw = f"{SHEETS}/{book.id}/values/A1", {"valueInputOption": "RAW"}
    session.put(url, params=raw, json={"values": [["one"]]})
    emulator.faults.at(2, "stale")
    session.put(url, params=raw, json={"values": [["two"]]})
    assert [read(), read()] == [[["one"]], [["two"]]]


def test_a_version_that_lags_behind(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    def seen() -> int:
        file = f"https://www.googleapis.com/drive/v3/files/{book.id}"
        return int(session.get(file, params={"fields": "version"}).json()["version"])

    before = seen()
    emulator.faults.at(2, "stale")
    add(session, book, "first")
    assert [seen() - before, seen() - before] == [0, 1]


def test_the_token_endpoint_fails_when_it_is_named(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    emulator.faults.next("503", times=99)
    emulator.faults.next("reset", match="/token")
    with pytest.raises(exceptions.TransportError):
        session.get(f"{SHEETS}/{book.id}")
    assert emulator.faults.seen == 0


def test_a_pause_that_is_asked_for(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    emulator.faults.at(1, "503", retry_after="7")
    assert session.get(f"{SHEETS}/{book.id}").headers["Retry-After"] == "7"


def test_latency(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    session.get(f"{SHEETS}/{book.id}")
    emulator.faults.at(1, "latency", seconds=0.1)
    start = time.monotonic()
    assert session.get(f"{SHEETS}/{book.id}").status_code == 200
    assert time.monotonic() - start >= 0.1


def test_a_test_may_step_in_before_or_after_a_request_is_applied(
    emulator: Emulator, session: AuthorizedSession, book: Book
) -> None:
    seen: list[list[str]] = []
    emulator.faults.call(1, lambda: seen.append(tabs(book)))
    emulator.faults.call(1, lambda: seen.append(tabs(book)), applied=True)
    add(session, book, "first")
    assert seen == [[], ["first"]]


CHILD = """
import sys, urllib.request
url, token, titles = sys.argv[1], sys.argv[2], sys.argv[3:]
for title in titles:
    body = '{"requests":[{"addSheet":{"properties":{"title":"%s"}}}]}' % title
    head = {"Authorization": token, "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(url, body.encode(), head)).read()
"""


@pytest.mark.parametrize(("reset", "after"), [(True, False), (False, True), (False, False)])
def test_a_program_is_killed_at_a_request(
    emulator: Emulator, session: AuthorizedSession, book: Book, reset: bool, after: bool
) -> None:
    sent = session.get(f"{SHEETS}/{book.id}").request.headers["Authorization"]
    words = [sys.executable, "-I", "-c", CHILD, f"{emulator.url}/v4/spreadsheets/{book.id}:batchUpdate", sent]
    started: list[subprocess.Popen[bytes]] = []
    ready = threading.Event()

    def kill() -> None:
        ready.wait(10)
        started[0].kill()
        started[0].wait(10)

    emulator.faults.call(2, kill, applied=after)
    if reset:
        emulator.faults.at(2, "reset")
    started.append(subprocess.Popen([*words, "one", "two", "three"]))
    ready.set()
    assert started[0].wait(10) != 0
    while len(emulator.log) < 4:  # the request of the dead goes on by itself
        time.sleep(0.001)
    assert tabs(book) == (["one"] if reset else ["one", "two"])


def test_what_a_test_scripted_wrongly_is_loud(book: Book, session: AuthorizedSession, emulator: Emulator) -> None:
    emulator.faults.call(1, lambda: 1 / 0)
    assert session.get(f"{SHEETS}/{book.id}").status_code == 501
    assert "ZeroDivisionError" in emulator.failures.pop()


def test_strange_faults_are_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="no such fault: 418"):
        emulator.faults.at(1, "418")
    with pytest.raises(ValueError, match="counted from 1"):
        emulator.faults.at(0, "503")


def test_the_minute_of_a_user(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    assert (emulator.quotas.per_user, emulator.quotas.per_project) == (60, 300)
    who = caller(emulator, session, book)
    for _ in range(56):
        emulator.quotas.charge(who, "read")
    codes = [session.get(f"{SHEETS}/{book.id}/values/A1").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    error = session.get(f"{SHEETS}/{book.id}/values/A1").json()["error"]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert "'Read requests per minute per user' of service 'sheets.googleapis.com' for consumer" in error["message"]
    info = error["details"][0]
    assert info["reason"] == "RATE_LIMIT_EXCEEDED"
    assert info["metadata"]["quota_limit"] == "ReadRequestsPerMinutePerUser"
    assert info["metadata"]["quota_limit_value"] == "60"
    assert info["metadata"]["quota_metric"] == "sheets.googleapis.com/read_requests"
    assert add(session, book, "writes are counted apart").status_code == 200
    emulator.clock.advance(60)
    assert session.get(f"{SHEETS}/{book.id}/values/A1").status_code == 200


def test_the_minute_of_a_project(emulator: Emulator, book: Book) -> None:
    emulator.quotas.per_project = 4
    sessions = []
    for name in ("one", "two"):
        info = emulator.accounts.service_account(name)
        emulator.files.share(emulator.files[book.id], "user", "reader", info["client_email"])
        sessions.append(credentials.session(emulator, info))
    answers = [session.get(f"{SHEETS}/{book.id}") for session in sessions for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429, 429]
    assert "limit 'Read requests per minute' of service" in answers[-1].json()["error"]["message"]


def test_drive_has_quotas_of_its_own(emulator: Emulator, session: AuthorizedSession) -> None:
    emulator.quotas.drive_per_user = 1
    url = "https://www.googleapis.com/drive/v3/files"
    assert session.get(url).status_code == 200
    error = session.get(url).json()["error"]
    assert (error["code"], error["errors"][0]["reason"]) == (403, "userRateLimitExceeded")


def test_the_log_counts_what_calls_cost(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    session.get(f"{SHEETS}/{book.id}")
    emulator.log.mark()
    add(session, book, "first")
    session.post(f"{SHEETS}/{book.id}/values:batchGetByDataFilter", json={"dataFilters": [{"a1Range": "A1"}]})
    session.get(f"https://www.googleapis.com/drive/v3/files/{book.id}", params={"fields": "version"})
    counted = emulator.log.counted()
    assert (counted.reads, counted.writes, counted.drive, counted.total) == (1, 1, 1, 3)
    entry = emulator.log.since()[0]
    assert (entry.kinds, entry.code, entry.quota) == (("addSheet",), 200, "write")
    assert "write POST   /v4/spreadsheets/" in entry.line()


def test_orders_from_another_process(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    def order(verb: str, path: str, **body: Any) -> Any:
        found = requests.request(verb, f"{emulator.url}/admin{path}", json=body, timeout=5)
        assert found.status_code == 200, found.text
        return found.json()

    order("POST", "/faults", at=1, kind="503")
    order("POST", "/faults", match="batchUpdate", kind="500", applied=True)
    assert session.get(f"{SHEETS}/{book.id}").status_code == 503
    order("POST", "/mark")
    assert add(session, book, "first").status_code == 500
    assert order("GET", "/counted") == {"reads": 0, "writes": 1, "drive": 0}
    assert order("GET", "/log")[-1]["kinds"] == ["addSheet"]
    order("POST", "/people", act="type", tab="first", cell="B2", text="Shwmae", before=1)
    assert session.get(f"{SHEETS}/{book.id}/values/first!B2").json()["values"] == [["Shwmae"]]
    assert order("POST", "/people", act="values", tab="first", area="B2") == {"done": [["Shwmae"]]}
    order("POST", "/clock", advance=4000)
    order("POST", "/switches", quotas=False, disabled=["sheets"], service_accounts_store=False)
    order("POST", "/switches", sort_moves_row_metadata=True)
    assert emulator.switches.sort_moves_row_metadata
    assert session.get(f"{SHEETS}/{book.id}").status_code == 403
    account = order("POST", "/accounts", name="second")
    made = order("POST", "/books", title="Second", share={account["client_email"]: "reader"})["id"]
    assert order("GET", "")["books"][made] == "Second"
    order("POST", "/faults", at=1, kind="503")
    order("DELETE", "/faults")
    order("POST", "/switches", disabled=[])
    assert credentials.session(emulator, account).get(f"{SHEETS}/{made}").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/nothing", {}, 404),
        ("/faults", {"kind": "418"}, 400),
        ("/people", {"act": "dance"}, 400),
        ("/people", {"act": "before", "number": 1}, 400),
        ("/switches", {"lights": True}, 400),
        ("/clock", {"advance": -1}, 400),
    ],
)
def test_orders_that_make_no_sense(emulator: Emulator, path: str, body: dict[str, Any], code: int) -> None:
    assert requests.post(f"{emulator.url}/admin{path}", data=json.dumps(body), timeout=5).status_code == code


def test_large_answers_are_packed_and_the_connection_kept(
    emulator: Emulator, session: AuthorizedSession, book: Book
) -> None:
    emulator.people.paste("Sheet1", "A1", [["x" * 100]] * 100)
    found = session.get(f"{SHEETS}/{book.id}/values/A1:A100")
    assert found.headers["Content-Encoding"] == "gzip"
    assert len(found.json()["values"]) == 100
    plain = session.get(f"{SHEETS}/{book.id}/values/A1:A100", headers={"Accept-Encoding": "identity"})
    assert plain.json() == found.json()
    chunked = session.post(f"{SHEETS}/{book.id}:batchUpdate", data=iter([b'{"requests":', b'[{"addSheet":{}}]}']))
    assert chunked.status_code == 200


def test_half_a_request_is_none(emulator: Emulator, book: Book) -> None:
    host, port = emulator.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(f"POST /v4/spreadsheets/{book.id}:batchUpdate HTTP/1.1\r\nContent-Length: 9\r\n\r\n{{".encode())
        line.shutdown(socket.SHUT_WR)
        assert line.recv(9) == b""
    assert (emulator.faults.seen, len(emulator.log)) == (0, 0)


def test_closing_lets_waiting_clients_go() -> None:
    with Emulator() as emulator:
        book = emulator.put("Friends")
        emulator.faults.at(1, "hang")
        start = time.monotonic()
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{emulator.url}/v4/spreadsheets/{book.id}", timeout=0.05)
    assert time.monotonic() - start < 5
    assert sys.exception() is None
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{emulator.url}/v4/spreadsheets/{book.id}", timeout=1)

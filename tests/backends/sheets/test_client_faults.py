"""What the client makes of trouble on the way: it tries again while that may help, and never applies a thing twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from perthyn.errors import PerthynError
from perthyn_sheets.api import Already, Unreached

SHEET = "'Sheet1'"


def row(text: str) -> list[dict[str, Any]]:
    """Requests that put a new row on top: applied twice they would leave two."""
    under = {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
    start = {"sheetId": 0, "rowIndex": 0, "columnIndex": 0}
    cells = {"values": [{"userEnteredValue": {"stringValue": text}}]}
    return [
        {"insertDimension": {"range": under, "inheritFromBefore": False}},
        {"updateCells": {"start": start, "rows": [cells], "fields": "userEnteredValue"}},
    ]


@pytest.fixture
def told() -> list[Mapping[str, Any]]:
    return []


@pytest.fixture
def api(world: Any, told: list[Mapping[str, Any]]) -> Any:
    api = world.api(tell=lambda code, facts: told.append(facts))
    api.values([SHEET])  # a token is had, a connection is open
    return api


@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "401", "reset", "cut", "hang"])
def test_a_read_is_asked_again(world: Any, api: Any, kind: str) -> None:
    api.write(row("x"))
    world.emulator.faults.next(kind)
    assert api.values([SHEET]) == [[["x"]]]
    assert world.emulator.faults.seen == 4


@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "401", "reset", "hang"])
def test_a_marked_write_that_was_not_applied_is_sent_again(world: Any, api: Any, kind: str) -> None:
    world.emulator.faults.next(kind)
    api.write(row("x"), marker=5, marker_value="op")
    assert api.values([SHEET]) == [[["x"]]]
    assert api.has_marker(5, "op")


@pytest.mark.parametrize("kind", ["500", "502", "503", "reset", "cut", "hang"])
def test_a_marked_write_that_was_applied_unseen_refuses_itself(world: Any, api: Any, kind: str) -> None:
    world.emulator.faults.next(kind, applied=True)
    with pytest.raises(Already):
        api.write(row("x"), marker=5, marker_value="op")
    assert api.values([SHEET]) == [[["x"]]]


@pytest.mark.parametrize("kind", ["late", "late-hang"])
def test_a_write_that_is_applied_after_its_retry_changes_nothing(world: Any, api: Any, kind: str) -> None:
    world.emulator.faults.next(kind)
    api.write(row("x"), marker=5, marker_value="op")
    assert [entry.fault for entry in world.emulator.log][-1] == "applied late"
    assert api.values([SHEET]) == [[["x"]]]


@pytest.mark.parametrize("kind", ["500", "502", "503", "reset", "cut", "hang"])
def test_a_write_without_a_marker_is_not_sent_twice(world: Any, api: Any, kind: str) -> None:
    world.emulator.faults.next(kind, applied=True)
    with pytest.raises(Unreached):
        api.write(row("x"))
    assert api.values([SHEET]) == [[["x"]]]


def test_what_the_quota_refused_was_not_applied_and_goes_again_without_a_marker(world: Any, api: Any) -> None:
    world.emulator.faults.next("429")
    api.write(row("x"))
    assert api.values([SHEET]) == [[["x"]]]


def test_a_sheet_is_not_made_twice(world: Any) -> None:
    api = world.api(sheet="")
    world.emulator.faults.next("503", applied=True)
    before = len(world.emulator.books)
    with pytest.raises(Unreached):
        api.create("Plas", "en_GB", "Europe/London")
    assert len(world.emulator.books) == before + 1
    made = api.create("Plas", "en_GB", "Europe/London")
    assert world.emulator.books[made].properties["timeZone"] == "Europe/London"


def test_pauses_grow_until_the_budget_is_spent(world: Any, api: Any, told: list[Mapping[str, Any]]) -> None:
    world.emulator.faults.next("503", times=100)
    before = world.now()
    with pytest.raises(Unreached) as caught:
        api.write(row("x"), marker=5)
    assert caught.value.code == "sheets.server"
    assert caught.value.facts == {"status": 503, "reason": "The service is currently unavailable"}
    assert 200 < (world.now() - before).total_seconds() <= 300
    pauses = [one["seconds"] for one in told]
    for pause, power in zip(pauses, [1, 2, 4, 8, 16, 32, 64, 64], strict=False):
        assert power <= pause <= power + 1
    assert {one["why"].code for one in told} == {"sheets.server"}
    world.emulator.faults.clear()
    api.write(row("x"), marker=5)
    assert api.values([SHEET]) == [[["x"]]]


def test_the_quota_is_waited_for_until_the_next_minute(world: Any, api: Any, told: list[Mapping[str, Any]]) -> None:
    world.emulator.clock.advance(60 - world.emulator.clock.now() % 60 + 20)
    world.emulator.quotas.per_user = 1
    api.values([SHEET])
    api.values([SHEET])  # refused by the real quota of the emulator
    assert [one["why"].code for one in told] == ["sheets.quota"]
    assert 40 <= api.calls.waited_seconds <= 42
    assert world.emulator.clock.now() % 60 < 3


def test_a_quota_that_never_comes_back_is_given_up_in_time(world: Any, api: Any) -> None:
    world.emulator.faults.next("429", times=100)
    before = world.now()
    with pytest.raises(Unreached) as caught:
        api.values([SHEET])
    assert caught.value.code == "sheets.quota"
    assert (world.now() - before).total_seconds() <= 300


def test_where_one_program_was_refused_the_others_wait_too(world: Any) -> None:
    world.emulator.clock.advance(60 - world.emulator.clock.now() % 60 + 20)
    impatient, other = world.api(budget_seconds=5), world.api()
    world.emulator.faults.next("429", times=1)
    with pytest.raises(Unreached):
        impatient.values([SHEET])
    other.values([SHEET])
    assert 35 < other.calls.waited_seconds < 45
    assert [entry.code for entry in world.emulator.log if entry.quota] == [429, 200]


def test_the_budget_may_be_nothing(world: Any) -> None:
    real = world.now
    world.now = lambda: world.emulator.clock.tick() or real()  # a clock that goes on while it is read
    api = world.api(budget_seconds=0)
    assert api.values([SHEET]) == [[]]
    world.emulator.faults.next("503")
    with pytest.raises(Unreached):
        api.values([SHEET])
    assert (api.calls.reads, api.calls.waited_seconds) == (2, 0)


def test_who_is_offline_does_not_wait_for_long(world: Any) -> None:
    api = world.api(endpoint="http://127.0.0.1:1")
    with pytest.raises(Unreached) as caught:
        api.write(row("x"))
    assert caught.value.code == "sheets.unreached"
    assert "Pool" not in str(caught.value.facts["reason"]), "what the system says, not what the library makes of it"
    assert (api.calls.writes, round(api.calls.waited_seconds) <= 5) == (3, True)


# --- a server that answers as no emulator does ---------------------------------------------------------------


@dataclass
class Odd:
    """A server with the answers that it is to give, in turn; a token for whoever asks."""

    answers: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)
    grants: list[tuple[int, str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def odd() -> Iterator[Odd]:
    script = Odd()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path != "/token":
                return self.do_GET()
            code, body = script.grants.pop(0) if script.grants else (200, '{"access_token": "a", "expires_in": 3600}')
            return self._say(code, body, {})

        def do_GET(self) -> None:
            self._say(*script.answers.pop(0))

        def _say(self, code: int, body: str, headers: dict[str, str]) -> None:
            sent = body.encode("utf-8")
            self.send_response(code)
            for name, value in {"Content-Length": str(len(sent)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


GOOD = (200, '{"valueRanges": [{"values": [["x"]]}]}', {"Content-Type": "application/json"})
LOGIN = "<html>Welcome to the café's network</html>"


def test_a_pause_that_is_asked_for_is_made(world: Any, odd: Odd) -> None:
    api = world.api(endpoint=odd.url)
    odd.answers = [(503, "{}", {"Retry-After": "37"}), GOOD]
    assert api.values([SHEET]) == [[["x"]]]
    assert api.calls.waited_seconds == 37


def test_a_pause_until_an_instant_is_made(world: Any, odd: Odd) -> None:
    api = world.api(endpoint=odd.url)
    until = format_datetime(world.now() + timedelta(seconds=90), usegmt=True)
    odd.answers = [(503, "{}", {"Retry-After": until}), GOOD]
    assert api.values([SHEET]) == [[["x"]]]
    assert 88 <= api.calls.waited_seconds <= 90


def test_a_pause_longer_than_the_budget_is_not_made(world: Any, odd: Odd) -> None:
    api = world.api(endpoint=odd.url)
    odd.answers = [(503, "{}", {"Retry-After": "3600"})]
    with pytest.raises(Unreached):
        api.values([SHEET])
    assert api.calls.waited_seconds == 0


@pytest.mark.parametrize(
    "answer",
    [
        (200, LOGIN, {"Content-Type": "text/html"}),
        (200, "", {}),
        (200, "[]", {}),
        (200, '{"valueRanges": [', {}),
        (403, '{"error": "blocked by the office"}', {}),
    ],
)
def test_what_is_no_answer_of_googles_is_asked_again(world: Any, odd: Odd, answer: Any) -> None:
    api = world.api(endpoint=odd.url)
    odd.answers = [answer, GOOD]
    assert api.values([SHEET]) == [[["x"]]]
    odd.answers = [answer] * 20
    with pytest.raises(Unreached) as caught:
        api.values([SHEET])
    assert caught.value.code == "sheets.answer"


def test_a_token_server_that_is_down_is_asked_again(world: Any, odd: Odd) -> None:
    api = world.api(endpoint=odd.url)
    odd.grants, odd.answers = [(503, "{}")] * 4, [GOOD]
    assert api.values([SHEET]) == [[["x"]]]


def test_drives_refusal_for_too_many_requests_is_waited_for(world: Any, odd: Odd) -> None:
    api = world.api(endpoint=odd.url)
    error = '{"code": 403, "message": "User Rate Limit Exceeded", "errors": [{"reason": "userRateLimitExceeded"}]}'
    body = f'{{"error": {error}}}'
    odd.answers = [(403, body, {}), (200, '{"version": "12"}', {})]
    assert api.version() == "12"


@pytest.mark.parametrize(
    ("error", "description", "code"),
    [
        ("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)", "sheets.clock"),
        ("invalid_grant", "Invalid JWT Signature.", "sheets.key.withdrawn"),
        ("invalid_grant", "Invalid grant: account not found", "sheets.key.withdrawn"),
        ("disabled_client", "The OAuth client was disabled.", "sheets.key.withdrawn"),
        ("access_denied", "admin_policy_enforced", "sheets.policy"),
        ("unauthorized_client", "Client is unauthorized to retrieve access tokens", "sheets.grant"),
    ],
)
def test_a_grant_that_is_refused_is_not_asked_for_again(
    world: Any, odd: Odd, error: str, description: str, code: str
) -> None:
    api = world.api(endpoint=odd.url)
    odd.grants = [(400, f'{{"error": "{error}", "error_description": "{description}"}}')]
    with pytest.raises(PerthynError) as caught:
        api.values([SHEET])
    assert caught.value.code == code
    assert error in str(caught.value.facts["reason"]) and description in str(caught.value.facts["reason"])
    assert api.calls.waited_seconds == 0

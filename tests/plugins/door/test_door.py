"""The door: what is true is kept and answered, what is not costs little and leaves nothing; nothing leaks."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from perthyn.errors import PerthynError
from perthyn.model import Inbound
from perthyn_door.door import GUARDS

from .conftest import KEY, gift, signed

House = Any  # the class stands in conftest.py
BODY = gift("e1", ("1", 500))


def kept(house: House) -> int:
    return house.crm.store.count_of(Inbound)  # type: ignore[no-any-return]


def test_what_is_true_is_kept_and_what_is_due_is_woken(house: House) -> None:
    status, headers, body = house.ask("POST", "/in/bell/main", BODY, signed(BODY), pieces=3)
    assert (status, body, house.woken, kept(house)) == (200, b"ok\n", 1, 1)
    assert {name.decode() for name in GUARDS} <= headers.keys()
    assert [one.outcome for one in house.crm.do_due("eve") if one.name == "inbound.read"] == ["done"]
    assert house.ring(BODY) == 200 and kept(house) == 1


WRONG = {
    "no signature": ("POST", "/in/bell/main", BODY, {}, 401),
    "another's signature": ("POST", "/in/bell/main", BODY, signed(b"x"), 401),
    "one byte changed": ("POST", "/in/bell/main", BODY + b" ", signed(BODY), 401),
    "no such account": ("POST", "/in/bell/other", BODY, signed(BODY), 404),
    "no such channel": ("POST", "/in/gong/main", BODY, signed(BODY), 404),
    "one too many": ("POST", "/in/bell/main/x", BODY, signed(BODY), 404),
    "up and away": ("POST", "/in/../main", BODY, signed(BODY), 404),
    "control characters": ("POST", "/in/bell/ma\nin", BODY, signed(BODY), 404),
    "nothing": ("GET", "/", b"", {}, 404),
    "only looking": ("GET", "/in/bell/main", b"", {}, 405),
    "put": ("PUT", "/in/bell/main", BODY, signed(BODY), 405),
    "said to be large": ("POST", "/in/bell/main", b"", {"content-length": "10000000"}, 413),
    "large": ("POST", "/in/bell/main", b"x" * 1_000_001, {}, 413),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_leaves_nothing(house: House, case: str) -> None:
    method, path, body, headers, status = WRONG[case]
    before = house.crm.store.position()
    answered, got, said = house.ask(method, path, body, headers, pieces=4)
    assert answered == status and house.crm.store.position() == before and house.woken == 0
    text = said.decode()
    assert text.count("\n") == 2 and len(text) < 200, "one short sentence in each language"
    assert "Traceback" not in text and KEY not in text and {name.decode() for name in GUARDS} <= got.keys()


def test_a_body_that_never_ends_is_given_up(house: House) -> None:
    assert house.ask("POST", "/in/bell/main", BODY, signed(BODY), ends=False)[0] == 408
    assert kept(house) == 0


def test_a_key_that_is_not_there_is_later(house: House) -> None:
    (house.folder / "perthyn.secrets").unlink()
    status, headers, _ = house.ask("POST", "/in/bell/main", BODY, signed(BODY))
    assert status == 503 and headers["retry-after"] == "60" and kept(house) == 0


@pytest.mark.parametrize(
    ("error", "status"), [(PerthynError("store.busy", address="x"), 503), (RuntimeError("secret reason"), 500)]
)
def test_trouble_is_answered_without_its_words(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def broken(*about: Any) -> None:
        raise error

    monkeypatch.setattr(type(house.crm), "came_in", broken)
    answered, _, said = house.ask("POST", "/in/bell/main", BODY, signed(BODY))
    assert answered == status and b"secret reason" not in said
    monkeypatch.undo()
    assert house.ring(BODY) == 200, "the desk it broke at is opened anew"


def test_pages_stand_below_their_prefix(house: House) -> None:
    status, headers, body = house.ask("GET", "/p/some-secret-token")
    assert (status, body, headers["x-frame-options"]) == (200, b"/some-secret-token", "SAMEORIGIN")
    assert headers["content-security-policy"].startswith("default-src 'none'")
    status, _, body = house.ask("GET", "/p/broken")
    assert status == 500 and b"secret reason" not in body
    assert house.ask("GET", "/px/token")[0] == 404


def test_what_is_noted_holds_no_secret(house: House) -> None:
    house.ask("POST", "/in/bell/main?key=s3cret", BODY, signed(BODY))
    house.ask("GET", "/p/s3cret")
    house.ask("GET", "/p/broken")
    house.ask("GET", "/s3cret\n/x")
    assert [(one.method, one.where, one.status, one.error) for one in house.seen] == [
        ("POST", "/in/bell/main", 200, ""), ("GET", "/p", 200, ""), ("GET", "/p", 500, "RuntimeError"),
        ("GET", "-", 404, ""),
    ]  # fmt: skip


def test_the_event_loop_is_not_held_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty at once through few desks, while pages are answered."""

    async def all_at_once() -> list[int]:
        bodies = [gift(f"e{number}", (str(number), 100), person=number) for number in range(20)]
        asked = [house.asked("POST", "/in/bell/main", one, signed(one)) for one in bodies]
        asked += [house.asked("GET", "/p/x") for _ in range(20)]
        random.Random(1).shuffle(asked)
        return [status for status, _, _ in await asyncio.gather(*asked)]

    assert asyncio.run(all_at_once()) == [200] * 40
    assert kept(house) == 20


def test_what_is_not_http_is_closed(house: House) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(house.door({"type": "websocket", "path": "/in/bell/main", "headers": []}, receive, send))
    assert sent == [{"type": "websocket.close"}]

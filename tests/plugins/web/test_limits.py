"""Where too much, too often, too deep, too clever ends: every way in, every way elsewhere, every body."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from perthyn.screens import Sent
from perthyn_web.accounts import limits, passwords, signing_in, tokens, users
from perthyn_web.accounts.records import User, user_id
from perthyn_web.desk import tablets
from perthyn_web.visiting import _file

from .conftest import HERE, Site
from .doors import doors, examples, fills
from .full_house import begun, full_house
from .test_access import PATIENT, Knocking, cookie

GOOD = "tri llew a draig goch"
ELSEWHERE = (
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", "https:",
    "https://evil.example", "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "\x00/evil",
    "data:text/html,x",
    "/ok\r\nset-cookie: a=b", "/ok\u2028x", "@evil.example", "http://localhost@evil.example/", ".evil.example",
)  # fmt: skip


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An organisation that has everything."""
    with full_house(tmp_path_factory.mktemp("limits") / "house", toml=PATIENT) as site:
        yield site


def client_of(site: Site) -> TestClient:
    return TestClient(site.app, base_url="http://localhost", headers=HERE, follow_redirects=False,
                      raise_server_exceptions=False)  # fmt: skip


def user(site: Site, name: str = "mair", role: str = "volunteer") -> User:
    """Somebody who has chosen a password, in a house where nobody must have a second step."""
    signing_in.set_policy(site.crm, "offered")
    _, token = users.make(site.crm, name, name.title(), role)
    return users.choose(site.crm, token, GOOD)


# -- too often --------------------------------------------------------------------------------------------------------


def test_whichever_way_somebody_guesses_they_wait(house: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    user(house)
    inside = begun(house, "mair", "volunteer")
    with house.desks() as crm:
        link = tablets.pairing(crm)
        users.make(crm, "huw", "Huw", "volunteer")
    tablet = client_of(house)
    tablet.post(f"/desk/pair/{link}", data={"name": "x"})
    held = cookie(inside)
    digits = f"/desk/who/{user_id('other')}"
    ways: dict[str, Any] = {
        "a password": lambda: client_of(house).post("/sign-in", data={"name": "mair", "password": "x"}),
        "a code": lambda: client_of(house).post("/sign-in/code", data={"step": "a" * 64, "code": "1"}),
        "a link": lambda: client_of(house).post(f"/enter/{'b' * 64}", data={"password": GOOD}),
        "a link looked at": lambda: client_of(house).get(f"/enter/{'c' * 64}"),
        "a tablet's link": lambda: client_of(house).post(f"/desk/pair/{'d' * 64}", data={"name": "x"}),
        "a token": lambda: client_of(house).get("/api/contacts", headers={"authorization": "Bearer perthyn_x"}),
        "digits": lambda: tablet.post(digits, data={"digits": "1234"}),
        "the old password": lambda: client_of(house).post(
            "/account/password", data={"old": "x", "password": "a good new pass phrase"}, headers=held
        ),
        "the password for a second step": lambda: client_of(house).post(
            "/account/second-step/begin", data={"password": "x"}, headers=held
        ),
    }  # fmt: skip
    monkeypatch.setattr(passwords, "verified", lambda kept, told: told == GOOD)
    for name, guess in ways.items():
        with house.desks() as crm:
            for one in list(crm.store.scan(limits.Failures)):
                limits.was_right(crm, limits.Try(0, (one.id,)), one.id)
        answers = [guess().status_code for _ in range(12)]
        assert all(one in (401, 403, 404, 422) for one in answers[:9]), (name, answers)
        assert answers[-1] == 429, (name, answers)


def test_a_token_that_is_right_is_let_in_among_wrong_ones(house: Site) -> None:
    with house.desks() as crm:
        _, right = tokens.new_token(crm, "a reader")
    client = client_of(house)
    for _ in range(12):
        client.get("/api/contacts", headers={"authorization": "Bearer perthyn_x"})
    assert client.get("/api/contacts", headers={"authorization": f"Bearer {right}"}).status_code == 200


# -- cookies ----------------------------------------------------------------------------------------------------------


def test_a_sign_in_is_new_bound_to_this_host_and_read_by_no_script(tmp_path: Any) -> None:
    with full_house(tmp_path / "house", toml='[web]\naddress = "https://crm.example.org"\n') as site:
        user(site)
        client = TestClient(site.app, base_url="https://crm.example.org", headers=HERE, follow_redirects=False)
        client.cookies.set("__Host-perthyn", "f" * 64)
        answer = client.post("/sign-in", data={"name": "mair", "password": GOOD})
        told = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-perthyn="))
        assert re.search(r"=[0-9a-f]{64};", told) and "f" * 64 not in told
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {one.strip() for one in told.split(";")}
        assert "domain" not in told.lower()
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        fixed = TestClient(site.app, base_url="https://crm.example.org", headers=HERE, follow_redirects=False)
        fixed.cookies.set("__Host-perthyn", "f" * 64)
        assert fixed.get("/account").status_code == 303
        fixed.cookies.clear()
        fixed.cookies.set("perthyn", told.partition("=")[2].partition(";")[0])  # without its prefix it is none
        assert fixed.get("/account").status_code == 303


@pytest.mark.parametrize("value", ["", "x", "e30", "W10=", "bnVsbA==", "%", '"', "{", "-" * 3_000,
                                   base64.urlsafe_b64encode(b"[" * 20_000).decode(),
                                   base64.urlsafe_b64encode(b'{"text": [1, {"a": 2}], "undo": {"x": 1}}').decode(),
                                   base64.urlsafe_b64encode(b'{"text": "x", "undo": "../../users"}').decode(),
                                   ])  # fmt: skip
def test_a_cookie_of_somebodys_own_making_breaks_nothing(house: Site, value: str) -> None:
    client = client_of(house)
    for name in ("said", "theme", "language", "shortcuts", "tablet", "perthyn"):
        held = begun(house, "mair", "volunteer")
        mine = f"perthyn={value}" if name == "perthyn" else f"perthyn={held}; {name}={value}"
        answer = client.get("/about", headers={"cookie": mine})
        assert answer.status_code in (200, 303), (name, answer.status_code)
        assert "/history/../../users" not in answer.text


# -- elsewhere --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_nobody_is_sent_elsewhere_by_any_route(house: Site) -> None:
    knocking = Knocking(house)
    went = 0
    for door in doors(house):
        if door.api or door.method not in ("GET", "POST") or re.search(r"erase|end$|sign-out|drop|disable", door.path):
            continue
        _, values = next(fills(door, knocking.known, {}))
        mine = begun(house, "an administrator", "administrator")
        for to in ELSEWHERE:
            said = {name: to for name in ("to", "back", "next", "from", "url", "return", "way")}
            asked: dict[str, Any] = {"data": said} if door.method == "POST" else {}
            knocking.client.cookies.clear()
            answer = knocking.client.request(
                door.method, door.at(values), params=said, **asked,
                headers={**HERE, **cookie(mine), "referer": "https://evil.example/x"},
            )  # fmt: skip
            at = answer.headers.get("location")
            assert answer.status_code < 500, (door, to)
            assert "set-cookie: a=b" not in str(answer.headers), (door, to)
            if at is not None:
                went += 1
                assert re.fullmatch(r"/(?![/\\])[!-~]*", at) and "evil" not in at.partition("?")[0], (door, to, at)
            assert not re.search(r'(href|action)="(?!/[^/\\])[^"#?]*evil', answer.text), (door, to)
    assert went > 20


def test_a_files_name_is_no_header_and_no_path() -> None:
    for name in ("a\r\nset-cookie: x=y", 'a"; filename="b', "../../etc/passwd", "a\x00b", "ŵ\u202egnp.exe", "a;b"):
        told = _file(Sent(b"x", "text/plain", name)).headers
        assert re.fullmatch(r"attachment; filename\*=UTF-8''[\w.%~-]+", told["content-disposition"])
        assert "set-cookie" not in told


def test_nothing_is_read_outside_a_folder(house: Site) -> None:
    client = client_of(house)
    mine = cookie(begun(house, "an administrator", "administrator"))
    up = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "....//", "%252e%252e%252f", "..%c0%af", "/", "%00")
    for beginning in ("/static/", "/settings/backups/", "/import/", "/numbers/", "/api/numbers/", "/api/roles/"):
        for one in up:
            for target in ("perthyn.toml", "perthyn.sqlite", "app.py", "etc/passwd"):
                for deep in (1, 3, 6):
                    answer = client.get(beginning + one * deep + target, headers=mine)
                    assert answer.status_code in (303, 400, 404, 405, 422), (beginning, one, target)
                    assert "organisation =" not in answer.text and "root:" not in answer.text


# -- too much ---------------------------------------------------------------------------------------------------------


def test_what_is_too_large_is_not_read(house: Site) -> None:
    knocking = Knocking(house)
    mine = begun(house, "an administrator", "administrator")
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(2_000):
            read += 1 << 20
            yield b"x" * (1 << 20)

    for door in doors(house):
        if door.method == "POST" and not door.path.startswith(("/import", "/donations")):
            _, values = next(fills(door, knocking.known, {}))
            knocking.client.cookies.clear()
            answer = knocking.client.post(
                door.at(values), headers={**HERE, **cookie(mine), "content-length": str(400 << 20)}, content=b"x"
            )
            assert answer.status_code in (303, 413), door
            if answer.status_code == 303:
                assert door.right in ("everybody", "signed-in") or "sign-in" in answer.headers["location"], door
            mine = begun(house, "an administrator", "administrator")
    assert read == 0


@pytest.mark.parametrize("body", [
    "&".join(f"a{n}=1" for n in range(5_000)), "a=" + "x" * 2_000_000, "%", "a=%ff%fe", "=", "\x00", "&" * 100_000,
    "a[" * 10_000,
])  # fmt: skip
def test_odd_forms_break_nothing(house: Site, body: str) -> None:
    client = client_of(house)
    mine = cookie(begun(house, "an administrator", "administrator"))
    for path in ("/contacts/new", "/sign-in", "/segments/live", "/settings/organisation"):
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=a", "multipart/form-data",
                     "text/plain", "application/json", "x"):  # fmt: skip
            answer = client.post(path, content=body.encode("latin-1"), headers={**mine, "content-type": kind})
            assert answer.status_code < 500, (path, kind)


@pytest.mark.parametrize("body", [
    b"[" * 100_000, b'{"a":' * 100_000, b"[" * 25 + b"]" * 25, b'"\xff"', b"\xef\xbb\xbf{}", b"NaN", b"[1e999]",
    b'{"given": "a", "given": "b"}', b"{", b"'a'", b"{}x", b'"\\ud800"', b"1" * 5_000, b"\x00", b"[1,]",
])  # fmt: skip
def test_no_json_breaks_the_api(house: Site, body: bytes) -> None:
    client = client_of(house)
    mine = cookie(begun(house, "an administrator", "administrator"))
    for path in ("/api/contacts", "/api/segments/try", "/api/contacts/bulk"):
        answer = client.post(path, content=body, headers={**mine, "content-type": "application/json"})
        assert 400 <= answer.status_code < 500, path
        assert answer.headers["content-type"].startswith("application/problem+json")


def test_what_nobody_asked_for_is_refused_not_heeded(house: Site) -> None:
    """Fields that a route does not take, and those that are not anybody's to set."""
    client = client_of(house)
    mine = cookie(begun(house, "a volunteer", "volunteer"))
    for more in ({"id": str(UUID(int=1))}, {"age_band": "adult"}, {"role": "administrator"}, {"rights": ["*"]},
                 {"type_name": "web.user"}):  # fmt: skip
        answer = client.post("/api/contacts", json={"given": "Nia", **more}, headers=mine)
        assert answer.status_code in (403, 422), more
    boss = cookie(begun(house, "an administrator", "administrator"))
    for more in ({"password": "x" * 20}, {"epoch": 9}, {"totp": "x"}, {"disabled": None, "recovery": "[]"}):
        answer = client.patch(f"/api/users/{user_id('other')}", json={"name": "N", **more}, headers=boss)
        assert answer.status_code == 422, more


# -- by which name, by which method -----------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "127.0.0.1.evil.example",
                                  "", "localhost@evil.example", "[::1", "localhost:80@evil.example", "loc\u0430lhost",
                                  "localhost/", "127.0.0.1\\", "169.254.169.254", "0.0.0.0"])  # fmt: skip
def test_by_another_name_it_answers_nobody(house: Site, host: str) -> None:
    for path in ("/sign-in", "/api/openapi.json", "/static/perthyn.css"):
        answer = client_of(house).get(path, headers={"host": host.encode()})  # type: ignore[dict-item]
        assert answer.status_code == 400, path
        assert host not in answer.text or not host


@pytest.mark.slow
def test_other_methods_do_nothing(house: Site) -> None:
    client, known = client_of(house), examples(house)
    mine = cookie(begun(house, "an administrator", "administrator"))
    by_path: dict[tuple[bool, str], set[str]] = {}
    found = doors(house)
    for one in found:
        by_path.setdefault((one.api, one.path), set()).add(one.method)
    for one in found:
        _, values = next(fills(one, known, {}))
        for method in {"PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "X"} - by_path[one.api, one.path]:
            if not one.api or method in ("TRACE", "PROPFIND", "X"):
                assert client.request(method, one.at(values), headers=mine).status_code in (403, 404, 405), (
                    one,
                    method,
                )

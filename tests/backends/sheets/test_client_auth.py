"""A person who signed in: the token, its refreshing, its end; and the signing in itself, through a browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from perthyn.errors import PerthynError
from perthyn_sheets.auth import AUTH, PERSON_SCOPES

WHO = "sian@brithwen.cymru"
SHEET = "'Sheet1'"


@pytest.fixture
def token(world: Any) -> dict[str, Any]:
    """The organisation has an OAuth client, and Siân has signed in."""
    return signed_in(world, list(PERSON_SCOPES))


def signed_in(world: Any, scopes: list[str]) -> dict[str, Any]:
    world.account = world.emulator.accounts.browser.client()
    token: dict[str, Any] = world.emulator.accounts.browser.signed_in(WHO, scopes)
    world.machine("one")
    (world.folder / "one" / "perthyn-google-token.json").write_text(json.dumps(token), encoding="utf-8")
    return token


def test_a_person_makes_a_sheet_and_works_in_it(world: Any, token: dict[str, Any]) -> None:
    maker = world.api(sheet="")
    assert maker.account == ""
    made = maker.create("Cyfeillion", "en_GB", "Europe/London")
    api = world.api(sheet=made)
    assert api.book()["properties"] == {"title": "Cyfeillion", "locale": "en_GB", "timeZone": "Europe/London"}
    assert api.version() is not None, "Drive tells of what perthyn made itself"
    assert [one["emailAddress"] for one in api.sharing() or ()] == [WHO]


def test_a_token_that_runs_out_is_refreshed(world: Any, token: dict[str, Any]) -> None:
    api = world.api(sheet=world.api(sheet="").create("Cyfeillion", "en_GB", "Europe/London"))
    api.book()
    asked = [entry.path for entry in world.emulator.log].count("/token")
    world.emulator.clock.advance(4000)
    api.book()
    assert [entry.path for entry in world.emulator.log].count("/token") == asked + 1


def test_a_signing_in_that_was_ended_asks_for_another(world: Any, token: dict[str, Any]) -> None:
    api = world.api(sheet="")
    world.emulator.accounts.browser.revoked.add(token["refresh_token"])
    with pytest.raises(PerthynError) as caught:
        api.create("Cyfeillion", "en_GB", "Europe/London")
    assert caught.value.code == "sheets.token.expired"
    assert "expired or revoked" in str(caught.value.facts["reason"])


def test_a_client_that_was_deleted_is_known_as_such(world: Any, token: dict[str, Any]) -> None:
    file = world.folder / "one" / "perthyn-google-token.json"
    world.account = {"installed": {**world.account["installed"], "client_id": "gone"}}
    file.write_text(json.dumps(token | {"client_id": "gone"}), encoding="utf-8")
    with pytest.raises(PerthynError) as caught:
        world.api().book()
    assert caught.value.code == "sheets.key.withdrawn"


def test_a_token_of_another_client_is_not_used(world: Any, token: dict[str, Any]) -> None:
    world.account = {"installed": {**world.account["installed"], "client_id": "new"}}
    with pytest.raises(PerthynError) as caught:
        world.api().book()
    assert caught.value.code == "sheets.sign_in"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"client_id": "perthyn.apps.googleusercontent.com"}'])
def test_a_token_that_is_damaged_is_asked_for_again(world: Any, token: dict[str, Any], content: str) -> None:
    (world.folder / "one" / "perthyn-google-token.json").write_text(content, encoding="utf-8")
    with pytest.raises(PerthynError) as caught:
        world.api().book()
    assert caught.value.code == "sheets.sign_in"


def test_somebody_who_allowed_too_little_is_asked_again(world: Any) -> None:
    signed_in(world, [f"{AUTH}calendar"])
    with pytest.raises(PerthynError) as caught:
        world.api().book()
    assert caught.value.code == "sheets.scopes"


# --- signing in: the command itself in a process of its own, and a browser that does what it is told ----------

PROGRAM = "from perthyn.cli.main import main; main()"
Visit = Callable[[str], str]
"""What a browser does at the address where one signs in: the address that Google sends it back to."""


def sign_in(world: Any, visit: Visit | None = None, *words: str) -> tuple[int, str, Path]:
    """`perthyn sheets sign-in`: its exit code, all that it says, and the folder."""
    folder = Path(world.machine("one").folder)
    environ = {**os.environ, "PERTHYN_SHEETS__ENDPOINT": world.emulator.url, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", PROGRAM, "--at", str(folder), "--lang", "en"]
    command += ["sheets", "sign-in", "--no-browser", *words]
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as running:
        assert running.stderr is not None
        line = running.stderr.readline()
        if "https://" in line:
            requests.get((visit or agreeing(world))(line.split()[-1]), timeout=30)
        said, trouble = running.communicate(timeout=60)
    return running.returncode, line + said + trouble, folder


def agreeing(world: Any, **instead: str) -> Visit:
    """A browser at the emulator's page; `instead`: other parameters than those that it was sent with."""

    def visit(address: str) -> str:
        there = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(there.query).items()} | instead
        found = requests.get(f"{world.emulator.url}{there.path}", params=asked, allow_redirects=False, timeout=30)
        return found.headers["Location"]

    return visit


@pytest.fixture
def client(world: Any) -> Any:
    """The organisation has an OAuth client."""
    world.account = world.emulator.accounts.browser.client()
    return world.emulator.accounts.browser


def test_signing_in_keeps_a_token_that_nobody_else_can_read(world: Any, client: Any) -> None:
    code, said, folder = sign_in(world)
    assert code == 0, said
    file = folder / "perthyn-google-token.json"
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert (set(kept["scopes"]), kept["client_id"]) == (set(PERSON_SCOPES), world.account["installed"]["client_id"])
    assert "token" not in kept and str(file) in said
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o777 == 0o600


def test_whoever_signed_in_can_work(world: Any, client: Any) -> None:
    assert sign_in(world)[0] == 0
    assert world.api(sheet="").create("Cyfeillion", "en_GB", "Europe/London") in world.emulator.books


def test_who_asks_for_made_sheets_only_sees_no_others(world: Any, client: Any) -> None:
    client.person = WHO
    others = world.emulator.put("Everybody's", share={WHO: "writer"})
    code, said, _ = sign_in(world, None, "--only-made")
    assert code == 0, said
    made = world.api(sheet="").create("Cyfeillion", "en_GB", "Europe/London")
    assert world.api(sheet=made).tabs()["sheets"]
    with pytest.raises(PerthynError) as caught:
        world.api(sheet=others.id).tabs()
    assert caught.value.code == "sheets.missing"


def test_signing_in_once_more_takes_the_place_of_the_first(world: Any, client: Any) -> None:
    file = sign_in(world)[2] / "perthyn-google-token.json"
    first = json.loads(file.read_text(encoding="utf-8"))["refresh_token"]
    client.revoked.add(first)
    assert sign_in(world)[0] == 0
    assert json.loads(file.read_text(encoding="utf-8"))["refresh_token"] != first
    assert world.api(sheet="").create("Cyfeillion", "en_GB", "Europe/London")


def test_somebody_who_says_no_is_understood(world: Any, client: Any) -> None:
    client.person = None
    code, said, folder = sign_in(world)
    assert code == 1 and "Google did not let you in" in said
    assert not (folder / "perthyn-google-token.json").exists()


def test_an_administrator_who_says_no_is_understood(world: Any, client: Any) -> None:
    client.person = None
    refusing = agreeing(world)
    code, said, _ = sign_in(world, lambda address: refusing(address).replace("access_denied", "admin_policy_enforced"))
    assert code == 1 and "administrator" in said


def test_boxes_that_were_not_ticked_are_noticed_at_once(world: Any, client: Any) -> None:
    code, said, folder = sign_in(world, agreeing(world, scope=PERSON_SCOPES[1]))
    assert code == 1 and "tick every box" in said
    assert not (folder / "perthyn-google-token.json").exists()


def test_a_service_account_needs_no_signing_in(world: Any) -> None:
    code, said, _ = sign_in(world)
    assert code == 1 and world.account["client_email"] in said

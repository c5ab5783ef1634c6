"""`perthyn sync`: what is taken in and sent, what waits, the counts beside the segments; told in words and as JSON."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from perthyn_sheets.sending import letters_of


@pytest.fixture
def friends(world: Any, perthyn: Any) -> Any:
    """Records in the sheet: two people and a segment."""
    perthyn.begun()
    perthyn("contact", "add", "Siân Llŷr", "--set", "language=cy")
    perthyn("contact", "add", "Ann Jones", "--set", "language=en")
    perthyn("segment", "add", "Welsh speakers", "language is cy")
    return world


def column(world: Any, tab: str, header: str) -> list[Any]:
    """What stands below a header, as people see it."""
    rows = world.emulator.people.values(tab)
    place = next(at for at, name in enumerate(rows[0]) if name == header)
    return [row[place] if place < len(row) else "" for row in rows[1:]]


def test_nothing_to_do(friends: Any, perthyn: Any) -> None:
    perthyn("sync")
    said = perthyn("sync", "--json").json
    assert {said[name] for name in ("taken_in", "sent", "from_others", "waiting", "problems")} == {0}
    assert said["hindered"] is None and said["writes_allowed"] == 500
    assert "of 500 writes this minute" in perthyn("sync").out


def test_what_somebody_typed_is_taken_in(friends: Any, perthyn: Any) -> None:
    perthyn("sync")
    people = friends.emulator.people
    row = column(friends, "Contacts", "Name").index("Ann Jones") + 2
    people.type("Contacts", f"A{row}", "Ann Jones-Parry")
    assert perthyn("sync", "--json").json["taken_in"] == 1
    assert "Ann Jones-Parry" in perthyn("contact", "find", "Parry").out


def test_counts_stand_beside_the_rules(friends: Any, perthyn: Any) -> None:
    perthyn("sync")
    assert column(friends, "Segments", "Members") == ["1"]
    assert column(friends, "Segments", "Counted on")[0] != ""
    perthyn("contact", "add", "Dafydd Rees", "--set", "language=cy")
    perthyn("sync")
    assert column(friends, "Segments", "Members") == ["2"]
    perthyn("sync")  # what was written last is seen in the sheet
    before = len(list(friends.emulator.log))
    perthyn("sync")
    asked = [line for one in list(friends.emulator.log)[before:] if "/token" not in (line := one.line())]
    assert len(asked) == 1 and "drive" in asked[0], "nothing has changed"


def test_without_a_network(friends: Any, perthyn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading goes on and says of when it is; a change is kept, and sent later."""
    monkeypatch.setenv("PERTHYN_SHEETS__ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("PERTHYN_SHEETS__BUDGET_SECONDS", "0")
    said = perthyn("contact", "add", "Dafydd Rees")
    assert "not in step" in said.err and "to be sent: 1" in said.err
    assert "Dafydd Rees" in perthyn("contact", "find", "Rees").out
    said = perthyn("sync", code=1)
    assert "can't be reached" in said.err
    doctor = {one["code"]: one for one in perthyn("doctor", "--json", code=1).json}
    assert doctor["sheets.health.behind"]["facts"]["waiting"] == 1
    monkeypatch.setenv("PERTHYN_SHEETS__ENDPOINT", friends.emulator.url)
    done = perthyn("sync", "--json").json
    assert done["waiting"] == 0
    assert "Dafydd Rees" in column(friends, "Contacts", "Name")


def test_records_elsewhere_need_none(world: Any, perthyn: Any) -> None:
    perthyn("contact", "add", "Ann Jones")
    said = perthyn("sync", code=1)
    assert "sqlite" in said.err and "Google Sheet" in said.err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C can't be sent to one process")
def test_watching_ends_cleanly(friends: Any, perthyn: Any) -> None:
    perthyn("sync")
    folder = friends.folder / "one"
    words = ["-c", "from perthyn.cli.main import main; main()", "--at", str(folder), "--lang", "en", "sync", "--watch"]
    watching = subprocess.Popen(
        [sys.executable, *words, "--every", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert watching.stdout is not None
    for line in watching.stdout:
        if "Ctrl-C" in line:
            break
    row = column(friends, "Contacts", "Name").index("Ann Jones") + 2
    friends.emulator.people.type("Contacts", f"A{row}", "Ann Jones-Parry")
    for line in watching.stdout:
        if line.startswith("Taken in") and "1 change" in line:
            break
    time.sleep(0.2)
    watching.send_signal(signal.SIGINT)
    out, err = watching.communicate(timeout=60)
    assert (watching.returncode, err) == (0, "")
    assert "Ended." in out


def test_a_new_sheet_for_whoever_signed_in(world: Any, perthyn: Any) -> None:
    said = perthyn("sheets", "new", "Friends of the house", "--json").json
    perthyn("init", "--store", said["address"])


def test_a_service_account_has_no_room(world: Any, perthyn: Any) -> None:
    world.emulator.drive.service_accounts_store = False
    said = perthyn("sheets", "new", "Friends of the house", code=1)
    assert world.account["client_email"] in said.err and "Make an empty sheet in the browser" in said.err


def test_what_would_be_taken_in(friends: Any, perthyn: Any) -> None:
    perthyn("sync")
    assert "Nothing would be taken in" in perthyn("sync", "--dry-run").out
    row = column(friends, "Contacts", "Name").index("Ann Jones") + 2
    friends.emulator.people.type("Contacts", f"A{row}", "Ann Jones-Parry")
    (said,) = perthyn("sync", "--dry-run", "--json").json
    assert (said["name"], said["before"], said["now"]) == ("Ann Jones", "Ann Jones", "Ann Jones-Parry")
    assert "Ann Jones-Parry" in perthyn("sync", "--dry-run").out
    assert perthyn("sync", "--json").json["taken_in"] == 1


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("answer", "left"), [("--delete-missing", 1), ("--restore-missing", 9)])
def test_rows_that_vanished(answer: str, left: int, friends: Any, perthyn: Any) -> None:
    for number in range(7):
        perthyn("contact", "add", f"Visitor {number}")
    perthyn("sync")
    friends.emulator.people.delete_rows("Contacts", 2, 8)
    said = perthyn("sync", code=1)
    assert "--delete-missing" in said.err and "--restore-missing" in said.err
    assert "--restore-missing" in perthyn("contact", "find", "Visitor").err, "nobody is to believe a stale answer"
    said = {one["code"]: one for one in perthyn("doctor", "--json", code=1).json}
    assert "--restore-missing" in said["sheets.stopped.vanished"]["next"] and "sheets.health.behind" in said
    done = perthyn("sync", answer, "--json").json
    assert done["hindered"] is None
    assert len(column(friends, "Contacts", "Name")) == left


def test_a_rule_that_is_broken(friends: Any, perthyn: Any) -> None:
    perthyn("sync")
    place = friends.emulator.people.values("Segments", "1:1")[0].index("Rule")
    friends.emulator.people.type("Segments", f"{letters_of(place)}2", "language is klingon")
    perthyn("sync")
    assert "klingon" in column(friends, "Segments", "What is wrong with the rule")[0]

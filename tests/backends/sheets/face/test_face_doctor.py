"""`perthyn doctor` and `handover` on a Google Sheet: who sees it, is it in step, how full is it, what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from perthyn.model import Contact, Problem
from perthyn_sheets.checks import place_of, what_is_well
from perthyn_sheets.sending import letters_of

pytestmark = pytest.mark.slow


@pytest.fixture
def sheet(perthyn: Any) -> Any:
    """Records in a sheet, with one person."""
    perthyn.begun()
    perthyn("contact", "add", "Siân Llŷr")
    return perthyn


def found(perthyn: Any, code: int = 0) -> dict[str, Any]:
    """What doctor says, by code."""
    return {one["code"]: one for one in perthyn("doctor", "--json", code=code).json}


def test_all_well(sheet: Any) -> None:
    said = found(sheet)
    assert {said[f"sheets.health.{name}"]["state"] for name in ("in_step", "seen_by", "room")} == {"well"}
    assert sheet.world.account["client_email"] in said["sheets.health.seen_by"]["facts"]["who"]
    assert all(one["wrong"] != one["code"] for one in said.values())


def test_anyone_with_the_link(sheet: Any) -> None:
    files = sheet.world.emulator.files
    files.share(files[sheet.world.book.id], "anyone", "reader")
    said = found(sheet, code=1)["sheets.health.link"]
    assert said["state"] == "wrong" and "Restricted" in said["next"]


def test_drive_can_not_be_asked(sheet: Any) -> None:
    sheet.world.emulator.disabled.add("drive")
    said = found(sheet)
    assert said["sheets.drive.unasked"]["state"] == "todo"
    assert "sheets.health.room" in said


def test_nearly_full(sheet: Any) -> None:
    sheet.world.emulator.people.add_tab("Old rotas")
    grid = {"sheetId": sheet.world.emulator.people.tab("Old rotas").id, "dimension": "ROWS", "length": 320_000}
    sheet.world.api().write([{"appendDimension": grid}])
    said = found(sheet)["sheets.health.nearly_full"]
    assert said["state"] == "todo" and "perthyn move --to sqlite:///perthyn.sqlite" in said["next"]


def test_many_rows(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = world.open()
    assert "sheets.health.large" not in {code for _, code, _ in what_is_well(store)}
    monkeypatch.setattr(store, "count_of", lambda type: 20_000 if type is Contact else 0)
    assert (None, "sheets.health.large", {"contacts": "20,000", "interactions": "0"}) in what_is_well(store)


def test_a_cell_that_can_not_be_read(sheet: Any) -> None:
    header = sheet.world.emulator.people.values("Contacts", "1:1")[0]
    cell = f"{letters_of(header.index('Language'))}2"
    sheet.world.emulator.people.type("Contacts", cell, "Klingon")
    sheet("sync")
    said = found(sheet)["sheets.health.problems"]
    assert said["state"] == "todo" and f"Contacts!{cell}" in said["wrong"]


def test_no_longer_shared(sheet: Any) -> None:
    files = sheet.world.emulator.files
    permissions = files[sheet.world.book.id].permissions
    for id in [id for id, one in permissions.items() if one.who == sheet.world.account["client_email"]]:
        del permissions[id]
    said = found(sheet, code=1)
    assert {one["state"] for code, one in said.items() if code in ("sheets.access.account", "sheets.missing")} == {
        "wrong"
    }
    assert "sheets.health.behind" in said


def test_a_problem_without_a_place(world: Any) -> None:
    store = world.open()
    lost = Problem(id=store.house.random(16).hex(), code="sheets.tab.gone", where="Contacts", at=store.house.clock())
    assert place_of(store, lost) == "Contacts"


def test_handover_says_where_it_is_and_with_which_key(sheet: Any) -> None:
    said = sheet("handover").out.replace("\n", " ")
    assert sheet.address in said and sheet.world.account["client_email"] in said
    assert "private_key" not in said and "BEGIN" not in said

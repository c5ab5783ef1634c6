"""`perthyn sheets desk`: what volunteers see and nothing more; what they type becomes people and visits, with undo."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perthyn_sheets.addresses import address_of
from perthyn_sheets.desk import FIELDS, RIGHT, rights_of

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(world: Any, perthyn: Any) -> Any:
    """Records in one sheet, and an empty second one, shared with perthyn."""
    perthyn.begun()
    perthyn("contact", "add", "Siân Llŷr", "--set", "language=cy", "--set", "note=Has fallen out with the vicar")
    perthyn("interaction", "add", "Siân Llŷr", "donation", "--amount", "25.00")
    return world.emulator.put("The desk", share={world.account["client_email"]: "writer"})


def everything(world: Any, book: Any) -> str:
    """All that stands in a spreadsheet, as one text."""
    tabs = world.api(sheet=book.id).tabs()["sheets"]
    return json.dumps(
        [world.emulator.people.values(one["properties"]["title"], book=book.id) for one in tabs], ensure_ascii=False
    )


def begun(perthyn: Any, desk: Any, *words: str) -> None:
    perthyn("sheets", "desk", "--to", address_of(desk.id), *words)


def states(world: Any, desk: Any) -> list[list[str]]:
    """State and reason of each row of the inbox."""
    return [(row + [""] * 9)[6:8] for row in world.emulator.people.values("Inbox", book=desk.id)[1:]]


def test_a_few_fields_and_nothing_else(world: Any, perthyn: Any, desk: Any) -> None:
    begun(perthyn, desk)
    head, row = world.emulator.people.values("People", book=desk.id)
    assert (len(head), row[0]) == (3, "Siân Llŷr")
    seen = everything(world, desk)
    assert "vicar" not in seen and "25" not in seen and "donation" not in seen


@pytest.mark.parametrize("field", ["note", "roles", "age_band", "custom.own.shirt", "interactions", "deceased", "tags"])
def test_what_is_not_on_the_list_is_refused(field: str, world: Any, perthyn: Any, desk: Any) -> None:
    said = perthyn("sheets", "desk", "--to", address_of(desk.id), "--fields", f"name,{field}", code=1)
    assert field in said.err and "phones" in said.err
    assert [one["properties"]["title"] for one in world.api(sheet=desk.id).tabs()["sheets"]] == ["Sheet1"]


def test_nothing_on_the_list_needs_a_right_of_its_own() -> None:
    assert {right for one in FIELDS for right in rights_of(one)} == {RIGHT}
    assert rights_of("note") == {"note.read"}


def test_the_sheet_of_the_records_is_no_desk(perthyn: Any, desk: Any) -> None:
    assert "all records" in perthyn("sheets", "desk", "--to", perthyn.address, code=1).err


def test_people_and_visits_come_in_once(world: Any, perthyn: Any, desk: Any) -> None:
    begun(perthyn, desk)
    rows = [
        ["Gwen Pugh", "01650 511111", "gwen@example.org", "Cymraeg"],
        ["Tom Hughes", "01650 522222", "tom@example.org", "", "2026-03-05", "4"],
    ]
    world.emulator.people.paste("Inbox", "A2", rows, book=desk.id)
    assert perthyn("sync", "--json").json["taken_in"] == 2
    assert states(world, desk) == [["done", ""], ["done", ""]]
    shown = perthyn("contact", "show", "Tom Hughes").out
    assert "5 March 2026" in shown
    assert "Gwen Pugh" in perthyn("contact", "find", "gwen@example.org").out
    assert [row[0] for row in world.emulator.people.values("People", book=desk.id)[1:]] == [
        "Gwen Pugh", "Siân Llŷr", "Tom Hughes"
    ]  # fmt: skip
    assert perthyn("sync", "--json").json["taken_in"] == 0
    world.emulator.people.sort("Inbox", "A", descending=True, book=desk.id)
    assert perthyn("sync", "--json").json["taken_in"] == 0
    assert len(perthyn("contact", "find", "Tom Hughes", "--json").json) == 1


def test_it_can_be_undone(world: Any, perthyn: Any, desk: Any) -> None:
    begun(perthyn, desk)
    world.emulator.people.paste("Inbox", "A2", [["Gwen Pugh", "01650 511111"]], book=desk.id)
    perthyn("sync")
    assert perthyn("contact", "find", "Gwen Pugh", "--json").json
    perthyn("undo", "--yes")
    assert not perthyn("contact", "find", "Gwen Pugh", "--json").json


def test_a_wrong_row_says_why_and_can_be_corrected(world: Any, perthyn: Any, desk: Any) -> None:
    begun(perthyn, desk)
    world.emulator.people.paste("Inbox", "A2", [["Tom Hughes", "", "", "", "30 February"]], book=desk.id)
    assert perthyn("sync", "--json").json["problems"] == 1
    ((state, why),) = states(world, desk)
    assert state == "to correct" and "30 February" in why
    world.emulator.people.type("Inbox", "E2", "2026-02-28", book=desk.id)
    perthyn("sync")
    assert states(world, desk) == [["done", ""]]
    assert "28 February 2026" in perthyn("contact", "show", "Tom Hughes").out


def test_the_desk_out_of_reach_hinders_nothing_else(world: Any, perthyn: Any, desk: Any) -> None:
    begun(perthyn, desk)
    world.emulator.files.remove(desk.id)
    said = perthyn("sync")
    assert desk.id in said.err

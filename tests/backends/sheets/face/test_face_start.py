"""`perthyn init` on a Google Sheet: what is said, what is left alone, what can be taken in from it, again and again."""

from __future__ import annotations

from typing import Any

import pytest

from perthyn.settings import read_settings

MEMBERS = [
    ["Name", "Email", "Joined", "Phone"],
    ["Siân Llŷr", "sian@example.org", "2024-03-01", "01650 511000"],
    ["Ann Jones", "ann@example.org", "2025-05-12", ""],
]
GIFTS = [
    ["Date", "Name", "Email", "Donation"],
    ["2026-01-05", "Siân Llŷr", "sian@example.org", "25.00"],
    ["2026-02-05", "Ann Jones", "ann@example.org", "10.00"],
]


@pytest.fixture
def filled(world: Any) -> Any:
    """A sheet with people's own tabs: members, gifts, one that is empty and one that is hidden."""
    world.emulator.people.add_tab("Members 2026", MEMBERS)
    world.emulator.people.add_tab("Gifts", GIFTS)
    return world


def test_an_empty_sheet(world: Any, perthyn: Any) -> None:
    said = perthyn("init", "--store", f"{perthyn.address}/edit?gid=0#gid=0")
    assert "Everybody who can open the sheet sees all of it" in said.out
    assert "perthyn import FILE" in said.out
    assert read_settings(world.folder / "one", {}).store == perthyn.address


def test_tabs_that_are_there_stay_and_can_be_taken_in(filled: Any, perthyn: Any) -> None:
    before = {title: filled.emulator.people.values(title) for title in ("Members 2026", "Gifts", "Sheet1")}
    said = perthyn("init", "--store", perthyn.address)
    assert {title: filled.emulator.people.values(title) for title in before} == before
    lines = [line for line in said.out.splitlines() if "perthyn import" in line]
    assert len(lines) == 2, said.out
    assert "people" in lines[0] and " 2 " in lines[0] and f'perthyn import "{perthyn.address}#Members 2026"' in lines[0]
    assert "donations" in lines[1] and f'perthyn import "{perthyn.address}#Gifts"' in lines[1]


def test_a_tab_is_imported_again_and_again(filled: Any, perthyn: Any) -> None:
    perthyn.begun()
    first = perthyn("import", f"{perthyn.address}#Members 2026", f"{perthyn.address}#Gifts", "--json").json["imports"]
    assert [(one["rows"], one["stored"], one["people_new"]) for one in first] == [(2, 2, 2), (2, 2, 0)]
    again = perthyn("import", f"{perthyn.address}#Members 2026", f"{perthyn.address}#Gifts", "--json").json["imports"]
    assert [(one["stored"], one["unchanged"], one["change"]) for one in again] == [(0, 2, None), (0, 2, None)]
    filled.emulator.people.type("Members 2026", "D3", "01650 511999")
    after = perthyn("import", f"{perthyn.address}#Members 2026", "--json").json["imports"]
    assert [(one["rows"], one["unchanged"], one["people_new"]) for one in after] == [(2, 1, 0)]
    assert "01650 511999" in perthyn("contact", "show", "Ann Jones").out


@pytest.mark.parametrize("named", ["#gid={gid}", "?gid={gid}#gid={gid}", "/edit?usp=sharing#Gifts", "#gifts"])
def test_any_backend_imports_a_tab_however_it_is_named(named: str, filled: Any, perthyn: Any) -> None:
    gid = filled.emulator.people.tab("Gifts").id
    said = perthyn("import", perthyn.address + named.format(gid=gid), "--json")
    assert [(one["file"], one["rows"], one["stored"]) for one in said.json["imports"]] == [
        (f"{perthyn.address}#Gifts", 2, 2)
    ]
    shown = perthyn("contact", "show", "Siân Llŷr").out
    assert "5 January 2026" in shown and "£25.00" in shown


def test_all_tabs_but_perthyns_own(filled: Any, perthyn: Any) -> None:
    perthyn.begun()
    said = perthyn("import", perthyn.address, "--json").json["imports"]
    assert [one["file"].partition("#")[2] for one in said] == ["Members 2026", "Gifts"]
    wrong = perthyn("import", f"{perthyn.address}#Contacts", code=1)
    assert "perthyn" in wrong.err and "Contacts" in wrong.err


def test_a_tab_that_is_not_there(filled: Any, perthyn: Any) -> None:
    said = perthyn("import", f"{perthyn.address}#Givts", code=1)
    assert "Givts" in said.err and "Gifts" in said.err


def test_rows_to_correct_are_written_into_the_folder(filled: Any, perthyn: Any) -> None:
    filled.emulator.people.type("Gifts", "A3", "30 February")
    said = perthyn("import", f"{perthyn.address}#Gifts", "--json", code=3)
    file = filled.folder / "one" / "Gifts.to-correct.csv"
    assert [one["refused_file"] for one in said.json["imports"]] == [str(file)]
    assert "30 February" in file.read_text(encoding="utf-8-sig")


def test_without_credentials_nothing_is_changed(world: Any, perthyn: Any) -> None:
    folder = world.machine("one").folder
    key = folder / "perthyn-google.json"
    perthyn.world.machine = lambda name: type("House", (), {"folder": folder})
    key.unlink()
    said = perthyn("init", "--store", perthyn.address, code=1)
    assert "service account" in said.err and "Desktop app" in said.err and "Internal" in said.err
    assert sorted(one.name for one in folder.iterdir()) == []


def test_not_shared_is_said_with_the_address_to_share_it_with(world: Any, perthyn: Any) -> None:
    other = world.emulator.put("Somebody else's", share={"else@example.org": "writer"})
    said = perthyn("init", "--store", f"https://docs.google.com/spreadsheets/d/{other.id}/edit", code=1)
    assert world.account["client_email"] in said.err
    assert not (world.folder / "one" / "perthyn.toml").exists()


def test_looking_makes_no_tabs(world: Any, perthyn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERTHYN_STORE", perthyn.address)
    perthyn("contact", "find", "Ann", code=1)
    assert [one["properties"]["title"] for one in world.api().tabs()["sheets"]] == ["Sheet1"]

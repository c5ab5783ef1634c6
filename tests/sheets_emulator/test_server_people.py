"""What people do by hand, at once and between two requests of a program."""

from __future__ import annotations

from typing import Any

import gspread
import pytest

from sheets_emulator import credentials
from sheets_emulator.book import Book
from sheets_emulator.server import Emulator

ROWS = [["ID", "Name", "Town"], ["C-1", "Siân", "Y Bala"], ["C-2", "Bess", "Bala"], ["C-3", "Twm", "Aber"]]


@pytest.fixture
def friends(emulator: Emulator, book: Book) -> Emulator:
    emulator.people.paste("Sheet1", "A1", ROWS)
    emulator.people.rename_tab("Sheet1", "Contacts")
    return emulator


def test_cells(friends: Emulator) -> None:
    people = friends.people
    people.type("Contacts", "B3", "007")
    people.type("Contacts", "C3", "=1+1")
    people.rename_header("Contacts", "Town", "Tref")
    assert people.values("Contacts", "A3:C3") == [["C-2", "7", "2"]]
    assert people.values("Contacts", "1:1") == [["ID", "Name", "Tref"]]
    people.type("Contacts", "B3", "")
    people.clear("Contacts", "A4:C4")
    assert people.values("Contacts") == [["ID", "Name", "Tref"], ROWS[1], ["C-2", "", "2"]]
    people.clear("Contacts")
    assert people.values("Contacts") == []


def test_rows(friends: Emulator) -> None:
    people = friends.people
    people.sort("Contacts", "B")
    assert [row[0] for row in people.values("Contacts")] == ["ID", "C-2", "C-1", "C-3"]
    people.sort("Contacts", "B", descending=True)
    assert [row[0] for row in people.values("Contacts")] == ["ID", "C-3", "C-1", "C-2"]
    people.move_rows("Contacts", 4, 2)
    assert [row[0] for row in people.values("Contacts")] == ["ID", "C-2", "C-3", "C-1"]
    people.copy_row("Contacts", 2)
    people.copy_row("Contacts", 5, to=2)
    assert [row[0] for row in people.values("Contacts")] == ["ID", "C-1", "C-2", "C-2", "C-3", "C-1"]
    people.delete_rows("Contacts", 2, 3)
    people.insert_rows("Contacts", 2)
    assert people.values("Contacts", "A1:A4") == [["ID"], [], ["C-3"], ["C-1"]]


def test_columns(friends: Emulator) -> None:
    people = friends.people
    people.move_columns("Contacts", "A", "D")
    assert people.values("Contacts", "1:1") == [["Name", "Town", "ID"]]
    people.insert_columns("Contacts", "B")
    people.delete_columns("Contacts", "A")
    assert people.values("Contacts", "1:1") == [["", "Town", "ID"]]


def test_looks(friends: Emulator, book: Book) -> None:
    friends.people.colour("Contacts", "A1:C1")
    friends.people.merge("Contacts", "B2:C3")
    assert book.sheets[0].merges
    assert friends.people.values("Contacts", "B2:C3") == [["Siân"]]


def test_tabs(friends: Emulator, book: Book) -> None:
    people = friends.people
    people.add_tab("Cake", [["who"], ["Elin"]])
    people.duplicate_tab("Cake", "More cake")
    people.delete_tab("Cake")
    assert [sheet.title for sheet in book.sheets if sheet.title != "Contacts"] == ["More cake"]
    assert people.values("More cake") == [["who"], ["Elin"]]
    with pytest.raises(KeyError):
        people.type("Cake", "A1", "x")


def test_an_earlier_version_comes_back(friends: Emulator, book: Book) -> None:
    people = friends.people
    then = people.remember()
    people.delete_rows("Contacts", 2, 2)
    people.add_tab("Cake")
    before = friends.files[book.id].version
    people.restore(then)
    assert people.values("Contacts") == ROWS
    assert [sheet.title for sheet in friends.books[book.id].sheets] == ["Contacts"]
    assert friends.files[book.id].version > before
    people.type("Contacts", "A1", "x")
    people.restore(then)
    assert people.values("Contacts") == ROWS


def test_a_copy_of_the_file(friends: Emulator, account: dict[str, Any], book: Book) -> None:
    copy = friends.people.make_copy(share={account["client_email"]: "writer"})
    assert copy.title == "Copy of Friends"
    friends.people.type("Contacts", "A1", "x", book=copy.id)
    assert friends.people.values("Contacts", "A1") == [["ID"]]
    opened = credentials.client(friends, account).open_by_key(copy.id)
    assert opened.sheet1.acell("A1").value == "x"


def test_between_two_requests(friends: Emulator, account: dict[str, Any], book: Book) -> None:
    tab = credentials.client(friends, account).open_by_key(book.id).sheet1
    friends.people.before(2, lambda: friends.people.insert_rows("Contacts", 1))
    friends.people.after(2, lambda: friends.people.type("Contacts", "A1", "too late to be seen"))
    assert tab.row_values(1) == ROWS[0]
    assert tab.row_values(1) == []
    assert tab.row_values(1) == ["too late to be seen"]


def test_gspread_itself(emulator: Emulator) -> None:
    """The way of the readme: make, fill, find, share, delete."""
    client = credentials.client(emulator)
    sheet = client.create("Visits")
    tab = sheet.add_worksheet("Log", rows=10, cols=4)
    tab.append_rows(ROWS)
    assert tab.find("Bess").address == "B3"
    assert tab.get_all_values() == ROWS
    assert [one.title for one in client.openall()] == ["Visits"]
    assert client.open("Visits").worksheet("Log").id == tab.id
    sheet.share("elin@example.org", perm_type="user", role="reader")
    assert len(sheet.list_permissions()) == 2
    client.del_spreadsheet(sheet.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open("Visits")

"""Tabs: what is asked of Google to make them, which columns they have, and that cells come back from there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from hypothesis import given
from sheets_emulator.api import Api
from sheets_emulator.direct import Direct

from perthyn.model import CORE_TYPES, KINDS, About, Contact, CustomField, Phone, Problem, Record
from perthyn.model.values import Integer, Word
from perthyn.testing.rules_strategies import contacts_and_history
from perthyn.testing.suite.texts import NAUGHTY
from perthyn.text import Translator, fold
from perthyn_sheets.cells import Raw
from perthyn_sheets.layout import ABOUT, HISTORY, JOURNAL, TECHNICAL, Tab, known_heads, piece_column, tabs_for
from perthyn_sheets.making import add_columns, cell_of, make_tab
from perthyn_sheets.shown import Shows
from perthyn_sheets.typed import typed

CUSTOM = (
    CustomField(id=UUID(int=1), name="own.shirt", label_en="Shirt", label_cy="Crys"),
    CustomField(id=UUID(int=2), name="own.children", label_en="Children", type="number"),
)
TABS = tabs_for({one.type_name: one for one in CORE_TYPES}, CUSTOM, KINDS)
ALL = {**TABS, **{one.key: one for one in (HISTORY, JOURNAL, ABOUT)}}
SHOWS = Shows(("cy", "en"), custom=CUSTOM, today=date(2026, 3, 31))


def made(*tabs: Tab, languages: tuple[str, ...] = ("cy", "en")) -> Direct:
    """A book with these tabs, whose sheets are numbered from 1; every request as Google describes it."""
    direct = Direct()
    requests = [one for n, tab in enumerate(tabs, 1) for one in make_tab(tab, languages, n, n)]
    body = {"requests": requests}
    assert Api().schemas["sheets"].read("BatchUpdateSpreadsheetRequest", body) is body
    direct.batch(*requests)
    return direct


def row_written(direct: Direct, tab: Tab, record: Record, row: int = 1) -> dict[str, Any]:
    """What the values API gives back for a record's cells."""
    shown = SHOWS.shown(record)
    cells = [cell_of(column, shown[column.key]) for column in tab.visible]
    start = {"sheetId": 1, "rowIndex": row, "columnIndex": 0}
    direct.batch({"updateCells": {"start": start, "rows": [{"values": cells}], "fields": "userEnteredValue"}})
    title = tab.title(("cy", "en"))
    found = direct.get(f"'{title}'!{row + 1}:{row + 1}", "UNFORMATTED_VALUE", dateTimeRenderOption="SERIAL_NUMBER")
    values = found[0] if found else []
    return {one.key: values[n] if n < len(values) else "" for n, one in enumerate(tab.visible)}


def test_the_tabs_that_people_use_come_first() -> None:
    assert list(TABS) == [
        "contact", "interaction", "segment", "problem", "consent", "takings", "custom_field", "campaign",
        "redirect", "obtained", "screening", "suppression", "membership", "message", "setting",
    ]  # fmt: skip
    assert {key for key, tab in ALL.items() if tab.hidden} == {
        "redirect", "obtained", "screening", "suppression", "membership", "message", "setting", "history", "journal"
    }  # fmt: skip
    assert TABS["contact"].title(("cy", "en")) == "Cysylltiadau / Contacts"


def test_name_phone_email_and_language_come_first_and_ours_last() -> None:
    keys = [one.key for one in TABS["contact"].columns]
    assert keys[:4] == ["name", "phones", "emails", "language"] and tuple(keys[-4:]) == TECHNICAL
    assert keys[4:17] == [
        "title", "given", "family", "salutation", "addresses.lines", "addresses.town", "addresses.county",
        "addresses.postcode", "addresses.country", "roles", "tags", "custom.own.shirt", "custom.own.children",
    ]  # fmt: skip
    assert [one.key for one in TABS["interaction"].visible] == [
        "day", "contact", "kind", "subject", "amount", "currency", "quantity", "party_size", "channel", "direction",
        "event", "campaign", "site", "order", "text", "at",
    ]  # fmt: skip
    assert "contact" not in {one.key for one in TABS["takings"].columns}


@pytest.mark.parametrize("key", sorted(ALL))
def test_heads_are_distinct_and_have_notes_in_both_languages(key: str) -> None:
    tab = ALL[key]
    for language in ("cy", "en"):
        heads = [one.headers[language] for one in tab.columns]
        assert len(set(map(str.casefold, heads))) == len(heads)
        for column in tab.visible:
            note = column.notes.get(language, "")
            assert tab.type is None or ((note.endswith(".") and note[0].isupper()) or note.startswith("perthyn")), (
                column
            )
    for column in tab.visible:
        assert tab.type is None or column.notes["cy"] != column.notes["en"]


def test_every_tab_is_made_in_one_batch() -> None:
    direct = made(*ALL.values())
    state = direct.state()
    sheets = {one["properties"]["title"]: one for one in state["sheets"]}
    contacts = sheets["Cysylltiadau / Contacts"]
    grid = contacts["properties"]["gridProperties"]
    assert (grid["frozenRowCount"], grid["frozenColumnCount"], grid["columnCount"]) == (
        1, 1, len(TABS["contact"].columns)
    )  # fmt: skip
    assert [one["metadataValue"] for one in contacts["developerMetadata"]] == ["contact"]
    (data,) = contacts["data"]
    columns = data["columnMetadata"]
    assert [one["developerMetadata"][0]["metadataValue"] for one in columns] == [
        f"contact.{one.key}" for one in TABS["contact"].columns
    ]  # fmt: skip
    assert [bool(one.get("hiddenByUser")) for one in columns] == [one.hidden for one in TABS["contact"].columns]
    head = data["rowData"][0]["values"]
    assert head[0]["formattedValue"] == "Enw / Name" and head[0]["userEnteredFormat"]["textFormat"]["bold"]
    assert head[3]["note"].count("\n") == 1
    assert sheets["Hanes / History"]["properties"]["hidden"] is True
    assert len(contacts["protectedRanges"]) == 2
    assert all(one["warningOnly"] for one in contacts["protectedRanges"])


def test_people_type_in_the_tab_and_are_understood() -> None:
    """As a browser takes typing: what looks like a number, a day or a formula in a text column stays text."""
    direct = made(TABS["contact"], TABS["interaction"])
    direct.type("'Cysylltiadau / Contacts'!A2:E2", ["007", "07700 900123", "a@example.org", "Cymraeg", "1/2"])
    (row,) = direct.get("'Cysylltiadau / Contacts'!A2:E2", "UNFORMATTED_VALUE")
    keys = [one.key for one in TABS["contact"].columns[:5]]
    found = typed(TABS["contact"], None, dict(zip(keys, row, strict=True)), SHOWS, lambda text: [])
    assert found.wrong == []
    assert found.values["phones"] == (Phone.of("07700 900123"),) and found.values["language"] == "cy"
    assert found.values["name"] == "007" and found.values["title"] == "1/2"
    direct.type("'Rhyngweithiadau / Interactions'!A2:E2", ["2026-03-01", "Siân", "ymweliad", "=1+1", "12.5"])
    (row,) = direct.get(
        "'Rhyngweithiadau / Interactions'!A2:E2", "UNFORMATTED_VALUE", dateTimeRenderOption="SERIAL_NUMBER"
    )
    cells = dict(zip(["day", "contact", "kind", "subject", "amount"], row, strict=True))
    found = typed(TABS["interaction"], None, cells, SHOWS, lambda text: [UUID(int=9)])
    assert found.wrong == []
    assert (found.values["day"], found.values["amount"]) == (date(2026, 3, 1), 1250)


@pytest.mark.parametrize("name", sorted(NAUGHTY))
def test_naughty_strings_come_back_from_the_sheet(name: str) -> None:
    text = NAUGHTY[name]
    who = Contact(id=UUID(int=7), name=text, title=text, note=text, phones=(Phone(number=text),))
    direct = made(TABS["contact"])
    assert row_written(direct, TABS["contact"], who) == SHOWS.shown(who)


BOOKS: dict[str, Direct] = {}


@given(contacts_and_history(contacts=2, each=2))
def test_what_is_written_comes_back_the_same(records: list[Record]) -> None:
    for record in records:
        tab = TABS[record.type_name]
        if tab.key not in BOOKS:
            BOOKS[tab.key] = made(tab)
        back, shown = row_written(BOOKS[tab.key], tab, record), SHOWS.shown(record)
        for column in tab.visible:
            assert SHOWS.same(column, shown[column.key], back[column.key]), column.key


def test_columns_are_put_in_before_the_technical_ones() -> None:
    direct = made(TABS["contact"])
    place = len(TABS["contact"].visible)
    new = Tab("contact", {}, ()), [TABS["contact"].columns[11], piece_column(2)]
    requests = add_columns(*new, 1, place, ("en",))
    body = {"requests": requests}
    assert Api().schemas["sheets"].read("BatchUpdateSpreadsheetRequest", body) is body
    direct.batch(*requests)
    (data,) = direct.state()["sheets"][1]["data"]
    values = [one["developerMetadata"][0]["metadataValue"] for one in data["columnMetadata"]]
    assert values[place - 1 : place + 3] == ["contact.note", "contact.addresses.postcode", "contact._record.2",
                                             "contact.id"]  # fmt: skip
    heads = [one.get("formattedValue") for one in data["rowData"][0]["values"]]
    assert heads[place : place + 3] == ["Postcode", "_record.2", "id"]
    hidden = [bool(one.get("hiddenByUser")) for one in data["columnMetadata"]]
    assert hidden[place : place + 3] == [False, True, True]


@pytest.mark.parametrize("languages", [("en",), ("cy",), ("en", "cy"), ("cy", "en")])
def test_columns_are_known_by_their_heads(languages: tuple[str, ...]) -> None:
    for tab in TABS.values():
        known = known_heads(tab)
        for column in tab.columns:
            assert known[fold(f" {column.header(languages)} ")] == column.key


class Rehearsal(Record):
    """A plugin's own type."""

    type_name: ClassVar[str] = "choir.rehearsal"
    owner: ClassVar[str] = "contact"

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id")]
    piece: Annotated[Word, About("Piece", "Darn")]
    voice: Annotated[Literal["alto", "bass"] | None, About("Voice", "Llais", kind="word")] = None
    paid: Annotated[Integer | None, About("Paid", "Talwyd", kind="money")] = None
    came: Annotated[bool | None, About("Came", "Daeth", kind="flag")] = None
    on: Annotated[date, About("On", "Ar", kind="date")]
    other: Annotated[UUID | None, About("Other", "Arall", kind="id")] = None


def test_a_plugins_type_has_a_tab_of_its_own() -> None:
    tabs = tabs_for({"contact": Contact, Rehearsal.type_name: Rehearsal}, CUSTOM, KINDS)
    tab = tabs[Rehearsal.type_name]
    assert list(tabs) == ["contact", "choir.rehearsal"] and tab.title(("en",)) == "Choir rehearsal"
    assert [(one.key, one.kind) for one in tab.visible] == [
        ("contact", "text"), ("piece", "text"), ("voice", "choice"), ("paid", "money"), ("came", "flag"), ("on", "date")
    ]  # fmt: skip
    one = Rehearsal(id=UUID(int=1), contact=UUID(int=2), piece="Calon Lân", voice="alto", paid=250, on=date(2026, 3, 1))
    cells = SHOWS.shown(one)
    assert cells == {"contact": "000002", "piece": "Calon Lân", "voice": "alto", "paid": 2.5, "came": "", "on": 46082}
    found = typed(tab, one, {"voice": "Bass", "came": "na", "paid": "£3", "piece": ""}, SHOWS, lambda text: [])
    assert found.values == {"voice": "bass", "came": False, "paid": 300}
    assert [(wrong.column, wrong.code) for wrong in found.wrong] == [("piece", "sheets.cell.empty")]
    assert SHOWS.shown(one.with_values(found.values))["came"] == "nac ydy"


def test_a_problem_says_what_is_wrong_in_words() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    facts = '{"value":"30/2"}'
    one = Problem(id=UUID(int=1), code="import.date.impossible", facts=facts, row=7, raw="30/2", at=at)
    cells = Shows(("en",), t=Translator("en")).shown(one)
    assert "30/2" in str(cells["what"]) and str(cells["next"]).endswith(".") and cells["row"] == 7
    found = typed(TABS["problem"], one, {"state": "wedi'i ddatrys", "what": "x"}, SHOWS, lambda text: [])
    assert (found.values, found.wrong) == ({"state": "settled"}, [])
    (wrong,) = typed(TABS["problem"], one, {"state": "whatever"}, SHOWS, lambda text: []).wrong
    assert wrong.code == "sheets.cell.choice"


def test_cells_that_say_the_same_to_a_person() -> None:
    contact, visit = (TABS[key] for key in ("contact", "interaction"))

    def same(tab: Tab, key: str, shown: Raw, cell: Raw) -> bool:
        column = tab.column(key)
        assert column is not None
        return SHOWS.same(column, shown, cell)

    assert same(contact, "note", "45", 45.0) and same(contact, "note", "TRUE", True)
    assert not same(contact, "note", "07", 7) and not same(contact, "note", "x", " x ")
    assert same(visit, "quantity", 3, 3.0) and not same(visit, "quantity", 1, True)
    assert same(visit, "amount", 0.3, 0.1 + 0.2) and not same(visit, "amount", 0.3, 0.31)
    assert same(visit, "day", 46082, 46082.000000001) and not same(visit, "day", 46082, 46082.5)
    assert same(contact, "deceased", "ydy", True) and same(contact, "deceased", "", False)
    assert not same(contact, "deceased", "", "nac ydy") and not same(contact, "deceased", "ydy", "")


def test_nothing_is_ever_a_formula() -> None:
    for text in ("=1+1", "+1", "@SUM(A1)", "'07", "TRUE", "2026-01-01"):
        assert cell_of(None, text) == {"userEnteredValue": {"stringValue": text}}
    assert cell_of(None, True) == {"userEnteredValue": {"boolValue": True}}
    assert cell_of(None, 1.5) == {"userEnteredValue": {"numberValue": 1.5}}
    assert cell_of(None, "") == {}

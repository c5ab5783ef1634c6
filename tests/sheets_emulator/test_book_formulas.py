"""Formulas: what they come to, what is an error, and how their references follow what moves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sheets_emulator import references
from sheets_emulator.cells import Formula
from sheets_emulator.direct import Direct, area, columns, rows


@pytest.fixture
def direct() -> Direct:
    made = Direct()
    made.put("A1", [1, 2, "x"], [3, 4, ""], ["anna", "Bob", "ANN"])
    made.reply("addSheet", properties={"title": "Y Llyfr", "sheetId": 7})
    made.put("'Y Llyfr'!A1", [10], [20])
    return made


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=A1+B2*2", 9),
        ("=(A1+B2)*2", 10),
        ("=-A1^2", 1),
        ("=7/2", 3.5),
        ("=50%", 0.5),
        ("=SUM(A1:B2)", 10),
        ("=SUM(A1:C3, 5)", 15),
        ("=COUNT(A1:C3)", 4),
        ("=COUNTA(A1:C3)", 8),
        ("=COUNTBLANK(A1:C3)", 1),
        ('=COUNTIF(A1:B2,">1")', 3),
        ('=COUNTIF(A3:C3,"ann*")', 2),
        ('=SUMIF(A1:A2,">1",B1:B2)', 4),
        ("=AVERAGE(A1:B2)", 2.5),
        ("=MIN(A:B)", 1),
        ("=MAX(1:2)", 4),
        ('=IF(A1>B1,"more","less")', "less"),
        ("=IF(A1>B1,1)", False),
        ('=CONCATENATE("a",A1,TRUE)', "a1TRUE"),
        ('=A1&"-"&C1', "1-x"),
        ('=HYPERLINK("https://example.org","here")', "here"),
        ("='Y Llyfr'!A2/A1", 20),
        ("=SUM('Y Llyfr'!A:A)", 30),
        ("=$A$2", 3),
        ("=E9", 0),
        ('=C1="X"', True),
        ('=IFERROR(1/0,"none")', "none"),
        ("=VLOOKUP(3,A1:B2,2,FALSE)", 4),
        ("=ROW()+COLUMN(B1)", 12),
        ('=LEN("""q""")', 3),
        ("= 1 / 1024", 1 / 1024),
    ],
)
def test_what_a_formula_comes_to(direct: Direct, formula: str, value: Any) -> None:
    direct.type("E10", [formula])
    assert direct.one("E10", "UNFORMATTED_VALUE") == value
    assert direct.one("E10", "FORMULA") == formula


@pytest.mark.parametrize(
    ("formula", "error", "kind"),
    [
        ("=1/0", "#DIV/0!", "DIVIDE_BY_ZERO"),
        ("=NOSUCH(1)", "#NAME?", "NAME"),
        ("=nosuchname", "#NAME?", "NAME"),
        ("=1+", "#ERROR!", "ERROR"),
        ("=C1+1", "#VALUE!", "VALUE"),
        ("=NA()", "#N/A", "N_A"),
        ("=VLOOKUP(99,A1:B2,2,FALSE)", "#N/A", "N_A"),
        ("=#REF!+1", "#REF!", "REF"),
        ("=Gone!A1", "#REF!", "REF"),
        ("=E10", "#REF!", "REF"),
        ("=AAA5000", "#REF!", "REF"),
    ],
)
def test_errors(direct: Direct, formula: str, error: str, kind: str) -> None:
    direct.type("E10", [formula])
    assert direct.one("E10") == error
    assert direct.one("E10", "UNFORMATTED_VALUE") == error
    state = direct.ask("GET", "", includeGridData="true", ranges="E10")
    cell = state["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert cell["effectiveValue"]["errorValue"]["type"] == kind
    assert cell["formattedValue"] == error
    direct.type("E11", ["=E10+1"])
    assert direct.one("E11") == error


def test_a_long_chain_and_a_circle() -> None:
    direct = Direct()
    direct.type("A1", [1], *[[f"=A{row}+1"] for row in range(1, 1000)])
    assert direct.one("A1000") == "1000"
    direct.type("B1", ["=C1", "=B1", "=A1000"])
    assert direct.get("B1:D1") == [["#REF!", "#REF!", "1000"]]


def test_a_hyperlink_shows_where_it_leads(direct: Direct) -> None:
    direct.type("E10", ['=HYPERLINK("https://example.org/"&A1,"here")'])
    state = direct.ask("GET", "", includeGridData="true", ranges="E10")
    assert state["sheets"][0]["data"][0]["rowData"][0]["values"][0]["hyperlink"] == "https://example.org/1"


def only_formula(direct: Direct) -> str:
    """The text of the book's only formula, wherever it went."""
    (found,) = [
        cell.entered.text
        for sheet in direct.book.sheets
        for _, _, cell in sheet.cells()
        if isinstance(cell.entered, Formula)
    ]
    return found


INSERTED = {"insertDimension": {"range": rows(1, 3)}}


@pytest.mark.parametrize(
    ("formula", "request_", "then"),
    [
        ("=A1+B2", INSERTED, "=A1+B4"),
        ("=SUM(A1:B2)", INSERTED, "=SUM(A1:B4)"),
        ("=$A$2&Sheet1!b3", INSERTED, "=$A$4&Sheet1!b5"),
        ("=SUM(A:A)+SUM(2:3)", INSERTED, "=SUM(A:A)+SUM(4:5)"),
        ('="A2"&A2', INSERTED, '="A2"&A4'),
        ("='Y Llyfr'!A2", INSERTED, "='Y Llyfr'!A2"),
        ("=A1+A3", {"deleteDimension": {"range": rows(1, 2)}}, "=A1+A2"),
        ("=A2", {"deleteDimension": {"range": rows(1, 2)}}, "=#REF!"),
        ("=SUM(A1:A3)", {"deleteDimension": {"range": rows(1, 2)}}, "=SUM(A1:A2)"),
        ("=SUM(A2:A3)", {"deleteDimension": {"range": rows(1, 3)}}, "=SUM(#REF!)"),
        ("=A1+A3", {"moveDimension": {"source": rows(2, 3), "destinationIndex": 0}}, "=A2+A1"),
        ("=A1+B1", {"moveDimension": {"source": columns(0, 1), "destinationIndex": 2}}, "=B1+A1"),
        ("=A1&B1", {"insertDimension": {"range": columns(1, 2)}}, "=A1&C1"),
        ("=SUM(A1:B2)", {"deleteDimension": {"range": columns(1, 2)}}, "=SUM(A1:A2)"),
        ("='Y Llyfr'!A1", {"deleteDimension": {"range": rows(0, 1, 7)}}, "=#REF!"),
        ("='Y Llyfr'!A1", {"deleteSheet": {"sheetId": 7}}, "=#REF!"),
        (
            "='Y Llyfr'!A1",
            {"updateSheetProperties": {"properties": {"sheetId": 7, "title": "O'r newydd"}, "fields": "title"}},
            "='O''r newydd'!A1",
        ),
        ("=A1", {"cutPaste": {"source": area(0, 0, 1, 1), "destination": {"rowIndex": 4, "columnIndex": 5}}}, "=F5"),
        ("=SUM(A1:A3)", {"insertRange": {"range": area(1, 0, 2, 1), "shiftDimension": "ROWS"}}, "=SUM(A1:A4)"),
        ("=B2+A2", {"deleteRange": {"range": area(1, 1, 2, 2), "shiftDimension": "COLUMNS"}}, "=#REF!+A2"),
    ],
)
def test_references_follow(direct: Direct, formula: str, request_: dict[str, Any], then: str) -> None:
    direct.type("M20", [formula])
    direct.batch(request_)
    assert only_formula(direct) == then


def test_references_from_another_tab_follow_too(direct: Direct) -> None:
    direct.type("'Y Llyfr'!C1", ["=Sheet1!A2+A2+SUM(Sheet1!A1:B2)"])
    direct.batch({"insertDimension": {"range": rows(1, 3)}})
    assert direct.one("'Y Llyfr'!C1", "FORMULA") == "=Sheet1!A4+A2+SUM(Sheet1!A1:B4)"
    assert direct.one("'Y Llyfr'!C1") == "33"


def test_a_copied_formula_carries_its_relative_references(direct: Direct) -> None:
    direct.type("D1", ["=A1+$B$1+A$1+$A1"])
    paste = {"source": area(0, 3, 1, 4), "destination": area(1, 4, 2, 5), "pasteType": "PASTE_NORMAL"}
    direct.batch({"copyPaste": paste})
    assert direct.one("E2", "FORMULA") == "=B2+$B$1+B$1+$A2"
    cell = {"userEnteredValue": {"formulaValue": "=A1*2"}}
    direct.batch({"repeatCell": {"range": area(0, 5, 2, 6), "cell": cell, "fields": "userEnteredValue"}})
    assert direct.get("F1:F2") == [["2"], ["6"]]


@given(some.text(alphabet="=A1B2$:!'\"+-*/(),;&#x é.", max_size=30))
def test_rewriting_without_a_change_changes_nothing(text: str) -> None:
    assert references.rewritten(text, lambda tab, ref: ref) == text
    assert references.rewritten(text, lambda tab, ref: None) == text


def test_an_operator_is_named_when_its_operand_is_no_number() -> None:
    direct = Direct()
    direct.type("A1", ['="a"+1', '=1-"b"', '=2/"c"'])
    cells = direct.state()["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert [cell["effectiveValue"]["errorValue"]["message"] for cell in cells] == [
        f"Function {place} expects number values. But '{word}' is a text and cannot be coerced to a number."
        for place, word in (("ADD parameter 1", "a"), ("MINUS parameter 2", "b"), ("DIVIDE parameter 2", "c"))
    ]

"""The values calls, with the quirks that Google's recorded answers show."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_emulator.book import Book
from sheets_emulator.direct import Direct, area
from sheets_emulator.errors import Refused


@pytest.fixture
def direct() -> Direct:
    return Direct()


def refusal(call: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*given, **named)
    assert refused.value.code == 400
    return refused.value.message


def test_an_empty_range_has_no_values(direct: Direct) -> None:
    assert direct.ask("GET", "/values/A1:1") == {"range": "Sheet1!A1:Z1", "majorDimension": "ROWS"}
    assert direct.ask("GET", "/values:batchGet") == {"spreadsheetId": "book"}


def test_empty_ends_are_cut_and_gaps_kept(direct: Direct) -> None:
    direct.put("B1", ["x", "", ""], [], ["", "", "y"], [""])
    assert direct.get("A1:F9") == [["", "x"], [], ["", "", "", "y"]]
    assert direct.get("A1:F9", majorDimension="COLUMNS") == [[], ["x"], [], ["", "", "y"]]


def test_an_update_counts_empty_texts_but_not_nulls(direct: Direct) -> None:
    direct.put("A1:C1", ["a", "b", "c"])
    told = direct.put("A1", [None, "", "C"], includeValuesInResponse="true")
    assert told == {
        "spreadsheetId": "book",
        "updatedRange": "Sheet1!A1:C1",
        "updatedRows": 1,
        "updatedColumns": 3,
        "updatedCells": 2,
        "updatedData": {"range": "Sheet1!A1:C1", "majorDimension": "ROWS", "values": [["a", "", "C"]]},
    }
    assert direct.get("A1:C1") == [["a", "", "C"]]


def test_an_update_by_columns(direct: Direct) -> None:
    body = {"values": [["a", "b"], ["c"]], "majorDimension": "COLUMNS"}
    assert direct.ask("PUT", "/values/A1", body, valueInputOption="RAW")["updatedCells"] == 3
    assert direct.get("A1:B2") == [["a", "c"], ["b"]]


def test_values_must_fit_the_range_and_the_grid(direct: Direct) -> None:
    text = refusal(direct.put, "A1:B1", ["a", "b", "c"])
    assert text == "Requested writing within range [Sheet1!A1:B1], but tried writing to column [C]"
    text = refusal(direct.put, "A1:B1", ["a"], ["b"])
    assert text == "Requested writing within range [Sheet1!A1:B1], but tried writing to row [2]"
    assert "tried writing to row [1001]" in refusal(direct.put, "A1000", ["a"], ["b"])
    assert "exceeds grid limits" in refusal(direct.put, "A1001", ["a"])
    assert direct.get("Sheet1") == []


def test_raw_stays_as_it_is(direct: Direct) -> None:
    direct.put("A1", ["=1+1", "0042", "2020-01-01", True, 1.5, "'quoted"])
    assert direct.get("A1:F1", "UNFORMATTED_VALUE") == [["=1+1", "0042", "2020-01-01", True, 1.5, "'quoted"]]
    assert direct.get("A1:F1")[0][3] == "TRUE"


def test_what_cannot_stand_in_a_cell(direct: Direct) -> None:
    assert "50000 characters in a single cell" in refusal(direct.put, "A1", ["x" * 50_001])
    assert direct.put("A1", ["x" * 50_000])["updatedCells"] == 1
    assert refusal(direct.put, "A1", ["a", {"b": 1}]) == (
        "Invalid values[0][1]: struct_value {\n"
        '  fields {\n    key: "b"\n    value {\n      number_value: 1.0\n    }\n  }\n}\n'
    )
    assert refusal(direct.put, "A1", ["a"], [["b", None, True]]) == (
        'Invalid values[1][0]: list_value {\n  values {\n    string_value: "b"\n  }\n'
        "  values {\n    null_value: NULL_VALUE\n  }\n  values {\n    bool_value: true\n  }\n}\n"
    )
    assert "'valueInputOption' is required" in refusal(direct.ask, "PUT", "/values/A1", {"values": [[1]]})


def test_dates_and_numbers_by_rendering(direct: Direct) -> None:
    direct.type("A1", ["=4/2", "2020-01-01", "text", "0042"])
    assert direct.get("A1:D1") == [["2", "2020-01-01", "text", "42"]]
    assert direct.get("A1:D1", "UNFORMATTED_VALUE") == [[2, 43831, "text", 42]]
    assert direct.get("A1:D1", "FORMULA") == [["=4/2", 43831, "text", 42]]
    as_text = direct.get("A1:D1", "UNFORMATTED_VALUE", dateTimeRenderOption="FORMATTED_STRING")
    assert as_text == [[2, "2020-01-01", "text", 42]]


def test_append_after_a_gap_lands_in_the_last_tables_column(direct: Direct) -> None:
    assert "tableRange" not in direct.append("Sheet1", ["a", "", "c"])
    told = direct.append("Sheet1", ["a", "", "c"])
    assert told["tableRange"] == "Sheet1!C1"
    assert told["updates"]["updatedRange"] == "Sheet1!C2:E2"
    assert direct.get("A1:E2") == [["a", "", "c"], ["", "", "a", "", "c"]]


def test_append_to_the_table_that_a_range_touches(direct: Direct) -> None:
    direct.put("A1:C2", ["1", "1", "1"], ["1", "1", "1"])
    direct.put("B4:D6", ["2", "2", "2"], ["2", "2", "2"], ["2", "2", "2"])
    for asked, table in [("Sheet1", "B4:D6"), ("C5:D5", "B4:D6"), ("B2:D4", "B4:D6"), ("A1", "A1:C2")]:
        book = direct.book.copy("copy", "copy")
        told = Direct(book).append(asked, ["x"])
        assert told["tableRange"] == f"Sheet1!{table}", asked
        assert told["updates"]["updatedRange"] == {"B4:D6": "Sheet1!B7", "A1:C2": "Sheet1!A3"}[table]


def test_append_grows_the_grid_and_may_insert_rows() -> None:
    direct = Direct(Book("book", "small", rows=2, columns=2))
    direct.put("A1", ["a", "b"], ["c", "d"])
    direct.append("Sheet1", ["e", "f", "g"])
    assert direct.get("Sheet1") == [["a", "b"], ["c", "d"], ["e", "f", "g"]]
    direct.put("A1:C3", ["h", ""], ["", ""], ["below", "", ""])
    direct.append("A1", ["x"], insertDataOption="INSERT_ROWS")
    assert direct.get("Sheet1") == [["h"], ["x"], [], ["below"]]


def test_a_batch_of_updates_is_one_change(direct: Direct) -> None:
    version = direct.book.version
    data = [{"range": "A1", "values": [["a", "b"]]}, {"range": "A3:A4", "values": [["c"], ["d"]]}]
    body = {"valueInputOption": "RAW", "data": data, "includeValuesInResponse": True}
    told = direct.ask("POST", "/values:batchUpdate", body)
    totals = {name: count for name, count in told.items() if name.startswith("total")}
    assert totals == {
        "totalUpdatedRows": 3,
        "totalUpdatedColumns": 2,  # column A was written to twice
        "totalUpdatedCells": 4,
        "totalUpdatedSheets": 1,
    }
    assert told["responses"][1]["updatedData"]["values"] == [["c"], ["d"]]
    assert direct.book.version == version + 1
    data.append({"range": "AAA1", "values": [["no"]]})
    text = refusal(
        direct.ask, "POST", "/values:batchUpdate", {**body, "data": [{"range": "A1", "values": [["Z"]]}, *data]}
    )
    assert text.startswith("Invalid data[3]: Range (Sheet1!AAA1) exceeds grid limits.")
    assert direct.one("A1") == "a"


def test_clear_leaves_formats_and_notes(direct: Direct) -> None:
    direct.type("A1", ["12%", "x"])
    cell = {"note": "mind"}
    direct.batch({"repeatCell": {"range": area(0, 1, 1, 2), "cell": cell, "fields": "note"}})
    assert direct.ask("POST", "/values/'Sheet1':clear", {}) == {
        "spreadsheetId": "book",
        "clearedRange": "Sheet1!A1:Z1000",
    }
    assert direct.get("Sheet1") == []
    data = direct.state()["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert data[0]["userEnteredFormat"]["numberFormat"]["type"] == "PERCENT"
    assert data[1] == {"note": "mind"}
    told = direct.ask("POST", "/values:batchClear", {"ranges": ["A1:B1", "Sheet1!C:C"]})
    assert told["clearedRanges"] == ["Sheet1!A1:B1", "Sheet1!C1:C1000"]


def test_calls_by_data_filter(direct: Direct) -> None:
    tag = {
        "metadataKey": "col",
        "visibility": "DOCUMENT",
        "location": {"dimensionRange": {"dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}},
    }
    direct.reply("createDeveloperMetadata", developerMetadata=tag)
    lookup = {"developerMetadataLookup": {"metadataKey": "col"}}
    data = [{"dataFilter": lookup, "values": [["h"], ["v"]]}]
    told = direct.ask("POST", "/values:batchUpdateByDataFilter", {"valueInputOption": "RAW", "data": data})
    assert told["responses"][0]["updatedRange"] == "Sheet1!B1:B2"
    filters = [lookup, {"a1Range": "B2"}, {"gridRange": area(0, 1, 1, 2)}]
    told = direct.ask("POST", "/values:batchGetByDataFilter", {"dataFilters": filters})
    assert [one["valueRange"]["values"] for one in told["valueRanges"]] == [[["h"]], [["h"], ["v"]], [["v"]]]
    same = [{"a1Range": "B1:B1"}, {"gridRange": area(0, 1, 1, 2)}, {"gridRange": area(3, 0, 3, 5)}]
    told = direct.ask("POST", "/values:batchGetByDataFilter", {"dataFilters": same})
    assert [one["valueRange"]["range"] for one in told["valueRanges"]] == ["#REF!", "Sheet1!B1"]
    assert told["valueRanges"][1]["dataFilters"] == same[:2]
    assert "Must specify at least one dataFilter." in refusal(direct.ask, "POST", "/values:batchGetByDataFilter", {})
    for grid, told_ in [
        ({"sheetId": 9}, "No grid with id: 9"),
        ({"startRowIndex": -1}, "GridRange indexes must be >= 0"),
        ({"startRowIndex": 2, "endRowIndex": 1}, "endRowIndex[1] cannot be before startRowIndex[2]"),
        ({"startRowIndex": 1000}, "Range (Sheet1!1001:) exceeds grid limits. Max rows: 1000, max columns: 26"),
        (
            {"startColumnIndex": 26, "endColumnIndex": 27},
            "Range (Sheet1!AA) exceeds grid limits. Max rows: 1000, max columns: 26",
        ),
    ]:
        body = {"dataFilters": [{"gridRange": grid}]}
        assert refusal(direct.ask, "POST", "/values:batchGetByDataFilter", body) == told_
    told = direct.ask("POST", "/values:batchClearByDataFilter", {"dataFilters": [lookup]})
    assert told["clearedRanges"] == ["Sheet1!B1:B1000"]


def test_what_is_not_served_is_not_found(direct: Direct) -> None:
    for verb, rest in [("DELETE", "/values/A1"), ("GET", "/nothing"), ("PUT", "/values/A1:append")]:
        with pytest.raises(Refused) as refused:
            direct.ask(verb, rest, {}, valueInputOption="RAW")
        assert refused.value.code in (400, 404)

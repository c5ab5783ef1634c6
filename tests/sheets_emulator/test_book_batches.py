"""Batches of requests: all or nothing, and each kind that writes cells, rows, columns and tabs."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sheets_emulator.book import Book, Switches
from sheets_emulator.direct import Direct, area, columns, rows, text_cells
from sheets_emulator.errors import Refused
from sheets_emulator.requests import KINDS


@pytest.fixture
def direct() -> Direct:
    made = Direct()
    made.put("A1", ["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"])
    return made


def refusal(direct: Direct, *requests: dict[str, Any], code: int = 400) -> str:
    before = copy.deepcopy(direct.state())
    version = direct.book.version
    with pytest.raises(Refused) as refused:
        direct.batch(*requests)
    assert refused.value.code == code
    assert direct.state() == before
    assert direct.book.version == version
    return refused.value.message


def updated(fields: str, **properties: Any) -> dict[str, Any]:
    return {"updateSheetProperties": {"properties": {"sheetId": 0, **properties}, "fields": fields}}


def test_a_batch_answers_each_request_and_counts_as_one_change(direct: Direct) -> None:
    version = direct.book.version
    answer = direct.batch(updated("title", title="Cysylltiadau"), {"addSheet": {"properties": {"title": "Lists"}}})
    assert answer["replies"][0] == {}
    made = answer["replies"][1]["addSheet"]["properties"]
    assert {key: made[key] for key in ("title", "index", "sheetType")} == {
        "title": "Lists",
        "index": 1,
        "sheetType": "GRID",
    }
    assert made["gridProperties"] == {"rowCount": 1000, "columnCount": 26}
    assert direct.book.version == version + 1


def test_nothing_asked_is_refused(direct: Direct) -> None:
    assert refusal(direct) == "Must specify at least one request."


def test_an_unknown_kind_is_loud(direct: Direct) -> None:
    assert "addChart" in refusal(direct, updated("title", title="x"), {"addChart": {}}, code=501)


TAG = {"metadataKey": "k", "visibility": "DOCUMENT", "location": {"spreadsheet": True}}
TO_GO = {"developerMetadataLookup": {"metadataKey": "old"}}
HIDDEN = {"properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}

WRECKERS: list[dict[str, Any]] = [
    {"insertDimension": {"range": rows(1, 4)}},
    {"insertDimension": {"range": columns(0, 2), "inheritFromBefore": False}},
    {"deleteDimension": {"range": rows(0, 2)}},
    {"deleteDimension": {"range": columns(1, 2)}},
    {"moveDimension": {"source": rows(0, 1), "destinationIndex": 3}},
    {"moveDimension": {"source": columns(2, 3), "destinationIndex": 0}},
    {"updateCells": {"rows": text_cells(["X", "Y"]), "fields": "userEnteredValue", "start": {"rowIndex": 1}}},
    {"appendCells": {"rows": text_cells(["Z"]), "fields": "userEnteredValue"}},
    {"sortRange": {"range": area(0, 0, 3, 3), "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]}},
    {"findReplace": {"find": "e", "replacement": "E", "allSheets": True}},
    {"mergeCells": {"range": area(0, 0, 2, 2), "mergeType": "MERGE_ALL"}},
    {"cutPaste": {"source": area(0, 0, 2, 1), "destination": {"rowIndex": 5, "columnIndex": 5}}},
    {"insertRange": {"range": area(0, 0, 1, 1), "shiftDimension": "COLUMNS"}},
    {"deleteRange": {"range": area(0, 0, 1, 1), "shiftDimension": "ROWS"}},
    {"addSheet": {"properties": {"title": "New"}}},
    {"duplicateSheet": {"sourceSheetId": 0, "newSheetName": "Two"}},
    {"addNamedRange": {"namedRange": {"name": "Here", "range": area(0, 0, 2, 2)}}},
    {"addProtectedRange": {"protectedRange": {"range": area(0, 0, 1, 1)}}},
    {"setBasicFilter": {"filter": {"range": area(0, 0, 3, 3)}}},
    {"addDimensionGroup": {"range": rows(1, 3)}},
    {"addConditionalFormatRule": {"rule": {"ranges": [area(0, 0, 1, 1)], "booleanRule": {}}, "index": 0}},
    {"addBanding": {"bandedRange": {"range": area(0, 0, 3, 3), "rowProperties": {}}}},
    {"setDataValidation": {"range": area(0, 0, 1, 1), "rule": {"condition": {"type": "BOOLEAN"}}}},
    {"updateDimensionProperties": {"range": rows(0, 2), **HIDDEN}},
    {"autoResizeDimensions": {"dimensions": columns(0, 2)}},
    {"updateBorders": {"range": area(0, 0, 2, 2), "top": {"style": "SOLID"}}},
    {"pasteData": {"coordinate": {"rowIndex": 999}, "data": "a\tb\nc", "delimiter": "\t"}},
    {"textToColumns": {"source": area(0, 0, 1, 1), "delimiterType": "CUSTOM", "delimiter": "a"}},
    {"updateSpreadsheetProperties": {"properties": {"title": "Other", "locale": "cy"}, "fields": "title,locale"}},
    updated("title,index,hidden,gridProperties.frozenRowCount", title="T", gridProperties={"frozenRowCount": 1}),
    updated("gridProperties(rowCount,columnCount)", gridProperties={"rowCount": 2, "columnCount": 2}),
    {"createDeveloperMetadata": {"developerMetadata": {"metadataId": 5, **TAG}}},
    {"deleteDeveloperMetadata": {"dataFilter": TO_GO}},
    {"trimWhitespace": {"range": area(0, 0, 3, 3)}},
    {"deleteDuplicates": {"range": area(0, 0, 3, 3)}},
    {"repeatCell": {"range": area(0, 0, 3, 3), "cell": {"note": "n"}, "fields": "note"}},
    {"copyPaste": {"source": area(0, 0, 1, 3), "destination": area(4, 0, 6, 3)}},
]  # fmt: skip


def furnished() -> Direct:
    direct = Direct()
    direct.type("A1", ["a", " b ", "c"], ["d", "e", "=A1&B2"], ["d", "e", 3])
    for number, place in enumerate(({"spreadsheet": True}, {"sheetId": 0}, {"dimensionRange": rows(1, 2)}), 1):
        tag = {"metadataId": number, "metadataKey": "old", "visibility": "DOCUMENT", "location": place}
        direct.reply("createDeveloperMetadata", developerMetadata=tag)
    direct.reply("addNamedRange", namedRange={"name": "There", "range": area(1, 1, 3, 3)})
    return direct


@given(some.lists(some.sampled_from(WRECKERS), min_size=1, max_size=6))
def test_a_bad_request_at_the_end_takes_all_back(requests: list[dict[str, Any]]) -> None:
    direct = furnished()
    refusal(direct, *requests, {"deleteSheet": {"sheetId": 404}})


@given(some.lists(some.sampled_from(WRECKERS), min_size=1, max_size=6))
def test_a_copy_is_left_alone(requests: list[dict[str, Any]]) -> None:
    direct = furnished()
    other = Direct(direct.book.copy("other", "Copy"))
    before = copy.deepcopy(other.state())
    try:
        direct.batch(*requests)
    except Refused:
        return
    assert other.state() == before


def test_the_wreckers_are_most_kinds() -> None:
    used = {kind for request in WRECKERS for kind in request}
    assert used <= set(KINDS)
    assert len(set(KINDS) - used) <= 14


def test_update_cells_from_a_start_and_in_a_range(direct: Direct) -> None:
    start = {"rowIndex": 0, "columnIndex": 1}
    direct.reply("updateCells", rows=text_cells(["B"], ["E", "F"]), fields="userEnteredValue", start=start)
    assert direct.get("A1:C3") == [["a", "B", "c"], ["d", "E", "F"], ["g", "h", "i"]]
    direct.reply("updateCells", rows=text_cells(["X"]), fields="userEnteredValue", range=area(0, 0, 2, 3))
    assert direct.get("A1:C3") == [["X"], [], ["g", "h", "i"]]


def test_update_cells_stays_in_its_range_and_in_the_grid(direct: Direct) -> None:
    wide = text_cells([""] * 27)
    text = refusal(direct, {"updateCells": {"rows": wide, "fields": "userEnteredValue", "start": {}}})
    assert (
        text
        == "Invalid requests[0].updateCells: Attempting to write column: 26, beyond the last requested column of: 25"
    )
    text = refusal(direct, {"updateCells": {"rows": wide[:1] * 2, "fields": "*", "range": area(0, 0, 1, 26)}})
    assert "beyond the last requested" in text
    assert "GridCoordinate.rowIndex[1000] is after last row in grid[999]" in refusal(
        direct, {"updateCells": {"rows": text_cells(["a"]), "fields": "*", "start": {"rowIndex": 1000}}}
    )


def test_an_update_needs_a_mask(direct: Direct) -> None:
    for kind in ("updateCells", "repeatCell"):
        text = refusal(direct, {kind: {"range": area(0, 0, 1, 1)}})
        told = "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)"
        assert text == f"Invalid requests[0].{kind}: {told}"


def test_a_cell_holds_fifty_thousand_characters(direct: Direct) -> None:
    text = refusal(direct, {"updateCells": {"rows": text_cells(["x" * 50_001]), "fields": "*", "start": {}}})
    told = "Your input contains more than the maximum of 50000 characters in a single cell."
    assert text == f"Invalid requests[0].updateCells: {told}"


def test_a_format_is_masked_deeply(direct: Direct) -> None:
    def repeat(format: dict[str, Any], fields: str) -> None:
        direct.reply("repeatCell", range=area(0, 0, 1, 1), cell={"userEnteredFormat": format}, fields=fields)

    repeat({"textFormat": {"bold": True, "italic": True}, "wrapStrategy": "WRAP"}, "userEnteredFormat")
    repeat({"textFormat": {"fontSize": 12}}, "userEnteredFormat.textFormat(bold,fontSize)")
    assert direct.book.sheets[0].at(0, 0).format == {
        "textFormat": {"italic": True, "fontSize": 12},
        "wrapStrategy": "WRAP",
    }
    repeat({"backgroundColor": {"red": 0.5, "blue": 0}}, "userEnteredFormat.backgroundColor")
    found = direct.book.sheets[0].at(0, 0).format or {}
    assert found["backgroundColor"] == {"red": 0.49803922} == found["backgroundColorStyle"]["rgbColor"]
    repeat({}, "userEnteredFormat")
    assert direct.book.sheets[0].at(0, 0).format is None
    assert direct.one("A1") == "a"


def test_append_cells(direct: Direct) -> None:
    direct.reply("appendCells", rows=text_cells(["j", "k"]), fields="userEnteredValue")
    assert direct.get("A3:C4") == [["g", "h", "i"], ["j", "k"]]
    small = Direct(Book("small", "small", rows=1, columns=1))
    small.reply("appendCells", rows=text_cells(["a"], ["b"]), fields="userEnteredValue")
    assert small.book.sheets[0].row_count == 2
    text = refusal(small, {"appendCells": {"rows": text_cells(["a", "b"]), "fields": "*"}})
    assert "Attempting to write column: 1, beyond the last requested column of: 0" in text


def test_racing_appends_may_overwrite() -> None:
    direct = Direct(Book("book", "b", switches=Switches(racing_append_overwrites=True)))
    for text in "abcd":
        direct.reply("appendCells", rows=text_cells([text]), fields="userEnteredValue")
    assert direct.get("A:A") == [["b"], ["d"]]


def test_rows_inserted_take_the_looks_of_a_neighbour(direct: Direct) -> None:
    def looks() -> list[bool]:
        return [bool((direct.book.sheets[0].at(row, 0).format or {}).get("textFormat")) for row in range(5)]

    cell = {"userEnteredFormat": {"textFormat": {"bold": True}}, "note": "n"}
    direct.reply("repeatCell", range=area(0, 0, 1, 3), cell=cell, fields="userEnteredFormat,note")
    direct.reply("insertDimension", range=rows(1, 2), inheritFromBefore=False)
    assert looks() == [True, False, False, False, False]
    direct.reply("insertDimension", range=rows(1, 2), inheritFromBefore=True)
    assert looks() == [True, True, False, False, False]
    assert direct.book.sheets[0].at(1, 0).note is None
    assert direct.get("A1:A5") == [["a"], [], [], ["d"], ["g"]]


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        (
            {"range": rows(1000, 1001)},
            "range.startIndex must be less than the grid size (1000) if inheritFromBefore is false.",
        ),
        ({"range": {"dimension": "ROWS", "endIndex": 1}}, "range.startIndex must be set"),
        ({"range": rows(-1, 1)}, "DimensionRange indexes must be >= 0"),
        ({"range": rows(0, 1, 99)}, "No grid with id: 99"),
    ],
)
def test_where_nothing_can_be_inserted(direct: Direct, given_: dict[str, Any], told: str) -> None:
    assert refusal(direct, {"insertDimension": given_}) == f"Invalid requests[0].insertDimension: {told}"


def test_rows_at_the_end(direct: Direct) -> None:
    direct.reply("insertDimension", range=rows(1000, 1002), inheritFromBefore=True)
    direct.reply("appendDimension", sheetId=0, dimension="COLUMNS", length=4)
    sheet = direct.book.sheets[0]
    assert (sheet.row_count, sheet.column_count) == (1002, 30)


def test_what_cannot_be_deleted(direct: Direct) -> None:
    assert "You can't delete all the rows on the sheet." in refusal(
        direct, {"deleteDimension": {"range": rows(0, 1000)}}
    )
    told = "Tried to delete row index 1000 but there are only 1000 rows."
    assert told in refusal(direct, {"deleteDimension": {"range": rows(1000, 1001)}})


@given(some.integers(0, 2), some.integers(1, 3), some.sampled_from(["ROWS", "COLUMNS"]))
def test_what_is_inserted_and_deleted_was_never_there(at: int, count: int, dimension: str) -> None:
    direct = furnished()
    before = copy.deepcopy(direct.state())
    place = {**rows(at, at + count), "dimension": dimension}
    direct.batch({"insertDimension": {"range": place}}, {"deleteDimension": {"range": place}})
    assert direct.state() == before


@given(some.integers(0, 3), some.integers(1, 2), some.integers(0, 6), some.sampled_from(["ROWS", "COLUMNS"]))
def test_what_is_moved_there_and_back_is_where_it_was(start: int, count: int, to: int, dimension: str) -> None:
    direct = Direct()
    direct.put("A1", *[[f"{row}{column}" for column in range(7)] for row in range(7)])
    tag = {"metadataKey": "k", "visibility": "DOCUMENT"}
    for index in range(7):
        place = {"dimensionRange": {**rows(index, index + 1), "dimension": dimension}}
        direct.reply("createDeveloperMetadata", developerMetadata={**tag, "metadataId": index + 1, "location": place})
    before = copy.deepcopy(direct.state())
    direct.reply("moveDimension", source={**rows(start, start + count), "dimension": dimension}, destinationIndex=to)
    at = to if to <= start else max(start, to - count)
    back = start if at >= start else start + count
    direct.reply("moveDimension", source={**rows(at, at + count), "dimension": dimension}, destinationIndex=back)
    assert direct.state() == before


def test_sorting_moves_contents_and_leaves_gaps_last(direct: Direct) -> None:
    direct.type("A1:C4", ["2", "x", ""], ["", "none", ""], ["10", "y", ""], ["b", "z", ""])
    sort = {"range": area(0, 0, 4, 3), "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]}
    direct.batch({"sortRange": sort})
    assert direct.get("B1:B4") == [["z"], ["x"], ["y"], ["none"]]
    sort["sortSpecs"] = [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]
    direct.batch({"sortRange": sort})
    assert direct.get("B1:B4") == [["y"], ["x"], ["z"], ["none"]]


@pytest.mark.parametrize("moves", [False, True])
def test_sorting_and_row_metadata(moves: bool) -> None:
    direct = Direct(Book("book", "b", switches=Switches(sort_moves_row_metadata=moves)))
    direct.put("A1", ["b"], ["a"])
    tag = {"metadataId": 1, "metadataKey": "k", "visibility": "DOCUMENT", "location": {"dimensionRange": rows(0, 1)}}
    direct.reply("createDeveloperMetadata", developerMetadata=tag)
    direct.reply("sortRange", range=area(0, 0, 2, 1), sortSpecs=[{"dimensionIndex": 0}])
    place = direct.ask("GET", "/developerMetadata/1")["location"]["dimensionRange"]
    assert place == {"dimension": "ROWS", "startIndex": int(moves), "endIndex": int(moves) + 1}


@pytest.mark.parametrize("strict", [False, True])
def test_a_strict_dropdown_and_the_api(strict: bool) -> None:
    direct = Direct(Book("book", "b", switches=Switches(strict_refuses_writes=strict)))
    values = [{"userEnteredValue": "yes"}, {"userEnteredValue": "no"}]
    rule = {"condition": {"type": "ONE_OF_LIST", "values": values}, "strict": True, "showCustomUi": True}
    direct.reply("setDataValidation", range=area(0, 0, 5, 1), rule=rule)
    direct.put("A1", ["yes"])
    write = {"updateCells": {"rows": text_cells(["maybe"]), "fields": "userEnteredValue", "start": {}}}
    if strict:
        assert "violates the data validation rules" in refusal(direct, write)
        with pytest.raises(Refused):
            direct.put("A1", ["maybe"])
    else:
        direct.batch(write)
    assert direct.one("A1") == ("yes" if strict else "maybe")


def test_the_workbook_holds_ten_million_cells(direct: Direct) -> None:
    told = "This action would increase the number of cells in the workbook above the limit of 10000000 cells."
    big = {"rowCount": 500_000, "columnCount": 26}
    assert refusal(direct, updated("gridProperties", gridProperties=big)).endswith(told)
    assert refusal(direct, {"addSheet": {"properties": {"gridProperties": big}}}).endswith(told)
    assert refusal(direct, {"appendDimension": {"dimension": "ROWS", "length": 400_000}}).endswith(told)
    wide = {"addSheet": {"properties": {"gridProperties": {"rowCount": 1, "columnCount": 18_279}}}}
    assert refusal(direct, wide).endswith("above the limit of 18278 columns.")


def test_a_smaller_grid_loses_what_stood_outside(direct: Direct) -> None:
    direct.type("A2", ["=A3"])
    direct.reply("addNamedRange", namedRange={"name": "Last", "range": area(2, 0, 3, 3)})
    direct.reply("mergeCells", range=area(0, 1, 3, 3), mergeType="MERGE_ALL")
    direct.batch(updated("gridProperties(rowCount,columnCount)", gridProperties={"rowCount": 2, "columnCount": 2}))
    assert direct.get("Sheet1", "FORMULA") == [["a", "b"], ["=#REF!"]]
    state = direct.state()
    assert "namedRanges" not in state
    assert state["sheets"][0]["merges"][0]["endRowIndex"] == 2
    assert state["sheets"][0]["merges"][0]["endColumnIndex"] == 2


def test_a_mask_names_fields_that_are_there(direct: Direct) -> None:
    assert refusal(direct, updated("titel", title="x")).endswith("Invalid field: titel")
    hide = {"range": rows(0, 1), "properties": {}, "fields": "hidden"}
    assert refusal(direct, {"updateDimensionProperties": hide}).endswith("Invalid field: hidden")
    assert "Invalid field: value" in refusal(direct, {"updateCells": {"rows": [], "start": {}, "fields": "value"}})


def test_appending_to_a_long_table_is_quick_enough() -> None:
    direct = Direct(Book("book", "b", rows=3000, columns=5))
    direct.put("A1", *[["a", "b", "c", "d", "e"]] * 3000)
    assert direct.append("Sheet1", ["x"])["tableRange"] == "Sheet1!A1:E3000"

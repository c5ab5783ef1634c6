"""Tabs and what lies over cells: properties, names, protection, merges, filters, groups, colours, copies."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_emulator import spreadsheets
from sheets_emulator.book import Book
from sheets_emulator.direct import Direct, area, columns, rows, text_cells
from sheets_emulator.errors import Refused


@pytest.fixture
def direct() -> Direct:
    return Direct()


def refusal(direct: Direct, **request: Any) -> str:
    with pytest.raises(Refused) as refused:
        direct.batch(request)
    assert refused.value.code == 400
    return refused.value.message.partition(": ")[2]


def change(direct: Direct, fields: str, sheet: int = 0, **properties: Any) -> None:
    direct.reply("updateSheetProperties", properties={"sheetId": sheet, **properties}, fields=fields)


def sheet_of(direct: Direct, index: int = 0) -> dict[str, Any]:
    return direct.ask("GET", "")["sheets"][index]  # type: ignore[no-any-return]


def test_a_new_spreadsheet(direct: Direct) -> None:
    state = direct.ask("GET", "")
    assert set(state) == {"spreadsheetId", "properties", "sheets", "spreadsheetUrl"}
    properties = state["properties"]
    assert {name: properties[name] for name in ("title", "locale", "autoRecalc", "timeZone")} == {
        "title": "Friends",
        "locale": "en_US",
        "autoRecalc": "ON_CHANGE",
        "timeZone": "Etc/GMT",
    }
    assert properties["defaultFormat"]["textFormat"]["foregroundColor"] == {}
    assert [one["colorType"] for one in properties["spreadsheetTheme"]["themeColors"]][:3] == [
        "TEXT",
        "BACKGROUND",
        "ACCENT1",
    ]
    grid = {"rowCount": 1000, "columnCount": 26}
    tab = {"sheetId": 0, "title": "Sheet1", "index": 0, "sheetType": "GRID", "gridProperties": grid}
    assert state["sheets"] == [{"properties": tab}]


def test_a_spreadsheet_made_to_order() -> None:
    tabs = [{"properties": {"title": "Pobl"}}, {"properties": {"title": "Rhestrau", "hidden": True}}]
    book = spreadsheets.create("new", {"properties": {"title": "Cyfeillion", "locale": "cy"}, "sheets": tabs}, "me@x")
    state = Direct(book).ask("GET", "")
    assert [one["properties"]["title"] for one in state["sheets"]] == ["Pobl", "Rhestrau"]
    assert state["sheets"][0]["properties"]["sheetId"] == 0
    assert state["sheets"][1]["properties"]["hidden"] is True
    assert (book.owner, book.locale, book.title) == ("me@x", "cy", "Cyfeillion")


def test_tabs_are_named_once(direct: Direct) -> None:
    text = refusal(direct, addSheet={"properties": {"title": "sheet1"}})
    assert text == 'A sheet with the name "sheet1" already exists. Please enter another name.'
    direct.reply("addSheet", properties={})
    assert sheet_of(direct, 1)["properties"]["title"] == "Sheet2"
    assert "100 characters" in refusal(direct, addSheet={"properties": {"title": "x" * 101}})
    assert "already exists" in refusal(direct, addSheet={"properties": {"sheetId": 0}})


def test_tabs_are_ordered_by_what_they_stand_before(direct: Direct) -> None:
    for title in ("b", "c"):
        direct.reply("addSheet", properties={"title": title})

    def titles() -> str:
        return "".join(one.title[-1] for one in direct.book.sheets)

    change(direct, "index", direct.book.sheets[2].id, index=0)
    assert titles() == "c1b"
    change(direct, "index", direct.book.sheets[0].id, index=2)
    assert titles() == "1cb"
    change(direct, "index", direct.book.sheets[0].id, index=3)
    assert titles() == "cb1"


def test_one_tab_stays_visible(direct: Direct) -> None:
    hide = {"properties": {"sheetId": 0, "hidden": True}, "fields": "hidden"}
    assert refusal(direct, updateSheetProperties=hide) == "You can't hide all the sheets in a document."
    assert refusal(direct, deleteSheet={"sheetId": 5}) == "No sheet with id: 5"
    assert "can't remove all the visible sheets" in refusal(direct, deleteSheet={"sheetId": 0})
    direct.reply("addSheet", properties={"title": "b"})
    direct.batch({"updateSheetProperties": hide})
    assert sheet_of(direct)["properties"]["hidden"] is True
    change(direct, "hidden")
    assert "hidden" not in sheet_of(direct)["properties"]


def test_freezing_and_colours_are_left_out_when_nothing(direct: Direct) -> None:
    change(
        direct,
        "gridProperties/frozenRowCount,tabColor",
        gridProperties={"frozenRowCount": 1},
        tabColor={"red": 1, "green": 0.5},
    )
    properties = sheet_of(direct)["properties"]
    assert properties["gridProperties"]["frozenRowCount"] == 1
    assert properties["tabColorStyle"]["rgbColor"] == {"red": 1, "green": 0.49803922}
    change(direct, "gridProperties.frozenRowCount,tabColorStyle", gridProperties={"frozenRowCount": 0})
    assert sheet_of(direct)["properties"]["gridProperties"] == {"rowCount": 1000, "columnCount": 26}
    assert "tabColor" not in sheet_of(direct)["properties"]
    frozen = {"properties": {"gridProperties": {"frozenRowCount": 1000}}, "fields": "gridProperties.frozenRowCount"}
    assert "can't freeze all" in refusal(direct, updateSheetProperties=frozen)


def test_named_ranges_are_a_lock(direct: Direct) -> None:
    made = direct.reply("addNamedRange", namedRange={"name": "crm_lock", "range": area(0, 0, 1, 1)})["namedRange"]
    assert list(made["range"]) == ["startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"]
    assert "sheetId" not in made["range"]
    text = refusal(direct, addNamedRange={"namedRange": {"name": "CRM_lock", "range": area(0, 0, 1, 1)}})
    assert text == "Cannot add named range with name CRM_lock, a named range with that name already exists."
    direct.reply("updateNamedRange", namedRange={**made, "name": "other"}, fields="name")
    assert [one["name"] for one in direct.ask("GET", "")["namedRanges"]] == ["other"]
    direct.reply("deleteNamedRange", namedRangeId=made["namedRangeId"])
    assert "namedRanges" not in direct.ask("GET", "")
    assert "Invalid name" in refusal(direct, addNamedRange={"namedRange": {"name": "A1", "range": {}}})


def test_protection_keeps_others_out(direct: Direct) -> None:
    helper = Direct(direct.book, "helper@example.org")
    made = helper.reply("addProtectedRange", protectedRange={"range": area(0, 0, 1, 26), "editors": {"users": []}})
    assert made["protectedRange"]["editors"] == {}
    assert made["protectedRange"]["requestingUserCanEdit"] is True
    (seen,) = sheet_of(helper)["protectedRanges"]
    assert seen["editors"] == {"users": ["helper@example.org"]}
    stranger = Direct(direct.book, "stranger@example.org")
    for call in (
        lambda: stranger.put("A1:B2", ["a"]),
        lambda: stranger.batch({"updateCells": {"rows": text_cells(["a"]), "fields": "*", "start": {}}}),
        lambda: stranger.batch({"deleteDimension": {"range": rows(0, 1)}}),
        lambda: stranger.ask("POST", "/values/A1:clear", {}),
        lambda: stranger.batch({"deleteProtectedRange": {"protectedRangeId": seen["protectedRangeId"]}}),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert "You are trying to edit a protected cell or object." in refused.value.message
        assert refused.value.code == 400
    stranger.put("A2", ["free"])
    helper.put("A1", ["mine"])
    direct.put("A1", ["the owner's"])
    warn = {"protectedRange": {**seen, "warningOnly": True}, "fields": "warningOnly"}
    helper.batch({"updateProtectedRange": warn})
    assert sheet_of(helper)["protectedRanges"][0]["editors"] == {"users": ["helper@example.org"]}
    stranger.put("A1", ["warned only"])
    helper.reply("deleteProtectedRange", protectedRangeId=seen["protectedRangeId"])
    assert "protectedRanges" not in sheet_of(helper)


def test_a_column_as_wide_as_its_longest_text(direct: Direct) -> None:
    direct.put("A1", ["A" * 1024, "a" * 10])
    direct.reply("autoResizeDimensions", dimensions=columns(0, 2))
    sizes = [one["pixelSize"] for one in direct.state()["sheets"][0]["data"][0]["columnMetadata"][:3]]
    assert sizes == [9483, 76, 100]


def test_merged_cells(direct: Direct) -> None:
    direct.put("A1", ["1", "2", "3"], ["4", "5", "6"])
    direct.reply("mergeCells", range=area(0, 0, 2, 2), mergeType="MERGE_ALL")
    assert direct.get("A1:C2") == [["1", "", "3"], ["", "", "6"]]
    assert sheet_of(direct)["merges"] == [
        {"startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
    ]
    assert direct.put("B1", ["lost"])["updatedCells"] == 1
    assert direct.get("A1:C1") == [["1", "", "3"]]
    assert "merged" in refusal(direct, mergeCells={"range": area(1, 1, 3, 3), "mergeType": "MERGE_ALL"})
    direct.reply("mergeCells", range=area(0, 0, 2, 3), mergeType="MERGE_ROWS")
    assert len(sheet_of(direct)["merges"]) == 2
    direct.reply("unmergeCells", range=area(0, 0, 5, 5))
    assert "merges" not in sheet_of(direct)


def test_filter_groups_and_hidden_rows(direct: Direct) -> None:
    direct.put("A1", ["h"], ["a"], ["b"])
    direct.reply("setBasicFilter", filter={"range": {"sheetId": 0}, "criteria": {"0": {"hiddenValues": ["a"]}}})
    assert sheet_of(direct)["basicFilter"]["range"]["endRowIndex"] == 1000
    direct.reply(
        "updateDimensionProperties", range=rows(2, 3), properties={"hiddenByUser": True}, fields="hiddenByUser"
    )
    looks = direct.state()["sheets"][0]["data"][0]["rowMetadata"]
    assert looks[:3] == [
        {"pixelSize": 21},
        {"hiddenByFilter": True, "pixelSize": 21},
        {"hiddenByUser": True, "pixelSize": 21},
    ]
    direct.reply("clearBasicFilter", sheetId=0)
    assert "basicFilter" not in sheet_of(direct)
    told = direct.reply("addDimensionGroup", range=rows(1, 3))
    assert told == {"dimensionGroups": [{"range": {"dimension": "ROWS", "startIndex": 1, "endIndex": 3}, "depth": 1}]}
    assert sheet_of(direct)["properties"]["gridProperties"]["rowGroupControlAfter"] is True
    assert direct.batch({"deleteDimensionGroup": {"range": rows(1, 3)}})["replies"] == [{"deleteDimensionGroup": {}}]
    assert "rowGroups" not in sheet_of(direct)


def test_conditional_formats_and_banding(direct: Direct) -> None:
    rule = {
        "ranges": [area(1, 0, 9, 1)],
        "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": {"backgroundColor": {"red": 1}}},
    }
    direct.reply("addConditionalFormatRule", rule=rule, index=0)
    direct.reply("insertDimension", range=rows(0, 2))
    (seen,) = sheet_of(direct)["conditionalFormats"]
    assert seen["ranges"] == [{"startRowIndex": 3, "endRowIndex": 11, "startColumnIndex": 0, "endColumnIndex": 1}]
    assert seen["booleanRule"]["format"]["backgroundColorStyle"] == {"rgbColor": {"red": 1}}
    told = direct.reply("updateConditionalFormatRule", index=0, rule=rule)
    assert told["oldRule"] == seen
    assert "No conditional format" in refusal(direct, deleteConditionalFormatRule={"index": 3})
    direct.reply("deleteConditionalFormatRule", index=0)
    assert "conditionalFormats" not in sheet_of(direct)
    band = {"range": area(0, 0, 9, 3), "rowProperties": {"firstBandColor": {"red": 1}}}
    id = direct.reply("addBanding", bandedRange=band)["bandedRange"]["bandedRangeId"]
    assert "alternating" in refusal(direct, addBanding={"bandedRange": band})
    new = {"bandedRangeId": id, "range": area(0, 0, 5, 3)}
    direct.reply("updateBanding", bandedRange=new, fields="range")
    assert sheet_of(direct)["bandedRanges"][0]["range"]["endRowIndex"] == 5
    direct.reply("deleteBanding", bandedRangeId=id)
    assert "bandedRanges" not in sheet_of(direct)


def test_texts(direct: Direct) -> None:
    direct.put("A1", ["one two", "x  y ", "same"], ["two", "", "SAME"], ["Two", "", "other"])
    told = direct.reply("findReplace", find="two", replacement="2", matchCase=True, allSheets=True)
    assert told == {"valuesChanged": 2, "rowsChanged": 2, "sheetsChanged": 1, "occurrencesChanged": 2}
    assert direct.get("A1:A3", "UNFORMATTED_VALUE") == [["one 2"], [2], ["Two"]]
    told = direct.reply("findReplace", find=r"(\w+) (\d)", replacement="$2-$1", searchByRegex=True, sheetId=0)
    assert direct.one("A1") == "2-one" and told["occurrencesChanged"] == 1
    assert direct.reply("trimWhitespace", range=area(0, 0, 3, 3)) == {"cellsChangedCount": 1}
    assert direct.one("B1") == "x y"
    told = direct.reply(
        "deleteDuplicates",
        range=area(0, 0, 3, 3),
        comparisonColumns=[{"dimension": "COLUMNS", "startIndex": 2, "endIndex": 3}],
    )
    assert told == {"duplicatesRemovedCount": 1}
    assert direct.get("C1:C3") == [["same"], ["other"]]
    direct.put("E1", ["a,b"], ["c"])
    direct.reply("textToColumns", source=area(0, 4, 2, 5), delimiterType="COMMA")
    assert direct.get("E1:F2") == [["a", "b"], ["c"]]
    direct.reply("pasteData", coordinate={"rowIndex": 999, "columnIndex": 25}, data="1\t=Z1000*2\nx", delimiter="\t")
    assert direct.get("Z1000:AA1001") == [["1", "2"], ["x"]]


def test_copying_cells(direct: Direct) -> None:
    direct.type("A1", ["1", "=A1*2"], ["3", "4"])
    cell = {"userEnteredFormat": {"textFormat": {"bold": True}}, "note": "n"}
    direct.reply("repeatCell", range=area(0, 0, 1, 1), cell=cell, fields="userEnteredFormat,note")
    direct.reply("copyPaste", source=area(0, 0, 1, 2), destination=area(4, 0, 6, 2), pasteType="PASTE_NORMAL")
    assert direct.get("A5:B6", "FORMULA") == [[1, "=A5*2"], [1, "=A6*2"]]
    assert direct.book.sheets[0].at(5, 0).note == "n"
    direct.reply(
        "copyPaste",
        source=area(0, 0, 2, 2),
        destination=area(0, 4, 1, 5),
        pasteType="PASTE_VALUES",
        pasteOrientation="TRANSPOSE",
    )
    assert direct.get("E1:F2", "FORMULA") == [[1, 3], [2, 4]]
    assert direct.book.sheets[0].at(0, 4).format is None
    direct.reply(
        "cutPaste", source=area(0, 0, 1, 2), destination={"rowIndex": 9, "columnIndex": 1}, pasteType="PASTE_NORMAL"
    )
    assert direct.get("A1:B1") == []
    assert direct.get("B10:C10", "FORMULA") == [[1, "=B10*2"]]


def test_blocks_of_cells_are_pushed_and_pulled() -> None:
    direct = Direct(Book("book", "b", rows=3, columns=3))
    direct.put("A1", ["a", "b", "c"], ["d", "e", "f"], ["g", "h", "i"])
    direct.reply("insertRange", range=area(1, 0, 2, 2), shiftDimension="ROWS")
    assert direct.get("A1:C9") == [["a", "b", "c"], ["", "", "f"], ["d", "e", "i"], ["g", "h"]]
    direct.reply("deleteRange", range=area(0, 0, 1, 1), shiftDimension="COLUMNS")
    assert direct.get("A1:C1") == [["b", "c"]]


def test_copying_a_tab(direct: Direct) -> None:
    direct.type("A1", ["x", "=A1"])
    made = direct.reply("duplicateSheet", sourceSheetId=0, insertSheetIndex=1)["properties"]
    assert (made["title"], made["index"]) == ("Copy of Sheet1", 1)
    other = Book("other", "Other")
    body = {"destinationSpreadsheetId": "other"}
    told = spreadsheets.answer(direct.book, "POST", "/sheets/0:copyTo", {}, body, "me", books={"other": other})
    assert (told["title"], told["index"]) == ("Copy of Sheet1", 1)
    assert Direct(other).get("'Copy of Sheet1'!A1:B1") == [["x", "x"]]
    with pytest.raises(Refused) as refused:
        direct.ask("POST", "/sheets/0:copyTo", {"destinationSpreadsheetId": "nowhere"})
    assert refused.value.code == 404


def test_cells_as_grid_data(direct: Direct) -> None:
    direct.type("B2", ["1.5", "=B2*2"])
    direct.reply("repeatCell", range=area(3, 3, 4, 4), cell={"note": "here"}, fields="note")
    answer = direct.ask("GET", "", ranges=["B2:D4", "A1"], includeGridData="true")
    first, second = answer["sheets"][0]["data"]
    assert (first["startRow"], first["startColumn"]) == (1, 1)
    assert set(second) == {"rowMetadata", "columnMetadata"}
    assert first["rowData"][1] == {}
    assert first["rowData"][2] == {"values": [{}, {}, {"note": "here"}]}
    number, formula = first["rowData"][0]["values"]
    assert number["userEnteredValue"] == {"numberValue": 1.5} == number["effectiveValue"]
    assert (formula["userEnteredValue"], formula["effectiveValue"]) == ({"formulaValue": "=B2*2"}, {"numberValue": 3})
    assert formula["formattedValue"] == "3"
    shown = number["effectiveFormat"]
    assert (shown["horizontalAlignment"], shown["textFormat"]["fontFamily"]) == ("RIGHT", "Arial")
    assert len(first["rowMetadata"]) == len(first["columnMetadata"]) == 3


def test_ranges_choose_the_tabs(direct: Direct) -> None:
    direct.reply("addSheet", properties={"title": "b"})
    assert [one["properties"]["title"] for one in direct.ask("GET", "", ranges="b!A1")["sheets"]] == ["b"]
    body = {"dataFilters": [{"a1Range": "b!A1:B2"}], "includeGridData": True}
    (sheet,) = direct.ask("POST", ":getByDataFilter", body)["sheets"]
    assert len(sheet["data"][0]["columnMetadata"]) == 2


def test_the_answer_shows_the_book_after_the_batch(direct: Direct) -> None:
    write = {"updateCells": {"rows": text_cells(["a"]), "fields": "userEnteredValue", "start": {}}}
    asked = {"includeSpreadsheetInResponse": True, "responseRanges": ["A1:A2"], "responseIncludeGridData": True}
    answer = direct.batch({"insertDimension": {"range": rows(0, 1)}}, write, **asked)
    data = answer["updatedSpreadsheet"]["sheets"][0]["data"][0]
    assert data["rowData"][0]["values"][0]["formattedValue"] == "a"
    bare = direct.batch(write, includeSpreadsheetInResponse=True)["updatedSpreadsheet"]
    assert "data" not in bare["sheets"][0]


def test_csv_out_and_in(direct: Direct) -> None:
    direct.type("A1", ["a,b", "2020-01-01"], ["", 'say "x"', "=1+1"])
    text = direct.book.csv(0, ",")
    assert text == '"a,b",2020-01-01,\r\n,"say ""x""",2'
    book = Book.from_csv("csv", "people.csv", text)
    other = Direct(book)
    assert book.sheets[0].title == "people.csv" and book.sheets[0].id != 0
    assert (book.sheets[0].row_count, book.sheets[0].column_count) == (1000, 26)
    assert other.get("'people.csv'", "UNFORMATTED_VALUE") == [["a,b", 43831], ["", 'say "x"', 2]]


def test_a_spreadsheet_that_is_created_with_cells() -> None:
    cells = {"startRow": 1, "startColumn": 1, "rowData": [{"values": [{"userEnteredValue": {"numberValue": 7}}]}]}
    tabs = [{"properties": {"title": "One"}}, {"properties": {"title": "Two", "sheetId": 5}, "data": [cells]}]
    made = Direct(spreadsheets.create("new", {"sheets": tabs}, "owner@example.org"))
    assert (made.get("Two!A1:C3"), made.book.sheets[0].id) == ([[], ["", "7"]], 0)
    with pytest.raises(Refused, match="create a tab with charts"):
        spreadsheets.create("new", {"sheets": [{"charts": []}]}, "")

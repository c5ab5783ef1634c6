"""One spreadsheet in few calls, by the real client, against the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perthyn.errors import PerthynError
from perthyn_sheets.api import MARKER, MOST, Already


def put(*texts: str, row: int = 0, column: int = 0, sheet: int = 0) -> dict[str, Any]:
    """A request that writes texts side by side."""
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    cells = [{"userEnteredValue": {"stringValue": text}} for text in texts]
    return {"updateCells": {"start": start, "rows": [{"values": cells}], "fields": "userEnteredValue"}}


def tag(key: str, value: str, **location: Any) -> dict[str, Any]:
    """A request that leaves developer metadata."""
    made = {"metadataKey": key, "metadataValue": value, "location": location, "visibility": "DOCUMENT"}
    return {"createDeveloperMetadata": {"developerMetadata": made}}


def test_nothing_is_read_or_asked_before_the_first_call(world: Any) -> None:
    api = world.api()
    (world.folder / "one" / "perthyn-google.json").unlink()
    assert (api.calls.reads, api.quota.reads, api.quota.limit, api.checks) == (0, 0, 50, [])
    with pytest.raises(PerthynError) as caught:
        api.book()
    assert caught.value.code == "sheets.credentials.missing"


def test_the_frame_of_a_book_comes_with_one_call(world: Any) -> None:
    api = world.api()
    second = {"sheetId": 7, "title": "D'Arcy's", "hidden": True, "gridProperties": {"rowCount": 3, "columnCount": 4}}
    column = {"sheetId": 7, "dimension": "COLUMNS", "startIndex": 2, "endIndex": 3}
    merged = {"sheetId": 7, "startRowIndex": 1, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
    kept = {"protectedRangeId": 5, "range": {"sheetId": 7}, "warningOnly": True, "description": "perthyn"}
    api.write(
        [
            {"addSheet": {"properties": second}},
            {"mergeCells": {"range": merged, "mergeType": "MERGE_ALL"}},
            {"addProtectedRange": {"protectedRange": kept}},
            tag("book", "b", spreadsheet=True),
            tag("tab", "t", sheetId=7),
            tag("col", "c", dimensionRange=column),
        ]
    )
    world.emulator.log.mark()
    book = api.book()
    assert world.emulator.log.counted().reads == 1
    assert book["properties"] == {"title": "Friends of Plas Brithwen", "locale": "en_US", "timeZone": "Etc/GMT"}
    assert [(one["metadataKey"], one["metadataValue"]) for one in book["developerMetadata"]] == [("book", "b")]
    first, other = book["sheets"]
    assert (first["properties"]["sheetId"], first["properties"]["title"]) == (0, "Sheet1")
    assert other["properties"]["title"] == "D'Arcy's" and other["properties"]["hidden"]
    assert [one["metadataValue"] for one in other["developerMetadata"]] == ["t"]
    columns = [one.get("developerMetadata", []) for one in other["data"][0]["columnMetadata"]]
    assert [[one["metadataValue"] for one in column] for column in columns] == [[], [], ["c"], []]
    assert [one["endColumnIndex"] for one in other["merges"]] == [2]
    assert [(one["description"], one["warningOnly"]) for one in other["protectedRanges"]] == [("perthyn", True)]
    assert "rowData" not in json.dumps(book), "no cell was asked for"


def test_cells_come_as_they_are_kept(world: Any) -> None:
    api = world.api()
    day = {"userEnteredFormat": {"numberFormat": {"type": "DATE"}}, "userEnteredValue": {"numberValue": 43831}}
    row = {
        "values": [{"userEnteredValue": {"stringValue": "0042"}}, {}, day, {"userEnteredValue": {"boolValue": True}}]
    }
    start = {"sheetId": 0, "rowIndex": 1, "columnIndex": 0}
    fields = "userEnteredValue,userEnteredFormat.numberFormat"
    api.write(
        [
            {"addSheet": {"properties": {"sheetId": 7, "title": "D3"}}},
            {"updateCells": {"start": start, "rows": [row], "fields": fields}},
            put("=1+1", "ŵy", sheet=7),
        ]
    )
    assert api.values(["'Sheet1'", "'D3'"]) == [[[], ["0042", "", 43831, True]], [["=1+1", "ŵy"]]]
    assert api.values([]) == []
    assert (api.calls.reads, api.calls.writes) == (1, 1)


def test_an_empty_tab_has_no_rows(world: Any) -> None:
    assert world.api().values(["'Sheet1'"]) == [[]]


def test_a_write_shows_what_stands_there_afterwards(world: Any) -> None:
    api = world.api()
    answer = api.write([put("Siân", "Llŷn"), {"addSheet": {"properties": {"sheetId": 9}}}], ranges=["'Sheet1'!A1:B1"])
    cells = answer.book["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert [one["userEnteredValue"]["stringValue"] for one in cells] == ["Siân", "Llŷn"]
    assert [list(one) for one in answer.replies] == [[], ["addSheet"]]
    only = api.write([put("x")], ranges=["'Sheet1'!A1"], fields="sheets(properties(sheetId))")
    assert only.book == {"sheets": [{"properties": {"sheetId": 0}}]}
    assert api.write([put("y")]).book == {}


def test_the_body_is_as_short_as_can_be(world: Any) -> None:
    api = world.api()
    api.write([put("ŵ" * 1000)])
    sent = world.emulator.log[-1].size
    assert 2000 < sent < 2200, "two bytes a letter, no spaces"


def test_a_marked_batch_is_applied_once(world: Any) -> None:
    api = world.api()
    answer = api.write([put("first"), tag("k", "v", spreadsheet=True)], marker=2**31 - 1, marker_value="op 1")
    assert [list(one) for one in answer.replies] == [[], ["createDeveloperMetadata"]], "the marker's reply is kept back"
    with pytest.raises(Already):
        api.write([put("second")], marker=2**31 - 1, marker_value="op 1")
    assert api.values(["'Sheet1'"]) == [[["first"]]]


def test_two_operations_with_one_number_are_told_apart(world: Any) -> None:
    api = world.api()
    assert not api.has_marker(77, "op 1")
    api.write([put("first")], marker=77, marker_value="op 1")
    assert api.has_marker(77, "op 1")
    assert not api.has_marker(77, "op 2")
    found = [one for one in api.book()["developerMetadata"] if one["metadataKey"] == MARKER]
    assert [one["metadataId"] for one in found] == [77]


def test_a_number_taken_by_something_else_in_the_batch_is_no_marker(world: Any) -> None:
    api = world.api()
    taken = {"metadataId": 5, "metadataKey": "k", "location": {"spreadsheet": True}, "visibility": "DOCUMENT"}
    again = {"createDeveloperMetadata": {"developerMetadata": taken}}
    api.write([again])
    with pytest.raises(PerthynError) as caught:
        api.write([again], marker=6, marker_value="op")
    assert caught.value.code == "sheets.refused"
    assert not api.has_marker(6, "op"), "nothing of a refused batch stays"


def test_what_is_too_large_is_not_sent(world: Any) -> None:
    api = world.api()
    with pytest.raises(PerthynError) as caught:
        api.write([put("x" * MOST)])
    assert (caught.value.code, api.calls.writes) == ("sheets.too_large", 0)


def test_drive_tells_of_changes_and_of_who_may_open_it(world: Any) -> None:
    api = world.api()
    before = api.version()
    assert api.version() == before
    api.write([put("x")])
    assert api.version() != before
    shared = {one["emailAddress"]: one["role"] for one in api.sharing() or ()}
    assert shared == {"owner@example.org": "owner", world.account["client_email"]: "writer"}
    assert (api.calls.drive, api.calls.reads, api.checks) == (4, 0, [])


def test_without_drive_everything_else_works(world: Any) -> None:
    world.emulator.disabled = {"drive"}
    api = world.api()
    assert api.version() is None and api.version() is None and api.sharing() is None
    assert api.calls.drive == 2, "what was refused once is not asked again"
    assert api.values(["'Sheet1'"]) == [[]]
    ((well, code, facts), _) = api.checks
    assert (well, code, facts["why"].code) == (False, "sheets.drive.unasked", "sheets.api_off")


def test_the_share_of_the_minute_is_that_of_all_programs(world: Any) -> None:
    one, other = world.api(), world.api()
    one.write([put("x")])
    other.book()
    one.book()
    assert one.quota == other.quota == (2, 1, 50)
    assert (one.calls.reads, other.calls.reads) == (1, 1)


def test_we_stay_below_googles_quota_by_ourselves(world: Any) -> None:
    told: list[str] = []
    api = world.api(tell=lambda code, facts: told.append(code))
    for _ in range(120):
        api.values(["'Sheet1'"])
    assert all(entry.code == 200 for entry in world.emulator.log)
    assert told == ["sheets.waiting"] * 2
    assert 115 < api.calls.waited_seconds < 125


def test_the_account_to_share_with_is_known_without_asking(world: Any) -> None:
    api = world.api()
    assert api.account == world.account["client_email"]
    assert world.emulator.faults.seen == 0

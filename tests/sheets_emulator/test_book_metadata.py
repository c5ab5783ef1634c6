"""Developer metadata: where it may stand, how it is found, what it follows, how much there may be."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_emulator.book import Book, Switches
from sheets_emulator.direct import Direct, area, columns, rows
from sheets_emulator.errors import Refused


@pytest.fixture
def direct() -> Direct:
    return Direct()


def create(direct: Direct, number: int, place: dict[str, Any], key: str = "crm", value: str = "v") -> dict[str, Any]:
    given = {"metadataId": number, "metadataKey": key, "metadataValue": value, "location": place}
    return direct.reply("createDeveloperMetadata", developerMetadata={**given, "visibility": "DOCUMENT"})


def refusal(call: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*given, **named)
    assert refused.value.code == 400
    return refused.value.message


def found(direct: Direct, **lookup: Any) -> list[int]:
    body = {"dataFilters": [{"developerMetadataLookup": lookup}]}
    matched = direct.ask("POST", "/developerMetadata:search", body).get("matchedDeveloperMetadata", [])
    return [one["developerMetadata"]["metadataId"] for one in matched]


def test_an_id_can_be_chosen_but_only_once(direct: Direct) -> None:
    told = create(direct, 7, {"spreadsheet": True})["developerMetadata"]
    assert told["location"] == {"locationType": "SPREADSHEET", "spreadsheet": True}
    text = refusal(create, direct, 7, {"sheetId": 0})
    assert text == (
        "Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID [7] because developer "
        "metadata with that ID already exists."
    )
    made = direct.reply(
        "createDeveloperMetadata",
        developerMetadata={"metadataKey": "k", "visibility": "PROJECT", "location": {"sheetId": 0}},
    )["developerMetadata"]
    assert made["metadataId"] > 0
    assert "metadataValue" not in made
    assert made["location"] == {"locationType": "SHEET", "sheetId": 0}


def test_a_repeated_marker_loses_its_whole_batch(direct: Direct) -> None:
    create(direct, 7, {"spreadsheet": True})
    marker = {"metadataId": 7, "metadataKey": "op", "visibility": "DOCUMENT", "location": {"spreadsheet": True}}
    write = {"repeatCell": {"range": area(0, 0, 1, 1), "cell": {"note": "n"}, "fields": "note"}}
    refusal(direct.batch, write, {"createDeveloperMetadata": {"developerMetadata": marker}})
    assert direct.book.sheets[0].rows == []


@pytest.mark.parametrize(
    "place",
    [{}, {"dimensionRange": rows(0, 2)}, {"dimensionRange": rows(1000, 1001)}, {"sheetId": 5}, {"dimensionRange": {}}],
)
def test_where_it_cannot_stand(direct: Direct, place: dict[str, Any]) -> None:
    assert refusal(create, direct, 1, place).startswith("Invalid requests[0].createDeveloperMetadata:")


def test_how_it_is_found(direct: Direct) -> None:
    create(direct, 1, {"spreadsheet": True}, "a")
    create(direct, 2, {"sheetId": 0}, "a", "w")
    create(direct, 3, {"dimensionRange": columns(1, 2)}, "b")
    create(direct, 4, {"dimensionRange": rows(1, 2)}, "a")
    assert found(direct, metadataKey="a") == [1, 2, 4]
    assert found(direct, metadataKey="a", metadataValue="w") == [2]
    assert found(direct, metadataId=3) == [3]
    assert found(direct, locationType="COLUMN") == [3]
    assert found(direct, metadataLocation={"sheetId": 0}) == [2, 3, 4]
    exact = {"metadataLocation": {"sheetId": 0}, "locationMatchingStrategy": "EXACT_LOCATION"}
    assert found(direct, **exact) == [2]
    assert found(direct, metadataLocation={"spreadsheet": True}) == [1]
    assert "lookups cannot limit" in refusal(found, direct, **exact, locationType="SHEET")
    assert "no metadataLocation" in refusal(found, direct, locationMatchingStrategy="EXACT_LOCATION")
    assert "location sheetId" in refusal(found, direct, metadataLocation={"sheetId": 0}, locationType="SPREADSHEET")
    assert found(direct, metadataLocation={"dimensionRange": rows(1, 2)}) == [4]
    assert found(direct, metadataKey="nothing") == []
    body = {"dataFilters": [{"a1Range": "B:B"}]}
    matched = direct.ask("POST", "/developerMetadata:search", body)["matchedDeveloperMetadata"]
    assert [one["developerMetadata"]["metadataId"] for one in matched] == [3]
    assert matched[0]["dataFilters"] == [{"a1Range": "B:B"}]
    assert direct.ask("GET", "/developerMetadata/4")["metadataKey"] == "a"
    with pytest.raises(Refused) as refused:
        direct.ask("GET", "/developerMetadata/99")
    assert refused.value.code == 404


def test_it_follows_its_row_and_column_and_goes_with_them(direct: Direct) -> None:
    create(direct, 1, {"dimensionRange": rows(5, 6)})
    create(direct, 2, {"dimensionRange": columns(2, 3)})

    def places() -> list[int]:
        return [direct.book.metadata[one]["location"]["dimensionRange"]["startIndex"] for one in (1, 2)]

    direct.batch({"insertDimension": {"range": rows(0, 2)}}, {"insertDimension": {"range": columns(2, 3)}})
    assert places() == [7, 3]
    direct.batch({"moveDimension": {"source": columns(3, 4), "destinationIndex": 0}})
    assert places() == [7, 0]
    direct.batch({"deleteDimension": {"range": rows(0, 3)}}, {"deleteDimension": {"range": columns(0, 1)}})
    assert found(direct, metadataKey="crm") == [1]
    small = {"properties": {"sheetId": 0, "gridProperties": {"rowCount": 2}}, "fields": "gridProperties.rowCount"}
    direct.batch({"updateSheetProperties": small})
    assert found(direct, metadataKey="crm") == []


def test_it_is_shown_where_it_stands(direct: Direct) -> None:
    create(direct, 1, {"spreadsheet": True})
    create(direct, 2, {"sheetId": 0})
    create(direct, 3, {"dimensionRange": rows(1, 2)})
    create(direct, 4, {"dimensionRange": columns(0, 1)})
    state = direct.state()
    assert [one["metadataId"] for one in state["developerMetadata"]] == [1]
    (sheet,) = state["sheets"]
    assert [one["metadataId"] for one in sheet["developerMetadata"]] == [2]
    (data,) = sheet["data"]
    assert "developerMetadata" not in data["rowMetadata"][0]
    (tag,) = data["rowMetadata"][1]["developerMetadata"]
    place = {"dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    assert tag["location"] == {"locationType": "ROW", "dimensionRange": place}
    assert data["columnMetadata"][0]["developerMetadata"][0]["metadataId"] == 4


def test_it_is_changed_and_deleted_by_filter(direct: Direct) -> None:
    create(direct, 1, {"spreadsheet": True}, "a")
    create(direct, 2, {"sheetId": 0}, "a")
    lookup = {"developerMetadataLookup": {"metadataKey": "a"}}
    new = {"metadataValue": "new", "metadataKey": "b"}
    changed = direct.reply(
        "updateDeveloperMetadata", dataFilters=[lookup], developerMetadata=new, fields="metadataValue"
    )
    assert [(one["metadataId"], one["metadataKey"]) for one in changed["developerMetadata"]] == [(1, "a"), (2, "a")]
    assert found(direct, metadataValue="new") == [1, 2]
    gone = direct.reply("deleteDeveloperMetadata", dataFilter=lookup)
    assert [one["metadataId"] for one in gone["deletedDeveloperMetadata"]] == [1, 2]
    assert direct.book.metadata == {}


@pytest.mark.parametrize("needs", [False, True])
def test_deleting_what_is_not_there(needs: bool) -> None:
    direct = Direct(Book("book", "b", switches=Switches(delete_metadata_needs_match=needs)))
    request = {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataKey": "no"}}}}
    if needs:
        assert "No developer metadata" in refusal(direct.batch, request)
    else:
        assert direct.batch(request)["replies"] == [{"deleteDeveloperMetadata": {}}]


def test_thirty_thousand_characters_for_the_book_and_for_each_tab(direct: Direct) -> None:
    create(direct, 1, {"spreadsheet": True}, "k", "x" * 29_999)
    create(direct, 2, {"sheetId": 0}, "k", "x" * 29_990)
    assert "30000" in refusal(create, direct, 3, {"spreadsheet": True}, "k", "")
    assert "30000" in refusal(create, direct, 3, {"dimensionRange": rows(0, 1)}, "k", "x" * 9)
    create(direct, 3, {"dimensionRange": rows(0, 1)}, "k", "x" * 8)
    assert sorted(direct.book.metadata) == [1, 2, 3]


def test_a_deleted_tab_takes_its_own_and_a_copied_one_gets_its_own(direct: Direct) -> None:
    create(direct, 1, {"spreadsheet": True})
    create(direct, 2, {"sheetId": 0})
    create(direct, 3, {"dimensionRange": columns(0, 1)})
    direct.reply("duplicateSheet", sourceSheetId=0, newSheetId=8, insertSheetIndex=1)
    mine = [one["location"] for number, one in direct.book.metadata.items() if number > 3]
    assert mine == [
        {"locationType": "SHEET", "sheetId": 8},
        {"locationType": "COLUMN", "dimensionRange": columns(0, 1, 8)},
    ]
    direct.batch({"deleteSheet": {"sheetId": 0}})
    assert [one for one in direct.book.metadata if one <= 3] == [1]

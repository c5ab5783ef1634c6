"""What is asked is held against Google's own description: bodies, parameters, masks, routes."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from google.auth.transport.requests import AuthorizedSession
from hypothesis import given
from hypothesis import strategies as st

from sheets_emulator import fields
from sheets_emulator.api import api
from sheets_emulator.book import Book
from sheets_emulator.errors import Refused
from sheets_emulator.schema import ONE_OF, snake
from sheets_emulator.server import LARGEST, Emulator

SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"


def read(body: Any, name: str = "BatchUpdateSpreadsheetRequest") -> Any:
    return api().schemas["sheets"].read(name, body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"requests": [{"x": 1}]}, """Unknown name "x" at 'requests[0]': Cannot find field."""),
        ({"x": 1}, """Unknown name "x": Cannot find field."""),
        (
            {"requests": [{}, {"addSheet": {"properties": {"grid": {}}}}]},
            """Unknown name "grid" at 'requests[1].add_sheet.properties': Cannot find field.""",
        ),
        (
            {"requests": [{"deleteSheet": {"sheetId": "one"}}]},
            """Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), "one\"""",
        ),
        ({"requests": [{"deleteSheet": {"sheetId": 2**31}}]}, "(TYPE_INT32), 2147483648"),
        ({"requests": [{"deleteSheet": {"sheetId": True}}]}, "(TYPE_INT32), true"),
        ({"requests": [{"addSheet": {"properties": {"title": 5}}}]}, "(TYPE_STRING), 5"),
        ({"requests": [{"addSheet": {"properties": {"hidden": "x"}}}]}, """(TYPE_BOOL), "x\""""),
        ({"requests": [{"addSheet": {"properties": {"sheetType": "TABLE"}}}]}, "google.apps.sheets.v4.SheetType"),
        ({"requests": [{"addSheet": []}]}, "google.apps.sheets.v4.AddSheetRequest"),
        ({"requests": [{"addSheet": {}, "deleteSheet": {}}]}, "oneof field 'kind' is already set"),
        (
            {"requests": [{"updateCells": {"fields": "*", "start": {}, "range": {}}}]},
            "oneof field 'area' is already set. Cannot set 'range'",
        ),
        ({"includeSpreadsheetInResponse": [True]}, "Proto field is not repeating, cannot start list."),
    ],
)
def test_what_is_wrong_is_named(body: Any, words: str) -> None:
    with pytest.raises(Refused) as refused:
        read(body)
    assert words in refused.value.message
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")
    assert words in refused.value.details[0]["fieldViolations"][0]["description"]


def test_all_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        read({"a": 1, "requests": [{"b": 1}]})
    assert len(refused.value.details[0]["fieldViolations"]) == len(refused.value.message.splitlines()) == 2


def test_what_googles_reader_understands_too() -> None:
    loose = {"requests": [{"delete_sheet": {"sheetId": "7"}, "addSheet": None}], "responseRanges": None}
    assert read(loose) == {"requests": [{"deleteSheet": {"sheetId": 7}}]}
    assert read({"values": [[None, 1, "a"]], "majorDimension": None}, "ValueRange") == {"values": [[None, 1, "a"]]}
    assert read(None) == {}


def test_a_body_is_a_field_of_the_whole_request(session: AuthorizedSession, book: Book) -> None:
    wrong = session.put(f"{SHEETS}/{book.id}/values/A1", params={"valueInputOption": "RAW"}, json={"values": ["a"]})
    text = """Invalid value at 'data.values[0]' (type.googleapis.com/google.protobuf.ListValue), "a\""""
    assert wrong.json()["error"]["message"] == text


def test_names_and_values_of_the_query(session: AuthorizedSession, book: Book) -> None:
    wrong = session.get(f"{SHEETS}/{book.id}", params={"grid": "true"}).json()["error"]
    assert wrong["code"] == 400
    assert """Unknown name "grid": Cannot bind query parameter. Field 'grid' could not be found""" in wrong["message"]
    wrong = session.put(f"{SHEETS}/{book.id}/values/A1", params={"valueInputOption": "LOUD"}, json={}).json()["error"]
    assert "Invalid value at 'value_input_option' (type.googleapis.com/" in wrong["message"]
    drive = "https://www.googleapis.com/drive/v3/files"
    assert session.get(drive, params={"strange": "1", "supportsAllDrives": "True"}).status_code == 200


def test_bodies_that_are_no_json(session: AuthorizedSession, book: Book) -> None:
    url = f"{SHEETS}/{book.id}:batchUpdate"
    for body in (b"{", b"[NaN]", b'{"requests": [{"addSheet": {"properties": {"index": NaN}}}]}', b"[]"):
        assert session.post(url, data=body).status_code == 400
    assert session.post(url, data={"requests": "[]"}).status_code == 400
    assert session.post(url, data=b" " * (LARGEST + 1)).json()["error"] == {
        "code": 400,
        "message": "Request payload size exceeds the limit: 10485760 bytes.",
        "status": "INVALID_ARGUMENT",
    }


def test_routes_that_are_not_there(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    for path in ("/v4/spreadsheets/x/cells/A1", "/v4/documents/x", "/v4/spreadsheets/x/values/a/b"):
        found = requests.get(emulator.url + path, timeout=5)
        assert (found.status_code, found.headers["Content-Type"]) == (404, "text/html; charset=UTF-8")
    assert requests.get(f"{emulator.url}/v1/anything", timeout=5).status_code == 404
    assert (emulator.faults.seen, len(emulator.log)) == (3, 4)
    assert session.delete(f"{SHEETS}/{book.id}").status_code == 404
    watch = session.post(f"https://www.googleapis.com/drive/v3/files/{book.id}/watch", json={})
    assert (watch.status_code, "drive.files.watch" in watch.text) == (501, True)


def test_masks_say_what_is_answered(session: AuthorizedSession, book: Book) -> None:
    masks = {
        "spreadsheetId": {"spreadsheetId": book.id},
        "properties.title,properties/locale": {"properties": {"title": "Friends", "locale": "en_US"}},
        "sheets(properties(title,index))": {"sheets": [{"properties": {"title": "Sheet1", "index": 0}}]},
        "sheets/properties/gridProperties(rowCount)": {
            "sheets": [{"properties": {"gridProperties": {"rowCount": 1000}}}]
        },
        "namedRanges": {},
    }
    for mask, answer in masks.items():
        assert session.get(f"{SHEETS}/{book.id}", params={"fields": mask}).json() == answer
    assert session.get(f"{SHEETS}/{book.id}", params={"fields": "*"}).json()["sheets"][0]["data"]
    assert "data" not in session.get(f"{SHEETS}/{book.id}").json()["sheets"][0]


@pytest.mark.parametrize(
    "mask", ["nothing", "sheets.cells", "sheets(", "sheets)", ",", "sheets..data", "spreadsheetId.x"]
)
def test_wrong_masks(session: AuthorizedSession, book: Book, mask: str) -> None:
    error = session.get(f"{SHEETS}/{book.id}", params={"fields": mask}).json()["error"]
    assert (error["code"], error["message"]) == (400, "Request contains an invalid argument.")
    violation = error["details"][0]["fieldViolations"][0]
    assert violation["field"] == mask
    assert violation["description"].startswith("Error expanding 'fields' parameter. Cannot find matching fields")


@st.composite
def bodies(draw: st.DrawFn, name: str = "BatchUpdateSpreadsheetRequest", depth: int = 5) -> dict[str, Any]:
    """What a schema allows, in its plain form."""
    properties = api().schemas["sheets"].schemas[name].get("properties", {})
    most = 1 if name in ONE_OF else 3
    chosen = draw(st.lists(st.sampled_from(sorted(properties)), unique=True, max_size=most)) if properties else []
    return {key: draw(values(properties[key], depth)) for key in chosen}


def values(spec: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if "$ref" in spec:
        return bodies(spec["$ref"], depth - 1) if depth else st.just({})
    if spec["type"] == "array":
        return st.lists(values(spec["items"], depth), max_size=2)
    if "enum" in spec:
        return st.sampled_from(spec["enum"])
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "string": st.text(max_size=3),
        "boolean": st.booleans(),
        "integer": st.integers(-(2**31), 2**31 - 1),
        "number": st.floats(allow_nan=False) | st.integers(-9, 9),
        "object": st.just({}),
        "any": st.none() | st.text(max_size=3),
    }
    return kinds[spec["type"]]


def respelled(value: Any) -> Any:
    """As another client would write the same: snake_case, numbers as text."""
    if isinstance(value, dict):
        return {snake(key): respelled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [respelled(item) for item in value]
    return str(value) if type(value) in (int, float) else value


@given(bodies("Request"))
def test_what_the_description_allows_passes_untouched(body: dict[str, Any]) -> None:
    assert read(body, "Request") is body


@given(bodies("Request"))
def test_another_spelling_means_the_same(body: dict[str, Any]) -> None:
    assert read({"response_ranges": None, "requests": [respelled(body)]}) == {"requests": [body]}


names = st.sampled_from(["a", "b", "c"])
trees = st.recursive(st.none(), lambda inner: st.dictionaries(names, inner, min_size=1), max_leaves=8)
things = st.recursive(st.integers(), lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=12)


def spelled(mask: dict[str, Any]) -> str:
    return ",".join(name if inner is None else f"{name}({spelled(inner)})" for name, inner in mask.items())


@given(st.dictionaries(names, trees, min_size=1))
def test_a_mask_is_read_as_it_is_spelled(mask: dict[str, Any]) -> None:
    assert fields.parse(spelled(mask)) == mask


@given(st.dictionaries(names, trees, min_size=1), things)
def test_masking_twice_is_masking_once(mask: dict[str, Any], thing: Any) -> None:
    once = fields.masked(thing, mask)
    assert fields.masked(once, mask) == once
    assert fields.masked(thing, {"*": None}) == thing


def test_answers_are_in_lines_for_a_person_unless_nobody_wants_them(session: AuthorizedSession, book: Book) -> None:
    link = f"{SHEETS}/{book.id}/values/A1"
    session.put(link, params={"valueInputOption": "RAW"}, json={"values": [["é"]]})
    assert session.get(link).text.splitlines() == [
        "{",
        '  "range": "Sheet1!A1",',
        '  "majorDimension": "ROWS",',
        '  "values": [',
        "    [",
        '      "é"',
        "    ]",
        "  ]",
        "}",
    ]
    assert "\n" not in session.get(link, params={"prettyPrint": "false"}).text
    assert session.get(f"{SHEETS}/none").text.startswith('{\n  "error"')


def test_a_mask_does_not_change_the_order_of_an_answer(session: AuthorizedSession, book: Book) -> None:
    found = session.get(
        f"{SHEETS}/{book.id}", params={"fields": "sheets.properties(title,sheetId),spreadsheetId"}
    ).json()
    assert (list(found), list(found["sheets"][0]["properties"])) == (["spreadsheetId", "sheets"], ["sheetId", "title"])


def test_a_body_is_one_message(session: AuthorizedSession, book: Book) -> None:
    error = session.post(f"{SHEETS}/{book.id}:batchUpdate", json=[]).json()["error"]
    assert error["message"] == 'Invalid JSON payload received. Unknown name "": Root element must be a message.'

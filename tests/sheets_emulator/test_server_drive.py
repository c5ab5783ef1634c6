"""The Drive around the spreadsheets: lists, searches, copies, rights, uploads, exports."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.auth.transport.requests import AuthorizedSession

from sheets_emulator import credentials
from sheets_emulator.book import Book
from sheets_emulator.server import Emulator

FILES = "https://www.googleapis.com/drive/v3/files"
SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"
UPLOAD = "https://www.googleapis.com/upload/drive/v3/files"
KIND = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"


def create(session: AuthorizedSession, name: str, **more: Any) -> str:
    return str(session.post(FILES, json={"name": name, "mimeType": KIND, **more}).json()["id"])


def test_a_new_file_answers_what_google_answers(session: AuthorizedSession) -> None:
    found = session.post(FILES, json={"name": "New", "mimeType": KIND}, params={"supportsAllDrives": "True"})
    assert found.status_code == 200
    assert found.json() == {"kind": "drive#file", "id": found.json()["id"], "name": "New", "mimeType": KIND}
    assert len(found.json()["id"]) == 44
    gone = session.delete(f"{FILES}/{found.json()['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert session.get(f"{FILES}/{found.json()['id']}").status_code == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (f'mimeType="{KIND}" and name = "Friends \\"of\\" us"', ['Friends "of" us']),
        (r"name = 'Bess\'s'", ["Bess's"]),
        ("name contains 'friends'", ['Friends "of" us']),
        ("trashed = true", ["Old"]),
        ("not trashed = true and (name = 'Old' or name = 'Bess\\'s')", ["Bess's"]),
        ("trashed=false and 'me' in owners and name != 'House'", ["Bess's", 'Friends "of" us']),
        ("sharedWithMe", ["House"]),
        ("'owner@example.org' in owners", ["House"]),
        ("appProperties has { key='crm' and value='1' }", ["Bess's"]),
        ("modifiedTime > '2026-01-05T12:00:00'", ["Bess's"]),
        (f"mimeType != '{KIND}'", []),
        ("", ["Bess's", "Old", 'Friends "of" us', "House"]),
    ],
)
def test_searches(
    emulator: Emulator, account: dict[str, Any], session: AuthorizedSession, query: str, names: list[str]
) -> None:
    emulator.put("House", share={account["client_email"]: "reader"})
    emulator.put("Hidden")
    create(session, 'Friends "of" us')
    session.patch(f"{FILES}/{create(session, 'Old')}", json={"trashed": True})
    emulator.clock.advance(4 * 3600)
    create(session, "Bess's", appProperties={"crm": "1"})
    found = session.get(FILES, params={"q": query}).json()
    assert [file["name"] for file in found["files"]] == names


@pytest.mark.parametrize(
    "query", ["name", "name = ", "name = 'a", "'a' within parents", "name like 'x'", "name = 'a' )"]
)
def test_searches_that_make_no_sense(session: AuthorizedSession, query: str) -> None:
    error = session.get(FILES, params={"q": query}).json()["error"]
    assert (error["code"], error["message"], error["errors"][0]["location"]) == (400, "Invalid Value", "q")


def test_pages_and_orders(session: AuthorizedSession) -> None:
    for name in "bdac":
        create(session, name)
    params = {"orderBy": "name desc", "pageSize": "3"}
    first = session.get(FILES, params=params).json()
    rest = session.get(FILES, params=params | {"pageToken": first["nextPageToken"]}).json()
    assert [file["name"] for file in first["files"] + rest["files"]] == list("dcba")
    assert "nextPageToken" not in rest
    for wrong in ({"pageSize": "0"}, {"pageToken": "~!!~x"}, {"orderBy": "size"}):
        assert session.get(FILES, params=wrong).status_code == 400


def test_the_version_tells_of_every_change(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    def now() -> tuple[int, str]:
        found = session.get(f"{FILES}/{book.id}", params={"fields": "version,modifiedTime"}).json()
        return int(found["version"]), found["modifiedTime"]

    before = now()
    assert now() == before
    emulator.people.type("Sheet1", "A1", "Shwmae")
    typed = now()
    assert typed > before and typed[1] > before[1]
    session.post(f"{SHEETS}/{book.id}:batchUpdate", json={"requests": [{"addSheet": {}}]})
    written = now()
    assert written > typed
    assert session.post(f"{SHEETS}/{book.id}:batchUpdate", json={"requests": [{"addSheet": {}}, {}]}).status_code == 400
    assert now() == written
    session.post(f"{FILES}/{book.id}/permissions", json={"type": "anyone", "role": "reader"})
    shared = now()
    assert shared[0] > written[0] and shared[1] == written[1]


def test_sharing(emulator: Emulator, account: dict[str, Any], session: AuthorizedSession, book: Book) -> None:
    url = f"{FILES}/{book.id}/permissions"
    link = session.post(url, json={"type": "anyone", "role": "reader", "withLink": True}).json()
    assert link == {"kind": "drive#permission", "id": "anyoneWithLink", "type": "anyone", "role": "reader"}
    other = emulator.accounts.service_account("other")
    theirs = credentials.session(emulator, other)
    assert theirs.get(f"{SHEETS}/{book.id}").status_code == 200
    assert theirs.get(FILES).json()["files"] == []
    assert theirs.get(url).status_code == 403
    given = session.post(url, json={"type": "user", "role": "reader", "emailAddress": other["client_email"]}).json()
    assert [file["name"] for file in theirs.get(FILES).json()["files"]] == ["Friends"]
    session.patch(f"{url}/{given['id']}", json={"role": "writer"})
    assert theirs.get(url).status_code == 200
    listed = session.get(url, params={"fields": "permissions(emailAddress,role,type)"}).json()["permissions"]
    assert {(one.get("emailAddress"), one["role"]) for one in listed} == {
        ("owner@example.org", "owner"),
        (account["client_email"], "writer"),
        (None, "reader"),
        (other["client_email"], "writer"),
    }
    assert session.delete(f"{url}/{given['id']}").status_code == 204
    assert session.delete(f"{url}/anyoneWithLink").status_code == 204
    assert theirs.get(f"{SHEETS}/{book.id}").status_code == 403
    owner = next(one for one in session.get(url).json()["permissions"] if one["role"] == "owner")
    assert session.delete(f"{url}/{owner['id']}").status_code == 403
    assert session.delete(f"{url}/1").json()["error"]["message"] == "Permission not found: 1."


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"role": "reader"}, 400),
        ({"type": "user", "role": "reader"}, 400),
        ({"type": "user", "role": "king", "emailAddress": "a@b"}, 400),
        ({"type": "user", "role": "owner", "emailAddress": "a@b"}, 403),
    ],
)
def test_sharing_that_makes_no_sense(session: AuthorizedSession, book: Book, body: dict[str, str], code: int) -> None:
    assert session.post(f"{FILES}/{book.id}/permissions", json=body).status_code == code


def test_handing_over(session: AuthorizedSession) -> None:
    id = create(session, "Mine")
    body = {"type": "user", "role": "owner", "emailAddress": "elin@example.org"}
    given = session.post(f"{FILES}/{id}/permissions", json=body, params={"transferOwnership": "true"})
    assert given.json()["role"] == "owner"
    shown = session.get(f"{FILES}/{id}", params={"fields": "owners/emailAddress,ownedByMe"}).json()
    assert shown == {"owners": [{"emailAddress": "elin@example.org"}], "ownedByMe": False}
    assert session.delete(f"{FILES}/{id}").status_code == 403


def test_a_copy(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    emulator.people.type("Sheet1", "B2", "Shwmae")
    copy = session.post(f"{FILES}/{book.id}/copy", json={"name": None}).json()
    assert copy["name"] == "Copy of Friends"
    emulator.people.type("Sheet1", "B2", "changed")
    assert session.get(f"{SHEETS}/{copy['id']}/values/B2").json()["values"] == [["Shwmae"]]
    listed = session.get(f"{FILES}/{copy['id']}/permissions").json()["permissions"]
    assert [one["role"] for one in listed] == ["owner"]


def test_renaming_in_the_drive_is_renaming(session: AuthorizedSession, book: Book) -> None:
    session.patch(f"{FILES}/{book.id}", json={"name": "Cyfeillion"})
    title = session.get(f"{SHEETS}/{book.id}", params={"fields": "properties/title"}).json()
    assert title == {"properties": {"title": "Cyfeillion"}}


def test_folders(session: AuthorizedSession) -> None:
    folder = session.post(FILES, json={"name": "CRM", "mimeType": FOLDER}).json()["id"]
    inside = create(session, "In", parents=[folder])
    create(session, "Out")
    found = session.get(FILES, params={"q": f'parents in "{folder}"'}).json()["files"]
    assert [file["id"] for file in found] == [inside]
    session.patch(f"{FILES}/{inside}", params={"removeParents": folder})
    assert session.get(FILES, params={"q": f"'{folder}' in parents"}).json()["files"] == []


def test_comments_demand_a_mask(session: AuthorizedSession, book: Book) -> None:
    url = f"{FILES}/{book.id}/comments"
    assert session.get(url).json()["error"]["errors"][0]["reason"] == "required"
    id = session.post(url, json={"content": "Why?"}, params={"fields": "id"}).json()["id"]
    listed = session.get(url, params={"fields": "comments/content,nextPageToken", "pageToken": ""}).json()
    assert listed == {"comments": [{"content": "Why?"}]}
    assert session.delete(f"{url}/{id}").status_code == 204


def test_about(session: AuthorizedSession, account: dict[str, Any]) -> None:
    found = session.get("https://www.googleapis.com/drive/v3/about", params={"fields": "user/emailAddress"}).json()
    assert found == {"user": {"emailAddress": account["client_email"]}}


def test_exports(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    emulator.people.paste("Sheet1", "A1", [["a", 'b "c", d'], ["1", ""]])
    url = f"{FILES}/{book.id}/export"
    csv = session.get(url, params={"mimeType": "text/csv"})
    assert (csv.text, csv.headers["Content-Type"]) == ('a,"b ""c"", d"\r\n1,', "text/csv")
    assert (csv.headers["Content-Disposition"], csv.headers["Cache-Control"]) == (
        "attachment",
        "private, max-age=0, must-revalidate",
    )
    assert session.get(url, params={"mimeType": "text/tab-separated-values"}).text.startswith("a\t")
    assert session.get(url, params={"mimeType": "application/pdf"}).status_code == 501
    assert session.get(url, params={"mimeType": "image/png"}).status_code == 400
    assert session.get(f"{FILES}/{book.id}", params={"alt": "media"}).status_code == 403


def test_a_csv_takes_the_place_of_the_tabs(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    emulator.people.add_tab("Another")
    url = f"https://www.googleapis.com/upload/drive/v2/files/{book.id}"
    found = session.put(
        url,
        data=b"a,b\nc,d",
        params={"uploadType": "media", "convert": "True"},
        headers={"Content-Type": "text/csv"},
    )
    assert (found.json()["title"], found.json()["userPermission"]["role"]) == ("Friends", "writer")
    tabs = session.get(f"{SHEETS}/{book.id}", params={"fields": "sheets/properties(title,sheetId)"}).json()["sheets"]
    assert [tab["properties"]["title"] for tab in tabs] == ["Friends"]
    assert tabs[0]["properties"]["sheetId"] != 0
    assert session.get(f"{SHEETS}/{book.id}/values/Friends").json()["values"] == [["a", "b"], ["c", "d"]]


def test_a_multipart_upload(session: AuthorizedSession) -> None:
    described = json.dumps({"name": "Visits", "mimeType": KIND})
    body = (
        f"--xx\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{described}\r\n"
        "--xx\r\nContent-Type: text/csv\r\n\r\nenw,dyddiad\nTŷ,1\r\n--xx--"
    )
    kind = {"Content-Type": "multipart/related; boundary=xx"}
    made = session.post(UPLOAD, params={"uploadType": "multipart"}, data=body.encode(), headers=kind).json()
    assert made["name"] == "Visits"
    values = session.get(f"{SHEETS}/{made['id']}/values/A1:B9").json()["values"]
    assert values == [["enw", "dyddiad"], ["Tŷ", "1"]]


def test_a_download_edited_elsewhere_and_uploaded_again(
    emulator: Emulator, session: AuthorizedSession, book: Book
) -> None:
    rows = [["Enw", "Dyddiad", "Rhodd", "Da"], ["Siân", "2026-01-31", "12.5", "TRUE"], ["Twm", "", "=C2*2", ""]]
    emulator.people.paste("Sheet1", "A1", rows)
    emulator.people.add_tab("Hidden")
    hide = {"properties": {"sheetId": emulator.people.tab("Hidden").id, "hidden": True}, "fields": "hidden"}
    session.post(f"{SHEETS}/{book.id}:batchUpdate", json={"requests": [{"updateSheetProperties": hide}]})
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    file = session.get(f"{FILES}/{book.id}/export", params={"mimeType": kind}).content
    body = b"--xx\r\nContent-Type: application/json\r\n\r\n"
    body += json.dumps({"name": "Again", "mimeType": KIND}).encode()
    body += b"\r\n--xx\r\nContent-Type: " + kind.encode() + b"\r\n\r\n" + file + b"\r\n--xx--"
    headers = {"Content-Type": "multipart/related; boundary=xx"}
    made = session.post(UPLOAD, params={"uploadType": "multipart"}, data=body, headers=headers).json()["id"]
    tabs = session.get(f"{SHEETS}/{made}", params={"fields": "sheets/properties(title,hidden)"}).json()["sheets"]
    assert [tab["properties"] for tab in tabs] == [{"title": "Sheet1"}, {"title": "Hidden", "hidden": True}]
    values = session.get(f"{SHEETS}/{made}/values/Sheet1").json()["values"]
    assert values == [rows[0], ["Siân", "1/31/2026", "12.5", "TRUE"], ["Twm", "", "25"]]

"""Who may come in: grants, tokens, scopes, rights, APIs that are switched off."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from google.auth import exceptions, jwt
from google.auth.transport.requests import AuthorizedSession
from google_auth_oauthlib.flow import InstalledAppFlow
from oauthlib.oauth2 import OAuth2Error

from sheets_emulator import credentials
from sheets_emulator.accounts import JWT_BEARER
from sheets_emulator.book import Book
from sheets_emulator.granting import AUTH, TOKEN_URI
from sheets_emulator.server import Emulator

SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"
FILES = "https://www.googleapis.com/drive/v3/files"


def grant(emulator: Emulator, info: dict[str, Any], **claims: Any) -> requests.Response:
    """What `/token` answers to an assertion with these claims."""
    now = int(time.time())
    payload = {"iss": info["client_email"], "aud": TOKEN_URI, "iat": now, "exp": now + 3600, "scope": AUTH + "drive"}
    signed = jwt.encode(credentials.signing(info).signer, payload | claims)
    form = {"grant_type": JWT_BEARER, "assertion": signed.decode("ascii")}
    return requests.post(emulator.url + "/token", data=form, timeout=5)


def test_the_real_client_signs_in(session: AuthorizedSession, book: Book) -> None:
    found = session.get(f"{SHEETS}/{book.id}")
    assert found.status_code == 200
    assert found.json()["properties"]["title"] == "Friends"


def test_a_grant_is_what_google_gives(emulator: Emulator, account: dict[str, Any]) -> None:
    found = grant(emulator, account)
    assert found.status_code == 200
    assert found.json().keys() == {"access_token", "expires_in", "token_type"}


@pytest.mark.parametrize(
    ("claims", "error", "words"),
    [
        ({"aud": "https://example.org"}, "invalid_grant", "audience"),
        ({"iss": "nobody@example.org"}, "invalid_grant", "account not found"),
        ({"iat": 1, "exp": 3601}, "invalid_grant", "short-lived"),
        ({"exp": int(time.time()) + 9000}, "invalid_grant", "short-lived"),
        ({"scope": "everything"}, "invalid_scope", "scope"),
        ({"scope": ""}, "invalid_scope", "scope"),
    ],
)
def test_wrong_claims_are_refused(
    emulator: Emulator, account: dict[str, Any], claims: dict[str, Any], error: str, words: str
) -> None:
    found = grant(emulator, account, **claims)
    assert (found.status_code, found.json()["error"]) == (400, error)
    assert words in found.json()["error_description"]


def test_another_key_does_not_sign_for_the_account(emulator: Emulator, account: dict[str, Any]) -> None:
    other = emulator.accounts.service_account("other", which=1)
    found = grant(emulator, account | {"private_key": other["private_key"]})
    assert found.json() == {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    assert requests.post(emulator.url + "/token", data={"grant_type": "password"}, timeout=5).status_code == 400


def test_a_person_who_signed_in(emulator: Emulator) -> None:
    info = emulator.accounts.signed_in("elin@example.org", [AUTH + "drive.file"])
    session = credentials.session(emulator, info, (AUTH + "drive.file",))
    made = session.post(FILES, json={"name": "Mine", "mimeType": "application/vnd.google-apps.spreadsheet"})
    assert made.status_code == 200
    emulator.accounts.revoked.add(info["refresh_token"])
    emulator.clock.advance(4000)
    with pytest.raises(exceptions.RefreshError, match=r"invalid_grant: Token has been expired or revoked\."):
        session.get(FILES)


def test_a_wrong_client_is_refused(emulator: Emulator) -> None:
    info = emulator.accounts.signed_in("elin@example.org", [AUTH + "drive.file"])
    for wrong in ({"client_id": "x"}, {"client_secret": "x"}):
        form = {"grant_type": "refresh_token", **info, **wrong}
        found = requests.post(emulator.url + "/token", data=form, timeout=5)
        assert (found.status_code, found.json()["error"]) == (401, "invalid_client")


def test_signing_in_through_a_browser(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the address that the browser comes back to is loopback
    flow = InstalledAppFlow.from_client_config(emulator.accounts.browser.client(), [AUTH + "drive.file"])
    flow.redirect_uri = "http://localhost:1"
    flow.oauth2session.mount("https://", credentials.LoopbackAdapter(emulator.url))

    def visit() -> str:
        there = urlsplit(flow.authorization_url(access_type="offline")[0])
        found = requests.get(f"{emulator.url}{there.path}?{there.query}", allow_redirects=False, timeout=5)
        assert found.status_code == 302
        return found.headers["Location"]

    back = visit()
    flow.fetch_token(authorization_response=back)
    assert flow.credentials.refresh_token
    with pytest.raises(OAuth2Error, match="invalid_grant"):
        flow.fetch_token(authorization_response=back)
    emulator.accounts.browser.person = None
    assert "error=access_denied" in visit()
    strange = requests.get(f"{emulator.url}/o/oauth2/auth?client_id=strange", timeout=5)
    assert (strange.status_code, "invalid_client" in strange.text) == (401, True)


def test_without_a_credential(emulator: Emulator, book: Book) -> None:
    sheets = requests.get(f"{emulator.url}/v4/spreadsheets/{book.id}", timeout=5)
    assert (sheets.status_code, sheets.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    drive = requests.get(f"{emulator.url}/drive/v3/files", timeout=5)
    assert (drive.status_code, drive.json()["error"]["errors"][0]["reason"]) == (403, "forbidden")


def test_a_token_runs_out_and_the_client_gets_another(
    emulator: Emulator, session: AuthorizedSession, book: Book
) -> None:
    session.get(f"{SHEETS}/{book.id}")
    emulator.clock.advance(3700)
    assert session.get(f"{SHEETS}/{book.id}").status_code == 200
    assert [entry.code for entry in emulator.log] == [200, 200, 401, 200, 200]


def test_drive_says_it_otherwise(emulator: Emulator) -> None:
    wrong = {"Authorization": "Bearer ya29.wrong"}
    error = requests.get(f"{emulator.url}/drive/v3/files", headers=wrong, timeout=5).json()["error"]
    assert (error["code"], error["errors"][0]["reason"]) == (401, "authError")
    error = requests.get(f"{emulator.url}/v4/spreadsheets/x", headers=wrong, timeout=5).json()["error"]
    assert (error["code"], "errors" in error) == (401, False)


def test_scopes(emulator: Emulator, account: dict[str, Any], book: Book) -> None:
    reader = credentials.session(emulator, account, (AUTH + "spreadsheets.readonly",))
    assert reader.get(f"{SHEETS}/{book.id}").status_code == 200
    refused = reader.post(f"{SHEETS}/{book.id}:batchUpdate", json={"requests": []})
    assert refused.status_code == 403
    assert refused.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    drive = reader.get(FILES).json()["error"]
    assert (drive["code"], drive["errors"][0]["reason"]) == (403, "insufficientPermissions")


def test_a_grant_for_own_files_reaches_no_other(emulator: Emulator, account: dict[str, Any], book: Book) -> None:
    session = credentials.session(emulator, account, (AUTH + "drive.file",))
    assert session.get(f"{SHEETS}/{book.id}").status_code == 404
    assert session.get(f"{FILES}/{book.id}").status_code == 404
    assert session.get(FILES).json()["files"] == []
    made = session.post(SHEETS, json={"properties": {"title": "Own"}}).json()["spreadsheetId"]
    assert session.get(f"{SHEETS}/{made}").status_code == 200


def test_rights(emulator: Emulator, account: dict[str, Any], session: AuthorizedSession) -> None:
    private = emulator.put("Private")
    seen = emulator.put("Seen", share={account["client_email"]: "reader"})
    assert session.get(f"{SHEETS}/nowhere").json()["error"] == {
        "code": 404,
        "message": "Requested entity was not found.",
        "status": "NOT_FOUND",
    }
    forbidden = {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}
    assert session.get(f"{SHEETS}/{private.id}").json()["error"] == forbidden
    write = {"requests": [{"addSheet": {}}]}
    assert session.post(f"{SHEETS}/{seen.id}:batchUpdate", json=write).json()["error"] == forbidden
    assert session.get(f"{SHEETS}/{seen.id}").status_code == 200
    drive = session.get(f"{FILES}/{private.id}").json()["error"]
    assert (drive["code"], drive["message"]) == (404, f"File not found: {private.id}.")
    drive = session.patch(f"{FILES}/{seen.id}", json={"name": "x"}).json()["error"]
    assert (drive["code"], drive["errors"][0]["reason"]) == (403, "insufficientFilePermissions")


def test_an_api_that_was_never_switched_on(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    emulator.disabled |= {"sheets", "drive"}
    sheets = session.get(f"{SHEETS}/{book.id}").json()["error"]
    assert (sheets["code"], sheets["status"], sheets["details"][1]["reason"]) == (
        403,
        "PERMISSION_DENIED",
        "SERVICE_DISABLED",
    )
    assert sheets["message"].startswith("Google Sheets API has not been used in project ")
    drive = session.get(FILES).json()["error"]
    assert (drive["code"], drive["errors"][0]["reason"]) == (403, "accessNotConfigured")


def test_a_service_account_without_storage(emulator: Emulator, session: AuthorizedSession, book: Book) -> None:
    emulator.drive.service_accounts_store = False
    body = {"name": "x", "mimeType": "application/vnd.google-apps.spreadsheet"}
    for url in (FILES, f"{FILES}/{book.id}/copy"):
        error = session.post(url, json=body).json()["error"]
        assert (error["code"], error["errors"][0]["reason"]) == (403, "storageQuotaExceeded")
        assert error["message"] == "The user's Drive storage quota has been exceeded."
    assert session.post(SHEETS, json={}).status_code == 403
    assert session.get(f"{SHEETS}/{book.id}").status_code == 200

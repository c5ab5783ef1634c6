"""The usual causes told apart, as the emulator gives them, and each in words that say what to do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sheets_emulator import spreadsheets

import perthyn_sheets
from perthyn.errors import PerthynError
from perthyn.text import LANGUAGES, Translator
from perthyn_sheets.causes import refusal, said

LOCALE = Path(perthyn_sheets.__file__).with_name("locale")
SHEET = "'Sheet1'"


def in_words(error: PerthynError) -> Iterable[tuple[str, str]]:
    """Both languages; all facts must be there."""
    for language in LANGUAGES:
        wrong, step = Translator(language, [LOCALE]).error(error)
        assert wrong and step and "{" not in wrong + step and error.code not in wrong
        yield wrong, step


def refused(call: Any, *given: Any, **named: Any) -> PerthynError:
    """What a call raises."""
    with pytest.raises(PerthynError) as caught:
        call(*given, **named)
    assert all(in_words(caught.value))
    return caught.value


def request(kind: str, **parts: Any) -> list[dict[str, Any]]:
    return [{kind: parts}]


def test_a_sheet_that_is_not_shared_names_the_account_to_share_it_with(world: Any) -> None:
    other = world.emulator.put("Not shared")
    error = refused(world.api(sheet=other.id).book)
    assert error.code == "sheets.access.account"
    for wrong, step in in_words(error):
        assert other.id in wrong and world.account["client_email"] in step


def test_a_sheet_that_may_only_be_read_is_read(world: Any) -> None:
    other = world.emulator.put("To read", share={world.account["client_email"]: "reader"})
    api = world.api(sheet=other.id)
    assert api.values([SHEET]) == [[]]
    delete = request("deleteDimension", range={"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 1})
    assert refused(api.write, delete).code == "sheets.access.account"


def test_an_id_that_is_nobodys(world: Any) -> None:
    error = refused(world.api(sheet="1" * 44).book)
    assert error.code == "sheets.missing"
    assert all("1" * 44 in wrong for wrong, _ in in_words(error))


def test_an_api_that_is_off_comes_with_the_link_to_switch_it_on(world: Any) -> None:
    world.emulator.disabled = {"sheets"}
    error = refused(world.api().book)
    assert error.code == "sheets.api_off"
    link = "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project="
    assert all(link in step and " then" not in step for _, step in in_words(error))


def test_a_service_account_has_no_room_of_its_own(world: Any) -> None:
    world.emulator.drive.service_accounts_store = False
    error = refused(world.api(sheet="").create, "Plas", "en_GB", "Europe/London")
    assert error.code == "sheets.storage"
    assert all(world.account["client_email"] in step for _, step in in_words(error))


def test_a_sheet_that_is_full(world: Any) -> None:
    more = request("appendDimension", sheetId=0, dimension="ROWS", length=10_000_000)
    error = refused(world.api().write, more)
    assert error.code == "sheets.full"
    assert all("perthyn move" in step for _, step in in_words(error))


def test_cells_that_somebody_protected(world: Any) -> None:
    kept = {"range": {"sheetId": 0}, "editors": {"users": ["owner@example.org"]}}
    body = {"requests": request("addProtectedRange", protectedRange=kept)}
    spreadsheets.answer(world.book, "POST", ":batchUpdate", {}, body, "owner@example.org")
    cells = {"start": {"sheetId": 0}, "rows": [{"values": [{"userEnteredValue": {"numberValue": 1}}]}]}
    error = refused(world.api().write, request("updateCells", **cells, fields="userEnteredValue"))
    assert error.code == "sheets.protected"


def test_any_other_refusal_gives_googles_words(world: Any) -> None:
    error = refused(world.api().write, request("deleteSheet", sheetId=99))
    assert (error.code, error.facts["status"]) == ("sheets.refused", 400)
    assert all("deleteSheet" in wrong for wrong, _ in in_words(error))


def test_a_key_that_is_no_longer_the_accounts(world: Any) -> None:
    other = world.emulator.accounts.service_account("other", which=1)
    world.account |= {"private_key": other["private_key"]}
    error = refused(world.api().book)
    assert error.code == "sheets.key.withdrawn"
    assert all("Invalid JWT Signature" in wrong for wrong, _ in in_words(error))


def test_an_account_that_was_deleted(world: Any) -> None:
    world.emulator.accounts.disabled.add(world.account["client_email"])
    assert refused(world.api().book).code == "sheets.key.withdrawn"


def test_a_person_without_access_is_not_told_of_service_accounts() -> None:
    body = {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}
    error = refusal(said(403, body), sheet="https://docs.google.com/spreadsheets/d/x", account="")
    assert error.code == "sheets.access.person"
    assert all(in_words(error))


def test_an_excel_file_in_drive_is_no_sheet() -> None:
    words = "This operation is not supported for this document"
    body = {"code": 400, "message": words, "status": "FAILED_PRECONDITION"}
    error = refusal(said(400, body), sheet="https://docs.google.com/spreadsheets/d/x", account="a@b")
    assert error.code == "sheets.office"
    assert all(in_words(error))


@pytest.mark.parametrize("code", [400, 403, 404, 413, 418])
def test_an_error_without_words_is_an_error_still(code: int) -> None:
    assert all(in_words(refusal(said(code, {}), sheet="https://docs.google.com/spreadsheets/d/x", account="")))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "sheets.credentials.missing"),
        ("", "sheets.credentials.broken"),
        ('{"type": "service_account", "client_email": ', "sheets.credentials.broken"),
        ('{"type": "service_account", "client_email": "a@b"}', "sheets.credentials.broken"),
        ('{"type": "service_account", "client_email": "a@b", "private_key": "x", "token_uri": "y"}',
         "sheets.credentials.broken"),
        ('{"installed": {"client_id": "a"}}', "sheets.credentials.broken"),
        ('{"web": {"client_id": "a"}}', "sheets.credentials.web"),
        ('{"type": "authorized_user", "client_id": "a"}', "sheets.credentials.token"),
        ('{"installed": {"client_id": "a", "client_secret": "b", "auth_uri": "c", "token_uri": "d"}}',
         "sheets.sign_in"),
        ('{"name": "package.json"}', "sheets.credentials.other"),
        ("[1, 2]", "sheets.credentials.other"),
        ("\ufeff[1, 2]", "sheets.credentials.other"),
    ],
)  # fmt: skip
def test_a_wrong_file_of_credentials_is_named_with_what_to_do(world: Any, content: str | None, code: str) -> None:
    api = world.api()
    file = world.folder / "one" / "perthyn-google.json"
    file.unlink() if content is None else file.write_text(content, encoding="utf-8")
    error = refused(api.book)
    assert error.code == code
    assert str(file.parent) in str(error.facts["file"])


def test_without_a_key_the_way_round_a_policy_is_shown() -> None:
    for _, step in in_words(PerthynError("sheets.credentials.missing", file="perthyn-google.json")):
        assert "iam.disableServiceAccountKeyCreation" in step and "perthyn sheets sign-in" in step


def test_credentials_may_lie_elsewhere(world: Any) -> None:
    world.machine("one")
    (world.folder / "keys").mkdir()
    (world.folder / "keys" / "k.json").write_text(json.dumps(world.account), encoding="utf-8")
    assert world.api(credentials="../keys/k.json").values([SHEET]) == [[]]
    assert world.api(credentials=str(world.folder / "keys" / "k.json")).values([SHEET]) == [[]]


@pytest.mark.parametrize(
    ("section", "code", "fact"),
    [
        ({"credential": "x"}, "sheets.settings.unknown", ("suggestion", "credentials")),
        ({"budget_seconds": "long"}, "sheets.settings.value", ("name", "budget_seconds")),
        ({"writes_per_minute": 0}, "sheets.settings.value", ("name", "writes_per_minute")),
        ({"endpoint": "localhost"}, "sheets.settings.value", ("name", "endpoint")),
    ],
)
def test_a_wrong_setting_is_named(world: Any, section: dict[str, Any], code: str, fact: tuple[str, str]) -> None:
    error = refused(world.api, **section)
    assert (error.code, error.facts[fact[0]]) == (code, fact[1])

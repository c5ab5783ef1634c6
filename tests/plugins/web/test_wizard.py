"""The first steps: in an empty folder, below an address nobody knows, until there are records; then the app itself."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from perthyn.cli.session import Session
from perthyn.crm import Crm
from perthyn_door.first_steps import FirstSteps
from perthyn_door.start import _Rooms
from perthyn_web.accounts import users
from perthyn_web.accounts.records import User
from perthyn_web.intake import looking

HERE = {"sec-fetch-site": "same-origin"}
PASSWORD = "ceffyl brith ar y mynydd"


@dataclass
class First:
    """A folder where nobody has begun."""

    folder: Path
    session: Session
    client: TestClient
    way: str

    def post(self, step: str, **form: Any) -> Any:
        return self.client.post(self.way + step, data=form)

    def to_check(self, **you: str) -> None:
        """All questions but the last."""
        assert self.post("", organisation="Plas Newydd", language="cy").headers["location"] == f"{self.way}/records"
        assert self.post("/records", place="file").headers["location"] == f"{self.way}/you"
        answer = self.post("/you", **(you or {"account": "here"}))
        assert answer.headers.get("location") == f"{self.way}/check", answer.text


@contextmanager
def begun(folder: Path) -> Iterator[First]:
    with Session({}, str(folder), "en", str(folder), True, False) as session:
        rooms = _Rooms(session, True)
        first = FirstSteps(session, rooms.begun)
        client = TestClient(first, base_url="http://localhost", headers=HERE, follow_redirects=False)
        try:
            yield First(folder, session, client, first.way)
        finally:
            client.close()
            rooms.close()


@pytest.fixture
def first(tmp_path: Path) -> Iterator[First]:
    with begun(tmp_path / "newydd") as found:
        found.folder.mkdir()
        yield found


def crm(first: First) -> Crm:
    return first.session.crm()


def test_four_steps_and_the_app_goes_on(first: First) -> None:
    first.to_check()
    assert not list(first.folder.iterdir()), "nothing is written before the last answer"
    page = first.client.get(f"{first.way}/check").text
    assert "Plas Newydd" in page and "keep.js" not in page, "taps are for later, and its worker is not there yet"
    answer = first.post("/check")
    entrance = answer.headers["location"]
    settings = tomllib.loads((first.folder / "perthyn.toml").read_text(encoding="utf-8"))
    assert settings["organisation"] == "Plas Newydd" and settings["language"] == "cy"
    assert first.client.get(first.way).status_code in (303, 404), "the way is gone"
    assert first.client.get("/").status_code == 303
    entered = first.client.get(entrance)
    if entered.status_code == 200:  # it asks before it lets in, since links are looked at by programs, too
        entered = first.client.post(entrance)
    assert entered.status_code == 303
    assert first.client.get("/import").status_code == 200


def test_invented_people_come_first_where_one_wants_so(first: First) -> None:
    first.to_check()
    assert 'name="invented"' in first.client.get(f"{first.way}/check").text
    first.post("/check", invented="yes")
    assert looking.state_of(crm(first)).running or crm(first).invented()


def test_only_who_knows_the_way_comes_in(first: First) -> None:
    for path in ("/", "/first", "/first/x", f"{first.way[:-1]}x", "/import", "/sign-in", "/api/openapi.json"):
        assert first.client.get(path).status_code == 404, path
    assert first.client.get(first.way, headers={"host": "evil.example"}).status_code == 403
    assert first.client.post(first.way, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert "unsafe" not in first.client.get(first.way).headers["content-security-policy"]


def test_each_is_another_way(tmp_path: Path) -> None:
    with begun(tmp_path) as one, begun(tmp_path) as other:
        assert one.way != other.way and len(one.way) > 40


def test_what_is_missing_is_said(first: First) -> None:
    assert first.post("", organisation="").status_code == 422
    assert first.post("/records", place="server", host="").status_code == 422
    assert first.post("/records", place="sheet", sheet="").status_code == 422
    answer = first.post("/you", account="account", name="Nia", sign_in="nia", password="cath7x", again="other")
    assert answer.status_code == 422 and answer.text.count('class="wrong"') == 2
    assert "cath7x" not in answer.text
    assert first.client.get(f"{first.way}/check").status_code in (200, 303)


def test_a_server_that_does_not_answer_is_said_in_words(first: First) -> None:
    answer = first.post("/records", place="server", host="127.0.0.1", port="9", database="perthyn", user="nia",
                        password="cudd", then="test")  # fmt: skip
    assert answer.status_code == 422 and "cudd" not in answer.text
    answer = first.post("/records", place="sheet", sheet="https://example.org/nothing", then="test")
    assert answer.status_code == 422


def test_a_file_on_this_computer_is_tested(first: First) -> None:
    answer = first.post("/records", place="file", then="test")
    assert answer.status_code == 200 and "It works" in answer.text
    assert not list(first.folder.iterdir())


def test_the_first_administrator(first: First) -> None:
    first.to_check(account="account", name="Nia Prys", sign_in="nia@example.cymru", password=PASSWORD, again=PASSWORD)
    assert PASSWORD not in first.client.get(f"{first.way}/check").text
    assert first.post("/check").headers["location"] == "/sign-in"
    found = list(crm(first).store.scan(User))
    assert [(one.name, one.role) for one in found] == [("Nia Prys", "administrator")]
    assert not users.nobody_yet(crm(first))
    assert PASSWORD not in (first.folder / "perthyn.toml").read_text(encoding="utf-8")


def test_the_language_is_changed_on_any_page(first: First) -> None:
    page = first.client.get(first.way).text
    assert 'lang="en"' in page
    answer = first.client.post("/language", data={"language": "cy", "to": f"{first.way}/records"})
    assert answer.headers["location"] == f"{first.way}/records"
    assert '<html lang="cy"' in first.client.get(first.way).text
    assert first.client.post("/language", data={"language": "cy", "to": "//evil"}).headers["location"] == first.way


def test_files_that_lie_there_are_named_and_left(first: First) -> None:
    (first.folder / "members.csv").write_text("Name\nSiân\n", encoding="utf-8")
    first.to_check()
    assert "members.csv" in first.client.get(f"{first.way}/check").text


def test_where_the_records_cannot_be_made_nothing_is_left(first: First, monkeypatch: pytest.MonkeyPatch) -> None:
    first.to_check()
    (first.folder / "perthyn.sqlite").mkdir()
    answer = first.post("/check")
    assert answer.status_code == 422
    assert not (first.folder / "perthyn.toml").exists()
    (first.folder / "perthyn.sqlite").rmdir()
    assert first.post("/check").status_code == 303


@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_step_is_shown(first: First, language: str) -> None:
    first.post("", organisation="Plas Newydd", language=language)
    for step in ("", "/records", "/you", "/check"):
        answer = first.client.get(first.way + step)
        assert answer.status_code == 200 and f'<html lang="{language}"' in answer.text, step

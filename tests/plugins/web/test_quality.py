"""To put right: what waits, two entries side by side, joined or kept apart."""

from __future__ import annotations

from typing import Any

import pytest

from perthyn.model import Contact

Site = Any  # the class stands in conftest.py
LANGUAGES = pytest.mark.parametrize("language", ["en", "cy"])


def person(site: Site, name: str, **values: Any) -> Contact:
    made, _ = site.crm.add_contact({"name": name, **values})
    found: Contact = made
    return found


@LANGUAGES
def test_what_waits_is_listed_by_kind(site: Site, language: str) -> None:
    client = site.as_role("manager", language)
    page = client.get("/quality").text
    assert ("Yma ddwywaith, efallai" if language == "cy" else "Here twice, perhaps") in page
    for kind in ("duplicate", "import", "consent", "nonsense"):
        assert client.get(f"/quality?kind={kind}").status_code == 200
    assert site.as_role("volunteer", language).get("/quality").status_code == 403


def test_front_of_house_sees_no_rows_as_they_came(site: Site) -> None:
    raw = [one.raw for one in site.crm.open_problems() if one.raw]
    assert raw and "As it came" in site.as_role("manager").get("/quality").text
    page = site.as_role("front_of_house").get("/quality").text
    assert "As it came" not in page and "dealt with" not in page and "Compare" not in page


def test_what_is_ticked_is_dealt_with_and_comes_back(site: Site) -> None:
    one = next(each for each in site.crm.open_problems() if each.code != "duplicate.possible")
    client = site.as_role("manager")
    client.post("/quality/settle", data={"id": str(one.id)})
    assert one.id not in {each.id for each in site.crm.open_problems()}
    assert client.post("/quality/settle").headers["location"] == "/quality"
    site.crm.undo(site.crm.batch())
    assert one.id in {each.id for each in site.crm.open_problems()}
    assert site.as_role("front_of_house").post("/quality/settle", data={"id": str(one.id)}).status_code == 403


@LANGUAGES
def test_two_are_made_one_field_by_field(site: Site, language: str) -> None:
    left = person(site, "D. Jones", title="Mr", email="d@jones.example")
    right = person(site, "Dafydd Jones", title="Dr", email="dafydd@jones.example")
    client = site.as_role("fundraiser", language)
    path = client.post(f"/contacts/{left.id}/same", data={"other": str(right.id)}).headers["location"]
    page = client.get(path).text
    for told in ("D. Jones", "Dafydd Jones", "d@jones.example", "dafydd@jones.example", "Mr", "Dr"):
        assert told in page
    form = {"stays": str(right.id), "take-name": "right", "take-title": "left"}
    assert client.post(f"{path}/join", data=form).headers["location"] == f"/contacts/{right.id}"
    now = site.crm.look_up(left.id)
    assert now.id == right.id and (now.name, now.title) == ("Dafydd Jones", "Mr") and len(now.emails) == 2
    assert client.get(path).status_code == 404, "they have been decided about"


def test_two_are_kept_apart_and_not_asked_again(site: Site) -> None:
    left, right = person(site, "Mair Huws"), person(site, "Mair Huws")
    client = site.as_role("manager")
    path = client.post(f"/contacts/{left.id}/same", data={"other": str(right.id)}).headers["location"]
    assert path in client.get(f"/contacts/{left.id}").text
    client.post(f"{path}/apart")
    assert path not in client.get(f"/contacts/{left.id}").text
    assert site.crm.look_up(left.id).id == left.id


@pytest.mark.parametrize("role", ["volunteer", "front_of_house", "marketing", "read_only"])
def test_who_may_not_join_does_not(site: Site, role: str) -> None:
    pair = site.crm.pairs()[0]
    client = site.as_role(role)
    path = f"/quality/pairs/{pair.problem.id}"
    for answer in (client.get(path), client.post(f"{path}/join"), client.post(f"{path}/apart")):
        assert answer.status_code == 403
    assert site.crm.pairs()[0].problem == pair.problem

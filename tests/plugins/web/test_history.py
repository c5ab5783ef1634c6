"""What was changed and taking it back: who sees which values, what a look beforehand says, what stays and why."""

from __future__ import annotations

import re
from typing import Any

import pytest

from perthyn.crm.roles import known_rights
from perthyn.model import Contact
from perthyn_web.accounts import tokens
from perthyn_web.accounts.noting import changed, keep
from perthyn_web.accounts.records import User, user_id

Site = Any  # the class stands in conftest.py
LANGUAGES = pytest.mark.parametrize("language", ["en", "cy"])


def person(site: Site, name: str = "Gwenllian Prydderch", **values: Any) -> Contact:
    made, _ = site.crm.add_contact({"name": name, **values})
    found: Contact = made
    return found


@LANGUAGES
def test_what_was_changed_is_listed(site: Site, language: str) -> None:
    one = person(site, title="Ms")
    site.crm.edit_contact(one.id, {"title": "Dr"})
    client = site.as_role("manager", language)
    for path in ("/history", f"/history?of={one.id}", "/history?kind=edit"):
        page = client.get(path).text
        assert ("Newidiwyd â llaw" if language == "cy" else "Changed by hand") in page, path
    merged = client.get("/history?kind=merge").text
    assert ">Newidiwyd â llaw</td>" not in merged and ">Changed by hand</td>" not in merged


def test_the_list_says_about_whom(site: Site) -> None:
    one = person(site, title="Ms")
    name = f'<a href="/contacts/{one.id}">Gwenllian Prydderch</a>'
    site.crm.edit_contact(one.id, {"title": "Dr"})
    site.crm.came(one.id, "a" * 20)
    site.crm.add_interaction(one.id, {"kind": "donation", "amount": 2500})
    (gift, visit, edit, *_) = re.findall(r"<tr[^>]*>(.*?)</tr>", site.as_role("manager").get("/history").text, re.S)[1:]
    assert name in gift and name in visit and name in edit and "visit" in visit and "donation" in gift
    assert edit.count("Gwenllian Prydderch") == 1
    assert name not in site.as_role("manager").get("/history?kind=import").text


def test_one_change_tells_before_and_now(site: Site) -> None:
    one = person(site, title="Ms")
    _, receipt = site.crm.edit_contact(one.id, {"title": "Dr", "note": "likes the garden"})
    client = site.as_role("manager")
    page = client.get(f"/history/{receipt.batch}").text
    for told in ("Gwenllian Prydderch", "Ms", "Dr", "likes the garden"):
        assert told in page
    assert site.as_role("volunteer").get(f"/history/{receipt.batch}").status_code == 403


def test_gifts_in_the_past_are_not_told_to_who_may_not_see_them(site: Site) -> None:
    one = person(site)
    _, receipt = site.crm.add_interaction(one.id, {"kind": "donation", "amount": 2500})
    page = site.as_role("marketing").get("/history").text
    assert str(receipt.batch) not in page
    assert site.as_role("marketing").get(f"/history/{receipt.batch}").status_code == 404
    assert str(receipt.batch) in site.as_role("manager").get("/history").text


@LANGUAGES
def test_taking_back_is_seen_first_and_keeps_what_came_later(site: Site, language: str) -> None:
    one = person(site, title="Ms", given="Gwen")
    _, receipt = site.crm.edit_contact(one.id, {"title": "Dr", "given": "Gwenllian"})
    site.crm.edit_contact(one.id, {"title": "Prof"})
    client = site.as_role("administrator", language)
    page = client.get(f"/history/{receipt.batch}/undo").text
    assert "Gwenllian" in page and ("Yn aros fel y mae" if language == "cy" else "Stays as it is") in page
    assert site.crm.look_up(one.id).given == "Gwenllian", "looking changes nothing"
    answer = client.post(f"/history/{receipt.batch}/undo", data={"to": f"/contacts/{one.id}"})
    assert answer.status_code == 303 and answer.headers["location"] == f"/contacts/{one.id}"
    now = site.crm.look_up(one.id)
    assert (now.title, now.given) == ("Prof", "Gwen")
    assert ("1 peth" if language == "cy" else "1 thing stays") in client.get(f"/contacts/{one.id}").text


def test_taking_back_a_taking_back_does_it_again(site: Site) -> None:
    one = person(site, title="Ms")
    _, receipt = site.crm.edit_contact(one.id, {"title": "Dr"})
    client = site.as_role("administrator")
    client.post(f"/history/{receipt.batch}/undo", data={"to": "/contacts"})
    assert site.crm.look_up(one.id).title == "Ms"
    again = re.search(r'action="(/history/[0-9a-f-]{36}/undo)"', client.get("/contacts").text)
    client.post(again[1], data={"to": "/contacts"})  # type: ignore[index]
    assert site.crm.look_up(one.id).title == "Dr"
    assert "This has been taken back" in client.get(f"/history/{receipt.batch}").text


def test_adding_somebody_taken_back_leads_to_a_page_that_is_there(site: Site) -> None:
    client = site.as_role("volunteer")
    made = client.post("/contacts/new", data={"name": "Zebediah Xyzzy"}).headers["location"]
    undo = re.search(r'action="(/history/[0-9a-f-]{36}/undo)"', client.get(made).text)
    answer = client.post(undo[1], data={"to": made})  # type: ignore[index]
    assert answer.headers["location"] == "/contacts"
    assert client.get("/contacts").status_code == 200 and client.get(made).status_code == 404


@pytest.mark.parametrize("role", ["volunteer", "fundraiser", "marketing", "read_only"])
def test_what_others_did_is_not_theirs_to_take_back(site: Site, role: str) -> None:
    one = person(site, title="Ms")
    _, receipt = site.crm.edit_contact(one.id, {"title": "Dr"})
    client = site.as_role(role)
    for answer in (client.get(f"/history/{receipt.batch}/undo"), client.post(f"/history/{receipt.batch}/undo")):
        assert answer.status_code in (403, 404)
    assert site.crm.look_up(one.id).title == "Dr"


def test_of_two_of_one_name_each_takes_back_their_own(site: Site) -> None:
    one = person(site)
    clients = [site.as_role("volunteer", name=name) for name in ("nia", "other")]
    there = site.crm.store.get(User, [user_id("other")])[user_id("other")]
    keep(site.crm, [changed(there, name="Nia")], "a test")
    token = site.nobody()
    rights = frozenset({"contact.read", "history.undo_own", "interaction.read", "interaction.write"})
    known = {right.name for right in known_rights(site.crm.plugins)}
    token.headers["authorization"] = f"Bearer {tokens.new_token(site.crm, 'Nia', rights & known)[1]}"
    clients[0].post(f"/contacts/{one.id}/notes", data={"text": "likes tea"})
    header = site.crm.changes(1)[0]
    assert header.actor == "Nia"
    at = f"/history/{header.id}/undo"
    for answer in (clients[1].get(at), clients[1].post(at), clients[1].get(f"{at}ing"),
                   token.post(f"/api/changes/{header.id}/undo")):  # fmt: skip
        assert answer.status_code in (403, 404), answer.text
    assert site.crm.changes(1)[0].id == header.id
    assert clients[0].get(at).status_code == 200
    assert clients[0].post(at).status_code == 303
    assert site.crm.changes(1)[0].undoes == header.id


def test_it_never_leads_elsewhere(site: Site) -> None:
    one = person(site, title="Ms")
    for to in ("https://evil.example", "//evil.example", "/\\evil.example"):
        _, receipt = site.crm.edit_contact(one.id, {"title": to[:3] + "x"})
        answer = site.as_role("administrator").post(f"/history/{receipt.batch}/undo", data={"to": to})
        assert "evil" not in answer.headers["location"]

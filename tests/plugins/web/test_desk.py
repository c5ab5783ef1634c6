"""Tablets at the desk: paired once, whoever is at one says so by a tap; one that is lost is let in no more."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from perthyn.errors import Forbidden, PerthynError
from perthyn_web.accounts.records import User, user_id
from perthyn_web.desk import tablets

Site = Any  # the class stands in conftest.py


def tablet_of(site: Site) -> TestClient:
    """A tablet that has just been paired."""
    with site.desks() as crm:
        token = tablets.pairing(crm)
    tablet = site.nobody()
    assert "Pair this tablet" in tablet.get(f"/desk/pair/{token}").text
    answer = tablet.post(f"/desk/pair/{token}", data={"name": "Front door"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/who")
    assert site.nobody().post(f"/desk/pair/{token}", data={"name": "Thief"}).status_code == 422
    return tablet


def at_desk(site: Site, role: str = "volunteer", name: str = "mair") -> UUID:
    """Somebody with an account."""
    site.cookie(role, name)
    return user_id(name)


def test_a_tap_says_who_is_at_the_desk(site: Site) -> None:
    mair, huw = at_desk(site), at_desk(site, "front_of_house", "huw")
    boss = at_desk(site, "administrator", "boss")
    tablet = tablet_of(site)
    assert tablet.get("/contacts?q=jones").headers["location"].startswith("/desk/who")
    page = tablet.get("/desk/who").text
    assert "Mair" in page and "Huw" in page and "Boss" not in page
    assert tablet.post(f"/desk/who/{boss}").status_code == 403
    assert tablet.post(f"/desk/who/{mair}").status_code == 303
    assert "Mair" in tablet.get("/").text
    before = tablet.cookies["perthyn"]
    assert tablet.post(f"/desk/who/{huw}").status_code == 303
    assert "Huw" in tablet.get("/").text
    old = site.nobody()
    old.cookies.set("perthyn", before, domain="localhost.local", path="/")
    assert old.get("/contacts?q=jones").status_code == 303, "whoever was there before is signed out"
    assert tablet.post("/desk/leave").status_code == 303
    assert tablet.get("/contacts?q=jones").status_code == 303


def test_who_has_digits_is_asked_for_them(site: Site) -> None:
    boss = at_desk(site, "manager", "boss")
    own = site.as_role("manager", name="boss")
    for wrong in ("12", "1111", "abcd", "123456789"):
        assert own.post("/desk/digits", data={"digits": wrong}).status_code == 422, wrong
    assert own.post("/desk/digits", data={"digits": "4821"}).status_code == 303
    tablet = tablet_of(site)
    assert "Boss" in tablet.get("/desk/who").text
    answers = [tablet.post(f"/desk/who/{boss}", data={"digits": "1234"}).status_code for _ in range(11)]
    assert answers[:9] == [422] * 9 and answers[-1] == 429
    told = tablet.post(f"/desk/who/{boss}", data={"digits": "4821"})
    assert told.status_code == 429 and "too many wrong tries" in told.text, "after ten tries nobody goes on trying"
    assert own.post("/desk/digits", data={"digits": ""}).status_code == 303
    assert "Boss" not in tablet.get("/desk/who").text


def test_a_lost_tablet_is_let_in_no_more(site: Site) -> None:
    mair = at_desk(site)
    tablet = tablet_of(site)
    tablet.post(f"/desk/who/{mair}")
    assert tablet.get("/contacts?q=jones").status_code == 200
    admin = site.as_role("administrator")
    page = admin.get("/desk/tablets").text
    assert "Front door" in page
    (end,) = re.findall(r'action="(/desk/tablets/[0-9a-f-]+/end)"', page)
    assert site.as_role("volunteer").post(end).status_code == 403
    assert admin.post(end).status_code == 303
    assert tablet.get("/contacts?q=jones").status_code == 303
    assert tablet.get("/desk/who").status_code == 403
    assert tablet.post(f"/desk/who/{mair}").status_code == 403


def test_nobody_without_a_tablet_is_tapped_in(site: Site) -> None:
    mair = at_desk(site)
    assert site.nobody().get("/desk/who").status_code == 403
    assert site.nobody().post(f"/desk/who/{mair}").status_code == 403
    assert site.as_role("volunteer").get("/desk/tablets").status_code == 403
    with site.desks() as crm, pytest.raises(Forbidden):
        from perthyn.crm import Actor

        tablets.pairing(crm.acting(Actor("mair", frozenset({"contact.read"})), "en"))


def test_a_link_is_shown_as_a_square_only_where_others_can_come_safely(site: Site) -> None:
    admin = site.as_role("administrator")
    told = admin.post("/desk/tablets/pair")
    assert told.status_code == 422 and "perthyn start --desk" in told.text


def test_a_disabled_account_stands_at_no_desk(site: Site) -> None:
    mair = at_desk(site)
    with site.desks() as crm:
        there = crm.store.get(User, [mair])[mair]
        from perthyn.changes import Edit

        crm.commit([Edit("web.user", mair, {"disabled": (there.disabled, crm.clock())})], kind="setting")
    tablet = tablet_of(site)
    assert "Mair" not in tablet.get("/desk/who").text
    with site.desks() as crm, pytest.raises(PerthynError):
        tablets.switch(crm, next(iter(tablets.tablets(crm))), mair, "")

"""Coming in by the pages: by password and phone, by links, out again; and who may let others in."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pyotp
import pytest

from perthyn_web.accounts import invitations, signing_in, users
from perthyn_web.accounts.records import Token, User, user_id

Site = Any  # the class stands in conftest.py
GOOD = "tri llew a draig goch"


def link(site: Site, name: str = "mair", role: str = "volunteer") -> str:
    """The path of the link of a new user."""
    return invitations.path(users.make(site.crm, name, "Mair Jones", role)[1])


def user(site: Site, name: str = "mair", role: str = "volunteer") -> User:
    """Somebody who has chosen a password."""
    return users.choose(site.crm, link(site, name, role).rpartition("/")[2], GOOD)


def hidden(page: str, name: str) -> str:
    """What a hidden field of a page holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no {name} in the page"
    return unescape(found[1])


def app(page: str) -> pyotp.TOTP:
    """The phone's app that has read the picture."""
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found, page[page.find("<main") :]
    return pyotp.TOTP(found[1].replace(" ", ""))


def test_from_the_link_to_the_page_that_was_asked_for(empty_site: Site) -> None:
    client = empty_site.nobody()
    path = link(empty_site)
    assert "Mair" not in empty_site.nobody("cy").get("/sign-in").text
    assert "Welcome" in client.get(path).text
    refused = client.post(path, data={"password": "password1234"})
    assert refused.status_code == 422 and 'id="e-password"' in refused.text
    page = client.post(path, data={"password": GOOD}).text
    phone = app(page)
    wrong = client.post("/sign-in/code", data={"step": hidden(page, "step"), "code": "12345"})
    assert wrong.status_code == 422 and app(wrong.text).secret == phone.secret
    answer = client.post("/sign-in/code", data={"step": hidden(page, "step"), "code": phone.now(), "to": "/contacts"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/codes?to=%2Fcontacts")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    codes = client.post("/account/codes", data={"to": "/contacts"}).text
    assert len(re.findall(r"<li><code>[a-z2-7]{4}(?:-[a-z2-7]{4}){3}</code></li>", codes)) == 10
    assert client.get("/contacts?q=jones").status_code == 200
    assert client.get(path).status_code == 422


def test_a_wrong_name_and_a_wrong_password_look_alike_and_a_flood_waits(site: Site) -> None:
    user(site)
    client = site.nobody()
    pages = [client.post("/sign-in", data={"name": name, "password": "x"}) for name in ("mair", "nobody")]
    assert [one.status_code for one in pages] == [422, 422]
    assert pages[0].text.replace("mair", "nobody") == pages[1].text
    for _ in range(8):
        client.post("/sign-in", data={"name": "mair", "password": "x"})
    waits = client.post("/sign-in", data={"name": "mair", "password": GOOD})
    assert waits.status_code == 429 and "Minutes to wait: 15" in waits.text
    assert waits.headers["retry-after"] == "900"


def test_too_many_wrong_ones_wait_on_every_way_in(site: Site) -> None:
    """With 429 and the seconds to wait, on pages and in the API, by password, link and token."""
    user(site)
    signing_in.set_policy(site.crm, "offered")
    client = site.nobody()
    client.post("/sign-in", data={"name": "mair", "password": GOOD})
    inside = [client.post("/account/password", data={"old": "x", "password": GOOD}) for _ in range(11)][-1]
    links = [site.nobody().get("/enter/" + "0" * 64) for _ in range(11)][-1]
    system = site.nobody()
    system.headers["authorization"] = "Bearer perthyn_" + "0" * 64
    api = [system.get("/api/contacts") for _ in range(11)][-1]
    for answer in (inside, links, api):
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "900"), answer.text


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "javascript:x"]
)
def test_nobody_is_sent_elsewhere(site: Site, to: str) -> None:
    signing_in.set_policy(site.crm, "offered")
    user(site)
    client = site.nobody()
    answer = client.post("/sign-in", data={"name": "mair", "password": GOOD, "to": to})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_signed_out_is_signed_out(site: Site) -> None:
    client = site.as_role("volunteer")
    again = site.nobody()
    again.cookies.update(client.cookies)
    assert client.get("/sign-out").status_code == 405
    assert again.get("/account").status_code == 200
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert again.get("/account").status_code == 303


def test_whoever_sits_at_the_machine_presses_one_button(empty_site: Site) -> None:
    client = empty_site.nobody()
    path = invitations.path(invitations.for_this_machine(empty_site.crm))
    for _ in range(2):
        assert client.get(path).status_code == 200  # looking uses nothing up
    assert client.post(path).headers["location"] == "/"
    assert client.get("/users").status_code == 200 and client.get("/account").status_code == 200
    assert empty_site.nobody().post(path).status_code == 422


def test_the_first_administrator_makes_themselves(empty_site: Site) -> None:
    client = empty_site.nobody()
    assert "perthyn user add" in client.get("/sign-in").text
    path = invitations.path(users.first(empty_site.crm))
    page = client.post(path, data={"name": "gwen", "shown": "Gwen", "password": GOOD, "language": "cy"}).text
    client.post("/sign-in/code", data={"step": hidden(page, "step"), "code": app(page).now()})
    assert client.get("/users").status_code == 200
    assert "perthyn user add" not in empty_site.nobody().get("/sign-in").text


def test_an_administrator_lets_somebody_in_and_out_again(site: Site) -> None:
    boss = site.as_role("administrator")
    made = boss.post("/users", data={"name": "Elin", "sign_in": "elin", "role": "fundraiser", "language": "cy"})
    path = hidden(made.text, "link").removeprefix("http://localhost")
    assert site.nobody().get(path).status_code == 200
    elin = site.crm.store.get(User, [user_id("elin")])[user_id("elin")]
    assert (elin.role, elin.language) == ("fundraiser", "cy")
    again = boss.post("/users", data={"name": "Elin", "sign_in": "ELIN", "role": "fundraiser"})
    assert again.status_code == 422 and 'id="e-sign_in"' in again.text
    hers = site.as_role("fundraiser", name="elin")
    assert hers.get("/account").status_code == 200
    boss.post(f"/users/{elin.id}", data={"name": "Elin", "role": "manager", "language": ""})
    assert hers.get("/account").status_code == 303
    boss.post(f"/users/{elin.id}/disable")
    assert site.nobody().get(path).status_code == 422
    assert "Comes in no more" in boss.get(f"/users/{elin.id}").text
    assert 'href="/users/' in boss.get("/users").text


def test_the_last_administrator_is_told_why_they_stay(site: Site) -> None:
    boss = site.as_role("administrator")
    id = user_id("administrator")
    for path, data in ((f"/users/{id}/disable", {}), (f"/users/{id}", {"name": "x", "role": "volunteer"})):
        answer = boss.post(path, data=data)
        assert answer.status_code == 422 and "administrator" in answer.text
    assert boss.get("/users").status_code == 200


def test_a_role_of_their_own(site: Site) -> None:
    boss = site.as_role("administrator")
    data = {"new": "yes", "en": "Treasurer", "cy": "Trysorydd", "rights": ["contact.read", "donation.read"]}
    assert boss.post("/users/roles", data=data).status_code == 303
    assert boss.post("/users/roles", data=data).status_code == 422
    page = boss.get("/users/roles").text
    id = re.search(r"/users/roles/([0-9a-f-]{36})", page)
    assert id and 'value="donation.read" checked' in boss.get(f"/users/roles/{id[1]}").text
    assert boss.post("/users/roles", data={"en": "Treasurer", "cy": "T", "rights": "*"}).status_code == 422
    assert boss.post(f"/users/roles/{id[1]}/remove").status_code == 303
    assert "Treasurer" not in boss.get("/users/roles").text


def test_a_token_is_shown_once(site: Site) -> None:
    boss = site.as_role("administrator")
    page = boss.post("/users/tokens", data={"name": "website", "days": "90", "rights": "contact.read"}).text
    assert hidden(page, "token").startswith("perthyn_")
    with site.desks() as crm:  # what its maker loses it loses too
        assert [one.user for one in crm.store.scan(Token)] == [user_id("administrator")]
    listed = boss.get("/users/tokens").text
    assert "website" in listed and "perthyn_" not in listed
    assert boss.post("/users/tokens", data={"name": "x", "days": "9999"}).status_code == 422
    assert boss.post("/users/tokens", data={"name": "x", "days": "9", "rights": "user.write"}).status_code == 422
    id = re.search(r"/users/tokens/([0-9a-f-]{36})/end", listed)
    assert id and boss.post(f"/users/tokens/{id[1]}/end").status_code == 303
    assert "Works no more" in boss.get("/users/tokens").text


def test_ones_own_password_and_second_step(empty_site: Site) -> None:
    signing_in.set_policy(empty_site.crm, "offered")
    user(empty_site)
    here, there = empty_site.as_role("volunteer", name="mair"), empty_site.as_role("volunteer", name="mair")
    wrong = here.post("/account/password", data={"old": "x", "password": "pedwar llew a draig"})
    assert wrong.status_code == 422 and 'id="e-old"' in wrong.text
    answer = here.post("/account/password", data={"old": GOOD, "password": "pedwar llew a draig"})
    assert answer.headers["location"] == "/account"
    assert here.get("/account").status_code == 200 and there.get("/account").status_code == 303
    assert here.post("/account/second-step/begin", data={"password": GOOD}).status_code == 422
    page = here.post("/account/second-step/begin", data={"password": "pedwar llew a draig"}).text
    phone = app(page)
    assert here.post("/account/second-step", data={"code": "1"}).status_code == 422
    assert here.post("/account/second-step", data={"code": phone.now()}).headers["location"] == "/account/codes"
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", here.post("/account/codes").text)
    assert here.post("/account/codes").status_code == 422  # once more only with the password
    assert here.post("/account/second-step/remove", data={"code": codes[0]}).headers["location"] == "/account"
    assert "Not set up" in here.get("/account").text


def test_other_devices_are_shown_and_signed_out(site: Site) -> None:
    here, there, others = (site.as_role("volunteer", name=name) for name in ("mair", "mair", "elin"))
    ids = re.findall(r"/account/sessions/([0-9a-f-]{36})/end", here.get("/account").text)
    assert len(ids) == 1
    assert others.post(f"/account/sessions/{ids[0]}/end").status_code == 404
    assert there.get("/account").status_code == 200
    here.post(f"/account/sessions/{ids[0]}/end")
    assert there.get("/account").status_code == 303 and here.get("/account").status_code == 200


@pytest.mark.parametrize("role", ["manager", "front_of_house", "volunteer", "read_only"])
def test_nobody_else_minds_who_comes_in(site: Site, role: str) -> None:
    client = site.as_role(role)
    before = site.crm.store.position()
    for path in ("/users", "/users/new", f"/users/{user_id(role)}", "/users/roles", "/users/roles/new",
                 "/users/tokens", "/users/tokens/new"):  # fmt: skip
        assert client.get(path).status_code == 403, path
    for path in ("/users", f"/users/{user_id(role)}", f"/users/{user_id(role)}/reset", "/users/second-step",
                 "/users/roles", "/users/tokens"):  # fmt: skip
        assert client.post(path, data={"role": "administrator", "policy": "offered"}).status_code == 403, path
    assert site.crm.store.position() == before
    assert 'href="/users"' not in client.get("/account").text


@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_page_is_shown_in_both_languages(site: Site, language: str) -> None:
    signing_in.set_policy(site.crm, "offered")
    user(site, role="administrator")
    client = site.as_role("administrator", language, name="mair")
    for path in ("/account", "/account/password", "/account/second-step", "/account/codes", "/users", "/users/new",
                 f"/users/{user_id('mair')}", "/users/roles", "/users/roles/new", "/users/tokens",
                 "/users/tokens/new", "/forgotten", "/sign-in"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert f'<html lang="{language}"' in answer.text
        assert "style=" not in answer.text and "<script>" not in answer.text

"""The app itself: who may come in, what every answer carries, what comes from elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from perthyn.screens import Given

Site = Any  # the class stands in conftest.py


def test_nobody_is_asked_to_sign_in(site: Site) -> None:
    answer = site.nobody().get("/contacts?q=jones")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?to=%2Fcontacts%3Fq%3Djones"


def test_a_volunteer_finds_somebody(site: Site) -> None:
    answer = site.as_role("volunteer").get("/contacts?q=jones")
    assert answer.status_code == 200 and "Jones" in answer.text
    part = site.as_role("volunteer").get("/contacts?q=jones", headers={"hx-request": "true", "hx-target": "div#found"})
    assert part.status_code == 200 and "Jones" in part.text and "<html" not in part.text


def test_a_form_from_elsewhere_is_refused(site: Site) -> None:
    client = site.as_role("administrator")
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
                    {"sec-fetch-site": "", "origin": "https://evil.example"}, {"sec-fetch-site": ""}):  # fmt: skip
        answer = client.post("/sign-out", headers=headers)
        assert answer.status_code == 403, headers


def test_another_name_of_this_machine_is_refused(site: Site) -> None:
    assert site.nobody().get("/sign-in", headers={"host": "evil.example"}).status_code == 400


def test_every_answer_guards_the_browser(site: Site) -> None:
    client = site.as_role("administrator")
    for path in ("/contacts", "/nowhere", "/static/perthyn.css", "/api/openapi.json", "/api/nowhere"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        told = {name: set(sources) for name, *sources in (one.split() for one in policy.split(";"))}
        assert told["default-src"] == told["base-uri"] == told["frame-ancestors"] == {"'none'"}, path
        assert told.pop("img-src") == {"'self'", "data:"} and set().union(*told.values()) == {"'none'", "'self'"}, path
        assert headers["x-content-type-options"] == "nosniff", path


def test_what_is_not_there_says_so_in_both_languages(site: Site) -> None:
    assert "There is no page here" in site.as_role("volunteer").get("/nowhere").text
    assert "Nid oes tudalen yma" in site.as_role("volunteer", "cy").get("/nowhere").text


def test_an_id_that_is_none_is_not_there() -> None:
    there = uuid4()
    given = Given([("one", str(there)), ("two", "x"), ("three", "")])
    assert [given.id(name) for name in ("one", "two", "three", "four")] == [there, None, None, None]

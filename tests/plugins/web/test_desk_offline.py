"""A tap at the desk while the Wi-Fi is gone: kept in the tablet, sent when it is back, stored once, in its own name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import expect

from perthyn.model import Contact, Interaction
from perthyn_web.accounts.records import user_id

from .conftest import Site, until, window

BUTTON = "form[data-keep] button"
PATH = "/contacts?q=garth tomas"
WAITING = "Object.keys(localStorage).filter((one) => one.startsWith('perthyn-tap:')).length"
CONTROLLED = "navigator.serviceWorker.controller !== null"
Comes = Callable[..., Any]


def visits_at_the_desk(site: Site) -> list[Interaction]:
    with site.desks() as crm:
        return [one for one in crm.store.scan(Interaction) if one.source == "web:desk"]


def by(site: Site) -> list[str]:
    """In whose names visits are noted."""
    with site.desks() as crm:
        return [one.actor for one in crm.store.headers() if one.reason == "visit"]


@pytest.fixture
def base(site: Site) -> Iterator[str]:
    """The app, at an address."""
    with site.listening() as found:
        yield found


@pytest.fixture
def comes(site: Site, chromium: Any) -> Iterator[Comes]:
    """Somebody comes to a browser of their own, or to one that is there (`context`).

    What a page asks for by way of a worker goes past `set_offline`: there is one only where the server itself stops.
    """
    with ExitStack() as open_now:

        def come(
            base: str, name: str, context: Any = None, language: str = "en", path: str = PATH, workers: Any = "block"
        ) -> Any:
            if context is None:
                context = window(chromium, base, {"language": language}, service_workers=workers)
                open_now.callback(context.close)
            sign_in(context, base, site.cookie("volunteer", name))
            page = context.new_page()
            page.goto(base + path)
            return page

        yield come


@pytest.fixture
def within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, two taps of a test are as near as two within a minute."""
    monkeypatch.setattr("perthyn.crm.arrivals.TWICE", timedelta(hours=1))


def sign_in(context: Any, base: str, cookie: str) -> None:
    context.add_cookies([{"name": "perthyn", "value": cookie, "url": base}])


def told(page: Any) -> Any:
    """What is said of taps that are kept, to be expected of."""
    return expect(page.locator("#kept"))


def back_again(page: Any) -> None:
    """The network is back, and the page has noticed."""
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")


@pytest.mark.slow
@pytest.mark.usefixtures("within_a_minute")
def test_taps_wait_for_the_network_and_count_once(site: Site, base: str, comes: Comes) -> None:
    page = comes(base, "mair")
    page.context.set_offline(True)
    page.click(BUTTON)
    page.wait_for_selector("[data-kept=mine]:visible")
    told(page).to_contain_text("The Wi-Fi is gone")
    told(page).to_contain_text(": 1")
    expect(page.locator(BUTTON).first).to_be_disabled()
    assert not visits_at_the_desk(site)
    back_again(page)
    page.wait_for_selector("[data-kept=sent]:visible")
    until(page, f"{WAITING} === 0")
    assert len(visits_at_the_desk(site)) == 1
    page.goto(f"{base}/contacts?q=garth tomas")
    page.click(BUTTON)
    page.wait_for_url("**/contacts/*")
    expect(page.locator(".said")).to_contain_text("came today")
    assert len(visits_at_the_desk(site)) == 1, "two taps within a minute are one visit"


@pytest.mark.slow
def test_the_last_tap_that_waits_is_taken_back(site: Site, base: str, comes: Comes) -> None:
    page = comes(base, "mair", path="/contacts?q=jones")
    page.context.set_offline(True)
    buttons = page.locator(BUTTON)
    for n in range(2):
        buttons.nth(n).click()
    until(page, f"{WAITING} === 2")
    page.wait_for_selector("[data-kept=mine]:visible")
    page.click("text=Take the last one back")
    until(page, f"{WAITING} === 1")
    expect(buttons.nth(0)).to_be_disabled()
    expect(buttons.nth(1)).to_be_enabled()
    back_again(page)
    page.wait_for_selector("[data-kept=sent]:visible")
    assert len(visits_at_the_desk(site)) == 1


@pytest.mark.slow
def test_what_was_tapped_by_one_is_not_noted_in_the_name_of_another(site: Site, base: str, comes: Comes) -> None:
    mair = comes(base, "mair")
    mair.context.set_offline(True)
    mair.click(BUTTON)
    mair.wait_for_selector("[data-kept=mine]:visible")
    mair.context.clear_cookies()  # her page may still send while it closes: nobody is signed in there any more
    mair.close()
    mair.context.set_offline(False)
    huw = comes(base, "huw", mair.context)
    told(huw).to_contain_text("Tapped by Mair and not sent yet: 1")
    assert not visits_at_the_desk(site)
    huw.click("text=Note it in my name")
    huw.wait_for_selector("[data-kept=sent]:visible")
    assert by(site) == ["Huw"]


@pytest.mark.slow
def test_it_is_sent_when_they_are_back(site: Site, base: str, comes: Comes) -> None:
    mair = comes(base, "mair")
    mair.context.set_offline(True)
    mair.click(BUTTON)
    mair.wait_for_selector("[data-kept=mine]:visible")
    # somebody else signs in in another tab, and hers, which still shows her name, sends
    sign_in(mair.context, base, site.cookie("volunteer", "huw"))
    with mair.expect_response(lambda answer: answer.status == 412):
        back_again(mair)
    assert not visits_at_the_desk(site) and mair.evaluate(WAITING) == 1
    mair.close()  # or it would be the one that sends
    comes(base, "mair", mair.context).wait_for_selector("[data-kept=sent]:visible")
    assert by(site) == ["Mair"]


@pytest.mark.slow
def test_a_tap_that_is_refused_is_told_and_holds_nobody_up(site: Site, base: str, comes: Comes) -> None:
    page = comes(base, "mair", path="/contacts?q=jones")
    page.context.set_offline(True)
    for n in range(3):
        page.locator(BUTTON).nth(n).click()
    until(page, f"{WAITING} === 3")
    first, second = page.evaluate(
        "[...document.querySelectorAll('form[data-keep]')].slice(0, 2).map((one) => one.action.split('/').at(-2))"
    )
    with site.desks() as crm:
        names = {one: crm.who(one).shown_name for one in (first, second)}
        crm.erase(UUID(first))
        other = next(one for one in crm.store.scan(Contact) if one.id not in (UUID(first), UUID(second)))
        problem = crm.suspect(UUID(second), other.id)
        crm.join(crm.pair(problem.id.hex), into=other.id)
    page.wait_for_selector("[data-kept=mine]:visible")
    back_again(page)
    until(page, f"{WAITING} === 1")
    page.wait_for_selector("[data-kept=sent]:visible")
    told(page).to_contain_text(names[first])
    told(page).not_to_contain_text(names[second])
    assert {one.contact for one in visits_at_the_desk(site)} >= {other.id} and len(visits_at_the_desk(site)) == 2
    page.reload()
    told(page).to_contain_text(names[first])  # until somebody has seen to it
    page.click("text=I have seen to it")
    told(page).to_be_hidden()
    until(page, f"{WAITING} === 0")


@pytest.mark.slow
@pytest.mark.usefixtures("within_a_minute")
def test_two_tabs_send_the_same_tap_once(site: Site, base: str, comes: Comes) -> None:
    page = comes(base, "mair", path="/contacts?q=jones")
    other = comes(base, "mair", page.context, path="/contacts?q=jones")
    page.context.set_offline(True)
    for tab in (page, other):
        for n in range(3):
            tab.locator(BUTTON).nth(n).click()
    until(page, f"{WAITING} === 6")
    back_again(page)
    back_again(other)
    for tab in (page, other):
        until(tab, f"{WAITING} === 0")
        expect(tab.locator("[data-kept=refused]")).to_be_hidden()
    assert len(visits_at_the_desk(site)) == 3, "three people, each tapped in two tabs within a minute"


def test_the_same_tap_sent_twice_at_once_is_noted_once(site: Site) -> None:
    client, ready = site.as_role("volunteer"), Barrier(8)
    page = client.get("/contacts?q=garth tomas").text
    way = re.search(r'action="(/contacts/[0-9a-f-]{36}/came)"', page)
    assert way is not None
    answers: list[int] = []

    def tap(one: Any) -> None:
        ready.wait()
        answers.append(one.post(way[1], data={"key": "one-and-the-same"}).status_code)

    threads = [Thread(target=tap, args=(site.as_role("volunteer"),)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers == [303] * 8 and len(visits_at_the_desk(site)) == 1


def test_a_tap_says_who_tapped_and_is_believed_of_nobody_else(site: Site) -> None:
    client = site.as_role("volunteer", name="mair")
    way = re.search(r'action="(/contacts/[0-9a-f-]{36}/came)"', client.get("/contacts?q=garth tomas").text)
    assert way is not None
    refused = client.post(way[1], data={"key": "of-somebody-else", "by": str(user_id("huw"))})
    assert refused.status_code == 412 and "Somebody else" in refused.text and not visits_at_the_desk(site)
    assert client.post(way[1], data={"key": "of-her-own", "by": str(user_id("mair"))}).status_code == 303
    assert by(site) == ["Mair"]


@pytest.mark.slow
def test_signing_out_sends_what_waits_and_leaves_no_name(site: Site, base: str, comes: Comes) -> None:
    page = comes(base, "mair")
    page.context.set_offline(True)
    page.click(BUTTON)
    page.wait_for_selector("[data-kept=mine]:visible")
    page.evaluate("document.querySelector('form[action=\"/sign-out\"]').requestSubmit()")
    page.wait_for_selector("[data-kept=unsent]:visible")
    expect(page, "nothing is sent, and nothing lost, while there is no network").to_have_url(re.compile("tomas$"))
    page.context.set_offline(False)
    until(page, "navigator.onLine")
    page.evaluate("document.querySelector('form[action=\"/sign-out\"]').requestSubmit()")
    page.wait_for_url("**/sign-in")
    assert len(visits_at_the_desk(site)) == 1
    assert page.evaluate("JSON.stringify(localStorage)") == "{}"
    page.evaluate("localStorage.setItem('perthyn-tap:x', JSON.stringify({key: 'x', at: 1, says: 'Garth Tomas came'}))")
    page.reload()
    assert "Garth" not in page.evaluate("JSON.stringify(localStorage)")


@pytest.mark.slow
def test_signing_out_sends_what_waits_where_the_browser_takes_us_for_gone(site: Site, base: str, comes: Comes) -> None:
    page = comes(base, "mair")
    page.context.route("**/came", lambda route: route.abort())
    page.click(BUTTON)
    page.wait_for_selector("[data-kept=mine]:visible")
    page.context.unroute("**/came")
    page.evaluate("Object.defineProperty(navigator, 'onLine', {get: () => false})")
    page.evaluate("document.querySelector('form[action=\"/sign-out\"]').requestSubmit()")
    page.wait_for_url("**/sign-in")
    assert len(visits_at_the_desk(site)) == 1
    assert page.evaluate("JSON.stringify(localStorage)") == "{}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "says"), [("en", "perthyn can't be reached"), ("cy", "Ni ellir cyrraedd perthyn")]
)
def test_without_network_a_page_of_ours_waits_for_it(site: Site, comes: Comes, language: str, says: str) -> None:
    wrong: list[str] = []
    with site.listening() as base:
        page = comes(base, "mair", language=language, workers="allow")
        page.on("console", lambda one: wrong.append(one.text) if "Content Security" in one.text else None)
        until(page, CONTROLLED)
    page.click(BUTTON)
    page.wait_for_selector("[data-kept=mine]:visible")
    page.goto(f"{base}/contacts?q=jones")
    expect(page.locator("h1")).to_contain_text(says)
    told(page).to_contain_text(": 1")
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert page.evaluate("getComputedStyle(document.querySelector('.sheet')).maxWidth") != "none", "it has its looks"
    kept = page.evaluate(
        """async () => { const found = [];
        for (const name of await caches.keys()) for (const one of await (await caches.open(name)).keys())
            found.push(new URL(one.url).pathname);
        return found; }"""
    )
    assert "/offline" in kept and all(one == "/offline" or one.startswith("/static/") for one in kept)
    with site.listening(int(base.rpartition(":")[2])):
        page.wait_for_selector("[data-kept=sent]:visible")
        expect(page).to_have_url(f"{base}/contacts?q=jones")
        assert len(visits_at_the_desk(site)) == 1 and wrong == []


def test_the_page_that_is_kept_holds_nothing_of_anybody(site: Site) -> None:
    shown = site.nobody().get("/offline")
    assert shown.status_code == 200 and "set-cookie" not in shown.headers
    assert "Mair" not in site.as_role("volunteer", name="mair").get("/offline").text
    script = site.nobody().get("/worker.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "worker-src 'self'" in script.headers["content-security-policy"]
    assert site.nobody().head("/worker.js").status_code == 200

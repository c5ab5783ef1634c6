"""Whole journeys in a real browser, as those who work here: what each does on an ordinary day.

Two who edit at once, an import, a segment with its campaign and `perthyn start` itself have files of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from perthyn.changes import Create
from perthyn.model import Contact, Interaction, Problem
from perthyn_donations.records import Claim
from perthyn_web.desk import tablets

from .conftest import Site, sent, window

pytestmark = pytest.mark.slow
DESK, TABLET, PHONE = {"width": 1280, "height": 900}, {"width": 820, "height": 1100}, {"width": 390, "height": 844}


@contextmanager
def at(site: Site, chromium: Any, role: str = "", language: str = "en", size: Any = DESK, **how: Any) -> Iterator[Any]:
    """A page of somebody in a role; what the browser complains of fails the test. Its addresses begin with ``/``."""
    cookies = how.pop("cookies", {}) | ({"perthyn": site.cookie(role)} if role else {})
    with site.listening() as base:
        context = window(chromium, base, cookies, viewport=size, locale=language, base_url=base, **how)
        page, wrong = context.new_page(), []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda told: wrong.append(told.text) if "Security Policy" in told.text else None)
        page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith((base, "data:")) else None)
        try:
            yield page
        finally:
            context.close()
        assert not wrong, wrong


def person(site: Site, name: str, **more: Any) -> Contact:
    made, _ = site.crm.add_contact({"name": name, **more})
    found: Contact = made
    return found


def test_two_volunteers_share_a_tablet(site: Site, chromium: Any) -> None:
    """In Welsh: found by a slip of the finger, came today, taken back, and the next one takes over by a tap."""
    one = person(site, "Gwenllian Prydderch")
    for name in ("mair", "huw"):
        site.cookie("volunteer", name)
    with site.desks() as crm:
        tablet = tablets.pair(crm, tablets.pairing(crm), "Drws ffrynt")
    with at(site, chromium, language="cy", size=TABLET, cookies={"tablet": tablet}) as page:
        page.goto("/contacts?q=gwenlian")
        page.get_by_role("button", name="Mair").click()
        page.wait_for_url("**/contacts?q=gwenlian")
        page.goto("/")
        page.locator("#find").fill("gwenlian prydd")
        page.locator(".hit", has_text=one.shown_name).get_by_role("button", name="Daeth heddiw").click()
        page.wait_for_url(f"**/contacts/{one.id}")
        sent(page, page.locator(".said button"))
        expect(page.locator(".glance .icon")).to_have_count(0)
        assert site.crm.happened(one.id) == []
        page.get_by_role("button", name="Rhywun arall").click()
        page.get_by_role("button", name="Huw").click()
        page.wait_for_url("**/")
        page.locator("#find").fill("prydderch")
        page.locator(".hit", has_text=one.shown_name).get_by_role("button", name="Daeth heddiw").click()
        page.locator(".said").wait_for()
    assert len(site.crm.happened(one.id)) == 1
    assert next(iter(site.crm.changes(1))).actor == "Huw"


def test_front_of_house_adds_somebody_new_and_notes_a_complaint(site: Site, chromium: Any) -> None:
    """On a phone: who is here already is shown while the name is typed; she is somebody else."""
    person(site, "Nerys Puw", email="nerys@example.org")
    with at(site, chromium, "front_of_house", size=PHONE) as page:
        page.goto("/contacts")
        page.locator("#f-q").fill("Nerys Pugh-Evans")
        page.get_by_role("link", name="Add “Nerys Pugh-Evans”").or_(
            page.get_by_role("link", name="None of these")
        ).click()
        page.wait_for_url("**/contacts/new?*")
        expect(page.get_by_label("Name", exact=True)).to_have_value("Nerys Pugh-Evans")
        page.get_by_label("Email").fill("nerys@example.org")
        page.get_by_label("Phone").focus()
        page.locator("#likely").get_by_role("link", name="Nerys Puw").wait_for()
        page.get_by_label("Email").fill("pugh-evans@example.org")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("link", name="Note what happened").click()
        page.get_by_label("What was it?").select_option("complaint")
        page.get_by_label("About what?").fill("The ramp was locked")
        page.get_by_role("button", name="Keep it").click()
        page.get_by_text("The ramp was locked").wait_for()
    [one] = site.crm.find("Nerys Pugh-Evans", 1)
    assert [(each.kind, each.subject) for each in site.crm.happened(one.id)] == [("complaint", "The ramp was locked")]


def test_a_fundraiser_claims_gift_aid_without_scripts(site: Site, chromium: Any) -> None:
    """A gift, the declaration that makes it claimable, the claim, HMRC's file; nothing of it asks for scripts."""
    one = person(site, "Gwenllian Prydderch")
    with at(site, chromium, "fundraiser", java_script_enabled=False) as page:
        page.goto(f"/contacts/{one.id}")
        page.get_by_role("link", name="Record a gift").click()
        page.get_by_label("Amount").fill("many")
        page.get_by_role("button", name="Keep the gift").click()
        expect(page.locator(".error-summary")).to_have_count(1)
        page.get_by_label("Amount").fill("123.45")
        page.get_by_role("button", name="Keep the gift").click()
        expect(page.get_by_text("£123.45").first).to_be_visible()
        page.get_by_role("link", name="Record a declaration").click()
        for name, value in (("given", "Gwenllian"), ("family", "Prydderch"), ("address", "12 Stryd Fawr\nBrithwen"),
                            ("postcode", "SY20 8XC")):  # fmt: skip
            page.locator(f"main [name={name}]").fill(value)
        sent(page, page.locator("main form button.btn-primary"))
        page.goto("/donations/claim")
        expect(page.get_by_text("£123.45").first).to_be_visible()
        page.get_by_role("button", name="Record the claim").click()
        with page.expect_download() as taken:
            page.locator("a[href*='/files/1']").first.click()
        assert taken.value.suggested_filename.endswith(".ods")
    [claim] = site.crm.store.scan(Claim)
    assert claim.amount >= 12_345


def test_a_manager_makes_one_of_two_and_takes_the_numbers_home(
    site: Site, chromium: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By keyboard alone: two entries compared and made one, taken back the day after; the year's visits as a file."""
    crm = site.crm
    left, right = person(site, "Sioned Xyzzy"), person(site, "Sioned Xyzzi")
    pair = Problem(id=crm.ids(), code="duplicate.possible", contact=left.id, other=right.id, at=crm.clock())
    crm.commit([Create(pair), Create(Interaction(id=crm.ids(), contact=right.id, kind="visit", day=crm.today()))])
    with at(site, chromium, "manager") as page:
        page.goto(f"/quality/pairs/{pair.id}")
        pressed(page, "Make them one")
        page.locator(".said").wait_for()
        assert len(site.crm.happened(left.id)) == 1
        page.goto("/numbers?chart=visits")
        with page.expect_download() as taken:
            pressed(page, "Table as CSV")
        assert taken.value.suggested_filename.endswith(".csv")
    merged = next(iter(site.crm.changes(1)))
    later = site.crm.clock() + timedelta(days=1)
    monkeypatch.setattr("perthyn.cli.session._now", lambda: later)
    with at(site, chromium, "manager") as page:
        page.goto(f"/history/{merged.id}")
        pressed(page, "Take it back")
        page.wait_for_url("**/undo")
        pressed(page, "Take it back")
        page.locator(".said").wait_for()
    assert len(site.crm.happened(right.id)) == 1 and site.crm.happened(left.id) == []


def pressed(page: Any, words: str) -> None:
    """A button or a link reached by Tab, and pressed by Enter."""
    page.locator("body").focus()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == words:
            assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px", "focus is seen"
            return page.keyboard.press("Enter")
    raise AssertionError(f"nobody reaches {words} by Tab")


def test_marketing_reads_what_came_of_a_campaign(site: Site, chromium: Any) -> None:
    """In Welsh, on a phone."""
    made, _ = site.crm.new_campaign("Spring letter", site.crm.segment("Readers who came"), name_cy="Llythyr y gwanwyn",
                                    channel="email", purpose="marketing", languages="both")  # fmt: skip
    with at(site, chromium, "marketing", language="cy", size=PHONE) as page:
        page.goto("/campaigns")
        page.get_by_role("link", name="Llythyr y gwanwyn").click()
        page.wait_for_url(f"**/campaigns/{made.id}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Llythyr y gwanwyn")
        page.goto(f"/campaigns/{made.id}/report")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Llythyr y gwanwyn")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

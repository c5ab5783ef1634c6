"""People in a real browser: the journey at the desk, two who edit at once, keys alone, no scripts, naughty words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from perthyn.changes import Create
from perthyn.model import Contact, Interaction

from .conftest import sent, window

Site = Any  # the class stands in conftest.py
pytestmark = pytest.mark.slow
NAUGHTY = Path(__file__).parents[2] / "data" / "blns" / "blns.json"


def person(site: Site, name: str = "Gwenllian Prydderch", **values: Any) -> Contact:
    made, _ = site.crm.add_contact({"name": name, **values})
    found: Contact = made
    return found


@contextmanager
def opened(
    site: Site, chromium: Any, role: str, *, base: str, name: str = "", width: int = 1280, **how: Any
) -> Iterator[Any]:
    """A page of somebody signed in; a policy broken or a script that fails is an error of the test."""
    cookies = {"perthyn": site.cookie(role, name)}
    context = window(chromium, base, cookies, viewport={"width": width, "height": 900}, **{"locale": "en", **how})
    page = context.new_page()
    wrong: list[str] = []
    page.on(
        "console",
        lambda told: wrong.append(told.text) if told.type == "error" and "status of" not in told.text else None,
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    try:
        yield page
    finally:
        context.close()
    assert not wrong, wrong


@pytest.mark.parametrize("locale", ["en", "cy"])
def test_the_desk_finds_notes_and_takes_back(site: Site, chromium: Any, locale: str) -> None:
    one = person(site)
    with site.listening() as base, opened(site, chromium, "volunteer", base=base, locale=locale, width=390) as page:
        page.goto(f"{base}/contacts")
        page.locator("#f-q").fill("gwenlian prydd")
        hit = page.locator(".hit", has_text="Gwenllian Prydderch")
        hit.wait_for()
        expect(page, "the address is what is shown").to_have_url(re.compile("q=gwenlian"))
        hit.get_by_role("button", name="Daeth heddiw" if locale == "cy" else "Came today").click()
        page.wait_for_url(f"**/contacts/{one.id}")
        assert len(site.crm.happened(one.id)) == 1
        sent(page, page.locator(".said button"))
        expect(page.locator(".glance .icon")).to_have_count(0)
        assert site.crm.happened(one.id) == []


def test_two_who_edit_at_once(site: Site, chromium: Any) -> None:
    one = person(site, title="Ms")
    with (
        site.listening() as base,
        opened(site, chromium, "front_of_house", base=base, name="mair") as mair,
        opened(site, chromium, "front_of_house", base=base, name="nia") as nia,
    ):
        for page in (mair, nia):
            page.goto(f"{base}/contacts/{one.id}/edit")
        nia.get_by_label("Title").fill("Prof")
        nia.get_by_role("button", name="Save").click()
        nia.locator(".said").wait_for()
        mair.get_by_label("Title").fill("Dr")
        mair.get_by_label("How a letter begins").fill("Annwyl Gwen")
        mair.get_by_role("button", name="Save").click()
        mair.get_by_text("Somebody else changed the same").first.wait_for()
        expect(mair.get_by_text("Written by Nia")).to_have_count(1)
        expect(mair.get_by_text("Annwyl Gwen")).to_have_count(1)
        mair.get_by_label("Prof").check()
        mair.get_by_role("button", name="Save what I chose").click()
        mair.locator(".said").wait_for()
    now = site.crm.look_up(one.id)
    assert (now.title, now.salutation) == ("Prof", "Annwyl Gwen")


def test_a_keyboard_is_enough(site: Site, chromium: Any) -> None:
    one = person(site)
    with site.listening() as base, opened(site, chromium, "volunteer", base=base) as page:
        page.goto(f"{base}/about")
        page.keyboard.press("/")
        page.keyboard.type("prydderch")
        page.keyboard.press("Enter")
        page.wait_for_url("**/contacts?q=prydderch")
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.getAttribute('href')") == f"/contacts/{one.id}":
                break
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/contacts/{one.id}")
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent").strip() == "Came today":
                break
        page.keyboard.press("Enter")
        page.locator(".said").wait_for()
        assert len(site.crm.happened(one.id)) == 1


def test_without_scripts_all_of_it_works(site: Site, chromium: Any) -> None:
    with site.listening() as base, opened(site, chromium, "manager", base=base, java_script_enabled=False) as page:
        page.goto(f"{base}/contacts/new")
        page.get_by_label("Name", exact=True).fill("Zebediah Xyzzy")
        sent(page, page.get_by_role("button", name="Add", exact=True))
        page.goto(f"{base}/contacts")
        page.get_by_label("Who is it?").fill("zebedia xyzzy")
        page.locator("#seek").get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Zebediah Xyzzy").click()
        page.locator(".desk-glance").get_by_role("button", name="Came today").click()
        expect(page.locator(".said")).to_have_count(1)
        page.get_by_text("Write a note").click()
        page.get_by_label("Note", exact=True).fill("likes the garden")
        page.get_by_role("button", name="Keep the note").click()
        expect(page.get_by_text("likes the garden")).to_have_count(1)
        page.get_by_role("link", name="Edit", exact=True).click()
        page.get_by_label("Tags").fill("band")
        sent(page, page.get_by_role("button", name="Save"))
        page.goto(f"{base}/contacts?tag=band")
        page.get_by_label("Choose Zebediah Xyzzy").check()
        page.get_by_label("What?").select_option("tag")
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("Add a tag").fill("orchestra")
        page.get_by_role("button", name="See what would change").click()
        page.get_by_role("button", name="Change them").click()
        sent(page, page.locator(".said button"))
    [one] = site.crm.find("zebediah xyzzy", 1)
    assert [each.tag for each in one.tags] == ["band"] and len(site.crm.happened(one.id)) == 2


def test_naughty_words_run_nowhere(site: Site, chromium: Any) -> None:
    words = [one for one in json.loads(NAUGHTY.read_text(encoding="utf-8")) if one.strip()]
    one = person(site, "Naughty <script>alert(1)</script>")
    today, kept = site.crm.today(), []
    for text in words:
        try:
            kept.append(
                Interaction(id=site.crm.ids(), contact=one.id, kind="note", text=text, subject=text[:200], day=today)
            )
        except ValueError:  # what no store keeps, such as control characters
            continue
    site.crm.commit(map(Create, kept))
    assert len(kept) > 400
    with site.listening() as base, opened(site, chromium, "administrator", base=base) as page:
        path, looked = f"/contacts/{one.id}", 0
        while path:
            page.goto(base + path)
            looked += page.locator("#timeline .moment").count()
            assert (
                page.evaluate("document.querySelectorAll('main script, main img, main iframe, main [onerror]').length")
                == 0
            )
            older = page.get_by_role("link", name="What happened before")
            path = older.get_attribute("href").partition("#")[0] if older.count() else ""
        assert looked == len(kept)

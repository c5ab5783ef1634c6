"""Imports in a real browser: a file is brought, a column changed, a row put right, and taken back; and many rows."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import expect

from perthyn.model import Contact
from perthyn_door.hand import Hand

from .conftest import sent, window
from .test_imports import MEMBERS

Site = Any  # the class stands in conftest.py
pytestmark = pytest.mark.slow
CONTENT = MEMBERS.replace(",no,", ",,")  # a no is never taken back, and neither is whoever said it


@contextmanager
def handed(site: Site) -> Iterator[str]:
    """The app at an address, with a hand that does what is due."""
    hand = Hand(site.session.another, "hand-1", lambda done: None, lambda error: None, poll=0.2)
    site.door.came = hand.wake
    hand.start()
    try:
        with site.listening() as at:
            yield at
    finally:
        hand.end()
        hand.join(20)


def names(site: Site) -> set[str]:
    return {one.shown_name for one in site.crm.store.scan(Contact)}


@pytest.mark.parametrize(("language", "width", "theme"), [("en", 1280, "light"), ("cy", 390, "dark")])
def test_the_whole_journey(empty_site: Site, chromium: Any, language: str, width: int, theme: str) -> None:
    said: list[str] = []
    with handed(empty_site) as at:
        cookies, size = {"perthyn": empty_site.cookie("manager"), "language": language}, {"width": width, "height": 900}
        context = window(chromium, at, cookies, viewport=size, color_scheme=theme)
        page = context.new_page()
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: said.append(str(one)))
        page.goto(f"{at}/import")
        page.set_input_files("#f-file", {"name": "members.csv", "mimeType": "text/csv", "buffer": CONTENT.encode()})
        page.click("form[enctype] .btn-primary")
        page.wait_for_selector("#f-c-5")
        page.select_option("#f-c-5", "tag")
        page.click("button[value=preview]")
        page.wait_for_selector("form[action$='/take']")
        expect(page.locator("header.top"), "only what the page is about is shown afresh").to_have_count(1)
        assert names(empty_site) == set()
        page.click("form[action$='/take'] .btn-primary")
        page.wait_for_selector("a[href$='/repair']")
        assert names(empty_site) == {"Siân Tŷ Newydd", "Joan Smith"}
        page.click("a[href$='/repair']")
        page.fill("input[aria-invalid=true]", "29/02/2024")
        page.click("form .btn-primary:visible >> nth=-1")
        page.wait_for_selector(".notice-good")
        assert "Dafydd Prys" in names(empty_site)
        sent(page, page.locator("a[href$='/undo']"))
        sent(page, page.locator("main form[action$='/undo'] button").first)
        assert "Dafydd Prys" not in names(empty_site)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
        context.close()
    assert not said


def test_thousands_of_rows_while_others_work(empty_site: Site) -> None:
    """The page answers while 20,000 rows are read, tells how far it is, and the counts add up; then all is undone."""
    head = MEMBERS.splitlines()[0]
    rows = [f"Name{n},Family{n % 700},p{n}@example.org,,{'31/02/2024' if n % 500 == 3 else '01/03/2024'},"
            for n in range(20_000)]  # fmt: skip
    client = empty_site.as_role("manager")
    with handed(empty_site):
        answer = client.post("/import", files={"file": ("members.csv", "\n".join([head, *rows]).encode(), "text/csv")})
        at = answer.headers["location"]
        seen: set[str] = set()
        for step, until in ((at, "form[action"), (f"{at}/take", "The file is in.")):
            told = client.post(step, data={"then": "preview"}).headers["location"]
            for _ in range(9_000):
                page = client.get(told)
                assert page.status_code == 200 and client.get("/contacts?q=family").status_code == 200
                seen |= set(re.findall(r"[\d,]+ rows so far|[\d,]+ of [\d,]+", page.text))
                if until in page.text or "/take" in page.text:
                    break
                time.sleep(0.1)
            else:
                raise AssertionError("it never ended")
    assert seen, "how far it is was told"
    rows_read, stored, same, refused, aside = (
        int(one.replace(",", "")) for one in re.findall(r'stat-value">([\d,]+)', page.text)[:5]
    )
    assert (rows_read, refused) == (20_000, 40) and stored + same + refused + aside == rows_read
    header = empty_site.crm.changes(1)[0]
    empty_site.crm.undo(header)
    assert empty_site.crm.store.count_of(Contact) == 0

"""While much is being stored: whoever writes something meanwhile is told soon to come again, and nothing is lost."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import expect

from perthyn.model import Interaction
from perthyn_door.desks import PATIENCE
from perthyn_sql.open import WAIT
from perthyn_web.visiting import AGAIN

from .conftest import Site, window


@contextmanager
def storing(site: Site) -> Iterator[None]:
    """Another process writes, for as long as this goes on."""
    with closing(sqlite3.connect(site.folder / "perthyn.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


@pytest.fixture
def hurried(site: Site) -> Site:
    """Pages that give up after a second; each desk is opened afresh."""
    site.desks._make = lambda: site.session.another(1)
    return site


def visits_at_the_desk(site: Site) -> int:
    return sum(one.source == "web:desk" for one in site.crm.store.scan(Interaction))


def test_a_tap_meanwhile_is_told_to_come_again_and_counts_once(hurried: Site) -> None:
    client = hurried.as_role("volunteer")
    form = re.search(r'action="(/contacts/[0-9a-f-]{36}/came)".*?name="key" value="(.*?)"',
                     client.get("/contacts?q=garth tomas").text, re.S)  # fmt: skip
    assert form is not None
    tap = partial(client.post, form[1], data={"key": form[2], "to": "/contacts"})
    with storing(hurried):
        answer = tap()
        assert answer.status_code == 503 and answer.headers["retry-after"] == str(AGAIN)
        assert "Nothing was lost" in answer.text and "database" not in answer.text
        assert client.get("/contacts?q=garth").status_code == 200, "looking goes on"
    assert visits_at_the_desk(hurried) == 0
    assert [tap().status_code for _ in range(2)] == [303, 303]
    assert visits_at_the_desk(hurried) == 1


def test_a_form_meanwhile_is_told_so_in_the_readers_language(hurried: Site) -> None:
    client = hurried.as_role("volunteer", "cy")
    with storing(hurried):
        answer = client.post("/contacts/new", data={"name": "Siân Newydd"})
    assert answer.status_code == 503 and "Ni chollwyd dim" in answer.text


def test_pages_wait_less_than_jobs() -> None:
    assert PATIENCE < WAIT


@pytest.mark.slow
def test_a_tap_on_a_tablet_waits_in_it(hurried: Site, chromium: Any) -> None:
    with hurried.listening() as base:
        context = window(chromium, base, {"perthyn": hurried.cookie("volunteer")})
        try:
            page = context.new_page()
            page.goto(f"{base}/contacts?q=garth tomas")
            with storing(hurried):
                page.click("form[data-keep] button")
                expect(page.locator("[data-kept=mine]")).to_contain_text(": 1")
                assert visits_at_the_desk(hurried) == 0
            page.evaluate("dispatchEvent(new Event('online'))")
            page.wait_for_selector("[data-kept=sent]:visible")
            assert visits_at_the_desk(hurried) == 1
        finally:
            context.close()

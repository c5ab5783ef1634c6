"""The look: what every template keeps to, the pages of their own, and how they stand in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import perthyn_web

from .conftest import settled, window

Site = Any  # the class stands in conftest.py
TEMPLATES = sorted(Path(perthyn_web.__file__).parents[1].glob("*/templates/**/*.html"))
PAGES = ("/", "/about", "/about/accessibility", "/about/shortcuts", "/about/style")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: "/".join(path.parts[-2:]))
def test_nothing_stands_inline(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(
        r"<style|\bstyle\s*=|<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|javascript:|\bhx-on", text
    ), path.name
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""", text), f"{path.name} asks another site"


def test_each_role_begins_with_what_it_may(site: Site) -> None:
    volunteer, manager = site.as_role("volunteer").get("/").text, site.as_role("manager").get("/").text
    for words in ("Find a person", "Came today"):
        assert words in volunteer and words in manager
    for words in ("Income this month", "To put right"):
        assert words in manager and words not in volunteer


def test_an_empty_house_says_how_to_begin(empty_site: Site) -> None:
    assert "Import your files" in empty_site.as_role("administrator").get("/").text
    told = empty_site.as_role("volunteer").get("/").text
    assert "Nobody is here yet" in told and "Import your files" not in told


def test_who_came_today_is_shown(site: Site) -> None:
    contact = site.crm.find("jones")[0]
    site.crm.add_interaction(contact.id, {"kind": "visit", "day": site.crm.today()})
    told = site.as_role("volunteer").get("/").text
    assert "1 person came today." in told and contact.shown_name in told


def test_the_other_language_keeps_the_place(site: Site) -> None:
    client = site.as_role("manager")
    assert 'name="to" value="/about/style?a=1&amp;b=%C3%A2"' in client.get("/about/style?a=1&b=%C3%A2").text
    answer = client.post("/language", data={"language": "cy", "to": "/about?a=1"})
    assert answer.headers["location"] == "/about?a=1"
    assert '<html lang="cy"' in client.get("/about").text
    client.post("/language", data={"language": "tlh"})
    assert '<html lang="cy"' in client.get("/about").text


def test_colours_are_chosen(site: Site) -> None:
    client = site.as_role("manager")
    assert 'media="screen and (prefers-color-scheme: dark)"' in client.get("/about").text
    client.post("/theme", data={"theme": "dark"})
    assert 'media="screen"' in client.get("/about").text
    client.post("/theme", data={"theme": "light"})
    assert "dark.css" not in client.get("/about").text


def test_shortcuts_are_switched_off(site: Site) -> None:
    client = site.as_role("volunteer")
    assert client.post("/shortcuts", data={"shortcuts": "off"}).headers["location"] == "/about/shortcuts"
    assert 'data-shortcuts="off"' in client.get("/about/shortcuts").text


def test_every_licence_can_be_read(site: Site) -> None:
    client = site.as_role("read_only")
    told = client.get("/about").text
    addresses = re.findall(r'href="(/static/vendor/[^"]+LICENSE[^"]*)"', told)
    assert len(addresses) == 5
    assert all(client.get(one).status_code == 200 for one in addresses)


def test_what_never_changes_comes_packed_and_is_kept(site: Site) -> None:
    client = site.as_role("volunteer")
    addresses = re.findall(r'(?:href|src)="(/static/[^"#]+\.(?:css|js)[^"]*)"', client.get("/").text)
    assert len(addresses) >= 5
    for address in addresses:
        headers = client.get(address, headers={"accept-encoding": "gzip"}).headers
        assert "immutable" in headers["cache-control"]
        assert headers.get("content-encoding") == "gzip" or int(headers["content-length"]) < 500, address


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(site: Site, chromium: Any, theme: str) -> None:
    """axe finds nothing, nothing is wider than the screen, nothing breaks the rules for scripts and styles."""
    from axe_playwright_python.sync_playwright import Axe

    cookie = site.cookie("manager")
    with site.listening() as base:
        for language, width in (("en", 1280), ("cy", 820), ("cy", 390), ("en", 320)):
            chosen = {"perthyn": cookie, "language": language, "theme": theme}
            size = {"width": width, "height": 900}
            context = window(chromium, base, chosen, viewport=size, reduced_motion="reduce")
            page = context.new_page()
            said: list[str] = []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("request", lambda request, said=said: request.url.startswith(base) or said.append(request.url))
            for path in PAGES:
                page.goto(base + path)
                settled(page)
                found = Axe().run(page, options={"runOnly": TAGS}).response["violations"]
                where = f"{path} {language} {theme} {width}"
                assert not found, (where, [(one["id"], [node["html"] for node in one["nodes"][:3]]) for one in found])
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{where}: {wide} wide"
            assert not said
            context.close()


@pytest.mark.slow
def test_keys_and_menus_work_and_focus_is_seen(site: Site, chromium: Any) -> None:
    with site.listening() as base:
        cookies = {"perthyn": site.cookie("manager")}
        context = window(chromium, base, cookies, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(base + "/about/style")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "find"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
        page.click("details.drop summary")
        page.keyboard.press("Escape")
        expect(page.locator("details.drop[open]")).to_have_count(0)
        page.keyboard.press("?")
        page.wait_for_url("**/about/shortcuts")
        small = page.evaluate(
            "[...document.querySelectorAll('header a, header button, header summary, nav.menu a, main .btn')]"
            ".filter(one => one.checkVisibility({visibilityProperty: true}))"
            ".map(one => [one.textContent.trim(), one.getBoundingClientRect().height]).filter(([, high]) => high < 44)"
        )
        assert small == [] or all(words == "Search" for words, _ in small)
        context.close()

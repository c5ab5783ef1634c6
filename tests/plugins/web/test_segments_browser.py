"""A fundraiser's way in a real browser: a segment built, a campaign written, read, rehearsed, its report seen.

By mouse, by keyboard alone, and without scripts; nothing on the way may break the rules for scripts and styles.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from .conftest import Site, opened, settled, swapped, window

pytestmark = pytest.mark.slow
RULE = "donations at least 3 in last 24 months and no visits in last 6 months"
TOML = """organisation = "Plas Brithwen"

[email]
from = "post@plas.example"
postal_address = "Plas Brithwen, Llanfair, SY20 8XX"
host = "127.0.0.1"
"""


@pytest.fixture
def house(demo_folder: Path, tmp_path: Path) -> Iterator[Site]:
    """The demonstration with an account for letters that is not live."""
    folder = tmp_path / "brithwen"
    shutil.copytree(demo_folder, folder)
    (folder / "perthyn.toml").write_text(TOML, encoding="utf-8")
    with opened(folder) as site:
        yield site


@contextmanager
def at_the_desk(site: Site, chromium: Any, **how: Any) -> Iterator[tuple[Any, str]]:
    """A page of a fundraiser; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    with site.listening() as url:
        cookies, desk = {"perthyn": site.cookie("fundraiser")}, {"width": 1280, "height": 900}
        page = window(chromium, url, cookies, **{"locale": "en-GB", "viewport": desk, **how}).new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        try:
            yield page, url
        finally:
            page.context.close()
    assert not complaints


def finished(page: Any, site: Site, name: str) -> None:
    """From the saved segment on: the same clicks, whatever made it."""
    one = site.crm.segment(name)
    assert one.rule is not None and site.crm.count(one) == 11
    page.get_by_role("link", name="Write to them").click()
    page.get_by_label("Name in English").fill("Come back")
    expect(page.get_by_label("To whom?").locator("option:checked")).to_have_text(name)
    page.get_by_role("button", name="Begin it").click()
    page.get_by_role("link", name="Write the letters").click()
    for language, word in (("cy", "Dewch yn ôl."), ("en", "Come back.")):
        page.locator(f"#f-subject_{language}").fill(word)
        page.locator(f"#f-letter_{language}").fill(f"{{{{ salutation }}}},\n\n{word}")
    page.get_by_role("button", name="Save the letters").click()
    page.get_by_text("The letters are saved.").wait_for()
    frame = page.frame_locator("iframe.letter-frame")
    frame.get_by_text("Come back.").first.wait_for()
    page.get_by_role("link", name="Who gets it?").click()
    page.get_by_role("link", name="Go on to sending").click()
    page.get_by_role("button", name="Rehearse it").click()
    page.get_by_text("Nothing left the house, and nothing is noted.").wait_for()
    code = site.crm.campaigns()[0]
    page.goto(page.url.partition("/campaigns")[0] + f"/campaigns/{code.id}/report")
    page.get_by_role("heading", name="What came of Come back").wait_for()
    expect(page.get_by_text("not measured").first).to_be_visible()


def choose(page: Any, field: str, value: str) -> None:
    """Choose in the line that is being made; the form asks for what belongs to it."""
    swapped(page, "editor", lambda: page.locator(field).select_option(value))


def test_by_mouse(house: Site, chromium: Any) -> None:
    with at_the_desk(house, chromium) as (page, url):
        page.goto(f"{url}/segments")
        page.get_by_role("link", name="New segment").click()
        swapped(page, "builder", page.get_by_role("button", name="Add a condition").click)
        choose(page, "#f-what", "history kind:donation")
        choose(page, "#f-how", "atLeast")
        page.locator("#f-value").fill("3")
        choose(page, "#f-when", "last")
        page.locator("#f-n").fill("24")
        page.locator("#live").get_by_text("Donations, in the last 24 months: at least 3.").wait_for()
        swapped(page, "builder", page.get_by_role("button", name="Add the line").click)
        swapped(page, "builder", page.get_by_role("button", name="Add a condition").click)
        choose(page, "#f-what", "history kind:visit")
        choose(page, "#f-how", "none")
        choose(page, "#f-when", "last")
        page.locator("#f-n").fill("6")
        swapped(page, "builder", page.get_by_role("button", name="Add the line").click)
        page.locator("#live .live-number", has_text="11").wait_for()
        page.locator("#f-who").press_sequentially("Emlyn Prosser")
        page.get_by_text("Emlyn Prosser is in it.").wait_for()
        page.reload()  # the address says it all
        page.locator("#live .live-number", has_text="11").wait_for()
        page.get_by_label("Name in English").fill("Quiet lately")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("heading", name="Quiet lately").wait_for()
        finished(page, house, "Quiet lately")


def test_by_keyboard_alone(house: Site, chromium: Any) -> None:
    """Tab, arrows, letters and Enter; the focus is never lost."""

    def go_to(page: Any, selector: str, most: int = 120) -> None:
        for _ in range(most):
            if page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {selector}")

    def type_choice(page: Any, selector: str, words: str) -> None:
        go_to(page, selector)
        swapped(page, "editor", lambda: page.keyboard.type(words))
        assert page.evaluate("s => document.activeElement.matches(s)", selector)

    with at_the_desk(house, chromium) as (page, url):
        page.goto(f"{url}/segments/new")
        go_to(page, "button[value='open new']")
        swapped(page, "builder", lambda: page.keyboard.press("Enter"))
        expect(page.locator("#f-what")).to_be_focused()
        type_choice(page, "#f-what", "Donations")
        type_choice(page, "#f-how", "at least so")
        go_to(page, "#f-value")
        page.keyboard.type("3")
        type_choice(page, "#f-when", "in the last")
        go_to(page, "#f-n")
        page.keyboard.press("Control+a")
        page.keyboard.type("24")
        swapped(page, "builder", lambda: page.keyboard.press("Enter"))
        page.locator(".rule-said", has_text="Donations, in the last 24 months: at least 3.").wait_for()
        go_to(page, "button[value='open new']")
        swapped(page, "builder", lambda: page.keyboard.press("Enter"))
        expect(page.locator("#f-what")).to_be_focused()
        type_choice(page, "#f-what", "Visits")
        type_choice(page, "#f-how", "never")
        type_choice(page, "#f-when", "in the last")
        go_to(page, "#f-n")
        page.keyboard.press("Control+a")
        page.keyboard.type("6")
        swapped(page, "builder", lambda: page.keyboard.press("Enter"))
        page.locator("#live .live-number", has_text="11").wait_for()
        go_to(page, "#f-name_en")
        page.keyboard.type("By keys")
        go_to(page, "button[value='save']")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="By keys").wait_for()
    assert house.crm.count(house.crm.segment("By keys")) == 11


def test_without_scripts(house: Site, chromium: Any) -> None:
    with at_the_desk(house, chromium, java_script_enabled=False) as (page, url):
        page.goto(f"{url}/segments/new")
        page.get_by_role("button", name="Add a condition").click()
        page.locator("#f-what").select_option("history kind:donation")
        page.get_by_role("button", name="Show what it asks for").click()
        page.locator("#f-how").select_option("atLeast")
        page.locator("#f-when").select_option("last")
        page.get_by_role("button", name="Show what it asks for").click()
        page.locator("#f-n").wait_for()
        page.locator("#f-value").fill("3")
        page.locator("#f-n").fill("24")
        page.get_by_role("button", name="Add the line").click()
        page.get_by_role("button", name="Write as text").click()
        page.locator("#f-text").fill(RULE)
        page.get_by_role("button", name="Show as lines").click()
        page.get_by_role("button", name="Count them").click()
        expect(page.locator("#live .live-number")).to_have_text("11")
        page.locator("#f-who").fill("Emlyn Prosser")
        page.get_by_role("button", name="Ask").click()
        expect(page.get_by_text("Emlyn Prosser is in it.")).to_be_visible()
        page.get_by_label("Name in English").fill("By hand")
        page.get_by_role("button", name="Save", exact=True).click()
        finished(page, house, "By hand")


@pytest.mark.parametrize(
    ("width", "language", "colours"), [(390, "cy", "light"), (820, "en", "dark"), (1280, "cy", "light")]
)
def test_nothing_is_wider_than_the_screen_or_hard_to_use(
    house: Site, chromium: Any, width: int, language: str, colours: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    one = house.crm.segment("Quiet givers")
    words = {"subject_cy": "Haf", "subject_en": "Summer", "letter_cy": "Haf", "letter_en": "Summer"}
    campaign, _ = house.crm.new_campaign("Summer", one, **words)
    how = {"viewport": {"width": width, "height": 900}, "extra_http_headers": {"Accept-Language": language}}
    with at_the_desk(house, chromium, color_scheme=colours, **how) as (page, url):
        paths = ["/segments", f"/segments/{one.id}", f"/segments/{one.id}/edit?do=open+edit+0", "/segments/new",
                 f"/segments/{one.id}/export", "/campaigns", "/campaigns/new"]  # fmt: skip
        more = ("", "/letters", "/preview", "/audience", "/send", "/report", "/files")
        paths += [f"/campaigns/{campaign.id}{rest}" for rest in more]
        for path in paths:
            page.goto(url + path)
            settled(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            found = Axe().run(page, options={"resultTypes": ["violations"]})
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"

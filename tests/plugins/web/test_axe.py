"""Every page that there is, in both languages, light and dark, looked at by axe in a real browser.

The pages are found as the app finds them; what stands in their braces is what the access matrix has there. A page is
loaded once in each language, in light colours on a desk; dark colours, and in Welsh the width of a phone, are put on
while it stands.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error

from perthyn.screens import EVERYBODY, SIGNED_IN
from perthyn_web.accounts import invitations, limits
from perthyn_web.accounts.records import User, user_id
from perthyn_web.desk import tablets

from .conftest import Site, opened, settled, window
from .doors import Door, doors, examples, fills
from .full_house import begun, full_house, furnish, rights_of
from .test_access import PATIENT
from .test_look import TAGS

pytestmark = pytest.mark.slow
LANGUAGES = ("cy", "en")
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PAGES_AT_LEAST = 80
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that another set of colours may break; the others have been asked already."""
ABOUT = """() => ({
    lang: document.documentElement.lang,
    heads: document.querySelectorAll("h1").length,
    title: document.title,
    unnamed: [...document.querySelectorAll("input:not([type=hidden], [aria-hidden]), select, textarea")]
        .filter((one) => !one.labels.length && !one.ariaLabel && !one.hasAttribute("aria-labelledby"))
        .map((one) => one.outerHTML.slice(0, 120)),
    ids: [...document.querySelectorAll("[id]")].map((one) => one.id)
        .filter((id, at, all) => all.indexOf(id) !== at),
})"""
SEND = """([to, fields]) => {
    const form = Object.assign(document.createElement("form"), {method: "post", action: to});
    for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}));
    }
    document.body.append(form);
    setTimeout(() => form.submit());
}"""


@dataclass
class Looking:
    """Looks at pages in a browser as somebody, and notes what should not be so: what -> where."""

    chromium: Any
    base: str
    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)
    axe: str = field(default_factory=lambda: Axe().axe_script)

    @contextmanager
    def standing(self, language: str, **cookies: str) -> Iterator[Any]:
        """A browser's page of somebody who keeps these cookies."""
        kept = {"language": language, **cookies}
        context = window(self.chromium, self.base, kept, viewport=DESK, reduced_motion="reduce", locale=language)
        page = context.new_page()
        page.on("console", lambda told: self.said(page, told))
        page.on("pageerror", lambda error: self.note(f"script: {error}", page.url))
        page.on("request", lambda asked: self.asked(page, asked.url))
        try:
            yield page
        finally:
            context.close()

    def said(self, page: Any, told: Any) -> None:
        """What the browser says of a page; that an error was answered by its status is no news."""
        if "status of" not in told.text:
            self.note(f"console: {told.text}", page.url)

    def asked(self, page: Any, url: str) -> None:
        """No page asks anybody else for anything."""
        if not url.startswith((self.base, "data:", "blob:")):
            self.note(f"asked elsewhere: {url}", page.url)

    def note(self, what: str, where: str) -> None:
        """Something that should not be so."""
        self.wrong[what].append(where)

    def look(self, page: Any, language: str, where: str) -> None:
        """All there is to see on a page that stands: in light and dark, on a desk and, in Welsh, on a phone."""
        settled(page)
        about = page.evaluate(ABOUT)
        where = f"{where} {language}"
        for wrong, what in {
            f"lang is {about['lang']!r}": about["lang"] != language,
            f"{about['heads']} h1": about["heads"] != 1,
            f"title is {about['title']!r}": not about["title"].partition(" – ")[0].strip(),
            f"without a name: {about['unnamed']}": about["unnamed"],
            f"twice: {about['ids']}": about["ids"],
        }.items():
            if what:
                self.note(wrong, where)
        page.evaluate(self.axe)
        self.ask(page, f"{where} light", TAGS)
        self.wide(page, where)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        if language == "cy":
            page.set_viewport_size(PHONE)
            self.ask(page, f"{where} dark phone", TAGS)
            self.wide(page, f"{where} phone")
            page.set_viewport_size(DESK)
        else:
            self.ask(page, f"{where} dark", COLOURS)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def ask(self, page: Any, where: str, rules: list[str]) -> None:
        """What axe says."""
        self.counts["pages"] += 1
        asked = {"runOnly": rules, "resultTypes": ["violations"]}
        found = page.evaluate("(asked) => axe.run(asked)", asked)["violations"]
        for one in found:
            for node in one["nodes"]:
                self.note(f"{one['id']}: {node['html'][:160]}", where)

    def wide(self, page: Any, where: str) -> None:
        """The page is not pushed aside."""
        wide, has = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if wide > has:
            self.note(f"{wide} of {has} px wide", where)

    def nothing_wrong(self, what: str) -> None:
        """Fail with all that was noted."""
        print(f"{what}: {dict(self.counts)}, {len(self.wrong)} sorts of things wrong")
        told = [f"{one}\n    {len(where)} x: {', '.join(where[:4])}" for one, where in sorted(self.wrong.items())]
        assert not told, "\n".join(told)


@pytest.fixture(scope="module")
def house(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration, and besides it at least one of everything."""
    folder = tmp_path_factory.mktemp("axe") / "brithwen"
    shutil.copytree(demo_folder, folder)
    settings = folder / "perthyn.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + PATIENT, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched, opened(folder) as site:
        patched.setattr(limits, "MOST", 10**9)
        furnish(site)
        yield site


@pytest.fixture
def looking(house: Site, chromium: Any) -> Iterator[Looking]:
    with house.listening() as base:
        yield Looking(chromium, base)


def pages_of(site: Site, role: str) -> list[tuple[Door, str]]:
    """The screens that show a page to somebody of a role, with an address of each."""
    may, known, client = rights_of(site, role), examples(site), site.as_role(role)
    found = []
    for door in doors(site):
        mine = door.right in (SIGNED_IN, EVERYBODY) or may & {"*", door.right}
        if door.api or door.method != "GET" or not mine:
            continue
        address = door.at(next(values for what, values in fills(door, known, {}) if what != "missing"))
        answer = client.get(address)
        if is_page(answer):
            found.append((door, address))
    return found


def is_page(answer: Any) -> bool:
    """Whether it is a whole page, neither a file, nor a part, nor a way to another page."""
    html = answer.headers.get("content-type", "").startswith("text/html")
    return html and answer.status_code == 200 and "<html" in answer.text


@pytest.mark.parametrize("role", ["administrator", "volunteer"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page(house: Site, looking: Looking, role: str, language: str) -> None:
    pages = pages_of(house, role)
    assert len(pages) >= (PAGES_AT_LEAST if role == "administrator" else 10)
    with looking.standing(language, perthyn=begun(house, f"the {role}", role)) as page:
        for door, address in pages:
            page.goto(looking.base + address)
            looking.look(page, language, str(door))
    looking.nothing_wrong(f"{len(pages)} pages of the {role} in {language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_those_who_are_not_in_yet(house: Site, looking: Looking, language: str) -> None:
    with house.desks() as crm:
        newcomer = invitations.issued(crm, "user", crm.store.get(User, [user_id("other")])[user_id("other")])
        ways = [invitations.path(newcomer), tablets.path(tablets.pairing(crm))]
        tablet = tablets.pair(crm, tablets.pairing(crm), "Entrance")
        begun(house, "nia", "volunteer")
    with looking.standing(language) as page:
        for address in ("/sign-in", "/sign-in?to=/contacts", "/forgotten", *ways, "/enter/nothing"):
            page.goto(looking.base + address)
            looking.look(page, language, address)
    with looking.standing(language, tablet=tablet) as page:
        page.goto(f"{looking.base}/desk/who")
        looking.look(page, language, "/desk/who")
        page.get_by_role("button", name="Nia").click()
        page.wait_for_url(f"{looking.base}/")
        for address in ("/", "/contacts", "/contacts?q=jones", "/contacts/new"):
            page.goto(looking.base + address)
            looking.look(page, language, f"tablet {address}")
    looking.nothing_wrong(f"doorstep in {language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_that_say_no(tmp_path: Path, chromium: Any, language: str) -> None:
    """What is answered to a form that is empty, to what is not there, and to whoever may not."""
    with (
        pytest.MonkeyPatch.context() as patched,
        full_house(tmp_path / "house", toml=PATIENT) as site,
        site.listening() as base,
    ):
        patched.setattr(limits, "MOST", 10**9)
        looking, known, statuses = Looking(chromium, base), examples(site), Counter[int]()
        mine = {"name": "perthyn", "url": base}
        with looking.standing(language) as page:
            for door in doors(site):
                if door.api or door.method != "POST":
                    continue
                page.context.add_cookies([{**mine, "value": begun(site, "the administrator", "administrator")}])
                page.goto(f"{base}/about")
                values = next(values for what, values in fills(door, known, {}) if what != "missing")
                try:
                    with page.expect_navigation() as answered:
                        page.evaluate(SEND, [door.at(values), {}])
                except Error:  # a file is no page
                    continue
                status = answered.value.status
                statuses[status] += 1
                if status >= 400:
                    looking.look(page, language, f"{door} {status}")
            for role, address in (("administrator", "/nowhere"), ("volunteer", "/settings"), ("volunteer", "/numbers")):
                page.context.add_cookies([{**mine, "value": begun(site, f"the {role}", role)}])
                statuses[page.goto(base + address).status] += 1
                looking.look(page, language, f"{address} {role}")
        assert statuses[422] > 20 and statuses[403] and statuses[404], statuses
        looking.nothing_wrong(f"refusals in {language}, {dict(statuses)}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_a_house_where_nobody_is_yet(empty_site: Site, chromium: Any, language: str) -> None:
    client = empty_site.as_role("administrator")
    paths = [one.path for one in doors(empty_site) if not one.api and one.method == "GET" and not one.names]
    with empty_site.listening() as base:
        looking = Looking(chromium, base)
        with looking.standing(language, perthyn=begun(empty_site, "the administrator", "administrator")) as page:
            for path in paths:
                if is_page(client.get(path)):
                    page.goto(base + path)
                    looking.look(page, language, path)
        looking.nothing_wrong(f"a house that is empty, in {language}")

"""No dead ends: on every page that somebody of a role sees, each button and each link leads where that role may go."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.routing import compile_path

from perthyn.rights import ROLES_THERE_ARE
from perthyn.screens import EVERYBODY, SIGNED_IN

from .conftest import Site, opened
from .doors import Door, doors, examples, fills
from .full_house import furnish, rights_of
from .test_access import PATIENT

pytestmark = pytest.mark.slow
OUTSIDE = ("/static/", "/api/", "/api", "/about/style")
"""What is no page; and the page of all parts, whose buttons lead nowhere."""


class Ways(HTMLParser):
    """The ways on from a page: (method, address)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form":
            self.found.add(((told.get("method") or "get").upper(), told.get("action") or ""))
        if told.get("formaction"):
            self.found.add(("POST", told["formaction"] or ""))
        for name in ("href", "hx-get") if tag != "link" else ():
            if told.get(name) and urlsplit(told[name] or "").scheme in ("", "http", "https"):
                self.found.add(("GET", told[name] or ""))


@pytest.fixture(scope="module")
def house(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration, and besides it at least one of everything."""
    folder = tmp_path_factory.mktemp("ends") / "brithwen"
    shutil.copytree(demo_folder, folder)
    with (folder / "perthyn.toml").open("a", encoding="utf-8") as settings:
        settings.write(PATIENT)
    with opened(folder) as site:
        furnish(site)
        yield site


@pytest.mark.parametrize("role", ROLES_THERE_ARE)
def test_every_way_on_is_open(house: Site, role: str) -> None:
    all_doors = [one for one in doors(house) if not one.api]
    patterns = [(compile_path(one.path)[0], one) for one in sorted(all_doors, key=lambda one: "{" in one.path)]
    may, known, client = rights_of(house, role), examples(house), house.as_role(role)

    def open_to_them(door: Door) -> bool:
        return door.right in (SIGNED_IN, EVERYBODY) or bool(may & {"*", door.right})

    wrong, seen = defaultdict(set), 0
    for door in all_doors:
        if door.method != "GET" or not open_to_them(door):
            continue
        address = door.at(next(values for what, values in fills(door, known, {}) if what != "missing"))
        answer = client.get(address)
        if answer.status_code != 200 or not answer.headers["content-type"].startswith("text/html"):
            continue
        for method, way in Ways(answer.text).found:
            path = urlsplit(urljoin(address, way)).path
            if urlsplit(way).netloc or path.startswith(OUTSIDE):
                continue
            seen += 1
            led = next((one for found, one in patterns if one.method == method and found.fullmatch(path)), None)
            if led is None:
                wrong[f"{method} {path}: there is no such page"].add(str(door))
            elif not open_to_them(led):
                wrong[f"{led} needs {led.right}"].add(str(door))
    print(f"{role}: {seen} ways")
    assert seen > 100
    assert not wrong, "\n".join(f"{one}: on {', '.join(sorted(where)[:4])}" for one, where in sorted(wrong.items()))

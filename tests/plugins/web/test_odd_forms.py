"""Whatever somebody types into whichever form there is, or changes in an address: they are told, and nothing breaks.

The forms are those of the pages themselves: every field of every form that an administrator is shown.
"""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from perthyn_web.accounts import limits

from .conftest import HERE, Site
from .doors import doors, fills
from .full_house import begun, full_house
from .test_access import PATIENT, Knocking, cookie

ODD = (
    "²", "9" * 5_000, "-1", "1e999", "NaN", "0", "1.5", "\x00", "\ud800", "x" * 60_000, "2026-13-45", "0001-01-01",
    "9999-12-31", "00:00", "' or 1=1 --", '"; drop table contact; --', "\\", "%", "[", "{", "{0}", "..", "/",
    "00000000-0000-4000-8000-00000000dead", "*", "a@b", "\u202e", "\n",
)  # fmt: skip
"""Numbers that are none, days that never were, SQL, paths, ids of nobody."""
ENDS = ("/sign-out", "/account/sessions", "/erase")
"""Forms after which there is nothing more to be asked."""


class Forms(HTMLParser):
    """The forms of a page: how each is sent, where to, and what stands in its fields."""

    def __init__(self, page: str, at: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, dict[str, str], set[str]]] = []
        self._at = at
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append((told.get("method", "get").upper(), told.get("action") or self._at, {}, set()))
        elif tag in ("input", "select", "textarea", "button") and told.get("name") and self.found:
            _, _, fields, hidden = self.found[-1]
            if told.get("type") != "file":
                fields.setdefault(told["name"], told.get("value", ""))
            if told.get("type") == "hidden" or tag == "button":
                hidden.add(told["name"])


def forms(
    site: Site, knocking: Knocking, mine: dict[str, str]
) -> dict[tuple[str, str], tuple[dict[str, str], set[str]]]:
    """Every form there is, by how and where it is sent; and every page, with what an address of it may say."""
    found: dict[tuple[str, str], tuple[dict[str, str], set[str]]] = {}
    for door in doors(site):
        if door.api or door.method != "GET":
            continue
        for what, values in fills(door, knocking.known, {}):
            page = knocking.knock(door, values, **mine)
            if what == "missing" or "text/html" not in page.headers.get("content-type", ""):
                continue
            for method, to, fields, hidden in Forms(page.text, door.at(values)).found:
                there, was = found.setdefault((method, urlsplit(to).path), ({}, set()))
                there |= {**dict(parse_qsl(urlsplit(to).query)), **fields}
                was |= hidden
            named = dict.fromkeys(
                ("after", "before", "from", "page", "year", "day", "since", "until", "kind", "of"), ""
            )
            there, _ = found.setdefault(("GET", door.at(values)), ({}, set()))
            there |= named
    return found


def test_a_list_of_everybody_is_kept_and_a_name_may_be_too_long(site: Site) -> None:
    client = site.as_role("marketing")
    assert client.post("/contacts/views", data={"name_en": "All"}).headers["location"] == "/contacts?sort=name"
    assert client.post("/contacts/views", data={"name_en": "x" * 60_000}).status_code == 422


@pytest.mark.slow
def test_no_form_breaks_whatever_is_typed_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST", 10**9)
    with full_house(tmp_path / "house", toml=PATIENT) as site:
        knocking = Knocking(site)
        mine = cookie(begun(site, "an administrator", "administrator"))
        every = forms(site, knocking, mine)
        wrong: set[str] = set()
        asked = 0
        for (method, path), (fields, hidden) in sorted(every.items()):
            if path.endswith(ENDS) or not fields:
                continue
            for odd in ODD:
                longest = 60_000 if method == "POST" else 60_000 // len(fields)
                typed = odd.encode("utf-8", "replace").decode()[:longest]
                for said in (dict.fromkeys(fields, typed), fields | dict.fromkeys(fields.keys() - hidden, typed)):
                    knocking.client.cookies.clear()
                    headers = {**HERE, **mine}
                    if method == "GET":
                        answer = knocking.client.get(path, params=said, headers=headers)
                    else:
                        answer = knocking.client.post(path, data=said, headers=headers)
                    asked += 1
                    if answer.status_code >= 500:
                        wrong.add(f"{method} {path} {odd[:12]!r}: {answer.status_code}")
                    if answer.status_code == 303 and answer.headers["location"].startswith("/sign-in"):
                        mine = cookie(begun(site, "an administrator", "administrator"))
        print(f"{len(every)} forms and pages, {asked} requests, {len(wrong)} wrong")
        assert not wrong, "\n".join(sorted(wrong))
        assert len(every) > 100

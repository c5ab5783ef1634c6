"""Whatever somebody types into whichever form there is, or changes in an address: they are told, and nothing breaks.

The forms are those of the pages themselves: every field of every form that an administrator is shown.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from perthyn.model import Membership
from perthyn_web.accounts import limits, rights

from .conftest import HERE, Site
from .doors import doors, fills
from .full_house import begun, full_house
from .test_access import PATIENT, Knocking, cookie

HOME = Path(__file__).parents[3]
ODD = (
    "²", "9" * 5_000, "-1", "1e999", "NaN", "0", "1.5", "\x00", "\ud800", "x" * 60_000, "2026-13-45", "0001-01-01",
    "9999-12-31", "00:00", "' or 1=1 --", '"; drop table contact; --', "\\", "%", "[", "{", "{0}", "..", "/",
    "00000000-0000-4000-8000-00000000dead", "*", "a@b", "\u202e", "\n",
)  # fmt: skip
"""Numbers that are none, days that never were, SQL, paths, ids of nobody."""
ANYWHERE = ("after", "before", "from", "page", "year", "day", "since", "until", "kind", "of")
"""What an address of any page may say."""
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
            there, _ = found.setdefault(("GET", door.at(values)), ({}, set()))
            there |= dict.fromkeys(ANYWHERE, "")
    return found


def codes() -> set[str]:
    """Every code that there are words for."""
    found = (one for file in HOME.glob("*/*/locale/en/*.po") for one in file.read_text(encoding="utf-8").split("\n"))
    return set(re.findall(r'^msgid "([a-z]\w*(?:\.\w+)+)"$', "\n".join(found), flags=re.MULTILINE))


def unsaid(page: str, known: set[str]) -> set[str]:
    """What a page says that no person wrote: codes instead of their words, English of a library."""
    body = re.sub(r"<(textarea|script|code|option)\b.*?</\1>|<[^>]*>", " ", page.partition("<main")[2], flags=re.DOTALL)
    said = set(re.findall(r"\b[a-z]\w*(?:\.\w+)+", body))
    return said & known | set(re.findall(r"(?:Input|Value|String) (?:should|error)", body))


def test_what_a_form_never_sends_is_refused_in_words(site: Site) -> None:
    client = site.as_role("administrator", "cy")
    form = {"organisation": "Plas", "language": "cy", "zone": "Europe/London", "region": "GB", "year_starts": "1"}
    wrong = [("year_starts", "13", "12 ar y mwyaf"), ("year_starts", "0", "1 o leiaf"), ("language", "gd", "yn un o")]
    for name, sent, said in wrong:
        answer = client.post("/settings/organisation", data={**form, name: sent})
        assert answer.status_code == 422 and said in answer.text and not unsaid(answer.text, codes()), sent
    assert unsaid("<main>record.value (x)", {"record.value"}) and unsaid("<main>Input should be 1", set())


def test_a_list_of_everybody_is_kept_and_a_name_may_be_too_long(site: Site) -> None:
    client = site.as_role("marketing")
    assert client.post("/contacts/views", data={"name_en": "All"}).headers["location"] == "/contacts?sort=name"
    assert client.post("/contacts/views", data={"name_en": "x" * 60_000}).status_code == 422


@pytest.mark.parametrize(
    ("charset", "sent"),
    [("utf-7", b"+2AA-"), ("unicode_escape", rb"\ud800"), ("idna", b"a..b"), ("punycode", b"x-\xff"),
     ("undefined", b"x")],
)  # fmt: skip
def test_a_form_that_says_an_odd_charset_is_read_as_our_pages_send_them(
    empty_site: Site, charset: str, sent: bytes
) -> None:
    client = empty_site.as_role("marketing")
    body = b'--x\r\ncontent-disposition: form-data; name="name_en"\r\n\r\n' + sent + b"\r\n--x--\r\n"
    for told in (f"; charset={charset}", f';Charset = "{charset}"', f"; charset*=utf-8''{charset}"):
        answer = client.post("/contacts/views", content=body,
                             headers={"content-type": f"multipart/form-data; boundary=x{told}"})  # fmt: skip
        assert answer.status_code == 303, told


def test_a_party_of_thousands_of_digits_is_told_what_it_is(site: Site) -> None:
    one, client = site.crm.add_contact({"name": "Huw"})[0], site.as_role("volunteer")
    for party in ("9" * 5_000, "10001", "0", "²", "-1"):
        answer = client.post(f"/contacts/{one.id}/came", data={"key": "a" * 20, "party": party})
        assert answer.status_code == 422, party[:9]
    assert site.crm.happened(one.id) == []


def test_a_right_that_is_missing_is_no_trouble_of_a_form(site: Site) -> None:
    one, other = (site.crm.add_contact({"name": name})[0] for name in ("Huw", "Gwen"))
    segment, _ = site.crm.add_segment("Friends", None, "", mode="hand")
    rights.set_role(
        site.crm, "Tags", "Tagiau", frozenset({"contact.read", "contact.write", "contact.bulk", "segment.read"})
    )
    client = site.as_role("Tags")
    many = {"id": [str(one.id), str(other.id)], "doing": "segment", "value": str(segment.id)}
    saw = json.dumps(one.plain())
    older = json.dumps({**one.plain(), "age_band": "13-17"})
    edit = {"saw": saw, "theirs": saw, "mine": older, "take:age_band": "mine"}
    for path, form in (("many", many), ("many/do", many), (f"{one.id}/edit", edit)):
        answer = client.post(f"/contacts/{path}", data=form)
        assert answer.status_code == 403 and "<form" not in answer.text.partition("<main")[2], path
    assert site.crm.look_up(one.id) == one and not list(site.crm.store.owned(Membership, [one.id, other.id]))


@pytest.mark.slow
def test_no_form_breaks_whatever_is_typed_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST", 10**9)
    with full_house(tmp_path / "house", toml=PATIENT) as site:
        knocking = Knocking(site)
        mine = cookie(begun(site, "an administrator", "administrator"))
        every, known = forms(site, knocking, mine), codes()
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
                    if answer.status_code >= 400 and (bare := unsaid(answer.text, known - {typed})):
                        wrong.add(f"{method} {path} {odd[:12]!r} says {sorted(bare)}")
                    if answer.status_code >= 500:
                        wrong.add(f"{method} {path} {odd[:12]!r}: {answer.status_code}")
                    if answer.status_code == 303 and answer.headers["location"].startswith("/sign-in"):
                        mine = cookie(begun(site, "an administrator", "administrator"))
        print(f"{len(every)} forms and pages, {asked} requests, {len(wrong)} wrong")
        assert not wrong, "\n".join(sorted(wrong))
        assert len(every) > 100

"""The audit page: who did what, found again, in words for every code; and whether it is whole."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from perthyn.audit import Entry
from perthyn.text import LANGUAGES
from perthyn_web.pages import audit

from .conftest import Site
from .doors import doors, fills
from .full_house import begun, full_house, id_of
from .test_access import Knocking, cookie

ROOT = Path(__file__).parents[3]


def noted() -> Iterator[tuple[str, str]]:
    """Every code that anything of ours notes in the trail, and where."""
    files = [*(ROOT / "core/perthyn/crm").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    for file in files:
        if file.name == "noting.py" and file.parent.name == "accounts":
            continue  # it hands the code on
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and (code := _code_of(call)):
                yield code, f"{file.name}:{call.lineno}"


def _code_of(call: ast.Call) -> str:
    match call:
        case ast.Call(func=ast.Name("note"), args=[_, ast.Constant(str(code)), *_]):
            return code
        case ast.Call(func=ast.Name("note")):
            return "a code that is not written out"
        case ast.Call(func=ast.Attribute(ast.Name("self" | "crm"), "note"), args=[ast.Constant(str(code)), *_]):
            return code
        case ast.Call(func=ast.Attribute(ast.Attribute(_, "crm"), "note"), args=[ast.Constant(str(code)), *_]):
            return code
    return ""


def test_every_code_that_is_noted_has_words() -> None:
    codes = dict(noted())
    assert {"contact.seen", "sign_in.failed", "account.linked", "reading.stopped", "audit.exported"} <= codes.keys()
    assert {code: at for code, at in codes.items() if code not in audit.WORDS} == {}
    assert not audit.WORDS.keys() - codes.keys(), "words for what nobody notes"


def test_the_words_stand_in_both_languages(site: Site) -> None:
    told = {language: site.session.in_language(language) for language in LANGUAGES}
    for said in {**audit.WORDS, **audit.SAID, **dict(audit.GROUPS)}.values():
        assert told["cy"](said) != told["en"](said) == said


def rows(page: str) -> list[str]:
    """The lines of the table, as texts."""
    body = page.partition("<tbody")[2].partition("</tbody>")[0]
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", f"<{one}")).split()) for one in body.split("<tr ")[1:]]


def someone(site: Site) -> Any:
    """A person of the demonstration."""
    return site.crm.find("jones")[0]


def test_who_looked_at_whom_is_found_again(site: Site) -> None:
    one, two = site.crm.find("jones")[:2]
    site.as_role("volunteer", name="nia").get(f"/contacts/{one.id}")
    site.as_role("volunteer", name="eira").get(f"/contacts/{two.id}")
    boss = site.as_role("manager")
    first = rows(boss.get("/settings/audit").text)
    assert any("Nia" in line and "Looked at a person" in line and one.shown_name in line for line in first)
    found = rows(boss.get("/settings/audit?who=nia&what=contact.").text)
    assert len(found) == 1 and one.shown_name in found[0]
    about = rows(boss.get(f"/settings/audit?about={two.id}&what=contact.").text)
    assert len(about) == 1 and "Eira" in about[0]
    today = site.crm.today().isoformat()
    assert rows(boss.get(f"/settings/audit?who=nia&day={today}").text)
    assert "Nothing of the kind" in boss.get("/settings/audit?who=nia&day=2001-01-01").text
    assert "Edrychodd ar berson" in site.as_role("manager", "cy").get("/settings/audit").text


ASKING = ("/consent", "/new", "/happened", "/related", "/same", "/erase")
"""Forms about somebody that show no more of them than their name."""


def test_no_route_shows_a_person_without_a_line_of_it(tmp_path: Path) -> None:
    with full_house(tmp_path / "house") as site:
        knocking, trail = Knocking(site), site.crm.audit
        mine = cookie(begun(site, "an administrator", "administrator"))
        assert trail is not None
        unnoted, asked = [], 0
        for door in doors(site):
            if door.method != "GET" or "contacts id" not in door.names or door.path.endswith(ASKING):
                continue
            before = trail.head().lines
            _, values = next(fills(door, knocking.known, {}))
            assert knocking.knock(door, values, **mine).status_code == 200, door
            told = [one for one in trail.newest(9) if one.number > before and one.what.startswith("contact.")]
            asked += 1
            if not any(str(id_of("mair")) in one.ids for one in told):
                unnoted.append(str(door))
        assert not unnoted and asked > 10


def test_what_can_not_be_asked_for_is_told(site: Site) -> None:
    boss = site.as_role("manager")
    for wrong in ("day=never", "about=nobody-of-that-name-is-here"):
        answer = boss.get(f"/settings/audit?{wrong}")
        assert answer.status_code == 422 and "error-summary" in answer.text
    for odd in ("before=x", "before=99999999999999999999", "what=drop", "who=%00"):
        assert boss.get(f"/settings/audit?{odd}").status_code == 200


def test_older_lines_stand_on_the_next_page_each_once(site: Site) -> None:
    crm = site.crm
    for one in range(120):
        crm.note("hook.ended", of=str(one), now=one == 119)
    boss = site.as_role("manager")
    seen, way = [], "/settings/audit?what=&who="
    for _ in range(4):
        page = boss.get(way).text
        seen += re.findall(r'tag-plain">(\d+)<', page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if older is None:
            break
        way = unescape(older[1])
    assert seen[:120] == [str(one) for one in reversed(range(120))]


def test_whoever_may_not_does_not_see_it(site: Site) -> None:
    for role in ("fundraiser", "marketing", "volunteer", "read_only"):
        client = site.as_role(role)
        assert client.get("/settings/audit").status_code == 403
        assert client.post("/settings/audit/file").status_code == 403
        assert client.post("/settings/audit/check").status_code == 403


def test_whether_it_is_whole(site: Site) -> None:
    boss = site.as_role("manager")
    assert "It is whole" in boss.post("/settings/audit/check").text
    site.crm.audit.close()  # type: ignore[union-attr]
    file = site.folder / "perthyn.audit"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:1] + lines[2:]), encoding="utf-8")
    page = boss.post("/settings/audit/check").text
    assert "Somebody has changed" in page and "the first in line 2" in page


def test_it_is_taken_out_as_a_table_and_that_is_written_down(site: Site) -> None:
    someone_ = someone(site)
    site.as_role("volunteer", name="=nia").get(f"/contacts/{someone_.id}")
    boss = site.as_role("manager")
    answer = boss.post("/settings/audit/file", data={"what": "contact."})
    assert answer.headers["content-type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert next((one["who"], one["at"][-6:], one["ids"]) for one in table if one["what"] == "contact.seen") == (
        "'=Nia", "+00:00", str(someone_.id)
    )  # fmt: skip
    assert "Took this list out" in boss.get("/settings/audit").text


def test_a_code_of_somebody_elses_stands_as_it_is(site: Site) -> None:
    site.crm.note("raffle.drawn", ids=[], of="{x} %s <b>", now=True)
    page = site.as_role("manager").get("/settings/audit").text
    assert "raffle.drawn" in page and "&lt;b&gt;" in page


def test_words_of_a_line_are_a_persons(site: Site) -> None:
    t = site.session.in_language("en")
    now = site.crm.clock()
    assert audit.did(t, Entry(1, now, "x", "sign_in")) == "Signed in"


@pytest.mark.parametrize("before", ["", "?before=3"])
def test_an_empty_trail_is_a_page_too(empty_site: Site, before: str) -> None:
    assert empty_site.as_role("manager").get(f"/settings/audit{before}").status_code == 200

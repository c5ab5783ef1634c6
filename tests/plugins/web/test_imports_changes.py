"""A file that says something else of people who are known: what would change is shown before it is taken in."""

from __future__ import annotations

import re

from perthyn.text import Translator
from perthyn.words.records import value
from perthyn_web.intake import keeping

from .conftest import Site
from .test_imports import bring, looked_at, people, work

OTHERWISE = """Enw,E-bost,Ffôn
Siân Tŷ Newydd,sian@example.cymru,01597 810 999
"""


def test_what_is_otherwise_now_is_shown(empty_site: Site) -> None:
    client = empty_site.as_role("manager")
    for name, text in (("one.csv", OTHERWISE), ("two.csv", OTHERWISE.replace("999", "321"))):
        at = bring(client, name, text)
        page = looked_at(empty_site, client, at)
        client.post(f"{at}/take")
        work(empty_site)
    assert "01597 810 321" in re.sub(r"<[^>]*>", "", page)
    assert [one.state.phase for one in keeping.every(empty_site.crm)] == ["done", "done"]
    assert set(people(empty_site.crm)) == {"Siân Tŷ Newydd"}


def test_days_before_and_now_are_told_in_words() -> None:
    t = Translator("en", [])
    assert value(t, "1980-03-01") == "1 March 1980" and value(t, ["1980-03-01", "text"]) == "1 March 1980; text"
    assert value(t, "1980-13-01") == "1980-13-01" and value(t, "since 1980-03-01") == "since 1980-03-01"

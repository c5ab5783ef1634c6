"""`perthyn sheets members`: a tab with the people of a segment and why, renewed, never read, leaking nothing."""

from __future__ import annotations

import os
from typing import Any

import pytest

from perthyn.crm import Actor, Crm
from perthyn.errors import Forbidden
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.text import Translator
from perthyn_sheets.members import members_tab

pytestmark = pytest.mark.slow


@pytest.fixture
def speakers(world: Any, perthyn: Any) -> Any:
    """Two people who wish Welsh, one who does not, and the segment of the former."""
    perthyn.begun()
    perthyn("contact", "add", "Siân Llŷr", "--set", "language=cy")
    perthyn("contact", "add", "Dafydd Rees", "--set", "language=cy")
    perthyn("contact", "add", "Ann Jones", "--set", "language=en")
    perthyn("segment", "add", "Welsh speakers", "language is cy", "--name-cy", "Siaradwyr Cymraeg")
    return world.emulator.people


def test_the_people_and_why(speakers: Any, perthyn: Any) -> None:
    said = perthyn("sheets", "members", "Welsh speakers", "--json").json
    assert said["count"] == 2 and said["address"].startswith(f"{perthyn.address}#gid=")
    head, *rows = speakers.values("Members: Welsh speakers")
    assert head == ["Name", "Emails", "Phones", "Why she or he is in it"]
    assert [row[0] for row in rows] == ["Dafydd Rees", "Siân Llŷr"]
    assert all("Language: Welsh" in row[3] for row in rows)


def test_it_is_renewed_where_it_stands(speakers: Any, perthyn: Any) -> None:
    perthyn("sheets", "members", "Welsh speakers")
    speakers.rename_tab("Members: Welsh speakers", "For the concert")
    speakers.type("For the concert", "A2", "Somebody typed this")
    perthyn("contact", "edit", "Dafydd Rees", "--set", "language=en")
    perthyn("sheets", "members", "Welsh speakers")
    assert [row[0] for row in speakers.values("For the concert")[1:]] == ["Siân Llŷr"]
    titles = [one["properties"]["title"] for one in perthyn.world.api().tabs()["sheets"]]
    assert not [title for title in titles if title.startswith("Members:")]


def test_it_is_never_read_nor_offered(speakers: Any, perthyn: Any) -> None:
    perthyn("sheets", "members", "Welsh speakers")
    speakers.type("Members: Welsh speakers", "A2", "Somebody typed this")
    done = perthyn("sync", "--json").json
    assert (done["taken_in"], done["problems"]) == (0, 0)
    said = perthyn("import", perthyn.address, code=1)
    assert "no table of yours" in said.err


def test_in_the_language_of_the_sheet(world: Any, perthyn: Any) -> None:
    world.language = "cy"
    perthyn.begun()
    perthyn("contact", "add", "Siân Llŷr", "--set", "language=cy")
    perthyn("segment", "add", "Siaradwyr Cymraeg", "language is cy")
    world.language = "en"
    perthyn("sheets", "members", "Siaradwyr Cymraeg")
    (head, row) = world.emulator.people.values("Aelodau: Siaradwyr Cymraeg")
    assert head[0] == "Enw" and row[0] == "Siân Llŷr" and "Iaith: Cymraeg" in row[3]


def test_nobody_is_shown_what_they_may_not_see(world: Any) -> None:
    store = world.open()
    parts = (Plugins.find(), Settings(), world.now, os.urandom)
    crm = Crm(store, *parts, Actor("owner"))
    segment, _ = crm.add_segment("With a note", None, "note is known")
    volunteer = Crm(store, *parts, Actor("volunteer", frozenset({"contact.read", "segment.read"})))
    with pytest.raises(Forbidden):
        members_tab(store, volunteer, segment, Translator)
    titles = [one["properties"]["title"] for one in world.api().tabs()["sheets"]]
    assert not [title for title in titles if "note" in title]

"""Invented people: in with one tap, said on each page, and gone with one, but for what somebody did meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perthyn.demonstration import Demonstration
from perthyn.model import Consent, Contact, Interaction, Segment, Setting
from perthyn_web.intake import looking

from .conftest import opened
from .test_imports import work

Site = Any  # the class stands in conftest.py
BANNER = "The people here are invented."


def counts(site: Site) -> dict[str, int]:
    """Of all that is stored, so much there is; what passes, accounts and sign-ins, aside."""
    types = [one for one in site.crm.store.types.values() if not one.passes() and one.scope == "shared"]
    return {one.type_name: site.crm.store.count_of(one) for one in types}


def small(site: Site, files: int = 2) -> None:
    """Of the invented house, only the files that are soon read."""
    (house,) = site.crm.demonstrations()
    wanted = ("members.xlsx", "newsletter-unsubscribed.csv")[:files]
    few = Demonstration(
        house.house, lambda folder: [one for one in house.write(folder) if one.file.name in wanted], house.segments
    )
    site.session.plugins.offer = lambda hook, offer=site.session.plugins.offer, **facts: (
        [few] if hook == "offer_demonstration" else offer(hook, **facts)
    )


@pytest.fixture
def looked(empty_site: Site) -> Iterator[Site]:
    small(empty_site)
    yield empty_site


def test_they_come_and_go(looked: Site) -> None:
    client = looked.as_role("manager")
    before = counts(looked)
    page = client.get("/").text
    assert "Look around with invented people first" in page and BANNER not in page
    assert client.post("/invented").headers["location"] == "/invented"
    assert "<progress" in client.get("/invented").text and "How far is it?" in client.get("/").text
    work(looked)
    assert client.get("/invented").headers["location"] == "/"
    assert looked.crm.store.count_of(Contact) > 100 and looked.crm.store.count_of(Segment) == 3
    noes = [one for one in looked.crm.store.scan(Consent) if one.undo_rule == "never"]
    assert noes, "an ordinary no is never taken back"
    for path in ("/", "/contacts", "/segments", "/import"):
        assert BANNER in client.get(path).text and "/invented/remove" in client.get(path).text, path
    assert BANNER in looked.as_role("volunteer").get("/contacts").text
    assert "/invented/remove" not in looked.as_role("volunteer").get("/contacts").text
    added, _ = looked.crm.add_contact({"name": "Siân Meanwhile"})
    assert client.post("/invented/remove").headers["location"] == "/invented"
    assert "They are being removed" in client.get("/invented").text or "Waiting" in client.get("/invented").text
    work(looked)
    page = client.get("/invented").text
    assert "Nobody invented is left." in page and BANNER not in page
    assert [one.id for one in looked.crm.store.scan(Contact)] == [added.id]
    assert counts(looked) == {**before, "contact": 1}
    assert looked.crm.store.count_of(Interaction) == 0


def test_what_somebody_did_with_them_stays_and_is_named(looked: Site) -> None:
    client = looked.as_role("administrator", "en")
    client.post("/invented")
    work(looked)
    one, other = list(looked.crm.store.scan(Contact))[:2]
    looked.crm.edit_contact(one.id, {"title": "Archdruid"})
    looked.crm.add_interaction(other.id, {"kind": "visit"})
    client.post("/invented/remove")
    work(looked)
    page = client.get("/invented").text
    assert {each.id for each in looked.crm.store.scan(Contact)} == {one.id, other.id}
    assert one.shown_name in page and other.shown_name in page and BANNER not in page
    assert not [each for each in looked.crm.store.scan(Setting) if each.name.startswith("demonstration.")]


def test_whoever_is_killed_it_goes_on(looked: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def kill(*args: Any) -> None:
        raise Killed

    client = looked.as_role("manager")
    for step, wanted in (("/invented", 3), ("/invented/remove", 0)):
        client.post(step)
        with monkeypatch.context() as then:
            then.setattr("perthyn.crm.jobs.Jobs.goes_on", kill)  # the first batch is in, and nobody has noted it
            with looked.desks() as crm, pytest.raises(Killed):
                (job,) = (one for one in crm.jobs() if one.name.startswith("web.demonstration"))
                list(crm.works()[job.name].run(crm, job))
        work(looked)
        assert len(looked.crm.invented()) == wanted
    assert looked.crm.store.count_of(Contact) == 0


def test_who_would_remove_them_while_they_come_in_is_told_so(looked: Site) -> None:
    client = looked.as_role("manager")
    client.post("/invented")
    assert "still coming in" in client.post("/invented/remove", follow_redirects=True).text
    work(looked)
    assert len(looked.crm.invented()) == 3
    client.post("/invented/remove")
    assert "still coming in" not in client.post("/invented/remove", follow_redirects=True).text, "asked for twice"
    work(looked)
    assert looked.crm.invented() == []


def test_one_of_its_files_taken_back_by_hand_is_forgotten(looked: Site) -> None:
    client = looked.as_role("manager")
    client.post("/invented")
    work(looked)
    for header in looked.crm.invented():
        assert BANNER in client.get("/contacts").text
        client.post(f"/history/{header.id}/undo")
    assert BANNER not in client.get("/contacts").text and looked.crm.store.count_of(Contact) == 0


@pytest.mark.parametrize("role", ["volunteer", "front_of_house", "marketing", "fundraiser", "read_only"])
def test_others_neither_bring_nor_remove(looked: Site, role: str) -> None:
    client = looked.as_role(role)
    assert "Look around with invented" not in client.get("/").text
    for path in ("/invented", "/invented/remove"):
        assert client.post(path).status_code == 403
    assert looking.state_of(looked.crm).phase == "open"


def test_there_is_nothing_to_remove(looked: Site) -> None:
    assert looked.as_role("manager").post("/invented/remove").status_code == 404


@pytest.mark.slow
def test_the_whole_house(tmp_path: Path) -> None:
    (tmp_path / "perthyn.toml").write_text('organisation = "Plas Newydd"\n', encoding="utf-8")
    with opened(tmp_path, create=True) as site:
        before = counts(site)
        client = site.as_role("administrator")
        for path in ("/invented", "/invented/remove"):
            client.post(path)
            work(site)
        assert counts(site) == before

"""Something large is taken back by a job: shown at once, once, and with what stayed; whoever is killed when."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from perthyn.changes import Delete
from perthyn.crm import Crm
from perthyn.errors import Conflict
from perthyn.model import Contact, Job
from perthyn_web import safekeeping
from perthyn_web.intake import looking, undoing
from perthyn_web.intake.keeping import Watched

from .test_imports import bring, looked_at, people, work

Site = Any  # the class stands in conftest.py
ROWS = "Name,Email\n" + "".join(f"Person {n},p{n}@example.org\n" for n in range(60))


@pytest.fixture
def taken_in(empty_site: Site, monkeypatch: pytest.MonkeyPatch) -> tuple[Site, str]:
    """A file of which there is more than is taken back while somebody waits."""
    monkeypatch.setattr(undoing, "MANY", 50)
    client = empty_site.as_role("manager")
    at = bring(client, "many.csv", ROWS)
    looked_at(empty_site, client, at)
    client.post(f"{at}/take")
    work(empty_site)
    assert len(people(empty_site.crm)) == 60
    return empty_site, f"/history/{empty_site.crm.changes(1)[0].id}"


@pytest.mark.parametrize(("language", "people_word"), [("en", "60 people"), ("cy", "60 person")])
def test_it_is_shown_at_once_and_done_by_a_job(
    taken_in: tuple[Site, str], monkeypatch: pytest.MonkeyPatch, language: str, people_word: str
) -> None:
    site, at = taken_in
    client = site.as_role("manager", language)
    monkeypatch.setattr("perthyn.crm.past.plan_undo", None)  # the page is not to work it out
    page = client.get(f"{at}/undo").text
    assert people_word in page.replace("\xa0", " ")
    assert client.post(f"{at}/undo").headers["location"] == f"{at}/undoing"
    monkeypatch.undo()
    monkeypatch.setattr(undoing, "MANY", 50)
    assert "<progress" in client.get(f"{at}/undoing").text and len(people(site.crm)) == 60
    part = client.get(f"{at}/undoing", headers={"hx-request": "true", "hx-target": "progress"}).text
    assert "<progress" in part and "<html" not in part
    client.post(f"{at}/undo")
    assert client.get(f"{at}/undo").headers["location"] == f"{at}/undoing"
    assert sum(one.name == undoing.UNDO for one in site.crm.store.scan(Job)) == 1, "a second tap is no second job"
    work(site)
    page = client.get(f"{at}/undoing").text
    assert people(site.crm) == {} and people_word in page.replace("\xa0", " ") and "<progress" not in page
    header = site.crm.changes(1)[0]
    assert (header.kind, header.actor, header.undoes) == ("undo", "Manager", site.crm.changes(2)[1].id)
    assert not [one for one in site.crm.store.scan(Job) if one.name == undoing.UNDO]


def test_what_somebody_changed_stays_and_is_named(taken_in: tuple[Site, str]) -> None:
    site, at = taken_in
    one = people(site.crm)["Person 7"]
    site.crm.edit_contact(one.id, {"title": "Dr"})
    site.crm.add_contact({"name": "Siân Meanwhile"})
    client = site.as_role("manager")
    client.post(f"{at}/undo")
    work(site)
    page = client.get(f"{at}/undoing").text
    assert set(people(site.crm)) == {"Person 7", "Siân Meanwhile"}
    assert "1 thing stays" in page and "Person 7" in page and "Siân" not in page
    again = site.crm.changes(1)[0]
    client.post(f"/history/{again.id}/undo")
    work(site)
    assert len(people(site.crm)) == 61, "and taken in again after all"


def test_whoever_is_killed_it_happens_once(taken_in: tuple[Site, str], monkeypatch: pytest.MonkeyPatch) -> None:
    site, at = taken_in
    client = site.as_role("manager")
    client.post(f"{at}/undo")
    header = site.crm.batch(at.rpartition("/")[2].replace("-", ""))

    class Killed(BaseException):
        pass

    def killed(*args: Any) -> None:
        raise Killed

    for place, name in ((undoing, "told"), (Crm, "apply")):  # before it is stored
        with monkeypatch.context() as then, site.desks() as crm:
            job = next(one for one in crm.store.scan(Job) if one.name == undoing.UNDO)
            then.setattr(place, name, killed)
            with pytest.raises(Killed):
                list(undoing.run(crm, job))
        assert len(people(site.crm)) == 60 and undoing.state_of(site.crm, header).running
    with monkeypatch.context() as then, site.desks() as crm:  # after it is stored, before it is noted
        job = next(one for one in crm.store.scan(Job) if one.name == undoing.UNDO)
        kept = Watched.keep_outcome
        then.setattr(Watched, "keep_outcome", lambda self, told: killed() if told["batch"] else kept(self, told))
        with pytest.raises(Killed):
            list(undoing.run(crm, job))
    assert people(site.crm) == {}
    work(site)
    page = client.get(f"{at}/undoing").text
    assert "60 people" in page and "Bring it in again" in page
    assert [one.kind for one in site.crm.changes(3)].count("undo") == 1


def test_somebody_changes_something_meanwhile(taken_in: tuple[Site, str], monkeypatch: pytest.MonkeyPatch) -> None:
    site, at = taken_in
    client = site.as_role("manager")
    client.post(f"{at}/undo")
    told, met = undoing.told, list[str]()

    def meanwhile(plan: Any) -> Any:
        if not met:
            met.append("")
            one = people(site.crm)["Person 3"]
            site.crm.add_interaction(one.id, {"kind": "visit"})
        return told(plan)

    monkeypatch.setattr(undoing, "told", meanwhile)
    work(site)
    assert set(people(site.crm)) == {"Person 3"}
    assert "Person 3" in client.get(f"{at}/undoing").text


def at_once(site: Site, monkeypatch: pytest.MonkeyPatch, place: Any, looks: str, begin: Callable[[Crm], None]) -> int:
    """Two begin, each after both have looked (`place.looks`) and found nothing in hand; answers how many jobs wait."""
    both, looked = Barrier(2, timeout=20), getattr(place, looks)

    def seen(*given: Any) -> Any:
        found = looked(*given)
        both.wait()
        return found

    def one() -> None:
        with site.desks() as crm:
            begin(crm)

    with monkeypatch.context() as then, ThreadPoolExecutor(2) as hands:
        then.setattr(place, looks, seen)
        for done in [hands.submit(one), hands.submit(one)]:
            done.result(30)
    return sum(one.name.startswith("web.") and one.code is None for one in site.crm.store.scan(Job))


def test_two_who_begin_at_the_same_instant_make_one_job(
    taken_in: tuple[Site, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, at = taken_in
    header = site.crm.batch(at.rpartition("/")[2].replace("-", ""))
    before = sum(one.name.startswith("web.") for one in site.crm.store.scan(Job))
    assert at_once(site, monkeypatch, undoing, "state_of", lambda crm: undoing.begin(crm, header)) == before + 1
    work(site)
    assert people(site.crm) == {} and [one.kind for one in site.crm.changes(9)].count("undo") == 1
    assert at_once(site, monkeypatch, looking, "state_of", lambda crm: looking.begin(crm, remove=False)) == before + 1
    assert at_once(site, monkeypatch, safekeeping, "waiting", safekeeping.begin) == before + 2
    failed = safekeeping.waiting(site.crm)
    site.crm.commit([Delete(failed)], kind="job", reason="a test")  # as somebody else does who has it tried anew
    monkeypatch.setattr(safekeeping, "waiting", lambda crm: failed.with_values({"code": "web.backup.key"}))
    safekeeping.begin(site.crm)


def test_what_others_did_is_not_theirs(taken_in: tuple[Site, str]) -> None:
    site, at = taken_in
    for role in ("volunteer", "front_of_house", "marketing", "fundraiser", "read_only"):
        client = site.as_role(role)
        for answer in (client.get(f"{at}/undo"), client.post(f"{at}/undo"), client.get(f"{at}/undoing")):
            assert answer.status_code in (303, 403, 404), role
    assert not [one for one in site.crm.store.scan(Job) if one.name == undoing.UNDO]
    assert site.crm.store.count_of(Contact) == 60


def test_why_it_could_not_be_is_said(taken_in: tuple[Site, str], monkeypatch: pytest.MonkeyPatch) -> None:
    site, at = taken_in
    client = site.as_role("manager")
    client.post(f"{at}/undo")

    def refused(*args: Any, **facts: Any) -> None:
        raise Conflict("store.stale", path="x")

    with monkeypatch.context() as then:
        then.setattr(Crm, "undo_plan", refused)
        with site.desks() as crm:
            assert "failed" in [one.outcome for one in crm.do_due("test-1")]
    assert "tried again soon" in client.get(f"{at}/undoing").text
    assert len(people(site.crm)) == 60

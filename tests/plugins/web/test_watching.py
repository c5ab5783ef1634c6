"""Whoever takes far more people than usual is stopped: by page, by search, by the API, by a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from perthyn.changes import Create, Delete
from perthyn.crm import Actor
from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.model import Contact
from perthyn.model.ids import named_id
from perthyn.screens import Person
from perthyn_web.accounts import tokens, users, watching
from perthyn_web.accounts.noting import changed, keep
from perthyn_web.accounts.records import TYPES, Reading, Token, reading_id

from .conftest import Site, opened

THERE, SOON = 10_000, 40
ID = re.compile(r"/contacts/([0-9a-f-]{36})")


def organisation(folder: Path, toml: str, count: int) -> None:
    """An organisation of so many people, whose names are numbers in letters."""
    (folder / "perthyn.toml").write_text(toml, encoding="utf-8")
    with opened(folder, create=True) as site:
        people = [Contact(id=named_id(f"p{one}"), given=letters(one), family="Jones") for one in range(count)]
        for start in range(0, count, 1_000):
            site.crm.commit(map(Create, people[start : start + 1_000]), kind="import")


def letters(number: int) -> str:
    """A name that no other is like: ``Baaabab...``."""
    return "B" + "".join("aeiouwylr"[number // 9**place % 9] * 2 for place in range(5))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Where 40 people in a day are many."""
    folder = tmp_path_factory.mktemp("watched")
    organisation(folder, f'organisation = "Plas"\n[web]\npeople_a_day = {SOON}\n', 300)
    with opened(folder) as site:
        yield site


@pytest.fixture
def plas(small: Site) -> Iterator[Site]:
    """The same, without anybody who has come in."""
    yield small
    for type in reversed(TYPES):
        keep(small.crm, [Delete(one) for one in small.crm.store.scan(type)], "a test")


# -- thieves: each yields what it is answered, request by request ------------------------------------------------------


def by_page(client: TestClient) -> Iterator[Any]:
    """The list of people, a page at a time."""
    way = "/contacts"
    while way:
        answer = client.get(way)
        yield answer
        way = "/contacts" + (re.search(r'rel="next" href="/contacts(\?[^"]+)"', answer.text) or ["", ""])[1].replace(
            "&amp;", "&"
        )


def by_person(client: TestClient) -> Iterator[Any]:
    """One person's page after the other."""
    for one in range(THERE):
        yield client.get(f"/contacts/{named_id(f'p{one}')}")


def by_search(client: TestClient) -> Iterator[Any]:
    """What the list of names answers to, name by name."""
    for one in range(THERE):
        yield client.get(f"/contacts?q={letters(one)[:9]}")


def by_api_list(client: TestClient) -> Iterator[Any]:
    """The API's list, in the largest pages there are."""
    cursor = ""
    while cursor is not None:
        answer = client.get(f"/api/contacts?limit=500&cursor={cursor}")
        yield answer
        cursor = answer.json().get("next")


def by_api(client: TestClient) -> Iterator[Any]:
    """One person after the other, by the API."""
    for one in range(THERE):
        yield client.get(f"/api/contacts/{named_id(f'p{one}')}")


def by_api_search(client: TestClient) -> Iterator[Any]:
    """The API's search."""
    for one in range(THERE):
        yield client.get(f"/api/contacts?q={letters(one)[:9]}&limit=500")


WAYS: tuple[Callable[[TestClient], Iterator[Any]], ...] = (
    by_page, by_person, by_search, by_api_list, by_api, by_api_search
)  # fmt: skip


def taken(thief: Iterator[Any]) -> set[UUID]:
    """The people whom a thief has when it is stopped."""
    found: set[UUID] = set()
    for answer in thief:
        if answer.status_code != 200:
            return found
        ids = ID.findall(answer.text) or re.findall(r'"id":"([0-9a-f-]{36})"', answer.text)
        found |= {UUID(one) for one in ids} & PEOPLE
    raise AssertionError(f"nobody stopped it: {len(found)}")


PEOPLE = {named_id(f"p{one}") for one in range(THERE)}


def token_of(site: Site) -> TestClient:
    """Another system, with a token of its own."""
    client = site.nobody()
    client.headers["authorization"] = f"Bearer {tokens.new_token(site.crm, 'a website')[1]}"
    return client


# -- stopped -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_thief_is_stopped_whichever_way(plas: Site, way: Callable[[TestClient], Iterator[Any]]) -> None:
    thief = plas.as_role("volunteer", name=way.__name__)
    got = taken(way(thief))
    assert len(got) <= SOON and (len(got) == SOON or way in (by_page, by_search, by_api_list, by_api_search))
    assert thief.get("/contacts").status_code == 303, "the sign-in has ended"
    (reading,) = plas.crm.store.scan(Reading)
    assert reading.stopped is not None
    told = [one for one in plas.crm.trail(30) if one.what == "reading.stopped" and one.ids == (str(reading.who),)]
    assert len(told) == 1 and told[0].who == way.__name__.title()


@pytest.mark.parametrize("way", [by_api_list, by_api, by_api_search], ids=lambda way: way.__name__)
def test_a_token_is_stopped_and_stays_so_until_somebody_decides(
    plas: Site, way: Callable[[TestClient], Iterator[Any]]
) -> None:
    thief = token_of(plas)
    assert len(taken(way(thief))) <= SOON
    assert thief.get("/api/contacts?limit=1").status_code == 401
    (token,) = plas.crm.store.scan(Token)
    assert token.ended is not None
    boss = plas.as_role("administrator")
    assert "a website" in boss.get("/").text and "a website" in boss.get("/users").text
    (reading,) = plas.crm.store.scan(Reading)
    assert boss.post(f"/users/stopped/{reading.id}", data={"decided": "allowed"}).status_code == 303
    assert thief.get("/api/contacts?limit=200").status_code == 200
    assert "Stopped: far more" not in boss.get("/").text


def a_stop(plas: Site, rights: frozenset[str] = frozenset()) -> tuple[Token, Reading]:
    """A token that was stopped."""
    made, shown = tokens.new_token(plas.crm, "a website", rights)
    client = plas.nobody()
    client.headers["authorization"] = f"Bearer {shown}"
    taken(by_api_list(client))
    (token,) = plas.crm.store.scan(Token)
    (reading,) = plas.crm.store.scan(Reading)
    assert token.id == made.id and token.ended == reading.stopped is not None
    return token, reading


def test_a_token_that_somebody_has_ended_since_is_not_given_back(plas: Site) -> None:
    token, reading = a_stop(plas)
    tokens.end_token(plas.crm, token.id)
    assert watching.stopped(plas.crm) == []
    with pytest.raises(Unknown, match=r"reading\.unknown"):
        watching.decide(plas.crm, reading.id, "allowed")


def test_a_token_of_somebody_who_is_let_in_no_more_is_not_given_back(plas: Site) -> None:
    token, reading = a_stop(plas)
    mair = users.make(plas.crm, "mair", "Mair", "volunteer")[0].id
    keep(plas.crm, [changed(token, user=mair)], "a test")
    users.disable(plas.crm, mair)
    assert watching.stopped(plas.crm) == []
    with pytest.raises(Unknown, match=r"reading\.unknown"):
        watching.decide(plas.crm, reading.id, "allowed")


def test_a_token_that_had_ended_before_it_was_stopped_stays_so(plas: Site) -> None:
    token, reading = a_stop(plas)
    keep(plas.crm, [changed(token, ended=token.made)], "a test")
    watching.decide(plas.crm, reading.id, "allowed")
    assert [one.ended for one in plas.crm.store.scan(Token)] == [token.made]


def test_nobody_lets_others_look_on_who_may_more_than_they(plas: Site) -> None:
    _, reading = a_stop(plas, frozenset({"contact.read", "contact.erase"}))
    few = plas.crm.acting(Actor("Huw", frozenset({"user.read", "user.write", "contact.read"})), "en")
    with pytest.raises(Forbidden, match=r"right\.missing"):
        watching.decide(few, reading.id, "allowed")
    assert all(one.ended for one in plas.crm.store.scan(Token))
    taken(by_person(plas.as_role("manager", name="mair")))
    (other,) = (one for one in plas.crm.store.scan(Reading) if one.id != reading.id)
    with pytest.raises(Forbidden, match=r"right\.missing"):
        watching.decide(few, other.id, "allowed")
    watching.decide(few, other.id, "kept")
    watching.decide(plas.crm, reading.id, "allowed")
    assert not any(one.ended for one in plas.crm.store.scan(Token))


def test_a_file_of_all_of_them_is_not_made(plas: Site, tmp_path: Path) -> None:
    crm = plas.crm
    crm.watch = watching.Watch(SOON).over(crm, Person("Mair", "manager", frozenset({"*"}), UUID(int=1)))
    with pytest.raises(PerthynError, match=r"reading\.stopped"):
        crm.export(tmp_path / "all.csv", "analysis")
    assert not (tmp_path / "all.csv").exists()


def test_nobody_else_is_stopped_and_whoever_was_signs_in_to_those_they_had(plas: Site) -> None:
    taken(by_person(plas.as_role("volunteer", name="mair")))
    assert plas.as_role("volunteer", name="another").get(f"/contacts/{named_id('p200')}").status_code == 200
    again = plas.as_role("volunteer", name="mair")
    assert again.get(f"/contacts/{named_id('p1')}").status_code == 200
    refused = again.get(f"/contacts/{named_id('p200')}")
    assert refused.status_code == 429 and "more than is usual" in refused.text
    assert again.get(f"/contacts/{named_id('p1')}").status_code == 200, "they are told once, and stay"


def test_the_same_people_again_are_no_more_people(plas: Site) -> None:
    client = plas.as_role("volunteer", name="eira")
    for _ in range(3):
        for one in range(SOON - 1):
            assert client.get(f"/api/contacts/{named_id(f'p{one}')}").status_code == 200


def test_left_stopped_it_is_told_no_more(plas: Site) -> None:
    taken(by_person(plas.as_role("volunteer", name="nia")))
    boss = plas.as_role("administrator")
    (reading,) = plas.crm.store.scan(Reading)
    assert boss.post(f"/users/stopped/{reading.id}", data={"decided": "kept"}).status_code == 303
    assert "Stopped" not in boss.get("/").text
    assert boss.post(f"/users/stopped/{reading.id}", data={"decided": "allowed"}).status_code == 404
    assert plas.as_role("manager").post(f"/users/stopped/{reading.id}").status_code == 403


def test_five_times_what_is_usual_and_the_days_before(plas: Site) -> None:
    crm, who = plas.crm, users.make(plas.crm, "mair", "Mair", "volunteer")[0].id
    person = Person("Mair", "volunteer", frozenset(), who)
    for ago, count in ((1, 30), (2, 20), (3, 10), (29, 9_000)):
        day = crm.today() - timedelta(days=ago)
        keep(crm, [Create(Reading(id=reading_id(who, day), who=who, day=day, count=count))], "a test")
    shown = watching.Watch(SOON).over(crm, person)
    assert shown is not None
    for one in range(100):
        shown(named_id(f"p{one}"))
    with pytest.raises(PerthynError, match=r"reading\.stopped") as caught:
        shown(named_id("p100"))
    assert caught.value.facts == {"count": 100, "most": 100}


def greets(site: Site, client: TestClient, start: int, count: int) -> list[int]:
    """Somebody at the desk notes so many visitors, each found in a list of twelve; what each is answered."""
    answers = []
    for one in range(start, start + count):
        for other in range(12):
            client.get(f"/contacts/{named_id(f'p{(one * 12 + other) % 300}')}")
        data = {"key": f"visitor-{one:04}", "to": "/"}
        answers.append(
            client.post(f"/contacts/{named_id(f'p{(one * 12 + start // 100) % 300}')}/came", data=data).status_code
        )
    return answers


def test_whoever_greets_visitors_is_shown_more_people_and_not_stopped(plas: Site) -> None:
    greta = plas.as_role("volunteer", name="greta")
    assert greets(plas, greta, 0, 24) == [303] * 24
    assert greta.get("/contacts").status_code == 200
    assert not [one for one in plas.crm.store.scan(Reading) if one.stopped]
    assert len(taken(by_person(plas.as_role("volunteer", name="huw")))) == SOON, "what one earns is nobody else's"


def test_greeting_leads_no_further_than_ten_times(plas: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BUSIEST", 2)
    greets(plas, plas.as_role("volunteer", name="thief"), 100, 24)
    [reading] = [one for one in plas.crm.store.scan(Reading) if one.stopped]
    assert reading.count == 2 * SOON


def test_a_token_earns_nothing_by_noting_visits(plas: Site) -> None:
    crm, there = plas.crm, Person("gwen", "token", frozenset({"*"}), UUID(int=7), session=UUID(int=7))
    acting = crm.acting(Actor("gwen", frozenset({"*"})), "en")
    acting.watch = None
    for one in range(5):
        acting.came(named_id(f"p{one + 40}"), f"of-a-token-{one}")
    shown = watching.Watch(SOON).over(crm, there)
    assert shown is not None
    for one in range(SOON):
        shown(named_id(f"p{one}"))
    with pytest.raises(PerthynError, match=r"reading\.stopped"):
        shown(named_id("p200"))


def test_what_is_written_down_counts_after_a_restart(plas: Site) -> None:
    crm, person = plas.crm, Person("Mair", "volunteer", frozenset(), UUID(int=5))
    first = watching.Watch(300)
    shown = first.over(crm, person)
    assert shown is not None
    for one in range(150):
        shown(named_id(f"p{one}"))
    first.settle(crm, person)
    later = watching.Watch(151).over(crm, person)
    assert later is not None
    later(named_id("p200"))
    with pytest.raises(PerthynError, match=r"reading\.stopped"):
        later(named_id("p201"))


def test_whoever_sits_at_the_machine_has_the_records_anyway(plas: Site) -> None:
    assert watching.Watch(1).over(plas.crm, Person("here", "administrator", frozenset({"*"}))) is None


def test_what_is_old_goes(plas: Site) -> None:
    crm = plas.crm
    for ago in (10, 100):
        day = crm.today() - timedelta(days=ago)
        keep(crm, [Create(Reading(id=reading_id(UUID(int=9), day), who=UUID(int=9), day=day))], "a test")
    assert [one.day for one in watching.old(crm)] == [crm.today() - timedelta(days=100)]


@pytest.mark.slow
def test_of_twenty_thefts_of_ten_thousand_twenty_are_stopped_before_a_thousand(tmp_path: Path) -> None:
    organisation(tmp_path, 'organisation = "Plas"\n[web]\nper_minute = 1000000\n', THERE)
    got: list[int] = []
    with opened(tmp_path) as site:
        roles = ("volunteer", "manager", "administrator")
        clients = [site.as_role(role, name=f"{role} {way.__name__}") for way in WAYS for role in roles]
        thieves = [way(client) for way, client in zip([way for way in WAYS for _ in roles], clients, strict=True)]
        thieves += [by_api_list(token_of(site)), by_api(token_of(site))]
        got = [len(taken(one)) for one in thieves]
        assert len(list(site.crm.store.scan(Reading))) == 20
    assert len(got) == 20 and max(got) < 1_000, got

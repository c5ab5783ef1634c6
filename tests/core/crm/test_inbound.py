"""Inbound: kept as it came, read once, parked with its reason; nothing of what is not true is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from random import Random
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perthyn.channel import Channel, Delivery, Event, Fact, NotNow, Of, Reach, Refused, Request, Somebody
from perthyn.crm import Crm, Done
from perthyn.crm.inbound import KEPT, LIMIT
from perthyn.errors import PerthynError, Unknown
from perthyn.hooks import hookimpl
from perthyn.model import Contact, Inbound, Interaction, Job

Office = Any  # the class stands in conftest.py


class Form(Channel):
    """A web form: ``key`` must be right, ``id`` is the sender's own, ``do`` makes trouble."""

    name = "form"
    title = ("Web form", "Ffurflen we")
    every = timedelta(minutes=15)

    def __init__(self) -> None:
        self.waiting: list[Delivery | Exception] = []
        self.seen: list[Request] = []
        self.cursors: list[str] = []

    def accounts(self, house: Any) -> tuple[str, ...]:
        return ("main", "shop")

    def accept(self, request: Request, reach: Reach) -> Event:
        said = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        if request.headers.get("x-key") != "open sesame":
            raise Refused("channel.closed", channel=self.name)
        if said.get("do") == "ask":
            raise NotNow("channel.closed", channel=self.name)
        return Event(said.get("event", ""))

    def read(self, request: Request, reach: Reach) -> Iterable[Delivery]:
        self.seen.append(request)
        said = dict(parse_qsl(request.body.decode()))
        match said.get("do"):
            case "break":
                raise ValueError("no such thing")
            case "refuse":
                raise PerthynError("delivery.fact.nameless", type="interaction")
            case "wait":
                raise NotNow("channel.closed", channel=self.name, after=60)
        who = Somebody({"name": said.get("name", "Siân"), "email": said.get("email", "s@x.cymru")})
        named = {"text": Of(said["of"])} if "of" in said else {}
        for number in range(int(said.get("facts", "1"))):
            fact = Fact(f"{said.get('id', '1')}-{number}", {"kind": "enquiry", "day": request.at.date(), **named}, who)
            yield Delivery(f"form:{reach.account}", [fact])

    def fetch(self, reach: Reach) -> Iterable[Delivery]:
        self.cursors.append(reach.cursor)
        for one in list(self.waiting) if reach.account == "main" else ():
            if isinstance(one, Exception):
                raise one
            yield one


class Place:
    """An office whose crm knows the form."""

    def __init__(self, office: Office) -> None:
        self.office, self.form = office, Form()
        self.crm = office.crm = self.desk()

    def desk(self, seed: int = 1) -> Crm:
        crm: Crm = self.office.desk(seed=seed)
        crm.plugins.add(SimpleNamespace(offer_channels=hookimpl(lambda: [self.form])), "form")
        return crm

    def post(self, body: str = "id=1", account: str = "main", key: str = "open sesame", **headers: str) -> int:
        sent = {"x-key": key, **headers}
        request = Request("POST", f"/in/form/{account}", "", sent, body.encode(), self.office.now)
        return self.crm.came_in("form", account, request)[0]

    def work(self, name: str = "inbound.read") -> list[Done]:
        return [one for one in self.crm.do_due("eve") if one.name == name]

    def count(self) -> tuple[int, int]:
        return self.office.store.count_of(Contact), self.office.store.count_of(Interaction)


@pytest.fixture
def place(office: Office) -> Place:
    return Place(office)


def test_what_came_is_kept_answered_and_read(place: Place) -> None:
    assert place.post("id=7&name=Siân", **{"content-type": "text/plain", "x-form-event": "sent"}) == 200
    assert place.count() == (0, 0), "nothing is read while the sender waits"
    (held,) = place.crm.inbox()
    assert held.state == "waiting" and place.crm.inbound(held.id.hex[-6:])[1] == "id=7&name=Siân".encode()
    assert [one.outcome for one in place.work()] == ["done"]
    assert place.count() == (1, 1)
    assert place.crm.inbox()[0].state == "done" and place.work() == []
    assert place.form.seen[0].headers == {"content-type": "text/plain", "x-form-event": "sent"}


@pytest.mark.parametrize(
    ("account", "key", "body", "status"),
    [
        ("main", "wrong", "id=1", 401),
        ("nowhere", "open sesame", "id=1", 404),
        ("main", "open sesame", "x" * (LIMIT + 1), 413),
        ("main", "open sesame", "do=ask", 503),
    ],
)
def test_what_is_not_true_is_not_stored(place: Place, account: str, key: str, body: str, status: int) -> None:
    place.crm.token_key()
    before = place.office.store.position()
    assert place.post(body, account, key) == status
    assert place.office.store.position() == before and place.crm.inbox() == []
    request = Request("POST", "/in/nothing/main", "", {}, b"", place.office.now)
    assert place.crm.came_in("nothing", "main", request) == (404, None)


def test_the_same_event_is_kept_once(place: Place) -> None:
    for body in ("id=1&event=e1", "id=1&event=e1&again=1", "id=2", "id=2"):
        assert place.post(body) == 200
    assert place.post("id=1&event=e1", "shop") == 200, "another account's event of that name is another"
    assert len(place.crm.inbox()) == 3
    assert [one.outcome for one in place.work()] == ["done"] * 3
    assert place.count() == (1, 3)
    assert place.post("id=1&event=e1") == 200
    assert place.work() == [] and len(place.crm.inbox()) == 3


def test_no_secret_is_kept(place: Place) -> None:
    secret = {"authorization": "Bearer pa55", "cookie": "a=pa55", "stripe-signature": "pa55", "x-token-id": "pa55",
              "x-api-key": "pa55", "x-hub-signature-256": "pa55", "x-forwarded-for": "10.0.0.9",
              "webhook-secret-version": "pa55"}  # fmt: skip
    request = Request(
        "POST", "/in/form/main", "key=pa55", {"x-key": "open sesame", **secret}, b"id=1", place.office.now
    )
    place.crm.came_in("form", "main", request)
    said = place.crm.inbox()[0].canonical().decode()
    assert "pa55" not in said and "sesame" not in said and "10.0.0.9" not in said


@pytest.mark.parametrize(("do", "code"), [("break", "inbound.unreadable"), ("refuse", "delivery.fact.nameless")])
def test_what_cannot_be_read_is_parked_and_replayed(place: Place, do: str, code: str) -> None:
    place.post(f"do={do}&id=1")
    place.work()
    (held,) = place.crm.inbox("parked")
    assert held.code == code and held.why
    (problem,) = place.crm.open_problems()
    assert (problem.code, problem.where) == (code, f"perthyn inbound replay {held.id.hex[-6:]}")
    place.crm.replay(held.id.hex[-6:])
    assert place.crm.open_problems() == []
    place.work()
    assert len(place.crm.open_problems()) == 1, "it is no better than before"
    place.form.read = Form().read if do == "x" else lambda request, reach: ()  # type: ignore[method-assign]
    place.crm.replay(held.id.hex[-6:])
    assert [one.outcome for one in place.work()] == ["done"]
    assert place.crm.inbox()[0].state == "done" and place.crm.open_problems() == []


def test_a_replay_of_what_was_read_changes_nothing(place: Place) -> None:
    place.post("id=1")
    place.work()
    before = place.count()
    place.crm.replay(place.crm.inbox()[0].id.hex[-6:])
    assert [one.outcome for one in place.work()] == ["done"] and place.count() == before
    with pytest.raises(Unknown, match=r"inbound\.unknown"):
        place.crm.replay("abcdef")


def test_undoing_what_was_read_does_not_bring_the_job_back(place: Place) -> None:
    place.post("id=1")
    place.work()
    undone = place.crm.undo(place.crm.batch())
    assert undone.plan.kept == [] and place.count() == (0, 0)
    assert place.work() == [] and place.crm.inbox()[0].state == "done"


def test_not_now_is_later(place: Place) -> None:
    place.post("do=wait")
    assert [one.outcome for one in place.work()] == ["later"]
    assert place.crm.inbox()[0].state == "waiting" and place.crm.open_problems() == []


def test_what_names_a_fact_to_come_waits_for_it_but_not_for_ever(place: Place) -> None:
    place.post("id=2&of=1-0")
    assert [(one.outcome, one.code) for one in place.work()] == [("later", "delivery.fact.of")]
    assert place.count() == (0, 0) and place.crm.open_problems() == []
    place.office.later(days=2)
    assert [one.outcome for one in place.work()] == ["done"]
    (problem,) = place.crm.open_problems()
    assert problem.code == "delivery.fact.of"


def test_many_deliveries_end_with_the_last(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.post("facts=3")
    real, seen = Crm.take_in, []

    def killed(self: Crm, delivery: Delivery, ends: Any = ()) -> Any:
        seen.append(bool(ends))
        if len(seen) == 2:
            raise KeyboardInterrupt
        return real(self, delivery, ends)

    monkeypatch.setattr(Crm, "take_in", killed)
    with pytest.raises(KeyboardInterrupt):
        place.work()
    assert place.count() == (1, 1) and place.crm.inbox()[0].state == "waiting"
    place.office.later(minutes=11)
    assert [one.outcome for one in place.work()] == ["done"]
    assert place.count() == (1, 3) and seen == [False, False, False, False, True]


def test_it_is_deleted_after_thirty_days_and_leaves_no_trace_in_the_journal(place: Place) -> None:
    place.post("name=Siân-o-Rywle")
    place.work()
    place.office.later(days=KEPT.days - 1)
    place.work()
    assert len(place.crm.inbox()) == 1
    place.office.later(days=2)
    assert [one.outcome for one in place.work("inbound.purge")] == ["done"]
    assert place.crm.inbox() == []
    lines = [line for line in place.office.store.journal() if line.type in ("inbound", "job")]
    assert lines and all(not line.before for line in lines), "what came is nowhere kept for longer"


@given(
    body=st.binary(max_size=5000), path=st.text(max_size=50), header=st.text(max_size=400), event=st.text(max_size=500)
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_is_kept_as_it_came(
    build: Callable[[str], Office], body: bytes, path: str, header: str, event: str
) -> None:
    place = Place(build("memory"))
    place.form.accept = lambda request, reach: Event(event)  # type: ignore[method-assign]
    request = Request("POST", path, "", {"user-agent": header, "x-\x00-id": "1"}, body, place.office.now)
    status, held = place.crm.came_in("form", "main", request)
    assert status == 200 and held is not None
    assert place.crm.inbound(held.id.hex)[1] == body


def test_a_body_of_the_greatest_size(place: Place) -> None:
    body = Random(1).randbytes(LIMIT)
    request = Request("POST", "/", "", {"x-key": "open sesame"}, body, place.office.now)
    assert place.crm.came_in("form", "main", request)[0] == 200
    assert place.crm.inbound(place.crm.inbox()[0].id.hex[-6:])[1] == body


# -- fetching --------------------------------------------------------------------------------------------------


def told(id: str, cursor: str | None = None) -> Delivery:
    who = Somebody({"name": "Siân", "email": "s@x.cymru"})
    return Delivery("form:main", [Fact(id, {"kind": "enquiry", "day": "2026-11-01"}, who)], cursor=cursor)


def test_fetching_goes_on_where_the_last_stored_delivery_says(place: Place) -> None:
    place.form.waiting = [told("1", "a"), told("2", "b"), ValueError("the line dropped")]
    assert {one.about: one.outcome for one in place.work("channel.fetch")} == {
        "form:main": "failed",
        "form:shop": "done",
    }
    place.form.waiting = [told("3")]
    place.office.later(minutes=2)
    assert [one.outcome for one in place.work("channel.fetch")] == ["done"]
    place.form.waiting = []
    place.office.later(minutes=16)
    place.work("channel.fetch")
    assert [one for one in place.form.cursors if one] == ["b", "b"] and place.count() == (1, 3)
    assert {one.about for one in place.crm.jobs() if one.name == "channel.fetch"} == {"form:main", "form:shop"}


def test_a_fetch_given_up_for_dead_stores_nothing_more(place: Place) -> None:
    """It was slow; another worker has taken the account up."""
    others: list[Done] = []

    def slow(reach: Reach) -> Iterable[Delivery]:
        if reach.account != "main":
            return
        yield told("1", "a")
        place.office.later(hours=1)
        place.form.fetch = lambda reach: [told("2", "b")] if reach.account == "main" else []  # type: ignore[method-assign]
        others.extend(one for one in place.desk(2).do_due("another") if one.about == "form:main")
        yield told("3", "c")

    place.form.fetch = slow  # type: ignore[method-assign]
    mine = [one for one in place.work("channel.fetch") if one.about == "form:main"]
    assert [one.outcome for one in others] == ["done"] and [one.outcome for one in mine] == ["failed"]
    assert place.crm.remembered("cursor.form.main") == "b"
    assert [one.source_id for one in place.office.store.scan(Interaction)] == ["1", "2"]


def test_an_account_that_is_no_more_is_not_fetched(place: Place) -> None:
    place.work("channel.fetch")
    place.form.accounts = lambda house: ("main",)  # type: ignore[method-assign]
    place.office.later(minutes=16)
    place.work("channel.fetch")
    assert [one.about for one in place.crm.jobs() if one.name == "channel.fetch"] == ["form:main"]
    assert json.loads(place.crm.jobs()[0].facts or "{}") == {"account": "main", "channel": "form"}
    assert all(isinstance(one, Job) for one in place.crm.jobs()) and place.office.store.count_of(Inbound) == 0


def test_doctor_says_what_waits_for_a_person_and_that_nobody_works(place: Place) -> None:
    def said() -> set[str]:
        ours = ("health.jobs.", "health.inbound.")
        return {one.code for one in place.crm.checks() if one.code.startswith(ours)}

    assert said() == {"health.jobs.never"}
    place.work()
    assert said() == set()
    place.post("do=break")
    place.work()
    assert said() == {"health.inbound.parked"}
    place.office.later(hours=3)
    assert said() == {"health.inbound.parked", "health.jobs.idle"}
    place.form.waiting = [ValueError("no")]
    for _ in range(15):
        place.work()
        place.office.later(hours=7)
    assert "health.jobs.parked" in said()
    assert ("form", "main", timedelta(minutes=15)) in place.crm.handover().channels

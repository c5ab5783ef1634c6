"""Webhooks of pretix are not signed: they are believed in nothing, and only make us look with our own key."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from pretix_stage import KEY, NOON, Box, Pretix, serving
from recorded import EVENTS, bodies, listed, whole

from perthyn.channel import Refused, Request
from perthyn.model import Inbound


@pytest.fixture
def pretix() -> Pretix:
    return Pretix(whole(), EVENTS, listed())


def notice(code: str = "PBWSA", event: str = "gala", action: str = "pretix.event.order.paid", **more: Any) -> Any:
    return {"notification_id": 7, "organizer": "castle", "event": event, "code": code, "action": action, **more}


def test_an_order_is_fetched_with_our_own_key(box: Box, pretix: Pretix) -> None:
    assert box.told(notice())[0] == 200
    assert pretix.calls() == [], "not while the sender waits"
    request = Request("POST", "/in/tickets/main", "", {}, json.dumps(notice()).encode(), NOON)
    (delivery,) = box.channel.read(request, box.reach())
    first, *rest = pretix.calls()
    assert first.startswith("castle/events/gala/orders/PBWSA/?") and len(rest) == 3, "what its numbers mean"
    assert {fact.values["order"] for fact in delivery.facts if "order" in fact.values} == {"PBWSA"}
    box.crm.take_in(delivery)
    assert len(list(box.channel.read(request, box.reach()))) == 1
    assert len(pretix.calls()) == 1
    assert delivery.cursor is None


def test_the_recorded_ones_in_any_order_and_several_times_change_nothing_twice(box: Box, pretix: Pretix) -> None:
    """Whatever comes, what is known is what the shop says now."""
    box.work()
    before = box.happenings()
    told = bodies("webhook_bodies") * 3
    Random(5).shuffle(told)
    assert {box.told(one)[0] for one in told} == {200}
    assert len(list(box.store.scan(Inbound))) == len(bodies("webhook_bodies"))
    pretix.calls()
    assert {one.outcome for one in box.work()} == {"done"}
    assert len(pretix.calls()) == len(bodies("webhook_bodies"))
    assert box.happenings() == before


def test_a_change_is_known_before_the_next_round(box: Box, pretix: Pretix) -> None:
    box.work()
    order = next(one for one in pretix.orders if one["code"] == "PBWSA")
    order["positions"][0]["price"] = "80.00"
    pretix.changed("PBWSA")
    box.told(notice(action="pretix.event.order.changed.price"))
    box.work()
    assert box.happenings()["PBWSA-1"].amount == 8000


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"7", b"\xff\xfe", b"[" * 50_000, {"organizer": "castle"}, {"notification_id": "7"},
        notice(action=None), notice(organizer="palace"), notice(organizer=["castle"]), {**notice(), "organizer": None},
    ],
    ids=str,
)  # fmt: skip
def test_what_has_another_shape_is_refused(box: Box, pretix: Pretix, body: Any) -> None:
    assert box.told(body)[0] == 401
    assert list(box.store.scan(Inbound)) == [] and pretix.calls() == []


def test_only_posts_count(box: Box) -> None:
    request = Request("GET", "/in/tickets/main", "", {}, json.dumps(notice()).encode(), NOON)
    with pytest.raises(Refused):
        box.channel.accept(request, box.reach())


@pytest.mark.parametrize(
    "said",
    [
        notice(action="pretix.event.changed"), notice(action="pretix.subevent.added", subevent=3, code=None),
        notice(code="../../../organizers/castle"), notice(event="gala/../.."), notice(code=""), notice(code=7),
        notice(code="ZZZZZ"), notice(event="unknown"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_known_is_let_be(box: Box, pretix: Pretix, said: Any) -> None:
    assert box.told(said)[0] == 200
    request = Request("POST", "/", "", {}, json.dumps(said).encode(), NOON)
    assert list(box.channel.read(request, box.reach())) == []
    assert not any(".." in one for one in pretix.calls())


def test_somebody_elses_numbers_keep_no_later_notification_out(box: Box) -> None:
    """Who guesses the number of a notification to come takes its place only if she knows all of it."""
    box.told(notice(code="AAAAA"))
    assert box.told(notice())[1].event != box.told(notice(code="AAAAA"))[1].event
    assert len(list(box.store.scan(Inbound))) == 2


def test_while_the_key_is_revoked_notifications_wait(box: Box, pretix: Pretix) -> None:
    box.work()
    pretix.keys = {"newydd": True}
    pretix.changed("PBWSA")
    box.told(notice())
    (done,) = (one for one in box.work() if one.name == "inbound.read")
    assert (done.outcome, done.code) == ("later", "tickets.key.refused") and KEY not in str(done.facts)
    box.secrets["tickets", "key"] = "newydd"
    box.now += timedelta(hours=2)
    assert "inbound.read" in {one.name for one in box.work() if one.outcome == "done"}
    assert [one.state for one in box.store.scan(Inbound)] == ["done"]


def test_a_server_that_is_away_is_asked_later(tmp_path: Any) -> None:
    with serving(Pretix(whole(), EVENTS, listed())) as url:
        box = Box(tmp_path, url)
    box.told(notice())
    assert {one.outcome for one in box.work() if one.name == "inbound.read"} == {"later"}
    assert [one.state for one in box.store.scan(Inbound)] == ["waiting"]
    box.store.close()

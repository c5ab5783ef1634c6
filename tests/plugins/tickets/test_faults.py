"""A server that does not answer as it should, and settings that can't be: each told apart, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pretix_stage import KEY, NO_KEY, NO_RIGHT, NOON, Box, Pretix, serving
from recorded import EVENTS, listed, whole


@pytest.fixture
def pretix() -> Pretix:
    return Pretix(whole()[:4], EVENTS, listed())


def failed(box: Box) -> tuple[str, str]:
    (done,) = (one for one in box.work() if one.name == "channel.fetch")
    return done.outcome, done.code


def test_a_key_without_rights_is_told_from_a_shop_without_orders(pretix: Pretix, box: Box) -> None:
    pretix.keys[KEY] = False
    assert failed(box) == ("failed", "tickets.key.rights")
    pretix.keys[KEY], pretix.orders = True, []
    assert [one.outcome for one in box.fetch()] == ["done"]


def test_another_organizer_is_told_with_those_that_the_key_may_see(pretix: Pretix, box: Box) -> None:
    pretix.organizer = "palace"
    (done,) = (one for one in box.work() if one.name == "channel.fetch")
    assert (done.code, done.facts["known"]) == ("tickets.organizer.unknown", "palace")


@pytest.mark.parametrize(
    ("fault", "outcome", "code"),
    [
        (NO_KEY, "failed", "tickets.key.refused"),
        (NO_RIGHT, "failed", "tickets.key.rights"),
        ((301, {"Location": "https://shop.example.org/api/"}, b""), "failed", "tickets.url.moved"),
        ((200, {"Content-Type": "text/html"}, b"<html>Welcome</html>"), "failed", "tickets.url.wrong"),
        ((404, {"Content-Type": "text/html"}, b"<h1>Not Found</h1>"), "failed", "tickets.url.wrong"),
        ((200, {}, b"[" * 100_000), "failed", "tickets.url.wrong"),
        ((200, {}, b'{"results": 7}'), "failed", "tickets.answer.strange"),
        ((418, {}, b"{}"), "failed", "tickets.answer.strange"),
        ((503, {}, b"<h1>down</h1>"), "later", "tickets.unwell"),
        ((429, {"Retry-After": "17"}, b"{}"), "later", "tickets.busy"),
        ((429, {"Retry-After": "Sun, 22 Nov 2026 12:02:00 GMT"}, b"{}"), "later", "tickets.busy"),
        ((429, {"Retry-After": "soon"}, b"{}"), "later", "tickets.busy"),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip"), "failed", "tickets.answer.strange"),
    ],
    ids=lambda one: one if isinstance(one, str) else f"{one[0]} {one[2][:12]!r}",
)
def test_what_the_server_answers_is_told_apart(
    pretix: Pretix, box: Box, fault: tuple[int, dict[str, str], bytes], outcome: str, code: str
) -> None:
    pretix.faults = [fault]
    assert failed(box) == (outcome, code)
    assert box.happenings() == {}
    box.fetch(timedelta(hours=1))
    assert box.happenings(), "afterwards it goes on"


def test_the_wait_that_the_server_asks_for_is_kept(pretix: Pretix, box: Box) -> None:
    for said, seconds in (("17", 17), ("Sun, 22 Nov 2026 12:02:00 GMT", 120), ("soon", 60)):
        pretix.faults = [(429, {"Retry-After": said}, b"{}")]
        box.now = NOON
        (done,) = box.fetch(timedelta(0))
        assert done.due == NOON + timedelta(seconds=seconds)
        box.crm.retry_job(done.id.hex[-12:])


def test_an_answer_without_end_is_given_up(pretix: Pretix, box: Box) -> None:
    pretix.faults = [(200, {}, b" " * 20_000_001)]
    assert failed(box) == ("failed", "tickets.answer.large")


def test_nobody_answers(tmp_path: Path) -> None:
    with serving(Pretix()) as url:
        pass
    box = Box(tmp_path, url)
    assert failed(box) == ("later", "tickets.unreachable")
    box.store.close()


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"organizer": ""}, "tickets.setting.missing"),
        ({"organizer": "castle/../x"}, "tickets.setting.wrong"),
        ({"url": "ftp://shop.example.org"}, "tickets.setting.wrong"),
        ({"url": "http://[::1"}, "tickets.setting.wrong"),
        ({"url": "https://me:secret@shop.example.org"}, "tickets.setting.wrong"),
        ({"url": "http://shop.example.org"}, "tickets.url.insecure"),
    ],
    ids=str,
)
def test_settings_that_can_not_be(tmp_path: Path, settings: dict[str, str], code: str) -> None:
    box = Box(tmp_path, **{"url": "https://shop.example.org", **settings})
    assert failed(box) == ("failed", code)
    box.store.close()


def test_a_key_that_is_missing_or_no_key(box: Box) -> None:
    box.secrets.clear()
    assert failed(box) == ("failed", "secret.missing")
    box.secrets["tickets", "key"] = "â\nHost: x"
    assert [one.code for one in box.fetch()] == ["tickets.key.refused"]


def test_doctor_and_handover_know_the_shop(box: Box) -> None:
    checks = [one for one in box.plugins.offer("offer_checks", store=box.store) if one[1].startswith("tickets.")]
    assert checks == []
    box.work()
    checks = [one for one in box.plugins.offer("offer_checks", store=box.store) if one[1].startswith("tickets.")]
    assert checks == [(True, "tickets.check.fetched", {"account": "main", "at": "2026-11-22 12:00"})]
    titles = [one["en"][0] for one in box.plugins.offer("offer_handover", store=box.store)]
    assert "Ticket shop main" in titles

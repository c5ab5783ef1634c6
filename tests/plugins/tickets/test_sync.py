"""A whole shop read over its API: what is stored is what the recorded bodies say, and nothing is asked for twice."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pretix_stage import KEY, NOON, PAGE, Box, Pretix, pence, serving
from recorded import EVENTS, NEWS, ORDERS, POSITIONS, all_orders, listed, many, rows

from perthyn.model import Consent, Interaction, Setting, Takings
from perthyn_tickets.channel import Place


@pytest.fixture
def pretix() -> Pretix:
    return Pretix(all_orders(), EVENTS, listed())


def came(order: dict[str, Any]) -> bool:
    """Whether money came for it, or nothing was to pay: worked out from the body alone."""
    return order["status"] == "p" or any(one["state"] in ("confirmed", "refunded") for one in order["payments"])


def test_all_220_orders_are_told_as_their_bodies_say(pretix: Pretix, box: Box) -> None:
    box.work()
    told = [one for one in pretix.orders if one["status"] in "pc" and came(one)]
    lines = {f"{one['code']}-{p['positionid']}": p for one in told for p in one["positions"]}
    undone = {f"{one['code']}-{p['positionid']}" for one in told if one["status"] == "c" for p in one["positions"]}
    happened = box.happenings()
    visits = {name for name in happened if ":visit" in name}
    refunds = {name for name in happened if ":refund:" in name}
    assert happened.keys() - visits - refunds == lines.keys() | {f"{one}:cancelled" for one in undone}
    for name, position in lines.items():
        assert happened[name].amount == pence(position["price"])
        assert happened[name].order == name.rpartition("-")[0]
    for name in undone:
        assert happened[f"{name}:cancelled"].amount == -pence(lines[name]["price"])
    assert not box.problems().count("tickets.order.unreadable")
    assert list(box.store.scan(Takings)) == []


def test_the_money_is_what_came_less_what_went_back(pretix: Pretix, box: Box) -> None:
    """For each order by its payments and refunds; the lines are made of positions, which is another way round."""
    box.work()
    told: dict[str, int] = defaultdict(int)
    for one in box.store.scan(Interaction):
        told[one.order or ""] += one.amount or 0
    for order in pretix.orders:
        came = sum(Decimal(one["amount"]) for one in order["payments"] if one["state"] == "confirmed")
        back = sum(Decimal(one["amount"]) for one in order["refunds"] if one["state"] == "done")
        counts = order["status"] in "pc"
        assert told[order["code"]] == (int((came - back) * 100) if counts else 0), order["code"]


def test_kinds_events_and_people_are_those_of_the_shop(pretix: Pretix, box: Box) -> None:
    box.work()
    happened = box.happenings().values()
    kinds = Counter((one.subject, one.kind) for one in happened if one.kind != "visit" and one.subject)
    assert {pair for pair in kinds} == {
        ("Adult", "booking"), ("Child", "booking"), ("Member (free)", "booking"), ("Dinner seat", "booking"),
        ("Guidebook", "purchase"), ("Raffle ticket", "purchase"), ("Donation to the roof appeal", "donation"),
    }  # fmt: skip
    assert {(one.event, one.event_type) for one in happened} == {
        ("House & Gardens: timed entry", None), ("Midsummer Gala Dinner", "dinner"),
    }  # fmt: skip
    buyers = {one["email"].casefold() for one in pretix.orders if came(one) and one["status"] in "pc"}
    assert {email.key for one in box.contacts() for email in one.emails} >= buyers
    assert all(one.channel == "website" and one.currency == "GBP" for one in happened if one.amount is not None)
    assert not any(one.language for one in box.contacts()), "the shop's language is nobody's wish"


def test_parties_days_ahead_and_visits(pretix: Pretix, box: Box) -> None:
    box.work()
    happened = box.happenings()
    seats = {one["code"]: sum(p["item"] == 6 for p in one["positions"]) for one in pretix.orders}
    order = next(one for one in pretix.orders if one["code"] == "PBWSA")
    first = happened["PBWSA-1"]
    assert (first.party_size, first.lead_days) == (seats["PBWSA"], (date(2026, 12, 12) - date(2026, 8, 25)).days)
    assert [happened[f"PBWSA-{n}"].party_size for n in range(2, seats["PBWSA"] + 1)] == [None] * (seats["PBWSA"] - 1)
    scanned = {one["code"] for one in pretix.orders if any(p["checkins"] for p in one["positions"])}
    visits = {one.order: one for one in happened.values() if one.kind == "visit"}
    assert visits.keys() == {code for code in scanned if came(next(o for o in pretix.orders if o["code"] == code))}
    assert visits["PBWSA"].party_size == sum(bool(p["checkins"]) for p in order["positions"])
    assert visits["PBWSA"].day == date(2026, 11, 22)
    assert not any(one.kind == "no_show" for one in happened.values())


def test_answers_are_kept_and_consent_waits_for_a_person(pretix: Pretix, box: Box) -> None:
    box.work()
    said = Counter(
        (order["code"], answer["answer"])
        for order in pretix.orders
        if came(order) and order["status"] in "pc"
        for position in order["positions"]
        for answer in position["answers"]
        if answer["question_identifier"] == "NEWS"
    )
    consents = list(box.store.scan(Consent))
    decisions = {"True": "unconfirmed", "False": "refused"}
    assert Counter((one.evidence, one.decision) for one in consents) == Counter(
        (code, decisions[answer]) for code, answer in said
    )
    assert {(one.wording, one.language, one.channel) for one in consents} == {(NEWS, "en", "email")}
    gifts = [one for one in box.happenings().values() if one.kind == "donation" and (one.amount or 0) > 0]
    aided = {one.source_id: json.loads(one.raw or "{}").get("Gift Aid") for one in gifts}
    wanted = {
        f"{order['code']}-{p['positionid']}": {"True": "yes", "False": "no"}[answer["answer"]]
        for order in pretix.orders
        for p in order["positions"]
        for answer in p["answers"]
        if answer["question_identifier"] == "GIFTAID"
    }
    assert aided and {name: said for name, said in aided.items() if said} == {
        name: said for name, said in wanted.items() if name in aided
    }


# --- calls --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_thousand_orders_cost_their_pages_and_a_changed_one_one_call(tmp_path: Path) -> None:
    pretix = Pretix(many(1000), EVENTS, listed())
    with serving(pretix) as url:
        box = Box(tmp_path, url)
        box.work()
        calls = pretix.calls()
        pages = [one for one in calls if one.startswith("castle/orders/")]
        assert len(pages) == len(set(pages)) == 1000 // PAGE
        assert Counter(pretix.served) == Counter(one["code"] for one in pretix.orders), "each order once"
        lists = sorted(set(calls) - set(pages))
        assert len(calls) - len(pages) == len(lists) == 7, "two events, their products and questions, one's days"
        pretix.served.clear()
        pretix.changed(pretix.orders[17]["code"], email="new@example.org")
        box.fetch()
        assert len(pretix.calls()) == 1
        assert pretix.served == [pretix.orders[17]["code"]]
        box.store.close()


def test_nothing_new_is_one_call_and_writes_nothing(pretix: Pretix, box: Box) -> None:
    box.work()
    pretix.calls()
    before = [(one.kind, one.reason) for one in box.store.headers() if one.kind != "job"]
    box.fetch()
    assert len(pretix.calls()) == 1
    assert [(one.kind, one.reason) for one in box.store.headers() if one.kind != "job"] == before


def test_what_is_new_in_the_catalogue_is_asked_for_once(pretix: Pretix, box: Box) -> None:
    box.work()
    pretix.calls()
    days = pretix.listed["house/subevents"]
    pretix.now += timedelta(minutes=5)
    extra = {**days[0], "id": 99, "date_from": "2027-05-01T10:00:00+01:00", "last_modified": pretix.now.isoformat()}
    pretix.listed["house/subevents"] = [*days, extra]
    order = next(one for one in pretix.orders if one["event"] == "house" and one["status"] == "p")
    for position in order["positions"]:
        position["subevent"] = 99
    pretix.changed(order["code"])
    box.fetch()
    calls = pretix.calls()
    assert len(calls) == 2 and "modified_since" in calls[1]
    line = box.happenings()[f"{order['code']}-1"]
    assert line.lead_days == (date(2027, 5, 1) - line.day).days, "moved to another day"
    pretix.changed(order["code"])
    box.fetch()
    assert len(pretix.calls()) == 1


def test_a_product_that_is_gone_is_not_asked_for_again(pretix: Pretix, box: Box) -> None:
    pretix.listed["gala/items"] = []
    box.work()
    assert len([one for one in pretix.calls() if "gala/items" in one]) == 1
    pretix.changed("PBWSA")
    box.fetch()
    assert len(pretix.calls()) == 1
    assert box.happenings()["PBWSA-1"].subject is None


def test_killed_between_two_pages_it_goes_on_and_fetches_nothing_twice(pretix: Pretix, box: Box) -> None:
    class Killed(BaseException):
        pass

    def kill() -> None:
        if sum(one.startswith("castle/orders/") for one in pretix.asked) == 3:
            pretix.before = lambda: None
            raise ConnectionAbortedError

    pretix.before = kill
    assert [one.outcome for one in box.work() if one.name == "channel.fetch"] == ["later"]
    assert Place.read(json.loads(_cursor(box))).page == 3
    served = list(pretix.served)
    box.fetch()
    assert Counter(pretix.served) == Counter(one["code"] for one in pretix.orders)
    assert pretix.served[: len(served)] == served
    assert Place.read(json.loads(_cursor(box))) == Place(*[NOON.isoformat()] * 3)


def _cursor(box: Box) -> str:
    return next(one.value for one in box.store.scan(Setting) if one.name == "cursor.tickets.main")


def test_orders_that_change_while_pages_are_read_are_not_missed(pretix: Pretix, box: Box) -> None:
    """An order placed or changed after the first page is in a later page or in the next round."""
    codes = [one["code"] for one in sorted(pretix.orders, key=lambda one: one["datetime"])]
    pages = 0

    def change() -> None:
        nonlocal pages
        if pretix.asked[-1].startswith("castle/orders/"):
            pages += 1
            if pages in (2, 3, 4):
                pretix.changed(codes[pages], email=f"moved{pages}@example.org")

    pretix.before = change
    box.work()
    assert Counter(pretix.served) == Counter(codes), "none left out, none twice"
    pretix.served.clear()
    box.fetch()
    assert sorted(pretix.served) == sorted(codes[2:5])


def test_what_was_being_written_as_a_list_was_made_is_found_within_a_day(pretix: Pretix, box: Box) -> None:
    late = pretix.orders.pop(next(i for i, one in enumerate(pretix.orders) if one["status"] == "p"))
    late["last_modified"] = (NOON - timedelta(seconds=5)).isoformat()
    box.work()
    pretix.orders.append(late)
    box.fetch()
    assert f"{late['code']}-1" not in box.happenings()
    pretix.now = NOON + timedelta(days=1)
    box.fetch(timedelta(days=1))
    assert f"{late['code']}-1" in box.happenings()
    pretix.calls()
    box.fetch()
    assert len(pretix.calls()) == 1


def test_a_refund_alone_is_found_within_a_week(pretix: Pretix, box: Box) -> None:
    """To pretix it is no change of the order; where a webhook tells of it, it is known at once."""
    pretix.orders = [one for one in pretix.orders if one["status"] == "p"][:60]
    box.work()
    back = {"local_id": 9, "state": "done", "amount": "1.00", "comment": "", "execution_date": None}
    for number in (7, 8):
        pretix.orders[number]["refunds"] = [{**back, "created": "2026-11-22T13:00:00Z"}]
    box.fetch()
    told, later = (f"{pretix.orders[number]['code']}:refund:9" for number in (7, 8))
    assert not {told, later} & box.happenings().keys()
    notice = {"notification_id": 1, "organizer": "castle", "event": "house", "action": "pretix.event.order.refund.done"}
    box.told({**notice, "event": pretix.orders[7]["event"], "code": pretix.orders[7]["code"]})
    box.work()
    assert box.happenings()[told].amount == -100 and later not in box.happenings()
    pretix.calls()
    pretix.now += timedelta(days=7)
    box.fetch(timedelta(days=7))
    swept = pretix.calls()
    assert sum("created_since" in one for one in swept) == 2 and len(swept) == 2 + 7, "and what is listed"
    assert box.happenings()[later].amount == -100
    box.fetch()
    assert len(pretix.calls()) == 1


def test_a_key_revoked_in_the_middle_loses_nothing(pretix: Pretix, box: Box) -> None:
    def revoke() -> None:
        if sum(one.startswith("castle/orders/") for one in pretix.asked) == 3:
            pretix.keys = {"newydd": True}

    pretix.before = revoke
    (done,) = (one for one in box.work() if one.name == "channel.fetch")
    assert (done.outcome, done.code, done.facts["section"]) == ("failed", "tickets.key.refused", "tickets")
    assert KEY not in str(done.facts)
    assert len(box.happenings()) > 0
    assert [one.code for one in box.fetch()] == ["tickets.key.refused"]
    box.secrets["tickets", "key"] = "newydd"
    box.fetch(timedelta(hours=6))
    assert Counter(pretix.served) == Counter(one["code"] for one in pretix.orders)


def test_one_order_that_nobody_understands_hinders_no_other(pretix: Pretix, box: Box) -> None:
    broken = next(one for one in pretix.orders if one["status"] == "p")
    del broken["positions"][0]["price"]
    odd = next(one for one in pretix.orders if one["status"] == "p" and one is not broken)
    odd["positions"][0]["price"] = "14.505"
    box.work()
    unread = [one for one in box.crm.open_problems() if one.code == "tickets.order.unreadable"]
    assert {json.loads(one.facts or "{}")["order"] for one in unread} == {broken["code"], odd["code"]}
    assert not any(broken["secret"] in (one.raw or "") for one in unread)
    assert len(box.happenings()) > 500


# --- two shops, and files of the same shop ------------------------------------------------------------------------


def test_two_accounts_have_keys_and_cursors_of_their_own(tmp_path: Path, pretix: Pretix, url: str) -> None:
    other = Pretix(many(3), EVENTS, listed(), organizer="abbey", keys={"abaty": True})
    with serving(other) as second:
        box = Box(
            tmp_path, url, castle={"url": url, "organizer": "castle"}, abbey={"url": second, "organizer": "abbey"}
        )
        assert box.plugins.house is not None
        del box.plugins.house.sections["tickets"]["organizer"]  # type: ignore[attr-defined]
        box.secrets = {("tickets.castle", "key"): KEY, ("tickets.abbey", "key"): "abaty"}
        assert list(box.channel.accounts(box.plugins.house)) == ["castle", "abbey"]
        box.work()
        sources = Counter(one.source for one in box.store.scan(Interaction))
        assert sources.keys() == {"pretix:castle", "pretix:abbey"}
        box.store.close()


def test_the_csv_exports_and_then_the_api_double_nothing(pretix: Pretix, box: Box) -> None:
    for file in (ORDERS, POSITIONS):
        for understanding in box.crm.understand(file):
            box.crm.import_table(understanding)
    imported, people = box.happenings(), {one.id for one in box.contacts()}
    box.work()
    now = box.happenings()
    assert {one.id for one in box.contacts()} == people
    new = now.keys() - imported.keys()
    goodwill = {f"{code}:refund:1" for code in ("WFWDS", "PLACK", "SUZBV")}
    assert new == goodwill | {"GCVBR:visit"}, "refunds, and who was scanned before the order was cancelled"
    assert imported.keys() <= now.keys()
    same = ("kind", "amount", "currency", "channel", "order", "subject", "event")
    for name in imported.keys() & now.keys():
        if imported[name].kind != "visit":
            assert [getattr(imported[name], one) for one in same] == [getattr(now[name], one) for one in same], name
    assert "import.row.other_person" not in box.problems()


def test_the_api_and_then_the_csv_exports_change_nothing_that_is_known(pretix: Pretix, box: Box) -> None:
    box.work()
    known = box.happenings()
    for file in (ORDERS, POSITIONS):
        for understanding in box.crm.understand(file):
            box.crm.import_table(understanding)
    now = box.happenings()
    assert {name: now[name] for name in known} == known
    new = [one for name, one in now.items() if name not in known]
    assert sum(one.amount or 0 for one in new) == 0, "visits, and orders that were never paid, taken back"
    assert "import.row.older" not in box.problems()


def test_every_file_of_the_shop_is_known(box: Box) -> None:
    assert [one.known for file in (ORDERS, POSITIONS) for one in box.crm.understand(file)] == [
        "pretix-orders", "pretix-positions",
    ]  # fmt: skip
    assert len(rows(ORDERS)) == 220

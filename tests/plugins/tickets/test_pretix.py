"""A real pretix from PyPI, run as a server: what the plugin is judged against.

Left out unless its environment is there or may be made, which takes 600 MB and several minutes::

    PERTHYN_TEST_PRETIX=FOLDER pytest tests/plugins/tickets/test_pretix.py

PERTHYN_TEST_PRETIX_ORDERS: how many orders are sold, 120 unless said.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pretix_server import call, python_of, serving
from pretix_stage import PAGE, Box, pence

from perthyn.model import Consent, Interaction

HERE = Path(__file__).parents[3] / ".pretix"
FOLDER = Path(os.environ.get("PERTHYN_TEST_PRETIX", HERE))
ORDERS = int(os.environ.get("PERTHYN_TEST_PRETIX_ORDERS", "120"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "PERTHYN_TEST_PRETIX" not in os.environ and not python_of(HERE).exists(),
        reason="no pretix: set PERTHYN_TEST_PRETIX to a folder, where it is installed",
    ),
    pytest.mark.filterwarnings("default"),
]
ITEMS = ("Adult", "Guidebook", "Donation")
Sell = Callable[..., Any]
Sold = list[dict[str, Any]]


@pytest.fixture(scope="module")
def pretix() -> Iterator[dict[str, Any]]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with serving(FOLDER.resolve()) as pretix:
        yield pretix


@pytest.fixture(scope="module")
def sell(pretix: dict[str, Any]) -> Sell:
    """Does what somebody with all rights does."""
    return partial(call, pretix["url"], pretix["seller"])


@pytest.fixture(scope="module")
def shop(sell: Sell) -> dict[str, Any]:
    """A house with timed entry and a gala, with what they sell and ask."""
    ids: dict[str, Any] = {}
    for slug, series, begins in (("house", True, "2027-04-03T10:00:00Z"), ("gala", False, "2027-06-26T18:00:00Z")):
        event = {"name": {"en": slug.title()}, "slug": slug, "live": False}
        event |= {"currency": "GBP", "date_from": begins, "has_subevents": series, "testmode": False}
        sell("POST", "events/", {**event, "plugins": ["pretix.plugins.manualpayment"], "timezone": "Europe/London"})
        sell("PATCH", f"events/{slug}/settings/", {"locales": ["en", "fr"], "attendee_emails_asked": True})
        tours = sell("POST", f"events/{slug}/categories/", {"name": {"en": "Tours"}, "position": 1})["id"]
        for name, price, admits, free in (
            ("Adult", "14.50", True, False), ("Guidebook", "6.00", False, False), ("Donation", "5.00", False, True),
        ):  # fmt: skip
            item = {
                "name": {"en": name, "fr": f"{name} fr"},
                "default_price": price,
                "admission": admits,
                "active": True,
            }
            item |= {
                "free_price": free,
                "tax_rule": None,
                "category": tours if admits else None,
                "personalized": admits,
            }
            ids[f"{slug} {name}"] = sell("POST", f"events/{slug}/items/", item)["id"]
        for name, text, items in (
            ("NEWS", {"en": "Email me news of the house", "fr": "Recevoir les nouvelles par e-mail"}, ["Adult"]),
            ("GIFTAID", {"en": "I am a UK taxpayer: claim Gift Aid on my donation"}, ["Donation"]),
        ):
            question = {
                "question": text,
                "type": "B",
                "required": False,
                "identifier": name,
                "position": 1,
                "options": [],
            }
            question["items"] = [ids[f"{slug} {one}"] for one in items]
            ids[f"{slug} {name}"] = sell("POST", f"events/{slug}/questions/", question)["id"]
    ids["days"] = [
        sell("POST", "events/house/subevents/", {
            "name": {"en": f"Open day {n}"}, "date_from": f"2027-05-{n:02}T10:00:00+01:00", "active": True,
            "item_price_overrides": [], "variation_price_overrides": [], "meta_data": {},
        })["id"]
        for n in (1, 2, 3)
    ]  # fmt: skip
    for day in ids["days"]:
        _quota(sell, ids, day)
    ids["list"] = sell("POST", "events/house/checkinlists/", {"name": "Door", "all_products": True})["id"]
    return ids


def _quota(sell: Sell, ids: dict[str, Any], day: int) -> None:
    """As much of everything as anybody wants on a day."""
    items = [id for name, id in ids.items() if name.split(" ")[0] == "house" and name.split(" ")[1] in ITEMS]
    sell(
        "POST", "events/house/quotas/", {"name": "all", "size": None, "items": items, "variations": [], "subevent": day}
    )


def basket(shop: dict[str, Any], number: int) -> tuple[str, dict[str, Any]]:
    """The number's order: event and body."""
    event = "gala" if number % 5 == 4 else "house"
    day = {} if event == "gala" else {"subevent": shop["days"][number % 3]}
    ticked = {"question": shop[f"{event} NEWS"], "answer": str(number % 2 == 0), "options": []}
    lines: list[dict[str, Any]] = [
        {"item": shop[f"{event} Adult"], "price": "14.50", "attendee_name_parts": {"full_name": f"Siân {number}"},
         "answers": [ticked], **day},
        {"item": shop[f"{event} Guidebook"], "price": "6.00", "answers": [], **day},
    ]  # fmt: skip
    if number % 3 == 0:
        aid = {"question": shop[f"{event} GIFTAID"], "answer": "True", "options": []}
        lines.append({"item": shop[f"{event} Donation"], "price": f"{10 + number}.01", "answers": [aid], **day})
    body = {
        "email": f"prynwr{number}@example.org", "locale": "fr" if number % 2 else "en", "sales_channel": "web",
        "status": "n" if number % 10 == 7 else "p", "payment_provider": "manual", "force": True, "positions": lines,
        "invoice_address": {
            "name_parts": {"_scheme": "given_family", "given_name": "Siân", "family_name": f"Evans{number}"},
            "is_business": False, "company": "", "street": "1 Y Stryd", "zipcode": "SY20 8XX", "city": "Corris",
            "country": "GB", "state": "", "vat_id": "", "internal_reference": "",
        },
    }  # fmt: skip
    return event, body


@pytest.fixture(scope="module")
def orders(sell: Sell, shop: dict[str, Any]) -> list[dict[str, Any]]:
    """What was sold, as pretix answers the seller."""
    sold = [basket(shop, number) for number in range(ORDERS)]
    return [sell("POST", f"events/{event}/orders/", body) for event, body in sold]


@pytest.fixture(scope="module")
def box(pretix: dict[str, Any], orders: Sold, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """An organisation that has read the whole shop."""
    box = Box(tmp_path_factory.mktemp("museum"), pretix["url"])
    box.now = datetime.now(UTC)
    box.secrets["tickets", "key"] = pretix["reader"]
    _calls()
    assert {one.outcome for one in box.work()} == {"done"}
    yield box
    box.store.close()


_read = 0


def _calls() -> list[str]:
    """What perthyn has asked since this was last asked, by pretix's own log."""
    global _read
    lines = (FOLDER / "access.log").read_text(encoding="utf-8").splitlines()
    new, _read = lines[_read:], len(lines)
    return [line.split('"')[1].removeprefix("GET /api/v1/organizers/castle/") for line in new if "httpx" in line]


def test_the_first_round(box: Box, orders: Sold) -> None:
    calls = _calls()
    pages = [one for one in calls if one.startswith("orders/")]
    print(f"{len(orders)} orders: {len(calls)} calls, {len(pages)} of them pages of orders")
    assert len(pages) == -(-len(orders) // PAGE)
    assert len(calls) - len(pages) == 9, "2 events; products, categories, questions of each; days of one"
    paid = [one for one in orders if one["status"] == "p"]
    lines = {f"{one['code']}-{p['positionid']}": pence(p["price"]) for one in paid for p in one["positions"]}
    assert {name: one.amount for name, one in box.happenings().items()} == lines
    kinds = Counter(one.kind for one in box.store.scan(Interaction))
    assert kinds["donation"] == sum(len(one["positions"]) == 3 for one in paid)
    assert len(box.contacts()) == len({one["email"] for one in paid})
    assert {one.family for one in box.contacts()} == {f"Evans{one['email'][6:].partition('@')[0]}" for one in paid}
    spoken = {(one.decision, one.language) for one in box.store.scan(Consent)}
    assert spoken == {("unconfirmed", "en"), ("refused", "fr")}
    assert {one.event_type for one in box.happenings().values() if one.kind == "booking"} == {"Tours"}
    aided = {json.loads(one.raw or "{}").get("Gift Aid") for one in box.happenings().values() if one.kind == "donation"}
    assert aided == {"yes"}


def again(box: Box) -> list[str]:
    """Fetch once more; what was asked."""
    _calls()
    assert [one.outcome for one in box.fetch(timedelta(minutes=15))] == ["done"]
    return _calls()


def test_a_changed_order_costs_a_call(box: Box, sell: Sell, orders: Sold) -> None:
    one = next(one for one in orders if one["status"] == "p" and one["event"] == "house")
    sell("PATCH", f"events/house/orders/{one['code']}/", {"email": "arall@example.org"})
    calls = again(box)
    assert len(calls) == 1, calls
    assert len(again(box)) == 1


def test_a_scan_is_a_visit(box: Box, sell: Sell, shop: dict[str, Any], orders: Sold) -> None:
    one = next(one for one in orders if one["status"] == "p" and one["event"] == "house")
    scanned = {"secret": one["positions"][0]["secret"], "lists": [shop["list"]], "type": "entry", "force": True}
    scanned["source_type"] = "barcode"
    sell("POST", "checkinrpc/redeem/", scanned)
    assert len(again(box)) == 1
    visit = next(v for v in box.happenings().values() if v.kind == "visit")
    assert (visit.order, visit.party_size, visit.event) == (one["code"], 1, "House")
    assert visit.source_id and visit.source_id.startswith(f"{one['code']}:visit:2027-05-0")


def money(box: Box, code: str) -> int:
    return sum(one.amount or 0 for one in box.happenings().values() if one.order == code)


def test_refunds_and_cancellations_add_up(box: Box, sell: Sell, orders: Sold) -> None:
    whole, part, goodwill = [one for one in orders if one["status"] == "p" and one["event"] == "gala"][:3]
    path = "events/gala/orders"
    refund = {
        "state": "done",
        "source": "admin",
        "payment": 1,
        "provider": "manual",
        "comment": "",
        "mark_canceled": False,
    }
    total = {one["code"]: pence(one["total"]) for one in (whole, part, goodwill)}
    sell("POST", f"{path}/{whole['code']}/refunds/", {**refund, "amount": whole["total"], "mark_canceled": True})
    first = part["positions"][0]
    sell("POST", f"{path}/{part['code']}/change/", {"cancel_positions": [{"position": first["id"]}]})
    sell("POST", f"{path}/{part['code']}/refunds/", {**refund, "amount": first["price"]})
    sell("POST", f"{path}/{goodwill['code']}/refunds/", {**refund, "amount": "1.00"})
    calls = again(box)
    assert len(calls) == 1, calls
    assert f"{goodwill['code']}:refund:1" not in box.happenings(), "to pretix it is no change of the order"
    assert money(box, whole["code"]) == 0
    assert money(box, part["code"]) == total[part["code"]] - pence(first["price"])
    assert f"{part['code']}-{first['positionid']}:cancelled" in box.happenings()


def test_an_order_that_is_paid_late_and_one_moved_to_another_day(
    box: Box, sell: Sell, shop: dict[str, Any], orders: Sold
) -> None:
    late = next(one for one in orders if one["status"] == "n" and one["event"] == "house")
    moved = [one for one in orders if one["status"] == "p" and one["event"] == "house"][-1]
    sell("POST", f"events/house/orders/{late['code']}/mark_paid/", {"send_email": False})
    new = {"name": {"en": "Extra day"}, "date_from": "2027-09-01T10:00:00+01:00", "active": True}
    new |= {"item_price_overrides": [], "variation_price_overrides": [], "meta_data": {}}
    day = sell("POST", "events/house/subevents/", new)["id"]
    _quota(sell, shop, day)
    line = moved["positions"][0]
    body = {"patch_positions": [{"position": line["id"], "body": {"subevent": day, "price": line["price"]}}]}
    sell("POST", f"events/house/orders/{moved['code']}/change/", body)
    before = box.happenings()[f"{moved['code']}-1"].lead_days
    calls = again(box)
    assert len(calls) == 2 and "subevents" in calls[1]
    assert money(box, late["code"]) == pence(late["total"])
    assert (box.happenings()[f"{moved['code']}-1"].lead_days or 0) > (before or 0)


def test_keys_and_organizers_are_told_apart(box: Box, pretix: dict[str, Any], tmp_path: Path) -> None:
    def said(key: str, url: str = pretix["url"], **settings: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        other = Box(folder, url, **settings)
        other.secrets["tickets", "key"] = key
        (done,) = (one for one in other.work() if one.name == "channel.fetch")
        other.store.close()
        return done.code

    assert said(pretix["stranger"]) == "tickets.key.rights"
    assert said("nonsense") == "tickets.key.refused"
    assert said(pretix["reader"], organizer="palace") == "tickets.organizer.unknown"
    assert said(pretix["reader"], f"{pretix['url']}/castle") == "tickets.url.wrong"


def test_its_webhook_is_taken(box: Box, sell: Sell, shop: dict[str, Any]) -> None:
    came: list[bytes] = []
    there = threading.Event()

    class Listening(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            there.set()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Listening) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        hook = {"enabled": True, "target_url": f"http://127.0.0.1:{server.server_port}/in/tickets/main"}
        hook |= {"all_events": True, "limit_events": [], "action_types": ["pretix.event.order.placed"]}
        made = sell("POST", "webhooks/", hook)
        event, body = basket(shop, 100_000)
        sold = sell("POST", f"events/{event}/orders/", body)
        there.wait(30)
        sell("DELETE", f"webhooks/{made['id']}/")
        server.shutdown()
        thread.join()
    assert box.told(came[0])[0] == 200
    assert f"{sold['code']}-1" not in box.happenings()
    (done,) = (one for one in box.work() if one.name == "inbound.read")
    assert done.outcome == "done"
    assert money(box, sold["code"]) == (pence(sold["total"]) if sold["status"] == "p" else 0)


def test_a_refund_alone_is_found_within_a_week(box: Box, orders: Sold) -> None:
    """The last test: it looks into a week that the server has not seen."""
    goodwill = [one for one in orders if one["status"] == "p" and one["event"] == "gala"][2]
    _calls()
    box.fetch(timedelta(days=8))
    calls = _calls()
    assert sum("created_since" in one for one in calls) == -(-(len(orders) + 1) // PAGE), calls
    assert box.happenings()[f"{goodwill['code']}:refund:1"].amount == -100
    assert money(box, goodwill["code"]) == pence(goodwill["total"]) - 100

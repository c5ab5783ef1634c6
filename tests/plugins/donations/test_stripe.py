"""Gifts by Stripe: believed when signed, taken in once, whatever comes twice, late or in another order."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe_stage import SECRET, Box, charge, event, localstripe, refund

from perthyn.channel import NotNow, Refused
from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction
from perthyn_donations.plans import Plan
from perthyn_donations.records import Gift
from perthyn_donations.stripe_channel import _Reading


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    box = Box(tmp_path)
    yield box
    box.store.close()


def lines(box: Box) -> list[tuple[str, int]]:
    return sorted((one.source_id or "", one.amount or 0) for one in box.store.scan(Interaction))


# --- signatures -------------------------------------------------------------------------------------------------


def test_a_signed_event_is_accepted_by_its_id(box: Box) -> None:
    assert box.channel.accept(box.request(event("charge.succeeded", charge())), box.reach()).id


def test_both_secrets_hold_while_one_is_being_changed(box: Box) -> None:
    box.secrets["stripe", "webhook"] = f"whsec_new, {SECRET}"
    for secret in ("whsec_new", SECRET):
        box.channel.accept(box.request(event("charge.succeeded", charge()), secret=secret), box.reach())


@pytest.mark.parametrize(
    "wrong",
    [
        {"header": ""}, {"header": "v1=abc"}, {"header": "t=1,v1="}, {"header": "t=x,v1=00"}, {"header": "t=1"},
        {"secret": "whsec_other"}, {"at": timedelta(minutes=-6)}, {"at": timedelta(minutes=6)}, {"scheme": "v0"},
        {"changed": True}, {"respaced": True},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_signed_is_refused(box: Box, wrong: dict[str, Any]) -> None:
    told = event("charge.succeeded", charge())
    if isinstance(wrong.get("at"), timedelta):
        wrong = {"at": box.now + wrong["at"]}
    request = box.request(told, **{name: one for name, one in wrong.items() if name in ("header", "secret", "at")})
    headers = dict(request.headers)
    if "scheme" in wrong:
        headers["stripe-signature"] = headers["stripe-signature"].replace("v1=", "v0=")
    body = request.body.replace(b"2500", b"9500") if "changed" in wrong else request.body
    body = json.dumps(json.loads(body), indent=1).encode() if "respaced" in wrong else body
    with pytest.raises(Refused):
        box.channel.accept(type(request)("POST", request.path, "", headers, body, request.at), box.reach())


def test_clocks_four_minutes_off_are_forgiven(box: Box) -> None:
    for minutes in (-4, 4):
        request = box.request(event("charge.succeeded", charge()), at=box.now + timedelta(minutes=minutes))
        box.channel.accept(request, box.reach())


def test_a_wrong_one_costs_little(box: Box) -> None:
    """No call, no store: no more than the official library's own look. The ratio is printed, not asserted closely."""
    request = box.request(event("charge.succeeded", charge()), secret="whsec_other")
    box.channel.accept(box.request(event("charge.succeeded", charge())), box.reach())  # the library is loaded now
    start = time.perf_counter()
    for _ in range(200):
        with pytest.raises(Refused):
            box.channel.accept(request, box.reach())
    print(f"{(time.perf_counter() - start) * 5:.3f} ms a wrong request")


# --- what it tells --------------------------------------------------------------------------------------------------


def test_a_gift_is_somebodys(box: Box) -> None:
    box.hear(event("charge.succeeded", charge()))
    (who,) = box.store.scan(Contact)
    (gift,) = box.store.scan(Interaction)
    assert (who.name, who.emails[0].address, who.addresses[0].postcode) == ("Siân Llŷr", "sian@example.org", "LL23 7AA")
    assert (gift.contact, gift.kind, gift.amount, gift.currency) == (who.id, "donation", 2500, "GBP")
    assert (gift.source, gift.campaign, gift.subject, gift.order) == ("stripe:main", "haf", "To", "pi_ch_1")
    (about,) = box.store.scan(Gift)
    assert (about.interaction, about.fund, about.asked) == (gift.id, "To", None)


def test_money_that_did_not_come_is_none(box: Box) -> None:
    for number, wrong in enumerate(({"status": "failed", "paid": False}, {"status": "pending"}, {"captured": False})):
        box.hear(event("charge.updated", charge(f"ch_{number}", **wrong)))
    assert lines(box) == []


def test_another_currency_stays_its_own(box: Box) -> None:
    box.hear(event("charge.succeeded", charge("ch_j", 500, currency="jpy")))
    (gift,) = box.store.scan(Interaction)
    assert (gift.amount, gift.currency) == (500, "JPY")


def test_test_payments_are_left_out(tmp_path: Path) -> None:
    box = Box(tmp_path, test=False)
    box.hear(event("charge.succeeded", charge()))
    assert lines(box) == []
    box.hear(event("charge.succeeded", charge(livemode=True), livemode=True))
    assert lines(box) == [("ch_1", 2500)]
    box.store.close()


def test_a_refund_before_its_gift_waits_for_it(box: Box) -> None:
    told = event("refund.created", refund("re_1", "ch_1", 1000))
    with pytest.raises(NotNow):
        box.hear(told)
    box.hear(event("charge.succeeded", charge()))
    box.hear(told)
    assert lines(box) == [("ch_1", 2500), ("re_1", -1000)]
    back = next(one for one in box.store.scan(Gift) if one.refund_of)
    gift = next(one for one in box.store.scan(Interaction) if one.source_id == "ch_1")
    assert back.refund_of == gift.id


def test_what_came_before_its_gift_is_read_again_by_itself(box: Box) -> None:
    """The refund holds its charge, so that only the link between the two has to wait."""
    back = refund("re_1", "ch_1", 900) | {"charge": charge()}
    box.crm.came_in("stripe", "main", box.request(event("refund.created", back)))
    assert [(one.outcome, one.code) for one in box.work()] == [("later", "delivery.fact.of")]
    assert not box.crm.open_problems()
    box.crm.came_in("stripe", "main", box.request(event("charge.succeeded", charge())))
    box.now += timedelta(minutes=6)
    assert sorted(one.outcome for one in box.work()) == ["done", "done"]
    assert lines(box) == [("ch_1", 2500), ("re_1", -900)] and not box.crm.open_problems()
    gifts = {one.id: one.source_id for one in box.store.scan(Interaction)}
    assert [gifts[one.refund_of] for one in box.store.scan(Gift) if one.refund_of] == ["ch_1"]


def test_letting_go_of_reserved_money_is_no_refund(box: Box) -> None:
    """Stripe makes a refund of it, though nothing had been paid."""
    held = charge(captured=False, amount_captured=0, amount_refunded=2500)
    box.hear(event("charge.refunded", {**held, "refunds": {"data": [refund("re_1", "ch_1", 2500)]}}))
    box.hear(event("refund.created", refund("re_1", "ch_1", 2500) | {"charge": held}))
    assert lines(box) == [] and not box.crm.open_problems()


@pytest.mark.parametrize("wrong", [{"charge": None}, {"created": None}, {"amount": "ten"}])
def test_one_that_cannot_be_read_does_not_keep_the_others_waiting(box: Box, wrong: dict[str, Any]) -> None:
    box.hear(event("charge.succeeded", charge()))
    told = [refund("re_1", "ch_1", 1000) | wrong, refund("re_2", "ch_1", 500)]
    box.crm.take_in(_Reading(box.reach()).listed("refunds", told))
    assert lines(box) == [("ch_1", 2500), ("re_2", -500)]
    assert [one.code for one in box.crm.open_problems()] == ["stripe.lacks"]


def test_a_refund_that_failed_counts_nothing(box: Box) -> None:
    box.hear(event("charge.succeeded", charge()))
    box.hear(event("refund.created", refund("re_0", "ch_1", 500, status="failed")))
    assert lines(box) == [("ch_1", 2500)], "it never went"
    box.hear(event("refund.created", refund("re_1", "ch_1", 1000), after=10))
    box.hear(event("refund.failed", refund("re_1", "ch_1", 1000, status="failed"), after=20))
    assert lines(box) == [("ch_1", 2500), ("re_1", 0)], "it came back"


def test_old_shapes_tell_the_same(box: Box) -> None:
    """To 2022 a payment intent held its charges, and a charge its refunds."""
    whole = charge(amount_refunded=1000, refunds={"object": "list", "data": [refund("re_1", "ch_1", 1000)]})
    intent = {"id": "pi_ch_1", "object": "payment_intent", "charges": {"object": "list", "data": [whole]}}
    box.hear(event("payment_intent.succeeded", intent, api_version="2017-08-15"))
    assert lines(box) == [("ch_1", 2500), ("re_1", -1000)]


def test_a_dispute_is_the_money_that_moved(box: Box) -> None:
    box.hear(event("charge.succeeded", charge()))
    moved = [{"id": "txn_1", "amount": -2500, "currency": "gbp", "created": 1795000000}]
    lost = {"id": "dp_1", "object": "dispute", "charge": "ch_1", "amount": 2500, "balance_transactions": moved}
    box.hear(event("charge.dispute.funds_withdrawn", lost))
    moved = [*moved, {"id": "txn_2", "amount": 2500, "currency": "gbp", "created": 1795100000}]
    box.hear(event("charge.dispute.funds_reinstated", {**lost, "balance_transactions": moved}, after=9))
    assert sum(amount for _, amount in lines(box)) == 2500


def test_a_plan_is_remembered_and_ends(box: Box) -> None:
    price = {"unit_amount": 1000, "currency": "gbp", "recurring": {"interval": "month", "interval_count": 1}}
    told = {
        "id": "sub_1", "object": "subscription", "status": "active", "start_date": 1790000000, "customer": "cus_1",
        "items": {"data": [{"price": price, "quantity": 2}]}, "metadata": {"fund": "To"},
    }  # fmt: skip
    box.hear(event("customer.subscription.created", told))
    (plan,) = box.store.scan(Plan)
    assert (plan.amount, plan.every, plan.unit, plan.state, plan.fund) == (2000, 1, "month", "active", "To")
    box.hear(event("customer.subscription.deleted", {**told, "status": "canceled", "ended_at": 1794000000}, after=5))
    (plan,) = box.store.scan(Plan)
    assert plan.state == "ended" and plan.ended is not None


def test_what_lacks_something_is_kept_as_a_problem(box: Box) -> None:
    strange = charge("ch_x")
    del strange["currency"]
    box.hear(event("charge.succeeded", strange))
    assert [one.code for one in box.crm.open_problems()] == ["stripe.lacks"]


def test_other_events_tell_nothing(box: Box) -> None:
    box.hear(event("balance.available", {"id": "b"}))
    assert lines(box) == [] and not box.crm.open_problems()


def test_any_order_any_number_of_times(tmp_path: Path) -> None:
    """Exactly once: the same records whatever comes twice, late or in another order (what waits comes again)."""
    told = [
        event("charge.succeeded", charge()),
        event("refund.created", refund("re_1", "ch_1", 1000), after=10),
        event("refund.updated", refund("re_1", "ch_1", 1000, status="succeeded"), after=20),
        event("charge.updated", charge(metadata={"fund": "To newydd", "campaign": "haf"}), after=30),
    ]
    seen = set()
    for order in itertools.permutations(range(len(told))):
        box = Box(tmp_path, memory=True)
        waiting = [told[one] for one in order for _ in range(2)]
        while waiting:
            one = waiting.pop(0)
            try:
                box.hear(one)
            except NotNow:
                waiting.append(one)
        gift = next(one for one in box.store.scan(Interaction) if one.source_id == "ch_1")
        seen.add((tuple(lines(box)), gift.subject, len(list(box.store.scan(Contact)))))
        box.store.close()
    assert seen == {((("ch_1", 2500), ("re_1", -1000)), "To newydd", 1)}


# --- a server that is not ours --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with localstripe(tmp_path_factory.mktemp("stripe")) as address:
        yield address


def paid(address: str, name: str, email: str, amount: int) -> Any:
    client = stripe.StripeClient("sk_test_12345", base_addresses={"api": address})  # type: ignore[typeddict-item]
    customer = client.v1.customers.create({"name": name, "email": email})
    card: Any = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    method = client.v1.payment_methods.create({"type": "card", "card": card})
    client.v1.payment_methods.attach(method.id, {"customer": customer.id})
    asked: Any = {"amount": amount, "currency": "gbp", "customer": customer.id, "payment_method": method.id}
    return client, client.v1.payment_intents.create({**asked, "confirm": True, "metadata": {"fund": "To"}})


def test_all_is_fetched_and_then_what_is_new(address: str, tmp_path: Path) -> None:
    paid(address, "Ann Rees", "ann@example.org", 1200)
    client, second = paid(address, "Bob Rees", "bob@example.org", 3400)
    box = Box(tmp_path, address)
    box.now = box.now.fromtimestamp(time.time(), tz=box.now.tzinfo)
    cursor = box.fetch()
    assert sorted(amount for _, amount in lines(box)) == [1200, 3400]
    people = {one.name for one in box.store.scan(Contact)}
    assert people == {"Ann Rees", "Bob Rees"}
    again = box.fetch(cursor)
    assert (again, box.store.position()) == (cursor, box.store.position())
    paid(address, "Ann Rees", "ann@example.org", 700)
    box.fetch(cursor)
    back = client.v1.refunds.create({"payment_intent": second.id, "amount": 400})
    box.hear(event("refund.created", json.loads(str(back)), after=3600))  # of a refund this server tells nobody
    assert sorted(amount for _, amount in lines(box)) == [-400, 700, 1200, 3400]
    assert len(list(box.store.scan(Contact))) == 2, "a customer who pays again is known by address and name"
    box.store.close()


def test_a_fetch_that_was_killed_goes_on(address: str, tmp_path: Path) -> None:
    paid(address, "Cat Rees", "cat@example.org", 5600)
    whole = Box(tmp_path / "whole", address) if (tmp_path / "whole").mkdir() is None else None
    assert whole is not None
    whole.fetch()
    for stop in range(4):
        folder = tmp_path / str(stop)
        folder.mkdir()
        box = Box(folder, address)
        box.fetch(box.fetch(stop_after=stop))
        assert lines(box) == lines(whole)
        box.store.close()
    whole.store.close()


def test_a_key_that_was_revoked_says_so(tmp_path: Path) -> None:
    """Nothing is lost: what came before is stored, and a new key goes on from there."""
    with refusing() as address:
        box = Box(tmp_path, address)
        with pytest.raises(PerthynError) as caught:
            box.fetch()
        assert caught.value.code == "stripe.key"
        box.store.close()


def refusing() -> Any:
    """A server that answers as Stripe does to a key that is no more."""
    from contextlib import contextmanager
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = json.dumps({"error": {"type": "invalid_request_error", "message": "Expired API Key provided"}})
            self.send_response(401)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    @contextmanager
    def served() -> Iterator[str]:
        server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()

    return served()

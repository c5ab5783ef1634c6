"""What one order tells: who bought and who came, money to the penny, what changes later, and answers."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pretix_stage import Box, Pretix
from recorded import EVENTS, GIFT_AID, listed, whole

from perthyn.model import Consent, Contact, Takings
from perthyn_tickets.orders import Order
from perthyn_tickets.people import buyer_of
from perthyn_tickets.words import kind_of, said, spoken

PLACED = "2026-09-01T23:30:00+01:00"
WELSH = "Anfonwch newyddion ataf drwy e-bost"


def order(*positions: dict[str, Any], code: str = "AAAAA", **values: Any) -> dict[str, Any]:
    """An order of the house, paid in full."""
    total = sum(float(one["price"]) for one in positions)
    made = deepcopy(whole()[0]) | {"code": code, "event": "house", "status": "p", "cancellation_date": None}
    made |= {"email": "sian@example.org", "phone": None, "datetime": PLACED, "last_modified": "2026-09-02T08:00:00Z"}
    made |= {"positions": list(positions), "fees": [], "refunds": [], "payments": [payment(f"{total:.2f}")]}
    made["invoice_address"] = {**made["invoice_address"], "name": "Siân Evans", "name_parts": {}}
    return made | values


def position(number: int, item: int = 1, price: str = "14.50", **values: Any) -> dict[str, Any]:
    like = deepcopy(whole()[0]["positions"][0])
    like |= {"positionid": number, "item": item, "price": price, "subevent": 8, "answers": [], "checkins": []}
    return like | {"attendee_name": None, "attendee_name_parts": {}, "attendee_email": None} | values


def payment(amount: str, state: str = "confirmed") -> dict[str, Any]:
    return {"local_id": 1, "state": state, "amount": amount, "provider": "manual"}


def refund(number: int, amount: str, day: str, state: str = "done") -> dict[str, Any]:
    at = f"{day}T10:00:00Z"
    return {"local_id": number, "state": state, "amount": amount, "created": at, "execution_date": at, "comment": ""}


def answer(question: int, said: str, identifier: str) -> dict[str, Any]:
    return {"question": question, "answer": said, "question_identifier": identifier}


def scan(at: str, type: str = "entry") -> dict[str, Any]:
    return {"id": 1, "datetime": at, "type": type, "list": 1}


@pytest.fixture
def pretix() -> Pretix:
    return Pretix([], deepcopy(EVENTS), listed())


def fetched(box: Box, pretix: Pretix, *orders: dict[str, Any]) -> dict[str, tuple[str, int | None, date]]:
    """Kind, amount and day of all that is known after these orders came, or came once more as they are now."""
    codes = {one["code"] for one in orders}
    pretix.orders = [one for one in pretix.orders if one["code"] not in codes] + list(orders)
    for one in orders:
        pretix.changed(one["code"])
    assert [one.outcome for one in box.fetch()] == ["done"]
    return {name: (one.kind, one.amount, one.day) for name, one in box.happenings().items()}


def named(box: Box) -> dict[str, Contact]:
    return {one.emails[0].key: one for one in box.contacts()}


# --- money ----------------------------------------------------------------------------------------------------------


def test_days_are_those_of_the_organisation(box: Box, pretix: Pretix) -> None:
    told = fetched(box, pretix, order(position(1)), order(position(1), code="B", datetime="2026-09-01T23:30:00Z"))
    assert told == {"AAAAA-1": ("booking", 1450, date(2026, 9, 1)), "B-1": ("booking", 1450, date(2026, 9, 2))}


def test_unpaid_orders_wait_until_they_are_paid(box: Box, pretix: Pretix) -> None:
    for status in "ne":
        assert fetched(box, pretix, order(position(1), status=status, payments=[payment("14.50", "created")])) == {}
        assert box.contacts() == []
    assert fetched(box, pretix, order(position(1))).keys() == {"AAAAA-1"}


def test_never_paid_and_cancelled_is_nothing(box: Box, pretix: Pretix) -> None:
    unpaid = order(position(1), status="c", payments=[payment("14.50", "canceled")])
    assert fetched(box, pretix, unpaid) == {}


def test_test_orders_are_left_out(box: Box, pretix: Pretix) -> None:
    assert fetched(box, pretix, order(position(1), testmode=True)) == {}
    assert box.contacts() == []


def test_free_orders_count(box: Box, pretix: Pretix) -> None:
    free = order(position(1, 3, "0.00"), payments=[payment("0.00")])
    assert fetched(box, pretix, free) == {"AAAAA-1": ("booking", 0, date(2026, 9, 1))}
    gone = fetched(box, pretix, {**free, "status": "c", "cancellation_date": "2026-09-05T10:00:00Z"})
    assert gone["AAAAA-1:cancelled"] == ("booking", 0, date(2026, 9, 5))


def test_a_whole_order_cancelled_is_taken_back_once(box: Box, pretix: Pretix) -> None:
    """The refund that goes with it is the same money."""
    gone = order(position(1), position(2, 5, "10.00"), status="c", cancellation_date="2026-09-05T10:00:00Z")
    gone["refunds"] = [refund(1, "24.50", "2026-09-06")]
    told = fetched(box, pretix, gone)
    assert told == {
        "AAAAA-1": ("booking", 1450, date(2026, 9, 1)), "AAAAA-1:cancelled": ("booking", -1450, date(2026, 9, 5)),
        "AAAAA-2": ("donation", 1000, date(2026, 9, 1)), "AAAAA-2:cancelled": ("donation", -1000, date(2026, 9, 5)),
    }  # fmt: skip


def test_a_refund_told_before_the_cancellation_it_belongs_to(box: Box, pretix: Pretix) -> None:
    paid = order(position(1), refunds=[refund(1, "14.50", "2026-09-05")])
    assert fetched(box, pretix, paid)["AAAAA:refund:1"] == ("booking", -1450, date(2026, 9, 5))
    told = fetched(box, pretix, {**paid, "status": "c", "cancellation_date": "2026-09-06T10:00:00Z"})
    assert sum(amount or 0 for _, amount, _ in told.values()) == 0
    assert told["AAAAA:refund:1"][1] == 0


def test_one_of_two_tickets_cancelled_and_a_pound_for_the_trouble(box: Box, pretix: Pretix) -> None:
    both = order(position(1), position(2))
    fetched(box, pretix, both)
    both["positions"][1]["canceled"] = True
    both["refunds"] = [refund(1, "14.50", "2026-09-03"), refund(2, "1.00", "2026-09-07")]
    told = fetched(box, pretix, both)
    assert told["AAAAA-2:cancelled"] == ("booking", -1450, date(2026, 9, 3))
    assert told["AAAAA:refund:2"] == ("booking", -100, date(2026, 9, 7)) and "AAAAA:refund:1" not in told
    both["refunds"].append(refund(3, "2.00", "2026-09-09"))
    assert fetched(box, pretix, both)["AAAAA-2:cancelled"] == told["AAAAA-2:cancelled"], "its day stays"


def test_a_price_that_was_lowered_and_given_back(box: Box, pretix: Pretix) -> None:
    one = order(position(1, price="10.00"), payments=[payment("14.50")], refunds=[refund(1, "4.50", "2026-09-05")])
    assert fetched(box, pretix, one) == {"AAAAA-1": ("booking", 1000, date(2026, 9, 1))}


def test_refunds_that_are_not_done_are_none(box: Box, pretix: Pretix) -> None:
    for state in ("created", "transit", "canceled", "failed"):
        one = order(position(1), refunds=[refund(1, "14.50", "2026-09-05", state)])
        assert fetched(box, pretix, one).keys() == {"AAAAA-1"}


def test_fees_are_lines_and_a_cancellation_fee_stays(box: Box, pretix: Pretix) -> None:
    one = order(position(1, canceled=True), payments=[payment("16.50")], refunds=[refund(1, "11.50", "2026-09-05")])
    one["fees"] = [
        {"id": 7, "fee_type": "payment", "value": "2.00", "description": "", "canceled": True},
        {"id": 8, "fee_type": "cancellation", "value": "5.00", "description": "Ffi ganslo", "canceled": False},
        {"id": 9, "fee_type": "service", "value": "0.00", "description": "", "canceled": False},
    ]
    told = fetched(box, pretix, one)
    assert {name: amount for name, (_, amount, _) in told.items()} == {
        "AAAAA-1": 1450, "AAAAA-1:cancelled": -1450,
        "AAAAA:fee:7": 200, "AAAAA:fee:7:cancelled": -200, "AAAAA:fee:8": 500,
    }  # fmt: skip


prices = st.integers(0, 20_000)


@given(st.lists(st.tuples(prices, st.booleans()), min_size=1, max_size=5), st.data())
def test_law_the_lines_add_up_to_what_came_and_stayed(drawn: list[tuple[int, bool]], data: st.DataObject) -> None:
    """Positions paid for, some cancelled, anything up to the whole given back in pieces: the sum is always the same."""
    from tickets_shelf import Shelf  # a shelf without a store: nothing was told before

    from perthyn_tickets.telling import Telling

    came = sum(price for price, _ in drawn)
    kept = sum(price for price, canceled in drawn if not canceled)
    back = came - kept + data.draw(st.integers(0, kept))
    pieces = data.draw(st.lists(st.integers(0, back), max_size=3))
    cuts = [0, *sorted(pieces), back]
    refunds = [
        refund(number, f"{(after - before) / 100:.2f}", f"2026-09-{number + 2:02}")
        for number, (before, after) in enumerate(pairwise(cuts), 1)
    ]
    lines = [position(n, price=f"{price / 100:.2f}", canceled=c) for n, (price, c) in enumerate(drawn, 1)]
    made = order(*lines, payments=[payment(f"{came / 100:.2f}")], refunds=refunds)
    facts = Telling(Order.model_validate(made), Shelf()).tell()  # type: ignore[arg-type]
    assert sum(one.values.get("amount") or 0 for one in facts) == came - back


def test_another_currency_stays_what_it_is(box: Box, pretix: Pretix) -> None:
    pretix.events[0]["currency"], pretix.events[1]["currency"] = "EUR", "JPY"
    fetched(box, pretix, order(position(1)), order(position(1, 6, "900.00", subevent=None), code="B", event="gala"))
    found = box.happenings()
    assert (found["AAAAA-1"].amount, found["AAAAA-1"].currency) == (1450, "EUR")
    assert (found["B-1"].amount, found["B-1"].currency) == (900, "JPY")


def test_changed_orders_are_revised_and_older_tellings_are_not_taken(box: Box, pretix: Pretix) -> None:
    one = order(position(1), position(2))
    fetched(box, pretix, one)
    one["positions"][0] |= {"item": 2, "price": "7.25", "subevent": 1}
    fetched(box, pretix, one)
    line = box.happenings()["AAAAA-1"]
    assert (line.amount, line.subject, line.lead_days) == (725, "Child", None), "its day lies before the order"
    old = {**deepcopy(one), "last_modified": "2026-09-02T08:00:00Z"}
    old["positions"][0]["price"] = "99.00"
    pretix.orders = [old]
    box.told({"notification_id": 1, "organizer": "castle", "event": "house", "code": "AAAAA",
              "action": "pretix.event.order.changed.price"})  # fmt: skip
    box.work()
    assert box.happenings()["AAAAA-1"].amount == 725


# --- people ---------------------------------------------------------------------------------------------------------


def test_who_bought_is_not_always_who_came(box: Box, pretix: Pretix) -> None:
    guest = {
        "attendee_name": "Gwen Huws",
        "attendee_email": "gwen@example.org",
        "zipcode": "SY20 8XX",
        "city": "Corris",
    }
    came = {"checkins": [scan("2026-07-04T10:05:00Z")]}
    one = order(position(1, **came), position(2, **guest, **came), position(3, attendee_name="Mam", **came))
    told = fetched(box, pretix, one)
    people = named(box)
    assert people.keys() == {"sian@example.org", "gwen@example.org"}
    assert people["gwen@example.org"].addresses[0].postcode == "SY20 8XX"
    gwen = {name for name, happened in box.happenings().items() if happened.contact == people["gwen@example.org"].id}
    assert gwen == {"AAAAA-2:ticket", "AAAAA-2:visit:2026-07-04"}
    assert told["AAAAA-2:ticket"] == ("ticket", None, date(2026, 9, 1))
    assert box.happenings()["AAAAA:visit:2026-07-04"].party_size == 2
    assert box.happenings()["AAAAA-2"].contact == people["sian@example.org"].id, "who paid bought it"
    assert box.happenings()["AAAAA-1"].party_size == 3
    one["positions"][1]["canceled"] = True
    fetched(box, pretix, one)
    assert box.happenings()["AAAAA-2:ticket"].quantity == 0
    assert box.happenings()["AAAAA-1"].party_size == 2


def test_a_name_on_a_ticket_is_the_buyers_only_with_her_address(box: Box, pretix: Pretix) -> None:
    unnamed = {"invoice_address": None}
    theirs = order(position(1, attendee_name="Gwen Huws"), email="a@example.org", **unnamed)
    hers = position(1, attendee_name="Gwen Huws", attendee_email="B@example.org")
    fetched(box, pretix, theirs, order(hers, code="B", email="b@example.org", **unnamed))
    people = named(box)
    assert (people["a@example.org"].name, people["b@example.org"].name) == (None, "Gwen Huws")
    assert "B-1:ticket" not in box.happenings()


def test_names_as_the_shop_asks_for_them(box: Box, pretix: Pretix) -> None:
    split = order(position(1))
    split["invoice_address"] |= {
        "name_parts": {"_scheme": "given_family", "given_name": "Siân", "family_name": "ap Rhys"}
    }
    firm = order(position(1), code="B", email="office@example.org")
    firm["invoice_address"] |= {"name": "", "company": "Ysgol y Bont", "is_business": True}
    fetched(box, pretix, split, firm)
    people = named(box)
    assert (people["sian@example.org"].given, people["sian@example.org"].family) == ("Siân", "ap Rhys")
    assert (people["office@example.org"].name, people["office@example.org"].kind) == ("Ysgol y Bont", "organisation")


def test_nobody_known_is_takings(box: Box, pretix: Pretix) -> None:
    fetched(box, pretix, order(position(1), email=None, sales_channel="pretixpos"))
    (sold,) = box.store.scan(Takings)
    assert (sold.source_id, sold.amount, sold.channel) == ("AAAAA-1", 1450, "on site")


def test_braces_and_line_ends_in_names_are_only_letters(box: Box, pretix: Pretix) -> None:
    odd = order(position(1, attendee_name="a\r\nBcc: x@example.org"))
    odd["invoice_address"] |= {"name": "{{7*7}} Evans"}
    fetched(box, pretix, odd)
    assert "7*7" in (named(box)["sian@example.org"].name or "")
    assert "AAAAA-1" in box.happenings() and "tickets.order.unreadable" not in box.problems()


def test_a_customer_account_knows_its_own_whatever_the_address(box: Box, pretix: Pretix) -> None:
    second = order(position(1), code="B", email="elsewhere@example.org", customer="8WSAJCJ")
    fetched(box, pretix, order(position(1), customer="8WSAJCJ"), second)
    assert len(box.contacts()) == 1


def test_the_country_alone_is_no_address() -> None:
    made = order(position(1))
    made["invoice_address"] |= {"street": "", "zipcode": "", "city": "", "country": "GB"}
    buyer = buyer_of(Order.model_validate(made))
    assert buyer is not None and "country" not in buyer.values


# --- who came -------------------------------------------------------------------------------------------------------


def test_scans_out_or_on_other_days_and_several_a_day(box: Box, pretix: Pretix) -> None:
    """A pass that is scanned on three days is three visits, the day it was for under the id that the CSV has."""
    days = [scan("2026-07-04T09:00:00Z"), scan("2026-07-04T15:00:00Z", "exit"), scan("2026-07-04T15:10:00Z"),
            scan("2026-07-11T23:30:00Z")]  # fmt: skip
    one = order(position(1, checkins=days), position(2, checkins=days[:1]), position(3, checkins=[days[1]]))
    visits = {name: told for name, told in fetched(box, pretix, one).items() if ":visit" in name}
    assert visits == {
        "AAAAA:visit:2026-07-04": ("visit", None, date(2026, 7, 4)),
        "AAAAA:visit:2026-07-12": ("visit", None, date(2026, 7, 12)),
    }
    assert [box.happenings()[name].party_size for name in sorted(visits)] == [2, 1]


def test_a_guidebook_or_a_donation_scanned_is_no_visit(box: Box, pretix: Pretix) -> None:
    scanned = [scan("2026-07-04T09:00:00Z")]
    told = fetched(box, pretix, order(position(1, 4, checkins=scanned), position(2, 5, checkins=scanned)))
    assert not any(":visit" in name for name in told)


# --- answers --------------------------------------------------------------------------------------------------------


def test_consent_is_in_the_words_and_language_that_were_read(box: Box, pretix: Pretix) -> None:
    news = next(one for one in pretix.listed["house/questions"] if one["identifier"] == "NEWS")
    news["question"]["cy"] = WELSH
    ticked = position(1, answers=[answer(2, "True", "NEWS"), answer(3, "Radio", "HEAR")])
    fetched(box, pretix, order(ticked, position(2, answers=[answer(2, "False", "NEWS")]), locale="cy"))
    (consent,) = box.store.scan(Consent)
    assert (consent.decision, consent.wording, consent.language) == ("unconfirmed", WELSH, "cy")
    assert (consent.evidence, consent.address, consent.how) == ("AAAAA", "sian@example.org", "website")
    assert json.loads(box.happenings()["AAAAA-1"].raw or "")["How did you hear of us?"] == "Radio"


def test_an_answer_that_is_changed_is_said_once_more(box: Box, pretix: Pretix) -> None:
    one = order(position(1, answers=[answer(2, "True", "NEWS")]))
    fetched(box, pretix, one)
    one["positions"][0]["answers"][0]["answer"] = "False"
    one["invoice_address"] |= {"name": "Siân Evans-Huws"}
    fetched(box, pretix, one)
    assert sorted(said.decision for said in box.store.scan(Consent)) == ["refused", "unconfirmed"]
    fetched(box, pretix, one)
    assert len(list(box.store.scan(Consent))) == 2
    assert not any(code.startswith("delivery.") for code in box.problems())


def test_questions_that_only_the_settings_know(tmp_path: Any, pretix: Pretix, url: str) -> None:
    pretix.listed["house/questions"][1]["question"] = {"en": "Keep in touch?"}
    box = Box(tmp_path, url, consent=["NEWS"], kinds={"Guidebook": "donation"}, types={"house": "open day"})
    fetched(box, pretix, order(position(1, answers=[answer(2, "True", "NEWS")]), position(2, 4, "6.00")))
    assert [one.decision for one in box.store.scan(Consent)] == ["unconfirmed"]
    assert {(one.kind, one.event_type) for one in box.happenings().values()} == {
        ("booking", "open day"), ("donation", "open day"),
    }  # fmt: skip
    box.store.close()


def test_gift_aid_stands_beside_the_gift_with_its_words(box: Box, pretix: Pretix) -> None:
    fetched(box, pretix, order(position(1, 5, "10.00", answers=[answer(1, "True", "GIFTAID")])))
    beside = json.loads(box.happenings()["AAAAA-1"].raw or "")
    assert (beside["Gift Aid"], beside["Gift Aid wording"], beside["Gift Aid language"]) == ("yes", GIFT_AID, "en")
    assert list(box.store.scan(Consent)) == [], "a declaration is no consent"


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "admission", "kind"),
    [
        (("Rhodd i'r to",), False, "donation"), (("Support us", "Donations"), None, "donation"),
        (("Raffle ticket",), None, "purchase"), (("Parking",), True, "booking"), (("Mug",), False, "purchase"),
        (("Adult",), None, "booking"), (("Member (free)",), True, "booking"),
        (("Joint", "Membership"), False, "membership"), (("Tocyn tymor",), True, "membership"),
    ],
    ids=str,
)  # fmt: skip
def test_kinds_by_words(names: tuple[str, ...], admission: bool | None, kind: str) -> None:
    assert kind_of(*names, admission=admission) == kind


def test_texts_in_several_languages() -> None:
    assert said({"en": "Adult", "cy": "Oedolyn"}, "cy") == "Oedolyn"
    assert said({"de": "Erwachsene"}, "cy") == "Erwachsene"
    assert (said(None, "cy"), said("Plain\ttext", "cy"), said({}, "cy")) == ("", "Plain text", "")
    assert spoken({"en": "Hello", "de-informal": "Hallo"}, "de-informal") == ("Hallo", "de")
    assert spoken({"en": "Hello"}, "cy") == ("Hello", "en")
    assert spoken("Hello", "cy") == ("Hello", "")

"""The ticket shop is held to the contract of channels."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pretix_stage import KEY, NOON, Pretix, serving
from recorded import EVENTS, listed, whole

import perthyn_tickets
from perthyn.channel import Request
from perthyn.house import House
from perthyn.testing.channel_suite import ChannelSuite, Sample
from perthyn_tickets.channel import Tickets

NOT_SIGNED = "pretix does not sign what it sends: whatever has the right shape makes us look for ourselves"


BODY = {"notification_id": 5, "organizer": "castle", "event": "house", "code": "ABCDE", "action": "pretix.x"}


def request(body: Any) -> Request:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("POST", "/in/tickets/main", "", {"Content-Type": "application/json"}, raw, NOON)


def notice(number: int, order: dict[str, Any], action: str = "pretix.event.order.paid") -> Request:
    event, code = order["event"], order["code"]
    return request({"notification_id": number, "organizer": "castle", "event": event, "code": code, "action": action})


@contextmanager
def faulty(pretix: Pretix, name: str) -> Iterator[None]:
    keys = dict(pretix.keys)

    def play() -> None:
        if name == "down":
            pretix.faults = [(503, {}, b"<h1>down</h1>")]
        elif name == "revoked":
            pretix.keys = {}
        elif "page=2" in pretix.asked[-1]:
            pretix.faults = [(502, {}, b"")]

    pretix.before = play
    try:
        yield
    finally:
        pretix.before, pretix.keys, pretix.faults = (lambda: None), keys, []


class TestTickets(ChannelSuite):
    not_for: ClassVar = {
        "test_a_delivery_names_the_account_it_is_from": "pretix:castle, as its files: both tell of the same shop",
        "test_ids_do_not_rest_on_what_is_stored": "what the shop lists, and what somebody said, is told once",
        "test_one_changed_byte_is_found_out": NOT_SIGNED,
        "test_something_added_is_found_out": NOT_SIGNED,
        "test_no_signature_is_no_proof": NOT_SIGNED,
        "test_another_key_proves_nothing": NOT_SIGNED,
        "test_odd_signatures_are_refused": NOT_SIGNED,
    }

    @pytest.fixture
    def sample(self, tmp_path: Path) -> Iterator[Sample]:
        paid = [one for one in deepcopy(whole()) if one["status"] == "p"][:4]
        unpaid = [{**paid[0], "code": f"UNPAID{number:03}", "status": "n"} for number in range(47)]
        pretix = Pretix([*paid, *unpaid], EVENTS, listed())

        def naming(name: str) -> Request:
            named = deepcopy(paid[0]) | {"code": "ENWI", "email": "enw@example.org"}
            named["invoice_address"] |= {"name": name, "name_parts": {"_legacy": name}}
            pretix.orders = [one for one in pretix.orders if one["code"] != "ENWI"] + [named]
            return notice(99, named)

        with serving(pretix) as url:
            house = House(
                tmp_path, lambda: NOON, os.urandom, sections={"tickets": {"url": url, "organizer": "castle"}},
                secrets=lambda section, name: KEY if (section, name) == ("tickets", "key") else "",
            )  # fmt: skip
            yield Sample(
                Tickets(),
                house,
                plugin=perthyn_tickets,
                secrets=[KEY],
                people=[one["email"].casefold() for one in paid],
                requests=[notice(number, one) for number, one in enumerate(paid, 1)],
                forged=[
                    request(b"{"),
                    request([1]),
                    request({"notification_id": 5, "organizer": "palace", "action": "x"}),
                ],
                signed=False,
                naming=naming,
                fetches=True,
                faults={name: lambda name=name: faulty(pretix, name) for name in ("down", "revoked", "breaks")},
            )

"""Stripe is held to the contract of channels: its webhooks; what it is asked for stands in `test_stripe.py`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from stripe_stage import NOW, SECRET, Box, charge, event, refund

import perthyn_donations
from perthyn.channel import Request
from perthyn.testing.channel_suite import ChannelSuite, Sample


def of(name: str, email: str, id: str, **more: Any) -> dict[str, Any]:
    made = charge(id, **more)
    return {**made, "billing_details": {**made["billing_details"], "name": name, "email": email}}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """Signs what Stripe would sign; what it stores of it is not looked at."""
    made = Box(tmp_path_factory.mktemp("box"))
    yield made
    made.store.close()


class TestStripe(ChannelSuite):
    @pytest.fixture
    def sample(self, box: Box) -> Sample:
        sian, huw = (
            of("Siân Llŷr", "sian@example.org", "ch_1"),
            of("Huw Puw", "huw@example.org", "ch_2", currency="eur"),
        )
        back = of("Siân Llŷr", "sian@example.org", "ch_1", amount_refunded=500)

        def naming(name: str) -> Request:
            return box.request(event("charge.succeeded", of(name, "enw@example.org", "ch_9")))

        return Sample(
            box.channel,
            box.house,
            plugin=perthyn_donations,
            secrets=[SECRET],
            people=["sian@example.org", "huw@example.org"],
            requests=[
                box.request(event("charge.succeeded", sian)),
                box.request(event("charge.succeeded", huw, after=1)),
                box.request(event("charge.refunded", back, after=2)),
                box.request(event("refund.created", {**refund("re_1", "ch_1", 500), "charge": back}, after=3)),
                box.request(event("customer.created", {"id": "cus_1", "object": "customer"}, after=4)),
            ],
            forged=[
                box.request(event("charge.succeeded", sian), secret="whsec_somebody_else"),
                box.request(event("charge.succeeded", sian), at=NOW - timedelta(hours=1)),
                box.request(event("charge.succeeded", sian), header=""),
            ],
            poison=[box.request({"id": "evt_x", "created": 1, "type": "charge.succeeded", "data": {}})],
            naming=naming,
        )

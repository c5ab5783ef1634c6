"""Watching: how far a campaign has come."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from perthyn.contacting.ledger import message_id
from perthyn.model import Campaign, Message

Office = Any  # the class stands in conftest.py


def test_how_far_it_is_is_counted_by_the_store_as_by_hand(office: Office) -> None:
    mine, other = office.crm.ids(), office.crm.ids()
    people = [office.person(f"P{n}") for n in range(9)]
    states = ("waiting", "claimed", "sent", "handed", "held", "failed", "unknown", "sent", "sent")
    for campaign in (mine, other):
        lines = [
            Message(id=message_id(campaign, one.id), contact=one.id, campaign=campaign, channel="post", state=state,
                    household=people[0].id if one is people[8] else None)
            for one, state in zip(people, states, strict=True)
        ]  # fmt: skip
        office.keep(*lines)
    twice = message_id(mine, UUID(int=7))  # of somebody who is one with P2 by now
    office.keep(Message(id=twice, contact=people[2].id, campaign=mine, channel="post", state="sent"))
    found = office.crm.progress(Campaign(id=mine, code="x", name_en="X", channel="post", made=office.crm.clock()))
    assert found == {**dict.fromkeys(states, 1), "sent": 3}

"""Sending from a Google Sheet: a letter leaves only when its claim stands in the sheet, behind every no in it."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from campaigning import LETTERS, Post, PostPlugin

from perthyn.changes import Create
from perthyn.channel import Letter
from perthyn.contacting.ledger import lines_of
from perthyn.crm import Actor, Crm
from perthyn.model import Consent, Contact, Email, Message
from perthyn.plugins import Plugins
from perthyn.settings import Settings

pytestmark = pytest.mark.slow


def desk(world: Any, machine: str, post: Post) -> Crm:
    plugins = Plugins()
    plugins.add(PostPlugin(post), "post_office")
    store = world.open(machine=machine)
    return Crm(store, plugins, Settings(), world.now, os.urandom, Actor(machine))


def opened(crm: Crm, people: int) -> Any:
    changes: list[Any] = []
    for number in range(people):
        email = Email(address=f"a{number}@x.cymru")
        one = Contact(id=crm.ids(), name=f"Ann{number} Puw", given="Ann", family="Puw", emails=(email,))
        said = {"id": crm.ids(), "contact": one.id, "channel": "email", "decision": "given"}
        now = crm.clock()
        changes += [Create(one), Create(Consent.model_validate({**said, "at": now, "recorded": now}))]
    crm.commit(changes)
    segment = crm.add_segment("Readers", None, "has email")[0]
    crm.freeze(crm.new_campaign("Gwanwyn", segment, **LETTERS)[0])
    return crm.campaign("gwanwyn")


def states(crm: Crm, campaign: Any) -> Counter[str]:
    return Counter(one.state for one in lines_of(crm.store, campaign.id))


def test_a_campaign_is_sent_from_a_sheet(quick: Any) -> None:
    post = Post()
    crm = desk(quick, "one", post)
    campaign = opened(crm, 3)
    assert crm.send_on(campaign, "one").sent == 3 and len(post.sink.taken) == 3
    other = desk(quick, "two", post)
    assert states(other, campaign) == {"sent": 3}
    assert other.send_on(other.campaign("gwanwyn"), "two").sent == 0 and len(post.sink.taken) == 3


def test_a_no_that_another_machine_wrote_counts(quick: Any) -> None:
    post = Post()
    crm = desk(quick, "one", post)
    campaign = opened(crm, 3)
    other = desk(quick, "two", Post())
    order = [one.contact for one in lines_of(crm.store, campaign.id)]

    def before(letter: Letter) -> None:
        if not post.sink.taken:
            other.record_consent(order[2], "withdrawn", ["email"])

    post.sink.before = before
    assert crm.send_on(campaign, "one").sent == 2
    assert states(crm, campaign) == {"sent": 2, "held": 1}


def test_what_cannot_be_shared_is_not_sent(quick: Any) -> None:
    post = Post()
    crm = desk(quick, "one", post)
    campaign = opened(crm, 2)
    quick.emulator.faults.next("503", times=10_000)
    sent = crm.send_on(campaign, "one")
    assert (sent.sent, sent.why and sent.why.code) == (0, "campaign.not_shared") and not post.sink.taken
    assert {one.state for one in crm.store.scan(Message)} == {"waiting"}

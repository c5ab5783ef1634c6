"""At the core's door: kept as it came, answered at once, read by a job, once; what can't be read is put aside."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from perthyn.channel import Request
from perthyn.crm import Crm
from perthyn.model import Inbound, Interaction, Job, Problem
from perthyn.testing.channel_suite.accepting import SHAPES
from perthyn.testing.channel_suite.base import (
    ChannelCases,
    Clock,
    Sample,
    at_the_door,
    names_others,
    new_desk,
    summary,
    take,
    told,
)


class DoorCases(ChannelCases):
    """Requests on their whole way in."""

    def test_requests_come_to_their_end(self, sample: Sample, clock: Clock, desk: Crm, requests: list[Request]) -> None:
        """Accepted, read, stored: the same as read directly, and no job is left."""
        assert [came(desk, sample, one) for one in requests] == [200] * len(requests)
        work(desk)
        assert {one.state for one in desk.store.scan(Inbound)} == {"done"}
        assert not [one for one in desk.store.scan(Job) if one.name == "inbound.read"]
        other = new_desk(sample, clock)
        take(other, told(sample, other))
        assert summary(desk.store) == summary(other.store)

    def test_every_request_one_to_five_times(
        self, sample: Sample, clock: Clock, desk: Crm, requests: list[Request]
    ) -> None:
        """Shuffled, repeated, worked off in between: the effects are those of once."""
        for one in requests:
            came(desk, sample, one)
        work(desk)
        for seed in range(3):
            chance, other = Random(seed), new_desk(sample, clock)
            some = [one for one in requests for _ in range(chance.randint(1, 5))]
            chance.shuffle(some)
            for one in some:
                came(other, sample, one)
                if chance.random() < 0.4:
                    work(other)
            work(other)
            if names_others(told(sample, other)):
                for kept in other.inbox():
                    other.replay(kept.id.hex)
                work(other)
            assert summary(other.store) == summary(desk.store)

    def test_forged_requests_leave_nothing(self, sample: Sample, desk: Crm) -> None:
        """They are refused, and leave no trace."""
        if not sample.forged:
            pytest.skip("the sample has no forged request")
        assert {came(desk, sample, one) for one in sample.forged} == {401}
        assert not list(desk.store.scan(Inbound)) and not list(desk.store.scan(Interaction))

    def test_a_huge_body_is_too_much(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """It is too much before the channel is asked."""
        assert came(desk, sample, replace(requests[0], body=SHAPES["huge"])) == 413

    def test_poison_is_put_aside_and_hinders_nobody(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Parked with its reason, or kept as a problem; what came before and after it is done."""
        if not sample.poison:
            pytest.skip("the sample has no poison")
        order = [*sample.poison, *requests, *sample.poison]
        for one in order:
            assert came(desk, sample, at_the_door(one)) == 200
        work(desk)
        states = [one.state for one in desk.store.scan(Inbound)]
        assert "waiting" not in states and states.count("done") >= len(requests)
        assert states.count("parked") + desk.store.count_of(Problem) >= len(sample.poison)

    def test_what_was_put_aside_can_be_read_again(self, sample: Sample, desk: Crm) -> None:
        """It ends as it ended: nothing is doubled."""
        if not sample.poison:
            pytest.skip("the sample has no poison")
        for request in sample.poison:
            came(desk, sample, request)
        work(desk)
        before = summary(desk.store)
        for one in desk.inbox():
            desk.replay(one.id.hex)
        work(desk)
        assert [line for line in summary(desk.store) if not line.startswith("problem")] == [
            line for line in before if not line.startswith("problem")
        ]

    def test_an_account_that_is_not_there(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """A door for one account is no door for all."""
        assert desk.came_in(sample.channel.name, "no-such-account", requests[0])[0] == 404


def came(desk: Crm, sample: Sample, request: Request) -> int:
    """The status that a request is answered."""
    return desk.came_in(sample.channel.name, sample.account, at_the_door(request))[0]


def work(desk: Crm) -> None:
    """Do what is due."""
    list(desk.do_due("suite"))

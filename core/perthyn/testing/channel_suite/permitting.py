"""Permission: a no counts at once, for good, in whatever order it comes; a yes is no more than it says."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from perthyn.channel import Delivery
from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.testing.channel_suite.base import (
    ChannelCases,
    Clock,
    Sample,
    allowed,
    consents,
    found,
    new_desk,
    read,
    take,
    told,
)

NO = ("refused", "withdrawn", "objected")


class PermissionCases(ChannelCases):
    """What people say about being contacted."""

    @pytest.fixture
    def refusals(self, sample: Sample, desk: Crm) -> list[Delivery]:
        """What the requests tell in which somebody says no."""
        if not sample.refusals:
            pytest.skip("nobody says no by it")
        return [one for request in sample.refusals for one in read(sample, desk, request)]

    def test_a_no_is_recorded(self, sample: Sample, desk: Crm, refusals: list[Delivery]) -> None:
        """As a record with its time, of the person who said it."""
        take(desk, [*told(sample, desk), *refusals])
        who = found(desk, sample.people[0])
        said = [one for one in consents(desk.store) if one.decision in NO]
        assert who is not None and said and {one.contact for one in said} == {who.id}

    def test_a_no_closes_the_door(self, sample: Sample, desk: Crm, refusals: list[Delivery]) -> None:
        """Whatever was said before."""
        take(desk, [*told(sample, desk), *refusals])
        assert not allowed(desk, sample.people[0])

    def test_a_yes_that_comes_late_does_not_open_it(self, sample: Sample, desk: Crm, refusals: list[Delivery]) -> None:
        """The no first, then what had been said before it: the no is the later word."""
        take(desk, [*refusals, *told(sample, desk)])
        assert not allowed(desk, sample.people[0])

    def test_a_replay_of_all_does_not_open_it(
        self, sample: Sample, desk: Crm, clock: Clock, refusals: list[Delivery]
    ) -> None:
        """A sender that begins anew does not undo a no."""
        take(desk, [*told(sample, desk), *refusals])
        clock.forward(days=30)
        take(desk, told(sample, desk))
        assert not allowed(desk, sample.people[0])

    def test_a_no_of_somebody_unknown_is_not_lost(self, sample: Sample, clock: Clock, refusals: list[Delivery]) -> None:
        """It makes a contact, or a problem for a person."""
        desk = new_desk(sample, clock)
        counts = take(desk, refusals)
        assert consents(desk.store) or sum(one.unread for one in counts)

    def test_an_undo_leaves_the_no(self, sample: Sample, desk: Crm, refusals: list[Delivery]) -> None:
        """What somebody said is not taken back by us."""
        take(desk, told(sample, desk))
        for receipt in [one.receipt for one in take(desk, refusals) if one.receipt is not None]:
            header = desk.store.header(receipt.batch)
            assert header is not None
            with suppress(PerthynError):  # there may be nothing that can be undone
                desk.undo(header)
        assert [one for one in consents(desk.store) if one.decision in NO]

    def test_nothing_is_permitted_that_nobody_said(self, sample: Sample, desk: Crm, deliveries: list[Delivery]) -> None:
        """Who only bought, asked or came may not be written to for that."""
        take(desk, deliveries)
        assert not [who for who in sample.people if who not in sample.agreed and allowed(desk, who)]

    def test_who_says_yes_may_be_written_to(self, sample: Sample, desk: Crm, deliveries: list[Delivery]) -> None:
        """With wording, time and all that makes it count."""
        if not sample.agreed:
            pytest.skip("nobody says yes in the sample")
        take(desk, deliveries)
        assert all(allowed(desk, who) for who in sample.agreed)

    def test_who_said_no_and_was_erased_may_not_be_written_to(
        self, sample: Sample, desk: Crm, refusals: list[Delivery]
    ) -> None:
        """When she comes again by an old message, she is still on the list."""
        take(desk, [*told(sample, desk), *refusals])
        who = found(desk, sample.people[0])
        assert who is not None
        desk.erase(who.id)
        take(desk, told(sample, desk))
        assert not allowed(desk, sample.people[0])

    def test_a_no_by_a_clock_that_is_fast_counts_at_once(self, sample: Sample, refusals: list[Delivery]) -> None:
        """What is said five minutes from now was said by now."""
        clock = Clock(min(one.at for one in (*sample.requests, *sample.refusals)) - timedelta(minutes=5))
        desk = new_desk(sample, clock)
        take(desk, refusals)
        assert not sample.people or not allowed(desk, sample.people[0])
        said = [one for one in consents(desk.store) if one.decision in NO]
        assert all(one.at is None or one.at <= clock() for one in said)

"""Fetching: in pieces, each with its own cursor; whoever is killed goes on from the last that was stored."""

from __future__ import annotations

from contextlib import AbstractContextManager
from itertools import islice

import pytest

from perthyn.channel import Delivery, NotNow
from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.testing.channel_suite.base import ChannelCases, Clock, Sample, new_desk, reach, summary


class FetchCases(ChannelCases):
    """What is new, asked for."""

    @pytest.fixture
    def fetched(self, sample: Sample, desk: Crm) -> list[Delivery]:
        """Everything, from the beginning."""
        if not sample.fetches:
            pytest.skip("it fetches nothing")
        return fetch(sample, desk, "")

    def test_it_is_told_how_often(self, sample: Sample, fetched: list[Delivery]) -> None:
        """What fetches says when it is due."""
        assert sample.channel.every is not None

    def test_the_last_piece_says_where_to_go_on(self, fetched: list[Delivery]) -> None:
        """Else all is fetched again each time."""
        assert fetched and fetched[-1].cursor

    def test_cursors_are_text_that_a_store_keeps(self, fetched: list[Delivery]) -> None:
        """Short and printable, or JSON."""
        for one in fetched:
            assert one.cursor is None or (isinstance(one.cursor, str) and len(one.cursor) < 20_000)
            assert one.cursor is None or one.cursor.isprintable()

    def test_nothing_is_new_the_second_time(self, sample: Sample, desk: Crm, fetched: list[Delivery]) -> None:
        """From the last cursor on."""
        cursor = store(desk, fetched)
        again = [desk.take_in(one) for one in fetch(sample, desk, cursor)]
        assert sum(one.created + one.revised + one.unread for one in again) == 0

    def test_from_the_beginning_again_changes_nothing(self, sample: Sample, desk: Crm, fetched: list[Delivery]) -> None:
        """A cursor that was lost costs time and doubles nothing."""
        store(desk, fetched)
        before = summary(desk.store)
        store(desk, fetch(sample, desk, ""))
        assert summary(desk.store) == before

    def test_killed_after_each_piece(self, sample: Sample, clock: Clock, desk: Crm, fetched: list[Delivery]) -> None:
        """It goes on where the last stored piece says, and ends where it would have ended."""
        store(desk, fetched)
        other, cursor = new_desk(sample, clock), ""
        for _ in range(20 * (len(fetched) + 1)):
            one = next(iter(sample.channel.fetch(reach(sample, other, cursor))), None)
            if one is None:
                break
            taken = other.take_in(one)
            if one.cursor == cursor and taken.receipt is None:
                break
            cursor = cursor if one.cursor is None else one.cursor
        assert summary(other.store) == summary(desk.store)

    def test_killed_before_a_piece_is_stored(
        self, sample: Sample, clock: Clock, desk: Crm, fetched: list[Delivery]
    ) -> None:
        """What was fetched and not stored is fetched again."""
        store(desk, fetched)
        for killed in range(len(fetched)):
            other = new_desk(sample, clock)
            some = list(islice(sample.channel.fetch(reach(sample, other)), killed + 1))
            cursor = store(other, some[:killed])
            store(other, fetch(sample, other, cursor))
            assert summary(other.store) == summary(desk.store)

    def test_a_cursor_of_nobodys(self, sample: Sample, clock: Clock, desk: Crm, fetched: list[Delivery]) -> None:
        """Begun anew, or a word about it: nothing else."""
        for cursor in ("nonsense", "{", "[]", "99999999999999999999", "null", "é\u2028"):
            other = new_desk(sample, clock)
            try:
                list(sample.channel.fetch(reach(sample, other, cursor)))
            except PerthynError:
                continue

    def test_by_a_job(self, sample: Sample, clock: Clock, desk: Crm, fetched: list[Delivery]) -> None:
        """As `perthyn once` does it: stored, the cursor remembered, due again."""
        store(desk, fetched)
        other = new_desk(sample, clock)
        done = list(other.do_due("suite"))
        assert "done" in {one.outcome for one in done if one.name == "channel.fetch"}
        assert summary(other.store) == summary(desk.store)
        assert (
            other.reach(sample.channel.name, sample.account).cursor == [one.cursor for one in fetched if one.cursor][-1]
        )

    @pytest.mark.parametrize("name", ["down", "hangs"])
    def test_what_passes_is_not_now(self, sample: Sample, desk: Crm, fetched: list[Delivery], name: str) -> None:
        """The other side is away, or does not answer: later."""
        with fault(sample, name), pytest.raises(NotNow):
            list(sample.channel.fetch(reach(sample, desk)))

    def test_a_key_that_was_revoked_is_said(self, sample: Sample, desk: Crm, fetched: list[Delivery]) -> None:
        """A person must do something: it is no "later"."""
        with fault(sample, "revoked"), pytest.raises(PerthynError) as said:
            list(sample.channel.fetch(reach(sample, desk)))
        assert not isinstance(said.value, NotNow)

    def test_what_was_fetched_before_it_broke_is_kept(
        self, sample: Sample, clock: Clock, desk: Crm, fetched: list[Delivery]
    ) -> None:
        """In the middle of it: the pieces before are stored, the rest comes the next time."""
        store(desk, fetched)
        other, cursor, pieces = new_desk(sample, clock), "", 0
        with fault(sample, "breaks"), pytest.raises(PerthynError):
            for one in sample.channel.fetch(reach(sample, other)):
                cursor = store(other, [one]) or cursor
                pieces += 1
        assert pieces, "nothing was handed on before it broke"
        store(other, fetch(sample, other, cursor))
        assert summary(other.store) == summary(desk.store)


def fetch(sample: Sample, desk: Crm, cursor: str) -> list[Delivery]:
    """What is new since a cursor."""
    return list(sample.channel.fetch(reach(sample, desk, cursor)))


def store(desk: Crm, deliveries: list[Delivery]) -> str:
    """Take them in; answers where to go on."""
    cursor = ""
    for one in deliveries:
        desk.take_in(one)
        cursor = cursor if one.cursor is None else one.cursor
    return cursor


def fault(sample: Sample, name: str) -> AbstractContextManager[object]:
    """The context in which it goes wrong."""
    if name not in sample.faults:
        pytest.skip(f"the sample can't have it happen: {name}")
    return sample.faults[name]()

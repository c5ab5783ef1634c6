"""Storing: exactly once, in whatever order and however often it comes; and undone without a rest."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from perthyn.changes import Batch, Receipt
from perthyn.channel import Delivery
from perthyn.crm import Crm
from perthyn.errors import Stale
from perthyn.model import Contact, Interaction, Takings
from perthyn.testing.channel_suite.base import (
    ChannelCases,
    Clock,
    Sample,
    consents,
    everything,
    found,
    names_others,
    new_desk,
    summary,
    take,
    told,
)


class StoreCases(ChannelCases):
    """Deliveries, taken in."""

    def test_its_people_are_found(self, sample: Sample, desk: Crm, deliveries: list[Delivery]) -> None:
        """Each in the view of all that is known of her, with what she did or said."""
        if not sample.people:
            pytest.skip("the sample names nobody")
        take(desk, deliveries)
        for who in sample.people:
            contact = found(desk, who)
            assert contact is not None, who
            view = desk.show(contact.id)
            assert (
                view.timeline
                or view.consents
                or any(list(desk.store.owned(type, [contact.id])) for type in desk.store.types.values() if type.owner)
            )

    def test_a_person_is_one_contact(self, sample: Sample, desk: Crm, deliveries: list[Delivery]) -> None:
        """However often she is told of."""
        take(desk, deliveries)
        shared = {who: desk.find(who) for who in sample.people if "@" in who}
        names = {one.id: one.name for some in shared.values() for one in some}
        assert len(set(names.values())) == len(names)

    def test_a_replay_changes_nothing(self, desk: Crm, deliveries: list[Delivery]) -> None:
        """All of it again, at once and later."""
        take(desk, deliveries)
        before = everything(desk.store)
        again = take(desk, deliveries)
        assert everything(desk.store) == before and {one.receipt for one in again} == {None}

    def test_a_replay_a_day_later_changes_nothing(
        self, sample: Sample, desk: Crm, clock: Clock, deliveries: list[Delivery]
    ) -> None:
        """Read anew, after the sender has been out of order for a day."""
        take(desk, deliveries)
        before = summary(desk.store)
        clock.forward(days=1)
        take(desk, told(sample, desk))
        assert summary(desk.store) == before

    def test_each_delivery_at_once_again(
        self, sample: Sample, clock: Clock, desk: Crm, deliveries: list[Delivery]
    ) -> None:
        """Duplicates right behind the first are no more than the first."""
        take(desk, deliveries)
        twice = new_desk(sample, clock)
        take(twice, [one for delivery in deliveries for one in (delivery, delivery, delivery)])
        assert summary(twice.store) == summary(desk.store)

    def test_the_other_way_round(self, sample: Sample, clock: Clock, desk: Crm, deliveries: list[Delivery]) -> None:
        """The last first: a refund before its order, a change before what it changes."""
        take(desk, deliveries)
        other = new_desk(sample, clock)
        take(other, reversed(deliveries))
        take(other, deliveries)
        assert summary(other.store) == summary(desk.store)

    @pytest.mark.parametrize("seed", range(8))
    def test_any_order_one_to_five_times(
        self, sample: Sample, clock: Clock, desk: Crm, deliveries: list[Delivery], seed: int
    ) -> None:
        """Shuffled and repeated, the effects are those of once."""
        take(desk, deliveries)
        chance = Random(seed)
        some = [one for one in deliveries for _ in range(chance.randint(1, 5))]
        chance.shuffle(some)
        other = new_desk(sample, clock)
        take(other, some)
        if names_others(deliveries):
            take(other, deliveries)
        assert summary(other.store) == summary(desk.store)

    def test_one_by_one_or_together(self, sample: Sample, clock: Clock, desk: Crm, deliveries: list[Delivery]) -> None:
        """All facts of an account in one delivery are no others than one by one."""
        take(desk, deliveries)
        other = new_desk(sample, clock)
        for source in dict.fromkeys(one.source for one in deliveries):
            mine = [one for one in deliveries if one.source == source]
            other.take_in(Delivery(source, [fact for one in mine for fact in one.facts]))
        assert summary(other.store) == summary(desk.store)

    def test_two_take_in_the_same_at_one_time(
        self, sample: Sample, clock: Clock, desk: Crm, deliveries: list[Delivery], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each delivery arrives a second time between the preparing and the storing of the first."""
        take(desk, deliveries)
        one = new_desk(sample, clock)
        other = new_desk(sample, clock, one.store, seed=2)
        apply, waiting = one.apply, list[Delivery]()

        def overtaken(batch: Batch) -> Receipt:
            while waiting:
                other.take_in(waiting.pop())
            return apply(batch)

        monkeypatch.setattr(one, "apply", overtaken)
        for delivery in deliveries:
            waiting.append(delivery)
            one.take_in(delivery)
        assert summary(one.store) == summary(desk.store)

    def test_a_kill_before_a_delivery_is_stored(
        self, sample: Sample, clock: Clock, desk: Crm, deliveries: list[Delivery], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing of it is there, and the next try stores all."""
        take(desk, deliveries)
        other = new_desk(sample, clock)
        for delivery in deliveries:
            before = everything(other.store)
            with monkeypatch.context() as killed:
                killed.setattr(other, "apply", _dies)
                with pytest.raises(Stale):
                    other.take_in(delivery)
            assert everything(other.store) == before
            other.take_in(delivery)
        assert summary(other.store) == summary(desk.store)

    def test_an_undo_leaves_nothing_but_a_no(self, desk: Crm, deliveries: list[Delivery]) -> None:
        """What came in can be taken back, batch by batch."""
        receipts = [one.receipt for one in take(desk, deliveries) if one.receipt is not None]
        for receipt in reversed(receipts):
            header = desk.store.header(receipt.batch)
            assert header is not None
            desk.undo(header)
        assert not list(desk.store.scan(Interaction)) and not list(desk.store.scan(Takings))
        told_no = {one.contact for one in consents(desk.store)}
        assert {one.id for one in desk.store.scan(Contact)} <= told_no

    def test_what_was_undone_can_come_again(self, desk: Crm, deliveries: list[Delivery]) -> None:
        """A delivery taken back by mistake is sent again."""
        receipts = [one.receipt for one in take(desk, deliveries) if one.receipt is not None]
        before = _happened(desk)
        for receipt in reversed(receipts):
            header = desk.store.header(receipt.batch)
            assert header is not None
            desk.undo(header)
        take(desk, deliveries)
        assert _happened(desk) == before

    def test_what_a_person_wrote_is_kept(self, sample: Sample, desk: Crm, deliveries: list[Delivery]) -> None:
        """A name put right by hand is not overwritten by the next delivery."""
        take(desk, deliveries)
        for one in list(desk.store.scan(Contact)):
            desk.edit_contact(one.id, {"note": "by hand", "salutation": "Annwyl ffrind"})
        take(desk, told(sample, desk))
        for one in desk.store.scan(Contact):
            assert (one.note or "").startswith("by hand") and one.salutation == "Annwyl ffrind"

    def test_a_newer_telling_revises(self, desk: Crm, deliveries: list[Delivery]) -> None:
        """Under the id it had: nothing is doubled by a change."""
        take(desk, deliveries)
        before = _happened(desk)
        for one in deliveries:
            newer = [
                replace(fact, values={**fact.values, "text": "changed"}, version=fact.version and fact.version + 1)
                for fact in one.facts
                if fact.type is Interaction
            ]
            desk.take_in(Delivery(one.source, newer))
        assert _happened(desk) == before


def _dies(batch: object) -> None:
    raise Stale("store.stale", type="", record="")


def _happened(desk: Crm) -> list[str]:
    return sorted(f"{one.source}/{one.source_id}" for type in (Interaction, Takings) for one in desk.store.scan(type))

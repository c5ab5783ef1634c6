"""Reading: what is told is facts with the sender's own ids, in types that everybody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from perthyn.channel import Delivery, Fact, Of, Request, Somebody
from perthyn.crm import Crm
from perthyn.model import Consent, Happening, Obtained
from perthyn.testing.channel_suite.base import ChannelCases, Sample, reach, read, told


class ReadCases(ChannelCases):
    """Deliveries, as the channel makes them."""

    def test_a_delivery_names_the_account_it_is_from(self, deliveries: list[Delivery]) -> None:
        """``shop:castle``: never a file, a path, or the plugin's version."""
        for one in deliveries:
            place, _, account = one.source.partition(":")
            assert place.isidentifier() and account and account.isprintable() and len(one.source) <= 200, one.source

    def test_every_fact_has_its_senders_id(self, facts: list[Fact]) -> None:
        """Text that a store can keep, and no address: ids outlive an erasure."""
        for fact in facts:
            assert 0 < len(fact.source_id) <= 500 and fact.source_id.isprintable()
            assert "@" not in fact.source_id, f"an address in an id: {fact.source_id}"

    def test_an_id_names_one_thing(self, deliveries: list[Delivery]) -> None:
        """In one delivery nothing is told twice, and an id keeps its type."""
        types: dict[tuple[str, str], type] = {}
        for one in deliveries:
            ids = [fact.source_id for fact in one.facts]
            assert len(set(ids)) == len(ids)
            for fact in one.facts:
                assert types.setdefault((one.source, fact.source_id), fact.type) is fact.type

    def test_the_types_are_known_by_their_source(self, desk: Crm, facts: list[Fact]) -> None:
        """Core types or such as the plugin offers."""
        for fact in facts:
            assert fact.type.source_named and desk.store.types.get(fact.type.type_name) is fact.type

    def test_the_kinds_are_known(self, desk: Crm, facts: list[Fact]) -> None:
        """The core's kinds of interaction, or such as the plugin offers."""
        known = {one.name for one in desk.kinds()}
        assert {str(fact.values.get("kind")) for fact in facts if issubclass(fact.type, Happening)} <= known

    def test_everything_true_is_read(self, desk: Crm, deliveries: list[Delivery]) -> None:
        """Nothing of the sample ends as a problem."""
        assert [one for delivery in deliveries for one in delivery.unread] == []
        assert sum(desk.take_in(one).unread for one in deliveries) == 0

    def test_something_is_told(self, facts: list[Fact]) -> None:
        """The sample is not empty."""
        assert facts

    def test_reading_twice_tells_the_same(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """A job that was killed reads again."""
        for request in requests:
            assert repr(read(sample, desk, request)) == repr(read(sample, desk, request))

    def test_ids_do_not_rest_on_the_time(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Sent again a minute later, a thing has the id it had."""
        for request in requests:
            later = replace(request, at=request.at + timedelta(seconds=60))
            assert _ids(read(sample, desk, request)) == _ids(read(sample, desk, later))

    def test_ids_do_not_rest_on_what_is_stored(self, sample: Sample, desk: Crm, requests: list[Request]) -> None:
        """Read again after it was stored, it is the same."""
        before = [_ids(read(sample, desk, request)) for request in requests]
        for one in told(sample, desk):
            desk.take_in(one)
        assert [_ids(read(sample, desk, request)) for request in requests] == before

    def test_reading_writes_nothing(self, sample: Sample, desk: Crm) -> None:
        """What is read is handed on; the core stores it."""
        reach(sample, desk)
        before = desk.store.position()
        told(sample, desk)
        assert desk.store.position() == before

    def test_money_is_whole_pence_and_names_its_currency(self, facts: list[Fact]) -> None:
        """An amount without a currency would be taken for the organisation's."""
        for fact in facts:
            amount = fact.values.get("amount")
            if amount is not None:
                assert type(amount) is int, f"{amount!r} is no whole number of pence"
                currency = fact.values.get("currency")
                assert isinstance(currency, str) and len(currency) == 3 and currency.isupper()

    def test_times_know_their_zone(self, facts: list[Fact]) -> None:
        """An hour off is another day at midnight."""
        for fact in facts:
            for name, value in fact.values.items():
                assert not isinstance(value, datetime) or value.tzinfo is not None, name

    def test_what_happened_has_a_time_or_a_day(self, facts: list[Fact]) -> None:
        """Told by the sender, not by our clock."""
        for fact in facts:
            if issubclass(fact.type, Happening):
                assert isinstance(fact.values.get("at"), datetime) or isinstance(fact.values.get("day"), date)

    def test_versions_are_whole_numbers(self, facts: list[Fact]) -> None:
        """Milliseconds, or a count; compared, not shown."""
        assert all(fact.version is None or type(fact.version) is int for fact in facts)

    def test_people_are_told_by_words_that_are_known(self, desk: Crm, facts: list[Fact]) -> None:
        """``name``, ``email`` ...: a word that nobody knows is a problem each time."""
        told_of = [fact.who for fact in facts if isinstance(fact.who, Somebody)]
        for who in told_of:
            desk.contact_values({**who.values})
            assert isinstance(who.external, str)

    def test_ids_of_other_facts_are_told_before_or_beside(self, deliveries: list[Delivery]) -> None:
        """`Of` names what was told, in this delivery or an earlier one."""
        known: set[str] = set()
        for one in deliveries:
            known |= {fact.source_id for fact in one.facts}
            meant = {value.source_id for fact in one.facts for value in fact.values.values() if isinstance(value, Of)}
            assert meant <= known

    def test_a_yes_says_to_what_and_how(self, facts: list[Fact]) -> None:
        """Wording, its language, how and when: else it is unconfirmed and opens no door."""
        given = [fact for fact in facts if fact.type is Consent and fact.values.get("decision") == "given"]
        if not given:
            pytest.skip("nobody says yes in the sample")
        for fact in given:
            assert all(fact.values.get(name) for name in ("wording", "language", "how", "at", "channel"))

    def test_an_address_that_was_obtained_says_how(self, facts: list[Fact]) -> None:
        """What the soft opt-ins rest on."""
        obtained = [fact for fact in facts if fact.type is Obtained]
        if not obtained:
            pytest.skip("it says nothing of how addresses came")
        for fact in obtained:
            assert all(fact.values.get(name) for name in ("address", "at", "whom", "connection"))

    def test_those_it_knows_are_named_by_their_contact(self, facts: list[Fact]) -> None:
        """Somebody, an id, or nobody; an empty somebody is nobody."""
        for fact in facts:
            assert fact.who is None or isinstance(fact.who, UUID) or fact.who.external or fact.who.values


def _ids(deliveries: list[Delivery]) -> list[tuple[str, list[str]]]:
    return [(one.source, [fact.source_id for fact in one.facts]) for one in deliveries]

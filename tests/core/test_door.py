"""The one door: whatever the records, no yes without a ground, and every no holds."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from perthyn.contacting import RULES, Decision, address_hash, may_contact
from perthyn.contacting.door import CHANNELS, MAILING, NO, PURPOSES, said_at
from perthyn.contacting.suppression import addresses
from perthyn.model import Address, Consent, Contact, Email, Phone

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURS = st.sampled_from([-9000, -24, -1, 0, 1, 24]).map(lambda hours: NOW + timedelta(hours=hours))
WHERE = {"email": "ann@example.org", "phone": "+441970123456", "sms": "+441970123456", "post": "Elsewhere"}

seldom = st.sampled_from([False, False, False, True])
contacts = st.builds(
    Contact,
    id=st.just(UUID(int=1)),
    name=st.just("Ann Jones"),
    emails=st.sampled_from([(), (Email(address="ann@example.org"),), (Email(address="jones@example.org"),)]),
    phones=st.sampled_from([(), (Phone.of("01970 123456"),)]),
    addresses=st.sampled_from([(), (Address(lines="1 Stryd Fawr", postcode="SY23 1AA"),)]),
    age_band=st.sampled_from([None, None, None, "under 13", "13-17", "adult"]),
    deceased=seldom,
)


@st.composite
def consents_of(draw: st.DrawFn, size: int = 5) -> list[Consent]:
    """What one contact said: near and far, dated and not, for one address or for all."""
    found = []
    for number in range(draw(st.integers(0, size))):
        channel = draw(st.sampled_from(CHANNELS[:2]))
        found.append(
            said(
                draw(st.sampled_from(["given", "given", "unconfirmed", "voided", *NO])),
                channel=channel,
                purpose=draw(st.sampled_from(PURPOSES[:3])),
                at=draw(st.none() | HOURS),
                recorded=draw(HOURS),
                address=draw(st.sampled_from([None, None, WHERE[channel]])),
                id=UUID(int=100 + number),
            )
        )
    return found


def said(decision: str, **more: Any) -> Consent:
    given: dict[str, Any] = {"id": UUID(int=99), "contact": UUID(int=1), "channel": "email", "recorded": NOW}
    return Consent.model_validate(given | {"decision": decision} | more)


def ann(**more: Any) -> Contact:
    return Contact.model_validate(
        {"id": UUID(int=1), "name": "Ann Jones", "emails": (Email(address="ann@example.org"),)} | more
    )


def asked(contact: Contact | None = None, *consents: Consent, purpose: str = "marketing", **more: Any) -> Decision:
    return may_contact(contact or ann(), "email", purpose, more.pop("at", NOW), consents=consents, **more)


YES = said("given", at=NOW - timedelta(days=30))
BEFORE, AFTER = NOW - timedelta(days=60), NOW - timedelta(days=1)

TABLE = {
    "nothing recorded": ((), "contact.not_asked", False),
    "a yes": ((YES,), "contact.consent", True),
    "a yes without a date": ((said("given"),), "contact.consent", True),
    "a yes for fundraising only": ((said("given", purpose="fundraising"),), "contact.not_asked", False),
    "a yes by post only": ((said("given", channel="post"),), "contact.not_asked", False),
    "a yes for another address": ((said("given", address="old@example.org"),), "contact.not_asked", False),
    "a yes for this address, in capitals": ((said("given", address="Ann@Example.org"),), "contact.consent", True),
    "a yes of tomorrow": ((said("given", at=NOW + timedelta(days=1)),), "contact.not_asked", False),
    "an unconfirmed yes": ((said("unconfirmed"),), "contact.unconfirmed", False),
    "a yes, voided": ((YES, said("voided", at=YES.at)), "contact.not_asked", False),
    "a yes, voided, and an unconfirmed one": ((YES, said("voided"), said("unconfirmed")), "contact.unconfirmed", False),
    "voided, then a yes": ((said("voided", at=BEFORE), YES), "contact.consent", True),
    "a no after the yes": ((YES, said("withdrawn", at=AFTER)), "contact.said_no", False),
    "a yes after the no": ((YES, said("refused", at=BEFORE)), "contact.consent", True),
    "a yes after a no, voided": ((YES, said("refused", at=BEFORE), said("voided")), "contact.said_no", False),
    "yes and no at one instant": ((YES, said("refused", at=YES.at)), "contact.said_no", False),
    "a no without a date, recorded later": ((YES, said("refused")), "contact.said_no", False),
    "a yes after a no without a date": ((YES, said("refused", recorded=BEFORE)), "contact.consent", True),
    "a yes without a date and a dated no": ((said("given"), said("refused", at=BEFORE)), "contact.said_no", False),
    "an objection to fundraising": ((YES, said("objected", purpose="fundraising", at=AFTER)), "contact.said_no", False),
    "a no by post": ((YES, said("refused", channel="post", at=AFTER)), "contact.consent", True),
    "a no of tomorrow": ((YES, said("withdrawn", at=NOW + timedelta(days=1))), "contact.consent", True),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_what_was_said_decides(name: str) -> None:
    consents, rule, allowed = TABLE[name]
    decision = asked(None, *consents)
    assert (decision.rule, decision.allowed) == (rule, allowed)


@pytest.mark.parametrize(
    ("contact", "shut", "rule"),
    [
        (ann(deceased=True), {}, "contact.deceased"),
        (ann(emails=()), {}, "contact.no_address"),
        (ann(), {"suppressed": True}, "contact.suppressed"),
        (ann(age_band="under 13"), {}, "contact.child"),
        (ann(age_band="13-17"), {}, "contact.child"),
        (ann(), {"contradicted": True}, "contact.contradiction"),
    ],
)
def test_no_consent_opens_these(contact: Contact, shut: dict[str, bool], rule: str) -> None:
    decision = asked(contact, YES, **shut)
    assert (decision.rule, decision.allowed) == (rule, False)


def test_service_messages_need_no_consent_but_somebody_to_reach() -> None:
    refusal = said("objected", at=AFTER)
    assert asked(ann(age_band="13-17"), refusal, purpose="service").rule == "contact.service"
    assert asked(ann(deceased=True), purpose="service").rule == "contact.deceased"
    assert asked(ann(emails=()), purpose="service").rule == "contact.no_address"
    unheard = may_contact(ann(phones=(Phone.of("01970 123456"),)), "pigeon", "service", NOW)
    assert not unheard.allowed, "a channel that nobody knows has no address"


def test_a_decision_names_its_ground() -> None:
    earlier = said("given", at=BEFORE)
    assert asked(None, earlier, YES) == Decision(True, "contact.consent", (YES,), "ann@example.org", must_offer=True)
    refusal = said("withdrawn", at=AFTER)
    assert asked(None, YES, refusal).evidence == (refusal,)
    assert asked().evidence == ()


@given(contacts, consents_of(), st.sampled_from(CHANNELS), st.sampled_from(MAILING), seldom, seldom)
def test_no_yes_without_a_ground(
    contact: Contact, consents: list[Consent], channel: str, purpose: str, suppressed: bool, contradicted: bool
) -> None:
    decision = may_contact(
        contact, channel, purpose, NOW, consents=consents, suppressed=suppressed, contradicted=contradicted
    )
    if not decision.allowed:
        return
    (ground,) = decision.evidence
    assert isinstance(ground, Consent) and ground in consents
    assert (ground.decision, ground.channel, ground.purpose) == ("given", channel, purpose)
    assert said_at(ground) <= NOW
    assert ground.address is None or ground.address == decision.address
    assert (
        decision.address
        and not (suppressed or contradicted or contact.deceased)
        and contact.age_band in (None, "adult")
    )
    heard = [one for one in consents if one.channel == channel and said_at(one) <= NOW]
    for no in (one for one in heard if one.decision in NO):
        assert any(one.decision == "given" and one.at and one.at > said_at(no) for one in heard)
    for void in (one for one in heard if one.decision == "voided" and one.purpose == purpose):
        assert said_at(void) < said_at(ground)


@given(contacts, consents_of(), consents_of(1), st.sampled_from(MAILING))
def test_only_a_yes_opens(contact: Contact, consents: list[Consent], more: list[Consent], purpose: str) -> None:
    """Whatever else comes to the records, a closed door stays closed."""
    assume(all(one.decision != "given" for one in more))
    before = may_contact(contact, "email", purpose, NOW, consents=consents)
    after = may_contact(contact, "email", purpose, NOW, consents=[*consents, *more])
    assert before.allowed or not after.allowed


@given(contacts, consents_of(), st.sampled_from(MAILING), st.sampled_from(NO))
def test_a_no_said_now_closes(contact: Contact, consents: list[Consent], purpose: str, no: str) -> None:
    for other in MAILING:  # a no to one kind of marketing is a no to all
        refusal = said(no, at=NOW, purpose=other)
        assert not may_contact(contact, "email", purpose, NOW, consents=[*consents, refusal]).allowed


@given(contacts, consents_of(), st.sampled_from(PURPOSES), st.randoms(use_true_random=False))
def test_the_order_of_records_says_nothing(
    contact: Contact, consents: list[Consent], purpose: str, order: random.Random
) -> None:
    first = may_contact(contact, "email", purpose, NOW, consents=consents)
    shuffled = order.sample(consents, len(consents))
    second = may_contact(contact, "email", purpose, NOW, consents=shuffled)
    assert (first.allowed, first.rule, first.address) == (second.allowed, second.rule, second.address)


@given(contacts, consents_of(), st.sampled_from(PURPOSES), st.booleans())
def test_the_instant_counts_not_its_zone(
    contact: Contact, consents: list[Consent], purpose: str, suppressed: bool
) -> None:
    elsewhere = NOW.astimezone(ZoneInfo("Asia/Tokyo"))
    here, there = (
        may_contact(contact, "email", purpose, at, consents=consents, suppressed=suppressed) for at in (NOW, elsewhere)
    )
    assert here == there


def test_the_table_ends_with_no() -> None:
    assert not RULES[-1].allowed and RULES[-1].code == "contact.not_asked"
    assert [rule.code for rule in RULES if rule.allowed] == [
        "contact.service", "contact.consent", "contact.bought", "contact.supported", "contact.company", "contact.calls",
        "contact.post",
    ]  # fmt: skip
    assert all(rule.source for rule in RULES), "each rule names where it comes from"


def test_suppressed_addresses_are_recognised_however_written() -> None:
    key, other = b"k" * 32, b"o" * 32
    assert address_hash(key, "email", " Ann@Example.org") == address_hash(key, "email", "ann@example.org")
    assert address_hash(key, "phone", "01970 123456") == address_hash(key, "phone", "+44 1970 123456")
    assert address_hash(key, "email", "ann@example.org") != address_hash(other, "email", "ann@example.org")
    assert address_hash(key, "phone", "01970 123456") != address_hash(key, "sms", "01970 123456")
    home = Address(lines="1 Stryd Fawr", postcode="sy231aa")
    moved = home.model_copy(update={"lines": "1, Stryd Fawr"})
    ways = [addresses(ann(addresses=(one,), phones=(Phone.of("01970 123456"),))) for one in (home, moved)]
    assert ways[0] == ways[1] and {channel for channel, _ in ways[0]} == set(CHANNELS)

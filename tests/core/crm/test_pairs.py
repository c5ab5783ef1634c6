"""Pairs: joined field by field, kept apart for good, taken apart again; whoever said no is not reached by a join."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perthyn.changes import Create
from perthyn.contacting import may_contact
from perthyn.contacting.door import CHANNELS, MAILING, NO
from perthyn.crm import Actor, Crm
from perthyn.crm.pairs import PAIR, Pair
from perthyn.errors import PerthynError, Unknown
from perthyn.model import Consent, Contact, Email, Phone, Problem, Relationship, Role, Tag
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.testing import MemoryStore

Office = Any  # the class stands in conftest.py
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def asked(office: Office, left: Contact, right: Contact, number: int = 1) -> Any:
    """The question whether two are one, put to the office; None where it is not asked."""
    told = Problem(id=UUID(int=number), code=PAIR, contact=left.id, other=right.id, at=NOON, facts='{"by":"email"}')
    office.keep(told)
    return next((one for one in office.crm.pairs() if one.problem.id == told.id), None)


@pytest.fixture
def pair(office: Office) -> Pair:
    huw = office.person("Huw")
    left = office.person(
        "Siân Llŷr", "s@plas.example", given="Siân", language="cy", age_band="adult", tags=(Tag(tag="VIP"),),
        relationships=(Relationship(kind="partner", other=huw.id),),
    )  # fmt: skip
    right = office.person(
        "S. Llyr", ["S@plas.example", "t@plas.example"], given="Sian", age_band="13-17", note="moved", deceased=True,
        phones=(Phone.of("07700 900123"),), roles=(Role(role="member", start=date(2026, 1, 1)),),
    )  # fmt: skip
    office.crm.edit_contact(huw.id, {"relationships": (Relationship(kind="partner", other=right.id),)})
    office.did(left, "visit", source="till", source_id="1")
    office.did(right, "donation", amount=500)
    office.said(left, "given")
    office.said(right, "withdrawn")
    office.crm.add_segment("Friends", None, "", mode="hand", contacts=[left.id, right.id])
    return asked(office, left, right)


def test_a_pair_says_why_and_where_they_differ(office: Office, pair: Pair) -> None:
    assert pair.reason == "email"
    assert set(pair.differ) == {"name", "given", "age_band"}
    assert office.crm.pair(pair.problem.id.hex[-6:]).problem == pair.problem
    with pytest.raises(Unknown):
        office.crm.pair("ffffff")


def test_a_join_keeps_takes_the_other_or_both(office: Office, pair: Pair) -> None:
    office.crm.join(pair, {"name": "both", "given": "other"})
    one = office.held(pair.left)
    assert (one.name, one.given, one.language, one.note) == ("Siân Llŷr", "Sian", "cy", "moved")
    assert one.value_at("custom[also.name]").text == "S. Llyr"
    assert (one.age_band, one.deceased) == ("13-17", True), "the strictest holds"
    assert [email.key for email in one.emails] == ["s@plas.example", "t@plas.example"]
    assert one.phones == pair.right.phones and one.roles == pair.right.roles
    assert office.store.get(Contact, [pair.right.id]) == {} and office.store.resolve(pair.right.id) == one.id
    assert len(office.crm.show(one.id).timeline) == 2
    huw = office.crm.who("Huw")
    assert {link.other for link in huw.relationships} == {one.id}
    assert office.crm.pairs() == []
    with pytest.raises(Unknown):
        office.crm.join(pair)


def test_a_join_into_the_other_keeps_its_values(office: Office, pair: Pair) -> None:
    office.crm.join(pair, into=pair.right.id)
    assert office.held(pair.right).name == "S. Llyr"
    assert office.store.resolve(pair.left.id) == pair.right.id


def test_a_choice_about_what_does_not_differ_is_refused(office: Office, pair: Pair) -> None:
    before = office.everything()
    with pytest.raises(PerthynError) as told:
        office.crm.join(pair, {"language": "other"})
    assert told.value.code == "duplicates.choice.unknown" and told.value.facts["fields"] == "language"
    assert office.everything() == before


def test_undoing_a_join_restores_everything(office: Office, pair: Pair) -> None:
    before = office.everything()
    for choices in ({}, {"name": "both", "given": "other"}):
        office.crm.join(pair, choices)
        assert office.everything() != before
        undone = office.crm.undo(office.crm.batch())
        assert undone.plan.kept == [] and office.everything() == before
        assert [one.problem for one in office.crm.pairs()] == [pair.problem]


def test_whoever_said_no_while_they_were_one_said_it_for_both(office: Office, pair: Pair) -> None:
    office.said(pair.right, "given", channel="post")
    office.crm.join(pair)
    merge = office.crm.batch()
    office.later(days=1)
    office.said(pair.left, "objected", channel="post")
    office.crm.undo(merge)
    for one in (pair.left, pair.right):
        (no,) = [said for said in office.store.owned(Consent, [one.id]) if said.decision == "objected"]
        assert no.undo_rule == "never"


def test_kept_apart_is_remembered_and_not_asked_again(office: Office, pair: Pair) -> None:
    office.crm.keep_apart(pair)
    assert office.crm.pairs() == []
    third = office.person("Sian Llyr")
    office.crm.join(asked(office, pair.right, third, 2))
    asked_again = Problem(id=UUID(int=3), code=PAIR, contact=pair.left.id, other=third.id, at=NOON)
    office.keep(asked_again)
    assert office.crm.pairs() == [], "who the third became was told apart from her before"
    office.crm.undo(next(one for one in office.crm.changes() if one.kind == "apart"))
    assert {one.left.id for one in office.crm.pairs()} == {pair.left.id}


def test_importing_again_does_not_ask_again(office: Office) -> None:
    text = "Name,Email\nSiân Llŷr,plas@x.cymru\nS. Llŷr,plas@x.cymru\n"
    office.bring(text)
    (pair,) = office.crm.pairs()
    office.crm.keep_apart(pair)
    office.bring(text)
    office.bring(text, "again.csv")
    assert office.crm.pairs() == []


def test_who_is_gone_or_one_already_is_not_asked_about(office: Office, pair: Pair) -> None:
    assert asked(office, pair.left, pair.right, 2) is None, "the same two are asked about once"
    office.crm.join(office.crm.pairs()[0])
    assert office.crm.pairs() == []
    huw = office.crm.who("Huw")
    assert asked(office, huw, office.held(pair.left), 3) is not None
    office.crm.erase(huw.id)
    assert office.crm.pairs() == []


# --- P20 ---------------------------------------------------------------------------------------------------

ADDRESSES = ("a@x.cymru", "b@x.cymru")


def people() -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(st.sampled_from(ADDRESSES), unique=True)
    emails = some.map(lambda addresses: tuple(Email(address=one) for one in addresses))
    phones = st.sampled_from([(), (Phone.of("01970 123456"),)])
    band = st.sampled_from([None, None, "adult", "13-17"])
    return st.fixed_dictionaries(
        {"emails": emails, "phones": phones, "age_band": band, "deceased": st.sampled_from([False, False, False, True])}
    )


SAID = st.fixed_dictionaries(
    {
        "decision": st.sampled_from(["given", "given", "given", "unconfirmed", "voided", *NO]),
        "channel": st.sampled_from(["email", "phone"]),
        "purpose": st.sampled_from(MAILING),
        "at": st.none() | st.integers(-5, 0).map(lambda days: NOON + timedelta(days=days)),
        "recorded": st.integers(-5, 0).map(lambda days: NOON + timedelta(days=days)),
        "address": st.sampled_from([None, None, *ADDRESSES]),
    }
)


def allowed(crm: Crm, contact: Contact) -> dict[tuple[str, str], str]:
    """(channel, purpose) -> the door's rule, with a + where it is a yes."""
    consents = list(crm.store.owned(Consent, [contact.id]))
    found = {}
    for channel in CHANNELS:
        for purpose in MAILING:
            said = may_contact(contact, channel, purpose, NOON, consents=consents)
            found[channel, purpose] = "+" if said.allowed else said.rule
    return found


@settings(max_examples=300)
@given(people(), people(), st.lists(SAID, max_size=4), st.lists(SAID, max_size=4), st.booleans())
def test_a_join_reaches_nobody_who_could_not_be_reached(
    left: dict[str, Any], right: dict[str, Any], left_said: list[Any], right_said: list[Any], swap: bool
) -> None:
    """P20: where either said no, what both allowed is all that is allowed; undone, all is as it was."""
    taken = iter(range(1, 10**9))
    crm = Crm(
        MemoryStore(), Plugins(), Settings(), lambda: NOON, lambda n: next(taken).to_bytes(n, "big"), Actor("gwen")
    )
    two = [Contact.model_validate({"id": crm.ids(), "name": "Siân", **one}) for one in (left, right)]
    said = [
        Consent.model_validate({"id": crm.ids(), "contact": one.id, **told})
        for one, many in zip(two, (left_said, right_said), strict=True)
        for told in many
    ]
    problem = Problem(id=UUID(int=1), code=PAIR, contact=two[0].id, other=two[1].id, at=NOON)
    crm.commit([Create(one) for one in (*two, *said, problem)])
    before = [allowed(crm, one) for one in two]
    refusing = {(one.channel, purpose) for one in said if one.decision in NO for purpose in MAILING}
    everything = [one.canonical() for kind in crm.store.types.values() for one in crm.store.scan(kind)]
    pair = crm.pairs()[0]
    crm.join(pair, into=two[swap].id)
    (one,) = crm.store.scan(Contact)
    for way, rule in allowed(crm, one).items():
        standing = ["+" if told[way] == "+" else "no" if told[way] == "contact.said_no" else "" for told in before]
        if rule == "+" and way in refusing:
            assert "no" not in standing, way
        if any(told[way] in ("contact.deceased", "contact.child") for told in before):
            assert rule != "+", way
    crm.undo(crm.batch())
    assert [one.canonical() for kind in crm.store.types.values() for one in crm.store.scan(kind)] == everything

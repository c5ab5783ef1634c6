"""Segments: by rule, by hand, as they were; broken ones; why somebody is in; who may ask."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.model import Contact, Membership, Segment
from perthyn.rules.facts import Facts
from perthyn.rules.law import matches

Office = Any  # the class stands in conftest.py
TODAY = date(2026, 11, 22)


def names(office: Office, segment: Segment) -> list[str]:
    return [one.shown_name for one in office.crm.members(segment)]


@pytest.fixture
def people(office: Office) -> list[Contact]:
    """Ann gave three times and never came, Ben came in June, Cai came long ago and reads Welsh."""
    ann, ben, cai = office.person("Ann", "a@x.cymru"), office.person("Ben"), office.person("Cai", language="cy")
    for day in (1, 2, 3):
        office.did(ann, "donation", date(2026, 1, day), amount=5000)
    office.did(ben, day=date(2026, 6, 1))
    office.did(cai, day=date(2020, 6, 1))
    return [ann, ben, cai]


def test_a_rule_keeps_itself_up_to_date(office: Office, people: list[Contact]) -> None:
    came, _ = office.crm.add_segment("Came", "Wedi dod", "visits at least 1")
    assert names(office, came) == ["Ben", "Cai"] and office.crm.count(came) == 2
    assert office.crm.segment("wedi DOD") == office.crm.segment(came.id.hex[-6:]) == came
    office.did(people[0])
    assert names(office, came) == ["Ann", "Ben", "Cai"] and office.crm.count(came) == 3


def test_a_hand_picked_one_holds_whom_it_was_given_once(office: Office, people: list[Contact]) -> None:
    ann, ben, _ = people
    hand, _ = office.crm.add_segment("Friends", None, "", mode="hand", contacts=[ben.id, ann.id, ben.id])
    assert names(office, hand) == ["Ann", "Ben"] and office.crm.count(hand) == 2
    standing = office.crm.why(hand, ann)
    assert standing.member and standing.because is None
    with pytest.raises(Unknown):
        office.crm.add_segment("Ghosts", None, "", mode="hand", contacts=[UUID(int=1)])


def test_a_snapshot_stays_as_it_was(office: Office, people: list[Contact]) -> None:
    came, _ = office.crm.add_segment("Came", None, "visits at least 1", mode="snapshot")
    office.did(people[0])
    assert names(office, came) == ["Ben", "Cai"] and came.fixed_on == TODAY
    assert office.crm.why(came, people[1]).member and not office.crm.why(came, people[0]).member


def test_a_name_is_taken_once_in_either_language(office: Office) -> None:
    office.crm.add_segment("Friends", "Ffrindiau", "has email")
    with pytest.raises(PerthynError, match=r"segment\.exists"):
        office.crm.add_segment("FFRINDIAU", None, "has email")
    with pytest.raises(Unknown) as told:
        office.crm.segment("Frends")
    assert told.value.facts["suggestion"] == "Friends"


BROKEN = json.dumps({"combinator": "and", "rules": [{"field": "own.gone", "operator": "=", "value": "x"}]})


def test_a_broken_rule_has_no_members_no_count_and_is_never_false(office: Office, people: list[Contact]) -> None:
    broken = Segment(id=office.crm.ids(), name_en="Broken", rule=BROKEN)
    office.keep(broken)
    error = office.crm.broken(broken)
    assert error is not None and error.code.startswith("rules.") and "own.gone" in str(error)
    for call in (office.crm.count, office.crm.members, office.crm.closed):
        with pytest.raises(PerthynError) as told:
            call(broken)  # type: ignore[operator]
        assert told.value.code == error.code
    with pytest.raises(PerthynError):
        office.crm.why(broken, people[0])
    (standing,) = office.crm.show(people[0].id).standings
    assert standing.member is None and standing.broken is not None and standing.broken.code == error.code
    leaf = {"field": "segment", "operator": "=", "value": str(broken.id)}
    users = json.dumps({"combinator": "and", "not": True, "rules": [leaf]})
    office.keep(Segment(id=office.crm.ids(), name_en="Not broken", rule=users))
    assert office.crm.broken(office.crm.segment("Not broken")) is not None, "NOT of what nobody knows is not known"


def test_a_segment_within_a_segment(office: Office, people: list[Contact]) -> None:
    came, _ = office.crm.add_segment("Came", None, "visits at least 1")
    away, _ = office.crm.add_segment("Away", None, 'not in segment "Came"')
    assert names(office, away) == ["Ann"]
    told = office.crm.why(away, people[1])
    assert told.member is False and told.because is not None
    with pytest.raises(PerthynError) as used:
        office.crm.remove_segment(came)
    assert used.value.code == "segment.used" and used.value.facts["by"] == "Away"
    office.crm.remove_segment(away)
    office.crm.remove_segment(came)
    assert office.crm.segments() == []
    office.crm.undo(office.crm.batch())
    assert names(office, office.crm.segment("Came")) == ["Ben", "Cai"]


def test_segments_that_name_each_other_are_broken_and_say_so(office: Office) -> None:
    one, two = office.crm.ids(), office.crm.ids()

    def naming(id: UUID) -> str:
        rule = {"combinator": "and", "rules": [{"field": "segment", "operator": "=", "value": str(id)}]}
        return json.dumps(rule)

    first = Segment(id=one, name_en="First", rule=naming(two))
    office.keep(first, Segment(id=two, name_en="Second", rule=naming(one)))
    error = office.crm.broken(first)
    assert error is not None and "First" in str(error) and "Second" in str(error)


RULES = (
    "has email", "language is cy", "no visits in last 6 months", "donations at least 3 in last 24 months",
    "total of donations at least £100 and no visits", "first visit before 2021-01-01", "last visit before 2026-01-01",
    'not in segment "Came" or language is cy',
)  # fmt: skip


def test_why_is_what_the_law_says_on_every_segment(office: Office, people: list[Contact]) -> None:
    office.crm.add_segment("Came", None, "visits at least 1")
    for rule in RULES:
        office.crm.add_segment(f"By {rule}", None, rule)
    office.crm.add_segment("Hand", None, "", mode="hand", contacts=[people[1].id])
    facts: dict[UUID, Facts] = {one.contact.id: one for one in office.store.facts()}
    inside = 0
    for segment in office.crm.segments():
        members = {one.id for one in office.crm.members(segment)}
        assert office.crm.count(segment) == len(members)
        for one in people:
            told = office.crm.why(segment, one)
            assert told.member == (one.id in members) == matches(office.crm.closed(segment), facts[one.id])
            assert (told.because is None) == (segment.mode != "dynamic")
            inside += told.member
    assert 0 < inside < len(people) * len(office.crm.segments())


def test_removing_takes_the_memberships_along_and_undo_brings_them_back(office: Office, people: list[Contact]) -> None:
    hand, _ = office.crm.add_segment("Friends", None, "", mode="hand", contacts=[one.id for one in people])
    before = office.everything()
    office.crm.remove_segment(hand)
    assert list(office.store.scan(Membership)) == []
    office.crm.undo(office.crm.batch())
    assert office.everything() == before


UNSEEN = ("total of donations at least £1", "note is known", "donations with amount more than £1")


@pytest.mark.parametrize("rule", UNSEEN)
def test_a_rule_about_what_one_may_not_see_is_refused_and_so_is_its_count(office: Office, rule: str) -> None:
    sian = office.person(note="secret")
    rich, _ = office.crm.add_segment("Rich", None, rule)
    office.crm.add_segment("Within", None, 'not in segment "Rich"')
    crm = office.desk("contact.read", "segment.read", "segment.write")
    for segment in crm.segments():
        for call in (crm.count, crm.members, crm.closed, crm.broken):
            with pytest.raises(Forbidden):
                call(segment)  # type: ignore[operator]
        with pytest.raises(Forbidden):
            crm.why(segment, sian)
    with pytest.raises(Forbidden):
        crm.contacts_of(office.crm.closed(rich))
    with pytest.raises(Forbidden):
        crm.add_segment("Mine", None, rule, mode="snapshot")
    with pytest.raises(Forbidden):
        crm.closed_text(rule)


def test_what_was_bound_for_one_actor_is_not_answered_to_another(office: Office) -> None:
    rich, _ = office.crm.add_segment("Rich", None, "total of donations at least £1")
    assert office.crm.count(rich) == 0
    office.crm.actor = office.desk("contact.read", "segment.read").actor
    with pytest.raises(Forbidden):
        office.crm.count(rich)

"""Shaping: a segment's names and rule changed and taken back, one fixed from today on, a rule nothing keeps yet."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from perthyn.errors import Forbidden, PerthynError
from perthyn.model import Contact
from perthyn.rules import parse

Office = Any  # the class stands in conftest.py


@pytest.fixture
def people(office: Office) -> list[Contact]:
    """Ann gave three times and never came, Ben came in June, Cai reads Welsh."""
    ann, ben, cai = office.person("Ann"), office.person("Ben"), office.person("Cai", language="cy")
    for day in (1, 2, 3):
        office.did(ann, "donation", date(2026, 1, day), amount=5000)
    office.did(ben, day=date(2026, 6, 1))
    return [ann, ben, cai]


def test_names_and_rule_are_changed_and_taken_back(office: Office, people: list[Contact]) -> None:
    came, _ = office.crm.add_segment("Came", None, "visits at least 1")
    after, receipt = office.crm.edit_segment(came, name_en="Gave", name_cy="Wedi rhoi", rule="donations at least 3")
    assert after == office.crm.segment("wedi rhoi") and office.crm.count(after) == 1
    office.crm.undo(office.crm.batch())
    assert office.crm.segment("Came") == came and office.crm.count(came) == 1
    assert receipt is not None and office.crm.edit_segment(came, name_en="Came", name_cy=None) == (came, None)


def test_from_today_on_it_stays(office: Office, people: list[Contact]) -> None:
    came, _ = office.crm.add_segment("Came", None, "visits at least 1")
    fixed, receipt = office.crm.edit_segment(came, name_en="Came", name_cy=None, mode="snapshot")
    assert receipt is not None
    office.did(people[0])
    assert fixed.fixed_on == office.crm.today() and office.crm.count(fixed) == 1
    office.crm.edit_segment(fixed, name_en="Came by then", name_cy=None)
    for change in ({"rule": "has email"}, {"mode": "dynamic"}):
        with pytest.raises(PerthynError, match=r"segment\.fixed"):
            office.crm.edit_segment(office.crm.segment("Came by then"), name_en="x", name_cy=None, **change)
    office.crm.undo(office.crm.batch())
    office.crm.undo(office.crm.batch(str(receipt.number)))
    assert office.crm.segment("Came") == came and office.crm.count(came) == 2


def test_one_chosen_by_hand_takes_other_names_only(office: Office, people: list[Contact]) -> None:
    hand, _ = office.crm.add_segment("Friends", None, "", mode="hand", contacts=[people[0].id])
    hand, _ = office.crm.edit_segment(hand, name_en="Friends", name_cy="Cyfeillion")
    assert hand.name_cy == "Cyfeillion" and office.crm.count(hand) == 1
    with pytest.raises(PerthynError, match=r"segment\.fixed"):
        office.crm.edit_segment(hand, name_en="Friends", name_cy=None, rule="has email")


def test_what_an_edit_refuses(office: Office, people: list[Contact]) -> None:
    one, _ = office.crm.add_segment("One", "Un", "has email")
    two, _ = office.crm.add_segment("Two", None, 'in segment "One"')
    for values, code in (
        ({"name_en": "", "name_cy": None}, "segment.nameless"),
        ({"name_en": "UN", "name_cy": None, "segment": two}, "segment.exists"),
        ({"name_en": "One", "name_cy": "Un", "rule": 'in segment "Two"'}, "rules.segment.cycle"),
        ({"name_en": "One", "name_cy": "Un", "rule": 'in segment "One"'}, "rules.segment.cycle"),
        ({"name_en": "One", "name_cy": "Un", "rule": "vists at least 1"}, "rules.text.unexpected"),
    ):
        with pytest.raises(PerthynError) as told:
            office.crm.edit_segment(values.pop("segment", one), **values)
        assert told.value.code == code
    assert office.crm.segment("One") == one


def test_who_may_not_see_amounts_does_not_change_what_asks_for_them(office: Office, people: list[Contact]) -> None:
    big, _ = office.crm.add_segment("Big", None, "total of donations at least £100")
    gwen = office.desk("segment.read", "segment.write", "contact.read", "donation.read")
    with pytest.raises(Forbidden, match=r"right\.field"):
        gwen.edit_segment(big, name_en="Large", name_cy=None)
    plain, _ = office.crm.add_segment("Plain", None, "has email")
    with pytest.raises(Forbidden, match=r"right\.field"):
        gwen.edit_segment(plain, name_en="Plain", name_cy=None, rule="total of donations at least £100")


def test_a_rule_is_tried_before_it_is_kept(office: Office, people: list[Contact]) -> None:
    crm = office.crm
    closed = crm.close(parse("visits at least 1 or donations at least 1", crm.schema()))
    assert crm.count_of(closed) == 2
    first = crm.page_of(closed, 1)
    assert first == people[:1] and crm.page_of(closed, 5, first[0].id) == people[1:2]
    assert [crm.reasons(closed, one).holds for one in people] == [True, True, False]
    gwen = office.desk("segment.read", "contact.read")
    for ask in (gwen.count_of, lambda rule: gwen.page_of(rule, 1), lambda rule: gwen.reasons(rule, people[0])):
        with pytest.raises(Forbidden, match=r"right\.field"):
            ask(closed)

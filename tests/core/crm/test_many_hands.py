"""Two people edit one contact: nobody's words are lost, and different fields do not stand in each other's way."""

from __future__ import annotations

from typing import Any

import pytest

from perthyn.errors import Conflict
from perthyn.model import Contact


def test_what_somebody_else_changed_since_is_not_written_over(office: Any) -> None:
    one = office.person(note="old")
    office.crm.edit_contact(one.id, {"note": "theirs"})
    with pytest.raises(Conflict) as caught:
        office.crm.edit_contact(one.id, {"note": "mine"}, was={"note": "old"})
    facts = caught.value.facts
    assert (caught.value.code, facts["expected"], facts["found"], facts["actor"]) == (
        "store.conflict", "old", "theirs", "gwen",
    )  # fmt: skip
    assert office.store.get(Contact, [one.id])[one.id].note == "theirs"


def test_different_fields_do_not_conflict(office: Any) -> None:
    one = office.person(note="old", family="Jones")
    office.crm.edit_contact(one.id, {"note": "theirs"}, was={"note": "old"})
    after, _ = office.crm.edit_contact(one.id, {"family": "Llŷr"}, was={"family": "Jones", "note": "old"})
    assert (after.note, after.family) == ("theirs", "Llŷr")


def test_a_field_that_was_empty(office: Any) -> None:
    one = office.person()
    office.crm.edit_contact(one.id, {"note": "theirs"}, was={"note": ""})
    with pytest.raises(Conflict):
        office.crm.edit_contact(one.id, {"note": "mine"}, was={"note": ""})

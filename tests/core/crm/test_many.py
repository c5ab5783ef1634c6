"""Many contacts at once: all of them or none, each told what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from perthyn.crm import SomeRefused, Writing
from perthyn.errors import Forbidden, PerthynError
from perthyn.model import Contact, CustomField

Office = Any  # the class stands in conftest.py


def test_all_are_written_as_one_change(office: Office) -> None:
    crm = office.desk()
    there, _ = crm.add_contact({"name": "Mair", "note": "old"})
    done = crm.write_many([
        Writing({"name": "Gwen", "own.shoe": "5"}), Writing({"name": "Alun", "own.shoe": "9"}),
        Writing({"family": "Haf"}, there.id, ["note"]),
    ])  # fmt: skip
    assert [one.name for one in done.contacts] == ["Gwen", "Alun", "Mair"]
    assert done.contacts[2].note is None and done.contacts[2].family == "Haf"
    assert [one.name for one in crm.store.scan(CustomField)] == ["own.shoe"]
    assert done.receipt is not None
    crm.undo(crm.batch(done.receipt.batch.hex))
    assert [one.name for one in crm.store.scan(Contact)] == ["Mair"]


def test_one_that_is_wrong_refuses_all(office: Office) -> None:
    crm = office.desk()
    before = crm.store.position()
    with pytest.raises(SomeRefused) as caught:
        crm.write_many([Writing({"name": "Gwen"}), Writing({"email": "x"}), Writing({"shoe": "5"})])
    assert {place: one.code for place, one in caught.value.refused.items()} == {
        1: "contact.email.invalid", 2: "contact.field.unknown"}  # fmt: skip
    assert crm.store.position() == before


def test_nobody_stands_in_it_twice_and_it_is_not_endless(office: Office) -> None:
    crm = office.desk()
    there, _ = crm.add_contact({"name": "Mair"})
    with pytest.raises(SomeRefused):
        crm.write_many([Writing({"family": "Haf"}, there.id), Writing({"family": "Huws"}, there.id)])
    with pytest.raises(PerthynError, match=r"contact\.many\.long"):
        crm.write_many([Writing({"name": "X"})] * 501)


def test_what_changes_nothing_is_no_change(office: Office) -> None:
    crm = office.desk()
    there, _ = crm.add_contact({"name": "Mair"})
    assert crm.write_many([Writing({"name": "Mair"}, there.id)]).receipt is None


def test_it_asks_for_its_right(office: Office) -> None:
    with pytest.raises(Forbidden):
        office.desk("contact.read", "contact.write").write_many([])

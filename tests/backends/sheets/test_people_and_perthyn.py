"""People and perthyn change the same rows; permission; segments; people who act between a reading and a writing."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import pytest
from sheet_office import Office

from perthyn.backups.refusals import FILE, Erased, Refusals, Refused
from perthyn.changes import Batch, Create, Delete, Erase
from perthyn.errors import Conflict
from perthyn.model import Consent, Contact, Interaction, Problem, Redirect, Segment, Suppression
from perthyn.testing.suite.base import happened, person


@pytest.fixture
def office(quick) -> Office:  # type: ignore[no-untyped-def]
    """Five people, and what two of them did."""
    return Office.of(quick)


# -- both sides ---------------------------------------------------------------------------------------------------


def test_the_same_cell_the_sheet_wins_and_a_problem_holds_the_other_value(office: Office) -> None:
    office.put("Contacts", "Name", office.ann, "Ann by hand")
    office.write(office.edit(office.ann, name="Ann by perthyn"))
    assert office.get(office.ann).name == "Ann by hand"
    (problem,) = [one for one in office.store.scan(Problem) if one.code == "sheets.cell.overruled"]
    assert problem.raw == "Ann by perthyn" and problem.contact == office.ann.id
    assert json.loads(problem.facts or "")["kept"] == "Ann by hand"
    assert office.in_step() and office.quiet()


def test_different_cells_of_one_row_are_both_kept(office: Office) -> None:
    office.put("Contacts", "Note", office.ann, "by hand")
    office.write(office.edit(office.ann, name="Ann Owen"))
    ann = office.get(office.ann)
    assert (ann.name, ann.note) == ("Ann Owen", "by hand")
    assert office.problems() == set() and office.in_step() and office.quiet()


def test_edited_here_and_deleted_there(office: Office) -> None:
    office.people.delete_rows("Contacts", office.row("Contacts", office.cat))
    office.write(office.edit(office.cat, name="Cat Owen"))
    assert office.cell("Contacts", "Name", office.cat) == "Cat Owen"
    assert office.problems() == {"sheets.row.kept"}
    assert office.quiet() and office.in_step()


def test_deleted_here_and_edited_there(office: Office) -> None:
    office.put("Contacts", "Note", office.cat, "not yet!")
    office.write(Delete(office.get(office.cat)))
    assert office.store.count_of(Contact) == 4
    (problem,) = [one for one in office.store.scan(Problem) if one.code == "sheets.row.deleted"]
    assert problem.raw == "not yet!"
    assert office.in_step() and office.quiet()


def test_changes_that_can_be_read_only_once_are_sent_at_once(office: Office) -> None:
    edit = office.edit(office.ann, note="once")
    receipt = office.store.apply(Batch(office.id(), "ann", office.world.now(), changes=(one for one in [edit])))
    assert receipt.state == "shared" and office.cell("Contacts", "Note", office.ann) == "once"


# -- permission ---------------------------------------------------------------------------------------------------


def consent(office: Office, decision: str = "given") -> Consent:
    """Something that Ann said about e-mail."""
    return Consent(id=office.id(), contact=office.ann.id, channel="email", decision=decision,  # type: ignore[arg-type]
                   recorded=office.world.now())  # fmt: skip


def decisions(office: Office) -> list[str]:
    return sorted(one.decision for one in office.store.scan(Consent))


def test_a_consent_row_is_put_back(office: Office) -> None:
    said = consent(office, "refused")
    office.write(Create(said))
    office.put("Consents", "Decision", said, "given")
    office.put("Consents", "Channel", said, "post")
    office.step()
    assert office.get(said) == said and decisions(office) == ["refused"]
    assert office.problems() == {"sheets.row.once"}
    assert office.in_step() and office.quiet()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("typed", ["withdrawn", "tynnwyd yn ôl", "No", "na", "STOP", "objected", "peidiwch"])
def test_what_reads_as_a_refusal_is_recorded(office: Office, typed: str) -> None:
    said = consent(office)
    office.write(Create(said))
    office.put("Consents", "Decision", said, typed)
    office.step()
    assert decisions(office) == ["given", "withdrawn"]
    assert office.get(said) == said
    assert office.in_step() and office.quiet()


def test_a_yes_typed_by_hand_is_unconfirmed(office: Office) -> None:
    office.add_row("Consents", Who="Ann Jones", Channel="email", Purpose="marketing", Decision="given")
    office.add_row("Consents", Who="Bob Evans", Channel="email", Purpose="marketing", Decision="no")
    office.step()
    assert decisions(office) == ["unconfirmed", "withdrawn"]
    assert office.problems() == {"sheets.row.unconfirmed"}
    assert office.in_step() and office.quiet()


def test_a_refusal_is_never_undone_by_the_sheet(office: Office) -> None:
    said = consent(office, "withdrawn")
    office.write(Create(said))
    office.people.delete_rows("Consents", office.row("Consents", said))
    office.step()
    office.step()
    assert decisions(office) == ["withdrawn"]
    assert office.in_step() and office.quiet()
    office.people.delete_rows("Consents", office.row("Consents", said))
    office.store.step(agreed="sheet", whole=True)
    assert decisions(office) == ["withdrawn"] and office.in_step()


def kept(office: Office) -> set[tuple[type, tuple[UUID, ...]]]:
    """What this machine keeps for a restore: sort of refusal, and whose."""
    found, torn = Refusals(office.store.house.folder / FILE).read()
    assert torn == 0
    return {(type(one), one.contacts) for one in found if not isinstance(one, Suppression)}


def test_a_refusal_by_hand_is_kept_for_a_restore(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.add_row("Consents", Who="Ann Jones", Channel="email", Purpose="marketing", Decision="given")
    office.step()
    assert kept(office) == set()
    office.write(Create(Redirect(id=office.cat.id, to=office.bob.id)), Delete(office.get(office.cat)))
    office.add_row("Consents", Who="Bob Evans", Channel="email", Purpose="marketing", Decision="no")
    with monkeypatch.context() as patched:
        patched.setattr(office.store.mirror, "apply", raising(Conflict("store.conflict")))
        office.step()
    assert kept(office) == set() and decisions(office) == ["unconfirmed"]
    office.step()
    assert kept(office) == {(Refused, (office.bob.id, office.cat.id))}
    assert decisions(office) == ["unconfirmed", "withdrawn"]


def test_what_another_machine_refused_is_kept_for_a_restore_here(office: Office) -> None:
    laptop = office.laptop()
    laptop.write(Create(consent(office, "objected")))
    office.step()
    assert office.store.outcome.from_others == 1 and not office.store.outcome.refill
    assert kept(office) == {(Refused, (office.ann.id,))}
    laptop.write(Erase(office.eve.id))
    office.step()
    assert office.store.outcome.refill and kept(office) >= {(Erased, (office.eve.id,))}


def raising(error: Exception) -> Callable[[Batch], None]:
    """A store that reads a batch and refuses it."""

    def apply(batch: Batch) -> None:
        list(batch.changes)
        raise error

    return apply


# -- segments -----------------------------------------------------------------------------------------------------


def test_a_rule_is_edited_in_its_cell(office: Office) -> None:
    segment = Segment(id=office.id(), name_en="Givers", rule=None)
    office.write(Create(segment))
    office.put("Segments", "Rule", segment, "donations at least 2")
    office.step()
    good = office.get(segment).rule
    assert good is not None and office.problems() == set()
    office.put("Segments", "Rule", segment, "donnations at least 2")
    office.step()
    assert office.get(segment).rule == good and office.problems() == {"sheets.cell.rule"}
    assert office.cell("Segments", "Rule", segment) == "donnations at least 2"
    assert office.cell("Segments", "What is wrong with the rule", segment) != ""
    assert office.quiet()
    office.put("Segments", "Rule", segment, "donations at least 2")
    office.step()
    assert office.problems() == set()
    assert office.cell("Segments", "What is wrong with the rule", segment) == ""
    assert office.quiet()


def test_counts_stand_beside_their_rules(office: Office) -> None:
    segment = Segment(id=office.id(), name_en="Givers")
    office.write(Create(segment))
    office.store.computed = {segment.id: {"members": 12, "counted_on": 46000}}
    office.step(whole=True)
    assert office.cell("Segments", "Members", segment) == 12
    office.store.computed = {}
    office.write(office.edit(segment, name_en="Donors"))
    assert office.cell("Segments", "Members", segment) == 12
    office.put("Segments", "Members", segment, "99")
    assert office.step().taken_in == 0


# -- between a reading and a writing ------------------------------------------------------------------------------


@pytest.mark.sampled(2)
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_people_sort_between_our_reading_and_our_writing(office: Office, number: int) -> None:
    office.people.before(number, lambda: office.people.sort("Contacts", "A", descending=True))
    office.write(office.edit(office.ann, name="Zoe Jones"), office.edit(office.bob, note="x"))
    office.step()
    assert {one.name for one in office.store.scan(Contact)} == {
        "Zoe Jones", "Bob Evans", "Cat Price", "Dai Morgan", "Eve Lewis"}  # fmt: skip
    assert office.in_step() and office.quiet()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("column", ["A", "C"])
def test_people_insert_a_column_between(office: Office, number: int, column: str) -> None:
    office.people.before(number, lambda: office.people.insert_columns("Contacts", column))
    office.write(office.edit(office.ann, name="Zoe Jones"), Create(person(77, "New")))
    office.step()
    assert office.get(office.ann).name == "Zoe Jones" and office.store.count_of(Contact) == 6
    place = "ABC".index(column)
    assert [row[place] for row in office.grid("Contacts") if len(row) > place and row[place] != ""] == []
    assert office.in_step() and office.quiet()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_peoples_own_cells_that_were_hit_get_their_content_back(office: Office, number: int) -> None:
    office.people.insert_columns("Contacts", "B", 2)
    office.people.paste("Contacts", "B1", [["Shoe", "Hat"], *([f"s{n}", f"h{n}"] for n in range(5))])
    office.step()
    before = {row[1]: row[2] for row in office.people.values("Contacts")}
    office.people.before(number, lambda: office.people.move_columns("Contacts", "B", "A", 2))
    office.write(office.edit(office.ann, name="Hit"), office.edit(office.bob, name="Hit too", note="x"))
    office.step()
    assert {row[0]: row[1] for row in office.people.values("Contacts")} == before
    assert office.in_step() and office.quiet()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_people_sort_before_a_row_is_deleted(office: Office, number: int) -> None:
    office.people.insert_columns("Contacts", "B")
    office.people.paste("Contacts", "B1", [["Shoe"], *([f"s{n}"] for n in range(5))])
    office.step()
    shoes = {row[0]: row[1] for row in office.people.values("Contacts")}
    office.people.before(number, lambda: office.people.sort("Contacts", "A", descending=True))
    office.write(Delete(office.get(office.cat)))
    office.step()
    shoes.pop("Cat Price")
    assert {row[0]: row[1] for row in office.people.values("Contacts")} == shoes
    assert office.store.count_of(Contact) == 4
    assert office.in_step() and office.quiet()


@pytest.mark.parametrize("number", [1, 2])
def test_columns_were_moved_before_a_blind_write(office: Office, number: int) -> None:
    office.people.move_columns("Interactions", "E", "A")
    office.people.before(number, lambda: office.people.move_columns("Interactions", "A", "D"))
    office.write(Create(happened(400, office.ann, text="once")))
    office.step()
    assert office.store.count_of(Interaction) == 3
    assert office.in_step() and office.quiet()


def test_a_tab_is_deleted_before_a_blind_write(office: Office) -> None:
    office.people.delete_tab("Interactions")
    office.write(Create(happened(400, office.ann, text="once")))
    assert office.store.count_of(Interaction) == 3
    assert office.in_step() and office.quiet()


def test_columns_were_moved_before_a_blind_write_whose_answer_is_lost(office: Office) -> None:
    def moved_and_lost() -> None:
        office.people.insert_columns("Interactions", "A")

    office.people.before(1, moved_and_lost)
    office.world.emulator.faults.at(1, "reset", applied=True)
    office.write(Create(happened(400, office.ann, text="once")), Create(person(78, "New")))
    office.step()
    office.step()
    assert office.store.count_of(Interaction) == 3 and office.store.count_of(Contact) == 6
    assert office.in_step() and office.quiet()

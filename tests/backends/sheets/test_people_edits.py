"""People edit the sheet by hand: what becomes of it, and that it can be undone."""

from __future__ import annotations

from datetime import date

import pytest
from sheet_office import Office

from perthyn.changes import Create
from perthyn.model import Contact, CustomField, Interaction
from perthyn.testing.suite.base import happened, paid, person


@pytest.fixture
def office(quick) -> Office:  # type: ignore[no-untyped-def]
    """Five people, and what two of them did."""
    return Office.of(quick)


def test_hand_edits_become_an_undoable_batch_of_the_sheet(office: Office) -> None:
    """Name, e-mail, language, tags and roles of a contact; date and amount of a gift."""
    office.type("Contacts", "Name", "Ann Jones", "Ann Owen")
    office.type("Contacts", "Email", "Ann Owen", "ann@owen.cymru; second@owen.cymru")
    office.type("Contacts", "Language", "Ann Owen", "Welsh")
    office.type("Contacts", "Tags", "Ann Owen", "choir; garden")
    office.type("Contacts", "Roles", "Ann Owen", "member; volunteer")
    office.put("Interactions", "Date", office.gift, "2026-03-02")
    office.put("Interactions", "Amount", office.gift, "12.50")
    outcome = office.step()
    ann, gift = office.get(office.ann), office.get(office.gift)
    assert outcome.taken_in == 2
    assert (ann.name, ann.language, [one.address for one in ann.emails]) == (
        "Ann Owen", "cy", ["ann@owen.cymru", "second@owen.cymru"])  # fmt: skip
    assert {one.tag for one in ann.tags} == {"choir", "garden"}
    assert {one.role for one in ann.roles} == {"member", "volunteer"}
    assert (gift.day, gift.amount) == (date(2026, 3, 2), 1250)
    header = next(office.store.headers())
    assert (header.actor, header.kind) == ("sheet", "sheet")
    lines = {line.type: line for line in office.store.journal(batch=header.id)}
    paths = {path.partition("[")[0] for path in lines["contact"].before}
    assert {"name", "emails", "language", "tags", "roles"} <= paths <= {
        "name", "given", "family", "emails", "language", "language_asked", "tags", "roles"}  # fmt: skip
    assert set(lines["interaction"].before) == {"day", "amount"}
    office.undo(header.id)
    assert office.get(office.ann).name == "Ann Jones"
    assert office.cell("Contacts", "Name", office.ann) == "Ann Jones"
    assert office.cell("Contacts", "Email", office.ann) == "ann@example.org"
    assert office.cell("Contacts", "Tags", office.ann) == ""
    assert office.cell("Interactions", "Amount", office.gift) == 5
    assert office.quiet()


def test_a_row_typed_at_the_bottom_gets_an_id(office: Office) -> None:
    office.add_row("Contacts", Name="Gwen Rees", Email="gwen@rees.cymru", Phone="07700 900123")
    assert office.step().taken_in == 1
    gwen = office.named("Gwen Rees")
    assert gwen.emails[0].address == "gwen@rees.cymru"
    assert gwen.phones[0].number == "07700 900123"
    assert office.cell("Contacts", "id", gwen) == str(gwen.id)
    office.add_row("Interactions", Who="Gwen Rees", Date="2026-03-03", Kind="visit")
    assert office.step().taken_in == 1
    (visit,) = office.store.owned(Interaction, [gwen.id])
    assert visit.day == date(2026, 3, 3)
    assert office.quiet()


def test_a_half_typed_row_waits_with_a_problem(office: Office) -> None:
    row = office.add_row("Interactions", Who="Bob Evans")
    assert office.step().taken_in == 0
    assert office.problems() == {"sheets.row.incomplete"}
    assert office.people.values("Interactions", f"A{row}:Z{row}") != []
    office.people.type("Interactions", office.at("Interactions", "Date") + str(row), "2026-03-03")
    office.people.type("Interactions", office.at("Interactions", "Kind") + str(row), "visit")
    assert office.step().taken_in == 1
    assert office.problems() == set()
    assert office.quiet()


def test_a_row_pasted_with_anothers_id_is_a_new_record(office: Office) -> None:
    row = office.row("Contacts", office.ann)
    office.people.copy_row("Contacts", row)
    office.people.type("Contacts", f"A{row + 1}", "Ann's sister")
    before = office.store.count_of(Contact)
    office.step()
    assert office.store.count_of(Contact) == before + 1
    assert office.get(office.ann).name == "Ann Jones"
    assert office.named("Ann's sister").id != office.ann.id
    assert "sheets.row.copied" in office.problems()
    assert office.quiet()


def test_sorting_the_whole_tab_changes_nothing(office: Office) -> None:
    office.people.sort("Contacts", "A", descending=True)
    assert office.step().taken_in == 0
    assert office.quiet() and office.problems() == set()
    office.write(office.edit(office.ann, name="Ann Owen"))
    assert office.cell("Contacts", "Name", office.ann) == "Ann Owen"
    assert office.in_step()


def test_sorting_some_columns_without_the_others_stops_and_asks(office: Office) -> None:
    office.add_people(12)
    office.sort_alone("Contacts", "A", descending=True)
    outcome = office.step()
    assert outcome.why is not None and outcome.why.code == "sheets.stopped.shuffled"
    assert office.get(office.ann).name == "Ann Jones"
    office.write(office.edit(office.ann, note="waits"))
    assert office.store.outcome.waiting == 1
    assert office.store.step(agreed="perthyn").why is None
    assert office.cell("Contacts", "Name", office.ann) == "Ann Jones"
    assert office.in_step() and office.quiet()


def test_columns_inserted_moved_renamed_and_coloured(office: Office) -> None:
    office.people.insert_columns("Contacts", "B")
    office.people.type("Contacts", "B1", "Shoe size")
    row = office.row("Contacts", office.ann)
    office.people.type("Contacts", f"B{row}", "39")
    office.people.rename_header("Contacts", "Email", "Where to write")
    office.people.move_columns("Contacts", office.at("Contacts", "Where to write"), "A")
    office.people.colour("Contacts", f"A{row}:C{row}")
    office.people.type("Contacts", office.at("Contacts", "Name") + str(row), "Ann Owen")
    assert office.step().taken_in == 1
    assert office.get(office.ann).name == "Ann Owen"
    office.write(office.edit(office.ann, note="seen"), Create(person(90, "New")))
    assert office.cell("Contacts", "Shoe size", office.ann) == "39"
    assert office.cell("Contacts", "Where to write", office.ann) == "ann@example.org"
    assert office.in_step() and office.quiet()


def test_moved_rows_a_renamed_tab(office: Office) -> None:
    office.people.move_rows("Contacts", 3, 2)
    office.people.rename_tab("Contacts", "Ein pobl")
    office.people.type("Ein pobl", f"A{office.row('Ein pobl', office.ann)}", "Ann Owen")
    assert office.step().taken_in == 1
    assert office.get(office.ann).name == "Ann Owen"
    office.write(Create(person(90, "New")))
    assert office.in_step() and office.quiet()


def test_a_deleted_column_comes_back_with_its_values(office: Office) -> None:
    office.people.delete_columns("Contacts", office.at("Contacts", "Email"))
    office.step()
    assert office.get(office.ann).emails[0].address == "ann@example.org"
    assert office.cell("Contacts", "Email", office.ann) == "ann@example.org"
    assert office.in_step() and office.quiet()


@pytest.mark.parametrize("column", ["id", "_record", "_last", "_made"])
def test_a_deleted_technical_column_comes_back(office: Office, column: str) -> None:
    office.people.delete_columns("Contacts", office.at("Contacts", column))
    office.step()
    assert office.store.count_of(Contact) == 5
    assert office.in_step() and office.quiet()


def test_both_technical_columns_deleted_stop_and_ask(office: Office) -> None:
    for column in ("id", "_record"):
        office.people.delete_columns("Contacts", office.at("Contacts", column))
    assert office.step().why is not None
    assert office.store.count_of(Contact) == 5


@pytest.mark.parametrize("tab", ["Contacts", "Interactions", "History", "Journal"])
def test_a_deleted_tab_comes_back_whole(office: Office, tab: str) -> None:
    office.write(office.edit(office.ann, name="Ann Owen"))
    office.people.delete_tab(tab)
    office.step()
    assert office.store.count_of(Contact) == 5
    assert office.in_step() and office.quiet()
    assert office.laptop().same(office)


def test_a_cleared_tab_stops_and_asks(office: Office) -> None:
    office.people.clear("Contacts")
    office.step()
    assert office.step().why is not None
    assert office.store.outcome.why.code == "sheets.stopped.vanished"
    assert office.store.count_of(Contact) == 5
    assert office.store.step(agreed="perthyn").why is None
    assert office.cell("Contacts", "Name", office.ann) == "Ann Jones"
    assert office.in_step() and office.quiet()


def test_mass_disappearance_is_done_when_it_is_agreed(office: Office) -> None:
    people = office.add_people(12)
    for one in people:
        office.people.delete_rows("Contacts", office.row("Contacts", one))
    assert office.step().why.code == "sheets.stopped.vanished"
    assert office.step().why.code == "sheets.stopped.vanished"
    assert office.store.count_of(Contact) == 17
    assert office.store.step(agreed="sheet").why is None
    assert office.store.count_of(Contact) == 5
    assert office.in_step() and office.quiet()
    office.undo(next(office.store.headers()).id)
    assert office.store.count_of(Contact) == 17 and office.in_step()


def test_one_vanished_row_goes_on_the_second_look(office: Office) -> None:
    office.people.delete_rows("Contacts", office.row("Contacts", office.cat))
    office.step()
    assert office.store.count_of(Contact) == 5
    office.step()
    assert office.store.count_of(Contact) == 4
    assert office.quiet() and office.in_step()


def test_a_vanished_row_with_belongings_is_put_back(office: Office) -> None:
    office.people.delete_rows("Contacts", office.row("Contacts", office.ann))
    office.step()
    office.step()
    assert office.cell("Contacts", "Name", office.ann) == "Ann Jones"
    assert office.problems() == {"sheets.row.needed"}
    assert office.in_step() and office.quiet()


def test_formulas_are_read_and_kept(office: Office) -> None:
    office.works_out("Contacts", "Name", office.ann, '="Ann "&"Owen"')
    office.works_out("Contacts", "Phone", office.ann, '="07700 "&"900123"')
    office.works_out("Contacts", "Language", office.ann, '="Cym"&"raeg"')
    assert office.step().taken_in == 1
    assert office.get(office.ann).name == "Ann Owen"
    assert office.get(office.ann).phones[0].number == "07700 900123"
    assert office.get(office.ann).language == "cy"
    office.write(office.edit(office.ann, note="something else"))
    assert office.formula("Contacts", "Language", office.ann) == '="Cym"&"raeg"'
    assert office.formula("Contacts", "Name", office.ann) == '="Ann "&"Owen"'
    assert office.formula("Contacts", "Phone", office.ann) == '="07700 "&"900123"'
    office.write(office.edit(office.ann, name="Ann Parry"))
    assert office.cell("Contacts", "Name", office.ann) == "Ann Parry"
    assert office.quiet()


@pytest.mark.parametrize("typed", ["=1/0", "=NOSUCH(1)", "=Nowhere!A1"])
def test_a_broken_formula_blanks_nothing(office: Office, typed: str) -> None:
    row = office.row("Contacts", office.ann)
    office.works_out("Contacts", "Name", office.ann, typed)
    office.people.type("Contacts", office.at("Contacts", "Note") + str(row), "the rest is taken")
    office.step()
    ann = office.get(office.ann)
    assert (ann.name, ann.note) == ("Ann Jones", "the rest is taken")
    assert office.problems() == {"sheets.cell.broken"}
    assert office.formula("Contacts", "Name", office.ann) == typed
    assert office.quiet()
    office.people.type("Contacts", f"A{row}", "Ann Owen")
    office.step()
    assert office.get(office.ann).name == "Ann Owen" and office.problems() == set()


def test_a_cell_that_is_still_loading_is_left_for_later(office: Office) -> None:
    row = office.row("Contacts", office.ann)
    office.people.type("Contacts", f"A{row}", "Loading...")
    assert office.step().taken_in == 0
    assert office.get(office.ann).name == "Ann Jones" and office.problems() == set()


def test_cells_under_a_merged_one_are_not_emptied(office: Office) -> None:
    row = office.row("Contacts", office.ann)
    phone, email = (office.at("Contacts", one) for one in ("Phone", "Email"))
    office.people.merge("Contacts", f"{phone}{row}:{email}{row}")
    office.step()
    assert office.get(office.ann).emails[0].address == "ann@example.org"
    assert office.get(office.ann).name == "Ann Jones"


def test_what_people_type_is_understood(office: Office) -> None:
    row = office.row("Interactions", office.gift)
    at = {name: office.at("Interactions", name) + str(row) for name in ("Date", "Amount")}
    office.people.type("Interactions", at["Date"], "'3 Mawrth 2026")
    office.people.type("Interactions", at["Amount"], "'1,250.00")
    row = office.row("Contacts", office.bob)
    office.people.type("Contacts", office.at("Contacts", "Language") + str(row), "Cymraeg")
    office.set("Contacts", "Phone", office.bob, 7700900123)
    office.step()
    gift, bob = office.get(office.gift), office.get(office.bob)
    assert (gift.day, gift.amount) == (date(2026, 3, 3), 125_000)
    assert bob.language == "cy"
    assert office.cell("Contacts", "Language", office.bob) == "Welsh"
    assert [one.number for one in bob.phones] == ["07700900123"]
    assert office.cell("Contacts", "Phone", office.bob) == "07700900123"
    assert office.quiet()


def test_a_text_longer_than_a_cell_is_not_cut(office: Office) -> None:
    long = "Ŵ" * 49_990
    office.write(office.edit(office.ann, note=long), Create(person(91, "Long", note="x" * 50_000)))
    assert office.get(office.ann).note == long
    assert office.in_step() and office.quiet()
    assert office.laptop().same(office)


def test_a_contact_renamed_is_followed_by_the_rows_that_name_her(office: Office) -> None:
    office.write(office.edit(office.ann, name="Ann Owen"))
    assert office.cell("Interactions", "Who", office.gift) == "Ann Owen"
    assert office.step().taken_in == 0 and office.quiet()
    office.type("Contacts", "Name", "Ann Owen", "Ann Parry")
    assert office.step().taken_in == 1
    assert office.cell("Interactions", "Who", office.gift) == "Ann Parry"
    assert office.get(office.gift).contact == office.ann.id and office.quiet()


def test_a_visit_given_to_somebody_else_by_name(office: Office) -> None:
    office.people.type("Interactions", office.at("Interactions", "Who") + str(office.row("Interactions", office.gift)),
                       "Bob Evans")  # fmt: skip
    assert office.step().taken_in == 1
    assert office.get(office.gift).contact == office.bob.id and office.quiet()


def test_a_new_custom_field_gets_its_column(office: Office) -> None:
    field = CustomField(id=office.id(), name="own.shirt", label_en="Shirt", label_cy="Crys")
    office.write(Create(field))
    assert "Shirt" in office.people.values("Contacts", "1:1")[0]
    row = office.row("Contacts", office.ann)
    office.people.type("Contacts", office.at("Contacts", "Shirt") + str(row), "XL")
    assert office.step().taken_in == 1
    assert office.get(office.ann).custom[0].text == "XL"
    assert office.quiet() and office.laptop().same(office)


def test_extra_rows_do_not_cost_more_calls(office: Office) -> None:
    office.step()
    office.world.emulator.log.mark()
    office.write(Create(happened(500, office.ann)), Create(paid(501, office.bob, 100)))
    counted = office.world.emulator.log.counted()
    assert (counted.reads, counted.writes) == (0, 1)
    office.step()
    office.world.emulator.log.mark()
    office.step()
    assert office.world.emulator.log.counted().total == 1

"""Several machines, older versions, copies: who knows what, and that nothing is lost or doubled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sheet_office import Office

from perthyn.changes import Batch, Create, Delete, Erase
from perthyn.model import CORE_TYPES, KINDS, Contact, Interaction
from perthyn.testing.suite.base import DAY, happened, person
from perthyn.testing.suite.plugin_types import PLUGIN_TYPES, Note, Pledge
from perthyn_sheets.columns_types import columns_of
from perthyn_sheets.refilling import BEGINNING

pytestmark = pytest.mark.slow


@pytest.fixture
def office(quick) -> Office:  # type: ignore[no-untyped-def]
    """Five people, and what two of them did."""
    return Office.of(quick)


def later(office: Office, days: float) -> None:
    """Days go by."""
    office.world.emulator.clock.advance(days * 86_400)


# -- new laptops, machines in turns -------------------------------------------------------------------------------


def test_a_new_laptop_reaches_the_same_and_can_undo(office: Office) -> None:
    batch = office.write(office.edit(office.ann, name="Ann Owen"), reason="married")
    office.write(Delete(office.get(office.cat)))
    laptop = office.laptop()
    assert laptop.same(office)
    laptop.undo(batch)
    assert laptop.get(office.ann).name == "Ann Jones"
    office.step()
    assert office.get(office.ann).name == "Ann Jones" and office.same(laptop)
    assert office.in_step() and office.quiet() and laptop.quiet()


def test_a_private_note_travels_and_stands_in_no_cell_that_people_see(office: Office) -> None:
    call = happened(300, office.bob).model_copy(update={"private": "hush-hush"})
    office.write(Create(call))
    laptop = office.laptop()
    assert laptop.get(call).private == "hush-hush"
    office.write(office.edit(office.get(call), text="said thank you"))
    laptop.step()
    assert (laptop.get(call).private, laptop.get(call).text) == ("hush-hush", "said thank you")
    assert office.in_step() and office.same(laptop)
    assert "private" not in {one.key for one in columns_of(Interaction, (), KINDS)}


def test_machines_in_turns_that_only_add_make_no_new_mirror(office: Office) -> None:
    laptop = office.laptop()
    for number in range(3):
        laptop.step()
        laptop.write(Create(happened(300 + number, office.bob)))
        office.step()
        office.write(Create(happened(320 + number, office.ann)))
    mirror = office.store.kept.read().mirror
    laptop.step()
    office.step()
    assert office.same(laptop) and office.store.count_of(Interaction) == 8
    assert mirror == "mirror-1.sqlite" == office.store.kept.read().mirror
    assert office.in_step() and office.quiet() and laptop.quiet()


def test_machines_in_turns_that_edit(office: Office) -> None:
    laptop = office.laptop()
    for number in range(3):
        laptop.step()
        laptop.write(laptop.edit(office.ann, note=f"laptop {number}"))
        office.step()
        assert office.get(office.ann).note == f"laptop {number}"
        office.write(office.edit(office.ann, note=f"office {number}"))
    laptop.step()
    assert office.same(laptop) and office.in_step()
    assert office.quiet() and laptop.quiet()


def test_both_offline_then_both_online(office: Office) -> None:
    laptop = office.laptop()
    emulator = office.world.emulator
    emulator.faults.next("reset", times=60)
    office.write(Create(happened(300, office.ann)), office.edit(office.ann, note="office"))
    laptop.write(Create(happened(301, office.bob)), laptop.edit(office.bob, note="laptop"),
                 laptop.edit(office.ann, name="Ann Owen"))  # fmt: skip
    assert office.store.outcome.waiting == laptop.store.outcome.waiting == 1
    assert [one.code for one in office.store.notices()] == ["sheets.notice.stale"]
    emulator.faults.clear()
    for one in (office, laptop, office, laptop):
        one.step()
    ann = office.get(office.ann)
    assert (ann.name, ann.note, office.get(office.bob).note) == ("Ann Owen", "office", "laptop")
    assert office.same(laptop) and office.store.count_of(Interaction) == 4
    assert office.in_step() and office.quiet() and laptop.quiet() and office.store.notices() == []


def test_both_offline_edit_the_same_field(office: Office) -> None:
    laptop = office.laptop()
    emulator = office.world.emulator
    emulator.faults.next("reset", times=60)
    office.write(office.edit(office.ann, name="Ann Office"))
    laptop.write(laptop.edit(office.ann, name="Ann Laptop"))
    emulator.faults.clear()
    for one in (office, laptop, office):
        one.step()
    assert office.get(office.ann).name == "Ann Office" and "sheets.cell.overruled" in office.problems()
    assert office.same(laptop) and office.in_step() and office.quiet() and laptop.quiet()


def test_two_machines_fetch_the_same_while_offline(office: Office) -> None:
    laptop = office.laptop()
    emulator = office.world.emulator
    emulator.faults.next("reset", times=60)
    for number, one in enumerate((office, laptop)):
        one.write(Create(happened(300 + number, office.ann, source="till:main", source_id="7")))
    emulator.faults.clear()
    for one in (office, laptop, office, laptop):
        one.step()
    assert office.store.count_of(Interaction) == 3 and office.same(laptop)


def test_a_machine_that_was_away_over_thirty_days(office: Office) -> None:
    laptop = office.laptop()
    office.write(office.edit(office.ann, name="Ann Owen"), Create(person(70, "New")), Delete(office.get(office.cat)))
    for _ in range(4):
        later(office, 10)
        office.write(Create(happened(300 + _, office.ann)))
        office.step()
    laptop.write(Create(happened(390, office.bob)))
    laptop.step()
    assert {one.id: one for one in laptop.store.scan(Contact)} == {one.id: one for one in office.store.scan(Contact)}
    office.step()
    assert office.store.count_of(Interaction) == laptop.store.count_of(Interaction) == 7
    assert office.in_step() and laptop.in_step() and office.quiet() and laptop.quiet()
    assert laptop.laptop().store.count_of(Contact) == 5


@pytest.mark.parametrize("writing", [False, True])
def test_what_has_left_the_history_is_not_overruled_by_who_was_away(office: Office, writing: bool) -> None:
    laptop = office.laptop()
    if writing:
        office.world.emulator.faults.next("reset", times=60)
        laptop.write(laptop.edit(office.ann, note="rings on Mondays"), laptop.edit(office.bob, name="Bob Pugh"))
        office.world.emulator.faults.clear()
    office.write(office.edit(office.ann, name="Ann Owen"), Create(person(70, "New")), Delete(office.get(office.cat)))
    later(office, 40)
    office.step(whole=True)
    office.write(office.edit(office.eve, name="Eve Owen"))
    later(office, 1)
    office.step(whole=True)
    assert not any("Ann" in str(row) for row in office.grid("Journal"))
    laptop.step()
    assert laptop.get(office.ann).name == "Ann Owen"
    assert laptop.store.outcome.taken_in == 0
    office.step()
    assert office.get(office.ann).note == ("rings on Mondays" if writing else None)
    assert {one.name for one in office.store.scan(Contact)} == {
        "Ann Owen", "Bob Pugh" if writing else "Bob Evans", "Dai Morgan", "Eve Owen", "New"
    }  # fmt: skip
    assert {one.id: one for one in laptop.store.scan(Contact)} == {one.id: one for one in office.store.scan(Contact)}
    assert office.in_step() and laptop.in_step() and office.quiet() and laptop.quiet()


def test_a_machine_that_dies_for_ever_in_a_big_import(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from perthyn_sheets import sending

    laptop = office.laptop()
    monkeypatch.setattr(sending, "SIZE", 60_000)
    people = [person(1000 + number, f"Person {number}", note="x" * 900) for number in range(120)]
    office.world.emulator.faults.at(3, "reset")
    for place in range(4, 90):
        office.world.emulator.faults.at(place, "reset")
    office.write(*map(Create, people))
    office.world.emulator.faults.clear()
    assert len(office.grid("Contacts")) > 20  # some of it has arrived
    laptop.step()
    assert laptop.store.count_of(Contact) == 5 and laptop.laptop("third").store.count_of(Contact) == 5
    assert laptop.quiet()
    later(office, 8)
    laptop.step(whole=True)
    assert len(laptop.grid("Contacts")) == 6 and "sheets.row.unfinished" in laptop.problems()
    office.step()  # it was not dead after all
    laptop.step()
    assert laptop.store.count_of(Contact) == 125 and office.same(laptop) and office.in_step()


def test_a_batch_of_edits_that_no_single_write_holds(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from perthyn_sheets import api, sending

    laptop = office.laptop()
    monkeypatch.setattr(sending, "SIZE", 8_000)
    monkeypatch.setattr(api, "MOST", 12_000)
    people = [person(1000 + number, f"Person {number}", note="x" * 900) for number in range(40)]
    office.write(*map(Create, people))
    edited = [office.edit(one, note="y" * 300, name=f"Name {number}") for number, one in enumerate(people[:30])]
    batch = office.write(*edited, *(Delete(office.get(one)) for one in people[32:]), Create(happened(300, people[0])))
    assert office.in_step() and office.quiet()
    laptop.step()
    assert laptop.store.count_of(Contact) == 5 + 32 and office.same(laptop)
    laptop.undo(batch)
    office.step()
    assert {one.id: one for one in office.store.get(Contact, [one.id for one in people]).values()} == {
        one.id: one for one in people
    }
    assert office.same(laptop) and office.in_step() and office.quiet() and laptop.quiet()


def test_killed_within_such_a_batch_its_history_is_whole(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from perthyn_sheets import delivering, sending

    laptop, emulator = office.laptop(), office.world.emulator
    people = [person(1000 + number, f"Person {number}") for number in range(12)]
    office.write(*map(Create, people))
    laptop.step()
    monkeypatch.setattr(sending, "SIZE", 2_000)
    plain, cut = delivering.Delivery._deliver, []

    def deliver(self: Any, standing: Any, parcel: Any) -> None:
        plain(self, standing, parcel)
        if "journal" in parcel.added and not cut:
            cut.append(emulator.faults.next("reset", times=60))

    monkeypatch.setattr(delivering.Delivery, "_deliver", deliver)
    batch = office.write(*(office.edit(one, note="z" * 100) for one in people))
    emulator.faults.clear()
    assert office.store.waiting == 1
    assert 1 < len(office.grid("Journal")) < 1 + len(people)
    laptop.write(Create(happened(390, office.bob)))
    for one in (laptop, office, laptop):
        one.step(whole=True)
    assert office.same(laptop) and office.in_step()
    laptop.undo(batch)
    office.step()
    assert {office.get(one).note for one in people} == {None}
    assert office.same(laptop) and office.in_step() and office.quiet() and laptop.quiet()


# -- erasure ------------------------------------------------------------------------------------------------------


def erase(office: Office) -> None:
    office.store.apply(Batch(office.id(), "ann", office.world.now(), "asked", "erase", [Erase(office.ann.id)]))
    office.step()


def everything(office: Office) -> str:
    """All that stands in the sheet."""
    return str([office.grid(sheet.title) for sheet in office.world.emulator.books[office.world.book.id].sheets])


def test_erasure_reaches_every_machine_and_the_sheet(office: Office) -> None:
    office.write(office.edit(office.ann, note="secret Ann Jones"))
    office.write(office.edit(office.ann, note="more"))
    laptop = office.laptop()
    assert any(line.owner == office.ann.id for line in laptop.store.journal())
    erase(office)
    laptop.step()
    for one in (office, laptop):
        assert one.store.count_of(Contact) == 4 and not one.store.get(Contact, [office.ann.id])
        assert not any(line.owner == office.ann.id for line in one.store.journal())
        assert one.store.count_of(Interaction) == 1
        assert one.quiet()
    assert "Ann Jones" not in everything(office) and "secret" not in everything(office)
    for file in laptop.store.kept.folder.glob("mirror-*"):
        assert b"secret" not in file.read_bytes()
    assert office.in_step() and office.same(laptop)


def test_somebody_erased_who_is_brought_back_goes_again(office: Office) -> None:
    version = office.people.remember()
    erase(office)
    laptop = office.laptop()
    office.people.restore(version)
    assert office.step().why.code == "sheets.stopped.restored"
    office.store.step(agreed="sheet")
    assert not office.store.get(Contact, [office.ann.id]) and office.store.count_of(Contact) == 4
    assert office.quiet()
    assert "Ann Jones" not in everything(office)
    del laptop


def test_one_row_of_somebody_erased_is_pasted_back(office: Office) -> None:
    row = office.grid("Contacts")[office.row("Contacts", office.ann) - 1]
    erase(office)
    later(office, 40)
    office.step()
    new = len(office.grid("Contacts")) + 1
    office._longer("Contacts")
    office.people.paste("Contacts", f"A{new}", [[str(cell) for cell in row]])
    for one in (office, office.laptop()):
        one.step()
        assert not one.store.get(Contact, [office.ann.id]) and one.store.count_of(Contact) == 4
    assert len(office.grid("Contacts")) == 5


# -- older versions, copies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["sheet", "perthyn"])
def test_a_restored_older_version_stops_and_asks(office: Office, answer: Any) -> None:
    version = office.people.remember()
    office.write(office.edit(office.ann, name="Ann Owen"), Create(happened(300, office.ann)))
    office.write(Delete(office.get(office.cat)))
    office.people.restore(version)
    outcome = office.step()
    assert outcome.why is not None and outcome.why.code == "sheets.stopped.restored"
    assert outcome.why.facts["batches"] == 2
    office.write(Create(person(88, "Waits")))
    assert office.get(office.ann).name == "Ann Owen" and office.store.outcome.waiting == 1
    office.store.step(agreed=answer)
    office.step()
    name, contacts, visits = ("Ann Jones", 6, 2) if answer == "sheet" else ("Ann Owen", 5, 3)
    assert office.get(office.ann).name == name
    assert (office.store.count_of(Contact), office.store.count_of(Interaction)) == (contacts, visits)
    assert office.in_step() and office.quiet() and office.laptop().same(office)


def test_a_copy_of_the_file_opens_as_a_sheet_of_its_own(office: Office) -> None:
    account = office.world.account["client_email"]
    copy = office.people.make_copy("Copy", share={account: "writer"})
    original, office.world.book = office.world.book, copy
    other = office.laptop("copyist")
    assert other.same(office)
    assert "sheets.notice.copy" in [one.code for one in other.store.notices()]
    other.store.apply(Batch(other.id(), "ann", office.world.now(), changes=[other.edit(office.ann, name="Ann Copy")]))
    office.world.book = original
    office.step()
    assert office.get(office.ann).name == "Ann Jones" and office.store.notices() == []


@pytest.mark.parametrize("language", ["en", "cy", "both"])
def test_a_download_that_was_uploaded_again_is_known_by_its_headers(quick: Any, language: str) -> None:
    quick.prepared = None
    quick.language = "cy" if language == "cy" else "en"
    if language == "both":
        quick.languages = ["en", "cy"]
    office = Office.of(quick)
    office.world.book.metadata.clear()
    office.world.book.version += 1
    office.store.close()
    laptop = office.laptop("uploader")
    assert laptop.store.count_of(Contact) == 5 and laptop.store.count_of(Interaction) == 2
    assert office.world.book.metadata  # marked again
    laptop.write(Create(person(99, "New")), laptop.edit(office.ann, name="Ann Owen"))
    assert laptop.in_step() and laptop.quiet()


# -- two processes ------------------------------------------------------------------------------------------------


def test_two_processes_on_one_machine(office: Office) -> None:
    other = office.laptop("one")
    assert other.store.kept.folder == office.store.kept.folder
    office.write(Create(happened(300, office.ann)))
    other.write(Create(happened(301, office.bob)))
    with office.store.kept.alone(0):
        other.write(Create(happened(302, office.bob)))
        assert other.store.outcome.busy and other.store.outcome.waiting == 1
    office.step()
    assert office.store.count_of(Interaction) == other.store.count_of(Interaction) == 5
    assert office.in_step() and office.quiet()


def test_the_mirror_is_swapped_under_the_other_process_while_it_writes(office: Office) -> None:
    other = office.laptop("one")
    far = office.laptop("far")
    far.write(far.edit(office.ann, name="Ann Far"))
    written = []

    def writes() -> None:
        visit = happened(310 + len(written), office.bob)
        written.append(other.store._applied(Batch(other.id(), "bob", office.world.now(), changes=[Create(visit)])))

    for number in range(1, 12):
        office.people.before(number, writes)
    office.step()
    office.world.emulator.faults.clear()
    other.step()
    office.step()
    assert office.get(office.ann).name == "Ann Far"
    assert office.store.count_of(Interaction) == 2 + len(written) == other.store.count_of(Interaction)
    other.write(Create(happened(340, office.bob)))
    office.step()
    assert office.in_step() and office.quiet() and office.laptop().same(office)


# -- plugins, the thirty days, what is local ---------------------------------------------------------------------


def test_a_machine_without_a_plugin_leaves_its_records_alone(quick: Any) -> None:
    office = Office.of(quick, PLUGIN_TYPES)
    pledges = [Pledge(id=office.id(), who=one.id, day=DAY) for one in (office.ann, office.bob)]
    office.write(*map(Create, pledges))
    poor = Office(quick, "poor", quick.open(CORE_TYPES, machine="poor"), office.ann, prefix="poor")
    poor.write(poor.edit(office.ann, name="Ann Owen"))
    office.step()
    assert office.get(pledges[0]) == pledges[0] and office.get(office.ann).name == "Ann Owen"
    assert office.in_step() and office.quiet() and poor.quiet()
    erase(poor)
    assert office.step().why is None
    assert [one.who for one in office.store.scan(Pledge)] == [office.bob.id]
    assert office.in_step() and office.quiet() and str(office.ann.id) not in everything(office)


def test_thirty_days_of_history_and_no_more(office: Office) -> None:
    for number in range(4):
        later(office, 12)
        office.write(office.edit(office.ann, note=f"note {number}"))
    laptop = office.laptop()
    oldest = min(one.at for one in laptop.store.headers() if one.id != BEGINNING)
    assert office.world.now() - oldest < timedelta(days=31)
    assert laptop.in_step() and laptop.quiet()


def test_what_is_local_stays_here_and_outlives_a_new_mirror(quick: Any) -> None:
    office = Office.of(quick, PLUGIN_TYPES)
    office.write(Create(Note(id=office.id(), text="a job")))
    far = office.laptop()
    assert far.store.count_of(Note) == 0 and "a job" not in everything(office)
    far.write(far.edit(office.ann, name="Ann Far"))
    office.step()
    assert office.get(office.ann).name == "Ann Far" and office.store.count_of(Note) == 1

"""The past: batches in words, and taking them back through `Crm`, on SQLite."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from perthyn.changes import Create, Delete, Edit
from perthyn.errors import Forbidden, PerthynError, Unknown
from perthyn.merging import merge_changes
from perthyn.model import Interaction, Problem, Tag, Takings

Office = Any  # the class stands in conftest.py


def test_batches_are_named_by_number_or_ending_the_newest_first(sqlite: Office) -> None:
    with pytest.raises(PerthynError) as empty:
        sqlite.crm.batch()
    assert empty.value.code == "undo.nothing_yet"
    sian, receipt = sqlite.crm.add_contact({"name": "Siân"})
    sqlite.crm.edit_contact(sian.id, {"title": "Dr"})
    newest, first = sqlite.crm.changes()
    assert sqlite.crm.changes(1) == [newest]
    assert sqlite.crm.batch() == sqlite.crm.batch("2") == sqlite.crm.batch(newest.id.hex[-8:]) == newest
    assert first.id == receipt.batch and (first.created, newest.edited) == (1, 1)
    made, lines = sqlite.crm.detail(first)
    assert (made, lines) == ({"contact": 1}, [])
    assert [dict(line.before) for line in sqlite.crm.detail(newest)[1]] == [{"title": None}]
    for text in ("3", "abc", "ffffff"):
        with pytest.raises(Unknown):
            sqlite.crm.batch(text)


def test_a_batch_is_told_by_the_names_of_today_and_keeps_none(sqlite: Office) -> None:
    sian, _ = sqlite.crm.add_contact({"name": "Siân"})
    twin, _ = sqlite.crm.add_contact({"name": "Siani"})
    sqlite.keep(Problem(id=UUID(int=1), code="duplicate.possible", contact=sian.id, other=twin.id, at=sqlite.now))
    sqlite.crm.edit_contact(sian.id, {"name": "Siân Llŷr"})
    sqlite.crm.join(sqlite.crm.pairs()[0])
    told = [(one.kind, one.reason) for one in sqlite.crm.changes() if one.kind != "import"]
    assert told == [("merge", "Siân Llŷr"), ("edit", "Siân Llŷr"), ("edit", "Siân Llŷr"), ("edit", "Siân Llŷr")]
    assert {one.reason for one in sqlite.store.headers()} == {""}
    sqlite.crm.undo(sqlite.crm.batch())
    assert sqlite.crm.batch().reason == "Siân Llŷr"
    assert {one.reason for one in sqlite.desk("history.read").changes()} == {""}


def test_an_undo_keeps_what_was_changed_later_and_names_the_batch(sqlite: Office) -> None:
    sqlite.bring("Name,Email\nSiân Llŷr,s@x.cymru\nHuw Puw,h@x.cymru\n")
    imported = sqlite.crm.batch()
    sian = sqlite.crm.who("s@x.cymru")
    sqlite.crm.edit_contact(sian.id, {"tag": "VIP"})
    edited = sqlite.crm.batch()
    before = sqlite.everything()
    plan = sqlite.crm.undo_plan(imported)
    assert [(one.id, one.why, one.by) for one in plan.kept] == [(sian.id, "changed", edited.number)]
    assert plan.removes["contact"] == 1 and sqlite.everything() == before, "a plan writes nothing"
    undone = sqlite.crm.undo(imported)
    assert undone.receipt.deleted == 1 and undone.plan.kept == plan.kept
    assert [one.shown_name for one in sqlite.crm.find("Siân")] == ["Siân Llŷr"] and sqlite.crm.find("Huw") == []
    sqlite.crm.undo(sqlite.crm.batch())
    assert sqlite.everything() == before


def test_whoever_may_not_see_what_they_once_did_does_not_take_it_back(office: Office) -> None:
    """Somebody's role may have become smaller; what a plan would put back tells what stands there."""
    may = ("contact.read", "contact.write", "interaction.write", "history.undo_own")
    sian, _ = office.crm.add_contact({"name": "Siân"})
    noted = office.desk(*may, "note.private", seed=2).add_interaction(sian.id, {"kind": "note", "private": "canary"})[1]
    given = office.desk(*may, "donation.read", seed=3).add_interaction(sian.id, {"kind": "donation"})[1]
    seen = office.desk(*may, seed=4).add_interaction(sian.id, {"kind": "visit"})[1]
    now = office.desk(*may, seed=5)
    for one in (noted, given):
        for asked in (now.undo_plan, now.undo):
            with pytest.raises(Forbidden):
                asked(office.store.header(one.batch))
    assert now.undo(office.store.header(seen.batch)).plan.removes["interaction"] == 1


def test_a_file_whose_import_was_undone_is_imported_again_and_the_undo_stays_undone(sqlite: Office) -> None:
    text = "Date,Name,Email,Event,Amount\n1/5/2026,Siân Llŷr,s@x.cymru,Fair,£5.00\n"
    sqlite.bring(text)
    sqlite.crm.undo(sqlite.crm.batch())
    undo = sqlite.crm.batch()
    assert sqlite.crm.find("Siân") == []
    sqlite.bring(text)
    before = sqlite.everything()
    plan = sqlite.crm.undo_plan(undo)
    assert "there" in {one.why for one in plan.kept}, "the row is there again, under another id"
    assert plan.restores["interaction"] == 0
    sqlite.crm.undo(undo)
    assert len(list(sqlite.store.scan(Interaction))) == 1 and len(sqlite.everything()["contact"]) == 2
    sqlite.crm.undo(sqlite.crm.batch())
    assert sqlite.everything() == before


def test_what_belongs_to_somebody_who_is_gone_stays_away(sqlite: Office) -> None:
    sian = sqlite.person()
    added = sqlite.crm.batch()
    visit = sqlite.did(sian)
    sqlite.crm.commit([Delete(visit)])
    deleted = sqlite.crm.batch()
    sqlite.crm.edit_contact(sqlite.person("Huw").id, {"tag": "x"})
    sqlite.crm.undo(added)
    plan = sqlite.crm.undo_plan(deleted)
    assert [(one.id, one.why) for one in plan.kept] == [(visit.id, "gone")]
    with pytest.raises(PerthynError) as told:
        sqlite.crm.undo(deleted)
    assert told.value.code == "undo.nothing"


def test_a_till_line_recognised_by_a_batch_is_nobodys_again(office: Office) -> None:
    sian = office.person()
    line = office.till(amount=500, source="till", source_id="1")
    before = office.everything()
    told = {name: getattr(line, name) for name in Takings.model_fields}
    office.crm.commit([Delete(line), Create(Interaction(**told, contact=sian.id))], kind="import")
    recognised = office.everything()
    office.crm.undo(office.crm.batch())
    assert office.everything() == before
    office.crm.undo(office.crm.batch())
    assert office.everything() == recognised


def test_a_merge_on_which_later_changes_rest_is_undone_but_for_these(sqlite: Office) -> None:
    sian, twin = sqlite.person("Siân", "s@x.cymru"), sqlite.person("Siani", "t@x.cymru", note="moved")
    visit = sqlite.did(twin)
    sqlite.crm.commit(merge_changes(sqlite.store, sian, twin, {}), kind="merge")
    merge = sqlite.crm.batch()
    sqlite.crm.edit_contact(sian.id, {"note": "rang"})
    edited = sqlite.crm.batch()
    sqlite.crm.commit([Edit("interaction", visit.id, {"day": (visit.day, date(2026, 1, 1))})])
    undone = sqlite.crm.undo(merge)
    assert [(one.path, one.why, one.by) for one in undone.plan.kept] == [("note", "changed", edited.number)]
    assert sqlite.held(twin) == twin and sqlite.held(sian).emails == sian.emails
    (moved,) = sqlite.store.owned(Interaction, [twin.id])
    assert (moved.day, moved.came_as) == (date(2026, 1, 1), None)


def test_two_desks_on_one_store_see_each_other_at_once(sqlite: Office) -> None:
    other = sqlite.desk(seed=2)
    sian = sqlite.person(email="s@x.cymru")
    came, _ = other.add_segment("Came", None, "visits at least 1")
    assert other.count(came) == 0 and other.pairs() == [] and other.show(sian.id).problems == []
    sqlite.did(sian)
    twin = sqlite.person("Twin")
    told = Problem(id=UUID(int=1), code="duplicate.possible", contact=sian.id, other=twin.id, at=sqlite.now)
    sqlite.keep(told)
    assert other.count(came) == 1 and len(other.pairs()) == 1 and other.show(sian.id).problems == [told]
    sqlite.crm.join(other.pairs()[0])
    assert other.who(twin.id.hex).id == sian.id
    sqlite.crm.remove_segment(sqlite.crm.segment("Came"))
    assert other.segments() == [] and other.show(sian.id).standings == []


def test_an_undo_gives_back_parts_and_leaves_the_rest(office: Office) -> None:
    sian = office.person(tags=(Tag(tag="a"), Tag(tag="b")))
    office.crm.edit_contact(sian.id, {"tag": "c"}, ["tags[a]"])
    first = office.crm.batch()
    office.crm.edit_contact(sian.id, {"tag": "d"}, ["tags[b]"])
    office.crm.undo(first)
    assert {one.tag for one in office.held(sian).tags} == {"a", "d"}


def test_a_plan_is_taken_as_it_is_unless_something_was_written_since(sqlite: Office) -> None:
    sian, _ = sqlite.crm.add_contact({"name": "Siân"})
    header = sqlite.crm.batch()
    plan = sqlite.crm.undo_plan(header)
    sqlite.crm.edit_contact(sian.id, {"title": "Dr"})
    with pytest.raises(PerthynError) as kept:
        sqlite.crm.undo(header, plan)
    assert kept.value.code == "undo.nothing" and sqlite.held(sian).title == "Dr"
    huw, _ = sqlite.crm.add_contact({"name": "Huw"})
    plan = sqlite.crm.undo_plan(sqlite.crm.batch())
    assert sqlite.crm.undo(plan.header, plan).plan is plan
    assert sqlite.crm.find("Huw") == [] != [huw]

"""Own work: who may take back what they did themselves takes back that, and nothing that they may not see."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from perthyn.audit import Audit, verify
from perthyn.changes import Create, Edit
from perthyn.crm import Actor, Crm
from perthyn.crm.roles import ROLES
from perthyn.errors import Conflict, Forbidden, PerthynError, Unknown
from perthyn.model import Interaction, Setting

Office = Any  # the class stands in conftest.py
TODAY = date(2026, 11, 22)


def at_the_desk(office: Office, name: str = "nia", role: str = "volunteer") -> Crm:
    """Somebody at the desk, on the office's store."""
    crm: Crm = office.crm.acting(Actor(name, ROLES[role]), "en")
    return crm


def held(office: Office, kind: str = "visit") -> list[Interaction]:
    return [one for one in office.store.scan(Interaction) if one.kind == kind]


@pytest.mark.parametrize("role", ["volunteer", "front_of_house", "fundraiser", "manager"])
def test_the_last_tap_is_taken_back(office: Office, role: str) -> None:
    sian = office.person()
    desk = at_the_desk(office, role=role)
    _, receipt = desk.add_interaction(sian.id, {"kind": "visit"})
    header = desk.batch(receipt.batch.hex)
    assert (header.id, desk.batch().id) == (receipt.batch, receipt.batch)
    assert desk.undo_plan(header).removes == {"interaction": 1}
    desk.undo(header)
    assert held(office) == []
    again = desk.batch()
    desk.undo(again)
    assert len(held(office)) == 1, "undoing an undo is redo"


def test_a_new_person_and_a_change_of_hers_are_taken_back(office: Office) -> None:
    desk = at_the_desk(office)
    nia, made = desk.add_contact({"given": "Nia", "family": "Rees", "email": "n@x.cymru", "note": "likes tea"})
    _, changed = desk.edit_contact(nia.id, {"family": "Price"})
    assert changed is not None
    desk.undo(desk.batch(changed.batch.hex))
    assert office.held(nia).family == "Rees"
    desk.undo(desk.batch(made.batch.hex))
    assert office.store.get(type(nia), [nia.id]) == {}


def test_what_others_did_stays(office: Office) -> None:
    sian = office.person()
    _, theirs = at_the_desk(office, "huw").add_interaction(sian.id, {"kind": "visit"})
    desk = at_the_desk(office)
    with pytest.raises(Unknown):
        desk.batch(theirs.batch.hex)
    with pytest.raises(PerthynError) as nothing:
        desk.batch()
    assert nothing.value.code == "undo.nothing_yet"
    header = office.crm.batch(theirs.batch.hex)
    for ask in (desk.undo_plan, desk.undo):
        with pytest.raises(Forbidden) as error:
            ask(header)
        assert error.value.facts["right"] == "history.undo"
    assert len(held(office)) == 1
    office.crm.acting(Actor("mair", ROLES["manager"]), "en").undo(header)
    assert held(office) == []


def test_a_header_of_another_name_deceives_nobody(office: Office) -> None:
    from dataclasses import replace

    sian = office.person()
    _, theirs = at_the_desk(office, "huw").add_interaction(sian.id, {"kind": "visit"})
    desk = at_the_desk(office)
    with pytest.raises(Forbidden):
        desk.undo(replace(office.crm.batch(theirs.batch.hex), actor="nia"))


def test_two_of_one_name_take_back_their_own_only(office: Office) -> None:
    """A person and another, or a token, or whoever sat at the machine: what counts is whose work it was."""

    def nia(whose: str) -> Crm:
        crm: Crm = office.crm.acting(Actor("nia", ROLES["volunteer"], whose), "en")
        return crm

    sian = office.person()
    made = {whose: nia(whose).add_interaction(sian.id, {"kind": "visit"})[1].batch for whose in ("1", "2", "")}
    for whose in made:
        for other in made.keys() - {whose}:
            with pytest.raises(Unknown):
                nia(whose).batch(made[other].hex)
            with pytest.raises(Forbidden):
                nia(whose).undo(office.crm.batch(made[other].hex))
    assert len(held(office)) == 3
    renamed = office.crm.acting(Actor("Nia Rees", ROLES["volunteer"], "1"), "en")
    assert renamed.batch().id == made["1"], "another name makes nobody else of her"
    renamed.undo(renamed.batch())
    nia("").undo(nia("").batch())
    assert office.crm.changes(2)[1].facts["whose"] == "1"
    assert len(held(office)) == 1


def test_settings_and_accounts_are_seen_by_those_who_decide_about_them(office: Office) -> None:
    hidden = office.crm.commit([Create(Setting(id=UUID(int=5), name="secret", value='"CANARY"'))], kind="setting")
    header = office.crm.batch(hidden.batch.hex)
    office.crm.commit([Edit("setting", UUID(int=5), {"value": ('"CANARY"', '"other"')})], kind="setting")
    manager = at_the_desk(office, "mair", "manager")
    for ask in (lambda: manager.batch(hidden.batch.hex), lambda: manager.batch("1"), lambda: manager.detail(header)):
        with pytest.raises(Unknown):
            ask()
    with pytest.raises(Forbidden):
        manager.undo(header)
    assert office.crm.detail(header)[0] == {"setting": 1}


def test_own_work_that_touches_what_one_may_not_see_stays(office: Office) -> None:
    """Of whoever had more rights once, and of what was in a file."""
    sian = office.person(note="old")
    gift = {"id": UUID(int=1), "contact": sian.id, "kind": "donation", "day": TODAY}
    paid = {"id": UUID(int=2), "contact": sian.id, "kind": "visit", "day": TODAY, "amount": 500, "currency": "GBP"}
    noted = {"id": UUID(int=3), "contact": sian.id, "kind": "visit", "day": TODAY, "private": "hush"}
    before = Crm(office.store, office.crm.plugins, office.crm.settings, office.crm.clock, office.crm.random,
                 Actor("nia"))  # fmt: skip
    batches = [before.commit([Create(Interaction.model_validate(one))]) for one in (gift, paid, noted)]
    batches.append(before.commit([Edit("contact", sian.id, {"age_band": (None, "adult")})]))
    desk = at_the_desk(office)
    for one in batches:
        with pytest.raises(Forbidden):
            desk.undo(before.batch(one.batch.hex))
    assert office.held(sian).age_band == "adult" and len(held(office)) == 2


def test_a_volunteer_writes_nothing_that_she_may_not_see(office: Office) -> None:
    sian, desk = office.person(note="CANARY"), at_the_desk(office)
    office.crm.edit_contact(sian.id, {"age_band": "adult"})
    everything = office.everything()
    for values in ({"age_band": "13-17"}, {"name": "Siân", "age_band": "13-17"}):
        with pytest.raises(Forbidden):
            desk.add_contact(values)
        with pytest.raises(Forbidden) as error:
            desk.edit_contact(sian.id, values, was={"age_band": "under 13"})
        assert not isinstance(error.value, Conflict) and "adult" not in str(error.value.facts)
    with pytest.raises(Forbidden):
        desk.edit_contact(sian.id, {}, remove=["age_band"])
    for values in ({"kind": "donation"}, {"kind": "visit", "amount": 500}, {"kind": "visit", "private": "hush"}):
        with pytest.raises(Forbidden):
            desk.add_interaction(sian.id, values)
    assert office.everything() == everything


# -- the timeline ------------------------------------------------------------------------------------------------


def test_the_timeline_by_pages(office: Office) -> None:
    sian = office.person()
    for number in range(60):
        office.did(sian, ("visit", "donation", "purchase")[number % 3], TODAY - timedelta(days=number // 4),
                   private="hush")  # fmt: skip
    everything = sorted(office.store.owned(Interaction, [sian.id]), key=lambda one: (one.day, one.id), reverse=True)
    for crm in (office.crm, at_the_desk(office)):
        seen = [one.id for one in everything if one.kind != "donation" or crm is office.crm]
        for limit in (1, 7, 50):
            pages: list[Interaction] = []
            while page := crm.happened(sian.id, (pages[-1].day, pages[-1].id) if pages else None, limit):
                assert len(page) <= limit
                pages += page
            assert [one.id for one in pages] == seen
            assert {one.private for one in pages} == ({"hush"} if crm is office.crm else {None})
        assert [one.id for one in crm.happened(sian.id)] == seen[:50]
        chosen = [one.id for one in everything if one.kind == "purchase"]
        assert [one.id for one in crm.happened(sian.id, kinds=["purchase"])] == chosen
    assert at_the_desk(office).happened(sian.id, kinds=["donation"]) == []
    with pytest.raises(Unknown):
        office.crm.happened(UUID(int=99))


# -- what is noted of it -------------------------------------------------------------------------------------------


def test_the_trail_of_a_day(office: Office, tmp_path: Path) -> None:
    office.crm.audit = Audit(tmp_path / "trail")
    sian = office.person("Siân CANARY", "canary@x.cymru", note="CANARY")
    desk = at_the_desk(office)
    desk.show(sian.id)
    desk.add_interaction(sian.id, {"kind": "visit", "text": "CANARY"})
    with pytest.raises(Forbidden):
        desk.export(tmp_path / "all.csv", "analysis")
    office.crm.add_segment("Givers", None, "donations at least 1")
    at_the_desk(office, "rhys", "read_only").show(sian.id)
    office.crm.export(tmp_path / "all.csv", "analysis")
    office.crm.erase(sian.id)
    told = [(one.who, one.what, one.of, one.purpose, one.count) for one in reversed(office.crm.trail())]
    assert told == [
        ("gwen", "batch.applied", "import", "", 1),
        ("nia", "contact.seen", "", "", None),
        ("nia", "batch.applied", "edit", "", 1),
        ("nia", "right.refused", "contact.export", "", None),
        ("gwen", "batch.applied", "segment", "", 1),
        ("rhys", "contact.seen", "", "", None),
        ("gwen", "contact.exported", "", "analysis", 1),
        *told[7:],
    ]
    assert [one[1] for one in told[7:]][-1] == "contact.erased"
    text = (tmp_path / "trail").read_text(encoding="utf-8")
    assert "CANARY" not in text and "canary" not in text and str(sian.id) in text
    assert verify(tmp_path / "trail") == []
    with pytest.raises(Forbidden):
        desk.trail()
    assert [one.what for one in office.crm.trail(1)] == ["right.refused"]


def test_the_doctor_looks_at_the_trail(office: Office, tmp_path: Path) -> None:
    def said() -> list[tuple[str, str]]:
        return [(one.state, one.code) for one in office.crm.checks() if "audit" in one.code]

    assert said() == []
    office.crm.audit = Audit(tmp_path / "trail")
    office.person()
    assert said() == [("well", "health.audit.whole")]
    office.crm.backup(tmp_path / "all.backup", (), ())
    lines = (tmp_path / "trail").read_bytes().splitlines(keepends=True)
    assert said() == [("well", "health.audit.whole")]
    (tmp_path / "trail").write_bytes(b"".join(lines[:-1]))
    assert said() == [("wrong", "health.audit.broken")]
    for one in ("trail", "trail.head"):
        (tmp_path / one).unlink()
    assert said() == [("wrong", "health.audit.broken")], "the store remembers since the last backup"

"""A plugin's records in the sheet: one that a machine gets later, and fields called as our own columns were."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from sheet_office import Office

from perthyn.changes import Create
from perthyn.model import CORE_TYPES, About, Record
from perthyn.model.values import Word
from perthyn.testing.suite.base import batch, numbered, person
from perthyn.testing.suite.plugin_types import PLUGIN_TYPES, Pledge


def test_records_of_a_plugin_that_comes_later_are_there(world) -> None:  # type: ignore[no-untyped-def]
    office, ann = world.open(PLUGIN_TYPES), person(1)
    pledge = Pledge(id=numbered(400), who=ann.id, day=date(2026, 1, 1))
    office.apply(batch("one", Create(ann), Create(pledge)))
    without = world.open(CORE_TYPES, machine="laptop")
    without.step(whole=True)
    without.close()
    world.opened.remove(without)
    laptop = world.open(PLUGIN_TYPES, machine="laptop")
    laptop.step(whole=True)
    for store in (laptop, office, world.open(PLUGIN_TYPES, machine="third")):
        store.step(whole=True)
        assert store.get(Pledge, [pledge.id]) == {pledge.id: pledge}


class Rug(Record):
    type_name: ClassVar[str] = "craft.rug"

    made: Annotated[Word, About("Made", "Gwnaed")]
    last: Annotated[Word, About("Last", "Olaf")]
    record: Annotated[Word, About("Record", "Cofnod")]
    recorded: Annotated[Word, About("Recorded", "Cofnodwyd")]


def test_fields_may_be_called_like_what_the_sheet_keeps_of_a_row(quick) -> None:  # type: ignore[no-untyped-def]
    office = Office.of(quick, (*CORE_TYPES, Rug))
    rug = Rug(id=numbered(400), made="here", last="one", record="three", recorded="four")
    office.write(Create(rug))
    office.put("Craft rug", "Made", rug, "there")
    office.put("Craft rug", "Recorded", rug, "five")
    office.step()
    assert office.get(rug) == rug.with_values({"made": "there", "recorded": "five"})
    assert office.in_step() and office.quiet() and office.laptop().same(office)

"""A plugin that a machine gets later finds its records in the sheet."""

from __future__ import annotations

from datetime import date

from perthyn.changes import Create
from perthyn.model import CORE_TYPES
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

"""The tab that tells of the sheet says when it was last in step, and by which machine."""

from __future__ import annotations

from perthyn.changes import Create
from perthyn.model import Contact
from perthyn.testing.suite.base import batch, numbered


def test_it_says_when_it_was_last_in_step(world) -> None:  # type: ignore[no-untyped-def]
    store = world.open()
    for number in (1, 2):
        world.emulator.clock.advance(3600)
        store.apply(batch(f"{number}", Create(Contact(id=numbered(number), name="Ann"))))
        at = world.now().strftime("%H:%M")
        said = store.api.values(["'About perthyn'!1:1"])[0][0][1]
        assert said.startswith("Last in step: 2026-") and f"{at}, by {store.kept.read().machine}" in said

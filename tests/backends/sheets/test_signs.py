"""Signs that no store keeps, pasted into a cell: told as a problem, and everything else goes on."""

from __future__ import annotations

import pytest

from perthyn.changes import Create
from perthyn.model import Contact, CustomField, Problem
from perthyn.testing.suite.base import batch, numbered


@pytest.mark.parametrize("sign", ["\x0b", "\x85", "\x7f", "\x1f"])
def test_a_sign_that_cannot_be_kept_hinders_nothing(world, sign: str) -> None:  # type: ignore[no-untyped-def]
    store = world.open()
    field = CustomField(id=numbered(9), name="own.shirt", type="number", label_en="s" * 500, label_cy="c" * 500)
    store.apply(batch("one", Create(field), Create(Contact(id=numbered(1), name="Ann")),
                      Create(Contact(id=numbered(2), name="Bob"))))  # fmt: skip
    rows = store.api.values(["'Contacts'"])[0]
    shirt, names = rows[0].index("s" * 500), [row[0] for row in rows]
    letter = chr(ord("A") + shirt)
    world.emulator.people.type("Contacts", f"{letter}2", f"x{sign}y")
    world.emulator.people.type("Contacts", f"A{names.index('Bob') + 1}", "Bea")
    outcome = store.step(whole=True)
    assert outcome.why is None and store.get(Contact, [numbered(2)])[numbered(2)].name == "Bea"
    (problem,) = store.scan(Problem)
    assert problem.state == "open" and sign not in (problem.raw or "")
    assert store.step(whole=True).why is None
    assert store.count_of(Problem) == 1

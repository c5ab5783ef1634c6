"""Scores: fifths counted by hand, and each cell's rule true for just the people who stand in it."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from perthyn.errors import Forbidden, Unknown

Office = Any  # the class stands in conftest.py
AS_OF = date(2026, 11, 22)


def test_scores_by_hand(office: Office) -> None:
    """Five givers, one in each fifth; equal values share a fifth, what others did or will do is left out."""
    people = [office.person(f"Giver {place}") for place in range(1, 6)]
    for place, one in enumerate(people, 1):
        for time in range(2 if place < 5 else 6):
            office.did(one, "donation", AS_OF - timedelta(days=10 * (5 - place) + time), amount=100 * place)
    office.did(people[0], "donation", AS_OF + timedelta(days=1), amount=9999)
    office.did(people[0], "donation", AS_OF, amount=9999, currency="EUR")
    office.did(office.person("Visitor"), "visit", AS_OF)
    found = office.crm.scores(["donation"], AS_OF)
    assert found.people == 5
    assert found.money == [(200, 200), (400, 400), (600, 600), (800, 800), (3000, 3000)]
    assert found.frequency == [(2, 2), None, None, (3, 3), (6, 6)]
    assert dict(office.crm.everybody(found)) == {
        people[0].id: (4, 4, 1), people[1].id: (1, 1, 2), people[2].id: (2, 1, 3), people[3].id: (3, 1, 4),
        people[4].id: (4, 5, 5),
    }  # fmt: skip
    assert sum(found.cells.values()) == 5 and found.cells[4, 5, 5] == 1


def test_a_cell_opens_to_its_people(office: Office) -> None:
    """Of every cell the people by its rule are those who have its scores; of an empty fifth there is nobody."""
    draw = Random(3)
    for number in range(40):
        one = office.person(f"One {number}")
        for _ in range(int(draw.paretovariate(0.8)) % 9):
            kind = draw.choice(("visit", "donation", "purchase"))
            office.did(one, kind, AS_OF - timedelta(days=draw.randrange(-30, 900)), amount=draw.randrange(-300, 5000))
    for kinds in ((), ("donation",), ("visit", "donation")):
        found = office.crm.scores(kinds, AS_OF)
        scored = dict(office.crm.everybody(found))
        assert len(scored) == found.people == sum(found.cells.values())
        for cell in [(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)]:
            there = {one.id for one in office.crm.people_of_cell(found, cell)}
            assert there == {id for id, scores in scored.items() if scores == cell}
            assert len(there) == found.cells.get(cell, 0)


def test_nobody_has_scores(office: Office) -> None:
    found = office.crm.scores()
    assert (found.people, found.cells, found.money) == (0, {}, [None] * 5)


def test_scores_ask_for_rights_and_known_kinds(office: Office) -> None:
    with pytest.raises(Unknown) as refused:
        office.crm.scores(["donatoin"])
    assert refused.value.facts["suggestion"] == "donation"
    with pytest.raises(Forbidden):
        office.desk("report.read").scores()

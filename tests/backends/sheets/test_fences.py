"""Fences, and moves to the sheet and back: that nothing is lost or doubled."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sheet_office import Office

from perthyn.changes import Create
from perthyn.contents import Fence
from perthyn.errors import PerthynError
from perthyn.moving import prove, transfer
from perthyn.testing.memory import MemoryStore
from perthyn.testing.suite.base import happened
from perthyn.testing.suite.plugin_types import PLUGIN_TYPES
from perthyn.testing.suite.transfer import FILLING, old_store
from perthyn_sheets.fences import fence_made, fence_removed, read_fence
from perthyn_sheets.once import Once
from perthyn_sheets.sheet import FENCE_KEY, book_mark

pytestmark = pytest.mark.slow


@pytest.fixture
def office(quick) -> Office:  # type: ignore[no-untyped-def]
    """Five people, and what two of them did."""
    return Office.of(quick)


def test_a_fence_refuses_another_machines_blind_insert(office: Office) -> None:
    laptop = office.laptop()
    moved = Fence("moved", "sqlite:///elsewhere.sqlite", "ann", office.world.now(), "m")
    office.store.set_fence(moved, None)
    with pytest.raises(PerthynError) as error:
        laptop.write(Create(happened(300, office.ann)))
    assert error.value.code == "store.fenced.moved"
    assert error.value.facts["where"] == "sqlite:///elsewhere.sqlite"
    with pytest.raises(PerthynError, match=r"store\.fenced\.moved"):
        laptop.write(Create(happened(301, office.ann)))
    assert len(office.grid("Interactions")) == 3
    with pytest.raises(PerthynError, match=r"store\.fenced\.moved"):
        laptop.laptop()


@pytest.mark.parametrize("wanted", ["moving", "moved", ""])
def test_what_a_killed_run_sent_of_a_fence_may_come_while_the_next_one_sends_it(office: Office, wanted: str) -> None:
    now, url = office.world.now(), "sqlite:///elsewhere.sqlite"
    office.step(whole=True)  # nothing is left to be written
    before = None if wanted == "moving" else Fence("moving", url, "ann", now, "first")
    if before is not None:
        office.store.set_fence(before, None)
    sent = Fence(wanted, url, "ann", now, "first") if wanted else None
    flight = Once(office.store.kept, office.store.api, office.store.house).begin().flight
    assert flight is not None
    office.store.mirror.set_fence(sent, before)
    with suppress(PerthynError):
        office.store.step(whole=True)  # the next run sees that it has not come
    assert office.store.fence == before
    requests = [fence_removed()] if before is not None else []
    requests += [fence_made(sent)] if sent is not None else []
    office.store.api.write(requests, marker=flight.number, marker_value=flight.text)
    office.store.set_fence(None if sent is None else replace(sent, mark="second"), before)
    assert office.store.fence == sent == read_fence(book_mark(office.store.api.book(), FENCE_KEY))


def test_of_two_machines_that_put_up_a_fence_one_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop = office.laptop()
    office.store.set_fence(Fence("moving", "sqlite:///one.sqlite", "ann", office.world.now(), "one"), None)
    monkeypatch.setattr(laptop.store, "step", lambda **_: laptop.store.outcome)  # it has looked the moment before
    with pytest.raises(PerthynError, match=r"store\.fenced\.changed"):
        laptop.store.set_fence(Fence("moving", "sqlite:///two.sqlite", "bob", office.world.now(), "two"), None)
    assert laptop.store.fence is None


def test_moved_to_the_sheet_and_back(quick: Any) -> None:
    old, new = old_store(), quick.open(PLUGIN_TYPES)
    with old.contents() as contents:
        sums = transfer(contents, new.filling(FILLING, contents.types))
        with new.contents() as found:
            prove(sums, contents, found)
    new.set_fence(None, new.fence)
    office = Office(quick, store=new)
    assert office.in_step() and office.quiet()
    laptop = office.laptop()
    assert laptop.same(office)
    back = MemoryStore(PLUGIN_TYPES)
    with laptop.store.contents() as contents:
        sums = transfer(contents, back.filling(FILLING, contents.types))
        with back.contents() as found:
            prove(sums, contents, found)

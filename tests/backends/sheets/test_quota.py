"""Google's quota, and its absence: machines that share one account, work done offline, and patience that ends."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from conftest import World

from perthyn.changes import Batch, Create
from perthyn.model import Contact
from perthyn_sheets.store import SheetsStore

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def _add(store: SheetsStore, number: int) -> str:
    change = Create(Contact(id=UUID(int=number), name=f"Siân {number}"))
    return store.apply(Batch(UUID(int=10_000 + number), "ann", NOW, changes=[change])).state


def test_two_programs_of_one_machine_stay_within_sixty_writes_a_minute(world: World) -> None:
    both = (world.open(), world.open())
    for number in range(1, 81):
        assert _add(both[number % 2], number) == "shared"
    writes = [one for one in world.emulator.log if one.quota == "write"]
    assert not [one for one in world.emulator.log if one.code == 429]
    assert all(sum(0 <= other.at - one.at < 60 for other in writes) <= 60 for one in writes)
    assert len(world.emulator.people.values("Contacts")) == 81


def test_work_done_offline_is_sent_when_google_answers_again(world: World) -> None:
    store = world.open()
    world.emulator.faults.next("503", times=40)
    assert [_add(store, number) for number in (1, 2, 3)] == ["stored"] * 3
    assert store.outcome.waiting == 3 and store.outcome.why is not None
    assert store.count_of(Contact) == 3
    world.emulator.faults.clear()
    store.step()
    assert store.outcome.why is None and not store.outcome.waiting
    assert len(world.emulator.people.values("Contacts")) == 4


def test_patience_ends_and_the_work_is_kept(world: World) -> None:
    store = world.open()
    world.emulator.faults.next("429", times=1000)
    began = world.emulator.clock.now()
    assert _add(store, 1) == "stored"
    assert world.emulator.clock.now() - began < 600
    assert store.outcome.why is not None and store.outcome.waiting == 1
    store.close()
    world.emulator.faults.clear()
    world.emulator.clock.advance(120)
    again = world.open()
    assert not again.outcome.waiting
    assert len(world.emulator.people.values("Contacts")) == 2

"""Jobs and what comes in stay on the machine that has them: Google hears nothing of them, their effects reach all."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from perthyn.channel import Channel, Delivery, Event, Fact, Reach, Request, Somebody
from perthyn.crm import Actor, Crm
from perthyn.hooks import hookimpl
from perthyn.model import Contact, Inbound, Interaction, Job
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn_sheets.store import SheetsStore


class Bell(Channel):
    """Notes who rang, and fetches one who rang while nobody listened."""

    name = "bell"
    title = ("Bell", "Cloch")
    every = timedelta(minutes=15)

    def accounts(self, house: Any) -> tuple[str, ...]:
        return ("door",)

    def accept(self, request: Request, reach: Reach) -> Event:
        return Event(request.body.decode())

    def read(self, request: Request, reach: Reach) -> list[Delivery]:
        return [self._rang(request.body.decode())]

    def fetch(self, reach: Reach) -> list[Delivery]:
        return [] if reach.cursor else [self._rang("missed", "1")]

    def _rang(self, who: str, cursor: str | None = None) -> Delivery:
        somebody = Somebody({"name": who, "email": f"{who}@x.cymru"})
        return Delivery("bell:door", [Fact(who, {"kind": "enquiry", "day": "2026-11-01"}, somebody)], cursor=cursor)


def desk(world: Any, store: SheetsStore) -> Crm:
    plugins = Plugins()
    plugins.add(SimpleNamespace(offer_channels=hookimpl(lambda: [Bell()])), "bell")
    return Crm(store, plugins, Settings(), world.now, store.house.random, Actor("gwen"))


def ring(crm: Crm, who: str) -> int:
    return crm.came_in("bell", "door", Request("POST", "/in/bell/door", "", {}, who.encode(), crm.clock()))[0]


def test_what_comes_in_is_answered_without_asking_google(quick) -> None:  # type: ignore[no-untyped-def]
    store = quick.open()
    crm = desk(quick, store)
    crm.token_key()
    list(crm.do_due("eve"))
    asked = len(quick.emulator.log)
    assert ring(crm, "secret-body") == 200
    assert len(quick.emulator.log) == asked and store.count_of(Inbound) == 1
    assert store.notices() == [] and store.waiting == 0, "nothing waits that anybody would look for"


def test_its_effects_reach_every_machine_and_it_does_not(quick) -> None:  # type: ignore[no-untyped-def]
    store = quick.open()
    crm = desk(quick, store)
    list(crm.do_due("eve"))
    laptop = quick.open(machine="laptop")
    mirror = laptop.kept.read().mirror
    ring(crm, "huw")
    done = [one.outcome for one in crm.do_due("eve")]
    assert done == ["done"] and store.step().why is None
    assert laptop.step(whole=True).why is None
    assert {one.source_id for one in laptop.scan(Interaction)} == {"missed", "huw"}
    assert list(laptop.scan(Inbound)) == [] and list(laptop.scan(Job)) == []
    assert laptop.kept.read().mirror == mirror, "what was added is applied; nothing is made anew"
    everywhere = "".join(quick.book.csv(one.id, ",") for one in quick.book.sheets)
    assert "huw@x.cymru" in everywhere
    assert all(f'""type"":""{name}""' not in everywhere for name in ("job", "inbound"))


def test_local_records_outlive_a_new_mirror(quick) -> None:  # type: ignore[no-untyped-def]
    store = quick.open()
    crm = desk(quick, store)
    ring(crm, "huw")
    jobs = sorted(one.id for one in store.scan(Job))
    laptop = desk(quick, quick.open(machine="laptop"))
    contact, _ = laptop.add_contact({"name": "Ann"})
    laptop.edit_contact(contact.id, {"name": "Bea"})
    mirror = store.kept.read().mirror
    store.step(whole=True)
    assert store.kept.read().mirror != mirror
    assert sorted(one.id for one in store.scan(Job)) == jobs and store.count_of(Inbound) == 1
    assert {one.outcome for one in desk(quick, store).do_due("eve")} == {"done"}


def test_one_machine_fetches_for_all_until_it_is_away(quick) -> None:  # type: ignore[no-untyped-def]
    office, laptop = quick.open(), quick.open(machine="laptop")
    there, here = desk(quick, office), desk(quick, laptop)

    def fetched(crm: Crm, worker: str) -> list[str]:
        quick.emulator.clock.advance(60)
        return [one.outcome for one in crm.do_due(worker) if one.name == "channel.fetch"]

    assert fetched(there, "gwen@office-1") == ["done"]
    assert fetched(here, "gwen@laptop-1") == [] and fetched(there, "gwen@office-2") == []
    quick.emulator.clock.advance(45 * 60)
    assert fetched(here, "gwen@laptop-2") == ["done"]
    assert fetched(there, "gwen@office-3") == []
    for store in (laptop, office, laptop):
        assert store.step(whole=True).why is None
    for store in (laptop, office):
        assert [one.source_id for one in store.scan(Interaction)] == ["missed"]
        assert [one.shown_name for one in store.scan(Contact)] == ["missed"]

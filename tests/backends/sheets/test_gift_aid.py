"""Gift Aid in a Google Sheet: what one machine has claimed another neither loses nor claims again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

import perthyn_donations
from perthyn.changes import Create
from perthyn.crm import Actor, Crm, record_types
from perthyn.errors import PerthynError
from perthyn.model import Address, Contact, Interaction
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn_donations.books import books
from perthyn_donations.claims import claim
from perthyn_donations.declaring import declare


def test_two_machines_claim_once(world: Any, tmp_path: Path) -> None:
    plugins = Plugins()
    plugins.add(perthyn_donations, "donations")
    types = record_types(plugins)

    def desk(machine: str, seed: int) -> Crm:
        store = world.open(types, machine=machine)
        settings = Settings(organisation="Plas Brithwen")
        return Crm(store, plugins, settings, world.now, Random(seed).randbytes, Actor(machine))

    office = desk("one", 1)
    home = Address(lines="12 Stryd Fawr", postcode="SY20 8XC")
    who = Contact(id=office.ids(), given="Gŵyn", family="ap Gwilym", addresses=(home,))
    gift = Interaction(id=office.ids(), contact=who.id, kind="donation", day=date(2026, 1, 3), amount=10_00,
                       currency="GBP")  # fmt: skip
    office.commit([Create(who), Create(gift)])
    declare(office, who, date(2026, 1, 1), covers="both", how="written", wording="I pay tax")
    claim(office, tmp_path / "a.ods")
    office.store.step(whole=True)  # type: ignore[attr-defined]
    laptop = desk("laptop", 2)
    laptop.store.step(whole=True)  # type: ignore[attr-defined]
    (judged,) = books(laptop).gifts
    assert (judged.claimed, judged.open) == (10_00, 0)
    with pytest.raises(PerthynError) as error:
        claim(laptop, tmp_path / "b.ods")
    assert error.value.code == "giftaid.claim.nothing"
    before = (tmp_path / "a.ods").read_bytes()
    (tmp_path / "a.ods").unlink()
    claim(laptop, tmp_path / "a.ods")
    assert (tmp_path / "a.ods").read_bytes() == before, "the same file on any machine"

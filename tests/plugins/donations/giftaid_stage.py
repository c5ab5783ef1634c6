"""A charity with gifts, at a fixed day, for the tests of Gift Aid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

import perthyn_donations
from perthyn.changes import Create
from perthyn.crm import Actor, Crm, record_types
from perthyn.model import Address, Contact, Interaction, Record, Takings
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn.testing import MemoryStore
from perthyn_donations.books import Books, Judged, books
from perthyn_donations.records import Declaration, Gift
from perthyn_sql import open_store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDS = "I pay UK tax, and pay the difference if I paid too little."


def plugins() -> Plugins:
    """The one plugin that is tested."""
    found = Plugins()
    found.add(perthyn_donations, "donations")
    return found


@dataclass
class Charity:
    """A store and what is done in it. `now` can be put forward."""

    folder: Path
    store: Store
    settings: Settings = field(default_factory=lambda: Settings(organisation="Plas Brithwen"))
    now: datetime = NOON
    crm: Crm = field(init=False)

    def __post_init__(self) -> None:
        self.crm = self.desk()

    def desk(self, seed: int = 1, *rights: str) -> Crm:
        """Another person at this store."""
        actor = Actor("gwen", frozenset(rights) or frozenset({"*"}))
        return Crm(self.store, plugins(), self.settings, lambda: self.now, Random(seed).randbytes, actor)

    def keep(self, *records: Record) -> None:
        self.crm.commit([Create(one) for one in records], kind="import")

    def person(self, given: str = "Siân", family: str = "Llŷr", **values: Any) -> Contact:
        home = Address(lines="12 Stryd Fawr", town="Brithwen", postcode="SY20 8XC")
        said = {"given": given, "family": family, "addresses": (home,), **values}
        one = Contact.model_validate({"id": self.crm.ids(), **said})
        self.keep(one)
        return one

    def gift(self, who: Contact | UUID, pence: int, day: date = date(2026, 3, 1), **values: Any) -> Interaction:
        contact = who if isinstance(who, UUID) else who.id
        said = {"kind": "donation", "currency": "GBP", **values}
        one = Interaction.model_validate(
            {"id": self.crm.ids(), "contact": contact, "amount": pence, "day": day, **said}
        )
        self.keep(one)
        return one

    def noted(self, gift: Interaction, **values: Any) -> Gift:
        one = Gift(id=self.crm.ids(), contact=gift.contact, interaction=gift.id, **values)
        self.keep(one)
        return one

    def box(self, pence: int, day: date, channel: str = "cash") -> None:
        self.keep(Takings(id=self.crm.ids(), kind="donation", channel=channel, amount=pence, currency="GBP", day=day))

    def declared(self, who: Contact, day: date = date(2026, 1, 1), **values: Any) -> Declaration:
        one = declaration(who.id, id=self.crm.ids(), day=day, **values)
        self.keep(one)
        return one

    def books(self) -> Books:
        return books(self.crm)

    def judged(self, gift: Interaction) -> Judged:
        return next(one for one in self.books().gifts if one.gift.id == gift.id)


def declaration(contact: UUID, **values: Any) -> Declaration:
    """A whole declaration, but for what is given."""
    said = {
        "day": date(2026, 1, 1), "covers": "both", "how": "written", "charity": "Plas Brithwen", "given": "Siân",
        "family": "Llŷr", "address": "12 Stryd Fawr\nBrithwen", "postcode": "SY20 8XC", "wording": WORDS,
        "recorded": NOON, **values,
    }  # fmt: skip
    return Declaration.model_validate({"contact": contact, **said})


@pytest.fixture(params=["memory", "sqlite"])
def charity(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Charity]:
    """A charity on each kind of store."""
    types = record_types(plugins())
    url = f"sqlite:///{(tmp_path / 'perthyn.sqlite').as_posix()}"
    made = Charity(tmp_path, MemoryStore(types) if request.param == "memory" else open_store(url, types))
    yield made
    made.store.close()


def memory(folder: Path) -> Charity:
    """A charity whose records are forgotten."""
    return Charity(folder, MemoryStore(record_types(plugins())))

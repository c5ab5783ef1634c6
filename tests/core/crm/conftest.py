"""What the tests of `Crm` share: one on memory and one on SQLite, at a fixed time, with short ways to make people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from perthyn.changes import Create
from perthyn.crm import Actor, Crm
from perthyn.importing.outcome import Outcome
from perthyn.model import CORE_TYPES, Consent, Contact, Email, Interaction, Record, Takings
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn.testing import MemoryStore
from perthyn_sql import open_store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TODAY = NOON.date()


@dataclass
class Office:
    """A store, and what is done in it. `now` can be put forward."""

    store: Store
    folder: Path
    now: datetime = NOON
    crm: Crm = field(init=False)

    def __post_init__(self) -> None:
        self.crm = self.desk()

    def desk(self, *rights: str, language: str = "en", seed: int = 1) -> Crm:
        """A `Crm` on this store, for an actor with these rights (all)."""
        actor = Actor("gwen", frozenset(rights) or frozenset({"*"}))
        return Crm(self.store, Plugins(), Settings(), lambda: self.now, Random(seed).randbytes, actor, language)

    def later(self, **span: int) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def keep(self, *records: Record) -> None:
        """Put records into the store as they are, as one batch."""
        self.crm.commit([Create(one) for one in records], kind="import")

    def person(self, name: str = "Siân Llŷr", email: str | Sequence[str] = (), **values: Any) -> Contact:
        """A contact, kept."""
        emails = [email] if isinstance(email, str) else email
        made = {"emails": tuple(Email(address=one) for one in emails), **values}
        contact = Contact.model_validate({"id": self.crm.ids(), "name": name, **made})
        self.keep(contact)
        return contact

    def did(self, contact: Contact, kind: str = "visit", day: date = TODAY, **values: Any) -> Interaction:
        """Something that happened, kept."""
        if "amount" in values:
            values.setdefault("currency", "GBP")
        one = Interaction.model_validate(
            {"id": self.crm.ids(), "contact": contact.id, "kind": kind, "day": day, **values}
        )
        self.keep(one)
        return one

    def till(self, kind: str = "purchase", day: date = TODAY, **values: Any) -> Takings:
        """A till line about nobody, kept."""
        if "amount" in values:
            values.setdefault("currency", "GBP")
        one = Takings.model_validate({"id": self.crm.ids(), "kind": kind, "day": day, **values})
        self.keep(one)
        return one

    def said(self, contact: Contact, decision: str, channel: str = "email", **values: Any) -> Consent:
        """What somebody said about being contacted, kept."""
        told = {"channel": channel, "decision": decision, "at": self.now, "recorded": self.now, **values}
        one = Consent.model_validate({"id": self.crm.ids(), "contact": contact.id, **told})
        self.keep(one)
        return one

    def bring(self, text: str, name: str = "list.csv") -> list[Outcome]:
        """Import a file with this text."""
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return [self.crm.import_table(one) for one in self.crm.understand(file)]

    def held(self, contact: Contact) -> Contact:
        """The contact as the store has it."""
        return self.store.get(Contact, [contact.id])[contact.id]

    def everything(self) -> dict[str, list[bytes]]:
        """All records, of each type."""
        return {name: [one.canonical() for one in self.store.scan(kind)] for name, kind in self.store.types.items()}


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[[str], Office]]:
    """Makes an office with an empty store of a kind: "memory" or "sqlite"."""
    opened: list[Store] = []

    def make(kind: str) -> Office:
        url = f"sqlite:///{(tmp_path / 'perthyn.sqlite').as_posix()}"
        store = MemoryStore() if kind == "memory" else open_store(url, CORE_TYPES)
        opened.append(store)
        return Office(store, tmp_path)

    yield make
    for store in opened:
        store.close()


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, build: Callable[[str], Office]) -> Office:
    """An office on each kind of store."""
    return build(request.param)


@pytest.fixture
def sqlite(build: Callable[[str], Office]) -> Office:
    """An office on SQLite."""
    return build("sqlite")

"""What the journeys share: the demonstration's files, a CRM at a fixed time, and whose each row became."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from perthyn.crm import Actor, Crm, record_types
from perthyn.importing.chunks import chunks
from perthyn.importing.consents import YesMeans
from perthyn.importing.identity import RowNames
from perthyn.importing.outcome import Outcome
from perthyn.importing.plans import Understanding
from perthyn.model import Contact, Interaction
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn.testing.memory import MemoryStore
from perthyn_demo.generate import generate
from perthyn_demo.truths import Place, Truths

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class House:
    """A CRM into which files have been brought. `whose`: each place of a file -> the contacts it is about.

    A place is (file, row, column); the column is 0 but in a grid. Rows about nobody, refused or set aside have no
    place; those set aside stand in `aside` as (file, row), those refused in `refused`.
    """

    crm: Crm
    outcomes: dict[str, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    whose: dict[Place, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    aside: set[tuple[str, int]] = field(default_factory=set)
    refused: set[tuple[str, int]] = field(default_factory=set)

    def bring(self, file: Path, yes_means: YesMeans | None = None) -> list[Outcome]:
        """Import a file as it is; every row ends as stored, unchanged, refused or set aside."""
        found = []
        for understanding in self.crm.understand(file):
            outcome = self.crm.import_table(understanding, yes_means=yes_means)
            assert outcome.rows == outcome.stored + outcome.unchanged + outcome.refused + outcome.aside
            found.append(outcome)
        self.outcomes[file.name] += found
        return found

    def look(self, file: Path) -> None:
        """Find out whose the rows of an imported file became, by the names the rows have in the store."""
        known = {(one.source, one.external): contact.id for contact in self.contacts() for one in contact.external_ids}
        for understanding in self.crm.understand(file):
            names = RowNames(understanding)
            for chunk in chunks(understanding, 5000):
                named = names.name(chunk).ids
                self.aside |= {(file.name, one.row) for one in chunk.aside}
                self.refused |= {(file.name, row) for row in chunk.refused}
                sourced = self.crm.store.sourced(understanding.source, named)
                persons = chunk.values("person_id")
                for at, id in enumerate(named):
                    place = (file.name, chunk.rows[at], _column(understanding, chunk.texts, at))
                    contact = sourced[id].contact if id in sourced else None
                    if understanding.about == "people":
                        contact = known.get((understanding.source, persons[at] or f"row:{id}"))
                    if contact is not None:
                        self.whose[place].add(contact)

    def contacts(self) -> list[Contact]:
        return list(self.crm.store.scan(Contact))

    def people(self) -> set[frozenset[Place]]:
        """Everybody as the places that are theirs, which is the same in whatever order the files came."""
        found: dict[UUID, set[Place]] = defaultdict(set)
        for place, contacts in self.whose.items():
            for contact in contacts:
                found[contact].add(place)
        return {frozenset(places) for places in found.values()}

    def total(self, contacts: Sequence[UUID], kind: str) -> int:
        """The money of one kind that some contacts gave or spent, in pence."""
        return sum(one.amount or 0 for one in self.crm.store.owned(Interaction, sorted(contacts)) if one.kind == kind)

    def rule(self, text: str) -> set[UUID]:
        """Who a rule finds."""
        return {one.id for one in self.crm.contacts_of(self.crm.closed_text(text))}


def _column(understanding: Understanding, texts: dict[str, list[str]], at: int) -> int:
    if understanding.layout.shape != "grid":
        return 0
    return 1 + next(plan.index for plan in understanding.columns if plan.header == texts["date"][at])


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return Plugins.find()


@pytest.fixture(scope="session")
def build(plugins: Plugins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], House]]:
    """Makes a house with an empty store of a kind: "memory" or "sqlite"."""
    opened: list[Store] = []

    def make(kind: str) -> House:
        types = record_types(plugins)
        if kind == "memory":
            store: Store = MemoryStore(types)
        else:
            url = f"sqlite:///{(tmp_path_factory.mktemp('store') / 'perthyn.sqlite').as_posix()}"
            store = plugins.open_store(url, types, "GBP", True)
        opened.append(store)
        return House(Crm(store, plugins, Settings(), lambda: NOON, os.urandom, Actor("test")))

    yield make
    for store in opened:
        store.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demonstration's files."""
    return tmp_path_factory.mktemp("brithwen")


@pytest.fixture(scope="session")
def truths(files: Path) -> Truths:
    """The answers, written before any file."""
    return generate(files)


@pytest.fixture(scope="session")
def brithwen(build: Callable[[str], House], files: Path, truths: Truths) -> House:
    """All the demonstration's files imported into SQLite. Tests only read it."""
    house = build("sqlite")
    for name in truths.files:
        house.bring(files / name)
    for name in truths.files:
        house.look(files / name)
    return house

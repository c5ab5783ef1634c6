"""What the tests of backups share: a small store with everything in it, a key, and a file made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest

from perthyn.backups.keys import Key, made_key
from perthyn.backups.refusals import FILE, Refusals
from perthyn.changes import Create, Edit
from perthyn.crm import Actor, Crm
from perthyn.model import Address, Consent, Contact, Email, Interaction, Role, Tag
from perthyn.plugins import Plugins
from perthyn.settings import Settings
from perthyn.store import Store
from perthyn.testing import MemoryStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

Desk = Callable[[Store], Crm]


@pytest.fixture(scope="session")
def key() -> Key:
    return made_key()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A `Crm` on a store, in a folder of its own, that keeps its refusals."""

    def make(store: Store) -> Crm:
        folder = tmp_path / "organisation"
        folder.mkdir(exist_ok=True)
        settings = Settings(folder=folder, organisation="Plas Brithwen", currency="GBP")
        actor = Actor("gwen")
        return Crm(store, Plugins(), settings, lambda: NOON, Random(1).randbytes, actor, "en", Refusals(folder / FILE))

    return make


@pytest.fixture
def crm(desk: Desk) -> Crm:
    """A store with people, what they did and said, and a past."""
    crm = desk(MemoryStore())
    people = [
        Contact(
            id=crm.ids(),
            name=f"Siân Llŷr {number}",
            emails=(Email(address=f"sian{number}@plas.example"), Email(address=f"s{number}@tŷ.example")),
            addresses=(Address(lines="1 Stryd y Bont\nLlan", postcode="SY20 8XX"),),
            roles=(Role(role="member", start=date(2020, 2, 29)),),
            tags=(Tag(tag='o "glust" \\ i glust'),),
        )
        for number in range(12)
    ]
    crm.commit([Create(one) for one in people], kind="import", facts={"file": "members.xlsx"})
    crm.commit(
        [
            Edit(
                "contact",
                people[0].id,
                {"name": (people[0].name, None), 'tags[o "glust" \\ i glust]': (people[0].tags[0], None)},
            )
        ]
    )
    crm.commit(
        [
            Create(
                Interaction(
                    id=crm.ids(), contact=one.id, kind="donation", day=date(2026, 1, 1), amount=1, currency="GBP"
                )
            )
            for one in people
        ]
    )
    crm.commit([Create(Consent(id=crm.ids(), contact=people[1].id, channel="email", decision="given", recorded=NOON))])
    return crm

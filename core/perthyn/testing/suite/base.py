"""What the cases stand on: how a store is opened, and short ways to say a contact, a visit, a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

from perthyn.changes import Batch, Block, Change, Create, Receipt
from perthyn.model import Contact, Interaction, Record, Takings
from perthyn.store import Store

Opener = Callable[..., Store]
"""``open_store(types=CORE_TYPES)``: opens the store of this test; called again, the same one anew."""

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)
_FIRST = UUID("01950000-0000-7000-8000-000000000000").int


class StoreCases:
    """`forgets`: why nothing is left of a closed store ("" for a store that keeps what it was given)."""

    forgets: ClassVar[str] = ""

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Opener:
        """To be given by the adopting class."""
        raise NotImplementedError("a store suite needs a fixture open_store")

    @pytest.fixture
    def store(self, open_store: Opener) -> Iterator[Store]:
        """A new, empty store with the core's record types."""
        opened = open_store()
        yield opened
        opened.close()

    def settle(self, store: Store) -> None:
        """Called after every write, for a store that brings it to its shared place later. Nothing to do by default."""

    def write(self, store: Store, *changes: Change, **about: Any) -> Receipt:
        """Apply one batch of these changes."""
        return self.send(store, batch(f"batch {store.position() + 1}", *changes, **about))

    def add(self, store: Store, *records: Record, **about: Any) -> Receipt:
        """Create these records in one batch."""
        return self.write(store, *map(Create, records), **about)

    def send(self, store: Store, sent: Batch) -> Receipt:
        """Apply a batch and settle."""
        receipt = store.apply(sent)
        self.settle(store)
        return receipt


def batch(name: str, *changes: Change, blocks: Sequence[Block] = (), **about: Any) -> Batch:
    """A batch whose id comes from `name`, by Ann at noon unless said otherwise."""
    return Batch(uuid5(NAMESPACE_OID, name), about.pop("actor", "ann"), about.pop("at", NOON), changes=changes,
                 blocks=blocks, **about)  # fmt: skip


def numbered(number: int) -> UUID:
    """The number-th id: in the order of the numbers."""
    return UUID(int=_FIRST + number)


def person(number: int, name: str | None = "Ann Jones", **fields: Any) -> Contact:
    """A contact."""
    return Contact(id=numbered(number), name=name, **fields)


def happened(number: int, who: Contact, kind: str = "visit", day: date = DAY, **fields: Any) -> Interaction:
    """An interaction of a contact."""
    return Interaction(id=numbered(number), contact=who.id, kind=kind, day=day, **fields)


def paid(number: int, who: Contact, amount: int, day: date = DAY, currency: str = "GBP", **fields: Any) -> Interaction:
    """A donation, in pence."""
    return happened(number, who, fields.pop("kind", "donation"), day, amount=amount, currency=currency, **fields)


def taken(number: int, day: date = DAY, kind: str = "purchase", **fields: Any) -> Takings:
    """A till line about nobody."""
    return Takings(id=numbered(number), kind=kind, day=day, **fields)


def one(store: Store, record: Record) -> Record:
    """What the store holds under that record's type and id."""
    return store.get(type(record), [record.id])[record.id]


def ids(records: Iterable[Record]) -> list[UUID]:
    """The ids of some records."""
    return [record.id for record in records]

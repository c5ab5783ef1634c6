"""What every part of the store stands on: the database, its tables, its words and its shelves."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect

from perthyn.errors import Unknown
from perthyn.model import Record
from perthyn.store import Store
from perthyn.text import nearest
from perthyn_sql.open import Database
from perthyn_sql.shelf import Shelf
from perthyn_sql.tables import schema_of
from perthyn_sql.vocabulary import Vocabulary
from perthyn_sql.words import Words

R = TypeVar("R", bound=Record)
Answer = TypeVar("Answer")

MOST_SEEN = 100
"""So many answers at most are remembered for as long as a picture is open."""


class Shelves:
    """The tables of a store and what stands in them, whatever the connection.

    `types`: those that are declared. `carried`: those whose plugin is not there; they are kept, not written to.
    """

    def __init__(
        self, types: Mapping[str, type[Record]], carried: Mapping[str, type[Record]], currency: str, dialect: Dialect
    ) -> None:
        self.types = types
        self.carried = carried
        self.currency = currency
        self.schema = schema_of((*types.values(), *carried.values()))
        self.words = Words()
        self._by_type: dict[str, Shelf[Any]] = {
            name: Shelf(about, about.record, self.words, dialect) for name, about in self.schema.records.items()
        }

    def of(self, type: type[R]) -> Shelf[R]:
        """The shelf of a record type. Raises `Unknown` (``store.type.unknown``)."""
        return self.named(type.type_name)

    def named(self, name: str) -> Shelf[Any]:
        """The shelf of the declared type of this name. Raises `Unknown` (``store.type.unknown``)."""
        if name not in self.types:
            raise Unknown("store.type.unknown", name=name, suggestion=nearest(name, self.types))
        return self._by_type[name]

    def any(self, name: str) -> Shelf[Any]:
        """The shelf of the type of this name, carried ones too. Raises `Unknown` (``store.type.unknown``)."""
        return self._by_type[name] if name in self.carried else self.named(name)

    def owned(self) -> list[Shelf[Any]]:
        """The shelves of all types that belong to contacts."""
        return [shelf for shelf in self if shelf.owner]

    def __iter__(self) -> Iterator[Shelf[Any]]:
        return iter(self._by_type.values())


class OnSql(Store):
    """A store over a database; its parts are spread over several classes, each a chapter of the contract."""

    def __init__(self, database: Database, shelves: Shelves) -> None:
        self.database = database
        self.shelve(shelves)

    def shelve(self, shelves: Shelves) -> None:
        """Stand on these shelves."""
        self.shelves = shelves
        self.schema = shelves.schema
        self.words = shelves.words
        self.vocabulary = Vocabulary()

    def reading(self) -> AbstractContextManager[Connection]:
        """The connection for short reads, within one picture of the data; may be nested."""
        return self.database.reading()

    def picture(self) -> AbstractContextManager[Any]:
        return self.reading()

    def once(self, asked: Hashable, read: Callable[[Connection], Answer]) -> Answer:
        """What `read` answers; within one picture it is not asked the same again."""
        seen = self.database.seen
        if seen is None:
            with self.reading() as connection:
                return read(connection)
        if asked not in seen:
            if len(seen) >= MOST_SEEN:
                seen.clear()
            with self.reading() as connection:
                seen[asked] = read(connection)
        answer: Answer = seen[asked]
        return answer

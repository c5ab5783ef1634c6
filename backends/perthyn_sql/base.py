"""What every part of the store stands on: the database, its tables, its words and its shelves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect

from perthyn.errors import Unknown
from perthyn.model import Record
from perthyn.store import Store
from perthyn.text import nearest
from perthyn_sql.open import Database
from perthyn_sql.shelf import Shelf
from perthyn_sql.tables import Schema
from perthyn_sql.vocabulary import Vocabulary
from perthyn_sql.words import Words

R = TypeVar("R", bound=Record)


class Shelves:
    """The tables of a store and what stands in them, whatever the connection."""

    def __init__(self, types: Sequence[type[Record]], currency: str, dialect: Dialect) -> None:
        self.types: Mapping[str, type[Record]] = {one.type_name: one for one in types}
        self.currency = currency
        self.schema = Schema(types)
        self.words = Words()
        self._by_type: dict[str, Shelf[Any]] = {
            name: Shelf(about, about.record, self.words, dialect) for name, about in self.schema.records.items()
        }

    def of(self, type: type[R]) -> Shelf[R]:
        """The shelf of a record type. Raises `Unknown` (``store.type.unknown``)."""
        return self.named(type.type_name)

    def named(self, name: str) -> Shelf[Any]:
        """The shelf of the type of this name. Raises `Unknown` (``store.type.unknown``)."""
        if name not in self._by_type:
            raise Unknown("store.type.unknown", name=name, suggestion=nearest(name, self._by_type))
        return self._by_type[name]

    def owned(self) -> list[Shelf[Any]]:
        """The shelves of all types that belong to contacts."""
        return [shelf for shelf in self if shelf.owner]

    def __iter__(self) -> Iterator[Shelf[Any]]:
        return iter(self._by_type.values())


class OnSql(Store):
    """A store over a database; its parts are spread over several classes, each a chapter of the contract."""

    def __init__(self, database: Database, shelves: Shelves) -> None:
        self.database = database
        self.shelves = shelves
        self.schema = shelves.schema
        self.words = shelves.words
        self.vocabulary = Vocabulary()

    def reading(self) -> AbstractContextManager[Connection]:
        """The connection for short reads, within one picture of the data; may be nested."""
        return self.database.reading()

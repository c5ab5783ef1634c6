"""Where the databases' SQL differs: a statement is written once, and asks here for what each says its own way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import Connection


class Dialect(ABC):
    """What one database says its own way."""

    hex_id: ClassVar[str]
    """The column `id` as hexadecimal text in small letters."""

    position: ClassVar[str]
    """The function (text, part) that answers where a text holds another, from 1; 0 for nowhere."""

    unindexed: ClassVar[str]
    """Before a column: keeps a planner that knows nothing of our data from using its index."""

    in_turn: ClassVar[str]
    """The join whose left side drives, where the planner would else choose."""

    @abstractmethod
    def total(self, value: str) -> str:
        """The sum of whole numbers as a whole number; NULL of none."""

    @abstractmethod
    def outside(self, key: str, members: str) -> str:
        """That a key, never NULL, is not in a SELECT of keys named `contact`, none of them NULL."""


class Sqlite(Dialect):
    """SQLite's planner, which knows nothing of our data, is left no choice."""

    hex_id = "lower(hex(id))"
    position = "instr"
    unindexed = "+"
    in_turn = "CROSS JOIN"

    def total(self, value: str) -> str:
        return f"sum({value})"

    def outside(self, key: str, members: str) -> str:
        return f"{key} NOT IN ({members})"


class Postgres(Dialect):
    """PostgreSQL's planner knows our data by its statistics, and is left to choose."""

    hex_id = "encode(id, 'hex')"
    position = "strpos"
    unindexed = ""
    in_turn = "JOIN"

    def total(self, value: str) -> str:
        # Its own sum of bigint is a fraction, which divides as such.
        return f"CAST(sum({value}) AS BIGINT)"

    def outside(self, key: str, members: str) -> str:
        # NOT IN is never an anti join there: a set too great for memory would be read again for every key.
        return f"NOT EXISTS (SELECT 1 FROM ({members}) x WHERE x.contact = {key})"


DIALECTS: Mapping[str, Dialect] = {"sqlite": Sqlite(), "postgresql": Postgres()}


def dialect_of(connection: Connection) -> Dialect:
    """The dialect that is spoken on a connection."""
    return DIALECTS[connection.dialect.name]


def fetched(connection: Connection, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a query as plain tuples: SQLAlchemy's own rows take three times as long."""
    result = connection.exec_driver_sql(query, tuple(values))
    rows = [*result.cursor.fetchall()]
    result.close()
    return rows

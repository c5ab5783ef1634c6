"""Where the databases differ in what is said to them: a statement is written once, with ``?`` and ``:name`` marks.

What each says its own way stands in its `Dialect`. Rows go in and out by the few functions here: many at a time, as
plain tuples, by the quickest way that the database has.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from array import array
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from itertools import islice, repeat
from sys import byteorder
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

T = TypeVar("T")

CHUNK = 500
"""How many values stand in one IN list."""

KEYS_AT_ONCE = 20_000
"""How many keys stand in one array."""

AT_ONCE = 500
"""How many rows of a long answer are in memory at once."""

NUMBERS_AT_ONCE = 20_000
"""The same where they are a few whole numbers."""

Rows = Sequence[Sequence[Any]]
Values = Sequence[Any] | Mapping[str, Any]
Stream = Generator[Sequence[Any], None, None]
Columns = Iterator[Sequence[Sequence[Any]]]


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

    groups_at_once: ClassVar[bool]
    """Whether a query may group its rows in several ways at once (``GROUPING SETS``)."""

    @abstractmethod
    def total(self, value: str) -> str:
        """The sum of whole numbers as a whole number; NULL of none."""

    @abstractmethod
    def outside(self, key: str, members: str) -> str:
        """That a key, never NULL, is not in a SELECT of keys named `contact`, none of them NULL."""

    @abstractmethod
    def few_digits(self, text: str) -> str:
        """That a text holds two digits at most."""

    @abstractmethod
    def keyed(self, text: str, keys: Iterable[Any], values: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """A statement in which one ``IN (*)`` stands for some of these keys, with its values; one for every so many."""

    @abstractmethod
    def put(self, connection: Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
        """Add rows. Raises `IntegrityError`."""

    @abstractmethod
    def take(self, connection: Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
        """Remove the rows that have these values, none of them NULL, in these columns."""

    @abstractmethod
    def fetch(self, connection: Connection, query: str, values: Values) -> Rows:
        """All rows of a query as the driver gives them: SQLAlchemy's own take three times as long."""

    def together(self, connection: Connection, queries: Sequence[tuple[str, Values]]) -> list[Rows]:
        """All rows of each of these brief queries."""
        return [self.fetch(connection, *one) for one in queries]

    @abstractmethod
    def ids(self, connection: Connection, query: str, values: Values) -> list[bytes]:
        """The answer of a query for a column `id`, never NULL, in no order."""

    @abstractmethod
    def numbers(self, connection: Connection, query: str, values: Values, names: Sequence[str]) -> Columns:
        """The answer of a query for columns of whole numbers, never NULL, column by column, in parts."""

    @abstractmethod
    def stream(self, connection: Connection, query: str, values: Values, size: int) -> Stream:
        """The rows of a query, so many at a time."""

    @abstractmethod
    def attempt(self, connection: Connection) -> AbstractContextManager[Any]:
        """What fails in it leaves the rest of the transaction as it was."""


class Sqlite(Dialect):
    """SQLite's planner, which knows nothing of our data, is left no choice."""

    hex_id = "lower(hex(id))"
    position = "instr"
    unindexed = "+"
    in_turn = "CROSS JOIN"
    groups_at_once = False

    def total(self, value: str) -> str:
        return f"sum({value})"

    def outside(self, key: str, members: str) -> str:
        return f"{key} NOT IN ({members})"

    def few_digits(self, text: str) -> str:
        return f"{text} NOT GLOB '*[0-9]*[0-9]*[0-9]*'"

    def keyed(self, text: str, keys: Iterable[Any], values: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        for these in map(padded, chunks(keys)):
            yield _marked(text, len(these)), (*values, *these)

    def put(self, connection: Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
        connection.exec_driver_sql(_insert(table, tuple(columns)), rows)

    def take(self, connection: Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
        where = " AND ".join(f'"{column}" = ?' for column in columns)
        connection.exec_driver_sql(f'DELETE FROM "{table}" WHERE {where}', rows)

    def fetch(self, connection: Connection, query: str, values: Values) -> Rows:
        link: Any = connection.connection.dbapi_connection
        rows: Rows = link.execute(query, _given(values)).fetchall()
        return rows

    def ids(self, connection: Connection, query: str, values: Values) -> list[bytes]:
        return [id for (id,) in self.fetch(connection, query, values)]

    def numbers(self, connection: Connection, query: str, values: Values, names: Sequence[str]) -> Columns:
        for rows in self.stream(connection, query, values, NUMBERS_AT_ONCE):
            yield list(zip(*rows, strict=True))

    def stream(self, connection: Connection, query: str, values: Values, size: int) -> Stream:
        result = connection.exec_driver_sql(query, _given(values))
        try:
            while rows := result.cursor.fetchmany(size):
                yield rows
        finally:
            result.close()

    def attempt(self, connection: Connection) -> AbstractContextManager[Any]:
        # A statement that fails leaves no trace there, and a savepoint costs.
        return nullcontext()


class Postgres(Dialect):
    """PostgreSQL's planner knows our data by its statistics, and is left to choose."""

    hex_id = "encode(id, 'hex')"
    position = "strpos"
    unindexed = ""
    in_turn = "JOIN"
    groups_at_once = True

    def total(self, value: str) -> str:
        # Its own sum of bigint is a fraction, which divides as such.
        return f"CAST(sum({value}) AS BIGINT)"

    def outside(self, key: str, members: str) -> str:
        # NOT IN is never an anti join there: a set too great for memory would be read again for every key.
        return f"NOT EXISTS (SELECT 1 FROM ({members}) x WHERE x.contact = {key})"

    def few_digits(self, text: str) -> str:
        return f"{text} !~ '[0-9].*[0-9].*[0-9]'"

    def keyed(self, text: str, keys: Iterable[Any], values: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        for chunk in chunks(keys, KEYS_AT_ONCE):
            kind, array = _array(chunk)
            yield text.replace("IN (*)", f"= ANY(CAST(? AS {kind}))"), (*values, array)

    def put(self, connection: Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
        if len(rows) == 1:
            connection.exec_driver_sql(_insert(table, tuple(columns)), tuple(rows[0]))
            return
        link: Any = connection.connection.dbapi_connection
        named = ", ".join(f'"{column}"' for column in columns)
        statement = f'COPY "{table}" ({named}) FROM STDIN'
        try:
            with link.cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
        except connection.dialect.loaded_dbapi.IntegrityError as error:
            raise IntegrityError(statement, None, error) from error

    def take(self, connection: Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
        # Arrays of keys measured quicker than a staging table, up to tens of thousands of rows.
        same = " AND ".join(f't."{column}" = k."{column}"' for column in columns)
        named = ", ".join(f'"{column}"' for column in columns)
        for chunk in chunks(rows, KEYS_AT_ONCE):
            kinds, arrays = zip(*map(_array, zip(*chunk, strict=True)), strict=True)
            keys = ", ".join(f"CAST(? AS {kind})" for kind in kinds)
            text = f'DELETE FROM "{table}" t USING unnest({keys}) AS k ({named}) WHERE {same}'
            connection.exec_driver_sql(text, arrays)

    def fetch(self, connection: Connection, query: str, values: Values) -> Rows:
        link: Any = connection.connection.dbapi_connection
        rows: Rows = link.cursor(binary=True).execute(translated(query), _given(values)).fetchall()
        return rows

    def together(self, connection: Connection, queries: Sequence[tuple[str, Values]]) -> list[Rows]:
        # All of them are sent before the first is answered.
        link: Any = connection.connection.dbapi_connection
        with link.pipeline():
            asked = [link.cursor(binary=True).execute(translated(text), _given(values)) for text, values in queries]
            return [cursor.fetchall() for cursor in asked]

    # Bytes end to end in one value: a million rows cost more to be sent and taken apart than to be found.

    def ids(self, connection: Connection, query: str, values: Values) -> list[bytes]:
        ((joined,),) = self.fetch(connection, f"SELECT string_agg(m.id, '') FROM ({query}) m", values)
        return [] if joined is None else [joined[at : at + 16] for at in range(0, len(joined), 16)]

    def numbers(self, connection: Connection, query: str, values: Values, names: Sequence[str]) -> Columns:
        shown = ", ".join(f"string_agg(int8send(m.{name}), '')" for name in names)
        ((*joined,),) = self.fetch(connection, f"SELECT {shown} FROM ({query}) m", values)
        if joined[0] is not None:
            columns = [array("q", one) for one in joined]
            if byteorder == "little":
                for column in columns:
                    column.byteswap()
            yield columns

    def stream(self, connection: Connection, query: str, values: Values, size: int) -> Stream:
        link: Any = connection.connection.dbapi_connection
        # Any name that no other open cursor of the connection has.
        with link.cursor(f"rows_{id(values)}_{id(query)}", binary=True) as cursor:
            cursor.execute(translated(query), _given(values))
            while rows := cursor.fetchmany(size):
                yield rows

    def attempt(self, connection: Connection) -> AbstractContextManager[Any]:
        return connection.begin_nested()


DIALECTS: Mapping[str, Dialect] = {"sqlite": Sqlite(), "postgresql": Postgres()}


def dialect_of(connection: Connection) -> Dialect:
    """The dialect that is spoken on a connection."""
    return DIALECTS[connection.dialect.name]


def fetched(connection: Connection, query: str, values: Values = ()) -> list[Any]:
    """All rows of a query as plain tuples."""
    return [*dialect_of(connection).fetch(connection, query, values)]


def streamed(connection: Connection, query: str, values: Values = (), size: int = AT_ONCE) -> Stream:
    """The rows of a query, at most `size` at a time, never more than these in memory."""
    return dialect_of(connection).stream(connection, query, values, size)


def _given(values: Values) -> Any:
    return dict(values) if isinstance(values, Mapping) else tuple(values)


def found(connection: Connection, query: str, keys: Iterable[Any], values: tuple[Any, ...] = ()) -> Iterator[Any]:
    """The rows of a query that ends with ``IN (*)``, by these keys; many are asked at once, in their order."""
    for text, these in dialect_of(connection).keyed(query, keys, values):
        yield from fetched(connection, text, these)


def found_of_each(connection: Connection, queries: Sequence[str], keys: Sequence[Any]) -> list[list[Any]]:
    """`found` of several queries by the same keys, asked together."""
    rows: list[list[Any]] = [[] for _ in queries]
    dialect = dialect_of(connection)
    for asked in zip(*(dialect.keyed(query, keys, ()) for query in queries), strict=True):
        for some, more in zip(rows, dialect.together(connection, asked), strict=True):
            some += more
    return rows


def done(connection: Connection, statement: str, keys: Iterable[Any], values: tuple[Any, ...] = ()) -> None:
    """Execute a statement with ``IN (*)`` for these keys."""
    for text, these in dialect_of(connection).keyed(statement, keys, values):
        connection.exec_driver_sql(text, these)


def put(connection: Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
    """Add rows to a table. Raises `IntegrityError` where one may not be there twice."""
    if rows:
        dialect_of(connection).put(connection, table, columns, rows)


def take(connection: Connection, table: str, columns: Sequence[str], rows: Rows) -> None:
    """Remove the rows of a table that have these values in these columns."""
    if rows:
        dialect_of(connection).take(connection, table, columns, rows)


def attempt(connection: Connection) -> AbstractContextManager[Any]:
    """What fails in it leaves the rest of the transaction as it was."""
    return dialect_of(connection).attempt(connection)


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values in lists of at most `size`."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def padded(values: Sequence[T]) -> tuple[T, ...]:
    """The values filled up with the last one to one of few lengths, so that few statements are ever prepared."""
    length = 1 if len(values) == 1 else next((size for size in (8, 64) if len(values) <= size), CHUNK)
    return (*values, *repeat(values[-1], length - len(values)))


def marks(values: Sequence[object]) -> str:
    """``?,?,?`` for a list of parameters."""
    return ",".join("?" * len(values))


@lru_cache(maxsize=1_000)
def _marked(text: str, count: int) -> str:
    """A statement with so many marks in its ``IN (*)``."""
    return text.replace("IN (*)", f"IN ({marks(range(count))})")


def _array(values: Sequence[Any]) -> tuple[str, str]:
    """The type of some keys and all of them as an array's text, several times as quick as the driver writes it."""
    if isinstance(values[0], bytes):
        shown = '","\\\\x'.join(map(bytes.hex, values))
        return "BYTEA[]", f'{{"\\\\x{shown}"}}'
    if isinstance(values[0], str):
        shown = '","'.join(one.replace("\\", "\\\\").replace('"', '\\"') for one in values)
        return "TEXT[]", f'{{"{shown}"}}'
    return "BIGINT[]", f"{{{','.join(map(str, values))}}}"


@lru_cache(maxsize=512)
def _insert(table: str, columns: tuple[str, ...]) -> str:
    named = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table}" ({named}) VALUES ({marks(columns)})'


MARKS = re.compile(r"""('(?:[^']|'')*'|"[^"]*")|\?( AS \w+\[\])|(\?)|(?<!:):([a-z_]\w*)|(%)""")
"""What a statement may hold: quoted text, an array's mark, a mark by place, a mark by name, a percent sign."""


@lru_cache(maxsize=4096)
def translated(statement: str) -> str:
    """A statement with ``?`` and ``:name`` marks as psycopg has them; values travel in binary.

    Arrays travel as text of no type: a text that is first to become an array is no constant to the planner, which
    would then compare each row with each key.
    """
    return MARKS.sub(_mark, statement)


def _mark(found: re.Match[str]) -> str:
    quoted, array, placed, named, _ = found.groups()
    if quoted:
        return quoted.replace("%", "%%")
    if array:
        return f"%t{array}"
    if placed:
        return "%b"
    return f"%({named})b" if named else "%%"

"""The database behind a URL: its connections for reading and writing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import DBAPIError, IntegrityError

from perthyn.errors import PerthynError

WAIT = 30
"""Seconds to wait for another process's write."""


class CommitUnknown(PerthynError):
    """The server went away while it was to make a batch lasting: whether it did is to be looked up."""


class Database(ABC):
    """Connections to one database: one kept for short reads, one for writing, others for long reads.

    `address`: the URL it was opened by, `path`: what it is called to a person; both without a password. What the
    database complains of is raised as `PerthynError` (``store.locked``, ``store.full``, ``store.server.gone`` ...);
    a broken constraint passes as SQLAlchemy's `IntegrityError`.
    """

    write: str
    """How a transaction begins that alone may write."""

    prepare: str
    """The same before there need be any table."""

    def __init__(self, engine: Engine, address: str, path: Path | str, wait: int) -> None:
        self.address = address
        self.path = path
        self._engine = engine
        self._wait = wait
        self.dialect = engine.dialect
        self._driver_errors = (engine.dialect.loaded_dbapi.Error,)
        self._reader: Connection | None = None
        self.seen: dict[Any, Any] | None = None
        """What was read within the picture that is open: within one picture it can be nothing else."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection kept for short reads, within one picture; may be nested."""
        if self.seen is not None and self._reader is not None:  # whoever opened the picture explains what goes wrong
            yield self._reader
            return
        with self._explained():
            if self._reader is None:
                self._reader = self._engine.connect()
            with self._begun(self._reader):
                self.seen = {}
                try:
                    yield self._reader
                finally:
                    self.seen = None

    @contextmanager
    def apart(self) -> Iterator[Connection]:
        """A connection of its own with one picture for a long read, while others read and write."""
        with self._explained(), self._engine.connect() as connection, self._begun(connection):
            yield connection

    @contextmanager
    def writing(self, begin: str = "") -> Iterator[Connection]:
        """A connection that alone may write; waits for other writers, then commits or rolls back.

        Raises `PerthynError` (``store.locked``) when another process writes for longer than the wait, and
        `CommitUnknown`.
        """
        with self._explained(), self._engine.connect() as connection:
            connection = connection.execution_options(begin=begin or self.write)
            with self._begun(connection) as transaction:
                yield connection
                self._commit(transaction)

    @contextmanager
    def preparing(self) -> Iterator[Connection]:
        """The same to make or change tables; alone even where there is none yet."""
        with self.writing(self.prepare) as connection:
            yield connection
            self.mark(connection)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, *self._driver_errors) as error:
            problem = self._problem(error)
            if problem is None:
                raise
            raise problem from error

    @abstractmethod
    def _problem(self, error: Exception) -> PerthynError | None:
        """The error in a person's terms, or None where it is no fault of file, server, disk or neighbours."""

    @abstractmethod
    def _begun(self, connection: Connection) -> RootTransaction:
        """A transaction, begun as the option ``begin`` of the connection says; for reading if it says nothing."""

    def _commit(self, transaction: RootTransaction) -> None:
        transaction.commit()

    @abstractmethod
    def mark(self, connection: Connection) -> None:
        """Mark the database as ours, where it can be."""

    @abstractmethod
    def scrub(self) -> None:
        """Leave nothing of what was deleted in side files, where they are ours."""

    @abstractmethod
    def learn(self, tables: Iterable[str], rows: int) -> None:
        """Renew what the planner knows of tables in which so many rows have changed, where that matters."""

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._engine.dispose()

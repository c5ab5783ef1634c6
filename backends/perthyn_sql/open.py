"""The database behind a URL: where it may lie, and its connections for reading and writing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from perthyn.errors import PerthynError
from perthyn_sql.sqlite import explained, scrub, sqlite_engine

SYNCHRONISED = (
    "onedrive", "dropbox", "icloud drive", "iclouddrive", "mobile documents", "com~apple~clouddocs", "google drive",
    "googledrive", "my drive", "nextcloud", "owncloud", "box sync",
)  # fmt: skip
"""Names of folders that another program copies file by file, which tears a database (folded; beginnings count)."""

WAIT = 30
"""Seconds to wait for another process's write."""


def path_of(url: str, *, create: bool) -> Path:
    """The file a ``sqlite:///`` URL names.

    Raises `PerthynError`: ``store.url.unknown``, ``store.folder.synchronised``, ``store.folder.missing``,
    ``store.missing`` (with `create` false).
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise PerthynError("store.url.unknown", url=url) from None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise PerthynError("store.url.unknown", url=url)
    path = Path(parsed.database)
    refuse_synchronised(path)
    if not path.parent.is_dir():
        raise PerthynError("store.folder.missing", path=str(path), folder=str(path.parent))
    if not path.exists():
        if not create:
            raise PerthynError("store.missing", path=str(path))
        if not os.access(path.parent, os.W_OK):
            raise PerthynError("store.readonly", path=str(path))
    return path


def refuse_synchronised(path: Path) -> None:
    """Raises `PerthynError` (``store.folder.synchronised``) for a network share or a folder kept in a cloud."""
    whole = path.absolute()
    shared = str(path).startswith(("\\\\", "//")) or PureWindowsPath(path).drive.startswith("\\\\")
    named = next((part for part in whole.parts[:-1] if part.casefold().startswith(SYNCHRONISED)), None)
    if shared or named:
        raise PerthynError("store.folder.synchronised", path=str(path), folder=named or str(path.parent))


class Database:
    """Connections to one database: one kept for short reads, one for writing, others for long reads.

    What the database complains of is raised as `PerthynError` (``store.locked``, ``store.full``,
    ``store.readonly`` ...); a broken constraint passes as SQLAlchemy's `IntegrityError`.
    """

    def __init__(self, path: Path, wait: int = WAIT) -> None:
        self.path = path
        self._wait = wait
        self._engine = sqlite_engine(path)
        self.dialect = self._engine.dialect
        self._driver_errors = (self._engine.dialect.loaded_dbapi.Error,)
        self._reader: Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection kept for short reads, within one picture; may be nested."""
        with self._explained():
            if self._reader is None:
                self._reader = self._engine.connect()
            if self._reader.in_transaction():
                yield self._reader
            else:
                with self._reader.begin():
                    yield self._reader

    @contextmanager
    def apart(self) -> Iterator[Connection]:
        """A connection of its own with one picture for a long read, while others read and write."""
        with self._explained(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection that alone may write; waits for other writers, then commits or rolls back.

        Raises `PerthynError` (``store.locked``) when another process writes for longer than the wait.
        """
        with self._explained(), self._engine.connect() as connection:
            connection = connection.execution_options(begin="BEGIN IMMEDIATE")
            with self._begun(connection):
                yield connection

    def _begun(self, connection: Connection) -> Any:
        for left in reversed(range(self._wait)):
            try:
                return connection.begin()
            except DBAPIError as error:
                problem = explained(error, self.path)
                if problem is None or problem.code != "store.locked" or not left:
                    raise
        raise PerthynError("store.locked", path=str(self.path))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, *self._driver_errors) as error:
            problem = explained(error, self.path)
            if problem is None:
                raise
            raise problem from error

    def scrub(self) -> None:
        """Leave nothing of what was deleted in side files."""
        with self._explained(), self._engine.connect() as connection:
            scrub(connection)

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        self._engine.dispose()

"""SqlStore: the store over a SQL database, its chapters put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from perthyn.changes import Batch, Receipt
from perthyn.model import Record
from perthyn_sql.apply import write
from perthyn_sql.base import Shelves
from perthyn_sql.bulk import uncollected
from perthyn_sql.history import History
from perthyn_sql.open import WAIT, Database, path_of
from perthyn_sql.queries import RuleQueries
from perthyn_sql.reading import Reading
from perthyn_sql.search import Search
from perthyn_sql.versions import make_ready
from perthyn_sql.writing import Writing


class SqlStore(Reading, History, Search, RuleQueries):
    """Records in typed tables; see `perthyn.store.Store`."""

    def __init__(
        self, url: str, types: Sequence[type[Record]], *, currency: str, create: bool, wait: int = WAIT
    ) -> None:
        database = Database(path_of(url, create=create), wait)
        super().__init__(database, Shelves(types, currency, database.dialect))
        self._address = url
        self._words_version = ""
        try:
            make_ready(database, self.shelves)
        except BaseException:
            database.close()
            raise

    @property
    def address(self) -> str:
        return self._address

    def apply(self, batch: Batch) -> Receipt:
        try:
            with self.database.writing() as connection, uncollected():
                receipt, erased = self._applied(connection, batch)
        except BaseException:
            # What was learned may have been rolled back.
            self.words.forget()
            raise
        if erased:
            self.database.scrub()
        return receipt

    def _applied(self, connection: Connection, batch: Batch) -> tuple[Receipt, bool]:
        """The receipt, and whether something was erased for good."""
        known = self._receipt(connection, batch)
        if known is not None:
            return known, False
        self._forget_erased_words(connection)
        writing = Writing(self.shelves, connection, batch)
        write(writing, batch)
        return writing.finish(), writing.erased

    def _receipt(self, connection: Connection, batch: Batch) -> Receipt | None:
        row = connection.exec_driver_sql(
            "SELECT number, created, edited, deleted FROM batch_ WHERE id = ?", (batch.id.bytes,)
        ).first()
        return None if row is None else replace(Receipt(batch.id, *row), again=True)

    def _forget_erased_words(self, connection: Connection) -> None:
        """Another process may have erased words whose ids are remembered here."""
        version = connection.exec_driver_sql("SELECT value FROM meta_ WHERE name = 'words'").scalar_one()
        if version != self._words_version:
            self.words.forget()
            self._words_version = version

    def close(self) -> None:
        self.database.close()

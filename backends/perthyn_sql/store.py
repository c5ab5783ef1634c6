"""SqlStore: the store over a SQL database, its chapters put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Connection

from perthyn.changes import Batch, Receipt, uncollected
from perthyn.contents import Contents, Fence, Filling
from perthyn.errors import PerthynError
from perthyn.model import Record
from perthyn_sql.apply import write
from perthyn_sql.base import Shelves
from perthyn_sql.contents import SqlContents
from perthyn_sql.databases import database_at
from perthyn_sql.declarations import note_types
from perthyn_sql.filling import SqlFilling
from perthyn_sql.history import History
from perthyn_sql.notes import fence_in, keep_fence, note, refuse_fenced
from perthyn_sql.open import WAIT, CommitUnknown
from perthyn_sql.queries import RuleQueries
from perthyn_sql.reading import Reading
from perthyn_sql.search import Search
from perthyn_sql.versions import UPGRADED, make_ready, shelves_for
from perthyn_sql.views import make_views
from perthyn_sql.writing import Writing


class SqlStore(Reading, History, Search, RuleQueries):
    """Records in typed tables; see `perthyn.store.Store`."""

    def __init__(
        self, url: str, types: Sequence[type[Record]], *, currency: str, create: bool, wait: int = WAIT
    ) -> None:
        database = database_at(url, create=create, wait=wait)
        self._address = database.address
        self._words_version = ""
        try:
            super().__init__(database, shelves_for(database, types, currency))
            make_ready(database, self.shelves)
            with self.reading() as connection:
                self._upgraded = note(connection, UPGRADED)
        except BaseException:
            database.close()
            raise

    @property
    def address(self) -> str:
        return self._address

    def apply(self, batch: Batch) -> Receipt:
        return self.applied(batch, None)

    def applied(self, batch: Batch, within: Fence | None) -> Receipt:
        """`apply`, within this very fence where one is named."""
        try:
            with self.database.writing() as connection, uncollected():
                receipt, writing = self._applied(connection, batch, within)
        except CommitUnknown as unknown:
            self.words.forget()
            return self._looked_up(batch, unknown)
        except BaseException:
            # What was learned may have been rolled back.
            self.words.forget()
            raise
        if writing is not None:
            if writing.erased:
                self.database.scrub()
            self.database.learn(writing.tables(), receipt.created + receipt.edited + receipt.deleted)
        return receipt

    def _looked_up(self, batch: Batch, unknown: CommitUnknown) -> Receipt:
        """The receipt of a batch whose writing ended without an answer. Raises `unknown` where nobody can tell."""
        try:
            # Whoever may write sees all that was written before.
            with self.database.writing() as connection:
                receipt = self._receipt(connection, batch)
        except PerthynError:
            raise unknown from None
        if receipt is None:
            raise PerthynError("store.server.gone", path=str(self.database.path)) from unknown
        return replace(receipt, again=False)

    def _applied(self, connection: Connection, batch: Batch, within: Fence | None) -> tuple[Receipt, Writing | None]:
        """The receipt, and what was done for it just now."""
        known = self._receipt(connection, batch)
        if known is not None:
            return known, None
        if within is None or fence_in(connection) != within:
            refuse_fenced(connection)
        if note(connection, UPGRADED) != self._upgraded:
            raise PerthynError("store.upgraded", path=str(self.database.path))
        self._forget_erased_words(connection)
        writing = Writing(self.shelves, connection, batch)
        write(writing, batch)
        return writing.finish(), writing

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

    # -- as a whole -----------------------------------------------------------------------------------------

    @contextmanager
    def contents(self) -> Iterator[Contents]:
        with self.database.apart() as connection:
            yield SqlContents(connection, self.shelves)

    def filling(self, fence: Fence, types: Mapping[str, type[Record]]) -> Filling:
        absent = {name: one for name, one in types.items() if name not in self.types}
        shelves = Shelves(self.types, absent, self.currency, self.database.dialect)
        with self.database.writing() as connection:
            stands = fence_in(connection)
            if stands is None:
                if self.position() or any(self.count_of(one) for one in self.types.values()):
                    raise PerthynError("store.filling.full", address=self.address)
                shelves.schema.metadata.create_all(connection)
                note_types(connection, absent)
                make_views(connection, shelves.schema, shelves.currency)
                keep_fence(connection, fence)
            elif stands.state != "filling":
                raise PerthynError("store.filling.full", address=self.address)
            elif stands.mark != fence.mark:
                raise PerthynError("store.filling.other", where=stands.where)
        self.shelve(shelves)
        return SqlFilling(self)

    @property
    def fence(self) -> Fence | None:
        with self.reading() as connection:
            return fence_in(connection)

    def set_fence(self, fence: Fence | None, instead: Fence | None) -> None:
        with self.database.writing() as connection:
            if fence_in(connection) != instead:
                raise PerthynError("store.fenced.changed")
            keep_fence(connection, fence)

    def close(self) -> None:
        self.database.close()

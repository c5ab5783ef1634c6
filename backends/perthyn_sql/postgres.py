"""PostgreSQL and what speaks its protocol, by psycopg 3: addresses, ways to begin, marks, errors in a person's terms.

Nothing that matters is kept in a session between two transactions (no settings but for a transaction, no temporary
tables that stay), so that a pool between us and the server may hand out its connections by transaction. Statements are
prepared only where no such pool stands.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.exc import DBAPIError

from perthyn.errors import PerthynError
from perthyn_sql.dialect import translated
from perthyn_sql.open import CommitUnknown, Database

SCHEMES = ("postgresql", "postgresql+psycopg", "postgres")
"""The addresses that are ours."""

# For one transaction. Compiling a question costs more than answering it; sets of contacts are to stay in memory.
SETTINGS = "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"
READ = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {SETTINGS}"
WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED; {SETTINGS}; SET LOCAL lock_timeout = '{{wait}}s'"
LOCK = "SELECT value FROM meta_ WHERE name = 'next_key' FOR UPDATE"
"""Who holds this row may write; others wait for it."""
PREPARE_LOCK = "SELECT pg_advisory_xact_lock(5784387220914820180)"
"""The same where there is no such row yet; the number is ours by chance."""

PATIENCE = (0.1, 0.3, 0.6, 1, 2)
"""Seconds between the tries to reach a server that is just starting."""

INDEXED = """
SELECT c.reltuples, string_agg(DISTINCT quote_ident(a.attname), ', ')
FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
WHERE c.oid = to_regclass(%s) GROUP BY c.reltuples
"""
"""About how many rows a table has, and by which columns its rows are looked for."""

PREPARED_FROM = 2
"""From which time on a statement is prepared: planning the reasons of twenty segments takes longer than answering."""

FEW_ROWS = 1000
"""From a tenth of a table on, but not for fewer rows than these, the planner is told at once."""

# SQLSTATE, or its first two characters (https://www.postgresql.org/docs/current/errcodes-appendix.html).
CODES = {
    "08": "store.server.gone",
    "57P01": "store.server.gone",
    "57P02": "store.server.gone",
    "57P03": "store.server.starting",
    "57P05": "store.server.gone",
    "53100": "store.server.full",
    "53300": "store.server.busy",
    "53": "store.server.busy",
    "55P03": "store.locked",
    "40001": "store.locked",
    "40P01": "store.locked",
    "25006": "store.server.readonly",
    "42501": "store.server.forbidden",
    "28": "store.server.refused",
    "3D000": "store.server.missing",
}

# A server that lets nobody in says why in words only.
REFUSALS = (
    (
        "store.server.refused",
        r"password|authentication|role \".*\" does not exist|pg_hba\.conf|not permitted to log in",
    ),
    ("store.server.missing", r"database \".*\" does not exist|no such database"),
    ("store.server.busy", r"too many (clients|connections)|connection slots are reserved|no more connections"),
    ("store.server.starting", r"starting up|shutting down|recovery mode|not (yet )?accepting connections"),
)


class PostgresDatabase(Database):
    """A database of a server; one writes at a time, whoever reads keeps one picture."""

    prepare = "prepare"

    def __init__(self, url: str, wait: int) -> None:
        self._conninfo, shown = address_of(url)
        self.path = shown
        try:
            import psycopg
        except ImportError:
            raise PerthynError("store.driver.missing", path=shown) from None
        self._psycopg = psycopg
        self.write = WRITE.format(wait=wait)
        super().__init__(self._engine_of(), shown, shown, wait)

    def _engine_of(self) -> Engine:
        engine = create_engine(
            "postgresql+psycopg://", creator=self._connected, pool_size=4, max_overflow=-1, use_native_hstore=False
        )

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            self._begin(connection.connection.dbapi_connection, connection.get_execution_options().get("begin", READ))

        @event.listens_for(engine, "before_cursor_execute", retval=True)
        def _execute(
            _connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, _many: bool
        ) -> tuple[str, Any]:
            if context is None or context.compiled is not None:
                return statement, parameters
            cursor.format = self._psycopg.pq.Format.BINARY
            return translated(statement), parameters

        return engine

    # -- connecting -----------------------------------------------------------------------------------------

    def _connected(self) -> Any:
        """A connection of the driver, whose transactions we begin ourselves."""
        for pause in (*PATIENCE, None):
            try:
                link = self._psycopg.connect(
                    self._conninfo,
                    autocommit=True,
                    prepare_threshold=None,
                    client_encoding="utf8",
                    fallback_application_name="perthyn",
                )
                break
            except self._psycopg.OperationalError as error:
                problem = self._refusal(error)
                if pause is None or problem.code != "store.server.starting":
                    raise problem from None
                time.sleep(pause)
            except self._psycopg.Error:
                # What libpq says of an address that it can't read may hold the password.
                raise PerthynError("store.url.unknown", url=str(self.path)) from None
        encoding = link.info.parameter_status("server_encoding")
        if encoding not in (None, "UTF8"):
            link.close()
            raise PerthynError("store.server.encoding", path=str(self.path), encoding=encoding)
        if link.execute("SELECT pg_backend_pid()").fetchone() == (link.info.backend_pid,):
            # Whoever answers is whom we connected to: no pool that hands out its own connections stands between.
            link.prepare_threshold = PREPARED_FROM
        return link

    def _refusal(self, error: Exception) -> PerthynError:
        """Why the server, or the way to it, let us not in."""
        said = str(error)
        code = next((code for code, words in REFUSALS if re.search(words, said)), "store.server.unreachable")
        return PerthynError(code, path=str(self.path), reason=said.strip().splitlines()[0])

    # -- transactions ---------------------------------------------------------------------------------------

    def _begin(self, link: Any, how: str) -> None:
        # Several statements in one message, which only a statement without parameters may be.
        if how == self.prepare:
            link.execute(f"{self.write}; {PREPARE_LOCK}")
            if link.execute("SELECT to_regclass('meta_') IS NOT NULL").fetchone()[0]:
                link.execute(LOCK)
        elif how == self.write:
            link.execute(f"{self.write}; {LOCK}")
        else:
            link.execute(how)

    def _begun(self, connection: Connection) -> RootTransaction:
        """The server may have been started anew, or a connection dropped, since the last transaction."""
        try:
            return connection.begin()
        except self._driver_errors as error:
            problem = self._problem(error)
            if problem is None or problem.code != "store.server.gone":
                connection.connection.rollback()
                raise
            connection.invalidate()
            # The others that were kept are gone as well.
            self._engine.dispose()
            return connection.begin()

    def _commit(self, transaction: RootTransaction) -> None:
        try:
            transaction.commit()
        except (DBAPIError, *self._driver_errors) as error:
            problem = self._problem(error)
            if problem is None or problem.code != "store.server.gone":
                raise
            raise CommitUnknown("store.commit.unknown", path=str(self.path)) from error

    def _problem(self, error: Exception) -> PerthynError | None:
        said: Any = getattr(error, "orig", error)
        state = getattr(said, "sqlstate", None) or ""
        code = CODES.get(state) or CODES.get(state[:2])
        trouble = isinstance(said, (self._psycopg.OperationalError, self._psycopg.InternalError))
        if code is None and trouble:
            # Without a code it is the driver that speaks: of a connection that broke.
            code = "store.server.failed" if state else "store.server.gone"
        if code is None:
            return None
        reason = said.diag.message_primary or next(iter(str(said).strip().splitlines()), type(said).__name__)
        return PerthynError(code, path=str(self.path), reason=reason)

    # -- what stays -----------------------------------------------------------------------------------------

    def mark(self, connection: Connection) -> None:
        """Its own tables tell whose it is."""

    def scrub(self) -> None:
        """What a server does with its files is its administrator's."""

    def learn(self, tables: Iterable[str], rows: int) -> None:
        if rows < FEW_ROWS:
            return
        with self._explained(), self._engine.connect() as connection:
            link: Any = connection.connection.dbapi_connection
            for table in tables:
                known = link.execute(INDEXED, [f'"{table}"']).fetchone()
                if known and rows >= max(FEW_ROWS, known[0] / 10):
                    link.execute(f'ANALYZE "{table}" ({known[1]})')


ADDRESS = re.compile(r"(?:([^:@/?#]*)(:[^:@/?#]*)?@)?([^@/?#]*(?:/[^@/?#]*)?)(?:\?([^@#]*))?")
"""User, password, hosts with the database, settings; no password may hold a sign that is not encoded."""

SECRET = re.compile("pass(word|file)", re.IGNORECASE)
"""What an address may say of a password, and where one lies on this machine."""


def address_of(url: str) -> tuple[str, str]:
    """The address as libpq takes it, and as it is shown: without any password. Raises ``store.url.unknown``."""
    scheme, _, rest = url.partition("://")
    found = ADDRESS.fullmatch(rest)
    if scheme not in SCHEMES or found is None:
        raise PerthynError("store.url.unknown", url=f"{scheme}://...")
    user, _, place, asked = found.groups()
    settings = "&".join(one for one in (asked or "").split("&") if not SECRET.search(one.partition("=")[0]))
    shown = f"postgresql://{user}@" if user else "postgresql://"
    return f"postgresql://{rest}", f"{shown}{place}?{settings}" if settings else f"{shown}{place}"

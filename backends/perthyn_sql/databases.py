"""Which database an address names."""

from __future__ import annotations

from perthyn.errors import PerthynError
from perthyn_sql.open import Database
from perthyn_sql.postgres import SCHEMES, PostgresDatabase
from perthyn_sql.sqlite import SqliteDatabase


def database_at(url: str, *, create: bool, wait: int) -> Database:
    """The database at an address, `create`: a file is made where there is none. Raises what `open_store` says."""
    scheme = scheme_of(url)
    if scheme in SCHEMES:
        return PostgresDatabase(url, wait)
    if scheme.partition("+")[0] == "sqlite":
        return SqliteDatabase(url, wait, create=create)
    raise PerthynError("store.url.unknown", url=url)


def scheme_of(url: str) -> str:
    """What stands before the colon."""
    return url.partition(":")[0]


def is_ours(url: str) -> bool:
    """Whether an address names a database that this package knows."""
    return scheme_of(url) in SCHEMES or scheme_of(url).partition("+")[0] == "sqlite"

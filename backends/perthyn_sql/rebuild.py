"""Rebuild: what the store works out itself (folded forms, match keys, search words), after the way to do so changed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from perthyn.model import Contact
from perthyn.text import fold
from perthyn_sql.base import Shelves
from perthyn_sql.dialect import chunks, put, streamed
from perthyn_sql.finding import Trace, keep_findable
from perthyn_sql.tables import Field


def rebuild(connection: Connection, shelves: Shelves) -> None:
    """Fold every text again and work out every contact's keys and words again."""
    quote = connection.dialect.identifier_preparer.quote
    for table, text, folded in _folded(shelves):
        name = quote(table)
        connection.exec_driver_sql("CREATE TEMPORARY TABLE folded_ (text TEXT PRIMARY KEY, fold TEXT)")
        distinct = f"SELECT DISTINCT {text} FROM {name} WHERE {text} IS NOT NULL"
        for some in streamed(connection, distinct):
            rows = [(value, fold(value)) for (value,) in some]
            put(connection, "folded_", ("text", "fold"), rows)
        found = f"(SELECT fold FROM folded_ WHERE folded_.text = {name}.{text})"
        connection.exec_driver_sql(f"UPDATE {name} SET {folded} = {found} WHERE {text} IS NOT NULL")
        connection.exec_driver_sql("DROP TABLE folded_")
    for table in ("match_key_", "search_post_", "search_word_"):
        connection.exec_driver_sql(f"DELETE FROM {table}")
    contacts = shelves.of(Contact)
    keys = [key for (key,) in connection.exec_driver_sql("SELECT key_ FROM contact ORDER BY key_").fetchall()]
    first = int(connection.exec_driver_sql("SELECT value FROM meta_ WHERE name = 'next_key'").scalar_one())
    counter = iter(range(first, first + 2**62))
    for chunk in chunks(keys):
        placed = contacts.select(connection, "WHERE t.key_ BETWEEN ? AND ?", (chunk[0], chunk[-1]))
        keep_findable(connection, [Trace(one.key, None, one.record) for one in placed], lambda: next(counter))
    connection.exec_driver_sql("UPDATE meta_ SET value = ? WHERE name = 'next_key'", (str(next(counter)),))


def _folded(shelves: Shelves) -> Iterator[tuple[str, str, str]]:
    """Table, column of a text, column of its folded form."""
    yield "word_", "text", "fold"
    for record in shelves.schema.records.values():
        for one in record.tables():
            fields: tuple[Field, ...] = one.fields
            for field in fields:
                if field.fold is not None:
                    yield one.table.name, f'"{field.name}"', f'"{field.fold.name}"'

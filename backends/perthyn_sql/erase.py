"""Erasure: a contact, those merged into it, all they own, the problems naming them, and every journal line of these."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from perthyn.errors import Unknown
from perthyn.model import Contact, Problem, Redirect
from perthyn_sql.shelf import Placed, Shelf
from perthyn_sql.writing import Writing


def erase(writing: Writing, contact: UUID) -> None:
    """Remove it all. Raises `Unknown` (``store.contact.unknown``)."""
    shelves, connection = writing.shelves, writing.connection
    person = shelves.of(Contact).find(connection, [contact]).get(contact)
    if person is None:
        raise Unknown("store.contact.unknown", name=str(contact), suggestion="")
    redirects = _redirects(writing, contact)
    selves = [contact.bytes, *(one.record.id.bytes for one in redirects)]
    gone: list[tuple[Shelf[Any], Sequence[Placed[Any]]]] = [
        (shelf, shelf.select(connection, f"WHERE t.{shelf.owner} = ?", (person.key,))) for shelf in shelves.owned()
    ]
    if Problem.type_name in shelves.types:
        gone.append((shelves.of(Problem), _problems(writing, selves)))
    gone += [(shelves.of(Redirect), redirects), (shelves.of(Contact), [person])]
    for shelf, placed in gone:
        if placed:
            writing.remove(shelf, placed)
    _scrub_journal(writing, selves, [one.record.id.bytes for _, placed in gone for one in placed])
    _forget_words(writing)
    writing.deleted += sum(len(placed) for _, placed in gone)
    writing.erased = True


def _redirects(writing: Writing, contact: UUID) -> list[Placed[Redirect]]:
    if Redirect.type_name not in writing.shelves.types:
        return []
    shelf = writing.shelves.of(Redirect)
    found: list[Placed[Redirect]] = []
    ends = [contact]
    while ends:
        steps = [one for end in ends for one in shelf.select(writing.connection, 'WHERE t."to" = ?', (end.bytes,))]
        known = {one.record.id for one in found}
        found += [one for one in steps if one.record.id not in known]
        ends = [one.record.id for one in steps if one.record.id not in known]
    return found


def _problems(writing: Writing, selves: Sequence[bytes]) -> list[Placed[Problem]]:
    shelf, connection = writing.shelves.of(Problem), writing.connection
    found = [one for name in ("contact", "other") for one in shelf.among(connection, f"WHERE t.{name} IN (*)", selves)]
    return list({one.key: one for one in found}.values())


def _scrub_journal(writing: Writing, selves: Sequence[bytes], records: Iterable[bytes]) -> None:
    run = writing.connection.exec_driver_sql
    run("DELETE FROM journal_ WHERE owner = ?", [(id,) for id in selves])
    run("DELETE FROM journal_ WHERE record = ?", [(id,) for id in records])
    # Of problems that are no more, the lines name the contacts they were about.
    texts = {str(UUID(bytes=id)) for id in selves}
    lines = run("SELECT batch, seq, before FROM journal_ WHERE type = ?", (Problem.type_name,)).fetchall()
    said = [(batch, seq) for batch, seq, before in lines if texts & _named(json.loads(before))]
    if said:
        run("DELETE FROM journal_ WHERE batch = ? AND seq = ?", said)


def _named(before: dict[str, Any]) -> set[str]:
    return {value for value in (before.get("contact"), before.get("other")) if isinstance(value, str)}


def _forget_words(writing: Writing) -> None:
    """Remove the words that nothing uses any more, and have every process forget what it remembers of words."""
    run, schema = writing.connection.exec_driver_sql, writing.shelves.schema
    quote = writing.connection.dialect.identifier_preparer.quote
    used: set[int] = set()
    for column in schema.words:
        used.update(id for (id,) in run(f"SELECT DISTINCT {quote(column.name)} FROM {quote(column.table.name)}"))
    unused = [(id,) for (id,) in run("SELECT id FROM word_").fetchall() if id not in used]
    if unused:
        run("DELETE FROM word_ WHERE id = ?", unused)
    run("UPDATE meta_ SET value = ? WHERE name = 'words'", (str(writing.number),))
    writing.shelves.words.forget()

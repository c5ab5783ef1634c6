"""What a place holds, told so that two runs of one command tell the same.

Ids are random and instants are the clock's: a record is told with every id replaced by a hash of what that id's record
says, and every instant of today by a word.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from places import Place
from sqlalchemy import inspect

from perthyn.cli.output import as_json
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES, Contact
from perthyn.settings import FILE, read_settings
from perthyn.store import Store
from perthyn_sql import open_store
from perthyn_sql.base import OnSql

SIDE_FILES = ("-wal", "-shm", "-journal")
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_SECOND = re.compile(r" \(\d\)(?=\.csv$)")
_INSTANT = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d[\d:.]*(?:Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Content:
    """`records`: type -> each record told. `batches`: each told, with its journal lines. `tables`: rows in each.

    `wrong`: what may never be so, whatever was done. `files`: names in the home folder, side files aside;
    ``a (2).csv``, written where ``a.csv`` could not be replaced, is taken for that.
    """

    records: Mapping[str, list[str]] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)
    tables: Mapping[str, int] = field(default_factory=dict)
    settings: str = ""
    files: frozenset[str] = frozenset()
    wrong: tuple[str, ...] = ()

    def same_records(self, other: Content) -> bool:
        """Whether records and history are the same."""
        return (self.records, self.batches) == (other.records, other.batches)

    def same(self, other: Content) -> bool:
        """Whether records, history and settings are the same; how they are kept and what lies about may differ."""
        return self.same_records(other) and self.settings == other.settings

    def differences(self, other: Content) -> list[str]:
        """In what way the other differs, in a line each."""
        found = []
        for name in Content.__dataclass_fields__:
            one, two = asdict(self)[name], asdict(other)[name]
            if one != two:
                found.append(f"{name}: {_unlike(one, two)}")
        return found


def _unlike(one: Any, two: Any) -> str:
    if isinstance(one, Mapping):
        names = [name for name in {**one, **two} if one.get(name) != two.get(name)]
        return "; ".join(f"{name}: {_unlike(one.get(name, []), two.get(name, []))}" for name in names)
    if isinstance(one, list | tuple | frozenset):
        less, more = ([str(line)[:400] for line in a if line not in b][:3] for a, b in ((one, two), (two, one)))
        return f"{len(one)} and {len(two)}; missing {less}; more {more}"
    return f"{one!r} and {two!r}"


def content_of(place: Place) -> Content:
    """What stands in a place, looked at in a copy: whoever comes next finds what the fault has left."""
    with tempfile.TemporaryDirectory(dir=place.temp) as folder:
        copy = Path(folder) / "home"
        shutil.copytree(place.home, copy)
        settings = copy / FILE
        files = {_SECOND.sub("", one.name) for one in copy.iterdir() if not one.name.endswith(SIDE_FILES)}
        told = settings.read_text(encoding="utf-8") if settings.exists() else ""
        return store_content(read_settings(copy, {}).store_url, told, frozenset(files))


def store_content(url: str, settings: str = "", files: frozenset[str] = frozenset()) -> Content:
    """What a store holds. No store is an empty store."""
    try:
        store = open_store(url, CORE_TYPES, create=False)
    except PerthynError as error:
        if error.code != "store.missing":
            raise
        return Content(settings=settings, files=files)
    try:
        names = _names(store)
        records = {name: told for name in store.types if (told := _records(store, name, names))}
        return Content(records, _batches(store, names), _tables(store), settings, files, tuple(_wrong(store, url)))
    finally:
        store.close()


# -- telling ----------------------------------------------------------------------------------------------------


def _names(store: Store) -> dict[str, str]:
    """Of each record's id what stands for it: a hash of what the record says, ids left out."""
    return {
        str(record.id): sha256((name + _told(record.plain(), {})).encode()).hexdigest()[:12]
        for name, type in store.types.items()
        for record in store.scan(type)
    }


def _told(value: object, names: Mapping[str, str]) -> str:
    text = json.dumps(as_json(value), ensure_ascii=False, sort_keys=True)
    text = _ID.sub(lambda found: names.get(found[0], "an id"), text)
    return _INSTANT.sub(_instant, text)


def _instant(found: re.Match[str]) -> str:
    recent = datetime.fromisoformat(found[0]) > datetime.now(UTC) - timedelta(days=2)
    return "now" if recent else found[0]


def _records(store: Store, name: str, names: Mapping[str, str]) -> list[str]:
    """Each record of a type: what it says and the place in the history of the batch that made it."""
    type = store.types[name]
    records = list(store.scan(type))
    origins = store.origin(type, [one.id for one in records])
    places = {number: place for place, number in enumerate(sorted(one.number for one in store.headers()))}
    return sorted(_told([one.plain(), places.get(origins[one.id])], names) for one in records)


def _batches(store: Store, names: Mapping[str, str]) -> list[str]:
    headers = sorted(store.headers(), key=lambda one: one.number)
    places = {one.id: place for place, one in enumerate(headers)}
    told = []
    for one in headers:
        journal = store.journal(batch=one.id)
        lines = sorted(_told([line.type, line.id, line.action, line.before], names) for line in journal)
        about = [one.actor, one.reason, one.kind, one.facts, one.undoes and places[one.undoes]]
        told.append(_told([*about, one.created, one.edited, one.deleted, lines], names))
    return told


def _tables(store: Store) -> dict[str, int]:
    """How many rows each table has, ours and those nobody sees."""
    assert isinstance(store, OnSql)
    with store.reading() as connection:
        tables = inspect(connection).get_table_names()
        quote = connection.dialect.identifier_preparer.quote
        return {
            name: connection.exec_driver_sql(f"SELECT count(*) FROM {quote(name)}").scalar_one()
            for name in sorted(tables)
        }


# -- what may never be so ---------------------------------------------------------------------------------------


def _wrong(store: Store, url: str) -> list[str]:
    """A damaged file, totals that are not those of the rows, two rows of one name, a record of nobody."""
    found = []
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            said = connection.execute("PRAGMA integrity_check").fetchone()[0]
            found += [] if said == "ok" else [f"integrity: {said}"]
    contacts = {one.id for one in store.scan(Contact)}
    for id in contacts:
        if store.totals(id) != Store.totals(store, id):
            found.append(f"totals of {id}")
    for type in store.types.values():
        sources: set[tuple[str, str]] = set()
        for record in store.scan(type):
            if type.owner and record.owner_id not in contacts:
                found.append(f"{type.type_name} {record.id} belongs to nobody")
            named = (getattr(record, "source", None), getattr(record, "source_id", None))
            if type.source_named and all(named):
                found += [f"{type.type_name} {named} twice"] if named in sources else []
                sources.add(named)  # type: ignore[arg-type]
    return found

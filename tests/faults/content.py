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
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from places import KEY, Place
from sqlalchemy import inspect

from perthyn.backups.keys import Keys
from perthyn.backups.reading import Backup
from perthyn.changes import Header, JournalLine
from perthyn.cli.output import as_json
from perthyn.contents import Contents, Kept
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES, Contact
from perthyn.settings import FILE, read_settings
from perthyn.store import Store
from perthyn_sql import open_store
from perthyn_sql.base import OnSql

_ASIDE = re.compile(r"-(wal|shm|journal)$|^[a-z0-9_]{8}$|^__pycache__$")
"""SQLite's side files; and what Python leaves where it tries a folder's room and can't remove it again."""
_COPY = re.compile(r"\.before-[^/]*-\d\d(-\d+)?$|\.age$")
"""What is a copy of all records, or a backup of them."""
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
NOTE = "backup.last"
"""A store notes its last backup so; every run of that makes one."""
_SECOND = re.compile(r" \(\d\)(?=\.csv$)|(?<=-\d\d-\d\d)-\d+(?=\.age$|$)")
_INSTANT = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d[\d:.]*(?:Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Content:
    """`records`: type -> each record told. `batches`: each told, with its journal lines. `tables`: rows in each.

    `wrong`: what may never be so, whatever was done. `files`: names in the home folder, side files aside;
    ``a (2).csv``, written where ``a.csv`` could not be replaced, is taken for that, and so is a second copy.
    `copies`: `digest` of what each backup and each copy among the files holds.
    `source`, `fences`: of a move, the records where they came from, and the fences on both sides.
    """

    records: Mapping[str, list[str]] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)
    tables: Mapping[str, int] = field(default_factory=dict)
    settings: str = ""
    files: Set[str] = frozenset()
    copies: Set[str] = frozenset()
    source: Mapping[str, list[str]] = field(default_factory=dict)
    fences: Sequence[object] = ()
    wrong: Sequence[str] = ()

    @property
    def digest(self) -> str:
        """A hash of records and history."""
        return sha256(json.dumps([self.records, self.batches]).encode()).hexdigest()

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
    if isinstance(one, Sequence | Set) and not isinstance(one, str):
        less, more = ([str(line)[:400] for line in a if line not in b][:3] for a, b in ((one, two), (two, one)))
        return f"{len(one)} and {len(two)}; missing {less}; more {more}"
    return f"{one!r} and {two!r}"


def content_of(place: Place) -> Content:
    """What stands in a place; files are looked at in a copy: whoever comes next finds what the fault has left."""
    with _copied(place) as copy:
        return _content_in(copy, place, {})


def content_of_both(place: Place) -> Content:
    """The same, and what the store that was moved from still holds, with the fences of both."""
    with _copied(place) as copy:
        sides = {url: _store_content(_there(url, place, copy)) for url in (place.store, place.target)}
        found = _content_in(copy, place, {_there(url, place, copy): side for url, side in sides.items()})
    return replace(found, source=sides[place.store].records, fences=[side.fences for side in sides.values()])


def content_of_noted(place: Place) -> Content:
    """The same where a backup is made, of which the store makes a note."""
    return replace(content_of(place), tables={})


@contextmanager
def _copied(place: Place) -> Iterator[Path]:
    place.settle()
    with tempfile.TemporaryDirectory(dir=place.base) as folder:
        yield shutil.copytree(place.home, Path(folder) / "home")


def _content_in(copy: Path, place: Place, seen: Mapping[str, Content]) -> Content:
    """What stands in a copy of a place; `seen`: stores that were looked at, by their address."""
    settings = copy / FILE
    files = {_SECOND.sub("", one.name) for one in copy.iterdir() if not _ASIDE.search(one.name)}
    told = settings.read_text(encoding="utf-8") if settings.exists() else ""
    address = _there(read_settings(copy, {}).store_url, place, copy)
    store = seen.get(address) or _store_content(address)
    copies = frozenset(_copy_content(one).digest for one in copy.iterdir() if _COPY.search(one.name))
    return replace(store, settings=told, files=files, copies=copies)


def _there(url: str, place: Place, copy: Path) -> str:
    """The address in the copy of the home folder."""
    return url.replace(place.home.as_posix(), copy.as_posix())


def _store_content(url: str) -> Content:
    """What a store holds. No store is an empty store."""
    try:
        store = open_store(url, CORE_TYPES, create=False)
    except PerthynError as error:
        if error.code != "store.missing":
            raise
        return Content()
    with closing(store), store.contents() as contents:
        told = _told_of(contents)
        fences = [] if store.fence is None else [store.fence.state]
        return replace(told, tables=_tables(store), fences=fences, wrong=_wrong(store, url))


def _copy_content(file: Path) -> Content:
    """What a backup or a copy of a store's file holds."""
    if file.suffix != ".age":
        return _store_content(f"sqlite:///{file.as_posix()}")
    known = {one.type_name: one for one in CORE_TYPES}
    return _told_of(Backup(file, Keys(file.with_name(KEY)).read(), known))


# -- telling ----------------------------------------------------------------------------------------------------


def _told_of(contents: Contents) -> Content:
    """Records, each with the place in the history of the batch that made it, and the history; without `NOTE`."""
    items = [item for _, item in contents.items()]
    headers = [one for one in items if isinstance(one, Header) and one.reason != NOTE]
    records = [one for one in items if isinstance(one, Kept) and getattr(one.record, "name", "") != NOTE]
    names = {
        str(one.record.id): sha256((one.record.type_name + _told(one.record.plain(), {})).encode()).hexdigest()[:12]
        for one in records
    }
    numbers = {one.number: place for place, one in enumerate(headers)}
    ids = {one.id: place for place, one in enumerate(headers)}
    told: dict[str, list[str]] = {}
    for kept in records:
        name = f"{kept.record.type_name} {contents.types[kept.record.type_name].version}"
        told.setdefault(name, []).append(_told([kept.record.plain(), numbers.get(kept.batch)], names))
    lines: dict[int, list[str]] = {}
    for line in items:
        if isinstance(line, JournalLine):
            said = _told([line.type, line.version, line.id, line.action, line.before], names)
            lines.setdefault(line.number, []).append(said)
    batches = []
    for one in headers:
        about = [one.actor, one.reason, one.kind, one.facts, one.undoes and ids[one.undoes]]
        done = [one.created, one.edited, one.deleted, sorted(lines.get(one.number, []))]
        batches.append(_told([*about, *done], names))
    return Content({name: sorted(some) for name, some in told.items()}, batches)


def _told(value: object, names: Mapping[str, str]) -> str:
    text = json.dumps(as_json(value), ensure_ascii=False, sort_keys=True)
    text = _ID.sub(lambda found: names.get(found[0], "an id"), text)
    return _INSTANT.sub(_instant, text)


def _instant(found: re.Match[str]) -> str:
    recent = datetime.fromisoformat(found[0]) > datetime.now(UTC) - timedelta(days=2)
    return "now" if recent else found[0]


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

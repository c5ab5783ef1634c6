"""Upgrades: records and images of an earlier version follow their type's steps, all or nothing, on each database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Annotated, Any, ClassVar
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from sqlalchemy import Connection, Engine, event

import perthyn_sql.versions
from perthyn.changes import Batch, Change, Create, Delete, Edit
from perthyn.contents import Fence, canonical
from perthyn.errors import PerthynError
from perthyn.history import plan_undo
from perthyn.model import CORE_TYPES, About, Contact, Happening, Ids, Interaction, Part, Record
from perthyn.model.steps import Fill, Rekey, Remove, Rename, Retype, Split, Step
from perthyn.model.values import Integer, Text, Word
from perthyn.store import Store
from perthyn_sql import SqlUpgrade, open_store

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Payment1(Part):
    day: Annotated[date, About("Day", "Diwrnod", kind="date")]
    pounds: Annotated[Integer, About("Pounds", "Punnoedd", kind="integer")]

    @property
    def key(self) -> str:
        return self.day.isoformat()


class Pledge1(Record):
    """Owned, named by a source, with a list."""

    type_name: ClassVar[str] = "choir.pledge"
    owner: ClassVar[str] = "who"
    source_named: ClassVar[bool] = True

    who: Annotated[UUID, About("Who", "Pwy", kind="id")]
    group: Annotated[Word | None, About("Group", "Grŵp", kind="word")] = None
    signed: Annotated[Word | None, About("Signed", "Llofnod")] = None
    pounds: Annotated[Integer | None, About("Pounds", "Punnoedd", kind="integer")] = None
    old: Annotated[Word | None, About("Old", "Hen")] = None
    payments: tuple[Payment1, ...] = ()
    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False)] = None
    source_id: Annotated[Word | None, About("Id there", "Id yno", folded=False)] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None


class Song1(Happening):
    """A happening about nobody."""

    type_name: ClassVar[str] = "choir.song"


class Hall1(Record):
    """Of nobody, and left alone."""

    type_name: ClassVar[str] = "choir.hall"

    name: Annotated[Text | None, About("Name", "Enw")] = None


class Payment2(Part):
    due: Annotated[date, About("Due", "Yn ddyledus", kind="date")]
    pence: Annotated[Integer, About("Pence", "Ceiniogau", kind="integer")]
    way: Annotated[Word, About("Way", "Ffordd", kind="word")]

    @property
    def key(self) -> str:
        return f"due {self.due.isoformat()}"


def names(signed: str) -> dict[str, str]:
    """A signature as a first name and a surname."""
    given, _, family = signed.partition(" ")
    return {"given": given, "family": family} if family else {"given": given}


class Pledge2(Record):
    """The same, two versions on: renamed, retyped, split, filled, removed; and a field that is merely new."""

    type_name: ClassVar[str] = "choir.pledge"
    owner: ClassVar[str] = "contact"
    source_named: ClassVar[bool] = True
    version: ClassVar[int] = 3
    steps: ClassVar[tuple[Step, ...]] = (
        Rename(2, "who", "contact"),
        Rename(2, "group", "choir"),
        Fill(2, "choir", lambda pledge: "choir of " + pledge.get("signed", "nobody")),
        Split(2, "signed", ("given", "family"), names),
        Rename(3, "pounds", "pence"),
        Retype(3, "pence", lambda pounds: str(pounds * 100)),
        Remove(3, "old"),
        Rename(3, "payments", "instalments"),
        Rename(3, "instalments.day", "due"),
        Rename(3, "instalments.pounds", "pence"),
        Retype(3, "instalments.pence", lambda pounds: pounds * 100),
        Fill(3, "instalments.way", lambda payment: "cash" if payment["pence"] < 1000 else "bank"),
        Rekey(3, "instalments", lambda key: f"due {key}"),
    )

    contact: Annotated[UUID, About("Who", "Pwy", kind="id")]
    choir: Annotated[Word, About("Choir", "Côr", kind="word")]
    given: Annotated[Word | None, About("First name", "Enw cyntaf")] = None
    family: Annotated[Word | None, About("Surname", "Cyfenw")] = None
    pence: Annotated[Word | None, About("Pence", "Ceiniogau")] = None
    thanked: Annotated[bool, About("Thanked", "Diolchwyd", kind="flag")] = False
    instalments: tuple[Payment2, ...] = ()
    source: Annotated[Word | None, About("Source", "Ffynhonnell", kind="word", folded=False)] = None
    source_id: Annotated[Word | None, About("Id there", "Id yno", folded=False)] = None
    delivered: Annotated[Integer | None, About("Fingerprint", "Ôl bys", kind="integer")] = None


class Song2(Happening):
    """Its events are written in capitals, and it has a title."""

    type_name: ClassVar[str] = "choir.song"
    version: ClassVar[int] = 2
    steps: ClassVar[tuple[Step, ...]] = (
        Retype(2, "event", str.upper),
        Fill(2, "title", lambda song: song.get("subject", "?")),
    )

    title: Annotated[Word, About("Title", "Teitl", kind="word")]


FIRST: tuple[type[Record], ...] = (*CORE_TYPES, Pledge1, Song1, Hall1)
SECOND: tuple[type[Record], ...] = (*CORE_TYPES, Pledge2, Song2, Hall1)

ANN, HUW = Contact(id=UUID(int=1), name="Siân Jones"), Contact(id=UUID(int=2), name="Huw")
GIFT = Interaction(id=UUID(int=9), contact=ANN.id, kind="donation", day=date(2026, 1, 1), amount=5, currency="GBP")
MAY, JUNE = (Payment1(day=date(2026, month, 1), pounds=month) for month in (5, 6))
JULY = Payment1(day=date(2026, 7, 1), pounds=70)
PLEDGE = Pledge1(
    id=UUID(int=11), who=ANN.id, group="Alto", signed="Siân Jones", pounds=12, old="x", payments=(JUNE, MAY),
    source="till", source_id="1", delivered=3,
)  # fmt: skip
BARE = Pledge1(id=UUID(int=12), who=HUW.id)
SONG = Song1(id=UUID(int=21), kind="song", day=date(2026, 2, 1), event="Gŵyl", subject="Myfanwy")
HALL = Hall1(id=UUID(int=31), name="Neuadd")

PLEDGE_NOW = Pledge2(
    id=UUID(int=11), contact=ANN.id, choir="Alto", given="Siân", family="Jones", pence="1200",
    instalments=(Payment2(due=JUNE.day, pence=600, way="cash"), Payment2(due=MAY.day, pence=500, way="cash")),
    source="till", source_id="1", delivered=3,
)  # fmt: skip
BARE_NOW = Pledge2(id=UUID(int=12), contact=HUW.id, choir="choir of nobody")
SONG_NOW = Song2.model_validate({**SONG.plain(), "event": "GŴYL", "title": "Myfanwy"})


def url_of(folder: Path) -> str:
    return f"sqlite:///{(folder / 'a.db').as_posix()}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store."""
    return url_of(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def batch(name: str, *changes: Change) -> Batch:
    return Batch(uuid5(NAMESPACE_OID, name), "ann", NOON, changes=changes)


def filled(url: str) -> None:
    """A store of the first versions: PLEDGE was edited in every way, one pledge and one song were deleted."""
    gone = Pledge1(id=UUID(int=13), who=HUW.id, signed="Huw", payments=(JULY,), source="till", source_id="2")
    song = Song1(id=UUID(int=22), kind="song", day=date(2026, 2, 2))
    edits = {
        "group": ("Bass", "Alto"), "signed": (None, "Siân Jones"), "pounds": (3, 12), "old": (None, "x"),
        "payments[2026-05-01]": (None, MAY), "payments[2026-07-01]": (JULY, None),
    }  # fmt: skip
    before = {"group": "Bass", "signed": None, "pounds": 3, "old": None, "payments": (JUNE, JULY)}
    after = {"payments": (JUNE, MAY)}
    with closing(open_store(url, FIRST)) as store:
        first = PLEDGE.model_copy(update=before)
        store.apply(batch("made", *map(Create, (ANN, HUW, GIFT, first, BARE, gone, SONG, song, HALL))))
        store.apply(batch("edited", Edit("choir.pledge", PLEDGE.id, edits)))
        assert store.get(Pledge1, [PLEDGE.id])[PLEDGE.id] == PLEDGE.model_copy(update=after)
        store.apply(batch("ungrouped", Edit("choir.pledge", BARE.id, {"group": (None, "Bass")})))
        store.apply(batch("grouped", Edit("choir.pledge", BARE.id, {"group": ("Bass", None)})))
        store.apply(batch("deleted", Delete(gone), Delete(song)))


def upgraded(url: str, types: tuple[type[Record], ...] = SECOND) -> None:
    with closing(SqlUpgrade(url, types, "GBP")) as upgrade:
        upgrade.apply(lambda contents: None)


def held(url: str, types: tuple[type[Record], ...]) -> list[bytes]:
    """All that a store holds, as it stands."""
    with closing(SqlUpgrade(url, types, "GBP")) as upgrade, upgrade.contents() as contents:
        return [section.encode() + canonical(item) for section, item in contents.items()]


def refused(url: str, types: tuple[type[Record], ...]) -> PerthynError:
    with pytest.raises(PerthynError) as caught:
        open_store(url, types)
    return caught.value


def test_an_older_store_is_refused_until_it_is_upgraded(url: str) -> None:
    filled(url)
    error = refused(url, SECOND)
    assert (error.code, error.facts["parts"]) == ("store.older", "choir.pledge, choir.song")
    with closing(SqlUpgrade(url, SECOND, "GBP")) as upgrade:
        told = [(one.part, one.found, one.version, one.records, one.lines) for one in upgrade.planned]
        assert told == [("choir.pledge", 1, 3, 2, 4), ("choir.song", 1, 2, 1, 1)]
    upgraded(url)
    with closing(open_store(url, SECOND)) as store:
        assert list(store.scan(Pledge2)) == [PLEDGE_NOW, BARE_NOW]
        assert list(store.scan(Song2)) == [SONG_NOW]
        assert list(store.scan(Hall1)) == [HALL]
        assert store.sourced("till", ["1", "2"]).keys() == {"1"}
        assert list(store.owned(Pledge2, [ANN.id])) == [PLEDGE_NOW]
        assert store.origin(Pledge2, [PLEDGE.id]) == {PLEDGE.id: 1}
        assert {line.version for line in store.journal() if line.type == "choir.pledge"} == {3}
        assert store.search("jones") == [ANN.id]
        assert [total.amount for total in store.totals(ANN.id)] == [5]
        store.apply(batch("more", Create(Pledge2(id=UUID(int=14), contact=HUW.id, choir="Bass"))))
    with closing(SqlUpgrade(url, SECOND, "GBP")) as upgrade:
        assert upgrade.planned == ()
        upgrade.apply(lambda contents: pytest.fail("there is nothing to keep"))


def undone(store: Store, name: str) -> list[str]:
    """Take a batch back; answers the paths that had to stay."""
    plan = plan_undo(store, uuid5(NAMESPACE_OID, name), Ids(lambda: NOON, Random(name).randbytes), NOON)
    store.apply(plan.batch(uuid5(NAMESPACE_OID, f"undo {name}"), "ann"))
    return [one.path for one in plan.kept]


def test_what_was_done_before_is_undone_after(url: str) -> None:
    filled(url)
    upgraded(url)
    with closing(open_store(url, SECOND)) as store:
        assert undone(store, "deleted") == undone(store, "edited") == undone(store, "grouped") == []
        pledges = {one.id.int: one for one in store.scan(Pledge2)}
        july = Payment2(due=JULY.day, pence=7000, way="bank")
        assert pledges[13] == Pledge2(
            id=UUID(int=13), contact=HUW.id, choir="choir of Huw", given="Huw", instalments=(july,),
            source="till", source_id="2",
        )  # fmt: skip
        june = Payment2(due=JUNE.day, pence=600, way="cash")
        before = {"choir": "Bass", "given": None, "family": None, "pence": "300", "instalments": (june, july)}
        assert pledges[11] == PLEDGE_NOW.model_copy(update=before)
        assert pledges[12].choir == "Bass"
        assert store.get(Song2, [UUID(int=22)])[UUID(int=22)].title == "?"


class Stopped(Exception):
    """A process is killed."""


@pytest.mark.slow
def test_killed_between_any_two_statements_it_is_old_or_new(tmp_path: Path) -> None:
    filled(url_of(tmp_path))
    left = 0

    def counted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        # Between two that only read, all is as before the next that writes.
        nonlocal left
        left -= not statement.startswith(("SELECT", "PRAGMA"))
        if left == 0:
            raise Stopped

    event.listen(Engine, "before_cursor_execute", counted)
    try:
        with (
            closing(SqlUpgrade(url_of(tmp_path), SECOND, "GBP")) as upgrade,
            closing(sqlite3.connect(tmp_path / "a.db")) as file,
        ):
            before = list(file.iterdump())
            for stop in range(1, 10_000):
                left = stop
                try:
                    upgrade.apply(lambda contents: None)
                except Stopped:
                    if list(file.iterdump()) != before:
                        break  # not old, so it must be new
                else:
                    break
    finally:
        event.remove(Engine, "before_cursor_execute", counted)
    assert stop > 60
    with closing(open_store(url_of(tmp_path), SECOND)) as store:
        assert list(store.scan(Pledge2)) == [PLEDGE_NOW, BARE_NOW]


def test_killed_on_a_server_it_is_old_and_the_next_one_finishes(postgres_url: str) -> None:
    filled(postgres_url)
    before = held(postgres_url, FIRST)
    done: list[int] = []

    def stop(more: int) -> None:
        done.append(more)
        if len(done) == 3:
            raise Stopped

    with closing(SqlUpgrade(postgres_url, SECOND, "GBP")) as upgrade, pytest.raises(Stopped):
        upgrade.apply(lambda contents: None, stop)
    assert held(postgres_url, FIRST) == before
    upgraded(postgres_url)
    with closing(open_store(postgres_url, SECOND)) as store:
        assert list(store.scan(Pledge2)) == [PLEDGE_NOW, BARE_NOW]


def test_a_rehearsal_changes_nothing(url: str) -> None:
    filled(url)
    before = held(url, FIRST)
    done: list[int] = []
    with closing(SqlUpgrade(url, SECOND, "GBP")) as upgrade:
        upgrade.rehearse(done.append)
        assert sum(done) == sum(one.size for one in upgrade.planned)
    assert held(url, FIRST) == before
    with closing(open_store(url, FIRST)) as store:
        assert list(store.scan(Song1)) == [SONG]


class Strict(Pledge2):
    """Whoever signed must have a surname."""

    steps: ClassVar[tuple[Step, ...]] = (*Pledge2.steps, Fill(3, "family", lambda pledge: "x" * 501))


def test_a_record_that_cannot_follow_is_named_and_nothing_changes(url: str) -> None:
    filled(url)
    before = held(url, FIRST)
    strict: tuple[type[Record], ...] = (*CORE_TYPES, Strict, Song2, Hall1)
    with closing(SqlUpgrade(url, strict, "GBP")) as upgrade:
        attempts: list[Callable[[], None]] = [upgrade.rehearse, partial(upgrade.apply, lambda contents: None)]
        for attempt in attempts:
            with pytest.raises(PerthynError) as caught:
                attempt()
            assert (caught.value.code, caught.value.facts["record"]) == ("upgrade.record", str(BARE.id))
            assert "family" in str(caught.value.facts["why"])
    assert held(url, FIRST) == before


class Loose(Pledge2):
    """The key of the list in old images was forgotten."""

    steps: ClassVar[tuple[Step, ...]] = tuple(one for one in Pledge2.steps if not isinstance(one, Rekey))


def test_an_image_under_the_wrong_key_is_refused(tmp_path: Path) -> None:
    filled(url_of(tmp_path))
    with pytest.raises(PerthynError) as caught:
        upgraded(url_of(tmp_path), (*CORE_TYPES, Loose, Song2, Hall1))
    assert (caught.value.code, caught.value.facts["record"]) == ("upgrade.line", str(PLEDGE.id))


def test_what_is_kept_first_is_what_was_there(url: str) -> None:
    filled(url)
    before = held(url, FIRST)
    kept: list[bytes] = []
    with closing(SqlUpgrade(url, SECOND, "GBP")) as upgrade:
        with pytest.raises(Stopped):
            upgrade.apply(_stop)
        assert held(url, FIRST) == before
        upgrade.apply(lambda contents: kept.extend(name.encode() + canonical(one) for name, one in contents.items()))
    assert kept == before


def _stop(_: object) -> None:
    raise Stopped


def test_the_copy_beside_it_is_the_old_store(tmp_path: Path) -> None:
    filled(url_of(tmp_path))
    before = held(url_of(tmp_path), FIRST)
    with closing(SqlUpgrade(url_of(tmp_path), SECOND, "GBP")) as upgrade:
        copies = [upgrade.copy("1-2026-03-01") for _ in range(2)]
        upgrade.apply(lambda contents: None)
    assert copies == [tmp_path / "a.db.before-1-2026-03-01", tmp_path / "a.db.before-1-2026-03-01-2"]
    assert {one.name for one in tmp_path.iterdir()} == {"a.db", *(one.name for one in copies if one is not None)}
    assert copies[0] is not None
    assert held(f"sqlite:///{copies[0].as_posix()}", FIRST) == before


def test_a_damaged_store_is_not_copied(tmp_path: Path) -> None:
    filled(url_of(tmp_path))
    with closing(sqlite3.connect(tmp_path / "a.db")) as file:
        page = file.execute("SELECT rootpage FROM sqlite_master WHERE name = 'contact_batch'").fetchone()[0]
    whole = bytearray((tmp_path / "a.db").read_bytes())
    whole[(page - 1) * 4096 : (page - 1) * 4096 + 100] = b"\xff" * 100
    (tmp_path / "a.db").write_bytes(whole)
    with closing(SqlUpgrade(url_of(tmp_path), SECOND, "GBP")) as upgrade, pytest.raises(PerthynError) as caught:
        upgrade.copy("1")
    assert caught.value.code == "store.damaged"
    assert [one.name for one in tmp_path.iterdir()] == ["a.db"]


def test_downward_is_refused(url: str) -> None:
    filled(url)
    upgraded(url)
    error = refused(url, FIRST)
    assert (error.code, error.facts["part"]) == ("store.newer", "choir.pledge")
    with pytest.raises(PerthynError, match=r"store\.newer"):
        SqlUpgrade(url, FIRST, "GBP")


def test_types_of_an_absent_plugin_are_left_alone(url: str) -> None:
    filled(url)
    before = held(url, FIRST)
    with closing(SqlUpgrade(url, CORE_TYPES, "GBP")) as upgrade:
        assert upgrade.planned == ()
    upgraded(url, (*CORE_TYPES, Song2))
    after = held(url, FIRST[:-2])
    assert [one for one in before if b"choir.song" not in one] == [one for one in after if b"choir.song" not in one]
    upgraded(url)
    with closing(open_store(url, SECOND)) as store:
        assert list(store.scan(Pledge2)) == [PLEDGE_NOW, BARE_NOW]


def test_whoever_had_it_open_does_not_write_on(url: str) -> None:
    filled(url)
    with closing(open_store(url, FIRST)) as store:
        upgraded(url)
        for record in (SONG.model_copy(update={"id": UUID(int=99)}), Hall1(id=UUID(int=98))):
            with pytest.raises(PerthynError) as caught:
                store.apply(batch(f"late {record.id}", Create(record)))
            assert caught.value.code == "store.upgraded"


def test_a_store_that_is_moving_is_not_upgraded(url: str) -> None:
    filled(url)
    with closing(open_store(url, FIRST)) as store:
        store.set_fence(Fence("moving", "there", "ann", NOON), None)
    with pytest.raises(PerthynError) as caught:
        upgraded(url)
    assert caught.value.code == "store.fenced.moving"


def test_two_at_once(url: str) -> None:
    filled(url)
    with ThreadPoolExecutor(2) as both:
        list(both.map(upgraded, [url, url]))
    with closing(open_store(url, SECOND)) as store:
        assert list(store.scan(Pledge2)) == [PLEDGE_NOW, BARE_NOW]


def test_the_stores_own_tables_take_steps(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(url)
    now = perthyn_sql.versions.SCHEMA_VERSION
    steps: dict[int, Callable[[Connection], Any]] = {
        now + 1: lambda connection: connection.exec_driver_sql("CREATE TABLE extra_ (n INTEGER)"),
        now + 2: lambda connection: connection.exec_driver_sql("INSERT INTO extra_ VALUES (7)"),
    }
    monkeypatch.setattr(perthyn_sql.versions, "SCHEMA_VERSION", now + 2)
    monkeypatch.setattr(perthyn_sql.versions, "SCHEMA_STEPS", steps)
    assert refused(url, FIRST).facts["parts"] == "schema"
    upgraded(url, FIRST)
    with closing(open_store(url, FIRST)) as store, store.reading() as connection:
        assert connection.exec_driver_sql("SELECT n FROM extra_").scalar_one() == 7
    monkeypatch.setattr(perthyn_sql.versions, "SCHEMA_VERSION", now + 1)
    assert refused(url, FIRST).code == "store.newer"

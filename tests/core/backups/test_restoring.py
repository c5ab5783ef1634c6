"""Restoring: proved, killed and gone on with, on another backend; nobody who was erased comes back."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from perthyn.backups.keys import Key
from perthyn.backups.reading import Backup, look_into
from perthyn.backups.refusals import Refused
from perthyn.changes import Create
from perthyn.contents import Fence
from perthyn.crm import Actor, Crm
from perthyn.crm import restoring as module
from perthyn.crm.health import LAST_TRY
from perthyn.crm.restoring import Restored, Restoring
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES, Consent, Contact, Email, Redirect, Suppression
from perthyn.moving import compare
from perthyn.plugins import Plugins
from perthyn.settings import Settings, read_settings
from perthyn.store import Store
from perthyn_sql import SqlStore, open_store

from .conftest import NOON, Desk

KNOWN = {one.type_name: one for one in CORE_TYPES}


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return Plugins.find()


class Drill:
    """A backup of a store, to be restored in a folder."""

    def __init__(self, crm: Crm, folder: Path, key: Key, plugins: Plugins) -> None:
        self.crm, self.folder, self.key, self.plugins = crm, folder, key, plugins
        self.folder.mkdir(exist_ok=True)
        self.file = folder / "b.age"
        crm.backup(self.file, [key.public], [key])

    def restoring(self, settings: Settings | None = None) -> Restoring:
        backup = Backup(self.file, [self.key], KNOWN)
        settings = module.settings_of(settings or read_settings(self.folder, {}), backup)
        inside = look_into(self.file, [self.key], KNOWN)
        return Restoring(backup, inside, settings, self.plugins, CORE_TYPES, lambda: NOON, os.urandom, Actor("huw"))

    def restore(self, to: str = "") -> Restored:
        restoring = self.restoring()
        assert self.crm.refusals is not None
        return restoring.restore(restoring.target(to), to, self.crm.refusals.read()[0])

    def opened(self) -> Store:
        """What perthyn.toml says is in use."""
        store: Store = self.plugins.open_store(read_settings(self.folder, {}).store_url, CORE_TYPES, "GBP", False)
        return store


@pytest.fixture
def drill(crm: Crm, tmp_path: Path, key: Key, plugins: Plugins) -> Drill:
    return Drill(crm, tmp_path / "new", key, plugins)


def same(drill: Drill) -> None:
    """The store in use holds what the backup does, and after it nothing but the note of the restore."""
    backup = Backup(drill.file, [drill.key], KNOWN)
    with closing(drill.opened()) as store, store.contents() as there:
        assert store.fence is None
        proof = compare(backup, there)
        strange = [one for one in proof.differences if one.section not in ("batches", "setting", "journal")]
        assert not strange
        assert store.position() == backup.position + 1
        assert next(store.headers()).kind == "restore"


def test_on_a_new_machine_the_settings_come_back_too(drill: Drill) -> None:
    done = drill.restore()
    same(drill)
    settings = read_settings(drill.folder, {})
    assert (settings.organisation, settings.currency, settings.store) == (
        "Plas Brithwen",
        "GBP",
        "sqlite:///perthyn.sqlite",
    )
    assert done.count == sum(drill.restoring().backup.sizes().values()) and done.left == ""
    assert drill.restoring().target().state == "done"
    with closing(drill.opened()) as store:
        again = Crm(store, drill.plugins, settings, lambda: NOON, os.urandom, Actor("huw"))
        assert again.remembered(LAST_TRY)["by"] == "huw"


def test_what_is_in_use_is_left_as_it_is(drill: Drill) -> None:
    drill.restore()
    with closing(drill.opened()) as store:
        after = Crm(store, drill.plugins, Settings(), lambda: NOON, os.urandom, Actor("huw"))
        after.add_contact({"name": "Mair"})
        used = store.address
    done = drill.restore()
    assert done.left == used and "-restored-2026-11-22" in done.address and not done.open
    same(drill)
    with closing(open_store(used, CORE_TYPES)) as old:
        assert old.fence is not None and (old.fence.state, old.fence.where) == ("moved", done.address)
        with pytest.raises(PerthynError, match=r"store\.fenced\.moved"):
            Crm(old, drill.plugins, Settings(), lambda: NOON, os.urandom, Actor("huw")).add_contact({"name": "Nia"})
        assert [one.name for one in old.scan(Contact)].count("Mair") == 1


def test_an_old_store_that_cannot_be_told_is_named(drill: Drill, monkeypatch: pytest.MonkeyPatch) -> None:
    drill.restore()
    with closing(drill.opened()) as store:
        after = Crm(store, drill.plugins, Settings(), lambda: NOON, os.urandom, Actor("huw"))
        after.add_contact({"name": "Mair"})
        used = store.address
    whole = SqlStore.set_fence

    def full(self: SqlStore, fence: Fence | None, instead: Fence | None) -> None:
        if self.address == used:
            raise PerthynError("store.full", path=used)
        whole(self, fence, instead)

    monkeypatch.setattr(SqlStore, "set_fence", full)
    done = drill.restore()
    assert done.left == used and done.open
    same(drill)


def test_another_place_may_be_named_unless_it_is_full(drill: Drill) -> None:
    drill.restore("sqlite:///elsewhere.sqlite")
    same(drill)
    assert read_settings(drill.folder, {}).store == "sqlite:///elsewhere.sqlite"
    with closing(drill.opened()) as store:
        Crm(store, drill.plugins, Settings(), lambda: NOON, os.urandom, Actor("huw")).add_contact({"name": "Mair"})
    with pytest.raises(PerthynError, match=r"store\.filling\.full"):
        drill.restoring().target("sqlite:///elsewhere.sqlite")


def test_a_store_that_cannot_be_opened_is_left_and_named(drill: Drill) -> None:
    (drill.folder / "perthyn.sqlite").write_bytes(b"SQLite format 3\0 but torn" * 100)
    target = drill.restoring().target()
    assert target.why is not None and target.left == ""
    done = drill.restore()
    assert "-restored-" in done.address
    same(drill)


def test_a_server_that_is_full_or_gone_needs_another_place(drill: Drill) -> None:
    settings = Settings(folder=drill.folder, store="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(PerthynError, match=r"restore\.to\.needed"):
        drill.restoring(settings).target()


STEPS = ("transfer", "prove", "_listed", "_erased", "write_settings")


@pytest.mark.parametrize("step", [*STEPS, "put", "release"])
def test_a_restore_that_was_killed_goes_on(drill: Drill, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perthyn.backups.reading.AT_ONCE", 5)
    drill.restore()
    with closing(drill.opened()) as store:
        Crm(store, drill.plugins, Settings(), lambda: NOON, os.urandom, Actor("huw")).add_contact({"name": "Mair"})

    def killed(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if step == "put":
            from perthyn_sql.filling import SqlFilling

            put, left = SqlFilling.put, iter([1, 2, 3])
            patch.setattr(SqlFilling, "put", lambda self, chunk: put(self, chunk) if next(left, 0) else killed())
        elif step == "release":
            from perthyn_sql import SqlStore

            change = SqlStore.set_fence
            patch.setattr(
                SqlStore, "set_fence", lambda self, fence, instead: change(self, fence, instead) if fence else killed()
            )
        else:
            patch.setattr(module, step, killed)
        with pytest.raises(KeyboardInterrupt):
            drill.restore()
    restored = drill.folder / "perthyn-restored-2026-11-22.sqlite"
    with closing(open_store(f"sqlite:///{restored.as_posix()}", CORE_TYPES)) as unfinished:
        assert unfinished.fence is not None or step == "transfer"
    drill.restore()
    backup = Backup(drill.file, [drill.key], KNOWN)
    with closing(drill.opened()) as store, store.contents() as there:
        assert store.fence is None and store.address.endswith(restored.name)
        assert store.position() == backup.position + 1
        proof = compare(backup, there)
        assert not [one for one in proof.differences if one.section not in ("batches", "setting", "journal")]
    assert not list(drill.folder.glob("*-restored-*-2.sqlite"))


def test_nobody_who_was_erased_comes_back_and_every_no_stands(
    desk: Desk, tmp_path: Path, key: Key, plugins: Plugins
) -> None:
    crm = desk(open_store(f"sqlite:///{(tmp_path / 'a.sqlite').as_posix()}", CORE_TYPES))
    people = [
        Contact(id=crm.ids(), name=f"Erased {n}", emails=(Email(address=f"erased{n}@gone.example"),)) for n in range(30)
    ]
    stay = [
        Contact(id=crm.ids(), name=f"Stays {n}", emails=(Email(address=f"stays{n}@here.example"),)) for n in range(10)
    ]
    yes = [
        Consent(id=crm.ids(), contact=one.id, channel="email", decision="given", at=NOON, recorded=NOON, wording="yes")
        for one in (*people, *stay)
    ]
    crm.commit([Create(one) for one in (*people, *stay, *yes)])
    drill = Drill(crm, tmp_path / "new", key, plugins)
    noes = [
        Consent(id=crm.ids(), contact=one.id, channel="email", decision="withdrawn", at=NOON, recorded=NOON)
        for one in (*people[:20], *stay[:5])
    ]
    crm.commit([Create(one) for one in noes])
    for one in people:
        crm.erase(one.id)
    done = drill.restore()
    assert (done.respected.erased, done.respected.refused, done.respected.listed) == (30, 25, 20)
    raw = (drill.folder / "perthyn.sqlite").read_bytes()
    with closing(drill.opened()) as store:
        assert {one.name for one in store.scan(Contact)} == {one.name for one in stay}
        assert store.count_of(Suppression) == 20
        again = Crm(store, plugins, Settings(), lambda: NOON, os.urandom, Actor("huw"))
        allowed = {one.name for one in store.scan(Contact) if again.show(one.id).permission["email"].allowed}
        assert allowed == {one.name for one in stay[5:]}
        again.add_contact({"name": "Somebody new", "email": "erased3@gone.example"})  # the list holds
        back = next(one for one in store.scan(Contact) if one.name == "Somebody new")
        assert again.show(back.id).permission["email"].rule == "contact.suppressed"
    assert b"gone.example" not in raw
    crm.store.close()


def test_nothing_is_switched_when_the_store_does_not_hold_what_the_file_does(
    drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    from perthyn_sql.filling import SqlFilling

    put = SqlFilling.put

    def forgetful(self: Any, chunk: Any) -> None:
        put(self, replace(chunk, items=chunk.items[:-1]) if chunk.place.section == "interaction" else chunk)

    monkeypatch.setattr(SqlFilling, "put", forgetful)
    with pytest.raises(PerthynError) as told:
        drill.restore()
    assert told.value.code == "restore.different" and told.value.facts["count"] == 1
    assert not (drill.folder / "perthyn.toml").exists()
    with pytest.raises(PerthynError, match=r"restore\.different"):  # going on does not help
        drill.restore()


def test_the_no_of_somebody_who_is_merged_in_the_backup_is_the_survivors(crm: Crm) -> None:
    stays, gone = next(crm.store.scan(Contact)), crm.ids()
    crm.commit([Create(Redirect(id=gone, to=stays.id))])
    no = Consent(id=crm.ids(), contact=gone, channel="email", decision="refused", recorded=NOON)
    (change,) = module._refused(crm.store, crm.redirects(), [Refused(no, (gone,))])
    assert isinstance(change, Create) and isinstance(change.record, Consent)
    assert (change.record.id, change.record.contact) == (no.id, stays.id)
    crm.commit([change])
    assert module._refused(crm.store, crm.redirects(), [Refused(no, (gone,))]) == []

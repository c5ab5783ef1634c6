"""The demonstration moved to another store by the real command; kills at every step of the switch; planted changes."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from perthyn.cli.main import run
from perthyn.contents import Fence
from perthyn.crm import Actor, Crm, record_types
from perthyn.errors import PerthynError
from perthyn.model import Contact, Interaction
from perthyn.moving import compare, prove, transfer
from perthyn.plugins import Plugins
from perthyn.settings import FILE, read_settings
from perthyn.store import Store

NEW = "sqlite:///new.sqlite"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEGMENTS = {
    "Givers": "donations at least 1 in last 24 months",
    "Nobody lately": "person and no visits in last 6 months",
    "Both": 'in segment "Givers" and in segment "Nobody lately"',
}


@pytest.fixture(scope="module")
def grown(brithwen: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demonstration's store, with segments: one that is broken, too. Tests only copy it."""
    folder = tmp_path_factory.mktemp("grown")
    address = brithwen.crm.store.address.removeprefix("sqlite:///")
    with closing(sqlite3.connect(address)) as link, closing(sqlite3.connect(folder / "perthyn.sqlite")) as copy:
        link.backup(copy)
    with at(folder) as crm:
        for name, rule in SEGMENTS.items():
            crm.add_segment(name, None, rule)
        crm.add_segment("Chosen", None, "", mode="snapshot", contacts=[one.id for one in crm.store.scan(Contact)][:7])
    with closing(sqlite3.connect(folder / "perthyn.sqlite")) as link, link:
        broken = '{"rule": "of a plugin that is not there"}'
        link.execute("UPDATE segment SET rule = ? WHERE name_en = 'Both'", (broken,))
    return folder


@contextmanager
def at(folder: Path, wrap: Callable[[Store], Any] = lambda store: store) -> Iterator[Crm]:
    """The CRM on the store that the folder's settings name; `wrap` stands around every store it opens."""
    settings, plugins = read_settings(folder, {}), Plugins.find()
    opening = plugins.open_store
    plugins.open_store = lambda *given: wrap(opening(*given))  # type: ignore[method-assign]
    store = plugins.open_store(settings.store_url, record_types(plugins), settings.currency, True)
    try:
        yield Crm(store, plugins, settings, lambda: NOON, os.urandom, Actor("ann"))
    finally:
        store.close()


@pytest.fixture
def folder(grown: Path, tmp_path: Path) -> Path:
    """A copy of one's own."""
    shutil.copy(grown / "perthyn.sqlite", tmp_path / "perthyn.sqlite")
    return tmp_path


def perthyn(folder: Path, *words: str) -> int:
    return run(["--at", str(folder), *words])


def equal(folder: Path) -> bool:
    """Whether the old store and the new hold the same."""
    with at(folder) as crm:
        types = tuple(crm.store.types.values())
        old = crm.plugins.open_store(f"sqlite:///{(folder / 'perthyn.sqlite').as_posix()}", types, "GBP", False)
        with closing(old), old.contents() as mine, crm.store.contents() as theirs:
            return compare(mine, theirs).same


# --- moved by the command -------------------------------------------------------------------------------------


def test_everything_goes_on_in_the_new_store(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with at(folder) as crm:
        before = {one.name_en: set(crm.store.select(crm.closed(one))) for one in crm.segments() if not crm.broken(one)}
        newest = crm.changes(1)[0].number
    assert perthyn(folder, "move", "--to", NEW) == 0
    assert "new.sqlite" in capsys.readouterr().out
    assert read_settings(folder, {}).store == NEW
    assert equal(folder)
    with at(folder) as crm:
        after = {one.name_en: set(crm.store.select(crm.closed(one))) for one in crm.segments() if not crm.broken(one)}
        assert after == before and any(after.values())
        assert [one.name_en for one in crm.segments() if crm.broken(one)] == ["Both"]
        took_in = next(one for one in crm.changes(50) if one.kind == "import")
        visits = crm.store.count_of(Interaction)
    assert newest == 4 + took_in.number
    assert perthyn(folder, "contact", "find", "jones") == 0
    assert perthyn(folder, "undo", str(took_in.number), "--yes") == 0
    with at(folder) as crm:
        assert crm.store.count_of(Interaction) < visits


def test_the_report_says_what_was_compared(folder: Path) -> None:
    assert perthyn(folder, "move", "--to", NEW, "--report", str(folder / "kept.json")) == 0
    report = json.loads((folder / "kept.json").read_text(encoding="utf-8"))
    sizes = {one["name"]: one["source"]["count"] for one in report["proof"]["sections"]}
    assert (report["result"], report["proof"]["differing"], sizes["contact"]) == ("same", 0, 1264)
    assert all(one["source"] == one["target"] for one in report["proof"]["sections"])
    broken = {one["name"]: one["broken"] for one in report["segments"]}
    assert broken.pop("Both") == ["rule.shape", "rule.shape"] or broken
    assert set(map(tuple, broken.values())) == {("", "")}


def test_the_old_store_is_read_and_not_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = (folder / FILE).read_bytes() if (folder / FILE).exists() else b""
    assert perthyn(folder, "move", "--to", NEW) == 0
    (folder / FILE).write_bytes(old)
    capsys.readouterr()
    assert perthyn(folder, "contact", "find", "jones") == 0
    assert "new.sqlite" in capsys.readouterr().err
    assert perthyn(folder, "contact", "add", "Somebody New") == 1
    assert perthyn(folder, "move", "--to", "sqlite:///third.sqlite") == 1


def test_a_server_that_cannot_be_reached_is_said_in_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = "postgresql://perthyn@127.0.0.1:1/perthyn"
    for words in (("move", "--to", nowhere), ("--lang", "cy", "move", "--to", nowhere, "--dry-run")):
        assert perthyn(folder, *words) == 1
        told = capsys.readouterr().err
        assert nowhere in told and "store.server" not in told
    (folder / FILE).write_text(f'store = "{nowhere}"\n', encoding="utf-8")
    assert perthyn(folder, "doctor") == 1
    told = capsys.readouterr().out
    assert nowhere in told and "store.server" not in told


def test_a_dry_run_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {one.name for one in folder.iterdir()}
    assert perthyn(folder, "move", "--to", NEW, "--dry-run", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["sizes"]["contact"]) == ("new", 1264)
    assert {one.name for one in folder.iterdir()} - before <= {"perthyn.sqlite-wal", "perthyn.sqlite-shm"}
    with at(folder) as crm:
        assert crm.store.fence is None


@pytest.mark.parametrize("same", ["sqlite:///perthyn.sqlite", "sqlite:///./perthyn.sqlite", "whole", "linked"])
def test_the_same_store_is_refused(same: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if same == "linked":
        (folder / "linked.sqlite").symlink_to(folder / "perthyn.sqlite")
        same = "sqlite:///linked.sqlite"
    same = f"sqlite:///{(folder / 'perthyn.sqlite').as_posix()}" if same == "whole" else same
    assert perthyn(folder, "move", "--to", same, "--json") == 1
    assert json.loads(capsys.readouterr().err)["error"]["code"] in ("move.same", "store.filling.full")
    with at(folder) as crm:
        assert crm.store.fence is None


def test_back_is_to_a_new_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert perthyn(folder, "move", "--to", NEW) == 0
    capsys.readouterr()
    assert perthyn(folder, "move", "--to", "sqlite:///perthyn.sqlite", "--json") == 1
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "store.filling.full"
    assert perthyn(folder, "move", "--to", "sqlite:///back.sqlite") == 0
    assert equal(folder)


def test_the_environment_names_the_store(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERTHYN_STORE", "sqlite:///perthyn.sqlite")
    assert perthyn(folder, "move", "--to", NEW) == 0
    assert "PERTHYN_STORE" in capsys.readouterr().err
    assert not (folder / FILE).exists()


def test_stop_lets_writers_in_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with at(folder) as crm:
        crm.store.set_fence(Fence("moving", "sqlite:///gone.sqlite", "ann", NOON, "m"), None)
    assert perthyn(folder, "contact", "add", "Somebody New") == 1
    assert perthyn(folder, "move", "--to", NEW) == 1  # another move was begun
    assert perthyn(folder, "move", "--stop", "--yes") == 0
    assert perthyn(folder, "contact", "add", "Somebody New") == 0
    capsys.readouterr()
    assert perthyn(folder, "move", "--stop", "--json") == 1  # without a question: there is nothing to stop
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "move.none"


def test_an_unfinished_store_is_not_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with at(folder) as crm:
        crm.store.set_fence(Fence("filling", "elsewhere:", "ann", NOON, "m"), None)
    assert perthyn(folder, "contact", "find", "jones") == 1
    assert "elsewhere:" in capsys.readouterr().err


# --- kills ------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone: nothing more is done."""


class Mortal:
    """Stores of a process that is killed before its so many-th write, or after it."""

    def __init__(self, left: int) -> None:
        self.left = left

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed

    def wrap(self, store: Any) -> Any:
        setting, filling = store.set_fence, store.filling

        def set_fence(*given: Any) -> None:
            self.step()
            setting(*given)
            self.step()

        def begin(*given: Any) -> Any:
            self.step()
            found = filling(*given)
            put = found.put

            def putting(chunk: Any) -> None:
                self.step()
                put(chunk)

            found.put = putting
            return found

        store.set_fence, store.filling = set_fence, begin
        return store


def test_killed_at_any_step_it_goes_on(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with at(tmp_path) as crm:
        crm.add_segment("Everybody", None, "person")
        for name in ("Siân", "Gwyn", "Nia"):
            crm.add_contact({"name": name})
    steps = 0
    for left in range(60):
        place = tmp_path_factory.mktemp("killed")
        shutil.copy(tmp_path / "perthyn.sqlite", place / "perthyn.sqlite")
        try:
            with at(place, Mortal(left).wrap) as crm:
                crm.move(NEW)
            break
        except Killed:
            steps += 1
        if read_settings(place, {}).store == NEW:
            assert equal(place)
        else:
            assert perthyn(place, "move", "--to", NEW) == 0
        with at(place) as crm:
            assert crm.store.fence is None
        assert read_settings(place, {}).store == NEW and equal(place)
    assert steps >= 10


# --- what differs -------------------------------------------------------------------------------------------------


def test_every_planted_change_is_found_and_nothing_switches(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(5)

    def altering(*given: Any) -> Any:
        sums = transfer(*given)
        with closing(sqlite3.connect(folder / "new.sqlite")) as link, link:
            keys = [key for (key,) in link.execute("SELECT key_ FROM interaction")]
            chosen = draw.sample(keys, 500)
            link.executemany("UPDATE interaction SET quantity = coalesce(quantity, 0) + 1 WHERE key_ = ?",
                             [(key,) for key in chosen])  # fmt: skip
        return sums

    monkeypatch.setattr("perthyn.crm.moves.transfer", altering)
    assert perthyn(folder, "move", "--to", NEW, "--report", str(folder / "kept.json")) == 1
    assert "500" in capsys.readouterr().err
    report = json.loads((folder / "kept.json").read_text(encoding="utf-8"))
    assert (report["result"], report["proof"]["differing"]) == ("different", 500)
    assert {tuple(one["fields"]) for one in report["proof"]["differences"]} == {("quantity",)}
    with at(folder) as crm:
        assert crm.store.fence is None and crm.settings.store != NEW
    with pytest.raises(PerthynError, match=r"store\.filling\.|store\.fenced"), at(folder) as crm:
        there = crm.plugins.open_store(f"sqlite:///{(folder / 'new.sqlite').as_posix()}", (), "GBP", False)
        with closing(there):
            assert there.fence is not None and there.fence.state == "filling"
            raise there.fence.refusal


def test_a_segment_with_other_people_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def altering(*given: Any) -> Any:
        proof = prove(*given)
        with closing(sqlite3.connect(folder / "new.sqlite")) as link, link:
            link.execute("UPDATE interaction SET kind = (SELECT id FROM word_ WHERE text = 'visit')")
            link.execute("DELETE FROM summary_")
        return proof

    monkeypatch.setattr("perthyn.crm.moves.prove", altering)
    assert perthyn(folder, "move", "--to", NEW, "--report", str(folder / "kept.json")) == 1
    report = json.loads((folder / "kept.json").read_text(encoding="utf-8"))
    assert report["result"] == "different" and report["proof"]["differing"] == 0
    assert any(one["missing"] or one["extra"] for one in report["segments"])


def test_after_a_failure_what_was_moved_stays_good(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing was written to the old store since; after that it is refused."""

    def failing(*_given: Any) -> None:
        raise PerthynError("store.full", path="new.sqlite")

    with monkeypatch.context() as patched:
        patched.setattr("perthyn.crm.moves.prove", failing)
        assert perthyn(folder, "move", "--to", NEW) == 1
    with at(folder) as crm:
        assert crm.store.fence is None
        assert crm.move_plan(NEW).state == "begun"
    assert perthyn(folder, "contact", "add", "Somebody New") == 0
    assert perthyn(folder, "move", "--to", NEW) == 1
    assert perthyn(folder, "move", "--to", "sqlite:///newer.sqlite") == 0
    assert equal(folder)

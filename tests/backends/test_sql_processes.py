"""Several processes on one store: all is written once, a reader keeps its picture, who waits too long is told so."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

from perthyn.changes import Batch, Create, Edit, Erase
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES, Contact, Interaction, Tag
from perthyn_sql import open_store
from perthyn_sql.store import SqlStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

WRITER = """
    import sys
    from datetime import UTC, date, datetime
    from uuid import UUID
    from perthyn.changes import Batch, Create
    from perthyn.model import CORE_TYPES, Contact, Interaction, Tag
    from perthyn_sql import open_store

    url, who = sys.argv[1], int(sys.argv[2])
    store = open_store(url, CORE_TYPES)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for turn in range(15):
        number = (who + 1) * 1000 + turn * 2
        contact = Contact(id=UUID(int=number), name=f"Writer {who}", tags=(Tag(tag=f"turn {turn}"),))
        visit = Interaction(id=UUID(int=number + 1), contact=contact.id, kind="visit", day=date(2026, 1, 1))
        changes = [Create(contact), Create(visit)]
        store.apply(Batch(UUID(int=10**9 + number), f"writer {who}", noon, changes=changes))
        # What all of them try to write is written once.
        store.apply(Batch(UUID(int=turn + 1), "all", noon, changes=[Create(Contact(id=UUID(int=turn + 1)))]))
    store.close()
"""

HOLDER = """
    import sqlite3, sys
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM contact")
    print("holding", flush=True)
    sys.stdin.readline()
"""


def started(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def url(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'a.db').as_posix()}"


def batch(name: str, *changes: Create | Edit | Erase) -> Batch:
    return Batch(uuid5(NAMESPACE_OID, name), "ann", NOON, changes=changes)


def test_three_processes_make_the_store_and_write_at_once(tmp_path: Path) -> None:
    writers = [started(WRITER, url(tmp_path), str(number)) for number in range(3)]
    for writer in writers:
        writer.communicate(timeout=120)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    store = open_store(url(tmp_path), CORE_TYPES)
    assert store.position() == 3 * 15 + 15
    assert store.count_of(Contact) == 3 * 15 + 15
    assert [header.number for header in store.headers()] == list(range(60, 0, -1))
    with store.reading() as connection:
        # No key, no word was given twice, and every word that is meant is there.
        assert connection.exec_driver_sql("SELECT count(*) FROM word_ WHERE text LIKE 'turn %'").scalar_one() == 15
        assert connection.exec_driver_sql("SELECT count(*), count(DISTINCT key_) FROM contact").one() == (60, 60)
    tags = {tag.tag for contact in store.scan(Contact) for tag in contact.tags}
    assert tags == {f"turn {turn}" for turn in range(15)}
    store.close()


def test_a_file_that_another_process_is_just_making_is_waited_for(tmp_path: Path) -> None:
    maker = sqlite3.connect(tmp_path / "a.db", isolation_level=None, check_same_thread=False)
    maker.execute("BEGIN EXCLUSIVE")
    # Longer than SQLite itself waits, which for the change of the journal's mode may be not at all.
    release = threading.Timer(1.5, maker.execute, ["COMMIT"])
    release.start()
    store = open_store(url(tmp_path), CORE_TYPES)
    release.join()
    assert store.count_of(Contact) == 0
    store.close()
    maker.close()


def test_who_waits_too_long_is_told_so(tmp_path: Path) -> None:
    open_store(url(tmp_path), CORE_TYPES).close()
    holder = started(HOLDER, str(tmp_path / "a.db"))
    assert holder.stdout is not None and holder.stdout.readline() == "holding\n"
    store = SqlStore(url(tmp_path), CORE_TYPES, currency="GBP", create=True, wait=1)
    ann = Contact(id=UUID(int=1), name="Ann")
    with pytest.raises(PerthynError) as caught:
        store.apply(batch("one", Create(ann)))
    assert caught.value.code == "store.locked"
    assert store.count_of(Contact) == 0
    # Who holds it dies; nothing of what it did is left, and the same batch goes through.
    holder.kill()
    holder.communicate()
    assert store.apply(batch("one", Create(ann))).created == 1
    store.close()


def test_a_long_read_keeps_its_picture_while_another_writes(tmp_path: Path) -> None:
    people = [Contact(id=UUID(int=number), name=f"Somebody {number}") for number in range(1, 1501)]
    reader, writer = (open_store(url(tmp_path), CORE_TYPES) for _ in range(2))
    writer.apply(batch("one", *map(Create, people)))
    scan = reader.scan(Contact)
    first = next(scan)
    writer.apply(batch("two", Create(Contact(id=UUID(int=9999)))))
    writer.apply(batch("three", Edit("contact", UUID(int=1500), {"name": ("Somebody 1500", "Nobody")})))
    assert [first, *scan] == people
    assert reader.count_of(Contact) == 1501
    assert reader.get(Contact, [UUID(int=1500)])[UUID(int=1500)].name == "Nobody"
    reader.close()
    writer.close()


def test_a_word_erased_by_another_process_is_not_taken_for_known(tmp_path: Path) -> None:
    one, other = (open_store(url(tmp_path), CORE_TYPES) for _ in range(2))
    ann, huw = (Contact(id=UUID(int=n), tags=(Tag(tag="secret"),)) for n in (1, 2))
    one.apply(batch("one", Create(ann)))
    other.apply(batch("two", Erase(ann.id)))
    one.apply(batch("three", Create(huw)))
    assert other.get(Contact, [huw.id]) == {huw.id: huw}
    assert one.get(Contact, [huw.id]) == {huw.id: huw}
    one.close()
    other.close()


def test_a_batch_interrupted_leaves_nothing(tmp_path: Path) -> None:
    store = open_store(url(tmp_path), CORE_TYPES)

    def interrupted() -> object:
        yield Create(Contact(id=UUID(int=1), tags=(Tag(tag="half"),)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.apply(Batch(UUID(int=7), "ann", NOON, changes=interrupted()))  # type: ignore[arg-type]
    assert (store.position(), store.count_of(Contact)) == (0, 0)
    whole = Contact(id=UUID(int=1), tags=(Tag(tag="half"),))
    store.apply(Batch(UUID(int=7), "ann", NOON, changes=[Create(whole)]))
    assert store.get(Contact, [whole.id]) == {whole.id: whole}
    store.close()


def test_a_source_erased_and_named_anew_by_another_process_is_found(tmp_path: Path) -> None:
    one, other = (open_store(url(tmp_path), CORE_TYPES) for _ in range(2))
    ann, huw = (Contact(id=UUID(int=n)) for n in (1, 2))
    visits = [
        Interaction(id=UUID(int=10 + n), contact=who.id, kind="visit", day=NOON.date(), source="till", source_id="1")
        for n, who in enumerate((ann, huw))
    ]
    one.apply(batch("one", Create(ann), Create(visits[0])))
    assert one.sourced("till", ["1"])["1"].contact == ann.id
    other.apply(batch("two", Erase(ann.id)))
    other.apply(batch("three", Create(huw), Create(visits[1])))
    assert one.sourced("till", ["1"])["1"].contact == huw.id
    one.close()
    other.close()

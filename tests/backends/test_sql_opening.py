"""Opening a SQLite store: its pragmas, where it may lie, what else may be found there, older and newer versions."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, ClassVar
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

import perthyn_sql.sqlite
from perthyn.changes import Batch, Change, Create, Erase
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES, About, Contact, Email, Interaction, Record, Tag
from perthyn.model.values import Word
from perthyn_sql import open_store
from perthyn_sql.sqlite import refuse_synchronised
from perthyn_sql.store import SqlStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN = Contact(id=UUID(int=1), name="Siân Jones", emails=(Email(address="sian@example.org"),), tags=(Tag(tag="Tŷ"),))


def url(path: Path) -> str:
    return f"sqlite:///{path.as_posix()}"


def batch(name: str, *changes: Change) -> Batch:
    return Batch(uuid5(NAMESPACE_OID, name), "ann", NOON, changes=changes)


def refused(path: Path, create: bool = True) -> PerthynError:
    with pytest.raises(PerthynError) as caught:
        open_store(url(path), CORE_TYPES, create=create)
    return caught.value


@pytest.mark.usefixtures("waiting_for_the_disk")
def test_pragmas(tmp_path: Path) -> None:
    store = open_store(url(tmp_path / "a.db"), CORE_TYPES)
    for one in (store.database.reading(), store.database.writing(), store.database.apart()):
        with one as connection:
            pragma = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "busy_timeout")
            }
            assert pragma == {
                "journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 0, "busy_timeout": 1000,
            }  # fmt: skip
    store.close()


def test_nothing_is_left_beside_a_closed_store(tmp_path: Path) -> None:
    store = open_store(url(tmp_path / "a.db"), CORE_TYPES)
    store.apply(batch("one", Create(ANN)))
    assert store.search("sian") == [ANN.id]
    store.close()
    store.close()
    assert os.listdir(tmp_path) == ["a.db"]


@pytest.mark.parametrize("asked", ["sqlite://", "sqlite:///:memory:", "mysql://here/a", "nonsense", "sheets:abc"])
def test_a_url_that_is_none_of_ours(asked: str) -> None:
    with pytest.raises(PerthynError) as caught:
        open_store(asked, CORE_TYPES)
    assert caught.value.code == "store.url.unknown"
    assert caught.value.facts["url"] == asked


@pytest.mark.parametrize(
    "path",
    [
        "C:/Users/ann/OneDrive - Plas Brithwen/perthyn.db",
        "/home/ann/Dropbox/perthyn.db",
        "/Users/ann/Library/Mobile Documents/com~apple~CloudDocs/perthyn.db",
        "/Users/ann/Google Drive/museum/perthyn.db",
        "//server/share/perthyn.db",
        "\\\\server\\share\\perthyn.db",
    ],
)
def test_a_folder_that_another_program_copies(path: str) -> None:
    with pytest.raises(PerthynError) as caught:
        refuse_synchronised(Path(path))
    assert caught.value.code == "store.folder.synchronised"


def test_an_ordinary_folder_is_not_refused() -> None:
    refuse_synchronised(Path("/home/ann/records of the drive/perthyn.db"))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "none" / "a.db").code == "store.folder.missing"


def test_a_file_that_is_not_there_and_not_wanted(tmp_path: Path) -> None:
    assert refused(tmp_path / "a.db", create=False).code == "store.missing"
    assert os.listdir(tmp_path) == []


def test_a_file_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear Ann, this is a letter. " * 500)
    assert refused(path).code == "store.foreign"
    assert path.read_bytes().startswith(b"Dear Ann")


def test_a_database_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE hens (name TEXT)")
    other.close()
    assert refused(path).code == "store.foreign"


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.db").mkdir()
    assert refused(tmp_path / "a.db").code == "store.unopened"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    assert refused(folder / "a.db").code == "store.readonly"


def test_a_store_that_may_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(url(tmp_path / "a.db"), CORE_TYPES).close()
    with_query_only = (*perthyn_sql.sqlite.PRAGMAS, "PRAGMA query_only = ON")
    monkeypatch.setattr(perthyn_sql.sqlite, "PRAGMAS", with_query_only)
    store = open_store(url(tmp_path / "a.db"), CORE_TYPES)
    with pytest.raises(PerthynError) as caught:
        store.apply(batch("one", Create(ANN)))
    assert caught.value.code == "store.readonly"
    assert store.count_of(Contact) == 0
    store.close()


def test_a_full_disk_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(url(tmp_path / "a.db"), CORE_TYPES).close()
    pages = os.path.getsize(tmp_path / "a.db") // 4096 + 8
    small = (*perthyn_sql.sqlite.PRAGMAS, f"PRAGMA max_page_count = {pages}")
    monkeypatch.setattr(perthyn_sql.sqlite, "PRAGMAS", small)
    store = open_store(url(tmp_path / "a.db"), CORE_TYPES)
    store.apply(batch("one", Create(ANN)))
    many = [Create(Contact(id=UUID(int=n), name=f"Somebody {n}", note="long " * 500)) for n in range(2, 200)]
    with pytest.raises(PerthynError) as caught:
        store.apply(batch("two", *many))
    assert caught.value.code == "store.full"
    assert (store.count_of(Contact), store.position()) == (1, 1)
    assert store.search("somebody") == []
    store.close()


def edited_by_hand(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE meta_ SET value = '999' WHERE name = 'schema'",
        "UPDATE meta_ SET value = '999' WHERE name = 'fold'",
        "UPDATE record_type_ SET version = 99 WHERE name = 'consent'",
    ],
)
def test_a_newer_store_is_refused(tmp_path: Path, statement: str) -> None:
    open_store(url(tmp_path / "a.db"), CORE_TYPES).close()
    edited_by_hand(tmp_path / "a.db", statement)
    assert refused(tmp_path / "a.db").code == "store.newer"


def test_what_an_older_version_folded_is_folded_again(tmp_path: Path) -> None:
    store = open_store(url(tmp_path / "a.db"), CORE_TYPES)
    store.apply(batch("one", Create(ANN)))
    store.close()
    path = tmp_path / "a.db"
    for statement in (
        "UPDATE meta_ SET value = '0' WHERE name IN ('fold', 'keys')",
        "UPDATE contact SET name_fold = 'wrong'",
        "UPDATE word_ SET fold = 'wrong'",
        "DELETE FROM match_key_",
        "UPDATE search_word_ SET word = 'x' || word",
    ):
        edited_by_hand(path, statement)
    store = open_store(url(path), CORE_TYPES)
    assert store.search("siân") == [ANN.id]
    assert store.keyed(["e\x1fsian@example.org"]) == {"e\x1fsian@example.org": (ANN.id,)}
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT name_fold FROM contact").scalar_one() == "sian jones"
        assert connection.exec_driver_sql("SELECT fold FROM word_ WHERE text = 'Tŷ'").scalar_one() == "ty"
    store.apply(batch("two", Create(Contact(id=UUID(int=2), name="Huw"))))
    store.close()


def test_another_currency_sums_up_again(tmp_path: Path) -> None:
    store = open_store(url(tmp_path / "a.db"), CORE_TYPES)
    gift = Interaction(id=UUID(int=9), contact=ANN.id, kind="donation", day=date(2026, 1, 1), amount=5, currency="EUR")
    store.apply(batch("one", Create(ANN), Create(gift)))
    assert summed(store) == [0]
    store.close()
    store = open_store(url(tmp_path / "a.db"), CORE_TYPES, currency="EUR")
    assert summed(store) == [5]
    store.close()


def summed(store: SqlStore) -> list[int]:
    with store.reading() as connection:
        return list(connection.exec_driver_sql("SELECT amount FROM summary_ WHERE kind > 0").scalars())


class Loan(Record):
    """A type of a plugin, as it was at first."""

    type_name: ClassVar[str] = "batch"

    end: Annotated[Word, About("Until", "Hyd")]


class Care(Record):
    """A type of a plugin whose records belong to contacts."""

    type_name: ClassVar[str] = "care"
    owner: ClassVar[str] = "contact"

    contact: Annotated[UUID, About("Contact", "Cyswllt", kind="id", personal="identity")]
    level: Annotated[Word, About("Level", "Lefel", kind="word")]


def test_erasing_without_the_plugin_takes_its_records_of_the_contact_and_no_others(tmp_path: Path) -> None:
    store = open_store(url(tmp_path / "a.db"), [*CORE_TYPES, Care])
    huw = Contact(id=UUID(int=2), name="Huw")
    cares = [Care(id=UUID(int=10 + n), contact=who.id, level=f"level {n}") for n, who in enumerate((ANN, huw))]
    store.apply(batch("one", *map(Create, [ANN, huw, *cares])))
    store.close()
    store = open_store(url(tmp_path / "a.db"), CORE_TYPES)
    store.apply(batch("two", Erase(ANN.id)))
    store.close()
    assert b"level 0" not in (tmp_path / "a.db").read_bytes()
    store = open_store(url(tmp_path / "a.db"), [*CORE_TYPES, Care])
    assert list(store.scan(Care)) == [cares[1]]
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM care").scalar_one() == 1
    store.close()


class LongerLoan(Loan):
    """The same type, declared with a further field."""

    order: Annotated[Word | None, About("Order", "Archeb", kind="word")] = None
    object: Annotated[Word | None, About("Object", "Gwrthrych")] = None


def test_a_further_field_is_a_further_column(tmp_path: Path) -> None:
    store = open_store(url(tmp_path / "a.db"), [*CORE_TYPES, Loan])
    store.apply(batch("one", Create(Loan(id=UUID(int=5), end="May"))))
    store.close()
    store = open_store(url(tmp_path / "a.db"), [*CORE_TYPES, LongerLoan])
    longer = LongerLoan(id=UUID(int=6), end="June", order="A 1", object="Llun")
    store.apply(batch("two", Create(longer)))
    assert store.get(LongerLoan, [UUID(int=5), UUID(int=6)]) == {
        UUID(int=5): LongerLoan(id=UUID(int=5), end="May"),
        UUID(int=6): longer,
    }
    store.close()
    # A store opened without the plugin leaves its records alone.
    open_store(url(tmp_path / "a.db"), CORE_TYPES).close()
    store = open_store(url(tmp_path / "a.db"), [*CORE_TYPES, LongerLoan])
    assert store.count_of(LongerLoan) == 2
    store.close()

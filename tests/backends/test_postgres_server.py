"""What a server does to a store: refuses it, stops under it, comes back; nothing acknowledged is lost by it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

from perthyn.changes import Batch, Change, Create
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES, Contact, Tag
from perthyn.text import Translator
from perthyn_sql import offer_locale, open_store
from perthyn_sql.dialect import translated
from perthyn_sql.postgres import PostgresDatabase, address_of
from perthyn_sql.store import SqlStore

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN = Contact(id=UUID(int=1), name="Ann", tags=(Tag(tag="friend"),))


def batch(name: str, *changes: Change) -> Batch:
    return Batch(uuid5(NAMESPACE_OID, name), "ann", NOON, changes=changes)


def run(url: str, statement: str) -> list[tuple[Any, ...]]:
    import psycopg

    with psycopg.connect(url, autocommit=True) as link:
        cursor = link.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@contextmanager
def refused(code: str) -> Iterator[None]:
    """The error of this code, which both languages have words for and which holds no secret."""
    with pytest.raises(PerthynError) as caught:
        yield
    assert caught.value.code == code
    for language in ("en", "cy"):
        said = " ".join(Translator(language, offer_locale()).error(caught.value))
        assert "secret" not in said and "{" not in said and code not in said
    assert "secret" not in str(caught.value)


# --- addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:secret@host/db", "postgresql://ann@host/db"),
        ("postgres://host:5433/db?sslmode=require", "postgresql://host:5433/db?sslmode=require"),
        ("postgresql+psycopg://ann@a:1,b:2/db", "postgresql://ann@a:1,b:2/db"),
        ("postgresql:///db?password=secret&host=/run", "postgresql:///db?host=/run"),
        ("postgresql://ann:@/db?sslpassword=secret", "postgresql://ann@/db"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert address_of(url)[1] == shown


@pytest.mark.parametrize("place", ["ann:sec@secret@host/db", "ann:12/secret@host/db", "ann:se#secret@host/db"])
def test_a_password_that_is_not_encoded_is_not_told(place: str) -> None:
    with refused("store.url.unknown"):
        open_store(f"postgresql://{place}", CORE_TYPES)


def test_marks_are_translated_outside_of_quotes_only() -> None:
    said = """SELECT a::text, '?%''x', "a?" FROM t WHERE b % 7 = ? AND c IN (:b1, :c)"""
    told = """SELECT a::text, '?%%''x', "a?" FROM t WHERE b %% 7 = %b AND c IN (%(b1)b, %(c)b)"""
    assert translated(said) == told


def test_without_the_driver_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with refused("store.driver.missing"):
        open_store("postgresql://ann:secret@host/db", CORE_TYPES)


# --- who is not let in -----------------------------------------------------------------------------------


def test_nobody_there() -> None:
    with refused("store.server.unreachable"):
        open_store("postgresql://ann:secret@127.0.0.1:1/db", CORE_TYPES)


def test_no_such_database_or_role(postgres_url: str) -> None:
    with refused("store.server.missing"):
        open_store(postgres_url.replace("/perthyn_", "/nowhere_"), CORE_TYPES)
    with refused("store.server.refused"):
        open_store(postgres_url.replace("postgres@", "nobody:secret@"), CORE_TYPES)


def test_a_role_without_rights(postgres_url: str) -> None:
    run(postgres_url, "DROP ROLE IF EXISTS reader")
    run(postgres_url, "CREATE ROLE reader LOGIN")
    with refused("store.server.forbidden"):
        open_store(postgres_url.replace("postgres@", "reader@"), CORE_TYPES)
    run(postgres_url, "DROP ROLE reader")


def test_a_database_that_may_only_be_read(postgres_url: str) -> None:
    open_store(postgres_url, CORE_TYPES).close()
    name = run(postgres_url, "SELECT current_database()")[0][0]
    run(postgres_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    store = open_store(postgres_url, CORE_TYPES)
    with refused("store.server.readonly"):
        store.apply(batch("one", Create(ANN)))
    assert store.count_of(Contact) == 0
    store.close()


def test_a_database_of_another_encoding(postgres_server: Any) -> None:
    run(postgres_server.url, "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with refused("store.server.encoding"):
        open_store(postgres_server.url.replace("/postgres?", "/latin?"), CORE_TYPES)
    run(postgres_server.url, "DROP DATABASE latin")


def test_a_database_of_somebody_else(postgres_url: str) -> None:
    run(postgres_url, "CREATE TABLE theirs (a int)")
    with refused("store.foreign"):
        open_store(postgres_url, CORE_TYPES)


def test_a_password_from_a_file(postgres_url: str, postgres_server: Any, tmp_path: Any) -> None:
    hba = postgres_server.folder / "data" / "pg_hba.conf"
    was = hba.read_text(encoding="utf-8")
    hba.write_text(f"local all guarded scram-sha-256\nhost all guarded all scram-sha-256\n{was}", encoding="utf-8")
    name = run(postgres_url, "SELECT current_database()")[0][0]
    run(postgres_url, "CREATE ROLE guarded LOGIN PASSWORD 'secret'")
    run(postgres_url, f"ALTER DATABASE {name} OWNER TO guarded")
    run(postgres_url, "SELECT pg_reload_conf()")
    try:
        guarded = postgres_url.replace("postgres@", "guarded@")
        with refused("store.server.refused"):
            open_store(guarded.replace("guarded@", "guarded:secret1@"), CORE_TYPES)
        passwords = tmp_path / "pgpass"
        passwords.write_text("*:*:*:guarded:secret\n", encoding="utf-8")
        passwords.chmod(0o600)
        store = open_store(f"{guarded}&passfile={quote(str(passwords))}", CORE_TYPES)
        store.apply(batch("one", Create(ANN)))
        assert store.get(Contact, [ANN.id]) == {ANN.id: ANN}
        store.close()
        store = open_store(guarded.replace("guarded@", "guarded:secret@"), CORE_TYPES)
        assert "secret" not in store.address
        store.close()
    finally:
        hba.write_text(was, encoding="utf-8")
        run(postgres_url, "SELECT pg_reload_conf()")
        run(postgres_url, f"ALTER DATABASE {name} OWNER TO postgres")
        run(postgres_url, "DROP OWNED BY guarded CASCADE")
        run(postgres_url, "DROP ROLE guarded")


# --- in the middle ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("53100", "store.server.full"),
        ("53300", "store.server.busy"),
        ("53200", "store.server.busy"),
        ("55P03", "store.locked"),
        ("40P01", "store.locked"),
        ("57P01", "store.server.gone"),
        ("57014", "store.server.failed"),
        ("XX000", "store.server.failed"),
    ],
)
def test_what_goes_wrong_while_writing(postgres_url: str, state: str, code: str) -> None:
    store = open_store(postgres_url, CORE_TYPES)
    run(
        postgres_url,
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$;"
        " CREATE TRIGGER fail BEFORE INSERT ON contact EXECUTE FUNCTION fail()",
    )
    for number in (1, 2):  # one row goes in by INSERT, several by COPY
        with refused(code):
            store.apply(batch("one", *(Create(Contact(id=UUID(int=n + 1), name="Huw")) for n in range(number))))
    run(postgres_url, "DROP FUNCTION fail CASCADE")
    assert (store.position(), store.count_of(Contact)) == (0, 0)
    assert store.apply(batch("one", Create(ANN))).created == 1
    store.close()


def test_who_waits_too_long_is_told_so(postgres_store_url: str) -> None:
    import psycopg

    store = SqlStore(postgres_store_url, CORE_TYPES, currency="GBP", create=True, wait=1)
    with psycopg.connect(postgres_store_url) as holder:
        holder.execute("SELECT value FROM meta_ WHERE name = 'next_key' FOR UPDATE")
        with refused("store.locked"):
            store.apply(batch("one", Create(ANN)))
        assert store.count_of(Contact) == 0
    assert store.apply(batch("one", Create(ANN))).created == 1
    store.close()


def test_nobody_stays_in_a_transaction(postgres_store_url: str) -> None:
    store = open_store(postgres_store_url, CORE_TYPES)
    store.apply(batch("one", Create(ANN)))
    assert list(store.scan(Contact)) == [ANN]
    assert next(iter(store.headers())).created == 1
    mine = "datname = current_database() AND application_name = 'perthyn'"
    assert set(run(postgres_store_url, f"SELECT state FROM pg_stat_activity WHERE {mine}")) == {("idle",)}
    store.close()


def test_a_connection_dropped_between_two_calls(postgres_store_url: str) -> None:
    store = open_store(postgres_store_url, CORE_TYPES)
    drop = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'perthyn' AND datname = current_database()"
    )
    for number in range(1, 4):
        run(postgres_store_url, drop)
        if number % 2:
            assert store.count_of(Contact) == number - 1
        else:
            assert len(list(store.scan(Contact))) == number - 1
        run(postgres_store_url, drop)
        store.apply(batch(str(number), Create(Contact(id=UUID(int=number)))))
    store.close()


def test_a_commit_without_an_answer_is_looked_up(postgres_store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    lost = psycopg.OperationalError("server closed the connection unexpectedly")
    plain = PostgresDatabase._commit
    done: list[bool] = []

    class Interrupted:
        """Commits, or does not, and never answers."""

        def __init__(self, transaction: Any) -> None:
            self._transaction = transaction

        def commit(self) -> None:
            if done.pop():
                self._transaction.commit()
            raise lost

    def commit(self: PostgresDatabase, transaction: Any) -> None:
        plain(self, Interrupted(transaction) if done else transaction)  # type: ignore[arg-type]

    store = open_store(postgres_store_url, CORE_TYPES)
    monkeypatch.setattr(PostgresDatabase, "_commit", commit)
    done[:] = [True]
    receipt = store.apply(batch("one", Create(ANN)))
    assert (receipt.created, receipt.again, store.count_of(Contact)) == (1, False, 1)
    done[:] = [False]
    with refused("store.server.gone"):
        store.apply(batch("two", Create(Contact(id=UUID(int=2)))))
    assert store.count_of(Contact) == 1
    assert store.apply(batch("two", Create(Contact(id=UUID(int=2))))).created == 1
    store.close()


# --- servers that stop -----------------------------------------------------------------------------------


@pytest.fixture
def stopping(postgres_server: Any) -> Iterator[Any]:
    """The server, which runs again afterwards."""
    yield postgres_server
    postgres_server.start()


def test_a_server_started_anew_between_two_calls(postgres_url: str, stopping: Any) -> None:
    store = open_store(postgres_url, CORE_TYPES)
    store.apply(batch("one", Create(ANN)))
    assert store.count_of(Contact) == 1
    stopping.stop("fast")
    with refused("store.server.unreachable"):
        store.count_of(Contact)
    stopping.start()
    assert store.get(Contact, [ANN.id]) == {ANN.id: ANN}
    stopping.stop("immediate")
    stopping.start()
    assert store.apply(batch("two", Create(Contact(id=UUID(int=2))))).created == 1
    assert store.count_of(Contact) == 2
    store.close()


def test_a_server_killed_under_load_loses_nothing_acknowledged(postgres_url: str, stopping: Any) -> None:
    store = open_store(postgres_url, CORE_TYPES)
    acknowledged: list[int] = []
    told: set[str] = set()
    enough = threading.Event()

    def write() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            # The same batch again until it is acknowledged, as a person would do it.
            while not enough.is_set():
                try:
                    store.apply(batch(str(number), Create(Contact(id=UUID(int=number), name=f"Nr {number}"))))
                except PerthynError as error:
                    told.add(error.code)
                    continue
                acknowledged.append(number)
                break

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(2):
        _wait_for(acknowledged, 20)
        stopping.stop("immediate")
        stopping.start()
    _wait_for(acknowledged, 20)
    enough.set()
    writer.join()
    there = {one.id.int for one in store.scan(Contact)}
    assert set(acknowledged) <= there and len(there - set(acknowledged)) <= 1
    assert store.position() == len(there)
    assert told <= {f"store.server.{how}" for how in ("gone", "unreachable", "starting")} | {"store.commit.unknown"}
    store.close()


def _wait_for(acknowledged: list[int], more: int) -> None:
    goal = len(acknowledged) + more
    for _ in range(600):
        if len(acknowledged) >= goal:
            return
        threading.Event().wait(0.1)
    raise AssertionError("nothing was acknowledged for a minute")


# --- several processes -----------------------------------------------------------------------------------

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
        store.apply(Batch(UUID(int=10**9 + number), f"writer {who}", noon, changes=[Create(contact), Create(visit)]))
        # What all of them try to write is written once.
        store.apply(Batch(UUID(int=turn + 1), "all", noon, changes=[Create(Contact(id=UUID(int=turn + 1)))]))
    store.close()
"""


def test_three_processes_make_the_store_and_write_at_once(postgres_url: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), postgres_url]
    writers = [subprocess.Popen([*command, str(number)]) for number in range(3)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    store = open_store(postgres_url, CORE_TYPES)
    assert store.position() == store.count_of(Contact) == 3 * 15 + 15
    assert [header.number for header in store.headers()] == list(range(60, 0, -1))
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM word_ WHERE text LIKE 'turn %'").scalar_one() == 15
        assert connection.exec_driver_sql("SELECT count(*), count(DISTINCT key_) FROM contact").one() == (60, 60)
    store.close()


def test_a_long_read_keeps_its_picture_while_another_writes(postgres_store_url: str) -> None:
    people = [Contact(id=UUID(int=number), name=f"Somebody {number}") for number in range(1, 1501)]
    reader, writer = (open_store(postgres_store_url, CORE_TYPES) for _ in range(2))
    writer.apply(batch("one", *map(Create, people)))
    scan = reader.scan(Contact)
    first = next(scan)
    writer.apply(batch("two", Create(Contact(id=UUID(int=9999)))))
    assert [first, *scan] == people
    assert reader.count_of(Contact) == 1501
    reader.close()
    writer.close()

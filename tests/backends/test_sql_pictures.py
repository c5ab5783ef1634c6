"""A picture of the data: within it nothing is read twice, and what others write meanwhile is seen after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

from perthyn.changes import Batch, Create, Edit
from perthyn.model import CORE_TYPES, Contact, Interaction
from perthyn_sql import open_store
from perthyn_sql.base import MOST_SEEN
from perthyn_sql.dialect import Sqlite
from perthyn_sql.store import SqlStore

ANN = Contact(id=UUID(int=1), name="Ann")


def visit(number: int) -> Interaction:
    return Interaction(id=UUID(int=number), contact=ANN.id, kind="visit", day=date(2026, 1, 1))


@pytest.fixture
def opens(tmp_path: Path) -> Callable[[], SqlStore]:
    return lambda: open_store(f"sqlite:///{(tmp_path / 'a.db').as_posix()}", CORE_TYPES)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that were sent."""
    sent: list[str] = []
    fetch = Sqlite.fetch

    def noted(self: Sqlite, connection: Any, query: str, values: Any) -> Any:
        sent.append(query)
        return fetch(self, connection, query, values)

    monkeypatch.setattr(Sqlite, "fetch", noted)
    return sent


def write(store: SqlStore, *changes: Create | Edit) -> None:
    name = f"{store.position()}"
    store.apply(Batch(uuid5(NAMESPACE_OID, name), "ann", datetime(2026, 3, 1, tzinfo=UTC), changes=changes))


def looked(store: SqlStore) -> tuple[str | None, list[Interaction], int]:
    return store.get(Contact, [ANN.id])[ANN.id].name, list(store.owned(Interaction, [ANN.id])), store.position()


def test_nothing_is_read_twice(opens: Callable[[], SqlStore], asked: list[str]) -> None:
    store = opens()
    write(store, Create(ANN), Create(visit(2)))
    before = looked(store)
    with store.picture():
        asked.clear()
        assert looked(store) == before and asked
        asked.clear()
        with store.picture():
            assert looked(store) == before and asked == []
    assert looked(store) == before and asked
    store.close()


def test_what_others_write_is_seen_after_it(opens: Callable[[], SqlStore]) -> None:
    store, other = opens(), opens()
    write(store, Create(ANN), Create(visit(2)))
    with store.picture():
        before = looked(store)
        write(other, Edit("contact", ANN.id, {"name": ("Ann", "Anne")}), Create(visit(3)))
        assert looked(store) == before
    assert looked(store) == looked(other) == ("Anne", [visit(2), visit(3)], 2)
    store.close()
    other.close()


def test_who_takes_an_answer_apart_harms_nobody(opens: Callable[[], SqlStore]) -> None:
    store = opens()
    write(store, Create(ANN))
    with store.picture():
        store.get(Contact, [ANN.id]).clear()
        assert store.get(Contact, [ANN.id]) == {ANN.id: ANN}
    store.close()


def test_a_long_picture_stays_small(opens: Callable[[], SqlStore]) -> None:
    store = opens()
    with store.picture():
        for number in range(3 * MOST_SEEN):
            assert store.get(Contact, [UUID(int=number)]) == {}
            assert len(store.database.seen or ()) <= MOST_SEEN
    store.close()

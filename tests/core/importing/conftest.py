"""What the tests of importing share: a file's text in, its outcome out, against every store there is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from perthyn.importing.maps import MapColumn, MapFile
from perthyn.importing.outcome import Outcome
from perthyn.importing.pipeline import import_table
from perthyn.importing.tables import open_tables
from perthyn.importing.understanding import understand
from perthyn.model import CORE_TYPES, Contact, Ids, Interaction, Takings
from perthyn.store import Store
from perthyn.testing.memory import MemoryStore
from perthyn_sql import open_store

TODAY = date(2026, 6, 1)
ZONE = ZoneInfo("Europe/London")


@dataclass
class Desk:
    """Files brought to one store. `account`: the source that files without one of their own come from."""

    store: Store
    folder: Path
    seed: int = 1
    ticks: Iterator[int] = field(default_factory=lambda: count())

    def clock(self) -> datetime:
        return datetime(2026, 6, 1, 9, tzinfo=UTC) + timedelta(milliseconds=next(self.ticks))

    @property
    def ids(self) -> Ids:
        self.seed += 1
        return Ids(self.clock, Random(self.seed).randbytes)

    def bring(
        self,
        rows: str | Sequence[Sequence[str]],
        *,
        name: str = "list.csv",
        source: str = "",
        becomes: dict[str, str] | None = None,
        defaults: dict[str, str] | None = None,
        about: str = "",
        **options: Any,
    ) -> Outcome:
        """Import a file of these rows, the header first."""
        path = self.folder / name
        path.write_text(rows if isinstance(rows, str) else written(rows), encoding="utf-8")
        table = open_tables(path)[0]
        columns = {header: MapColumn(word) for header, word in (becomes or {}).items()}
        said = source or becomes or defaults or about
        map = MapFile(columns, source=source, defaults=defaults or {}, about=about) if said else None
        understanding = understand(table, map=map, today=TODAY)
        options.setdefault("actor", "somebody")
        outcome = import_table(self.store, understanding, ids=self.ids, clock=self.clock, zone=ZONE, **options)
        assert outcome.rows == outcome.stored + outcome.unchanged + outcome.refused + outcome.aside
        return outcome

    def contacts(self) -> list[Contact]:
        return list(self.store.scan(Contact))

    def contact(self, name: str) -> Contact:
        """The one contact of that name."""
        (found,) = (one for one in self.contacts() if one.shown_name == name)
        return found

    def interactions(self) -> list[Interaction]:
        return list(self.store.scan(Interaction))

    def takings(self) -> list[Takings]:
        return list(self.store.scan(Takings))


def written(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    if request.param == "memory":
        yield Desk(MemoryStore(), tmp_path)
        return
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", CORE_TYPES)
    yield Desk(store, tmp_path)
    store.close()


@pytest.fixture(scope="session")
def fresh_desk(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Any]:
    """A context manager giving a desk with an empty store: for properties, which need one an example."""

    @contextmanager
    def one() -> Iterator[Desk]:
        yield Desk(MemoryStore(), tmp_path_factory.mktemp("desk"))

    return one

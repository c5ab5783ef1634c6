"""Declarations that have changed: what is gained is added on opening, anything else without a step is refused."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, ClassVar
from uuid import UUID

import pytest

from perthyn.changes import Batch, Create
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES, About, Record
from perthyn.model.values import Integer, Text, Word
from perthyn_sql import open_store


class Hall(Record):
    """A plugin's type, as it was."""

    type_name: ClassVar[str] = "choir.hall"

    name: Annotated[Text | None, About("Name", "Enw")] = None


HALL = Hall(id=UUID(int=31), name="Neuadd")


def kept(folder: Path) -> str:
    """The address of a store that holds a hall."""
    url = f"sqlite:///{(folder / 'a.db').as_posix()}"
    with closing(open_store(url, (*CORE_TYPES, Hall))) as store:
        store.apply(Batch(UUID(int=1), "ann", datetime(2026, 3, 1, tzinfo=UTC), changes=[Create(HALL)]))
    return url


class Renamed(Hall):
    """A name that must be there, and no step that says what it is."""

    name: Annotated[Text, About("Name", "Enw")]
    place: Annotated[Word, About("Place", "Lle", kind="word")]


class Fewer(Record):
    """A name less, and no step that says so."""

    type_name: ClassVar[str] = "choir.hall"


class Grown(Hall):
    """Gained what need not be asked for."""

    rank: Annotated[Integer, About("Rank", "Rheng", kind="integer")] = 4
    style: Annotated[Word, About("Style", "Arddull", kind="word")] = "Gothig"
    motto: Annotated[Text, About("Motto", "Arwyddair")] = "Cân"


@pytest.mark.parametrize(("type", "fields"), [(Renamed, "place"), (Fewer, "name")])
def test_a_change_without_a_step_is_refused(tmp_path: Path, type: type[Record], fields: str) -> None:
    with pytest.raises(PerthynError) as caught:
        open_store(kept(tmp_path), (*CORE_TYPES, type))
    error = caught.value
    assert (error.code, error.facts["part"]) == ("store.step.missing", "choir.hall")
    assert error.facts["fields"] == fields


def test_what_is_gained_has_its_default_without_an_upgrade(tmp_path: Path) -> None:
    with closing(open_store(kept(tmp_path), (*CORE_TYPES, Grown))) as store:
        grown = Grown.model_validate(HALL.plain())
        assert list(store.scan(Grown)) == [grown]
        assert next(store.scan(Grown)).motto == "Cân"
        with store.reading() as connection:
            assert connection.exec_driver_sql('SELECT motto_fold FROM "choir.hall"').scalar_one() == "can"

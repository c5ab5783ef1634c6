"""Only asking: whatever is asked for by GET or HEAD changes nothing, in the store and beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from .conftest import HERE, Site
from .doors import doors, examples, fills
from .full_house import full_house

MAY: Mapping[str, str] = {
    "GET /desk/pair/{token}": "a wrong link is counted",
    "GET /enter/{token}": "a wrong link is counted",
    "GET /sign-in/{name}": "what comes back from elsewhere is awaited",
    "GET /sign-in/{name}/back": "whoever comes back from elsewhere is sent by a mere link, and is let in",
}
"""Those that note something, each with its reason."""
NOTED = ("perthyn.audit", ".sqlite-shm", ".sqlite-wal", "lock")
"""Who looked at what is noted in the audit trail."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An organisation that has everything."""
    with full_house(tmp_path_factory.mktemp("asking") / "house", toml="[web]\nper_minute = 100000\n") as site:
        yield site


def beside(folder: Path) -> dict[str, bytes]:
    """The files that lie beside the records, but for those in which who looked is noted."""
    files = (one for one in folder.rglob("*") if one.is_file() and one.suffix != ".sqlite")
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in files if not any(name in str(one) for name in NOTED)
    }


@pytest.mark.slow
def test_what_is_only_asked_for_changes_nothing(house: Site) -> None:
    client = house.as_role("administrator")
    known, wrong, shown = examples(house), [], 0
    for door in doors(house):
        if door.method not in ("GET", "HEAD") or str(door) in MAY:
            continue
        for _, values in fills(door, known, {}):
            before = house.crm.store.position(), beside(house.folder)
            shown += client.request(door.method, door.at(values), headers=HERE).status_code == 200
            if (house.crm.store.position(), beside(house.folder)) != before:
                wrong.append(str(door))
    assert not wrong and shown > 100

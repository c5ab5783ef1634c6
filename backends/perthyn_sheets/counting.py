"""Counting: how many people are in each segment, for the cells beside its rule in the sheet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.settings import write_whole
from perthyn_sheets.cells import Raw, instant_cell

Counts = Mapping[UUID, Mapping[str, Raw]]
FILE = "counted.json"
"""Beside the mirror: what was last counted, so that nothing is written where nothing has changed."""


def counts(crm: Crm, say: Callable[[PerthynError], str], zone: str) -> dict[UUID, dict[str, Raw]]:
    """For each segment how many are in it, when that was counted, and why nobody knows where its rule is broken."""
    found: dict[UUID, dict[str, Raw]] = {}
    now = instant_cell(crm.clock().replace(second=0, microsecond=0), ZoneInfo(zone))
    for one in crm.segments():
        why = crm.broken(one)
        members: Raw = "" if why is not None else crm.count(one)
        found[one.id] = {"members": members, "counted_on": now, "error": say(why) if why is not None else ""}
    return found


def news(found: Counts, folder: Path, today: date) -> dict[UUID, dict[str, Raw]]:
    """Those of which a figure has changed since they were last written, or which were last counted on another day."""
    told = _told(folder)
    return {id: dict(cells) for id, cells in found.items() if told.get(str(id)) != _line(cells, today)}


def keep(found: Counts, folder: Path, today: date) -> None:
    """Remember what was written. Raises `PerthynError` (``sheets.state.unwritable``)."""
    text = json.dumps({str(id): _line(cells, today) for id, cells in found.items()}, ensure_ascii=False)
    try:
        write_whole(folder / FILE, text)
    except OSError as error:
        raise PerthynError("sheets.state.unwritable", file=str(folder / FILE), why=error.strerror or "?") from error


def _told(folder: Path) -> dict[str, list[Raw]]:
    try:
        said = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _line(cells: Mapping[str, Raw], today: date) -> list[Raw]:
    return [cells["members"], cells["error"], today.isoformat()]

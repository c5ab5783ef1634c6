"""Fences around a sheet: metadata of the whole spreadsheet with a number that can stand there only once."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from perthyn.contents import Fence
from perthyn.store import Store
from perthyn_sheets.sheet import FENCE_KEY

FENCE_MARKER = 7_000_001
"""Where a fence stands, a write that makes and removes one is refused as a whole."""


def fence_text(fence: Fence) -> str:
    """A fence as the sheet's metadata holds it."""
    said = {"state": fence.state, "where": fence.where, "by": fence.by, "at": fence.at.isoformat(), "mark": fence.mark}
    return json.dumps(said, ensure_ascii=False)


def read_fence(text: str) -> Fence | None:
    """The fence in the sheet's metadata, None for none."""
    if not text:
        return None
    said = json.loads(text)
    return Fence(said["state"], said["where"], said["by"], datetime.fromisoformat(said["at"]), said["mark"])


def heed(there: Fence | None, mirror: Store) -> None:
    """Have the mirror take on what was put up or taken away in the sheet; a filling may not have come there yet."""
    here = mirror.fence
    if there != here and not (here is not None and here.state == "filling" and there is None):
        mirror.set_fence(there, here)


def unfenced() -> list[dict[str, Any]]:
    """Requests that are refused, with all the others, where a fence stands."""
    return [_made("-"), fence_removed()]


def fence_made(fence: Fence) -> dict[str, Any]:
    """The request that puts up a fence where none stands."""
    return _made(fence_text(fence))


def fence_removed() -> dict[str, Any]:
    """The request that takes a fence away."""
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataId": FENCE_MARKER}}}}


def _made(text: str) -> dict[str, Any]:
    metadata = {
        "metadataId": FENCE_MARKER,
        "metadataKey": FENCE_KEY,
        "metadataValue": text,
        "location": {"spreadsheet": True},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}

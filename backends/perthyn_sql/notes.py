"""Notes: what the store remembers of itself, by name."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection

from perthyn.contents import Fence
from perthyn.model import plain

FENCE = "fence"


def note(connection: Connection, name: str) -> str:
    """What is noted under a name; "" for nothing."""
    found = connection.exec_driver_sql("SELECT value FROM meta_ WHERE name = ?", (name,)).scalar()
    return str(found or "")


def keep_note(connection: Connection, name: str, value: str) -> None:
    """Note this instead; "" to forget it."""
    connection.exec_driver_sql("DELETE FROM meta_ WHERE name = ?", (name,))
    if value:
        connection.exec_driver_sql("INSERT INTO meta_ (name, value) VALUES (?, ?)", (name, value))


def fence_in(connection: Connection) -> Fence | None:
    """The fence that stands, if one does."""
    text = note(connection, FENCE)
    if not text:
        return None
    said = json.loads(text)
    return Fence(**{**said, "at": datetime.fromisoformat(said["at"])})


def keep_fence(connection: Connection, fence: Fence | None) -> None:
    """Have this fence stand, or none."""
    said = fence and {
        "state": fence.state, "where": fence.where, "by": fence.by, "at": plain(fence.at), "mark": fence.mark
    }  # fmt: skip
    keep_note(connection, FENCE, json.dumps(said) if said else "")


def refuse_fenced(connection: Connection) -> None:
    """Raises `PerthynError` (``store.fenced.moving``, ``.moved``, ``.filling``) where a fence stands."""
    fence = fence_in(connection)
    if fence is not None:
        raise fence.refusal

"""Paging: lists a page at a time, each with a cursor that leads to the next."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Query

from perthyn.errors import PerthynError

MOST, USUAL = 500, 50
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[str, Query(max_length=300, description="`next` of the page before; without it, the first page.")]
T = TypeVar("T")


def cursor_of(*place: Any) -> str:
    """What leads on from a place: texts, numbers, ids and days."""
    text = json.dumps([str(one) if isinstance(one, UUID | date) else one for one in place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str, *kinds: Callable[[Any], T]) -> tuple[T, ...] | None:
    """The place of a cursor, None for none. Raises `PerthynError` (``api.cursor``)."""
    if not cursor:
        return None
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        return tuple(kind(one) for kind, one in zip(kinds, found, strict=True))
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise PerthynError("api.cursor") from error


def page(items: Iterable[Any], next: str | None = None) -> dict[str, Any]:
    """A page as it is answered."""
    return {"items": list(items), "next": next}


def numbered(items: Sequence[Any], cursor: str, limit: int, shown: Callable[[Any], Any] = lambda one: one) -> Any:
    """A page of a short list that is read whole: its cursor is a number."""
    place = place_of(cursor, _count)
    start = place[0] if place else 0
    more = start + limit < len(items)
    return page(map(shown, items[start : start + limit]), cursor_of(start + limit) if more else None)


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise ValueError(value)
    return value

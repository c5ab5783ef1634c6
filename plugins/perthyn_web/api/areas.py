"""Areas: the parts of the app's own API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from perthyn_web.api import (
    by_email,
    campaigns,
    contacts,
    happenings,
    hooks,
    house,
    imports,
    lists,
    numbers,
    past,
    returns,
    segments,
    settings,
    together,
)
from perthyn_web.api import users as users_

AREAS = (
    contacts, together, lists, happenings, segments, campaigns, returns, imports, past, by_email, numbers, house,
    settings, users_, hooks,
)  # fmt: skip
"""Each has its `routes`, in the order in which they are shown and tried: `/numbers/by-email` is no number's name."""


def routers(may: Callable[[str], Any]) -> list[APIRouter]:
    """The app's own part of the API."""
    return [one.routes.router(may) for one in AREAS]

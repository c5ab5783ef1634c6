"""Areas: the parts of the app's own API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from perthyn_web.api import campaigns, contacts, happenings, hooks, house, imports, numbers, past, segments, together
from perthyn_web.api import users as users_

AREAS = (contacts, together, happenings, segments, campaigns, imports, past, numbers, house, users_, hooks)
"""Each has its `routes`, in the order in which they are shown."""


def routers(may: Callable[[str], Any]) -> list[APIRouter]:
    """The app's own part of the API."""
    return [one.routes.router(may) for one in AREAS]

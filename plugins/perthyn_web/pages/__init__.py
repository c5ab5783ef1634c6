"""Pages: one module for each part of the app; each has its `screens`."""

from __future__ import annotations

from perthyn_web.pages import (
    about,
    account,
    building,
    desk,
    home,
    imports,
    numbers,
    people,
    repair,
    segments,
    signing_in,
    users,
)

SCREENS = (
    home.screens,
    about.screens,
    people.screens,
    segments.screens,
    building.screens,
    numbers.screens,
    desk.screens,
    imports.screens,
    repair.screens,
    signing_in.screens,
    account.screens,
    users.screens,
)

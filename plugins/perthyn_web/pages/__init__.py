"""Pages: one module for each part of the app; each has its `screens`."""

from __future__ import annotations

from perthyn_web.pages import (
    about,
    account,
    building,
    desk,
    history,
    home,
    imports,
    many,
    noting,
    numbers,
    people,
    person,
    person_forms,
    person_more,
    quality,
    repair,
    segments,
    signing_in,
    users,
)

SCREENS = (
    home.screens,
    about.screens,
    people.screens,
    many.screens,
    person.screens,
    person_forms.screens,
    person_more.screens,
    noting.screens,
    history.screens,
    quality.screens,
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

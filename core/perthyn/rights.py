"""Right: one thing that somebody may do or see, as the core and plugins declare it."""

from __future__ import annotations

from dataclasses import dataclass

ROLES_THERE_ARE = (
    "administrator", "manager", "fundraiser", "marketing", "front_of_house", "volunteer", "read_only",
)  # fmt: skip
"""The roles that every organisation has, from the one that may do everything down."""
GROUPS = ("people", "money", "letters", "numbers", "coming_in", "past", "house")
"""What rights are about, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that somebody may do or see.

    `name`: as code checks it, ``contact.read``. `label`: the whole sentence that says so, marked by
    `perthyn.text.phrase`. `group`: one of `GROUPS`. `roles`: which of `ROLES_THERE_ARE` have it from the start; the
    administrator has every right, named or not.
    """

    name: str
    label: str
    group: str
    roles: frozenset[str] = frozenset()

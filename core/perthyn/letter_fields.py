"""Fields that plugins add to letters: the last gift, the next tour, the number on the membership card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LetterField:
    """A field that may stand in a letter, ``{{ last_gift or "..." }}``, and what it says of many people at once.

    `name`: in English and in Welsh, each one word in small letters (``last_gift``); either may stand in either letter.
    A name that the core has is the core's, and of two plugins' the first one's. `says`: what stands there, in English
    and in Welsh, for those who write letters. `values(crm, contacts, language)`: what it says of each of these
    contacts in "cy" or "en", as plain text; whom it leaves out has no value. It is asked for a few hundred people at a
    time, and only where a letter has the field; it looks, and writes nothing. It checks the rights that what it tells
    needs (`crm.check`).
    """

    name: tuple[str, str]
    says: tuple[str, str]
    values: Callable[[Any, Sequence[UUID], str], Mapping[UUID, str]]

"""Saved views: a list of people under a name, its filters as they stand in the address."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from perthyn.model.record import Record
from perthyn.model.values import About, Text, Word


class SavedView(Record):
    """A list that somebody comes back to. `query`: what stands behind the ``?``; `whose`: None for everybody's."""

    type_name: ClassVar[str] = "web.view"
    called: ClassVar[tuple[str, str]] = ("Saved list", "Rhestr wedi'i chadw")
    seen_by: ClassVar[str] = "contact.read"

    name_en: Annotated[Word | None, About("Name (English)", "Enw (Saesneg)")] = None
    name_cy: Annotated[Word | None, About("Name (Welsh)", "Enw (Cymraeg)")] = None
    query: Annotated[Text, About("Address", "Cyfeiriad", folded=False)]
    whose: Annotated[UUID | None, About("Whose", "Pwy biau", kind="id")] = None

    def name(self, language: str) -> str:
        """The name in the reader's language, else in the other."""
        first, second = (self.name_cy, self.name_en) if language == "cy" else (self.name_en, self.name_cy)
        return first or second or ""

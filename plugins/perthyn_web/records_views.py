"""Saved views: a list of people under a name, its filters as they stand in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar
from uuid import UUID

from perthyn.changes import Create, Delete, Receipt
from perthyn.crm import Crm
from perthyn.crm.people import checked
from perthyn.errors import PerthynError, Unknown
from perthyn.model.record import Record
from perthyn.model.values import About, Text, Word
from perthyn.screens import Person
from perthyn.text import fold

EVERYBODY = "sort=name"
"""What stands behind the ``?`` of a list of everybody."""


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


def views_of(crm: Crm, person: Person, language: str) -> Sequence[SavedView]:
    """The lists that somebody may come back to: their own and everybody's, by name."""
    crm.check("contact.read")
    all_of_them = crm.kept("web.views", lambda: list(crm.store.scan(SavedView)))
    mine = [one for one in all_of_them if one.whose in (None, person.id)]
    return sorted(mine, key=lambda one: fold(one.name(language)))


def keep_view(
    crm: Crm, person: Person, query: str, name_en: str | None, name_cy: str | None, *, shared: bool
) -> tuple[SavedView, Receipt]:
    """Keep a list, for oneself or for everybody.

    Raises `PerthynError` (``people.view.name``, ``record.value``); `Forbidden` for everybody's, without
    ``segment.write``.
    """
    crm.check("contact.read")
    if not (name_en or name_cy):
        raise PerthynError("people.view.name")
    whose = None if shared else person.id
    _check_sharing(crm, whose)
    values = {"id": crm.ids(), "query": query or EVERYBODY, "whose": whose, "name_en": name_en, "name_cy": name_cy}
    made: SavedView = checked(SavedView, values)
    return made, crm.commit([Create(made)], kind="setting")


def forget_view(crm: Crm, person: Person, id: UUID) -> tuple[SavedView, Receipt]:
    """Forget a list. Raises `Unknown` (``people.view.unknown``), `Forbidden` as `keep_view`."""
    one = next((view for view in views_of(crm, person, crm.language) if view.id == id), None)
    if one is None:
        raise Unknown("people.view.unknown", name=str(id)[-6:], suggestion="")
    _check_sharing(crm, one.whose)
    return one, crm.commit([Delete(one)], kind="setting")


def _check_sharing(crm: Crm, whose: UUID | None) -> None:
    if whose is None:
        crm.check("segment.write")

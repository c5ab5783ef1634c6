"""Merge: two contacts become one, field by field, so that undoing the batch takes it apart again (DECISIONS 20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

from perthyn.changes import Change, Create, Delete, Edit
from perthyn.model import Contact, Custom, Record, Redirect, declared, parts
from perthyn.rules.closed import AnyPart, Closed, Field, OneOf
from perthyn.store import Store

Choice = Literal["keep", "other", "both"]
_STRICT_AGE = ("under 13", "13-17", "adult")


def clashes(survivor: Contact, loser: Contact) -> dict[str, tuple[Any, Any]]:
    """The plain fields in which both have a value and the values differ."""
    found = {}
    for name in declared(Contact):
        mine, theirs = getattr(survivor, name), getattr(loser, name)
        if name != "id" and mine not in (None, False) and theirs not in (None, False) and mine != theirs:
            found[name] = (mine, theirs)
    return found


def merge_changes(
    store: Store, survivor: Contact, loser: Contact, choices: Mapping[str, Choice], extra: Iterable[Record] = ()
) -> list[Change]:
    """What makes one contact of two.

    `choices` names, for fields that clash, whose value stays: *keep* (the survivor's, the default), *other*, or
    *both* (the other is kept as a custom field ``also.<field>``). Lists are joined. Everything the loser owns moves
    and remembers what it `came_as`; a redirect stays under the loser's id. `extra`: records to create beside.
    """
    changes: list[Change] = []
    for type in store.types.values():
        if not type.owner:
            continue
        for record in store.owned(type, [loser.id]):
            values = {type.owner: (loser.id, survivor.id)}
            if "came_as" in type.model_fields and getattr(record, "came_as", None) is None:
                values["came_as"] = (None, loser.id)  # type: ignore[assignment]
            changes.append(Edit(type.type_name, record.id, values))
    changes += _relink(store, survivor, loser)
    joined = _joined(survivor, loser, choices)
    if joined:
        changes.append(Edit("contact", survivor.id, joined))
    changes.append(Delete(loser))
    changes.append(Create(Redirect(id=loser.id, to=survivor.id)))
    changes += [Create(one) for one in extra]
    return changes


def _joined(survivor: Contact, loser: Contact, choices: Mapping[str, Choice]) -> dict[str, tuple[Any, Any]]:
    values: dict[str, tuple[Any, Any]] = {}
    clashing = clashes(survivor, loser)
    for name, about in declared(Contact).items():
        mine, theirs = getattr(survivor, name), getattr(loser, name)
        if name == "id" or mine == theirs or theirs in (None, False):
            continue
        if name not in clashing:
            values[name] = (mine, theirs)
        elif about.merge == "strictest":
            values[name] = (mine, min(mine, theirs, key=_STRICT_AGE.index))
        elif about.merge == "newest" and name not in choices:
            if _asked(loser) > _asked(survivor):
                values[name] = (mine, theirs)
        elif choices.get(name) == "other":
            values[name] = (mine, theirs)
        elif choices.get(name) == "both":
            also = Custom(name=f"also.{name}", text=str(theirs))
            values[f"custom[{also.key}]"] = (survivor.value_at(f"custom[{also.key}]"), also)
    for name in parts(Contact):
        have = {part.key for part in getattr(survivor, name)}
        for part in getattr(loser, name):
            if part.key not in have and getattr(part, "other", None) != survivor.id:
                if getattr(part, "preferred", False) and have:
                    part = part.model_copy(update={"preferred": False})
                values[f"{name}[{part.key}]"] = (None, part)
    for link in survivor.relationships:
        if link.other == loser.id:
            values[f"relationships[{link.key}]"] = (link, None)
    return {path: pair for path, pair in values.items() if pair[0] != pair[1]}


def related_to(ids: Iterable[UUID]) -> Closed:
    """The rule of who has a relationship with one of these."""
    return AnyPart("relationships", Field("other", OneOf(frozenset(ids))))


def _asked(contact: Contact) -> date:
    """The day the language wish was asked, for what the newest word decides."""
    return contact.language_asked or date.min


def _relink(store: Store, survivor: Contact, loser: Contact) -> list[Change]:
    """Others that stood in a relationship with the loser now stand in it with the survivor."""
    changes: list[Change] = []
    others = set(store.select(related_to([loser.id]))) - {survivor.id, loser.id}
    for _, other in sorted(store.get(Contact, others).items()):
        values: dict[str, tuple[Any, Any]] = {}
        for link in other.relationships:
            if link.other == loser.id:
                moved = link.model_copy(update={"other": survivor.id})
                values[f"relationships[{link.key}]"] = (link, None)
                if other.value_at(f"relationships[{moved.key}]") is None:
                    values[f"relationships[{moved.key}]"] = (None, moved)
        if values:
            changes.append(Edit("contact", other.id, values))
    return changes

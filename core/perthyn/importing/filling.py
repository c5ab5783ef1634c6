"""What a file adds to a contact already known: gaps are filled, contradictions are shown, nothing is overwritten.

Only the account that had said a thing before may say it anew (`newer`), and not where a person has edited since.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from perthyn.model import Address, Contact, Role, split_path
from perthyn.text import fold

_PLAIN = ("name", "title", "given", "family", "salutation", "language", "age_band")
_FOLDED = ("name", "title", "given", "family", "salutation")


@dataclass(slots=True)
class Filling:
    """Paths to be set; paths that say something else and stay; paths that stay because a person edited them."""

    values: dict[str, Any] = field(default_factory=dict)
    differs: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    kept: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def keep_by_hand(self, known: Contact, paths: Collection[str]) -> None:
        """Leave out what a person has edited: that path, or the whole field it stands in."""
        for path in list(self.values):
            if path in paths or split_path(path)[0] in paths:
                self.kept[path] = (known.value_at(path), self.values.pop(path))


def filling(known: Contact, said: Contact, newer: bool) -> Filling:
    """What `said` adds to `known`, path by path."""
    found = Filling()
    for name in _PLAIN:
        _plain(found, name, getattr(known, name), getattr(said, name), newer)
    if said.kind != "person":
        _plain(found, "kind", None if known.kind == "person" else known.kind, said.kind, newer)
    if "language" in found.values and said.language_asked:
        found.values["language_asked"] = said.language_asked
    if "age_band" in found.values:
        found.values["age_noted"] = said.age_noted
    if said.deceased and not known.deceased:
        found.values["deceased"] = True
    if said.note and said.note not in (known.note or ""):
        found.values["note"] = f"{known.note}\n{said.note}" if known.note else said.note
    for name in ("emails", "phones", "tags", "relationships"):
        _added(found, name, known, said)
    _addresses(found, known, said)
    _roles(found, known, said, newer)
    for part in said.custom:
        before = known.value_at(f"custom[{part.name}]")
        _part(found, f"custom[{part.name}]", before, part, newer)
    for named in said.external_ids:
        path = f"external_ids[{named.key}]"
        if known.value_at(path) != named:
            found.values[path] = named
    return found


def _plain(found: Filling, name: str, old: Any, new: Any, newer: bool) -> None:
    if new is None or old == new:
        return
    if old is None or newer:
        found.values[name] = new
    elif name not in _FOLDED or fold(old) != fold(new):
        found.differs[name] = (old, new)


def _part(found: Filling, path: str, old: Any, new: Any, newer: bool) -> None:
    if old is None or (newer and old != new):
        found.values[path] = new
    elif old != new:
        found.differs[path] = (old, new)


def _added(found: Filling, name: str, known: Contact, said: Contact) -> None:
    have = {part.key for part in getattr(known, name)}
    for part in getattr(said, name):
        if part.key not in have:
            found.values[f"{name}[{part.key}]"] = part


def _addresses(found: Filling, known: Contact, said: Contact) -> None:
    """An address of which only the town or the postcode is said adds nothing to one that has it."""
    for one in said.addresses:
        if not any(_within(one, other) for other in known.addresses):
            found.values[f"addresses[{one.key}]"] = one


def _within(one: Address, other: Address) -> bool:
    if one.key == other.key:
        return True
    same_place = (
        one.postcode_key == other.postcode_key if one.postcode else fold(one.town or "") == fold(other.town or "")
    )
    return not one.lines and same_place


def _roles(found: Filling, known: Contact, said: Contact, newer: bool) -> None:
    """The same role from the same day is one role; what it lacks is filled, a later end prolongs it."""
    for one in said.roles:
        old = known.value_at(f"roles[{one.key}]")
        if old is None and one.start is None:
            old = next((role for role in known.roles if fold(role.role) == fold(one.role)), None)
        if old is None:
            found.values[f"roles[{one.key}]"] = one
            continue
        merged = Role(
            role=old.role,
            level=(one.level or old.level) if newer else (old.level or one.level),
            start=old.start,
            end=_end(old, one, newer),
            grace_days=old.grace_days,
        )
        if merged != old:
            found.values[f"roles[{old.key}]"] = merged
        if not newer and one.level and merged.level != one.level:
            found.differs[f"roles[{old.key}]"] = (old, one)


def _end(old: Role, new: Role, newer: bool) -> Any:
    if newer or old.end is None or new.end is None:
        return new.end or old.end
    return max(old.end, new.end)

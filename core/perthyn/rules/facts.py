"""Facts: all that the law may look at for one contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from perthyn.model import Contact, Record


@dataclass(frozen=True, slots=True)
class Facts:
    """One contact, the records it owns by type name (each in id order), and its hand and snapshot memberships."""

    contact: Contact
    owned: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    segments: frozenset[UUID] = frozenset()

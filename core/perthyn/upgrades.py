"""Upgrades: a store of an earlier version, and what brings it up to date (DECISIONS 22).

A backend that has to do more than add to what is there refuses to open (``store.older``) and answers an `Upgrade`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from perthyn.contents import Contents

Tell = Callable[[int], None]
"""Is told how many more records and journal lines are done."""

Keep = Callable[[Contents], None]
"""Keeps what a store holds before anything is changed in it; nothing is changed when it raises."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What an upgrade does to one part of a store: a record type by its name, or "" for the store's own tables.

    `found`: the version it has, `version`: the one it will have. `records` and journal `lines` follow it.
    """

    part: str
    found: int
    version: int
    records: int = 0
    lines: int = 0

    @property
    def size(self) -> int:
        """How much there is to do."""
        return self.records + self.lines


class Upgrade(ABC):
    """A store opened as it stands, whatever its version; whoever has it closes it."""

    @property
    @abstractmethod
    def address(self) -> str:
        """The URL it was opened by, without a password."""

    @property
    @abstractmethod
    def planned(self) -> tuple[Planned, ...]:
        """What is to be done, part by part; nothing for a store that opens as it is."""

    @abstractmethod
    def contents(self) -> AbstractContextManager[Contents]:
        """Everything it holds, under the declarations that are stored there."""

    @abstractmethod
    def copy(self, mark: str) -> Path | None:
        """Make an exact, checked copy beside it, with ``before-mark`` in its name; None where it is no file.

        Raises `PerthynError` (``store.full``, ``store.readonly``, ``store.damaged`` ...).
        """

    @abstractmethod
    def apply(self, keep: Keep, tell: Tell = lambda _: None) -> None:
        """Bring it up to date, all or nothing. Nobody writes meanwhile; `keep` is called before anything is changed.

        Raises `PerthynError`: ``upgrade.record`` or ``upgrade.line`` for one that can't follow, ``store.fenced.*``,
        ``store.locked`` and what else befalls a store.
        """

    @abstractmethod
    def rehearse(self, tell: Tell = lambda _: None) -> None:
        """The same on a copy, or to be taken back at once: changes nothing, raises what `apply` would."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections."""

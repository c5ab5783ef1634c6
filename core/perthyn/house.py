"""House: what a backend or a channel may know of the organisation it works for, handed to it by the core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perthyn.errors import PerthynError
from perthyn.model import KINDS, Kind
from perthyn.model.ids import Clock, Random
from perthyn.rules import NamedMeasure


def table(sections: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The table of a name; a dot leads to a table within one: ``tickets.castle``. Empty where there is none."""
    found: Any = sections
    for step in name.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, slots=True)
class House:
    """An organisation's own place, and the sources of time and randomness.

    `folder`: where ``perthyn.toml`` stands, and where files may be kept beside it. `sections`: the tables of
    ``perthyn.toml``, each for the backend or plugin of that name. `user`: who is at this machine. `kinds`, `measures`:
    what can be said of happenings and in rules, the plugins' own among it. `secrets(section, name)`: a password or key,
    "" where nobody has given it. `keys()`: the file that holds the keys of its backups.
    """

    folder: Path
    clock: Clock
    random: Random
    organisation: str = ""
    language: str = "en"
    zone: str = "Europe/London"
    region: str = "GB"
    user: str = "local"
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    kinds: tuple[Kind, ...] = KINDS
    measures: tuple[NamedMeasure, ...] = ()
    secrets: Callable[[str, str], str] = field(default=lambda section, name: "", repr=False)
    keys: Callable[[], Path] | None = field(default=None, repr=False)

    def section(self, name: str) -> Mapping[str, Any]:
        """The settings of one backend or plugin, or of an account of one: ``tickets.castle``."""
        return table(self.sections, name)

    def account(self, name: str, account: str) -> str:
        """The name of the section of a plugin's account: its own, ``[name.account]``, where there is one, else the
        plugin's. What stands there is `section` of it, its passwords are `secret` of it.
        """
        own = f"{name}.{account}"
        return own if isinstance(self.section(name).get(account), Mapping) else name

    def secret(self, section: str, name: str) -> str:
        """A password or key of a section (`perthyn.secrets`).

        Raises `PerthynError` (``secret.missing``, ``secret.misplaced``, ``secret.readable``, ``secret.unreadable``).
        """
        found = self.secrets(section, name)
        if not found:
            raise PerthynError("secret.missing", section=section, name=name, folder=str(self.folder))
        return found

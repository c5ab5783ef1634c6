"""Demonstration: the files of an invented house, to look around in before one brings one's own people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Example:
    """One of its files. `asked`: what its people said yes to, word for word; "": nobody knows."""

    file: Path
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """An invented house. Nobody in its files may be anybody who lives, and nothing may reach them.

    `house`: what it is called. `write(folder)`: writes its files there, and answers them in the order in which they are
    taken in; each time the same. `segments`: questions to begin with: the name in English, in Welsh, and the rule.
    """

    house: str
    write: Callable[[Path], Sequence[Example]]
    segments: Sequence[tuple[str, str, str]] = ()

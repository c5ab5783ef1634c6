"""What comes of asking Google: answers, the two ways to have none, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from perthyn.errors import PerthynError

Kind = Literal["reads", "writes", "drive"]
"""What a request counts as."""

Tell = Callable[[str, Mapping[str, object]], None]
"""Told, with a code and its facts, why there is a wait."""


def silent(code: str, facts: Mapping[str, object]) -> None:
    """Tell nobody."""


class Already(Exception):
    """The marker of this write stands there: it was applied before."""


class Unreached(PerthynError):
    """No answer in time: try later. Whether the last attempt was applied is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`replies`, one for each request; `book`: the spreadsheet after the write, as far as it was asked for, or {}."""

    replies: list[dict[str, Any]]
    book: dict[str, Any]


@dataclass(slots=True)
class Calls:
    """What this process sent, tries that failed included, and how long it waited."""

    reads: int = 0
    writes: int = 0
    drive: int = 0
    waited_seconds: float = 0


class Quota(NamedTuple):
    """What all programs that share the file used in the last minute, and how many writes we allow ourselves."""

    reads: int
    writes: int
    limit: int

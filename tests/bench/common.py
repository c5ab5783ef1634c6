"""What the benchmarks share: a figure and a fair comparison. The data set is in `people`.

Every figure is a ratio against a named baseline measured in the same run, turn about, by CPU time, so that a busy
machine troubles both alike; or a time where the issue asks for one.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import people


@dataclass(frozen=True)
class Figure:
    """One line of a benchmark: a value, its unit, against what it was measured, and the figure to reach."""

    name: str
    value: float
    unit: str
    baseline: str
    reach: float
    at_least: bool = False

    @property
    def reached(self) -> bool:
        """Whether the value is as good as the figure to reach."""
        return self.value >= self.reach if self.at_least else self.value <= self.reach


def options(about: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark takes."""
    parser = people.options(about)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument("--rounds", type=int, default=7)
    return parser


def turn_about(
    doings: Sequence[Callable[[], Any]],
    rounds: int,
    least: float = 0.02,
    clock: Callable[[], float] = time.process_time,
) -> list[float]:
    """Seconds (of CPU) of each doing, the median of so many rounds after one to warm up; a round does each in turn.

    What is brief is done several times a round, for `least` seconds.
    """
    times = [max(1, int(least / max(_spent(doing, 1, clock), 1e-6))) for doing in doings]
    spent = [[_spent(doing, count, clock) for doing, count in zip(doings, times, strict=True)] for _ in range(rounds)]
    return [statistics.median(one) for one in zip(*spent, strict=True)]


def _spent(doing: Callable[[], Any], times: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(times):
        doing()
    return (clock() - start) / times

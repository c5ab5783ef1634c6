"""A PostgreSQL server that is stopped as if its power went, again and again, while processes write to it.

Each of 4 processes writes one batch after the other, each again until it is acknowledged. The server is stopped with
``immediate`` and started 50 times. What was acknowledged is held against what is there; nobody starts a process anew.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from common import Figure, options

sys.path.extend(str(Path(__file__).parent.parent / name) for name in ("", "faults"))

from hands import insisting
from postgres import Server, database

HANDS, STOPS = 4, 50
LONGEST = 10.0
TOLD = {f"store.server.{how}" for how in ("gone", "unreachable", "starting")} | {"store.commit.unknown"}
"""What may be said of a server that is gone, not there yet, or gone before it answered."""


def run(args: argparse.Namespace) -> list[Figure]:
    """Lost, doubled, said otherwise than meant, and the longest time that a hand had a server and did not write."""
    draw = random.Random(1)
    gone: list[tuple[float, float]] = []

    def stop_and_start() -> None:
        for _ in range(args.stops):
            time.sleep(draw.uniform(0.2, 3.0))
            stopped = time.monotonic()
            server.stop("immediate")
            server.start()
            gone.append((stopped, time.monotonic()))

    with closing(Server()) as server, database(server.url) as url:
        done, acknowledged = insisting(url, HANDS, stop_and_start)
    waits = [_wait(start, one, gone) for one in acknowledged for _, start in gone]
    name = f"{args.stops} server stops under {HANDS} hands"
    about = f"{done.kept:,} kept in {done.seconds:.0f} s, {sum(done.errors.values())} errors told"
    return [
        Figure(f"{name}: lost", len(done.lost), "writes", about, 0),
        Figure(f"{name}: doubled or of nobody", len(done.doubled) + len(done.uninvited), "writes", about, 0),
        Figure(f"{name}: errors of another kind", len(done.errors.keys() - TOLD), "codes", ", ".join(done.errors), 0),
        Figure(
            f"{name}: until each hand writes again", max(waits), "s", f"in the middle {_middle(waits):.2f} s", LONGEST
        ),
    ]


def _wait(start: float, acknowledged: Sequence[float], gone: Sequence[tuple[float, float]]) -> float:
    """Seconds from a start of the server to the next write, those in which it was gone again left out."""
    at = min((at for at in acknowledged if at > start), default=float("inf"))
    return at - start - sum(again - stopped for stopped, again in gone if start < stopped and again < at)


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = options(__doc__)
    found.add_argument("--stops", type=int, default=STOPS)
    return found


if __name__ == "__main__":
    from run import show

    show(run, parser())

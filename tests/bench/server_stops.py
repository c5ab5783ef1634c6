"""A PostgreSQL server that is stopped as if its power went, again and again, while processes write to it.

Each of 4 processes writes one batch after the other, each again until it is acknowledged. The server is stopped with
``immediate`` and started 50 times. What was acknowledged is held against what is there; nobody starts a process anew.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
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
    """Lost, doubled, said otherwise than meant, and the longest time from the server's start to a hand's next write."""
    draw = random.Random(1)
    started: list[float] = []

    def stop_and_start() -> None:
        for _ in range(args.stops):
            time.sleep(draw.uniform(0.2, 1.0))
            server.stop("immediate")
            server.start()
            started.append(time.monotonic())

    with closing(Server("max_connections = 60\n")) as server, database(server.url) as url:
        done, acknowledged = insisting(url, HANDS, stop_and_start)
    waits = [
        min((at for at in one if at > start), default=start + 1e6) - start for one in acknowledged for start in started
    ]
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

"""Charts' numbers through `Crm`: twelve months of visits, income, people and one segment, counted afresh each time."""

from __future__ import annotations

import argparse
import statistics
import time

from common import Figure, options
from import_rows import crm_at
from people import AS_OF, data_address

from perthyn.crm import Crm
from perthyn.crm.answers import Answers
from perthyn.crm.trends import months_on

SINCE = months_on(AS_OF, -11)
REACH = {"visits": 250, "income": 750, "people": 500, "segments": 1000}


def run(args: argparse.Namespace) -> list[Figure]:
    """Milliseconds of each trend, when nothing is kept."""
    with data_address(args) as address:
        crm = crm_at(address)
        grown = max(1, args.contacts / 100_000)
        figures = [
            Figure(f"twelve months of {name}", _median(crm, name, args.rounds), "ms", "", reach * grown)
            for name, reach in REACH.items()
        ]
        crm.store.close()
    return figures


def _median(crm: Crm, name: str, rounds: int) -> float:
    spent = []
    for _ in range(rounds):
        crm._kept.clear()
        crm.answers = Answers()
        segments = crm.segments()[:1]
        start = time.perf_counter()
        crm.trend(name, SINCE, AS_OF, segments=segments)
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent[1:] or spent)


if __name__ == "__main__":
    from run import show

    show(run, options(__doc__))

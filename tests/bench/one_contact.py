"""One contact: in or out of a segment, and the measures of twenty segments for somebody with 10,000 interactions.

The baseline is the same file's plainest question about one contact, her row by her id, asked by the driver alone.
"""

from __future__ import annotations

import argparse
import random
from datetime import timedelta
from uuid import UUID

from common import Figure, options, turn_about
from databases import Driver, data_store
from people import AS_OF
from shapes import SHAPES, of

from perthyn.rules.closed import Measure
from perthyn_sql import SqlStore

BUSIEST = "SELECT contact FROM interaction GROUP BY contact ORDER BY count(*) DESC LIMIT 1"
IN_OR_OUT, MEASURES = 0.5, 4.0
CONTACTS = 200


def twenty() -> list[Measure]:
    """Measures such as twenty segments have: ever and in windows, of one kind, of two and of any."""
    wanted = []
    for months in (0, 3, 12, 24):
        since = AS_OF - timedelta(days=30 * months) if months else None
        wanted += [
            of("count", "visit", since=since),
            of("last", "visit", "booking", since=since),
            of("days", "visit", since=since),
            of("sum", "donation", since=since, field="amount", currency="GBP"),
            Measure("interaction", "count", since=since, until=AS_OF),
        ]
    return wanted


def run(args: argparse.Namespace) -> list[Figure]:
    """Milliseconds of CPU (of a server: on the clock) for each."""
    with data_store(args) as (store, driver):
        return _measured(store, driver, args.rounds)


def _measured(store: SqlStore, driver: Driver, rounds: int) -> list[Figure]:
    drawn = random.Random(1)
    everybody = [id for (id,) in driver.rows("SELECT id FROM contact")]
    busiest = UUID(bytes=driver.rows(f"SELECT id FROM contact WHERE key_ = ({BUSIEST})")[0][0])
    some = [UUID(bytes=id) for id in drawn.sample(everybody, min(CONTACTS, len(everybody)))]

    def in_or_out() -> None:
        for shape in SHAPES:
            for one in some:
                store.leaves([shape.rule], one)

    def in_or_out_of_all() -> None:
        for shape in SHAPES:
            store.leaves([shape.rule], busiest)

    wanted = twenty()

    def by_hand() -> None:
        for one in some:
            driver.rows(f"SELECT * FROM contact WHERE id = {driver.mark}", (one.bytes,))

    doings = [in_or_out, in_or_out_of_all, lambda: store.measures(wanted, busiest), by_hand]
    each, busy, measured, plain = turn_about(doings, rounds, clock=driver.clock)
    plain /= len(some)

    def figure(name: str, seconds: float, reach: float) -> Figure:
        return Figure(name, seconds * 1000, "ms", f"a row by its id: {seconds / plain:.0f} times", reach)

    return [
        figure("one contact in or out, mean of twelve shapes", each / len(SHAPES) / len(some), IN_OR_OUT),
        figure("the busiest contact in or out, mean of twelve shapes", busy / len(SHAPES), IN_OR_OUT),
        figure("twenty measures of the busiest contact", measured, MEASURES),
    ]


if __name__ == "__main__":
    from run import show

    show(run, options(__doc__))

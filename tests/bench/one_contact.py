"""One contact: in or out of a segment, and the measures of twenty segments for somebody with 10,000 interactions.

The baseline is the same file's plainest question about one contact, her row by her id, asked by the driver alone.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
from datetime import timedelta
from uuid import UUID

from common import Figure, options, turn_about
from people import AS_OF, data_file
from shapes import SHAPES, of

from perthyn.model import CORE_TYPES
from perthyn.rules.closed import Measure
from perthyn_sql import open_store

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
    """Milliseconds of CPU for each."""
    path = data_file(args)
    store = open_store(f"sqlite:///{path.as_posix()}", CORE_TYPES, create=False)
    driver = sqlite3.connect(path)
    drawn = random.Random(1)
    everybody = [id for (id,) in driver.execute("SELECT id FROM contact")]
    busiest = UUID(bytes=driver.execute(f"SELECT id FROM contact WHERE key_ = ({BUSIEST})").fetchone()[0])
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
            driver.execute("SELECT * FROM contact WHERE id = ?", (one.bytes,)).fetchone()

    doings = [in_or_out, in_or_out_of_all, lambda: store.measures(wanted, busiest), by_hand]
    each, busy, measured, plain = turn_about(doings, args.rounds)
    plain /= len(some)

    def figure(name: str, seconds: float, reach: float) -> Figure:
        return Figure(name, seconds * 1000, "ms", f"a row by its id: {seconds / plain:.0f} times", reach)

    driver.close()
    store.close()
    return [
        figure("one contact in or out, mean of twelve shapes", each / len(SHAPES) / len(some), IN_OR_OUT),
        figure("the busiest contact in or out, mean of twelve shapes", busy / len(SHAPES), IN_OR_OUT),
        figure("twenty measures of the busiest contact", measured, MEASURES),
    ]


if __name__ == "__main__":
    from run import show

    show(run, options(__doc__))

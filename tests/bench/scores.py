"""Scores of everybody by recency, frequency and money, through `Crm`, against SQL on the rows by the driver alone.

By hand: one GROUP BY over all rows, cut values by counting each value, and a score for each contact by comparing; the
answer of both sides is how many people each of the 125 cells has. Times are warm, of CPU, a
server's with it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from typing import Any

from common import Figure, options
from databases import Driver, data_store
from import_rows import crm_at
from people import AS_OF, data_address

REACH = {"sqlite": 2000, "postgresql": 1500}
GROUPED = (
    "SELECT i.contact, max(i.day) AS recency, count(*) AS frequency,"
    " coalesce(sum(CASE WHEN i.currency = {GBP} THEN i.amount END), 0) AS money"
    " FROM interaction i WHERE i.day <= {as_of} GROUP BY i.contact"
)
FIFTH = "1 + 5 * (rank() OVER (ORDER BY {0}) - 1) / count(*) OVER () AS {0}"
BY_HAND = (
    f"WITH g AS ({GROUPED}), s AS (SELECT {FIFTH.format('recency')}, {FIFTH.format('frequency')},"
    f" {FIFTH.format('money')} FROM g) SELECT recency, frequency, money, count(*) FROM s GROUP BY 1, 2, 3"
)


def run(args: argparse.Namespace) -> list[Figure]:
    """Milliseconds of everybody's scores, of all kinds and of one."""
    with data_address(args) as address:
        args.store = address
        with data_store(args) as (_, driver):
            raw, cells = _by_hand(driver)
            clock = driver.clock
        crm = crm_at(address)
        assert crm.scores(as_of=AS_OF).cells == cells
        spent, one_kind = (
            _median(lambda: crm.scores(as_of=AS_OF), clock),
            _median(lambda: crm.scores(["donation"], AS_OF), clock),
        )
        each = _median(lambda: sum(1 for _ in crm.everybody(crm.scores(as_of=AS_OF))), clock)
        crm.store.close()
    reach = REACH[address.partition(":")[0]] * max(1, args.contacts / 1_000_000)
    return [
        Figure("scores of everybody", spent, "ms", f"by hand on the rows {raw:.0f} ms", reach),
        Figure("scores of everybody, donations", one_kind, "ms", "", reach),
        Figure("scores of everybody, each with her id", each, "ms", "", 2 * reach),
    ]


def _by_hand(driver: Driver) -> tuple[float, dict[tuple[int, ...], int]]:
    words = dict(driver.rows("SELECT text, id FROM word_"))
    query = BY_HAND.format(GBP=words["GBP"], as_of=AS_OF.toordinal())
    start = driver.clock()
    rows = driver.rows(query)
    cells: Counter[tuple[int, ...]] = Counter()
    for *cell, count in rows:
        cells[tuple(cell)] += count
    return (driver.clock() - start) * 1000, dict(cells)


def _median(doing: Callable[[], Any], clock: Callable[[], float]) -> float:
    spent = []
    for _ in range(4):
        start = clock()
        doing()
        spent.append((clock() - start) * 1000)
    return sorted(spent[1:])[1]


if __name__ == "__main__":
    from run import show

    show(run, options(__doc__))

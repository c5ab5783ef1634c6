"""Twelve shapes of segment for all contacts, each against the fastest of several queries written by hand.

Both sides fetch the same ids, in order, from the same database: perthyn from the closed rule (compiled once, as for
any segment asked for twice), the other by the driver alone. What by hand takes over three times as long as the
fastest is tried once. Then warm, by CPU (a server's with it): the slowest count and the slowest first
page of the twelve, and everybody streamed, for a million.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from common import Figure, options, turn_about
from databases import Driver, data_store
from shapes import SHAPES, Shape

from perthyn.rules.closed import All, Closed
from perthyn_sql import SqlStore

REACH, IN_MS, PAGE, STREAMED = 1.0, 1000, 100, 1000
TOO_SLOW = 3
EVERYBODY = All(())


def run(args: argparse.Namespace) -> list[Figure]:
    """A ratio for each shape, and three times."""
    with data_store(args) as (store, driver):
        words: Mapping[str, int] = dict(driver.rows("SELECT text, id FROM word_"))
        chosen = [one for one in SHAPES if args.only in one.name]
        figures = [_told(_ratio(store, driver, shape, words, args.rounds)) for shape in chosen]
        counts = {one.name: _in_ms(lambda rule=one.rule: store.count(rule), driver.clock) for one in chosen}  # type: ignore[misc]
        pages = {one.name: _in_ms(lambda rule=one.rule: _page(store, rule), driver.clock) for one in chosen}  # type: ignore[misc]
        people = store.count(EVERYBODY)
        streamed = _in_ms(lambda: sum(1 for _ in store.select(EVERYBODY)), driver.clock)
    return [
        *figures,
        _slowest("count of a segment", counts),
        _slowest(f"first {PAGE} of a segment", pages),
        Figure("a million members streamed", streamed * 1_000_000 / people, "ms", f"{people:,} of them", STREAMED),
    ]


def _told(figure: Figure) -> Figure:
    print(f"  {figure.name}: {figure.value:.2f}, {figure.baseline}", file=sys.stderr, flush=True)
    return figure


def _ratio(store: SqlStore, driver: Driver, shape: Shape, words: Mapping[str, int], rounds: int) -> Figure:
    queries = [query.format_map(words) + " ORDER BY c.id" for query in shape.by_hand]

    def by_hand(query: str) -> list[bytes]:
        return [id for (id,) in driver.rows(query)]

    ours = store.select_ids(shape.rule)
    spent = {}
    for query in queries:
        start = driver.clock()
        if by_hand(query) != ours:
            raise AssertionError(f"{shape.name}: {len(ours)}, by hand another answer: {query}")
        spent[query] = driver.clock() - start
    tried = [query for query in queries if spent[query] <= TOO_SLOW * min(spent.values())]
    doings: list[Callable[[], Any]] = [lambda: store.select_ids(shape.rule)]
    doings += [lambda q=query: by_hand(q) for query in tried]  # type: ignore[misc]
    mine, *theirs = turn_about(doings, rounds, clock=driver.clock)
    baseline = f"the fastest of {len(queries)} by hand ({min(theirs) * 1000:.1f} ms, {len(ours):,} contacts)"
    return Figure(shape.name, mine / min(theirs), "x", baseline, REACH)


def _page(store: SqlStore, rule: Closed) -> Sequence[Any]:
    return list(islice(store.select(rule), PAGE))


def _in_ms(doing: Callable[[], Any], clock: Callable[[], float], times: int = 3) -> float:
    """Milliseconds, the median of three after one to warm up."""
    spent = []
    for _ in range(times + 1):
        start = clock()
        doing()
        spent.append((clock() - start) * 1000)
    return sorted(spent[1:])[times // 2]


def _slowest(name: str, spent: Mapping[str, float]) -> Figure:
    slowest = max(spent, key=spent.__getitem__)
    return Figure(f"{name}, the slowest", spent[slowest], "ms", f"{slowest}; all: {_all(spent)}", IN_MS)


def _all(spent: Mapping[str, float]) -> str:
    return ", ".join(f"{value:.0f}" for value in spent.values())


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = options(__doc__)
    found.add_argument("--only", default="", help="part of the name of a shape")
    return found


if __name__ == "__main__":
    from run import show

    show(run, parser())

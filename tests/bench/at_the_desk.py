"""At the desk: the 360-degree view with 20 segments and their reasons, and `contact find` with a typo, through `Crm`.

Contacts for the view are drawn by how much they did, the busiest (10,000 interactions) among them.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from common import Figure, options
from databases import clock_of
from import_rows import crm_at
from people import data_address

from perthyn.crm import Crm
from perthyn.model import Contact, Interaction
from perthyn.rules.closed import All

RULES = (
    "person and language is cy",
    "visits at least 3 in last 24 months",
    "no visits in last 6 months",
    "donations at least 3 in last 24 months and no visits in last 6 months",
    "total of donations at least £100 in last 24 months",
    "no donations ever",
    "first visit in last 12 months",
    "last visit before 2025-01-01",
    "days of visits at least 2 in last 24 months",
    "emails at least 1 in last 12 months and no donations in last 12 months",
    "role is member",
    "member ends in next 60 days",
    "tag is friend and visits at least 1 ever",
    "postcode starts with SY20",
    "visits with party size at least 4 at least 1 in last 12 months",
    "largest donation at least £50",
    "complaints at least 1 in last 12 months",
    "purchases at least 5 in last 12 months",
    "bookings at least 1 and no visits",
    "has email and interactions at least 10 in last 12 months",
)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


Spent = list[tuple[float, float]]
"""Milliseconds of each: of CPU, here and in the server, and on the clock."""


def each_in_ms(address: str, doings: Sequence[Callable[[], Any]]) -> Spent:
    """What each spends."""
    cpu, spent = clock_of(address), []
    for doing in doings:
        used, began = cpu(), time.perf_counter()
        doing()
        took = time.perf_counter() - began
        spent.append(((cpu() - used) * 1000, took * 1000))
    return spent


def views(crm: Crm, address: str, count: int, draw: random.Random) -> Spent:
    """Milliseconds of so many views, each contact drawn by its interactions, the busiest first."""
    for place, rule in enumerate(RULES):
        if not any(one.name_en == f"Bench {place}" for one in crm.segments()):
            crm.add_segment(f"Bench {place}", None, rule)
    people = list(crm.store.select(All(())))
    middle = people[len(people) // 2]
    asked: list[UUID] = [middle]
    for at in draw.sample(range(len(people)), min(len(people), count * 3)):
        does = sum(one.count for one in crm.store.totals(people[at]))
        asked += [people[at]] * (does > draw.paretovariate(1.0))
    busiest = sum(one.count for one in crm.store.totals(middle))
    print(f"  the busiest has {busiest:,} interactions; all have {crm.store.count_of(Interaction):,}")
    crm.show(middle)
    return each_in_ms(address, [lambda id=id: crm.show(id) for id in asked[:count]])  # type: ignore[misc]


def drawn(crm: Crm, count: int, draw: random.Random) -> list[Contact]:
    """So many contacts, drawn alike."""
    ids = list(crm.store.select(All(())))
    return list(crm.store.get(Contact, draw.sample(ids, min(len(ids), count))).values())


def slipped(name: str, draw: random.Random) -> str:
    """The name with one slip of the finger in its longest word."""
    words = name.split()
    at = max(range(len(words)), key=lambda one: len(words[one]))
    word, place = words[at], draw.randrange(1, len(words[at]) - 1)
    words[at] = word[:place] + draw.choice((word[place + 1 :], word[place] + word[place:], "x" + word[place + 1 :]))
    return " ".join(words)


def finds(crm: Crm, address: str, count: int, draw: random.Random) -> tuple[Spent, Spent]:
    """Milliseconds of the first search of a process with a typo, and of so many more."""
    people = drawn(crm, count, draw)
    asked = [slipped(one.shown_name, draw) for one in people]
    cold = each_in_ms(address, [lambda: crm.find(slipped("Machynlleth Jones", draw))])
    return cold, each_in_ms(address, [lambda text=text: crm.find(text) for text in asked])  # type: ignore[misc]


def run(args: argparse.Namespace) -> list[Figure]:
    """p99 of the view and p95 of the search."""
    draw = random.Random(3)
    with data_address(args) as address:
        crm = crm_at(address)
        shown = views(crm, address, args.draws, draw)
        cold, found = finds(crm, address, args.draws, draw)
        crm.store.close()
    return [
        _figure("360-degree view, p99", shown, 0.99, 10),
        _figure("contact find with a typo, p95", found, 0.95, 60),
        _figure("the first contact find of a process", cold, 1, 1000),
    ]


def _figure(name: str, spent: Spent, share: float, reach: float) -> Figure:
    cpu, clock = zip(*spent, strict=True)
    aside = f"median {statistics.median(cpu):.1f}; clock {percentile(clock, share):.1f}, {statistics.median(clock):.1f}"
    return Figure(name, percentile(cpu, share), "ms of CPU", aside, reach)


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = options(__doc__)
    found.add_argument("--draws", type=int, default=300)
    return found


if __name__ == "__main__":
    from run import show

    show(run, parser())

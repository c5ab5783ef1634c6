"""What the benchmarks share: a figure, a fair comparison, and a seeded heavy-tailed data set.

Every figure is a ratio against a named baseline measured in the same run, turn about, by CPU time, so that a busy
machine troubles both alike; or a time where the issue asks for one.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from perthyn.changes import Batch, Block, Create
from perthyn.model import CORE_TYPES, Address, Contact, Email, Ids, Interaction, Role, Tag
from perthyn.store import Store

AS_OF = date(2026, 3, 31)
FIRST_DAY = AS_OF.toordinal() - 6 * 365
CONTACTS, INTERACTIONS, BUSIEST = 100_000, 1_000_000, 10_000
DATA_FOLDER = "PERTHYN_BENCH_DATA"


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
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    parser.add_argument(
        "--data", type=Path, help=f"folder that keeps the data set (else ${DATA_FOLDER}, else a new one)"
    )
    parser.add_argument("--contacts", type=int, default=CONTACTS)
    parser.add_argument("--interactions", type=int, default=INTERACTIONS)
    parser.add_argument("--rounds", type=int, default=7)
    return parser


def turn_about(doings: Sequence[Callable[[], Any]], rounds: int, least: float = 0.02) -> list[float]:
    """CPU seconds of each doing, the median of so many rounds after one to warm up; a round does each of them in turn.

    What is brief is done several times a round, for `least` seconds.
    """
    times = [max(1, int(least / max(_spent(doing, 1), 1e-6))) for doing in doings]
    spent = [[_spent(doing, count) for doing, count in zip(doings, times, strict=True)] for _ in range(rounds)]
    return [statistics.median(one) for one in zip(*spent, strict=True)]


def _spent(doing: Callable[[], Any], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        doing()
    return (time.process_time() - start) / times


# -- the data set -----------------------------------------------------------------------------------------------


def data_file(args: argparse.Namespace) -> Path:
    """The SQLite file of the data set of these sizes, made if it is not there (two minutes for a million)."""
    from perthyn_sql import open_store

    folder = args.data or os.environ.get(DATA_FOLDER) or tempfile.mkdtemp(prefix="perthyn-bench-")
    path = Path(folder) / f"people-{args.contacts}-{args.interactions}.db"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        store = open_store(f"sqlite:///{unfinished.as_posix()}", CORE_TYPES)
        fill(store, args.contacts, args.interactions)
        store.close()
        unfinished.rename(path)
    return path


def fill(store: Store, contacts: int, interactions: int, seed: int = 1) -> None:
    """Put the seeded data set of these sizes into an empty store."""
    draw = random.Random(seed)
    now = datetime(2026, 4, 1, tzinfo=UTC)
    ids = Ids(lambda: now, draw.randbytes)
    people = people_drawn(draw, ids, contacts)
    keys = []
    while some := list(islice(people, 10_000)):
        keys += [one.id.bytes for one in some]
        store.apply(Batch(ids(), "bench", now, kind="import", changes=[Create(one) for one in some]))
    for block in happenings_drawn(draw, ids, keys, interactions):
        store.apply(Batch(ids(), "bench", now, kind="import", blocks=[block]))


FAMILIES = ("Jones", "Williams", "Davies", "Evans", "Thomas", "Roberts", "Hughes", "Lewis", "Morgan", "Griffiths")
GIVEN = ("Siân", "Gwyn", "Mair", "Huw", "Ffion", "Rhys", "Nia", "Owain", "Sarah", "Peter", "Ŵyn", "Zoë")
TOWNS = ("Machynlleth", "Aberystwyth", "Dolgellau", "Tywyn", "Y Drenewydd", "Llanidloes", "Caerdydd", "Bristol")
AREAS = ("SY20", "SY23", "LL40", "LL36", "SY16", "SY18", "CF10", "BS1")


def people_drawn(draw: random.Random, ids: Ids, count: int) -> Iterator[Contact]:
    """So many contacts with the parts that rules ask for."""
    for number in range(count):
        given, family, place = draw.choice(GIVEN), draw.choice(FAMILIES), draw.randrange(len(TOWNS))
        postcode = f"{AREAS[place]} {draw.randrange(1, 10)}{draw.choice('ABDEFGHJLN')}{draw.choice('ABDEFGHJLN')}"
        yield Contact(
            id=ids(),
            kind=draw.choices(("person", "household", "organisation"), (94, 4, 2))[0],
            name=f"{given} {family}",
            given=given,
            family=family,
            emails=(Email(address=f"{family}.{number}@example.org"),) if draw.random() < 0.7 else (),
            addresses=(Address(town=TOWNS[place], postcode=postcode),) if draw.random() < 0.6 else (),
            language=draw.choices(("cy", "en", "both", None), (15, 40, 5, 40))[0],
            roles=tuple(_roles(draw)),
            tags=tuple(Tag(tag=tag) for tag in ("friend", "tŷ", "newsletter", "trip") if draw.random() < 0.08),
        )


def _roles(draw: random.Random) -> Iterator[Role]:
    for role, share in (("member", 0.15), ("volunteer", 0.04), ("donor", 0.2)):
        if draw.random() < share:
            start = draw.randrange(FIRST_DAY, AS_OF.toordinal())
            end = date.fromordinal(start + 365) if role == "member" else None
            yield Role(role=role, start=date.fromordinal(start), end=end)


KINDS = {"visit": 34, "purchase": 20, "email": 24, "donation": 9, "booking": 8, "enquiry": 3, "complaint": 1, "call": 1}


def happenings_drawn(draw: random.Random, ids: Ids, contacts: Sequence[bytes], count: int) -> Iterator[Block]:
    """So many interactions in blocks of 50,000: Pareto activity, 30 % of contacts give, one contact has 10,000."""
    weights = [draw.paretovariate(1.1) for _ in contacts]
    heap = list(accumulate(min(one, 300.0) for one in weights))
    givers = [draw.random() < 0.3 for _ in contacts]
    places = draw.choices(range(len(contacts)), cum_weights=heap, k=count)
    busiest = min(BUSIEST, count // 10)
    places[:busiest] = [len(contacts) // 2] * busiest
    draw.shuffle(places)
    kinds = draw.choices(list(KINDS), list(KINDS.values()), k=count)
    for start in range(0, count, 50_000):
        rows = range(start, min(start + 50_000, count))
        said = ["visit" if kinds[n] == "donation" and not givers[places[n]] else kinds[n] for n in rows]
        days = [FIRST_DAY + int(6 * 365 * draw.random() ** 0.8) for _ in rows]
        money = [_amount(draw, kind) for kind in said]
        yield Block(
            Interaction,
            {
                "id": ids.take(len(rows)),
                "contact": [contacts[places[n]] for n in rows],
                "source": ["square:main-till"] * len(rows),
                "source_id": [f"line-{n:07}" for n in rows],
                "kind": said,
                "channel": [draw.choice(("on site", "website", "phone")) for _ in rows],
                "day": days,
                "amount": money,
                "currency": [None if one is None else draw.choices(("GBP", "EUR"), (97, 3))[0] for one in money],
                "party_size": [draw.randrange(1, 6) if kind == "visit" else None for kind in said],
            },
            len(rows),
        )


def _amount(draw: random.Random, kind: str) -> int | None:
    if kind not in ("purchase", "donation", "booking"):
        return None
    amount = int(500 * draw.paretovariate(1.3))
    return -amount if draw.random() < 0.02 else min(amount, 10_000_000)

"""The data set of the benchmarks: seeded, heavy-tailed, made block by block in little memory. One command makes it::

    python tests/bench/people.py --contacts 1000000 --interactions 10000000 [--postgres | --store URL] [--data FOLDER]

Activity is Pareto (median 4 interactions, one contact with 10,000), surnames and given names fall off as 1/rank,
money is Pareto, 30 % of contacts give. It is a SQLite file in the folder; with ``--postgres`` a database of a server
that is started there; with ``--store`` what the address says. What already holds the data set is left as it is.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from server import postgres

from perthyn.changes import Batch, Block, Create
from perthyn.model import CORE_TYPES, Address, Contact, Email, Ids, Interaction, Role, Tag
from perthyn.store import Store

AS_OF = date(2026, 3, 31)
FIRST_DAY = AS_OF.toordinal() - 6 * 365
NOW = datetime(2026, 4, 1, tzinfo=UTC)
CONTACTS, INTERACTIONS, BUSIEST = 100_000, 1_000_000, 10_000
AT_ONCE = 100_000
"""How many interactions one batch brings."""
DATA_FOLDER = "PERTHYN_BENCH_DATA"

FAMILIES = ("Jones", "Williams", "Davies", "Evans", "Thomas", "Roberts", "Hughes", "Lewis", "Morgan", "Griffiths")
GIVEN = ("Siân", "Gwyn", "Mair", "Huw", "Ffion", "Rhys", "Nia", "Owain", "Sarah", "Peter", "Ŵyn", "Zoë")
SYLLABLES = ("ar", "ber", "cad", "dal", "el", "fan", "gwen", "hal", "is", "lor", "mor", "nant", "ow", "pen", "rhos")
ENDINGS = ("ton", "ley", "wyn", "er", "es", "an", "ford", "wen", "ian", "ell", "ard", "ydd")
TOWNS = ("Machynlleth", "Aberystwyth", "Dolgellau", "Tywyn", "Y Drenewydd", "Llanidloes", "Caerdydd", "Bristol")
AREAS = ("SY20", "SY23", "LL40", "LL36", "SY16", "SY18", "CF10", "BS1")
KINDS = {"visit": 34, "purchase": 20, "email": 24, "donation": 9, "booking": 8, "enquiry": 3, "complaint": 1, "call": 1}


def options(about: str | None) -> argparse.ArgumentParser:
    """The options of whatever needs the data set."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, help=f"folder that keeps the data set (else ${DATA_FOLDER}, else a new one)"
    )
    parser.add_argument("--store", help="address of an empty or filled store, instead of a file in the folder")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of our own in the folder")
    parser.add_argument("--contacts", type=int, default=CONTACTS)
    parser.add_argument("--interactions", type=int, default=INTERACTIONS)
    return parser


@contextmanager
def data_address(args: argparse.Namespace) -> Iterator[str]:
    """The address of a store that holds the data set, filled if it does not yet (two minutes for a million rows)."""
    folder = Path(args.data or os.environ.get(DATA_FOLDER) or tempfile.mkdtemp(prefix="pb"))
    name = f"people-{args.contacts}-{args.interactions}"
    folder.mkdir(parents=True, exist_ok=True)
    if args.store:
        yield _filled(args.store, args)
    elif args.postgres:
        with postgres(folder, name.replace("-", "_")) as address:
            yield _filled(address, args)
    else:
        path, unfinished = folder / f"{name}.db", folder / f"{name}.unfinished"
        if not path.exists():
            unfinished.unlink(missing_ok=True)
            _filled(f"sqlite:///{unfinished.as_posix()}", args)
            unfinished.rename(path)
        yield f"sqlite:///{path.as_posix()}"


def _filled(address: str, args: argparse.Namespace) -> str:
    from perthyn_sql import open_store

    store = open_store(address, CORE_TYPES)
    there = store.count_of(Interaction)
    if there == 0:
        fill(store, args.contacts, args.interactions)
    elif there != args.interactions:
        sys.exit(f"{store.address}: {there:,} interactions are there; it must be empty or hold the data set")
    store.close()
    return address


def fill(store: Store, contacts: int, interactions: int, seed: int = 1) -> None:
    """Put the seeded data set of these sizes into an empty store; progress goes to stderr."""
    draw = random.Random(seed)
    ids = Ids(lambda: NOW, draw.randbytes)
    people = people_drawn(draw, ids, contacts)
    start = time.monotonic()
    keys: list[bytes] = []

    def told(done: str) -> None:
        print(f"{time.monotonic() - start:6.0f} s: {done}", file=sys.stderr, flush=True)

    while some := list(islice(people, 10_000)):
        keys += [one.id.bytes for one in some]
        store.apply(Batch(ids(), "bench", NOW, kind="import", changes=[Create(one) for one in some]))
        told(f"{len(keys):,} contacts")
    done = 0
    for block in happenings_drawn(draw, ids, keys, interactions):
        store.apply(Batch(ids(), "bench", NOW, kind="import", blocks=[block]))
        done += block.size
        told(f"{done:,} interactions")


def names_drawn(draw: random.Random, known: Sequence[str], more: int) -> tuple[list[str], list[float]]:
    """The known names and about so many made up, with heaps of weights that fall off as 1/rank."""
    made = {
        (draw.choice(SYLLABLES) + draw.choice(("", *SYLLABLES)) + draw.choice(ENDINGS)).capitalize()
        for _ in range(more)
    }
    names = [*known, *sorted(made - set(known))]
    draw.shuffle(names)
    names.sort(key=lambda name: name not in known)
    return names, list(accumulate(1 / (rank + 3) for rank in range(len(names))))


def people_drawn(draw: random.Random, ids: Ids, count: int) -> Iterator[Contact]:
    """So many contacts with the parts that rules ask for."""
    (families, family_heap), (givens, given_heap) = names_drawn(draw, FAMILIES, 4000), names_drawn(draw, GIVEN, 300)
    for number in range(count):
        family = families[bisect(family_heap, draw.random() * family_heap[-1])]
        given = givens[bisect(given_heap, draw.random() * given_heap[-1])]
        place = draw.randrange(len(TOWNS))
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


def happenings_drawn(draw: random.Random, ids: Ids, contacts: Sequence[bytes], count: int) -> Iterator[Block]:
    """So many interactions in blocks; the contact in the middle has 10,000 of them, a tenth at the most."""
    heap = list(accumulate(min(draw.paretovariate(1.1), 300.0) for _ in contacts))
    givers = bytes(draw.random() < 0.3 for _ in contacts)
    busiest, middle, kinds = min(BUSIEST, count // 10), len(contacts) // 2, list(KINDS)
    for start in range(0, count, AT_ONCE):
        size = min(AT_ONCE, count - start)
        places = draw.choices(range(len(contacts)), cum_weights=heap, k=size)
        hers = busiest * (start + size) // count - busiest * start // count
        places[:hers] = [middle] * hers
        draw.shuffle(places)
        said = draw.choices(kinds, list(KINDS.values()), k=size)
        said = [
            "visit" if kind == "donation" and not givers[at] else kind for kind, at in zip(said, places, strict=True)
        ]
        yield Block(Interaction, _columns(draw, ids.take(size), [contacts[at] for at in places], said, start), size)


def _columns(
    draw: random.Random, ids: Sequence[bytes], contacts: Sequence[bytes], kinds: Sequence[str], start: int
) -> dict[str, Sequence[Any]]:
    size = len(ids)
    money = [_amount(draw, kind) for kind in kinds]
    return {
        "id": ids,
        "contact": contacts,
        "source": ["square:main-till"] * size,
        "source_id": [f"line-{start + n:07}" for n in range(size)],
        "kind": kinds,
        "channel": draw.choices(("on site", "website", "phone"), k=size),
        "day": [FIRST_DAY + int(6 * 365 * draw.random() ** 0.8) for _ in range(size)],
        "amount": money,
        "currency": [None if one is None else "EUR" if draw.random() < 0.03 else "GBP" for one in money],
        "party_size": [draw.randrange(1, 6) if kind == "visit" else None for kind in kinds],
    }


def _amount(draw: random.Random, kind: str) -> int | None:
    if kind not in ("purchase", "donation", "booking"):
        return None
    amount = int(500 * draw.paretovariate(1.3))
    return -amount if draw.random() < 0.02 else min(amount, 10_000_000)


def main() -> None:
    """Make the data set."""
    with data_address(options(__doc__).parse_args()) as address:
        print(address)


if __name__ == "__main__":
    main()

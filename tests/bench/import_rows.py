"""Import of interaction rows into SQLite, against bare `executemany` of every row that the import leaves behind.

The file is a shop's: 12 columns a line, people named by first name, surname and e-mail, all typed, validated, matched
to known people, journalled. The baseline puts the very rows that the import left (of every table, found by comparing
the file before and after) into a copy of the file as it was: same tables, indexes, pragmas, one commit.
"""

from __future__ import annotations

import argparse
import csv
import gc
import os
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from common import Figure, options

from perthyn.crm import Actor, Crm, record_types
from perthyn.importing.outcome import Outcome
from perthyn.plugins import Plugins
from perthyn.settings import Settings

FORE = (
    "Pen",
    "Tre",
    "Llan",
    "Glan",
    "Bryn",
    "Maes",
    "Nant",
    "Coed",
    "Aber",
    "Rhos",
    "Cefn",
    "Caer",
    "Pant",
    "Dol",
    "Ty",
)
HIND = (
    "dre",
    "wyn",
    "coch",
    "fair",
    "goch",
    "las",
    "mawr",
    "bach",
    "isaf",
    "uchaf",
    "glas",
    "gwyn",
    "ddu",
    "hir",
    "teg",
)
GIVEN = ("Siân", "Gwyn", "Mair", "Huw", "Ffion", "Rhys", "Nia", "Owain", "Sarah", "Peter", "Ŵyn", "Zoë")
FAMILY = ("ap Gwilym", "O'Brien", "Jones", "Williams", *(fore + hind for fore in FORE for hind in HIND))
HEADERS = (
    "Reference", "Date", "Time", "First name", "Surname", "Email", "Kind", "Amount", "Party size", "Site", "Event",
    "Campaign",
)  # fmt: skip


def person(number: int) -> tuple[str, str, str]:
    """The first name, surname and address of the person of that number."""
    given, family = GIVEN[number % len(GIVEN)], FAMILY[number // 7 % len(FAMILY)]
    return given, family, f"{family.replace(' ', '')}.{number}@example.org".lower().replace("'", "")


def postcode(number: int) -> str:
    """One of some two thousand postcodes, none of them real."""
    return f"SY{number % 25 + 1} {number // 25 % 9 + 1}C{'CIKMOV'[number // 225 % 6]}"


def write_people(file: Path, count: int) -> None:
    """A file of people: one row each."""
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(("First name", "Surname", "Email", "Postcode"))
        rows.writerows((*person(number), postcode(number)) for number in range(count))


def write_rows(file: Path, count: int, people: int, seed: int = 7) -> None:
    """A file of happenings: visits, purchases and donations of people drawn heavy-tailed."""
    draw = random.Random(seed)
    first = date(2020, 4, 1)
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(HEADERS)
        for number in range(count):
            who = min(int(people * draw.random() ** 2), people - 1)
            day = first + timedelta(days=draw.randrange(2190))
            kind = draw.choice(("visit", "visit", "purchase", "donation"))
            amount = "" if kind == "visit" else f"£{draw.randrange(2, 200)}.{draw.randrange(100):02}"
            clock = f"{draw.randrange(10, 17)}:{draw.randrange(60):02}"
            event, campaign = draw.choice(("Gŵyl", "Gardens", "")), draw.choice(("Roof", ""))
            told = (kind, amount, draw.randrange(1, 6), "Plas Brithwen", event, campaign)
            rows.writerow((f"R{number:07}", day.strftime("%d/%m/%Y"), clock, *person(who), *told))


def crm_on(path: Path) -> Crm:
    """The CRM on a SQLite file."""
    return crm_at(f"sqlite:///{path.as_posix()}")


def crm_at(address: str) -> Crm:
    """The CRM on a store."""
    plugins = Plugins.find()
    store = plugins.open_store(address, record_types(plugins), "GBP", True)
    return Crm(store, plugins, Settings(), lambda: datetime.now(UTC), os.urandom, Actor("bench"))


def take_in(path: Path, file: Path) -> tuple[float, Outcome]:
    """Import a file; CPU seconds of all of it, reading and understanding included, and what became of it."""
    crm = crm_on(path)
    gc.collect()
    start = time.process_time()
    (understanding,) = crm.understand(file)
    outcome = crm.import_table(understanding)
    spent = time.process_time() - start
    crm.store.close()
    return spent, outcome


Left = dict[str, tuple[str, list[tuple[Any, ...]]]]


def left_behind(before: Path, after: Path) -> Left:
    """By table the statement that puts a row, and every row that stands in `after` and not in `before`.

    Rows come in the order of the file, as whoever reads a file and puts them would put them.
    """
    link = sqlite3.connect(after)
    link.execute("ATTACH DATABASE ? AS was", (str(before),))
    found: Left = {}
    tables = link.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (name,) in tables.fetchall():
        columns = [row[1] for row in link.execute(f'PRAGMA table_info("{name}")')]
        order = next((f' ORDER BY "{one}"' for one in ("key_", "key") if one in columns), "")
        rows = link.execute(f'SELECT * FROM main."{name}" EXCEPT SELECT * FROM was."{name}"{order}').fetchall()
        if rows:
            places = ", ".join("?" * len(rows[0]))
            found[name] = (f'INSERT OR REPLACE INTO "{name}" VALUES ({places})', rows)
    link.close()
    return found


def put_bare(path: Path, left: Left) -> float:
    """CPU seconds of putting those rows into a file by executemany, with the store's own pragmas, in one commit."""
    link = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = OFF"):
        link.execute(f"PRAGMA {pragma}")
    gc.collect()
    start = time.process_time()
    link.execute("BEGIN IMMEDIATE")
    for statement, rows in left.values():
        link.executemany(statement, rows)
    link.execute("COMMIT")
    spent = time.process_time() - start
    link.close()
    return spent


def run(args: argparse.Namespace) -> list[Figure]:
    """The ratio of bare to import, and rows a second, over `args.rounds` rounds of both in turn."""
    count, people = args.rows, args.people
    with tempfile.TemporaryDirectory(prefix="perthyn-bench-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        write_people(place / "people.csv", people)
        write_rows(place / "rows.csv", count, people)
        base = place / "base.db"
        take_in(base, place / "people.csv")
        ratios, seconds = [], []
        stages: dict[str, float] = {}
        for round in range(args.rounds):
            imported, bare = place / f"import-{round}.db", place / f"bare-{round}.db"
            shutil.copy(base, imported)
            shutil.copy(base, bare)
            spent, outcome = take_in(imported, place / "rows.csv")
            if outcome.stored != count:
                raise SystemExit(f"only {outcome.stored} of {count} rows were stored: {outcome.problem_counts}")
            left = left_behind(base, imported)
            plain = put_bare(bare, left)
            ratios.append(plain / spent)
            seconds.append(spent)
            for stage, took in outcome.seconds.items():
                stages[stage] = stages.get(stage, 0) + took
            imported.unlink()
            bare.unlink()
        rows = sum(len(rows) for _, rows in left.values())
        print(f"  left behind: {rows:,} rows in {len(left)} tables", file=sys.stderr)
        whole = sum(stages.values()) or 1
        print("  stages: " + ", ".join(f"{name} {took / whole:.0%}" for name, took in stages.items()), file=sys.stderr)
    speed = count / statistics.median(seconds)
    return [
        Figure("import of interaction rows", statistics.median(ratios), "x", "bare executemany", 0.5, at_least=True),
        Figure("import of interaction rows, speed", speed, "rows/CPU s", "", 0, at_least=True),
    ]


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = options(__doc__)
    found.add_argument("--rows", type=int, default=100_000)
    found.add_argument("--people", type=int, default=20_000)
    return found


if __name__ == "__main__":
    from run import show

    show(run, parser())

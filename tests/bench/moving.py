"""Move of a SQLite store to PostgreSQL, proof included, against the import of the same files into PostgreSQL.

The files are those of `import_rows`: people (twelve columns) and what they did (twelve columns, people named by first
name, surname and e-mail). Both sides by the clock, since the server works beside us. Then so many single fields are
changed in the new store behind its back, and the comparison has to name them all.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import tempfile
import time
from pathlib import Path

from common import Figure, options
from import_rows import crm_at, write_people, write_rows
from server import postgres

from perthyn.crm import Crm
from perthyn.moving import compare
from perthyn.settings import Settings


def take_in(crm: Crm, files: list[Path]) -> float:
    """Seconds of importing some files."""
    gc.collect()
    start = time.perf_counter()
    for file in files:
        (understanding,) = crm.understand(file)
        crm.import_table(understanding)
    return time.perf_counter() - start


def plant(address: str, count: int) -> int:
    """Change one field of so many records, each in another record."""
    import psycopg

    draw = random.Random(7)
    with psycopg.connect(address) as link:
        people, done = (
            [key for (key,) in link.execute(f"SELECT key_ FROM {table} ORDER BY key_").fetchall()]
            for table in ("contact", "interaction")
        )
        changed = 0
        for table, column, keys in (("interaction", "amount", done), ("contact", "family", people)):
            value = "coalesce(amount, 0) + 1" if column == "amount" else "coalesce(family, '') || '.'"
            chosen = draw.sample(keys, min(count // 2, len(keys)))
            link.execute(f"UPDATE {table} SET {column} = {value} WHERE key_ = ANY(%s)", (chosen,))
            changed += len(chosen)
    return changed


def run(args: argparse.Namespace) -> list[Figure]:
    """The ratio of both times, and how many of the planted differences were found."""
    with tempfile.TemporaryDirectory(prefix="pb", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        files = [folder / "people.csv", folder / "rows.csv"]
        write_people(files[0], args.people)
        write_rows(files[1], args.rows, args.people)
        source = crm_at(f"sqlite:///{(folder / 'source.db').as_posix()}")
        take_in(source, files)
        source.settings = Settings(folder=folder, store="sqlite:///source.db")
        with postgres(folder, "imported") as address:
            other = crm_at(address)
            imported = take_in(other, files)
            other.store.close()
        with postgres(folder, "moved") as address:
            gc.collect()
            start = time.perf_counter()
            moved = source.move(address, switch=False)
            took = time.perf_counter() - start
            assert moved.report is not None and moved.report.result == "same"
            count = moved.report.proof.count
            print(f"  import {imported:.1f} s, move and proof of {count:,} items {took:.1f} s", file=sys.stderr)
            planted = plant(address, args.planted)
            target = crm_at(address)
            with source.store.contents() as mine, target.store.contents() as theirs:
                found = compare(mine, theirs).differing
            target.store.close()
        source.store.close()
    return [
        Figure("move to PostgreSQL, proof included", took / imported, "x", "import of the same into PostgreSQL", 1.5),
        Figure("planted differences of one field found", found / planted, "of all", "", 1.0, at_least=True),
    ]


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = options(__doc__)
    found.add_argument("--rows", type=int, default=500_000)
    found.add_argument("--people", type=int, default=100_000)
    found.add_argument("--planted", type=int, default=1_000)
    return found


if __name__ == "__main__":
    from run import show

    show(run, parser())

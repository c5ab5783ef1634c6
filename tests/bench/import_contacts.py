"""Import of contacts with address, phone, e-mail and tags into SQLite: contacts a CPU second.

The baseline is the bare `executemany` of every row that the import leaves behind (see import_rows.py).
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import statistics
import tempfile
from pathlib import Path

from common import Figure, options
from import_rows import crm_on, left_behind, person, postcode, put_bare, take_in

TAGS = ("VIP", "Cymraeg", "Friend", "Press", "Schools", "Gardens")


def write_contacts(file: Path, count: int, seed: int = 11) -> None:
    """A file of people with everything that a members' list has."""
    draw = random.Random(seed)
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(("Title", "First name", "Surname", "Address", "Town", "Postcode", "Phone", "Email", "Tags"))
        for number in range(count):
            given, family, email = person(number)
            street = f"{number % 90 + 1} Stryd Fawr {number // 90}"
            phone = f"077{number * 7919 % 100_000_000:08}"
            rows.writerow(
                ("", given, family, street, "Machynlleth", postcode(number), phone, email,
                 ", ".join(draw.sample(TAGS, 2)))
            )  # fmt: skip


def run(args: argparse.Namespace) -> list[Figure]:
    """Contacts a second, and the ratio of bare to import."""
    with tempfile.TemporaryDirectory(prefix="perthyn-bench-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        write_contacts(place / "contacts.csv", args.rows)
        base = place / "base.db"
        crm_on(base).store.close()
        seconds, ratios = [], []
        for round in range(args.rounds):
            imported, bare = place / f"import-{round}.db", place / f"bare-{round}.db"
            shutil.copy(base, imported)
            shutil.copy(base, bare)
            spent, outcome = take_in(imported, place / "contacts.csv")
            if outcome.people_new != args.rows:
                raise SystemExit(f"{outcome.people_new} contacts of {args.rows}: {outcome.problem_counts}")
            seconds.append(spent)
            ratios.append(put_bare(bare, left_behind(base, imported)) / spent)
            imported.unlink()
            bare.unlink()
    return [
        Figure(
            "import of contacts", args.rows / statistics.median(seconds), "contacts/CPU s", "", 5_000, at_least=True
        ),
        Figure("import of contacts, ratio", statistics.median(ratios), "x", "bare executemany", 0, at_least=True),
    ]


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = options(__doc__)
    found.add_argument("--rows", type=int, default=10_000)
    return found


if __name__ == "__main__":
    from run import show

    show(run, parser())

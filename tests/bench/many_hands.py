"""Many hands: 8 processes that add 1,000 contacts each, and 8 that make 500 edits each on the same 50 records.

The hands and the checker of what they did are those of the tests, in `tests/faults/hands.py`. A conflict is no error:
it is the answer to whoever came second. Waits are wall-clock seconds of one write, its own work included. On SQLite,
or with ``--postgres`` on a server of our own, every commit on the disk when it answers.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from common import Figure, options

sys.path.extend(str(Path(__file__).parent.parent / name) for name in ("", "faults"))

from hands import Outcome, appending, editing_apart, writing
from postgres import Server, database

HANDS, WRITES, EDITS, RECORDS = 8, 1000, 500, 50
LONGEST = 5.0


def run(args: argparse.Namespace) -> list[Figure]:
    """Lost, doubled and shown for each way of working at once, and the wait that 99 of 100 writes stay below."""
    with _stores(args.postgres) as urls:
        return [
            *_figures(f"{HANDS} hands, {args.writes:,} writes each", writing(urls[0], HANDS, args.writes)),
            *_figures(f"{HANDS} hands, {args.edits:,} edits each", appending(urls[1], HANDS, args.edits, RECORDS)),
            *_figures(f"{HANDS} hands, other fields", editing_apart(urls[2], HANDS, args.edits, RECORDS), conflicts=0),
        ]


@contextmanager
def _stores(on_server: bool) -> Iterator[list[str]]:
    """The addresses of three empty stores."""
    with ExitStack() as stack:
        if on_server:
            server = stack.enter_context(closing(Server("max_connections = 60\n")))
            yield [stack.enter_context(database(server.url)) for _ in range(3)]
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pb", ignore_cleanup_errors=True))
            yield [f"sqlite:///{(Path(folder) / name).as_posix()}" for name in ("write", "append", "apart")]


def _figures(name: str, done: Outcome, conflicts: float = float("inf")) -> list[Figure]:
    about = f"{done.kept:,} kept in {done.seconds:.0f} s"
    return [
        Figure(f"{name}: lost", len(done.lost), "writes", about, 0),
        Figure(f"{name}: doubled or of nobody", len(done.doubled) + len(done.uninvited), "writes", about, 0),
        Figure(f"{name}: errors shown", sum(done.errors.values()), "errors", about, 0),
        Figure(f"{name}: conflicts", done.conflicts, "conflicts", f"{done.unnamed} unnamed", conflicts),
        Figure(f"{name}: conflicts that do not name both values", done.unnamed, "conflicts", about, 0),
        Figure(f"{name}: wait, p99", done.p99, "s", f"longest {max(done.waits):.2f} s", LONGEST),
    ]


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = options(__doc__)
    found.add_argument("--writes", type=int, default=WRITES)
    found.add_argument("--edits", type=int, default=EDITS)
    return found


if __name__ == "__main__":
    from run import show

    show(run, parser())

"""Import of interaction rows into PostgreSQL, against a bare COPY of every row that the import leaves behind.

The file and its understanding are those of `import_rows`. The baseline copies the very rows that the import left, of
every table and in the order of the file, ready as COPY's own text, into a copy of the database as it was: same tables,
same indexes, one transaction, one commit that is on the disk when it answers. Both count the CPU time of this process
and of the server, since they share the machine; the time on the clock is told beside it.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from common import Figure
from import_rows import crm_at, parser, write_people, write_rows
from server import DURABLE, postgres

BASE = "import_base"

Left = dict[str, list[bytes]]


class Clock:
    """CPU seconds of this process and of the server, its processes that ended included, and seconds on the clock."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as link:
            row = link.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
            self._server = int(str(row and row[0]).split("\n", 1)[0])
        self._before = self._now()

    def spent(self) -> tuple[float, float, float]:
        """This process, the server, the clock."""
        mine, server, clock = (now - before for now, before in zip(self._now(), self._before, strict=True))
        return mine, server, clock

    def _now(self) -> tuple[float, float, float]:
        return time.process_time(), sum(self._server_times()), time.monotonic()

    def _server_times(self) -> Iterator[float]:
        import psutil

        server = psutil.Process(self._server)
        ended = server.cpu_times()
        yield getattr(ended, "children_user", 0.0) + getattr(ended, "children_system", 0.0)
        for child in server.children():
            with suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                yield times.user + times.system


@contextmanager
def copied(url: str, name: str) -> Iterator[str]:
    """The address of a copy of the base, gone afterwards."""
    tell(url, f"CREATE DATABASE {name} TEMPLATE {BASE}")
    try:
        yield at(url, name)
    finally:
        tell(url, f"DROP DATABASE {name} WITH (FORCE)")


def at(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def tell(url: str, statement: str) -> None:
    """Execute a statement outside of a transaction."""
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(statement.encode())


def take_in(url: str, file: Path) -> tuple[float, float, float]:
    """Import a file; what it spent, reading and understanding included."""
    crm = crm_at(url)
    gc.collect()
    clock = Clock(url)
    (understanding,) = crm.understand(file)
    outcome = crm.import_table(understanding)
    spent = clock.spent()
    crm.store.close()
    print("  stages: " + ", ".join(f"{name} {took:.2f} s" for name, took in outcome.seconds.items()), file=sys.stderr)
    return spent


def lines_of(url: str) -> Left:
    """Every row of every table, as COPY writes it, in the order of the file (that of the keys we gave)."""
    columns = (
        "SELECT c.relname, array_agg(a.attname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 GROUP BY 1 ORDER BY 1"
    )
    with psycopg.connect(url) as link:
        found: Left = {}
        for name, there in link.execute(columns).fetchall():
            order = next((f' ORDER BY "{one}"' for one in ("key_", "key") if one in there), "")
            with link.cursor().copy(f'COPY (SELECT * FROM "{name}"{order}) TO STDOUT'.encode()) as copy:
                found[name] = b"".join(map(bytes, copy)).splitlines(keepends=True)
    return found


def left_behind(before: Left, url: str) -> Left:
    """The rows that stand there and not before; notes aside, which are changed in their place."""
    found = {}
    for name, lines in lines_of(url).items():
        known = set(before.get(name, ()))
        new = [line for line in lines if line not in known]
        if new and name != "meta_":
            found[name] = new
    return found


def put_bare(url: str, left: Left) -> tuple[float, float, float]:
    """What copying those rows spends, in one commit."""
    pieces = {name: b"".join(lines) for name, lines in left.items()}
    with psycopg.connect(url) as link:
        gc.collect()
        clock = Clock(url)
        for name, piece in pieces.items():
            with link.cursor().copy(f'COPY "{name}" FROM STDIN'.encode()) as copy:
                copy.write(piece)
        link.commit()
        return clock.spent()


def run_on(url: str, args: argparse.Namespace, place: Path) -> list[Figure]:
    """The rounds."""
    write_people(place / "people.csv", args.people)
    write_rows(place / "rows.csv", args.rows, args.people)
    take_in(url, place / "people.csv")
    tell(url, "VACUUM ANALYZE")
    before = lines_of(url)
    admin = at(url, "postgres")
    by_cpu, by_clock, speeds = [], [], []
    for round in range(args.rounds):
        with copied(admin, f"import_{round}") as imported, copied(admin, f"bare_{round}") as bare:
            spent = take_in(imported, place / "rows.csv")
            left = left_behind(before, imported)
            plain = put_bare(bare, left)
        by_cpu.append(sum(plain[:2]) / sum(spent[:2]))
        by_clock.append(plain[2] / spent[2])
        speeds.append(args.rows / sum(spent[:2]))
        print("  import: {:.2f} s here, {:.2f} s server, {:.2f} s clock".format(*spent), file=sys.stderr)
        print("  bare:   {:.2f} s here, {:.2f} s server, {:.2f} s clock".format(*plain), file=sys.stderr)
    rows = sum(map(len, left.values()))
    print(f"  left behind: {rows:,} rows in {len(left)} tables", file=sys.stderr)
    name, bare_copy = "import of interaction rows into PostgreSQL", "bare COPY"
    return [
        Figure(name, statistics.median(by_cpu), "x", bare_copy, 0.4, at_least=True),
        Figure(f"{name}, on the clock", statistics.median(by_clock), "x", bare_copy, 0, at_least=True),
        Figure(f"{name}, speed", statistics.median(speeds), "rows/CPU s", "", 0, at_least=True),
    ]


def run(args: argparse.Namespace) -> list[Figure]:
    """The ratio of bare to import, over `args.rounds` rounds of both in turn."""
    temporary = tempfile.TemporaryDirectory(prefix="pgb", ignore_cleanup_errors=True)
    with temporary as folder, postgres(Path(folder), BASE, DURABLE) as url:
        return run_on(url, args, Path(folder))


if __name__ == "__main__":
    from run import show

    show(run, parser())

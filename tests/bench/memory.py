"""Peak memory of the import of a long CSV, in a process of its own, against Python with the same modules loaded."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from common import Figure, options
from import_rows import write_people, write_rows

CHILD = """
import resource, sys
from pathlib import Path

def peak():
    try:  # Linux: what getrusage says counts the parent's peak too
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

sys.path.insert(0, {here!r})
from import_rows import take_in
for file in sys.argv[2:]:
    take_in(Path(sys.argv[1]), Path(file))
print(peak())
"""


def peak(store: Path, *files: Path) -> float:
    """MB at the peak of a process that imports those files; without files, of one that only loads the modules."""
    code = CHILD.format(here=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", code, str(store), *map(str, files)], capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    unit = 1 if sys.platform == "darwin" else 1024
    return int(done.stdout.split()[-1]) * unit / 1e6


def run(args: argparse.Namespace) -> list[Figure]:
    """The peak of the import, and what of it is there before the first row."""
    if sys.platform == "win32":
        print("skipped: peak memory is not measured on Windows", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory(prefix="perthyn-bench-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        write_people(place / "people.csv", args.people)
        write_rows(place / "rows.csv", args.rows, args.people)
        bare = peak(place / "bare.db")
        whole = peak(place / "import.db", place / "people.csv", place / "rows.csv")
    return [Figure(f"peak memory, {args.rows:,} rows of CSV", whole, "MB", f"modules alone: {bare:.0f} MB", 300)]


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = options(__doc__)
    found.add_argument("--rows", type=int, default=1_000_000)
    found.add_argument("--people", type=int, default=100_000)
    return found


if __name__ == "__main__":
    from run import show

    show(run, parser())

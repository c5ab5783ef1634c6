"""Backup (reading it back included) and restore (proof included) of the data set, by the clock; and how flat memory is.

Against gzip of the plain file at the same level, which holds the same records but can't be taken while others write,
knows nothing of what it holds, and goes onto no other backend. Restored into a store that is thrown away.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from common import Figure, options
from people import data_address

CHILD = """
import sys
sys.path.insert(0, {here!r})
from backup import main
main(sys.argv[1], sys.argv[2], sys.argv[3])
"""


def main(what: str, address: str, folder: str) -> None:
    """Back up (*backup*) or rehearse a restore (*restore*) in a process of its own; prints seconds and peak MB."""
    from perthyn.backups.keys import Keys
    from perthyn.backups.reading import Backup, look_into
    from perthyn.crm import Actor, Crm
    from perthyn.crm.restoring import Restoring, rehearse
    from perthyn.model import CORE_TYPES
    from perthyn.plugins import Plugins
    from perthyn.settings import Settings

    place, plugins, bench = Path(folder), Plugins.find(), Actor("bench")
    settings, known = Settings(folder=place), {one.type_name: one for one in CORE_TYPES}
    key, _ = Keys(place / "bench.key").first(datetime.now(UTC))
    store = plugins.open_store(address, CORE_TYPES, "GBP", False)
    start = time.perf_counter()
    if what == "backup":
        crm = Crm(store, plugins, settings, lambda: datetime.now(UTC), os.urandom, bench)
        crm.backup(place / "b.age", [key.public], [key], over=True)
    elif what == "restore":
        inside = look_into(place / "b.age", [key], known)
        backup = Backup(place / "b.age", [key], known)
        restoring = Restoring(
            backup, inside, settings, plugins, CORE_TYPES, lambda: datetime.now(UTC), os.urandom, bench
        )
        rehearse(restoring, f"sqlite:///{(place / 'restored.db').as_posix()}", [])
    print(time.perf_counter() - start, peak_here(), time.process_time())
    store.close()


def peak_here() -> float:
    """MB at the peak of this process."""
    try:  # Linux: what getrusage says counts the parent's peak too
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1e3
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def measured(what: str, address: str, folder: Path) -> tuple[float, float]:
    """Seconds, and MB at the peak."""
    code = CHILD.format(here=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", code, what, address, str(folder)], capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds, peak, busy = map(float, done.stdout.split())
    print(f"  {what}: {seconds:.0f} s, of them {busy:.0f} s of CPU", file=sys.stderr)
    return seconds, peak


def run(args: argparse.Namespace) -> list[Figure]:
    """The times, the sizes and the peaks."""
    with data_address(args) as data, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        copy = folder / "data.db"
        copy.write_bytes(Path(data.removeprefix("sqlite:///")).read_bytes())  # a backup notes in it that it was made
        address = f"sqlite:///{copy.as_posix()}"
        _, bare = measured("nothing", address, folder)
        start = time.perf_counter()
        packed = len(gzip.compress(copy.read_bytes(), 4))
        gzipped = time.perf_counter() - start
        backup, written = measured("backup", address, folder)
        restore, filled = measured("restore", address, folder)
        size = (folder / "b.age").stat().st_size
    by = f"gzip of the file: {gzipped:.0f} s"
    modules = f"modules alone: {bare:.0f} MB"
    return [
        Figure(f"backup, {args.contacts:,} x {args.interactions:,}", backup, "s", by, 300),
        Figure(f"restore, {args.contacts:,} x {args.interactions:,}", restore, "s", by, 300),
        Figure("size of the backup", size / 1e6, "MB", f"gzip of the file: {packed / 1e6:.0f} MB", packed / 1e6),
        Figure("peak memory, backup", written, "MB", modules, 300),
        Figure("peak memory, restore", filled, "MB", modules, 300),
    ]


if __name__ == "__main__":
    from run import show

    show(run, options(__doc__))

"""Fail the real command at its requests to a Google Sheet: ``sheets.py [COMMAND ...] [--kind K] [--points N]``.

Without a command all of them, without a kind all kinds, at every request. The sheet is the emulator's. Needs Linux.
Exits with 1 where something did not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from injection import spread
from places import Perthyn
from sheet_flows import FLOWS, SheetFlow
from sheet_place import KINDS
from sheet_trial import SheetTrial, Tried
from sheets_emulator.accounts import Accounts

SHOWN = 600
"""Letters of each thing that is wrong."""


def main() -> int:
    """Try what is asked for."""
    args = _asked()
    chosen = [flow for flow in FLOWS if not args.command or flow.name in args.command]
    tried: list[Tried] = []
    Accounts(time.time).service_account()  # makes its key before several ask for it at once
    with ThreadPoolExecutor(args.jobs) as several:
        for some in several.map(lambda flow: list(_tried_all(flow, args)), chosen):
            tried += some
            if not args.json:
                _show(some)
    if args.json:
        print(json.dumps([asdict(one) for one in tried], ensure_ascii=False, indent=1))
    bad = sum(1 for one in tried if one.faults)
    print(f"{len(tried)} points, {bad} wrong", file=sys.stderr)
    return 1 if bad else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="*", help=", ".join(flow.name for flow in FLOWS))
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind of fault")
    parser.add_argument("--points", type=int, default=1000, help="so many requests of a run at most, for each kind")
    parser.add_argument("--seed", type=int, default=1, help="which, where there are more")
    parser.add_argument("--jobs", type=int, default=3, help="flows at once: a command that tries again mostly waits")
    parser.add_argument("--json", action="store_true", help="all that was tried, as JSON")
    args = parser.parse_args()
    if strange := set(args.command) - {flow.name for flow in FLOWS}:
        parser.error(f"no flow {', '.join(sorted(strange))}")
    return args


def _tried_all(flow: SheetFlow, args: argparse.Namespace) -> Iterator[Tried]:
    with (
        tempfile.TemporaryDirectory(prefix="perthyn-faults-") as folder,
        Perthyn() as perthyn,
        closing(SheetTrial(flow, Path(folder), perthyn)) as trial,
    ):
        for kind in args.kind or KINDS:
            for number in spread(trial.points(kind), args.points, args.seed):
                one = trial.tried(kind, number)
                if one.faults and not args.json:
                    print(f"{one.flow}, {one.kind} at {one.number} (exit {one.code} {one.told}):",
                          *(fault[:SHOWN] for fault in one.faults), sep="\n    ", flush=True)  # fmt: skip
                yield one


def _show(tried: list[Tried]) -> None:
    if not tried:
        return
    counts = Counter(one.kind for one in tried)
    bad = sum(1 for one in tried if one.faults)
    seconds = sum(one.seconds for one in tried) / len(tried)
    print(f"{tried[0].flow}: {len(tried)} points of {len(counts)} kinds, {bad} wrong; {seconds:.2f} s each", flush=True)


if __name__ == "__main__":
    sys.exit(main())

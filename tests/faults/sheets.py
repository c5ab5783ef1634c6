"""Fail the real command at its requests to a Google Sheet: ``sheets.py [COMMAND ...] [--kind K] [--points N]``.

Without a command all of them, without a kind all kinds, at every request. The sheet is the emulator's. Needs Linux.
Says a line for each point as it goes. Exits with 1 where something did not hold.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from threading import Lock

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
    Accounts(time.time).service_account()  # makes its key before several ask for it at once
    account = Account(args.json)
    with ThreadPoolExecutor(args.jobs) as several:
        list(several.map(lambda flow: _try_all(flow, args, account), chosen))
    account.sum_up()
    return 1 if account.bad else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="*", help=", ".join(flow.name for flow in FLOWS))
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind of fault")
    parser.add_argument("--points", type=int, default=1000, help="so many requests of a run at most, for each kind")
    parser.add_argument("--seed", type=int, default=1, help="which, where there are more")
    parser.add_argument("--jobs", type=int, default=3, help="flows at once: a command that tries again mostly waits")
    parser.add_argument("--json", type=Path, help="a file for all that was tried; whole after every point")
    args = parser.parse_args()
    if strange := set(args.command) - {flow.name for flow in FLOWS}:
        parser.error(f"no flow {', '.join(sorted(strange))}")
    return args


def _try_all(flow: SheetFlow, args: argparse.Namespace, account: Account) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="perthyn-faults-") as folder,
        Perthyn() as perthyn,
        closing(SheetTrial(flow, Path(folder), perthyn)) as trial,
    ):
        points = [(k, number) for k in args.kind or KINDS for number in spread(trial.points(k), args.points, args.seed)]
        for place, (kind, number) in enumerate(points, 1):
            account.note(_tried(trial, kind, number), f"{place}/{len(points)}")


def _tried(trial: SheetTrial, kind: str, number: int) -> Tried:
    """What became of a point, the others of its flow are tried whatever it was."""
    try:
        return trial.tried(kind, number)
    except Exception:
        return Tried(trial.flow.name, kind, number, 0, "", (traceback.format_exc(),), 0.0)


class Account:
    """What was tried by all jobs; said as it goes, and kept in a file where one is given."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._tried: list[Tried] = []
        self._lock = Lock()

    @property
    def bad(self) -> int:
        """How many points are wrong."""
        return sum(1 for one in self._tried if one.faults)

    def note(self, one: Tried, how_far: str) -> None:
        """Say and keep one point."""
        with self._lock:
            self._tried.append(one)
            print(f"{one.flow} {how_far}, {one.kind} at {one.number}: exit {one.code} {one.told}, {one.seconds:.1f} s",
                  *(f"WRONG {fault[:SHOWN]}" for fault in one.faults), sep="\n    ", flush=True)  # fmt: skip
            self._keep()

    def sum_up(self) -> None:
        """Say how many points of each flow there were."""
        for flow in dict.fromkeys(one.flow for one in self._tried):
            some = [one for one in self._tried if one.flow == flow]
            bad, kinds = sum(1 for one in some if one.faults), {one.kind for one in some}
            seconds = sum(one.seconds for one in some) / len(some)
            print(f"{flow}: {len(some)} points of {len(kinds)} kinds, {bad} wrong; {seconds:.2f} s each", flush=True)
        print(f"{len(self._tried)} points, {self.bad} wrong", file=sys.stderr)

    def _keep(self) -> None:
        if self._file is None:
            return
        counts = dict(_counts(self._tried))
        said = {"points": len(self._tried), "wrong": self.bad, "counts": counts,
                "tried": [asdict(one) for one in self._tried]}  # fmt: skip
        new = self._file.with_name(f"{self._file.name}.new")
        new.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(new, self._file)


def _counts(tried: list[Tried]) -> Iterator[tuple[str, dict[str, int]]]:
    """Of each flow, how many points there were of each kind."""
    for flow in dict.fromkeys(one.flow for one in tried):
        yield flow, dict(Counter(one.kind for one in tried if one.flow == flow))


if __name__ == "__main__":
    sys.exit(main())

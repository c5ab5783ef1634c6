"""Kill or fail the real command at its system calls: ``run.py [COMMAND ...] [--store S] [--kind K] [--points N]``.

Without a command all of them, without a store both, without a kind all kinds (errors once and lasting), at up to 200
points each. Needs Linux and strace; much quicker with TMPDIR in memory (/dev/shm). PostgreSQL is the server named in
PERTHYN_TEST_POSTGRES, else one of our own. Exits with 1 where something did not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from flows import FLOWS, Flow
from injection import missing, spread
from places import Perthyn
from postgres import Server, given
from trial import Trial, Tried

WAYS = [("kill", False), ("enospc", False), ("enospc", True), ("eio", False), ("eio", True)]
"""What is tried: (kind, lasting)."""
STORES = ["sqlite", "postgresql"]


def main() -> int:
    """Try what is asked for."""
    args = _asked()
    if reason := missing():
        print(reason, file=sys.stderr)
        return 2
    tried: list[Tried] = []
    for store in [args.store] if args.store else STORES:
        with _server(store) as server, Perthyn() as perthyn:
            for flow in FLOWS:
                if not args.command or flow.name in args.command:
                    tried += _tried_all(flow, server, perthyn, args)
    if args.json:
        print(json.dumps([asdict(one) for one in tried], ensure_ascii=False, indent=1))
    return 1 if any(one.faults for one in tried) else 0


@contextmanager
def _server(store: str) -> Iterator[str]:
    """The address of a server, where the store is on one."""
    if store == "sqlite":
        yield ""
    elif address := given():
        yield address
    else:
        with closing(Server()) as server:
            yield server.url


def _tried_all(flow: Flow, server: str, perthyn: Perthyn, args: argparse.Namespace) -> list[Tried]:
    tried: list[Tried] = []
    with (
        tempfile.TemporaryDirectory(prefix="perthyn-faults-") as folder,
        closing(Trial(flow, Path(folder), perthyn, server)) as trial,
    ):
        for kind, lasting in _ways(args):
            some = list(_tried(trial, kind, lasting, args))
            tried += some
            if some and not args.json:
                _show(some)
    return tried


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="*", help=", ".join(flow.name for flow in FLOWS))
    parser.add_argument("--store", choices=STORES, help="only this kind of store")
    parser.add_argument("--kind", choices=sorted({kind for kind, _ in WAYS}), help="only this kind of fault")
    parser.add_argument("--points", type=int, default=200, help="so many points of a run at most")
    parser.add_argument("--seed", type=int, default=1, help="which points, where there are more")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="errors that come once only")
    how.add_argument("--lasting", action="store_true", help="errors that stay only")
    parser.add_argument("--json", action="store_true", help="all that was tried, as JSON")
    args = parser.parse_args()
    if strange := set(args.command) - {flow.name for flow in FLOWS}:
        parser.error(f"no flow {', '.join(sorted(strange))}")
    return args


def _ways(args: argparse.Namespace) -> Iterator[tuple[str, bool]]:
    for kind, lasting in WAYS:
        left_out = kind != "kill" and (args.once if lasting else args.lasting)
        if args.kind in (None, kind) and not left_out:
            yield kind, lasting


def _tried(trial: Trial, kind: str, lasting: bool, args: argparse.Namespace) -> Iterator[Tried]:
    for point in spread(trial.points(kind), args.points, args.seed):
        one = trial.tried(kind, point, lasting)
        if one.faults and not args.json:
            print(
                f"{one.flow}, {one.store}, {one.kind} at {one.point} (exit {one.code} {one.told}):",
                *one.faults,
                sep="\n    ",
            )
        yield one


def _show(tried: list[Tried]) -> None:
    bad = sum(1 for one in tried if one.faults)
    seconds = sum(one.seconds for one in tried) / len(tried)
    states = Counter(one.state for one in tried)
    found = ", ".join(f"{states[state]} {state}" for state in ("before", "between", "after") if states[state])
    one = tried[0]
    print(f"{one.flow}, {one.store}, {one.kind}: {len(tried)} points, {bad} wrong ({found}); {seconds:.2f} s each",
          flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

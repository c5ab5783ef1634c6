"""The figures: ``run.py [NAME ...] [--json]``, all of them or those named. Exits with 1 where one is not reached.

With ``--smoke`` everything runs once on a small data set, and only whether it runs at all counts; what asks a store
runs on PostgreSQL too, and is named where that can't be started.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from importlib import import_module
from itertools import chain
from pathlib import Path
from types import ModuleType

from common import Figure, options

HERE = Path(__file__).parent
SHARED = {"run", "common", "databases", "people", "server", "shapes"}
SMOKE_SIZES = {"contacts": 1_000, "interactions": 10_000, "rounds": 1, "rows": 1_000, "people": 300, "draws": 10,
               "writes": 20, "edits": 20, "stops": 2, "letters": 20}  # fmt: skip
SMOKE = [word for name, size in SMOKE_SIZES.items() for word in (f"--{name}", str(size))]
ON_POSTGRES = ("at_the_desk", "many_hands", "one_contact", "scores", "segments")
Benchmark = Callable[[argparse.Namespace], list[Figure]]


def names() -> list[str]:
    """The benchmarks there are: each module here with a function `run`."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in SHARED)


def show(run: Benchmark, parser: argparse.ArgumentParser) -> None:
    """Run one benchmark and print its figures; for a module started by itself."""
    args = parser.parse_args()
    sys.exit(_shown([run(args)], args.json))


def main() -> int:
    """Run the benchmarks that are named."""
    parser = options(__doc__)
    parser.add_argument("name", nargs="*", help=", ".join(names()))
    parser.add_argument("--smoke", action="store_true", help="small and once: does it run?")
    args, _ = parser.parse_known_args()
    if strange := set(args.name) - set(names()):
        parser.error(f"no benchmark {', '.join(sorted(strange))}; there are: {', '.join(names())}")
    given = [one for one in sys.argv[1:] if one not in (*args.name, "--smoke")] + (SMOKE if args.smoke else [])
    chosen = args.name or names()
    found = (_run(import_module(name), given) for name in chosen)
    again = [name for name in ON_POSTGRES if args.smoke and name in chosen]
    code = _shown(chain(found, (_on_postgres(name, given) for name in again)), args.json)
    return 0 if args.smoke else code


def _run(benchmark: ModuleType, given: list[str]) -> list[Figure]:
    parser = getattr(benchmark, "parser", None)
    args, _ = (parser() if parser else options(benchmark.__doc__)).parse_known_args(given)
    figures: list[Figure] = benchmark.run(args)
    return figures


def _on_postgres(name: str, given: list[str]) -> list[Figure]:
    try:
        figures = _run(import_module(name), [*given, "--postgres"])
    except ImportError as error:
        print(f"skipped: {name} on PostgreSQL: {error}", file=sys.stderr)
        return []
    return [replace(one, name=f"{one.name}, PostgreSQL") for one in figures]


def _shown(found: Iterable[list[Figure]], as_json: bool) -> int:
    figures = []
    for some in found:
        figures += some
        if not as_json:
            print(*map(_line, some), sep="\n", flush=True)
    if as_json:
        print(json.dumps([{**asdict(one), "reached": one.reached} for one in figures], ensure_ascii=False, indent=1))
    return 0 if all(one.reached for one in figures) else 1


def _line(one: Figure) -> str:
    sign, mark = (">=" if one.at_least else "<="), "" if one.reached else "  NOT REACHED"
    against = f", against {one.baseline}" if one.baseline else ""
    return f"{one.name}: {one.value:,.2f} {one.unit} (reach {sign} {one.reach:g}){against}{mark}"


if __name__ == "__main__":
    sys.exit(main())

"""`perthyn --help` against `python -c "import click"`, whole processes in turn, by the clock of their CPU time."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

from common import Figure, options

HELP = "import sys; from perthyn.cli.main import main; main(['--help'])"


def spent(code: str) -> float:
    """CPU seconds of a Python process that runs `code`."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True, env=environ, cwd=Path.home())
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def run(args: argparse.Namespace) -> list[Figure]:
    """The ratio of the medians, after one round to warm up."""
    ours, click = [], []
    for round in range(args.rounds * 3 + 1):
        pair = spent(HELP), spent("import click")
        if round:
            ours.append(pair[0])
            click.append(pair[1])
    ratio = statistics.median(ours) / statistics.median(click)
    return [Figure("perthyn --help", ratio, "x", 'python -c "import click"', 1.7)]


def parser() -> argparse.ArgumentParser:
    """The options."""
    return options(__doc__)


if __name__ == "__main__":
    from run import show

    show(run, parser())

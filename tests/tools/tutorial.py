"""Run the commands of a page: each ```` ```console ```` block holds lines ``$ perthyn ...`` and what they show.

In what is shown, a line ``...`` stands for any lines, and ``...`` within a line for anything in it. The commands run
one after the other in one folder, on a fixed day and with seeded randomness, so that even ids are the same each time.

    python tests/tools/tutorial.py docs/tutorial.md    put in afresh what no longer is as it says
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

from perthyn.cli.main import run

TODAY = datetime(2026, 11, 22, 10, tzinfo=UTC)
"""The day of the demonstration: its planted answers hold on it."""

ENVIRONMENT = {"COLUMNS": "100", "PERTHYN_USER": "mair", "LANGUAGE": "en"}
BLOCK = re.compile(r"^```console\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Step:
    """A command as typed, and what the page says it shows."""

    command: str
    shown: str


def steps(text: str) -> list[Step]:
    """The commands of a page, in order."""
    found = []
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append(Step(command, shown))
    return found


def fits(expected: str, shown: str) -> bool:
    """Whether what was shown is what the page says, ``...`` aside."""
    lines = [
        r"(?:.*\n)*?" if line.strip() == "..." else f"{_pattern(line)}\n" for line in expected.strip("\n").splitlines()
    ]
    return re.fullmatch("".join(lines), f"{shown}\n" if shown else "") is not None


def _pattern(line: str) -> str:
    return ".*".join(map(re.escape, line.split("...")))


@contextlib.contextmanager
def settled(folder: Path) -> Iterator[None]:
    """A folder, a day, an environment, and randomness that is the same each time."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PERTHYN_", "LC_", "LANG"))}
    dice = random.Random("Plas Brithwen")
    before = Path.cwd()
    os.chdir(folder)
    try:
        with (
            patch.dict(os.environ, bare | ENVIRONMENT, clear=True),
            patch("os.urandom", dice.randbytes),
            patch("perthyn.cli.session._now", lambda: TODAY),
        ):
            yield
    finally:
        os.chdir(before)


def show(command: str, screen: io.StringIO | None = None) -> str:
    """What a command shows on a screen, without empty lines at its ends; "exit code N" below it where that is not 0."""
    name, *arguments = shlex.split(command)
    if name != "perthyn":
        raise ValueError(f"only perthyn is run here: {command}")
    screen = screen or io.StringIO()
    with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
        code = run(arguments)
    text = "\n".join(line.rstrip() for line in screen.getvalue().splitlines()).strip("\n")
    return f"{text}\nexit code {code}" if code else text


def shortened(expected: str, shown: str) -> str:
    """What was shown, cut down to the lines most like those that the page chose to show."""
    if "..." not in expected.splitlines():
        return shown
    lines = shown.splitlines()
    kept: list[int] = []
    for wanted in (line for line in expected.splitlines() if line.strip() != "..."):
        rest = [at for at in range(len(lines)) if at > (kept[-1] if kept else -1)]
        near = {at: _nearness(wanted, lines[at]) for at in rest}
        best = max(near, key=lambda at: near[at], default=-1)
        if near.get(best, 0) > 0.6:
            kept.append(best)
            lines[best] = wanted if near[best] == 1 else lines[best]
    made: list[str] = []
    for before, at in pairwise([-1, *kept, len(lines)]):
        made += ["..."] * (at > before + 1) + lines[at : at + 1]
    return "\n".join(made)


def _nearness(wanted: str, line: str) -> float:
    return 1 if re.fullmatch(_pattern(wanted), line) else SequenceMatcher(None, wanted, line).ratio()


def freshened(text: str) -> str:
    """The page with what its commands show now, where that is not what it says."""
    with tempfile.TemporaryDirectory() as folder, settled(Path(folder)):
        for step in steps(text):
            shown = show(step.command)
            if not fits(step.shown, shown):
                before = f"$ {step.command}\n{step.shown}"
                text = text.replace(before, f"$ {step.command}\n{shortened(step.shown, shown)}\n", 1)
    return text


def main(page: Path) -> None:
    page.write_text(freshened(page.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

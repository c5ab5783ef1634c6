"""The beautiful manner: a `Paper` drawn with rich. Loaded only where somebody looks at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

STYLES = {"": "", "warning": "yellow", "error": "bold red"}


class RichPaper:
    """Colour, rules and tables fitted to `width` columns; a cell too long is folded, never cut."""

    def __init__(self, stream: TextIO, width: int) -> None:
        self._console = _console(stream, width)

    def heading(self, text: str) -> None:
        self._console.print()
        self._console.print(Text(text, style="bold cyan"))

    def sentence(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=STYLES[style]))

    def grid(self, head: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> None:
        table = Table(
            box=box.ROUNDED if head else None,
            show_header=bool(head),
            header_style="bold",
            border_style="dim",
            padding=(0, 1) if head else (0, 2, 0, 0),
        )
        labels = ("cyan", "", "dim")  # facts: label, value; a timeline: when, what, where from
        for at, side in enumerate(align):
            table.add_column(
                Text(head[at]) if head else "",
                justify="right" if side == ">" else "left",
                overflow="fold",
                style="" if head else labels[at],
            )
        for row in rows:
            table.add_row(*map(Text, row))
        self._console.print(table)


@contextmanager
def bar(stream: TextIO, width: int, label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar that goes when the work is done; without a total, a count that runs."""
    shown = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn() if total else TextColumn("{task.completed}"),
        TimeElapsedColumn(),
    )
    with Progress(*shown, console=_console(stream, width), transient=True) as progress:
        task = progress.add_task(label, total=total)
        yield lambda more: progress.advance(task, more)


def _console(stream: TextIO, width: int) -> Console:
    """A console that looks at nothing but what it is given (rich would read the environment)."""
    return Console(
        file=stream,
        width=width,
        force_terminal=True,
        markup=False,
        highlight=False,
        emoji=False,
        _environ={},
    )

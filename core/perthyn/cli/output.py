"""What a command shows: headings, sentences, tables, facts, a timeline, progress, errors; or JSON.

`Screen` is the one way out. It has three manners: beautiful in a terminal (rich, in `terminal.py`, loaded
only then), plain aligned text in a pipe or when asked for, and JSON, which silences all the rest so that
nothing can spoil it. What is read goes to standard output; warnings, errors and progress to standard error.

Encoding: a stream that is not a terminal is written in UTF-8 from the first byte, whatever the system's
code page, since a code page that lacks ŵ would crash or lose it, and one file must not hold two encodings.
(A stream that already is UTF-8, UTF-16 or UTF-32 stays so.) A terminal keeps its encoding, which only it
knows; a letter that it lacks is shown as ``\\u0175``. See `never_lose`.
"""

from __future__ import annotations

import io
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from os import PathLike
from typing import Any, Protocol, TextIO
from uuid import UUID

from perthyn.errors import PerthynError
from perthyn.text import Translator

GAP = "  "


class Paper(Protocol):
    """What writes the parts of a screen in one manner; texts come clean and in the asker's language."""

    def heading(self, text: str) -> None: ...
    def sentence(self, text: str, style: str = "") -> None: ...
    def grid(self, head: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> None:
        """Cells under `head` (none for facts and timelines); `align` has "<" or ">" for each column."""


class Screen:
    """The face's output. `stream` gets what was asked for, `errors` what is said about it."""

    def __init__(
        self,
        stream: TextIO,
        translator: Translator,
        *,
        errors: TextIO | None = None,
        plain: bool = False,
        json: bool = False,
        width: int = 80,
    ) -> None:
        self.t = translator
        self.json = json
        self._stream = never_lose(stream)
        self._errors = never_lose(sys.stderr if errors is None else errors)
        self._width = width
        beautiful = not plain and not json
        self._rich_errors = beautiful and self._errors.isatty()
        self._paper = _paper(self._stream, width, rich=beautiful and self._stream.isatty())
        self._aside = _paper(self._errors, width, rich=self._rich_errors)

    def heading(self, text: str) -> None:
        """A line that names what follows."""
        if not self.json:
            self._paper.heading(clean(text))

    def sentence(self, text: str) -> None:
        """One or more sentences, already in the asker's language."""
        if not self.json:
            self._paper.sentence(clean(text, lines=True))

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]], align: str = "") -> None:
        """Rows under `head`; `align` is "<" or ">" for each column, where not given: whole numbers right."""
        if self.json:
            return
        rows = list(rows)
        align = align or "".join(_side([row[at] for row in rows]) for at in range(len(head)))
        self._paper.grid([clean(name) for name in head], [self._cells(row) for row in rows], align)

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """``label: value`` lines; a list stands below itself, a fact without value is left out."""
        lines: list[list[str]] = []
        for label, value in pairs:
            values = list(value) if isinstance(value, list | tuple) else [value]
            for at, one in enumerate(v for v in values if v is not None and v != ""):
                lines.append([f"{clean(label)}:" if at == 0 else "", self._cell(one)])
        if lines and not self.json:
            self._paper.grid([], lines, "<<")

    def timeline(self, entries: Iterable[tuple[object, str, str]]) -> None:
        """What happened, in the order given: when, what, and where it came from."""
        lines = [self._cells(entry) for entry in entries]
        if lines and not self.json:
            self._paper.grid([], lines, "><<")

    def warning(self, text: str) -> None:
        """Something to know, said on standard error; `text` is in the asker's language."""
        self._aside.sentence(clean(self.t("Warning: {text}", text=text), lines=True), "warning")

    def error(self, error: PerthynError) -> None:
        """What is wrong and what to do next, on standard error; under ``--json`` an object with the code."""
        wrong, next_step = self.t.error(error)
        if self.json:
            told = {"code": error.code, "facts": error.facts, "wrong": wrong, "next": next_step}
            _write_json(self._errors, {"error": told})
            return
        self._aside.sentence(clean(self.t("Error: {text}", text=wrong), lines=True), "error")
        if isinstance(pointer := error.facts.get("pointer"), str):
            self._aside.sentence(clean(_near(pointer, self._width), lines=True))
        if next_step:
            self._aside.sentence(clean(next_step, lines=True))

    def data(self, value: object) -> bool:
        """Under ``--json`` write `value` and return True; otherwise write nothing and return False.

        Fields come in the order in which they are declared, days and instants as ISO 8601 (instants in UTC),
        ids as text, nothing as null. Takes dataclasses, pydantic models, mappings, and iterables of them.
        """
        if self.json:
            _write_json(self._stream, value)
        return self.json

    @contextmanager
    def progress(self, label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show how far work has come; yields a function that is told how many more are done.

        A bar in a terminal, a line for each tenth in a plain one (each 10,000 where there is no total),
        nothing in a pipe or under ``--json``.
        """
        if self.json or not self._errors.isatty():
            yield lambda more: None
        elif self._rich_errors:
            from perthyn.cli.terminal import bar

            with bar(self._errors, self._width, clean(label), total) as advance:
                yield advance
        else:
            yield self._tenths(label, total)

    def _tenths(self, label: str, total: int | None) -> Callable[[int], None]:
        done, told, step = 0, 0, max(1, (total or 100_000) // 10)

        def advance(more: int) -> None:
            nonlocal done, told
            done += more
            if done // step > told:
                told = done // step
                now, end = self.t.number(done), self.t.number(total or 0)
                if total:
                    line = self.t("{label}: {done} of {total}", label=label, done=now, total=end)
                else:
                    line = self.t("{label}: {done}", label=label, done=now)
                self._aside.sentence(clean(line))

        return advance

    def _cells(self, row: Sequence[object]) -> list[str]:
        return [self._cell(value) for value in row]

    def _cell(self, value: object) -> str:
        return clean(self.t.number(value) if type(value) is int else self.t.said(value))


class PlainPaper:
    """Plain text: no colour, no lines; columns two spaces apart, nothing cut off."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def heading(self, text: str) -> None:
        self._stream.write(f"\n{text}\n{'-' * display_width(text)}\n")

    def sentence(self, text: str, style: str = "") -> None:
        self._stream.write(f"{text}\n")

    def grid(self, head: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> None:
        lines = [head, *rows] if head else rows
        widths = [max(map(display_width, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = [_pad(cell, width, side) for cell, width, side in zip(line, widths, align, strict=True)]
            self._stream.write(GAP.join(cells).rstrip() + "\n")


def _paper(stream: TextIO, width: int, *, rich: bool) -> Paper:
    if not rich:
        return PlainPaper(stream)
    from perthyn.cli.terminal import RichPaper

    return RichPaper(stream, width)


def _side(values: Sequence[object]) -> str:
    known = [value for value in values if value is not None]
    return ">" if known and all(type(value) is int for value in known) else "<"


def _pad(text: str, width: int, side: str) -> str:
    space = " " * (width - display_width(text))
    return space + text if side == ">" else text + space


def display_width(text: str) -> int:
    """Columns that `text` takes in a terminal: none for marks, two for wide letters (UAX 11)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text
    )


# --- streams, and what people's data may not do to a terminal -----------------------------------------


def never_lose(stream: TextIO) -> TextIO:
    """The same stream, set so that writing any text to it neither crashes nor loses a letter.

    Not a terminal: UTF-8, unless it already holds all of Unicode. A terminal: its own encoding. Whatever
    even so cannot be written (half a surrogate pair from a file name) is written with a backslash.
    """
    if isinstance(stream, io.TextIOWrapper):
        keep = stream.isatty() or _holds_all(stream)
        stream.reconfigure(encoding=None if keep else "utf-8", errors="backslashreplace")
    return stream


def _holds_all(stream: TextIO) -> bool:
    encoding = getattr(stream, "encoding", None)  # none in memory, where nothing is encoded
    return encoding is None or encoding.lower().replace("_", "-").startswith("utf")


# Control characters, both sets, and the marks that turn the direction of writing round: they can move the
# cursor, retitle the window, or show another text than the one that is there.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(text: str, *, lines: bool = False) -> str:
    """`text` with control characters made visible (``\\x1b``); ends of line and tabs become spaces.

    With `lines` an end of line stays one.
    """
    return text if text.isprintable() else _UNSAFE.sub(_visible if not lines else _visible_in_lines, text)


def _near(pointer: str, width: int) -> str:
    """A line and the mark below it, cut to so many columns around the mark."""
    line, _, mark = pointer.partition("\n")
    start = max(0, min(len(mark) - width // 2, len(line) - width + 1))
    return f"{line[start : start + width - 1]}\n{mark[start:]}"


def _visible(found: re.Match[str]) -> str:
    return " " if found[0] in "\n\t" else ascii(found[0])[1:-1]


def _visible_in_lines(found: re.Match[str]) -> str:
    return "\n" if found[0] == "\n" else _visible(found)


# --- JSON ------------------------------------------------------------------------------------------


def _write_json(stream: TextIO, value: object) -> None:
    """`value` as JSON, in ASCII only for a stream that needs it; what is unsafe in a terminal escaped."""
    import json  # only where asked for: help must be quick

    text = json.dumps(as_json(value), indent=2, ensure_ascii=not _holds_all(stream))
    safe = _UNSAFE.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)
    stream.write(safe + "\n")


def as_json(value: Any) -> Any:
    """`value` in JSON's few types: declared order, ISO days, instants in UTC, ids as text, sets sorted."""
    match value:
        case None | bool() | int() | float() | str() if not isinstance(value, Enum):
            return value
        case Enum():
            return as_json(value.value)
        case datetime():
            instant = value.astimezone(UTC) if value.tzinfo else value
            return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case UUID() | PathLike():
            return str(value)
        case PerthynError():
            return {"code": value.code, "facts": as_json(value.facts)}
        case Mapping():
            return {_json_key(key): as_json(item) for key, item in value.items()}
        case set() | frozenset():
            return sorted(map(as_json, value))
        case _ if hasattr(value, "model_dump"):
            return as_json(value.model_dump())
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
        case Iterable():
            return [as_json(item) for item in value]
    return str(value)


def _json_key(key: object) -> str:
    plain = as_json(key)
    return plain if isinstance(plain, str) else str(plain)

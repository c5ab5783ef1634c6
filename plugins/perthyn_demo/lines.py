"""A file before it is written: its lines, and what each line is about."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

Cell = str | int | float | date | None


@dataclass(frozen=True)
class Mention:
    """Whom a row names, and what a careful reader takes from it to know them by."""

    people: tuple[str, ...]
    given: str = ""
    family: str = ""
    email: str = ""
    phone: str = ""
    postcode: str = ""
    source_id: str = ""
    kind: str = "person"  # person | household | organisation
    column: int = 0  # of a grid, counted from 1; 0: the whole row


@dataclass(frozen=True)
class Line:
    """One row of a file, and what a careful reader learns from it.

    `visit` and `bought` are the days somebody came or bought, `seen` the last sign of life, `deepest` whether the
    row shows a running membership or a shift worked. A row that is `unusable` teaches nothing.
    """

    cells: tuple[Cell, ...] = ()
    sort: str = "data"  # data | header | title | blank | totals
    mentions: tuple[Mention, ...] = ()
    unusable: str = ""
    doubtful: str = ""
    test: bool = False
    visit: date | None = None
    bought: date | None = None
    seen: date | None = None
    deepest: bool = False
    subscribed: bool = False
    gift: tuple[date, int] | None = None
    paid: int = 0  # pence; negative: paid back
    says: str = ""  # yes | no, to e-mail
    mess: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One file: its name, whose ids it speaks, its lines, and how its text is written down."""

    file: str
    source: str
    lines: tuple[Line, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    mess: tuple[str, ...] = ()  # of the file as a whole


def numbered(sheet: Sheet) -> Iterator[tuple[int, Line]]:
    """(number, line): the 1-based line of the file on which each row starts; a cell may hold line breaks."""
    number = 1
    for line in sheet.lines:
        yield number, line
        number += 1 + sum(cell.count("\n") for cell in line.cells if isinstance(cell, str))


def write_text(sheet: Sheet, folder: Path) -> None:
    """Write a delimited file; what its encoding lacks becomes "?", as office programs do."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=sheet.delimiter, lineterminator="\r\n")
    for line in sheet.lines:
        writer.writerow(line.cells)
    (folder / sheet.file).write_bytes(out.getvalue().encode(sheet.encoding, errors="replace"))


def pounds(pence: int, *, sign: str = "", thousands: bool = False) -> str:
    """`123450` -> ``1234.50``; with `sign` and `thousands` ``£1,234.50``; negative with a minus."""
    whole, part = divmod(abs(pence), 100)
    digits = f"{whole:,}" if thousands else str(whole)
    return f"{'-' if pence < 0 else ''}{sign}{digits}.{part:02d}"


def garbled(text: str) -> str:
    """UTF-8 read as cp1252: what becomes of ``Siôn`` when a file is opened with the wrong encoding."""
    return text.encode("utf-8").decode("cp1252")

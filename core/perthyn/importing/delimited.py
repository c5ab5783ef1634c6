"""Delimited text (CSV, TSV): which character separates the cells, and the rows one by one."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from math import log2
from pathlib import Path

from perthyn.errors import PerthynError
from perthyn.importing.decoding import Decoding
from perthyn.importing.files import Mark

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 1 << 16  # characters
NAMED = re.compile(r"sep=(.)\r?\n?\Z", re.IGNORECASE)
END = "\ue000perthyn: end of file\ue000"  # one line after the last: an open quotation mark swallows it


@dataclass(frozen=True)
class Dialect:
    """How a text file separates its cells; `named` when its first line is Excel's ``sep=;``."""

    delimiter: str
    spaced: bool = False  # a blank after each delimiter
    named: bool = False


def find_dialect(path: Path, decoding: Decoding, delimiter: str | None = None) -> Dialect:
    """The dialect of a text file, from its first 65,536 characters; a comma where nothing separates.

    A given `delimiter` is only checked: raises `import.file.delimiter_wrong` unless it is one character that
    can separate.
    """
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0 '):
        raise PerthynError("import.file.delimiter_wrong", delimiter=delimiter)
    with path.open(encoding=decoding.encoding, errors=decoding.errors, newline="") as file:
        lines = file.readlines(SAMPLE)
    named = NAMED.match(lines[0]) if lines else None
    if named:
        del lines[0]
    chosen = delimiter or (named and named[1]) or max(DELIMITERS, key=lambda each: _fitness(lines, each))
    records = _records(lines, chosen)
    spaced = sum(any(record[1:]) and all(cell[:1] in ("", " ") for cell in record[1:]) for record in records)
    return Dialect(chosen, spaced=2 * spaced > len(records), named=bool(named))


def _records(lines: list[str], delimiter: str) -> list[list[str]]:
    """The records of a sample, as far as they can be read."""
    records: list[list[str]] = []
    with suppress(csv.Error):
        records.extend(record for record in csv.reader(lines, delimiter=delimiter) if any(record))
    return records


def _fitness(lines: list[str], delimiter: str) -> float:
    """How evenly a delimiter cuts: the share of records of the commonest width, more for wider, and for a
    first record that has it (an address list has commas everywhere but in its header)."""
    widths = [len(record) for record in _records(lines, delimiter)]
    common = Counter(width for width in widths if width > 1).most_common(1)
    if not common:
        return 0.0
    width, count = common[0]
    return count / len(widths) * log2(1 + width) * (1.5 if widths[0] == width else 1)


def text_rows(path: Path, held: Mark, decoding: Decoding, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it starts on, streaming; a blank line is an empty list.

    Raises `import.file.changed`, `.cell_too_long`, `.quote_open` (with the line the mark stands on).
    """
    held.hold(path)
    start, end = 1, 0
    cells: list[str] = []
    with path.open(encoding=decoding.encoding, errors=decoding.errors, newline="") as file:
        reader = csv.reader(chain(file, (END,)), delimiter=dialect.delimiter, skipinitialspace=dialect.spaced)
        try:
            for _ in islice(reader, int(dialect.named)):
                end = reader.line_num
            cells, start, end = next(reader), end + 1, reader.line_num
            for following in reader:
                yield start, cells
                cells, start, end = following, end + 1, reader.line_num
        except csv.Error as error:
            held.hold(path)
            raise _endless(path, end + 1, reader.line_num) from error
        except UnicodeError as error:  # all bytes were proved at the start: somebody has written since
            raise PerthynError("import.file.changed", file=path.name) from error
    held.hold(path)
    if cells != [END]:
        line = start + sum(cell.count("\n") or cell.count("\r") for cell in cells[:-1])
        raise PerthynError("import.file.quote_open", file=path.name, line=line)


def _endless(path: Path, start: int, end: int) -> PerthynError:
    """A cell beyond csv's own limit: over several lines it is a quotation mark that nobody closed."""
    if end > start:
        return PerthynError("import.file.quote_open", file=path.name, line=start)
    return PerthynError("import.file.cell_too_long", file=path.name, line=start, limit=csv.field_size_limit())

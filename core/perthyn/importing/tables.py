"""A file as tables: streaming, re-iterable rows of cells, whatever the format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from perthyn.errors import PerthynError, Unknown
from perthyn.importing.decoding import find_encoding
from perthyn.importing.delimited import find_dialect, text_rows
from perthyn.importing.files import Mark, kind, mark, read_head
from perthyn.importing.serials import Cell as Cell
from perthyn.importing.workbooks import open_workbook
from perthyn.text import nearest

Rows = Iterator[tuple[int, list[Cell]]]

TEXT_SUFFIXES = frozenset({"", ".csv", ".tsv", ".tab", ".txt", ".asc", ".dat"})
WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xltx", ".xltm"})
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True)
class Table:
    """One rectangular sheet of a file, read as text-or-typed cells, streaming and re-iterable.

    `notes` are errors not raised: what a person should be told although the file can be read
    (`import.file.extension`, `import.file.letters_lost`, `import.file.hidden_sheet`).
    """

    path: Path
    sheet: str  # "" for a text file; else the sheet's name
    format: str  # "csv" | "tsv" | "xlsx" | a reader's own word
    source: Callable[[], Rows] = field(repr=False, compare=False)
    encoding: str = ""
    delimiter: str = ""
    hidden: frozenset[int] = frozenset()  # hidden columns, from 0, when known
    notes: tuple[PerthynError, ...] = ()
    address: str = ""  # where it stands, if not in a file; `path` is no more than a name then

    @property
    def place(self) -> str:
        """By what it is imported: its file or its address."""
        return self.address or str(self.path)

    def rows(self) -> Rows:
        """(row number as a person sees it in the file, from 1; cells), anew at each call.

        Text files give only str, and an empty list for a blank line; workbooks give typed cells, None for an
        empty one, and no row at all where nothing stands. Rows are as long as they are written.
        """
        return self.source()


class Reader(Protocol):
    """A further file format, given by a hook."""

    @property
    def suffixes(self) -> Sequence[str]:
        """The ends of its files' names, in lower case, with the dot."""

    def open(self, path: Path) -> list[Table]:
        """The tables of a file with one of the suffixes; raises PerthynError."""


@contextmanager
def called(name: str) -> Iterator[Callable[[Table], Table]]:
    """For a file that is kept under a name of ours: what is said of it within, and of its tables, says `name` instead.

    The name is never opened. "" leaves everything as it is.
    """
    with _saying(name):
        yield lambda table: replace(table, path=Path(name), source=lambda: _rows(table, name)) if name else table


def _rows(table: Table, name: str) -> Rows:
    with _saying(name):
        yield from table.source()


@contextmanager
def _saying(name: str) -> Iterator[None]:
    try:
        yield
    except PerthynError as error:
        if not name or "file" not in error.facts:
            raise
        raise type(error)(error.code, **{**error.facts, "file": name}) from error


def is_address(given: str) -> bool:
    """Whether this names a place elsewhere rather than a file."""
    return "://" in given


def open_tables(
    path: Path,
    *,
    readers: Sequence[Reader] = (),
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> list[Table]:
    """The tables of a file, at least one: what it holds decides, its suffix only for `readers`.

    Sheets that are hidden are left out unless named by `sheet` or nothing else is there. Raises PerthynError
    `import.file.*`; iterating raises `import.file.changed`, `.quote_open`, `.cell_too_long`, `.damaged`.
    """
    held = mark(path)
    head = read_head(path)
    suffix = path.suffix.lower()
    for reader in readers:
        if suffix in reader.suffixes:
            return _chosen(reader.open(path), path, sheet)
    found = kind(head)
    if found == "zip":
        return _workbook(path, held, suffix, sheet)
    if found == "ole":
        found = "XLS"
        if _contains(path, ENCRYPTED):
            raise PerthynError("import.file.encrypted", file=path.name)
    if found:
        raise PerthynError("import.file.format", file=path.name, found=found)
    return _chosen([_text(path, held, suffix, encoding, delimiter)], path, sheet)


def _text(path: Path, held: Mark, suffix: str, encoding: str | None, delimiter: str | None) -> Table:
    decoding = find_encoding(path, encoding)
    dialect = find_dialect(path, decoding, delimiter)
    notes: list[PerthynError] = []
    if suffix not in TEXT_SUFFIXES:
        notes.append(PerthynError("import.file.extension", file=path.name, found="CSV"))
    if decoding.damaged:
        notes.append(PerthynError("import.file.letters_lost", file=path.name, line=decoding.damaged))
    source = partial(text_rows, path, held, decoding, dialect)
    if not any(any(map(str.strip, cells)) for _, cells in source()):
        raise PerthynError("import.file.empty", file=path.name)
    return Table(
        path,
        "",
        "tsv" if dialect.delimiter == "\t" else "csv",
        source,  # type: ignore[arg-type]  # str cells are cells
        decoding.encoding,
        dialect.delimiter,
        notes=tuple(notes),
    )


def _workbook(path: Path, held: Mark, suffix: str, sheet: str | None) -> list[Table]:
    sheets = open_workbook(path, held)
    notes: list[PerthynError] = []
    if suffix not in WORKBOOK_SUFFIXES:
        notes.append(PerthynError("import.file.extension", file=path.name, found="XLSX"))
    shown = [each for each in sheets if each.shown or each.name == sheet] or sheets
    notes += [
        PerthynError("import.file.hidden_sheet", file=path.name, sheet=each.name)
        for each in sheets
        if each not in shown
    ]
    tables = [Table(path, each.name, "xlsx", each.rows, hidden=each.hidden, notes=tuple(notes)) for each in shown]
    return _chosen(tables, path, sheet)


def _contains(path: Path, word: bytes) -> bool:
    """Whether a word stands in a file, read in pieces that overlap by its length."""
    kept = b""
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            if word in kept + piece:
                return True
            kept = piece[-len(word) :]
    return False


def _chosen(tables: list[Table], path: Path, sheet: str | None) -> list[Table]:
    """The sheet that was asked for, or all; raises `import.file.empty` and `.sheet_unknown`."""
    if not tables:
        raise PerthynError("import.file.empty", file=path.name)
    if sheet is None:
        return tables
    names = [table.sheet for table in tables]
    if sheet not in names:
        facts = {"name": sheet, "suggestion": nearest(sheet, names), "sheets": names, "file": path.name}
        raise Unknown("import.file.sheet_unknown", **facts)
    return [table for table in tables if table.sheet == sheet]

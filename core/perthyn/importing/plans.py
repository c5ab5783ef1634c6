"""What was understood of a file, as data: its columns, its source, and what a known export declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from perthyn.importing.chunk import Chunk
from perthyn.importing.headings import heading_key
from perthyn.importing.layout import Layout
from perthyn.importing.tables import Table


@dataclass(frozen=True)
class ColumnPlan:
    """What one column becomes, and by what that was decided."""

    index: int
    header: str
    becomes: str
    how: str
    """"name" | "content" | "map" | "known" | "unknown" """
    date_order: str = ""
    """"dmy" | "mdy" | "ymd" | "serial" where it holds dates, else "" """
    decimal: str = "."
    inverted: bool = False
    """the column asks the contrary: "Do not email" """
    british: bool = True
    """its postcodes have the British shape"""
    timed: bool = False
    """its dates carry a time of day"""
    verbatim: bool = False
    """perthyn wrote it: its cells are read as they stand"""


@dataclass(frozen=True)
class Note:
    """Something that was decided and could be wrong; put into words like an error's code."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownExport:
    """The export of another system, recognised by its headers.

    A header is written as the system writes it and compared by `heading_key`; "A|B" names alternatives (other
    languages, other versions). `shape` may reshape each chunk in place, column-wise, before it is handed on.
    """

    name: str
    en: str
    cy: str
    source: str
    """the account's prefix: "square", "pretix" """
    required: tuple[str, ...]
    columns: Mapping[str, str]
    """header -> meaning; what is not named here is kept"""
    defaults: Mapping[str, str] = field(default_factory=dict)
    date_order: str = ""
    """"" where the cells decide"""
    absent: tuple[str, ...] = ()
    """headers that tell a sister export apart: none may be there"""
    file: str = ""
    """a word that tells a sister export with the same headers apart: the file's name must hold it"""
    account: tuple[str, str] = ("", "")
    """(header, pattern): the first group found in that column is the account: "pretix:castle" """
    recognise: bool = False
    """columns not named here are recognised by their headers (questions a shop adds) instead of only kept"""
    own: bool = False
    """perthyn wrote it: cells are read as they stand, and heads not named here may be custom fields"""
    shape: Callable[[Chunk], None] | None = None

    def fits(self, headers: Sequence[str], file: str = "") -> bool:
        """True where every required header is there and no absent one, and the file is called as it must be."""
        present = {heading_key(header) for header in headers}
        return (
            self.file in file.casefold()
            and all(_any(names, present) for names in self.required)
            and not any(_any(names, present) for names in self.absent)
        )

    def meaning(self, header: str) -> str:
        """What a column becomes, "" where the export does not name it."""
        key = heading_key(header)
        return next((word for names, word in self.columns.items() if _any(names, {key})), "")


def _any(names: str, present: set[str]) -> bool:
    return any(heading_key(name) in present for name in names.split("|"))


@dataclass(frozen=True)
class Understanding:
    """What a table was taken to be. `source` names the account the facts come from, never the file."""

    table: Table
    layout: Layout
    about: str
    """"people" | "happenings" | "both" """
    columns: tuple[ColumnPlan, ...]
    source: str
    known: str
    """the name of the known export, or "" """
    defaults: Mapping[str, str]
    notes: tuple[Note, ...]
    today: date
    zone: str = "Europe/London"
    shape: Callable[[Chunk], None] | None = field(default=None, repr=False)

"""Columns and tabs: what stands in a Google Sheet, and under which heads. Words here, cells in `shown` and `typed`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from perthyn.model import Record
from perthyn.rules.terms import Choice
from perthyn.text import fold

ColumnKind = Literal["text", "number", "money", "date", "instant", "flag", "choice"]
HEADS = " / "
"""Between the two languages of a head: ``Enw / Name``."""
TECHNICAL = ("id", "_made", "_last", "_record")
"""Columns that are perthyn's own; no field of a record begins with an underscore, so none can be taken for them."""


def piece_key(number: int) -> str:
    """The key of the column with this piece of the record's form."""
    return "_record" if number == 1 else f"_record.{number}"


def piece_of(key: str) -> int:
    """Which piece of the record's form a column holds, 0 for none."""
    name, _, number = key.partition(".")
    return int(number or 1) if name == "_record" else 0


def is_own(key: str) -> bool:
    """Whether a column is perthyn's own."""
    return key in TECHNICAL or piece_of(key) > 0


@dataclass(frozen=True)
class Column:
    """One column of a tab.

    `key`: its field (``name``), list (``emails``), ``addresses.town`` for a field of the address shown, or
    ``custom.own.shirt``. `headers`, `notes`: by language. `hidden`: perthyn's own, after all others. `computed`:
    perthyn's, though people see it: what somebody types there is put back. `choices`: what a dropdown offers.
    `width`: in pixels. `wrapped`: whether a long text goes on in a second line.
    """

    key: str
    headers: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)
    kind: ColumnKind = "text"
    hidden: bool = False
    computed: bool = False
    choices: tuple[Choice, ...] = ()
    width: int = 120
    wrapped: bool = False

    def header(self, languages: tuple[str, ...]) -> str:
        """The head in the languages wished: ``Enw / Name``."""
        return HEADS.join(dict.fromkeys(self.headers[one] for one in languages))

    def note(self, languages: tuple[str, ...]) -> str:
        """What the head's note says, a line for each language."""
        return "\n".join(dict.fromkeys(self.notes[one] for one in languages if self.notes.get(one)))


@dataclass(frozen=True)
class Tab:
    """One tab. `key`: the record type's name, or ``history``, ``journal``, ``about``; `type`: None for those three."""

    key: str
    titles: Mapping[str, str]
    columns: tuple[Column, ...]
    type: type[Record] | None = None
    hidden: bool = False

    def title(self, languages: tuple[str, ...]) -> str:
        """The tab's name in the languages wished."""
        return HEADS.join(dict.fromkeys(self.titles[one] for one in languages))

    def column(self, key: str) -> Column | None:
        """The column of that key."""
        return next((one for one in self.columns if one.key == key), None)

    @property
    def visible(self) -> tuple[Column, ...]:
        """The columns that people see."""
        return tuple(one for one in self.columns if not one.hidden)


def known_heads(tab: Tab) -> dict[str, str]:
    """Head, folded (`perthyn.text.fold`) -> key of the column: in either language, or in both as ``Enw / Name``.

    Where metadata is gone, columns are found by it. A head that two columns share is left to the first.
    """
    found: dict[str, str] = {}
    for column in tab.columns:
        for languages in (("en",), ("cy",), ("en", "cy"), ("cy", "en")):
            found.setdefault(fold(column.header(languages)), column.key)
    return found

"""Layout: which tabs a sheet has, which columns each, and how a record's own form stands in cells.

Columns that people see come first; `TECHNICAL` ones are last and hidden. A form longer than `PIECE` UTF-16 units goes
on in further columns (`_record.2`, `_record.3` ...), added where they are needed (`piece_column`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perthyn.model import CustomField, Kind, Record
from perthyn_sheets.cells import pieces_of
from perthyn_sheets.columns import TECHNICAL, Column, Tab, known_heads, piece_key
from perthyn_sheets.columns_types import columns_of

__all__ = [
    "ABOUT", "HISTORY", "JOURNAL", "PIECE", "TECHNICAL", "Column", "Tab", "known_heads", "piece_column",
    "record_cells", "tabs_for",
]  # fmt: skip

PIECE = 30_000
"""Google takes 50,000 in a cell; Excel, through which a sheet may go and come back, cuts at 32,767."""

_TITLES: Mapping[str, tuple[str, str]] = {
    "contact": ("Contacts", "Cysylltiadau"),
    "interaction": ("Interactions", "Rhyngweithiadau"),
    "takings": ("Takings", "Derbyniadau"),
    "consent": ("Consents", "Cydsyniadau"),
    "obtained": ("How details were obtained", "Sut y cafwyd manylion"),
    "screening": ("Screenings", "Sgriniadau"),
    "suppression": ("Suppressions", "Ataliadau"),
    "segment": ("Segments", "Segmentau"),
    "membership": ("Segment members", "Aelodau segmentau"),
    "campaign": ("Campaigns", "Ymgyrchoedd"),
    "message": ("Messages", "Negeseuon"),
    "problem": ("Problems", "Problemau"),
    "custom_field": ("Fields", "Meysydd"),
    "setting": ("Settings", "Gosodiadau"),
    "redirect": ("Merged contacts", "Cysylltiadau a unwyd"),
}
_ORDER = ("contact", "interaction", "segment", "problem", "consent", "takings", "custom_field")
"""The tabs that people use come first, in this order; then plugins', then those that are hidden."""
_HIDDEN = ("redirect", "obtained", "screening", "suppression", "membership", "message", "setting")


def tabs_for(types: Mapping[str, type[Record]], custom: Sequence[CustomField], kinds: Sequence[Kind]) -> dict[str, Tab]:
    """The tabs of all shared record types by name, in the order in which they are to stand."""
    shared = [name for name, one in types.items() if one.scope == "shared"]
    seen = [name for name in shared if name not in _ORDER and name not in _HIDDEN]
    order = [*(one for one in _ORDER if one in shared), *seen, *(one for one in _HIDDEN if one in shared)]
    return {name: _tab(types[name], custom, kinds) for name in order}


def _tab(record: type[Record], custom: Sequence[CustomField], kinds: Sequence[Kind]) -> Tab:
    name = record.type_name
    plain = name.replace(".", " ").replace("_", " ").capitalize()
    en, cy = _TITLES.get(name, (plain, plain))
    columns = (*columns_of(record, custom, kinds), *_technical())
    return Tab(name, {"en": en, "cy": cy}, columns, record, name in _HIDDEN)


def _technical() -> tuple[Column, ...]:
    return tuple(_hidden(key) for key in TECHNICAL)


def _hidden(key: str) -> Column:
    return Column(key, {"en": key, "cy": key}, hidden=True, computed=True)


def piece_column(number: int) -> Column:
    """The column of a further piece of the record's form; `number` from 2."""
    return _hidden(piece_key(number))


def record_cells(form: bytes) -> list[str]:
    """A canonical form as cells of at most `PIECE` UTF-16 units; joined they are the form again."""
    return pieces_of(form.decode(), PIECE)


HISTORY = Tab("history", {"en": "History", "cy": "Hanes"}, _technical(), hidden=True)
JOURNAL = Tab("journal", {"en": "Journal", "cy": "Dyddlyfr"}, _technical(), hidden=True)
ABOUT = Tab(
    "about",
    {"en": "About perthyn", "cy": "Ynghylch perthyn"},
    (
        Column("what", {"en": "About perthyn", "cy": "Ynghylch perthyn"}, computed=True, width=220),
        Column("says", {"en": "What to know", "cy": "Beth i'w wybod"}, computed=True, width=640, wrapped=True),
    ),
)

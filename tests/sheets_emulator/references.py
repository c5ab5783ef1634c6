"""References in formulas: found, and made to follow what moves."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sheets_emulator import a1
from sheets_emulator.cells import Cell, Formula

if TYPE_CHECKING:
    from sheets_emulator.sheet import Sheet

_CORNER = r"(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]*)"
_TOKEN = re.compile(
    r'(?P<text>"(?:[^"]|"")*")'
    r"|(?P<tab>(?:'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_.]*)!)?"
    r"(?P<ref>\$?[A-Za-z]{1,3}\$?[1-9][0-9]*(?::\$?[A-Za-z]{1,3}(?:\$?[1-9][0-9]*)?)?"
    r"|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?:\$?[1-9][0-9]*)?|\$?[1-9][0-9]*:\$?[1-9][0-9]*)(?![A-Za-z0-9_(.!])"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_.]*|[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?)"
)
_END = re.compile(r"(\$?)([A-Za-z]{1,3})?(\$?)([1-9][0-9]*)?")


def rewritten(text: str, change: Callable[[str | None, str], str | None]) -> str:
    """The formula with each reference replaced by what `change(tab, reference)` gives; None leaves it alone."""

    def each(match: re.Match[str]) -> str:
        if not match["ref"]:
            return match[0]
        tab = match["tab"]
        title = None if not tab else a1.unquoted(tab[:-1]) if tab.startswith("'") else tab[:-1]
        new = change(title, match["ref"])
        if new is None:
            return match[0]
        return new if new == "#REF!" else (tab or "") + new

    return _TOKEN.sub(each, text)


def _shifted(ref: str, dimension: str, shift: Any) -> str:
    ends = [_parts(end) for end in ref.split(":")]
    at = 3 if dimension == "ROWS" else 1
    numbers = [_number(end[at], dimension) for end in ends]
    given = [one for one in numbers if one is not None]
    if not given:
        return ref
    if len(ends) == 1:
        index = shift.index(given[0])
        if index is None:
            return "#REF!"
        ends[0][at] = _text(index, dimension)
    elif len(given) == 2:
        low, high = sorted(given)
        found = shift.span(low, high + 1)
        if found is None:
            return "#REF!"
        first, last = (0, 1) if numbers[0] == low else (1, 0)
        ends[first][at] = _text(found[0], dimension)
        ends[last][at] = _text(found[1] - 1, dimension)
    else:
        which = 0 if numbers[0] is not None else 1
        found = shift.span(given[0], 1 << 40)
        if found is not None:
            ends[which][at] = _text(found[0], dimension)
    return ":".join("".join(end) for end in ends)


def _parts(end: str) -> list[str]:
    """[$, letters, $, digits], each perhaps empty."""
    match = _END.fullmatch(end)
    if not match:
        return ["", "", "", end]
    if not match[2] and match[1] and not match[3]:  # `$5`: the sign belongs to the row
        return ["", "", match[1], match[4] or ""]
    return [match[1], match[2] or "", match[3], match[4] or ""]


def _number(text: str, dimension: str) -> int | None:
    if not text:
        return None
    return int(text) - 1 if dimension == "ROWS" else a1.column_of(text)


def _text(index: int, dimension: str) -> str:
    return str(index + 1) if dimension == "ROWS" else a1.letters(index)


def follow(sheet: Sheet, dimension: str, shift: Any) -> None:
    """Make all formulas of the book follow rows or columns of `sheet` that were inserted, deleted or moved."""

    def change_in(own: Sheet) -> Callable[[str | None, str], str | None]:
        def change(tab: str | None, ref: str) -> str | None:
            target = own.title if tab is None else tab
            return _shifted(ref, dimension, shift) if target.casefold() == sheet.title.casefold() else None

        return change

    _each_formula(sheet, change_in)


def follow_cells(sheet: Sheet, area: tuple[int, int, int, int], dimension: str, shift: Any) -> None:
    """The same for a block of cells that was inserted or deleted."""
    top, left, bottom, right = area
    low, high = (left, right) if dimension == "ROWS" else (top, bottom)
    other = "COLUMNS" if dimension == "ROWS" else "ROWS"

    def change_in(own: Sheet) -> Callable[[str | None, str], str | None]:
        def change(tab: str | None, ref: str) -> str | None:
            target = own.title if tab is None else tab
            if target.casefold() != sheet.title.casefold():
                return None
            across = [_number(_parts(one)[3 if other == "ROWS" else 1], other) for one in ref.split(":")]
            inside = all(one is not None and low <= one < high for one in across)
            return _shifted(ref, dimension, shift) if inside else None

        return change

    _each_formula(sheet, change_in)


def renamed(sheet: Sheet, old: str, new: str) -> None:
    """Make all formulas follow a tab's new name."""
    quoted = a1.quoted(new)

    def change_in(own: Sheet) -> Callable[[str | None, str], str | None]:
        return lambda tab, ref: f"\0{ref}" if tab is not None and tab.casefold() == old.casefold() else None

    for other, row, column, cell in _formulas(sheet):
        text = rewritten(cell.entered.text, change_in(other))  # type: ignore[union-attr]
        if "\0" in text:
            text = re.sub(r"(?:'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_.]*)!\0", lambda _: f"{quoted}!", text)
            other.put(row, column, cell.having(Formula(text)))


def carried(text: str, down: int, across: int) -> str:
    """A formula copied to another place: relative references go along, those with `$` stay."""

    def change(tab: str | None, ref: str) -> str:
        ends = []
        for end in ref.split(":"):
            dollar, column, dollar_row, row = _parts(end)
            if column and not dollar:
                index = a1.column_of(column) + across
                if index < 0:
                    return "#REF!"
                column = a1.letters(index)
            if row and not dollar_row:
                if int(row) + down < 1:
                    return "#REF!"
                row = str(int(row) + down)
            ends.append(dollar + column + dollar_row + row)
        return ":".join(ends)

    return rewritten(text, change)


def _formulas(sheet: Sheet) -> list[tuple[Sheet, int, int, Cell]]:
    return [
        (own, index, column, cell)
        for own in sheet.book.sheets
        for index, row in enumerate(own.rows)
        if row and row.formulas
        for column, cell in row.items()
        if type(cell.entered) is Formula
    ]


def _each_formula(sheet: Sheet, change_in: Callable[[Sheet], Callable[[str | None, str], str | None]]) -> None:
    for own, row, column, cell in _formulas(sheet):
        old = cell.entered.text  # type: ignore[union-attr]
        new = rewritten(old, change_in(own))
        if new != old:
            own.put(row, column, Cell(Formula(new), cell.format, cell.note, cell.rule))


def lost(book: Any, title: str) -> None:
    """Make all formulas that spoke of a deleted tab say `#REF!`."""
    if not book.sheets:
        return

    def change_in(own: Sheet) -> Callable[[str | None, str], str | None]:
        return lambda tab, ref: "#REF!" if tab is not None and tab.casefold() == title.casefold() else None

    _each_formula(book.sheets[0], change_in)


def follow_cut(source: Sheet, area: tuple[int, int, int, int], target: Sheet, down: int, across: int) -> None:
    """Make formulas follow a block that was cut out of `source` and pasted `down` and `across` on `target`."""
    top, left, bottom, right = area

    def inside(ref: str) -> bool:
        corners = [_parts(end) for end in ref.split(":")]
        return all(
            one[1] and one[3] and top <= int(one[3]) - 1 < bottom and left <= a1.column_of(one[1]) < right
            for one in corners
        )

    def moved(ref: str) -> str:
        ends = [_parts(end) for end in ref.split(":")]
        return ":".join(
            one[0] + a1.letters(a1.column_of(one[1]) + across) + one[2] + str(int(one[3]) + down) for one in ends
        )

    for own, row, column, cell in _formulas(source):

        def change(tab: str | None, ref: str, own: Sheet = own) -> str | None:
            title = own.title if tab is None else tab
            if title.casefold() != source.title.casefold() or not inside(ref):
                return None
            if target is not source:  # written out, since the tab is another one now
                return f"\0{moved(ref)}"
            return moved(ref)

        old = cell.entered.text  # type: ignore[union-attr]
        new = rewritten(old, change)
        if "\0" in new:
            new = re.sub(
                r"(?:(?:'(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_.]*)!)?\0", lambda _: f"{a1.quoted(target.title)}!", new
            )
        if new != old:
            own.put(row, column, Cell(Formula(new), cell.format, cell.note, cell.rule))

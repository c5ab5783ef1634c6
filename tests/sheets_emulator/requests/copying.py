"""Copying: a tab to another spreadsheet; cells by copyPaste and cutPaste."""

from __future__ import annotations

from typing import Any

from sheets_emulator import formulas, metadata, ranges, references, styles
from sheets_emulator.book import Book
from sheets_emulator.cells import EMPTY, Cell, Formula
from sheets_emulator.errors import Refused
from sheets_emulator.ranges import Span
from sheets_emulator.requests import tabs
from sheets_emulator.requests.ordering import whole_merges
from sheets_emulator.sheet import Sheet


def copy_to(book: Book, sheet_id: int, other: Book) -> dict[str, Any]:
    """`sheets.copyTo`: the tab at the end of the other spreadsheet, "Copy of ..." with an id of its own."""
    source = book.sheet(sheet_id, word="sheet")
    with other.atomically():
        sheet = source.copy(other, other.fresh_id(), tabs.copied_title(other, source.title))
        other.sheets = [*other.sheets, sheet]
        other.check_size()
        metadata.copied(source, sheet)
    return tabs.properties(sheet)


def copy_paste(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    """The source once, or as often as it fits into the destination."""
    source = ranges.of(book, given.get("source", {}))
    target = ranges.of(book, given.get("destination", {}))
    kind = given.get("pasteType", "PASTE_NORMAL")
    _known(kind)
    turned = given.get("pasteOrientation") == "TRANSPOSE"
    height, width = (source.width, source.height) if turned else (source.height, source.width)
    times_down = max(1, target.height // height) if target.height % height == 0 else 1
    times_across = max(1, target.width // width) if target.width % width == 0 else 1
    sheet = target.sheet
    area = Span(sheet, target.top, target.left, target.top + height * times_down, target.left + width * times_across)
    sheet.grow(area.bottom, area.right)
    ranges.may_edit(area, caller)
    taken = {place: source.sheet.at(*place) for place in source.places()}
    values = {place: formulas.value(source.sheet, *place, cell) for place, cell in taken.items()}
    if kind in ("PASTE_NORMAL", "PASTE_NO_BORDERS"):
        _merges(source, area, turned)
    for row, column in area.places():
        down, across = (row - area.top) % height, (column - area.left) % width
        place = (source.top + across, source.left + down) if turned else (source.top + down, source.left + across)
        cell = taken[place]
        moved = _moved(cell, row - place[0], column - place[1])
        if kind == "PASTE_VALUES":
            moved = Cell(values[place])
        sheet.put(row, column, _pasted(sheet.at(row, column), moved, kind))
    book.touched()
    return {}


def _known(kind: str) -> None:
    if kind == "PASTE_CONDITIONAL_FORMATTING":
        raise Refused(501, "UNIMPLEMENTED", f"The emulator does not know pasteType {kind}")


def _moved(cell: Cell, down: int, across: int) -> Cell:
    if not isinstance(cell.entered, Formula):
        return cell
    return Cell(
        Formula(references.carried(cell.entered.text, down, across)), cell.format, cell.note, cell.rule, cell.runs
    )


def _pasted(old: Cell, new: Cell, kind: str) -> Cell:
    if kind in ("PASTE_VALUES", "PASTE_FORMULA"):
        return old.having(new.entered)
    if kind == "PASTE_FORMAT":
        return Cell(old.entered, new.format, old.note, old.rule, old.runs)
    if kind == "PASTE_DATA_VALIDATION":
        return Cell(old.entered, old.format, old.note, new.rule, old.runs)
    if kind == "PASTE_NO_BORDERS":
        return Cell(new.entered, styles.changed(new.format, {}, [("borders",)]), new.note, new.rule, new.runs)
    return new


def _merges(source: Span, area: Span, turned: bool) -> None:
    merges = [ranges.span(source.sheet, one) for one in source.sheet.merges]
    inside = [one for one in merges if one.meets(source)]
    whole = whole_merges(area)
    area.sheet.merges = [one for one in area.sheet.merges if one not in whole or area.meets(source)]
    for one in inside:
        if turned:
            raise Refused(501, "UNIMPLEMENTED", "The emulator does not transpose merged cells")
        down, across = area.top - source.top, area.left - source.left
        moved = Span(area.sheet, one.top + down, one.left + across, one.bottom + down, one.right + across).grid_range()
        if moved not in area.sheet.merges:
            area.sheet.merges.append(moved)


def cut_paste(book: Book, given: dict[str, Any], caller: str) -> dict[str, Any]:
    """The source is emptied; formulas that spoke of it follow."""
    source = ranges.of(book, given.get("source", {}))
    sheet, top, left = ranges.place(book, given.get("destination", {}))
    kind = given.get("pasteType", "PASTE_NORMAL")
    _known(kind)
    area = Span(sheet, top, left, top + source.height, left + source.width)
    sheet.grow(area.bottom, area.right)
    ranges.may_edit(source, caller)
    ranges.may_edit(area, caller)
    merges = whole_merges(source)
    taken = {place: source.sheet.at(*place) for place in source.places()}
    for place in taken:
        source.sheet.put(*place, EMPTY)
    source.sheet.merges = [one for one in source.sheet.merges if one not in merges]
    whole = whole_merges(area)
    sheet.merges = [one for one in sheet.merges if one not in whole]
    down, across = top - source.top, left - source.left
    for one in merges:
        rows, columns = ("startRowIndex", "endRowIndex"), ("startColumnIndex", "endColumnIndex")
        moved = {**{name: one[name] + down for name in rows}, **{name: one[name] + across for name in columns}}
        sheet.merges.append({"sheetId": sheet.id, **moved})
    for (row, column), cell in taken.items():
        sheet.put(row + down, column + across, _pasted(sheet.at(row + down, column + across), cell, kind))
    _follow(source, sheet, down, across)
    book.touched()
    return {}


def _follow(source: Span, sheet: Sheet, down: int, across: int) -> None:
    references.follow_cut(source.sheet, (source.top, source.left, source.bottom, source.right), sheet, down, across)


KINDS = {"copyPaste": copy_paste, "cutPaste": cut_paste}

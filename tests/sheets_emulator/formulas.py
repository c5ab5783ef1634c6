from __future__ import annotations
from sheets_emulator.cells import Cell, Fault, Formula, Value
from sheets_emulator.sheet import Sheet


def value(sheet: Sheet, row: int, column: int, cell: Cell | None = None) -> Value:
    cell = sheet.at(row, column) if cell is None else cell
    if isinstance(cell.entered, Formula):
        return Fault("NAME", "")
    return cell.entered


def link(sheet: Sheet, row: int, column: int, cell: Cell) -> str:
    return ""

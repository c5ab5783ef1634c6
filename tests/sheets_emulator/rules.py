"""Data validation: whether a cell's content fits the rule of its dropdown."""

from __future__ import annotations

from typing import Any

from sheets_emulator import a1, formats, formulas, ranges
from sheets_emulator.cells import Cell
from sheets_emulator.errors import Refused, invalid
from sheets_emulator.sheet import Sheet


def refuse_unless_valid(sheet: Sheet, rule: dict[str, Any], cell: Cell, row: int, column: int) -> None:
    """Refuse a content that a strict rule does not allow; rules of other kinds than lists allow everything."""
    if not rule.get("strict") or cell.entered is None:
        return
    allowed = _allowed(sheet, rule["condition"])
    value = formulas.value(sheet, row, column, cell)
    if isinstance(value, bool) and rule["condition"].get("type") == "BOOLEAN":
        return
    text = formats.shown(value, cell.format, sheet.book.locale)
    if allowed is not None and text not in allowed:
        raise invalid(
            f"The data you entered in cell {a1.cell(row, column)} violates the data validation rules set on this cell."
        )


def _allowed(sheet: Sheet, condition: dict[str, Any]) -> set[str] | None:
    values = [one.get("userEnteredValue", "") for one in condition.get("values", [])]
    if condition.get("type") == "ONE_OF_LIST":
        return set(values)
    if condition.get("type") == "BOOLEAN":
        return set(values)
    if condition.get("type") == "ONE_OF_RANGE" and values:
        try:
            span = ranges.named(sheet.book, values[0].removeprefix("="))
        except Refused:
            return None
        book = sheet.book
        shown = {
            formats.shown(formulas.value(span.sheet, *at), span.sheet.at(*at).format, book.locale)
            for at in span.places()
        }
        return shown - {""}
    return None

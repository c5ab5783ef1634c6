"""The tab that tells people what this sheet is, who sees it, and what is safe to do by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from perthyn.text import Translator
from perthyn_sheets.columns import HEADS


def about_filled(sheet_id: int, ts: Sequence[Translator]) -> list[dict[str, Any]]:
    """The requests that fill the tab just after it was made, in each of the sheet's languages."""
    rows = [row for t in ts for row in about_rows(t)]
    room = {"sheetId": sheet_id, "dimension": "ROWS", "length": len(rows) - 1}
    cells = [{"values": [{"userEnteredValue": {"stringValue": text}} for text in row]} for row in rows]
    start = {"sheetId": sheet_id, "rowIndex": 1, "columnIndex": 0}
    return [
        {"appendDimension": room},
        {"updateCells": {"start": start, "rows": cells, "fields": "userEnteredValue"}},
    ]


def in_step_told(
    sheet_id: int, column: int, ts: Sequence[Translator], at: datetime, zone: str, machine: str
) -> list[dict[str, Any]]:
    """The request that says above the tab when the sheet was last in step, and by which machine."""
    local = at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    said = HEADS.join(t("Last in step: {at}, by {machine}", at=local, machine=machine) for t in ts)
    cell = {"userEnteredValue": {"stringValue": said}}
    start = {"sheetId": sheet_id, "rowIndex": 0, "columnIndex": column}
    return [{"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": "userEnteredValue"}}]


def about_rows(t: Translator) -> Iterator[tuple[str, str]]:
    """The rows below the header: what is spoken of, and what to know of it."""
    yield from (
        (t("What this is"), t("The people of your organisation and what they did with you, kept by perthyn.")),
        (
            t("Who sees it"),
            t("Everybody who can open this Google Sheet sees all of it. Look at who it is shared with."),
        ),
        (
            t("Safe by hand"),
            t(
                "Edit cells, sort whole tabs, add rows anywhere, add columns and tabs of your own, use colours and "
                "filters, rename tabs and headers, move columns."
            ),
        ),
        (
            t("Better not"),
            t(
                "Do not sort some columns without the others, do not edit hidden columns, and do not delete people "
                "here who have a history: perthyn has commands for that, which can be undone."
            ),
        ),
        (t("When something can't be read"), t("It stays as you typed it, and the Problems tab says what is wrong.")),
        (t("When it is full"), t("perthyn move --to sqlite:///perthyn.sqlite takes everything along, with proof.")),
    )

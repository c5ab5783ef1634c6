"""A rota: rows are duties, columns are days, and a cell names who is down for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from perthyn.importing.chunk import Chunk
from perthyn.importing.layout import Layout, day_columns
from perthyn.importing.names import split_name
from perthyn.importing.plans import ColumnPlan
from perthyn.importing.values import Cell, Parsed, as_text
from perthyn.importing.values_dates import DateReader, DateStyle
from perthyn.text import fold

_NOBODY = frozenset(("", "?", "??", "-", "--", "x", "n/a", "tbc", "closed", "ar gau", "neb", "nobody"))
_BETWEEN = re.compile(r"\s*[/&+,;\n]\s*|\s+(?:a|ac|and)\s+")
_REMARK = re.compile(r"\s*\(([^)]*)\)")


def grid_plans(layout: Layout) -> list[ColumnPlan]:
    """The columns of a rota: its days, and before them the duty."""
    days = set(day_columns(layout))
    first = next((index for index in range(len(layout.headers)) if index not in days), -1)
    return [
        ColumnPlan(
            index,
            header,
            "date" if index in days else "subject" if index == first else "keep",
            "content" if index in days else "name",
            date_order="dmy" if index in days else "",
        )
        for index, header in enumerate(layout.headers)
    ]


def grid_days(plans: Sequence[ColumnPlan], today: date, zone: str) -> dict[int, date]:
    """The day of each column of a rota (a day without a year is the one nearest to today)."""
    columns = [plan for plan in plans if plan.becomes == "date"]
    days = DateReader(DateStyle("dmy", today, zone, "near")).read([plan.header for plan in columns]).values
    return {plan.index: day for plan, day in zip(columns, days, strict=True) if day}


def unfold(
    rows: Sequence[tuple[int, Sequence[Cell]]], plans: Sequence[ColumnPlan], days: dict[int, date], today: date
) -> Chunk:
    """One row for each person on each duty and day. "Siân/Gwen" are two; "?" is nobody yet.

    A rota knows people by a short name alone, so that, folded, is also the sender's id of the person.
    """
    lines: list[tuple[int, str, str, str, str, date]] = []
    duty = next((plan.index for plan in plans if plan.becomes == "subject"), -1)
    for number, cells in rows:
        for index, day in days.items():
            for piece in _BETWEEN.split(as_text(cells[index])):
                name = _REMARK.sub("", piece).strip(" ?")
                if name.casefold() not in _NOBODY:
                    remark = " ".join(_REMARK.findall(piece)) + (" ?" if piece.strip().endswith("?") else "")
                    subject = as_text(cells[duty]) if duty >= 0 else ""
                    lines.append((number, subject, plans[index].header, name, remark.strip(), day))
    numbers, subjects, headers, names, remarks, dates = _columns(lines)
    cells_by = {
        "subject": [subject or None for subject in subjects],
        "date": dates,
        "person_id": list(map(fold, names)),
        "name": [split_name(name) for name in names],
        "text": [remark or None for remark in remarks],
    }
    texts = {"subject": subjects, "date": headers, "name": names, "text": remarks}
    return Chunk(
        numbers,
        {meaning: [Parsed(values)] for meaning, values in cells_by.items()},
        texts,
        {**{meaning: [meaning] for meaning in texts}, "person_id": ["name"]},
        today=today,
    )


def _columns(lines: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*lines, strict=True)] if lines else [[] for _ in range(6)]

"""Noting: problem records for what people must look at in the sheet, and their end where it was put right."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from perthyn.changes import Change, Create, Edit
from perthyn.importing.problems import fit
from perthyn.model import Problem
from perthyn.model.ids import named_id
from perthyn.store import Store
from perthyn_sheets.book import Book
from perthyn_sheets.merging import Trouble

PASSING = ("sheets.cell.", "sheets.row.incomplete")
"""Codes of what is over as soon as it is not found any more."""
LASTING = ("sheets.cell.overruled",)


def noted(book: Book, mirror: Store, troubles: Iterable[Trouble], now: datetime) -> list[Change]:
    """Problems that are new or open again, and those that somebody has put right."""
    wanted: dict[UUID, Problem] = {}
    for one in troubles:
        of = str(one.named[1]) if one.named else str(one.row)
        said = ("sheet problem", book.api.sheet, one.tab, of, one.column, one.code, str(one.raw))
        id = named_id("\x1f".join(said))
        title = book.tabs[one.tab].title(book.languages)
        header = book.header(one.tab, one.column)
        facts = {**_fitting(one.facts), "tab": title, "row": one.row, "column": fit(header), "key": one.column}
        wanted[id] = Problem(
            id=id,
            code=one.code,
            where=title[:500],
            row=one.row or None,
            column=fit(header)[:500] or None,
            raw=fit(str(one.raw)) or None,
            facts=json.dumps(facts, ensure_ascii=False, sort_keys=True, default=str)[:50_000],
            contact=one.named[1] if one.named and one.named[0] == "contact" else None,
            at=now,
        )
    held = {one.id: one for one in mirror.scan(Problem) if one.code.startswith("sheets.")}
    changes: list[Change] = []
    for id, problem in wanted.items():
        if id not in held:
            changes.append(Create(problem))
        elif held[id].state != "open":
            changes.append(Edit("problem", id, {"state": (held[id].state, "open")}))
    for id, problem in held.items():
        passing = problem.code.startswith(PASSING) and problem.code not in LASTING
        if problem.state == "open" and id not in wanted and passing:
            changes.append(Edit("problem", id, {"state": ("open", "mended")}))
    return changes


def _fitting(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as a problem can hold them, whatever signs somebody pasted into a cell."""
    return {name: fit(value) if isinstance(value, str) else value for name, value in facts.items()}

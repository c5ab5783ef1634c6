"""Repair: rows that were refused, each with the cell that is wrong, put right in place and tried again."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from perthyn.importing.identity import WHY
from perthyn.importing.refused import RefusedRow, RefusedRows
from perthyn.importing.settling import TO_CORRECT
from perthyn.screens import Reply, Screens, Sent, Shown, Visit, Went
from perthyn_web.files import TYPES, pieces
from perthyn_web.intake import keeping, working
from perthyn_web.intake.keeping import Intake

screens = Screens()
MOST_CELLS, MOST_ROWS = 1_200, 25
"""Fields of one form, and rows on one page."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a refused row. `wrong`: what is wrong with it; "" for one that is well."""

    name: str
    header: str
    text: str
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A refused row. `why`: what is wrong with the whole of it; `first`: its cells that are wrong, `rest`: others."""

    number: int
    why: str
    first: list[Cell]
    rest: list[Cell]


@screens.get("/import/{id:uuid}/repair", "import.read")
def repair(visit: Visit, id: UUID) -> Reply:
    """The rows that were refused, with the wrong cells to be put right."""
    intake = keeping.get(visit.crm, id)
    return _shown(visit, intake)


@screens.post("/import/{id:uuid}/repair", "import.write")
def again(visit: Visit, id: UUID) -> Reply:
    """Try the rows again in which something was changed; the others wait on."""
    intake = keeping.get(visit.crm, id)
    rows = list(intake.refused())
    changed = {one.row: now for one in rows if (now := _corrected(visit, one)) is not None}
    if not changed:
        return Went(f"/import/{id}/repair", visit.t("Nothing was changed, so nothing was tried again."))
    content = io.StringIO(newline="")
    out = csv.writer(content)
    first = next(one for one in rows if one.row in changed)
    out.writerow([header for header in first.headers if header != WHY])
    for one in changed.values():
        out.writerow([cell for header, cell in zip(one.headers, one.cells, strict=False) if header != WHY])
    fresh = keeping.bring(visit.crm, _name(intake), io.BytesIO(content.getvalue().encode("utf-8-sig")), intake)[0]
    plan = intake.plan
    fresh.keep_plan(replace(plan, encoding="", delimiter=",") if plan.columns else plan)
    intake.leave_refused(one for one in rows if one.row not in changed)
    working.begin(visit.crm, fresh, dry=False)
    return Went(f"/import/{fresh.id}/result")


@screens.get("/import/{id:uuid}/refused.csv", "import.read")
def download(visit: Visit, id: UUID) -> Reply:
    """The rows that were refused, each with the reason, to be put right elsewhere and brought again."""
    intake = keeping.get(visit.crm, id)
    folder = TemporaryDirectory()
    written = RefusedRows(Path(folder.name) / "refused.csv", lambda error: " ".join(visit.t.error(error)))
    try:
        for one in intake.refused():
            written.write(one)
        path = written.keep()
    finally:
        written.drop()
    if path is None:
        folder.cleanup()
        return Went(f"/import/{id}/result")
    return Sent(pieces(path, folder), TYPES[".csv"], _name(intake))


def _shown(visit: Visit, intake: Intake) -> Reply:
    from_row = visit.query.number("after") or 0
    rows = (one for one in intake.refused() if one.row > from_row)
    page: list[RefusedRow] = []
    cells, more = 0, False
    for one in rows:
        cells += len(one.cells)
        more = len(page) == MOST_ROWS or (bool(page) and cells > MOST_CELLS)
        if more:
            break
        page.append(one)
    facts: dict[str, Any] = {
        "intake": intake, "rows": [_row(visit, one) for one in page], "total": intake.waiting,
        "next": page[-1].row if more else None, "first": not from_row,
    }  # fmt: skip
    return Shown("imports/repair.html", facts)


def _row(visit: Visit, one: RefusedRow) -> Row:
    wrong = {column: visit.t.error(error)[0] for column, error in one.reasons if column in one.headers}
    whole = [visit.t.error(error)[0] for column, error in one.reasons if column not in one.headers]
    first, rest = [], []
    for place, (header, text) in enumerate(zip(one.headers, one.cells, strict=False)):
        if header == WHY:
            continue
        name = f"r-{one.row}-{place}"
        if header in wrong:
            first.append(Cell(name, header, text, wrong[header]))
        else:
            rest.append(Cell(name, header, text))
    return Row(one.row, " ".join(whole), first, rest)


def _corrected(visit: Visit, one: RefusedRow) -> RefusedRow | None:
    """The row with what the form says; None where that is no news."""
    cells = [visit.form.get(f"r-{one.row}-{place}", cell) for place, cell in enumerate(one.cells)]
    return replace(one, cells=cells) if cells != list(one.cells) else None


def _name(intake: Intake) -> str:
    stem = Path(intake.name).stem.partition(TO_CORRECT)[0]
    return f"{stem}{TO_CORRECT}.csv"

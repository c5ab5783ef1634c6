"""Files brought by the API: understood, looked at without a trace, taken in by a job, refused rows shown."""

from __future__ import annotations

from io import BytesIO
from itertools import islice
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Body, Query
from pydantic import Field

from perthyn.errors import PerthynError
from perthyn.importing.consents import YesMeans
from perthyn.importing.maps import MapColumn
from perthyn.importing.meanings import check_meaning
from perthyn.importing.plans import Understanding
from perthyn_web.api.paging import Cursor, Limit, cursor_of, numbered, page, place_of
from perthyn_web.api.routes import Asked, Routes
from perthyn_web.api.shapes import Flag, Given, Instant, page_of, told
from perthyn_web.intake import keeping, working
from perthyn_web.intake.keeping import Intake, Plan

routes = Routes("imports")
COLUMN = told(
    "Column", "What a column becomes, and how that was found.",
    header=str, becomes=str, how=str, date_order=str | None, inverted=bool,
)  # fmt: skip
UNDERSTOOD = told(
    "Understood", "What a file was taken to be.", source=str, about=str, known=str | None,
    columns=list[COLUMN], notes=list[str],  # type: ignore[valid-type]
)  # fmt: skip
STATE = told(
    "ImportState", "How far it is: open, waiting, reading, storing, looked, done, failed.",
    phase=str, dry=bool, rows=int, total=int, code=str | None, words=str | None,
)  # fmt: skip
IMPORT = told(
    "Import", "A table that was brought. `outcome`: what would become, or has become, of its rows.",
    id=UUID, name=str, sheet=str | None, made=Instant, by=str, state=STATE, outcome=dict[str, Any],
    understood=UNDERSTOOD | None,
)  # fmt: skip
IMPORTS = told("Imports", "One for each table of a file.", items=list[IMPORT])  # type: ignore[valid-type]
REFUSED = told(
    "RefusedRow", "A row that could not be taken in.", row=int, cells=dict[str, str],
    reasons=list[told("Reason", "What is wrong.", column=str | None, code=str, words=str)],  # type: ignore[misc]
)  # fmt: skip


class ColumnIn(Given):
    """What a column becomes."""

    becomes: Annotated[str, Field(min_length=1, max_length=100)]
    date_order: Literal["dmy", "mdy", "ymd", "serial"] | None = None
    decimal: Literal[".", ","] | None = None
    inverted: Flag = False


class YesIn(Given):
    """What the people of a file said yes to, in the words that they were asked."""

    wording: Annotated[str, Field(min_length=1, max_length=5000)]
    language: Literal["cy", "en"] | None = None
    purposes: list[Literal["marketing", "fundraising"]] = Field(default=[], max_length=2)


class PlanIn(Given):
    """How a file is to be read; what is not said is found in the file."""

    encoding: Annotated[str, Field(max_length=40)] | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    source: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    about: Literal["people", "happenings", "both"] | None = None
    columns: dict[str, ColumnIn] = Field(default={}, max_length=500)
    yes: YesIn | None = None


@routes.get("/imports", "import.read", page_of(IMPORT))
def listed(asked: Asked, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """Files that were brought lately, the newest first."""
    return numbered(keeping.every(asked.crm), cursor, limit, lambda one: _shown(asked, one))


@routes.post("/imports", "import.write", IMPORTS, 201, file=True)
def brought(
    asked: Asked,
    name: Annotated[str, Query(min_length=1, max_length=300, description="What the file is called: `visitors.csv`.")],
    body: Annotated[bytes, Body(media_type="application/octet-stream")],
) -> Any:
    """Bring a file (.csv, .xlsx ...; 32 MB at most): nothing of it is stored yet."""
    found = keeping.bring(asked.crm, name, BytesIO(body))
    return {"items": [_shown(asked, one) for one in found]}


@routes.get("/imports/{id}", "import.read", IMPORT)
def one(asked: Asked, id: UUID) -> Any:
    """A file that was brought: what it was taken to be, and how far it is."""
    intake = keeping.get(asked.crm, id)
    found = _shown(asked, intake)
    if intake.file is not None and not intake.state.running:
        found["understood"] = _understood(asked, _understanding(asked, intake, intake.plan))
    return found


@routes.put("/imports/{id}/plan", "import.write", IMPORT)
def planned(asked: Asked, id: UUID, body: PlanIn) -> Any:
    """Say how a file is to be read. Columns that are not named become what they were taken to be."""
    intake = keeping.get(asked.crm, id)
    if intake.state.running:
        raise PerthynError("api.import.running")
    plan = _plan(asked, intake, body)
    understood = _understanding(asked, intake, plan)
    intake.keep_plan(plan)
    return _shown(asked, intake) | {"understood": _understood(asked, understood)}


@routes.post("/imports/{id}/look", "import.read", IMPORT, 202)
def looked(asked: Asked, id: UUID) -> Any:
    """Have it looked at: what would become of each row. Nothing is stored; ask for the import to see how far it is."""
    return _begun(asked, id, dry=True)


@routes.post("/imports/{id}/run", "import.write", IMPORT, 202)
def run(asked: Asked, id: UUID) -> Any:
    """Take it in, by a job. `outcome.batch` is what takes it back."""
    return _begun(asked, id, dry=False)


@routes.get("/imports/{id}/refused", "import.read", page_of(REFUSED))
def refused(asked: Asked, id: UUID, cursor: Cursor = "", limit: Limit = 50) -> Any:
    """The rows that were refused, and why."""
    place = place_of(cursor, int)
    start = max(0, place[0]) if place else 0
    found = list(islice(keeping.get(asked.crm, id).refused(), start, start + limit + 1))
    return page(map(lambda row: _row(asked, row), found[:limit]),
                cursor_of(start + limit) if len(found) > limit else None)  # fmt: skip


@routes.delete("/imports/{id}", "import.write")
def dropped(asked: Asked, id: UUID) -> Any:
    """Keep a file no longer; what was taken in of it stays."""
    intake = keeping.get(asked.crm, id)
    if intake.state.running:
        raise PerthynError("api.import.running")
    keeping.drop(intake)
    return None


def _begun(asked: Asked, id: UUID, *, dry: bool) -> Any:
    intake = keeping.get(asked.crm, id)
    if intake.file is None:
        raise PerthynError("web.import.gone", id=id.hex[-6:])
    working.begin(asked.crm, intake, dry=dry)
    return _shown(asked, intake)


def _plan(asked: Asked, intake: Intake, body: PlanIn) -> Plan:
    yes = YesMeans(body.yes.wording, body.yes.language, tuple(body.yes.purposes)) if body.yes else None
    plan = Plan(body.encoding or "", body.delimiter or "", body.source or "", body.about or "", yes=yes)
    there = _understanding(asked, intake, plan)
    headers = [column.header for column in there.columns]
    for header, column in body.columns.items():
        if header not in headers:
            raise PerthynError("api.import.column", name=header[:100], known=", ".join(headers)[:500])
        check_meaning(column.becomes, header)
    columns = {one.header: MapColumn(one.becomes, one.date_order, one.decimal, one.inverted) for one in there.columns}
    columns |= {
        header: MapColumn(column.becomes, column.date_order or "", column.decimal or "", column.inverted)
        for header, column in body.columns.items()
    }
    return Plan(plan.encoding, plan.delimiter, body.source or there.source, body.about or there.about, there.known,
                dict(there.defaults), columns if body.columns else {}, yes)  # fmt: skip


def _understanding(asked: Asked, intake: Intake, plan: Plan) -> Understanding:
    if intake.file is None:
        raise PerthynError("web.import.gone", id=intake.id.hex[-6:])
    return next(iter(asked.crm.understand(intake.file, intake.reading(plan))))


def _understood(asked: Asked, found: Understanding) -> dict[str, Any]:
    columns = [{"header": one.header, "becomes": one.becomes, "how": one.how, "date_order": one.date_order or None,
                "inverted": one.inverted} for one in found.columns]  # fmt: skip
    notes = [" ".join(asked.t.error(PerthynError(one.code, **one.facts))) for one in found.notes]
    return {"source": found.source, "about": found.about, "known": found.known or None, "columns": columns,
            "notes": notes}  # fmt: skip


def _shown(asked: Asked, intake: Intake) -> dict[str, Any]:
    state = working.state_of(asked.crm, intake)
    words = " ".join(asked.t.error(PerthynError(state.code, **state.facts))) if state.code else None
    return {
        "id": intake.id, "name": intake.name, "sheet": intake.sheet or None, "made": intake.made, "by": intake.by,
        "state": {"phase": state.phase, "dry": state.dry, "rows": state.rows, "total": state.total,
                  "code": state.code or None, "words": words},
        "outcome": dict(intake.outcome),
    }  # fmt: skip


def _row(asked: Asked, row: Any) -> dict[str, Any]:
    return {
        "row": row.row,
        "cells": dict(zip(row.headers, map(str, row.cells), strict=False)),
        "reasons": [{"column": column or None, "code": error.code, "words": " ".join(asked.t.error(error))}
                    for column, error in row.reasons],
    }  # fmt: skip

"""Numbers, and files that go out, by the API."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import Field

from perthyn.crm import Number
from perthyn.errors import PerthynError
from perthyn.rules import parse
from perthyn_web.api.contacts import CONTACT
from perthyn_web.api.paging import Cursor, Limit, cursor_of, page, place_of
from perthyn_web.api.routes import Asked, Routes, file_response
from perthyn_web.api.shapes import Day, Given, page_of, told
from perthyn_web.files import TYPES

routes = Routes("numbers")
NUMBER = told(
    "Number", "One number: `value` of `whole`, over `since` to `as_of`. Money in minor units.",
    name=str, label=str, whole_label=str, value=int, whole=int | None, share=float | None, unit=str,
    currency=str | None, as_of=str, since=str | None, rule=str | None,
    parts=list[told("NumberPart", "What it is made of.", label=str, value=int)],  # type: ignore[misc]
)  # fmt: skip
REPORT = told("Report", "The eight numbers.", items=list[NUMBER])  # type: ignore[valid-type]
TREND = told(
    "Trend", "Numbers by month, quarter or year. `values` has null where nobody knows.",
    name=str, label=str, unit=str, step=str, currency=str | None, stands=bool,
    periods=list[told("Period", "Both days included.", since=str, until=str, partly=bool)],  # type: ignore[misc]
    lines=list[told("TrendLine", "One thing that is counted.", name=str, label=str, values=list[int | None])],  # type: ignore[misc]
)  # fmt: skip
NAMES = Literal["visits", "visitors", "returning", "income", "members", "readers", "reachable", "languages"]
Since = Annotated[Day | None, Query(description="From this day.")]
Until = Annotated[Day | None, Query(description="Up to this day; without it, today.")]


class ExportIn(Given):
    """Whom a file is to hold, and what it is for."""

    purpose: Literal["marketing", "fundraising", "service", "analysis"]
    segment: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    rule: Annotated[str, Field(min_length=1, max_length=5000)] | None = Field(None, description="Not with `segment`.")
    channels: list[Literal["email", "post", "phone", "sms"]] = Field(default=[], max_length=4)
    format: Literal["csv", "xlsx"] = "csv"


@routes.get("/numbers", "report.read", REPORT)
def numbers(asked: Asked, since: Since = None, as_of: Until = None) -> Any:
    """The eight numbers of a year, or since a day."""
    return {"items": [_number(asked, one) for one in asked.crm.report(since, as_of)]}


@routes.get("/numbers/{name}", "report.read", NUMBER)
def number(asked: Asked, name: NAMES, since: Since = None, as_of: Until = None) -> Any:
    """One of them."""
    return _number(asked, asked.crm.number(name, since, as_of))


@routes.get("/numbers/{name}/people", "report.read", page_of(CONTACT))
def people(
    asked: Asked, name: NAMES, since: Since = None, as_of: Until = None, cursor: Cursor = "", limit: Limit = 50
) -> Any:
    """Whom a number counts, in the order they were added."""
    crm = asked.crm
    counted = crm.number(name, since, as_of)
    place = place_of(cursor, UUID)
    after = place[0] if place else None
    if counted.rule:
        found = crm.page_of(crm.closed_text(counted.rule, counted.as_of), limit + 1, after)
    else:
        everybody = crm.people_of(counted) if counted.name == "reachable" else iter(())
        found = list(islice((one for one in everybody if after is None or one.id > after), limit + 1))
    more = len(found) > limit
    return page((one.plain() for one in found[:limit]), cursor_of(found[limit - 1].id) if more else None)


@routes.get("/trends/{name}", "report.read", TREND)
def trend(
    asked: Asked,
    name: Literal["visits", "income", "people", "segments"],
    since: Since = None,
    until: Until = None,
    step: Literal["month", "quarter", "year"] = "month",
) -> Any:
    """How a number went."""
    found = asked.crm.trend(name, since, until, step)
    t = asked.t
    return {
        "name": found.name, "label": t(found.label), "unit": found.unit, "step": found.step,
        "currency": found.currency or None, "stands": found.stands,
        "periods": [{"since": str(one.since), "until": str(one.until), "partly": one.partly} for one in found.periods],
        "lines": [{"name": one.name, "label": t(one.label), "values": list(one.values)} for one in found.lines],
    }  # fmt: skip


@routes.post("/exports", "contact.export", None, kinds=("text/csv", TYPES[".xlsx"]))
def export(asked: Asked, body: ExportIn) -> Any:
    """People's details as a file, for a purpose: only those who may be contacted so, and only by the ways allowed."""
    crm = asked.crm
    if body.segment and body.rule:
        raise PerthynError("api.export.both")
    chosen = crm.segment(body.segment) if body.segment else None
    rule = parse(body.rule, crm.schema(), crm.language) if body.rule else None
    folder = Path(tempfile.mkdtemp(prefix="perthyn-"))
    try:
        file = folder / f"perthyn.{body.format}"
        crm.export(file, body.purpose, segment=chosen, rule=rule, channels=dict.fromkeys(body.channels))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    name = f"perthyn-{crm.today().isoformat()}.{body.format}"
    return file_response(file, TYPES[file.suffix], name, lambda: shutil.rmtree(folder, ignore_errors=True))


def _number(asked: Asked, one: Number) -> dict[str, Any]:
    t = asked.t
    return {
        **{name: getattr(one, name) for name in ("name", "value", "whole", "share", "unit")},
        "label": t(one.label), "whole_label": t(one.whole_label), "currency": one.currency or None,
        "as_of": str(one.as_of), "since": str(one.since) if one.since else None, "rule": one.rule or None,
        "parts": [{"label": label, "value": value} for label, value in _labels(asked, one)],
    }  # fmt: skip


def _labels(asked: Asked, one: Number) -> Iterator[tuple[str, int]]:
    for label, value in one.parts:
        yield asked.t(label), value

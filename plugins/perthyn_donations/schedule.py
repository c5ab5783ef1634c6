"""The claim as HMRC's own spreadsheet: its template with the rows filled in, nothing else changed.

HMRC reads the text that a cell shows, not its value: days as dd/mm/yy, amounts with two decimals. The bytes depend on
the rows alone, so that a claim can be written again.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

TEMPLATE = Path(__file__).parent / "hmrc" / "GoodData.ods"
FIRST_ROW, MOST_ROWS = 25, 1000
EXAMPLES = 4
"""So many rows of the template hold examples."""
_ROW = re.compile(r"<table:table-row.*?</table:table-row>", re.DOTALL)
_CELL = re.compile(
    r'<table:table-cell(?=[^>]*table:style-name="(ce\d+)")(?:(?=[^>]*number-columns-repeated="(\d+)"))?[^>]*?'
    r"(?:/>|>.*?</table:table-cell>)",
    re.DOTALL,
)
_EMPTY = re.compile(r'<table:table-cell table:style-name="(ce\d+)"/>(?:<table:table-cell table:style-name="\1"/>)*')
_REPEATED = re.compile(r'<table:table-row[^>]*number-rows-repeated="(\d+)"')
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<office:document-meta '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" office:version="1.4"><office:meta>'
    "<meta:generator>perthyn</meta:generator></office:meta></office:document-meta>"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the schedule, in its columns' order; `amount` in pence."""

    title: str
    given: str
    family: str
    house: str
    postcode: str
    aggregated: str
    sponsored: bool
    day: date
    amount: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """One file. `earliest`: Box 1. `over_claimed`: Box 2, tax in pence, 0 for none."""

    earliest: date
    over_claimed: int
    rows: Sequence[Row]


def written(schedule: Schedule) -> bytes:
    """The schedule as an .ods file. At most `MOST_ROWS` rows."""
    if not 0 < len(schedule.rows) <= MOST_ROWS:
        raise ValueError(f"a schedule has 1 to {MOST_ROWS} rows, not {len(schedule.rows)}")
    out = io.BytesIO()
    with zipfile.ZipFile(TEMPLATE) as template, zipfile.ZipFile(out, "w") as file:
        for item in template.infolist():
            content = template.read(item)
            if item.filename == "content.xml":
                content = _filled(content.decode("utf-8"), schedule).encode("utf-8")
            elif item.filename == "meta.xml":
                content = _PROPERTIES.encode("utf-8")
            fresh = zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0))
            fresh.compress_type = item.compress_type
            fresh.create_system = 0
            file.writestr(fresh, content)
    return out.getvalue()


def _filled(content: str, schedule: Schedule) -> str:
    number = 0
    total = sum(row.amount for row in schedule.rows)
    box2 = _money(schedule.over_claimed) if schedule.over_claimed else None
    shown = f'office:value="{_decimal(total)}"\\1<text:p>£{total // 100:,}.{total % 100:02}<'
    change: dict[int, Callable[[str], str]] = {
        13: lambda row: _with_cells(row, {3: _day(schedule.earliest)}),
        17: lambda row: _with_cells(row, {3: box2}),
        20: lambda row: re.sub(r'office:value="1450"(.*?)<text:p>[^<]*<', shown, row, count=1),
    }
    for at in range(max(len(schedule.rows), EXAMPLES)):
        cells = _cells(schedule.rows[at]) if at < len(schedule.rows) else {place: None for place in range(2, 11)}
        change[FIRST_ROW + at] = partial(_with_cells, cells=cells)

    def fill(found: re.Match[str]) -> str:
        nonlocal number
        repeated = _REPEATED.match(found[0])
        number += int(repeated[1]) if repeated else 1
        return change[number](found[0]) if number in change else found[0]

    return _ROW.sub(fill, content)


Shown = tuple[str, str] | None
"""A cell's attributes and the text that it shows."""


def _cells(row: Row) -> dict[int, Shown]:
    """Columns C to K, by their places from A."""
    said = (row.title, row.given, row.family, row.house, row.postcode, row.aggregated, "Yes" * row.sponsored)
    texts: list[Shown] = [('office:value-type="string"', one) if one else None for one in said]
    return dict(enumerate([*texts, _day(row.day), _money(row.amount)], 2))


def _with_cells(row: str, cells: Mapping[int, Shown]) -> str:
    """A row of the template with other contents in some cells, each in its own style."""
    at = 0

    def fill(found: re.Match[str]) -> str:
        nonlocal at
        places = range(at, at + int(found[2] or 1))
        at = places.stop
        if not any(place in cells for place in places[:20]):
            return found[0]
        return "".join(_cell(found[1], cells.get(place)) for place in places)

    return _EMPTY.sub(_joined, _CELL.sub(fill, row))


def _joined(run: re.Match[str]) -> str:
    """Empty cells of one style side by side as the template writes them."""
    count = run[0].count("<")
    repeated = f'table:number-columns-repeated="{count}" ' if count > 1 else ""
    return f'<table:table-cell {repeated}table:style-name="{run[1]}"/>'


def _cell(style: str, shown: Shown) -> str:
    if shown is None:
        return f'<table:table-cell table:style-name="{style}"/>'
    value, text = shown
    return f'<table:table-cell {value} table:style-name="{style}"><text:p>{escape(text)}</text:p></table:table-cell>'


def _day(day: date) -> tuple[str, str]:
    return f'office:value-type="date" office:date-value="{day.isoformat()}T00:00:00"', f"{day:%d/%m/%y}"


def _money(pence: int) -> tuple[str, str]:
    return f'office:value-type="float" office:value="{_decimal(pence)}"', f"{pence // 100}.{pence % 100:02}"


def _decimal(pence: int) -> str:
    whole, part = divmod(pence, 100)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".") if part else str(whole)

"""What a table says: which columns mean what, how its dates and amounts are written, where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from types import MappingProxyType

from perthyn.errors import Unknown
from perthyn.importing.chunk import Chunk
from perthyn.importing.chunks import chunks
from perthyn.importing.columns import Sample, plan_columns
from perthyn.importing.date_order import OrderVotes
from perthyn.importing.grid import grid_plans
from perthyn.importing.headings import is_known_heading, is_question
from perthyn.importing.identity import WHY
from perthyn.importing.kinds_of_file import FileKind, kind_of_file, source_by_headers
from perthyn.importing.layout import Layout, data_rows, find_layout
from perthyn.importing.maps import MapFile, read_map, write_map
from perthyn.importing.meanings import OWN, reads
from perthyn.importing.plans import ColumnPlan, KnownExport, Note, Understanding
from perthyn.importing.returned import custom_of_head
from perthyn.importing.tables import Table
from perthyn.importing.values import Cell, as_text, mend_mojibake
from perthyn.importing.values_dates import has_clock
from perthyn.importing.values_money import currency_named, decimal_sign
from perthyn.model.normal import is_uk_postcode
from perthyn.text import nearest

__all__ = [
    "Chunk",
    "ColumnPlan",
    "KnownExport",
    "MapFile",
    "Note",
    "Understanding",
    "chunks",
    "read_map",
    "understand",
    "write_map",
]

SAMPLE_ROWS = 1_000
ROWS_FOR_ORDER = 200_000
"""As far as this a column of dates is read on while each could be day first or month first."""

_PERSON = frozenset(("name", "given", "family", "email", "phone", "person_id", "organisation"))
_NEEDS_A_DAY = frozenset(
    (
        *("amount", "fee", "quantity", "party_size", "order", "kind", "event", "event_type"),
        *("subject", "campaign", "channel", "site"),
    )
)
_ANSWERS = frozenset(
    ("phone", "language", "birth_date", "gift_aid", "consent_email", "consent_post", "consent_phone", "consent_sms")
)
"""What the questions that a shop adds to a known export may become."""
_TELLING = _NEEDS_A_DAY | {"event_date"}


def understand(
    table: Table,
    *,
    known: Sequence[KnownExport] = (),
    map: MapFile | None = None,
    today: date,
    zone: str = "Europe/London",
) -> Understanding:
    """What the table is taken to be, with what could be wrong in `notes`.

    `today`: for years of two digits and days without a year. `zone`: the organisation's. Raises PerthynError
    ``import.file.*`` (no data) and Unknown ``import.map.column_missing``, ``import.map.known_unknown``.
    """
    layout = find_layout(table, known=is_known_heading)
    sample = Sample(_sample(table, layout), today, zone)
    export = _known(known, layout, map, table.path.name)
    notes: list[Note] = []
    if layout.shape == "grid":
        plans = grid_plans(layout)
    elif export and not export.recognise:
        plans = _by_export(export, layout, None)
    else:
        plans, notes = plan_columns(layout.headers, sample)
        if export:
            plans, notes = _by_export(export, layout, plans), []
    plans = _by_map(map, plans) if map else plans
    plans = [_settled(plan, sample) for plan in plans]
    plans = _dated(plans, table, layout, notes, export, map)
    defaults = {**(export.defaults if export else {}), **(map.defaults if map else {})}
    have = {plan.becomes for plan in plans}
    kind = kind_of_file(f"{table.path.stem} {table.sheet}", layout.headers, have)
    about = (map.about if map else "") or _about(have, defaults, kind, layout)
    if about == "people" and not map and not export:
        plans = _of_people(plans, notes)
    source = _complete(defaults, plans, about, kind, layout, sample, export, notes)
    notes += _of_reading(table, layout, plans, sample)
    notes += [] if export else _of_keeping(layout, plans, sample)
    return Understanding(
        table=table,
        layout=layout,
        about=about,
        columns=tuple(plans),
        source=(map.source if map else "") or source,
        known=export.name if export else "",
        defaults=MappingProxyType(defaults),
        notes=tuple(notes),
        today=today,
        zone=zone,
        shape=export.shape if export else None,
    )


def _sample(table: Table, layout: Layout) -> list[list[Cell]]:
    rows = islice((cells for _, cells, why in data_rows(table, layout) if not why), SAMPLE_ROWS)
    columns: list[list[Cell]] = [[] for _ in layout.headers]
    for cells in rows:
        for column, cell in zip(columns, cells, strict=True):
            cell = cell.strip() if isinstance(cell, str) else cell
            if cell is not None and cell != "":
                column.append(cell)
    return columns


def _known(known: Sequence[KnownExport], layout: Layout, map: MapFile | None, file: str) -> KnownExport | None:
    if map and map.known:
        for export in known:
            if export.name == map.known:
                return export
        names = [export.name for export in known]
        raise Unknown("import.map.known_unknown", name=map.known, suggestion=nearest(map.known, names))
    if map or layout.shape == "grid":
        return None
    fitting = [export for export in known if export.fits(layout.headers, file)]
    return max(fitting, key=lambda export: (len(export.file), len(export.required)), default=None)


def _by_export(export: KnownExport, layout: Layout, plans: list[ColumnPlan] | None) -> list[ColumnPlan]:
    """The export's word on each column it names; of others, own fields and questions answered are recognised."""
    found = []
    for index, header in enumerate(layout.headers):
        meaning = export.meaning(header)
        if not meaning and export.own and header != WHY and not OWN.fullmatch(header):
            meaning = custom_of_head(header)
        plan = ColumnPlan(index, header, meaning or "keep", "known" if meaning else "unknown", verbatim=export.own)
        if not meaning and plans and (plans[index].becomes in _ANSWERS or OWN.fullmatch(plans[index].becomes)):
            plan = replace(plans[index], verbatim=export.own)
        found.append(plan)
    return found


def _by_map(map: MapFile, plans: list[ColumnPlan]) -> list[ColumnPlan]:
    headers = [plan.header for plan in plans]
    for header in map.columns:
        if header not in headers:
            raise Unknown("import.map.column_missing", name=header, suggestion=nearest(header, headers))
    found = []
    for plan in plans:
        said = map.columns.get(plan.header)
        if said:
            plan = replace(plan, becomes=said.becomes, how="map", inverted=said.inverted)
            plan = replace(plan, date_order=said.date_order, decimal=said.decimal or plan.decimal)
        found.append(plan)
    return found


def _settled(plan: ColumnPlan, sample: Sample) -> ColumnPlan:
    """How this column writes its amounts and postcodes, and whether its days carry a time."""
    cells = sample.columns[plan.index]
    kind = reads(plan.becomes)
    if kind == "money" and plan.decimal == ".":
        return replace(plan, decimal=decimal_sign(cells))
    if kind == "postcode" and cells:
        return replace(plan, british=sample.share(plan.index, is_uk_postcode) >= 0.5)
    if kind == "date":
        return replace(plan, timed=any(map(has_clock, cells)))
    return plan


def _dated(
    plans: list[ColumnPlan],
    table: Table,
    layout: Layout,
    notes: list[Note],
    export: KnownExport | None,
    map: MapFile | None,
) -> list[ColumnPlan]:
    """Decide each column's order of day and month, reading on where the first rows leave it open."""
    open_columns = {
        plan.index: OrderVotes()
        for plan in plans
        if reads(plan.becomes) in ("date", "instant") and not plan.date_order and layout.shape == "rows"
    }
    for columns in _stretches(table, layout) if open_columns else ():
        for index, seen in open_columns.items():
            seen.add(columns[index])
        if not any(seen.undecided for seen in open_columns.values()):
            break
    found = []
    for plan in plans:
        if votes := open_columns.get(plan.index):
            order = votes.order
            if export and export.date_order and votes.undecided:
                order = export.date_order
            elif votes.mixed:
                notes.append(Note("import.note.dates_mixed", {"column": plan.header}))
            elif votes.undecided:
                notes.append(Note("import.note.day_first_assumed", {"column": plan.header}))
            if order == "mdy":
                notes.append(Note("import.note.month_first", {"column": plan.header}))
            plan = replace(plan, date_order=order)
        found.append(plan)
    return found


def _stretches(table: Table, layout: Layout) -> Iterator[list[tuple[Cell, ...]]]:
    rows = (cells for _, cells, why in data_rows(table, layout) if not why)
    for _ in range(ROWS_FOR_ORDER // SAMPLE_ROWS):
        stretch = list(islice(rows, SAMPLE_ROWS))
        if not stretch:
            return
        yield list(zip(*stretch, strict=True))


def _about(have: set[str], defaults: Mapping[str, str], kind: FileKind, layout: Layout) -> str:
    if layout.shape == "grid":
        return "both"
    told = have & _TELLING or "kind" in defaults or (kind.kind and not kind.role)
    happened = have & {"date", "event_date"} and told
    if not happened:
        return "people"
    return "both" if have & _PERSON else "happenings"


def _of_people(plans: list[ColumnPlan], notes: list[Note]) -> list[ColumnPlan]:
    """Without a day nothing happened: what tells of happenings is kept as text, a line's id is the person's."""
    found = []
    have = {plan.becomes for plan in plans}
    for plan in plans:
        if plan.becomes == "row_id" and "person_id" not in have:
            plan = replace(plan, becomes="person_id")
        if plan.becomes in _NEEDS_A_DAY:
            notes.append(Note("import.note.no_day", {"column": plan.header}))
            plan = replace(plan, becomes="keep", how="unknown")
        found.append(plan)
    return found


def _complete(
    defaults: dict[str, str],
    plans: Sequence[ColumnPlan],
    about: str,
    kind: FileKind,
    layout: Layout,
    sample: Sample,
    export: KnownExport | None,
    notes: list[Note],
) -> str:
    """Fill in what the file leaves unsaid (currency, kind, role, wording); gives the source."""
    have = {plan.becomes for plan in plans}
    money = [plan for plan in plans if plan.becomes == "amount"]
    if money and "currency" not in have:
        named = currency_named(sample.columns[money[0].index])
        defaults.setdefault("currency", named if re.fullmatch("[A-Z]{3}", named) else "GBP")
    asked = [plan.header for plan in plans if plan.becomes == "consent_email" and is_question(plan.header)]
    if asked and "consent_wording" not in have:
        defaults.setdefault("consent_wording", asked[0])
    if export:
        return _account(export, plans, sample)
    if about != "people" and "kind" not in have and "kind" not in defaults:
        defaults["kind"] = kind.kind or ("purchase" if "amount" in have else "visit")
        if not kind.kind:
            notes.append(Note("import.note.kind_guessed", {"kind": defaults["kind"]}))
    if kind.role and about != "happenings" and "role" not in have:
        defaults.setdefault("role", kind.role)
    return kind.source or source_by_headers(about, layout.headers)


def _account(export: KnownExport, plans: Sequence[ColumnPlan], sample: Sample) -> str:
    header, pattern = export.account
    for plan in plans:
        if header and plan.header == header:
            found = {match[1] for cell in sample.columns[plan.index] if (match := re.search(pattern, as_text(cell)))}
            if len(found) == 1:
                return f"{export.source}:{found.pop()}"
    return export.source


def _of_reading(table: Table, layout: Layout, plans: Sequence[ColumnPlan], sample: Sample) -> Iterator[Note]:
    """What could be wrong in how the file was read at all."""
    yield from (Note(error.code, error.facts) for error in table.notes)
    if table.encoding.lower().replace("_", "-") not in ("", "ascii", "utf-8", "utf-8-sig", "utf8"):
        yield Note("import.note.encoding", {"encoding": table.encoding})
    if not layout.header_row:
        yield Note("import.note.no_header", {})
    for plan in plans:
        cells = [cell for cell in sample.columns[plan.index] if isinstance(cell, str)]
        mended = sum(mend_mojibake(cell) != cell for cell in cells)
        if mended:
            yield Note("import.note.mojibake", {"column": plan.header, "count": mended})
        if plan.index in table.hidden:
            yield Note("import.note.hidden", {"column": plan.header})


def _of_keeping(layout: Layout, plans: Sequence[ColumnPlan], sample: Sample) -> Iterator[Note]:
    kept = [plan.header for plan in plans if plan.becomes == "keep" and sample.columns[plan.index]]
    if kept and layout.shape == "rows":
        yield Note("import.note.kept", {"columns": ", ".join(kept), "count": len(kept)})

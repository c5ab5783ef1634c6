"""The sheet as it was read: which tab is which, where its columns stand, and its rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from perthyn.errors import PerthynError
from perthyn.text import fold
from perthyn_sheets.cells import Raw
from perthyn_sheets.columns import TECHNICAL, Tab, is_own, known_heads, piece_of

if TYPE_CHECKING:
    from perthyn_sheets.api import Api

TAB_KEY, COLUMN_KEY, BOOK_KEY, FENCE_KEY = "perthyn.tab", "perthyn.col", "perthyn.book", "perthyn.fence"
RESTLESS = 4
"""How often a sheet is read anew when it changes between two calls."""
PIECE = re.compile(r"_record\.([2-9]|[1-9]\d+)")
"""Where the form of a long record goes on."""


class Standing(BaseModel):
    """Where a tab and its columns stand. `columns`: our key of each column from the left, "" for a person's own."""

    model_config = ConfigDict(frozen=True)

    sheet: int
    title: str
    columns: tuple[str, ...]
    headers: tuple[str, ...]
    rows: int

    def at(self, key: str) -> int | None:
        """The place of one of our columns, counted from 0."""
        return self.columns.index(key) if key in self.columns else None

    @property
    def forms(self) -> list[int]:
        """The places of the columns that hold a record's JSON, in the order of its pieces."""
        found = [(key, place) for place, key in enumerate(self.columns) if piece_of(key)]
        return [place for _, place in sorted(found, key=lambda one: piece_of(one[0]))]


@dataclass(slots=True)
class Line:
    """A row of a tab. `row`: counted from 0, the header being 0. `cells`: what stands in our visible columns.

    `unseen`: those of which nothing is known (a merged cell covers them, their column is gone). `marked`: whether the
    id stands in its own cell; else it is known by the record's form.
    """

    row: int
    id: UUID | None
    made: str
    last: str
    form: str
    cells: dict[str, Raw]
    unseen: frozenset[str] = frozenset()
    marked: bool = True

    @property
    def bare(self) -> bool:
        """Whether nothing stands in a visible column."""
        return not any(cell != "" for cell in self.cells.values())


@dataclass
class Sheet:
    """What was read in one go.

    `fence`: the text of a fence, "" for none. `of`: the id of the spreadsheet that this one was made as. `twins`: tabs
    that claim to be one of ours that we have already. `titles`, `numbers`: of all tabs, people's own too. `remade`: our
    tabs that were missing and have been made anew; `heal`: those of which a column was. `unmarked`: columns of ours
    that were known by their headers only, by tab; -1 for the tab itself. `lost`: columns that were missing and have
    been made anew. `grids`: all cells of our tabs. `markers`: numbers of the metadata of the whole spreadsheet.
    """

    title: str
    zone: str
    locale: str
    standing: dict[str, Standing]
    lines: dict[str, list[Line]]
    fence: str
    of: str
    twins: list[str] = field(default_factory=list)
    titles: set[str] = field(default_factory=set)
    numbers: set[int] = field(default_factory=set)
    remade: set[str] = field(default_factory=set)
    heal: set[str] = field(default_factory=set)
    unmarked: dict[str, list[int]] = field(default_factory=dict)
    lost: dict[str, tuple[str, ...]] = field(default_factory=dict)
    grids: dict[str, list[list[Any]]] = field(default_factory=dict)
    markers: set[int] = field(default_factory=set)

    def missing(self, tabs: Mapping[str, Tab]) -> list[str]:
        """Our tabs that are not there."""
        return [key for key in tabs if key not in self.standing]


def read(api: Api, tabs: Mapping[str, Tab]) -> Sheet:
    """Read all of ours, in two calls; again where somebody moved a column or a tab between them.

    Raises what `Api` raises, and `PerthynError` (``sheets.restless``).
    """
    before: dict[str, Standing] = {}
    for _ in range(RESTLESS):
        book = api.book()
        ours = [number for number, one in enumerate(book.get("sheets", ())) if _tab_mark(one) in tabs]
        whole = {*ours, *(number for number, one in enumerate(book.get("sheets", ())) if _tab_mark(one))}
        titles = [quoted(one["properties"]["title"]) for one in book.get("sheets", ())]
        asked = [
            title if number in ours else f"{title}!1:1"
            for number, title in enumerate(titles)
            if number in ours or number not in whole
        ]
        try:
            given = dict(zip(asked, api.values(asked), strict=True)) if asked else {}
        except PerthynError as error:
            if error.code != "sheets.refused":  # a tab was renamed or deleted since
                raise
            continue
        rows = [given.get(title, given.get(f"{title}!1:1", [])) for title in titles]
        standing, places, twins, unmarked = _standings(book, rows, tabs)
        if not all(_as_marked(one) for one in standing.values()) and standing != before:
            before = standing  # columns were moved since; if they were not, somebody wrote over our headers
            continue
        return _sheet(book, rows, tabs, api, standing, places, twins, unmarked)
    raise PerthynError("sheets.restless", title=book["properties"]["title"])


def _as_marked(standing: Standing) -> bool:
    """Whether our own columns have the headers that we gave them."""
    return all(
        place < len(standing.headers) and standing.headers[place] == name
        for place, name in enumerate(standing.columns)
        if name in TECHNICAL
    )


def _sheet(
    book: Mapping[str, Any],
    rows: list[list[list[Any]]],
    tabs: Mapping[str, Tab],
    api: Api,
    standing: dict[str, Standing],
    places: Mapping[str, int],
    twins: list[str],
    unmarked: dict[str, list[int]],
) -> Sheet:
    lines, held = {}, {}
    for key, one in standing.items():
        number = places[key]
        if -1 in unmarked.get(key, ()) and one.rows > 1:
            (rows[number],) = api.values([quoted(one.title)])  # known by its headers only
        covered = covered_by(book["sheets"][number].get("merges", ()))
        held[key] = rows[number]
        lines[key] = list(lines_of(tabs[key], one, rows[number], covered))
    about = book["properties"]
    return Sheet(
        about["title"],
        about.get("timeZone", "Etc/GMT"),
        about.get("locale", "en_GB"),
        standing,
        lines,
        book_mark(book, FENCE_KEY),
        book_mark(book, BOOK_KEY),
        twins,
        {one["properties"]["title"] for one in book["sheets"]},
        {one["properties"].get("sheetId", 0) for one in book["sheets"]},
        unmarked=unmarked,
        grids=held,
        markers={one["metadataId"] for one in book.get("developerMetadata", ())},
    )


def grids(api: Api, tabs: Mapping[str, Tab], sheets: Mapping[str, int]) -> dict[str, tuple[Standing, list[list[Any]]]]:
    """How some of our tabs stand now, and all their cells. `sheets`: their numbers."""
    found = read(api, {key: tabs[key] for key in sheets})
    return {key: (one, found.grids[key]) for key, one in found.standing.items() if one.sheet == sheets[key]}


def _tab_mark(sheet: Mapping[str, Any]) -> str:
    return _marked(sheet.get("developerMetadata", ()), TAB_KEY)


def quoted(title: str) -> str:
    """A tab's title as a range names it."""
    return "'" + title.replace("'", "''") + "'"


def _standings(
    book: Mapping[str, Any], rows: Sequence[list[list[Any]]], tabs: Mapping[str, Tab]
) -> tuple[dict[str, Standing], dict[str, int], list[str], dict[str, list[int]]]:
    """Where our tabs and columns stand, by what they were marked with, else by their headers.

    Also where in the book each tab is, tabs in excess, and what was not marked (as `Sheet.unmarked`).
    """
    found: dict[str, Standing] = {}
    places: dict[str, int] = {}
    twins: list[str] = []
    unmarked: dict[str, list[int]] = {}
    for by_mark in (True, False):
        for number, sheet in enumerate(book.get("sheets", ())):
            properties = sheet["properties"]
            headers = [str(cell) for cell in (rows[number][0] if rows[number] else ())]
            key = (
                _tab_mark(sheet)
                if by_mark
                else ""
                if _tab_mark(sheet)
                else _by_headers(headers, properties["title"], tabs)
            )
            if key not in tabs or number in places.values():
                continue
            if key in found:
                twins.append(properties["title"])
                continue
            places[key] = number
            columns, bare = _columns(sheet, headers, tabs[key])
            if bare or not by_mark:
                unmarked[key] = [*bare, *([] if by_mark else [-1])]
            found[key] = Standing(
                sheet=properties.get("sheetId", 0),
                title=properties["title"],
                columns=columns,
                headers=tuple(headers),
                rows=properties.get("gridProperties", {}).get("rowCount", 1),
            )
    return found, places, twins, unmarked


def lines_of(
    tab: Tab, standing: Standing, rows: Sequence[Sequence[Any]], covered: Iterable[tuple[int, int]]
) -> Iterator[Line]:
    """The rows below the header that hold something of ours or in a column of ours."""
    visible = [(key, place) for place, key in enumerate(standing.columns) if key and not is_own(key)]
    absent = frozenset(one.key for one in tab.columns if one.key not in standing.columns and one.key not in TECHNICAL)
    hidden = set(covered)
    ids, made, last, forms = standing.at("id"), standing.at("_made"), standing.at("_last"), standing.forms
    for number, row in enumerate(rows[1:], 1):
        length = len(row)

        def at(place: int | None, row: Sequence[Any] = row, length: int = length) -> Any:
            return row[place] if place is not None and place < length else ""

        cells = {key: row[place] if place < length else "" for key, place in visible}
        id, form = at(ids), "".join(str(at(place)) for place in forms)
        if id == "" and form == "" and not any(cell != "" for cell in cells.values()):
            continue
        unseen = absent
        if hidden:
            unseen |= {key for key, place in visible if (number, place) in hidden}
        own = _uuid(id)
        known = own if own is not None or not form else _uuid(id_of(form))
        yield Line(number, known, str(at(made)), str(at(last)), form, cells, unseen, own is not None)


def covered_by(merges: Iterable[Mapping[str, int]]) -> set[tuple[int, int]]:
    """The cells that stand under a merged one: (row, column)."""
    found = set()
    for one in merges:
        top, left = one.get("startRowIndex", 0), one.get("startColumnIndex", 0)
        found |= {
            (row, column)
            for row in range(top, one.get("endRowIndex", top + 1))
            for column in range(left, one.get("endColumnIndex", left + 1))
        } - {(top, left)}
    return found


def id_of(form: str) -> str:
    """The id that a record's form names, "" for none."""
    try:
        said = json.loads(form)
    except ValueError:
        return ""
    return str(said.get("id", "")) if isinstance(said, dict) else ""


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None


def _marked(metadata: Iterable[Mapping[str, Any]], key: str) -> str:
    return next((str(one.get("metadataValue", "")) for one in metadata if one.get("metadataKey") == key), "")


def book_mark(book: Mapping[str, Any], key: str) -> str:
    """The text that the whole spreadsheet is marked with, "" for none."""
    return _marked(book.get("developerMetadata", ()), key)


def _columns(sheet: Mapping[str, Any], headers: Sequence[str], tab: Tab) -> tuple[tuple[str, ...], list[int]]:
    """Our key of each column: by its mark, else (a copy, a round trip through another program) by its header.

    Also the places of those that are not marked.
    """
    marks = [
        _marked(column.get("developerMetadata", ()), COLUMN_KEY).removeprefix(f"{tab.key}.")
        for column in (sheet.get("data") or [{}])[0].get("columnMetadata", ())
    ]
    count = max(len(marks), len(headers))
    found: list[str] = []
    for place in range(count):
        key = marks[place] if place < len(marks) else ""
        found.append(key if key and key not in found else "")
    by_header = known_heads(tab)
    bare = []
    for place, header in enumerate(headers):
        key = by_header.get(fold(header), "") or (header if PIECE.fullmatch(header) else "")
        if not found[place] and key and key not in found:
            found[place] = key
            bare.append(place)
    return tuple(found), bare


def _by_headers(headers: Sequence[str], title: str, tabs: Mapping[str, Tab]) -> str:
    """The tab whose headers these are, technical ones among them, else by its title; "" for one of somebody's own."""
    said = {fold(header) for header in headers}
    best: list[tuple[int, bool, str]] = []
    for key, tab in tabs.items():
        known = {name for head, name in known_heads(tab).items() if head in said}
        titled = title in (*tab.titles.values(), tab.title(("en", "cy")), tab.title(("cy", "en")))
        if {"id", "_record"} <= known or (titled and len(known) == len(tab.columns)):
            best.append((len(known), titled, key))
    best.sort(reverse=True)
    alone = len(best) == 1 or (len(best) > 1 and best[0][:2] > best[1][:2])
    return best[0][2] if alone else ""

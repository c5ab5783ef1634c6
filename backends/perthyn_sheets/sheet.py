"""The sheet as it was read: which tab is which, where its columns stand, and its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from perthyn.errors import PerthynError
from perthyn_sheets.cells import Raw
from perthyn_sheets.layout import Tab

if TYPE_CHECKING:
    from perthyn_sheets.api import Api

TAB_KEY, COLUMN_KEY, BOOK_KEY, FENCE_KEY = "perthyn.tab", "perthyn.col", "perthyn.book", "perthyn.fence"
RESTLESS = 4
"""How often a sheet is read anew when it changes between two calls."""
TECHNICAL = ("id", "made", "last", "record")
"""Columns of ours in every tab of records; those of a long record go on with ``record.2``, ``record.3`` ..."""


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
        found = [(key, place) for place, key in enumerate(self.columns) if key.partition(".")[0] == "record"]
        return [place for _, place in sorted(found, key=lambda one: int(one[0].partition(".")[2] or 1))]


@dataclass(slots=True)
class Line:
    """A row of a tab. `row`: counted from 0, the header being 0. `cells`: what stands in our visible columns.

    `unseen`: those of which nothing is known (a merged cell covers them, their column is gone).
    """

    row: int
    id: UUID | None
    made: str
    last: str
    form: str
    cells: dict[str, Raw]
    unseen: frozenset[str] = frozenset()

    @property
    def bare(self) -> bool:
        """Whether nothing stands in a visible column."""
        return not any(cell != "" for cell in self.cells.values())


@dataclass
class Sheet:
    """What was read in one go.

    `fence`: the text of a fence, "" for none. `of`: the id of the spreadsheet that this one was made as. `twins`: tabs
    that claim to be one of ours that we have already. `titles`, `numbers`: of all tabs, people's own too. `remade`: our
    tabs that were missing and have been made anew; `heal`: those of which a column was.
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

    def missing(self, tabs: Mapping[str, Tab]) -> list[str]:
        """Our tabs that are not there."""
        return [key for key in tabs if key not in self.standing]


def read(api: Api, tabs: Mapping[str, Tab]) -> Sheet:
    """Read all of ours, in two calls; again where somebody moved a column or a tab between them.

    Raises what `Api` raises, and `PerthynError` (``sheets.restless``).
    """
    for _ in range(RESTLESS):
        book = api.book()
        sheets = book.get("sheets", ())
        marked = [_marked(one.get("developerMetadata", ()), TAB_KEY) in tabs for one in sheets]
        titles = [quoted(one["properties"]["title"]) for one in sheets]
        whole = all(_marked(one.get("developerMetadata", ()), TAB_KEY) for one in sheets)
        asked = [
            title if ours else f"{title}!1:1" for title, ours in zip(titles, marked, strict=True) if ours or not whole
        ]
        try:
            given = dict(zip(asked, api.values(asked), strict=True)) if asked else {}
        except PerthynError as error:
            if error.code != "sheets.refused":  # a tab was renamed or deleted since
                raise
            continue
        rows = [given.get(title if ours else f"{title}!1:1", []) for title, ours in zip(titles, marked, strict=True)]
        found = _sheet(book, rows, tabs, api)
        if found is not None:
            return found
    raise PerthynError("sheets.restless", title=book["properties"]["title"])


def _sheet(book: Mapping[str, Any], rows: Sequence[list[list[Any]]], tabs: Mapping[str, Tab], api: Api) -> Sheet | None:
    standing, places, twins = _standings(book, rows, tabs)
    lines = {}
    for key, one in standing.items():
        number = places[key]
        header = one.headers
        if any(
            name in TECHNICAL and (place >= len(header) or header[place] != name)
            for place, name in enumerate(one.columns)
        ):
            return None
        if not rows[number][1:] and one.rows > 1 and one.columns and not _whole(book, number):
            (rows[number],) = api.values([quoted(one.title)])  # known by its headers only
        covered = covered_by(book["sheets"][number].get("merges", ()))
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
    )


def _whole(book: Mapping[str, Any], number: int) -> bool:
    return bool(_marked(book["sheets"][number].get("developerMetadata", ()), TAB_KEY))


def quoted(title: str) -> str:
    """A tab's title as a range names it."""
    return "'" + title.replace("'", "''") + "'"


def _standings(
    book: Mapping[str, Any], rows: Sequence[list[list[Any]]], tabs: Mapping[str, Tab]
) -> tuple[dict[str, Standing], dict[str, int], list[str]]:
    """Where our tabs and columns stand, by what they were marked with, else by their headers; and tabs in excess."""
    found: dict[str, Standing] = {}
    places: dict[str, int] = {}
    twins: list[str] = []
    for by_mark in (True, False):
        for number, sheet in enumerate(book.get("sheets", ())):
            properties = sheet["properties"]
            headers = [str(cell) for cell in (rows[number][0] if rows[number] else ())]
            key = _marked(sheet.get("developerMetadata", ()), TAB_KEY) if by_mark else _by_headers(headers, tabs)
            if key not in tabs or number in places.values():
                continue
            if key in found:
                twins.append(properties["title"])
                continue
            places[key] = number
            found[key] = Standing(
                sheet=properties.get("sheetId", 0),
                title=properties["title"],
                columns=_columns(sheet, headers, tabs[key]),
                headers=tuple(headers),
                rows=properties.get("gridProperties", {}).get("rowCount", 1),
            )
    return found, places, twins


def lines_of(
    tab: Tab, standing: Standing, rows: Sequence[Sequence[Any]], covered: Iterable[tuple[int, int]]
) -> Iterator[Line]:
    """The rows below the header that hold something of ours or in a column of ours."""
    visible = [(key, place) for place, key in enumerate(standing.columns) if key and key not in TECHNICAL
               and not key.startswith("record.")]  # fmt: skip
    absent = frozenset(one.key for one in tab.columns if one.key not in standing.columns and one.key not in TECHNICAL)
    hidden = set(covered)
    ids, made, last, forms = standing.at("id"), standing.at("made"), standing.at("last"), standing.forms
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
        yield Line(number, _uuid(id), str(at(made)), str(at(last)), form, cells, unseen)


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


def _columns(sheet: Mapping[str, Any], headers: Sequence[str], tab: Tab) -> tuple[str, ...]:
    """Our key of each column: by its mark, else (a copy, a round trip through another program) by its header."""
    marks = [
        _marked(column.get("developerMetadata", ()), COLUMN_KEY).removeprefix(f"{tab.key}.")
        for column in (sheet.get("data") or [{}])[0].get("columnMetadata", ())
    ]
    count = max(len(marks), len(headers))
    found: list[str] = []
    for place in range(count):
        key = marks[place] if place < len(marks) else ""
        found.append(key if key and key not in found else "")
    by_header = _keys_by_header(tab)
    for place, header in enumerate(headers):
        key = by_header.get(header.strip().casefold(), "")
        if not found[place] and key and key not in found:
            found[place] = key
    return tuple(found)


def _keys_by_header(tab: Tab) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in tab.columns:
        for header in (column.key, *column.headers.values(), " / ".join(column.headers.values())):
            found.setdefault(header.strip().casefold(), column.key)
    return found


def _by_headers(headers: Sequence[str], tabs: Mapping[str, Tab]) -> str:
    """The tab whose headers these are, technical ones among them: else it is a tab of somebody's own."""
    said = {header.strip().casefold() for header in headers}
    if not {"id", "record"} <= said:
        return ""
    shares = {
        key: sum(bool({name.strip().casefold() for name in column.headers.values()} & said) for column in tab.columns)
        for key, tab in tabs.items()
    }
    return max(shares, key=shares.__getitem__, default="")

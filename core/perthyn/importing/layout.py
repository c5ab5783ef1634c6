"""Where a table begins: title rows, the header, and which of the rows below are not data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import accumulate, islice

from perthyn.errors import PerthynError
from perthyn.importing.tables import Cell, Table

SAMPLE = 200  # rows looked at
TOP = 30  # rows among which the header is sought
LABEL = 80  # characters, at most, of a column's name

TOTALS = re.compile(
    r"(?:grand |is-|sub-?)?(?:totals?|cyfansymiau|[cg]yfanswm|swm)(?: (?:terfynol|cyfan|llawn))?"
    r"\s*(?:[:=(/-].*)?",
    re.IGNORECASE,
)
SUSPECT = frozenset({"", "tot", "cyf", "gra", "is-", "sub", "swm"})  # how blank cells and totals begin
NUMBER = re.compile(r"[(+-]?\s*[£€$]?\s*[+-]?\d[\d.,\s]*%?\)?|-")
YEAR = re.compile(r"(?:19|20)\d\d")
NOT_LABEL = re.compile(
    r"[^@\s]+@[^@\s]+\.[^@\s]+"  # an address
    r"|\+?[\d\s().-]{6,}"  # a telephone number
    r"|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"  # a postcode
    r"|https?://\S+",
    re.IGNORECASE,
)
# Welsh and English names of days and months, with the short forms of rotas.
_DAYS = (
    "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    "|(?:dydd )?(?:llun|maw(?:rth)?|mer(?:cher)?|iau|gwe(?:ner)?|sad(?:wrn)?|sul)"
)
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
    "|ion(?:awr)?|chwe?(?:f(?:ror)?)?|maw(?:rth)?|ebr(?:ill)?|mai|meh(?:efin)?|gor(?:ff(?:ennaf)?)?"
    "|awst|med(?:i)?|hyd(?:ref)?|tach(?:wedd)?|rhag(?:fyr)?"
)
_NUMBERED = r"\d{1,2}(?:st|nd|rd|th|af|ail|ydd|fed|eg|ain)?"
DAY = re.compile(
    rf"(?:(?:{_DAYS})[.,]?\s+(?:the )?{_NUMBERED}"  # Sad 4
    rf"|(?:(?:{_DAYS})[.,]?\s+)?(?:"
    rf"{_NUMBERED}[\s-]+(?:of |o )?(?:{_MONTHS})\.?(?:,?[\s-]+\d{{2,4}})?"  # Sad 4 Ebr; 4th of April 2026
    rf"|(?:{_MONTHS})\.?\s+{_NUMBERED}(?:,?\s+\d{{4}})?"  # April 4
    r"|\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?"  # Sun 5/4; 05/04/2026
    r"|\d{4}-\d{2}-\d{2}))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Layout:
    """Where the data of a table begin and what its columns are called.

    A column without a name is called by its letter in brackets, ``(C)``, in any language.
    """

    header_row: int  # file row number of the header; 0 = no header, the first row is data
    headers: tuple[str, ...]  # trimmed; a repeated one has " (2)" after it
    titles: tuple[int, ...]  # title rows above the header
    shape: str  # "rows" | "grid" (rows are duties, columns are dates)
    repeated: bool  # the header line stands among the data again


def find_layout(table: Table, *, known: Callable[[str], bool] | None = None) -> Layout:
    """The layout of a table, from its first 200 rows that are not blank.

    `known` tells whether a text is a familiar name of a column: it settles tables of nothing but text. Raises
    `import.file.header_only` where nothing stands below the header.
    """
    sample = [(number, cells) for number, cells in islice(table.rows(), 2 * SAMPLE) if _filled(cells)][:SAMPLE]
    if not sample:
        raise PerthynError("import.file.empty", file=table.path.name)
    top = _top(sample, known)
    number, first = sample[top]
    grid = _is_grid(first)
    titles = tuple(number for number, _ in sample[:top])
    below = [cells for _, cells in sample[top + 1 :]]
    if not (grid or _is_header(first, below, known)):
        width = _width(0, [first, *below])
        return Layout(0, _named([""] * width), titles, "rows", False)
    if not below:
        raise PerthynError("import.file.header_only", file=table.path.name, row=number)
    names = [_name(cell) for cell in first]
    width = _width(_extent(first), below)
    headers = _named([*names, *[""] * width][:width])
    return Layout(number, headers, titles, "grid" if grid else "rows", first in below)


def data_rows(table: Table, layout: Layout) -> Iterator[tuple[int, list[Cell], str]]:
    """Every row below the header: (row number, cells, why it is not plain data).

    The third is "" for data, else "blank", "totals", "header" (the header line once more) or "ragged" (data
    with more cells than there are columns: kept whole, since nobody can tell which cell is one too many). All
    others are as long as the headers.
    """
    width, empty = len(layout.headers), "" if table.encoding else None
    above = max(layout.header_row, *layout.titles, 0)
    header: list[Cell] = []
    for number, cells in table.rows():
        if len(cells) != width:
            if len(cells) > width and number > above and _filled(cells[width:]):
                yield number, cells, "ragged"
                continue
            cells = [*cells[:width], *[empty] * (width - len(cells))]
        if number <= above:
            if number == layout.header_row:
                header = cells
            continue
        first = cells[0] or next(filter(None, cells), None)
        if cells == header:
            yield number, cells, "header"
        elif first is None or (type(first) is str and first.lstrip()[:3].lower() in SUSPECT):
            yield number, cells, _why_no_data(cells)
        else:
            yield number, cells, ""


def day_columns(layout: Layout) -> tuple[int, ...]:
    """The columns of a grid that are days, from 0."""
    return tuple(place for place, header in enumerate(layout.headers) if DAY.fullmatch(header))


def _filled(cells: Sequence[Cell]) -> int:
    """How many cells have something in them; a blank or no-break space is nothing."""
    return sum(cell is not None and (type(cell) is not str or bool(cell.strip())) for cell in cells)


def _extent(cells: Sequence[Cell]) -> int:
    """The number of cells up to the last one that is filled."""
    return next((place for place in range(len(cells), 0, -1) if _filled(cells[place - 1 : place])), 0)


def _width(named: int, below: Sequence[Sequence[Cell]]) -> int:
    """How many columns there are: those with a name, or more if at least half of the rows go further."""
    extents = sorted(_extent(cells) for cells in below)
    return max(named, extents[len(extents) // 2] if extents else 0)


def _top(sample: list[tuple[int, list[Cell]]], known: Callable[[str], bool] | None) -> int:
    """The first row with familiar names, or that is as wide as the table: what stands above are titles."""
    familiar = [_known(cells, known) for _, cells in sample[:TOP]]
    if max(familiar) > 1:
        return familiar.index(max(familiar))
    filled = [_filled(cells) for _, cells in sample]
    by_width = sorted(filled)  # half of all filled cells stand in rows of this width or less
    usual = next(width for width, upto in zip(by_width, accumulate(by_width), strict=True) if 2 * upto >= sum(filled))
    for place, count in enumerate(filled[:TOP]):
        if 2 * count > usual or _is_grid(sample[place][1]):
            return place
    return 0


def _known(cells: Sequence[Cell], known: Callable[[str], bool] | None) -> int:
    """How many different familiar names of columns stand in a row."""
    return 0 if known is None else len({name for cell in cells if (name := _name(cell)) and known(name)})


def _is_grid(cells: Sequence[Cell]) -> bool:
    """Whether a row names at least three days, and little else beside the first cell."""
    days = sum(isinstance(cell, date) or (isinstance(cell, str) and bool(DAY.fullmatch(_name(cell)))) for cell in cells)
    return days >= 3 and days * 2 >= _filled(cells)


def _is_label(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return False
    text = _name(cell)
    return len(text) <= LABEL and not (NUMBER.fullmatch(text) or NOT_LABEL.fullmatch(text) or DAY.fullmatch(text))


def _is_header(first: list[Cell], below: list[list[Cell]], known: Callable[[str], bool] | None) -> bool:
    """Whether the first row of full width names the columns.

    Anything but short texts makes it data. Among texts, familiar names decide; without any, a text that
    stands again further down in its column (a town, a kind) tells that this is data too.
    """
    filled = [cell for cell in first if _filled([cell])]
    labels = sum(map(_is_label, filled)) + _years(filled)
    if labels < 0.8 * len(filled):
        return False
    if first in below or _known(first, known):
        return True
    again = sum(
        any(place < len(cells) and cells[place] == cell for cells in below)
        for place, cell in enumerate(first)
        if _filled([cell])
    )
    return again * 4 < len(filled)


def _years(cells: Sequence[Cell]) -> int:
    """How many cells are rising years, as over the columns of yearly subscriptions; 0 for fewer than two."""
    years = [int(name) for cell in cells if YEAR.fullmatch(name := _name(cell))]
    return len(years) if len(years) > 1 and years == sorted(set(years)) else 0


def _why_no_data(cells: Sequence[Cell]) -> str:
    """ "blank", "totals" (a word for totals first, and nothing but numbers after it), or "" for data."""
    filled = (cell for cell in cells if _filled([cell]))
    head = next(filled, None)
    if head is None:
        return "blank"
    numbers = TOTALS.fullmatch(_name(head)) and all(
        not isinstance(cell, str) or NUMBER.fullmatch(cell.strip()) for cell in filled
    )
    return "totals" if numbers else ""


def _name(cell: Cell) -> str:
    """A header cell as text: no-break spaces and line breaks folded, a date as ISO."""
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if cell is None else " ".join(str(cell).removeprefix("\ufeff").split())


def _named(names: list[str]) -> tuple[str, ...]:
    """Every column with a name of its own."""
    taken: set[str] = set()
    for place, name in enumerate(names):
        wanted = base = name or f"({_letters(place)})"
        count = 1
        while wanted in taken or (count > 1 and wanted in names):
            count += 1
            wanted = f"{base} ({count})"
        taken.add(wanted)
        names[place] = wanted
    return tuple(names)


def _letters(place: int) -> str:
    """0 is "A", 27 is "AB", as spreadsheets count."""
    word = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        word = chr(65 + rest) + word
    return word

"""What HMRC's validator would say of a schedule, worked out from its rules alone, apart from what writes one.

Rules: the template's own text, gov.uk's page on the schedule (28 November 2025) and hmrc/charities-claims-validation.
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

from perthyn.errors import PerthynError

SHEET = "R68GAD_V1_00_0"
HEADS = ("Item", "Title", "First name", "Last name", "House name or number", "Postcode", "Aggregated donations",
         "Sponsored event", "Donation date", "Amount")  # fmt: skip
_LARGEST = 50_000_000
_LONGEST, _DEEPEST = (
    1_000,
    100,
)  # spaces in a row; spans within each other
_OFFICE, _TABLE, _TEXT = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "text")
)
_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})*\.\d\d|\d+\.\d\d")
_DAY = re.compile(r"(\d\d)/(\d\d)/(\d\d)")
_UK = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}")
_TITLE = re.compile(r"[A-Za-z][A-Za-z'-]{1,3}")
_LETTERS = re.compile(r"[ -~\xa1-\xff]*")

UNREADABLE = (OSError, KeyError, ValueError, RuntimeError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
              ElementTree.ParseError)  # fmt: skip
"""What reading a file raises that is no schedule, or a broken one."""

Cells = Mapping[str, str]
"""What the cells of a row show, by column letter; an empty cell is left out."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In pence. `aggregated`: of one aggregated row; `sponsored`: of one sponsored row."""

    aggregated: int = 1_000_00
    sponsored: int = 500_00


def checked(file: Path | bytes, today: date) -> list[PerthynError]:
    """Everything that is wrong with a schedule (``giftaid.file.*``, naming the cell); empty for a valid one."""
    try:
        name, rows = _read(file)
    except UNREADABLE as error:
        return [PerthynError("giftaid.file.unreadable", why=str(error))]
    if not name.startswith(SHEET):
        return [PerthynError("giftaid.file.sheet", name=name, expected=SHEET)]
    heads = rows.get(23, {})
    for column, head in zip("BCDEFGHIJK", HEADS, strict=True):
        if heads.get(column, "").strip() != head:
            return [PerthynError("giftaid.file.layout", cell=f"{column}23", expected=head)]
    return [*_boxes(rows, today), *_items(rows, today)]


def _boxes(rows: Mapping[int, Cells], today: date) -> Iterator[PerthynError]:
    earliest = rows.get(13, {}).get("D", "")
    if _day(earliest, today) is None:
        yield PerthynError("giftaid.file.day", cell="D13", value=earliest)
    over = rows.get(17, {}).get("D", "")
    if over and _pence(over) is None:
        yield PerthynError("giftaid.file.amount", cell="D17", value=over)


def _items(rows: Mapping[int, Cells], today: date) -> Iterator[PerthynError]:
    given = list(_given(rows))
    if not given:
        yield PerthynError("giftaid.file.empty")
    for place, (number, row) in enumerate(given, 1):
        if number != 24 + place:
            yield PerthynError("giftaid.file.gap", cell=f"B{number}", row=24 + place)
            return
        if number > 1024:
            yield PerthynError("giftaid.file.rows", cell=f"B{number}", most=1000)
            return
        if row.get("B") != str(place):
            yield PerthynError("giftaid.file.item", cell=f"B{number}", value=row.get("B", ""), expected=place)
        yield from _row(number, row, today)


def _row(number: int, row: Cells, today: date) -> Iterator[PerthynError]:
    for column, text in row.items():
        if column > "K" or len(column) > 1:
            yield PerthynError("giftaid.file.beside", cell=f"{column}{number}", value=text)
        elif not _LETTERS.fullmatch(text):
            yield PerthynError("giftaid.file.letters", cell=f"{column}{number}", value=text)
        elif text != text.strip():
            yield PerthynError("giftaid.file.spaces", cell=f"{column}{number}", value=text)
    pence = _pence(row.get("K", ""))
    if not pence:
        yield PerthynError("giftaid.file.amount", cell=f"K{number}", value=row.get("K", ""))
    if _day(row.get("J", ""), today) is None:
        yield PerthynError("giftaid.file.day", cell=f"J{number}", value=row.get("J", ""))
    yield from (_aggregated if "H" in row else _donor)(number, row, pence or 0)


def _aggregated(number: int, row: Cells, pence: int) -> Iterator[PerthynError]:
    if len(row["H"]) > 35:
        yield PerthynError("giftaid.file.long", cell=f"H{number}", value=row["H"], most=35)
    for column in "CDEFGI":
        if column in row:
            yield PerthynError("giftaid.file.both", cell=f"{column}{number}", value=row[column])
    if pence > Limits().aggregated:
        yield PerthynError("giftaid.file.most", cell=f"K{number}", value=row["K"], most=Limits().aggregated // 100)


def _donor(number: int, row: Cells, pence: int) -> Iterator[PerthynError]:
    if "C" in row and not _TITLE.fullmatch(row["C"]):
        yield PerthynError("giftaid.file.title", cell=f"C{number}", value=row["C"])
    for column, most in (("D", 35), ("E", 35), ("F", 40)):
        text = row.get(column, "")
        if not text or len(text) > most:
            yield PerthynError("giftaid.file.long", cell=f"{column}{number}", value=text, most=most)
    if " " in row.get("D", ""):
        yield PerthynError("giftaid.file.given", cell=f"D{number}", value=row["D"])
    if row.get("G") != "X" and not _UK.fullmatch(row.get("G", "")):
        yield PerthynError("giftaid.file.postcode", cell=f"G{number}", value=row.get("G", ""))
    if row.get("I", "Yes") != "Yes":
        yield PerthynError("giftaid.file.sponsored", cell=f"I{number}", value=row["I"])
    if "I" in row and pence > Limits().sponsored:
        yield PerthynError("giftaid.file.most", cell=f"K{number}", value=row["K"], most=Limits().sponsored // 100)


def _given(rows: Mapping[int, Cells]) -> Iterator[tuple[int, Cells]]:
    """The rows below the heads that hold more than their number, to the line that says stop."""
    for number in sorted(rows):
        if number >= 25 and any("C" <= column <= "K" for column in rows[number]):
            yield number, rows[number]


def _pence(text: str) -> int | None:
    """The pence of an amount as it must be shown; None for one that is not above nothing."""
    if not _AMOUNT.fullmatch(text):
        return None
    return int(re.sub(r"[,.]", "", text)) or None


def _day(text: str, today: date) -> date | None:
    found = _DAY.fullmatch(text)
    if not found:
        return None
    day, month, year = map(int, found.groups())
    try:
        made = date(2000 + year, month, day)
    except ValueError:
        return None
    return made if made <= today else None


# -- reading what cells show -----------------------------------------------------------------------------------------


def _read(file: Path | bytes) -> tuple[str, dict[int, dict[str, str]]]:
    """The first sheet's name, and what its cells show, by row and column letter."""
    with zipfile.ZipFile(io.BytesIO(file) if isinstance(file, bytes) else file) as archive:
        for name, largest in (("mimetype", 100), ("content.xml", _LARGEST)):
            if archive.getinfo(name).file_size > largest:
                raise ValueError(name)
        if archive.read("mimetype") != b"application/vnd.oasis.opendocument.spreadsheet":
            raise ValueError("mimetype")
        content = archive.read("content.xml")
    parser = ElementTree.XMLParser(target=_Undeclared())  # nosec B314  # it declares nothing, in whatever encoding
    parser.feed(content)
    table = parser.close().find(f".//{_TABLE}table")
    if table is None:
        raise ValueError("no sheet")
    rows: dict[int, dict[str, str]] = {}
    number = 1
    for row in table.iter(f"{_TABLE}table-row"):
        count = int(row.get(f"{_TABLE}number-rows-repeated", "1"))
        cells = _cells(row)
        for one in range(number, number + count) if cells else ():
            rows[one] = cells
            if one > number + 2_000:
                raise ValueError("rows")
        number += count
    return table.get(f"{_TABLE}name", ""), rows


class _Undeclared(ElementTree.TreeBuilder):
    """Builds what a document holds; one that declares anything, which entities need, is refused."""

    def doctype(self, *told: str | None) -> None:
        raise ValueError("DOCTYPE")


def _cells(row: ElementTree.Element) -> dict[str, str]:
    cells: dict[str, str] = {}
    place = 0
    for cell in row:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        count = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        text = "\n".join(_shown(one) for one in cell.findall(f"{_TEXT}p"))
        if text:
            cells |= {_letter(at): text for at in range(place, min(place + count, place + 50))}
        place += count
    return cells


def _shown(part: ElementTree.Element, depth: int = 0) -> str:
    """A paragraph as it is shown: spaces that the format counts are spaces again. Raises `ValueError`."""
    if depth > _DEEPEST:
        raise ValueError(part.tag.rpartition("}")[2])
    text = part.text or ""
    for inner in part:
        if inner.tag == f"{_TEXT}s":
            text += " " * min(int(inner.get(f"{_TEXT}c", "1")), _LONGEST)
        elif inner.tag == f"{_TEXT}tab":
            text += "\t"
        else:
            text += _shown(inner, depth + 1)
        text += inner.tail or ""
    return text


def _letter(place: int) -> str:
    return chr(65 + place) if place < 26 else f"{_letter(place // 26 - 1)}{chr(65 + place % 26)}"

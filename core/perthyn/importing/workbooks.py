"""XLSX workbooks, read as a stream: memory stays flat however long the sheet.

One reader for small and large: python-calamine is three times faster but keeps the whole sheet (262 MB for
300,000 x 12 cells), does not tell hidden columns, and believes a zip's own word about its size. The parts of
the format used here are in ECMA-376 part 1, section 18 (SpreadsheetML).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from xml.parsers import expat

from perthyn.errors import PerthynError
from perthyn.importing.files import Mark
from perthyn.importing.serials import BUILT_IN, EPOCH, EPOCH_1904, Cell, moment, number, told

CHUNK = 1 << 14
CELL_LIMIT = 131_072  # characters; as csv's own. Excel itself allows 32,767
BOMB_SIZE, BOMB_RATIO = 200_000_000, 100
STRINGS_LIMIT = 150_000_000  # bytes of the table of shared texts, which has to be held
MEMBERS_LIMIT = 2_000
COLUMNS = 16_384
OTHER_ZIPS = {"content.xml": "ODS", "word/document.xml": "DOCX", "xl/workbook.bin": "XLSB"}
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    expat.ExpatError,
)

ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Sheet:
    """One sheet that has something in it; `rows()` streams it anew each time."""

    name: str
    shown: bool
    hidden: frozenset[int]  # hidden columns, from 0
    rows: Callable[[], Iterator[tuple[int, list[Cell]]]]


def open_workbook(path: Path, held: Mark) -> list[Sheet]:
    """The sheets of an XLSX file that hold any cell, in their order, hidden sheets too.

    Raises `import.file.damaged`, `.encrypted`, `.bomb`, `.too_big`, and `.format` for a zip that is no
    workbook; reading rows raises `import.file.changed`, `.damaged` and `.cell_too_long`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check(path, archive)
            found = _sheets(archive)
            sheets = []
            for name, part, shown in found:
                hidden, filled = _survey(archive, part)
                if filled:
                    sheets.append(Sheet(name, shown, hidden, _reader(path, held, part)))
    except DAMAGED as error:
        held.hold(path)
        raise PerthynError("import.file.damaged", file=path.name) from error
    return sheets


def _check(path: Path, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    names = {member.filename.lower() for member in members}
    if not names.isdisjoint(OTHER_ZIPS) or "_rels/.rels" not in names:
        found = next((name for part, name in OTHER_ZIPS.items() if part in names), "ZIP")
        raise PerthynError("import.file.format", file=path.name, found=found)
    if any(member.flag_bits & 1 for member in members):
        raise PerthynError("import.file.encrypted", file=path.name)
    unpacked = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    if len(members) > MEMBERS_LIMIT or (unpacked > BOMB_SIZE and unpacked > BOMB_RATIO * packed):
        raise PerthynError("import.file.bomb", file=path.name, megabytes=unpacked // 1_000_000)
    held_parts = (member for member in members if not member.filename.lower().startswith("xl/worksheets/"))
    if any(member.file_size > STRINGS_LIMIT for member in held_parts):
        raise PerthynError("import.file.too_big", file=path.name, megabytes=unpacked // 1_000_000)


def _parser() -> expat.XMLParserType:
    """An XML parser that refuses document types, and with them every entity of one's own."""

    def refuse(*_: object) -> None:
        raise ValueError("document type")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = CHUNK
    parser.StartDoctypeDeclHandler = refuse
    return parser


def _elements(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each element of a small part, its prefix taken off, with its attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = _parser()
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(":")[2], attributes))
    with _member(archive, part) as file:
        while chunk := file.read(CHUNK):
            parser.Parse(chunk, False)
            yield from found
            found.clear()


def _member(archive: zipfile.ZipFile, part: str) -> IO[bytes]:
    """A part by its name, which some writers spell in another case."""
    names = {name.lower(): name for name in archive.namelist()}
    return archive.open(names[part.lower()])


def _related(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """The parts a part refers to (``""``: the whole file): id -> (last word of its type, name of the part)."""
    folder, name = posixpath.split(part)
    return {
        a["Id"]: (a["Type"].rpartition("/")[2], posixpath.normpath(posixpath.join("/", folder, a["Target"]))[1:])
        for element, a in _elements(archive, posixpath.join(folder, "_rels", f"{name}.rels"))
        if element == "Relationship"
    }


def _main(archive: zipfile.ZipFile) -> str:
    """The part that is the workbook; seldom anything but ``xl/workbook.xml``."""
    return dict(_related(archive, "").values())["officeDocument"]


def _sheets(archive: zipfile.ZipFile) -> list[tuple[str, str, bool]]:
    """(name, part, shown) of each worksheet; charts and macro sheets are left out."""
    main = _main(archive)
    related = _related(archive, main)
    sheets = []
    for name, attributes in _elements(archive, main):
        if name == "sheet":
            identity = next(value for key, value in attributes.items() if key.endswith(":id"))
            kind, part = related[identity]
            if kind == "worksheet":
                sheets.append((attributes["name"], part, attributes.get("state", "visible") == "visible"))
    return sheets


def _survey(archive: zipfile.ZipFile, part: str) -> tuple[frozenset[int], bool]:
    """The hidden columns of a sheet, and whether any cell has a value; reads no further than that one."""
    hidden: set[int] = set()
    for name, attributes in _elements(archive, part):
        if name == "col" and attributes.get("hidden") in ("1", "true"):
            hidden.update(range(int(attributes["min"]) - 1, min(int(attributes["max"]), COLUMNS)))
        elif name in ("v", "is"):
            return frozenset(hidden), True
    return frozenset(hidden), False


class _Strings:
    """The shared texts of a workbook, packed: 8 bytes each beside their letters."""

    def __init__(self) -> None:
        self._letters = bytearray()
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        self._letters += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._letters))

    def __getitem__(self, place: int) -> str:
        if place < 0:
            raise KeyError(place)
        return self._letters[self._ends[place] : self._ends[place + 1]].decode("utf-8", "surrogatepass")


def _shared_strings(archive: zipfile.ZipFile, part: str) -> _Strings:
    strings, texts, state = _Strings(), [], {"taking": False, "sound": False}

    def start(name: str, _: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "rPh":
            state["sound"] = True  # how to pronounce it, in Japanese files
        state["taking"] = local == "t" and not state["sound"]

    def text(data: str) -> None:
        if state["taking"]:
            texts.append(data)

    def end(name: str) -> None:
        local = name.rpartition(":")[2]
        state["taking"] = False
        if local == "rPh":
            state["sound"] = False
        elif local == "si":
            strings.add(_unescaped("".join(texts)))
            texts.clear()

    parser = _parser()
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, text, end
    with _member(archive, part) as file:
        while chunk := file.read(CHUNK):
            parser.Parse(chunk, False)
            if sum(map(len, texts)) > CELL_LIMIT:
                raise _TooLong
    return strings


class _TooLong(Exception):
    """A cell beyond the limit; told with its file by the reader."""


def _unescaped(text: str) -> str:
    """Characters XML cannot hold are written ``_x000D_``."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _date_styles(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Style number -> "d" (a day), "h" (a time), "dh" (both) or "[h]" (hours counted), for styles of time."""
    formats = dict(BUILT_IN)
    styles: dict[str, str] = {}
    inside, count = False, 0
    for name, attributes in _elements(archive, part):
        if name == "numFmt" and "formatCode" in attributes:
            formats[int(attributes["numFmtId"])] = told(attributes["formatCode"])
        elif name in ("cellXfs", "cellStyles", "dxfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            if found := formats.get(int(attributes.get("numFmtId", 0))):
                styles[str(count)] = found
            count += 1
    return styles


def _reader(path: Path, held: Mark, part: str) -> Callable[[], Iterator[tuple[int, list[Cell]]]]:
    def rows() -> Iterator[tuple[int, list[Cell]]]:
        held.hold(path)
        number = 0
        try:
            with zipfile.ZipFile(path) as archive:
                cells = _Cells(archive)
                with _member(archive, part) as file:
                    for row in cells.rows(file):
                        number = row[0]
                        yield row
        except _TooLong as error:
            raise PerthynError(
                "import.file.cell_too_long", file=path.name, line=number + 1, limit=CELL_LIMIT
            ) from error
        except DAMAGED as error:
            held.hold(path)
            raise PerthynError("import.file.damaged", file=path.name) from error
        held.hold(path)

    return rows


class _Cells:
    """What a cell's number means in one workbook: its shared texts, its styles of time, its first day."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        main = _main(archive)
        related = dict(_related(archive, main).values())
        self.strings = _Strings()
        if "sharedStrings" in related:
            self.strings = _shared_strings(archive, related["sharedStrings"])
        self.styles = _date_styles(archive, related["styles"]) if "styles" in related else {}
        old = any(
            name == "workbookPr" and attributes.get("date1904") in ("1", "true")
            for name, attributes in _elements(archive, main)
        )
        self.epoch = EPOCH_1904 if old else EPOCH

    def value(self, text: str, kind: str, style: str) -> Cell:
        """A cell's text as written in the file, its type (attribute ``t``) and style (``s``), as a value."""
        if kind == "s":
            return self.strings[int(text)]
        if kind == "n":
            shown = self.styles.get(style)
            return moment(float(text), shown, self.epoch) if shown else number(text)
        if kind == "b":
            return text.strip() == "1"
        if kind == "d":
            instant = datetime.fromisoformat(text)
            return instant if "T" in text else instant.date()
        return _unescaped(text)

    def rows(self, file: IO[bytes]) -> Iterator[tuple[int, list[Cell]]]:
        """Each row that has a value, with its number."""
        done: list[tuple[int, list[Cell]]] = []
        texts: list[str] = []
        parser = _SheetParser(self.value, done, texts).parser
        while chunk := file.read(CHUNK):
            parser.Parse(chunk, False)
            if sum(map(len, texts)) > CELL_LIMIT:
                raise _TooLong
            yield from done
            done.clear()
        parser.Parse(b"", True)


class _SheetParser:
    """The three handlers that turn a sheet's XML into rows; written for speed, five calls a cell."""

    def __init__(
        self,
        value: Callable[[str, str, str], Cell],
        done: list[tuple[int, list[Cell]]],
        texts: list[str],
    ) -> None:
        self.parser = parser = _parser()
        columns: dict[str, int] = {}
        tags = ("c", "v", "t", "row", "rPh")
        cell_tag, value_tag, text_tag, row_tag, sound_tag = tags
        row: list[Cell] = []
        number, column, kind, style = 0, 0, "n", ""
        sound = False

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal cell_tag, value_tag, text_tag, row_tag, sound_tag, number, column, kind, style, sound
            if name == cell_tag:
                get = attributes.get
                kind, style = get("t", "n"), get("s", "")
                letters = get("r", "").rstrip("0123456789")
                if letters in columns:
                    column = columns[letters]
                elif letters:
                    column = columns[letters] = _column(letters)
                else:
                    column += 1
            elif name in (value_tag, text_tag):
                parser.CharacterDataHandler = None if sound else texts.append
            elif name == row_tag:
                number = int(attributes["r"]) if "r" in attributes else number + 1
                column = -1
            elif name == sound_tag:
                sound = True
            elif name.endswith(":worksheet"):
                prefix = name.removesuffix("worksheet")
                cell_tag, value_tag, text_tag, row_tag, sound_tag = (prefix + tag for tag in tags)

        def end(name: str) -> None:
            nonlocal row, sound
            if name in (value_tag, text_tag):
                parser.CharacterDataHandler = None
            elif name == cell_tag:
                if texts:
                    gap = column - len(row)
                    if gap:
                        if gap < 0:
                            raise ValueError("cells out of order")
                        row.extend([None] * gap)
                    row.append(value("".join(texts), kind, style))
                    texts.clear()
            elif name == row_tag:
                if row:
                    done.append((number, row))
                    row = []
            elif name == sound_tag:
                sound = False

        parser.StartElementHandler = start
        parser.EndElementHandler = end


def _column(letters: str) -> int:
    """ "A" is 0, "AB" is 27."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    if not 0 < place <= COLUMNS:
        raise ValueError("column beyond XFD")
    return place - 1

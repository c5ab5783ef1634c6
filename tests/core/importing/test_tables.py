"""Files as tables: every dialect comes back as written, every bad file is refused by name."""

from __future__ import annotations

import csv
import random
import tracemalloc
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from perthyn.errors import PerthynError
from perthyn.importing.decoding import Decoding
from perthyn.importing.delimited import Dialect, text_rows
from perthyn.importing.files import mark
from perthyn.importing.tables import Cell, Table, open_tables

HERE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def read(path: Path, **options: Any) -> list[list[Cell]]:
    [table] = open_tables(path, **options)
    return [cells for _, cells in table.rows()]


def refused(path: Path, **options: Any) -> PerthynError:
    """The error that opening or reading the file ends with."""
    with pytest.raises(PerthynError) as caught:
        for table in open_tables(path, **options):
            for _ in table.rows():
                pass
    return caught.value


# --- delimited text ----------------------------------------------------------------------------------


@HERE
@given(
    rows=st.lists(
        st.lists(st.lists(st.sampled_from(("a", "\n", "\r", "\r\n", '"', ",")), max_size=3).map("".join)), max_size=9
    ),
)
def test_each_row_has_the_line_it_starts_on(rows: list[list[str]], tmp_path: Path) -> None:
    """Whatever breaks stand in its cells and in those before."""
    path = tmp_path / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        ends = [0, *(reader.line_num for _ in reader)]
    found = list(text_rows(path, mark(path), Decoding("utf-8"), Dialect(",")))
    assert found == [(end + 1, row) for end, row in zip(ends, rows, strict=False)]


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"], exclude_characters="\ufeff\ue000"),
    min_size=1,
    max_size=8,
)
CELLS = st.one_of(
    st.just(""),
    WORDS,
    st.builds("{}, {}".format, WORDS, WORDS),
    st.builds('"{}"; {}\t|'.format, WORDS, WORDS),
    st.builds("{}\n{}".format, WORDS, WORDS),
).filter(lambda cell: not cell or not cell[-1].isspace())


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header of plain words and rows as wide as it."""
    width = draw(st.integers(2, 6))
    header = [f"colofn{place}" for place in range(width)]
    return [
        header,
        *draw(st.lists(st.lists(CELLS, min_size=width, max_size=width).filter(any), min_size=1, max_size=8)),
    ]


@HERE
@given(
    rows=tables(),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_a_file_of_any_dialect_is_read_as_written(
    tmp_path: Path, rows: list[list[str]], delimiter: str, end: str, encoding: str, quoting: int
) -> None:
    path = tmp_path / "tabl.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        if end == "\r":  # csv's writer then leaves \n without quotation marks
            quoting = csv.QUOTE_ALL
        csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    assert read(path, delimiter=delimiter) == rows


@HERE
@given(rows=tables(), delimiter=st.sampled_from(",;\t|"))
def test_the_delimiter_is_found(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    """Even where other delimiters stand in the cells."""
    path = tmp_path / "tabl.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    assert read(path) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("gwen@example.org\nsian@example.org\n", [["gwen@example.org"], ["sian@example.org"]]),
        ("enw;tâl\nGwen;1,50\nSiân;2,00\n", [["enw", "tâl"], ["Gwen", "1,50"], ["Siân", "2,00"]]),
        ("sep=;\r\nenw;tref\r\nGwen;Y Bala\r\n", [["enw", "tref"], ["Gwen", "Y Bala"]]),
        ('a, b, c\nx, "y, z", w\n', [["a", "b", "c"], ["x", "y, z", "w"]]),
        ("name;address;town\nGwen;1, High St, Powys;Brecon\nSiân;2, Low St, Dyfed;Aberaeron\n",
         [["name", "address", "town"], ["Gwen", "1, High St, Powys", "Brecon"],
          ["Siân", "2, Low St, Dyfed", "Aberaeron"]]),
        ("Rhestr aelodau\n\nenw,tref,tâl\nGwen,Y Bala,1\n",
         [["Rhestr aelodau"], [], ["enw", "tref", "tâl"], ["Gwen", "Y Bala", "1"]]),
        ('tag,enw\n"""VIP"",""Cymraeg""",Gwen\n', [["tag", "enw"], ['"VIP","Cymraeg"', "Gwen"]]),
        ("enw,tref", [["enw", "tref"]]),
        ("a,b\n1\n1,2,3\n", [["a", "b"], ["1"], ["1", "2", "3"]]),
        ('a,b\n1,say "hi"\n', [["a", "b"], ["1", 'say "hi"']]),
    ],
)  # fmt: skip
def test_texts(tmp_path: Path, text: str, rows: list[list[str]]) -> None:
    path = tmp_path / "tabl.csv"
    path.write_bytes(text.encode())
    assert read(path) == rows


def test_a_row_is_numbered_by_the_line_it_starts_on(tmp_path: Path) -> None:
    path = tmp_path / "tabl.csv"
    path.write_bytes(b'enw,nodyn\r\nGwen,"tair\r\nllinell\r\nyma"\r\n\r\nSian,un\r\n')
    [table] = open_tables(path)
    assert [number for number, _ in table.rows()] == [1, 2, 5, 6]
    assert list(table.rows()) == list(table.rows())


def test_the_line_that_names_the_delimiter_counts(tmp_path: Path) -> None:
    path = tmp_path / "tabl.csv"
    path.write_text("sep=|\nenw|tref\n", encoding="utf-8")
    [table] = open_tables(path)
    assert (list(table.rows()), table.delimiter) == ([(2, ["enw", "tref"])], "|")


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "import.file.empty", None),
        (b"\xef\xbb\xbf", "import.file.empty", None),
        (b"\n \n,,\n", "import.file.empty", None),
        (random.Random(1).randbytes(5000), "import.file.binary", None),
        (bytes(range(256)) * 20, "import.file.binary", None),
        (b"enw,tref\nGwen,Y\0Bala\n", "import.file.nul", 2),
        (b"enw,tref\nGwen,Brecon\n" + b"\0" * 5, "import.file.nul", 3),
        (b'enw,tref\nGwen,Brecon\nSian,"Y Bala\nNia,Corwen\n', "import.file.quote_open", 3),
        (b'enw,a,tref\nSian,"x\ny","Y Bala', "import.file.quote_open", 3),
        (b'enw,tref\n"Gwen,Brecon\n' + b"Nia,Corwen\n" * 20_000, "import.file.quote_open", 2),
        (b"enw,tref\nGwen," + b"x" * 200_000 + b"\n", "import.file.cell_too_long", 2),
        (b"enw,tref\nGwen,Brecon\nSian," + b"x" * 50_000_000 + b"\n", "import.file.cell_too_long", 3),
        (b"%PDF-1.7\n...", "import.file.format", None),
        (b"<html><table><tr><td>enw", "import.file.format", None),
        (b'[{"enw": "Gwen"}]', "import.file.format", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "import.file.format", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
         "import.file.encrypted", None),
        (b"PK\x03\x04 not really", "import.file.damaged", None),
        (b"\xff\xfee\0n\0w\0,", "import.file.encoding_wrong", 1),
    ],
)  # fmt: skip
def test_bad_files_are_refused_by_name(tmp_path: Path, content: bytes, code: str, line: int | None) -> None:
    path = tmp_path / "drwg.csv"
    path.write_bytes(content)
    error = refused(path)
    assert (error.code, error.facts.get("line")) == (code, line)
    assert error.facts["file"] == "drwg.csv"


@pytest.mark.parametrize("delimiter", ["", "ab", '"', "\n"])
def test_a_delimiter_that_cannot_be_one(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "enwau.csv"
    path.write_text("enw,tref\n", encoding="utf-8")
    assert refused(path, delimiter=delimiter).code == "import.file.delimiter_wrong"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_rows_stream(tmp_path: Path, suffix: str) -> None:
    """Four times the rows take no more memory."""
    peaks = []
    for count in (2_000, 8_000):
        path = tmp_path / f"{count}{suffix}"
        rows: list[list[Any]] = [["Enw", "Tref", "Tâl"], *[["Siân Prys", "Y Bala", n / 4] for n in range(count)]]
        if suffix == ".xlsx":
            write_book(path, rows)
        else:
            path.write_text("".join(f"{a},{b},{c}\n" for a, b, c in rows), encoding="utf-8")
        [table] = open_tables(path)
        tracemalloc.start()
        assert sum(1 for _ in table.rows()) == count + 1
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    assert refused(tmp_path / "dim.csv").code == "import.file.missing"
    assert refused(tmp_path).code == "import.file.folder"
    assert refused(tmp_path / "a\0b.csv").code == "import.file.missing"


def test_a_file_that_is_written_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "till.csv"
    path.write_text("enw,tref\n" + "Gwen,Y Bala\n" * 50_000, encoding="utf-8")
    [table] = open_tables(path)
    rows = table.rows()
    next(rows)
    with path.open("a", encoding="utf-8") as file:
        file.write("Nia,Cor")
    with pytest.raises(PerthynError) as caught:
        list(rows)
    assert caught.value.code == "import.file.changed"
    with pytest.raises(PerthynError):
        next(table.rows())


def test_a_wrong_extension_is_noted_not_refused(tmp_path: Path) -> None:
    text, book = tmp_path / "a.xlsx", tmp_path / "b.csv"
    text.write_text("enw,tref\nGwen,Y Bala\n", encoding="utf-8")
    write_book(book, [["enw"], ["Gwen"]])
    for path, found in [(text, "CSV"), (book, "XLSX")]:
        [table] = open_tables(path)
        assert [(note.code, note.facts["found"]) for note in table.notes] == [("import.file.extension", found)]
        assert len(list(table.rows())) == 2


def test_a_reader_of_another_format_is_asked_first(tmp_path: Path) -> None:
    class Vcards:
        suffixes = (".vcf",)

        def open(self, path: Path) -> list[Table]:
            return [Table(path, "", "vcard", lambda: iter([(1, ["Gwen"])]))]

    path = tmp_path / "pobl.VCF"
    path.write_text("BEGIN:VCARD", encoding="utf-8")
    [table] = open_tables(path, readers=[Vcards()])
    assert (table.format, list(table.rows())) == ("vcard", [(1, ["Gwen"])])


# --- workbooks ---------------------------------------------------------------------------------------


def write_book(path: Path, rows: list[list[Any]], **options: Any) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False, **options}) as book:
        formats = {
            date: book.add_format({"num_format": "d mmmm yyyy"}),
            datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
            time: book.add_format({"num_format": "hh:mm:ss"}),
        }
        sheet = book.add_worksheet("Aelodau")
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if type(cell) in formats:
                    sheet.write_datetime(row, column, cell, formats[type(cell)])
                elif isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                elif cell is not None:
                    sheet.write(row, column, cell)


TYPED = st.one_of(
    st.none(),
    st.integers(-(10**12), 10**12),
    st.decimals(-(10**6), 10**6, places=2, allow_nan=False).map(float),
    st.booleans(),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=12),
    st.dates(date(1900, 1, 1), date(9999, 12, 31)),
    st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)).map(lambda moment: moment.replace(microsecond=0)),
    st.times().map(lambda moment: moment.replace(microsecond=0)),
)


@HERE
@given(
    rows=st.lists(st.lists(TYPED, max_size=6), min_size=1, max_size=6).filter(lambda rows: any(map(any, rows))),
    lean=st.booleans(),
)
def test_a_workbook_is_read_as_written(tmp_path: Path, rows: list[list[Cell]], lean: bool) -> None:
    """Shared texts and texts in place; empty cells at the end and empty rows are not there."""
    path = tmp_path / "llyfr.xlsx"
    write_book(path, rows, constant_memory=lean)
    expected = []
    for number, row in enumerate(rows, 1):
        while row and row[-1] is None:
            row = row[:-1]
        if row:
            expected.append((number, [plain(cell) for cell in row]))
    [table] = open_tables(path)
    found = list(table.rows())
    assert found == expected
    assert [[type(cell) for cell in cells] for _, cells in found] == [
        [type(cell) for cell in cells] for _, cells in expected
    ]


def plain(cell: Cell) -> Cell:
    """As a spreadsheet has it: a whole number is whole, a moment at midnight is a day."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


def test_calamine_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "llyfr.xlsx"
    write_book(path, [["Enw", "Dyddiad", "Tâl"], *[[f"Siân {n}", date(2026, 4, n), n / 4] for n in range(1, 29)]])
    theirs = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert read(path) == theirs


def test_hidden_columns_and_sheets(tmp_path: Path) -> None:
    path = tmp_path / "llyfr.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        shown, secret, _empty = book.add_worksheet("Aelodau"), book.add_worksheet("Cyfrin"), book.add_worksheet()
        for sheet in (shown, secret):
            sheet.write_row("A1", ["enw", "a", "b", "c"])
        shown.set_column("B:C", None, None, {"hidden": True})
        secret.hide()
    [table] = open_tables(path)
    assert (table.sheet, table.hidden) == ("Aelodau", frozenset({1, 2}))
    assert [note.code for note in table.notes] == ["import.file.hidden_sheet"]
    assert [each.sheet for each in open_tables(path, sheet="Cyfrin")] == ["Cyfrin"]
    error = refused(path, sheet="Aelodai")
    assert (error.code, error.facts["suggestion"]) == ("import.file.sheet_unknown", "Aelodau")


def test_empty_workbook(tmp_path: Path) -> None:
    path = tmp_path / "llyfr.xlsx"
    write_book(path, [])
    assert refused(path).code == "import.file.empty"


SHEET = """<?xml version="1.0" encoding="UTF-8"?>
<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>
<x:row>
<x:c t="inlineStr"><x:is><x:r><x:t>Si</x:t></x:r><x:r><x:t>ân</x:t></x:r><x:rPh><x:t>no</x:t></x:rPh></x:is></x:c>
<x:c><x:v>1.07E+11</x:v></x:c><x:c t="str"><x:f>A1&amp;""</x:f><x:v>a_x000D_b</x:v></x:c></x:row>
<x:row r="5"><x:c r="C5" t="d"><x:v>2026-04-05</x:v></x:c><x:c t="e"><x:v>#N/A</x:v></x:c>
<x:c r="AB5"><x:v>0.30000000000000004</x:v></x:c></x:row>
</x:sheetData></x:worksheet>"""


def edit_book(path: Path, part: str, content: bytes | str) -> None:
    """Put other content in the place of one part."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = content.encode() if isinstance(content, str) else content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_other_writers_spelling(tmp_path: Path) -> None:
    """Prefixes, cells without places, rich and phonetic text, escapes, ISO dates, long tails of digits."""
    path = tmp_path / "llyfr.xlsx"
    write_book(path, [["x"]])
    edit_book(path, "xl/worksheets/sheet1.xml", SHEET)
    [table] = open_tables(path)
    assert list(table.rows()) == [
        (1, ["Siân", 107_000_000_000, "a\rb"]),
        (5, [None, None, date(2026, 4, 5), "#N/A", *[None] * 23, 0.3]),
    ]


@pytest.mark.parametrize(
    ("code", "serial", "expected"),
    [
        ("dd/mm/yyyy", 46117, date(2026, 4, 5)), ("[$-452]d mmmm yyyy;@", 46117, date(2026, 4, 5)),
        ("yyyy-mm-dd hh:mm", 46117.5, datetime(2026, 4, 5, 12)), ("d mmm", 46117.5, datetime(2026, 4, 5, 12)),
        ("hh:mm AM/PM", 0.75, time(18)), ("[h]:mm", 1.5625, "37:30"), ("mmm yy", 46117, date(2026, 4, 5)),
        ("0.00", 46117, 46117), ('#,##0 "days"', 46117, 46117), ("[Red]0;_-£* 0", 46117, 46117),
        ("General", 46117, 46117), ("0.00E+00", 46117, 46117), ("d/m/yy", -3, -3), ("d/m/yy", 1, date(1900, 1, 1)),
    ],
)  # fmt: skip
def test_number_formats_tell_days_from_numbers(tmp_path: Path, code: str, serial: float, expected: Cell) -> None:
    path = tmp_path / "llyfr.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet().write_number(0, 0, serial, book.add_format({"num_format": code}))
    assert read(path) == [[expected]]


def test_days_counted_from_1904(tmp_path: Path) -> None:
    path = tmp_path / "llyfr.xlsx"
    write_book(path, [[date(2026, 4, 5)]], date_1904=True)
    assert read(path) == [[date(2026, 4, 5)]]


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bom.xlsx"
    write_book(path, [["x"]])
    edit_book(path, "xl/worksheets/sheet1.xml", b" " * 210_000_000)
    assert refused(path).code == "import.file.bomb"


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        ("xl/worksheets/sheet1.xml", '<!DOCTYPE w [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>', "damaged"),
        ("xl/worksheets/sheet1.xml", SHEET[:-60], "damaged"),
        ("xl/worksheets/sheet1.xml", SHEET.replace("AB5", "ZZZZ5"), "damaged"),
        ("xl/worksheets/sheet1.xml", SHEET.replace("AB5", "A5"), "damaged"),
        ("xl/worksheets/sheet1.xml", SHEET.replace("<x:v>#N/A", "<x:v>" + "x" * 400_000), "cell_too_long"),
        ("xl/worksheets/sheet1.xml", SHEET.replace(' t="e"><x:v>#N/A', ' t="s"><x:v>99'), "damaged"),
        ("xl/_rels/workbook.xml.rels", "<Relationships/>", "damaged"),
        ("xl/workbook.xml", "not xml", "damaged"),
    ],
)
def test_damaged_workbooks(tmp_path: Path, part: str, content: str, code: str) -> None:
    path = tmp_path / "llyfr.xlsx"
    write_book(path, [["x"]])
    edit_book(path, part, content)
    assert refused(path).code == f"import.file.{code}"


def test_a_cut_workbook_and_other_zips(tmp_path: Path) -> None:
    path = tmp_path / "llyfr.xlsx"
    write_book(path, [["x"]])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refused(path).code == "import.file.damaged"
    for part, found in [("content.xml", "ODS"), ("word/document.xml", "DOCX"), ("a.csv", "ZIP")]:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(part, "x")
        error = refused(path)
        assert (error.code, error.facts["found"]) == ("import.file.format", found)


def test_a_zip_that_lies_about_its_size(tmp_path: Path) -> None:
    """What unpacks to more than the directory says is not unpacked further."""
    path = tmp_path / "bom.xlsx"
    write_book(path, [["x"]])
    edit_book(path, "xl/worksheets/sheet1.xml", SHEET.replace("</x:sheetData>", " " * 300_000_000 + "</x:sheetData>"))
    raw = bytearray(path.read_bytes())
    for place in range(raw.rindex(b"PK\x05\x06")):
        if raw[place : place + 4] == b"PK\x01\x02" and b"sheet1.xml" in raw[place : place + 80]:
            raw[place + 24 : place + 28] = (2_000).to_bytes(4, "little")
    path.write_bytes(raw)
    assert refused(path).code == "import.file.damaged"


# --- whatever comes ----------------------------------------------------------------------------------


@HERE
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode),
                 st.text(st.sampled_from('a,";\t\n\r 1ŵ'), max_size=80).map(str.encode)))  # fmt: skip
def test_any_bytes_are_rows_or_a_named_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rhywbeth.csv"
    path.write_bytes(content)
    try:
        for table in open_tables(path):
            assert all(number > 0 for number, _ in table.rows())
    except PerthynError as error:
        assert error.code.startswith("import.file.")


@HERE
@given(data=st.data())
def test_a_workbook_with_changed_bytes_is_rows_or_a_named_error(tmp_path: Path, data: st.DataObject) -> None:
    """Changed both packed, and in one of its parts."""
    path = tmp_path / "llyfr.xlsx"
    write_book(path, [["Enw", date(2026, 4, 5), 1.5, True], [None, "Siân"]])
    part = data.draw(st.sampled_from(["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml",
                                      "xl/workbook.xml", "xl/_rels/workbook.xml.rels", ""]))  # fmt: skip
    with zipfile.ZipFile(path) as archive:
        content = bytearray(archive.read(part) if part else path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, 10_000), min_size=1, max_size=4)):
        content[place % len(content)] = data.draw(st.sampled_from(b'0123456789<>/"&;ABx \0\xff'))
    if part:
        edit_book(path, part, bytes(content))
    else:
        path.write_bytes(content)
    try:
        for table in open_tables(path):
            list(table.rows())
    except PerthynError as error:
        assert error.code.startswith("import.file.")

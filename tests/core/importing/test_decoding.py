"""Encodings: Welsh names come in as they were written, whatever wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn.importing.decoding import find_encoding
from perthyn.importing.tables import open_tables

ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}
HOUSE = [
    ["Enw", "Cyfeiriad", "Tâl", "Nodiadau"],
    ["Siân Môn", "Tŷ'r Ysgol", "£8.00", "wedi gweld y tŷ a'r llyn"],
    ["Llŷr ap Gwilym", "Llanŵr", "£12.50", "dŵr yn y seler"],
    ["Gwenllïan O'Brien", "Ynys Môn", "£3.00", "gŵyl yn y castell, hyfryd"],
]
PLAIN = [
    ["Enw", "Cyfeiriad", "Tâl", "Nodiadau"],
    ["Siân Jones", "Ynys Môn", "£8.00", "hen dref, côr da"],
    ["Ffion-Haf Prys", "Llanrhaeadr-ym-Môn", "£12.50", "plant: dau, yn hoffi'r gêm"],
    ["José Núñez", "Pen-y-bont", "£3.00", "très bien"],
]
QUOTED = [
    ["Name", "Town", "Paid", "Note"],
    ["Seán O’Brien", "Brecon", "£8.00", "“lovely” – will come again…"],
    ["Siôn D’Arcy", "Y Bala", "£12.50", "the children’s favourite"],
]
CAPITALS = [
    ["ENW", "TREF", "TÂL", "NODYN"],
    ["SIÔN GRUFFYDD", "YNYS MÔN", "£1,200.00", "AELOD ER 1998"],
    ["ELÊN PRYS", "LLANRÛG", "£0.00", "CÔR"],
]
WIDE = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be")  # the latter two written with their mark
SAMPLES = [
    *((HOUSE, encoding) for encoding in (*WIDE, "iso-8859-14")),
    *((PLAIN, encoding) for encoding in (*WIDE, "cp1252", "latin-1", "iso-8859-14", "mac-roman")),
    *((QUOTED, encoding) for encoding in (*WIDE, "cp1252", "mac-roman")),
    *((CAPITALS, encoding) for encoding in ("cp1252", "latin-1", "mac-roman")),
]
CASES = [(rows, encoding, end) for rows, encoding in SAMPLES for end in ENDS]


def as_bytes(rows: list[list[str]], encoding: str, end: str, *, mark: bool = True) -> bytes:
    text = "".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) + end for row in rows)
    return ("\ufeff" * (mark and encoding.startswith("utf-16")) + text).encode(encoding)


def test_there_are_enough_samples() -> None:
    assert len(CASES) >= 64


@pytest.mark.parametrize(("rows", "encoding", "end"), CASES)
def test_welsh_names_are_read_as_written(tmp_path: Path, rows: list[list[str]], encoding: str, end: str) -> None:
    path = tmp_path / "enwau.csv"
    path.write_bytes(as_bytes(rows, encoding, ENDS[end]))
    [table] = open_tables(path)
    assert list(table.rows()) == list(enumerate(rows, 1))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "enwau.csv"
    path.write_bytes(as_bytes(HOUSE, encoding, "\r\n", mark=False))
    [table] = open_tables(path)
    assert table.encoding == encoding
    assert [cells for _, cells in table.rows()] == HOUSE


def test_one_name_is_enough(tmp_path: Path) -> None:
    """A single letter beyond ASCII in a long file decides, wherever it stands."""
    lines = ["enw,tref"] + ["Gwen,Brecon"] * 200_000
    for name, encoding in [("Siân", "cp1252"), ("Llŷr", "iso-8859-14"), ("Siôn", "mac-roman"), ("Siôn", "utf-8")]:
        path = tmp_path / f"{encoding}.csv"
        path.write_text("\n".join([*lines, f"{name},Y Bala"]), encoding=encoding)
        [table] = open_tables(path)
        *_, (number, cells) = table.rows()
        assert (number, cells) == (200_002, [name, "Y Bala"])


def test_a_letter_across_two_chunks(tmp_path: Path) -> None:
    path = tmp_path / "enwau.csv"
    path.write_bytes(b"a\n" * ((1 << 19) - 1) + b"x" + "ŵ\n".encode())
    assert find_encoding(path).encoding == "utf-8"


def test_utf_8_with_a_damaged_letter_loses_that_letter_only(tmp_path: Path) -> None:
    path = tmp_path / "enwau.csv"
    good = "".join(f"Siân {number},Tŷ\n" for number in range(20)).encode()
    path.write_bytes(b"enw,lle\n" + good + b"Si\xf4n,castell\n" + good)
    [table] = open_tables(path)
    assert (table.encoding, [(note.code, note.facts["line"]) for note in table.notes]) == (
        "utf-8",
        [("import.file.letters_lost", 22)],
    )
    assert [cells for _, cells in table.rows()][21] == ["Si\ufffdn", "castell"]


def test_a_given_encoding_is_believed_when_it_fits(tmp_path: Path) -> None:
    path = tmp_path / "enwau.csv"
    path.write_bytes("enw\nLlŷr\n".encode("iso-8859-14"))
    [table] = open_tables(path, encoding="latin-1")
    assert list(table.rows()) == [(1, ["enw"]), (2, ["Llþr"])]


@pytest.mark.parametrize(
    ("encoding", "code"),
    [("utf-8", "import.file.encoding_wrong"), ("utf-99", "import.file.encoding_unknown"),
     ("base64", "import.file.encoding_unknown")],
)  # fmt: skip
def test_a_given_encoding_that_does_not_fit(tmp_path: Path, encoding: str, code: str) -> None:
    path = tmp_path / "enwau.csv"
    path.write_bytes(b"enw\nGwen\nSi\xf4n\n")
    with pytest.raises(PerthynError) as caught:
        open_tables(path, encoding=encoding)
    assert caught.value.code == code
    assert caught.value.facts.get("line", 3) == 3


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n", exclude_categories=["Cc"]), max_size=20))
)
def test_whatever_is_utf_8_is_read_as_utf_8(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("utf8") / "any.csv"
    path.write_bytes(b"enw\n" + "\n".join(lines).encode())
    assert find_encoding(path).encoding in ("utf-8", "utf-8-sig")

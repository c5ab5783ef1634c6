"""HMRC's spreadsheet: its own example passes, ours is like it to the letter, other readers see the same."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import python_calamine
from giftaid_stage import declaration
from hypothesis import example, given, seed, settings
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn_donations.as_claimed import as_claimed, house_of, plain_letters, taken
from perthyn_donations.checking import checked
from perthyn_donations.schedule import MOST_ROWS, TEMPLATE, Row, Schedule, written

TODAY = date(2026, 11, 22)
HER = UUID(int=1)
HENRY = Row("Prof", "Henry", "House Martin", "152A", "M99 2QD", "", False, date(2015, 3, 24), 240_00)
EXAMPLE = [
    HENRY,
    Row("Mr", "John", "Smith", "100 Champs Elysees, Paris", "X", "", False, date(2015, 6, 24), 250_00),
    Row("", "", "", "", "", "One off Gift Aid donations", False, date(2015, 3, 31), 880_00),
    Row("Miss", "B", "Chaudry", "21", "L43 4FB", "", True, date(2015, 4, 26), 80_00),
]


def content(ods: bytes | Path) -> str:
    with zipfile.ZipFile(io.BytesIO(ods) if isinstance(ods, bytes) else ods) as file:
        return file.read("content.xml").decode()


def faults(*rows: Row, over: int = 0, earliest: date = date(2015, 1, 1)) -> list[str]:
    return [f"{one.code} {one.facts.get('cell')}" for one in checked(written(Schedule(earliest, over, rows)), TODAY)]


def test_hmrcs_own_example_is_unchanged_and_passes() -> None:
    said = (TEMPLATE.parent / "README.md").read_text(encoding="utf-8")
    assert sha256(TEMPLATE.read_bytes()).hexdigest() in said
    assert checked(TEMPLATE, TODAY) == []


def test_the_same_gifts_make_the_same_file() -> None:
    made = written(Schedule(date(2017, 11, 10), 0, EXAMPLE))
    assert content(made) == content(TEMPLATE)
    assert made == written(Schedule(date(2017, 11, 10), 0, EXAMPLE)), "and the same bytes, whenever"
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        first = file.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert b"creator" not in file.read("meta.xml"), "nobody's name but donors'"


def test_other_readers_see_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "claim.ods"
    rows = [HENRY, Row("", "Siân", "O'Brien & Sons <x>", "Ty'n-y-coed", "SY20 8XC", "", False, date(2026, 3, 1), 1)]
    file.write_bytes(written(Schedule(date(2015, 3, 24), 12_34, rows)))
    sheet = python_calamine.CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0)
    assert sheet.name.startswith("R68GAD_V1_00_0")
    cells = sheet.to_python(skip_empty_area=False)
    assert [cells[12][3].date(), cells[16][3], cells[19][9]] == [date(2015, 3, 24), 12.34, 240.01]
    assert cells[25][1:8] == [2.0, "", "Siân", "O'Brien & Sons <x>", "Ty'n-y-coed", "SY20 8XC", ""]
    assert (cells[25][9].date(), cells[25][10]) == (date(2026, 3, 1), 0.01)
    assert cells[26][1:11] == [3.0, *[""] * 9], "the template's examples are gone, its numbers stay"
    shown = _shown_by_odfpy(file, 26)
    assert shown[9:11] == ["01/03/26", "0.01"]
    assert _shown_by_odfpy(file, 20)[9] == "£240.01"


def _shown_by_odfpy(file: Path, row: int) -> list[str]:
    from odf.opendocument import load
    from odf.table import CoveredTableCell, TableCell, TableRow
    from odf.teletype import extractText

    number = 0
    for one in load(str(file)).spreadsheet.getElementsByType(TableRow):
        number += int(one.getAttribute("numberrowsrepeated") or 1)
        if number == row:
            cells = [cell for cell in one.childNodes if cell.qname in (TableCell().qname, CoveredTableCell().qname)]
            return [
                extractText(cell) for cell in cells for _ in range(int(cell.getAttribute("numbercolumnsrepeated") or 1))
            ][:12]
    raise AssertionError(row)


def changed(row: Row = HENRY, **values: Any) -> Row:
    return Row(**{**{name: getattr(row, name) for name in row.__slots__}, **values})


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (changed(title="Dr."), "title C25"),
        (changed(title="Arglwyddes"), "title C25"),
        (changed(title="D"), "title C25"),
        (changed(given=""), "long D25"),
        (changed(given="Mary Ann"), "given D25"),
        (changed(family="x" * 36), "long E25"),
        (changed(family="Gŵyn"), "letters E25"),
        (changed(family="O’Brien"), "letters E25"),
        (changed(house="x" * 41), "long F25"),
        (changed(house=""), "long F25"),
        (changed(postcode="sy20 8xc"), "postcode G25"),
        (changed(postcode="SY208XC"), "postcode G25"),
        (changed(postcode=""), "postcode G25"),
        (changed(aggregated="Collection"), "both C25"),
        (changed(EXAMPLE[2], aggregated="x" * 36), "long H25"),
        (changed(EXAMPLE[2], amount=1_000_01), "most K25"),
        (changed(sponsored=True, amount=500_01), "most K25"),
        (changed(day=date(2026, 11, 23)), "day J25"),
        (changed(amount=0), "amount K25"),
    ],
)
def test_the_checker_finds_each_fault(row: Row, fault: str) -> None:
    assert f"giftaid.file.{fault}" in faults(row)


def test_the_checker_reads_what_others_wrote() -> None:
    good = written(Schedule(date(2015, 1, 1), 0, EXAMPLE))

    def spoilt(before: str, after: str) -> list[str]:
        text = content(good)
        assert before in text
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                new.writestr(name, text.replace(before, after, 1) if name == "content.xml" else old.read(name))
        return [one.code.rpartition(".")[2] for one in checked(out.getvalue(), TODAY)]

    assert spoilt("R68GAD_V1_00_0_EN", "Sheet1") == ["sheet"]
    assert spoilt("<text:p>Donation date</text:p>", "<text:p>When</text:p>") == ["layout"]
    assert spoilt("<text:p>01/01/15</text:p>", "<text:p>2015-01-01</text:p>") == ["day"]
    assert spoilt("<text:p>01/01/15</text:p>", "") == ["day"]
    assert spoilt("<text:p>4</text:p>", "<text:p>5</text:p>") == ["item"]
    assert checked(b"PK no zip", TODAY)[0].code == "giftaid.file.unreadable"
    assert spoilt("<office:body>", "<office:body><!DOCTYPE x>") == ["unreadable"]


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in pairwise("abcdefgh")
) + "]>"  # fmt: skip
P = "<text:p>"


def hostile(change: Callable[[str], str] = str, encoding: str = "utf-8", mimetype: bytes = b"") -> bytes:
    """The template's example, with something else in what it holds."""
    made = io.BytesIO()
    with zipfile.ZipFile(TEMPLATE) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("mimetype", mimetype or old.read("mimetype"))
        told = old.read("content.xml").decode().replace('encoding="UTF-8"', f'encoding="{encoding}"')
        new.writestr("content.xml", change(told).encode(encoding))
    return made.getvalue()


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (hostile(lambda told: told.replace("?>", f"?>{ENTITIES}", 1).replace(P, f"{P}&h;", 1), "utf-16"), "DOCTYPE"),
        (hostile(lambda told: told.replace("?>", f"?>{ENTITIES}", 1).replace(P, f"{P}&h;", 1)), "DOCTYPE"),
        (hostile(lambda told: told.replace("?>", '?><!DOCTYPE x SYSTEM "file:///etc/passwd">', 1)), "DOCTYPE"),
        (hostile(mimetype=b"\0" * 50_000_000), "mimetype"),
        (hostile(lambda told: told.replace(P, P + "<text:span>" * 5_000 + "</text:span>" * 5_000, 1)), "span"),
        (hostile().replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\x01\0"), "encrypted"),
    ],
    ids=["entities in UTF-16", "entities", "outside", "a mimetype of 50 MB", "deep", "a password"],
)
def test_a_hostile_file_is_unreadable_and_that_is_all(file: bytes, why: str) -> None:
    (fault,) = checked(file, TODAY)
    assert fault.code == "giftaid.file.unreadable" and why in str(fault.facts["why"])


def test_spaces_that_are_only_counted_take_no_room() -> None:
    checked(hostile(lambda told: told.replace(P, f'{P}<text:s text:c="{"9" * 15}"/>')), TODAY)


@seed(20261123)
@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=20))
def test_a_file_with_bytes_changed_is_read_or_unreadable(flips: list[tuple[float, int]]) -> None:
    file = bytearray(TEMPLATE.read_bytes())
    for place, value in flips:
        file[int(place * len(file))] = value
    checked(bytes(file), TODAY)


def test_a_full_file() -> None:
    assert faults(*[HENRY] * MOST_ROWS) == []
    with pytest.raises(ValueError):
        written(Schedule(TODAY, 0, [HENRY] * (MOST_ROWS + 1)))


# -- letters, names, houses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Gŵyn", "Gwyn"), ("Llŷr", "Llyr"), ("ŴŶ", "WY"), ("O’Brien", "O'Brien"), ("Siân", "Siân"),
        ("Ynys – Môn", "Ynys - Môn"),
        ("Łukasz", "Lukasz"), ("Ståle Øvergård", "Ståle Øvergård"), ("Dvořák", "Dvorák"), ("  a \u00a0 b ", "a b"),
        ("w\u0302", "w"), ("“Ab”", '"Ab"'), ("ﬁ", "fi"), ("Œdipe", "Oedipe"),
    ],
)  # fmt: skip
def test_letters(written: str, plain: str) -> None:
    assert plain_letters(written) == plain


@given(st.text(max_size=60))
def test_letters_are_taken_or_refused(text: str) -> None:
    try:
        plain = plain_letters(text)
    except PerthynError as error:
        assert error.code == "giftaid.letters"
        return
    assert all(map(taken, plain)) and plain == plain.strip() and "  " not in plain
    assert plain_letters(plain) == plain


@pytest.mark.parametrize(
    ("address", "house"),
    [
        ("165 Castle Lane\nConwy", "165"), ("12A Stryd Fawr", "12A"), ("3-5 High Street", "3-5"),
        ("7/2 Castle St", "7/2"),
        ("Flat 2, 14 Heol y Bont", "Flat 2, 14 Heol y Bont"), ("Tŷ Gwyn\nBrithwen", "Tŷ Gwyn"),
        ("Bryn Awel", "Bryn Awel"),
        ("Heol y Bont\nBrithwen", ""), ("High Street", ""), ("Y Stryd Fawr, Brithwen", ""), ("", ""), ("\n, \n", ""),
        ("Lôn Las", ""), ("Yr Hen Ysgol, Lôn Las", "Yr Hen Ysgol, Lôn Las"),
    ],
)  # fmt: skip
def test_house(address: str, house: str) -> None:
    assert house_of(address) == house


def said(**values: Any) -> tuple[str, ...]:
    donor = as_claimed(declaration(HER, id=UUID(int=9), **values))
    return donor.title, donor.given, donor.family, donor.house, donor.postcode


def test_donors_as_claimed() -> None:
    assert said() == ("", "Siân", "Llyr", "12", "SY20 8XC")
    assert said(title="Dr.", given="Gŵyn", family="ap Gwilym") == ("Dr", "Gwyn", "ap Gwilym", "12", "SY20 8XC")
    assert said(title="Arglwyddes", given="Mary Ann", postcode="sy208xc") == ("", "Mary", "Llyr", "12", "SY20 8XC")
    assert said(given="x" * 36)[1] == "x"
    assert said(house="x" * 40)[3] == "x" * 40
    assert said(overseas=True, address="100 Champs Elysees\nParis", postcode=None)[3:] == (
        "100 Champs Elysees, Paris",
        "X",
    )
    assert said(family="O’Brien")[2] == "O'Brien"
    told = as_claimed(declaration(HER, id=UUID(int=9), given="Gŵyn", title="Arglwyddes")).converted
    assert {(one.field, one.before, one.after) for one in told} == {
        ("given", "Gŵyn", "Gwyn"), ("family", "Llŷr", "Llyr"), ("title", "Arglwyddes", ""), }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"given": "Ծովինար"}, "letters"), ({"family": "x" * 36}, "name.long"), ({"given": " "}, "name.missing"),
        ({"house": "x" * 41}, "house.long"), ({"address": "Heol y Bont"}, "house.missing"),
        ({"postcode": "SY20"}, "postcode"), ({"overseas": True, "address": "y" * 41}, "house.long"),
    ],
)  # fmt: skip
def test_what_is_held(values: dict[str, Any], code: str) -> None:
    with pytest.raises(PerthynError) as error:
        said(**values)
    assert error.value.code == f"giftaid.{code}"


NAMES = st.one_of(
    st.sampled_from(["Gŵyn", "O’Brien", "ap Gwilym", "Ffion-Haf", "Merched y Wawr Brithwen", "x" * 35, "x" * 40]),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=45),
)


@given(NAMES, NAMES, NAMES, st.sampled_from(["SY20 8XC", "cf101aa", "W1A 1AA", "", "X", "ŵ"]), st.booleans())
@example("Gŵyn", "O’Brien", "x" * 40, "SY20 8XC", False)
def test_what_is_written_passes_or_is_held(given: str, family: str, house: str, postcode: str, abroad: bool) -> None:
    values = {"given": given, "family": family, "address": house, "postcode": postcode or None, "overseas": abroad}
    try:
        donor = as_claimed(declaration(HER, id=UUID(int=9), **values))
    except PerthynError as error:
        assert error.code.startswith("giftaid.")
        return
    row = Row(donor.title, donor.given, donor.family, donor.house, donor.postcode, "", False, TODAY, 1)
    assert faults(row) == []

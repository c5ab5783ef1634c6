"""A1 notation, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sheets_emulator import a1, ranges
from sheets_emulator.direct import Direct
from sheets_emulator.errors import Refused


@pytest.fixture
def direct() -> Direct:
    made = Direct()
    for title in ("D3", "It's here", "with ! mark", "Y Llyfr"):
        made.reply("addSheet", properties={"title": title, "gridProperties": {"rowCount": 10, "columnCount": 5}})
    return made


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("A1", "Sheet1!A1"),
        ("$B$2", "Sheet1!B2"),
        ("b2:c3", "Sheet1!B2:C3"),
        ("D4:A1", "Sheet1!A1:D4"),
        ("Sheet1", "Sheet1!A1:Z1000"),
        ("sheet1!a1", "Sheet1!A1"),
        ("A:A", "Sheet1!A1:A1000"),
        ("C:A", "Sheet1!A1:C1000"),
        ("2:3", "Sheet1!A2:Z3"),
        ("A1:1", "Sheet1!A1:Z1"),
        ("A5:B", "Sheet1!A5:B1000"),
        ("Y1:ZZ2000", "Sheet1!Y1:Z1000"),
        ("D3", "Sheet1!D3"),
        ("'D3'", "'D3'!A1:E10"),
        ("'D3'!D3", "'D3'!D3"),
        ("'It''s here'!A1:B2", "'It''s here'!A1:B2"),
        ("with ! mark!A1", "'with ! mark'!A1"),
        ("'with ! mark'!A1", "'with ! mark'!A1"),
        ("y llyfr!R2C3:R4C5", "'Y Llyfr'!C2:E4"),
        ("!B2", "Sheet1!B2"),
        ("''!B2", "Sheet1!B2"),
        ("with ! mark", "'with ! mark'!A1:E10"),
        ("A:B5", "Sheet1!A1:B5"),
        ("A01", "Sheet1!A1"),
        ("R[1]C[1]", "Sheet1!B2"),
        ("RC", "Sheet1!A1"),
        ("R1C1:R2", "Sheet1!A1:Z2"),
        ("C[1]", "Sheet1!B1:B1000"),
        ("R3C3:R1C1", "Sheet1!A1:C3"),
        ("R1C1:R2000C50", "Sheet1!A1:Z1000"),
    ],
)
def test_what_a_range_means(direct: Direct, asked: str, told: str) -> None:
    assert ranges.named(direct.book, asked).name() == told


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "!",
        "Nowhere",
        "Nowhere!A1",
        "Sheet1!A",
        "Sheet1!1",
        "A1:B2:C3",
        "Sheet1!A0",
        "!Sheet1",
        " A1",
        "A1: B2",
        "A1:R2C2",
        "R2C2:R1C1",
        "R0C1",
        "Sheet1!",
        "A1:",
    ],
)
def test_what_means_nothing(direct: Direct, asked: str) -> None:
    with pytest.raises(Refused) as refusal:
        ranges.named(direct.book, asked)
    assert refusal.value.message == f"Unable to parse range: {asked}"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("A1001", "Sheet1!A1001"),
        ("AA1:AB2", "Sheet1!AA1:AB2"),
        ("A1001:B", "Sheet1!A1001:B"),
        ("ZZ:ZZ", "Sheet1!ZZ"),
        ("1001:1001", "Sheet1!1001"),
        ("R[1000]C[0]", "Sheet1!A1001"),
        ("2000:2001", "Sheet1!2000:2001"),
    ],
)
def test_a_start_outside_the_grid_is_refused(direct: Direct, asked: str, told: str) -> None:
    with pytest.raises(Refused) as refusal:
        ranges.named(direct.book, asked)
    assert refusal.value.message == f"Range ({told}) exceeds grid limits. Max rows: 1000, max columns: 26"
    assert refusal.value.code == 400


def test_a_named_range_is_a_range(direct: Direct) -> None:
    direct.reply("addNamedRange", namedRange={"name": "Pobl", "range": {"startRowIndex": 1, "endRowIndex": 3}})
    assert ranges.named(direct.book, "pobl").name() == "Sheet1!A2:Z3"
    assert ranges.named(direct.book, "'Sheet1'!Pobl").name() == "Sheet1!A2:Z3"


@given(some.integers(0, a1.COLUMNS - 1))
def test_letters_name_each_column_once(column: int) -> None:
    assert a1.column_of(a1.letters(column)) == column


@given(some.text(min_size=1, max_size=20))
def test_a_quoted_title_comes_back(title: str) -> None:
    assert a1.split(f"{a1.quoted(title)}!A1:B2") == (title, "A1:B2")

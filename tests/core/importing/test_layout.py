"""Layout: the header is found under titles, rotas are seen as grids, and no row is taken for what it is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.errors import PerthynError
from perthyn.importing.layout import DAY, Layout, data_rows, day_columns, find_layout
from perthyn.importing.tables import Cell, Table


def table(*rows: Sequence[Cell], typed: bool = False) -> Table:
    """A table of the given rows, numbered from 1."""
    numbered = [(number, list(cells)) for number, cells in enumerate(rows, 1)]
    return Table(Path("x.csv"), "", "csv", lambda: iter(numbered), encoding="" if typed else "utf-8")


def rows_of(given: Table) -> list[tuple[int, list[Cell], str]]:
    return list(data_rows(given, find_layout(given)))


GWEN = ["Gwen Prys", "gwen@example.org", "Y Bala", "12.50"]
SION = ["Siôn Môn", "sion@example.org", "Corwen", "3"]
NAMES = ["Enw", "E-bost", "Tref", "Tâl"]


def test_a_plain_table() -> None:
    given = table(NAMES, GWEN, SION)
    assert find_layout(given) == Layout(1, tuple(NAMES), (), "rows", False)
    assert rows_of(given) == [(2, GWEN, ""), (3, SION, "")]


def test_titles_blank_lines_totals_and_the_header_again() -> None:
    given = table(
        ["Plas Brithwen: aelodau 2026"],
        ["Diweddarwyd:", "3 Mai"],
        [],
        NAMES,
        GWEN,
        ["", "\xa0", "", ""],
        NAMES,
        SION,
        ["Cyfanswm", "", "", "15.50"],
        [],
        ["Total: 2 members"],
    )
    layout = find_layout(given)
    assert layout == Layout(4, tuple(NAMES), (1, 2), "rows", True)
    assert [(number, why) for number, _, why in data_rows(given, layout)] == [
        (5, ""), (6, "blank"), (7, "header"), (8, ""), (9, "totals"), (10, "blank"), (11, "totals"),
    ]  # fmt: skip
    assert all(len(cells) == 4 for _, cells, _ in data_rows(given, layout))


@pytest.mark.parametrize(
    "row",
    [["Total Recall Ltd", "a@example.org", "Corwen", "3"], ["Total", "total@example.org", "Corwen", "3"],
     ["Cyfarthfa", "", "", "5"], ["Subira Swm", "", "", ""]],
)  # fmt: skip
def test_people_are_no_totals(row: list[str]) -> None:
    assert rows_of(table(NAMES, GWEN, row))[1] == (3, row, "")


@pytest.mark.parametrize(
    "word", ["TOTAL", "Totals:", "Sub-total", "Is-gyfanswm", "Cyfanswm terfynol", "Grand Total", "SWM"]
)
def test_words_for_totals(word: str) -> None:
    assert rows_of(table(NAMES, GWEN, ["", word, "", "£1,234.50"]))[1][2] == ("totals")


def test_ragged_rows() -> None:
    given = table(NAMES, GWEN, ["Nia"], [*SION, "", ""], [*SION, "gormod"], ["", "", "", "", "wedi'i symud"])
    assert rows_of(given) == [
        (2, GWEN, ""),
        (3, ["Nia", "", "", ""], ""),
        (4, SION, ""),
        (5, [*SION, "gormod"], "ragged"),
        (6, ["", "", "", "", "wedi'i symud"], "ragged"),
    ]


def test_typed_rows_are_filled_with_none_and_nought_is_something() -> None:
    given = table(["Nifer", "Enw"], [0], [None, None], [0.0, "Gwen"], typed=True)
    assert rows_of(given) == [(2, [0, None], ""), (3, [None, None], "blank"), (4, [0.0, "Gwen"], "")]


def test_names_of_columns() -> None:
    given = table([" Enw\xa0 llawn ", "Ffôn", "", "Ffôn", "Ffôn (2)", "Cod\nPost"], ["Gwen", "1", "x", "2", "3", "4"])
    assert find_layout(given).headers == ("Enw llawn", "Ffôn", "(C)", "Ffôn (3)", "Ffôn (2)", "Cod Post")


def test_columns_without_a_name_count_where_most_rows_fill_them() -> None:
    assert find_layout(table(["Enw", "Tref"], ["Gwen", "Y Bala", "x"], ["Nia", "Corwen", "y"])).headers[2:] == ("(C)",)
    assert find_layout(table(["Enw", "Tref", "", ""], GWEN[:2], SION[:2])).headers == ("Enw", "Tref")


@pytest.mark.parametrize(
    "rows",
    [
        [GWEN, SION],
        [["gwen@example.org"], ["sion@example.org"]],
        [["Gwen Prys", "Y Bala"], ["Siôn Môn", "Y Bala"], ["Nia Wyn", "Corwen"]],
        [["Gwen", date(2026, 4, 5)], ["Nia", date(2026, 4, 6)]],
        [["Gwen", "SY20 8XX", "01632 960001"], ["Nia", "LL23 7YE", "01632 960002"]],
        [["rec-1", "12"], ["rec-2", "13"]],
    ],
)
def test_no_header(rows: list[list[Cell]]) -> None:
    layout = find_layout(table(*rows))
    assert (layout.header_row, layout.headers[0]) == (0, "(A)")
    assert [cells for _, cells, _ in data_rows(table(*rows), layout)] == rows


def test_no_header_below_a_title() -> None:
    given = table(["Cyfeillion y Plas"], GWEN, SION)
    assert find_layout(given).titles == (1,)
    assert rows_of(given) == [(2, GWEN, ""), (3, SION, "")]


def test_years_may_head_columns() -> None:
    assert (
        find_layout(table(["Enw", "2023", "2024", "2025"], ["Gwen", "£5", "", "£5"], ["Nia", "", "£5", ""])).header_row
        == 1
    )


def test_familiar_names_settle_it() -> None:
    given = table(
        ["Clwb y Plas", "Rhestr 2026", "", ""], ["Enw", "Tref", "Rôl", ""], ["Gwen", "Y Bala", "aelod", "hen"]
    )
    assert find_layout(given).header_row == 1
    assert find_layout(given, known=lambda name: name in ("Enw", "Tref")).header_row == 2


@pytest.mark.parametrize("rows", [[NAMES], [["Teitl"], NAMES], [NAMES, ["", " "], []]])
def test_header_only(rows: list[list[str]]) -> None:
    with pytest.raises(PerthynError) as caught:
        find_layout(table(*rows))
    assert caught.value.code == "import.file.header_only"


def test_nothing_at_all() -> None:
    with pytest.raises(PerthynError) as caught:
        find_layout(table([], [" "]))
    assert caught.value.code == "import.file.empty"


def test_a_rota_is_a_grid() -> None:
    given = table(
        ["Rota gwirfoddolwyr, Ebrill"],
        [],
        ["Gwaith", "Sad 4 Ebr", "Sun 5/4", "Mawrth 7 Ebrill", "Sat 11th April"],
        ["Drws", "Siân/Gwen", "?", "", "Nia"],
        ["Te", "", "Gwen (am)", "Nia", ""],
    )
    layout = find_layout(given)
    assert (layout.shape, layout.header_row, layout.titles) == ("grid", 3, (1,))
    assert day_columns(layout) == (1, 2, 3, 4)
    assert [cells[0] for _, cells, _ in data_rows(given, layout)] == ["Drws", "Te"]


def test_a_rota_with_real_dates() -> None:
    days = [datetime(2026, 4, day) for day in (4, 5, 11)]
    given = table([None, *days], ["Drws", "Siân", None, "Nia"], typed=True)
    layout = find_layout(given)
    assert (layout.shape, layout.headers) == ("grid", ("(A)", "2026-04-04", "2026-04-05", "2026-04-11"))
    assert day_columns(layout) == (1, 2, 3)


@pytest.mark.parametrize(
    "text",
    ["Sad 4 Ebr", "Sun 5/4", "4 Ebrill", "1af Mai", "Dydd Sul 3 Mai 2026", "Sul, 3 Mai", "4th of April 2026", "April 4",
     "Sat 4", "05/04/2026", "5.4.26", "2026-04-05", "Maw 7 Maw", "3-Gorff-26", "Iau 12 Tach", "Sept 3"],
)  # fmt: skip
def test_days(text: str) -> None:
    assert DAY.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["Mai", "Siân", "4", "Gwen 4", "1/2 price", "Mon", "3 members", "12 High Street", "SY20 8XX", "May 5 pm"]
)
def test_no_days(text: str) -> None:
    assert not DAY.fullmatch(text)


@given(
    st.integers(0, 3),
    st.lists(st.sampled_from([GWEN, SION, ["Nia Wyn", "nia@example.org", "", "7"]]), min_size=1, max_size=12),
    st.lists(st.integers(0, 12), max_size=4),
)
def test_every_row_of_people_is_data_whatever_stands_between(
    titles: int, people: list[list[str]], blanks: list[int]
) -> None:
    body: list[list[str]] = list(people)
    for place in blanks:
        body.insert(place, [])
    given = table(*[["Rhestr"]] * titles, NAMES, *body)
    layout = find_layout(given)
    assert (layout.header_row, layout.headers) == (titles + 1, tuple(NAMES))
    assert [cells for _, cells, why in data_rows(given, layout) if not why] == people
    assert sum(why == "blank" for *_, why in data_rows(given, layout)) == len(blanks)

"""Dates, times and instants, and the order in which a column writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.importing.date_order import OrderVotes
from perthyn.importing.values_dates import DateReader, DateStyle, instant_reader, time_reader

TODAY = date(2026, 11, 22)
DAY_FIRST = DateStyle("dmy", TODAY)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("4/4/2026", date(2026, 4, 4)), ("04.03.26", date(2026, 3, 4)), ("31/12/79", date(1979, 12, 31)),
        ("2026-04-05", date(2026, 4, 5)), ("20260405", date(2026, 4, 5)), ("45123", date(2023, 7, 16)),
        (45123, date(2023, 7, 16)), (45123.75, date(2023, 7, 16)), (datetime(2026, 4, 5, 9), date(2026, 4, 5)),
        ("4 Ebrill 2026", date(2026, 4, 4)), ("March 4, 2026", date(2026, 3, 4)), ("4-Mar-26", date(2026, 3, 4)),
        ("1af o Fawrth 1999", date(1999, 3, 1)), ("Mawrth 3 Mawrth 2026", date(2026, 3, 3)),
        ("Dydd Sadwrn, 4 Ebrill 2026", date(2026, 4, 4)), ("23/08/2026 2:22 PM", date(2026, 8, 23)),
        ("2026-06-23T23:39:01Z", date(2026, 6, 24)),  # summer time in London
        ("", None),
    ],
)  # fmt: skip
def test_days(written: object, day: date | None) -> None:
    parsed = DateReader(DAY_FIRST).read([written])
    assert (parsed.values, parsed.wrong, parsed.noted) == ([day], {}, {})


@pytest.mark.parametrize(
    ("written", "day", "code"),
    [
        ("Sad 4 Ebr", date(2026, 4, 4), "import.date.year_guessed"),
        ("Sun 5/4", date(2026, 4, 5), "import.date.year_guessed"),
        ("Mawrth", date(2026, 3, 1), "import.date.month_only"),
        ("Mawrth 2027", date(2027, 3, 1), "import.date.month_only"),
    ],
)
def test_days_with_something_missing_are_noted(written: str, day: date, code: str) -> None:
    parsed = DateReader(DAY_FIRST).read([written])
    assert parsed.values == [day]
    assert parsed.noted[0][0] == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("30/2/2026", "import.date.impossible"),
        ("free", "import.date.unreadable"),
        ("4/4/1066", "import.date.far"),
        ("4/13/2026", "import.date.other_order"),
    ],
)
def test_days_that_are_none(written: str, code: str) -> None:
    parsed = DateReader(DAY_FIRST).read([written])
    assert parsed.values == [None]
    assert parsed.wrong[0][0] == code


def test_a_month_alone_at_an_end_is_the_last_day_of_the_coming_one() -> None:
    style = DateStyle("dmy", TODAY, lean="coming")
    assert DateReader(style).read(["Mawrth", "Rhagfyr"]).values == [date(2027, 3, 31), date(2026, 12, 31)]


@given(st.dates(date(1990, 1, 1), date(2045, 1, 1)), st.sampled_from(["dmy", "mdy"]))
def test_what_is_written_in_an_order_reads_back_in_it(day: date, order: str) -> None:
    shown = day.strftime("%d/%m/%Y" if order == "dmy" else "%m/%d/%Y")
    assert DateReader(DateStyle(order, TODAY)).read([shown]).values == [day]
    assert DateReader(DateStyle(order, TODAY)).read([day.isoformat()]).values == [day]


def test_beside_cells_of_the_other_order_an_ambiguous_one_is_refused() -> None:
    cells = ["28/03/2026", "02/04/2026", "04/13/2026", "05/01/2026", "05/05/2026", "20/06/2026", "01/07/2026"]
    reader = DateReader(DAY_FIRST)
    parsed = reader.read(cells)
    assert {index: reason[0].rpartition(".")[2] for index, reason in parsed.wrong.items()} == {
        1: "order_doubtful",
        2: "other_order",
        3: "order_doubtful",
    }
    assert parsed.values[4:] == [date(2026, 5, 5), date(2026, 6, 20), date(2026, 7, 1)]
    assert reader.read(["02/07/2026"]).wrong == {}


def test_the_order_of_a_column() -> None:
    def order(*cells: object) -> str:
        votes = OrderVotes()
        votes.add(cells)
        return votes.order

    assert order("1/2/2026", "13/2/2026") == "dmy"
    assert order("1/2/2026", "2/13/2026") == "mdy"
    assert order("1/2/2026") == "dmy"
    assert order("2026-01-02", date(2026, 1, 2)) == "ymd"
    assert order("45123", "45124") == "serial"
    mixed = OrderVotes()
    mixed.add(["13/2/2026"])
    assert not mixed.undecided
    mixed.add(["2/13/2026"])
    assert mixed.mixed


def test_times() -> None:
    reader = time_reader(DAY_FIRST)
    cells = ["14:22", "2.22 pm", "08:39:01", "12:05 AM", 0.5, "4/4/2026 10:30", "4/4/2026", ""]
    assert reader.read(cells).values == [
        time(14, 22), time(14, 22), time(8, 39, 1), time(0, 5), time(12), time(10, 30), None, None,
    ]  # fmt: skip
    assert reader.read(["noon-ish"]).wrong[0][0] == "import.time.unreadable"


def test_instants_are_utc() -> None:
    cells = ["2026-07-01 12:00:00", "2026-07-01T12:00:00+02:00", "01/12/2026 09:00"]
    assert instant_reader(DAY_FIRST).read(cells).values == [
        datetime(2026, 7, 1, 11, tzinfo=UTC),
        datetime(2026, 7, 1, 10, tzinfo=UTC),
        datetime(2026, 12, 1, 9, tzinfo=UTC),
    ]

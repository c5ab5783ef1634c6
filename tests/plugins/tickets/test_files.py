"""The files that pretix exports: recognised by their headers, and told with the ids that its API tells them with."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import perthyn_tickets
from perthyn.importing.meanings import is_meaning
from perthyn.importing.tables import open_tables
from perthyn.importing.understanding import Chunk, Understanding, chunks, understand

TODAY = date(2026, 11, 22)


def read(path: Path, header: str, *rows: Sequence[str]) -> tuple[Understanding, Chunk]:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    understanding = understand(open_tables(path)[0], known=perthyn_tickets.offer_known_exports(), today=TODAY)
    (chunk,) = chunks(understanding)
    return understanding, chunk


def test_pretix_positions(tmp_path: Path) -> None:
    header = "Event slug,Event name,Order code,Position ID,Status,Email,Order date,Order time,Start date,Product,Price,"
    asked = "Invoice address name,Email me news of the house"
    link = "http://tickets.example.org/castle/house/ticket/X/1/s/"

    def row(order: str, place: str, status: str, product: str, price: str, scan: str, news: str) -> list[str]:
        start = ["house", "Tŷ", order, place, status, f"{order}@example.org", "2026-04-01", "08:00:00"]
        return [*start, "2026-05-02 10:00:00", product, price, "Siân Evans", news, scan, link]

    understanding, chunk = read(
        tmp_path / "p.csv", f"{header}{asked},Check-in lists,Position order link",
        row("AA", "1", "paid", "Adult", "14.50", "Door", "Yes"),
        row("AA", "2", "paid", "Child", "7.25", "Door", ""),
        row("AA", "3", "paid", "Donation to the roof", "5.00", "", ""),
        row("BB", "1", "canceled", "Adult", "14.50", "", "No"),
        row("CC", "1", "pending", "Adult", "14.50", "", "No"),
        row("DD", "1", "paid", "Adult", "14.50", "", "No"),
    )  # fmt: skip
    assert (understanding.known, understanding.source) == ("pretix-positions", "pretix:castle")
    assert understanding.defaults["consent_wording"] == "Email me news of the house"
    told = list(zip(*map(chunk.values, ("row_id", "kind", "amount", "party_size")), strict=True))
    assert told == [
        ("AA-1", "booking", 1450, None),
        ("AA-2", "booking", 725, None),
        ("AA-3", "donation", 500, None),
        ("BB-1", "booking", 1450, None),
        ("DD-1", "booking", 1450, None),
        ("AA:visit:2026-05-02", "visit", None, 2),
        ("BB-1:cancelled", "booking", -1450, None),
    ]
    assert chunk.values("date")[5] == date(2026, 5, 2)
    assert chunk.values("consent_email")[:3] == ["yes", None, None]


def test_pretix_orders_tell_of_people_only(tmp_path: Path) -> None:
    header = "Event slug,Order code,Order total,Status,Email,Phone number,Order date,Name,Positions,Order link"
    link = "http://tickets.example.org/castle/house/order/AA/s/"
    row = ["house", "AA", "24.50", "paid", "s@example.org", "'+447400123415", "2026-04-01", "Siân Evans", "2", link]
    understanding, chunk = read(tmp_path / "o.csv", header, row)
    assert (understanding.known, understanding.about) == ("pretix-orders", "people")
    assert chunk.values("phone") == ["+447400123415"]
    assert "amount" not in chunk.cells


def test_an_event_that_is_no_series_has_its_visit_under_the_order_alone(tmp_path: Path) -> None:
    header = (
        "Event slug,Event name,Order code,Position ID,Status,Email,Order date,Start date,Product,Price,Sales channel,"
    )
    link = "http://tickets.example.org/castle/gala/ticket/X/1/s/"
    row = [
        "gala",
        "Cinio",
        "AA",
        "1",
        "paid",
        "s@example.org",
        "2026-04-01",
        "",
        "Seat",
        "85.00",
        "Online shop",
        "Door",
        link,
    ]
    _, chunk = read(tmp_path / "p.csv", f"{header}Check-in lists,Position order link", row)
    assert chunk.values("row_id") == ["AA-1", "AA:visit"]
    assert chunk.values("channel") == ["website", "website"]


def test_every_export_uses_known_meanings() -> None:
    for export in perthyn_tickets.offer_known_exports():
        assert all(map(is_meaning, [*export.columns.values(), *export.defaults]))

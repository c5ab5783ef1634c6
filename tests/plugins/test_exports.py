"""Known exports: recognised by their headers, and told as what happened."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import perthyn_exports
from perthyn.importing.tables import open_tables
from perthyn.importing.understanding import Chunk, Understanding, chunks, understand

TODAY = date(2026, 11, 22)


def read(path: Path, header: str, *rows: Sequence[str]) -> tuple[Understanding, Chunk]:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    understanding = understand(open_tables(path)[0], known=perthyn_exports.offer_known_exports(), today=TODAY)
    (chunk,) = chunks(understanding)
    return understanding, chunk


def test_square(tmp_path: Path) -> None:
    header = "Date,Time,Time Zone,Category,Item,Qty,Gross Sales,Discounts,Net Sales,Transaction ID,Event Type,Location,"

    def row(category: str, quantity: str, net: str, code: str, what: str, *who: str) -> list[str]:
        sold = ["28/06/2026", "11:22:00", "London", category, "Aelod", quantity, net, "", net, code, what, "Tŷ"]
        return [*sold, *(who or ("", ""))]

    understanding, chunk = read(
        tmp_path / "till.csv",
        header + "Customer ID,Customer Name",
        row("Caffi", "2", "£6.00", "t1", "Payment"),
        row("Caffi", "-1", "(£3.00)", "t2", "Refund"),
        row("Siop", "1", "£4.00", "t4", "Refund"),
        row("Mynediad / Admission", "1", "£0.00", "t3", "Payment", "C1", "Siân Evans"),
    )
    assert (understanding.known, understanding.source, understanding.about) == ("square-items", "square", "both")
    assert chunk.values("amount") == [600, -300, -400, 0]
    assert chunk.values("quantity") == [2, -1, -1, 1]
    assert chunk.values("kind") == ["purchase", "purchase", "purchase", "visit"]
    assert [name and name.whole for name in chunk.values("name")] == [None, None, None, "Siân Evans"]


def test_eventbrite(tmp_path: Path) -> None:
    header = (
        "Order #,Order Date,First Name,Surname,Email,Quantity,Ticket Type,Attendee #,Currency,Total Paid,Fees Paid,"
    )
    rows = [
        ["o1", "2026-05-01 10:00:00", "Siân", "Sayce", "s@example.org", "1", "Oedolyn", "a1", "GBP", "20.00", "1.00"],
        ["o1", "2026-05-01 10:00:00", "Cian", "Sayce", "s@example.org", "1", "Plentyn", "a2", "GBP", "20.00", "1.00"],
        ["o2", "2026-05-02 10:00:00", "Gwen", "Huws", "g@example.org", "1", "Oedolyn", "a3", "GBP", "10.00", "0.50"],
        ["o3", "2026-05-02 10:00:00", "Huw", "Rees", "h@example.org", "1", "Oedolyn", "a4", "GBP", "10.00", "0.50"],
        ["o4", "2026-05-02 10:00:00", "Test", "Test", "t@example.org", "1", "Oedolyn", "a5", "GBP", "0.00", "0"],
        ["o1", "2026-05-01 10:00:00", "Siân", "Sayce", "s@example.org", "1", "Oedolyn", "a1", "GBP", "20.00", "1.00"],
    ]
    statuses = ("Checked In", "Checked In", "Refunded", "Not Attending", "Attending", "Checked In")
    more = [[*row, status, "2026-07-04"] for row, status in zip(rows, statuses, strict=True)]
    understanding, chunk = read(tmp_path / "e.csv", header + "Attendee Status,Event Start Date", *more)
    assert understanding.known == "eventbrite-attendees"
    told = {
        source: (kind, amount, day)
        for source, kind, amount, day in zip(*map(chunk.values, ("row_id", "kind", "amount", "date")), strict=True)
    }
    assert told == {
        "a1": ("booking", 2000, date(2026, 5, 1)),
        "a2": ("booking", None, date(2026, 5, 1)),
        "a3": ("booking", 1000, date(2026, 5, 2)),
        "a3:refund": ("booking", -1000, date(2026, 5, 2)),
        "a4": ("no_show", 1000, date(2026, 5, 2)),
        "a1:visit": ("visit", None, date(2026, 7, 4)),
        "a2:visit": ("visit", None, date(2026, 7, 4)),
    }
    assert [(aside.row, aside.code) for aside in chunk.aside] == [
        (6, "exports.row.test"),
        (7, "exports.row.repeated"),
    ]


MAILCHIMP = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,LEID,EUID,TAGS"


def test_mailchimp(tmp_path: Path) -> None:
    stamps = ("05/13/2021 02:10 PM", "05/13/2021 02:10 PM", "06/30/2022 11:30 PM")
    row = ["s@example.org", "Siân", "Evans", "3", *stamps, "1", "e1", '"VIP","Cymraeg"']
    known, chunk = read(tmp_path / "a.csv", MAILCHIMP, row)
    assert (known.known, known.source) == ("mailchimp-subscribed", "mailchimp")
    assert chunk.values("date") == [date(2021, 5, 13)]
    assert chunk.values("consent_email") == ["yes"]
    assert chunk.values("tag") == [("VIP", "Cymraeg")]

    known, chunk = read(tmp_path / "b.csv", MAILCHIMP + ",UNSUB_TIME,UNSUB_REASON", [*row, stamps[2], "too many"])
    assert known.known == "mailchimp-unsubscribed"
    assert chunk.values("kind") == ["signup", "unsubscribe"]
    assert chunk.values("date") == [date(2021, 5, 13), date(2022, 6, 30)]
    assert chunk.values("consent_email") == ["no", "no"]

    known, chunk = read(tmp_path / "c.csv", MAILCHIMP + ",CLEAN_TIME", [*row, stamps[2]])
    assert known.known == "mailchimp-cleaned"
    assert chunk.values("kind") == ["signup", "bounce"]
    assert chunk.values("consent_email") == [None, None]


def test_mailchimp_who_never_subscribed_said_nothing(tmp_path: Path) -> None:
    row = ["s@example.org", "Siân", "Evans", "3", "05/13/2021 02:10 PM", "", "06/30/2022 11:30 PM", "1", "e1", ""]
    known, chunk = read(tmp_path / "nonsubscribed_members_export_1.csv", MAILCHIMP, row)
    assert (known.known, known.about) == ("mailchimp-nonsubscribed", "people")
    assert chunk.values("consent_email") == [None] and chunk.values("email") == ["s@example.org"]
    for file in ("subscribed_members_export_1.csv", "unsubscribed_x.csv"):
        assert read(tmp_path / file, MAILCHIMP, row)[0].known == "mailchimp-subscribed", "the columns say so"


def test_mailchimp_a_column_of_statuses_counts(tmp_path: Path) -> None:
    rows = [
        [f"s{n}@example.org", "Siân", "Evans", "3", "", "", "", "1", f"e{n}", "", status]
        for n, status in enumerate(["Subscribed", "unsubscribed", "Cleaned", "nonsubscribed", ""])
    ]
    _, chunk = read(tmp_path / "all.csv", f"{MAILCHIMP},Status", *rows)
    assert chunk.values("consent_email") == ["yes", "no", None, None, "yes"]


def test_justgiving(tmp_path: Path) -> None:
    header = "Donation Date,Donation Auth Amount,Appeal Name,Donor User Id,Donor FirstName,Donor LastName,"
    understanding, chunk = read(
        tmp_path / "j.csv",
        header + "Donor Postcode,Donor E-mail,Donor Further Contact",
        ["13/05/2026", "50.00", "To newydd", "7", "Siân", "Evans", "SY20 8XX", "s@example.org", "No"],
        ["45123", "10.00", "To newydd", "", "Anonymous", "", "", "", "No"],
    )
    assert (understanding.known, understanding.defaults["kind"]) == ("justgiving-donations", "donation")
    assert chunk.values("date") == [date(2026, 5, 13), date(2023, 7, 16)]
    assert chunk.values("given") == ["Siân", None]
    assert chunk.values("consent_email") == chunk.values("consent_post") == ["no", "no"]


def test_paypal(tmp_path: Path) -> None:
    header = "Date,Time,Time zone,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,To Email Address,"
    house = "swyddfa@example.org"

    def row(who: str, what: str, status: str, gross: str, sender: str, to: str, code: str, of: str) -> list[str]:
        return [
            "13/05/2026",
            "10:00:00",
            "London",
            who,
            what,
            status,
            "GBP",
            gross,
            "0",
            gross,
            sender,
            to,
            code,
            "",
            of,
        ]

    understanding, chunk = read(
        tmp_path / "p.csv", header + "Transaction ID,Item Title,Reference Txn ID",
        row("Siân Evans", "Donation Payment", "Pending", "1,250.00", "s@example.org", house, "T1", ""),
        row("Siân Evans", "Donation Payment", "Completed", "1,250.00", "s@example.org", house, "T2", "T1"),
        row("Siân Evans", "Payment Refund", "Completed", "-250.00", house, "s@example.org", "T3", "T2"),
        row("", "General Withdrawal", "Completed", "-900.00", "", "", "T4", ""),
        row("", "Subscription Fee", "Completed", "-15.00", "", "", "T5", ""),
    )  # fmt: skip
    assert understanding.known == "paypal-activity"
    assert chunk.values("amount") == [125_000, -25_000]
    assert chunk.values("email") == ["s@example.org", "s@example.org"]
    assert chunk.values("kind") == ["donation", "donation"]
    assert [aside.code.rpartition(".")[2] for aside in chunk.aside] == ["unpaid", "inside", "inside"]


def test_every_export_uses_known_meanings_and_has_a_name_of_its_own() -> None:
    from perthyn.importing.meanings import is_meaning

    assert len({export.name for export in perthyn_exports.KNOWN}) == len(perthyn_exports.KNOWN)
    for export in perthyn_exports.KNOWN:
        assert all(map(is_meaning, [*export.columns.values(), *export.defaults]))
        assert export.en and export.cy

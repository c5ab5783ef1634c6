"""PayPal's activity download: pending rows before the completed ones, fees and bank transfers among the gifts."""

from __future__ import annotations

from datetime import date
from random import Random

from ..lines import Cell, Line, Mention, Sheet, pounds
from ..people import Cast, Gift

HEADER = (
    "Date", "Time", "Time zone", "Name", "Type", "Status", "Currency", "Gross", "Fee", "Net", "From Email Address",
    "To Email Address", "Transaction ID", "Item Title", "Reference Txn ID", "Balance",
)  # fmt: skip
HOUSE = "swyddfa@brithwen.example.org"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXY0123456789"
TYPES = {
    "completed": "Donation Payment",
    "pending": "Donation Payment",
    "purchase": "Website Payment",
    "refund": "Payment Refund",
}


def sheet(cast: Cast, random: Random) -> Sheet:
    gifts: list[Gift | tuple[date, int, str]] = [gift for gift in cast.gifts if gift.via == "paypal"]
    for month in (2, 4, 6, 8, 10):
        gifts.append((date(2026, month, 28), -4_000 if month != 8 else -123_450, "General Withdrawal"))
    for month in (3, 6, 9):
        gifts.append((date(2026, month, 1), -1_500, "Subscription Fee"))
    gifts.sort(key=lambda gift: gift.day if isinstance(gift, Gift) else gift[0])
    lines, balance = [Line(HEADER, "header")], 250_000
    waiting: dict[tuple[str, date], str] = {}  # (person, day) -> the pending row to which the completed one refers
    for gift in gifts:
        code = "".join(random.choices(LETTERS, k=17))
        clock = f"{random.randint(8, 21):02d}:{random.randint(0, 59):02d}:{random.randint(0, 59):02d}"
        if not isinstance(gift, Gift):
            balance += gift[1]
            lines.append(_house_line(gift, clock, code, balance))
            continue
        assert gift.person is not None
        reference = waiting.pop((gift.person.key, gift.day), "")
        if gift.state == "pending":
            waiting[gift.person.key, gift.day] = code
        else:
            balance += gift.pence - _fee(gift)
        lines.append(_line(gift, clock, code, reference, balance))
    return Sheet("paypal.csv", "paypal", tuple(lines), "utf-8-sig", mess=("BOM",))


def _fee(gift: Gift) -> int:
    return 0 if gift.pence < 0 else round(gift.pence * 0.014) + 20


def _line(gift: Gift, clock: str, code: str, reference: str, balance: int) -> Line:
    assert gift.person is not None
    person, fee = gift.person, _fee(gift)
    back, pending = gift.pence < 0, gift.state == "pending"
    cells: tuple[Cell, ...] = (
        gift.day.strftime("%d/%m/%Y"), clock, "Europe/London", person.name, TYPES[gift.state],
        "Pending" if pending else "Completed", "GBP", pounds(gift.pence, thousands=True),
        pounds(-fee), pounds(gift.pence - fee, thousands=True),
        HOUSE if back else person.email, person.email if back else HOUSE, code, gift.subject, reference,
        pounds(balance, thousands=True),
    )  # fmt: skip
    who = Mention((person.key,), person.given, person.family, person.email, kind=person.kind)
    mess = (
        *(("pending",) if pending else ("completed pair",) if reference else ()),
        *(("paid back",) if back else ()),
        *(("thousands",) if abs(gift.pence) >= 100_000 else ()),
    )
    return Line(
        cells, mentions=(who,), paid=0 if pending else gift.pence,
        gift=(gift.day, gift.pence) if gift.state == "completed" else None,
        bought=gift.day if gift.state == "purchase" else None, seen=gift.day, mess=mess,
    )  # fmt: skip


def _house_line(what: tuple[date, int, str], clock: str, code: str, balance: int) -> Line:
    day, pence, kind = what
    cells: tuple[Cell, ...] = (
        day.strftime("%d/%m/%Y"), clock, "Europe/London", "", kind, "Completed", "GBP", pounds(pence, thousands=True),
        "0.00", pounds(pence, thousands=True), "", "", code, "", "", pounds(balance, thousands=True),
    )  # fmt: skip
    return Line(cells, mess=("fee line" if "Fee" in kind else "bank transfer",))

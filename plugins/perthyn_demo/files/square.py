"""The till: monthly Square items exports pasted one under the other, each with its header; December is missing."""

from __future__ import annotations

from random import Random

from ..lines import Cell, Line, Mention, Sheet, pounds
from ..people import Cast, Sale
from ..trading import ADMISSION, RESET

HEADER = (
    "Date", "Time", "Time Zone", "Category", "Item", "Qty", "Price Point Name", "SKU", "Modifiers Applied",
    "Gross Sales", "Discounts", "Net Sales", "Tax", "Transaction ID", "Payment ID", "Device Name", "Notes", "Details",
    "Event Type", "Location", "Customer ID", "Customer Name",
)  # fmt: skip
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def sheet(cast: Cast, random: Random) -> Sheet:
    lines = [Line(HEADER, "header")]
    month, basket, transaction, payment = 0, -1, "", ""
    for sale in cast.sales:
        if month and sale.at.month != month:
            lines.append(Line(HEADER, "header", mess=("header again",)))
        month = sale.at.month
        if sale.basket != basket:
            basket = sale.basket
            transaction = "".join(random.choices(LETTERS, k=24))
            payment = "".join(random.choices(LETTERS, k=22))
        lines.append(_line(sale, transaction, payment))
    return Sheet("till.csv", "square", tuple(lines), mess=("a month missing",))


def _line(sale: Sale, transaction: str, payment: str) -> Line:
    month_first = sale.at.date() == RESET and sale.device == "iPad 2"
    gross = sale.quantity * sale.pence
    net = gross - sale.discount
    tax = 0 if sale.category == ADMISSION or sale.sku == "RH-1" else round(net / 6)
    refund = sale.quantity < 0
    cells: tuple[Cell, ...] = (
        sale.at.strftime("%m/%d/%Y" if month_first else "%d/%m/%Y"), sale.at.strftime("%H:%M:%S"), "London",
        sale.category, sale.item, str(sale.quantity), "Regular", sale.sku, "",
        _money(gross), _money(-sale.discount), _money(net), _money(tax), transaction, payment, sale.device, sale.note,
        f"https://example.org/till/{transaction[:8]}", "Refund" if refund else "Payment", "Plas Brithwen",
        sale.customer_id, sale.customer_name,
    )  # fmt: skip
    who: tuple[Mention, ...] = ()
    if sale.customer is not None:
        given, _, family = sale.customer_name.partition(" ")
        who = (Mention((sale.customer.key,), given, family, source_id=sale.customer_id),)
    mess = (
        *(("month first",) if month_first else ()),
        *(("refund",) if refund else ()),
        *(("free entry",) if sale.pence == 0 else ()),
        *(("thousands",) if abs(gross) >= 100_000 else ()),
    )
    if month_first:
        return Line(cells, mentions=who, unusable="month first", mess=mess)
    day = sale.at.date()
    came = day if who and sale.category == ADMISSION else None
    return Line(cells, mentions=who, visit=came, bought=day if who else None, seen=day, paid=net, mess=mess)


def _money(pence: int) -> str:
    """`£45.00`; below nothing in brackets: `(£3.50)`."""
    shown = pounds(abs(pence), sign="£", thousands=True)
    return f"({shown})" if pence < 0 else shown

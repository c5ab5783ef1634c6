"""The secretary's members.xlsx: a title, a note, a header on row 3, a hidden column, and a totals row."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from random import Random

from ..lines import Cell, Line, Mention, Sheet, numbered
from ..people import TODAY, Cast, Membership

HEADER = (
    "Rhif", "Enw/Name", "Cyfeiriad", "Cod Post", "Ffôn", "Ffôn", "E-bost", "Type", "Paid", "Renewal", "GA?", "Nodiadau",
)  # fmt: skip
HIDDEN, PAID = 0, 8  # columns, from 0


def sheet(cast: Cast, random: Random) -> Sheet:
    blank = ("",) * (len(HEADER) - 1)
    lines = [
        Line(("CYFEILLION PLAS BRITHWEN – Aelodau / Members 2026", *blank), "title"),
        Line(("Diweddarwyd gan Eirlys 14/11/2026 – PEIDIWCH â dileu'r golofn gudd", *blank), "title"),
        Line(HEADER, "header"),
    ]
    listed = list(cast.memberships)
    random.shuffle(listed)
    seen: dict[str, str] = {}
    for number, one in enumerate(listed):
        given_number = seen.setdefault(one.people[0].key, f"PB{len(seen) + 1:04d}")
        lines.append(_line(one, number, given_number if not one.mess else ""))
        if number == 119:
            lines.append(Line(sort="blank", mess=("blank line",)))
    last = len(lines)
    total = sum(one.paid for one in listed)
    lines.append(Line(sort="blank", mess=("blank line",)))
    sums: tuple[Cell, ...] = ("", "CYFANSWM / TOTAL", "", "", "", "", "", "", f"=SUM(I4:I{last})|{total}", "", "", "")
    lines.append(Line(sums, "totals", mess=("totals row",)))
    return Sheet(
        "members.xlsx", "members", tuple(lines), "", "", mess=("title rows", "hidden column", "two columns of one name")
    )


def _line(one: Membership, number: int, given_number: str) -> Line:
    home = one.people[0].home
    phone, phone_mess = _phone(one.phone, number)
    phones = ("", phone) if one.phone.startswith("07") else (phone, "")
    address = ", ".join((home.line, home.town) if home.postcode else (home.line, home.town, home.county))
    typed = isinstance(one.renewal, date) and number % 3 == 0
    cells: tuple[Cell, ...] = (
        given_number, one.written, address, home.postcode, *phones, one.email, one.kind, one.paid / 100,
        f"{one.renewal:%d/%m/%Y}" if typed else one.renewal, one.gift_aid, one.note,
    )  # fmt: skip
    joint = len(one.people) > 1
    who = Mention(
        tuple(person.key for person in one.people), one.given, one.family or one.written, one.email, one.phone,
        home.postcode, given_number, "household" if joint else one.people[0].kind,
    )  # fmt: skip
    mess = (
        *one.mess, *phone_mess, f"GA {one.gift_aid or 'blank'}",
        *(("joint name",) if joint else ()),
        *(("surname first",) if "," in one.written else ()),
        *(("marked dead",) if "(wedi marw)" in one.written else ()),
        *(("a month only",) if one.doubtful else ()),
    )  # fmt: skip
    return Line(cells, mentions=(who,), doubtful=one.doubtful, deepest=in_date(one), paid=one.paid, mess=mess)


def _phone(digits: str, number: int) -> tuple[Cell, tuple[str, ...]]:
    """As typed: with a space, as a number that lost its nought, or with the country's code."""
    if not digits:
        return "", ()
    if number % 4 == 1:
        return int(digits), ("phone lost its nought",)
    if number % 4 == 2:
        return f"+44 {digits[1:5]} {digits[5:]}", ()
    return f"{digits[:5]} {digits[5:]}", ()


def in_date(one: Membership, day: date = TODAY) -> bool:
    """Whether the membership runs on that day; a bare month counts as running."""
    return isinstance(one.renewal, str) or one.renewal >= day


def write(sheet: Sheet, folder: Path) -> None:
    """Write the workbook; its "created" is the demonstration's day, so that the bytes are always the same."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(folder / sheet.file))
    book.set_properties({"title": "Cyfeillion Plas Brithwen", "created": datetime(2026, 11, 22)})
    page = book.add_worksheet("Aelodau 2026")
    bold, day_format = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    money = book.add_format({"num_format": "£#,##0.00"})
    for number, line in numbered(sheet):
        row = number - 1
        if line.sort == "title":
            page.merge_range(row, 0, row, len(HEADER) - 1, line.cells[0], bold)
            continue
        for column, cell in enumerate(line.cells):
            if isinstance(cell, date):
                page.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), day_format)
            elif isinstance(cell, str) and cell.startswith("=SUM("):
                formula, _, value = cell.partition("|")
                page.write_formula(row, column, formula, money, int(value) / 100)
            elif isinstance(cell, int | float):
                page.write_number(row, column, cell, money if column == PAID else None)
            elif cell:
                page.write_string(row, column, cell, bold if line.sort != "data" else None)
    page.set_column(HIDDEN, HIDDEN, 8, None, {"hidden": True})
    page.set_column(1, 2, 28)
    page.set_column(3, len(HEADER) - 1, 14)
    book.close()

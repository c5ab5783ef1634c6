"""The donation page: a JustGiving report that somebody opened, saved, and garbled here and there."""

from __future__ import annotations

from datetime import date
from random import Random

from ..lines import Cell, Line, Mention, Sheet, garbled, pounds
from ..people import Cast, Gift

HEADER = (
    "Donation Date", "Donation Auth Amount", "Appeal Name", "Donor User Id", "Donor FirstName", "Donor LastName",
    "Donor Address Line 1", "Donor Address Line 2", "Donor Town", "Donor County", "Donor Postcode", "Donor E-mail",
    "Donor Further Contact",
)  # fmt: skip
APPEALS = ("To newydd i'r Plas", "Apêl y Gerddi", "Adopt a Window")
EXCEL_DAY_ZERO = date(1899, 12, 30)


def sheet(cast: Cast, random: Random) -> Sheet:
    gifts = sorted((gift for gift in cast.gifts if gift.via == "justgiving"), key=lambda gift: gift.day)
    ids: dict[str, str] = {}
    lines = [Line(HEADER, "header")]
    for number, gift in enumerate(gifts):
        if gift.person is not None and gift.person.key not in ids:
            ids[gift.person.key] = str(random.randint(20_000_000, 20_999_999) + 1_000_000 * len(ids))
        lines.append(_line(cast, gift, number, ids, random.choice(APPEALS)))
        if number in (40, 41):
            lines.append(Line(sort="blank", mess=("blank line",)))
    return Sheet("justgiving.csv", "justgiving", tuple(lines))


def _line(cast: Cast, gift: Gift, number: int, ids: dict[str, str], appeal: str) -> Line:
    day = gift.day.strftime("%d/%m/%Y")
    amount = pounds(gift.pence)
    if gift.mess == "serial":
        day = str((gift.day - EXCEL_DAY_ZERO).days)
    if gift.spoilt == "date":
        day = "31/09/2026"
    if gift.spoilt == "amount":
        amount = "ugain punt"
    mess = (*((gift.mess,) if gift.mess else ()), *((f"spoilt {gift.spoilt}",) if gift.spoilt else ()))
    person = gift.person
    if person is None:
        anonymous: tuple[Cell, ...] = (day, amount, appeal, "", "Anonymous", "", "", "", "", "", "", "", "No")
        return Line(anonymous, paid=gift.pence, mess=(*mess, "anonymous donor"))
    given, family, home = gift.given or person.given, gift.family or person.family, person.home
    postcode, postcode_mess = _postcode(home.postcode, number)
    said = cast.answers[person.key, "justgiving"]
    shown = (garbled(given), garbled(family)) if gift.mess == "garbled" else (given, family)
    cells: tuple[Cell, ...] = (
        day, amount, appeal, gift.donor_id or ids[person.key], *shown, home.line, "", home.town, home.county,
        postcode, person.email, said,
    )  # fmt: skip
    who = Mention(
        (person.key,), given, family, person.email, postcode=home.postcode,
        source_id=gift.donor_id or ids[person.key], kind=person.kind,
    )  # fmt: skip
    mess = (*mess, *postcode_mess, *(("no, with an address",) if said == "No" else ()))
    if gift.spoilt:
        return Line(cells, mentions=(who,), unusable=gift.spoilt, mess=mess)
    return Line(
        cells,
        mentions=(who,),
        paid=gift.pence,
        gift=(gift.day, gift.pence),
        seen=gift.day,
        says=said.lower(),
        mess=mess,
    )


def _postcode(code: str, number: int) -> tuple[str, tuple[str, ...]]:
    """Every fifth postcode as people type them: small letters, no space, a letter O for a nought."""
    if number % 5 == 1:
        return code.lower(), ("postcode small",)
    if number % 5 == 2:
        return code.replace(" ", ""), ("postcode without space",)
    if number % 5 == 3 and "0 " in code:
        return code.replace("0 ", "O "), ("postcode O for 0",)
    return code, ()

"""Make the demonstration: invent the cast, work out the answers, and only then write the files."""

from __future__ import annotations

from pathlib import Path
from random import Random

from .company import Company
from .crowd import fill
from .files import eventbrite, justgiving, mailchimp, members, paypal, rota, square, visitor_book
from .lines import Sheet, write_text
from .people import Cast
from .planted import plant
from .telling import tell
from .trading import trade
from .truths import Truths

SEED = 1904


def generate(folder: Path, *, seed: int = SEED) -> Truths:
    """Write the files of Plas Brithwen and `truths.json` into `folder` (made where missing); same seed, same bytes.

    Files of these names are overwritten; others are left alone. OSError where the folder cannot be written.
    """
    random = Random(seed)
    cast = invent(random)
    sheets = sheets_of(cast, random)
    truths = tell(cast, sheets, seed)
    folder.mkdir(parents=True, exist_ok=True)
    truths.write(folder)
    for sheet in sheets:
        if sheet.file.endswith(".xlsx"):
            members.write(sheet, folder)
        else:
            write_text(sheet, folder)
    return truths


def invent(random: Random) -> Cast:
    """The cast: planted people first, then the crowd, then the till's year."""
    company = Company(random)
    plant(company)
    fill(company)
    sales, lost = trade(company)
    return company.cast(sales, lost)


def sheets_of(cast: Cast, random: Random) -> tuple[Sheet, ...]:
    """Every file as lines, in the order in which one would import them."""
    return (
        members.sheet(cast, random),
        *mailchimp.sheets(cast, random),
        eventbrite.sheet(cast, random),
        justgiving.sheet(cast, random),
        paypal.sheet(cast, random),
        rota.sheet(cast, random),
        visitor_book.sheet(cast, random),
        square.sheet(cast, random),
    )

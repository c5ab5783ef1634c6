"""What letters say of gifts: the last one, what Gift Aid adds to it, and what was given this year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from perthyn.crm import Crm
from perthyn.letter_fields import LetterField
from perthyn.text import Translator
from perthyn_donations.books import Judged, books, check_books
from perthyn_donations.eligibility import year_start
from perthyn_donations.letters import thanks

WORDS = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody gave: the last gift, and pence of this year in its currency, what went back taken off."""

    last: Judged
    this_year: int


def given(crm: Crm, contacts: Sequence[UUID]) -> dict[UUID, Given]:
    """What these people gave. Raffles and sales, and what was given back, are nothing to give thanks for."""
    today = crm.today()
    start = year_start(today, crm.settings.year_starts)
    found: dict[UUID, list[Judged]] = {}
    for one in books(crm, contacts).gifts:
        if one.net > 0 and one.gift.day <= today and not (one.details and one.details.nature == "purchase"):
            found.setdefault(one.gift.contact, []).append(one)
    return {
        id: Given(gifts[-1], sum(one.net for one in gifts if one.gift.day >= start and _alike(one, gifts[-1])))
        for id, gifts in found.items()
    }


def _alike(one: Judged, other: Judged) -> bool:
    return one.gift.currency == other.gift.currency


def _said(
    say: Callable[[Translator, Given], str], crm: Crm, contacts: Sequence[UUID], language: str
) -> Mapping[UUID, str]:
    """What one field says; all fields of a letter share one look at the gifts."""
    check_books(crm)
    looked: dict[tuple[UUID, ...], dict[UUID, Given]] = crm.kept(f"donations.thanks {crm.today()}", dict)
    wanted = tuple(contacts)
    if wanted not in looked:
        looked.clear()
        looked[wanted] = given(crm, contacts)
    t = Translator(language, [WORDS])
    return {id: say(t, one) for id, one in looked[wanted].items()}


def _piece(name: str) -> Callable[[Translator, Given], str]:
    return lambda t, one: thanks(t, one.last)[name]


def _this_year(t: Translator, one: Given) -> str:
    return t.money(one.this_year, one.last.gift.currency or "GBP") if one.this_year else ""


FIELDS: tuple[LetterField, ...] = (
    LetterField(
        ("last_gift", "rhodd_ddiwethaf"), ("The amount of the last gift", "Swm y rhodd ddiwethaf"),
        partial(_said, _piece("amount")),
    ),
    LetterField(
        ("last_gift_day", "dyddiad_y_rhodd"), ("The day of the last gift", "Dyddiad y rhodd ddiwethaf"),
        partial(_said, _piece("day")),
    ),
    LetterField(
        ("last_gift_fund", "cronfa_y_rhodd"),
        ("The fund that the last gift was for", "Y gronfa yr oedd y rhodd ddiwethaf iddi"),
        partial(_said, _piece("fund")),
    ),
    LetterField(
        ("gift_aid", "rhodd_cymorth"),
        ("A sentence: what Gift Aid adds to the last gift", "Brawddeg: yr hyn y mae Rhodd Cymorth yn ei ychwanegu"),
        partial(_said, _piece("gift_aid")),
    ),
    LetterField(
        ("given_this_year", "rhoddwyd_eleni"),
        ("All that was given this year", "Y cyfan a roddwyd eleni"), partial(_said, _this_year),
    ),
)  # fmt: skip

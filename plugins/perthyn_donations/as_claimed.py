"""A donor as HMRC's schedule takes one: title, names, house and postcode, with every letter changed told.

HMRC's validator removes characters outside printable ASCII and Latin-1 without a word (Gŵyn would arrive as Gyn), so
they are turned into their nearest here. What can't be turned, or is too long, is not guessed: the gift is held.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from perthyn.errors import PerthynError
from perthyn_donations.records import Declaration

MOST_NAME, MOST_HOUSE, MOST_AGGREGATED = 35, 40, 35
ABROAD = "X"
"""Stands in the postcode's place for a donor who lives abroad."""
TITLE = re.compile(r"[A-Za-z][A-Za-z'-]{1,3}")
POSTCODE = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}")

_ALIKE = str.maketrans(
    {
        **dict.fromkeys("‘’‛ʼʹ′ʻ", "'"), **dict.fromkeys("“”„‟″", '"'), **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...", "\xa0": " ", "\t": " ", "\n": ", ",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ı": "i", "ŋ": "ng", "Ŋ": "Ng",
        "œ": "oe", "Œ": "Oe", "ẞ": "SS", "ə": "e", "Ə": "E",
    }
)  # fmt: skip
_NUMBER = re.compile(r"(\d+\s?[A-Za-z]?(?:\s?[-/]\s?\d+[A-Za-z]?)?)(?=[\s,]|$)")
_STREET = re.compile(
    r"(?:.*\s)?(?:street|road|lane|avenue|close|drive|terrace|crescent|place|way|grove|square|st|rd|ave)\.?|"
    r"(?:y\s|yr\s)?(?:stryd|heol|ffordd|lôn|lon|rhodfa|clos|cilgant|teras|sgwâr|sgwar)(?:\s.*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Converted:
    """One thing that is written otherwise in the claim than in the declaration. `field`: of `Donor`."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Donor:
    """A donor's cells, columns C to G, and what was changed for them."""

    title: str = ""
    given: str = ""
    family: str = ""
    house: str = ""
    postcode: str = ""
    converted: tuple[Converted, ...] = field(default=())


def plain_letters(text: str) -> str:
    """The text in letters that HMRC takes (printable ASCII, Latin-1), nothing lost; one space, none at the ends.

    Raises `PerthynError` (``giftaid.letters``) where a letter has no such form.
    """
    composed = unicodedata.normalize("NFC", text).translate(_ALIKE)
    return " ".join("".join(map(_plain, composed)).split())


def taken(letter: str) -> bool:
    """Whether HMRC's validator keeps a character."""
    return " " <= letter <= "~" or "\xa1" <= letter <= "\xff"


def _plain(letter: str) -> str:
    if taken(letter):
        return letter
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return ""  # a mark that no letter has of its own (the letter below it stays), or one that is not seen
    apart = "".join(one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one))
    apart = apart.translate(_ALIKE)
    if not apart or not all(map(taken, apart)):
        raise PerthynError("giftaid.letters", letter=letter, letters=f"U+{ord(letter):04X}")
    return apart


def as_claimed(one: Declaration) -> Donor:
    """The donor of a complete declaration as the schedule takes one.

    Raises `PerthynError`: ``giftaid.letters``, ``giftaid.name.long``, ``giftaid.name.missing``, ``giftaid.house.long``,
    ``giftaid.house.missing``, ``giftaid.postcode``.
    """
    cells = {
        "title": (one.title or "", _title(one.title or "")),
        "given": (one.given or "", _given(one.given or "")),
        "family": (one.family or "", _family(one.family or "")),
        "house": _house(one),
        "postcode": (one.postcode or "", _postcode(one)),
    }
    told = tuple(Converted(name, before, after) for name, (before, after) in cells.items() if before != after)
    told = tuple(one for one in told if one.after != ABROAD)
    return Donor(**{name: after for name, (_, after) in cells.items()}, converted=told)


def _title(written: str) -> str:
    """Two to four letters, else none: the template asks for no more, and a title is not needed."""
    title = plain_letters(written).rstrip(".")
    return title if TITLE.fullmatch(title) else ""


def _given(written: str) -> str:
    """The first of several first names, since the template takes no space; the initial of one too long."""
    words = plain_letters(written).split()
    if not words:
        raise PerthynError("giftaid.name.missing")
    return words[0] if len(words[0]) <= MOST_NAME else words[0][0]


def _family(written: str) -> str:
    name = plain_letters(written)
    if not name:
        raise PerthynError("giftaid.name.missing")
    if len(name) > MOST_NAME:
        raise PerthynError("giftaid.name.long", name=name, most=MOST_NAME)
    return name


def _house(one: Declaration) -> tuple[str, str]:
    """The declared house, else the number or name in the address; abroad all of the address. (as written, claimed)"""
    if one.house:
        found = one.house
    elif one.overseas:
        found = ", ".join(line.strip(" ,") for line in (one.address or "").splitlines() if line.strip(" ,"))
    else:
        found = house_of(one.address or "")
    house = plain_letters(found)
    if not house:
        raise PerthynError("giftaid.house.missing", address=one.address or "")
    if len(house) > MOST_HOUSE and "," in house and not one.overseas:
        house = house.partition(",")[0].strip()
    if len(house) > MOST_HOUSE:
        raise PerthynError("giftaid.house.long", house=house, most=MOST_HOUSE)
    return found, house


def house_of(address: str) -> str:
    """The house's number, or the line with its name; "" where there is only a street.

    ``12 Stryd Fawr`` is ``12``; ``Flat 2, 14 Heol y Bont`` and ``Bryn Awel`` stay; ``Heol y Bont`` names no house.
    """
    line = next((one.strip(" ,") for one in address.splitlines() if one.strip(" ,")), "")
    number = _NUMBER.match(line)
    if number:
        return number[1]
    first, _, rest = line.partition(",")
    if _STREET.fullmatch(first.strip()):
        return "" if not _NUMBER.match(rest.strip()) else line
    return line


def _postcode(one: Declaration) -> str:
    if one.overseas:
        return ABROAD
    letters = "".join(filter(str.isalnum, plain_letters(one.postcode or ""))).upper()
    postcode = f"{letters[:-3]} {letters[-3:]}"
    if not POSTCODE.fullmatch(postcode):
        raise PerthynError("giftaid.postcode", postcode=one.postcode or "")
    return postcode

"""Words: sentences in the asker's language, folding for matching, and the order of the Welsh alphabet.

A `Translator` is made at the face and handed in; there is no current language. Sentences are looked up
with the standard library's gettext in ``locale/<language>/LC_MESSAGES/perthyn.mo`` (compiled from the
``.po`` files beside it by ``tests/tools/catalogues.py``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import date, datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from os import path
from typing import TYPE_CHECKING

from perthyn.errors import PerthynError, Unknown

if TYPE_CHECKING:  # pathlib would be a tenth of the time that `perthyn --help` takes
    from pathlib import Path

LANGUAGES = ("en", "cy")
CATALOGUE = path.join(path.dirname(__file__), "locale")

MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July",
           "August", "September", "October", "November", "December"),
    "cy": ("Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin", "Gorffennaf",
           "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr"),
}  # fmt: skip

MOST_HELD = 10_000
"""How many sentences a translator holds at most, once they have been looked up."""
CURRENCY_SIGNS = {"GBP": "£", "EUR": "€", "USD": "US$"}
CURRENCY_DECIMALS = {"JPY": 0, "KRW": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3}


class Translator:
    """Sentences in one language; handed in, never global.

    `catalogues` are further ``locale`` folders (a plugin's own), asked after the core's. A sentence
    that no catalogue has is shown in English. Facts are put into words by type: a day, an instant and a
    list in the language's way, None as nothing, an error by its first sentence, the rest by `str`.
    Raises `Unknown` (``text.language.unknown``) for a language other than "en" and "cy".
    """

    def __init__(self, language: str, catalogues: Sequence[Path | str] = ()) -> None:
        if language not in LANGUAGES:
            raise Unknown("text.language.unknown", name=language, suggestion=nearest(language, LANGUAGES))
        self.language = language
        folders: tuple[Path | str, ...] = (CATALOGUE, *catalogues)
        self._words = _load(folders, language)
        if language != "en":
            self._words.add_fallback(_load(folders, "en"))
        self._found = lru_cache(maxsize=MOST_HELD)(self._words.gettext)  # each catalogue is asked in turn: once

    def __call__(self, message: str, /, **facts: object) -> str:
        """The whole sentence `message` (English, with ``{name}`` places) in this language."""
        return self._fill(self._found(message) if message else "", facts)

    def n(self, one: str, many: str, count: int, /, **facts: object) -> str:
        """The sentence for `count` things; ``{n}`` is the count, with thousands separated."""
        return self._fill(self._words.ngettext(one, many, count), {"n": self.number(count), **facts})

    def error(self, error: PerthynError) -> tuple[str, str]:
        """What is wrong and what to do next. A code without words is shown itself, with its facts."""
        words = self._words.gettext(error.code)
        if words == error.code:
            facts = ", ".join(f"{name}: {self.said(value)}" for name, value in error.facts.items())
            return (f"{error.code} ({facts})" if facts else error.code), ""
        wrong, _, next_step = self._fill(words, _Forgiving(error.facts)).partition("\n")
        return wrong, next_step

    def day(self, value: date) -> str:
        """A day written out: ``1 Mawrth 2026``."""
        return f"{value.day} {MONTHS[self.language][value.month - 1]} {value.year}"

    def instant(self, value: datetime) -> str:
        """An instant by the clock of its own zone: ``1 Mawrth 2026, 14:05``."""
        return f"{self.day(value)}, {value.hour:02}:{value.minute:02}"

    def money(self, minor: int, currency: str) -> str:
        """An amount in minor units: ``£1,234.50``, ``-£3.50``, ``CHF 12.00``."""
        decimals = CURRENCY_DECIMALS.get(currency, 2)
        whole, part = divmod(abs(minor), 10**decimals)
        amount = f"{whole:,}.{part:0{decimals}}" if decimals else f"{whole:,}"
        return f"{'-' if minor < 0 else ''}{CURRENCY_SIGNS.get(currency, currency + ' ')}{amount}"

    def number(self, value: int) -> str:
        """A whole number with thousands separated, alike in both languages: ``12,345``."""
        return f"{value:,}"

    def _fill(self, sentence: str, facts: Mapping[str, object]) -> str:
        if not facts and "{" not in sentence:
            return sentence
        said = {name: self.said(value) for name, value in facts.items()}
        return sentence.format_map(_Forgiving(said) if isinstance(facts, _Forgiving) else said)

    def said(self, value: object) -> str:
        """A fact put into words: days, instants and lists in the language's way, None as nothing."""
        match value:
            case None:
                return ""
            case str():
                return value
            case datetime():
                return self.instant(value)
            case date():
                return self.day(value)
            case PerthynError():
                return self.error(value)[0]
            case {"code": str(code), "facts": dict(facts)}:  # one that a store kept
                return self.error(PerthynError(code, **facts))[0]
            case list() | tuple():
                return ", ".join(self.said(item) for item in value)
            case _:
                return str(value)


class _Forgiving(dict[str, object]):
    """Facts of an error: one that is missing leaves its place standing, since an error must be shown."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def _load(folders: Iterable[Path | str], language: str) -> NullTranslations:
    words = NullTranslations()
    for folder in folders:
        catalogue = path.join(folder, language, "LC_MESSAGES", "perthyn.mo")
        if path.isfile(catalogue):
            words.add_fallback(copy(_read(catalogue, path.getmtime(catalogue), path.getsize(catalogue))))
    return words


@lru_cache(maxsize=256)
def _read(catalogue: str, _written: float, _size: int) -> GNUTranslations:
    """The words of a file, read once; whoever chains them takes a copy, which shares them (as `gettext` does)."""
    with open(catalogue, "rb") as file:
        return GNUTranslations(file)


# --- folding ---------------------------------------------------------------------------------------

FOLD_VERSION = 1
"""Stored beside what `fold` made: raise it with any change here, and stores fold again."""

_BEFORE = dict.fromkeys([0x00AD, 0x034F, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF]) | {
    0x00B4: "'",  # an acute accent standing alone is somebody's apostrophe
}
_MARKS = [*range(0x0300, 0x0370), *range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00), *range(0x20D0, 0x2100)]
_LETTERS: dict[int, str | None] = dict.fromkeys(_MARKS) | {
    ord(letter): plain
    for letters, plain in {
        "łŁ": "l", "øØ": "o", "đĐðÐ": "d", "ħĦ": "h", "ŧŦ": "t", "ıİ": "i", "ŋŊ": "n",
        "æÆ": "ae", "œŒ": "oe", "þÞ": "th",
        "‘’‛ʹʻʼʽ′ʾʿ": "'", "“”„‟″": '"', "‐‑‒–—―−": "-",
    }.items()
    for letter in letters
}  # fmt: skip


def fold(text: str) -> str:
    """The one folding for matching: case, accents and kinds of space, apostrophe and hyphen are equal.

    ``fold("  Tŷ'n y  Dŵr ")`` is ``"ty'n y dwr"``. Idempotent. Marks are taken off Latin, Greek and
    Cyrillic letters; letters without a decomposition (ł ø đ æ ...) go by a small table. The rest is
    Unicode NFKD and full case folding (UAX 15; Unicode 3.13, as in `str.casefold`).
    """
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text.translate(_BEFORE)).translate(_LETTERS)
    return " ".join(plain.casefold().split())


# --- order -----------------------------------------------------------------------------------------

SORT_VERSION = 1
"""Stored beside what `sort_key` made: raise it with any change here, and stores order again."""

# A digraph is one letter after its first ("ll" after every other l, "ng" after every other g): it is
# written as that letter and "~", which stands after z. No two digraphs overlap, so their order is free.
_DIGRAPHS = [(pair, pair[0] + "~") for pair in ("ch", "dd", "ff", "ll", "ph", "rh", "th")] + [("ng", "g~")]
# Where two letters only meet at a seam (Ban-gor, Llan-gollen, par-hau) they stay two.
_SEAMS = (
    "ban-gor", "llan-g", "glan-g", "pen-g", "bryn-g", "bron-g", "llwyn-g", "maen-g", "gwern-g",
    "dan-gos", "hwn-gar", "lin-gen", "ar-hos", "ar-hol", "par-ha",
)  # fmt: skip
_SEAM = r"\b(?:" + "|".join(rf"{left}(?={right})" for left, right in (s.split("-") for s in _SEAMS)) + ")"
_PUNCTUATION = str.maketrans({"-": " ", "'": None, "~": None})


def sort_key(text: str) -> str:
    """A key whose plain (code point) order is the order of the Welsh alphabet, folded; ASCII stays ASCII.

    a b c ch d dd e f ff g ng h i j k l ll m n o p ph q r rh s t th u v w x y z; a word's end comes before
    any letter, a hyphen counts as a space, an apostrophe as nothing. English names are ordered alike
    ("Philip" stands under Ph). Equal keys are told apart by the text itself.
    """
    key = " ".join(fold(text).translate(_PUNCTUATION).split())
    if "ng" in key or "rh" in key:
        key = re.sub(_SEAM, r"\g<0>|", key)
    for pair, letter in _DIGRAPHS:
        key = key.replace(pair, letter)
    return key.replace("|", "")


# --- words near each other, and the language asked for ---------------------------------------------


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like `word`, case and accents aside, or "" when none is near."""
    from difflib import get_close_matches  # needed only where something is wrong

    by_fold = {fold(name): name for name in known}
    close = get_close_matches(fold(word), by_fold, n=1)
    return by_fold[close[0]] if close else ""


def capital(text: str) -> str:
    """A text with its first letter large; the others stay as they are."""
    return text[:1].upper() + text[1:]


def phrase(sentence: str) -> str:
    """`sentence` itself: marks one that is kept for later, so that the catalogue check finds it."""
    return sentence


def system_language(environ: Mapping[str, str]) -> str:
    """ "cy" or "en" by the environment handed in, in gettext's order; "en" where it says nothing."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for wish in environ.get(name, "").lower().split(":"):
            language = re.split(r"[_.@-]", wish)[0]
            if language in LANGUAGES:
                return language
        if name != "LANGUAGE" and environ.get(name):
            break
    return "en"

"""Words: what a product's or a question's name tells of it, and how pretix says one thing in several languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from perthyn.text import fold

_GIVEN = re.compile(r"donat|rhodd|gift aid|appeal|apel")
_JOINED = re.compile(r"\bmembership|\baelodaeth|season pass|tocyn tymor")
_GOODS = re.compile(r"raffle|raffl|guide ?book|arweinlyfr|merchandise|souvenir|parking|parcio|voucher|postage|catalog")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_LONGEST = 500


def kind_of(*names: str, admission: bool | None = None) -> str:
    """donation, membership, purchase (goods) or booking (an admission) by the words of a product's names.

    `admission`: whether the shop says that it lets somebody in; None where it does not say.
    """
    folded = [fold(name) for name in names]
    for kind, words in (("donation", _GIVEN), ("membership", _JOINED)):
        if any(map(words.search, folded)):
            return kind
    if admission is None:
        return "purchase" if any(map(_GOODS.search, folded)) else "booking"
    return "booking" if admission else "purchase"


def said(texts: Any, language: str) -> str:
    """One of the languages of a text: the one asked for, English, or whichever comes first; "" for none."""
    if isinstance(texts, Mapping):
        texts = next((texts[one] for one in (language, "en", *texts) if texts.get(one)), "")
    return one_line(texts) if isinstance(texts, str) else ""


def spoken(texts: Any, language: str) -> tuple[str, str]:
    """A text as somebody read it who uses a language, and the language it was in, "" where that is not known."""
    if not isinstance(texts, Mapping):
        return (one_line(texts) if isinstance(texts, str) else ""), ""
    base = language.partition("-")[0]
    found = next((one for one in (language, base, "en", *texts) if texts.get(one)), "")
    return one_line(str(texts.get(found, ""))), found.partition("-")[0]


def all_said(texts: Any) -> Iterable[str]:
    """A text in every language it has."""
    return [str(one) for one in texts.values() if one] if isinstance(texts, Mapping) else [str(texts or "")]


def one_line(text: str) -> str:
    """The text as a record can hold it in one line."""
    return _UNFIT.sub(" ", text).strip()[:_LONGEST].strip()

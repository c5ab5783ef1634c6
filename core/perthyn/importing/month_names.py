"""Months and weekdays in Welsh and English, whole, shortened and mutated. *Mawrth* is March or Tuesday."""

from __future__ import annotations

from collections.abc import Sequence

from perthyn.text import fold

_MONTHS = (
    "january jan ionawr ion",
    "february feb chwefror chwef chw",
    "march mar mawrth maw fawrth",
    "april apr ebrill ebr",
    "may mai fai",
    "june jun mehefin meh fehefin mehef",
    "july jul gorffennaf gorff gor orffennaf gorffenaf",
    "august aug awst aws",
    "september sep sept medi med fedi",
    "october oct hydref hyd",
    "november nov tachwedd tach dachwedd",
    "december dec rhagfyr rhag ragfyr",
)
_WEEKDAYS = (
    "monday mon llun llu lun",
    "tuesday tue tues mawrth maw fawrth",
    "wednesday wed mercher mer fercher",
    "thursday thu thur thurs iau",
    "friday fri gwener gwe wener",
    "saturday sat sadwrn sad",
    "sunday sun sul",
)
_AROUND = frozenset(
    [
        "dydd",
        "dd",
        "diwrnod",
        "y",
        "yr",
        "o",
        "the",
        "of",
        "on",
        "ar",
        "ym",
        "mis",
        "end",
        "start",
        "diwedd",
        "dechrau",
        "st",
        "nd",
        "rd",
        "th",
        "af",
        "il",
        "ail",
        "ydd",
        "ed",
        "eg",
        "fed",
        "ain",
        "am",
        "pm",
    ]
)
_MONTH = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
_WEEKDAY = {word: number for number, words in enumerate(_WEEKDAYS) for word in words.split()}


def month_in(words: Sequence[str]) -> int:
    """The month (1 to 12) that the words name, 0 for none, several, or a word that belongs to no date."""
    folded = [fold(word) for word in words]
    if any(word not in _MONTH and word not in _WEEKDAY and word not in _AROUND for word in folded):
        return 0
    months = [word for word in folded if word in _MONTH]
    if len(months) > 1:  # "Mawrth 3 Mawrth": the first is Tuesday
        months = [word for word in months if word not in _WEEKDAY] or months[-1:]
    return _MONTH[months[0]] if len(months) == 1 else 0


def weekday_in(words: Sequence[str]) -> int | None:
    """The weekday (Monday 0) that the words name beside a month; None for none."""
    folded = [fold(word) for word in words]
    days = [word for word in folded if word in _WEEKDAY]
    if days and days[0] in _MONTH and len([word for word in folded if word in _MONTH]) < 2:
        return None
    return _WEEKDAY[days[0]] if days else None

"""USER_ENTERED: what Google makes of a text that is typed into a cell, and the number format that comes with it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sheets_emulator import formats, locales
from sheets_emulator.cells import Entered, Formula, checked, raw
from sheets_emulator.locales import Locale

Typed = tuple[Entered, dict[str, Any] | None]

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,3})?)?(?:\s*([AaPp])\.?[Mm]\.?)?")
_PLUS = re.compile(r"\+[\w(\"$]")
_LETTERS = re.compile(r"[^\W\d_]*")
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_THREE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_TWO = re.compile(r"(\d{1,2})([/.-])(\d{1,2})")
_NAMED = (
    (re.compile(r"(?P<d>\d{1,2})\.?[ -](?P<m>[^\W\d_]+)\.?,?[ -](?P<y>\d{4})"), "d {m} yyyy"),
    (re.compile(r"(?P<m>[^\W\d_]+)\.? (?P<d>\d{1,2}),? (?P<y>\d{4})"), "{m} d, yyyy"),
    (re.compile(r"(?P<m>[^\W\d_]+)\.? (?P<y>\d{4})"), "{m} yyyy"),
    (re.compile(r"(?P<d>\d{1,2})[ -](?P<m>[^\W\d_]+)\.?"), "d {m}"),
)


def typed(value: Any, format: dict[str, Any] | None, locale: str, year: int = 2026) -> Typed:
    """(content, number format or None) of a JSON value typed into a cell that has `format`.

    A cell formatted as plain text takes everything as text, formulas too. `year` completes dates without one.
    """
    if not isinstance(value, str):
        return raw(value), None
    if value == "":
        return None, None
    if value.startswith("'"):
        return checked(value[1:]) or None, None
    if formats.is_text(format):
        return checked(value), None
    if value.startswith("=") and len(value) > 1:
        return Formula(checked(value)), None
    words = locales.named(locale)
    text = value.strip()
    found = _simple(text, words) or _number(text, words) or _time(text, words, year)
    if found is None:
        if _PLUS.match(text):  # "+44 1248 ..." is taken for a formula, and fails as one
            return Formula(checked(f"={text}")), None
        return checked(value), None
    entered, made = found
    return entered, None if format and "numberFormat" in format else made


def _simple(text: str, words: Locale) -> Typed | None:
    folded = text.upper()
    if folded in ("TRUE", words.true):
        return True, None
    if folded in ("FALSE", words.false):
        return False, None
    return None


@lru_cache(maxsize=8)
def _number_pattern(words: Locale) -> re.Pattern[str]:
    group = {"\u202f": "\u202f\u00a0 ", "\u00a0": "\u202f\u00a0 "}.get(words.group, words.group)
    decimal = re.escape(words.decimal)
    return re.compile(
        rf"(?P<whole>\d{{1,3}}(?:[{re.escape(group)}]\d{{3}})+|\d*)(?:{decimal}(?P<part>\d*))?(?P<power>[eE][+-]?\d+)?",
        re.ASCII,
    )


def _number(text: str, words: Locale) -> Typed | None:
    sign, rest = 1, text
    if rest.startswith("(") and rest.endswith(")"):
        sign, rest = -1, rest[1:-1]
    if rest[:1] in ("-", "+"):
        sign, rest = (-sign if rest[0] == "-" else sign), rest[1:].lstrip()
    percent, money = rest.endswith("%"), False
    rest = rest.removesuffix("%").rstrip() if percent else rest
    symbol = words.symbol
    if not percent and symbol in (rest[:1], rest[-1:]):
        money, rest = True, rest.strip(symbol).strip()
    match = _number_pattern(words).fullmatch(rest)
    if not match or not (match["whole"] or match["part"]):
        return None
    digits = re.sub(r"\D", "", match["whole"])
    part = match["part"] or ""
    plain = digits if not part and not match["power"] else f"{digits or 0}.{part or 0}{match['power'] or ''}"
    try:
        number: float = int(plain) if plain.isdigit() and len(plain) < 16 else float(plain)
    except ValueError:
        return None
    number = sign * (number / 100 if percent else number)
    return number, _number_format(words, percent, money, bool(match["power"]), digits != match["whole"], bool(part))


def _number_format(
    words: Locale, percent: bool, money: bool, power: bool, grouped: bool, part: bool
) -> dict[str, Any] | None:
    decimals = ".00" if part else ""
    if percent:
        return {"type": "PERCENT", "pattern": f"0{decimals}%"}
    if money:
        pattern = words.currency if part else words.currency.replace(".00", "")
        return {"type": "CURRENCY", "pattern": pattern}
    if power:
        return {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    if grouped:
        return {"type": "NUMBER", "pattern": f"#,##0{decimals}"}
    return None


def _time(text: str, words: Locale, year: int) -> Typed | None:
    if not text[:1].isalnum() or len(text) > 40:
        return None
    if text[0].isalpha() and _LETTERS.match(text)[0].casefold() not in _months(words):  # type: ignore[index]
        return None
    clock = _clock(text)
    if clock:
        return clock[0], {"type": "TIME", "pattern": clock[1]}
    day = _day(text, words, year)
    if day:
        return formats.serial(day[0]), {"type": "DATE", "pattern": day[1]}
    for at in [index for index, letter in enumerate(text) if letter == " "]:
        day, clock = _day(text[:at].rstrip(","), words, year), _clock(text[at + 1 :])
        if day and clock:
            whole = formats.serial(day[0]) + clock[0]
            return whole, {"type": "DATE_TIME", "pattern": f"{day[1]} {clock[1]}"}
    return None


def _clock(text: str) -> tuple[float, str] | None:
    match = _TIME.fullmatch(text)
    if not match:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    half = (match[5] or "").lower()
    if minute > 59 or second > 59 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    length = timedelta(hours=hour, minutes=minute, seconds=second + float(match[4] or 0))
    pattern = "[h]:mm" if hour > 23 else "h:mm"
    return length / timedelta(days=1), pattern + (":ss" if match[3] else "") + (" am/pm" if half else "")


def _day(text: str, words: Locale, year: int) -> tuple[datetime, str] | None:
    if match := _ISO.fullmatch(text):
        parts = (int(match[1]), int(match[3]), int(match[4]))
        return _made(
            *parts, match[2].join(("yyyy", "mm" if len(match[3]) == 2 else "m", "dd" if len(match[4]) == 2 else "d"))
        )
    if match := _THREE.fullmatch(text):
        first, second, last = int(match[1]), int(match[3]), int(match[4])
        last += 0 if len(match[4]) == 4 else 2000 if last < 30 else 1900
        month, day = (first, second) if words.order == "mdy" else (second, first)
        return _made(last, month, day, words.date)
    match = _TWO.fullmatch(text)
    if match and match[2] != words.decimal:
        month, day = (int(match[1]), int(match[3])) if words.order == "mdy" else (int(match[3]), int(match[1]))
        return _made(year, month, day, "m/d" if words.order == "mdy" else "d/m")
    return _named(text, words, year)


def _named(text: str, words: Locale, year: int) -> tuple[datetime, str] | None:
    for pattern, shape in _NAMED:
        match = pattern.fullmatch(text)
        found = _months(words).get(match["m"].casefold()) if match else None
        if match and found:
            given = match.groupdict()
            month, sign = found
            return _made(int(given.get("y") or year), month, int(given.get("d") or 1), shape.format(m=sign))
    return None


@lru_cache(maxsize=8)
def _months(words: Locale) -> dict[str, tuple[int, str]]:
    """(number, sign of the pattern) of each month's name, in the language and in English."""
    return {
        name.rstrip(".").casefold(): (number, sign)
        for names in (locales.US, words)
        for months, sign in ((names.short_months, "mmm"), (names.months, "mmmm"))
        for number, name in enumerate(months, 1)
    }


def _made(year: int, month: int, day: int, pattern: str) -> tuple[datetime, str] | None:
    try:
        return datetime(year, month, day), pattern
    except ValueError:
        return None

"""How a value is shown: by its number format, or as it comes, in the spreadsheet's language."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sheets_emulator import locales
from sheets_emulator.cells import Value
from sheets_emulator.locales import Locale

EPOCH = datetime(1899, 12, 30)
TIMES = ("DATE", "TIME", "DATE_TIME")

_DATE_TOKEN = re.compile(
    r'"[^"]*"|\\.|\[(?:h+|m+|s+)\+?\]|am/pm|AM/PM|a/p|A/P|y+|m+|d+|h+|s+|\.0+|\[[^\]]*\]|.', re.IGNORECASE | re.DOTALL
)
_NUMBER_TOKEN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|[Ee][+-]0+|[0#?][0#?,]*(?:\.[0#?]*)?|\.[0#?]+|.', re.DOTALL)


def is_time(format: dict[str, Any] | None) -> bool:
    return bool(format) and format.get("numberFormat", {}).get("type") in TIMES  # type: ignore[union-attr]


def is_text(format: dict[str, Any] | None) -> bool:
    return bool(format) and format.get("numberFormat", {}).get("type") == "TEXT"  # type: ignore[union-attr]


def shown(value: Value, format: dict[str, Any] | None, locale: str) -> str:
    """The text that people see in a cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    words = locales.named(locale)
    if isinstance(value, bool):
        return words.true if value else words.false
    if not isinstance(value, int | float):
        return str(value)
    number_format = format.get("numberFormat") if format else None
    if not number_format or number_format.get("type") == "TEXT":
        return general(value, words)
    kind, pattern = number_format.get("type"), number_format.get("pattern", "")
    if kind in TIMES:
        return dated(value, pattern or _default(kind, words), words)
    return numbered(value, pattern or _default(kind, words), words)


def _default(kind: str, words: Locale) -> str:
    return {
        "DATE": words.date,
        "TIME": words.time,
        "DATE_TIME": words.date_time,
        "NUMBER": "#,##0.00",
        "PERCENT": "0.00%",
        "CURRENCY": words.currency,
        "SCIENTIFIC": "0.00E+00",
    }.get(kind, "General")


def general(value: float, words: Locale = locales.US) -> str:
    """A number without a format: about ten significant digits, no zeros at the end."""
    size = abs(value)
    if size >= 1e15 or 0 < size < 1e-9:
        mantissa, exponent = f"{value:.5E}".split("E")
        return f"{_trimmed(mantissa)}E{exponent[0]}{exponent[1:].zfill(2)}".replace(".", words.decimal)
    whole = len(str(int(size))) if size >= 1 else 0
    return _trimmed(f"{value:.{max(0, 10 - whole)}f}").replace(".", words.decimal)


def _trimmed(text: str) -> str:
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


# Dates


def moment(serial: float) -> datetime | None:
    """The time of a serial number, to the millisecond; None outside the calendar."""
    try:
        return EPOCH + timedelta(milliseconds=round(serial * 86_400_000))
    except OverflowError:
        return None


def serial(when: datetime) -> float:
    """The serial number of a time: days since 30 December 1899, whole ones as int."""
    days = (when - EPOCH) / timedelta(days=1)
    return int(days) if days == int(days) else days


@lru_cache(maxsize=256)
def _date_tokens(pattern: str) -> tuple[tuple[str, str], ...]:
    """(kind, token) of each part; `m` means minutes next to hours or seconds."""
    tokens = [(_date_kind(token), token) for token in _DATE_TOKEN.findall(pattern)]
    signs = [index for index, (kind, _) in enumerate(tokens) if kind in "ymdhs" and kind]
    for at, index in enumerate(signs):
        if tokens[index][0] != "m" or len(tokens[index][1]) > 2:
            continue
        before = tokens[signs[at - 1]][0] if at else ""
        after = tokens[signs[at + 1]][0] if at + 1 < len(signs) else ""
        if before == "h" or after == "s":
            tokens[index] = ("minute", tokens[index][1])
    return tuple(tokens)


def _date_kind(token: str) -> str:
    low = token.lower()
    if low in ("am/pm", "a/p"):
        return "half"
    if re.fullmatch(r"\.0+", token):
        return "fraction"
    if re.fullmatch(r"\[(h+|m+|s+)\+?\]", low):
        return "elapsed"
    if low[0] in "ymdhs" and low == low[0] * len(low):
        return low[0]
    return ""


def dated(value: float, pattern: str, words: Locale) -> str:
    """A serial number by a date pattern."""
    when = moment(value)
    if when is None or value < -693_593:
        return general(value, words)
    tokens = _date_tokens(pattern)
    twelve = any(kind == "half" for kind, _ in tokens)
    return "".join(_date_part(kind, token, when, value, twelve, words) for kind, token in tokens)


def _date_part(kind: str, token: str, when: datetime, value: float, twelve: bool, words: Locale) -> str:
    length = len(token)
    if kind == "y":
        return f"{when.year:04d}" if length > 2 else f"{when.year % 100:02d}"
    if kind == "m":
        if length > 2:
            name = (words.short_months if length == 3 else words.months)[when.month - 1]
            return name[:1] if length == 5 else name
        return f"{when.month:0{length}d}"
    if kind == "d":
        if length > 2:
            return (words.short_days if length == 3 else words.days)[when.weekday()]
        return f"{when.day:0{length}d}"
    if kind == "h":
        return f"{(when.hour % 12 or 12) if twelve else when.hour:0{min(length, 2)}d}"
    if kind == "minute":
        return f"{when.minute:0{length}d}"
    if kind == "s":
        return f"{when.second:0{min(length, 2)}d}"
    if kind == "half":
        half = ("AM", "PM")[when.hour >= 12]
        return half[:1] if length == 3 else half
    if kind == "fraction":
        return words.decimal + f"{when.microsecond:06d}"[: length - 1]
    if kind == "elapsed":
        seconds = {"h": 3600, "m": 60, "s": 1}[token[1].lower()]
        return str(int(abs(value) * 86_400 + 1e-6) // seconds).zfill(len(token.strip("[]+")))
    return token.strip('"') if token.startswith('"') else token[1:] if token.startswith("\\") else token


# Numbers


@lru_cache(maxsize=256)
def _sections(pattern: str) -> tuple[str, ...]:
    return tuple(re.findall(r'(?:"[^"]*"|\\.|[^;"\\])+', pattern)) or ("",)


def numbered(value: float, pattern: str, words: Locale) -> str:
    """A number by a number pattern: sections for positive, negative and zero; %, groups, decimals, E, literals."""
    if pattern in ("General", "@"):
        return general(value, words)
    sections = _sections(pattern)
    if value < 0 and len(sections) > 1:
        return _by_section(-value, sections[1], words)
    if value == 0 and len(sections) > 2:
        return _by_section(value, sections[2], words)
    text = _by_section(abs(value), sections[0], words)
    return f"-{text}" if value < 0 and re.search(r"[1-9]", text) else text


def _by_section(value: float, section: str, words: Locale) -> str:
    tokens = _NUMBER_TOKEN.findall(section)
    value *= 100 ** tokens.count("%")
    exponent = next((one for one in tokens if one[0] in "Ee" and len(one) > 2), None)
    out = []
    done = False
    for token in tokens:
        if token[0] in "0#?" or (token[0] == "." and len(token) > 1):
            out.append(
                "" if done else _scientific(value, token, exponent) if exponent else _digits(value, token, words)
            )
            done = True
        elif token == exponent:
            continue
        elif token[0] == '"':
            out.append(token[1:-1])
        elif token[0] == "\\":
            out.append(token[1:])
        elif token[0] == "_":
            out.append(" ")
        elif token[0] == "[":
            out.append(token[2:-1].split("-")[0] if token.startswith("[$") else "")
        elif token[0] != "*":
            out.append(token)
    return "".join(out)


def _digits(value: float, token: str, words: Locale) -> str:
    whole, _, decimals = token.partition(".")
    scale = len(whole) - len(whole.rstrip(","))
    value /= 1000**scale
    text = f"{value:.{len(decimals)}f}"
    number, _, rest = text.partition(".")
    number = number.lstrip("0").rjust(whole.count("0"), "0")
    if "," in whole.rstrip(","):
        number = re.sub(r"(?<=\d)(?=(\d{3})+$)", words.group.replace("\\", r"\\"), number)
    while rest and decimals[len(rest) - 1] in "#?" and rest[-1] == "0":
        rest = rest[:-1]
    return number + (words.decimal + rest if rest else "")


def _scientific(value: float, token: str, exponent: str) -> str:
    decimals = len(token.partition(".")[2])
    mantissa, power = f"{value:.{decimals}E}".split("E")
    digits = power[1:].lstrip("0").rjust(exponent.count("0"), "0")
    return f"{mantissa}E{power[0]}{digits}"
